//! Expected answers as checks, with a right reply and, where one can be made, a wrong one.

use serde_json::Value;

use super::fields::scalar;
use crate::model::check::{Check, Locale, Normaliser, Scope};
use crate::model::prompt::Prompt;
use crate::promptset::verify::is_number;

/// The most options that a choice can have.
const MOST_OPTIONS: usize = 10;

/// A number as an answer key writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    /// As `numeric` takes it.
    pub(super) value: String,
    /// `%`, where it is one.
    pub(super) unit: Option<String>,
}

impl Number {
    /// Reads `42`, `-3.5`, `1,234`, `$18`, `2/3`, `50%`; `None` of all else.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim().replace('\u{2212}', "-");
        let text = text.strip_suffix('.').unwrap_or(&text).trim_start_matches(['$', '€', '£']).trim();
        let (text, unit) = match text.strip_suffix('%') {
            Some(number) => (number.trim_end(), Some("%".to_owned())),
            None => (text, None),
        };
        let value = without_groups(text);
        is_number(&value).then_some(Self { value, unit })
    }

    /// The check. A decimal fraction is right to as many places as are written: keys round.
    pub(super) fn check(&self) -> Check {
        let places = self.value.split_once('.').filter(|(_, places)| !places.contains(['e', 'E']));
        Check::Numeric {
            value: self.value.clone(),
            abs: None,
            rel: None,
            decimals: places.and_then(|(_, places)| u32::try_from(places.len()).ok()),
            significant_figures: None,
            unit: self.unit.clone(),
            locale: Locale::English,
        }
    }

    /// As it is said in an answer.
    pub(super) fn said(&self) -> String {
        format!("{}{}", self.value, self.unit.as_deref().unwrap_or_default())
    }

    /// The number whose last digit is one more; of a fraction, its numerator.
    pub(super) fn off_by_one(&self) -> Option<Self> {
        let (number, rest) =
            self.value.split_once('/').map_or((self.value.as_str(), None), |(n, d)| (n, Some(d)));
        let (whole, places) = number.split_once('.').unwrap_or((number, ""));
        let next = format!("{whole}{places}").parse::<i128>().ok()?.checked_add(1)?;
        let digits = format!("{:0>width$}", next.unsigned_abs(), width = places.len() + 1);
        let (whole, places) = digits.split_at(digits.len() - places.len());
        let mut value = if next < 0 { format!("-{whole}") } else { whole.to_owned() };
        if !places.is_empty() {
            value = format!("{value}.{places}");
        }
        if let Some(denominator) = rest {
            value = format!("{value}/{denominator}");
        }
        Some(Self { value, unit: self.unit.clone() })
    }
}

/// Commas out where they separate groups of three digits.
fn without_groups(text: &str) -> String {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = whole.trim_start_matches(['+', '-']).split(',');
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let is_grouped = groups.next().is_some_and(|first| (1..=3).contains(&first.len()) && is_digits(first))
        && groups.all(|group| group.len() == 3 && is_digits(group))
        && is_digits(places);
    if is_grouped { text.replace(',', "") } else { text.to_owned() }
}

/// The answer is one of these texts, whatever its case, white space, quotation marks and full stop.
pub(super) fn exact(values: Vec<String>) -> Check {
    let normalise = vec![
        Normaliser::Nfkc,
        Normaliser::Case,
        Normaliser::Whitespace,
        Normaliser::Quotes,
        Normaliser::FullStop,
    ];
    Check::Exact { values, normalise, scope: Scope::Answer }
}

/// The whole reply is this text, give or take white space, a fence, quotation marks and a full stop.
pub(super) fn whole(values: Vec<String>) -> Check {
    let normalise = vec![
        Normaliser::Nfkc,
        Normaliser::Fence,
        Normaliser::Whitespace,
        Normaliser::Quotes,
        Normaliser::FullStop,
    ];
    Check::Exact { values, normalise, scope: Scope::Text }
}

/// Asks for an answer line of this kind.
pub(super) fn ask(prompt: &mut Prompt, kind: &str) {
    prompt.prompt = format!("{}\nEnd with a line: Answer: <{kind}>", prompt.prompt.trim_end());
}

/// Expects a number.
pub(super) fn expect_number(prompt: &mut Prompt, number: &Number) {
    prompt.checks.push(number.check());
    prompt.reference = answer(&number.said());
    prompt.near_miss.extend(number.off_by_one().map(|other| answer(&other.said())));
}

/// The answer line.
pub(super) fn answer(text: &str) -> String {
    format!("Answer: {text}")
}

/// Expects one of `options`, which are added to the prompt unless it lists them already.
///
/// # Errors
///
/// Where there are too few or too many.
pub(super) fn expect_choice(prompt: &mut Prompt, options: Vec<String>, right: usize) -> Result<(), String> {
    if !(2..=MOST_OPTIONS).contains(&options.len()) {
        return Err(format!("{} options; a choice has 2 to {MOST_OPTIONS}", options.len()));
    }
    let letters: Vec<char> = ('A'..='J').collect();
    let listed: Vec<String> =
        letters.iter().zip(&options).map(|(letter, option)| format!("{letter}) {option}")).collect();
    prompt.prompt.truncate(prompt.prompt.trim_end().len());
    if !lists(&prompt.prompt, &options) {
        for line in &listed {
            prompt.prompt.push('\n');
            prompt.prompt += line;
        }
    }
    ask(prompt, "letter");
    let wrong = (right + 1) % options.len();
    prompt.reference = answer(&listed[right]);
    prompt.near_miss.push(answer(&listed[wrong]));
    prompt.checks.push(Check::Choice { options, answer: letters[right] });
    Ok(())
}

