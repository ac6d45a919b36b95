//! Numbers in prose (rule 6 of the answer contract): sign, groups of three digits, decimal point,
//! exponent, fraction, percent, currency and unit. Dates, clock times, versions and ranges are
//! found too, as what they are: not numbers.

use std::ops::Range;
use std::sync::LazyLock;

use ::regex::{Captures, Regex};

use super::asides::{asides, is_list_index};
use super::operand::is_operand;
use super::rational::{Number, Ratio};
use super::tokens::{joins, pattern};
use super::units::Unit;

/// A number with its unit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Quantity {
    pub(super) number: Number,
    pub(super) unit: Option<Unit>,
}

/// Something that begins with a digit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    /// Where it stands, with sign, currency and unit.
    pub(super) range: Range<usize>,
    /// Nothing where it is no number: 12:30, 1.2.3, 3,14, 10-20, 3D.
    pub(super) quantity: Option<Quantity>,
    /// A list index, citation, date, version, or inside a parenthesis that starts with check, see
    /// or step: never an answer.
    pub(super) aside: bool,
}

/// An exponent, bare or in brackets of its own: the brace that ends a box is none of its.
const RAISED: &str = r"(?:\{\s*([+-]?\d{1,6})\s*\}|\(\s*([+-]?\d{1,6})\s*\)|([+-]?\d{1,6}))";

/// ` × 10^`, up to the exponent.
static POWER_OF_TEN: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"\A[^\S\n]?(?:[×x·*∙⋅])[^\S\n]?10(?:\^|\*\*){RAISED}")));
static EXPONENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"\A[eE]([+-]?\d{1,18})"));
static CARET: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"\A(?:\^|\*\*){RAISED}")));
static MIXED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\A(?: and | )(\d{1,9})/(\d{1,9})"));
static SLASH: LazyLock<Regex> = LazyLock::new(|| pattern(r"\A(?:/| / )(\d[\d,]*(?:\.\d+)?)"));
static RAISED_ORDINAL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\A\^(?:\{(?:st|nd|rd|th)\}|(?:st|nd|rd|th)\b)"));
static HALF: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\A and (a half|a quarter|three quarters)\b"));
/// The digits of a decimal that come again and again: `0.\overline{3}`.
static REPEATING: LazyLock<Regex> = LazyLock::new(|| pattern(r"\A(\.?)\\(?:overline|bar)\{(\d{1,9})\}"));
static SCALE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\A(?: {0,2}|-)(thousand|million|billion|trillion)\b"));
static UNIT_WORDS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\A(?:[%‰°$€£¥₹¢Ω]|[\p{L}°Ω][\p{L}]*(?:-hours?)?(?:\^?[23]\b)?)(?:(?:/| / | per |[ ])[\p{L}°%Ω]+(?:\^?[23]\b)?){0,4}",
    )
});
static CURRENCY_BEFORE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:US\$|[$€£¥₹]|\b(?:USD|EUR|GBP|JPY|INR|CHF|Rs\.?))\s?\z"));
static MINUS_WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b(?:minus|negative)\s\z"));

/// Unit names that are more often ordinary words; they count only where no word follows.
const SHY: [&str; 4] = ["in", "A", "a", "d"];

/// Every item of the text, in order, none overlapping.
pub(super) fn scan(text: &str) -> Vec<Item> {
    let asides = asides(text);
    let mut items: Vec<Item> = Vec::new();
    let (mut at, mut next_aside) = (0, 0);
    while let Some(offset) = text[at..].find(|c: char| c.is_ascii_digit()) {
        let digit = at + offset;
        let floor = items.last().map_or(0, |i| i.range.end);
        let start = if text[floor..digit].ends_with('.')
            && !text[..digit - 1].ends_with(|c: char| joins(c) || ".)]".contains(c))
        {
            digit - 1
        } else {
            digit
        };
        let mut item = read(text, start, floor);
        while asides.get(next_aside).is_some_and(|a| a.end <= digit) {
            next_aside += 1;
        }
        item.aside = asides.get(next_aside).is_some_and(|a| a.contains(&digit))
            || is_list_index(text, &(digit..digits_end(text, digit)));
        if item.aside {
            // A unit after an index belongs to what follows it.
            item.quantity = None;
            item.range.end = digits_end(text, digit);
        }
        at = item.range.end.max(digits_end(text, digit));
        let is_joined = items.last_mut().is_some_and(|last| join(text, last, &item));
        if !is_joined {
            items.push(item);
        }
    }
    items
}

