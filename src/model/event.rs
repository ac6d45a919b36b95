//! What the engine says while it works. Subscribers (journal, progress, later the dashboard) only
//! ever see these.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::load::LevelLoad;
use super::record::{Record, Side};
use super::result::BlockTime;
use super::summary::SideSummary;
use super::units::Nanos;

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Reaching the endpoints.
    Connecting,
    /// Waiting until a server is healthy and serves the model.
    ModelLoading,
    /// Requests that don't count.
    Warmup,
    /// Requests that count.
    Execution,
    /// One step of a sweep.
    SweepIteration,
    /// Closing down.
    Cleanup,
    /// Finished; the result is written.
    Done,
}

impl Phase {
    /// The name used in JSON and on screen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::ModelLoading => "model_loading",
            Self::Warmup => "warmup",
            Self::Execution => "execution",
            Self::SweepIteration => "sweep_iteration",
            Self::Cleanup => "cleanup",
            Self::Done => "done",
        }
    }
}

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Of note.
    Info,
    /// The numbers may suffer.
    Warning,
    /// Something failed.
    Error,
}

/// One event. Serialized with its `type`, as in the dashboard's protocol.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RunEvent {
    /// The run entered a phase.
    Phase {
        /// The phase.
        phase: Phase,
        /// When, since the run's start.
        at_ns: Nanos,
        /// The side it concerns, where it concerns one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        side: Option<Side>,
        /// The load, where it is one level of several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<LevelLoad>,
        /// What goes with it: `total_requests`, `result_path`, ….
        data: serde_json::Map<String, serde_json::Value>,
    },
    /// A request of the warm-up or cool-down phase ended; it counts in rates alone.
    RequestNotCounted {
        /// Everything about it.
        record: Arc<Record>,
    },
    /// A block of requests ended on one side.
    Block {
        /// When it ran.
        time: BlockTime,
    },
    /// A request was sent.
    RequestStarted {
        /// To which side.
        side: Side,
    },
    /// A request that counts has ended and been judged.
    RequestComplete {
        /// All about it.
        record: Arc<Record>,
    },
    /// Something to be told.
    Log {
        /// How much it matters.
        level: LogLevel,
        /// In words.
        message: String,
        /// When, since the run's start.
        at_ns: Nanos,
    },
    /// A side's final numbers.
    Summary {
        /// Which side.
        side: Side,
        /// The numbers.
        summary: Arc<SideSummary>,
    },
}
