//! Text from models and servers is hostile: what here comes out can be printed anywhere.
//! Escaping for HTML and Markdown comes on top, in the templates.

use std::fmt::Write as _;

use unicode_normalization::char::is_combining_mark;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Combining marks that one character may carry; writing systems need no more.
const MARKS: usize = 6;

/// Makes text harmless for a terminal and honest to the eye: control characters become their
/// visible pictures (so an escape sequence is seen, not obeyed), direction controls that could turn the text around
/// them and characters that hide a message become `⟨U+202E⟩`, towers of combining marks are cut, other invisible
/// characters go, line ends become `\n`, tabs become spaces.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut marks = 0;
    while let Some(c) = characters.next() {
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        match c {
            ' '..='~' => out.push(c),
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\t' => out.push_str("    "),
            '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{7f}' => out.push('\u{2421}'),
            '\u{80}'..='\u{9f}' => out.push(char::REPLACEMENT_CHARACTER),
            c if is_no_character(c) => out.push(char::REPLACEMENT_CHARACTER),
            c if misleads(c) => {
                let alike = std::iter::from_fn(|| characters.next_if(|next| misleads(*next)));
                out.push_str(&named(c, alike.count()));
            }
            c if is_invisible(c) => {}
            _ if marks > MARKS => {
                let more = std::iter::from_fn(|| characters.next_if(|next| is_combining_mark(*next)));
                let _ = write!(out, "⟨{} more marks⟩", 1 + more.count());
            }
            c => out.push(c),
        }
    }
    out
}

/// A character that is named rather than obeyed, and how many like it follow.
fn named(c: char, more: usize) -> String {
    let code = u32::from(c);
    if more == 0 { format!("⟨U+{code:04X}⟩") } else { format!("⟨U+{code:04X} and {more} more⟩") }
}

/// Direction overrides, embeddings and isolates, which can show a text in another order than it has, and tag
/// characters, which can hold a message that nobody sees.
const fn misleads(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
}

/// Code points that Unicode sets aside for no character.
const fn is_no_character(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}') || (c as u32) & 0xfffe == 0xfffe
}

/// Characters of no width: marks of direction, which turn nothing around, soft hyphens, byte order marks and the like.
/// The two joiners that scripts and emoji need stay.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0080}'..='\u{e0fff}'
    )
}

/// [`clean`], on one line: every run of white space becomes one space.
pub(crate) fn one_line(text: &str) -> String {
    // Cut before cleaning, so that a megabyte of answer costs nothing where a line is wanted.
    let start: String = text.chars().take(2_000).collect();
    clean(&start).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The start of `text` in at most `width` columns, with `…` where something was cut.
pub(crate) fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let columns = c.width().unwrap_or(0);
        if used + columns + 1 > width {
            break;
        }
        used += columns;
        out.push(c);
    }
    let mut out = out.trim_end().to_owned();
    out.push('…');
    out
}

/// `text` in at most `width` columns with its middle cut out: names of models differ at their ends.
pub(crate) fn fit_middle(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let start = fit(text, width / 3 + 1);
    let room = width.saturating_sub(start.width());
    let mut end: Vec<char> = Vec::new();
    let mut used = 0;
    for c in text.chars().rev() {
        used += c.width().unwrap_or(0);
        if used > room {
            break;
        }
        end.push(c);
    }
    start.chars().chain(end.into_iter().rev()).collect()
}

/// Breaks `text` at spaces into lines of at most `width` columns; a longer word is cut. Never empty.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let columns = word.width();
        if used > 0 && used + 1 + columns > width {
            lines.push(String::new());
            used = 0;
        } else if used > 0 {
            push(&mut lines, ' ');
            used += 1;
        }
        for c in word.chars() {
            let columns = c.width().unwrap_or(0);
            if used + columns > width {
                lines.push(String::new());
                used = 0;
            }
            push(&mut lines, c);
            used += columns;
        }
    }
    lines
}

fn push(lines: &mut [String], c: char) {
    if let Some(last) = lines.last_mut() {
        last.push(c);
    }
}

/// A moment in RFC 3339 and UTC without its fraction: `2026-11-22T05:21:05Z`. What is no such
/// moment stays as it is.
pub(super) fn to_the_second(moment: &str) -> String {
    match moment.split_once('.') {
        Some((seconds, fraction)) if fraction.ends_with('Z') => one_line(&format!("{seconds}Z")),
        _ => one_line(moment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_lose_their_fraction_only() {
        assert_eq!(to_the_second("2026-11-22T05:21:05.424824243Z"), "2026-11-22T05:21:05Z");
        assert_eq!(to_the_second("2026-11-22T05:21:05Z"), "2026-11-22T05:21:05Z");
        assert_eq!(to_the_second("a.b"), "a.b");
    }
    use proptest::prelude::*;

    #[test]
    fn escape_sequences_are_seen_and_overrides_are_named() {
        assert_eq!(clean("\u{1b}[31mred\u{7}"), "\u{241b}[31mred\u{2407}");
        assert_eq!(clean("a\u{202e}b\u{2066}\u{2067}c\u{200b}"), "a⟨U+202E⟩b⟨U+2066 and 1 more⟩c");
        assert_eq!(clean("hi\u{e0068}\u{e0069}\u{e007f}"), "hi⟨U+E0068 and 2 more⟩");
        assert_eq!(clean("\u{200f}שלום\u{200e} e\u{301}\u{fffe}"), "שלום e\u{301}\u{fffd}");
        assert_eq!(clean("👩\u{200d}💻 க்\u{200c}ஷ"), "👩\u{200d}💻 க்\u{200c}ஷ");
        assert_eq!(clean("a\r\nb\rc\u{2028}d\te\u{9b}31m"), "a\nb\nc\nd    e\u{fffd}31m");
        assert_eq!(one_line("  a\n\n b\t c "), "a b c");
    }

    #[test]
    fn towers_of_marks_are_cut() {
        let tower = format!("Z{}algo", "\u{316}".repeat(500));
        assert_eq!(clean(&tower), format!("Z{}⟨494 more marks⟩algo", "\u{316}".repeat(6)));
        // Hebrew with points and accents, Vietnamese, Tibetan: as they are.
        for text in ["בְּרֵאשִׁ֖ית", "Tie\u{302}\u{301}ng Vie\u{323}\u{302}t", "བསྒྲུབས"]
        {
            assert_eq!(clean(text), text);
        }
    }

    #[test]
    fn fitting_counts_columns() {
        assert_eq!(fit("short", 5), "short");
        assert_eq!(fit("longer", 5), "long…");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit_middle("org/Meta-Llama-3.1-8B-AWQ", 12), "org/…-8B-AWQ");
        assert_eq!(fit_middle("short", 5), "short");
    }

    #[test]
    fn wrapping_breaks_at_spaces_and_cuts_what_is_too_long() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghijkl", 8), ["abcdefgh", "ijkl"]);
        assert_eq!(wrap("", 8), [""]);
    }

    proptest! {
        #[test]
        fn cleaned_text_holds_no_control_character(text in any::<String>()) {
            prop_assert!(clean(&text).chars().all(|c| c == '\n' || !(c.is_control() || misleads(c))));
            prop_assert!(!one_line(&text).contains('\n'));
        }

        #[test]
        fn fitted_and_wrapped_text_keeps_the_width(text in "[ -~日é]{0,80}", width in 8_usize..40) {
            prop_assert!(fit(&text, width).width() <= width);
            prop_assert!(fit_middle(&text, width).width() <= width);
            prop_assert!(wrap(&text, width).iter().all(|line| line.width() <= width));
        }
    }
}
