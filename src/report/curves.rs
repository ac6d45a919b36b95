//! What the loads of a sweep or search came to, as curves.

use super::levels::{sorted, ttft_of};
use super::lines::{LinesSpec, Point, Scale, Series};
use super::table::Labels;
use crate::model::level::LevelSide;
use crate::model::load::LoadAxis;
use crate::model::record::Side;
use crate::model::result::RunResult;

/// A curve over the loads, with its title.
pub(crate) struct Curve {
    pub(crate) title: &'static str,
    pub(crate) spec: LinesSpec,
}

/// Throughput, TTFT and pass rate over the load; none where there was one load.
pub(crate) fn curves(result: &RunResult, labels: &Labels) -> Vec<Curve> {
    let levels = sorted(result);
    let Some(first) = levels.first() else { return Vec::new() };
    let x_label = match first.load.axis {
        LoadAxis::Concurrency => "requests in flight",
        LoadAxis::Rate => "requests/s offered",
    };
    let loads = (first.load.value, levels.last().map_or(1.0, |level| level.load.value));
    let series = |side: Side, of: &dyn Fn(&LevelSide) -> Option<Point>| {
        let points = levels.iter().filter_map(|level| {
            let at = match side {
                Side::Candidate => Some(&level.candidate),
                Side::Baseline => level.baseline.as_ref(),
            };
            Some(Point { x: level.load.value, ..of(at?)? })
        });
        let (color, stroke) = match side {
            Side::Candidate => ("var(--candidate)", 2.5),
            Side::Baseline => ("var(--baseline)", 1.25),
        };
        Series { color, stroke, points: points.collect() }
    };
    let curve = |title, name, y_label: &str, scale, of: &dyn Fn(&LevelSide) -> Option<Point>| {
        let baseline = labels.baseline.as_ref().map(|_| series(Side::Baseline, of));
        let series: Vec<Series> = baseline.into_iter().chain([series(Side::Candidate, of)]).collect();
        // One point is no curve.
        series.iter().any(|s| s.points.len() > 1).then(|| Curve {
            title,
            spec: LinesSpec {
                name,
                loads,
                x_label: x_label.to_owned(),
                y_label: y_label.to_owned(),
                scale,
                series,
            },
        })
    };
    let tokens = |side: &LevelSide| Some(Point::at(side.summary.throughput.as_ref()?.output_tokens_per_s));
    let requests =
        |side: &LevelSide| Some(Point::at(side.summary.throughput.as_ref()?.request_throughput_per_s));
    let ttft = |side: &LevelSide| Some(Point::at(ttft_of(side)?.p95));
    let passed = |side: &LevelSide| {
        let (rate, interval) = side.pass_rate.and_then(|p| p.rate.zip(p.wilson_95))?;
        Some(Point { interval: Some(interval), ..Point::at(rate) })
    };
    let in_time = |side: &LevelSide| {
        let goodput = side.summary.goodput.as_ref()?;
        Some(Point { interval: Some(goodput.attainment_interval_95), ..Point::at(goodput.attainment) })
    };
    let throughput = curve("Throughput over load", "throughput", "output tokens/s", Scale::Value, &tokens)
        .or_else(|| curve("Throughput over load", "throughput", "requests/s", Scale::Value, &requests));
    [
        throughput,
        curve("TTFT p95 over load", "ttftload", "TTFT p95, ms", Scale::Latency, &ttft),
        curve("In time over load, with 95 % intervals", "intime", "requests in time", Scale::Share, &in_time),
        curve("Pass rate over load, with 95 % intervals", "passrate", "passed", Scale::Share, &passed),
    ]
    .into_iter()
    .flatten()
    .collect()
}
