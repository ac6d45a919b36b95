//! Wordings of an idea, and where a text has them.
//!
//! Both sides are normalised as for `contains`, folded in case, and cut into words. A hyphen between letters or digits
//! is as good as a space, and so is the seam between a number and letters (`5mg`, `B12`). A word and its plural are the
//! same (`s`, `es`, `y`/`ies`, `is`/`es`), and so is its genitive. ` ... ` stands for up to eight words of the same
//! sentence. Time is linear in the text for each wording.

use std::ops::Range;

use super::normalise::normalise_str;
use super::sentences::sentence_ends;
use super::tokens::{fold, joins, quote};

/// How many words ` ... ` may stand for.
const GAP: usize = 8;

/// A word, a number or a sign of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Folded; digits without separators of groups.
    pub(super) text: String,
    /// Where it stands in the text.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether it follows the one before without any separator: then nothing begins here.
    is_glued: bool,
    /// Letters or digits.
    pub(super) is_word: bool,
    /// The sentence it belongs to, from 0.
    pub(super) sentence: usize,
    /// How many words stand before it.
    words_before: usize,
}

/// Where a wording was found, as positions of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Its first token.
    pub(super) first: usize,
    /// One past its last token.
    pub(super) end: usize,
    /// What each ` ... ` stands for.
    pub(super) gaps: Vec<Range<usize>>,
}

/// One wording: pieces between ` ... `, each a run of tokens.
#[derive(Debug)]
pub(super) struct Wording {
    pieces: Vec<Vec<String>>,
}

impl Wording {
    /// The wordings of `written`, which may list several with `|`.
    pub(super) fn all(written: &str) -> Result<Vec<Self>, String> {
        written
            .split('|')
            .map(|alias| {
                let normal = normalise_str(alias);
                let pieces: Vec<Vec<String>> = normal
                    .split("...")
                    .map(|piece| cut(piece).into_iter().map(|token| token.text).collect())
                    .collect();
                if pieces.iter().any(Vec::is_empty) {
                    let why = if pieces.len() > 1 { "has nothing on one side of `...`" } else { "is empty" };
                    return Err(format!("a wording in {} {why}", quote(written)));
                }
                Ok(Self { pieces })
            })
            .collect()
    }

    /// Everywhere it stands, in order of its end.
    pub(super) fn find(&self, tokens: &[Token]) -> Vec<Found> {
        let Some((first, rest)) = self.pieces.split_first() else { return Vec::new() };
        let mut found: Vec<Found> = places(first, tokens)
            .map(|at| Found { first: at, end: at + first.len(), gaps: Vec::new() })
            .collect();
        for piece in rest {
            let mut before = 0;
            let mut next = Vec::new();
            for at in places(piece, tokens) {
                // The nearest place before it at which the pieces so far end.
                while found.get(before + 1).is_some_and(|f| f.end <= at) {
                    before += 1;
                }
                let Some(start) = found.get(before).filter(|f| f.end <= at) else { continue };
                let last = &tokens[start.end - 1];
                let between = tokens[at].words_before - last.words_before - usize::from(last.is_word);
                if last.sentence == tokens[at].sentence && between <= GAP {
                    let gaps = start.gaps.iter().cloned().chain(std::iter::once(start.end..at)).collect();
                    next.push(Found { first: start.first, end: at + piece.len(), gaps });
                }
            }
            found = next;
        }
        found
    }
}

/// Where the piece stands.
fn places<'a>(piece: &'a [String], tokens: &'a [Token]) -> impl Iterator<Item = usize> + 'a {
    let is_here = move |at: &usize| {
        let at = *at;
        let is_bounded =
            !tokens[at].is_glued && tokens.get(at + piece.len()).is_none_or(|next| !next.is_glued);
        is_bounded && piece.iter().zip(&tokens[at..]).all(|(wanted, token)| is_same(wanted, &token.text))
    };
    (0..(tokens.len() + 1).saturating_sub(piece.len())).filter(is_here)
}

/// Whether both are one word, or one is the plural or genitive of the other. Words of one or two letters have no plural.
fn is_same(wanted: &str, found: &str) -> bool {
    if wanted == found {
        return true;
    }
    let base = |word: &'_ str| -> usize {
        word.strip_suffix("'s").or_else(|| word.strip_suffix('\'')).map_or(word.len(), str::len)
    };
    let (wanted, found) = (&wanted[..base(wanted)], &found[..base(found)]);
    wanted == found || is_plural(wanted, found) || is_plural(found, wanted)
}

/// Whether `many` is a plural of `one`.
fn is_plural(one: &str, many: &str) -> bool {
    if one.chars().count() < 3 || !one.chars().all(char::is_alphabetic) {
        return false;
    }
    let adds = many.strip_prefix(one).is_some_and(|rest| rest == "s" || rest == "es");
    let ends = |of_one: &str, of_many: &str| {
        one.strip_suffix(of_one).is_some_and(|stem| many.strip_suffix(of_many) == Some(stem))
    };
    adds || ends("y", "ies") || ends("is", "es")
}