/// A text whose decimal sign is the comma, as English writes it: between digits, commas and points change places. Every
/// byte keeps its place.
pub(super) fn with_decimal_points(text: &str) -> String {
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let changed = |(at, c): (usize, char)| match c {
        ',' | '.' if is_digit(at.checked_sub(1)) && is_digit(Some(at + 1)) => {
            if c == ',' {
                '.'
            } else {
                ','
            }
        }
        _ => c,
    };
    text.char_indices().map(changed).collect()
}

/// The text as one number and nothing else.
pub(super) fn parse(text: &str) -> Option<Quantity> {
    let text = text.trim();
    match scan(text).as_slice() {
        [item] if item.range == (0..text.len()) => item.quantity.clone(),
        _ => None,
    }
}

fn digits_end(text: &str, from: usize) -> usize {
    text[from..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |o| from + o)
}

/// Reads the item whose first digit (or decimal point) is at `start`; it reaches back no further
/// than `floor`.
fn read(text: &str, start: usize, floor: usize) -> Item {
    let nothing = |end: usize| Item { range: start..end, quantity: None, aside: false };
    let before = text[floor..start].chars().next_back();
    if before.is_some_and(|c| joins(c) || c == '^') {
        return nothing(word_end(text, start));
    }
    let Some((mut number, mut end)) = unsigned(text, start) else {
        return nothing(malformed_end(text, start));
    };
    if let Some(scale) = SCALE.captures(&text[end..]) {
        let power = match scale[1].to_ascii_lowercase().as_str() {
            "thousand" => 3,
            "million" => 6,
            "billion" => 9,
            _ => 12,
        };
        if let Some(factor) = Ratio::integer(10).pow(power) {
            number = number.scaled(factor);
        }
        end += scale[0].len();
    }
    if is_operand(text, start, end) {
        return nothing(end);
    }
    let mut unit = None;
    if let Some((found, length)) = unit_after(&text[end..]) {
        unit = Some(found);
        end += length;
    } else if let Some(length) = ordinal(&text[end..]) {
        end += length;
    } else if text[end..].starts_with(joins) {
        return nothing(word_end(text, end));
    }
    let mut begin = start;
    if let Some(sign) = text[floor..begin].chars().next_back().filter(|c| "+-".contains(*c)) {
        begin = signed(text, begin, sign, &mut number);
    }
    if let Some(currency) = CURRENCY_BEFORE.find(tail(text, floor, begin)) {
        begin -= currency.len();
        unit = Unit::named(currency.as_str().trim().trim_end_matches('.')).or(unit);
        if let Some(sign) = text[floor..begin].chars().next_back().filter(|c| "+-".contains(*c)) {
            begin = signed(text, begin, sign, &mut number);
        }
    }
    if begin == start || !text[begin..].starts_with(['+', '-']) {
        begin = distant_sign(text, floor, begin, &mut number);
    }
    Item { range: begin..end, quantity: Some(Quantity { number, unit }), aside: false }
}

/// At most the last 12 bytes of `text[floor..end]`: enough for a word before a number.
fn tail(text: &str, floor: usize, end: usize) -> &str {
    let mut from = end.saturating_sub(12).max(floor);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..end]
}

/// Takes a sign that stands right before the number, unless it joins what is before it.
fn signed(text: &str, begin: usize, sign: char, number: &mut Number) -> usize {
    if text[..begin - 1].chars().next_back().is_some_and(|c| joins(c) || ")]}%".contains(c)) {
        return begin;
    }
    if sign == '-' {
        *number = number.negated();
    }
    begin - 1
}

/// A sign further off: `= - 5`, `minus 5`, `negative 5`.
fn distant_sign(text: &str, floor: usize, begin: usize, number: &mut Number) -> usize {
    let before = tail(text, floor, begin);
    let length = if let Some(word) = MINUS_WORD.find(before) {
        // 8 minus 5 is a subtraction.
        if text[..begin - word.len()].trim_end().ends_with(|c: char| c.is_ascii_digit()) {
            return begin;
        }
        word.len()
    } else if before.ends_with("- ") && before.trim_end_matches("- ").trim_end().ends_with(['=', ':', '≈'])
    {
        2
    } else {
        return begin;
    };
    *number = number.negated();
    begin - length
}

