//! `preference`: which of two responses a model that is itself a judge found better.

use super::announced;
use super::judge::{Finding, Late, Rule};
use super::reading::Reading;
use super::transform::Transform;
use crate::model::judgement::{Graded, Mark, Verdict};
use crate::model::rubric::Preferred;

/// A compiled `preference` check.
#[derive(Debug)]
pub(super) struct Preference {
    pub(super) gold: Preferred,
}

impl Preference {
    const fn graded(&self, given: Option<Preferred>, confidence: Option<f64>) -> Graded {
        Graded { mark: Mark::Preference { given, gold: self.gold }, confidence }
    }
}

impl Rule for Preference {
    fn check(&self, reading: &Reading, _late: &Late<'_>) -> Finding {
        let confidence = announced::confidence(reading);
        let expected = self.gold.name();
        match announced::preference(reading) {
            Ok((given, found)) => Finding {
                graded: Some(self.graded(Some(given), confidence)),
                answer: Some(found),
                ..Finding::passes(
                    given == self.gold,
                    format!("expected {expected} as the better one, found {}", given.name()),
                )
            },
            Err(why) => Finding {
                graded: Some(self.graded(None, confidence)),
                ..Finding::new(
                    Verdict::JudgeUnparsed,
                    format!("expected {expected} as the better one, but {why}"),
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
    use crate::model::check::Check;

    #[test]
    fn the_better_one_is_read() {
        use Verdict::{JudgeUnparsed, Pass, Wrong};
        verdicts(
            &Check::Preference { gold: Preferred::A },
            &[
                ("Better: A", Pass),
                ("better: a", Pass),
                ("A is clearer than B.\nBetter: A\nConfidence: 80%", Pass),
                ("**Better:** Response A", Pass),
                ("Better response: A.", Pass),
                ("The better response is A, because B is wrong", Pass),
                ("Verdict: A (B is wrong)", Pass),
                ("Winner: <A>", Pass),
                ("Final verdict: [[A]]", Pass),
                ("so [[A]]", Pass),
                ("Better:\nA", Pass),
                ("{\"better\": \"A\"}", Pass),
                ("{\"verdict\": \"Response A\"}", Pass),
                ("Better: <A, B or tie>\nBetter: A", Pass),
                ("<think>Better: B</think>Better: A", Pass),
                ("Better: B", Wrong),
                ("Better: tie", Wrong),
                ("Better: neither", Wrong),
                ("[[C]]", Wrong),
                ("A", JudgeUnparsed),
                ("Response A is better.", JudgeUnparsed),
                ("Better: <A, B or tie>", JudgeUnparsed),
                ("Better: A or B", JudgeUnparsed),
                ("Better: A, B", JudgeUnparsed),
                ("Better: A/B", JudgeUnparsed),
                ("Better: A = B", JudgeUnparsed),
                ("Better: a good one", JudgeUnparsed),
                ("Better: not B", JudgeUnparsed),
                ("Better: A\nBetter: B", JudgeUnparsed),
                ("[[A]] [[B]]", JudgeUnparsed),
                ("{\"better\": \"C\"}", JudgeUnparsed),
                ("{\"better\": 1}", JudgeUnparsed),
                ("I'm sorry, but I can't help with that.", JudgeUnparsed),
            ],
        );
        let tie = Check::Preference { gold: Preferred::Tie };
        verdicts(
            &tie,
            &[("Better: tie", Pass), ("Better: **Tie**", Pass), ("[[tie]]", Pass), ("[[C]]", Pass)],
        );
    }

    #[test]
    fn what_was_given_is_kept() {
        let graded =
            |content: &str| judged(Check::Preference { gold: Preferred::B }, content).graded.unwrap();
        let mark = |given| Mark::Preference { given, gold: Preferred::B };
        let said = graded("Better: A\nConfidence: 90%");
        assert_eq!(said, Graded { mark: mark(Some(Preferred::A)), confidence: Some(0.9) });
        assert_eq!(graded("both are fine").mark, mark(None));
        assert_eq!(graded("").mark, mark(None));
    }

    proptest! {
        #[test]
        fn nothing_panics(reply in "(Better|Verdict|:|\n| |A|B|tie|[<>()\\[\\]{}\"*]|is|or|é){0,40}") {
            let _ = judged(Check::Preference { gold: Preferred::A }, &reply);
        }
    }
}
