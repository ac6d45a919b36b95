//! Defects within one prompt that parse as JSON but can never be judged as meant.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::check::{Check, PassWhen};
use crate::model::format::{FormatRules, Span};
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
        Check::Regex { pattern, .. } => pattern_problem(pattern),
        Check::Numeric { value, abs, rel, .. } => numeric_problem(value, *abs, *rel),
        Check::Choice { options, answer } => choice_problem(options, *answer),
        Check::Json { equals, required, .. } => equals
            .keys()
            .chain(required)
            .find(|pointer| !pointer.is_empty() && !pointer.starts_with('/'))
            .map(|pointer| format!("`{pointer}` is not a JSON pointer; write `/{pointer}`")),
        Check::JsonSchema { schema } => (!schema.is_object() && !schema.is_boolean())
            .then(|| "`schema` is neither an object nor true or false; write a JSON Schema".to_owned()),
        Check::Format(rules) => format_problem(rules),
        Check::Concepts { groups, at_least, forbidden } => concepts_problem(groups, *at_least, forbidden),
        Check::BaselineSimilarity { min_similarity, same, length_ratio } => {
            similarity_problem(*min_similarity, *same, *length_ratio)
        }
        Check::Code(rules) => rules.problem(),
        Check::Refusal { .. } | Check::Judge { .. } | Check::Score { .. } | Check::Preference { .. } => None,
    }
}

fn pattern_problem(pattern: &str) -> Option<String> {
    Regex::new(pattern).err().map(|error| {
        let said = error.to_string();
        let reason = said.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        format!("invalid pattern `{pattern}`: {reason}; correct the pattern")
    })
}

fn format_problem(rules: &FormatRules) -> Option<String> {
    if *rules == FormatRules::default() {
        return Some("no rule is given; every answer would pass".to_owned());
    }
    let spans = [
        ("words", rules.words),
        ("sentences", rules.sentences),
        ("lines", rules.lines),
        ("paragraphs", rules.paragraphs),
        ("bullets", rules.bullets),
        ("headings", rules.headings),
    ];
    let spans = spans.into_iter().find_map(|(field, span)| match span? {
        Span { min: Some(min), max: Some(max) } if min > max => {
            Some(format!("`{field}` is at least {min} and at most {max}; no answer can be both"))
        }
        Span { min: None, max: None } => Some(format!("`{field}` has neither `min` nor `max`; give one")),
        _ => None,
    });
    let patterns = [("only", &rules.only), ("each_line", &rules.each_line)];
    let patterns = || {
        patterns
            .into_iter()
            .find_map(|(field, p)| Some(format!("`{field}`: {}", pattern_problem(p.as_ref()?)?)))
    };
    let texts = [("starts_with", &rules.starts_with), ("ends_with", &rules.ends_with)];
    let texts = || {
        texts.into_iter().find_map(|(field, text)| {
            let text = text.as_ref()?;
            (text.is_empty() || text.trim().len() < text.len()).then(|| {
                format!("`{field}` is empty or has white space at an end, which no answer has; trim it")
            })
        })
    };
    let forbidden = || {
        let is_blank = rules.forbidden.iter().any(String::is_empty);
        is_blank.then(|| "`forbidden` holds an empty text; every answer contains it".to_owned())
    };
    spans.or_else(patterns).or_else(texts).or_else(forbidden)
}

fn concepts_problem(groups: &[Vec<String>], at_least: Option<u32>, forbidden: &[String]) -> Option<String> {
    if groups.is_empty() && forbidden.is_empty() {
        return Some("`groups` and `forbidden` are both empty; every answer would pass".to_owned());
    }
    if let Some(index) = groups.iter().position(Vec::is_empty) {
        return Some(format!("group {} has no wordings; list at least one", index + 1));
    }
    let count = groups.len();
    if let Some(wanted) = at_least
        && (usize::try_from(wanted).is_ok_and(|wanted| wanted > count) || (wanted == 0 && count > 0))
    {
        return Some(format!("`at_least` wants {wanted} of {count} groups; use 1 to {count}"));
    }
    groups
        .iter()
        .flatten()
        .chain(forbidden)
        .any(|wording| wording.split('|').any(|alias| alias.trim().is_empty()))
        .then(|| "a wording is blank; write what must be found".to_owned())
}

fn similarity_problem(min: Option<f64>, same: bool, length_ratio: Option<[f64; 2]>) -> Option<String> {
    if min.is_none() && !same && length_ratio.is_none() {
        return Some("nothing is asked for; give `min_similarity`, `same` or `length_ratio`".to_owned());
    }
    if let Some(min) = min.filter(|min| !(0.0..=1.0).contains(min)) {
        return Some(format!("`min_similarity` is {min}; it is 0 to 1"));
    }
    length_ratio.filter(|[least, most]| !(*least >= 0.0 && least <= most)).map(|[least, most]| {
        format!("`length_ratio` is {least} to {most}; give the smaller one first, from 0")
    })
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
