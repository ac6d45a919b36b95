//! What the generators of this set share: drawing a row until it is sound, and how numbers and lists are written.

use std::fmt::Display;

use super::super::draft::Draft;
use super::super::random::Random;
use crate::model::check::Check;

/// The first sound row that `make` draws; it draws nothing where its parameters don't fit.
pub(super) fn draw(label: &str, make: impl Fn(&mut Random) -> Option<Draft>) -> Draft {
    let mut random = Random::of(&format!("benchmark quant {label}"));
    let drawn = std::iter::repeat_with(|| make(&mut random)).take(50_000).flatten().find(is_sound);
    // Generators take no input: a test has seen each find its row.
    drawn.unwrap_or_else(|| panic!("no sound row for `{label}`"))
}

/// What every computed row says besides its question. Hard ones need room for long working.
pub(super) fn finished(draft: Draft) -> Draft {
    draft.with_room_if_hard().provenance("computed")
}

/// Whether the wrong answers are wrong and differ, and the right one doesn't stand in the prompt by chance.
fn is_sound(draft: &Draft) -> bool {
    let prompt = &draft.prompt;
    let differ = prompt
        .near_miss
        .iter()
        .enumerate()
        .all(|(index, text)| *text != prompt.reference && !prompt.near_miss[..index].contains(text));
    let is_given = |answer: &str| tokens(&prompt.prompt).any(|token| token == answer);
    let stands = prompt.checks.iter().any(|check| match check {
        Check::Numeric { value, .. } => is_given(value),
        Check::Exact { values, .. } => values.iter().any(|value| prompt.prompt.contains(value)),
        _ => false,
    });
    differ && !prompt.near_miss.is_empty() && (prompt.answer_in_prompt || !stands)
}

/// Numbers and words of a text.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || "./:-".contains(c)))
        .map(|token| token.trim_matches(|c: char| "./:-".contains(c)))
}

/// The greatest common divisor of two numbers, not negative.
pub(super) fn gcd(left: i64, right: i64) -> i64 {
    if right == 0 { left.abs() } else { gcd(right, left % right) }
}

/// A fraction in lowest terms, an integer where it is one; the denominator is positive.
pub(super) fn fraction(part: i64, whole: i64) -> String {
    let divisor = gcd(part, whole);
    if divisor == whole {
        (part / whole).to_string()
    } else {
        format!("{}/{}", part / divisor, whole / divisor)
    }
}

/// An amount of money in cents, written with two decimals.
pub(super) fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// Items with commas and a last `and`.
pub(super) fn listed<T: Display>(items: &[T]) -> String {
    let texts: Vec<String> = items.iter().map(ToString::to_string).collect();
    match texts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Lines numbered from 1.
pub(super) fn numbered<T: Display>(items: &[T]) -> String {
    let line = |(index, item): (usize, &T)| format!("{}. {item}", index + 1);
    items.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

/// A number that counts or indexes, which is never negative here.
pub(super) fn index(number: i64) -> usize {
    usize::try_from(number).unwrap()
}

/// A count as a number to calculate with.
pub(super) fn count<T>(items: &[T]) -> i64 {
    i64::try_from(items.len()).unwrap()
}

/// One of the items.
pub(super) fn pick<'a, T>(random: &mut Random, items: &'a [T]) -> &'a T {
    &items[index(random.between(0, count(items) - 1))]
}

/// Every order of the numbers below `length`.
pub(super) fn orders(length: usize) -> Vec<Vec<usize>> {
    fn extend(order: &mut Vec<usize>, length: usize, found: &mut Vec<Vec<usize>>) {
        if order.len() == length {
            found.push(order.clone());
        }
        for item in 0..length {
            if !order.contains(&item) {
                order.push(item);
                extend(order, length, found);
                order.pop();
            }
        }
    }
    let mut found = Vec::new();
    extend(&mut Vec::new(), length, &mut found);
    found
}

/// An answer that is a list: commas with or without spaces, or spaces alone.
pub(super) fn list_answer(draft: Draft, right: &[String], wrong: &[Vec<String>]) -> Draft {
    draft
        .exact_any_case(&right.join(", "), wrong.iter().map(|items| items.join(", ")))
        .also(&right.join(","))
        .also(&right.join(" "))
}
