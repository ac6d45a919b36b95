//! What is read of the candidate by itself, from its requests.

use std::collections::{BTreeMap, BTreeSet};

use super::quality::named;
use super::{Bound, Evidence, Measured, percent, ratio, ratios};
use crate::model::comparison::{Interval, PassRate};
use crate::model::outcome::Outcome;
use crate::model::record::{Attempt, Row, Side};
use crate::model::summary::{Percentile, TokenSource};
use crate::model::team::ReadingVerdict;
use crate::stats::critical::t;
use crate::stats::log_ratio::welch;
use crate::stats::order::quantile_interval;
use crate::stats::proportion::wilson;
use crate::stats::quantile::quantile;
use crate::stats::{length, mean, real, variance};

/// The intervals' confidence.
const CONFIDENCE: f64 = 0.95;

/// Prompts that a category needs before its latency is held against the others'.
const SMALLEST_CATEGORY: usize = 6;

/// The candidate's requests, but for those that labctl itself gave up.
fn ended<'a>(evidence: &Evidence<'a>) -> impl Iterator<Item = (&'a Row, &'a Attempt)> {
    let of_candidate = evidence.rows.iter().filter_map(|row| Some((row, row.attempt(Side::Candidate)?)));
    of_candidate.filter(|(_, attempt)| attempt.exchange.outcome != Outcome::Cancelled)
}

fn successes<'a>(evidence: &Evidence<'a>) -> impl Iterator<Item = (&'a Row, &'a Attempt)> {
    ended(evidence).filter(|(_, attempt)| attempt.exchange.outcome.is_success())
}

/// The latency that counts: in an open loop from the moment that was planned.
fn latency_ms(evidence: &Evidence<'_>, attempt: &Attempt) -> Option<f64> {
    if evidence.open_loop { attempt.metrics.latency_from_schedule_ms } else { attempt.metrics.e2e_ms }
}

/// A latency that was read.
pub(super) enum Tail {
    /// Its limits are known.
    Known(Measured),
    /// It lies, or may lie, among the requests that failed, which have none.
    Failed(ReadingVerdict, String),
}

/// The 95th percentile with its interval between two order statistics. A request that failed never came, which is later
/// than any that did: else a server would be the faster the more it gives up.
pub(super) fn e2e_p95(evidence: &Evidence<'_>, at_most: f64) -> Result<Tail, String> {
    evidence.speed_void_because.clone().map_or(Ok(()), Err)?;
    let mut values: Vec<f64> =
        successes(evidence).filter_map(|(_, attempt)| latency_ms(evidence, attempt)).collect();
    let failed = ended(evidence).filter(|(_, attempt)| !attempt.exchange.outcome.is_success()).count();
    values.resize(values.len() + failed, f64::INFINITY);
    values.sort_unstable_by(f64::total_cmp);
    let (n, needed) = (values.len() as u64, Percentile::P95.smallest_sample());
    let at = |p| quantile(&values, p).ok_or("no request succeeded");
    let failures = if failed == 0 { String::new() } else { format!("; {failed} of {n} failed") };
    if n < needed {
        let median = at(0.5)?;
        let median =
            if median.is_finite() { format!("{failures}; their median is {median:.0} ms") } else { failures };
        return Err(format!("a P95 takes {needed} requests, here are {n}{median}"));
    }
    let value = at(0.95)?;
    let interval = quantile_interval(&values, 0.95, CONFIDENCE).ok_or("there are too few for an interval")?;
    let verdict = Bound::AtMost(at_most).holds(interval);
    if !(value.is_finite() && interval.high.is_finite()) {
        let lies = if interval.low.is_finite() { "may lie" } else { "lies" };
        let answered = &values[..values.len() - failed];
        let of_others = quantile(answered, 0.95)
            .map_or_else(String::new, |p95| format!("; of those that succeeded the P95 is {p95:.0} ms"));
        let text = format!("{failed} of {n} requests failed, and the P95 {lies} among them{of_others}");
        return Ok(Tail::Failed(verdict, text));
    }
    let from = if evidence.open_loop { " from the schedule" } else { "" };
    let evidence =
        format!("{value:.0} ms{from} (95 % {:.0} to {:.0}; n {n}{failures})", interval.low, interval.high);
    Ok(Tail::Known(Measured { value, interval, n, verdict, evidence }))
}

