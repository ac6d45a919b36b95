//! Takes texts out of results before anything is made of them, so that no output can forget to.
//!
//! Every structure that a result is made of is taken apart here field by field: one that is added to the model doesn't
//! compile until it is decided whether it is text. What stays are names, identifiers, numbers, and labctl's own words.

mod compared;
mod request;
mod whole;

use std::collections::HashSet;
use std::ops::Range;

use super::number::counted;
use crate::model::compared::ComparisonReport;
use crate::model::history::{Figures, RunsReport};
use crate::model::record::Row;
use crate::model::redaction::Redaction;
use crate::model::result::RunResult;

/// Takes texts out of a result, which says so from then on.
pub fn redact(result: &mut RunResult, redaction: Redaction) {
    if let Some(mut redactor) = Redactor::new(redaction, &mut result.redacted) {
        redactor.run(result);
    }
}

/// Takes texts out of a comparison, which says so from then on, and out of the rows that it was made of.
pub fn redact_comparison(report: &mut ComparisonReport, rows: &mut [Row], redaction: Redaction) {
    if let Some(mut redactor) = Redactor::new(redaction, &mut report.redacted) {
        for row in rows {
            redactor.row(row);
        }
        redactor.comparison_report(report);
    }
}

/// Takes texts out of several runs put together, and out of the runs, whose messages what was made of them may quote.
pub fn redact_runs<'a>(
    report: &mut RunsReport,
    runs: impl IntoIterator<Item = &'a mut RunResult>,
    redaction: Redaction,
) {
    let Some(mut of_runs) = Redactor::new(redaction, &mut None) else { return };
    for run in runs {
        let Some(mut redactor) = Redactor::new(redaction, &mut run.redacted) else { continue };
        redactor.run(run);
        of_runs.quoted.extend(redactor.quoted);
    }
    let RunsReport {
        schema_version: _,
        labctl_version: _,
        simulated: _,
        // Names and figures.
        runs: _,
        head_to_head,
        histories,
        apart,
    } = report;
    for apart in apart {
        of_runs.all_own_words(&mut apart.because);
    }
    let mut comparisons = Vec::new();
    for held in head_to_head {
        of_runs.figures(&mut held.lines);
        let rivals = held.standings.iter_mut().flat_map(|standing| &mut standing.rivals);
        of_runs.all_own_words(rivals.filter_map(|rival| rival.absent_because.as_mut()));
        of_runs.all_own_words(&mut held.conclusion.not_settled);
        comparisons.extend(&mut held.comparisons);
    }
    for model in histories.iter_mut().flat_map(|history| &mut history.models) {
        of_runs.figures(model.points.iter_mut().map(|point| &mut point.figures));
        comparisons.extend(&mut model.first_to_last);
    }
    for comparison in comparisons {
        let Some(mut redactor) = Redactor::new(redaction, &mut comparison.redacted) else { continue };
        redactor.quoted.clone_from(&of_runs.quoted);
        redactor.comparison_report(comparison);
    }
}

/// What a server said, where it may quote a prompt or an answer and there is no result to take it out of.
pub fn redact_message(message: &mut String, redaction: Redaction) {
    if let Some(redactor) = Redactor::new(redaction, &mut None) {
        redactor.text(Of::Both, message);
    }
}

/// What stands in place of a text.
pub(crate) fn placeholder(text: &str) -> String {
    format!("[redacted: {}]", counted(text.chars().count() as u64, "character", "characters"))
}

/// Whether a text is such a placeholder. A model may write one itself; it is shown like any other text then.
pub(crate) fn is_placeholder(text: &str) -> bool {
    text.len() < 60 && text.starts_with("[redacted: ") && text.ends_with(']')
}

/// What is told of it at the top of every output.
pub(crate) fn told(redaction: Option<Redaction>) -> Option<String> {
    let redaction = redaction.filter(|redaction| !redaction.is_none())?;
    let which = match (redaction.prompts, redaction.answers) {
        (true, true) => "the texts of prompts and answers",
        (true, false) => "the texts of prompts",
        (false, _) => "the texts of answers",
    };
    let how = if redaction.left_out { "are left out" } else { "are replaced by their lengths" };
    Some(format!("{which}, and all that may quote them (checks' reasons, error messages), {how}"))
}

