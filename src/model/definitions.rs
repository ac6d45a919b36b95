//! One run's speed under the formulas of several tools: whose formulas, and what they come to.
//! Computed in `metrics::definitions`, never stored: the traces in the result are enough.

use serde::Serialize;

use super::record::Side;

/// Whose formulas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Definitions {
    /// labctl's own.
    Labctl,
    /// `vllm bench serve`.
    Vllm,
    /// `GuideLLM`.
    Guidellm,
    /// NVIDIA `AIPerf`.
    Aiperf,
}

impl Definitions {
    /// Every one, labctl's own first.
    pub const ALL: [Self; 4] = [Self::Labctl, Self::Vllm, Self::Guidellm, Self::Aiperf];

    /// The name used in flags and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Labctl => "labctl",
            Self::Vllm => "vllm",
            Self::Guidellm => "guidellm",
            Self::Aiperf => "aiperf",
        }
    }

    /// The name as the tool's authors write it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Labctl => "labctl",
            Self::Vllm => "vLLM",
            Self::Guidellm => "GuideLLM",
            Self::Aiperf => "AIPerf",
        }
    }
}

/// What goodput makes of a response of a single token where an objective is set on the time per token,
/// which such a response doesn't have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OneToken {
    /// It meets the objective.
    Met,
    /// It is left out of the share.
    Excluded,
    /// It misses the objective.
    NotMet,
}

impl OneToken {
    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Excluded => "excluded",
            Self::NotMet => "not met",
        }
    }
}

/// What one value of ITL is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ItlOf {
    /// The gap between two chunks; those of all requests pooled.
    Chunk,
    /// The mean of one request, per token.
    Request,
}

/// A distribution in the three numbers that every tool prints, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Statistics {
    /// How many values.
    pub n: u64,
    /// Mean; weighted where the tool weights.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// 99th percentile.
    pub p99: f64,
}

/// The metrics that the tools share by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Time to first token.
    Ttft,
    /// Time per output token.
    Tpot,
    /// Inter-token latency.
    Itl,
    /// End-to-end latency.
    E2e,
}

impl Metric {
    /// Every one, in the order of display.
    pub const ALL: [Self; 4] = [Self::Ttft, Self::Tpot, Self::Itl, Self::E2e];

    /// The name on screen.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Ttft => "TTFT",
            Self::Tpot => "TPOT",
            Self::Itl => "ITL",
            Self::E2e => "E2E",
        }
    }
}

/// One side's successes under one tool's formulas. Absent is what the tool doesn't give.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DefinedSummary {
    /// Whose formulas.
    pub definitions: Definitions,
    /// Time to first token, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<Statistics>,
    /// Time per output token, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpot_ms: Option<Statistics>,
    /// Inter-token latency, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub itl_ms: Option<Statistics>,
    /// What one value of `itl_ms` is.
    pub itl_of: ItlOf,
    /// End-to-end latency, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e2e_ms: Option<Statistics>,
    /// What goodput makes of a response of a single token.
    pub one_token_goodput: OneToken,
    /// How many responses it counts as being of a single token.
    pub single_token_responses: u64,
    /// Output tokens as it counts them.
    pub output_tokens: u64,
}

impl DefinedSummary {
    /// The statistics of one metric.
    #[must_use]
    pub const fn statistics(&self, metric: Metric) -> Option<&Statistics> {
        match metric {
            Metric::Ttft => self.ttft_ms.as_ref(),
            Metric::Tpot => self.tpot_ms.as_ref(),
            Metric::Itl => self.itl_ms.as_ref(),
            Metric::E2e => self.e2e_ms.as_ref(),
        }
    }
}

/// In how many of a side's requests there is something that the tools' formulas treat differently.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Causes {
    /// Successes, over which all this is counted.
    pub requests: u64,
    /// A chunk with `choices` came before the first token: as a rule the empty role chunk.
    pub chunk_before_tokens: u64,
    /// A chunk with `choices` came after the last token: as a rule the empty one with the finish reason.
    pub chunk_after_tokens: u64,
    /// An empty chunk with `choices` came between two tokens.
    pub chunk_between_tokens: u64,
    /// The server told of several tokens in the first chunk.
    pub first_chunk_of_several: u64,
    /// A token without text, or text without a token, by what the server told.
    pub tokens_unlike_text: u64,
    /// More than one token, but no time between the first and the last.
    pub at_one_moment: u64,
    /// A gap of which an end is not exactly stamped.
    pub inexact_gaps: u64,
    /// The server told no number of output tokens.
    pub without_usage: u64,
}

/// One side of a run under several tools' formulas.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SideDefinitions {
    /// The side.
    pub side: Side,
    /// One summary a tool, in the order asked for.
    pub summaries: Vec<DefinedSummary>,
    /// What makes them differ.
    pub causes: Causes,
}
