//! Several saved runs put together: models head to head, and what became of one model over time.
//! `labctl report RUN RUN… --format json` prints a [`RunsReport`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compared::{ComparedSide, ComparisonReport};
use super::comparison::{Interval, PassRate};
use super::head_to_head::HeadToHeadReport;
use super::health::HealthStatus;
use super::result::{PromptSetInfo, RunStatus};
use super::team::CostFigures;

/// The version of this document's shape. Raised when a reader of the older shape would misread it.
pub const RUNS_SCHEMA_VERSION: u32 = 1;

/// Several runs, put together as far as that makes sense.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunsReport {
    /// [`RUNS_SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// The version of labctl that put them together.
    pub labctl_version: String,
    /// True where any was simulated: such numbers say nothing about a model.
    pub simulated: bool,
    /// The runs, in the order in which they were named.
    pub runs: Vec<ComparedSide>,
    /// Different models that answered the same prompts, a table for each set of prompts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub head_to_head: Vec<HeadToHeadReport>,
    /// Models that were measured on one set at several times, by team and set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub histories: Vec<History>,
    /// Runs that are left out of something that they might have been expected in, with every reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub apart: Vec<Apart>,
}

/// What a run is left out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeftOutOf {
    /// It is in nothing of the report.
    Everything,
    /// It is in a history, and not held against other models.
    HeadToHead,
}

/// A run that can't be put together with the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Apart {
    /// The run.
    pub run_id: String,
    /// Its model.
    pub model: String,
    /// What it is left out of.
    pub left_out_of: LeftOutOf,
    /// Why.
    pub because: Vec<String>,
}

/// The runs of one team on one prompt set, by model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct History {
    /// The team; absent where the runs have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The prompt set's name. Its versions are the runs' own.
    pub prompt_set: String,
    /// The models, in the order of their first runs.
    pub models: Vec<ModelHistory>,
}

/// One model's runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelHistory {
    /// The model asked for.
    pub model: String,
    /// The endpoint's name.
    pub endpoint: String,
    /// Whether the simulator answered.
    pub simulated: bool,
    /// Its runs, the oldest first.
    pub points: Vec<HistoryPoint>,
    /// The last run against the first one that answered the same prompts, paired prompt by prompt; absent where no other
    /// did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_to_last: Option<ComparisonReport>,
}

/// One run of a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryPoint {
    /// The run.
    pub run_id: String,
    /// Its start, RFC 3339 in UTC.
    pub started_at: String,
    /// Whether it got to its end.
    pub status: RunStatus,
    /// Whether its measurements can be trusted.
    pub client_health: HealthStatus,
    /// The prompts.
    pub prompt_set: PromptSetInfo,
    /// The version of labctl that measured.
    pub labctl_version: String,
    /// The server's kind and version, where it told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// What was measured.
    pub figures: Figures,
    /// How it stood against the baseline that ran along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_baseline: Option<AgainstBaseline>,
    /// What is not as it was in the run before, other than the model's answers: a step here is not the model's alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<Change>,
}

/// A run's pass rate against the baseline of the same run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgainstBaseline {
    /// The baseline's model.
    pub model: String,
    /// Prompts judged on both sides.
    pub pairs: u64,
    /// Candidate − baseline, percentage points; absent without pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta_pp: Option<f64>,
    /// Its two-sided 95 % interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_95_pp: Option<Interval>,
}

/// Something that differs between two runs and bends their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// What: `prompt set`, `server`, `concurrency`, ….
    pub what: String,
    /// What it was; absent where it had no value, or where `what` says all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// A run's own numbers, as a line of a table shows them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Figures {
    /// Passed of judged; absent where nothing was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass_rate: Option<PassRate>,
    /// Requests attempted.
    pub requests: u64,
    /// Non-success ÷ attempted, 0 to 1; absent where nothing was attempted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_rate: Option<f64>,
    /// Why no latency and no rate is told: the client was not to be trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_absent_because: Option<String>,
    /// Time to first token, milliseconds, over successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<Percentiles>,
    /// Time per output token, milliseconds, over successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tpot_ms: Option<Percentiles>,
    /// End-to-end latency, milliseconds, over successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e2e_ms: Option<Percentiles>,
    /// Successes per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_throughput_per_s: Option<f64>,
    /// Output tokens per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens_per_s: Option<f64>,
    /// What its answers cost, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<CostFigures>,
    /// By category, in alphabetical order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<CategoryFigures>,
}

/// The same of one category.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CategoryFigures {
    /// The category.
    pub category: String,
    /// Passed of judged; absent where nothing was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass_rate: Option<PassRate>,
    /// Time to first token, milliseconds, over successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<Percentiles>,
    /// Time per output token, milliseconds, over successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tpot_ms: Option<Percentiles>,
    /// End-to-end latency, milliseconds, over successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e2e_ms: Option<Percentiles>,
}

/// What is told of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Percentiles {
    /// How many values; the 95th percentile is to be trusted from 130 on.
    pub n: u64,
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
}
