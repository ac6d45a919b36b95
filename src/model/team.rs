//! What a team expects of its variant, and how a run is read in that light.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::comparison::Interval;
use super::result::RunResult;

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

    /// The fields of [`Expectations`] that a team of this kind is read for.
    #[must_use]
    pub const fn reads(self) -> &'static [&'static str] {
        match self {
            Self::Quantization => &[
                "e2e_p95_ratio_at_most",
                "throughput_ratio_at_least",
                "cache_ratio_at_most",
                "category_loss_pp_at_most",
            ],
            Self::FineTuning => &[
                "e2e_p95_ratio_at_most",
                "e2e_p95_ratio_suspect",
                "throughput_ratio_at_least",
                "cache_ratio_at_most",
                "domain_categories",
                "regression_categories",
                "category_loss_pp_at_most",
            ],
            Self::Evaluation => &[
                "e2e_p95_ms_at_most",
                "category_latency_ratio_at_most",
                "waiting_at_most",
                "pass_rate_at_least",
                "hard_categories",
                "output_tokens_at_most",
            ],
        }
    }
}

impl std::fmt::Display for TeamKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// What is expected of a variant. What is absent is as shipped for the team's kind; [`TeamKind::reads`] has what a
/// kind may be given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Expectations {
    /// The largest ratio of `e2e_ms` p95, candidate ÷ baseline. Quantization: 0.8; fine-tuning: 1.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e2e_p95_ratio_at_most: Option<f64>,
    /// The ratio of `e2e_ms` p95 above which something is wrong. Fine-tuning: 1.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e2e_p95_ratio_suspect: Option<f64>,
    /// The largest loss of pass rate in a category, in percentage points, that counts as none. Quantization and
    /// fine-tuning: 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category_loss_pp_at_most: Option<f64>,
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
    /// The largest ratio of a category's `e2e_ms` to that of all others. Evaluation: 1.5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category_latency_ratio_at_most: Option<f64>,
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

impl Expectations {
    /// What is expected of a team of this kind unless its configuration says: the thresholds of the reference lab.
    #[must_use]
    pub fn shipped(kind: TeamKind) -> Self {
        let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        match kind {
            TeamKind::Quantization => Self {
                e2e_p95_ratio_at_most: Some(0.8),
                throughput_ratio_at_least: Some(1.5),
                category_loss_pp_at_most: Some(5.0),
                ..Self::default()
            },
            TeamKind::FineTuning => Self {
                e2e_p95_ratio_at_most: Some(1.1),
                e2e_p95_ratio_suspect: Some(1.2),
                throughput_ratio_at_least: Some(0.85),
                category_loss_pp_at_most: Some(5.0),
                regression_categories: names(&["regression"]),
                domain_categories: names(&["medical", "legal", "technical"]),
                ..Self::default()
            },
            TeamKind::Evaluation => Self {
                e2e_p95_ms_at_most: Some(3_000.0),
                category_latency_ratio_at_most: Some(1.5),
                waiting_at_most: Some(0.5),
                pass_rate_at_least: Some(0.8),
                hard_categories: names(&["edge_case"]),
                output_tokens_at_most: Some(200.0),
                ..Self::default()
            },
        }
    }

    /// These, and where they are silent `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            e2e_p95_ratio_at_most: self.e2e_p95_ratio_at_most.or(other.e2e_p95_ratio_at_most),
            e2e_p95_ratio_suspect: self.e2e_p95_ratio_suspect.or(other.e2e_p95_ratio_suspect),
            category_loss_pp_at_most: self.category_loss_pp_at_most.or(other.category_loss_pp_at_most),
            throughput_ratio_at_least: self.throughput_ratio_at_least.or(other.throughput_ratio_at_least),
            cache_ratio_at_most: self.cache_ratio_at_most.or(other.cache_ratio_at_most),
            regression_categories: self.regression_categories.or(other.regression_categories),
            domain_categories: self.domain_categories.or(other.domain_categories),
            e2e_p95_ms_at_most: self.e2e_p95_ms_at_most.or(other.e2e_p95_ms_at_most),
            category_latency_ratio_at_most: self
                .category_latency_ratio_at_most
                .or(other.category_latency_ratio_at_most),
            waiting_at_most: self.waiting_at_most.or(other.waiting_at_most),
            pass_rate_at_least: self.pass_rate_at_least.or(other.pass_rate_at_least),
            hard_categories: self.hard_categories.or(other.hard_categories),
            output_tokens_at_most: self.output_tokens_at_most.or(other.output_tokens_at_most),
        }
    }
}

/// The kind of a result's team and what it expects, the shipped thresholds filled in, from the configuration that the
/// result holds; `None` without a team, without a kind, or where the configuration has what this version can't read.
#[must_use]
pub fn team_of(result: &RunResult) -> Option<(TeamKind, Expectations)> {
    let name = result.team.as_deref()?;
    let team = &result.config["teams"][name];
    let kind = match &team["kind"] {
        Value::Null => TeamKind::of_name(name)?,
        kind => serde_json::from_value(kind.clone()).ok()?,
    };
    let expected = match &team["expect"] {
        Value::Null => Expectations::default(),
        expect => serde_json::from_value(expect.clone()).ok()?,
    };
    Some((kind, expected.or(Expectations::shipped(kind))))
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

impl ReadingVerdict {
    /// The word for it in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Unsettled => "unsettled",
            Self::Missed => "missed",
            Self::NotApplicable => "n/a",
        }
    }
}

impl std::fmt::Display for ReadingVerdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// One expectation held against a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reading {
    /// Its stable name: the expectation's field of the configuration, and for one of several categories the category
    /// behind a colon.
    #[serde(default)]
    pub id: String,
    /// What was read, in a few words: `P95 latency`.
    pub topic: String,
    /// What was expected, with its bound: `at least 20 % below the baseline's`.
    pub expected: String,
    /// Whether it came true.
    pub verdict: ReadingVerdict,
    /// What that rests on, with the numbers.
    pub evidence: String,
    /// The bound, in the unit of its expectation; a category that is to be better has 0 pp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<f64>,
    /// The value that was held against the bound, in its unit; absent where it couldn't be read, or where several
    /// categories were read together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The interval that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// What `value` was made of: pairs, requests, prompts or, for a throughput, rounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
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
    /// Price of a million output tokens of requests that met every objective about single requests; absent without
    /// objectives, and where no request met them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_million_output_tokens_at_slo: Option<f64>,
}
