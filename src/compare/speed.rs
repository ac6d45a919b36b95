//! Latency ratios with their intervals, over the pairs where both sides succeeded.
//!
//! From three rounds on, each round is one measurement of the ratio and Student's t on its logarithm gives the
//! interval, drift between rounds included. Within fewer rounds the same prompts are resampled on both sides
//! together: whole blocks where there are enough of them, for neighbours in a block share its queue and its
//! batch; else prompts. Either says nothing of how another run would differ.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::comparison::SpeedRatio;
use crate::model::record::{Attempt, Row, Side};
use crate::model::summary::{Percentile, RequestMetrics, SideSummary};
use crate::model::units::ratio;
use crate::stats::bootstrap::{PairedValue, SMALLEST_UNITS, Statistic, ratio_interval};
use crate::stats::{log_ratio, mean};

use super::throughput;

/// From so many rounds on they are the unit.
pub(super) const ENOUGH_ROUNDS: usize = 3;

/// The method's name where rounds are the unit.
pub const ROUNDS: &str = "rounds";

/// The method's name where whole blocks of prompts were resampled.
pub const WITHIN_RUN_BLOCKS: &str = "within run, by block";

/// The method's name where prompts were resampled.
pub const WITHIN_RUN_PROMPTS: &str = "within run, by prompt";

/// The intervals' confidence.
pub(super) const CONFIDENCE: f64 = 0.95;

/// Shares of prompt tokens answered by a cache that differ by more than this make speed incomparable.
const CACHE_TOLERANCE: f64 = 0.05;

/// A latency that every request has one of.
struct Latency {
    name: &'static str,
    of: fn(&RequestMetrics) -> Option<f64>,
    /// Whether the number of output tokens is part of it.
    by_token: bool,
    /// Whether it counts from the schedule, which only an open loop has.
    from_schedule: bool,
    /// Whether nothing is said where no request has one: what has a single chunk has no gap.
    optional: bool,
    /// Its statistics that are compared.
    percentiles: &'static [Percentile],
}

impl Latency {
    const fn new(
        name: &'static str,
        of: fn(&RequestMetrics) -> Option<f64>,
        percentiles: &'static [Percentile],
    ) -> Self {
        Self { name, of, by_token: false, from_schedule: false, optional: false, percentiles }
    }
}

const TAILS: &[Percentile] = &[Percentile::P50, Percentile::P95, Percentile::P99];
const NO_TAIL: &[Percentile] = &[Percentile::P50, Percentile::P95];

static LATENCIES: [Latency; 5] = [
    Latency::new("ttft_ms", |m| m.ttft_ms, TAILS),
    Latency { by_token: true, ..Latency::new("tpot_ms", |m| m.tpot_ms, NO_TAIL) },
    Latency { optional: true, ..Latency::new("max_stall_ms", |m| m.max_stall_ms, NO_TAIL) },
    Latency::new("e2e_ms", |m| m.e2e_ms, TAILS),
    Latency {
        from_schedule: true,
        ..Latency::new("latency_from_schedule_ms", |m| m.latency_from_schedule_ms, TAILS)
    },
];

/// Why nothing that depends on the number of output tokens is compared.
pub(super) const COUNTED_DIFFERENTLY: &str =
    "output tokens were told by the server of one side and counted by chunk on the other";

/// Every speed ratio: of each latency the median, and its tails where the sample is large enough to trust them (those
/// from the schedule in an open loop only), then the rates. Where no ratio or interval can be had, the row says why.
#[must_use]
pub fn speed_ratios(
    rows: &[Row],
    candidate: &SideSummary,
    baseline: &SideSummary,
    seed: u64,
) -> Vec<SpeedRatio> {
    let open_loop = [candidate, baseline].iter().all(|side| side.ttft_from_schedule_ms.is_some());
    let mut ratios: Vec<SpeedRatio> = statistics()
        .filter(|(latency, _)| open_loop || !latency.from_schedule)
        .filter_map(|(latency, percentile)| latency_ratio(rows, latency, percentile, seed, CONFIDENCE))
        .collect();
    ratios.extend(throughput::rate_ratios(rows, candidate, baseline, CONFIDENCE));
    if let Some(reason) = cache_differs(&rows) {
        for ratio in &mut ratios {
            withhold(ratio, &reason);
        }
    }
    ratios
}

