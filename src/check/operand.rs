//! Where a number is only part of an expression that isn't worked out here: `\sqrt{16}`, `3\pi`, `x^{2}`, `x \le 5`. The
//! expression has another value than the number in it, or none. Tested with `quantity`.

use std::sync::LazyLock;

use ::regex::Regex;

use super::tokens::pattern;

/// How far before a number to look, in bytes.
const REACH: usize = 48;

/// The end of what makes an expression of the number after it: a root, a function, a sign of two values, an absolute
/// value, an exponent or index, a fraction that isn't one of two numbers, a relation other than equality.
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    let function =
        r"\\(?:sqrt(?:\[[^\]]{0,9}\]?)?|log(?:_\{?\w{1,9}\}?)?|ln|lg|sin|cos|tan|exp)\s*[{(]?\s*-?";
    let fraction = r"frac\{(?:[^{}]|\{[^{}]*\})*(?:\}\{[^{}]*)?";
    let relation = r"[\p{L})}] (?:[<>]=?)\s*|[\p{L})}] ?(?:[≤≥≠]|\\(?:leq?|geq?|neq?|lt|gt)(?:slant)?)\s*";
    pattern(&format!(r"(?:{function}|[√±∓]\s?|\{{\|-?|[_^]\{{[^{{}}]*|{fraction}|{relation})\z"))
});

/// The start of what makes an expression of the number before it: a root, a constant, a function, an exponent that is no
/// number, a factorial at the end of a formula (elsewhere it is an exclamation).
static AFTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\A(?:!\}| ?[√∛∞π]| ?\\(?:sqrt|[dtc]?frac|ln|log|sin|cos|tan|exp|infty|tau|phi|varphi|theta|alpha|beta|gamma|lambda|sigma|omega|ldots|dots)\b|\.?\\(?:overline|bar|dot)\b|\^(?:[{(]|\\|\p{L}))",
    )
});

/// An ordinal's ending, which is no exponent.
static ORDINAL: LazyLock<Regex> = LazyLock::new(|| pattern(r"\A\^\{?(?:st|nd|rd|th)\b"));

/// Whether the digits at `text[start..end]` are part of a larger expression.
pub(super) fn is_operand(text: &str, start: usize, end: usize) -> bool {
    let rest = &text[end..];
    let mut from = start.saturating_sub(REACH);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = &text[from..start];
    let may_follow = rest.starts_with(['!', ' ', '\\', '^', '.', '√', '∛', '∞', 'π']);
    (may_follow && AFTER.is_match(rest) && !ORDINAL.is_match(rest))
        || (before.contains(['\\', '^', '_', '|', '<', '>', '√', '±', '∓', '≤', '≥', '≠'])
            && BEFORE.is_match(before))
}
