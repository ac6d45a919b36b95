//! Speed beside the baseline's: the ratio's interval against a bound, with what makes it worth nothing or less.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::{Bound, Evidence, Expected, Measured, argument, ratio, ratios};
use crate::compare::comparable::stored_speed_void;
use crate::compare::speed::{ENOUGH_ROUNDS, ROUNDS, successes};
use crate::model::comparison::{Comparison, SpeedRatio};
use crate::model::summary::Percentile;
use crate::model::team::{Reading, ReadingVerdict};

/// How far the ratio of output tokens may lie from 1 before E2E compares answers of different length.
const SAME_LENGTH: RangeInclusive<f64> = 0.9..=1.1;

/// What stands wherever telemetry would be needed.
pub(super) const NO_TELEMETRY: &str = "results hold no telemetry of the server";

/// The comparison, or why there is nothing to hold the candidate against.
pub(super) fn sound<'a>(evidence: &Evidence<'a>) -> Result<&'a Comparison, String> {
    let comparison = evidence.comparison.ok_or("no baseline was measured")?;
    if comparison.invalid_because.is_empty() {
        Ok(comparison)
    } else {
        Err(format!("the sides can't be compared: {}", comparison.invalid_because.join("; ")))
    }
}

fn timed<'a>(evidence: &Evidence<'a>) -> Result<&'a Comparison, String> {
    let comparison = sound(evidence)?;
    evidence.speed_void_because.clone().map_or(Ok(comparison), Err)
}

fn find<'a>(comparison: &'a Comparison, metric: &str, statistic: &str) -> Option<&'a SpeedRatio> {
    comparison.speed.iter().find(|ratio| ratio.metric == metric && ratio.statistic == statistic)
}

/// The ratio of `e2e_ms` p95. Where the answers are not of one length the ratio of `tpot_ms` is read beside it, and
/// what the two don't agree on is unsettled.
pub(super) fn e2e_p95(evidence: &Evidence<'_>, at_most: f64) -> Result<Measured, String> {
    let comparison = timed(evidence)?;
    let Some(speed) = find(comparison, "e2e_ms", "p95") else {
        return Err(too_few(evidence, comparison));
    };
    let (value, interval) = whole(speed)?;
    let n = pairs_by_round(evidence).values().sum();
    let bound = Bound::AtMost(at_most);
    let mut verdict = bound.holds(interval);
    let mut text = format!("ratio {} ({}; n {n}{})", ratio(value), limits(speed), values(speed, "ms"));
    if let Some(lengths) = comparison.output_token_ratio.filter(|lengths| !SAME_LENGTH.contains(lengths)) {
        let tpot =
            find(comparison, "tpot_ms", "p50").and_then(|tpot| Some((tpot, tpot.ratio?, tpot.interval_95?)));
        let beside = if let Some((tpot, value, interval)) = tpot {
            if bound.holds(interval) != verdict {
                verdict = ReadingVerdict::Unsettled;
            }
            format!("TPOT p50, free of length, has ratio {} ({})", ratio(value), limits(tpot))
        } else {
            verdict = ReadingVerdict::Unsettled;
            "TPOT, which is free of length, could not be compared".to_owned()
        };
        text = format!(
            "{text}; the answers are {} times as long, so E2E compares answers of different length: {beside}",
            ratio(lengths)
        );
    }
    Ok(Measured { value, interval, n, verdict, evidence: text })
}

/// The ratio of output tokens a second.
pub(super) fn throughput(evidence: &Evidence<'_>, at_least: f64) -> Result<Measured, String> {
    let comparison = timed(evidence)?;
    if evidence.open_loop {
        return Err("in an open loop the arrivals decide the throughput, not the server".to_owned());
    }
    let speed = find(comparison, "output_tokens_per_s", "rate").ok_or("throughput was not compared")?;
    let (value, interval) = whole(speed)?;
    let n = pairs_by_round(evidence).len() as u64;
    Ok(Measured {
        value,
        interval,
        n,
        verdict: Bound::AtLeast(at_least).holds(interval),
        evidence: format!(
            "ratio {} ({}; {n} rounds{})",
            ratio(value),
            limits(speed),
            values(speed, "tokens/s")
        ),
    })
}

