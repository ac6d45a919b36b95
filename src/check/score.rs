//! `score`: the score that a model which is itself a judge gave.

use super::announced;
use super::judge::{Finding, Late, Rule};
use super::reading::Reading;
use super::transform::Transform;
use crate::model::judgement::{Graded, Mark, Verdict};
use crate::model::rubric::ScoreBand;

/// A compiled `score` check.
#[derive(Debug)]
pub(super) struct Score {
    gold: f64,
    scale: [f64; 2],
    accept: ScoreBand,
}

impl Score {
    pub(super) fn new(gold: f64, scale: [f64; 2], accept: ScoreBand) -> Result<Self, String> {
        let [least, most] = scale;
        if !(least.is_finite() && most.is_finite() && least < most) {
            return Err(format!("`scale` [{least}, {most}] must rise from the least score to the greatest"));
        }
        if !(least..=most).contains(&gold) {
            return Err(format!("`gold` {gold} is not on the scale from {least} to {most}"));
        }
        match accept {
            ScoreBand::Within(distance) if !(distance.is_finite() && distance >= 0.0) => {
                return Err(format!("`accept` within {distance} must be 0 or more"));
            }
            _ => {}
        }
        let score = Self { gold, scale, accept };
        if !score.accepts(gold) {
            return Err(format!("`accept` leaves out the gold score {gold}"));
        }
        if score.accepts(least) && score.accepts(most) {
            return Err(format!("`accept` takes every score from {least} to {most}; narrow it"));
        }
        Ok(score)
    }

    fn accepts(&self, score: f64) -> bool {
        match self.accept {
            ScoreBand::Exact => score.total_cmp(&self.gold).is_eq(),
            ScoreBand::Within(distance) => (score - self.gold).abs() <= distance,
            ScoreBand::Band([low, high]) => (low..=high).contains(&score),
        }
    }

    /// What is accepted, in words.
    fn expected(&self) -> String {
        match self.accept {
            ScoreBand::Exact => format!("{}", self.gold),
            ScoreBand::Within(distance) => format!("{} within {distance}", self.gold),
            ScoreBand::Band([low, high]) => format!("{} or from {low} to {high}", self.gold),
        }
    }

    fn graded(&self, given: Option<f64>, confidence: Option<f64>) -> Graded {
        Graded { mark: Mark::Score { given, gold: self.gold, scale: self.scale }, confidence }
    }
}

impl Rule for Score {
    fn check(&self, reading: &Reading, _late: &Late<'_>) -> Finding {
        let confidence = announced::confidence(reading);
        match announced::score(reading, self.scale) {
            Ok((given, found)) => Finding {
                graded: Some(self.graded(Some(given), confidence)),
                answer: Some(found),
                ..Finding::passes(
                    self.accepts(given),
                    format!("expected a score of {}, found {given}", self.expected()),
                )
            },
            Err(why) => Finding {
                graded: Some(self.graded(None, confidence)),
                ..Finding::new(
                    Verdict::JudgeUnparsed,
                    format!("expected a score of {}, but {why}", self.expected()),
                )
            },
        }
    }

    fn ungraded(&self) -> Option<Graded> {
        Some(self.graded(None, None))
    }

