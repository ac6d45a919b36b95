//! What a judge announces: a score, the better of two, how sure it is. Strict, for a number that was not announced is
//! not a score: a reply that says nothing of the kind, or two different things, can't be read.

use std::ops::Range;
use std::sync::LazyLock;

use ::regex::Regex;
use serde_json::Value;

use super::json::json_text;
use super::reading::{Reading, Stage};
use super::tokens::{pattern, quote};
use super::visible::visible;
use crate::model::judgement::{AnswerSource, FoundAnswer};
use crate::model::rubric::Preferred;

/// What may stand before a word that announces, on its line.
const LEAD: &str = r"^[ \t]*(?:[-*•#_|]+[ \t]*|\d{1,2}[.)][ \t]+)*(?:(?:the|my|final|overall|total)[ \t]+)*";

/// What stands between that word and what it announces.
const LINK: &str = r"[*_]*(?:[ \t]*\([^()\n]{0,60}\))?[ \t]*(?:[:=]|is\b[ \t]*:?)[*_]*";

static SCORE: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?im){LEAD}(?:score|rating){LINK}")));

static BETTER: LazyLock<Regex> = LazyLock::new(|| {
    let noun = r"(?:[ \t]+(?:response|answer|one|assistant|option))?";
    pattern(&format!("(?im){LEAD}(?:(?:better|preferred){noun}|verdict|winner|preference){LINK}"))
});

static CONFIDENCE: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"(?im){LEAD}confidence(?:[ \t]+level)?{LINK}")));

static BRACKETS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[\[[ \t]*([^\[\]\n]{1,20}?)[ \t]*\]\]"));

