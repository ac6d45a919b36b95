//! Finding the answer (rules 4 and 5 of the answer contract). Where it may stand is the same for
//! every check; what it looks like (a number, an option, any text) is told by a [`Reader`].

use std::ops::Range;
use std::sync::LazyLock;

use ::regex::Regex;

use super::json::json_text;
use super::judge::Finding;
use super::mapped::trim;
use super::reading::{Reading, Stage};
use super::tokens::{pattern, quote};
use crate::model::judgement::{AnswerSource, FoundAnswer};

/// What an answer is to a check.
pub(super) trait Reader {
    /// The answer as the check compares it.
    type Value;

    /// Reads a place where an answer was announced.
    fn announced(&self, stage: &Stage, range: Range<usize>, source: AnswerSource) -> Read<Self::Value>;

    /// Reads a place in which nothing was announced; the source says by which rule.
    fn unannounced(&self, stage: &Stage, range: Range<usize>) -> (AnswerSource, Read<Self::Value>);
}

/// What a place held.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Read<T> {
    /// No answer of the kind that is looked for.
    Nothing,
    /// An answer, and where it stands in the normalised text.
    One(T, Range<usize>),
    /// Different answers, in words.
    Several(String),
}

/// What a response held.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer<T> {
    /// No answer.
    Nothing,
    /// An answer, as compared and as stored.
    Found(T, FoundAnswer),
    /// Different answers at one priority, in words.
    Ambiguous(String),
}

static ANNOUNCEMENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\bfinal answer\b(?:\s*(?:is\b|[:=]))*|\b(?:answer|option|choice) is\b\s*:?|\banswer\s*[:=]")
});

static HASHES: LazyLock<Regex> = LazyLock::new(|| pattern("#+"));

/// Finds the answer in a response.
pub(super) fn find<R: Reader>(reading: &Reading, reader: &R) -> Answer<R::Value> {
    for stage in reading.stages() {
        let answer = find_in(stage, reading.field.as_deref(), reader);
        if !matches!(answer, Answer::Nothing) {
            return answer;
        }
    }
    Answer::Nothing
}

fn find_in<R: Reader>(stage: &Stage, field: Option<&str>, reader: &R) -> Answer<R::Value> {
    for (range, source) in announced(stage) {
        match reader.announced(stage, range, source) {
            Read::Nothing => {}
            read => return settle(stage, source, read),
        }
    }
    if let Some(value) = field.and_then(|pointer| field_text(stage, pointer)) {
        let field = Stage::new(super::mapped::Mapped::new(&value));
        let whole = 0..field.text().len();
        match settle(
            &field,
            AnswerSource::JsonField,
            reader.announced(&field, whole, AnswerSource::JsonField),
        ) {
            Answer::Nothing => {}
            // The positions are those of the field's value, not of the response.
            Answer::Found(value, found) => {
                return Answer::Found(value, FoundAnswer { start: None, end: None, ..found });
            }
            ambiguous @ Answer::Ambiguous(_) => return ambiguous,
        }
    }
    if let Some(range) = sole_bold(stage) {
        match reader.announced(stage, range, AnswerSource::Bold) {
            Read::Nothing => {}
            read => return settle(stage, AnswerSource::Bold, read),
        }
    }
    // What stands before an announcement that came to nothing ("Answer: unknown") is not the answer.
    let text = stage.text();
    let from = ANNOUNCEMENT.find_iter(text).last().map_or(0, |m| m.start());
    let (source, read) = reader.unannounced(stage, trim(text, from..text.len()));
    settle(stage, source, read)
}

fn settle<T>(stage: &Stage, source: AnswerSource, read: Read<T>) -> Answer<T> {
    match read {
        Read::Nothing => Answer::Nothing,
        Read::Several(detail) => Answer::Ambiguous(detail),
        Read::One(value, range) => {
            let (start, end) = stage.normalised().text.source(range.clone()).unzip();
            Answer::Found(value, FoundAnswer { text: stage.text()[range].to_owned(), source, start, end })
        }
    }
}

/// Where an answer is announced, by priority: the last `\boxed{}`, `####` from the first, the
/// announcing lines from the last.
fn announced(stage: &Stage) -> Vec<(Range<usize>, AnswerSource)> {
    let text = stage.text();
    let mut found: Vec<(Range<usize>, AnswerSource)> =
        last_boxed(text).into_iter().map(|range| (range, AnswerSource::Boxed)).collect();
    let hashes: Vec<usize> = HASHES.find_iter(text).filter(|m| m.len() == 4).map(|m| m.start()).collect();
    for (index, at) in hashes.iter().enumerate() {
        let next = hashes.get(index + 1).copied().unwrap_or(text.len());
        found.push((trim(text, at + 4..line_end(&text[..next], *at)), AnswerSource::Hashes));
    }
    let starts: Vec<Range<usize>> = ANNOUNCEMENT.find_iter(text).map(|m| m.range()).collect();
    for (index, announcement) in starts.iter().enumerate().rev() {
        let next = starts.get(index + 1).map_or(text.len(), |n| n.start);
        let mut range = trim(text, announcement.end..line_end(&text[..next], announcement.end));
        if text[range.clone()].chars().all(|c| !c.is_alphanumeric()) {
            // Nothing on this line: the answer stands on the next one that isn't blank.
            let after = &text[range.end..next];
            let Some(offset) = after.find(|c: char| c.is_alphanumeric() || c == '\\') else { continue };
            let line = range.end + after[..offset].rfind('\n').map_or(0, |o| o + 1);
            range = trim(text, line..line_end(&text[..next], range.end + offset));
        }
        found.push((range, AnswerSource::AnswerLine));
    }
    found
}

