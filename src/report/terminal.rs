//! A run on a terminal of 40 to 200 columns: the answer first, then the numbers, then the files.

use std::path::PathBuf;

use super::beside;
use super::input::ReportInput;
use super::spread;
use super::table::{Labels, Table, Tone};
use super::text::fit;
use super::view::ReportView;
use crate::model::result::RunResult;

mod answer;
mod ascii;
mod listing;
mod screen;
mod table;

#[cfg(test)]
mod tests;

pub(crate) use screen::Screen;

/// The kinds of failure listed.
const FAILURES: usize = 5;

/// How to write for the terminal at hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TerminalOptions {
    /// Its columns; taken as 40 where fewer and as 200 where more.
    pub width: usize,
    /// Whether to style. The caller still prints through `anstream`, which knows the terminal.
    pub color: bool,
    /// Whether it shows ASCII alone.
    pub ascii: bool,
    /// Files to name at the end: what each is, and where.
    pub files: Vec<(String, PathBuf)>,
}

/// The summary of a run.
#[must_use]
pub fn summary(result: &RunResult, options: &TerminalOptions) -> String {
    let view = ReportView::new(result, &ReportInput::default());
    let mut screen = Screen::new(options);
    screen.title(&view.title, &view.subtitle);
    screen.banner(view.simulated);
    screen.redacted(view.redacted.as_deref());
    screen.answer(&view.answer, &view.findings, view.warnings.len());
    screen.gates(&view.gates);
    screen.readings(&view.readings);
    screen.table("Loads", &view.levels);
    screen.table("Quality", &view.quality);
    screen.tally(&view.verdicts);
    screen.listing(&view.listing);
    screen.table(view.reference_title, &view.reference);
    for question in &view.judge {
        screen.table(&question.title, &question.table);
    }
    for further in &view.quality_further {
        screen.table(&further.title, &further.table);
    }
    screen.table("Objectives", &view.objectives);
    screen.table("Speed", &view.speed);
    if !view.speed.is_empty() {
        screen.spread(result, &view.labels);
    }
    screen.table(beside::BY_CATEGORY, &view.speed_by_category);
    screen.table(view.groups_title, &view.groups);
    screen.outcomes(&view);
    screen.client(&view);
    screen.warnings(&view.warnings);
    screen.files(&options.files);
    screen.finish()
}

impl Screen {
    /// How latencies are spread.
    fn spread(&mut self, result: &RunResult, labels: &Labels) {
        // In ASCII what is cut out of a name takes three columns in place of one.
        let spare = if self.is_ascii() { 4 } else { 0 };
        for block in spread::blocks(result, labels, self.width() - screen::INDENT - spare) {
            for (i, line) in block.lines.iter().enumerate() {
                let line = self.shown(line).into_owned();
                let line = if i == 0 { self.paint(screen::style(Tone::Dim), &line) } else { line };
                self.line(&format!("{:1$}{line}", "", screen::INDENT));
            }
        }
    }

    /// Each outcome, and the first of the failures by kind.
    fn outcomes(&mut self, view: &ReportView) {
        if view.outcomes.is_empty() {
            return;
        }
        self.heading("Outcomes");
        self.tally(&view.outcomes);
        for failure in view.failures.iter().take(FAILURES) {
            let message = if failure.message.is_empty() { "no message" } else { &failure.message };
            let text = format!("{} {} of {}: {message}", failure.count, failure.outcome, failure.side);
            self.item("", &fit(&text, 3 * self.width()), Tone::Dim);
        }
        let more = view.failures.len().saturating_sub(FAILURES);
        if more > 0 {
            self.item("", &format!("{more} more kinds in the result's JSON"), Tone::Dim);
        }
    }

    /// What the client saw of its own delays; whether that is valid is part of the answer.
    fn client(&mut self, view: &ReportView) {
        let facts = view.health.facts.iter().filter(|f| f.value != super::number::ABSENT);
        let facts: Vec<_> = facts.map(|f| format!("{} {}", f.name, f.value)).collect();
        if !facts.is_empty() {
            self.heading("Client");
            self.item("", &facts.join("; "), Tone::Dim);
        }
    }

    /// Counts by side, one line a side: `mistral-7b-awq: 25 pass, 4 wrong`.
    fn tally(&mut self, table: &Table) {
        for (i, column) in table.columns.iter().enumerate().skip(1) {
            let kinds: Vec<_> = table
                .rows
                .iter()
                .filter_map(|row| Some((&row.cells.first()?.text, &row.cells.get(i)?.text)))
                .filter(|(_, n)| *n != "0")
                .map(|(kind, n)| format!("{n} {kind}"))
                .collect();
            let kinds = if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") };
            self.item("", &format!("{}: {kinds}", column.title), Tone::Dim);
        }
    }

    pub(crate) fn warnings(&mut self, warnings: &[String]) {
        if !warnings.is_empty() {
            self.heading("Warnings");
            for warning in warnings {
                self.item("! ", warning, Tone::Warn);
            }
        }
    }
}
