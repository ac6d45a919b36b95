//! The standard every shipped set keeps, whatever its prompts are.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;

use super::{built_in, built_in_names};
use crate::model::check::Check;
use crate::model::prompt::{Prompt, PromptSet};

fn sets() -> Vec<PromptSet> {
    built_in_names().map(|name| built_in(name).unwrap().unwrap()).collect()
}

/// Letters and digits in lower case, each run of them one token.
fn tokens(text: &str) -> Vec<String> {
    text.nfkc()
        .collect::<String>()
        .to_lowercase()
        .split(|character: char| !character.is_alphanumeric())
        .filter(|token| !token.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What a right answer must say, each alias apart; nothing for `choice`, `json` and `regex`.
fn needles(prompt: &Prompt) -> Vec<String> {
    let needles = |check: &Check| match check {
        Check::Contains { any, all, .. } => {
            any.iter().chain(all).flat_map(|needle| needle.split('|')).map(str::to_owned).collect()
        }
        Check::Exact { values, .. } => values.clone(),
        Check::Numeric { value, .. } => vec![value.clone()],
        _ => Vec::new(),
    };
    prompt.checks.iter().flat_map(needles).collect()
}

fn five_grams(text: &str) -> BTreeSet<Vec<String>> {
    let tokens = tokens(text);
    tokens.windows(5.min(tokens.len())).map(<[String]>::to_vec).collect()
}

fn counts(set: &PromptSet) -> BTreeMap<&str, usize> {
    set.manifest.categories.iter().map(|(name, count)| (name.as_str(), *count)).collect()
}

#[test]
fn every_set_is_valid_and_of_its_size() {
    let sizes: Vec<(String, usize)> =
        sets().iter().map(|set| (set.manifest.name.clone(), set.prompts.len())).collect();
    assert_eq!(sizes, [("canary".to_owned(), 50), ("quant-quality".to_owned(), 30)]);
    assert!(built_in("no-such-set").is_none());
    let sets = sets();
    assert_eq!(counts(&sets[1]).len(), 5);
    assert!(counts(&sets[1]).values().all(|count| *count == 6));
}

#[test]
fn ids_say_set_and_category() {
    for set in sets() {
        for prompt in &set.prompts {
            let start = format!("{}-{}-", set.manifest.name, prompt.category.replace('_', "-"));
            let number = prompt.id.strip_prefix(&start).unwrap_or_default();
            assert!(number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit()), "{}", prompt.id);
        }
    }
}

#[test]
fn a_quarter_is_easy_and_a_quarter_hard() {
    use crate::model::prompt::Difficulty::{Easy, Hard, Medium};
    let set = built_in("quant-quality").unwrap().unwrap();
    let count =
        |difficulty| set.prompts.iter().filter(|prompt| prompt.difficulty == Some(difficulty)).count();
    assert_eq!((count(Easy), count(Medium), count(Hard)), (8, 15, 7));
}

#[test]
fn no_answer_stands_in_its_own_prompt_unless_declared() {
    for prompt in sets().iter().flat_map(|set| &set.prompts).filter(|prompt| !prompt.answer_in_prompt) {
        let text = tokens(&prompt.prompt);
        for needle in needles(prompt) {
            let wanted = tokens(&needle);
            assert!(!text.windows(wanted.len()).any(|window| window == wanted), "{}: {needle}", prompt.id);
        }
    }
}

#[test]
fn no_two_prompts_of_a_set_share_an_answer() {
    for set in sets() {
        let mut seen = BTreeMap::new();
        for prompt in &set.prompts {
            let spellings: BTreeSet<String> =
                needles(prompt).iter().map(|needle| needle.to_lowercase()).collect();
            for needle in spellings {
                let other = seen.insert(needle.clone(), &prompt.id);
                assert_eq!(other, None, "{} also answers {needle}", prompt.id);
            }
        }
    }
}

#[test]
fn references_and_near_misses_are_there_and_differ() {
    for prompt in sets().iter().flat_map(|set| &set.prompts) {
        assert!(!prompt.reference.trim().is_empty(), "{}", prompt.id);
        assert!((1..=3).contains(&prompt.near_miss.len()), "{}", prompt.id);
        let replies: BTreeSet<&String> = prompt.near_miss.iter().chain([&prompt.reference]).collect();
        assert_eq!(replies.len(), prompt.near_miss.len() + 1, "{}", prompt.id);
        assert!(prompt.near_miss.iter().all(|reply| !reply.trim().is_empty()), "{}", prompt.id);
    }
}

#[test]
fn answers_have_three_times_the_room_of_the_reference() {
    for prompt in sets().iter().flat_map(|set| &set.prompts) {
        let reference = prompt.reference.chars().count().div_ceil(4);
        assert!(usize::try_from(prompt.max_tokens).unwrap() >= 3 * reference, "{}", prompt.id);
    }
}

#[test]
fn no_prompt_nearly_repeats_another() {
    let sets = sets();
    let prompts: Vec<(&Prompt, _)> =
        sets.iter().flat_map(|set| &set.prompts).map(|prompt| (prompt, five_grams(&prompt.prompt))).collect();
    for (index, (prompt, grams)) in prompts.iter().enumerate() {
        for (other, other_grams) in &prompts[index + 1..] {
            let shared = grams.intersection(other_grams).count();
            let all = grams.union(other_grams).count();
            // Jaccard below 0.6, in whole numbers.
            assert!(10 * shared < 6 * all, "{} and {}: {shared} of {all}", prompt.id, other.id);
        }
    }
}

#[test]
fn a_template_is_used_at_most_twice() {
    let sets = sets();
    let mut families: BTreeMap<&str, usize> = BTreeMap::new();
    for family in sets.iter().flat_map(|set| &set.prompts).filter_map(|prompt| prompt.family.as_deref()) {
        *families.entry(family).or_default() += 1;
    }
    assert!(families.values().all(|count| *count <= 2), "{families:?}");
}

#[test]
fn no_text_holds_an_address() {
    for prompt in sets().iter().flat_map(|set| &set.prompts) {
        let texts = [&prompt.prompt, &prompt.reference].into_iter().chain(&prompt.near_miss);
        for text in texts {
            assert!(!["://", "www.", "@"].iter().any(|mark| text.contains(mark)), "{}", prompt.id);
        }
    }
}
