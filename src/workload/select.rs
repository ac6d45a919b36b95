//! Which prompts of a set are sent, where not all of them are.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::estimate::tokens;
use crate::model::prompt::{Prompt, PromptSet, Selection};

/// Why nothing can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// A category that no prompt has.
    #[error("prompt set `{set}` has no category `{name}`; it has `{known}`")]
    Category {
        /// The set.
        set: String,
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A tag that no prompt has.
    #[error("no prompt of `{set}` has the tag `{name}`{known}")]
    Tag {
        /// The set.
        set: String,
        /// What was asked for.
        name: String,
        /// What there is, in words.
        known: String,
    },
    /// Nothing is left.
    #[error("no prompt of `{set}` is left of its {all}; ask for less")]
    Nothing {
        /// The set.
        set: String,
        /// Prompts before.
        all: usize,
    },
}

/// Chooses prompts: by category, by tags, by what fits the server's context; then a sample that keeps each category's
/// share, drawn from the seed. The set's order stays. The same arguments give the same prompts, and a smaller sample of
/// the same seed is part of a larger one as far as shares allow.
pub fn select(set: &PromptSet, selection: &Selection, seed: u64) -> Result<PromptSet, SelectionError> {
    let name = &set.manifest.name;
    known(set, selection)?;
    let mut kept: Vec<&Prompt> =
        set.prompts.iter().filter(|prompt| is_asked_for(prompt, selection)).collect();
    let before = kept.len();
    if let Some(context) = selection.max_context_tokens {
        kept.retain(|prompt| tokens_needed(prompt) <= u64::from(context));
    }
    let too_long = before - kept.len();
    if let Some(wanted) = selection.sample {
        kept = sample(kept, wanted as usize, seed);
    }
    if kept.is_empty() {
        return Err(SelectionError::Nothing { set: name.clone(), all: set.prompts.len() });
    }
    let mut categories = BTreeMap::new();
    for prompt in &kept {
        *categories.entry(prompt.category.clone()).or_default() += 1;
    }
    let mut chosen = PromptSet {
        manifest: set.manifest.clone(),
        prompts: kept.into_iter().cloned().collect(),
        origin: set.origin.clone(),
        selection: Some(Selection {
            of_prompts: set.prompts.len() as u64,
            too_long: too_long as u64,
            ..selection.clone()
        }),
    };
    chosen.manifest.categories = categories;
    Ok(chosen)
}

fn known(set: &PromptSet, selection: &Selection) -> Result<(), SelectionError> {
    let name = || set.manifest.name.clone();
    for category in &selection.categories {
        if !set.manifest.categories.contains_key(category) {
            let known = set.manifest.categories.keys().map(String::as_str).collect::<Vec<_>>().join("`, `");
            return Err(SelectionError::Category { set: name(), name: category.clone(), known });
        }
    }
    for tag in selection.tags.iter().chain(&selection.skip_tags) {
        let mut tags: Vec<&str> =
            set.prompts.iter().flat_map(|prompt| &prompt.tags).map(String::as_str).collect();
        tags.sort_unstable();
        tags.dedup();
        // Leaving out what isn't there is no mistake.
        if !tags.contains(&tag.as_str()) && selection.tags.contains(tag) {
            let known =
                if tags.is_empty() { String::new() } else { format!("; there are `{}`", tags.join("`, `")) };
            return Err(SelectionError::Tag { set: name(), name: tag.clone(), known });
        }
    }
    Ok(())
}

fn is_asked_for(prompt: &Prompt, selection: &Selection) -> bool {
    let has = |tags: &[String]| tags.iter().any(|tag| prompt.tags.contains(tag));
    (selection.categories.is_empty() || selection.categories.contains(&prompt.category))
        && (selection.tags.is_empty() || has(&selection.tags))
        && !has(&selection.skip_tags)
}

/// Tokens of the prompt, about, and of the longest answer it may have.
fn tokens_needed(prompt: &Prompt) -> u64 {
    let text = tokens(&prompt.prompt) + prompt.system.as_deref().map_or(0, tokens);
    // The estimate is of common prose; numbers and code may take a fifth more, and a chat template some.
    u64::from(text) * 6 / 5 + 32 + u64::from(prompt.max_tokens)
}

