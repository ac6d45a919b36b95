//! Two texts word by word: what both have, and what only one of them has.
//!
//! The work is bounded, by what is to be compared and not by the clock, so that the marks are the same on every machine:
//! of a pair by the length of its texts and of what differs in them (`MOST_BYTES`, `MOST_TOKENS`), of a page by
//! `Work`. Texts that share few words are not compared at all.

use std::collections::HashMap;
use std::ops::Range;

use serde::Serialize;
use similar::{Algorithm, DiffTag, capture_diff_slices};

/// The most words and signs on a side that are compared, what both begin and end with not counted.
const MOST_TOKENS: usize = 4_000;
/// The longest texts that are looked at, in bytes: no more than 8,000 characters of a text are shown.
const MOST_BYTES: usize = 32_000;
/// Steps that it takes to read a byte of a text, about.
const READ: usize = 8;
/// Texts that share less than this part of their words are entirely different.
const LEAST_SHARED: f64 = 0.3;

/// How many steps a page may still spend on comparing, where comparing m words with n takes m × n at the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Work {
    left: usize,
}

impl Work {
    /// Some seconds' of answers made to take long; two or three hundred pairs of long answers that differ all through.
    pub(crate) const OF_A_PAGE: Self = Self { left: 300_000_000 };

    /// Takes off some; false where there is not so much left.
    const fn take(&mut self, steps: usize) -> bool {
        match self.left.checked_sub(steps) {
            Some(left) => self.left = left,
            None => return false,
        }
        true
    }
}

/// How two answers compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// Both are the same text.
    Same,
    /// They differ in white space alone.
    WhiteSpace,
    /// What only one side has is marked in it.
    Marked,
    /// They share too little for marks to mean anything.
    EntirelyDifferent,
    /// They are too long to be compared word by word.
    TooLong,
    /// What was compared before took all that a page may spend on it.
    LeftOut,
}

impl Difference {
    /// What is said of it; nothing where marks speak for themselves.
    #[must_use]
    pub const fn words(self) -> Option<&'static str> {
        match self {
            Self::Same => Some("both answers are the same text"),
            Self::WhiteSpace => Some("the answers differ in white space alone"),
            Self::Marked => None,
            Self::EntirelyDifferent => Some("the answers are entirely different: nothing is marked"),
            Self::TooLong => Some("the answers are too long to be compared word by word"),
            Self::LeftOut => Some("there was no room for comparing these answers word by word"),
        }
    }
}

/// What only one side has, as ranges of bytes of its text, in order and apart from each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marks {
    /// How the texts compare.
    pub(crate) difference: Difference,
    /// Of the first text: what the second doesn't have.
    pub(crate) removed: Vec<Range<usize>>,
    /// Of the second text: what the first doesn't have.
    pub(crate) added: Vec<Range<usize>>,
}

impl Marks {
    const fn bare(difference: Difference) -> Self {
        Self { difference, removed: Vec::new(), added: Vec::new() }
    }
}

/// Compares two texts by their words and signs, whatever white space is between them.
pub(crate) fn compare(old: &str, new: &str, work: &mut Work) -> Marks {
    if old == new {
        return Marks::bare(Difference::Same);
    }
    if old.trim() == new.trim() {
        return Marks::bare(Difference::WhiteSpace);
    }
    if old.len() > MOST_BYTES || new.len() > MOST_BYTES {
        return Marks::bare(Difference::TooLong);
    }
    if !work.take((old.len() + new.len()) * READ) {
        return Marks::bare(Difference::LeftOut);
    }
    let (old, new) = (Tokens::of(old), Tokens::of(new));
    let words = (old.words() + new.words()).max(1);
    if shared(&old, &new, words) < LEAST_SHARED {
        return Marks::bare(Difference::EntirelyDifferent);
    }
    let alike = |(a, b): &(&&str, &&str)| a == b;
    let prefix = old.texts.iter().zip(&new.texts).take_while(alike).count();
    let (old_rest, new_rest) = (&old.texts[prefix..], &new.texts[prefix..]);
    let suffix = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(alike).count();
    let (old_rest, new_rest) = (old_rest.len() - suffix, new_rest.len() - suffix);
    if old_rest.max(new_rest) > MOST_TOKENS {
        return Marks::bare(Difference::TooLong);
    }
    if !work.take(old_rest * new_rest) {
        return Marks::bare(Difference::LeftOut);
    }
    let (old_ids, new_ids) = numbered(&old.texts, &new.texts);
    let ops = capture_diff_slices(Algorithm::Myers, &old_ids, &new_ids);
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    let mut kept = 0;
    let last = ops.len().saturating_sub(1);
    for (i, op) in ops.iter().enumerate() {
        let (of_old, of_new) = (op.old_range(), op.new_range());
        let between_changes = i > 0 && i < last;
        let is_kept =
            op.tag() == DiffTag::Equal && !(between_changes && is_crumb(&old.texts[of_old.clone()]));
        if is_kept {
            kept += 2 * old.texts[of_old].iter().filter(|token| is_word(token)).count();
        } else {
            push(&mut removed, of_old);
            push(&mut added, of_new);
        }
    }
    if removed.is_empty() && added.is_empty() {
        return Marks::bare(Difference::WhiteSpace);
    }
    if share(kept, words) < LEAST_SHARED {
        return Marks::bare(Difference::EntirelyDifferent);
    }
    Marks { difference: Difference::Marked, removed: old.bytes(&removed), added: new.bytes(&added) }
}

