//! Charts as inline SVG with their data beside them. What is drawn is said by [`ChartSpec`]; axes, ticks and
//! labels are drawn by a library that only `draw` knows, the marks through that library's scale. Colours are
//! the page's CSS variables; every series is a group of its own, so that a page can show and hide it.

mod axis;
mod data;
mod draw;
mod marks;
mod path;
mod points;

pub(crate) use axis::{Axis, Scale, Unit};
pub(crate) use data::ChartData;
pub(crate) use marks::{Cell, Held, Marks, Named, Point, Rest, Span};

use serde::Serialize;

/// How large a chart is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frame {
    /// Two stand side by side on a wide page.
    Half,
    /// One takes the page's width: for what is followed over time.
    Wide,
    /// As wide as `Half` and as high as so many rows of a list need.
    Rows(usize),
}

/// How a line is drawn, so that series are told apart without colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Stroke {
    /// Thick: the variant in question.
    #[default]
    Strong,
    /// Thin: what it is measured against.
    Fine,
    /// Thin and dashed.
    Dashed,
}

/// What belongs together: one entry of the legend.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    /// What the legend's switch and the data go by: a word of letters, digits and hyphens; one series may have several
    /// [`Marks`], each with this key.
    pub(crate) key: &'static str,
    /// What it is called; may come from outside.
    pub(crate) label: String,
    /// The CSS variable of its colour, without the dashes: `candidate`.
    pub(crate) color: &'static str,
    /// How its lines are drawn.
    pub(crate) stroke: Stroke,
    /// What is drawn.
    pub(crate) marks: Marks,
}

/// A line across the chart at one value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reference {
    /// The axis whose value it marks.
    pub(crate) on: Across,
    /// The value.
    pub(crate) value: f64,
    /// What it is; short.
    pub(crate) label: String,
}

/// Which axis a reference line belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Across {
    /// It stands upright at a value of the x axis.
    X,
    /// It lies at a value of the y axis.
    Y,
}

/// A chart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChartSpec {
    /// Unique within the page: lower-case letters, digits and hyphens.
    pub(crate) name: String,
    /// Its heading.
    pub(crate) title: String,
    /// What it shows, in a sentence, for those who can't see it.
    pub(crate) about: String,
    /// What must be known to read it.
    pub(crate) notes: Vec<String>,
    /// Its size.
    pub(crate) frame: Frame,
    /// From left to right.
    pub(crate) x: Axis,
    /// From bottom to top; of [`Scale::Categories`] from top to bottom.
    pub(crate) y: Axis,
    /// What is drawn, the last on top.
    pub(crate) series: Vec<Series>,
    /// Lines across it.
    pub(crate) references: Vec<Reference>,
}

/// One entry of a legend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Legend {
    /// The series.
    pub(crate) key: &'static str,
    /// What it is called.
    pub(crate) label: String,
    /// The CSS variable of its colour, without the dashes.
    pub(crate) color: &'static str,
    /// `strong`, `fine` or `dashed`.
    pub(crate) stroke: &'static str,
}

/// A chart as a page takes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Chart {
    /// Unique within the page.
    pub(crate) name: String,
    /// Its heading.
    pub(crate) title: String,
    /// What it shows, for those who can't see it.
    pub(crate) about: String,
    /// What must be known to read it.
    pub(crate) notes: Vec<String>,
    /// `half`, `wide` or `rows`.
    pub(crate) frame: &'static str,
    /// Whether its x axis is the run's time, so that it can be followed together with others.
    pub(crate) over_time: bool,
    /// The drawing.
    pub(crate) svg: String,
    /// The legend, each series once.
    pub(crate) legend: Vec<Legend>,
    /// What is drawn, as numbers.
    pub(crate) data: ChartData,
}

impl ChartSpec {
    /// Draws it; `None` where there is nothing finite to draw.
    pub(crate) fn draw(self) -> Option<Chart> {
        let spec = self.finite();
        if spec.series.is_empty() || !spec.x.is_drawable() || !spec.y.is_drawable() {
            return None;
        }
        let drawn = draw::draw(&spec);
        let mut legend: Vec<Legend> = Vec::new();
        for series in &spec.series {
            if legend.iter().all(|entry| entry.key != series.key) {
                legend.push(Legend {
                    key: series.key,
                    label: series.label.clone(),
                    color: series.color,
                    stroke: series.stroke.name(),
                });
            }
        }
        Some(Chart {
            data: ChartData::new(&spec, &drawn),
            svg: drawn.svg,
            legend,
            over_time: spec.x.is_time(),
            frame: match spec.frame {
                Frame::Half => "half",
                Frame::Wide => "wide",
                Frame::Rows(_) => "rows",
            },
            name: spec.name,
            title: spec.title,
            about: spec.about,
            notes: spec.notes,
        })
    }

    /// The same without what can't be drawn.
    fn finite(mut self) -> Self {
        for series in &mut self.series {
            series.marks.keep_finite(&self.x, &self.y);
        }
        self.series.retain(|series| !series.marks.is_empty());
        self.references.retain(|line| line.value.is_finite());
        self
    }
}

impl Stroke {
    /// Its name in pages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Strong => "strong",
            Self::Fine => "fine",
            Self::Dashed => "dashed",
        }
    }

    const fn width(self) -> f64 {
        match self {
            Self::Strong => 2.5,
            Self::Fine | Self::Dashed => 1.4,
        }
    }
}

#[cfg(test)]
mod tests;
