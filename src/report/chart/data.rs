//! A chart as numbers, beside the drawing: what a page reads values from when one points at it, and what is
//! downloaded. Columns of equal length, in the axes' units.

use serde::Serialize;

use super::axis::{Axis, Scale, Unit};
use super::draw::Drawn;
use super::marks::{Marks, Point};
use super::{ChartSpec, Series};

/// An axis as a page needs it to tell values from places.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct AxisData {
    /// What it measures.
    pub(crate) label: String,
    /// Its unit: `ms`, `s`, `%` for shares of 0 to 1, or nothing.
    pub(crate) unit: &'static str,
    /// `linear`, `log10`, `log2` or `category`.
    pub(crate) scale: &'static str,
    /// The value at its beginning.
    pub(crate) low: f64,
    /// The value at its end.
    pub(crate) high: f64,
    /// The names of a `category` scale, at 1, 2, 3 …
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) categories: Vec<String>,
}

/// A series as columns; a column that doesn't apply is left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct SeriesData {
    /// The series.
    pub(crate) key: &'static str,
    /// What it is called.
    pub(crate) label: String,
    /// `steps`, `line`, `curve`, `dots`, `named`, `bars`, `stack`, `held`, `bands`, `spans`, `cells`, `rests` or `targets`.
    pub(crate) marks: &'static str,
    /// Places from left to right; of `bars` and `stack` their edges (one more than `y`), of what goes from here to there
    /// the left ends.
    pub(crate) x: Vec<f64>,
    /// The right ends of `spans`, `cells`, `held` and `bands`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) end: Vec<f64>,
    /// The first tokens of `spans`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) first: Vec<Option<f64>>,
    /// Values, of `stack` without what is below; of `cells` the lower ends, of `rests` and `targets` the
    /// categories.
    pub(crate) y: Vec<f64>,
    /// The upper ends of `cells`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) top: Vec<f64>,
    /// Lower ends of intervals.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) low: Vec<Option<f64>>,
    /// Upper ends of intervals.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) high: Vec<Option<f64>>,
    /// What is in `cells`; of `held` how many the value is of, where that is told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) value: Vec<f64>,
    /// What `spans` and `named` are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) name: Vec<String>,
    /// Which points are to be taken with care, 1 or 0; left out where none is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) hollow: Vec<u8>,
}

/// A chart as numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ChartData {
    /// The chart.
    pub(crate) name: String,
    /// Its heading.
    pub(crate) title: String,
    /// From left to right.
    pub(crate) x: AxisData,
    /// From bottom to top.
    pub(crate) y: AxisData,
    /// Width and height of the drawing, in its own units.
    pub(crate) size: (f64, f64),
    /// Where values are drawn: left, top, right, bottom.
    pub(crate) plot: (f64, f64, f64, f64),
    /// The series.
    pub(crate) series: Vec<SeriesData>,
}

impl ChartData {
    pub(super) fn new(spec: &ChartSpec, drawn: &Drawn) -> Self {
        Self {
            name: spec.name.clone(),
            title: spec.title.clone(),
            x: AxisData::new(&spec.x),
            y: AxisData::new(&spec.y),
            size: drawn.size,
            plot: drawn.plot,
            series: spec.series.iter().map(|series| SeriesData::new(series, &spec.x)).collect(),
        }
    }
}

impl AxisData {
    fn new(axis: &Axis) -> Self {
        let (scale, categories) = match &axis.scale {
            Scale::Linear | Scale::Lanes { .. } => ("linear", Vec::new()),
            Scale::Log10 => ("log10", Vec::new()),
            Scale::Log2 => ("log2", Vec::new()),
            Scale::Categories(names) => ("category", names.clone()),
        };
        let unit = match axis.unit {
            Unit::Of(unit) => unit,
            Unit::RunTime => "s",
            Unit::Share => "%",
        };
        Self { label: axis.label.clone(), unit, scale, low: axis.low, high: axis.high, categories }
    }
}

