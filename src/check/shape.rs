//! What a text is made of: words, lines, paragraphs, list items and headings, as Markdown means them.
//!
//! The line that opens or closes a code fence is never content. What stands inside a fence is neither list nor
//! heading nor sentence, unless the fence is around the whole text: then it is a wrapping that some models put
//! around every reply, and what is inside counts as if it weren't there.

use std::sync::LazyLock;

use ::regex::Regex;

use super::sentences::sentences;
use super::tokens::pattern;

static FENCE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\A[ \t]*(```+|~~~+)[ \t]*[^`\n]*\z"));
/// An item of a list with its text; group 1 is its mark.
static ITEM: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\A\s*((?:[-*+•‣◦▪●–]|\(?\d{1,3}[.)]|\(?[a-zA-Z]\))[ \t\x{A0}]+)\S"));
static HEADING: LazyLock<Regex> = LazyLock::new(|| pattern(r"\A {0,3}#{1,6}(?:[ \t\x{A0}]+\S|[ \t]*\z)"));
static UNDERLINE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\A {0,3}(?:=+|-+)[ \t]*\z"));
/// A rule between parts: three or more of one of these.
static RULE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\A {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})\z"));

/// How many of each a text has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Runs without white space that hold a letter or digit; the mark of a list item is none.
    pub(super) words: usize,
    /// Sentences; each list item and paragraph ends one. Headings and code hold none.
    pub(super) sentences: usize,
    /// Lines that aren't blank.
    pub(super) lines: usize,
    /// Runs of lines between blank ones; blank lines inside a code fence part nothing.
    pub(super) paragraphs: usize,
    /// Items of lists, at any depth.
    pub(super) bullets: usize,
    /// Headings: `#` to `######`, or underlined.
    pub(super) headings: usize,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Blank,
    /// Opens or closes a code fence.
    Fence,
    Code,
    Heading,
    /// Makes a heading of the line before it.
    Underline,
    Rule,
    /// Its mark ends at this byte.
    Item(usize),
    Text,
}

impl Shape {
    /// Counts.
    pub(super) fn of(text: &str) -> Self {
        let mut shape = Self::default();
        // What a sentence may stretch over: a paragraph, or a list item.
        let mut block = String::new();
        let mut is_parted = true;
        for (line, kind) in lines(text) {
            let content = if let Line::Item(mark) = kind { &line[mark..] } else { line };
            let is_content = !matches!(kind, Line::Blank | Line::Fence);
            if !matches!(kind, Line::Text) {
                shape.sentences += sentences(&block);
                block.clear();
            }
            if matches!(kind, Line::Text | Line::Item(_)) {
                block.push_str(content);
                block.push('\n');
            }
            shape.bullets += usize::from(matches!(kind, Line::Item(_)));
            shape.headings += usize::from(matches!(kind, Line::Heading | Line::Underline));
            if kind == Line::Underline {
                continue;
            }
            if is_content && !line.trim().is_empty() {
                shape.lines += 1;
                shape.words +=
                    content.split_whitespace().filter(|w| w.contains(char::is_alphanumeric)).count();
                shape.paragraphs += usize::from(is_parted);
                is_parted = false;
            }
            is_parted |= kind == Line::Blank;
        }
        shape.sentences += sentences(&block);
        shape
    }
}

/// Every line with what it is.
fn lines(text: &str) -> Vec<(&str, Line)> {
    let wrapped = is_wrapped(text);
    let mut open: Option<&str> = None;
    let mut found: Vec<(&str, Line)> = Vec::new();
    for line in text.lines() {
        let fence = FENCE.captures(line).and_then(|c| c.get(1)).map(|m| m.as_str());
        let kind = match (open, fence) {
            (None, Some(mark)) => {
                open = Some(mark);
                Line::Fence
            }
            (Some(mark), Some(close)) if close.starts_with(mark) => {
                open = None;
                Line::Fence
            }
            (Some(_), _) if !wrapped => Line::Code,
            _ => outside(line, found.last().map(|(_, kind)| *kind)),
        };
        if kind == Line::Underline
            && let Some(last) = found.last_mut()
        {
            // Its text is the heading's, and no sentence.
            last.1 = Line::Rule;
        }
        found.push((line, kind));
    }
    found
}

