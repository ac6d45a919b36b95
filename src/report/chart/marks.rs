//! What stands in a chart.

use super::axis::{Axis, Scale};
use crate::model::comparison::Interval;

/// A value at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    /// From left to right.
    pub(crate) x: f64,
    /// From bottom to top.
    pub(crate) y: f64,
    /// What `y` may be.
    pub(crate) interval: Option<Interval>,
}

impl Point {
    /// A value without an interval.
    pub(crate) const fn new(x: f64, y: f64) -> Self {
        Self { x, y, interval: None }
    }
}

/// Something that lasts: a request from its sending to its end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Span {
    /// Where it stands, bottom to top.
    pub(crate) y: f64,
    /// It begins.
    pub(crate) start: f64,
    /// Its first token, where there was one.
    pub(crate) first: Option<f64>,
    /// It ends.
    pub(crate) end: f64,
    /// What it is; may come from outside.
    pub(crate) name: String,
}

/// A cell of a heatmap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cell {
    /// Left and right end.
    pub(crate) x: (f64, f64),
    /// Lower and upper end.
    pub(crate) y: (f64, f64),
    /// What is in it; above 0.
    pub(crate) value: f64,
}

/// A value of a category with its interval, and a tone of the page's that says what it means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rest {
    /// The category, from 1.
    pub(crate) row: f64,
    /// The value.
    pub(crate) at: f64,
    /// What it may be.
    pub(crate) interval: Option<Interval>,
    /// The CSS variable of its colour, without the dashes.
    pub(crate) color: &'static str,
}

/// What a series is drawn as.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Marks {
    /// A line that keeps its value up to the next point.
    Steps(Vec<Point>),
    /// A line through points, each marked, with intervals where they have some.
    Line(Vec<Point>),
    /// A line through points without marks: for many.
    Curve(Vec<Point>),
    /// Points alone.
    Dots(Vec<Point>),
    /// Bars from 0 to a value: as many values as `edges` less one.
    Bars {
        /// Where they begin and end.
        edges: Vec<f64>,
        /// How high they are.
        values: Vec<f64>,
    },
    /// Bars that last, with the first token in each.
    Spans(Vec<Span>),
    /// Cells, the darker the more is in them.
    Cells(Vec<Cell>),
    /// Values with their intervals beside categories.
    Rests(Vec<Rest>),
}

impl Marks {
    /// Whether there is nothing to draw.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Steps(points) | Self::Line(points) | Self::Curve(points) | Self::Dots(points) => {
                points.is_empty()
            }
            Self::Bars { values, .. } => values.is_empty(),
            Self::Spans(spans) => spans.is_empty(),
            Self::Cells(cells) => cells.is_empty(),
            Self::Rests(rests) => rests.is_empty(),
        }
    }

    /// Leaves out what has no place on the axes.
    pub(super) fn keep_finite(&mut self, x: &Axis, y: &Axis) {
        match self {
            Self::Steps(points) | Self::Line(points) | Self::Curve(points) | Self::Dots(points) => {
                points.retain(|point| x.holds(point.x) && y.holds(point.y));
            }
            Self::Bars { edges, values } => {
                let sound = edges.len() == values.len() + 1
                    && edges.iter().all(|edge| x.holds(*edge))
                    && values.iter().all(|value| value.is_finite());
                if !sound {
                    (edges.clear(), values.clear());
                }
            }
            Self::Spans(spans) => {
                spans.retain(|span| x.holds(span.start) && x.holds(span.end) && y.holds(span.y))
            }
            Self::Cells(cells) => cells.retain(|cell| {
                let ends = [(x, cell.x.0), (x, cell.x.1), (y, cell.y.0), (y, cell.y.1)];
                cell.value.is_finite() && ends.iter().all(|(axis, end)| axis.holds(*end))
            }),
            Self::Rests(rests) => {
                rests.retain(|rest| {
                    x.holds(rest.at) && matches!(y.scale, Scale::Categories(_)) && rest.row.is_finite()
                });
            }
        }
    }
}
