//! How far off this machine's own stamps can be: what `labctl calibrate` found, and results quote.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::trace::StampSource;

/// The version of the calibration's shape; a file of another one is as good as none.
pub const CALIBRATION_VERSION: u32 = 1;

/// Errors below this at the 99th percentile count as small, milliseconds: the highest token rate is the one
/// up to which they are.
pub const SMALL_ERROR_MS: f64 = 1.0;

/// With fewer exact stamps than this share the others' errors say too little: a time that is not known is no
/// accurate one.
pub const ENOUGH_EXACT: f64 = 0.8;

/// The machine that was calibrated; a calibration holds for this one alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// Operating system and processor architecture, e.g. `linux x86_64`.
    pub system: String,
    /// Release of the kernel, where the system tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// Model of the processor, where the system tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    /// Cores available to labctl.
    pub cores: u32,
}

/// Quantiles of an error or a delay, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    /// Values it is made of.
    pub n: u64,
    /// Median.
    pub p50_ms: f64,
    /// 99th percentile.
    pub p99_ms: f64,
    /// 99.9th percentile.
    pub p99_9_ms: f64,
    /// Largest.
    pub max_ms: f64,
}

/// What was found at one number of streams.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StreamsBound {
    /// Streams at once.
    pub streams: u32,
    /// Between two tokens of a stream, milliseconds.
    pub inter_token_ms: f64,
    /// Requests compared.
    pub requests: u64,
    /// Requests that did not succeed, and were left out.
    pub failed: u64,
    /// Tokens received ÷ time.
    pub tokens_per_s: f64,
    /// Token-bearing chunks with an exact stamp ÷ all of them.
    pub exact_share: f64,
    /// From a chunk's write at the server to labctl's stamp, over exact stamps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp_lag: Option<Spread>,
    /// |TTFT − its truth|.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_error: Option<Spread>,
    /// |ITL − its truth|, over gaps between exact stamps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub itl_error: Option<Spread>,
    /// |E2E − its truth|.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e2e_error: Option<Spread>,
    /// From labctl's `sent_ns` to the request's last byte at the server; part of the errors of TTFT and E2E.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_lag: Option<Spread>,
    /// From the moment a token was due to its write: the simulator's own lateness, which is no error of labctl's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulator_late: Option<Spread>,
}

impl StreamsBound {
    /// The larger of the p99 errors of TTFT and ITL, milliseconds; absent where neither was measured.
    #[must_use]
    pub fn worst_p99_ms(&self) -> Option<f64> {
        let both = [self.ttft_error, self.itl_error];
        both.iter().flatten().map(|error| error.p99_ms).reduce(f64::max)
    }

    /// Whether TTFT and ITL were less than [`SMALL_ERROR_MS`] off at p99, with [`ENOUGH_EXACT`] stamps to say so.
    #[must_use]
    pub fn is_accurate(&self) -> bool {
        self.exact_share >= ENOUGH_EXACT && self.worst_p99_ms().is_some_and(|error| error < SMALL_ERROR_MS)
    }

    /// Whether the simulator wrote its tokens more than a step late at p99: the load was then not what it was meant
    /// to be, and the machine had no room for both.
    #[must_use]
    pub fn simulator_fell_behind(&self) -> bool {
        self.simulator_late.is_some_and(|late| late.p99_ms > self.inter_token_ms)
    }
}

/// Why a higher token rate was not reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RateLimit {
    /// labctl's errors grew beyond a millisecond.
    Client,
    /// The simulator could not write faster; labctl might do more.
    Simulator,
    /// What lies higher was not found out in time.
    Untried,
}

/// The highest token rate at which the p99 errors of TTFT and ITL were below a millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HighestRate {
    /// Tokens received ÷ time.
    pub tokens_per_s: f64,
    /// Streams at once.
    pub streams: u32,
    /// Between two tokens of a stream, milliseconds.
    pub inter_token_ms: f64,
    /// What stands in the way of more.
    pub limited_by: RateLimit,
}

/// What `labctl calibrate` found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Calibration {
    /// [`CALIBRATION_VERSION`] of the writer.
    pub schema_version: u32,
    /// labctl's version.
    pub labctl_version: String,
    /// How requests were sent, e.g. `reqwest`.
    pub transport: String,
    /// Whose stamps the chunks carried.
    pub stamps: StampSource,
    /// The machine.
    pub machine: Machine,
    /// When, RFC 3339 in UTC.
    pub calibrated_at: String,
    /// Whether it was a quick one, of too few requests to say much about p99.
    pub quick: bool,
    /// What was found, by rising numbers of streams.
    pub bounds: Vec<StreamsBound>,
    /// The highest token rate with small errors; absent where errors were never small.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highest_rate: Option<HighestRate>,
}

impl Calibration {
    /// The bound that holds for a load of this many streams: that of the fewest streams that are as many, else of
    /// the most there are.
    #[must_use]
    pub fn bound_for(&self, streams: u32) -> Option<&StreamsBound> {
        let enough = self.bounds.iter().filter(|bound| bound.streams >= streams);
        enough
            .min_by_key(|bound| bound.streams)
            .or_else(|| self.bounds.iter().max_by_key(|bound| bound.streams))
    }
}