/// Every latency with each of its statistics.
fn statistics() -> impl Iterator<Item = (&'static Latency, Percentile)> {
    LATENCIES
        .iter()
        .flat_map(|latency| latency.percentiles.iter().map(move |percentile| (latency, *percentile)))
}

/// One of these ratios with its interval at another confidence; `sides` are the candidate and the baseline. `None`
/// where the statistic needs a larger sample, or there is no such metric.
pub(super) fn ratio_at(
    rows: &[Row],
    sides: (&SideSummary, &SideSummary),
    (metric, statistic): (&str, &str),
    seed: u64,
    confidence: f64,
) -> Option<SpeedRatio> {
    let known =
        statistics().find(|(latency, percentile)| latency.name == metric && percentile.name() == statistic);
    let mut ratio = match known {
        Some((latency, percentile)) => latency_ratio(rows, latency, percentile, seed, confidence)?,
        None => throughput::rate_ratios(rows, sides.0, sides.1, confidence)
            .into_iter()
            .find(|rate| rate.metric == metric && rate.statistic == statistic)?,
    };
    if let Some(reason) = cache_differs(&rows) {
        withhold(&mut ratio, &reason);
    }
    Some(ratio)
}

/// Takes the ratio away, for this reason.
pub(super) fn withhold(ratio: &mut SpeedRatio, reason: &str) {
    ratio.ratio = None;
    ratio.interval_95 = None;
    ratio.method = None;
    ratio.absent_because = Some(reason.to_owned());
}

/// Both sides' attempts of the rows where both succeeded.
pub(super) fn successes<'a>(
    rows: impl IntoIterator<Item = &'a Row>,
) -> impl Iterator<Item = (&'a Row, &'a Attempt, &'a Attempt)> {
    rows.into_iter().filter_map(|row| {
        let (baseline, candidate) = (row.baseline.as_ref()?, row.candidate.as_ref()?);
        let both = baseline.exchange.outcome.is_success() && candidate.exchange.outcome.is_success();
        both.then_some((row, baseline, candidate))
    })
}

/// Whether the output tokens of both were counted in the same way. A chunk may hold several tokens, so a count of
/// chunks and a server's own can't be held against each other.
pub(super) fn counted_alike(baseline: &Attempt, candidate: &Attempt) -> bool {
    baseline.metrics.output_tokens_source == candidate.metrics.output_tokens_source
}

/// A row whose ratio is still to come.
pub(super) fn blank(metric: &str, statistic: &str, higher_is_better: bool) -> SpeedRatio {
    SpeedRatio {
        metric: metric.to_owned(),
        statistic: statistic.to_owned(),
        higher_is_better,
        baseline: None,
        candidate: None,
        ratio: None,
        interval_95: None,
        method: None,
        absent_because: None,
    }
}

/// Fills in both values and their ratio, or why there is none.
pub(super) fn set_values(row: &mut SpeedRatio, baseline: f64, candidate: f64) {
    row.baseline = Some(baseline);
    row.candidate = Some(candidate);
    let ratio = candidate / baseline;
    if baseline > 0.0 && candidate > 0.0 && ratio.is_finite() {
        row.ratio = Some(ratio);
    } else {
        row.absent_because = Some("a side's value is zero".to_owned());
    }
}

/// Puts geometric means of the rounds' values in place of the values over all, with the ratio and interval of t on
/// their logarithms; where a round's value is zero all stays, without an interval, and the row says so.
pub(super) fn set_rounds(row: &mut SpeedRatio, baseline: &[f64], candidate: &[f64], confidence: f64) {
    let geometric =
        |values: &[f64]| mean(&values.iter().map(|value| value.ln()).collect::<Vec<_>>()).map(f64::exp);
    if let Some(of_rounds) = log_ratio::paired(baseline, candidate, confidence) {
        row.baseline = geometric(baseline);
        row.candidate = geometric(candidate);
        row.ratio = Some(of_rounds.ratio);
        row.interval_95 = Some(of_rounds.interval);
        row.method = Some(ROUNDS.to_owned());
        row.absent_because = None;
    } else {
        row.absent_because
            .get_or_insert_with(|| "a round's value is zero, so there is no interval".to_owned());
    }
}

