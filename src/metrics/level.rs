//! What a load says of the server beyond its figures: whether it was held (`steady`), whether it was more than the
//! server gains from, and what several loads say together.

mod steady;

use std::collections::BTreeMap;

pub use steady::steadiness;

use crate::model::level::{LevelFindings, LevelResult, LevelSide, Steadiness};
use crate::model::load::{Find, LoadAxis};

use super::slo::passes;

/// A load is compared with one that it exceeds by this factor at least: of a smaller step too little would be gained
/// even below saturation.
const SMALLEST_STEP: f64 = 1.5;
/// Throughput that grows by no more than this factor over such a step no longer grows.
const SMALLEST_GAIN: f64 = 1.05;
/// The share of an offered rate that a server serves at the least where it keeps up.
const KEPT_UP: f64 = 0.95;
/// Standard deviations below what was offered, so that a quiet minute of Poisson arrivals is no failure: one-sided 1 %.
const UNLIKELY: f64 = 2.33;
/// So many levels a knee takes: one on each side of it.
const FEWEST_LEVELS: usize = 3;

/// Whether `this` load is past the server's saturation, given those before it.
///
/// - Concurrency: throughput (output tokens/s, where it is known, else requests/s) is less than 5 % above the highest
///   of the loads at most ⅔ as high. Where a throughput is absent Little's law gives the ratio to the nearest of
///   them: the loads' ratio ÷ the ratio of mean E2E latencies.
/// - Rate: latency grew while the load was held; or fewer than 95 % of the offered requests succeeded in the steady
///   window, and fewer than Poisson arrivals would explain (one-sided 1 %).
#[must_use]
pub fn past_saturation(before: &[LevelResult], this: &LevelResult) -> bool {
    match this.load.axis {
        LoadAxis::Concurrency => gain(before, this).is_some_and(|gain| gain < SMALLEST_GAIN),
        LoadAxis::Rate => {
            matches!(this.steadiness, Steadiness::Growing { .. })
                || falls_short(&this.candidate, this.load.value)
        }
    }
}

fn gain(before: &[LevelResult], this: &LevelResult) -> Option<f64> {
    let lower: Vec<&LevelResult> =
        before.iter().filter(|level| level.load.value * SMALLEST_STEP <= this.load.value).collect();
    let tokens = |side: &LevelSide| Some(side.summary.throughput.as_ref()?.output_tokens_per_s);
    let requests = |side: &LevelSide| Some(side.summary.throughput.as_ref()?.request_throughput_per_s);
    let against_best = |of: &dyn Fn(&LevelSide) -> Option<f64>| {
        let best = lower.iter().filter_map(|level| of(&level.candidate)).reduce(f64::max)?;
        (best > 0.0).then_some(of(&this.candidate)? / best)
    };
    let by_little = || {
        let nearest = lower.iter().max_by(|a, b| a.load.value.total_cmp(&b.load.value))?;
        let e2e = |level: &LevelResult| Some(level.candidate.summary.e2e_ms.as_ref()?.mean);
        let (high, low) = (e2e(this)?, e2e(nearest)?);
        (low > 0.0).then_some(this.load.value / nearest.load.value / (high / low))
    };
    against_best(&tokens).or_else(|| against_best(&requests)).or_else(by_little)
}

fn falls_short(side: &LevelSide, offered_per_s: f64) -> bool {
    side.summary.throughput.as_ref().is_some_and(|throughput| {
        let expected = offered_per_s * throughput.window_s;
        let served = throughput.request_throughput_per_s * throughput.window_s;
        served < KEPT_UP * expected && served < expected - UNLIKELY * expected.sqrt()
    })
}

/// What all levels say together: of the candidate.
///
/// - Knee: the load of the most power, throughput ÷ mean latency: Kleinrock, "Power and Deterministic Rules of Thumb
///   for Probabilistic Problems in Computer Communications", ICC 1979. Up to there throughput grows by more, in
///   proportion, than latency does; beyond it by less. It needs no curve to be fitted, so that a few levels will do.
///   Latency is E2E, in an open loop from the schedule. Absent of fewer than three levels with both, and where the
///   highest load has the most power: the knee is then not reached.
/// - Highest passing and lowest failing: with objectives, or where they were searched for. A load that was tried
///   several times passes where most of its levels do.
///
/// A level that was cut short is no part of either.
#[must_use]
pub fn findings(levels: &[LevelResult], find: Option<&Find>) -> LevelFindings {
    let asked = find.is_some() || levels.iter().any(|level| !level.candidate.slos.is_empty());
    let whole: Vec<&LevelResult> = levels.iter().filter(|level| !level.cut_short).collect();
    let (highest_passing, lowest_failing) = if asked { verdicts(&whole) } else { (None, None) };
    LevelFindings { knee: knee(&whole), highest_passing, lowest_failing, stopped_because: None }
}