/// The most that two texts can have in common, as a share of their words: those that both hold, in whatever order.
fn shared(old: &Tokens<'_>, new: &Tokens<'_>, words: usize) -> f64 {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in old.texts.iter().filter(|token| is_word(token)) {
        *counts.entry(word).or_default() += 1;
    }
    let mut both = 0;
    for word in new.texts.iter().filter(|token| is_word(token)) {
        if let Some(left) = counts.get_mut(word).filter(|left| **left > 0) {
            *left -= 1;
            both += 2;
        }
    }
    share(both, words)
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer words than bytes, and those are bounded")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// Whether what both have between two changes is too little to read: signs, or one short word.
fn is_crumb(tokens: &[&str]) -> bool {
    let mut words = tokens.iter().filter(|token| is_word(token));
    let short = words.next().is_none_or(|word| word.len() < 3);
    short && words.next().is_none()
}

fn is_word(token: &str) -> bool {
    token.chars().next().is_some_and(char::is_alphanumeric)
}

/// Each token as a number, the same for the same text, which is quicker to compare.
fn numbered<'a>(old: &[&'a str], new: &[&'a str]) -> (Vec<usize>, Vec<usize>) {
    let mut ids: HashMap<&'a str, usize> = HashMap::new();
    let mut number = |token: &&'a str| {
        let next = ids.len();
        *ids.entry(token).or_insert(next)
    };
    (old.iter().map(&mut number).collect(), new.iter().map(&mut number).collect())
}

/// Adds a range, joined with the last one where they touch.
fn push(ranges: &mut Vec<Range<usize>>, range: Range<usize>) {
    if range.is_empty() {
        return;
    }
    match ranges.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range),
    }
}

/// A text in words and single signs, without the white space.
struct Tokens<'a> {
    texts: Vec<&'a str>,
    /// Where each begins.
    starts: Vec<usize>,
}

impl<'a> Tokens<'a> {
    fn of(text: &'a str) -> Self {
        let (mut texts, mut starts) = (Vec::new(), Vec::new());
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (token, after) = rest.split_at(token_length(rest));
            texts.push(token);
            starts.push(text.len() - rest.len());
            rest = after.trim_start();
        }
        Self { texts, starts }
    }

    fn words(&self) -> usize {
        self.texts.iter().filter(|token| is_word(token)).count()
    }

    /// Ranges of tokens as ranges of the text's bytes, from the first one's start to the last one's end.
    fn bytes(&self, ranges: &[Range<usize>]) -> Vec<Range<usize>> {
        let bytes = |range: &Range<usize>| {
            let last = range.end.checked_sub(1)?;
            Some(*self.starts.get(range.start)?..self.starts.get(last)? + self.texts.get(last)?.len())
        };
        ranges.iter().filter_map(bytes).collect()
    }
}

/// The length in bytes of the first token of a text that begins with one; 0 of nothing.
fn token_length(text: &str) -> usize {
    let mut characters = text.char_indices().peekable();
    let Some((_, first)) = characters.next() else { return 0 };
    let alone = first.len_utf8();
    if !joins(first) {
        return alone;
    }
    let mut before = first;
    while let Some((at, c)) = characters.next() {
        let after = characters.peek().map(|(_, c)| *c);
        // A number keeps its separators: 1,234.5 is one word.
        let within = matches!(c, '.' | ',')
            && before.is_ascii_digit()
            && after.is_some_and(|after| after.is_ascii_digit());
        if !joins(c) && !within {
            return at;
        }
        before = c;
    }
    text.len()
}