/// An unsigned number and its end; nothing where the digits are no number.
fn unsigned(text: &str, start: usize) -> Option<(Number, usize)> {
    let (whole, fraction, mut end) = plain(text, start)?;
    let rest = |end: usize| &text[end..];
    let mut number = Number::decimal(false, &whole, &fraction, 0);
    if let Some(again) =
        REPEATING.captures(rest(end)).filter(|again| again[1].is_empty() != fraction.is_empty())
    {
        let digits = &again[2];
        let nines = Ratio::integer(10).pow(i32::try_from(digits.len()).ok()?)?.sub(Ratio::integer(1))?;
        let place = Ratio::integer(10).pow(i32::try_from(fraction.len()).ok()?)?;
        let rest = Ratio::integer(digits.parse().ok()?).div(nines)?.div(place)?;
        number = Number::exact(number.ratio()?.add(rest)?);
        end += again[0].len();
    } else if let Some(exponent) =
        EXPONENT.captures(rest(end)).filter(|e| !rest(end + e[0].len()).starts_with(joins))
    {
        number = Number::decimal(false, &whole, &fraction, exponent[1].parse().ok()?);
        end += exponent[0].len();
    } else if let Some(power) = POWER_OF_TEN.captures(rest(end)) {
        number = Number::decimal(false, &whole, &fraction, raised(&power)?);
        end += power[0].len();
    } else if let Some(power) = CARET.captures(rest(end)) {
        let exponent: i32 = raised(&power)?;
        number = if whole == "10" && fraction.is_empty() {
            Number::decimal(false, "1", "", i64::from(exponent))
        } else {
            Number::exact(number.ratio()?.pow(exponent)?)
        };
        end += power[0].len();
    } else if let Some(mixed) = MIXED.captures(rest(end)).filter(|_| fraction.is_empty()) {
        let (num, den) = (mixed[1].parse().ok()?, mixed[2].parse().ok()?);
        let after = rest(end + mixed[0].len());
        if num < den && !after.starts_with(|c: char| c == '/' || c.is_ascii_digit()) {
            number = Number::exact(number.ratio()?.add(Ratio::new(num, den)?)?);
            end += mixed[0].len();
        }
    } else if let Some(half) = HALF.captures(rest(end)).filter(|_| fraction.is_empty()) {
        let quarters = match half[1].to_ascii_lowercase().as_str() {
            "a half" => 2,
            "a quarter" => 1,
            _ => 3,
        };
        number = Number::exact(number.ratio()?.add(Ratio::new(quarters, 4)?)?);
        end += half[0].len();
    } else if let Some(slash) = SLASH.captures(rest(end)) {
        let below = slash.get(1)?;
        let (den_whole, den_fraction, den_end) = plain(text, end + below.start())?;
        if rest(den_end).starts_with('/') && rest(den_end + 1).starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let den = Number::decimal(false, &den_whole, &den_fraction, 0);
        number = Number::exact(number.ratio()?.div(den.ratio()?)?);
        end = den_end;
    }
    Some((number, end))
}

/// The exponent that [`RAISED`] found.
fn raised<T: std::str::FromStr>(power: &Captures<'_>) -> Option<T> {
    power.iter().skip(1).flatten().next()?.as_str().parse().ok()
}

/// Digits with groups and a decimal point: the digits before it, after it, and the end. Nothing
/// where they go on in a way that no number does.
fn plain(text: &str, start: usize) -> Option<(String, String, usize)> {
    let bytes = text.as_bytes();
    let is_digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let three = |i: usize| (i..i + 3).all(is_digit) && !is_digit(i + 3);
    let mut end = digits_end(text, start);
    let mut whole = text[start..end].to_owned();
    if let Some(separator) = bytes.get(end).copied().filter(|b| b", _'".contains(b)) {
        let may_group = (1..=3).contains(&whole.len()) && !whole.starts_with('0');
        while may_group && bytes.get(end) == Some(&separator) && three(end + 1) {
            whole.push_str(&text[end + 1..end + 4]);
            end += 4;
        }
        if separator == b' '
            && whole.len() > 3
            && bytes.get(end).is_some_and(|b| b",:/".contains(b))
            && is_digit(end + 1)
        {
            return None;
        }
    }
    let mut fraction = String::new();
    if bytes.get(end) == Some(&b'.') && is_digit(end + 1) {
        let fraction_end = digits_end(text, end + 1);
        fraction.push_str(&text[end + 1..fraction_end]);
        end = fraction_end;
    }
    // 3,14 · 1.2.3 · 12:30 · 10-20 · 1_00
    let goes_on = bytes.get(end).is_some_and(|b| b".,:-_".contains(b)) && is_digit(end + 1);
    if goes_on { None } else { Some((whole, fraction, end)) }
}

/// The end of a word with digits in it, such as `H2O` or `v1.2`.
fn word_end(text: &str, from: usize) -> usize {
    let mut end = from;
    loop {
        end = text[end..].find(|c: char| !joins(c)).map_or(text.len(), |o| end + o);
        if !(text[end..].starts_with('.') && text[end + 1..].starts_with(|c: char| c.is_ascii_digit())) {
            return end;
        }
        end += 1;
    }
}

