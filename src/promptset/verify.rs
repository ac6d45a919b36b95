//! Defects within one prompt that parse as JSON but can never be judged as meant.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::check::{Check, PassWhen};
use crate::model::prompt::Prompt;

/// The first defect of `prompt`, said with its remedy.
pub(crate) fn problem(prompt: &Prompt) -> Option<String> {
    let blank = [("id", &prompt.id), ("category", &prompt.category), ("prompt", &prompt.prompt)]
        .into_iter()
        .find(|(_, text)| text.trim().is_empty());
    if let Some((field, _)) = blank {
        return Some(format!("`{field}` is blank; fill it in"));
    }
    if prompt.max_tokens == 0 {
        return Some("`max_tokens` is 0; allow at least three times the reference's tokens".to_owned());
    }
    if prompt.checks.is_empty() {
        return Some("no checks; add at least one, or nothing says what a right answer is".to_owned());
    }
    if let PassWhen::AtLeast(wanted) = prompt.pass_when {
        let count = prompt.checks.len();
        if wanted == 0 || usize::try_from(wanted).is_ok_and(|wanted| wanted > count) {
            return Some(format!("`pass_when` wants at least {wanted} of {count} checks; use 1 to {count}"));
        }
    }
    prompt.checks.iter().enumerate().find_map(|(index, check)| {
        check_problem(check).map(|problem| format!("check {} (`{}`): {problem}", index + 1, check.name()))
    })
}

fn check_problem(check: &Check) -> Option<String> {
    match check {
        Check::Contains { any, all, none, .. } => contains_problem(any, all, none),
        Check::Exact { values, .. } => {
            values.is_empty().then(|| "`values` is empty; list what is accepted".to_owned())
        }
        Check::Regex { pattern, .. } => Regex::new(pattern).err().map(|error| {
            let said = error.to_string();
            let reason = said.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            format!("invalid pattern `{pattern}`: {reason}; correct the pattern")
        }),
        Check::Numeric { value, abs, rel, .. } => numeric_problem(value, *abs, *rel),
        Check::Choice { options, answer } => choice_problem(options, *answer),
        Check::Json { equals, required, .. } => equals
            .keys()
            .chain(required)
            .find(|pointer| !pointer.is_empty() && !pointer.starts_with('/'))
            .map(|pointer| format!("`{pointer}` is not a JSON pointer; write `/{pointer}`")),
        Check::Code(rules) => rules.problem(),
        Check::JsonSchema { .. }
        | Check::Format(_)
        | Check::Refusal { .. }
        | Check::Concepts { .. }
        | Check::BaselineSimilarity { .. }
        | Check::Judge { .. }
        | Check::Score { .. }
        | Check::Preference { .. } => None,
    }
}

fn contains_problem(any: &[String], all: &[String], none: &[String]) -> Option<String> {
    if any.is_empty() && all.is_empty() && none.is_empty() {
        return Some("`any`, `all` and `none` are all empty; every answer would pass".to_owned());
    }
    any.iter()
        .chain(all)
        .chain(none)
        .any(|needle| needle.split('|').any(|alias| alias.trim().is_empty()))
        .then(|| "a needle is blank; every answer contains it".to_owned())
}

fn numeric_problem(value: &str, abs: Option<f64>, rel: Option<f64>) -> Option<String> {
    // What `Check::Numeric` documents: an integer or decimal with an optional exponent, or a
    // fraction whose denominator is not zero.
    static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"^[+-]?(?:[0-9]+/0*[1-9][0-9]*|(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)$",
        )
        .ok()
    });
    if !NUMBER.as_ref().is_some_and(|number| number.is_match(value)) {
        return Some(format!("`{value}` is not a number; write it like `42`, `-3.5`, `2/3` or `1.5e3`"));
    }
    [("abs", abs), ("rel", rel)]
        .into_iter()
        .find(|(_, tolerance)| tolerance.is_some_and(|tolerance| tolerance < 0.0))
        .map(|(field, _)| format!("`{field}` is negative; a tolerance is 0 or more"))
}

fn choice_problem(options: &[String], answer: char) -> Option<String> {
    let count = options.len();
    if !(2..=10).contains(&count) {
        return Some(format!("{count} options; give 2 to 10, lettered A to J by position"));
    }
    let letters: Vec<char> = ('A'..='J').take(count).collect();
    (!letters.contains(&answer)).then(|| {
        format!(
            "answer `{answer}` is none of its {count} options; use a letter from A to {}",
            letters[count - 1]
        )
    })
}
