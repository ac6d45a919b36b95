//! Evening out how an answer is written (rule 3 of the answer contract): Unicode forms, dashes,
//! digit groups, LaTeX and Markdown dress. Needles and option texts go through the same, so that
//! both sides of a comparison are alike.

use std::ops::Range;
use std::sync::LazyLock;

use ::regex::Regex;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use super::mapped::Mapped;
use super::tokens::{joins, pattern};

/// A fraction of two numbers in LaTeX, each in braces or a single digit. Groups 1 and 4 are signs, 2, 3, 5 and 6 digits.
static FRACTION: LazyLock<Regex> = LazyLock::new(|| {
    let part = r"(?:\{\s*(-?)([\d.,]+)\s*\}| ?(\d))";
    pattern(&format!(r"\A\\[dtc]?frac{part}{part}"))
});

/// LaTeX and what it is read as; longest first where one begins with another.
const LATEX: [(&str, &str); 32] = [
    ("\\,", ""),
    ("\\!", ""),
    ("\\;", " "),
    ("\\:", " "),
    ("\\ ", " "),
    ("\\$", "$"),
    ("\\%", "%"),
    ("\\#", "#"),
    ("\\&", "&"),
    ("\\_", "_"),
    ("\\(", ""),
    ("\\)", ""),
    ("\\[", ""),
    ("\\]", ""),
    ("\\times", "×"),
    ("\\cdot", "·"),
    ("\\approx", "≈"),
    ("\\div", "÷"),
    ("\\pm", "±"),
    ("\\mp", "∓"),
    ("\\pi", "π"),
    ("\\mu", "μ"),
    ("\\Omega", "Ω"),
    ("\\degree", "°"),
    ("\\displaystyle", ""),
    ("\\textstyle", ""),
    ("\\qquad", " "),
    ("\\quad", " "),
    ("\\left", ""),
    ("\\right", ""),
    ("^\\circ", "°"),
    ("^{\\circ}", "°"),
];

/// LaTeX commands whose argument stands for itself.
const WRAPPERS: [&str; 9] = [
    "\\text{",
    "\\textbf{",
    "\\textit{",
    "\\texttt{",
    "\\mathrm{",
    "\\mathbf{",
    "\\mathit{",
    "\\mbox{",
    "\\operatorname{",
];

/// Normalised text and where its bold items are.
#[derive(Debug, Clone)]
pub(super) struct Normalised {
    /// The text.
    pub(super) text: Mapped,
    /// What was bold, in order, as byte ranges of `text`.
    pub(super) bold: Vec<Range<usize>>,
}

/// Evens out `source`.
pub(super) fn normalise(source: &Mapped) -> Normalised {
    undress(&characters(source))
}

/// Evens out a text of our own: a needle, an option.
pub(super) fn normalise_str(source: &str) -> String {
    normalise(&Mapped::new(source)).text.as_str().to_owned()
}

/// Unicode: NFKC, zero-width characters out, dashes, quotation marks, superscripts, vulgar
/// fractions, spaces inside numbers.
fn characters(source: &Mapped) -> Mapped {
    let text = source.as_str();
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let end_of = |i: usize| chars.get(i + 1).map_or(text.len(), |c| c.0);
    let is_digit = |i: usize| chars.get(i).is_some_and(|c| c.1.is_ascii_digit());
    let mut out = Mapped::default();
    let mut i = 0;
    while i < chars.len() {
        let (at, c) = chars[i];
        let range = at..end_of(i);
        i += 1;
        match c {
            '\u{1B}' | '\u{9B}' => i += control_sequence(c, &chars[i..]),
            // A letter takes the combining marks after it along.
            _ if c.is_ascii() && chars.get(i).is_none_or(|next| is_boundary(next.1)) => {
                out.copy(source, range);
            }
            '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{202A}'..='\u{202E}' => {}
            '\u{A0}' | '\u{2006}'..='\u{200A}' | '\u{202F}' => {
                let groups = i >= 2 && is_digit(i - 2) && (i..i + 3).all(is_digit) && !is_digit(i + 3);
                if !groups {
                    out.put(" ", source, range);
                }
            }
            '‐' | '‑' | '−' | '﹣' | '－' => out.put("-", source, range),
            '‒' | '–' => {
                let before_number =
                    chars.get(i).is_some_and(|c| c.1.is_ascii_digit() || ".$€£".contains(c.1));
                out.put(if before_number { "-" } else { "–" }, source, range);
            }
            '‘' | '’' | 'ʼ' | '′' => out.put("'", source, range),
            '“' | '”' | '„' | '″' => out.put("\"", source, range),
            '⁄' => out.put("/", source, range),
            '٪' => out.put("%", source, range),
            '٫' => out.put(".", source, range),
            '٬' => out.put(",", source, range),
            _ if digit(c).is_some() => {
                // The guard says that there is one.
                out.put(digit(c).unwrap_or_default(), source, range);
            }
            _ => {
                if let Some(plain) = superscript(c) {
                    let continues = i >= 2 && superscript(chars[i - 2].1).is_some();
                    out.put(&format!("{}{plain}", if continues { "" } else { "^" }), source, range);
                } else {
                    let mut end = range.end;
                    while i < chars.len() && !is_boundary(chars[i].1) {
                        end = end_of(i);
                        i += 1;
                    }
                    let mut even: String = text[at..end].nfkc().collect();
                    if even.contains('⁄') {
                        let after_digit = out.as_str().ends_with(|c: char| c.is_ascii_digit());
                        even = format!("{}{}", if after_digit { " " } else { "" }, even.replace('⁄', "/"));
                    }
                    if even == text[at..end] {
                        out.copy(source, at..end);
                    } else {
                        out.put(&even, source, at..end);
                    }
                }
            }
        }
    }
    out
}

