//! `baseline_similarity`: how near the text is to the baseline's on the same prompt.

use super::judge::{Finding, Late, Rule};
use super::must_fail::MustFail;
use super::reading::Reading;
use super::text_similarity::text_similarity;
use crate::model::judgement::Verdict;

/// A compiled `baseline_similarity` check.
#[derive(Debug)]
pub(super) struct Similarity {
    min: Option<f64>,
    same: bool,
    length: Option<[f64; 2]>,
}

impl Similarity {
    pub(super) fn new(min: Option<f64>, same: bool, length: Option<[f64; 2]>) -> Result<Self, String> {
        if min.is_none() && !same && length.is_none() {
            return Err("asks for nothing: give `min_similarity`, `same` or `length_ratio`".to_owned());
        }
        if min.is_some_and(|min| !(0.0..=1.0).contains(&min)) {
            return Err("`min_similarity` must be from 0 to 1".to_owned());
        }
        if length.is_some_and(|[least, most]| !(least >= 0.0 && least <= most && most.is_finite())) {
            return Err("`length_ratio` must be two numbers of at least 0, the smaller one first".to_owned());
        }
        Ok(Self { min, same, length })
    }
}

impl Rule for Similarity {
    fn check(&self, reading: &Reading, late: &Late<'_>) -> Finding {
        let Some(baseline) = late.baseline else {
            return Finding::new(
                Verdict::Unchecked,
                "there is no text of a baseline to compare with".to_owned(),
            );
        };
        let found = text_similarity(baseline, reading.whole().raw.as_str());
        let mut faults = Vec::new();
        if self.same && !found.same {
            let place = found.first_difference.map_or_else(
                || "other white space".to_owned(),
                |word| format!("a difference at word {}", word + 1),
            );
            faults.push(format!("expected the baseline's text, found {place}"));
        }
        if let Some(min) = self.min.filter(|min| found.similarity < *min) {
            faults.push(format!("expected a similarity of at least {min}, found {:.3}", found.similarity));
        }
        if let Some([least, most]) = self.length {
            match found.length_ratio {
                Some(ratio) if (least..=most).contains(&ratio) => {}
                Some(ratio) => faults.push(format!(
                    "expected {least} to {most} times the baseline's length, found {ratio:.3}"
                )),
                None => {
                    faults
                        .push("expected a length like the baseline's, found that it has no text".to_owned());
                }
            }
        }
        let is_pass = faults.is_empty();
        let detail = if is_pass {
            format!("found a similarity of {:.3}", found.similarity)
        } else {
            faults.join("; ")
        };
        Finding::passes(is_pass, detail)
    }

    // Without a baseline it says nothing.
    fn refuses(&self, _what: MustFail) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::judge::tests::{number, prompt};
    use crate::check::{Judge, Response};
    use crate::model::check::{Check, PassWhen};
    use Verdict::{Pass, Unchecked, Wrong};

    fn similar(min_similarity: Option<f64>, same: bool, length_ratio: Option<[f64; 2]>) -> Check {
        Check::BaselineSimilarity { min_similarity, same, length_ratio }
    }

    fn verdict(checks: Vec<Check>, baseline: Option<&str>, content: &str) -> Verdict {
        let judge = Judge::new(&prompt(checks, PassWhen::All)).unwrap();
        let response = Response { content, reasoning: "", finish_reason: Some("stop") };
        judge.judge_late(&response, &Late { baseline, ..Late::default() }).verdict
    }

    #[test]
    fn a_baseline_decides() {
        let near = similar(Some(0.7), false, Some([0.5, 2.0]));
        for (check, baseline, content, expected) in [
            (&near, Some("a b c d"), "a b c e", Pass),
            (&near, Some("a b c d"), "a b x y", Wrong),
            (&near, Some("a b c d"), "<think>x</think>a b c d", Pass),
            (&near, Some("a"), "a and a lot more", Wrong),
            (&near, Some(""), "a", Wrong),
            (&near, None, "a", Unchecked),
            (&similar(None, true, None), Some(" a b"), "a b\n", Pass),
            (&similar(None, true, None), Some("a b"), "a  b", Wrong),
        ] {
            assert_eq!(verdict(vec![check.clone()], baseline, content), expected, "{baseline:?} {content}");
        }
        assert_eq!(verdict(vec![near.clone(), number("42")], None, "42"), Pass);
        assert_eq!(verdict(vec![near, number("42")], Some("x y z 42"), "42"), Wrong);
    }

    #[test]
    fn bad_checks_are_refused() {
        for check in [
            (None, false, None),
            (Some(1.5), false, None),
            (Some(f64::NAN), false, None),
            (None, false, Some([2.0, 1.0])),
        ] {
            assert!(Similarity::new(check.0, check.1, check.2).is_err(), "{check:?}");
        }
    }
}
