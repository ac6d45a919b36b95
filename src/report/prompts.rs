//! The texts of prompts, which results don't hold: taken from the prompt set where that is at hand as it was sent.

use std::borrow::Cow;
use std::collections::HashMap;

use super::redact::placeholder;
use crate::model::prompt::{Prompt, PromptSet, SWAPPED};
use crate::model::redaction::Redaction;

/// The prompts that were sent, by their ids, or why they are not at hand.
#[derive(Debug, Clone, Default)]
pub struct Prompts {
    sent: Vec<Prompt>,
    places: HashMap<String, usize>,
    note: Option<String>,
}

/// What of a prompt is shown; empty where it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PromptTexts {
    /// The system message.
    pub(crate) system: String,
    /// The user message.
    pub(crate) user: String,
    /// An answer that is right.
    pub(crate) reference: String,
}

impl Prompts {
    /// Those of a set, which the caller found to be the one that was sent (by its SHA-256).
    #[must_use]
    pub fn of(set: PromptSet) -> Self {
        let places =
            set.prompts.iter().enumerate().map(|(place, prompt)| (prompt.id.clone(), place)).collect();
        Self { sent: set.prompts, places, note: None }
    }

    /// None, and why: what comes after `Prompts are not shown: `.
    #[must_use]
    pub fn absent(why: impl std::fmt::Display) -> Self {
        Self::default().with_note(format!("Prompts are not shown: {why}"))
    }

    /// The same with a sentence on them, which is said once.
    #[must_use]
    pub fn with_note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    /// What is to be said of them, where there is something.
    pub(crate) fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// The texts that are shown of the prompt that was sent under an id; none where it is not at hand, or its texts are
    /// left out.
    pub(crate) fn shown(&self, id: &str, redacted: Option<Redaction>) -> Option<PromptTexts> {
        let redacted = redacted.filter(|redacted| redacted.prompts);
        let prompt = self.get(id).filter(|_| !redacted.is_some_and(|redacted| redacted.left_out))?;
        let text = |text: &str| {
            if redacted.is_some() && !text.is_empty() { placeholder(text) } else { text.to_owned() }
        };
        Some(PromptTexts {
            system: text(prompt.system.as_deref().unwrap_or_default()),
            user: text(&prompt.prompt),
            reference: text(&prompt.reference),
        })
    }

    /// The prompt that was sent under an id, the two responses of a pair in the order in which they were sent.
    fn get(&self, id: &str) -> Option<Cow<'_, Prompt>> {
        let prompt = |id: &str| self.places.get(id).and_then(|place| self.sent.get(*place));
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
        let redaction = |left_out| Some(Redaction { prompts: true, answers: false, left_out });
        assert_eq!(prompts.shown("a", redaction(false)).unwrap().user, "[redacted: 3 characters]");
        assert_eq!(prompts.shown("a", redaction(true)), None);
        assert_eq!(prompts.shown("a", None).unwrap().user, "one");
        assert_eq!(prompts.note(), None);
        assert_eq!(Prompts::absent("why").note(), Some("Prompts are not shown: why"));
    }
}