/// The mean of the values of each prompt, by category and prompt.
fn by_prompt<'a>(
    evidence: &Evidence<'a>,
    of: impl Fn(&Attempt) -> Option<f64>,
) -> BTreeMap<&'a str, Vec<f64>> {
    let mut prompts: BTreeMap<(&str, &str), Vec<f64>> = BTreeMap::new();
    for (row, attempt) in successes(evidence) {
        if let Some(value) = of(attempt) {
            prompts.entry((&row.category, &row.key.prompt_id)).or_default().push(value);
        }
    }
    let mut categories: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for ((category, _), values) in prompts {
        categories.entry(category).or_default().extend(mean(&values));
    }
    categories
}

/// Each category's latency against that of all others: the ratio of geometric means over prompts, by Welch's t on the
/// logarithms. For any of them may be found too slow, the confidence is shared out among them (Bonferroni).
pub(super) fn by_category(evidence: &Evidence<'_>, at_most: f64) -> Result<(ReadingVerdict, String), String> {
    evidence.speed_void_because.clone().map_or(Ok(()), Err)?;
    let categories = by_prompt(evidence, |attempt| latency_ms(evidence, attempt));
    let tokens = by_prompt(evidence, |attempt| attempt.metrics.output_tokens.map(real));
    let all: BTreeSet<&str> = ended(evidence).map(|(row, _)| row.category.as_str()).collect();
    let large: Vec<&str> = categories
        .iter()
        .filter(|(_, values)| values.len() >= SMALLEST_CATEGORY)
        .map(|(name, _)| *name)
        .collect();
    if large.len() < 2 {
        return Err(format!(
            "it takes two categories with {SMALLEST_CATEGORY} prompts answered each, here are {}",
            large.len()
        ));
    }
    let confidence = 1.0 - (1.0 - CONFIDENCE) / length(large.len());
    let others = |of: &BTreeMap<&str, Vec<f64>>, name: &str| -> Vec<f64> {
        of.iter().filter(|(other, _)| **other != name).flat_map(|(_, values)| values.clone()).collect()
    };
    let mut found: Vec<(&str, f64, Interval)> = large
        .iter()
        .filter_map(|name| {
            let ratio = welch(&others(&categories, name), categories.get(name)?, confidence)?;
            Some((*name, ratio.ratio, ratio.interval))
        })
        .collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    let left_out: Vec<String> = all
        .into_iter()
        .filter(|name| found.iter().all(|(of, ..)| of != name))
        .map(|name| match categories.get(name).map_or(0, Vec::len) {
            few if few < SMALLEST_CATEGORY => format!("{name} ({few} prompts answered)"),
            _ => format!("{name} (a latency is zero)"),
        })
        .collect();
    let bound = Bound::AtMost(at_most);
    let of_verdict = |verdict: ReadingVerdict| {
        found.iter().filter(move |(.., interval)| bound.holds(*interval) == verdict)
    };
    let told = |(name, value, interval): &(&str, f64, Interval)| {
        let words =
            |values: &BTreeMap<&str, Vec<f64>>| Some(mean(values.get(name)?)? / mean(&others(values, name))?);
        let longer = words(&tokens).filter(|ratio| *ratio > 1.1);
        let longer = longer
            .map_or_else(String::new, |times| format!(", its answers being {} times as long", ratio(times)));
        format!("{name} {} ({}{longer})", ratio(*value), ratios(*interval))
    };
    let spiking: Vec<String> = of_verdict(ReadingVerdict::Missed).map(told).collect();
    let open: Vec<String> = of_verdict(ReadingVerdict::Unsettled).map(told).collect();
    if !spiking.is_empty() {
        return Ok((ReadingVerdict::Missed, named(spiking.into_iter())));
    }
    let unread = if left_out.is_empty() {
        String::new()
    } else {
        format!("not read: {}", named(left_out.into_iter()))
    };
    if !open.is_empty() {
        let sign = if unread.is_empty() { "" } else { "; " };
        return Ok((ReadingVerdict::Unsettled, format!("{}{sign}{unread}", named(open.into_iter()))));
    }
    if found.is_empty() {
        return Err(unread);
    }
    let slowest = found.first().map(told).ok_or("some latencies are zero")?;
    let highest = format!("the highest ratio of {} is that of {slowest}", found.len());
    if !unread.is_empty() {
        return Ok((ReadingVerdict::Unsettled, format!("{unread}; {highest}")));
    }
    Ok((ReadingVerdict::Met, highest))
}

