//! The simulator's tokenizer: word-like pieces whose concatenation is the text again.
//!
//! Plausible in size (a piece has about four characters of English), the same everywhere and fast;
//! no vocabulary.

use super::draw::Draw;

/// Most letters in one piece.
const LETTERS: usize = 6;
/// Most digits in one piece.
const DIGITS: usize = 3;
/// What the chat template adds to a conversation.
pub(super) const CONVERSATION_TOKENS: u32 = 5;
/// What the chat template adds to each message.
pub(super) const MESSAGE_TOKENS: u32 = 4;

/// The pieces of a text in order. A piece is an optional space and then up to six letters, up to
/// three digits, or one other character.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at(piece_length(rest));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Bytes of the first piece; 0 only for an empty text.
fn piece_length(text: &str) -> usize {
    let mut end = 0;
    let mut characters = text.chars().peekable();
    if characters.peek() == Some(&' ') {
        characters.next();
        end = 1;
    }
    let Some(first) = characters.next() else { return end };
    if end == 1 && first.is_whitespace() {
        return end;
    }
    end += first.len_utf8();
    let (most, same): (usize, fn(char) -> bool) = if first.is_alphabetic() {
        (LETTERS, char::is_alphabetic)
    } else if first.is_ascii_digit() {
        (DIGITS, |c| c.is_ascii_digit())
    } else {
        return end;
    };
    end + characters.take(most - 1).take_while(|c| same(*c)).map(char::len_utf8).sum::<usize>()
}

/// How many pieces a text has.
pub(super) fn count(text: &str) -> u32 {
    u32::try_from(pieces(text).count()).unwrap_or(u32::MAX)
}

/// Tokens of a conversation under the simulator's chat template.
pub(super) fn count_messages<'a>(messages: impl Iterator<Item = &'a str>) -> u32 {
    messages
        .fold(CONVERSATION_TOKENS, |sum, text| sum.saturating_add(count(text)).saturating_add(MESSAGE_TOKENS))
}

/// The number a piece would have in a vocabulary of 32,000.
pub(super) fn id(piece: &str) -> u64 {
    Draw::new(0).text(piece).bits() % 32_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn splits_as_documented() {
        let split = |text| pieces(text).collect::<Vec<_>>();
        assert_eq!(split("Answer: 12345"), ["Answer", ":", " 123", "45"]);
        assert_eq!(
            split("internationally  ok\n\nyes"),
            ["intern", "ationa", "lly", " ", " ok", "\n", "\n", "yes"]
        );
        assert_eq!(split("naïve 東京 🙂 "), ["naïve", " 東京", " 🙂", " "]);
        assert_eq!(split(""), [""; 0]);
    }

    #[test]
    fn counts_the_template() {
        assert_eq!(count_messages(["You are brief.", "Say hello."].into_iter()), 5 + (4 + 4) + (4 + 3));
    }

    proptest! {
        #[test]
        fn concatenation_is_the_text(text in "\\PC{0,80}|[ a-zA-Z0-9\n.,東é]{0,80}") {
            prop_assert_eq!(pieces(&text).collect::<String>(), text.clone());
            prop_assert!(pieces(&text).all(|p| !p.is_empty() && p.chars().count() <= LETTERS + 1));
        }
    }
}