/// The share of the cache, which no result tells yet.
pub(super) fn cache(evidence: &Evidence<'_>) -> Option<Reading> {
    let at_most = evidence.expectations.cache_ratio_at_most?;
    let expected = format!("at most {} times the baseline's", ratio(at_most));
    Some(
        Expected::new("cache_ratio_at_most", "KV-cache use", expected, Some(at_most)).read(
            Err(NO_TELEMETRY.to_owned()),
            |_| {
                Some("compare `vllm:kv_cache_usage_perc` of both servers' /metrics during the run".to_owned())
            },
        ),
    )
}

/// A ratio with its interval, or why it lacks either.
fn whole(speed: &SpeedRatio) -> Result<(f64, crate::model::comparison::Interval), String> {
    let because = || speed.absent_because.clone().unwrap_or_else(|| "it could not be compared".to_owned());
    let value = speed.ratio.ok_or_else(because)?;
    let interval = speed.interval_95.ok_or_else(|| format!("{} (ratio {})", because(), ratio(value)))?;
    Ok((value, interval))
}

fn limits(speed: &SpeedRatio) -> String {
    let limits = speed.interval_95.map_or_else(|| "no interval".to_owned(), ratios);
    let within = if speed.method.as_deref() == Some(ROUNDS) { "" } else { ", within run" };
    format!("95 % {limits}{within}")
}

/// `; 1893 ms against 3012 ms`.
fn values(speed: &SpeedRatio, unit: &str) -> String {
    match (speed.candidate, speed.baseline) {
        (Some(candidate), Some(baseline)) => format!("; {candidate:.0} against {baseline:.0} {unit}"),
        _ => String::new(),
    }
}

/// Pairs of successes with both times, by round.
fn pairs_by_round(evidence: &Evidence<'_>) -> BTreeMap<u32, u64> {
    let mut rounds = BTreeMap::new();
    for (row, baseline, candidate) in successes(evidence.rows) {
        if baseline.metrics.e2e_ms.is_some() && candidate.metrics.e2e_ms.is_some() {
            *rounds.entry(row.key.round).or_default() += 1;
        }
    }
    rounds
}

fn too_few(evidence: &Evidence<'_>, comparison: &Comparison) -> String {
    let needed = Percentile::P95.smallest_sample();
    let rounds = pairs_by_round(evidence);
    let (n, each) = if rounds.len() >= ENOUGH_ROUNDS {
        (rounds.values().min().copied().unwrap_or(0), " a round")
    } else {
        (rounds.values().sum(), "")
    };
    let median = find(comparison, "e2e_ms", "p50").and_then(|median| Some((median, median.ratio?)));
    let median = median.map_or_else(String::new, |(median, value)| {
        format!("; the median's ratio is {} ({})", ratio(value), limits(median))
    });
    format!("a P95 takes {needed} requests on both sides{each}, here are {n}{median}")
}

/// What would let a time be read that couldn't be, or what to do about what voids it.
pub(super) fn to_read(evidence: &Evidence<'_>, instead: &str) -> String {
    if evidence.comparison.is_none() {
        return format!("`labctl bench --team {} --compare-baseline`", argument(evidence.team));
    }
    let Ok(comparison) = timed(evidence) else {
        return "mend what makes the measurement void (see Warnings) and run it again".to_owned();
    };
    // One reason takes every ratio away: other loads, or a cache that served one side more.
    if !comparison.speed.is_empty() && comparison.speed.iter().all(|speed| speed.ratio.is_none()) {
        if stored_speed_void(comparison).is_some() {
            return "measure both sides on one machine and under one load".to_owned();
        }
        return "mend that on both sides alike (restart both servers, or serve without a prefix cache) and run it again"
            .to_owned();
    }
    instead.to_owned()
}
