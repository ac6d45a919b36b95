//! One prompt, sent and judged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::exchange::Exchange;
use super::judgement::Judgement;
use super::reference::ReferenceAnswer;
use super::summary::RequestMetrics;
use super::workload::Ask;

/// Which side of a comparison a request was sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The variant in question.
    Candidate,
    /// What it is measured against.
    Baseline,
}

impl Side {
    /// The name used in JSON and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Baseline => "baseline",
        }
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// One request's exchange, metrics and verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attempt {
    /// What was received.
    pub exchange: Exchange,
    /// The metrics that follow from its trace.
    pub metrics: RequestMetrics,
    /// What the checks made of it.
    pub judgement: Judgement,
}

/// What identifies a request within a run; a candidate and a baseline attempt with one key are a pair.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct PairKey {
    /// The prompt.
    pub prompt_id: String,
    /// From 0, within its round.
    pub repeat: u32,
    /// From 0.
    pub round: u32,
    /// The level of a sweep or search, from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub level: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls it with")]
const fn is_zero(level: &u32) -> bool {
    *level == 0
}

/// One finished request: what the journal stores a line of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// Which request.
    pub key: PairKey,
    /// Its prompt's category.
    pub category: String,
    /// Its prompt's family, where it has one: prompts cloned from one template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// Its prompt's scenario.
    pub scenario_id: String,
    /// What was asked beside the prompt.
    #[serde(default, skip_serializing_if = "Ask::is_plain")]
    pub ask: Ask,
    /// Which block of the load it belongs to, from 0.
    pub block: u32,
    /// Which side it was sent to.
    pub side: Side,
    /// What came of it.
    pub attempt: Attempt,
}

/// A row of the result: a prompt with the candidate's attempt and its twin on the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// Which request.
    pub key: PairKey,
    /// Its prompt's category.
    pub category: String,
    /// Its prompt's family, where it has one: prompts cloned from one template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// Its prompt's scenario.
    pub scenario_id: String,
    /// What was asked beside the prompt.
    #[serde(default, skip_serializing_if = "Ask::is_plain")]
    pub ask: Ask,
    /// Which block of the load it belongs to, from 0.
    pub block: u32,
    /// The candidate's attempt; absent where the run was cut short before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Attempt>,
    /// The baseline's attempt; absent without a baseline, or where the run was cut short before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Attempt>,
    /// How likely the models find the prompt's reference answer, where they were asked; with its first row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<ReferenceAnswer>,
}

impl Row {
    /// The attempt of one side.
    #[must_use]
    pub const fn attempt(&self, side: Side) -> Option<&Attempt> {
        match side {
            Side::Candidate => self.candidate.as_ref(),
            Side::Baseline => self.baseline.as_ref(),
        }
    }
}