/// `None` where the statistic needs a larger sample.
fn latency_ratio(
    rows: &[Row],
    latency: &Latency,
    percentile: Percentile,
    seed: u64,
    confidence: f64,
) -> Option<SpeedRatio> {
    let mut counted_differently = false;
    let pairs: Vec<(&Row, f64, f64)> = successes(rows)
        .filter_map(|(row, baseline, candidate)| {
            let pair = (row, (latency.of)(&baseline.metrics)?, (latency.of)(&candidate.metrics)?);
            let comparable = !latency.by_token || counted_alike(baseline, candidate);
            counted_differently |= !comparable;
            comparable.then_some(pair)
        })
        .collect();
    let mut rounds: BTreeMap<u32, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for (row, baseline, candidate) in &pairs {
        let round = rounds.entry(row.key.round).or_default();
        round.0.push(*baseline);
        round.1.push(*candidate);
    }
    // By rounds the statistic is one round's, so each round must be large enough for it.
    let sample = if rounds.len() >= ENOUGH_ROUNDS {
        rounds.values().map(|(values, _)| values.len()).min().unwrap_or(0)
    } else {
        pairs.len()
    };
    let trusted = sample as u64 >= percentile.smallest_sample();
    if !trusted && percentile != Percentile::P50 {
        return None;
    }
    let mut ratio = blank(latency.name, percentile.name(), false);
    let statistic = Statistic::Quantile(percentile.share());
    let (Some(of_baseline), Some(of_candidate)) = (
        statistic.of(pairs.iter().map(|(_, baseline, _)| *baseline)),
        statistic.of(pairs.iter().map(|(_, _, candidate)| *candidate)),
    ) else {
        if latency.optional {
            return None;
        }
        let reason = if counted_differently { COUNTED_DIFFERENTLY } else { "no prompt has it on both sides" };
        ratio.absent_because = Some(reason.to_owned());
        return Some(ratio);
    };

    set_values(&mut ratio, of_baseline, of_candidate);
    if rounds.len() >= ENOUGH_ROUNDS {
        let (of_baseline, of_candidate): (Vec<f64>, Vec<f64>) = rounds
            .into_values()
            .filter_map(|(baseline, candidate)| Some((statistic.of(baseline)?, statistic.of(candidate)?)))
            .unzip();
        set_rounds(&mut ratio, &of_baseline, &of_candidate, confidence);
    } else if ratio.ratio.is_some() {
        set_resampled(&mut ratio, &pairs, statistic, (seed, confidence));
    }
    Some(ratio)
}

/// Fills in the interval by resampling, or why there is none.
fn set_resampled(
    ratio: &mut SpeedRatio,
    pairs: &[(&Row, f64, f64)],
    statistic: Statistic,
    (seed, confidence): (u64, f64),
) {
    let (units, method) = units(pairs.iter().map(|(row, ..)| *row));
    let count = units.iter().max().map_or(0, |last| last + 1);
    let values: Vec<PairedValue> = pairs
        .iter()
        .zip(units)
        .map(|(&(_, baseline, candidate), unit)| PairedValue { baseline, candidate, unit })
        .collect();
    match ratio_interval(&values, statistic, confidence, seed) {
        Some(interval) => {
            ratio.interval_95 = Some(interval);
            ratio.method = Some(method.to_owned());
        }
        None if count < SMALLEST_UNITS => {
            ratio.absent_because = Some(format!(
                "an interval takes {SMALLEST_UNITS} prompts with both sides' values; here are {count}"
            ));
        }
        None => ratio.absent_because = Some("some values are zero".to_owned()),
    }
}

/// Each row's unit of resampling, and the method's name: its block where there are enough of them, else its
/// prompt.
fn units<'a>(rows: impl Iterator<Item = &'a Row> + Clone) -> (Vec<usize>, &'static str) {
    let blocks = numbered(rows.clone().map(|row| (row.key.round, row.block)));
    if blocks.iter().max().is_some_and(|last| *last + 1 >= SMALLEST_UNITS) {
        (blocks, WITHIN_RUN_BLOCKS)
    } else {
        (numbered(rows.map(|row| row.key.prompt_id.as_str())), WITHIN_RUN_PROMPTS)
    }
}

