//! What the loads of a sweep or search came to, as curves over the load.

use super::super::chart::{Axis, ChartSpec, Frame, Marks, Point, Series, Unit};
use super::super::levels::{sorted, ttft_of};
use super::super::table::Labels;
use super::sides;
use crate::model::level::{LevelResult, LevelSide};
use crate::model::load::LoadAxis;
use crate::model::record::Side;
use crate::model::result::RunResult;

/// Latencies that span this factor are drawn by their logarithm.
const FAR: f64 = 20.0;

/// A value of a side at a load, its place still to come.
type Value = fn(&LevelSide) -> Option<Point>;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number(&'static str),
    Latency,
    Share,
}

/// Throughput, TTFT, goodput and pass rate over the load; none where there was one load.
pub(super) fn charts(result: &RunResult, labels: &Labels) -> Vec<ChartSpec> {
    let levels = sorted(result);
    let tokens: Value = |side| Some(Point::new(0.0, side.summary.throughput.as_ref()?.output_tokens_per_s));
    let requests: Value =
        |side| Some(Point::new(0.0, side.summary.throughput.as_ref()?.request_throughput_per_s));
    let ttft: Value = |side| Some(Point::new(0.0, ttft_of(side)?.p95));
    let passed: Value = |side| {
        let (rate, interval) = side.pass_rate.and_then(|p| p.rate.zip(p.wilson_95))?;
        Some(Point { interval: Some(interval), ..Point::new(0.0, rate) })
    };
    let in_time: Value = |side| {
        let goodput = side.summary.goodput.as_ref()?;
        Some(Point { interval: Some(goodput.attainment_interval_95), ..Point::new(0.0, goodput.attainment) })
    };
    let curve = |name, title, label, kind, value| curve(&levels, labels, name, title, label, kind, value);
    let throughput = curve(
        "throughput-load",
        "Throughput over load",
        "output",
        Kind::Number("tokens/s"),
        tokens,
    )
    .or_else(|| {
        curve("throughput-load", "Throughput over load", "throughput", Kind::Number("requests/s"), requests)
    });
    [
        throughput,
        curve("ttft-load", "TTFT p95 over load", "TTFT p95", Kind::Latency, ttft),
        curve(
            "in-time-load",
            "In time over load, with 95 % intervals",
            "requests in time",
            Kind::Share,
            in_time,
        ),
        curve("pass-rate-load", "Pass rate over load, with 95 % intervals", "passed", Kind::Share, passed),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What the loads are, as an axis over all of them.
fn axis(levels: &[&LevelResult]) -> Option<Axis> {
    let (first, last) = (levels.first()?, levels.last()?);
    let label = match first.load.axis {
        LoadAxis::Concurrency => "requests in flight",
        LoadAxis::Rate => "requests/s offered",
    };
    Some(Axis::loads(label, first.load.value, last.load.value))
}

fn curve(
    levels: &[&LevelResult],
    labels: &Labels,
    name: &str,
    title: &str,
    label: &str,
    kind: Kind,
    value: Value,
) -> Option<ChartSpec> {
    let points = |side: Side| {
        let points = levels.iter().filter_map(|level| {
            let at = match side {
                Side::Candidate => Some(&level.candidate),
                Side::Baseline => level.baseline.as_ref(),
            };
            Some(Point { x: level.load.value, ..value(at?)? })
        });
        points.filter(|point| point.y.is_finite()).collect::<Vec<_>>()
    };
    let sides: Vec<_> = sides(labels).into_iter().map(|side| (side, points(side.side))).collect();
    let all = || sides.iter().flat_map(|(_, points)| points);
    // One point is no curve.
    if sides.iter().all(|(_, points)| points.len() < 2) {
        return None;
    }
    let top = all().map(|p| p.interval.map_or(p.y, |i| i.high)).reduce(f64::max)?;
    let bottom = all().map(|p| p.y).reduce(f64::min)?;
    let y = match kind {
        Kind::Share => Axis::share(label),
        Kind::Latency if bottom > 0.0 && top / bottom >= FAR => {
            Axis::logarithmic(label, Unit::Of("ms"), bottom, top)
        }
        Kind::Latency => Axis::from_zero(label, Unit::Of("ms"), top),
        Kind::Number(unit) => Axis::from_zero(label, Unit::Of(unit), top),
    };
    Some(ChartSpec {
        name: name.to_owned(),
        title: title.to_owned(),
        about: format!("{title}, one line a side"),
        notes: Vec::new(),
        frame: Frame::Half,
        x: axis(levels)?,
        y,
        series: sides
            .into_iter()
            .map(|(side, points)| Series {
                key: side.key,
                label: side.label.to_owned(),
                color: side.key,
                stroke: side.stroke,
                marks: Marks::Line(points),
            })
            .collect(),
        references: Vec::new(),
    })
}
