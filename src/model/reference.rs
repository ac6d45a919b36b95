//! How likely each model finds a prompt's reference answer: what is stored of it, and what two sides' come to.
//! Needs no answers of the models. NLL is the negative log-probability in nats, so more is worse.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::comparison::Interval;

/// A prompt's reference answer under the models that were asked; stored with the first row of the prompt.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReferenceAnswer {
    /// Characters of the reference, without white space at its ends.
    pub characters: u32,
    /// What came of asking the candidate; absent where it wasn't asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<ReferenceScore>,
    /// What came of asking the baseline; absent where it wasn't asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<ReferenceScore>,
}

impl ReferenceAnswer {
    /// What the candidates of two separate runs made of one prompt's reference, the second as the baseline.
    #[must_use]
    pub fn of_two_runs(candidate: Option<Self>, baseline: Option<Self>) -> Option<Self> {
        let characters = candidate.as_ref().or(baseline.as_ref())?.characters;
        Some(Self {
            characters,
            candidate: candidate.and_then(|answer| answer.candidate),
            baseline: baseline.and_then(|answer| answer.candidate),
        })
    }
}

/// What came of asking one side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ReferenceScore {
    /// The server told.
    Scored(ReferenceLogProbs),
    /// It didn't.
    Missing {
        /// In one word.
        reason: MissingReference,
        /// What was said.
        message: String,
    },
}

impl ReferenceScore {
    /// The log-probabilities, where they were told.
    #[must_use]
    pub const fn scored(&self) -> Option<&ReferenceLogProbs> {
        match self {
            Self::Scored(log_probs) => Some(log_probs),
            Self::Missing { .. } => None,
        }
    }
}

/// The log-probabilities of a reference answer's tokens under one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReferenceLogProbs {
    /// How the server was asked.
    pub asked_by: ReferenceInterface,
    /// The reference's tokens, at least 1.
    pub tokens: u32,
    /// Mean of their log-probabilities, nats; 0 at most.
    pub mean_log_prob: f64,
    /// How many of them are the model's most likely token at their place.
    pub top_1: u32,
    /// The model's most likely tokens at the other places, where told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preferred: Vec<PreferredToken>,
}

/// A token that the model finds likelier than the reference's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PreferredToken {
    /// Which token of the reference it would stand in place of, from 0.
    pub position: u32,
    /// Its id where asked by `prompt_logprobs`, its text where asked by `echo`.
    pub token: String,
}

/// How a server is asked for the log-probabilities of a text that it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceInterface {
    /// Chat completions with `prompt_logprobs`, the reference being the beginning of the assistant's message.
    PromptLogprobs,
    /// Completions with `echo` and `logprobs`, the reference being a blank line after the prompt.
    Echo,
}

/// Why a reference has no log-probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MissingReference {
    /// The server refuses to tell or leaves it out.
    NotTold,
    /// Prompt and reference are longer than the server takes.
    TooLong,
    /// The request failed.
    Failed,
    /// The reference's tokens could not be told from the prompt's.
    NotFound,
}

impl MissingReference {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotTold => "not told",
            Self::TooLong => "too long",
            Self::Failed => "failed",
            Self::NotFound => "tokens not found",
        }
    }
}

/// What the means are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceUnit {
    /// Nats per token: both sides split the references alike.
    NatsPerToken,
    /// Nats per character of the reference: the sides' tokenizers differ, so their tokens are not the same thing.
    NatsPerCharacter,
}

impl ReferenceUnit {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NatsPerToken => "nats per token",
            Self::NatsPerCharacter => "nats per character",
        }
    }
}

/// The references' log-probabilities on both sides, paired by prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReferenceComparison {
    /// What all means are of.
    pub unit: ReferenceUnit,
    /// All categories together.
    pub overall: ReferenceDelta,
    /// By category, in alphabetical order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<ReferenceDelta>,
    /// Prompts without a score on the baseline, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub missing_baseline: BTreeMap<MissingReference, u64>,
    /// Prompts without a score on the candidate, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub missing_candidate: BTreeMap<MissingReference, u64>,
    /// Prompts that only one side was asked about.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub asked_on_one_side: u64,
    /// Prompts whose reference has another number of tokens on the candidate than on the baseline; left out where
    /// means are per token.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub split_differently: u64,
    /// Why there is nothing to compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent_because: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls it with")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The difference over some prompts; each prompt counts once, however long its reference.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReferenceDelta {
    /// The category; absent for the overall row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Prompts scored on both sides.
    pub prompts: u64,
    /// Mean NLL of the baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<f64>,
    /// Mean NLL of the candidate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<f64>,
    /// Candidate − baseline: above 0 the candidate finds the references less likely, which is worse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta: Option<f64>,
    /// Standard error of the delta over prompts, or over families where that is wider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_error: Option<f64>,
    /// Student's 95 % interval of the delta.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_95: Option<Interval>,
    /// Its 95 % bootstrap interval, over prompts, or over families where that is wider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap_95: Option<Interval>,
    /// Two-sided p-value of no difference: the paired t test, by the standard error above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
    /// Families among the prompts, a prompt without one being a family of its own; absent where all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub families: Option<u64>,
    /// Share of the references' tokens that are the baseline's most likely ones, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_top_1: Option<f64>,
    /// Share of the references' tokens that are the candidate's most likely ones, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate_top_1: Option<f64>,
    /// Share of the references' places where both sides' most likely token is the same, 0 to 1; absent where the
    /// sides split references differently, for then places are not the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<f64>,
}
