//! Token boundaries, case folding, and how text from a model is quoted in a detail.

use std::fmt::Write as _;
use std::ops::Range;

use ::regex::Regex;

/// Compiles a pattern that is a literal of this crate.
#[expect(clippy::expect_used, reason = "only called with literals, every one of which is compiled by a test")]
pub(super) fn pattern(literal: &str) -> Regex {
    Regex::new(literal).expect("a literal pattern compiles")
}

/// Whether the script is written without spaces between words, so that a neighbour in it does not
/// continue a token.
const fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}'      // Thai, Lao
        | '\u{1000}'..='\u{109F}'    // Myanmar
        | '\u{1100}'..='\u{11FF}'    // Hangul Jamo
        | '\u{1780}'..='\u{17FF}'    // Khmer
        | '\u{2E80}'..='\u{9FFF}'    // CJK, kana
        | '\u{AC00}'..='\u{D7FF}'    // Hangul
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FF00}'..='\u{FFEF}'
        | '\u{20000}'..='\u{3FFFF}')
}

/// Whether `c` continues a token that a letter or digit belongs to.
pub(super) fn joins(c: char) -> bool {
    (c.is_alphanumeric() && !is_unspaced(c)) || c == '_'
}

/// Whether `text[range]` is not part of a longer word or number. Only letters and digits at its
/// ends need a boundary; a decimal point, a group of three digits and a sign belong to a number.
pub(super) fn is_token(text: &str, range: &Range<usize>) -> bool {
    let (Some(first), Some(last)) =
        (text[range.clone()].chars().next(), text[range.clone()].chars().next_back())
    else {
        return false;
    };
    starts_token(&text[..range.start], first) && ends_token(last, &text[range.end..])
}

fn starts_token(before: &str, first: char) -> bool {
    if !joins(first) {
        return true;
    }
    let mut back = before.chars().rev();
    let (one, two) = (back.next(), back.next());
    if one.is_some_and(joins) {
        return false;
    }
    if first.is_ascii_digit() {
        let after_digit = two.is_some_and(|c| c.is_ascii_digit());
        // 3.42 does not hold 42; nor does -42, unless the dash joins words or a range.
        return match one {
            Some('.') => !after_digit,
            Some('-') => two.is_some_and(|c| joins(c) || c == '-'),
            _ => true,
        };
    }
    true
}

fn ends_token(last: char, after: &str) -> bool {
    if !joins(last) {
        return true;
    }
    let mut ahead = after.chars();
    let one = ahead.next();
    if one.is_some_and(joins) {
        return false;
    }
    if last.is_ascii_digit() {
        let digits = ahead.take(4).take_while(char::is_ascii_digit).count();
        return match one {
            Some('.') => digits == 0,
            Some(',') => digits != 3,
            _ => true,
        };
    }
    true
}

/// Case folding by way of the upper case, so that `ß` and `SS`, and both small sigmas, agree.
pub(super) fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Runs of white space become one space; the ends are trimmed.
pub(super) fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// The text in quotation marks for a detail: at most 80 characters, control characters escaped.
pub(super) fn quote(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut out = String::from("\"");
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST {
            out.push('…');
            break;
        }
        if c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        {
            // Writing to a string cannot fail.
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries() {
        for (text, needle, expected) in [
            ("142", "42", false),
            ("421", "42", false),
            ("42", "42", true),
            ("is 42.", "42", true),
            ("(42)", "42", true),
            ("42%", "42", true),
            ("42.5", "42", false),
            ("3.42", "42", false),
            ("42,000", "42", false),
            ("41,42,43", "42", true),
            ("x=-42", "42", false),
            ("40-42", "42", true),
            ("答案是42个", "42", true),
            ("東京都", "東京", true),
            ("cats", "cat", false),
            ("concat", "cat", false),
            ("cat_a", "cat", false),
            ("cat-a", "cat", true),
            ("a->b", "->", true),
            ("Straße", "Stra", false),
        ] {
            let at = text.find(needle).unwrap();
            assert_eq!(is_token(text, &(at..at + needle.len())), expected, "{needle} in {text}");
        }
    }

    #[test]
    fn folding_and_quoting() {
        assert_eq!(fold("STRASSE"), fold("straße"));
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
        assert_eq!(squeeze(" a\n\u{a0}b "), "a b");
        assert_eq!(quote("a\n\u{1b}[31m\u{202e}"), "\"a\\n\\u{1b}[31m\\u{202e}\"");
        assert_eq!(quote(&"x".repeat(81)).chars().count(), 83);
    }
}
