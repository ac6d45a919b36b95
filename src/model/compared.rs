//! The comparison of saved results as `labctl compare --format json` prints it: a contract of its own, with a schema.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::comparison::Comparison;
use super::record::{Row, Side};
use super::redaction::Redaction;
use super::result::PromptSetInfo;
use super::team::{CostFigures, Reading, TeamKind};

/// The version of this document's shape. Raised when a reader of the older shape would misread it.
pub const COMPARISON_SCHEMA_VERSION: u32 = 1;

/// One of the compared sides: whose answers, and where they come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedSide {
    /// The run.
    pub run_id: String,
    /// Which of its sides.
    pub side: Side,
    /// The model.
    pub model: String,
    /// The endpoint's name.
    pub endpoint: String,
    /// When the run began, RFC 3339 in UTC.
    pub started_at: String,
    /// Whether it was simulated.
    pub simulated: bool,
    /// The prompts.
    pub prompt_set: PromptSetInfo,
    /// The name of the blessed baseline that it is, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blessed_as: Option<String>,
    /// Share of its prompt tokens (0 to 1) that the server's prefix cache answered; absent where the server didn't tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_share: Option<f64>,
    /// What its answers cost, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<CostFigures>,
}

/// What is left where only the prompts that are the same in both sets are compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Intersection {
    /// Prompts that are compared.
    pub prompts: u64,
    /// Prompts of the baseline that are left out.
    pub left_out_of_baseline: u64,
    /// Prompts of the candidate that are left out.
    pub left_out_of_candidate: u64,
    /// Of those left out, prompts with an id that both sets have and another content.
    pub differing: u64,
    /// Whether the contents were compared. Where not, a prompt counts as the same by its id and category alone.
    pub verified: bool,
}

/// A comparison of two sides with where they come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonReport {
    /// [`COMPARISON_SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// The version of labctl that compared.
    pub labctl_version: String,
    /// What is measured against.
    pub baseline: ComparedSide,
    /// The variant in question.
    pub candidate: ComparedSide,
    /// True where either side was simulated: such numbers say nothing about a model.
    pub simulated: bool,
    /// Whether both sides were measured in one run, in turn.
    pub same_run: bool,
    /// What to know before believing a number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The texts that are no longer in it, where it was redacted to be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<Redaction>,
    /// What was left out because the sets differ, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intersected: Option<Intersection>,
    /// What the team makes of the baseline, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_kind: Option<TeamKind>,
    /// The comparison, gates included.
    pub comparison: Comparison,
    /// Both answers to every prompt that only one side passed, as results hold them, without the chunks of their
    /// traces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flipped: Vec<Row>,
    /// What the team expects, held against it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<Reading>,
}