/// The end of a run of digits with what joins them in dates, times, versions, ranges and lists.
fn malformed_end(text: &str, start: usize) -> usize {
    let run = text[start..].find(|c: char| !(c.is_ascii_digit() || ".,:-/_".contains(c)));
    let end = run.map_or(text.len(), |o| start + o);
    start + text[start..end].trim_end_matches(|c: char| !c.is_ascii_digit()).len().max(1)
}

/// `st`, `nd`, `rd`, `th` right after digits.
fn ordinal(rest: &str) -> Option<usize> {
    if let Some(raised) = RAISED_ORDINAL.find(rest) {
        return Some(raised.len());
    }
    let suffix = rest.get(..2)?.to_ascii_lowercase();
    (["st", "nd", "rd", "th"].contains(&suffix.as_str()) && !rest[2..].starts_with(joins)).then_some(2)
}

/// The unit at the start of `rest` and its length with the space before it.
fn unit_after(rest: &str) -> Option<(Unit, usize)> {
    // Two spaces where one stood before `\text{ km}` and one in it.
    let spaces = rest.bytes().take(2).take_while(|b| *b == b' ').count();
    let is_hyphen = rest.starts_with('-') && rest[1..].starts_with(char::is_alphabetic);
    let gap = spaces.max(usize::from(is_hyphen));
    let words = UNIT_WORDS.find(&rest[gap..])?.as_str();
    // The longest run of words that names a unit.
    let mut length = words.len();
    loop {
        let name = &words[..length];
        let after = &rest[gap + length..];
        let is_whole = !(name.ends_with(joins) && after.starts_with(joins));
        let is_word = SHY.contains(&name)
            && after.strip_prefix(' ').is_some_and(|next| next.starts_with(|c: char| c.is_alphanumeric()));
        if let Some(unit) = Unit::named(name).filter(|_| is_whole && !is_word) {
            return Some((unit, gap + length));
        }
        length = name.rfind(|c: char| " /".contains(c)).filter(|l| *l > 0)?;
    }
}