/// What a line outside code is.
fn outside(line: &str, before: Option<Line>) -> Line {
    if line.trim().is_empty() {
        Line::Blank
    } else if HEADING.is_match(line) {
        Line::Heading
    } else if before == Some(Line::Text) && UNDERLINE.is_match(line) {
        Line::Underline
    } else if RULE.is_match(line) {
        Line::Rule
    } else if let Some(mark) = ITEM.captures(line).and_then(|c| c.get(1)) {
        Line::Item(mark.end())
    } else {
        Line::Text
    }
}

/// Whether one code fence is around the whole.
fn is_wrapped(text: &str) -> bool {
    let text = text.trim();
    let is_fence = |line: &str| FENCE.is_match(line);
    let mut lines = text.lines();
    let ends = lines.next().is_some_and(is_fence) && lines.next_back().is_some_and(is_fence);
    ends && !lines.any(is_fence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_lines() {
        for (text, words, lines, paragraphs) in [
            ("", 0, 0, 0),
            ("one", 1, 1, 1),
            ("one two - three — 4!", 4, 1, 1),
            ("well-known don't 3.5 e.g. this", 5, 1, 1),
            ("a\nb\n\nc\n \n\nd", 4, 4, 3),
            ("1. one two\n2. three", 3, 2, 1),
            ("- one\n* two\n+ three\n• four", 4, 4, 1),
            ("**bold** `code`", 2, 1, 1),
            ("```\none two\n```", 2, 1, 1),
            ("```text\none\n\ntwo\n```", 2, 2, 2),
            ("Run:\n\n```sh\nls -l\n\ncd x\n```\n\nDone.", 6, 4, 3),
            ("a\u{a0}b", 2, 1, 1),
            ("Title\n=====\ntext", 2, 2, 1),
            ("a\n\n---\n\nb", 2, 3, 3),
        ] {
            let shape = Shape::of(text);
            assert_eq!((shape.words, shape.lines, shape.paragraphs), (words, lines, paragraphs), "{text}");
        }
    }

    #[test]
    fn lists_and_headings() {
        for (text, bullets, headings) in [
            ("# A\n## B\n- x\n- y", 2, 2),
            ("#hashtag\n####### seven", 0, 0),
            ("#", 0, 1),
            ("Title\n=====\n\nPart\n---\ntext", 0, 2),
            ("text\n\n---\n\ntext", 0, 0),
            ("* * *\n- - -", 0, 0),
            ("- a\n  - b\n    1) c\n10. d\n(3) e", 5, 0),
            ("**bold** start\n-no space\n1.5 kg\n2024. was", 0, 0),
            ("- ", 0, 0),
            ("```python\n# comment\n- 1\n```\n- x", 1, 0),
            ("```markdown\n# A\n- x\n```", 1, 1),
            ("a) x\nb) y", 2, 0),
            ("| a | b |\n|---|---|\n| 1 | 2 |", 0, 0),
        ] {
            let shape = Shape::of(text);
            assert_eq!((shape.bullets, shape.headings), (bullets, headings), "{text}");
        }
    }

    #[test]
    fn sentences_end_with_their_paragraph_or_item() {
        for (text, expected) in [
            ("One. Two! Three?", 3),
            ("One sentence\nover two lines", 1),
            ("No full stop\n\nNor here", 2),
            ("Three things:\n- one\n- two.\n- three. And more.", 5),
            ("# A heading.\nOne.", 1),
            ("Title\n---\nOne.", 1),
            ("One.\n```\nx = 1. Two. Three.\n```\nTwo.", 2),
            ("1. First. Second.\n2. Third.", 3),
            ("```\nOne. Two.\n```", 2),
        ] {
            assert_eq!(Shape::of(text).sentences, expected, "{text}");
        }
    }
}