/// Whether a text lists the options with their letters already.
fn lists(text: &str, options: &[String]) -> bool {
    options.iter().zip('A'..='J').all(|(option, letter)| {
        text.lines().any(|line| {
            let line = line.trim().trim_start_matches('(');
            let rest = line.strip_prefix(letter).map(|rest| rest.trim_start_matches([')', '.', ':']).trim());
            rest == Some(option.trim())
        })
    })
}

/// Which option an answer key means: a label, a letter, an index from 0, or the option's own text. A text of digits is
/// a label where there is such a label, else an index.
///
/// # Errors
///
/// Where it is none of them.
pub(super) fn option_index(key: &Value, labels: &[String], options: &[String]) -> Result<usize, String> {
    let key = match key {
        Value::Array(keys) if keys.len() == 1 => &keys[0],
        other => other,
    };
    let unknown =
        || format!("is none of the {} options: neither letter, index from 0, nor text of one", options.len());
    if let Some(index) = key.as_u64() {
        return usize::try_from(index).ok().filter(|index| *index < options.len()).ok_or_else(unknown);
    }
    let text = scalar(key).ok_or_else(unknown)?;
    let text = text.trim();
    let same = |other: &String| other.trim().to_lowercase() == text.to_lowercase();
    let letter = || {
        let bare = text.trim_matches(['(', ')', '.', ':']);
        let mut characters = bare.chars();
        let letter = characters.next().filter(|_| characters.next().is_none())?.to_ascii_uppercase();
        ('A'..='Z').position(|other| other == letter)
    };
    labels
        .iter()
        .position(same)
        .or_else(letter)
        .or_else(|| text.parse().ok())
        .filter(|index| *index < options.len())
        .or_else(|| options.iter().position(same))
        .ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn number(text: &str) -> Option<(String, Option<String>)> {
        Number::read(text).map(|number| (number.said(), number.off_by_one().map(|other| other.said())))
    }

    #[test]
    fn numbers_of_answer_keys() {
        for (text, value, near) in [
            ("42", "42", Some("43")),
            (" $1,234.50. ", "1234.50", Some("1234.51")),
            ("-1", "-1", Some("0")),
            ("\u{2212}0.5", "-0.5", Some("-0.4")),
            ("0.09", "0.09", Some("0.10")),
            ("2/3", "2/3", Some("3/3")),
            ("50%", "50%", Some("51%")),
            ("1e5", "1e5", None),
            ("99999999999999999999999999999999999999999", "99999999999999999999999999999999999999999", None),
        ] {
            assert_eq!(number(text), Some((value.to_owned(), near.map(str::to_owned))), "{text}");
        }
        for text in ["", "four", "1,23", "12:30", "3 apples", "1/0", "-", "%", "1.2.3"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn decimals_are_right_to_the_places_that_are_written() {
        let decimals = |text: &str| match Number::read(text).map(|number| number.check()) {
            Some(Check::Numeric { decimals, .. }) => decimals,
            _ => panic!("{text}"),
        };
        assert_eq!((decimals("3.14"), decimals("3"), decimals("1.5e3")), (Some(2), None, None));
    }

    #[test]
    fn keys_of_choices() {
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        let options = owned(&["Lyon", "Paris", "Nice", "3"]);
        let letters = owned(&["A", "B", "C", "D"]);
        for (key, index) in [
            (json!(1), 1),
            (json!("B"), 1),
            (json!("b)"), 1),
            (json!("(B)"), 1),
            (json!("1"), 1),
            (json!(" paris"), 1),
            (json!(["C"]), 2),
            (json!("3"), 3),
        ] {
            assert_eq!(option_index(&key, &letters, &options), Ok(index), "{key}");
        }
        assert_eq!(option_index(&json!("3"), &owned(&["1", "2", "3", "4"]), &options), Ok(2));
        for key in [json!(4), json!(-1), json!("E"), json!("Rome"), json!({}), json!(["A", "B"]), json!(1.5)]
        {
            assert!(option_index(&key, &letters, &options).is_err(), "{key}");
        }
    }

    #[test]
    fn options_that_the_prompt_lists_are_not_listed_again() {
        let options = || vec!["Lyon".to_owned(), "Paris".to_owned()];
        let asked = |text: &str| {
            let mut prompt = Prompt::unchecked(String::new(), String::new(), text.to_owned(), 1);
            expect_choice(&mut prompt, options(), 1).unwrap();
            assert_eq!(
                (prompt.reference.as_str(), prompt.near_miss),
                ("Answer: B) Paris", vec!["Answer: A) Lyon".to_owned()])
            );
            prompt.prompt
        };
        assert_eq!(asked("Where?\n"), "Where?\nA) Lyon\nB) Paris\nEnd with a line: Answer: <letter>");
        assert_eq!(
            asked("Where?\n A. Lyon\n(B) Paris"),
            "Where?\n A. Lyon\n(B) Paris\nEnd with a line: Answer: <letter>"
        );
    }
}
