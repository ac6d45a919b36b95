//! Where a number is said in passing and is no answer. Tested with `quantity`.

use std::ops::Range;
use std::sync::LazyLock;

use ::regex::Regex;

use super::tokens::pattern;

/// Parts of a text in which no number is an answer.
static ASIDES: LazyLock<Regex> = LazyLock::new(|| {
    let month = r"(?:jan(?:uary)?|feb(?:ruary)?|(?-i:Mar(?:ch)?|MAR(?:CH)?)|apr(?:il)?|(?-i:May|MAY)|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?";
    let day = r"\d{1,2}(?:st|nd|rd|th)?\b";
    pattern(&format!(
        r"(?i)\[\s*\d+(?:\s*[,;-]\s*\d+)*\s*\]|\(\s*(?:check|see|step|verify|verification|cf)\b[^)\n]*\)?|\b{month}\s+{day}(?:,?\s+\d{{4}}\b)?|\b{month}\s+\d{{4}}\b|\b{day}\s+(?:of\s+)?{month}(?:,?\s+\d{{4}}\b)?|\b(?:step|figure|fig\.?|table|section|sec\.|equation|eq\.?|question|chapter|version|release|page|p\.|pp\.|footnote|note|ref\.?|no\.|item)\s*[#(]?\d+(?:\.\d+)*"
    ))
});

/// The parts of `text` in which no number is an answer, in order.
pub(super) fn asides(text: &str) -> Vec<Range<usize>> {
    ASIDES.find_iter(text).map(|m| m.range()).filter(|aside| !is_list(text, aside)).collect()
}

/// Whether numbers in square brackets are a value of their own, and no citation: they stand after a
/// colon or an equals sign, or alone on their line.
fn is_list(text: &str, aside: &Range<usize>) -> bool {
    if !text[aside.clone()].starts_with('[') {
        return false;
    }
    let before = text[..aside.start].trim_end_matches(' ');
    let rest = text[aside.end..].chars().take_while(|c| *c != '\n');
    before.ends_with([':', '=']) || (is_line_start(before) && !rest.into_iter().any(char::is_alphanumeric))
}

fn is_line_start(before: &str) -> bool {
    before.is_empty() || before.ends_with('\n')
}

/// Whether a number at the start of a line only counts the line: `1. text`, `(2) text`.
pub(super) fn is_list_index(text: &str, digits: &Range<usize>) -> bool {
    let before = text[..digits.start].trim_end_matches(|c| " \t-*•>#(".contains(c));
    let followed = |r: &str| {
        r.starts_with([' ', '\t'])
            && !r.trim_start_matches([' ', '\t']).starts_with('\n')
            && !r.trim().is_empty()
    };
    (1..=3).contains(&digits.len())
        && is_line_start(before)
        && text[digits.end..].strip_prefix(['.', ')']).is_some_and(followed)
}
