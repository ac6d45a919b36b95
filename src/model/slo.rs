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

impl SloMetric {
    /// Every metric, in the order of display.
    pub const ALL: [Self; 9] = [
        Self::TtftMs,
        Self::TpotMs,
        Self::MaxStallMs,
        Self::E2eMs,
        Self::LatencyFromScheduleMs,
        Self::PassRate,
        Self::ErrorRate,
        Self::RequestThroughputPerS,
        Self::OutputTokensPerS,
    ];

    /// The name used in JSON, flags and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TtftMs => "ttft_ms",
            Self::TpotMs => "tpot_ms",
            Self::MaxStallMs => "max_stall_ms",
            Self::E2eMs => "e2e_ms",
            Self::LatencyFromScheduleMs => "latency_from_schedule_ms",
            Self::PassRate => "pass_rate",
            Self::ErrorRate => "error_rate",
            Self::RequestThroughputPerS => "request_throughput_per_s",
            Self::OutputTokensPerS => "output_tokens_per_s",
        }
    }

    /// Whether every request has one of its own, so that there are statistics of it.
    #[must_use]
    pub const fn is_latency(self) -> bool {
        matches!(
            self,
            Self::TtftMs | Self::TpotMs | Self::MaxStallMs | Self::E2eMs | Self::LatencyFromScheduleMs
        )
    }

    /// The side of a bound on it that makes sense.
    #[must_use]
    pub const fn bound(self) -> Bound {
        match self {
            Self::PassRate | Self::RequestThroughputPerS | Self::OutputTokensPerS => Bound::AtLeast,
            _ => Bound::AtMost,
        }
    }
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

impl Bound {
    /// Whether `value` is on the good side of `limit`.
    #[must_use]
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::AtMost => value <= limit,
            Self::AtLeast => value >= limit,
        }
    }

    /// As written in expressions.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
        }
    }
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

impl SloStatistic {
    /// Every statistic, in the order of display.
    pub const ALL: [Self; 6] = [Self::Mean, Self::P50, Self::P90, Self::P95, Self::P99, Self::Max];

    /// The name used in JSON, flags and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::Max => "max",
        }
    }
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

impl Slo {
    /// The name of what is bounded, its statistic included: `ttft_p95_ms`.
    #[must_use]
    pub fn name(&self) -> String {
        let metric = self.metric.name();
        match (self.statistic, metric.strip_suffix("_ms")) {
            (Some(statistic), Some(stem)) => format!("{stem}_{}_ms", statistic.name()),
            _ => metric.to_owned(),
        }
    }
}

/// As written in flags: `ttft_p95_ms<=500`.
impl std::fmt::Display for Slo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{}{}{}", self.name(), self.bound.sign(), self.value))
    }
}

/// How one objective came out at one load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SloOutcome {
    /// The objective.
    pub slo: Slo,
    /// The metric's value; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Whether it was met. A value that is absent isn't, but for `tpot_ms` and `max_stall_ms` where no response has
    /// more than one token or chunk.
    pub met: bool,
    /// False where a percentile is of too few requests to be relied on; it counts all the same.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub trusted: bool,
    /// Why it isn't met although the value is good, or absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls it with")]
const fn is_true(value: &bool) -> bool {
    *value
}

/// Requests that were as good as asked for. In an open loop latencies count from the schedule.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_serialized_ones() {
        for metric in SloMetric::ALL {
            assert_eq!(serde_json::to_value(metric).unwrap(), metric.name());
        }
        for statistic in SloStatistic::ALL {
            assert_eq!(serde_json::to_value(statistic).unwrap(), statistic.name());
        }
        for bound in [Bound::AtMost, Bound::AtLeast] {
            assert_eq!(serde_json::to_value(bound).unwrap(), bound.sign());
        }
    }
}
