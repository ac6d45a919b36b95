//! What a tool's file tells of one benchmark: what each tool's reader fills in, and `build` makes a result of.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::failure;
use crate::model::definitions::Metric;
use crate::model::exchange::Usage;
use crate::model::imported::{ChunkTimes, Tool};
use crate::model::load::Start;
use crate::model::outcome::Outcome;
use crate::model::units::Nanos;

/// What a file tells of one benchmark.
pub(super) struct Benchmark {
    pub(super) tool: Tool,
    pub(super) version: Option<String>,
    /// Its place in the file, where there are several.
    pub(super) number: Option<u32>,
    pub(super) model: Option<String>,
    pub(super) url: Option<String>,
    /// Where the tool's labels say that it was a simulator's.
    pub(super) simulated: bool,
    pub(super) started_at: Option<Timestamp>,
    pub(super) finished_at: Option<Timestamp>,
    pub(super) start: Option<Start>,
    /// How long it measured, by its own clock.
    pub(super) duration: Option<Nanos>,
    /// Requests of its warm-up and cool-down.
    pub(super) not_counted: u32,
    pub(super) monotonic_origin_ns: Option<u64>,
    /// Operating system and architecture.
    pub(super) machine: Option<(String, String)>,
    pub(super) seed: Option<u64>,
    pub(super) chunks: ChunkTimes,
    /// Chunks with text of all successes, where the file tells of them without their times.
    pub(super) token_chunks: Option<u64>,
    pub(super) config: Value,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) reported: BTreeMap<String, f64>,
    /// The means that the tool gives, in milliseconds under its own definitions.
    pub(super) means: Vec<(Metric, f64)>,
    pub(super) interrupted: bool,
    pub(super) warnings: Vec<String>,
    /// In the file's order; moments count from the first.
    pub(super) requests: Vec<Request>,
}

/// One request.
pub(super) struct Request {
    pub(super) id: Option<String>,
    pub(super) scheduled: Nanos,
    pub(super) sent: Nanos,
    pub(super) admitted: Option<Nanos>,
    /// Moments at which chunks with text came, in order.
    pub(super) chunks: Vec<Nanos>,
    /// The moment of the first chunk that was content, where reasoning came before it.
    pub(super) first_content: Option<Nanos>,
    pub(super) end: Option<Nanos>,
    pub(super) usage: Option<Usage>,
    /// Tokens of the prompt by the tool's own count, where the server didn't tell.
    pub(super) input_tokens: Option<u64>,
    pub(super) content: String,
    pub(super) reasoning: String,
    /// How it failed and what was said of it, where it did.
    pub(super) failure: Option<Failure>,
}

/// How a request failed.
pub(super) struct Failure {
    pub(super) outcome: Outcome,
    pub(super) status: Option<u16>,
    pub(super) text: String,
}

impl Failure {
    /// By the tool's words alone.
    pub(super) fn of(text: &str) -> Self {
        let (outcome, status) = failure::outcome(text);
        Self { outcome, status, text: failure::said(text) }
    }
}

/// A span of so many seconds, to the nearest nanosecond; zero for what is negative or no number.
pub(super) fn nanos(seconds: f64) -> Nanos {
    Nanos::from_secs_f64(seconds)
}
