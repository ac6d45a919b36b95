//! Values over loads as inline SVG: lines with a mark at each load, and intervals where there are some.

use std::sync::Arc;

use kuva::plot::{LinePlot, ScatterPlot};
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot;

use super::chart::{SIZE, finished, theme};
use super::number::plain;
use crate::model::comparison::Interval;

/// Loads that span this factor are drawn by their logarithm, since they are mostly doubled.
const WIDE: f64 = 6.0;
/// Latencies that span this factor are drawn by their logarithm.
const FAR: f64 = 20.0;
/// How far the axis of loads goes on beyond the first and the last, in its own units.
const EDGE: f64 = 0.2;
/// The most ticks of the axis of loads.
const TICKS: f64 = 9.0;
/// The size of a mark.
const MARK: f64 = 3.5;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Anything from 0 on.
    Value,
    /// A latency: by its logarithm where the longest is many times the shortest.
    Latency,
    /// A share of 0 to 1.
    Share,
}

/// A value at a load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    /// The load; above 0.
    pub(crate) x: f64,
    /// The value.
    pub(crate) y: f64,
    /// What it may be.
    pub(crate) interval: Option<Interval>,
}

impl Point {
    /// A value without a load yet.
    pub(crate) const fn at(y: f64) -> Self {
        Self { x: 0.0, y, interval: None }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    /// Its colour, as CSS.
    pub(crate) color: &'static str,
    /// Its width.
    pub(crate) stroke: f64,
    /// Its points, left to right.
    pub(crate) points: Vec<Point>,
}

/// A chart of values over loads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LinesSpec {
    /// Unique within the page: a word of letters.
    pub(crate) name: &'static str,
    /// The lowest and the highest load, the same for all charts of a page; above 0.
    pub(crate) loads: (f64, f64),
    /// What the loads are.
    pub(crate) x_label: String,
    /// What the values are.
    pub(crate) y_label: String,
    /// What their axis is.
    pub(crate) scale: Scale,
    /// The lines.
    pub(crate) series: Vec<Series>,
}

/// Draws the chart; `None` where there is no finite point.
pub(crate) fn svg(spec: &LinesSpec) -> Option<String> {
    let series: Vec<Series> = spec.series.iter().map(finite).collect();
    let points = || series.iter().flat_map(|s| &s.points);
    let (lowest, highest) = spec.loads;
    let top = points().map(|p| p.interval.map_or(p.y, |i| i.high)).reduce(f64::max)?;
    let logarithmic = highest / lowest >= WIDE;
    let bottom = points().map(|p| p.y).reduce(f64::min)?;
    let decades = spec.scale == Scale::Latency && bottom > 0.0 && top / bottom >= FAR;
    let height = |y: f64| if decades { y.log10() } else { y };
    let place = |x: f64| if logarithmic { x.log2() } else { x };
    let mut plots: Vec<Plot> = Vec::new();
    for series in series.iter().filter(|s| !s.points.is_empty()) {
        let places = || series.points.iter().map(|p| (place(p.x), height(p.y)));
        let line =
            LinePlot::new().with_data(places()).with_color(series.color).with_stroke_width(series.stroke);
        let mut marks = ScatterPlot::new().with_data(places()).with_color(series.color).with_size(MARK);
        if series.points.iter().any(|p| p.interval.is_some()) {
            let arms = series.points.iter().map(|p| {
                p.interval.map_or((0.0, 0.0), |i| ((p.y - i.low).max(0.0), (i.high - p.y).max(0.0)))
            });
            marks = marks.with_y_err_asymmetric(arms);
        }
        plots.extend([Plot::from(line), Plot::from(marks)]);
    }
    let (left, right, step) = if logarithmic {
        let (left, right) = (place(lowest), place(highest));
        (left - EDGE, right + EDGE, ((right - left) / TICKS).ceil())
    } else {
        let step = nice(highest / TICKS * 2.0);
        (0.0, highest + step * EDGE, step)
    };
    let (y_bottom, y_top, y_step) = match spec.scale {
        // A mark at the edge is to be seen whole.
        Scale::Share => (0.0, 1.03, 0.25),
        _ if decades => (height(bottom).floor(), height(top).ceil(), 1.0),
        _ => {
            let step = nice(if top > 0.0 { top / 4.0 } else { 1.0 });
            (0.0, (top / step).ceil().max(1.0) * step, step)
        }
    };
    let is_share = spec.scale == Scale::Share;
    let layout = Layout::auto_from_plots(&plots)
        .with_width(SIZE.0)
        .with_height(SIZE.1)
        .with_x_label(spec.x_label.as_str())
        .with_y_label(spec.y_label.as_str())
        .with_x_axis_min(left)
        .with_x_axis_max(right)
        .with_x_tick_step(step)
        .with_y_axis_min(y_bottom)
        .with_y_axis_max(y_top)
        .with_y_tick_step(y_step)
        .with_x_tick_format(TickFormat::Custom(Arc::new(move |x| {
            plain(if logarithmic { x.exp2() } else { x })
        })))
        .with_y_tick_format(TickFormat::Custom(Arc::new(move |y| match (is_share, decades) {
            (true, _) => format!("{:.0} %", y * 100.0),
            (_, true) => plain(10.0_f64.powf(y)),
            _ => plain(y),
        })))
        .with_theme(theme());
    Some(finished(&kuva::render_to_svg(plots, layout), spec.name))
}