/// So many of them, each category by its share (largest remainder), at least one each where that is possible.
fn sample(prompts: Vec<&Prompt>, wanted: usize, seed: u64) -> Vec<&Prompt> {
    let mut categories: BTreeMap<&str, Vec<(usize, &Prompt)>> = BTreeMap::new();
    for (place, prompt) in prompts.iter().enumerate() {
        categories.entry(&prompt.category).or_default().push((place, prompt));
    }
    let all = prompts.len();
    if wanted >= all {
        return prompts;
    }
    let mut shares: Vec<(&str, usize, usize)> = categories
        .iter()
        .map(|(name, of)| (*name, of.len() * wanted / all, of.len() * wanted % all))
        .collect();
    shares.sort_by_key(|(name, _, remainder)| (std::cmp::Reverse(*remainder), *name));
    let mut left = wanted - shares.iter().map(|(_, whole, _)| whole).sum::<usize>();
    for share in &mut shares {
        if left > 0 {
            share.1 += 1;
            left -= 1;
        }
    }
    // What has none takes one of the largest, as long as that keeps more than one.
    while let Some(empty) = shares.iter().position(|share| share.1 == 0) {
        let Some(largest) =
            (0..shares.len()).max_by_key(|index| shares[*index].1).filter(|index| shares[*index].1 > 1)
        else {
            break;
        };
        shares[largest].1 -= 1;
        shares[empty].1 = 1;
    }
    let mut kept = Vec::with_capacity(wanted);
    for (name, count, _) in shares {
        let Some(of) = categories.get_mut(name) else { continue };
        of.sort_by_cached_key(|(_, prompt)| Sha256::digest(format!("{seed}/{}", prompt.id)));
        kept.extend(of.iter().take(count).copied());
    }
    kept.sort_unstable_by_key(|(place, _)| *place);
    kept.into_iter().map(|(_, prompt)| prompt).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::prompt::Manifest;

    fn set() -> PromptSet {
        let prompt = |category: &str, number: usize, tag: &str| Prompt {
            tags: vec![tag.to_owned()],
            ..Prompt::unchecked(
                format!("{category}-{number}"),
                category.to_owned(),
                "five words are in this".to_owned(),
                64,
            )
        };
        let mut prompts: Vec<Prompt> =
            (0..60).map(|n| prompt("law", n, if n < 3 { "long" } else { "plain" })).collect();
        prompts.extend((0..30).map(|n| prompt("code", n, "plain")));
        prompts.extend((0..10).map(|n| prompt("poem", n, "rhyme")));
        let categories =
            [("law", 60), ("code", 30), ("poem", 10)].map(|(name, n)| (name.to_owned(), n)).into();
        let manifest = Manifest {
            name: "t".to_owned(),
            version: 1,
            description: String::new(),
            team: "any".to_owned(),
            categories,
            calibrated: false,
            sha256: String::new(),
        };
        PromptSet { manifest, prompts, origin: String::new(), selection: None }
    }

    fn counts(selection: &Selection) -> Vec<(String, usize)> {
        select(&set(), selection, 1).unwrap().manifest.categories.into_iter().collect()
    }

    fn by<const N: usize>(expected: [(&str, usize); N]) -> Vec<(String, usize)> {
        expected.map(|(name, n)| (name.to_owned(), n)).to_vec()
    }

    #[test]
    fn a_sample_keeps_shares_and_order() {
        let sample = |n| Selection { sample: Some(n), ..Selection::default() };
        assert_eq!(counts(&sample(20)), by([("code", 6), ("law", 12), ("poem", 2)]));
        assert_eq!(counts(&sample(3)), by([("code", 1), ("law", 1), ("poem", 1)]));
        assert_eq!(counts(&sample(7)), by([("code", 2), ("law", 4), ("poem", 1)]));
        assert_eq!(counts(&sample(1000)), by([("code", 30), ("law", 60), ("poem", 10)]));
        let chosen = select(&set(), &sample(20), 1).unwrap();
        assert_eq!(chosen, select(&set(), &sample(20), 1).unwrap());
        assert_ne!(chosen.prompts, select(&set(), &sample(20), 2).unwrap().prompts);
        let places: Vec<usize> = chosen
            .prompts
            .iter()
            .map(|prompt| set().prompts.iter().position(|other| other.id == prompt.id).unwrap())
            .collect();
        assert!(places.is_sorted());
        assert_eq!(chosen.selection.unwrap().of_prompts, 100);
    }

    #[test]
    fn categories_tags_and_context() {
        let only = Selection { categories: vec!["poem".into(), "code".into()], ..Selection::default() };
        assert_eq!(counts(&only), by([("code", 30), ("poem", 10)]));
        let tagged = Selection { tags: vec!["rhyme".into(), "long".into()], ..Selection::default() };
        assert_eq!(counts(&tagged), by([("law", 3), ("poem", 10)]));
        let skipped = Selection { skip_tags: vec!["plain".into()], ..Selection::default() };
        assert_eq!(counts(&skipped), by([("law", 3), ("poem", 10)]));
        let small = Selection { max_context_tokens: Some(50), ..Selection::default() };
        assert_eq!(
            select(&set(), &small, 1).unwrap_err().to_string(),
            "no prompt of `t` is left of its 100; ask for less"
        );
        let wrong = Selection { categories: vec!["lore".into()], ..Selection::default() };
        assert_eq!(
            select(&set(), &wrong, 1).unwrap_err().to_string(),
            "prompt set `t` has no category `lore`; it has `code`, `law`, `poem`"
        );
    }
}
