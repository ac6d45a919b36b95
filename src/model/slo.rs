//! Service level objectives: what a request, or a run, must keep to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::comparison::Interval;

/// What an objective is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SloMetric {
    /// Time to first token.
    TtftMs,
    /// Time per output token after the first chunk. A response of one token has none and meets any bound.
    TpotMs,
    /// Largest gap between token-bearing chunks. A response of one chunk has none and meets any bound.
    MaxStallMs,
    /// Sent to last token.
    E2eMs,
    /// Scheduled to last token.
    LatencyFromScheduleMs,
    /// Share of judged responses that pass.
    PassRate,
    /// Share of attempted requests that fail.
    ErrorRate,
    /// Successes per second.
    RequestThroughputPerS,
    /// Output tokens per second.
    OutputTokensPerS,
}

/// Which side of the bound is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Bound {
    /// No more than the value.
    #[serde(rename = "<=")]
    AtMost,
    /// No less than the value.
    #[serde(rename = ">=")]
    AtLeast,
}

/// Of many requests, the statistic that the bound is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SloStatistic {
    /// The arithmetic mean.
    Mean,
    /// The median.
    P50,
    /// The 90th percentile.
    P90,
    /// The 95th percentile.
    P95,
    /// The 99th percentile.
    P99,
    /// The largest.
    Max,
}

/// One objective, such as `ttft_p95_ms<=500`.
///
/// For goodput each request is held to the bounds on its own latencies, whatever the statistic; a whole level is
/// held to the statistic.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slo {
    /// What it is about.
    pub metric: SloMetric,
    /// The statistic of a latency; absent for rates, and for a latency without one, where every request must keep
    /// to the bound (`max`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<SloStatistic>,
    /// Which side of the value is good.
    pub bound: Bound,
    /// The value, in the metric's unit.
    pub value: f64,
}

/// How one objective came out at one load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SloOutcome {
    /// The objective.
    pub slo: Slo,
    /// The metric's value; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Whether it was met; a value that is absent isn't.
    pub met: bool,
}

/// Requests that were as good as asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Goodput {
    /// Attempted requests.
    pub attempted: u64,
    /// Those that succeeded and met every latency objective.
    pub met: u64,
    /// Those that passed their checks besides; absent without checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met_and_passed: Option<u64>,
    /// `met` ÷ attempted.
    pub attainment: f64,
    /// Its 95 % Wilson interval.
    pub attainment_interval_95: Interval,
    /// Requests that met every objective and ended inside the steady windows, and passed where they have checks, ÷
    /// window; absent where there is no window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goodput_per_s: Option<f64>,
    /// The same whether or not they passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goodput_without_checks_per_s: Option<f64>,
    /// Responses of a single token, which meet any bound on `tpot_ms`.
    pub single_token_responses: u64,
}