/// Each category's pass rate, but that of the `hard` ones, against a floor, by Wilson's interval: 95 %, or higher where
/// so many categories are read that one would be found wanting by chance.
pub(super) fn pass_rates(
    evidence: &Evidence<'_>,
    at_least: f64,
    hard: &[String],
) -> Result<(ReadingVerdict, String), String> {
    let mut prompts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in evidence.rows {
        if row.attempt(Side::Candidate).is_some_and(|attempt| attempt.judgement.verdict.passed().is_some()) {
            prompts.entry(&row.category).or_default().insert(&row.key.prompt_id);
        }
    }
    let rates: Vec<(&str, &PassRate, f64)> = evidence
        .candidate
        .pass_rates
        .iter()
        .filter_map(|rate| Some((rate.category.as_deref()?, &rate.pass_rate, rate.pass_rate.rate?)))
        .filter(|(name, ..)| !hard.iter().any(|hard| hard == name))
        .collect();
    if rates.is_empty() {
        return Err("no category was judged".to_owned());
    }
    let confidence = CONFIDENCE.max(1.0 - 2.0 * (1.0 - CONFIDENCE) / length(rates.len()));
    let mut found: Vec<(&str, &PassRate, f64, Interval)> = rates
        .into_iter()
        .filter_map(|(name, of, rate)| {
            // A prompt that was sent several times counts once.
            let units = prompts.get(name).map_or(0, BTreeSet::len) as u64;
            Some((name, of, rate, wilson(rate, units, confidence)?))
        })
        .collect();
    found.sort_by(|a, b| a.2.total_cmp(&b.2));
    let bound = Bound::AtLeast(at_least);
    let told = |(name, of, rate, interval): &(&str, &PassRate, f64, Interval)| {
        format!(
            "{name} {} % ({} to {}; {} of {})",
            percent(*rate),
            percent(interval.low),
            percent(interval.high),
            of.passed,
            of.judged
        )
    };
    let of_verdict = |verdict: ReadingVerdict| {
        found.iter().filter(|(.., interval)| bound.holds(*interval) == verdict).map(told).collect::<Vec<_>>()
    };
    let (low, open) = (of_verdict(ReadingVerdict::Missed), of_verdict(ReadingVerdict::Unsettled));
    if !low.is_empty() {
        return Ok((ReadingVerdict::Missed, format!("below it: {}", named(low.into_iter()))));
    }
    if !open.is_empty() {
        return Ok((ReadingVerdict::Unsettled, format!("may be below it: {}", named(open.into_iter()))));
    }
    let lowest = found.first().map(told).unwrap_or_default();
    Ok((ReadingVerdict::Met, format!("the lowest of {}: {lowest}", found.len())))
}

/// The mean number of output tokens of an answer, by Student's t over prompts.
pub(super) fn output_tokens(evidence: &Evidence<'_>, at_most: f64) -> Result<Measured, String> {
    let values: Vec<f64> = by_prompt(evidence, |attempt| attempt.metrics.output_tokens.map(real))
        .into_values()
        .flatten()
        .collect();
    let n = length(values.len());
    let value = mean(&values).ok_or("no answer's tokens are known")?;
    let half = variance(&values, value)
        .and_then(|variance| Some(t(CONFIDENCE, n - 1.0)? * (variance / n).sqrt()))
        .ok_or_else(|| format!("an interval takes 2 prompts, here is 1 of {value:.0} tokens"))?;
    let interval = Interval { low: (value - half).max(0.0), high: value + half };
    let mut verdict = Bound::AtMost(at_most).holds(interval);
    let mut text = format!(
        "{value:.0} on average (95 % {:.0} to {:.0}; {} prompts)",
        interval.low,
        interval.high,
        values.len()
    );
    let sources = &evidence.candidate.summary.output_tokens_sources;
    if sources.contains_key(&TokenSource::Chunks) {
        text.push_str("; counted by chunk, which may hold several: a lower bound");
        if verdict == ReadingVerdict::Met {
            verdict = ReadingVerdict::Unsettled;
        }
    }
    Ok(Measured { value, interval, n: values.len() as u64, verdict, evidence: text })
}
