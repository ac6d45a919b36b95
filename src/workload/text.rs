//! English-looking text of a given number of tokens.
//!
//! With the target's tokenizer the number is exact, as that tokenizer counts the text alone: what the chat template
//! puts around it (the marks of turns and roles, for some models a default system message: usually 3 to 40 tokens) comes
//! on top in what the server reports, the same for every prompt. Without a tokenizer it is an estimate.
//!
//! Text is put together of words whose tokens were counted once, each behind other text, for in nearly all
//! tokenizers no token goes across a blank. Whether that holds is tried out first; where it doesn't, each text is
//! counted whole and mended until it is right.

use std::path::Path;

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_pcg::Pcg64;

use super::words::Part;
use super::{WorkloadError, estimate, random};
use crate::workload::tokenizer::TokenCounter;

/// Text to count others behind.
const BEFORE: &str = "The day";

/// A sentence is only ended where so many tokens are left, so that the last one is not a word or two.
const LEAST_SENTENCE: u32 = 12;

/// Texts that show whether words can be counted apart, and the tokens of each.
const TRIALS: (u32, u32) = (16, 500);

/// How often a text is mended before what it has is taken.
const MOST_MENDS: u32 = 64;

/// What counts a text's tokens.
#[derive(Debug)]
enum Counter {
    Tokenizer(Box<TokenCounter>),
    Estimate,
}

/// A word and what it costs.
#[derive(Debug, Clone)]
struct Word {
    text: String,
    /// Tokens behind other text and a blank.
    tokens: u32,
    /// Tokens at a text's beginning.
    first: u32,
}

/// What exactly one token can be added with.
#[derive(Debug)]
enum Single {
    /// Words of one token each, behind a blank.
    Words(Vec<String>),
    /// A character that is a token each time it is repeated.
    Repeated(char),
}

/// Makes texts and counts tokens.
#[derive(Debug)]
pub struct TextMaker {
    counter: Counter,
    /// By part of speech, as in [`Part::ALL`].
    words: Vec<Vec<Word>>,
    /// Capitalised, for the two parts that open a sentence.
    openers: [Vec<Word>; 2],
    comma: u32,
    stop: u32,
    single: Single,
    /// Whether the tokens of words add up to those of the text.
    adds_up: bool,
}

/// A text and its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    /// The text, without blanks around it.
    pub text: String,
    /// What was asked for, unless the tokenizer leaves no way to it.
    pub tokens: u32,
}

/// Where a text is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It stands alone.
    First,
    /// It follows other text and a blank.
    Behind,
}

impl TextMaker {
    /// One that counts with a `tokenizer.json`, or estimates where there is none.
    pub fn new(tokenizer: Option<&Path>) -> Result<Self, WorkloadError> {
        match tokenizer {
            Some(path) => Self::counting(Counter::Tokenizer(Box::new(TokenCounter::load(path)?))),
            None => Self::counting(Counter::Estimate),
        }
    }

    fn counting(counter: Counter) -> Result<Self, WorkloadError> {
        let name = counter.name().to_owned();
        let unfit = |problem: String| WorkloadError::TokenizerUnfit { name: name.clone(), problem };
        let before = counter.count(BEFORE).map_err(&unfit)?;
        let behind = |text: &str| {
            let whole = counter.count(&format!("{BEFORE}{text}")).map_err(&unfit)?;
            Ok::<_, WorkloadError>(whole.saturating_sub(before))
        };
        let word = |text: String| {
            let (tokens, first) = (behind(&format!(" {text}"))?, counter.count(&text).map_err(&unfit)?);
            Ok::<_, WorkloadError>(Word { text, tokens, first })
        };
        // A word without tokens is one that the tokenizer leaves out.
        let known = |words: Vec<Word>| {
            let words: Vec<_> = words.into_iter().filter(|word| word.tokens > 0 && word.first > 0).collect();
            if words.is_empty() {
                return Err(unfit("it makes no tokens of common English words".to_owned()));
            }
            Ok(words)
        };
        let all = |part: Part, change: fn(&str) -> String| {
            known(part.words().map(|text| word(change(text))).collect::<Result<_, _>>()?)
        };
        let words =
            Part::ALL.into_iter().map(|part| all(part, str::to_owned)).collect::<Result<Vec<_>, _>>()?;
        let openers = [all(Part::Determiner, capitalised)?, all(Part::Preposition, capitalised)?];
        let (comma, stop) = (behind(",")?, behind(".")?);
        let mut single: Vec<_> = words.iter().flatten().filter(|word| word.tokens == 1).collect();
        // A handful would make the ends of texts all alike.
        single.truncate(if single.len() < 20 { 0 } else { usize::MAX });
        let single = if single.is_empty() {
            Single::Repeated(repeated(&behind)?.ok_or_else(|| {
                unfit("no character and no common English word is a single token of it".to_owned())
            })?)
        } else {
            Single::Words(single.into_iter().map(|word| word.text.clone()).collect())
        };
        let mut maker = Self { counter, words, openers, comma, stop, single, adds_up: true };
        maker.adds_up = maker.tried_out();
        Ok(maker)
    }

