//! Where in a response the code is.

use std::ops::Range;
use std::sync::LazyLock;

use ::regex::Regex;

use crate::check::answer::{last_boxed, line_end};
use crate::check::mapped::{Mapped, trim};
use crate::check::tokens::pattern;
use crate::model::code::CodeLanguage;
use crate::model::judgement::{AnswerSource, FoundAnswer};

/// A line that announces the answer, and what stands on it. Unlike in prose, stars and underscores may be code.
static ANNOUNCEMENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?im)^[ \t>#*_-]*(?:final[ \t]+)?answer(?:\*\*|__)?[ \t]*[:=](?:\*\*|__)?[ \t]*(.*)$")
});

/// Code between backticks within a line.
static BACKTICKS: LazyLock<Regex> = LazyLock::new(|| pattern(r"``([^\n]+?)``|`([^`\n]+)`"));

/// Code that was found.
#[derive(Debug)]
pub(super) struct Found {
    /// As received, but for the indentation of its fence.
    pub(super) code: Mapped,
    source: AnswerSource,
}

impl Found {
    /// As it is stored.
    pub(super) fn answer(&self) -> FoundAnswer {
        let text = self.code.as_str();
        let (start, end) = self.code.source(0..text.len()).unzip();
        FoundAnswer { text: text.to_owned(), source: self.source, start, end }
    }
}

/// Why no code was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotFound {
    /// There is none.
    Nothing,
    /// There is more than one, in words.
    Several(String),
}

/// How code of a single line is looked for.
pub(super) struct Line {
    /// Whether a text could be it.
    pub(super) is_it: fn(&str) -> bool,
    /// Whether `is_it` tells it from prose, so that a line of its own is enough.
    pub(super) alone: bool,
}

/// A block between fences.
#[derive(Debug)]
struct Fence {
    /// The first word after the opening fence, in lower case.
    tag: String,
    /// Its lines, without blank ones at either end and without the fence's own indentation.
    code: Mapped,
    /// Where it is in the text, fences included.
    range: Range<usize>,
}

/// What a language's blocks are tagged with.
const fn tags(language: CodeLanguage) -> &'static [&'static str] {
    match language {
        CodeLanguage::Python => &["python", "py", "python3"],
        CodeLanguage::Javascript => &["javascript", "js", "jsx", "mjs", "node"],
        CodeLanguage::Rust => &["rust", "rs"],
        CodeLanguage::Bash => &["bash", "sh", "shell", "zsh"],
        CodeLanguage::Sql => &["sql", "sqlite", "sqlite3"],
        CodeLanguage::Regex => &["regex", "regexp", "re"],
        CodeLanguage::Cron => &["cron", "crontab"],
        CodeLanguage::Arithmetic => &["math", "arithmetic"],
    }
}

/// The block of the language: the one with its tag, else the one without a tag, else the only one. Of several, the
/// last that `is_wanted`, else they must be the same. Without any block, the whole text where it `is_code`.
pub(super) fn block(
    text: &Mapped,
    language: CodeLanguage,
    is_wanted: impl Fn(&str) -> bool,
    is_code: impl Fn(&str) -> bool,
) -> Result<Found, NotFound> {
    let fences = fences(text);
    if !fences.is_empty() {
        return fenced(fences, language, is_wanted);
    }
    let whole = text.trimmed();
    if !whole.as_str().is_empty() && is_code(whole.as_str()) {
        return Ok(Found { code: whole, source: AnswerSource::WholeText });
    }
    Err(NotFound::Nothing)
}

