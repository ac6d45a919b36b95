//! Latency over time: a dot a request, and where there are too many for that, percentiles by bin.

use super::super::super::chart::{
    Across, Axis, ChartSpec, Held, Marks, Point, Reference, Series, Stroke, Unit,
};
use super::super::super::number::count;
use super::clock::{Clock, Timed};
use crate::model::record::Side;
use crate::model::slo::SloMetric;
use crate::model::summary::{Percentile, RequestMetrics};
use crate::stats::quantile::quantile;

/// The most requests that are drawn one by one.
const MOST: usize = 2_000;
/// Latencies that span this factor are drawn by their logarithm.
pub(super) const FAR: f64 = 20.0;
/// A bin of percentiles holds about so many times what its percentile takes.
const AMPLE: u64 = 2;

/// A latency of a request.
pub(super) type Metric = fn(&RequestMetrics) -> Option<f64>;

/// The successes of a side by when they were sent: nanoseconds, milliseconds.
pub(super) type Latencies = Vec<(u64, f64)>;

/// A latency over time.
struct Of {
    name: &'static str,
    title: &'static str,
    label: &'static str,
    metric: Metric,
    objective: SloMetric,
}

/// TTFT and the max stall of requests by when they were sent.
pub(super) fn charts(clock: &Clock<'_>) -> Vec<ChartSpec> {
    let of = [
        Of {
            name: "ttft-time",
            title: "Time to first token over time",
            label: "TTFT",
            metric: |m| m.ttft_ms,
            objective: SloMetric::TtftMs,
        },
        Of {
            name: "stalls",
            title: "Max stall of each request",
            label: "stall",
            metric: |m| m.max_stall_ms,
            objective: SloMetric::MaxStallMs,
        },
    ];
    of.iter().filter_map(|of| chart(clock, of)).collect()
}

/// The latencies of a side's successes.
pub(super) fn latencies(side: &Timed<'_>, metric: Metric) -> Latencies {
    let successes = side.sent.iter().filter(|sent| sent.attempt.exchange.outcome.is_success());
    successes
        .filter_map(|sent| {
            Some((side.at(sent.attempt.exchange.trace.sent_ns), metric(&sent.attempt.metrics)?))
        })
        .filter(|(_, ms)| ms.is_finite())
        .collect()
}

/// An axis for values from `low` to `high`, milliseconds: from 0, or by their logarithm where they span much.
pub(super) fn axis(label: &str, low: f64, high: f64) -> Axis {
    if low > 0.0 && high / low >= FAR {
        Axis::logarithmic(label, Unit::Of("ms"), low, high)
    } else {
        Axis::from_zero(label, Unit::Of("ms"), high)
    }
}

fn chart(clock: &Clock<'_>, of: &Of) -> Option<ChartSpec> {
    let by_side: Vec<(&Timed<'_>, Latencies)> =
        clock.sides.iter().map(|side| (side, latencies(side, of.metric))).collect();
    let n: usize = by_side.iter().map(|(_, latencies)| latencies.len()).sum();
    let mut notes = Vec::new();
    let series: Vec<Series> = if n <= MOST {
        by_side.iter().map(|(side, latencies)| dots(side, latencies)).collect()
    } else {
        let bins = bins_for(clock, by_side.iter().map(|(_, latencies)| latencies.len()).max().unwrap_or(0));
        notes.push(format!(
            "{} requests are too many to be drawn one by one: p50 (thin) and p95 (thick) of those sent in each {}; p95 \
             only where {} and more were.",
            count(n as u64),
            clock.duration_name(bins as u64),
            Percentile::P95.smallest_sample()
        ));
        by_side.iter().flat_map(|(side, latencies)| percentiles(clock, side, latencies, bins)).collect()
    };
    let drawn = || series.iter().flat_map(values);
    let (low, high) = (drawn().reduce(f64::min)?, drawn().reduce(f64::max)?);
    if high <= 0.0 {
        return None;
    }
    let objectives = objectives(clock, of.objective, high);
    let reach = objectives.iter().map(|line| line.value).fold(high, f64::max);
    let mut chart = clock.chart(of.name, of.title, axis(of.label, low, reach));
    chart.about = format!("{}, by when a successful request was sent", of.title);
    notes.insert(0, "Successful requests by when they were sent.".to_owned());
    chart.notes.splice(0..0, notes);
    chart.series = series;
    chart.references.extend(objectives);
    Some(chart)
}

fn dots(side: &Timed<'_>, latencies: &Latencies) -> Series {
    let points = latencies.iter().map(|(at, ms)| Point::new(super::clock::seconds(*at), *ms));
    Series {
        key: side.shown.key,
        label: side.shown.label.to_owned(),
        color: side.shown.key,
        stroke: side.shown.stroke,
        marks: Marks::Dots(points.collect()),
    }
}

/// How many of the clock's bins a percentile is taken over, so that the larger side has enough in each.
fn bins_for(clock: &Clock<'_>, n: usize) -> usize {
    let wanted = usize::try_from(AMPLE * Percentile::P95.smallest_sample()).unwrap_or(usize::MAX);
    (wanted * clock.bins()).div_ceil(n.max(1)).clamp(1, clock.bins())
}

fn percentiles(clock: &Clock<'_>, side: &Timed<'_>, latencies: &Latencies, together: usize) -> Vec<Series> {
    let mut by_bin: Vec<Vec<f64>> = vec![Vec::new(); clock.bins().div_ceil(together)];
    for (at, ms) in latencies {
        by_bin[clock.bin(*at) / together].push(*ms);
    }
    for values in &mut by_bin {
        values.sort_by(f64::total_cmp);
    }
    let keys = match side.shown.side {
        Side::Candidate => ["p50-candidate", "p95-candidate"],
        Side::Baseline => ["p50-baseline", "p95-baseline"],
    };
    let of = [(Percentile::P50, Stroke::Fine), (Percentile::P95, Stroke::Strong)];
    keys.into_iter()
        .zip(of)
        .map(|(key, (percentile, stroke))| {
            let held = by_bin.iter().enumerate().filter_map(|(bin, values)| {
                let n = values.len() as u64;
                let y = quantile(values, percentile.share()).filter(|_| n >= percentile.smallest_sample())?;
                let to = clock.edge(((bin + 1) * together).min(clock.bins()));
                Some(Held { from: clock.edge(bin * together), to, y, n: Some(n) })
            });
            Series {
                key,
                label: format!("{}{}", percentile.name(), side.suffix(clock)),
                color: side.shown.key,
                stroke,
                marks: Marks::Held(held.collect()),
            }
        })
        .collect()
}

fn values(series: &Series) -> Vec<f64> {
    match &series.marks {
        Marks::Dots(points) => points.iter().map(|point| point.y).collect(),
        Marks::Held(held) => held.iter().map(|held| held.y).collect(),
        _ => Vec::new(),
    }
}

/// The objectives for the metric that lie near what is drawn. Those of an open loop count from the schedule, which
/// only a stall doesn't.
fn objectives(clock: &Clock<'_>, metric: SloMetric, high: f64) -> Vec<Reference> {
    /// An objective beyond so many times the highest value would leave the values no room.
    const NEAR: f64 = 2.0;
    let open = clock.result.load.profile.as_ref().is_some_and(|profile| profile.start.is_open());
    let slos = clock.result.question.iter().flat_map(|question| &question.slos);
    slos.filter(|slo| slo.metric == metric && slo.value <= NEAR * high)
        .filter(|_| !open || metric == SloMetric::MaxStallMs)
        .map(|slo| Reference { on: Across::Y, value: slo.value, label: slo.to_string() })
        .collect()
}
