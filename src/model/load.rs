//! How the load is put on: its shape, its bounds, and over which levels.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the time between two arrivals of an open loop varies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Arrival {
    /// Always the same: 1 ÷ rate.
    Constant,
    /// Exponential: arrivals that know nothing of each other (coefficient of variation 1).
    #[default]
    Poisson,
    /// Gamma with shape = burstiness: coefficient of variation 1 ÷ √burstiness. 1 is Poisson, less is burstier,
    /// more is steadier.
    Gamma,
}

/// A part of an open loop with a rate of its own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Requests per second at its end; above 0.
    pub rate: f64,
    /// Requests per second at its start, from which the rate goes linearly to `rate`; `rate` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_rate: Option<f64>,
    /// How long it lasts, seconds; the last stage may leave it out and lasts as long as the load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<f64>,
}

/// When requests are started. A conversation is started as one request is; its later turns follow by themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Start {
    /// Closed loop: so many in flight, the next one when one ends.
    Concurrency {
        /// Requests (or conversations) in flight.
        concurrency: u32,
        /// Seconds over which the slots are opened one by one, evenly; 0 opens all at once.
        #[serde(default, skip_serializing_if = "is_zero")]
        ramp_up_s: f64,
    },
    /// So many at once, and the next so many when all of these have ended.
    Batch {
        /// Requests a batch.
        size: u32,
    },
    /// Open loop: at moments planned ahead from the seed, whatever the server does.
    Rate {
        /// One after the other; at least one.
        stages: Vec<Stage>,
        /// How arrivals vary.
        arrival: Arrival,
        /// Shape of the gamma distribution; above 0.
        burstiness: f64,
        /// Most requests in flight; what waits for one of them to end is counted as queued by labctl.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_in_flight: Option<u32>,
    },
    /// Open loop: at the moments that the workload's trace recorded.
    Trace {
        /// How many times faster than recorded.
        speed: f64,
        /// As in `rate`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_in_flight: Option<u32>,
    },
}

impl Start {
    /// A closed loop without a ramp.
    #[must_use]
    pub const fn concurrency(concurrency: u32) -> Self {
        Self::Concurrency { concurrency, ramp_up_s: 0.0 }
    }

    /// Whether starts are planned ahead, so that a slow server can't put them off.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Rate { .. } | Self::Trace { .. })
    }

    /// Most requests in flight, where that is bounded.
    #[must_use]
    pub const fn most_in_flight(&self) -> Option<u32> {
        match self {
            Self::Concurrency { concurrency, .. } => Some(*concurrency),
            Self::Batch { size } => Some(*size),
            Self::Rate { max_in_flight, .. } | Self::Trace { max_in_flight, .. } => *max_in_flight,
        }
    }
}

/// One load: when requests start, and when that ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadProfile {
    /// When requests are started.
    pub start: Start,
    /// No request starts later than this many seconds after the first; absent: no such bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<f64>,
    /// Seconds at the beginning whose requests are sent and don't count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub warmup_s: f64,
    /// Seconds before `duration_s` whose requests are sent and don't count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cooldown_s: f64,
    /// Seconds that requests in flight get after `duration_s` before they are cancelled.
    pub grace_s: f64,
}

impl LoadProfile {
    /// Seconds that requests in flight get after the end unless said otherwise.
    pub const GRACE_S: f64 = 30.0;

    /// A closed loop until all is sent.
    #[must_use]
    pub const fn closed(concurrency: u32) -> Self {
        Self {
            start: Start::concurrency(concurrency),
            duration_s: None,
            warmup_s: 0.0,
            cooldown_s: 0.0,
            grace_s: Self::GRACE_S,
        }
    }
}

/// What a sweep or a search changes from level to level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadAxis {
    /// Requests in flight.
    Concurrency,
    /// Requests per second.
    Rate,
}

impl LoadAxis {
    /// The name used in flags, JSON and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Concurrency => "concurrency",
            Self::Rate => "rate",
        }
    }
}

/// Several loads, one after the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sweep {
    /// What changes.
    pub axis: LoadAxis,
    /// Its values in their order, each above 0.
    pub values: Vec<f64>,
    /// Whether to leave out the levels after the first that is past saturation.
    pub stop_past_saturation: bool,
}

/// The search for the highest load at which every objective is met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Find {
    /// What is raised.
    pub axis: LoadAxis,
    /// The first load tried; above 0.
    pub from: f64,
    /// The highest load tried.
    pub to: f64,
    /// How close, relative to the load, the highest passing and the lowest failing one are when the search ends.
    pub resolution: f64,
}

/// Which failed requests are sent again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RetryPolicy {
    /// HTTP statuses after which a request is sent again; none by default.
    pub statuses: Vec<u16>,
    /// How often at the most.
    pub attempts: u32,
}

impl RetryPolicy {
    /// Whether anything is ever sent again.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        self.statuses.is_empty() || self.attempts == 0
    }
}

/// The load at one level of a sweep or search.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LevelLoad {
    /// From 0, in the order in which they ran.
    pub level: u32,
    /// What tells it from the others.
    pub axis: LoadAxis,
    /// Its value: requests in flight, or requests per second.
    pub value: f64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls it with")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}
