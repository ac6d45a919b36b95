//! What one load of a sweep or a search came to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::comparison::{Comparison, PassRate};
use super::load::{Find, LevelLoad};
use super::slo::{Slo, SloOutcome};
use super::summary::SideSummary;

/// One side at one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LevelSide {
    /// Its summary over this level's requests. Histograms are left out: what is merged is the whole.
    pub summary: SideSummary,
    /// The pass rate at this load; absent where nothing was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass_rate: Option<PassRate>,
    /// How each objective came out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slos: Vec<SloOutcome>,
}

impl LevelSide {
    /// Whether every objective was met; true without any.
    #[must_use]
    pub fn meets_all(&self) -> bool {
        self.slos.iter().all(|slo| slo.met)
    }
}

/// Whether a level was held long enough to say what the server does under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Steadiness {
    /// The load was at its level for long enough, and latency did not grow meanwhile.
    Steady,
    /// More came than was served: latency grew over the level, so its figures depend on how long it was held.
    Growing {
        /// What grew, from what to what.
        reason: String,
    },
    /// Too short to say.
    Unknown {
        /// Why.
        reason: String,
    },
}

/// One load and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LevelResult {
    /// The load.
    #[serde(flatten)]
    pub load: LevelLoad,
    /// Whether its figures hold for longer than it was held; the candidate's.
    pub steadiness: Steadiness,
    /// True where throughput no longer grew with the load, or the server did not keep up with it.
    pub past_saturation: bool,
    /// True where the run ended in the middle of it: what came of it says nothing of the load.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut_short: bool,
    /// The candidate.
    pub candidate: LevelSide,
    /// The baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<LevelSide>,
    /// The two compared at this load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Box<Comparison>>,
}

/// What all levels together say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LevelFindings {
    /// The knee: from here on more load brings more latency than throughput. The level's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub knee: Option<u32>,
    /// The highest load that meets every objective, and no lower one fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highest_passing: Option<u32>,
    /// The lowest load that fails one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowest_failing: Option<u32>,
    /// Why no further level was run, where the plan had some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_because: Option<String>,
}

/// What was asked of the levels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LevelQuestion {
    /// The objectives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slos: Vec<Slo>,
    /// The search, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub find: Option<Find>,
}
