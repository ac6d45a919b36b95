//! A prompt and the set it comes from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{Check, PassWhen};

/// How hard a prompt is for a 7–8B model at full precision, as its author judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Difficulty {
    /// Nearly always right.
    Easy,
    /// Right more often than not.
    Medium,
    /// Wrong more often than not.
    Hard,
}

/// How a prompt's answer is sampled; what is absent is left to the run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PromptSampling {
    /// Sampling temperature, 0 or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Texts before which the answer ends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
}

impl PromptSampling {
    /// Whether all is left to the run.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.temperature.is_none() && self.top_p.is_none() && self.stop.is_empty()
    }
}

/// One line of `promptset.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// Stable and unique within the set.
    pub id: String,
    /// The category that pass rates are reported by.
    pub category: String,
    /// What it is about or needs, for choosing prompts: `long_context`, `us_law`, `german`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The scenario it belongs to; the set's name where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario_id: Option<String>,
    /// The system message, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The user message.
    pub prompt: String,
    /// The user message with the two responses to be compared in the other order, where there are two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swapped: Option<String>,
    /// The most tokens the answer may have.
    pub max_tokens: u32,
    /// How the answer is sampled, as far as neither flags nor configuration say.
    #[serde(default, skip_serializing_if = "PromptSampling::is_none")]
    pub sampling: PromptSampling,
    /// What makes a response right.
    pub checks: Vec<Check>,
    /// How many of the checks must hold.
    #[serde(default)]
    pub pass_when: PassWhen,
    /// An answer that must pass.
    pub reference: String,
    /// Plausible answers that must fail.
    pub near_miss: Vec<String>,
    /// How hard it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difficulty: Option<Difficulty>,
    /// Prompts that are clones of one template share a family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// Where what it asserts can be looked up, or how it was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<String>,
    /// True where the answer stands in the prompt by design (copying, retrieval).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub answer_in_prompt: bool,
}

impl Prompt {
    /// One that is sent for its speed alone: nothing says what would be right.
    #[must_use]
    pub fn unchecked(id: String, category: String, text: String, max_tokens: u32) -> Self {
        Self {
            id,
            category,
            tags: Vec::new(),
            scenario_id: None,
            system: None,
            prompt: text,
            swapped: None,
            max_tokens,
            sampling: PromptSampling::default(),
            checks: Vec::new(),
            pass_when: PassWhen::default(),
            reference: String::new(),
            near_miss: Vec::new(),
            difficulty: None,
            family: None,
            provenance: None,
            answer_in_prompt: false,
        }
    }

    /// The same item with its two responses in the other order, where it has two: its id ends with
    /// [`SWAPPED`], and A and B are exchanged in what is right and in the answers that are known.
    #[must_use]
    pub fn swapped_prompt(&self) -> Option<Self> {
        let text = self.swapped.clone()?;
        let checks = self.checks.iter().map(|check| match check {
            Check::Preference { gold } => Check::Preference { gold: gold.swapped() },
            other => other.clone(),
        });
        Some(Self {
            id: format!("{}{SWAPPED}", self.id),
            prompt: text,
            swapped: Some(self.prompt.clone()),
            checks: checks.collect(),
            reference: exchanged(&self.reference),
            near_miss: self.near_miss.iter().map(|reply| exchanged(reply)).collect(),
            ..self.clone()
        })
    }
}

/// What the ids of prompts end with whose two responses are in the other order.
pub const SWAPPED: &str = "~swapped";

/// A reply with the mark on its line `Better: ` exchanged.
fn exchanged(reply: &str) -> String {
    let line = |line: &str| match line.strip_prefix("Better: ").map(str::trim_end) {
        Some("A") => "Better: B".to_owned(),
        Some("B") => "Better: A".to_owned(),
        _ => line.to_owned(),
    };
    reply.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// `manifest.json` of a prompt set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The set's name; equals its folder's.
    pub name: String,
    /// Raised whenever a prompt changes.
    pub version: u32,
    /// One sentence: what it measures.
    pub description: String,
    /// The team it is meant for, or `any`.
    pub team: String,
    /// Prompts by category; must equal what the file holds.
    pub categories: BTreeMap<String, usize>,
    /// Whether the difficulty was measured on real models.
    pub calibrated: bool,
    /// SHA-256 of `promptset.jsonl`, in lower-case hexadecimal.
    pub sha256: String,
}

/// A prompt set as loaded and verified.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptSet {
    /// Its manifest.
    pub manifest: Manifest,
    /// Its prompts in the file's order.
    pub prompts: Vec<Prompt>,
    /// Where it came from, for messages: a path, or `built-in`.
    pub origin: String,
    /// How its prompts were chosen, where they are not all of the file's.
    pub selection: Option<Selection>,
}

/// Which prompts of a set are sent. What is empty or absent asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Selection {
    /// Only of these categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Only with one of these tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Only without these tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip_tags: Vec<String>,
    /// Only what fits into so many tokens, answer included, as far as that can be estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_context_tokens: Option<u32>,
    /// So many of what is left, each category by its share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<u32>,
    /// Prompts of the set.
    #[serde(default)]
    pub of_prompts: u64,
    /// How many were left out as too long.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub too_long: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls it with")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rubric::Preferred;

    #[test]
    fn a_swapped_prompt_is_the_same_item_the_other_way_round() {
        let reply = |mark: &str| format!("The first is shorter.\nBetter: {mark}\nConfidence: 80%");
        let prompt = Prompt {
            swapped: Some("B then A".to_owned()),
            checks: vec![Check::Preference { gold: Preferred::A }],
            reference: reply("A"),
            near_miss: vec![reply("B"), reply("tie")],
            ..Prompt::unchecked("p".to_owned(), "c".to_owned(), "A then B".to_owned(), 16)
        };
        let other = prompt.swapped_prompt().unwrap();
        assert_eq!((other.id.as_str(), other.prompt.as_str()), ("p~swapped", "B then A"));
        assert_eq!(other.checks, [Check::Preference { gold: Preferred::B }]);
        assert_eq!(other.reference, reply("B"));
        assert_eq!(other.near_miss, [reply("A"), reply("tie")]);
        let back = Prompt { id: "p".to_owned(), ..other.swapped_prompt().unwrap() };
        assert_eq!(back, prompt);
        assert_eq!(Prompt { swapped: None, ..prompt }.swapped_prompt(), None);
    }
}