    /// Whether the tokens of words add up to those of texts.
    fn tried_out(&self) -> bool {
        let mut random = random::source(0, "trials");
        let (trials, tokens) = TRIALS;
        (0..trials).all(|_| {
            let place = if random.random() { Place::First } else { Place::Behind };
            let text = self.written(tokens, place, &mut random);
            self.tokens_at(&text, place) == tokens
        })
    }

    /// How tokens are counted: the tokenizer's file name, or `estimated`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.counter.name()
    }

    /// Tokens of a text alone, without those of a chat template; estimated where the tokenizer refuses the text.
    #[must_use]
    pub fn count(&self, text: &str) -> u32 {
        self.counter.count(text).unwrap_or_else(|_| estimate::tokens(text))
    }

    /// A text of so many tokens. The same random numbers make the same text.
    #[must_use]
    pub fn text(&self, tokens: u32, random: &mut Pcg64) -> String {
        self.made(tokens, Place::First, random).text
    }

    /// A text that has so many tokens where it stands alone.
    pub(super) fn alone(&self, tokens: u32, random: &mut Pcg64) -> Made {
        self.made(tokens, Place::First, random)
    }

    /// A text that has so many tokens where it stands behind another one and a blank.
    pub(super) fn behind(&self, tokens: u32, random: &mut Pcg64) -> Made {
        self.made(tokens, Place::Behind, random)
    }

    /// Tokens of a text behind another one and a blank.
    pub(super) fn count_behind(&self, text: &str) -> u32 {
        self.tokens_at(text, Place::Behind)
    }

    fn tokens_at(&self, text: &str, place: Place) -> u32 {
        match place {
            Place::First => self.count(text),
            Place::Behind => self.count(&format!("{BEFORE} {text}")).saturating_sub(self.count(BEFORE)),
        }
    }

    fn made(&self, tokens: u32, place: Place, random: &mut Pcg64) -> Made {
        let text = self.written(tokens, place, random);
        // The shortest texts are the ones that may not come out.
        if self.adds_up && tokens >= LEAST_SENTENCE {
            return Made { text, tokens };
        }
        self.mended(text, tokens, place, random)
    }

    /// A text by what its words cost.
    fn written(&self, tokens: u32, place: Place, random: &mut Pcg64) -> String {
        let mut text = String::new();
        let mut left = tokens;
        'text: while left > 0 {
            for (at, (part, comma)) in sentence(random).into_iter().enumerate() {
                let words = match (at, part) {
                    (0, Part::Preposition) => &self.openers[1],
                    (0, _) => &self.openers[0],
                    _ => &self.words[part as usize],
                };
                // No list is empty: `counting` sees to that.
                let Some(word) = words.choose(random) else { break 'text };
                let is_first = text.is_empty() && place == Place::First;
                let cost =
                    if is_first { word.first } else { word.tokens } + if comma { self.comma } else { 0 };
                let Some(rest) = left.checked_sub(cost).filter(|rest| *rest >= self.stop) else {
                    break 'text;
                };
                text.push_str(if comma {
                    ", "
                } else if text.is_empty() {
                    ""
                } else {
                    " "
                });
                text.push_str(&word.text);
                left = rest;
            }
            if left < self.stop + LEAST_SENTENCE {
                break;
            }
            text.push('.');
            left -= self.stop;
        }
        self.close(&mut text, left, random);
        text
    }

    /// Fills a text up with so many tokens, the last of them a full stop where there is room for one.
    fn close(&self, text: &mut String, tokens: u32, random: &mut Pcg64) {
        let stop = if tokens >= self.stop && !text.is_empty() { self.stop } else { 0 };
        for _ in stop..tokens {
            match &self.single {
                Single::Words(words) => {
                    let blank = if text.is_empty() { "" } else { " " };
                    text.push_str(blank);
                    text.push_str(words.choose(random).map_or("and", String::as_str));
                }
                Single::Repeated(character) => text.push(*character),
            }
        }
        if stop > 0 {
            text.push('.');
        }
    }

    /// Counts a text whole, and takes words off its end and adds others until its tokens are those wanted.
    fn mended(&self, mut text: String, tokens: u32, place: Place, random: &mut Pcg64) -> Made {
        let mut best = Made { tokens: self.tokens_at(&text, place), text: text.clone() };
        for mend in 0..MOST_MENDS {
            if best.tokens == tokens {
                break;
            }
            let has = self.tokens_at(&text, place);
            if has.abs_diff(tokens) < best.tokens.abs_diff(tokens) && !text.is_empty() {
                best = Made { text: text.clone(), tokens: has };
            }
            if has < tokens {
                self.close(&mut text, tokens - has, random);
            } else {
                // Ever more words, so that an end which can't come out is left behind.
                for _ in 0..(has - tokens).div_ceil(2).max(1 + mend / 8) {
                    text.truncate(text.rfind(' ').unwrap_or(0));
                }
            }
        }
        best
    }
}

