//! What stands beside a category's pass rates, so that a loss is not mistaken: how answers ended on each side, how long
//! prompts and answers were, how fast they came.

use std::collections::BTreeMap;

use crate::model::comparison::{PairedPassRate, SpeedRatio};
use crate::model::judgement::Verdict;
use crate::model::record::{Attempt, Row, Side};
use crate::model::summary::RequestMetrics;
use crate::model::units::ratio;
use crate::stats::bootstrap::Statistic;

use super::speed::{blank, cache_differs, counted_alike, set_values, successes};

/// A latency's name and where a request has it.
type Latency = (&'static str, fn(&RequestMetrics) -> Option<f64>);

const LATENCIES: [Latency; 2] = [("ttft_ms", |m| m.ttft_ms), ("e2e_ms", |m| m.e2e_ms)];

/// Fills in what these rows say beside the pass rate that they come to.
pub(super) fn fill(rate: &mut PairedPassRate, rows: &[&Row]) {
    rate.baseline_verdicts = verdicts(rows, Side::Baseline);
    rate.candidate_verdicts = verdicts(rows, Side::Candidate);
    rate.output_token_ratio = output_token_ratio(rows.iter().copied());
    rate.prompt_token_ratio = prompt_token_ratio(rows.iter().copied());
    rate.latency = medians(rows);
}

/// A side's responses by verdict, of the rows that were judged on both.
fn verdicts(rows: &[&Row], side: Side) -> BTreeMap<Verdict, u64> {
    let judged =
        |row: &Row, side| Some(row.attempt(side)?.judgement.verdict).filter(|v| v.passed().is_some());
    let mut verdicts = BTreeMap::new();
    for row in rows {
        if let (Some(_), Some(_), Some(verdict)) =
            (judged(row, Side::Baseline), judged(row, Side::Candidate), judged(row, side))
        {
            *verdicts.entry(verdict).or_default() += 1;
        }
    }
    verdicts
}

/// Candidate ÷ baseline output tokens over the pairs of successes that were counted in the same way.
pub(super) fn output_token_ratio<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Option<f64> {
    token_ratio(rows, |baseline, candidate| {
        let alike = counted_alike(baseline, candidate);
        alike.then_some((baseline.metrics.output_tokens?, candidate.metrics.output_tokens?))
    })
}

/// Candidate ÷ baseline prompt tokens over the pairs of successes where both servers tell them.
pub(super) fn prompt_token_ratio<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Option<f64> {
    token_ratio(rows, |baseline, candidate| {
        Some((baseline.exchange.usage?.prompt_tokens, candidate.exchange.usage?.prompt_tokens))
    })
}

/// Candidate ÷ baseline tokens, over the pairs of successes where both sides' counts are known; `tokens` gives the
/// baseline's first.
fn token_ratio<'a>(
    rows: impl IntoIterator<Item = &'a Row>,
    tokens: fn(&Attempt, &Attempt) -> Option<(u64, u64)>,
) -> Option<f64> {
    let (of_baseline, of_candidate) = successes(rows)
        .filter_map(|(_, baseline, candidate)| tokens(baseline, candidate))
        .fold((0, 0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
    ratio(of_candidate, of_baseline)
}

/// The medians over the pairs of successes that have the latency on both sides, without an interval: a category's few
/// pairs would hardly give one to be trusted. No ratio where a cache answered for one side more than for the other.
fn medians(rows: &[&Row]) -> Vec<SpeedRatio> {
    let differs = cache_differs(&rows.iter().copied());
    let median = |(metric, of): Latency| {
        let (of_baseline, of_candidate): (Vec<f64>, Vec<f64>) = successes(rows.iter().copied())
            .filter_map(|(_, baseline, candidate)| Some((of(&baseline.metrics)?, of(&candidate.metrics)?)))
            .unzip();
        let statistic = Statistic::Quantile(0.5);
        let mut ratio = blank(metric, "p50", false);
        set_values(&mut ratio, statistic.of(of_baseline)?, statistic.of(of_candidate)?);
        if let Some(reason) = &differs {
            ratio.ratio = None;
            ratio.absent_because = Some(reason.clone());
        }
        Some(ratio)
    };
    LATENCIES.into_iter().filter_map(median).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::pass_rate::paired_pass_rates;
    use crate::compare::support::{judged, row, timed};
    use Verdict::{NoAnswer, Pass, Refused, TransportError, Truncated, Wrong};

    #[test]
    fn verdicts_are_of_what_is_paired() {
        let rows = [
            judged(0, "math", Pass, NoAnswer),
            judged(1, "math", Wrong, Refused),
            judged(2, "math", Pass, Truncated),
            judged(3, "math", Truncated, Truncated),
            judged(4, "math", NoAnswer, TransportError),
            judged(5, "code", Pass, Pass),
        ];
        let (overall, categories) = paired_pass_rates(&rows);
        assert_eq!(overall.baseline_verdicts, BTreeMap::from([(Pass, 3), (Wrong, 1), (Truncated, 1)]));
        assert_eq!(
            overall.candidate_verdicts,
            BTreeMap::from([(Pass, 1), (NoAnswer, 1), (Refused, 1), (Truncated, 2)])
        );
        assert_eq!(categories[0].candidate_verdicts, BTreeMap::from([(Pass, 1)]));
        assert_eq!(categories[1].baseline_verdicts.values().sum::<u64>(), 4);
    }

    /// Medians by hand: baseline 10, 20, 40 → 20; candidate 30, 10, 60 → 30; E2E adds 9 times 1 ms.
    #[test]
    fn each_category_has_its_medians_and_token_ratios() {
        let mut rows: Vec<Row> = [(10.0, 30.0), (20.0, 10.0), (40.0, 60.0)]
            .into_iter()
            .enumerate()
            .map(|(id, (baseline, candidate))| row(id, "math", timed(baseline, 1.0), timed(candidate, 1.0)))
            .collect();
        rows[0].candidate.as_mut().unwrap().metrics.output_tokens = Some(25);
        rows[0].candidate.as_mut().unwrap().exchange.usage.as_mut().unwrap().prompt_tokens = 50;
        rows.push(row(9, "code", timed(5.0, 1.0), timed(5.0, 1.0)));
        let (overall, categories) = paired_pass_rates(&rows);
        let math = &categories[1];
        assert_eq!((math.output_token_ratio, math.prompt_token_ratio), (Some(1.5), Some(1.5)));
        assert_eq!(categories[0].output_token_ratio, Some(1.0));
        let [ttft, e2e] = math.latency.as_slice() else { panic!("{:?}", math.latency) };
        assert_eq!((ttft.baseline, ttft.candidate, ttft.ratio), (Some(20.0), Some(30.0), Some(1.5)));
        assert_eq!((e2e.metric.as_str(), e2e.baseline, e2e.candidate), ("e2e_ms", Some(29.0), Some(39.0)));
        assert_eq!(ttft.interval_95, None);
        assert_eq!(overall.latency[0].baseline, Some(15.0));
        for row in &mut rows {
            row.candidate.as_mut().unwrap().exchange.usage.as_mut().unwrap().cached_tokens = Some(20);
            row.baseline.as_mut().unwrap().exchange.usage.as_mut().unwrap().cached_tokens = Some(0);
        }
        let warm = &paired_pass_rates(&rows).0.latency[0];
        assert!(warm.ratio.is_none() && warm.absent_because.as_deref().unwrap().contains("a cache answered"));
    }

    #[test]
    fn nothing_that_succeeded_has_nothing_beside_it() {
        let rows = [judged(0, "math", TransportError, TransportError)];
        let (overall, _) = paired_pass_rates(&rows);
        assert!(overall.baseline_verdicts.is_empty() && overall.latency.is_empty());
        assert_eq!((overall.output_token_ratio, overall.prompt_token_ratio), (None, None));
    }
}
