//! Patterns: tried on texts that they must match as a whole, and on texts that they must not.

use std::sync::LazyLock;

use ::regex::{Regex, RegexBuilder};

use super::Said;
use crate::check::tokens::{pattern, quote};
use crate::model::code::CodeRules;
use crate::model::judgement::Verdict;

/// The longest pattern that is tried, in bytes.
const LONGEST: usize = 4096;

/// The most memory that a compiled pattern may take.
const SIZE_LIMIT: usize = 1 << 20;

/// How often an engine that tries one way after another may turn back on one text.
const BACKTRACKS: usize = 100_000;

/// `/pattern/flags`, as JavaScript and others write it.
static LITERAL: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)\A/(.+)/([dgimsuvxy]*)\z"));

/// `r"pattern"`, as Python writes it.
static RAW_STRING: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?s)\Ar(?:"(.+)"|'(.+)')\z"#));

/// Texts to try a pattern on.
#[derive(Debug)]
pub(super) struct Pattern {
    matches: Vec<String>,
    rejects: Vec<String>,
}

/// A pattern that matches whole texts only.
enum Compiled {
    /// In time linear in the text.
    Linear(Regex),
    /// With look-around or back-references: bounded by [`BACKTRACKS`].
    Backtracking(fancy_regex::Regex),
}

impl Pattern {
    pub(super) fn new(rules: &CodeRules) -> Self {
        Self { matches: rules.matches.clone(), rejects: rules.rejects.clone() }
    }

    pub(super) fn judge(&self, written: &str) -> Said {
        let compiled = match compile(written) {
            Ok(compiled) => compiled,
            Err(reason) => {
                return (
                    Verdict::Wrong,
                    format!("expected a regular expression, found {}: {reason}", quote(written)),
                );
            }
        };
        let cases = self.matches.iter().map(|t| (t, true)).chain(self.rejects.iter().map(|t| (t, false)));
        for (text, wanted) in cases {
            match compiled.is_match(text) {
                None => {
                    let detail =
                        format!("{} takes more than {BACKTRACKS} steps on {}", quote(written), quote(text));
                    return (Verdict::CheckError, detail);
                }
                Some(found) if found != wanted => {
                    let (a, b) = if wanted { ("a match", "none") } else { ("no match", "one") };
                    let detail = format!(
                        "expected {a} of {} as a whole, found {b} by {}",
                        quote(text),
                        quote(written)
                    );
                    return (Verdict::Wrong, detail);
                }
                Some(_) => {}
            }
        }
        let (matches, rejects) = (self.matches.len(), self.rejects.len());
        (Verdict::Pass, format!("found {}: it matches {matches} texts and rejects {rejects}", quote(written)))
    }
}

impl Compiled {
    /// Whether it matches; nothing where that takes too long.
    fn is_match(&self, text: &str) -> Option<bool> {
        match self {
            Self::Linear(regex) => Some(regex.is_match(text)),
            Self::Backtracking(regex) => regex.is_match(text).ok(),
        }
    }
}

/// Takes a pattern out of its dress, and compiles it to match whole texts.
fn compile(written: &str) -> Result<Compiled, String> {
    let (bare, flags) = undressed(written);
    if bare.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    let flags = if flags.is_empty() { String::new() } else { format!("(?{flags})") };
    let alone = format!("{flags}{bare}");
    // By itself first: a pattern with unbalanced parentheses must not be mended by those around it. A comment at its
    // end would swallow the closing one, which then stands on a line of its own.
    let whole = [format!(r"\A(?:{alone})\z"), format!("\\A(?:{alone}\n)\\z")];
    match linear(&alone) {
        Ok(_) => whole
            .iter()
            .find_map(|pattern| linear(pattern).ok())
            .map(Compiled::Linear)
            .ok_or_else(|| "it is too large".to_owned()),
        Err(reason) => {
            if backtracking(&alone).is_none() {
                return Err(reason);
            }
            let compiled = whole.iter().find_map(|pattern| backtracking(pattern));
            compiled.map(Compiled::Backtracking).ok_or(reason)
        }
    }
}

fn linear(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(SIZE_LIMIT).dfa_size_limit(SIZE_LIMIT).build().map_err(|error| {
        let said = error.to_string();
        said.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
    })
}

fn backtracking(pattern: &str) -> Option<fancy_regex::Regex> {
    fancy_regex::RegexBuilder::new(pattern)
        .backtrack_limit(BACKTRACKS)
        .delegate_size_limit(SIZE_LIMIT)
        .delegate_dfa_size_limit(SIZE_LIMIT)
        .build()
        .ok()
}

/// The pattern and those of its flags that change what it matches.
fn undressed(written: &str) -> (&str, String) {
    if let Some(literal) = LITERAL.captures(written) {
        let flags = literal.get(2).map_or("", |m| m.as_str());
        let kept = ['i', 'm', 's', 'x'].into_iter().filter(|flag| flags.contains(*flag)).collect();
        return (literal.get(1).map_or("", |m| m.as_str()), kept);
    }
    let raw = RAW_STRING.captures(written).and_then(|c| c.get(1).or_else(|| c.get(2)));
    (raw.map_or(written, |m| m.as_str()), String::new())
}
