//! What a run comes to: distributions, rates and counts by side. Computed in `metrics`, read by all else.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::histogram::Histograms;
use super::judgement::Verdict;
use super::outcome::Outcome;
use super::slo::Goodput;
use super::units::Nanos;

/// A distribution's summary. Quantiles are type 7 (linear interpolation, numpy's default).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Distribution {
    /// How many values.
    pub n: u64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation (n − 1); 0 for one value.
    pub standard_deviation: f64,
    /// Smallest value.
    pub min: f64,
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// 99.9th percentile.
    pub p99_9: f64,
    /// Largest value.
    pub max: f64,
}

/// The percentiles that are printed, with the smallest sample each may be trusted from (MLPerf's
/// early-stopping floors at 99 % confidence).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Percentile {
    /// The median; any sample.
    P50,
    /// From 64 values.
    P90,
    /// From 130 values.
    P95,
    /// From 662 values.
    P99,
    /// From 6,636 values.
    P99_9,
}

impl Percentile {
    /// The name used in JSON and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::P99_9 => "p99.9",
        }
    }

    /// The share of the values that lie below it, 0 to 1.
    #[must_use]
    pub const fn share(self) -> f64 {
        match self {
            Self::P50 => 0.5,
            Self::P90 => 0.9,
            Self::P95 => 0.95,
            Self::P99 => 0.99,
            Self::P99_9 => 0.999,
        }
    }

    /// The smallest sample from which this percentile is printed as trustworthy.
    #[must_use]
    pub const fn smallest_sample(self) -> u64 {
        match self {
            Self::P50 => 1,
            Self::P90 => 64,
            Self::P95 => 130,
            Self::P99 => 662,
            Self::P99_9 => 6_636,
        }
    }
}

impl Distribution {
    /// The percentile's value, whatever the sample.
    #[must_use]
    pub const fn value(&self, percentile: Percentile) -> f64 {
        match percentile {
            Percentile::P50 => self.p50,
            Percentile::P90 => self.p90,
            Percentile::P95 => self.p95,
            Percentile::P99 => self.p99,
            Percentile::P99_9 => self.p99_9,
        }
    }

    /// Whether the sample is large enough for this percentile to mean something.
    #[must_use]
    pub const fn is_trusted(&self, percentile: Percentile) -> bool {
        self.n >= percentile.smallest_sample()
    }
}

/// Where output token counts came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenSource {
    /// The server's `usage`.
    Usage,
    /// Tokens told per chunk, or chunks counted: a lower bound where a chunk holds several tokens.
    Chunks,
}

/// What quantiles were taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuantileSource {
    /// From every value.
    Exact,
    /// From a histogram: good to three digits. Count, mean, standard deviation, smallest and largest are exact.
    Histogram,
}

/// The metrics of one request; absent is never zero. Definitions: room `metrics`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestMetrics {
    /// Sent to first token-bearing chunk, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<f64>,
    /// Sent to first content (non-reasoning) chunk, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttfo_ms: Option<f64>,
    /// Sent to last token-bearing chunk, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e2e_ms: Option<f64>,
    /// Scheduled to last token-bearing chunk, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_from_schedule_ms: Option<f64>,
    /// Time per output token after the first chunk, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tpot_ms: Option<f64>,
    /// Largest gap between token-bearing chunks, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_stall_ms: Option<f64>,
    /// Output tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// Where `output_tokens` came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens_source: Option<TokenSource>,
    /// Output tokens ÷ `e2e_ms`, per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens_per_s: Option<f64>,
}

/// The part of the measured phase with the load at its level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// First moment.
    pub start_ns: Nanos,
    /// Last moment.
    pub end_ns: Nanos,
    /// Successful requests that ended inside.
    pub requests: u64,
    /// Output tokens received inside.
    pub output_tokens: u64,
}

/// Rates over the steady windows of one side (one per block; they add up).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Throughput {
    /// Successes ÷ window.
    pub request_throughput_per_s: f64,
    /// Output tokens received inside the window ÷ window.
    pub output_tokens_per_s: f64,
    /// Passing responses ÷ window; absent without checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct_answers_per_s: Option<f64>,
    /// Seconds of window in all.
    pub window_s: f64,
    /// The windows.
    pub windows: Vec<Window>,
}

