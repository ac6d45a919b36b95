//! How a latency is distributed over the successful requests: the share of them up to each value, and the share of
//! them in each bin.

use super::super::chart::{Axis, ChartSpec, Frame, Marks, Named, Point, Series, Unit};
use super::super::number::{count, counted, decimal};
use super::super::table::Labels;
use super::sample::Sample;
use super::{Shown, sides, successes};
use crate::metrics::histogram::Spans;
use crate::metrics::summary::ITL;
use crate::model::result::RunResult;
use crate::model::summary::{Distribution, Percentile, RequestMetrics, SideSummary};

/// The most points of a curve: enough for the eye, a few kilobytes for the file.
const POINTS: u32 = 200;
/// How far beyond the 99th percentile the slowest may lie before an even axis ends at that percentile.
const LONG_TAIL: f64 = 2.0;
/// Where the 99th percentile is so many times the 5th, the axis is logarithmic.
const FAR: f64 = 20.0;
/// How far a logarithmic axis goes on below the 5th percentile and above the 99th, as a factor.
const REACH: f64 = 50.0;
/// From so many values on a histogram has narrow bins.
const MANY: u64 = 100;
/// Bins of a logarithmic axis where there are many values, and where there are few.
const LOG_BINS: (u32, u32) = (30, 12);
/// The percentiles that are marked where the sample allows it.
const MARKED: [Percentile; 3] = [Percentile::P50, Percentile::P95, Percentile::P99];

/// A latency to be drawn.
struct Latency {
    /// What its charts' names begin with.
    name: &'static str,
    title: &'static str,
    label: &'static str,
    /// What the values are of.
    of: (&'static str, &'static str),
    /// A request's; none where only a histogram has them.
    metric: Option<fn(&RequestMetrics) -> Option<f64>>,
    /// A side's.
    summary: fn(&SideSummary) -> Option<&Distribution>,
    /// Whether it is drawn as a histogram too.
    histogram: bool,
}

const REQUESTS: (&str, &str) = ("request", "requests");

const LATENCIES: [Latency; 5] = [
    Latency {
        name: "ttft",
        title: "Time to first token (TTFT)",
        label: "TTFT",
        of: REQUESTS,
        metric: Some(|m| m.ttft_ms),
        summary: |s| s.ttft_ms.as_ref(),
        histogram: true,
    },
    Latency {
        name: "itl",
        title: "Inter-token latency (ITL)",
        label: "ITL",
        of: ("gap", "gaps"),
        metric: None,
        summary: |s| s.itl_ms.as_ref(),
        histogram: true,
    },
    Latency {
        name: "tpot",
        title: "Time per output token (TPOT)",
        label: "TPOT",
        of: REQUESTS,
        metric: Some(|m| m.tpot_ms),
        summary: |s| s.tpot_ms.as_ref(),
        histogram: true,
    },
    Latency {
        name: "e2e",
        title: "End-to-end latency (E2E)",
        label: "E2E",
        of: REQUESTS,
        metric: Some(|m| m.e2e_ms),
        summary: |s| s.e2e_ms.as_ref(),
        histogram: true,
    },
    Latency {
        name: "stall",
        title: "Max stall of a request",
        label: "longest gap between tokens",
        of: REQUESTS,
        metric: Some(|m| m.max_stall_ms),
        summary: |s| s.max_stall_ms.as_ref(),
        histogram: false,
    },
];

/// One side's values.
struct Drawn<'a> {
    side: Shown<'a>,
    sample: Sample,
    summary: Option<&'a Distribution>,
}

/// The distributions of a run's latencies, each with its histogram.
pub(super) fn charts(result: &RunResult, labels: &Labels) -> Vec<ChartSpec> {
    LATENCIES.iter().flat_map(|latency| both(result, labels, latency)).collect()
}

