//! What is written where a terminal has no more than ASCII: every character of labctl's own has a stand-in, and what
//! others wrote in other scripts becomes question marks.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

use crate::report::spark;

/// `text` in ASCII alone.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_ascii() => out.push(c),
            c => match stand_in(c) {
                Some(text) => out.push_str(text),
                None => push_other(&mut out, c),
            },
        }
    }
    Cow::Owned(out)
}

fn push_other(out: &mut String, c: char) {
    match c {
        // The pictures of control characters, as terminals show those themselves: `^[`.
        '\u{2400}'..='\u{241f}' => {
            out.push('^');
            out.extend(char::from_u32(u32::from(c) - 0x2400 + 0x40));
        }
        c => match spark::ascii(c) {
            Some(c) => out.push(c),
            None => out.extend(std::iter::repeat_n('?', c.width().unwrap_or(0))),
        },
    }
}

/// What stands for a character that labctl itself writes.
const fn stand_in(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{2212}' | '\u{2013}' | '\u{2014}' | '\u{2010}' | '\u{2011}' | '\u{b7}' => "-",
        '\u{2026}' => "...",
        '\u{2192}' => "->",
        '\u{2265}' => ">=",
        '\u{2264}' => "<=",
        '\u{d7}' => "x",
        '\u{f7}' => "/",
        '\u{b1}' => "+-",
        '\u{394}' => "delta",
        '\u{3b1}' => "alpha",
        '\u{3ba}' => "kappa",
        '\u{3c4}' => "tau",
        '\u{201c}' | '\u{201d}' => "\"",
        '\u{2018}' | '\u{2019}' => "'",
        '\u{27e6}' => "[[",
        '\u{27e7}' => "]]",
        '\u{a0}' => " ",
        '\u{2421}' => "^?",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn labctls_own_characters_have_stand_ins() {
        assert_eq!(
            plain("\u{2212}3.3 pp \u{b7} a \u{2192} b \u{2265} \u{394}\u{2026}"),
            "-3.3 pp - a -> b >= delta..."
        );
        assert_eq!(plain("\u{241b}[31m \u{2421} 日本"), "^[[31m ^? ????");
        assert_eq!(plain("──●─┼─ ▁█"), "--o-+- _#");
    }

    proptest! {
        #[test]
        fn nothing_else_is_left(text in any::<String>()) {
            prop_assert!(plain(&text).is_ascii());
        }
    }
}