/// How many characters after `c`, which begins a terminal's control sequence (ECMA-48), belong to it: what a terminal
/// doesn't show is not said.
fn control_sequence(c: char, rest: &[(usize, char)]) -> usize {
    /// Longer ones are taken for text.
    const LONGEST: usize = 256;
    let rest = &rest[..rest.len().min(LONGEST)];
    // Parameters, and one final character.
    let sequence = |from: usize| {
        let end = rest.iter().skip(from).position(|(_, c)| !(' '..='?').contains(c)).map(|at| from + at);
        end.filter(|end| ('@'..='~').contains(&rest[*end].1)).map_or(0, |end| end + 1)
    };
    match (c, rest.first().map(|(_, c)| *c)) {
        ('\u{9B}', _) => sequence(0),
        (_, Some('[')) => sequence(1),
        (_, Some('\\')) => 1,
        (_, Some(']')) => {
            let end = rest.iter().position(|(_, c)| matches!(c, '\u{7}' | '\u{9C}' | '\u{1B}' | '\n'));
            match end.map(|end| (end, rest[end].1)) {
                None | Some((_, '\n')) => 0,
                // The next sequence, `ESC \`, ends it.
                Some((end, '\u{1B}')) => end,
                Some((end, _)) => end + 1,
            }
        }
        _ => 0,
    }
}

/// The plain form of a superscript that NFKC would lose (10² is not 102).
const fn superscript(c: char) -> Option<char> {
    Some(match c {
        '⁰' => '0',
        '¹' => '1',
        '²' => '2',
        '³' => '3',
        '⁴' => '4',
        '⁵' => '5',
        '⁶' => '6',
        '⁷' => '7',
        '⁸' => '8',
        '⁹' => '9',
        '⁻' => '-',
        '⁺' => '+',
        _ => return None,
    })
}

/// Where the ten decimal digits of a script begin (Unicode 16, general category Nd): those of the scripts in daily use.
const ZEROS: [char; 21] = [
    '\u{0660}',  // Arabic-Indic
    '\u{06F0}',  // Arabic-Indic, extended: Persian, Urdu
    '\u{07C0}',  // N'Ko
    '\u{0966}',  // Devanagari
    '\u{09E6}',  // Bengali
    '\u{0A66}',  // Gurmukhi
    '\u{0AE6}',  // Gujarati
    '\u{0B66}',  // Odia
    '\u{0BE6}',  // Tamil
    '\u{0C66}',  // Telugu
    '\u{0CE6}',  // Kannada
    '\u{0D66}',  // Malayalam
    '\u{0DE6}',  // Sinhala
    '\u{0E50}',  // Thai
    '\u{0ED0}',  // Lao
    '\u{0F20}',  // Tibetan
    '\u{1040}',  // Myanmar
    '\u{1090}',  // Myanmar, Shan
    '\u{17E0}',  // Khmer
    '\u{1810}',  // Mongolian
    '\u{1E950}', // Adlam
];

/// The ASCII digit of a digit of another script, which NFKC leaves as it is.
fn digit(c: char) -> Option<&'static str> {
    if c < ZEROS[0] {
        return None;
    }
    let zero = ZEROS[..ZEROS.partition_point(|zero| *zero <= c)].last()?;
    let value = usize::try_from(u32::from(c) - u32::from(*zero)).ok()?;
    "0123456789".get(value..value + 1)
}

/// Whether normalisation can begin anew at `c`.
fn is_boundary(c: char) -> bool {
    c.is_ascii()
        || superscript(c).is_some()
        || (canonical_combining_class(c) == 0 && is_nfkc_quick(std::iter::once(c)) == IsNormalized::Yes)
        || "\u{A0}\u{2006}\u{2007}\u{2008}\u{2009}\u{200A}\u{202F}‑﹣－⁄″".contains(c)
        || matches!(c, '¼'..='¾' | '⅐'..='⅟')
}

