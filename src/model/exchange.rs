//! One request and what came back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outcome::Outcome;
use super::trace::Trace;
use super::units::Nanos;

/// Token counts as the server told them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// Tokens of the prompt under the server's chat template.
    pub prompt_tokens: u64,
    /// Tokens generated.
    pub completion_tokens: u64,
    /// Prompt tokens that a prefix cache answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    /// Generated tokens that were reasoning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<u64>,
}

/// A try of a request that failed, after which it was sent again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Retry {
    /// How it ended.
    pub outcome: Outcome,
    /// The response's status, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// `Retry-After`, in seconds, where it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<f64>,
    /// It was sent.
    pub sent_ns: Nanos,
    /// It ended.
    pub end_ns: Nanos,
}

/// What was received for one request: text, counts, times, and how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Exchange {
    /// The `X-Request-Id` it was sent with, unique within the run.
    pub request_id: String,
    /// True where it was sent a second time, because the server closed the idle connection on which
    /// it was sent first; times count from the second.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resent: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// What went wrong, in words, where something did. Never holds a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The response's status, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// `Retry-After` of a 429 or 503, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<f64>,
    /// Earlier tries of this request that failed and were sent again by the retry policy; all else is of the last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retries: Vec<Retry>,
    /// The answer's text.
    pub content: String,
    /// The reasoning's text, where the server sends it apart.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reasoning: String,
    /// The arguments of tool calls, in order of arrival.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tool_calls: String,
    /// `stop`, `length`, …, as the server told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// Token counts, where the server told them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// `model` of the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_model: Option<String>,
    /// `system_fingerprint` of the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_fingerprint: Option<String>,
    /// When everything happened.
    pub trace: Trace,
}
