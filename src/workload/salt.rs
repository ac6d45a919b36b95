//! What makes a prompt's beginning new, so that no prefix cache has the answer's beginning already.
//!
//! A salt is [`LETTERS`] single letters with blanks between them, such as `t a s w b c m d`, drawn by SHA-256 from the
//! run's salt, the prompt and the request. A letter alone is one token in the vocabularies of today's models, where
//! hexadecimal digits are merged now this way and now that: so every salt costs the same number of tokens, which the
//! lengths of made-up prompts include, and two requests differ within their first eight tokens, well inside the first
//! block of a prefix cache (16 tokens). What a chat template puts before the user's text comes before the salt too.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::{TextMaker, WorkPrompt};
use crate::model::prompt::Prompt;

/// Letters of a salt: 18⁸ are 1.1·10¹⁰ different ones.
pub(super) const LETTERS: u32 = 8;

/// Letters to choose from: those that many English words begin with, for these are a token together with the blank
/// before them even in small vocabularies.
const ALPHABET: [char; 18] =
    ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'l', 'm', 'n', 'o', 'p', 'r', 's', 't', 'w'];

/// Any salt, to count the tokens of.
pub(super) const EXAMPLE: &str = "t a s w b c m d";

/// The prompt as one request sends it: with a salt where [`WorkPrompt::salt_at`] says, else as written.
///
/// `salt` is the run's ([`crate::model::workload::WorkloadInfo::salt`]). `request` tells the request from all others
/// with this prompt (its level, round and repeat), and is the same on both sides of a pair, so that both get the same
/// bytes. A salt for the very beginning goes before the system message where there is one.
#[must_use]
pub fn salted<'a>(prompt: &'a WorkPrompt, salt: Option<&str>, request: &str) -> Cow<'a, Prompt> {
    let (Some(at), Some(salt)) = (prompt.salt_at, salt) else { return Cow::Borrowed(&prompt.prompt) };
    let letters = letters(salt, &prompt.prompt.id, request);
    let mut salted = prompt.prompt.clone();
    match &mut salted.system {
        Some(system) if at == 0 => insert(system, 0, &letters),
        _ => insert(&mut salted.prompt, at, &letters),
    }
    Cow::Owned(salted)
}

/// Puts letters and a blank into a text.
fn insert(text: &mut String, at: usize, letters: &str) {
    let at = text.floor_char_boundary(at);
    text.insert_str(at, &format!("{letters} "));
}

/// The salt of one use of a run's salt.
pub(super) fn letters(salt: &str, of: &str, request: &str) -> String {
    let mut hash = Sha256::new();
    for part in [salt, of, request] {
        // With its length, so that no two lists of parts are the same bytes.
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let number = hash.finalize().iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let letters = ALPHABET.len() as u64;
    let mut text = String::new();
    for place in 0..LETTERS {
        let letter = number / letters.pow(place) % letters;
        text.extend(usize::try_from(letter).ok().and_then(|letter| ALPHABET.get(letter)));
        text.push(' ');
    }
    text.truncate(text.trim_end().len());
    text
}

/// Whether all salts cost the same number of tokens.
pub(super) fn is_even(texts: &TextMaker) -> bool {
    let mut costs = ALPHABET.iter().map(|letter| texts.count_behind(&letter.to_string()));
    let first = costs.next();
    costs.all(|cost| Some(cost) == first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::workload::Ask;
    use crate::workload::toys;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn prompt(salt_at: Option<usize>) -> WorkPrompt {
        let prompt = serde_json::json!({"id": "p-1", "category": "c", "prompt": "Tell me a story.", "max_tokens": 9,
            "checks": [], "reference": "", "near_miss": []});
        let prompt = serde_json::from_value(prompt).unwrap();
        WorkPrompt { prompt, ask: Ask::default(), salt_at, think_s: 0.0 }
    }

    #[test]
    fn what_is_sent_as_written_is_not_even_copied() {
        assert!(matches!(salted(&prompt(None), Some("run"), "0/0/0"), Cow::Borrowed(_)));
        assert!(matches!(salted(&prompt(Some(0)), None, "0/0/0"), Cow::Borrowed(_)));
    }

    #[test]
    fn run_prompt_and_request_each_change_the_salt() {
        let first = salted(&prompt(Some(0)), Some("run"), "0/0/0").into_owned();
        assert!(first.prompt.ends_with("Tell me a story."));
        assert_eq!(first.prompt.len(), "Tell me a story.".len() + 16);
        assert_eq!(first, salted(&prompt(Some(0)), Some("run"), "0/0/0").into_owned());
        let mut another = prompt(Some(0));
        another.prompt.id = "p-2".into();
        let all = [
            first.prompt,
            salted(&prompt(Some(0)), Some("other"), "0/0/0").prompt.clone(),
            salted(&prompt(Some(0)), Some("run"), "0/0/1").prompt.clone(),
            salted(&another, Some("run"), "0/0/0").prompt.clone(),
        ];
        let beginnings: BTreeSet<_> = all.iter().map(|text| &text[..16]).collect();
        assert_eq!(beginnings.len(), 4, "{all:?}");
    }

    #[test]
    fn a_salt_goes_where_it_is_wanted() {
        let middle = salted(&prompt(Some(8)), Some("run"), "").into_owned();
        assert!(
            middle.prompt.starts_with("Tell me ") && middle.prompt.ends_with(" a story."),
            "{}",
            middle.prompt
        );
        let mut with_system = prompt(Some(0));
        with_system.prompt.system = Some("Be brief.".into());
        let sent = salted(&with_system, Some("run"), "").into_owned();
        assert_eq!(sent.prompt, "Tell me a story.");
        assert!(sent.system.is_some_and(|system| system.len() == 25 && system.ends_with("Be brief.")));
    }

    #[test]
    fn salts_are_spread_over_the_alphabet() {
        let mut used = BTreeMap::new();
        let salts: BTreeSet<_> = (0..2_000).map(|n| letters("run", "p", &n.to_string())).collect();
        assert_eq!(salts.len(), 2_000);
        for letter in salts.iter().flat_map(|salt| salt.split(' ')) {
            *used.entry(letter).or_insert(0) += 1;
        }
        // 16,000 letters over 18: 889 each, standard deviation 29.
        assert!(used.len() == 18 && used.values().all(|times| (745..1_035).contains(times)), "{used:?}");
    }

    #[test]
    fn salts_cost_the_same_where_each_letter_does() {
        assert!(is_even(&TextMaker::new(None).unwrap()));
        let even = |json: &serde_json::Value| {
            let (_folder, path) = toys::saved(json);
            is_even(&TextMaker::new(Some(&path)).unwrap())
        };
        assert!(even(&toys::byte_level()) && even(&toys::sentence_piece()) && even(&toys::bytes()));
        let mut without = toys::byte_level();
        without["model"]["merges"]
            .as_array_mut()
            .unwrap()
            .retain(|merge| *merge != serde_json::json!(["Ġ", "w"]));
        assert!(!even(&without));
    }

    proptest! {
        #[test]
        fn any_text_and_place_can_be_salted(text in "\\PC{0,40}", at in 0_usize..60) {
            let mut prompt = prompt(Some(at));
            prompt.prompt.prompt.clone_from(&text);
            let sent = salted(&prompt, Some("run"), "1").into_owned().prompt;
            prop_assert_eq!(sent.len(), text.len() + 16);
            prop_assert_eq!(sent.replacen(&format!("{} ", letters("run", "p-1", "1")), "", 1), text);
        }
    }
}
