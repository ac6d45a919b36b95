//! Whether the client's own measurements can be trusted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The client's verdict on itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// Nothing was seen that would bend the numbers.
    Valid,
    /// The numbers hold with the reasons given in mind.
    Degraded,
    /// The numbers say more about the client than about the server.
    Invalid,
}

impl std::fmt::Display for HealthStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Valid => "valid",
            Self::Degraded => "degraded",
            Self::Invalid => "invalid",
        })
    }
}

/// Three numbers of a lag's distribution, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Lag {
    /// Median.
    pub p50_ms: f64,
    /// 99th percentile.
    pub p99_ms: f64,
    /// Largest.
    pub max_ms: f64,
}

/// Kernel stamps that were promised and could not be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StampFaults {
    /// Reads that came without a usable stamp.
    pub unstamped_reads: u64,
    /// Reads before which the wall clock, by which the kernel stamps, had been set.
    pub clock_steps: u64,
}

/// What the client saw of its own delays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClientHealth {
    /// The verdict.
    pub status: HealthStatus,
    /// Why it is not `valid`, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// Kernel receive to our read; absent where the transport has no kernel stamps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_lag: Option<Lag>,
    /// Planned to actual send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduling_lag: Option<Lag>,
    /// How late a timer of the event loop fired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_loop_delay: Option<Lag>,
    /// What went wrong with the kernel's stamps; absent where nothing did, or where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp_faults: Option<StampFaults>,
    /// Token-bearing chunks whose stamp is inexact ÷ all token-bearing chunks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coalesced_share: Option<f64>,
    /// CPU seconds of this process ÷ wall seconds ÷ cores, over the measured phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_use: Option<f64>,
}
