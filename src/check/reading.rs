//! One response as the checks look at it: cut, normalised, its numbers found, each at most once.

use std::cell::OnceCell;

use super::mapped::{Mapped, trim};
use super::normalise::{Normalised, normalise};
use super::quantity::{Item, scan, with_decimal_points};
use super::visible::Visible;
use crate::model::check::Locale;

/// A stretch of the visible text, from its start, in which an answer is looked for.
#[derive(Debug)]
pub(super) struct Stage {
    /// As received, but for reasoning, template tokens and line ends.
    pub(super) raw: Mapped,
    normalised: OnceCell<Normalised>,
    items: OnceCell<Vec<Item>>,
    /// The same where a comma is the decimal sign.
    comma_items: OnceCell<Vec<Item>>,
}

impl Stage {
    pub(super) fn new(raw: Mapped) -> Self {
        Self { raw, normalised: OnceCell::new(), items: OnceCell::new(), comma_items: OnceCell::new() }
    }

    pub(super) fn normalised(&self) -> &Normalised {
        self.normalised.get_or_init(|| normalise(&self.raw))
    }

    /// The normalised text.
    pub(super) fn text(&self) -> &str {
        self.normalised().text.as_str()
    }

    /// What begins with a digit in the normalised text, its numbers written as in `locale`.
    pub(super) fn items(&self, locale: Locale) -> &[Item] {
        match locale {
            Locale::English => self.items.get_or_init(|| scan(self.text())),
            Locale::DecimalComma => self.comma_items.get_or_init(|| scan(&with_decimal_points(self.text()))),
        }
    }
}

/// The response in stages: up to each place where a next question may begin, then all of it.
#[derive(Debug)]
pub(super) struct Reading {
    stages: Vec<Stage>,
    text: usize,
    /// The pointer of the JSON field that holds the answer, where the prompt asks for one.
    pub(super) field: Option<String>,
}

impl Reading {
    pub(super) fn new(visible: &Visible, field: Option<String>) -> Self {
        let whole = &visible.text;
        let mut text = None;
        let mut stages = Vec::new();
        for (index, cut) in visible.run_on.iter().enumerate() {
            let raw = whole.slice(trim(whole.as_str(), 0..*cut));
            // What ends in a colon introduces the question that follows: nothing is said yet.
            if text.is_none() && !raw.as_str().ends_with(':') {
                text = Some(index);
            }
            stages.push(Stage::new(raw));
        }
        stages.push(Stage::new(whole.clone()));
        Self { text: text.unwrap_or(stages.len() - 1), stages, field }
    }

    /// Where to look for an answer, in this order: a run-on is cut only after a committed answer.
    pub(super) fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// All that is for the reader, a run-on included.
    pub(super) fn whole(&self) -> &Stage {
        &self.stages[self.stages.len() - 1]
    }

    /// The whole text for checks of scope `text`.
    pub(super) fn text(&self) -> &Stage {
        &self.stages[self.text]
    }
}