/// Equal keys get equal numbers, from 0 without gaps, in the keys' order.
fn numbered<K: Ord + Clone>(keys: impl Iterator<Item = K> + Clone) -> Vec<usize> {
    let distinct: BTreeSet<K> = keys.clone().collect();
    let numbers: BTreeMap<K, usize> = distinct.into_iter().zip(0..).collect();
    keys.filter_map(|key| numbers.get(&key).copied()).collect()
}

/// Why a prefix cache makes the sides' speed incomparable, where it does: it answered for more of one side's
/// prompt tokens than of the other's. A side that doesn't tell can't be held against the other.
pub(super) fn cache_differs<'a>(rows: &(impl IntoIterator<Item = &'a Row> + Clone)) -> Option<String> {
    let share = |side: Side| {
        let told = successes(rows.clone()).filter_map(|(row, ..)| row.attempt(side)?.exchange.usage);
        let (cached, prompt) = told.fold((None, 0), |(cached, prompt), usage| {
            let both = usage.cached_tokens.map(|tokens| tokens + cached.unwrap_or(0)).or(cached);
            (both, prompt + usage.prompt_tokens)
        });
        ratio(cached?, prompt)
    };
    let (baseline, candidate) = (share(Side::Baseline)?, share(Side::Candidate)?);
    ((baseline - candidate).abs() > CACHE_TOLERANCE).then(|| {
        format!(
            "a cache answered {:.0} % of the candidate's prompt tokens and {:.0} % of the baseline's",
            100.0 * candidate,
            100.0 * baseline
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::support::{attempt, row, summary, swapped, timed};
    use crate::model::judgement::Verdict;
    use crate::model::summary::TokenSource;

    /// Prompts of different lengths; the candidate takes `factor` times as long, give or take a wobble of 10 %
    /// that is the same in every run.
    fn rows(count: usize, factor: f64) -> Vec<Row> {
        (0..count)
            .map(|id| {
                let wobble = |k: usize| 0.95 + 0.1 * crate::stats::length((id * k) % 11) / 10.0;
                let ttft = 50.0 + crate::stats::length((id * 37) % 101);
                let baseline = timed(ttft * wobble(3), 20.0 * wobble(5));
                let candidate = timed(factor * ttft * wobble(7), factor * 20.0 * wobble(4));
                row(id, "math", baseline, candidate)
            })
            .collect()
    }

    fn ratios(rows: &[Row]) -> Vec<SpeedRatio> {
        speed_ratios(rows, &summary(rows, Side::Candidate), &summary(rows, Side::Baseline), 7)
    }

    fn find<'a>(ratios: &'a [SpeedRatio], metric: &str, statistic: &str) -> &'a SpeedRatio {
        ratios.iter().find(|r| r.metric == metric && r.statistic == statistic).unwrap()
    }

    #[test]
    fn the_configured_factor_lies_in_every_interval() {
        for factor in [1.0, 1.5] {
            let ratios = ratios(&rows(30, factor));
            for metric in ["ttft_ms", "tpot_ms", "e2e_ms"] {
                let ratio = find(&ratios, metric, "p50");
                let interval = ratio.interval_95.unwrap();
                assert!(interval.contains(factor), "{ratio:?}");
                assert!(interval.contains(ratio.ratio.unwrap()));
                assert!(!interval.contains(if factor > 1.2 { 1.0 } else { 1.5 }), "{ratio:?}");
                assert_eq!(ratio.method.as_deref(), Some("within run, by prompt"));
                assert!(!ratio.higher_is_better);
            }
        }
    }

    #[test]
    fn p95_is_compared_from_the_sample_it_can_be_trusted_from() {
        let has_p95 = |count| ratios(&rows(count, 1.0)).iter().any(|r| r.statistic == "p95");
        assert!(!has_p95(129));
        assert!(has_p95(130));
        let in_three_rounds = |count: usize| {
            let mut rows = rows(count, 1.0);
            for (n, row) in (0..).zip(&mut rows) {
                row.key.round = n % 3;
            }
            ratios(&rows).iter().any(|r| r.statistic == "p95")
        };
        assert!(!in_three_rounds(389));
        assert!(in_three_rounds(390));
    }

    #[test]
    fn six_blocks_are_resampled_whole() {
        let mut rows = rows(60, 1.5);
        for (id, row) in (0..).zip(&mut rows) {
            row.block = id / 10;
        }
        let ratios = ratios(&rows);
        let ratio = find(&ratios, "e2e_ms", "p50");
        assert_eq!(ratio.method.as_deref(), Some("within run, by block"));
        assert!(ratio.interval_95.unwrap().contains(1.5));
    }

    /// The candidate's longest gap is twice the baseline's in every answer that has one.
    #[test]
    fn stalls_are_compared_where_there_are_any() {
        let mut rows = rows(30, 1.0);
        assert!(!ratios(&rows).iter().any(|ratio| ratio.metric == "max_stall_ms"));
        for (id, row) in rows.iter_mut().enumerate().skip(1) {
            let gap = 10.0 + crate::stats::length(id);
            row.baseline.as_mut().unwrap().metrics.max_stall_ms = Some(gap);
            row.candidate.as_mut().unwrap().metrics.max_stall_ms = Some(2.0 * gap);
        }
        let all = ratios(&rows);
        let stall = find(&all, "max_stall_ms", "p50");
        // The 29 gaps 11 to 39 have the median 25.
        assert_eq!((stall.baseline, stall.candidate, stall.ratio), (Some(25.0), Some(50.0), Some(2.0)));
        assert!(stall.interval_95.unwrap().contains(2.0));
    }

    /// A closed loop has no schedule to count from.
    #[test]
    fn latency_from_schedule_is_compared_in_open_loops() {
        let mut rows = rows(30, 1.0);
        for row in &mut rows {
            for (side, factor) in [(&mut row.baseline, 2.0), (&mut row.candidate, 3.0)] {
                let metrics = &mut side.as_mut().unwrap().metrics;
                metrics.latency_from_schedule_ms = metrics.e2e_ms.map(|e2e| factor * e2e);
            }
        }
        let of = |open: bool| {
            let side = |side| {
                let mut summary = summary(&rows, side);
                summary.ttft_from_schedule_ms =
                    open.then(|| crate::stats::quantile::distribution(&mut [1.0, 2.0])).flatten();
                summary
            };
            speed_ratios(&rows, &side(Side::Candidate), &side(Side::Baseline), 7)
        };
        let has = |ratios: &[SpeedRatio]| ratios.iter().any(|r| r.metric == "latency_from_schedule_ms");
        assert!(!has(&of(false)));
        let open = of(true);
        let e2e = find(&open, "e2e_ms", "p50").ratio.unwrap();
        let ratio = find(&open, "latency_from_schedule_ms", "p50").ratio.unwrap();
        assert!((ratio / e2e - 1.5).abs() < 1e-9, "{ratio} {e2e}");
    }

    #[test]
    fn p99_takes_662_requests() {
        let has_p99 = |count| ratios(&rows(count, 1.0)).iter().any(|r| r.statistic == "p99");
        assert!(!has_p99(661));
        assert!(has_p99(662));
    }

    /// Rounds whose candidate takes 2, 2 and 8 times as long: the example by hand in `log_ratio`.
    #[test]
    fn three_rounds_are_the_unit() {
        let rows: Vec<Row> = (0..3_u32)
            .zip([2.0, 2.0, 8.0])
            .flat_map(|(round, factor)| {
                (0..5).map(move |id| {
                    let mut row = row(id, "math", timed(100.0, 10.0), timed(100.0 * factor, 10.0));
                    row.key.round = round;
                    row
                })
            })
            .collect();
        let ratios = ratios(&rows);
        let ratio = find(&ratios, "ttft_ms", "p50");
        assert_eq!(ratio.method.as_deref(), Some("rounds"));
        assert!((ratio.ratio.unwrap() - 2.0_f64.powf(5.0 / 3.0)).abs() < 1e-9);
        assert!((ratio.candidate.unwrap() / ratio.baseline.unwrap() - ratio.ratio.unwrap()).abs() < 1e-9);
        assert!((ratio.interval_95.unwrap().high.ln() - 4.534_7 * std::f64::consts::LN_2).abs() < 1e-3);
    }

    #[test]
    fn only_pairs_that_both_sides_answered_count() {
        let mut rows = rows(8, 1.0);
        rows.push(row(8, "math", timed(1e6, 1e6), attempt(Verdict::TransportError)));
        let mut single = timed(1e6, 1.0);
        single.metrics.tpot_ms = None;
        rows[0].candidate = Some(single);
        let all = ratios(&rows);
        assert!(find(&all, "ttft_ms", "p50").baseline.unwrap() < 200.0);
        assert!(find(&all, "tpot_ms", "p50").interval_95.is_some());
        let few = ratios(&rows[..5]);
        let ratio = find(&few, "tpot_ms", "p50");
        assert!(ratio.ratio.is_some() && ratio.interval_95.is_none());
        assert_eq!(
            ratio.absent_because.as_deref(),
            Some("an interval takes 6 prompts with both sides' values; here are 4")
        );
    }

    #[test]
    fn nothing_measured_says_so() {
        let ratios = ratios(&[]);
        let ratio = find(&ratios, "e2e_ms", "p50");
        assert_eq!(ratio.ratio, None);
        assert_eq!(ratio.absent_because.as_deref(), Some("no prompt has it on both sides"));
    }

    #[test]
    fn a_cache_that_favours_a_side_makes_speed_incomparable() {
        let mut rows = rows(30, 1.0);
        let cached = |rows: &mut [Row], tokens| {
            for row in rows {
                for (side, cached) in [(&mut row.baseline, 10), (&mut row.candidate, tokens)] {
                    let usage = side.as_mut().unwrap().exchange.usage.as_mut().unwrap();
                    usage.cached_tokens = Some(cached);
                }
            }
        };
        cached(&mut rows, 10);
        assert!(find(&ratios(&rows), "ttft_ms", "p50").ratio.is_some());
        cached(&mut rows, 0);
        let ratios = ratios(&rows);
        assert!(ratios.iter().all(|ratio| ratio.ratio.is_none() && ratio.interval_95.is_none()));
        assert_eq!(
            find(&ratios, "ttft_ms", "p50").absent_because.as_deref(),
            Some("a cache answered 0 % of the candidate's prompt tokens and 50 % of the baseline's")
        );
    }

    /// Four tokens a chunk, told by one side's server and not by the other's: a ratio would be four times off.
    #[test]
    fn tokens_counted_in_different_ways_are_not_compared() {
        let mut rows = rows(30, 1.0);
        for row in &mut rows {
            row.baseline.as_mut().unwrap().metrics.output_tokens_source = Some(TokenSource::Usage);
            row.candidate.as_mut().unwrap().metrics.output_tokens_source = Some(TokenSource::Chunks);
        }
        let all = ratios(&rows);
        let reason = "output tokens were told by the server of one side and counted by chunk on the other";
        let tpot = find(&all, "tpot_ms", "p50");
        assert_eq!((tpot.ratio, tpot.absent_because.as_deref()), (None, Some(reason)));
        assert!(find(&all, "e2e_ms", "p50").interval_95.is_some());

        let with_rates = |side, source| SideSummary {
            throughput: Some(crate::compare::support::throughput(&[(0, 10)])),
            throughput_absent_because: None,
            output_tokens_sources: BTreeMap::from([(source, 30)]),
            ..summary(&rows, side)
        };
        let candidate = with_rates(Side::Candidate, TokenSource::Chunks);
        let baseline = with_rates(Side::Baseline, TokenSource::Usage);
        let rates = speed_ratios(&rows, &candidate, &baseline, 7);
        let tokens = find(&rates, "output_tokens_per_s", "rate");
        assert_eq!((tokens.ratio, tokens.absent_because.as_deref()), (None, Some(reason)));
        assert_eq!(find(&rates, "request_throughput_per_s", "rate").ratio, Some(1.0));
    }

    #[test]
    fn exchanging_the_sides_inverts_and_the_seed_decides() {
        let rows = rows(30, 1.2);
        let (ours, theirs) = (ratios(&rows), ratios(&swapped(&rows)));
        assert_eq!(ours, ratios(&rows));
        for (ours, theirs) in ours.iter().zip(&theirs).filter(|(ours, _)| ours.interval_95.is_some()) {
            let (mine, other) = (ours.interval_95.unwrap(), theirs.interval_95.unwrap());
            assert!((mine.low * other.high - 1.0).abs() < 1e-9);
            assert!((ours.ratio.unwrap() * theirs.ratio.unwrap() - 1.0).abs() < 1e-9);
        }
    }
}
