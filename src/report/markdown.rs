//! A run as GitHub-flavoured Markdown, for pull requests and job summaries.
//!
//! Whatever comes from models, servers or prompt sets goes through `escape` (names in running
//! text) or `code` (answers and error messages), so that it can neither draw tables, nor load
//! pictures, nor call people.

use serde::Serialize;

use super::ReportError;
use super::input::ReportInput;
use super::template;
use super::text::one_line;
use super::view::ReportView;
use crate::model::result::RunResult;

/// The losses listed; a pull request is no place for all of them.
const LISTED: usize = 50;

#[derive(Serialize)]
struct Context {
    report: ReportView,
    more: usize,
}

/// Renders a result through `report.md`, taken from the input's `template_dir` where that holds one.
///
/// # Errors
///
/// When `template_dir` is no folder, or its template can't be parsed or asks for what there isn't.
pub fn render(result: &RunResult, input: &ReportInput) -> Result<String, ReportError> {
    let mut report = ReportView::new(result, input);
    let hidden = report.listing.prompts.len().saturating_sub(LISTED);
    report.listing.prompts.truncate(LISTED);
    let more = report.listing.more + hidden;
    template::render("report.md", input.template_dir.as_deref(), Context { report, more })
}

/// Text as it is: no markup, no HTML, no mention, no reference; one line.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A character of no width keeps GitHub from seeing a person or an issue.
            '@' | '#' => {
                out.push(c);
                out.push_str("&#8203;");
            }
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    // The same keeps bare addresses from becoming links.
    out.replace("://", ":&#8203;//").replace("www.", "www&#8203;.")
}

/// Text as a code span of one line, whatever backticks it holds; nothing where there is no text.
pub(crate) fn code(text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() {
        return text;
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A code span inside a table, where a bar would end the cell.
pub(crate) fn code_cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_shown_not_obeyed() {
        assert_eq!(
            escape("http://x a|b `c` <img> @you #1 *x*\n$y$"),
            "http:&#8203;//x a\\|b \\`c\\` &lt;img&gt; @&#8203;you #&#8203;1 \\*x\\* \\$y\\$"
        );
    }

    #[test]
    fn code_spans_outnumber_the_backticks_within() {
        assert_eq!(code("a``b`"), "``` a``b` ```");
        assert_eq!(code("plain\ntwo"), "`plain two`");
        assert_eq!(code_cell("a|b"), "`a\\|b`");
        assert_eq!(code(" "), "");
    }
}
