//! How many tokens a text has, about, where no tokenizer was given.
//!
//! Today's vocabularies (32,000 to 256,000 tokens) hold the common English words whole, split long and rare ones in
//! two or more, and give a mark of punctuation a token of its own; a blank before a word belongs to the word. So a
//! word counts one token for every [`LETTERS`] letters begun, and a mark one. On ordinary English prose that comes to
//! the 4/3 tokens a word which vendors give as the rule of thumb; made-up text is of short, common words alone, for
//! which 4/3 would be a fifth too many: each of them is one token in the vocabularies of `SmolLM2` (49,152) and of
//! Mistral's Tekken (131,072). Digits go by three, letters beyond ASCII by [`LETTERS_BEYOND_ASCII`], and an
//! ideograph counts one.

/// Letters of an English word that make a token.
const LETTERS: u32 = 7;

/// Letters of other alphabets that make a token: vocabularies hold fewer of their words.
const LETTERS_BEYOND_ASCII: u32 = 3;

/// Digits that make a token.
const DIGITS: u32 = 3;

/// From here on characters are ideographs, syllables and symbols, each about a token.
const FIRST_IDEOGRAPH: char = '\u{2e80}';

/// What characters are counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Other,
    Digit,
    Blank,
    Mark,
}

impl Kind {
    fn of(character: char) -> Self {
        match character {
            _ if character.is_ascii_alphabetic() => Self::Letter,
            _ if character.is_ascii_digit() => Self::Digit,
            _ if character.is_whitespace() => Self::Blank,
            _ if character.is_alphabetic() && character < FIRST_IDEOGRAPH => Self::Other,
            _ => Self::Mark,
        }
    }

    /// Tokens of a run of so many characters of this kind.
    fn tokens(self, run: u32) -> u32 {
        match self {
            Self::Letter => run.div_ceil(LETTERS),
            Self::Other => run.div_ceil(LETTERS_BEYOND_ASCII),
            Self::Digit => run.div_ceil(DIGITS),
            // One blank belongs to what follows; more, or a line's end, are a token together.
            Self::Blank => u32::from(run > 1),
            Self::Mark => run,
        }
    }
}

/// The estimate.
pub(super) fn tokens(text: &str) -> u32 {
    let mut total = 0_u32;
    let mut run = (Kind::Blank, 0_u32);
    for character in text.chars() {
        let kind = Kind::of(character);
        if kind != run.0 {
            total = total.saturating_add(run.0.tokens(run.1));
            run = (kind, 0);
        }
        // A line's end alone counts as two blanks do.
        run.1 += if character == '\n' { 2 } else { 1 };
    }
    total.saturating_add(run.0.tokens(run.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_prose_has_about_four_tokens_for_three_words() {
        let prose = "When the municipal library reopened after its long renovation, nobody expected that the children's \
            section would become the most popular place in the neighbourhood. Parents arrived early, carrying umbrellas \
            and sandwiches; grandparents brought photographs, stories, and an extraordinary amount of patience. The \
            director, who had argued for years that a library is not a warehouse, said very little on that first day. \
            She walked between the shelves, straightened a few books, and smiled.";
        let words = f64::from(u32::try_from(prose.split_whitespace().count()).unwrap());
        let per_word = f64::from(tokens(prose)) / words;
        assert!((1.25..1.45).contains(&per_word), "{per_word}");
    }

    #[test]
    fn each_kind_of_text_counts_as_described() {
        assert_eq!(tokens(""), 0);
        assert_eq!(tokens("the day"), 2);
        assert_eq!(tokens("The day, then."), 5);
        assert_eq!(tokens("government"), 2);
        assert_eq!(tokens("12345"), 2);
        assert_eq!(tokens("a\nb  c"), 5);
        assert_eq!(tokens("привет"), 2);
        assert_eq!(tokens("日本語"), 3);
    }

    proptest! {
        #[test]
        fn more_text_never_has_fewer_tokens(text in "\\PC{0,60}", more in "\\PC{0,20}") {
            let longer = text.clone() + &more;
            prop_assert!(tokens(&longer) >= tokens(&text));
        }
    }
}