/// Markdown and LaTeX dress off: bold, backticks and fences, `$…$`, `\text{}`, `\frac{}{}`, spaces.
fn undress(source: &Mapped) -> Normalised {
    let mut out = Normalised { text: Mapped::default(), bold: Vec::new() };
    // Braces that are open, and whether they were opened by a command that is dropped.
    let mut braces: Vec<bool> = Vec::new();
    let mut from = 0;
    for line in source.as_str().split_inclusive('\n') {
        undress_line(source, from..from + line.len(), &mut braces, &mut out);
        from += line.len();
    }
    out
}

fn undress_line(source: &Mapped, line: Range<usize>, braces: &mut Vec<bool>, out: &mut Normalised) {
    let text = &source.as_str()[..line.end];
    let mut at = line.start;
    if let Some(fence) = fence_head(&text[line.clone()]) {
        at += fence;
    }
    let marks = marks(text, at..line.end);
    let mut next_mark = 0;
    let mut bold_from = None;
    while at < line.end {
        let rest = &text[at..];
        if let Some((mark, is_bold)) = marks.get(next_mark).filter(|m| m.0.start == at) {
            if *is_bold {
                let here = out.text.as_str().len();
                match bold_from.take() {
                    Some(start) => out.bold.push(start..here),
                    None => bold_from = Some(here),
                }
            }
            next_mark += 1;
            at = mark.end;
            continue;
        }
        let Some(c) = rest.chars().next() else { break };
        let mut step = c.len_utf8();
        match c {
            '`' => {}
            '\\' | '^' => {
                if let Some((length, replacement, opens)) = latex(rest, out.text.as_str()) {
                    if opens {
                        braces.push(true);
                    }
                    out.text.put(&replacement, source, at..at + length);
                    step = length;
                } else {
                    out.text.copy(source, at..at + step);
                }
            }
            '{' if rest.starts_with("{,}") => {
                out.text.put(",", source, at..at + 3);
                step = 3;
            }
            '{' => {
                braces.push(false);
                out.text.copy(source, at..at + 1);
            }
            '}' => {
                if braces.pop() != Some(true) {
                    out.text.copy(source, at..at + 1);
                }
            }
            _ => out.text.copy(source, at..at + step),
        }
        at += step;
    }
}

/// What a LaTeX command at the start of `rest` is read as: its length, the replacement, and
/// whether it opens a brace whose end is to be dropped.
fn latex(rest: &str, before: &str) -> Option<(usize, String, bool)> {
    if let Some(fraction) = FRACTION.captures(rest) {
        let gap = if before.ends_with(|c: char| c.is_ascii_digit()) { " " } else { "" };
        let group = |index: usize| fraction.get(index).map_or("", |m| m.as_str());
        let sign = if group(1) == group(4) { "" } else { "-" };
        let (top, bottom) = (group(2).to_owned() + group(3), group(5).to_owned() + group(6));
        return Some((fraction[0].len(), format!("{gap}{sign}{top}/{bottom}"), false));
    }
    if let Some(wrapper) = WRAPPERS.iter().find(|w| rest.starts_with(**w)) {
        return Some((wrapper.len(), String::new(), true));
    }
    let (command, replacement) = LATEX.iter().find(|(command, _)| rest.starts_with(command))?;
    // `\left` is not the start of `\leftarrow`.
    let is_word = command.ends_with(|c: char| c.is_ascii_alphabetic());
    if is_word && rest[command.len()..].starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    Some((command.len(), (*replacement).to_owned(), false))
}

/// The length of a code fence's head with its info string, where `line` is one.
fn fence_head(line: &str) -> Option<usize> {
    let body = line.trim_end();
    let ticks = body.trim_start();
    let info = ticks.strip_prefix("```")?.trim_start_matches('`').trim();
    let is_info = info.chars().all(|c| c.is_alphanumeric() || "+-_#.".contains(c))
        && !info.starts_with(|c: char| c.is_ascii_digit());
    is_info.then_some(body.len())
}

