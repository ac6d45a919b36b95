//! `judge`: what another model scored by a rubric.

use super::judge::{Finding, Late, Rule};
use super::must_fail::MustFail;
use super::reading::Reading;
use super::transform::Transform;
use crate::model::judgement::{JudgeReply, Verdict};
use crate::model::rubric::Dimension;

/// The scale of every dimension.
pub const RUBRIC_SCALE: [f64; 2] = [1.0, 5.0];

/// A compiled `judge` check.
#[derive(Debug)]
pub(super) struct Rubric {
    dimensions: Vec<Dimension>,
    pass_at: f64,
}

impl Rubric {
    pub(super) fn new(dimensions: &[Dimension], pass_at: f64) -> Result<Self, String> {
        if dimensions.is_empty() {
            return Err("`dimensions` is empty: name at least one".to_owned());
        }
        if let Some((_, twice)) = dimensions
            .iter()
            .enumerate()
            .find(|(position, dimension)| dimensions[..*position].contains(dimension))
        {
            return Err(format!("`dimensions` names `{}` twice", twice.name()));
        }
        let [least, most] = RUBRIC_SCALE;
        if !(pass_at > least && pass_at <= most) {
            return Err(format!("`pass_at` {pass_at} must be above {least} and at most {most}"));
        }
        Ok(Self { dimensions: dimensions.to_vec(), pass_at })
    }
}

/// What the replies about one dimension come to.
enum Scored {
    /// The mean over those that could be read.
    Mean(f64),
    /// There were replies, and none could be read.
    Unread,
    /// There was no reply.
    Unanswered(String),
}

fn scored(dimension: Dimension, replies: &[JudgeReply]) -> Scored {
    let about = || replies.iter().filter(move |reply| reply.dimension == dimension);
    let scores: Vec<f64> = about().filter_map(|reply| reply.score).collect();
    if !scores.is_empty() {
        #[expect(clippy::cast_precision_loss, reason = "a handful of repeats")]
        return Scored::Mean(scores.iter().sum::<f64>() / scores.len() as f64);
    }
    if about().any(|reply| reply.reply.is_some()) {
        return Scored::Unread;
    }
    let why = about().find_map(|reply| reply.failure.clone());
    Scored::Unanswered(why.unwrap_or_else(|| "it was not asked".to_owned()))
}

impl Rule for Rubric {
    /// The mean over the dimensions, of the mean over the repeats that could be read, decides.
    fn check(&self, _reading: &Reading, late: &Late<'_>) -> Finding {
        if late.replies.is_empty() {
            return Finding::new(Verdict::Unchecked, "no judge was asked".to_owned());
        }
        let mut means = Vec::with_capacity(self.dimensions.len());
        for dimension in &self.dimensions {
            let name = dimension.name();
            match scored(*dimension, late.replies) {
                Scored::Mean(mean) => means.push((name, mean)),
                Scored::Unread => {
                    let detail = format!("no reply of the judge about {name} could be read");
                    return Finding::new(Verdict::JudgeUnparsed, detail);
                }
                Scored::Unanswered(why) => {
                    let detail = format!("the judge gave no reply about {name}: {why}");
                    return Finding::new(Verdict::CheckError, detail);
                }
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "at most four dimensions")]
        let mean = means.iter().map(|(_, mean)| mean).sum::<f64>() / means.len() as f64;
        let each: Vec<String> = means.iter().map(|(name, mean)| format!("{name} {mean:.2}")).collect();
        let detail = format!("expected at least {}, found {mean:.2} ({})", self.pass_at, each.join(", "));
        // A mean of thirds is not to fail by its last bit.
        Finding::passes(mean + 1e-9 >= self.pass_at, detail)
    }

    fn keeps(&self, _transform: Transform) -> bool {
        true
    }

    // Without a judge's replies it says nothing.
    fn refuses(&self, _what: MustFail) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::judge::tests::prompt;
    use crate::check::{Judge, Response};
    use crate::model::check::{Check, PassWhen};
    use crate::model::judgement::Judgement;

    const DIMENSIONS: [Dimension; 2] = [Dimension::Coherence, Dimension::Helpfulness];

    fn reply(dimension: Dimension, score: Option<f64>, text: Option<&str>) -> JudgeReply {
        let failure = score.is_none().then(|| "HTTP 500".to_owned());
        JudgeReply { repeat: 0, dimension, score, reply: text.map(str::to_owned), failure }
    }

    fn judged(replies: &[JudgeReply]) -> Judgement {
        let check = Check::Judge { dimensions: DIMENSIONS.to_vec(), pass_at: 3.5, guidance: None };
        let judge = Judge::new(&prompt(vec![check], PassWhen::All)).unwrap();
        let response = Response { content: "An essay.", reasoning: "", finish_reason: Some("stop") };
        judge.judge_late(&response, &Late { baseline: None, replies })
    }

    #[test]
    fn the_mean_of_the_dimensions_decides() {
        let [coherence, helpfulness] = DIMENSIONS;
        let read = |dimension, score| reply(dimension, Some(score), Some("Score"));
        let passing = judged(&[
            read(coherence, 5.0),
            read(coherence, 4.0),
            read(helpfulness, 2.0),
            read(helpfulness, 3.0),
        ]);
        assert_eq!(passing.verdict, Verdict::Pass);
        assert_eq!(
            passing.checks[0].detail,
            "expected at least 3.5, found 3.50 (coherence 4.50, helpfulness 2.50)"
        );
        assert_eq!(passing.judge_replies.len(), 4);
        assert_eq!(judged(&[read(coherence, 4.0), read(helpfulness, 2.0)]).verdict, Verdict::Wrong);
        // What can't be read is left out where another reply about the same can.
        let partly = [read(coherence, 4.0), reply(coherence, None, Some("fine")), read(helpfulness, 3.0)];
        assert_eq!(judged(&partly).verdict, Verdict::Pass);
    }

    #[test]
    fn what_is_missing_is_told_apart() {
        let [coherence, helpfulness] = DIMENSIONS;
        assert_eq!(judged(&[]).verdict, Verdict::Unchecked);
        let read = reply(coherence, Some(5.0), Some("Score: 5"));
        let unread = judged(&[read.clone(), reply(helpfulness, None, Some("It is fine."))]);
        assert_eq!(unread.verdict, Verdict::JudgeUnparsed);
        let unanswered = judged(&[read.clone(), reply(helpfulness, None, None)]);
        assert_eq!(unanswered.verdict, Verdict::CheckError);
        assert_eq!(unanswered.checks[0].detail, "the judge gave no reply about helpfulness: HTTP 500");
        assert_eq!(judged(&[read]).verdict, Verdict::CheckError);
    }

    #[test]
    fn impossible_checks_are_refused() {
        assert!(Rubric::new(&[], 3.0).unwrap_err().contains("at least one"));
        assert!(Rubric::new(&[Dimension::Toxicity; 2], 3.0).unwrap_err().contains("twice"));
        for pass_at in [1.0, 5.5, f64::NAN] {
            assert!(Rubric::new(&DIMENSIONS, pass_at).unwrap_err().contains("must be above 1"));
        }
    }
}