fn fenced(
    fences: Vec<Fence>,
    language: CodeLanguage,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Found, NotFound> {
    let count = fences.len();
    let tagged = |fence: &Fence| tags(language).contains(&fence.tag.as_str());
    let is_any_tagged = fences.iter().any(tagged);
    let mut candidates: Vec<Fence> = fences
        .into_iter()
        .filter(|fence| count == 1 || if is_any_tagged { tagged(fence) } else { fence.tag.is_empty() })
        .filter(|fence| !fence.code.as_str().is_empty())
        .collect();
    let chosen = match candidates.len() {
        0 if count == 1 => return Err(NotFound::Nothing),
        0 => return Err(NotFound::Several(format!("{count} blocks of code, none of them tagged as that"))),
        1 => 0,
        several => match candidates.iter().rposition(|fence| is_wanted(fence.code.as_str())) {
            Some(last) => last,
            None if candidates.iter().all(|f| f.code.as_str() == candidates[0].code.as_str()) => 0,
            None => {
                return Err(NotFound::Several(format!("{several} different blocks of code")));
            }
        },
    };
    Ok(Found { code: candidates.swap_remove(chosen).code, source: AnswerSource::CodeFence })
}

/// Code of one line: on the last announcing line, else in a block, else the only one between backticks, else in
/// `\boxed{}` or a line of its own, where it can be told from prose, else the whole text where it is a single line.
pub(super) fn line(text: &Mapped, language: CodeLanguage, line: &Line) -> Result<Found, NotFound> {
    let fences = fences(text);
    if let Some(range) = announced(text.as_str(), &fences) {
        return Ok(found(text, range, AnswerSource::AnswerLine));
    }
    let is_fenced = |at: usize| fences.iter().any(|fence| fence.range.contains(&at));
    let raw = text.as_str();
    let inline: Vec<Range<usize>> = BACKTICKS
        .captures_iter(raw)
        .filter_map(|c| c.get(1).or_else(|| c.get(2)))
        .map(|m| trim(raw, m.range()))
        .filter(|range| !is_fenced(range.start) && (line.is_it)(&raw[range.clone()]))
        .collect();
    if !fences.is_empty() {
        return fenced(fences, language, line.is_it);
    }
    if let Some(range) = only(raw, inline)? {
        return Ok(found(text, range, AnswerSource::CodeFence));
    }
    if line.alone {
        if let Some(range) = last_boxed(raw).filter(|range| (line.is_it)(&raw[range.clone()])) {
            return Ok(found(text, range, AnswerSource::Boxed));
        }
        let lines: Vec<Range<usize>> = lines(raw)
            .map(|range| trim(raw, range))
            .filter(|range| (line.is_it)(&raw[range.clone()]))
            .collect();
        return match only(raw, lines)? {
            Some(range) => Ok(found(text, range, AnswerSource::WholeText)),
            None => Err(NotFound::Nothing),
        };
    }
    let whole = trim(raw, 0..raw.len());
    if whole.is_empty() || raw[whole.clone()].contains('\n') {
        return Err(NotFound::Nothing);
    }
    Ok(found(text, whole, AnswerSource::WholeText))
}

fn found(text: &Mapped, range: Range<usize>, source: AnswerSource) -> Found {
    Found { code: text.slice(range), source }
}

/// The only one of these, however often it is there.
fn only(text: &str, ranges: Vec<Range<usize>>) -> Result<Option<Range<usize>>, NotFound> {
    let mut different: Vec<&str> = ranges.iter().map(|range| &text[range.clone()]).collect();
    different.sort_unstable();
    different.dedup();
    if different.len() > 1 {
        return Err(NotFound::Several(format!("{} different ones", different.len())));
    }
    Ok(ranges.into_iter().next())
}

/// What stands on the last announcing line outside fences, in its dress or without any.
fn announced(text: &str, fences: &[Fence]) -> Option<Range<usize>> {
    let (from, last) = ANNOUNCEMENT
        .captures_iter(text)
        .filter_map(|c| Some((c.get(0)?.start(), c.get(1)?.range())))
        .filter(|(_, range)| !fences.iter().any(|fence| fence.range.contains(&range.start)))
        .last()?;
    let mut range = trim(text, last);
    // Bold that begins before the announcement ends after the answer.
    let is_bold = text[from..range.start].matches("**").count() % 2 == 1;
    if is_bold && text[range.clone()].ends_with("**") {
        range = trim(text, range.start..range.end - 2);
    }
    let said = &text[range.clone()];
    // What ends in a colon introduces what follows.
    if said.is_empty() || said.ends_with(':') || said.starts_with("```") {
        return None;
    }
    let mut spans = BACKTICKS.captures_iter(said).filter_map(|c| c.get(1).or_else(|| c.get(2)));
    if let (Some(span), None) = (spans.next(), spans.next()) {
        return Some(trim(text, range.start + span.start()..range.start + span.end()));
    }
    let inner = said.strip_prefix("**").and_then(|s| s.strip_suffix("**")).filter(|s| !s.trim().is_empty());
    Some(if inner.is_some() { trim(text, range.start + 2..range.end - 2) } else { range })
}

fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        if from > text.len() {
            return None;
        }
        let end = line_end(text, from);
        let range = from..end;
        from = end + 1;
        Some(range)
    })
}

/// The blocks between fences of three or more backticks or tildes (CommonMark 0.31, section 4.5), indented as they
/// may be; one that is never closed goes to the end.
fn fences(text: &Mapped) -> Vec<Fence> {
    struct Open<'a> {
        mark: char,
        length: usize,
        indent: usize,
        tag: &'a str,
        start: usize,
        content: usize,
    }
    let raw = text.as_str();
    let mut found = Vec::new();
    let mut open: Option<Open<'_>> = None;
    for range in lines(raw) {
        let line = &raw[range.clone()];
        let bare = line.trim_start_matches([' ', '\t']);
        let mark = bare.chars().next().filter(|c| matches!(c, '`' | '~'));
        let length = mark.map_or(0, |mark| bare.chars().take_while(|c| *c == mark).count());
        let info = bare.get(length..).unwrap_or_default().trim();
        match &open {
            None => {
                if let Some(mark) = mark.filter(|mark| length >= 3 && !(*mark == '`' && info.contains('`'))) {
                    let indent = line.len() - bare.len();
                    let content = (range.end + 1).min(raw.len());
                    open = Some(Open { mark, length, indent, tag: info, start: range.start, content });
                }
            }
            Some(fence) if mark == Some(fence.mark) && length >= fence.length && info.is_empty() => {
                let code = dedented(text, fence.content..range.start.max(fence.content), fence.indent);
                found.push(Fence { tag: tag(fence.tag), code, range: fence.start..range.end });
                open = None;
            }
            Some(_) => {}
        }
    }
    if let Some(fence) = open {
        let code = dedented(text, fence.content..raw.len(), fence.indent);
        found.push(Fence { tag: tag(fence.tag), code, range: fence.start..raw.len() });
    }
    found
}

fn tag(info: &str) -> String {
    let word = info.split([' ', '\t', ',', ':']).next().unwrap_or_default();
    word.trim_matches(['{', '}', '.']).to_lowercase()
}

/// The lines of `range` without blank ones at either end, each without up to `indent` spaces at its start.
fn dedented(text: &Mapped, range: Range<usize>, indent: usize) -> Mapped {
    let raw = &text.as_str()[..range.end];
    let end = range.start + raw[range.start..].trim_end().len();
    let first = end - raw[range.start..end].trim_start().len();
    let start = raw[range.start..first].rfind('\n').map_or(range.start, |at| range.start + at + 1);
    let mut code = Mapped::default();
    for line in lines(&raw[start..end]) {
        let line = start + line.start..start + line.end;
        let spaces = raw[line.clone()].bytes().take(indent).take_while(|b| matches!(b, b' ' | b'\t')).count();
        let stop = (line.end + 1).min(end);
        code.copy(text, line.start + spaces..stop);
    }
    code
}
