//! How a latency is distributed over the successful requests: the share of them up to each value.

use super::super::chart::{Axis, ChartSpec, Frame, Marks, Point, Series, Unit};
use super::super::table::Labels;
use super::{sides, successes};
use crate::model::result::RunResult;
use crate::model::summary::RequestMetrics;

/// The most points of a curve: enough for the eye, a few kilobytes for the file.
const POINTS: usize = 200;
/// How far beyond the 99th percentile the slowest may lie before the axis ends at that percentile.
const LONG_TAIL: f64 = 2.0;

/// A latency of a request.
type Metric = fn(&RequestMetrics) -> Option<f64>;

/// The distributions of a run's latencies.
pub(super) fn charts(result: &RunResult, labels: &Labels) -> Vec<ChartSpec> {
    let metrics: [(&str, &str, &str, Metric); 2] = [
        ("ttft-cdf", "Time to first token", "TTFT", |m| m.ttft_ms),
        ("e2e-cdf", "End-to-end latency", "E2E", |m| m.e2e_ms),
    ];
    metrics
        .into_iter()
        .filter_map(|(name, title, label, metric)| cdf(result, labels, name, title, label, metric))
        .collect()
}

fn cdf(
    result: &RunResult,
    labels: &Labels,
    name: &str,
    title: &str,
    label: &str,
    metric: Metric,
) -> Option<ChartSpec> {
    let series: Vec<Series> = sides(labels)
        .into_iter()
        .map(|side| Series {
            key: side.key,
            label: side.label.to_owned(),
            color: side.key,
            stroke: side.stroke,
            marks: Marks::Steps(distribution(
                successes(result, side.side).filter_map(|attempt| metric(&attempt.metrics)).collect(),
            )),
        })
        .filter(|series| !series.marks.is_empty())
        .collect();
    let at = |share: f64| {
        let reached = |series: &Series| match &series.marks {
            Marks::Steps(points) => points.iter().find(|point| point.y >= share).map(|point| point.x),
            _ => None,
        };
        series.iter().filter_map(reached).reduce(f64::max)
    };
    let (slowest, p99) = at(1.0).zip(at(0.99))?;
    let is_cut = slowest > LONG_TAIL * p99;
    Some(ChartSpec {
        name: name.to_owned(),
        title: title.to_owned(),
        about: format!("{title}: share of successful requests up to each value"),
        notes: if is_cut { vec!["The slowest lie beyond the right edge.".to_owned()] } else { Vec::new() },
        frame: Frame::Half,
        x: Axis::from_zero(label, Unit::Of("ms"), if is_cut { p99 } else { slowest }),
        y: Axis::share("requests up to here"),
        series,
        references: Vec::new(),
    })
}

/// The empirical distribution of `values` in at most [`POINTS`] of its own steps: (value, share of
/// values up to it). Begins at share 0.
fn distribution(mut values: Vec<f64>) -> Vec<Point> {
    values.retain(|v| v.is_finite());
    values.sort_by(f64::total_cmp);
    let n = values.len();
    let steps = n.min(POINTS - 1);
    let mut points: Vec<Point> = values.first().map(|first| Point::new(*first, 0.0)).into_iter().collect();
    for step in 1..=steps {
        let rank = (step * n).div_ceil(steps);
        #[expect(clippy::cast_precision_loss, reason = "ranks stay far below 2^53")]
        points.push(Point::new(values[rank - 1], rank as f64 / n as f64));
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_steps_through_its_own_values() {
        let of =
            |values: &[f64]| distribution(values.to_vec()).iter().map(|p| (p.x, p.y)).collect::<Vec<_>>();
        assert_eq!(of(&[3.0, 1.0, f64::NAN]), [(1.0, 0.0), (1.0, 0.5), (3.0, 1.0)]);
        assert_eq!(of(&[]), []);
        let many = of(&(1..=10_000).map(f64::from).collect::<Vec<_>>());
        assert_eq!(many.len(), POINTS);
        assert_eq!(many.last(), Some(&(10_000.0, 1.0)));
        assert!(many.iter().all(|(x, share)| *share == 0.0 || (x / 10_000.0 - share).abs() < 1e-9));
    }
}