/// Six significant digits: a tenth of the size of all, and more than any drawing shows.
fn short(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// Microseconds of the run: what lies between two moments of it is told too, however late they are.
fn moment(seconds: f64) -> f64 {
    if seconds.is_finite() { format!("{seconds:.6}").parse().unwrap_or(seconds) } else { seconds }
}

fn shorts(values: impl Iterator<Item = f64>) -> Vec<f64> {
    values.map(short).collect()
}

impl SeriesData {
    fn new(series: &Series, x: &Axis) -> Self {
        let place = if x.is_time() { moment } else { short };
        let places = |values: &mut dyn Iterator<Item = f64>| values.map(place).collect::<Vec<f64>>();
        let data = match &series.marks {
            Marks::Steps(points) => Self::points("steps", points, place),
            Marks::Line(points) => Self::points("line", points, place),
            Marks::Curve(points) => Self::points("curve", points, place),
            Marks::Dots(points) => Self::points("dots", points, place),
            Marks::Targets(points) => Self::points("targets", points, place),
            Marks::Named(named) => Self {
                name: named.iter().map(|named| named.name.clone()).collect(),
                ..Self::points("named", &named.iter().map(|named| named.point).collect::<Vec<_>>(), place)
            },
            Marks::Bars { edges, values } => Self {
                marks: "bars",
                x: places(&mut edges.iter().copied()),
                y: shorts(values.iter().copied()),
                ..Self::default()
            },
            Marks::Stack { edges, values, .. } => Self {
                marks: "stack",
                x: places(&mut edges.iter().copied()),
                y: shorts(values.iter().copied()),
                ..Self::default()
            },
            Marks::Held(held) => Self {
                marks: "held",
                x: places(&mut held.iter().map(|part| part.from)),
                end: places(&mut held.iter().map(|part| part.to)),
                y: shorts(held.iter().map(|part| part.y)),
                #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
                value: held.iter().filter_map(|part| part.n).map(|n| n as f64).collect(),
                ..Self::default()
            },
            Marks::Bands(bands) => Self {
                marks: "bands",
                x: places(&mut bands.iter().map(|(from, _)| *from)),
                end: places(&mut bands.iter().map(|(_, to)| *to)),
                ..Self::default()
            },
            Marks::Spans(spans) => Self {
                marks: "spans",
                x: places(&mut spans.iter().map(|span| span.start)),
                end: places(&mut spans.iter().map(|span| span.end)),
                first: spans.iter().map(|span| span.first.map(place)).collect(),
                y: shorts(spans.iter().map(|span| span.y)),
                name: spans.iter().map(|span| span.name.clone()).collect(),
                ..Self::default()
            },
            Marks::Cells(cells) => Self {
                marks: "cells",
                x: places(&mut cells.iter().map(|cell| cell.x.0)),
                end: places(&mut cells.iter().map(|cell| cell.x.1)),
                y: shorts(cells.iter().map(|cell| cell.y.0)),
                top: shorts(cells.iter().map(|cell| cell.y.1)),
                value: shorts(cells.iter().map(|cell| cell.value)),
                ..Self::default()
            },
            Marks::Rests(rests) => Self {
                marks: "rests",
                x: places(&mut rests.iter().map(|rest| rest.at)),
                y: shorts(rests.iter().map(|rest| rest.row)),
                low: rests.iter().map(|rest| rest.interval.map(|i| short(i.low))).collect(),
                high: rests.iter().map(|rest| rest.interval.map(|i| short(i.high))).collect(),
                ..Self::default()
            },
        };
        Self { key: series.key, label: series.label.clone(), ..data }
    }

    fn points(marks: &'static str, points: &[Point], place: fn(f64) -> f64) -> Self {
        let any = points.iter().any(|point| point.interval.is_some());
        let ends = |end: fn(crate::model::comparison::Interval) -> f64| {
            if any { points.iter().map(|p| p.interval.map(|i| short(end(i)))).collect() } else { Vec::new() }
        };
        Self {
            marks,
            x: points.iter().map(|point| place(point.x)).collect(),
            y: shorts(points.iter().map(|point| point.y)),
            low: ends(|interval| interval.low),
            high: ends(|interval| interval.high),
            hollow: if points.iter().any(|p| p.hollow) {
                points.iter().map(|p| u8::from(p.hollow)).collect()
            } else {
                Vec::new()
            },
            ..Self::default()
        }
    }
}
