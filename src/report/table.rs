//! One model of a table, which the terminal, HTML and Markdown each draw in their own way.

use serde::Serialize;

/// What a text means to the reader; colour follows from it, and nothing is told by colour alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// Less important, or not to be relied on.
    Dim,
    /// In the variant's favour.
    Good,
    /// To be known before believing the rest.
    Warn,
    /// Against the variant.
    Bad,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// Its text, on one line.
    pub text: String,
    /// What it means.
    pub tone: Tone,
}

impl Cell {
    /// A cell of a certain tone.
    pub(crate) fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::toned(text, Tone::Plain)
    }
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its heading.
    pub title: String,
    /// A word below the heading where there is room (HTML).
    pub hint: &'static str,
    /// Whether it holds numbers, which are aligned to the right.
    pub right: bool,
    /// Where the table is too wide the column with the highest number goes first; 0 never goes.
    pub sacrifice: u8,
}

impl Column {
    /// A column of words.
    pub(crate) fn words(title: impl Into<String>) -> Self {
        Self { title: title.into(), hint: "", right: false, sacrifice: 0 }
    }

    /// A column of numbers.
    pub(crate) fn numbers(title: impl Into<String>) -> Self {
        Self { right: true, ..Self::words(title) }
    }

    /// The same with a word below the heading.
    pub(crate) fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    /// The same, to be left out where the room is short.
    pub(crate) fn sacrifice(self, sacrifice: u8) -> Self {
        Self { sacrifice, ..self }
    }
}

/// An interval drawn to scale: positions in percent of the bar's width.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bar {
    /// Where the interval begins.
    pub low: f64,
    /// Its width.
    pub width: f64,
    /// Where the value lies.
    pub at: f64,
    /// Where "no difference" lies, if anywhere.
    pub zero: Option<f64>,
    /// What the interval says.
    pub tone: Tone,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its cells, one a column.
    pub cells: Vec<Cell>,
    /// Its interval drawn, where the table has bars.
    pub bar: Option<Bar>,
    /// Whether it sums up the others.
    pub strong: bool,
    /// Whether it can be left out where the room is short.
    pub minor: bool,
}

impl Row {
    /// A row without a bar.
    pub(crate) fn new(cells: Vec<Cell>) -> Self {
        Self { cells, bar: None, strong: false, minor: false }
    }
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Table {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Row>,
    /// The scale of the bars in words, where there are any: `−20 to +20 pp`.
    pub bar_scale: Option<String>,
    /// What must be known to read it, below it.
    pub notes: Vec<String>,
}

impl Table {
    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// What the two sides are called in headings and sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Labels {
    /// The variant in question.
    pub candidate: String,
    /// What it is measured against, where there is anything.
    pub baseline: Option<String>,
}

impl Labels {
    /// The sides' columns, baseline first.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let baseline = self.baseline.as_ref().map(|name| Column::numbers(name.as_str()).hint("baseline"));
        let hint = if baseline.is_some() { "candidate" } else { "" };
        baseline.into_iter().chain([Column::numbers(self.candidate.as_str()).hint(hint)]).collect()
    }
}