/// The tokens of a normalised text. Quotation marks and what is left of Markdown's emphasis are none.
pub(super) fn cut(normal: &str) -> Vec<Token> {
    // A list item or a blank line ends a sentence too.
    let mut ends = sentence_ends(normal);
    ends.extend(
        normal.match_indices('\n').filter(|(at, _)| is_break(&normal[at + 1..])).map(|(at, _)| at + 1),
    );
    ends.sort_unstable();
    let (mut tokens, mut sentence, mut words_before) = (Vec::<Token>::new(), 0, 0);
    let mut rest = normal.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        let follows = normal[start + c.len_utf8()..].chars().next();
        let precedes = normal[..start].chars().next_back();
        let is_sign = c == '-' && follows.is_some_and(|f| f.is_ascii_digit()) && !precedes.is_some_and(joins);
        let is_digits = c.is_ascii_digit() || is_sign;
        if c.is_whitespace() || "\"*_`«»".contains(c) {
            continue;
        }
        // well-known is well known.
        if c == '-' && precedes.is_some_and(joins) && follows.is_some_and(joins) {
            continue;
        }
        let mut text = String::from(c);
        let mut end = start + c.len_utf8();
        if is_digits || joins(c) {
            while let Some((at, next)) = rest.peek().copied() {
                let after = &normal[at + next.len_utf8()..];
                let belongs = if is_digits {
                    next.is_ascii_digit() || is_in_number(next, after)
                } else {
                    (joins(next) && !next.is_ascii_digit()) || (next == '\'' && after.starts_with(joins))
                };
                if !belongs {
                    break;
                }
                rest.next();
                end = at + next.len_utf8();
                if !(is_digits && next == ',') {
                    text.push(next);
                }
            }
        }
        while ends.get(sentence).is_some_and(|e| *e <= start) {
            sentence += 1;
        }
        let is_word = c.is_alphanumeric() || is_digits;
        let is_glued =
            is_word && joins(c) && tokens.last().is_some_and(|last| last.is_word && last.end == start);
        tokens.push(Token { text: fold(&text), start, end, is_glued, is_word, sentence, words_before });
        words_before += usize::from(is_word);
    }
    tokens
}

/// Whether a point or comma inside digits belongs to the number.
fn is_in_number(c: char, after: &str) -> bool {
    let digits = after.bytes().take(4).take_while(u8::is_ascii_digit).count();
    (c == '.' && digits > 0) || (c == ',' && digits == 3)
}

/// Whether a new line begins something of its own.
fn is_break(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t']);
    let mark = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.is_empty()
        || line.starts_with(['\n', '#'])
        || line.starts_with("- ")
        || line.starts_with("* ")
        || line.starts_with("+ ")
        || line.starts_with('•')
        || (mark.len() < line.len() && mark.starts_with(['.', ')']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(written: &str, text: &str) -> bool {
        let tokens = cut(&normalise_str(text));
        Wording::all(written).unwrap().iter().any(|wording| !wording.find(&tokens).is_empty())
    }

    #[test]
    fn words_are_found_as_whole_words() {
        for (written, text, expected) in [
            ("antibiotic", "Antibiotics help.", true),
            ("antibiotics", "an antibiotic", true),
            ("therapy", "therapies", true),
            ("diagnosis", "differential diagnoses", true),
            ("box", "boxes", true),
            ("patient", "the patient’s airway", true),
            ("patients", "the patients' airway", true),
            ("cat", "concatenate", false),
            ("cat", "category", false),
            ("is", "iss", false),
            ("airway protection", "**airway** protection", true),
            ("airway protection", "Airway-protection", true),
            ("airway-protection", "airway\nprotection", true),
            ("airway protection", "airway, protection", false),
            ("airway protection", "airway. Protection", false),
            ("beta blocker|β blocker", "a β-blocker", true),
            ("42", "142", false),
            ("42", "42.5", false),
            ("42", "42,000", false),
            ("42", "-42", false),
            ("42", "it is 42.", true),
            ("1000", "1,000", true),
            ("-5", "−5 degrees", true),
            ("5 mg", "5mg", true),
            ("5mg", "5 mg", true),
            ("5", "5mg", false),
            ("vitamin B12", "Vitamin B 12", true),
            ("12", "B12", false),
            ("CO2", "CO₂", true),
            ("Na+", "the Na+ channel", true),
            ("café", "CAFE\u{301}", true),
            ("東京", "東京都です", true),
            ("don't", "don’t", true),
        ] {
            assert_eq!(finds(written, text), expected, "{written} in {text}");
        }
    }

    #[test]
    fn gaps_stay_in_their_sentence() {
        for (text, expected) in [
            ("Stop the drug.", true),
            ("stop taking this and every other such drug", true),
            ("stop one two three four five six seven eight drug", true),
            ("stop one two three four five six seven eight nine drug", false),
            ("Stop. The drug is bad.", false),
            ("stop e.g. the drugs", true),
            ("- stop\n- drug", false),
            ("stop\n\ndrug", false),
            ("drug stop", false),
            ("stop one, stop (two) drug", true),
        ] {
            assert_eq!(finds("stop ... drug", text), expected, "{text}");
        }
        assert!(finds("a … b ... c", "a x b y c"));
        assert!(!finds("a ... b ... c", "b a c"));
    }

    #[test]
    fn wordings_that_say_nothing_are_refused() {
        for written in ["", "a|", "a ...", "... a", "a ... ... b", "\""] {
            assert!(Wording::all(written).is_err(), "{written}");
        }
    }
}