/// The end of the line that `at` is in.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |offset| at + offset)
}

/// The content of the last `\boxed{}` or `\fbox{}` whose braces balance.
pub(super) fn last_boxed(text: &str) -> Option<Range<usize>> {
    // Every open brace, and whether a box begins there; the last box to be closed at the
    // outermost level wins.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut last: Option<Range<usize>> = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => {
                let before = text[..at].trim_end();
                open.push((at + 1, before.ends_with("\\boxed") || before.ends_with("\\fbox")));
            }
            b'}' => {
                if let Some((start, true)) = open.pop() {
                    last = Some(start..at);
                }
            }
            _ => {}
        }
    }
    last.map(|range| trim(text, range))
}

/// The bold item of the last line that isn't blank, where it is the only one there.
fn sole_bold(stage: &Stage) -> Option<Range<usize>> {
    let text = stage.text();
    let line_start = text.trim_end().rfind('\n').map_or(0, |o| o + 1);
    let mut items = stage.normalised().bold.iter().filter(|r| r.start >= line_start);
    let item = items.next()?;
    if items.next().is_some() || item.end <= line_start { None } else { Some(trim(text, item.clone())) }
}

/// The value at a pointer of the response's JSON, as text.
fn field_text(stage: &Stage, pointer: &str) -> Option<String> {
    let text = stage.raw.as_str();
    let json: serde_json::Value = serde_json::from_str(&text[json_text(text).ok()?]).ok()?;
    match json.pointer(pointer)? {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The answer as text, or what a check that needs it says where there is none.
pub(super) fn any_answer(reading: &Reading) -> Result<(String, FoundAnswer), Box<Finding>> {
    match find(reading, &AnyText) {
        Answer::Found(text, found) => Ok((text, found)),
        Answer::Nothing => Err(Box::new(Finding::no_answer("found no answer".to_owned()))),
        Answer::Ambiguous(detail) => {
            Err(Box::new(Finding::no_answer(format!("found more than one answer: {detail}"))))
        }
    }
}

/// Reads any text: what was announced as it stands, else a response of a single line.
struct AnyText;

impl Reader for AnyText {
    type Value = String;

    fn announced(&self, stage: &Stage, range: Range<usize>, source: AnswerSource) -> Read<String> {
        let text = stage.text();
        // A fourth-level heading looks like the mark of an answer, but more follows it.
        let is_heading = source == AnswerSource::Hashes && !text[range.end..].trim().is_empty();
        if range.is_empty() || is_heading {
            return Read::Nothing;
        }
        Read::One(text[range.clone()].to_owned(), range)
    }

    fn unannounced(&self, stage: &Stage, range: Range<usize>) -> (AnswerSource, Read<String>) {
        let text = stage.text();
        let is_announcement = ANNOUNCEMENT.find_at(text, range.start).is_some();
        let read = if is_announcement || range.is_empty() || text[range.clone()].contains('\n') {
            Read::Nothing
        } else {
            Read::One(text[range.clone()].to_owned(), range)
        };
        (AnswerSource::WholeText, read)
    }
}

/// Words for two answers where one was asked for.
pub(super) fn both(first: &str, second: &str) -> String {
    format!("{} and {}", quote(first), quote(second))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::visible::visible;

    fn found(content: &str) -> Option<(String, AnswerSource, Option<&str>)> {
        let reading = Reading::new(&visible(content).unwrap(), Some("/answer".to_owned()));
        match find(&reading, &AnyText) {
            Answer::Found(_, found) => {
                let span = found.start.zip(found.end).map(|(s, e)| &content[s..e]);
                Some((found.text, found.source, span))
            }
            _ => None,
        }
    }

    #[test]
    fn sources_by_priority() {
        use AnswerSource::{AnswerLine, Bold, Boxed, Hashes, JsonField, WholeText};
        for (content, text, source) in [
            ("Answer: 7\n\\boxed{\\text{Paris}}", "Paris", Boxed),
            ("\\boxed{a} then \\boxed{b_{1}}", "b_{1}", Boxed),
            ("\\boxed{a} \\boxed{b", "a", Boxed),
            ("Answer: x\n#### Paris", "Paris", Hashes),
            ("#### Solution\ntext\nAnswer: Paris", "Paris", AnswerLine),
            ("Answer: Rome\nAnswer: Paris", "Paris", AnswerLine),
            ("The answer is Paris", "Paris", AnswerLine),
            ("**Final Answer:** Paris", "Paris", AnswerLine),
            ("## Final answer\n\nParis\n", "Paris", AnswerLine),
            ("Answer:\n**Paris**", "Paris", AnswerLine),
            ("{\"answer\": \"Paris\"}", "Paris", JsonField),
            ("```json\n{\"answer\": \"Paris\"}\n```", "Paris", JsonField),
            ("I think\nit is **Paris**, sure", "Paris", Bold),
            ("Paris", "Paris", WholeText),
        ] {
            let (got, by, span) = found(content).unwrap_or_else(|| panic!("{content}"));
            assert_eq!((got.as_str(), by), (text, source), "{content}");
            if source != JsonField {
                assert_eq!(span, Some(text), "{content}");
            }
        }
    }

    #[test]
    fn no_text_is_guessed() {
        for content in ["I think\nit is Paris", "is it **a**\nor **b** or **c**"] {
            assert_eq!(found(content), None, "{content}");
        }
    }

    #[test]
    fn a_run_on_is_cut_after_the_answer() {
        assert_eq!(found("Answer: Paris\nQuestion: and Italy?\nAnswer: Rome").unwrap().0, "Paris");
        assert_eq!(found("It is said:\nso\nQuestion: France?\nAnswer: Paris").unwrap().0, "Paris");
    }
}