/// Requests that were sent again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RetrySummary {
    /// Requests with more than one try.
    pub requests: u64,
    /// Tries beyond the first, in all.
    pub tries: u64,
    /// Of these requests, those that succeeded in the end.
    pub succeeded: u64,
    /// From a request's first sending to its last, milliseconds, over these requests: in no other latency but
    /// `latency_from_schedule_ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<Distribution>,
}

/// What a group of requests has in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum GroupKey {
    /// The turn of its conversation, from 0.
    Turn {
        /// The turn.
        turn: u32,
    },
    /// The model asked for.
    Model {
        /// Its name.
        model: String,
    },
}

/// The requests of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GroupSummary {
    /// What they have in common.
    #[serde(flatten)]
    pub key: GroupKey,
    /// Requests attempted.
    pub attempted: u64,
    /// Successes.
    pub succeeded: u64,
    /// Prompt tokens of successes, where the server told them.
    pub prompt_tokens: u64,
    /// Output tokens of successes.
    pub output_tokens: u64,
    /// Over successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<Distribution>,
    /// Over successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tpot_ms: Option<Distribution>,
    /// Over successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e2e_ms: Option<Distribution>,
}

/// What one side of a run comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SideSummary {
    /// Requests attempted (warm-up excluded).
    pub attempted: u64,
    /// Requests by outcome; they add up to `attempted`.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Non-success ÷ attempted; absent when nothing was attempted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_rate: Option<f64>,
    /// Responses by verdict; they add up to `attempted`.
    pub verdicts: BTreeMap<Verdict, u64>,
    /// Distribution of `ttft_ms` over successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<Distribution>,
    /// Distribution of `ttfo_ms` over successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttfo_ms: Option<Distribution>,
    /// Distribution of `tpot_ms` over successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tpot_ms: Option<Distribution>,
    /// Gaps between token-bearing chunks, pooled over successes; both ends exactly stamped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub itl_ms: Option<Distribution>,
    /// Gaps left out of `itl_ms` because an end's stamp is inexact.
    pub itl_inexact: u64,
    /// What the quantiles of `itl_ms` were taken from: of more than a million gaps not every one is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub itl_from: Option<QuantileSource>,
    /// Distribution of `max_stall_ms` over successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_stall_ms: Option<Distribution>,
    /// Distribution of `e2e_ms` over successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e2e_ms: Option<Distribution>,
    /// Distribution of `latency_from_schedule_ms` over successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_from_schedule_ms: Option<Distribution>,
    /// Scheduled to first token-bearing chunk over successes, milliseconds; absent in a closed loop, where no
    /// schedule is laid out ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_from_schedule_ms: Option<Distribution>,
    /// Output tokens of successes.
    pub output_tokens: u64,
    /// Prompt tokens of successes, where the server told them.
    pub prompt_tokens: u64,
    /// Successes by the source of their output token count.
    pub output_tokens_sources: BTreeMap<TokenSource, u64>,
    /// Token-bearing chunks of successes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub token_chunks: u64,
    /// Output tokens ÷ token-bearing chunks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_chunk: Option<f64>,
    /// Successes of a single output token, which have no `tpot_ms`.
    pub single_token_responses: u64,
    /// Successes cut off by the token limit.
    pub truncated_responses: u64,
    /// Requests that met their objectives; absent without objectives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goodput: Option<Goodput>,
    /// How long successes waited for the cap on requests in flight, milliseconds; absent without a cap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued_ms: Option<Distribution>,
    /// Requests that were sent again by the retry policy; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<RetrySummary>,
    /// Prompt tokens of successes that a prefix cache answered, where the server told them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    /// The same by turn of a conversation and by model, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupSummary>,
    /// Rates, or absent with the reason below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput: Option<Throughput>,
    /// Why `throughput` is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput_absent_because: Option<String>,
    /// Time-weighted mean of requests in flight while this side was under load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency_mean: Option<f64>,
    /// Most requests in flight.
    pub concurrency_max: u64,
    /// Seconds this side was under load.
    pub measured_s: f64,
    /// Every latency as a histogram, by the name of its metric, and `read_lag`: what the results of several
    /// machines are merged from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub histograms: Histograms,
}

impl SideSummary {
    /// How many of its requests succeeded.
    #[must_use]
    pub fn succeeded(&self) -> u64 {
        self.outcomes.iter().filter(|(outcome, _)| outcome.is_success()).map(|(_, n)| n).sum()
    }

    /// How many of its requests ended in any other way.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.outcomes.iter().filter(|(outcome, _)| !outcome.is_success()).map(|(_, n)| n).sum()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls it with")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}