    fn keeps(&self, transform: Transform) -> bool {
        transform.is_undone_first() || transform.keeps_a_mark()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::check::judge::tests::{judged, verdicts};
    use crate::check::read_score;
    use crate::model::check::Check;
    use crate::model::judgement::AnswerSource;

    fn check(accept: ScoreBand) -> Check {
        Check::Score { gold: 4.0, scale: [1.0, 5.0], accept }
    }

    #[test]
    fn an_announced_score_is_read() {
        use Verdict::{JudgeUnparsed, Pass, Truncated, Wrong};
        verdicts(
            &check(ScoreBand::Exact),
            &[
                ("Score: 4", Pass),
                ("Good.\nScore: 4\nConfidence: 80%", Pass),
                ("**Score:** 4/5", Pass),
                ("**Score: 4**", Pass),
                ("**Score**: 4 / 5", Pass),
                ("### Final score: 4", Pass),
                ("- Overall rating: 4 out of 5.", Pass),
                ("Score: 4 (out of 5)", Pass),
                ("Rating: [[4]]", Pass),
                ("It is good: [[4]]", Pass),
                ("Score (1-5): 4", Pass),
                ("Score: <4>", Pass),
                ("Score: 4.0", Pass),
                ("score=4", Pass),
                ("SCORE： ４", Pass),
                ("The final score is 4.", Pass),
                ("Score:\n\n4", Pass),
                ("Score: 4 (it misses 2 of 7 points)", Pass),
                ("Score: 4. It misses 2 points.", Pass),
                ("Score: 4 because it is short", Pass),
                ("3 claims of 5 are right.\nScore: 4", Pass),
                ("The answer quotes 5 sources and 2020.\nScore: 4\nSee the 3 points above.", Pass),
                ("Score: 4\nFinal score: 4", Pass),
                ("Score: <1 to 5>\nScore: 4", Pass),
                ("{\"score\": 4, \"why\": \"Score: 5\"}", Pass),
                ("```json\n{\"score\": \"4\"}\n```", Pass),
                ("It is clear.\n{\"score\": 4}", Pass),
                ("<think>Score: 2</think>Score: 4", Pass),
                ("Score: 4<|im_end|>\nScore: 1", Pass),
                ("Score: 4\nQuestion: next\nScore: 1", Pass),
                ("He wrote \"Score: 5\", which is no matter.\nScore: 4", Pass),
                ("> Score: 5\nScore: 4", Pass),
                ("Score: 5", Wrong),
                ("Score: 3.5", Wrong),
                ("4", JudgeUnparsed),
                ("I would give it a 4", JudgeUnparsed),
                ("This is good, 4/5", JudgeUnparsed),
                ("Score: four", JudgeUnparsed),
                ("Score: <1 to 5>", JudgeUnparsed),
                ("Score: N/A", JudgeUnparsed),
                ("Score: 4\nScore: none", JudgeUnparsed),
                ("Score: 4 or 5", JudgeUnparsed),
                ("Score: 4 or five", JudgeUnparsed),
                ("Score: 4 minus a half", JudgeUnparsed),
                ("Score: 4 (out of 10)", JudgeUnparsed),
                ("Score: 4 out of 10", JudgeUnparsed),
                ("Score: 4-5", JudgeUnparsed),
                ("Score: 4,5", JudgeUnparsed),
                ("Score: 4, perhaps 5", JudgeUnparsed),
                ("Score: 4½", JudgeUnparsed),
                ("Score: 80%", JudgeUnparsed),
                ("Score: 4%", JudgeUnparsed),
                ("Score: 8/10", JudgeUnparsed),
                ("Score: 4/10", JudgeUnparsed),
                ("Score: 6", JudgeUnparsed),
                ("Score: 0", JudgeUnparsed),
                ("Score: -4", JudgeUnparsed),
                ("Score: 1e1", JudgeUnparsed),
                ("Score: 10/10", JudgeUnparsed),
                ("Score: 4\nScore: 5", JudgeUnparsed),
                ("Score: 3\nFinal score: 4", JudgeUnparsed),
                ("[[3]] or [[4]]", JudgeUnparsed),
                ("{\"score\": 5}\nScore: 4", JudgeUnparsed),
                ("{\"score\": null}", JudgeUnparsed),
                ("{\"score\": 4, \"rating\": 5}", JudgeUnparsed),
                ("{\"score\": 44444444444444444444}", JudgeUnparsed),
                ("Confidence score: 4", JudgeUnparsed),
                ("I'm sorry, but I can't help with that.", JudgeUnparsed),
                ("<think>Score: 4", Truncated),
            ],
        );
    }

    #[test]
    fn bands_and_distances() {
        use Verdict::{JudgeUnparsed, Pass, Wrong};
        verdicts(
            &check(ScoreBand::Within(1.0)),
            &[("Score: 3", Pass), ("Score: 4.5", Pass), ("Score: 2.9", Wrong), ("Score: 5.5", JudgeUnparsed)],
        );
        verdicts(
            &check(ScoreBand::Band([3.5, 4.0])),
            &[("Score: 3.5", Pass), ("Score: 4.5", Wrong), ("Score: 3", Wrong)],
        );
    }

    #[test]
    fn what_was_given_is_kept_with_what_is_right() {
        let of = |content: &str| {
            let judgement = judged(check(ScoreBand::Exact), content);
            let Some(Graded { mark: Mark::Score { given, gold, scale }, confidence }) = judgement.graded
            else {
                panic!("{content}")
            };
            assert_eq!((gold.to_bits(), scale), (4.0_f64.to_bits(), [1.0, 5.0]));
            (given, confidence)
        };
        assert_eq!(of("Score: 3\nConfidence: 80%"), (Some(3.0), Some(0.8)));
        assert_eq!(of("Score: 3\n**Confidence:** <65>%"), (Some(3.0), Some(0.65)));
        assert_eq!(of("Score: 3\nConfidence: 0.8"), (Some(3.0), Some(0.8)));
        assert_eq!(of("Score: 3\nConfidence: 80"), (Some(3.0), Some(0.8)));
        assert_eq!(of("Score: 3\nConfidence: 8/10"), (Some(3.0), Some(0.8)));
        assert_eq!(of("{\"score\": 3, \"confidence\": 0.25}"), (Some(3.0), Some(0.25)));
        assert_eq!(of("Score: 3\nConfidence: high"), (Some(3.0), None));
        assert_eq!(of("Score: 3\nConfidence: 180%"), (Some(3.0), None));
        assert_eq!(of("Score: 3\nConfidence: 80%\nConfidence: 20%"), (Some(3.0), None));
        assert_eq!(of("bad\nConfidence: 80%"), (None, Some(0.8)));
        assert_eq!(of(""), (None, None));
        assert_eq!(of("<think>Score: 4"), (None, None));
    }

    #[test]
    fn the_answer_points_at_the_score() {
        let content = "Fine.\n**Score:** 4/5";
        let answer = judged(check(ScoreBand::Exact), content).answer.unwrap();
        assert_eq!((answer.text.as_str(), answer.source), ("4", AnswerSource::ScoreLine));
        assert_eq!(&content[answer.start.unwrap()..answer.end.unwrap()], "4");
        let detail = judged(check(ScoreBand::Within(1.0)), "Score: 4 or 5").checks[0].detail.clone();
        assert_eq!(detail, "expected a score of 4 within 1, but \"4 or 5\" is not one score");
    }

    #[test]
    fn impossible_checks_are_refused() {
        let new = |gold, scale, accept| Score::new(gold, scale, accept).unwrap_err();
        assert!(new(6.0, [1.0, 5.0], ScoreBand::Exact).contains("not on the scale"));
        assert!(new(1.0, [5.0, 1.0], ScoreBand::Exact).contains("must rise"));
        assert!(new(1.0, [1.0, 5.0], ScoreBand::Band([2.0, 3.0])).contains("leaves out"));
        assert!(new(3.0, [1.0, 5.0], ScoreBand::Within(2.0)).contains("takes every score"));
        assert!(new(3.0, [1.0, 5.0], ScoreBand::Within(-1.0)).contains("0 or more"));
    }

    proptest! {
        #[test]
        fn what_is_announced_is_what_is_read(tenths in 10_u32..=50, before in "[a-zA-Z ,.]{0,40}") {
            let score = f64::from(tenths) / 10.0;
            let reply = format!("{before}\nScore: {score}\nConfidence: 50%");
            prop_assert_eq!(read_score(&reply, [1.0, 5.0]), Ok(score));
        }

        #[test]
        fn nothing_panics_and_nothing_leaves_the_scale(
            reply in "(Score|Rating|score|\\*\\*|:|=|\n| |[0-9./<>()\\[\\]{}\"%-]|is|or|é|½|\\[\\[4\\]\\]){0,40}",
        ) {
            if let Ok(score) = read_score(&reply, [1.0, 5.0]) {
                prop_assert!((1.0..=5.0).contains(&score), "{}", score);
            }
        }
    }
}