/// Adds the second half of a compound such as `3 hours 20 minutes` to the first.
fn join(text: &str, last: &mut Item, item: &Item) -> bool {
    let (Some(first), Some(second)) = (&last.quantity, &item.quantity) else { return false };
    let (Some(large), Some(small)) = (first.unit, second.unit) else { return false };
    let between = &text[last.range.end..item.range.start];
    let Some(factor) = small.into_other(large) else { return false };
    let smaller = factor.compare(Ratio::integer(1)) == Some(std::cmp::Ordering::Less);
    if !(large.is_compound() && smaller && [" ", ", ", " and ", ", and "].contains(&between)) {
        return false;
    }
    let sum = || {
        let (first, second) = (first.number.ratio()?, second.number.ratio()?.mul(factor)?);
        // -3 h 20 min is minus all of it.
        let is_negative = first.compare(Ratio::integer(0))? == std::cmp::Ordering::Less;
        if is_negative { first.sub(second) } else { first.add(second) }
    };
    let Some(sum) = sum() else { return false };
    last.quantity = Some(Quantity { number: Number::exact(sum), unit: Some(large) });
    last.range.end = item.range.end;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows every item that can be an answer: its text, and what it is worth.
    fn shown(text: &str) -> Vec<(String, f64)> {
        let items = scan(text).into_iter().filter(|i| !i.aside);
        items.filter_map(|i| Some((text[i.range].to_owned(), i.quantity?.number.ratio()?.approx()))).collect()
    }

    #[test]
    fn one_number() {
        for (text, part, value) in [
            ("42", "42", 42.0),
            ("-42", "-42", -42.0),
            ("+42", "+42", 42.0),
            ("x = -42.", "-42", -42.0),
            ("x = - 5", "- 5", -5.0),
            ("minus 5", "minus 5", -5.0),
            ("negative 5", "negative 5", -5.0),
            ("1,234.5", "1,234.5", 1234.5),
            ("1 234", "1 234", 1234.0),
            ("12 345 678", "12 345 678", 12_345_678.0),
            ("1_000", "1_000", 1000.0),
            ("1,234,567", "1,234,567", 1_234_567.0),
            ("1.5e3", "1.5e3", 1500.0),
            ("1.5E-3", "1.5E-3", 0.0015),
            ("1.5 × 10^3", "1.5 × 10^3", 1500.0),
            ("1.5x10^{-3}", "1.5x10^{-3}", 0.0015),
            ("10^6", "10^6", 1e6),
            ("10^(6)", "10^(6)", 1e6),
            ("{10^6}", "10^6", 1e6),
            ("{5 × 10^3}", "5 × 10^3", 5000.0),
            ("2^10", "2^10", 1024.0),
            ("3/4", "3/4", 0.75),
            ("3 / 4", "3 / 4", 0.75),
            ("-3/4", "-3/4", -0.75),
            ("2 1/2", "2 1/2", 2.5),
            ("2 and 1/2", "2 and 1/2", 2.5),
            (".5", ".5", 0.5),
            ("0.50.", "0.50", 0.5),
            ("50%", "50%", 50.0),
            ("50 percent", "50 percent", 50.0),
            ("$42", "$42", 42.0),
            ("-$42", "-$42", -42.0),
            ("$-42", "$-42", -42.0),
            ("USD 42.50", "USD 42.50", 42.5),
            ("42 USD", "42 USD", 42.0),
            ("€1,000", "€1,000", 1000.0),
            ("1.5 million", "1.5 million", 1_500_000.0),
            ("5 km", "5 km", 5.0),
            ("5km", "5km", 5.0),
            ("5 km/h", "5 km/h", 5.0),
            ("5 miles per hour today", "5 miles per hour", 5.0),
            ("5 square metres", "5 square metres", 5.0),
            ("5 in total", "5", 5.0),
            ("5 apples", "5", 5.0),
            ("5-year plan", "5-year", 5.0),
            ("42nd", "42nd", 42.0),
            ("答案是42个", "42", 42.0),
            ("(42)", "42", 42.0),
            ("42, then", "42", 42.0),
            ("3 hours 20 minutes", "3 hours 20 minutes", 3.0 + 1.0 / 3.0),
            ("5 ft 3 in", "5 ft 3 in", 5.25),
            ("007", "007", 7.0),
        ] {
            let found = shown(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!(found[0].0, part, "{text}");
            assert!((found[0].1 - value).abs() < 1e-9, "{text}: {found:?}");
        }
    }

    #[test]
    fn not_numbers() {
        for text in [
            "12:30",
            "at 12:30:15",
            "3:4",
            "1.2.3",
            "v1.2",
            "3,14",
            "1.234,56",
            "1,23",
            "10-20",
            "555-1234",
            "2024-01-05",
            "1/2/2024",
            "5.3.2024",
            "March 5, 2024",
            "5 March 2024",
            "on the 5th of March",
            "May 2020",
            "so [1]",
            "so [1, 2]",
            "[1] Smith",
            "(see 12)",
            "(check: 6 × 7)",
            "(step 3)",
            "Step 3:",
            "1. text",
            "2) text",
            "(3) text",
            "- 4. text",
            "### 2. text",
            "version 3.2",
            "H2O",
            "x1",
            "3D",
            "2x",
            "a_1",
            "5/0",
            "Figure 2",
            "page 12",
        ] {
            assert_eq!(shown(text), [], "{text}");
        }
    }

    #[test]
    fn several_numbers() {
        for (text, values) in [
            ("1. 42", vec![42.0]),
            ("42.\n", vec![42.0]),
            ("6 * 7 = 42", vec![6.0, 7.0, 42.0]),
            ("40 + 2", vec![40.0, 2.0]),
            ("5 - 3", vec![5.0, 3.0]),
            ("8 minus 5", vec![8.0, 5.0]),
            ("between 1 and 2", vec![1.0, 2.0]),
            ("1, 2, 3", vec![1.0, 2.0, 3.0]),
            ("42 [3]", vec![42.0]),
            ("x: [1, 2]", vec![1.0, 2.0]),
            ("[42]", vec![42.0]),
            ("so 5 may be it", vec![5.0]),
            ("2 kg and 3 m", vec![2.0, 3.0]),
        ] {
            let found: Vec<f64> = shown(text).into_iter().map(|f| f.1).collect();
            assert_eq!(found, values, "{text}");
        }
    }

    #[test]
    fn commas_and_points_change_places_between_digits() {
        for (text, expected) in [
            ("1.234,5", "1,234.5"),
            ("1 234,5 und 0,5.", "1 234.5 und 0.5."),
            ("3, 4. é,5", "3, 4. é,5"),
            ("5.3.2024", "5,3,2024"),
            ("", ""),
        ] {
            assert_eq!(with_decimal_points(text), expected);
        }
    }

    #[test]
    fn a_whole_text_is_a_number_or_not() {
        assert!(parse(" 2/3 ").is_some());
        assert!(parse("-1,234.5 kg").unwrap().unit.is_some());
        for text in ["", "a", "1 or 2", "about 5", "5,5", "1/0", "5!"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
