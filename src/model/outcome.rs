//! How a request ended, as the transport saw it. Whether the answer was right is a
//! [`Verdict`](super::judgement::Verdict).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The one class that a request's end falls into. Only `success` enters latency statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The stream ended with a `finish_reason` or `[DONE]`, and carried at least one token.
    Success,
    /// The stream closed in order, with neither `finish_reason` nor `[DONE]`.
    IncompleteStream,
    /// An error object inside a stream whose status was 200.
    StreamError,
    /// A status from 400 to 499 other than 429.
    #[serde(rename = "http_4xx")]
    Http4xx,
    /// A status from 500 to 599.
    #[serde(rename = "http_5xx")]
    Http5xx,
    /// Status 429.
    RateLimited,
    /// No connection: refused, unreachable, name not found, or timed out while connecting.
    Connect,
    /// The TLS handshake failed, or a certificate was not accepted.
    Tls,
    /// No first token within the limit (headers included).
    TimeoutTtft,
    /// The stream stopped between tokens for longer than the limit.
    TimeoutStall,
    /// The whole request took longer than the limit.
    TimeoutTotal,
    /// The connection was reset or broke off in the middle of a response.
    Reset,
    /// Not server-sent events, or invalid JSON or UTF-8 in them.
    BadResponse,
    /// A stream that ended well without a single token.
    Empty,
    /// Given up by labctl itself (interrupted).
    Cancelled,
}

impl Outcome {
    /// Every class, in the order of display.
    pub const ALL: [Self; 15] = [
        Self::Success,
        Self::IncompleteStream,
        Self::StreamError,
        Self::Http4xx,
        Self::Http5xx,
        Self::RateLimited,
        Self::Connect,
        Self::Tls,
        Self::TimeoutTtft,
        Self::TimeoutStall,
        Self::TimeoutTotal,
        Self::Reset,
        Self::BadResponse,
        Self::Empty,
        Self::Cancelled,
    ];

    /// The name used in JSON, CSV, flags and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::IncompleteStream => "incomplete_stream",
            Self::StreamError => "stream_error",
            Self::Http4xx => "http_4xx",
            Self::Http5xx => "http_5xx",
            Self::RateLimited => "rate_limited",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::TimeoutTtft => "timeout_ttft",
            Self::TimeoutStall => "timeout_stall",
            Self::TimeoutTotal => "timeout_total",
            Self::Reset => "reset",
            Self::BadResponse => "bad_response",
            Self::Empty => "empty",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether this is [`Outcome::Success`].
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Success)
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_serialized_ones() {
        for outcome in Outcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
        }
    }
}