/// A number at the start of what was announced. Group 1 is what encloses it, 2 the number, 3 what follows.
static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?s)\A([<\[("'{*_]*)[ \t]*([+-]?\d{1,9}(?:\.\d{1,9})?)(.*)\z"#));

/// `/5`, `out of 5`; group 1 is the number.
static OUT_OF: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\A[ \t]*(?:/|(?:out[ \t]+)?of\b)[ \t]*(\d{1,9}(?:\.\d{1,9})?)"));

/// One of two at the start of what was announced. Groups as in [`NUMBER`].
static MARK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?is)\A([<\[("'{*_]*)[ \t]*(?:(?:response|answer|assistant|option)[ \t]+)?(a|b|tie|tied|draw|neither|both|equal)\b(.*)\z"#,
    )
});

/// How a sentence may go on after the better one was named, without naming another.
static GOES_ON: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\A[ \t]*(?:\z|[.;:!(–—-]|,[ \t]*(?:because|since|as|for|but|due|which|by|it)\b|(?:because|since|as|due|than|for|over|by|is[ \t]+(?:the[ \t]+)?better|wins)\b)",
    )
});

/// What a place held.
enum Said<T> {
    /// Nothing of the kind: a form that wasn't filled in.
    Nothing,
    /// This, which stands there in the text.
    One(T, Range<usize>),
    /// Something that can't be read as one.
    Unclear(String),
}

/// A value that was announced.
struct Mark<T> {
    value: T,
    found: FoundAnswer,
}

/// What is announced.
trait Announced {
    type Value: PartialEq + Copy + std::fmt::Display;

    /// What it is called, for messages.
    const NAME: &'static str;

    /// The words that announce it on a line of its own.
    fn head() -> &'static Regex;

    /// The members of a JSON object that hold it.
    const MEMBERS: &'static [&'static str];

    /// Reads what follows the announcement.
    fn read(&self, text: &str) -> Said<Self::Value>;

    /// Reads what stands in double brackets: nothing, where it is something else.
    fn bracketed(&self, text: &str) -> Option<Self::Value>;

    /// Why a value is none, where it isn't.
    fn fault(&self, value: Self::Value) -> Option<String>;
}

/// The score that a reply announces, within `scale`.
pub(super) fn score(reading: &Reading, scale: [f64; 2]) -> Result<(f64, FoundAnswer), String> {
    announced(reading, &Points { scale })
}

/// The better of two that a reply announces.
pub(super) fn preference(reading: &Reading) -> Result<(Preferred, FoundAnswer), String> {
    announced(reading, &Better).map(|(named, found)| (named.0, found))
}

/// The score in a reply of a judge that was asked for one, or why there is none.
pub fn read_score(reply: &str, scale: [f64; 2]) -> Result<f64, String> {
    let visible = visible(reply).ok_or_else(|| "its thinking was never closed".to_owned())?;
    score(&Reading::new(&visible, None), scale).map(|(score, _)| score)
}

/// How sure a reply says it is, 0 to 1: `80%`, `80` and `0.8` are the same. `None` where it says nothing of the kind,
/// or different things.
pub(super) fn confidence(reading: &Reading) -> Option<f64> {
    reading.stages().iter().find_map(|stage| {
        let text = stage.text();
        let mut said: Vec<f64> =
            CONFIDENCE.find_iter(text).filter_map(|head| share(line(text, head.end()))).collect();
        for object in objects(stage) {
            said.extend(object.get("confidence").and_then(|value| match value {
                Value::Number(number) => share(&number.to_string()),
                Value::String(text) => share(text),
                _ => None,
            }));
        }
        let first = *said.first()?;
        said.iter().all(|other| (other - first).abs() < 1e-9).then_some(first)
    })
}

/// A share, of one or of a hundred.
fn share(text: &str) -> Option<f64> {
    let parts = NUMBER.captures(text.trim())?;
    let number: f64 = parts[2].parse().ok()?;
    let after = parts[3].trim_start_matches(['>', ']', ')', '"', '\'', '*', ' ']);
    let of = match OUT_OF.captures(&parts[3]) {
        Some(of) => of[1].parse().ok()?,
        None if after.starts_with('%') || after.starts_with("percent") || number > 1.0 => 100.0,
        None => 1.0,
    };
    let share = number / of;
    (0.0..=1.0).contains(&share).then_some(share)
}

fn announced<A: Announced>(reading: &Reading, kind: &A) -> Result<(A::Value, FoundAnswer), String> {
    let mut nothing = format!("no {} was announced", A::NAME);
    for stage in reading.stages() {
        match in_stage(stage, kind) {
            Ok(Some(mark)) => return Ok((mark.value, mark.found)),
            Err(Unread::ForGood(why)) => return Err(why),
            Err(Unread::SoFar(why)) => nothing = why,
            Ok(None) => {}
        }
    }
    Err(nothing)
}

/// Why a text can't be read.
enum Unread {
    /// Whatever follows.
    ForGood(String),
    /// As far as it goes.
    SoFar(String),
}

fn in_stage<A: Announced>(stage: &Stage, kind: &A) -> Result<Option<Mark<A::Value>>, Unread> {
    let text = stage.text();
    let mut marks: Vec<Mark<A::Value>> = Vec::new();
    let mut is_left_open = false;
    for head in A::head().find_iter(text) {
        let said = match kind.read(line(text, head.end())) {
            Said::Nothing => below(kind, text, head.end()),
            Said::One(value, at) => Said::One(value, head.end() + at.start..head.end() + at.end),
            unclear @ Said::Unclear(_) => unclear,
        };
        is_left_open = matches!(said, Said::Nothing);
        match said {
            Said::Nothing => {}
            Said::One(value, at) => marks.push(mark(stage, value, at)),
            Said::Unclear(why) => return Err(Unread::ForGood(why)),
        }
    }
    if is_left_open {
        return Err(Unread::SoFar(format!("the last line that announces a {} has none", A::NAME)));
    }
    for parts in BRACKETS.captures_iter(text) {
        if let Some(inner) = parts.get(1)
            && let Some(value) = kind.bracketed(inner.as_str())
        {
            marks.push(mark(stage, value, inner.range()));
        }
    }
    for object in objects(stage) {
        for member in A::MEMBERS {
            let Some(value) = object.get(*member) else { continue };
            let text = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let Said::One(value, _) = kind.read(text.trim()) else {
                return Err(Unread::ForGood(format!("`{member}` is {}", quote(&text))));
            };
            let source = AnswerSource::JsonField;
            let found = FoundAnswer { text: value.to_string(), source, start: None, end: None };
            marks.push(Mark { value, found });
        }
    }
    let Some(last) = marks.pop() else { return Ok(None) };
    if let Some(other) = marks.iter().find(|mark| mark.value != last.value) {
        let why = format!("two different ones were announced, {} and {}", other.value, last.value);
        return Err(Unread::ForGood(why));
    }
    match kind.fault(last.value) {
        Some(why) => Err(Unread::ForGood(why)),
        None => Ok(Some(last)),
    }
}

fn mark<T: std::fmt::Display>(stage: &Stage, value: T, at: Range<usize>) -> Mark<T> {
    let (start, end) = stage.normalised().text.source(at.clone()).unzip();
    let text = stage.text()[at].to_owned();
    Mark { value, found: FoundAnswer { text, source: AnswerSource::ScoreLine, start, end } }
}

/// What stands alone on the next line that isn't blank, where the announcement's own line ends with it.
fn below<A: Announced>(kind: &A, text: &str, at: usize) -> Said<A::Value> {
    let own = line(text, at);
    if !own.trim().is_empty() {
        return Said::Nothing;
    }
    let rest = at + own.len();
    let gap = text[rest..].len() - text[rest..].trim_start().len();
    let next = rest + gap;
    match kind.read(line(text, next)) {
        Said::One(value, within) if line(text, next + within.end).trim().is_empty() => {
            Said::One(value, next + within.start..next + within.end)
        }
        _ => Said::Nothing,
    }
}

/// From `at` to the end of its line.
fn line(text: &str, at: usize) -> &str {
    text[at..].split('\n').next().unwrap_or_default()
}

/// The JSON objects of a reply: the whole of it or of its only code fence, else those that fill a line.
fn objects(stage: &Stage) -> Vec<serde_json::Map<String, Value>> {
    let text = stage.raw.as_str();
    let object = |text: &str| match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    };
    if let Some(whole) = json_text(text).ok().and_then(|range| object(&text[range])) {
        return vec![whole];
    }
    let lines = text.lines().map(str::trim).filter(|line| line.starts_with('{') && line.ends_with('}'));
    lines.filter_map(object).collect()
}