impl Counter {
    fn name(&self) -> &str {
        match self {
            Self::Tokenizer(tokenizer) => tokenizer.name(),
            Self::Estimate => "estimated",
        }
    }

    fn count(&self, text: &str) -> Result<u32, String> {
        match self {
            Self::Tokenizer(tokenizer) => tokenizer.count(text),
            Self::Estimate => Ok(estimate::tokens(text)),
        }
    }
}

/// A character that adds a token each time it is repeated, if there is one.
fn repeated(behind: &impl Fn(&str) -> Result<u32, WorkloadError>) -> Result<Option<char>, WorkloadError> {
    for character in ['a', 'e', 's', 'x', '.', '!'] {
        let mut adds_one = true;
        for times in 1..=12_u8 {
            let text = String::from(character).repeat(usize::from(times));
            adds_one &= behind(&text)? == u32::from(times);
        }
        if adds_one {
            return Ok(Some(character));
        }
    }
    Ok(None)
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
}

/// The words of a sentence, each with whether a comma stands before it.
fn sentence(random: &mut Pcg64) -> Vec<(Part, bool)> {
    let mut parts = Vec::with_capacity(20);
    let noun = |parts: &mut Vec<(Part, bool)>, comma: bool, random: &mut Pcg64| {
        parts.push((Part::Determiner, comma));
        if random.random_bool(0.4) {
            parts.push((Part::Adjective, false));
        }
        parts.push((Part::Noun, false));
    };
    let opening = random.random_bool(0.25);
    if opening {
        parts.push((Part::Preposition, false));
        noun(&mut parts, false, random);
    }
    noun(&mut parts, opening, random);
    if random.random_bool(0.2) {
        parts.push((Part::Adverb, false));
    }
    parts.push((Part::Verb, false));
    noun(&mut parts, false, random);
    if random.random_bool(0.5) {
        parts.push((Part::Preposition, false));
        noun(&mut parts, false, random);
    }
    if random.random_bool(0.3) {
        parts.push((Part::Conjunction, true));
        noun(&mut parts, false, random);
        parts.push((Part::Verb, false));
        noun(&mut parts, false, random);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{random::source, toys};
    use proptest::prelude::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn maker(json: &Value) -> TextMaker {
        let (_folder, path) = toys::saved(json);
        TextMaker::new(Some(&path)).unwrap()
    }

    fn estimating() -> TextMaker {
        TextMaker::new(None).unwrap()
    }

    #[test]
    fn text_looks_like_english() {
        let maker = estimating();
        let text = maker.text(200, &mut source(3, "test"));
        assert!(text.ends_with('.') && text.starts_with(|first: char| first.is_ascii_uppercase()), "{text}");
        assert!(!text.contains("  ") && !text.contains(" .") && !text.contains(",."), "{text}");
        for sentence in text.trim_end_matches('.').split(". ") {
            let words = sentence.split_whitespace().count();
            assert!((5..=40).contains(&words), "{sentence}");
            assert!(sentence.starts_with(|first: char| first.is_ascii_uppercase()), "{sentence}");
        }
        assert_eq!(maker.name(), "estimated");
    }

    #[test]
    fn random_numbers_decide_the_text() {
        let maker = estimating();
        let text = |seed| maker.text(50, &mut source(seed, "test"));
        assert_eq!(text(1), text(1));
        let texts: BTreeSet<_> = (0..500).map(text).collect();
        assert_eq!(texts.len(), 500);
        let beginnings: BTreeSet<String> =
            texts.iter().map(|text| text.split(' ').take(6).collect::<Vec<_>>().join(" ")).collect();
        assert!(beginnings.len() > 495, "{}", beginnings.len());
    }

    #[test]
    fn every_kind_of_tokenizer_is_met_exactly() {
        for (name, json, adds_up) in [
            ("byte level", toys::byte_level(), true),
            ("sentence piece", toys::sentence_piece(), true),
            ("bytes", toys::bytes(), true),
            ("across blanks", toys::across_blanks(), false),
        ] {
            let maker = maker(&json);
            assert_eq!(maker.adds_up, adds_up, "{name}");
            assert_eq!(maker.name(), "tokenizer.json");
            let mut random = source(4, "test");
            for tokens in (12..60).chain([100, 512, 1_000]) {
                let text = maker.text(tokens, &mut random);
                assert_eq!(maker.count(&text), tokens, "{name}: {text}");
                let Made { text, tokens: made } = maker.behind(tokens, &mut random);
                let whole = maker.count(&format!("{BEFORE} {text}")) - maker.count(BEFORE);
                assert_eq!((made, whole), (tokens, tokens), "{name}: {text}");
            }
        }
    }

    #[test]
    fn the_shortest_texts_are_exact_or_say_what_they_have() {
        for json in [toys::byte_level(), toys::sentence_piece(), toys::across_blanks(), toys::bytes()] {
            let maker = maker(&json);
            for tokens in 1..12 {
                let Made { text, tokens: made } = maker.alone(tokens, &mut source(5, "test"));
                assert_eq!(maker.count(&text), made, "{text}");
                assert!(!text.is_empty() && made.abs_diff(tokens) <= 2, "{tokens}: {made} {text}");
            }
        }
        let maker = estimating();
        for tokens in 1..12 {
            assert_eq!(maker.count(&maker.text(tokens, &mut source(6, "test"))), tokens);
        }
        assert_eq!(maker.text(0, &mut source(6, "test")), "");
    }

    #[test]
    fn a_tokenizer_that_knows_no_english_is_refused() {
        let (_folder, path) = toys::saved(&toys::two_words());
        let message = TextMaker::new(Some(&path)).unwrap_err().to_string();
        assert!(message.starts_with("tokenizer `tokenizer.json` cannot be used: "), "{message}");
        assert!(message.contains("check that it is the target's"), "{message}");
    }

    proptest! {
        #[test]
        fn estimated_texts_have_the_tokens_asked_for(tokens in 1_u32..3_000, seed: u64) {
            let maker = estimating();
            let text = maker.text(tokens, &mut source(seed, "test"));
            prop_assert_eq!(maker.count(&text), tokens);
            prop_assert_eq!(text.trim(), &text);
        }
    }
}
