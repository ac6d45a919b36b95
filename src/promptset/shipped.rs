//! The standard every shipped set keeps, whatever its prompts are. What a row must be like in itself is `promptset lint`'s
//! to say, and what its checks must say the self-test's; both are tested on these sets where they are.

use std::collections::BTreeMap;

use super::{built_in, built_in_names};
use crate::model::prompt::{Difficulty, PromptSet};

fn sets() -> Vec<PromptSet> {
    built_in_names().map(|name| built_in(name).unwrap().unwrap()).collect()
}

/// The prompts of each set by category, as they were asked for.
const SIZES: [(&str, &[(&str, usize)]); 8] = [
    (
        "canary",
        &[
            ("arithmetic", 8),
            ("code", 6),
            ("factual", 8),
            ("format", 7),
            ("instruction", 7),
            ("language", 7),
            ("reading", 7),
        ],
    ),
    ("performance", &[("long", 20), ("medium", 40), ("short", 40)]),
    (
        "quant-quality",
        &[("code", 6), ("factual", 6), ("math", 6), ("reasoning", 6), ("structured_output", 6)],
    ),
    ("finetune-domain", &[("code", 10), ("legal", 10), ("medical", 10)]),
    ("eval-calibration", &[("adversarial", 6), ("pairs", 6), ("scores", 8)]),
    ("benchmark-quant", &[("code", 50), ("factual", 50), ("long_form", 50), ("math", 50), ("reasoning", 50)]),
    (
        "benchmark-finetune",
        &[("cross_domain", 30), ("legal", 60), ("medical", 60), ("regression", 40), ("technical", 60)],
    ),
    ("benchmark-eval", &[("coherence", 50), ("edge_case", 50), ("factuality", 50), ("helpfulness", 50)]),
];

#[test]
fn every_set_is_valid_and_of_its_size() {
    let sets = sets();
    let found: Vec<(&str, Vec<(&str, usize)>)> = sets
        .iter()
        .map(|set| {
            let categories = set.manifest.categories.iter().map(|(name, count)| (name.as_str(), *count));
            (set.manifest.name.as_str(), categories.collect())
        })
        .collect();
    let wanted: Vec<(&str, Vec<(&str, usize)>)> =
        SIZES.iter().map(|(name, categories)| (*name, categories.to_vec())).collect();
    assert_eq!(found, wanted);
    assert_eq!(sets.iter().map(|set| set.prompts.len()).sum::<usize>(), 930);
    assert!(sets.iter().all(|set| !set.manifest.calibrated), "no results of a lab were fed back yet");
    assert!(built_in("no-such-set").is_none());
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
fn about_a_quarter_is_easy_and_a_quarter_hard() {
    // Smoke tests and tasks for load are easy by design.
    for set in sets().iter().filter(|set| !["canary", "performance"].contains(&set.manifest.name.as_str())) {
        let of = |difficulty| {
            let count = set.prompts.iter().filter(|prompt| prompt.difficulty == Some(difficulty)).count();
            100 * count / set.prompts.len()
        };
        for (difficulty, least, most) in
            [(Difficulty::Easy, 17, 33), (Difficulty::Medium, 40, 60), (Difficulty::Hard, 17, 33)]
        {
            let share = of(difficulty);
            assert!((least..=most).contains(&share), "{} {difficulty:?}: {share} %", set.manifest.name);
        }
    }
}

#[test]
fn every_row_says_how_it_is_sampled_and_where_it_is_from() {
    for prompt in sets().iter().flat_map(|set| &set.prompts) {
        assert!(prompt.sampling.temperature.is_some() && prompt.provenance.is_some(), "{}", prompt.id);
        assert!((1..=4).contains(&prompt.near_miss.len()), "{}", prompt.id);
    }
}

#[test]
fn long_contexts_are_tagged_and_of_their_length() {
    let mut by_category: BTreeMap<String, usize> = BTreeMap::new();
    for prompt in sets().iter().flat_map(|set| &set.prompts) {
        let characters = prompt.prompt.chars().count();
        let is_tagged = prompt.tags.iter().any(|tag| tag == "long_context");
        // 2,000 to 6,000 tokens: three to five characters each, as digits and code or prose prevail.
        if is_tagged {
            assert!((6_000..=30_000).contains(&characters), "{}: {characters}", prompt.id);
            *by_category.entry(prompt.category.clone()).or_default() += 1;
        } else {
            assert!(characters < 8_000, "{}: {characters}", prompt.id);
        }
    }
    assert!(by_category.len() >= 6 && by_category.values().sum::<usize>() >= 25, "{by_category:?}");
}
