//! Answers that were cut off at the token limit: where many were, quality and latency are those of the limit.

use super::Validity;
use crate::model::comparison::Comparison;
use crate::model::judgement::Verdict;
use crate::model::result::{RunResult, SideInfo};
use crate::model::units::ratio;
use crate::report::number;
use crate::report::table::Tone;
use crate::report::verdict;

/// The share of a side's answers from which on it counts, and the difference between two sides.
const MATERIAL: f64 = 0.1;

/// What there is to say of a run. Without checks long answers are meant to end at the limit, and only a difference
/// between the sides counts.
pub(super) fn of_run(result: &RunResult) -> Option<Validity> {
    let share = |side: &SideInfo| ratio(side.summary.truncated_responses, side.summary.succeeded());
    let baseline = result.baseline.as_ref().and_then(share);
    said(share(&result.candidate)?, baseline, !verdict::is_unchecked(result), "")
}

/// The same of two results, which know it of the answers alone that did not pass.
pub(super) fn of_comparison(comparison: &Comparison) -> Option<Validity> {
    let overall = &comparison.overall;
    let [baseline, candidate] = [&overall.baseline_verdicts, &overall.candidate_verdicts]
        .map(|of| ratio(of.get(&Verdict::Truncated).copied().unwrap_or(0), of.values().sum()));
    said(candidate?, baseline, true, " and did not pass")
}

fn said(candidate: f64, baseline: Option<f64>, checked: bool, also: &str) -> Option<Validity> {
    let most = candidate.max(baseline.unwrap_or(0.0));
    let apart = baseline.is_some_and(|baseline| (candidate - baseline).abs() >= MATERIAL);
    if !(apart || checked && most >= MATERIAL) {
        return None;
    }
    let of = |share: f64| if share > 0.0 { number::percent(share) } else { "none".to_owned() };
    let text = match baseline {
        None => format!("{} were cut off at max_tokens{also}", of(candidate)),
        Some(baseline) => format!(
            "{} of the candidate's were cut off at max_tokens{also} ({} of the baseline's)",
            of(candidate),
            of(baseline)
        ),
    };
    Some(Validity { what: "Answers", tone: Tone::Warn, text })
}

#[cfg(test)]
mod tests {
    use super::super::Answer;
    use super::*;
    use crate::report::fixture;
    use crate::report::view::labels;

    fn told(result: &RunResult) -> Option<String> {
        let answer = Answer::of_run(result, &labels(result));
        answer.validity.into_iter().find(|item| item.what == "Answers").map(|item| item.text)
    }

    fn cut(candidate: u64, baseline: u64) -> RunResult {
        let mut result = fixture::paired();
        result.candidate.summary.truncated_responses = candidate;
        result.baseline.as_mut().unwrap().summary.truncated_responses = baseline;
        result
    }

    #[test]
    fn answers_that_were_cut_off_are_told_where_they_are_many() {
        assert_eq!(
            told(&cut(23, 11)).as_deref(),
            Some("76.7 % of the candidate's were cut off at max_tokens (36.7 % of the baseline's)")
        );
        assert_eq!(
            told(&cut(3, 0)).as_deref(),
            Some("10.0 % of the candidate's were cut off at max_tokens (none of the baseline's)")
        );
        assert!(told(&cut(0, 3)).unwrap().starts_with("none of the candidate's"));
        assert_eq!(told(&cut(2, 2)), None);
        let mut alone = fixture::alone();
        alone.candidate.summary.truncated_responses = 15;
        assert_eq!(told(&alone).as_deref(), Some("50.0 % were cut off at max_tokens"));
    }

    #[test]
    fn what_is_meant_to_end_at_the_limit_is_nothing_to_say() {
        let mut result = cut(30, 30);
        for side in [Some(&mut result.candidate), result.baseline.as_mut()].into_iter().flatten() {
            side.summary.verdicts = std::iter::once((Verdict::Unchecked, 30)).collect();
        }
        assert_eq!(told(&result), None);
        result.candidate.summary.truncated_responses = 20;
        assert!(told(&result).is_some());
    }

    #[test]
    fn of_two_results_it_is_told_by_their_verdicts() {
        let mut comparison = fixture::paired().comparison.unwrap();
        assert_eq!(of_comparison(&comparison), None);
        comparison.overall.candidate_verdicts = [(Verdict::Pass, 15), (Verdict::Truncated, 15)].into();
        let expected =
            "50.0 % of the candidate's were cut off at max_tokens and did not pass (none of the baseline's)";
        assert_eq!(of_comparison(&comparison).unwrap().text, expected);
    }
}