fn knee(levels: &[&LevelResult]) -> Option<u32> {
    let mut powers: Vec<(&LevelResult, f64)> =
        levels.iter().filter_map(|level| Some((*level, power(level)?))).collect();
    if powers.len() < FEWEST_LEVELS {
        return None;
    }
    powers.sort_by(|(a, _), (b, _)| a.load.value.total_cmp(&b.load.value));
    let highest = powers.last()?.0.load.value;
    // Of equals the lowest load.
    let (level, _) = powers.iter().rev().max_by(|(_, a), (_, b)| a.total_cmp(b))?;
    (level.load.value < highest).then_some(level.load.level)
}

/// Requests per second ÷ mean latency.
fn power(level: &LevelResult) -> Option<f64> {
    let summary = &level.candidate.summary;
    let latency = match level.load.axis {
        LoadAxis::Concurrency => summary.e2e_ms.as_ref(),
        LoadAxis::Rate => summary.latency_from_schedule_ms.as_ref(),
    };
    let mean = latency?.mean;
    (mean > 0.0).then_some(summary.throughput.as_ref()?.request_throughput_per_s / mean)
}

/// The numbers of the highest level that passes, without a lower one that fails, and of the lowest that fails.
fn verdicts(levels: &[&LevelResult]) -> (Option<u32>, Option<u32>) {
    // By load; its bits order as it does, for it is positive.
    let mut loads: BTreeMap<u64, Vec<(&LevelResult, bool)>> = BTreeMap::new();
    for level in levels {
        let passed = passes(&level.candidate, &level.steadiness);
        loads.entry(level.load.value.to_bits()).or_default().push((level, passed));
    }
    let (mut highest_passing, mut lowest_failing) = (None, None);
    for tries in loads.into_values() {
        let passed = tries.iter().filter(|(_, passed)| *passed).count() * 2 > tries.len();
        let level = tries.iter().rev().find(|(_, this)| *this == passed).map(|(level, _)| level.load.level);
        if !passed {
            lowest_failing = level;
            break;
        }
        highest_passing = level;
    }
    (highest_passing, lowest_failing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::summary::{Context, summarise};
    use crate::model::load::LevelLoad;
    use crate::model::record::Side;
    use crate::model::slo::{Bound, Slo, SloMetric, SloOutcome};
    use crate::model::summary::{SideSummary, Throughput};
    use crate::stats::quantile::distribution;

    fn level(number: u32, axis: LoadAxis, value: f64, per_s: f64, latency_ms: f64) -> LevelResult {
        let latency = distribution(&mut [latency_ms]);
        let summary = SideSummary {
            e2e_ms: latency,
            latency_from_schedule_ms: latency,
            throughput: Some(Throughput {
                request_throughput_per_s: per_s,
                output_tokens_per_s: per_s * 100.0,
                correct_answers_per_s: None,
                window_s: 60.0,
                windows: Vec::new(),
            }),
            ..summarise(&[], &[], Side::Candidate, &Context::default(), None)
        };
        LevelResult {
            load: LevelLoad { level: number, axis, value },
            steadiness: Steadiness::Steady,
            past_saturation: false,
            cut_short: false,
            candidate: LevelSide { summary, pass_rate: None, slos: Vec::new() },
            baseline: None,
            comparison: None,
        }
    }

    /// A server of 8 slots, 1 s a request: throughput min(n, 8) a second, latency max(1, n ÷ 8) seconds.
    fn closed(values: &[u32]) -> Vec<LevelResult> {
        let of = |(number, n): (u32, &u32)| {
            let n = f64::from(*n);
            level(number, LoadAxis::Concurrency, n, n.min(8.0), (n / 8.0).max(1.0) * 1e3)
        };
        (0..).zip(values).map(of).collect()
    }

    fn with_slo(mut level: LevelResult, met: bool) -> LevelResult {
        let slo = Slo { metric: SloMetric::TtftMs, statistic: None, bound: Bound::AtMost, value: 1.0 };
        level.candidate.slos = vec![SloOutcome { slo, value: None, met, trusted: true, reason: None }];
        level
    }

    #[test]
    fn a_closed_loop_is_past_saturation_where_nothing_is_gained() {
        let past = |values: &[u32]| {
            let levels = closed(values);
            let (this, before) = levels.split_last().unwrap();
            past_saturation(before, this)
        };
        assert!(!past(&[1]) && !past(&[1, 2, 4, 8]) && past(&[1, 2, 4, 8, 16]));
        // Steps too small to tell are compared with what lies farther back.
        assert!(!past(&[6, 7, 8, 9]) && !past(&[6, 7, 8, 9, 10]) && past(&[6, 7, 8, 9, 10, 12, 15]));
        // In any order.
        assert!(past(&[32, 8, 16]) && !past(&[32, 16, 8]));
        // By Little's law where throughput is absent.
        let mut levels = closed(&[4, 8, 16]);
        for level in &mut levels {
            level.candidate.summary.throughput = None;
        }
        assert!(past_saturation(&levels[..2], &levels[2]) && !past_saturation(&levels[..1], &levels[1]));
    }

    #[test]
    fn an_open_loop_is_past_saturation_where_it_is_not_kept_up_with() {
        let rate = |value, per_s| level(0, LoadAxis::Rate, value, per_s, 100.0);
        assert!(!past_saturation(&[], &rate(100.0, 99.0)) && past_saturation(&[], &rate(100.0, 90.0)));
        // 54 of 60 expected is 90 %, and within what chance does.
        assert!(!past_saturation(&[], &rate(1.0, 0.9)));
        let mut growing = rate(100.0, 100.0);
        growing.steadiness = Steadiness::Growing { reason: String::new() };
        assert!(past_saturation(&[], &growing));
    }

    #[test]
    fn the_knee_is_where_power_is_greatest() {
        let knee =
            |levels: &[LevelResult]| findings(levels, None).knee.map(|n| levels[n as usize].load.value);
        assert_eq!(knee(&closed(&[1, 2, 4, 8, 16, 32])), Some(8.0));
        assert_eq!(knee(&closed(&[32, 1, 8, 4, 16])), Some(8.0));
        assert_eq!(knee(&closed(&[8, 16, 32])), Some(8.0));
        assert_eq!(knee(&closed(&[1, 2, 4, 8])), None, "not reached");
        assert_eq!(knee(&closed(&[4, 16])), None, "too few");
        // M/M/1 has the most power at half its capacity: λ·(1 − λ) with a service time of 1 s.
        let queue: Vec<_> = (1..10)
            .map(|tenths| {
                let rate = f64::from(tenths) / 10.0;
                level(tenths - 1, LoadAxis::Rate, rate, rate, 1e3 / (1.0 - rate))
            })
            .collect();
        assert_eq!(knee(&queue), Some(0.5));
    }

    #[test]
    fn the_highest_passing_load_has_no_failing_one_below_it() {
        let of = |verdicts: &[(f64, bool)]| {
            let levels: Vec<_> = (0..)
                .zip(verdicts)
                .map(|(n, (value, met))| with_slo(level(n, LoadAxis::Rate, *value, *value, 1.0), *met))
                .collect();
            let found = findings(&levels, None);
            (found.highest_passing, found.lowest_failing)
        };
        assert_eq!(of(&[(1.0, true), (4.0, false), (2.0, true)]), (Some(2), Some(1)));
        assert_eq!(of(&[(1.0, true), (2.0, false), (4.0, true)]), (Some(0), Some(1)));
        assert_eq!(of(&[(2.0, false), (1.0, false)]), (None, Some(1)));
        assert_eq!(of(&[(1.0, true)]), (Some(0), None));
        // The majority of the tries at 2: once failed, twice passed; at 4 one of two.
        let tries = [(1.0, true), (2.0, false), (2.0, true), (2.0, true), (4.0, true), (4.0, false)];
        assert_eq!(of(&tries), (Some(3), Some(5)));
        let free = findings(&closed(&[1, 2]), None);
        assert_eq!((free.highest_passing, free.lowest_failing), (None, None), "nothing was asked");
        let find = Find { axis: LoadAxis::Concurrency, from: 1.0, to: 2.0, resolution: 0.1 };
        assert_eq!(findings(&closed(&[1, 2]), Some(&find)).highest_passing, Some(1));
    }
}