/// A score on a scale.
struct Points {
    scale: [f64; 2],
}

impl Announced for Points {
    type Value = f64;

    const NAME: &'static str = "score";
    const MEMBERS: &'static [&'static str] = &["score", "rating"];

    fn head() -> &'static Regex {
        &SCORE
    }

    fn read(&self, text: &str) -> Said<f64> {
        let unclear = || Said::Unclear(format!("{} is not one score", quote(text.trim())));
        let lead = text.len() - text.trim_start().len();
        let Some(parts) = NUMBER.captures(text.trim_start()) else { return Said::Nothing };
        let (open, digits, mut after) = (&parts[1], &parts[2], &parts[3]);
        let Ok(number) = digits.parse::<f64>() else { return unclear() };
        if let Some(of) = OUT_OF.captures(after) {
            if of[1].parse::<f64>().ok() != Some(self.scale[1]) {
                return unclear();
            }
            after = &after[of[0].len()..];
        }
        if open.starts_with('<') && !after.trim_start().starts_with('>') {
            // The form itself, not filled in: `<1 to 5>`.
            return Said::Nothing;
        }
        let after = after.trim_start_matches(['>', ']', ')', '}', '"', '\'', '*', '_']);
        let sentence = without_asides(after.split(". ").next().unwrap_or_default());
        let is_glued = sentence.starts_with(|c: char| c.is_alphanumeric() || "%/^~".contains(c));
        if is_glued || sentence.contains(|c: char| c.is_numeric()) {
            return unclear();
        }
        let start = lead + parts.get(2).map_or(0, |digits| digits.start());
        Said::One(number, start..start + digits.len())
    }

    fn bracketed(&self, text: &str) -> Option<f64> {
        text.parse().ok().filter(|number: &f64| number.is_finite())
    }

    fn fault(&self, value: f64) -> Option<String> {
        let [least, most] = self.scale;
        (!(least..=most).contains(&value)).then(|| format!("{value} is not from {least} to {most}"))
    }
}

/// The text without what stands in round brackets.
fn without_asides(text: &str) -> String {
    let mut depth = 0_u32;
    text.chars()
        .filter(|c| match c {
            '(' => {
                depth += 1;
                false
            }
            ')' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect()
}

/// The better of two.
struct Better;

/// As shown in a reason.
#[derive(Clone, Copy, PartialEq)]
struct Named(Preferred);

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name())
    }
}

impl Announced for Better {
    type Value = Named;

    const NAME: &'static str = "preference";
    const MEMBERS: &'static [&'static str] = &["better", "verdict", "winner", "preference"];

    fn head() -> &'static Regex {
        &BETTER
    }

    fn read(&self, text: &str) -> Said<Named> {
        let lead = text.len() - text.trim_start().len();
        let Some(parts) = MARK.captures(text.trim_start()) else { return Said::Nothing };
        let (open, word, after) = (&parts[1], &parts[2], &parts[3]);
        if open.starts_with('<') && !after.trim_start().starts_with('>') {
            return Said::Nothing;
        }
        let after = after.trim_start_matches(['>', ']', ')', '}', '"', '\'', '*', '_']);
        let value = match word.to_ascii_lowercase().as_str() {
            "a" => Preferred::A,
            "b" => Preferred::B,
            _ => Preferred::Tie,
        };
        if !GOES_ON.is_match(after) {
            return Said::Unclear(format!("{} does not name one", quote(text.trim())));
        }
        let start = lead + parts.get(2).map_or(0, |word| word.start());
        Said::One(Named(value), start..start + word.len())
    }

    fn bracketed(&self, text: &str) -> Option<Named> {
        Some(Named(match text.to_ascii_lowercase().as_str() {
            "a" => Preferred::A,
            "b" => Preferred::B,
            // Where three letters are offered, the third is neither.
            "c" | "tie" => Preferred::Tie,
            _ => return None,
        }))
    }

    fn fault(&self, _: Named) -> Option<String> {
        None
    }
}
