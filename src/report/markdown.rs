//! A run as GitHub-flavoured Markdown, for pull requests, wikis and job summaries: the answer first, and below 60 KB
//! whatever the result holds.
//!
//! Whatever comes from models, servers or prompt sets goes through `escape` (names in running text), `prose` (labctl's
//! own sentences, whose commands stand in backticks) or `code` (answers and error messages), so that it can neither draw
//! tables, nor load pictures, nor call people.

use serde::Serialize;

use super::ReportError;
use super::input::ReportInput;
use super::spread;
use super::template;
use super::view::ReportView;
use crate::model::result::RunResult;

mod budget;
mod text;

#[cfg(test)]
mod tests;

pub use budget::LIMIT;
pub(crate) use text::{code, code_cell, drawn, escape, fenced, html_text, link, prose, prose_cell};

/// Columns of a drawing in a code block: no page scrolls sideways for it.
const WIDTH: usize = 72;

/// Files beside the Markdown, relative to it, that it links to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Links {
    /// The HTML report.
    pub html: Option<String>,
    /// The result.
    pub result: Option<String>,
}

#[derive(Serialize)]
struct Context<'a> {
    report: &'a ReportView,
    links: &'a Links,
    /// How latencies are spread, line by line.
    spread: &'a [String],
    /// What stands in details is there.
    details: bool,
    /// Prompts that are not listed.
    more: usize,
    /// What was left out to stay small, each in a few words.
    left_out: Vec<String>,
}

/// Renders a result through `report.md`, taken from the input's `template_dir` where that holds one.
///
/// # Errors
///
/// When `template_dir` is no folder, or its template can't be parsed or asks for what there isn't.
pub fn render(result: &RunResult, input: &ReportInput) -> Result<String, ReportError> {
    render_beside(result, input, &Links::default())
}

/// The same, with links to the files beside it.
///
/// # Errors
///
/// As [`render`].
pub fn render_beside(result: &RunResult, input: &ReportInput, links: &Links) -> Result<String, ReportError> {
    let mut report = ReportView::new(result, input);
    let spread = if report.speed.is_empty() {
        Vec::new()
    } else {
        spread::blocks(result, &report.labels, WIDTH).into_iter().flat_map(|block| block.lines).collect()
    };
    let trimmed = budget::Trimmed::new(&report);
    let mut text = String::new();
    for level in &budget::LEVELS {
        trimmed.trim(&mut report, level);
        let context = Context {
            report: &report,
            links,
            spread: &spread,
            details: level.details,
            more: trimmed.more(&report),
            left_out: trimmed.left_out(&report, level),
        };
        text = template::render("report.md", input.template_dir.as_deref(), context)?;
        text = without_gaps(&text);
        if text.len() <= LIMIT {
            return Ok(text);
        }
    }
    Ok(budget::cut(&text, LIMIT))
}

/// One empty line in place of several, and none at the start: templates leave some.
fn without_gaps(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = true;
    for line in text.lines() {
        let is_empty = line.trim().is_empty();
        if !(is_empty && empty) {
            out.push_str(line.trim_end());
            out.push('\n');
        }
        empty = is_empty;
    }
    format!("{}\n", out.trim_end())
}
