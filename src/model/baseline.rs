//! A blessed baseline: one side of a run that later runs are compared with, with where it comes from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::record::Side;
use super::result::PromptSetInfo;

/// The version of a blessed baseline's shape.
pub const BASELINE_SCHEMA_VERSION: u32 = 1;

/// Where a blessed baseline comes from: `results/baselines/NAME.baseline.json`. The copy of its result lies beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BlessedBaseline {
    /// [`BASELINE_SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// What it goes by.
    pub name: String,
    /// The run that it was measured in.
    pub run_id: String,
    /// Which of the run's sides it is.
    pub side: Side,
    /// The endpoint's name.
    pub endpoint: String,
    /// The endpoint's base URL, any key in it masked.
    pub url: String,
    /// The model.
    pub model: String,
    /// The server's kind and version, where it told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Whether the built-in simulator answered.
    pub simulated: bool,
    /// The prompts.
    pub prompt_set: PromptSetInfo,
    /// When the run began, RFC 3339 in UTC.
    pub measured_at: String,
    /// When it was blessed, RFC 3339 in UTC.
    pub blessed_at: String,
    /// What the user had to say about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The copy's file name, in the same folder.
    pub file: String,
    /// SHA-256 of the copy, in lower-case hexadecimal.
    pub sha256: String,
    /// The version of labctl that blessed it.
    pub labctl_version: String,
}

/// Where a side of a result was measured, when it wasn't in the run itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MeasuredIn {
    /// The run.
    pub run_id: String,
    /// When that began, RFC 3339 in UTC.
    pub started_at: String,
    /// The blessed baseline's name; absent where a saved run was taken as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blessed_as: Option<String>,
    /// SHA-256 of the blessed copy, in lower-case hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}
