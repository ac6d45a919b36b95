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
    /// Whether it is to be taken with care: its mark is drawn hollow.
    pub(crate) hollow: bool,
}

impl Point {
    /// A value without an interval.
    pub(crate) const fn new(x: f64, y: f64) -> Self {
        Self { x, y, interval: None, hollow: false }
    }
}

/// A point with a name that stands beside it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Named {
    /// The point.
    pub(crate) point: Point,
    /// Its name; may come from outside.
    pub(crate) name: String,
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

/// A value that holds from one place to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Held {
    /// From here.
    pub(crate) from: f64,
    /// Up to here.
    pub(crate) to: f64,
    /// The value.
    pub(crate) y: f64,
    /// Of how many it is, where that is worth telling.
    pub(crate) n: Option<u64>,
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
    /// Points with their names beside them, where there is room.
    Named(Vec<Named>),
    /// Bars from 0 to a value: as many values as `edges` less one.
    Bars {
        /// Where they begin and end.
        edges: Vec<f64>,
        /// How high they are.
        values: Vec<f64>,
    },
    /// Bars on top of those of other series, as many as `edges` less one.
    Stack {
        /// Where they begin and end.
        edges: Vec<f64>,
        /// Where each stands.
        base: Vec<f64>,
        /// How high each is.
        values: Vec<f64>,
    },
    /// Values that hold for a while, joined where one follows the other.
    Held(Vec<Held>),
    /// Parts of the x axis, shaded.
    Bands(Vec<(f64, f64)>),
    /// Bars that last, with the first token in each.
    Spans(Vec<Span>),
    /// Cells, the stronger in colour the more is in them.
    Cells(Vec<Cell>),
    /// Values with their intervals beside categories; hollow where the series' stroke is not [`Stroke::Strong`](super::Stroke).
    Rests(Vec<Rest>),
    /// Short upright lines at values (`x`) beside categories (`y`): what is aimed at.
    Targets(Vec<Point>),
}

impl Marks {
    /// Whether there is nothing to draw.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Steps(points)
            | Self::Line(points)
            | Self::Curve(points)
            | Self::Dots(points)
            | Self::Targets(points) => points.is_empty(),
            Self::Named(named) => named.is_empty(),
            Self::Bars { values, .. } => values.is_empty(),
            Self::Stack { values, .. } => values.iter().all(|value| *value <= 0.0),
            Self::Held(held) => held.is_empty(),
            Self::Bands(bands) => bands.is_empty(),
            Self::Spans(spans) => spans.is_empty(),
            Self::Cells(cells) => cells.is_empty(),
            Self::Rests(rests) => rests.is_empty(),
        }
    }

    /// Leaves out what has no place on the axes.
    pub(super) fn keep_finite(&mut self, x: &Axis, y: &Axis) {
        match self {
            Self::Steps(points)
            | Self::Line(points)
            | Self::Curve(points)
            | Self::Dots(points)
            | Self::Targets(points) => {
                points.retain(|point| x.holds(point.x) && y.holds(point.y));
            }
            Self::Named(named) => named.retain(|n| x.holds(n.point.x) && y.holds(n.point.y)),
            Self::Bars { edges, values } => {
                let sound = edges.len() == values.len() + 1
                    && edges.iter().all(|edge| x.holds(*edge))
                    && values.iter().all(|value| value.is_finite());
                if !sound {
                    edges.clear();
                    values.clear();
                }
            }
            Self::Stack { edges, base, values } => {
                let sound = edges.len() == values.len() + 1
                    && base.len() == values.len()
                    && edges.iter().all(|edge| x.holds(*edge))
                    && base.iter().chain(&*values).all(|value| value.is_finite());
                if !sound {
                    edges.clear();
                    base.clear();
                    values.clear();
                }
            }
            Self::Held(held) => {
                held.retain(|part| x.holds(part.from) && x.holds(part.to) && y.holds(part.y));
            }
            Self::Bands(bands) => bands.retain(|(from, to)| x.holds(*from) && x.holds(*to)),
            Self::Spans(spans) => {
                spans.retain(|span| x.holds(span.start) && x.holds(span.end) && y.holds(span.y));
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