/// Whether a character is part of a word of several; scripts without blanks between words are taken by the character.
fn joins(c: char) -> bool {
    (c.is_alphanumeric() || c == '_')
        && !matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn compared(old: &str, new: &str) -> Marks {
        compare(old, new, &mut { Work::OF_A_PAGE })
    }

    /// Both texts with their marks in brackets.
    fn marked(old: &str, new: &str) -> (Difference, String, String) {
        let marks = compared(old, new);
        let write = |text: &str, ranges: &[Range<usize>]| {
            let mut out = String::new();
            let mut at = 0;
            for range in ranges {
                out = [out.as_str(), &text[at..range.start], "[", &text[range.clone()], "]"].concat();
                at = range.end;
            }
            out + &text[at..]
        };
        (marks.difference, write(old, &marks.removed), write(new, &marks.added))
    }

    #[test]
    fn what_only_one_side_has_is_marked_by_the_word() {
        assert_eq!(
            marked("The answer is 1,234.5 metres.", "The answer is 1,235.5 metres."),
            (
                Difference::Marked,
                "The answer is [1,234.5] metres.".to_owned(),
                "The answer is [1,235.5] metres.".to_owned()
            )
        );
        assert_eq!(
            marked("one two three four", "one two four five"),
            (Difference::Marked, "one two [three] four".to_owned(), "one two four [five]".to_owned())
        );
        assert_eq!(marked("同じ答えは四十二です", "同じ答えは四十三です").2, "同じ答えは四十[三]です");
        assert_eq!(marked("the same\n", "the same\n").0, Difference::Same);
        assert_eq!(marked("the same\n", " the same").0, Difference::WhiteSpace);
        assert_eq!(marked("the  same", "the\nsame").0, Difference::WhiteSpace);
    }

    #[test]
    fn crumbs_between_changes_are_part_of_the_change() {
        let (difference, old, new) = marked(
            "We begin with the number of apples, red is a colour and so on until the end of it",
            "We begin with the number of apples, green is no colour and so on until the end of it",
        );
        assert_eq!(difference, Difference::Marked);
        assert!(old.contains("[red is a] colour") && new.contains("[green is no] colour"), "{old} {new}");
    }

    #[test]
    fn texts_without_much_in_common_are_said_to_be_different() {
        assert_eq!(marked("I can't help with that.", "Forty-two apples").0, Difference::EntirelyDifferent);
        assert_eq!(compared("", "anything"), Marks::bare(Difference::EntirelyDifferent));
        // The same words in another order: nothing to read in marks.
        let words: Vec<String> = (0..400).map(|i| format!("w{}", (i * 181) % 401)).collect();
        let mut other = words.clone();
        other.reverse();
        assert_eq!(compared(&words.join(" "), &other.join(" ")).difference, Difference::EntirelyDifferent);
    }

    #[test]
    fn huge_texts_are_not_compared_unless_little_is_left() {
        let huge = "word ".repeat(300_000);
        assert_eq!(compared(&huge, &format!("{huge}x")).difference, Difference::TooLong);
        let long = |last: &str| format!("{}{last}", "a b ".repeat(7_000));
        assert_eq!(marked(&long("42"), &long("43")).2, long("[43]"));
        let many =
            |step: usize| (0..6_000).map(|i| ((i * step) % 401).to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(compared(&many(1), &many(7)).difference, Difference::TooLong);
    }

    #[test]
    fn what_a_page_spends_is_bounded_by_what_is_compared() {
        let words = |from: usize| {
            (from..from + 200)
                .map(|i| ["w", &((i * 7) % 200).to_string()].concat())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let (old, new) = (words(0), words(50));
        let mut work = Work { left: 100_000 };
        let all: Vec<Difference> = (0..3).map(|_| compare(&old, &new, &mut work).difference).collect();
        assert_eq!(all, [Difference::Marked, Difference::LeftOut, Difference::LeftOut]);
        // What is the same, or too long, costs nothing.
        let mut none = Work { left: 0 };
        assert_eq!(compare(&old, &old, &mut none).difference, Difference::Same);
        let long = "a ".repeat(MOST_BYTES);
        assert_eq!(compare(&long, "a b", &mut none).difference, Difference::TooLong);
        assert_eq!(compare("a b", "a c", &mut none).difference, Difference::LeftOut);
    }

    proptest! {
        #[test]
        fn without_the_marks_both_are_the_same_words(old in "[ab ,.]{0,60}", new in "[ab ,.]{0,60}") {
            let marks = compared(&old, &new);
            if marks.difference == Difference::Marked {
                let rest = |text: &str, ranges: &[Range<usize>]| {
                    let mut out = text.to_owned();
                    for range in ranges.iter().rev() {
                        out.replace_range(range.clone(), " ");
                    }
                    out.split_whitespace().collect::<String>()
                };
                prop_assert_eq!(rest(&old, &marks.removed), rest(&new, &marks.added));
            }
        }

        #[test]
        fn tokens_are_the_whole_text(text in any::<String>()) {
            let tokens = Tokens::of(&text);
            prop_assert_eq!(tokens.texts.concat(), text.split_whitespace().collect::<String>());
        }
    }
}