/// Whose words a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// What was asked, or what is configured to be asked with it.
    Prompt,
    /// What was answered.
    Answer,
    /// It may quote either.
    Both,
}

/// Takes texts out.
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
struct Redactor {
    prompts: bool,
    answers: bool,
    both: bool,
    left_out: bool,
    /// Messages that were taken out, to be found again where labctl's own words quote them.
    quoted: HashSet<String>,
}

impl Redactor {
    /// One that takes out what is asked for and still there; none where there is nothing to do. Notes it in `done`.
    fn new(redaction: Redaction, done: &mut Option<Redaction>) -> Option<Self> {
        if redaction.is_none() {
            return None;
        }
        let before = done.unwrap_or_default();
        *done = Some(before.and(redaction));
        // A text that was replaced is not replaced again, for then its length would be that of the replacement; but it
        // can still be left out.
        let wanted = |asked: bool, done: bool| asked && (!done || redaction.left_out);
        Some(Self {
            prompts: wanted(redaction.prompts, before.prompts),
            answers: wanted(redaction.answers, before.answers),
            both: wanted(true, !before.is_none()),
            left_out: redaction.left_out,
            quoted: HashSet::new(),
        })
    }

    const fn concerns(&self, of: Of) -> bool {
        match of {
            Of::Prompt => self.prompts,
            Of::Answer => self.answers,
            Of::Both => self.both,
        }
    }

    /// Takes a text out, where it is of those to be taken out.
    fn text(&self, of: Of, text: &mut String) {
        if self.concerns(of) && !text.is_empty() {
            *text = self.instead_of(text);
        }
    }

    /// Takes a text out that may be absent.
    fn optional(&self, of: Of, text: &mut Option<String>) {
        if let Some(text) = text {
            self.text(of, text);
        }
        if self.left_out && self.concerns(of) {
            *text = None;
        }
    }

    /// The same for a message that labctl may have quoted in its own words.
    fn message(&mut self, message: &mut Option<String>) {
        if let Some(message) = message.as_ref().filter(|_| self.both) {
            self.quoted.insert(message.clone());
        }
        self.optional(Of::Both, message);
    }

    /// labctl's own words, in which messages that were taken out are quoted no longer.
    fn own_words(&self, words: &mut String) {
        let mut found: Vec<Range<usize>> = Vec::new();
        for quoted in self.quoted.iter().filter(|quoted| !quoted.trim().is_empty()) {
            found.extend(words.match_indices(quoted.as_str()).map(|(at, text)| at..at + text.len()));
        }
        // One message may hold another, or begin as another ends: what any of them covers goes, and at once, so that
        // none is broken up before it is found.
        found.sort_unstable_by_key(|range| range.start);
        let mut covered: Vec<Range<usize>> = Vec::new();
        for range in found {
            match covered.last_mut() {
                Some(last) if range.start < last.end => last.end = last.end.max(range.end),
                _ => covered.push(range),
            }
        }
        for range in covered.into_iter().rev() {
            let instead = self.instead_of(&words[range.clone()]);
            words.replace_range(range, &instead);
        }
    }

    /// The same in what runs are compared by.
    fn figures<'a>(&self, all: impl IntoIterator<Item = &'a mut Figures>) {
        self.all_own_words(all.into_iter().filter_map(|figures| figures.speed_absent_because.as_mut()));
    }

    /// The same for several, or for one that may be absent.
    fn all_own_words<'a>(&self, all: impl IntoIterator<Item = &'a mut String>) {
        for words in all {
            self.own_words(words);
        }
    }

    fn instead_of(&self, text: &str) -> String {
        if self.left_out { String::new() } else { placeholder(text) }
    }
}

#[cfg(test)]
mod tests;