fn finite(series: &Series) -> Series {
    let is_drawable = |p: &&Point| p.x.is_finite() && p.x > 0.0 && p.y.is_finite();
    Series { points: series.points.iter().filter(is_drawable).copied().collect(), ..series.clone() }
}

/// The 1, 2 or 5 times a power of ten next above.
fn nice(step: f64) -> f64 {
    let power = 10.0_f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= step * 0.999_999);
    factor.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(loads: &[f64]) -> LinesSpec {
        let interval = Some(Interval { low: 0.6, high: 0.9 });
        let points = loads.iter().map(|x| Point { x: *x, y: 0.8, interval }).collect();
        LinesSpec {
            name: "passrate",
            loads: (loads.first().copied().unwrap_or(1.0), loads.last().copied().unwrap_or(1.0)),
            x_label: "requests/s offered".into(),
            y_label: "passed".into(),
            scale: Scale::Share,
            series: vec![Series { color: "var(--candidate)", stroke: 2.0, points }],
        }
    }

    #[test]
    fn loads_that_are_doubled_stand_at_even_distances() {
        let drawn = svg(&spec(&[1.0, 2.0, 4.0, 8.0, 64.0])).unwrap();
        for load in ["1", "2", "4", "8", "16", "32", "64"] {
            assert!(drawn.contains(&format!(">{load}<")), "{load} in {drawn}");
        }
        assert!(drawn.contains("var(--candidate)") && drawn.contains("viewBox"), "{drawn}");
        assert_eq!(drawn, svg(&spec(&[1.0, 2.0, 4.0, 8.0, 64.0])).unwrap());
    }

    #[test]
    fn near_loads_stand_on_a_plain_axis_and_nothing_is_no_chart() {
        let drawn = svg(&spec(&[20.0, 30.0, 42.0])).unwrap();
        assert!(drawn.contains(">0<") && drawn.contains(">40<"), "{drawn}");
        assert!(svg(&spec(&[])).is_none() && svg(&spec(&[f64::NAN])).is_none());
    }

    #[test]
    fn steps_are_round() {
        for (step, round) in [(0.3, 0.5), (1.0, 1.0), (1.1, 2.0), (4.2, 5.0), (70.0, 100.0), (260.0, 500.0)] {
            assert!((nice(step) / round - 1.0_f64).abs() < 1e-9, "{step}");
        }
    }
}
