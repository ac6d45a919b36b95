//! One model of a table, which the terminal, HTML and Markdown each draw in their own way.

use serde::Serialize;

use super::number::{self, ABSENT};
use crate::model::comparison::Interval;

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

/// A number in a cell beside its main one: a limit of an interval, the count behind a share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Part {
    /// What it is: `low`, `high`, `passed`, `of`, `baseline`, `candidate`, ….
    pub name: &'static str,
    /// The number in full.
    pub value: f64,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cell {
    /// Its text, on one line.
    pub text: String,
    /// What it means.
    pub tone: Tone,
    /// The number behind the text, in full and in the text's unit (what reads `83.3 %` is 83.33…, not 0.833…);
    /// none behind words and `n/a`.
    pub value: Option<f64>,
    /// Whether it is of too few values to be relied on, which its text marks.
    pub untrusted: bool,
    /// The further numbers behind the text, in its unit; an interval has nothing else.
    pub parts: Vec<Part>,
}

impl Cell {
    /// A cell of a certain tone.
    pub(crate) fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone, value: None, untrusted: false, parts: Vec::new() }
    }

    /// A number, as it is written; what is not finite is written alone.
    pub(crate) fn number(value: f64, text: impl Into<String>) -> Self {
        Self { value: Some(value).filter(|value| value.is_finite()), ..Self::from(text) }
    }

    /// A number that may be absent: then `n/a`.
    pub(crate) fn optional(value: Option<f64>, write: impl FnOnce(f64) -> String) -> Self {
        value.map_or_else(|| ABSENT.into(), |value| Self::number(value, write(value)))
    }

    /// A count with thousands separators.
    pub(crate) fn count(value: u64) -> Self {
        Self::number(real(value), number::count(value))
    }

    /// A share of 0 to 1 in percent.
    pub(crate) fn percent(share: Option<f64>) -> Self {
        share.map_or_else(|| ABSENT.into(), |share| Self::number(100.0 * share, number::percent(share)))
    }

    /// Both limits of an interval.
    pub(crate) fn interval(interval: Option<Interval>, write: impl FnOnce(Interval) -> String) -> Self {
        interval.map_or_else(
            || ABSENT.into(),
            |limits| Self::from(write(limits)).part("low", limits.low).part("high", limits.high),
        )
    }

    /// Both limits of an interval of shares, in percent.
    pub(crate) fn percent_interval(interval: Option<Interval>) -> Self {
        interval.map_or_else(
            || ABSENT.into(),
            |limits| {
                let text = number::percent_interval(limits);
                Self::from(text).part("low", 100.0 * limits.low).part("high", 100.0 * limits.high)
            },
        )
    }

    /// The same with a further number; what is not finite is left out.
    pub(crate) fn part(mut self, name: &'static str, value: f64) -> Self {
        if value.is_finite() {
            self.parts.push(Part { name, value });
        }
        self
    }

    /// The same with both sides' numbers.
    pub(crate) fn sides(self, baseline: Option<f64>, candidate: Option<f64>) -> Self {
        self.part("baseline", baseline.unwrap_or(f64::NAN)).part("candidate", candidate.unwrap_or(f64::NAN))
    }

    /// The same with another tone.
    pub(crate) fn tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    /// The same of too few values to be relied on: its text says so already.
    pub(crate) fn untrusted(self) -> Self {
        Self { tone: Tone::Dim, untrusted: true, ..self }
    }

    /// Whether a number is behind it.
    pub(crate) fn is_number(&self) -> bool {
        self.value.is_some() || !self.parts.is_empty()
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::toned(text, Tone::Plain)
    }
}

/// A count as a number; exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "no count of requests or tokens comes near 2^53")]
pub(crate) const fn real(count: u64) -> f64 {
    count as f64
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
    /// The glossary's term for what it holds, where it isn't the row that says so.
    pub term: Option<&'static str>,
}

impl Column {
    /// A column of words.
    pub(crate) fn words(title: impl Into<String>) -> Self {
        Self { title: title.into(), hint: "", right: false, sacrifice: 0, term: None }
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

    /// The same with the glossary's term for what it holds.
    pub(crate) fn term(self, term: &'static str) -> Self {
        Self { term: Some(term), ..self }
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
    /// The glossary's term for what its first cell names, where that is a number's name.
    pub term: Option<&'static str>,
}

impl Row {
    /// A row without a bar.
    pub(crate) fn new(cells: Vec<Cell>) -> Self {
        Self { cells, bar: None, strong: false, minor: false, term: None }
    }

    /// The same with the glossary's term for what its first cell names.
    pub(crate) fn term(self, term: &'static str) -> Self {
        Self { term: Some(term), ..self }
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
    /// Whether any of its numbers is of too few values to be relied on.
    pub(crate) fn is_untrusted(&self) -> bool {
        self.rows.iter().flat_map(|row| &row.cells).any(|cell| cell.untrusted)
    }

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

    /// The sides' columns where both hold one thing, by its term.
    pub(crate) fn columns_of(&self, term: &'static str) -> Vec<Column> {
        self.columns().into_iter().map(|column| column.term(term)).collect()
    }
}
