//! The texts of prompts, which results don't hold: taken from the prompt set where that is at hand as it was sent.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::model::prompt::{Prompt, PromptSet, SWAPPED};

/// The prompts that were sent, by their ids, or why they are not at hand.
#[derive(Debug, Clone, Default)]
pub struct Prompts {
    prompts: Vec<Prompt>,
    places: HashMap<String, usize>,
    absent: Option<String>,
}

impl Prompts {
    /// Those of a set, which the caller found to be the one that was sent (by its SHA-256).
    #[must_use]
    pub fn of(set: PromptSet) -> Self {
        let places =
            set.prompts.iter().enumerate().map(|(place, prompt)| (prompt.id.clone(), place)).collect();
        Self { prompts: set.prompts, places, absent: None }
    }

    /// None, and why: a sentence without a full stop, such as ``prompt set `x` v3 is not at hand``.
    #[must_use]
    pub fn absent(why: impl Into<String>) -> Self {
        Self { absent: Some(why.into()), ..Self::default() }
    }

    /// Why there are none, where that is known.
    pub(crate) fn why_absent(&self) -> Option<&str> {
        self.absent.as_deref()
    }

    /// The prompt that was sent under an id, the two responses of a pair in the order in which they were sent.
    pub(crate) fn get(&self, id: &str) -> Option<Cow<'_, Prompt>> {
        let prompt = |id: &str| self.places.get(id).and_then(|place| self.prompts.get(*place));
        match prompt(id) {
            Some(prompt) => Some(Cow::Borrowed(prompt)),
            None => prompt(id.strip_suffix(SWAPPED)?)?.swapped_prompt().map(Cow::Owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::prompt::Manifest;

    #[test]
    fn prompts_are_found_by_their_ids_the_swapped_ones_too() {
        let plain = Prompt::unchecked("a".to_owned(), "c".to_owned(), "one".to_owned(), 8);
        let pair = Prompt {
            swapped: Some("B, then A".to_owned()),
            ..Prompt::unchecked("b".to_owned(), "c".to_owned(), "A, then B".to_owned(), 8)
        };
        let manifest = Manifest {
            name: "set".to_owned(),
            version: 1,
            description: String::new(),
            team: "any".to_owned(),
            categories: BTreeMap::new(),
            calibrated: false,
            sha256: String::new(),
        };
        let set = PromptSet { manifest, prompts: vec![plain, pair], origin: String::new(), selection: None };
        let prompts = Prompts::of(set);
        let text = |id: &str| prompts.get(id).map(|prompt| prompt.prompt.clone());
        assert_eq!(text("a").as_deref(), Some("one"));
        assert_eq!(text("b").as_deref(), Some("A, then B"));
        assert_eq!(text("b~swapped").as_deref(), Some("B, then A"));
        assert_eq!((text("a~swapped"), text("c")), (None, None));
        assert_eq!(prompts.why_absent(), None);
        assert_eq!(Prompts::absent("why").why_absent(), Some("why"));
    }
}
