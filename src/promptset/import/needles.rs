//! Texts that must, or must not, occur, as checks.

use regex::escape;

use crate::model::check::{Check, Scope};
use crate::model::format::FormatRules;

/// How many of the texts must occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    All,
    Any,
    None,
}

/// Checks that so many of `needles` occur in the response. Words and phrases become `contains`, which looks for whole
/// words; what has Markdown, markup or `|` in it, which `contains` evens out or takes as aliases, is looked for as it
/// stands.
pub(super) fn checks(needles: &[String], wanted: Wanted) -> Vec<Check> {
    if needles.is_empty() {
        return Vec::new();
    }
    let (plain, literal): (Vec<String>, Vec<String>) =
        needles.iter().map(|needle| needle.trim().to_owned()).partition(|needle| is_plain(needle));
    let mut checks = Vec::new();
    match wanted {
        Wanted::Any if literal.is_empty() => checks.push(contains(plain, Vec::new(), Vec::new())),
        Wanted::Any => {
            let alternatives: Vec<String> = plain.iter().chain(&literal).map(|text| escape(text)).collect();
            checks.push(pattern(&format!("(?:{})", alternatives.join("|"))));
        }
        Wanted::All => {
            if !plain.is_empty() {
                checks.push(contains(Vec::new(), plain, Vec::new()));
            }
            checks.extend(literal.iter().map(|text| pattern(&escape(text))));
        }
        Wanted::None => {
            if !plain.is_empty() {
                checks.push(contains(Vec::new(), Vec::new(), plain));
            }
            if !literal.is_empty() {
                checks.push(Check::Format(FormatRules { forbidden: literal, ..FormatRules::default() }));
            }
        }
    }
    checks
}

/// Whether `contains` looks for the needle as it is written.
fn is_plain(needle: &str) -> bool {
    needle.contains(char::is_alphanumeric)
        && !needle.contains(|c| "|`*_\\$<>{}[]~^#".contains(c) || c == '\n')
}

fn contains(any: Vec<String>, all: Vec<String>, none: Vec<String>) -> Check {
    Check::Contains { any, all, none, scope: Scope::Text }
}

fn pattern(pattern: &str) -> Check {
    Check::Regex { pattern: format!("(?i){pattern}"), scope: Scope::Text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn words_are_contained_and_markup_is_matched() {
        let needles = owned(&["Paris", "a|b"]);
        assert_eq!(
            checks(&needles, Wanted::All),
            [contains(vec![], owned(&["Paris"]), vec![]), pattern(r"a\|b")]
        );
        assert_eq!(checks(&needles, Wanted::Any), [pattern(r"(?:Paris|a\|b)")]);
        assert_eq!(
            checks(&needles, Wanted::None),
            [
                contains(vec![], vec![], owned(&["Paris"])),
                Check::Format(FormatRules { forbidden: owned(&["a|b"]), ..FormatRules::default() })
            ]
        );
        assert_eq!(
            checks(&owned(&["a", "b c"]), Wanted::Any),
            [contains(owned(&["a", "b c"]), vec![], vec![])]
        );
        assert_eq!(checks(&[], Wanted::All), []);
    }
}