fn both(result: &RunResult, labels: &Labels, latency: &Latency) -> Vec<ChartSpec> {
    let drawn: Vec<Drawn<'_>> = sides(labels)
        .into_iter()
        .filter_map(|side| {
            let info = result.side(side.side)?;
            let sample = match latency.metric {
                Some(metric) => Sample::of(
                    successes(result, side.side).filter_map(|attempt| metric(&attempt.metrics)).collect(),
                ),
                // What can't be read is left out: the table has the percentiles.
                None => Sample::of_histogram(&Spans::from_stored(info.summary.histograms.get(ITL)?).ok()?),
            };
            (sample.n() > 0).then(|| Drawn { side, sample, summary: (latency.summary)(&info.summary) })
        })
        .collect();
    let Some(axis) = axis(latency.label, &drawn) else { return Vec::new() };
    let outside = outside(&axis, &drawn, latency);
    let mut charts = vec![cumulative(latency, &drawn, axis.clone(), outside.clone())];
    if latency.histogram {
        charts.push(histogram(latency, &drawn, axis, outside));
    }
    charts
}

/// An axis that shows what most values are: even from 0, ending at the 99th percentile where the slowest lie far
/// beyond; logarithmic where most values span much.
fn axis(label: &str, drawn: &[Drawn<'_>]) -> Option<Axis> {
    let of = |value: fn(&Sample) -> Option<f64>, choose: fn(f64, f64) -> f64| {
        drawn.iter().filter_map(|drawn| value(&drawn.sample)).reduce(choose)
    };
    let p99 = of(|s| s.reached(0.99), f64::max)?;
    let slowest = of(Sample::most, f64::max)?;
    let p5 = of(|s| s.reached(0.05), f64::min)?;
    if p5 > 0.0 && p99 / p5 >= FAR {
        let least = of(Sample::least, f64::min)?.max(p5 / REACH);
        return Some(Axis::logarithmic(label, Unit::Of("ms"), least, slowest.min(p99 * REACH)));
    }
    Some(Axis::from_zero(label, Unit::Of("ms"), if slowest > LONG_TAIL * p99 { p99 } else { slowest }))
}

/// How many values the axis leaves out.
fn outside(axis: &Axis, drawn: &[Drawn<'_>], latency: &Latency) -> Vec<String> {
    let mut notes = Vec::new();
    let before_left = |sample: &Sample| if axis.is_logarithmic() { sample.before(axis.low) } else { 0 };
    for Drawn { side, sample, .. } in drawn {
        let whose = if drawn.len() > 1 { format!("{}: ", side.label) } else { String::new() };
        let all = counted(sample.n(), latency.of.0, latency.of.1);
        let beyond = sample.beyond(axis.high);
        if let Some(most) = sample.most().filter(|_| beyond > 0) {
            notes.push(format!(
                "{whose}{} of {all} beyond the right edge, up to {} ms",
                count(beyond),
                decimal(most)
            ));
        }
        let before = before_left(sample);
        if before > 0 {
            notes.push(format!("{whose}{} of {all} before the left edge", count(before)));
        }
    }
    notes
}

fn cumulative(latency: &Latency, drawn: &[Drawn<'_>], x: Axis, outside: Vec<String>) -> ChartSpec {
    let mut series: Vec<Series> = Vec::new();
    let low = if x.is_logarithmic() { x.low } else { f64::NEG_INFINITY };
    for Drawn { side, sample, summary } in drawn {
        // A logarithm has no place for what lies before its beginning.
        let steps =
            sample.steps(POINTS).into_iter().map(|point| Point { x: point.x.max(low), ..point }).collect();
        series.push(side.series(Marks::Steps(steps)));
        let marked = summary.iter().flat_map(|summary| {
            let trusted = MARKED.into_iter().filter(|percentile| summary.is_trusted(*percentile));
            trusted.map(|percentile| Named {
                point: Point::new(summary.value(percentile), percentile.share()),
                name: percentile.name().to_owned(),
            })
        });
        series.push(side.series(Marks::Named(marked.collect())));
    }
    let mut notes = outside;
    notes.extend(too_small(drawn));
    ChartSpec {
        name: format!("{}-cdf", latency.name),
        title: latency.title.to_owned(),
        about: format!(
            "{}: share of {} up to each value{}",
            latency.title,
            successful(latency),
            medians(drawn)
        ),
        notes,
        frame: Frame::Half,
        x,
        y: Axis::share(format!("{} up to here", latency.of.1)),
        series,
        references: Vec::new(),
    }
}

fn histogram(latency: &Latency, drawn: &[Drawn<'_>], x: Axis, outside: Vec<String>) -> ChartSpec {
    let many = drawn.iter().any(|drawn| drawn.sample.n() >= MANY);
    let edges = edges(&x, many);
    let series: Vec<Series> = drawn
        .iter()
        .map(|Drawn { side, sample, .. }| {
            side.series(Marks::Bars { edges: edges.clone(), values: sample.shares(&edges) })
        })
        .collect();
    let highest = series.iter().map(|series| match &series.marks {
        Marks::Bars { values, .. } => values.iter().copied().fold(0.0, f64::max),
        _ => 0.0,
    });
    let highest = highest.fold(0.0, f64::max);
    let mut notes = outside;
    if x.is_logarithmic() {
        notes.push("Bins of equal width on the logarithmic axis: wider to the right".to_owned());
    }
    ChartSpec {
        name: format!("{}-histogram", latency.name),
        title: format!("{}, by frequency", latency.title),
        about: format!(
            "{}: share of each side's {} in each bin{}",
            latency.title,
            successful(latency),
            medians(drawn)
        ),
        notes,
        frame: Frame::Half,
        x,
        y: Axis::from_zero(format!("share of {}", latency.of.1), Unit::Share, highest),
        series,
        references: Vec::new(),
    }
}

/// Ends of bins, from one end of the axis to the other.
fn edges(axis: &Axis, many: bool) -> Vec<f64> {
    if axis.is_logarithmic() {
        let bins = if many { LOG_BINS.0 } else { LOG_BINS.1 };
        let factor = (axis.high / axis.low).powf(1.0 / f64::from(bins));
        // The ends are the axis' own, whatever powers round to.
        let inner = (1..bins).map(|edge| axis.low * factor.powi(edge.cast_signed()));
        return std::iter::once(axis.low).chain(inner).chain([axis.high]).collect();
    }
    // Whole parts of the distance between ticks.
    let step = axis.tick_step().unwrap_or(axis.high) / if many { 5.0 } else { 2.0 };
    let mut edges = vec![0.0];
    for edge in 1_u32.. {
        let end = f64::from(edge) * step;
        if end > axis.high * 1.000_001 {
            break;
        }
        edges.push(end);
    }
    edges
}

fn successful(latency: &Latency) -> String {
    if latency.of == REQUESTS { "successful requests".to_owned() } else { latency.of.1.to_owned() }
}

/// `; median 12.3 ms of fp16, 9.80 ms of awq`: the most important of it, for those who can't see it.
fn medians(drawn: &[Drawn<'_>]) -> String {
    let of = |drawn: &Drawn<'_>| Some(format!("{} ms of {}", decimal(drawn.summary?.p50), drawn.side.label));
    let told: Vec<String> = drawn.iter().filter_map(of).collect();
    if told.is_empty() { String::new() } else { format!("; median {}", told.join(", ")) }
}

/// Which percentiles aren't marked for want of values.
fn too_small(drawn: &[Drawn<'_>]) -> Option<String> {
    let lacking = |percentile: &Percentile| {
        drawn.iter().any(|drawn| drawn.summary.is_some_and(|summary| !summary.is_trusted(*percentile)))
    };
    let names: Vec<String> = MARKED
        .into_iter()
        .filter(lacking)
        .map(|percentile| format!("{} ({} or more)", percentile.name(), count(percentile.smallest_sample())))
        .collect();
    let mut sizes: Vec<String> = drawn.iter().filter_map(|drawn| Some(count(drawn.summary?.n))).collect();
    sizes.dedup();
    (!names.is_empty()).then(|| format!("n too small for {}: {}", names.join(" and "), sizes.join(" and ")))
}

#[cfg(test)]
mod tests;