/// The pairs of bold marks and of `$` around formulas in one line, in order; the flag tells bold.
fn marks(text: &str, line: Range<usize>) -> Vec<(Range<usize>, bool)> {
    let mut found = Vec::new();
    for (mark, is_bold) in [('*', true), ('$', false)] {
        let mut open: Option<Range<usize>> = None;
        let mut at = line.start;
        while let Some(offset) = text[at..line.end].find(mark) {
            let start = at + offset;
            let length = text[start..line.end].bytes().take_while(|b| char::from(*b) == mark).count();
            at = start + length;
            let (before, after) =
                (text[line.start..start].chars().next_back(), text[at..line.end].chars().next());
            let fits = if is_bold { length == 2 || length == 3 } else { length <= 2 };
            if !fits || text[line.start..start].ends_with('\\') {
                continue;
            }
            let closes = before.is_some_and(|c| !c.is_whitespace())
                && (is_bold || !after.is_some_and(|c| c.is_ascii_digit()));
            let opens =
                after.is_some_and(|c| !c.is_whitespace()) && !before.is_some_and(|c| joins(c) || c == ')');
            match open.take() {
                Some(opened) if closes && opened.len() == length => {
                    found.push((opened, is_bold));
                    found.push((start..at, is_bold));
                }
                _ if opens => open = Some(start..at),
                kept => open = kept,
            }
        }
    }
    found.sort_by_key(|(range, _)| range.start);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_differently_read_alike() {
        for (text, expected) in [
            ("４２", "42"),
            ("１，２３４", "1,234"),
            ("4\u{200b}2", "42"),
            ("\u{feff}42", "42"),
            ("−5", "-5"),
            ("–5", "-5"),
            ("‒5", "-5"),
            ("a – b", "a – b"),
            ("−$5", "-$5"),
            ("1\u{a0}234", "1234"),
            ("1\u{202f}234\u{202f}567", "1234567"),
            ("12\u{2009}34", "12 34"),
            ("5\u{a0}km", "5 km"),
            ("2½", "2 1/2"),
            ("½", "1/2"),
            ("10²", "10^2"),
            ("10⁻¹²", "10^-12"),
            ("CO₂", "CO2"),
            ("e\u{301}", "é"),
            ("don’t “x”", "don't \"x\""),
            ("℃", "°C"),
            ("1\\,234", "1234"),
            ("1{,}234", "1,234"),
            ("\\text{B}", "B"),
            ("5\\text{ km}", "5 km"),
            ("\\mathrm{\\text{x}}y", "xy"),
            ("\\boxed{\\text{B}}", "\\boxed{B}"),
            ("\\$5", "$5"),
            ("5\\%", "5%"),
            ("$42$", "42"),
            ("$5 and $6", "$5 and $6"),
            ("$5-$6", "$5-$6"),
            ("$$42$$", "42"),
            ("\\(42\\)", "42"),
            ("\\[ 42 \\]", " 42 "),
            ("\\frac{1}{2}", "1/2"),
            ("\\frac{-1}{2}", "-1/2"),
            ("\\frac{1}{-2}", "-1/2"),
            ("\\frac12", "1/2"),
            ("\\dfrac 1{20}", "1/20"),
            ("\\frac{\\pi}{2}", "\\frac{π}{2}"),
            ("3 \\pm 1", "3 ± 1"),
            ("٤٢", "42"),
            ("۱۲٫۵", "12.5"),
            ("١٬٢٣٤٪", "1,234%"),
            ("४२ ๔๒ ៤២", "42 42 42"),
            ("2\\frac{1}{2}", "2 1/2"),
            ("1.5 \\times 10^3", "1.5 × 10^3"),
            ("\\leftarrow", "\\leftarrow"),
            ("90^\\circ", "90°"),
            ("**42**", "42"),
            ("***42***", "42"),
            ("2**3", "2**3"),
            ("f(**a, **b)", "f(**a, **b)"),
            ("`42`", "42"),
            ("```\n42\n```", "\n42\n"),
            ("```json\n{}\n```", "\n{}\n"),
            ("```42```", "42"),
            ("a_b __init__", "a_b __init__"),
            ("\u{1b}[1;31m42\u{1b}[0m", "42"),
            ("\u{9b}2J42", "42"),
            ("\u{1b}]0;7\u{7}42\u{1b}]8;;x\u{1b}\\7", "427"),
            ("\u{1b}]42\n7\u{1b}", "]42\n7"),
        ] {
            assert_eq!(normalise_str(text), expected, "{text}");
        }
    }

    #[test]
    fn digits_of_scripts_are_all_digits() {
        let decimal = pattern(r"\A\p{Nd}{10}\z");
        for zero in ZEROS {
            let digits: String = (0..10).filter_map(|d| char::from_u32(u32::from(zero) + d)).collect();
            assert!(decimal.is_match(&digits), "{zero:?}");
            assert_eq!(normalise_str(&digits), "0123456789", "{zero:?}");
        }
        assert!(ZEROS.is_sorted());
        assert_eq!(normalise_str("\u{065F}\u{066A}\u{104A}"), "\u{065F}%\u{104A}");
    }

    #[test]
    fn bold_items_are_remembered() {
        let normalised = normalise(&Mapped::new("so **Paris** and **Rome**"));
        let items: Vec<&str> = normalised.bold.iter().map(|r| &normalised.text.as_str()[r.clone()]).collect();
        assert_eq!(items, ["Paris", "Rome"]);
        assert_eq!(normalised.text.source(normalised.bold[0].clone()), Some((5, 10)));
    }
}
