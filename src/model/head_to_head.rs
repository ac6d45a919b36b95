//! Three and more runs held against each other: per metric a value each, and who won it where that is settled.
//! `labctl compare A B C --format json` prints a [`HeadToHeadReport`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compared::{ComparedSide, ComparisonReport};
use super::history::Figures;

/// One metric of every run. Runs are named by their place in [`HeadToHeadReport::sides`], from 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// `pass_rate`, or a name as in [`SpeedRatio`](super::comparison::SpeedRatio).
    pub metric: String,
    /// `rate`, `p50` or `p95`.
    pub statistic: String,
    /// The category of a pass rate; absent for all together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Whether a larger value is better.
    pub higher_is_better: bool,
    /// Every run's value, in the metric's unit (pass rates as shares, 0 to 1, over the prompts that all of them were
    /// judged on); null where it has none that may be trusted.
    pub values: Vec<Option<f64>>,
    /// The run with the best value; absent where fewer than two have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<usize>,
    /// The best against each other run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rivals: Vec<Rival>,
    /// The best, where the evidence settles it against every rival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<usize>,
    /// The runs that it is not settled between, the best first; empty where there is a winner, or nothing to compare.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_settled_between: Vec<usize>,
}

/// The best run against one other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rival {
    /// The other run.
    pub rival: usize,
    /// Two-sided p-value of the paired difference, of a pass rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<f64>,
    /// The same after Holm over the rivals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_holm: Option<f64>,
    /// Of a speed: the rival's value as a ratio of the best's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// Whether the best is shown to be better than it, at 5 % over all rivals (Holm).
    pub settled: bool,
    /// Why there is nothing to settle it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent_because: Option<String>,
}

/// What all metrics come to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Conclusion {
    /// The run that won the overall pass rate and something of speed, while no other won anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<usize>,
    /// The metrics that each run won; runs that won none are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub won: Vec<Won>,
    /// Metrics that are not settled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_settled: Vec<String>,
}

/// What one run won.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Won {
    /// The run.
    pub side: usize,
    /// The metrics.
    pub metrics: Vec<String>,
}

/// The comparison of three and more runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeadToHeadReport {
    /// [`COMPARISON_SCHEMA_VERSION`](super::compared::COMPARISON_SCHEMA_VERSION) of the writer.
    pub schema_version: u32,
    /// The version of labctl that compared.
    pub labctl_version: String,
    /// The runs, the baseline first.
    pub sides: Vec<ComparedSide>,
    /// True where any was simulated: such numbers say nothing about a model.
    pub simulated: bool,
    /// Prompts that every run was judged on.
    pub common_prompts: u64,
    /// Each run's own numbers, in the order of `sides`; pass rates over the prompts that all of them were judged on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Figures>,
    /// Every metric.
    pub standings: Vec<Standing>,
    /// What they come to.
    pub conclusion: Conclusion,
    /// Each run against the first.
    pub comparisons: Vec<ComparisonReport>,
}
