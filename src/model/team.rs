//! What a team expects of its variant, and how a run is read in that light.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a team makes of the baseline: it decides what its results are read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TeamKind {
    /// A quantized variant: faster, and no worse.
    Quantization,
    /// A fine-tuned variant or adapter: better in its domains, as fast, and nothing forgotten.
    FineTuning,
    /// A judge: keeps up, and scores rightly.
    Evaluation,
}

impl TeamKind {
    /// The kind that a team of this name is unless its configuration says: those of the reference lab and the usual
    /// words for them.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "quant" | "quantization" => Some(Self::Quantization),
            "finetune" | "fine_tuning" | "fine-tuning" | "finetuning" => Some(Self::FineTuning),
            "eval" | "evaluation" | "judge" => Some(Self::Evaluation),
            _ => None,
        }
    }

    /// The name used in configuration, JSON and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quantization => "quantization",
            Self::FineTuning => "fine_tuning",
            Self::Evaluation => "evaluation",
        }
    }
}

/// What is expected of a variant. What is absent is as shipped for the team's kind; what its kind doesn't read is
/// not read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Expectations {
    /// The largest ratio of `e2e_ms` p95, candidate ÷ baseline. Quantization: 0.8; fine-tuning: 1.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e2e_p95_ratio_at_most: Option<f64>,
    /// The ratio of `e2e_ms` p95 above which something is wrong. Fine-tuning: 1.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e2e_p95_ratio_suspect: Option<f64>,
    /// The smallest ratio of output tokens per second. Quantization: 1.5; fine-tuning: 0.85.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput_ratio_at_least: Option<f64>,
    /// The largest ratio of mean KV-cache use; not read unless given, for 4-bit weights do not shrink a token's cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_ratio_at_most: Option<f64>,
    /// Categories that test what must not be forgotten. Fine-tuning: `regression`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regression_categories: Option<Vec<String>>,
    /// Categories that the variant was made for. Fine-tuning: `medical`, `legal`, `technical`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_categories: Option<Vec<String>>,
    /// The largest `e2e_ms` p95 in milliseconds. Evaluation: 3,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e2e_p95_ms_at_most: Option<f64>,
    /// The largest mean number of requests waiting at the server. Evaluation: 0.5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_at_most: Option<f64>,
    /// The smallest pass rate of a category, 0 to 1. Evaluation: 0.8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pass_rate_at_least: Option<f64>,
    /// Categories that may lie below that. Evaluation: `edge_case`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hard_categories: Option<Vec<String>>,
    /// The largest mean number of output tokens of an answer. Evaluation: 200.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens_at_most: Option<f64>,
}

/// Whether an expectation came true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadingVerdict {
    /// The evidence shows that it did.
    Met,
    /// The evidence doesn't settle it.
    Unsettled,
    /// The evidence shows that it didn't.
    Missed,
    /// It couldn't be read: not measured, or from too few requests.
    NotApplicable,
}

/// One expectation held against a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reading {
    /// What was read, in a few words: `P95 latency`.
    pub topic: String,
    /// What was expected, with its bound: `at least 20 % below the baseline`.
    pub expected: String,
    /// Whether it came true.
    pub verdict: ReadingVerdict,
    /// What that rests on, with the numbers.
    pub evidence: String,
    /// Where to look next, where it didn't come true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What serving costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// GPUs that the endpoint runs on, above 0.
    #[serde(default = "one")]
    pub gpus: f64,
    /// Price of a GPU for an hour, above 0.
    pub per_gpu_hour: f64,
    /// The currency of the price, as it is to be printed.
    #[serde(default = "dollars")]
    pub currency: String,
}

const fn one() -> f64 {
    1.0
}

fn dollars() -> String {
    "USD".to_owned()
}

/// What a side's answers cost, from its throughput and its endpoint's [`Cost`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CostFigures {
    /// The currency.
    pub currency: String,
    /// GPUs × price of a GPU for an hour.
    pub per_hour: f64,
    /// Correct answers per second × 3,600 ÷ GPUs; absent where nothing was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct_answers_per_gpu_hour: Option<f64>,
    /// Price of a million output tokens at the measured throughput.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_million_output_tokens: Option<f64>,
    /// Price of a million output tokens of requests that met every objective; absent without objectives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_million_output_tokens_at_slo: Option<f64>,
}
