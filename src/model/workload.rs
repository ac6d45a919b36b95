//! What is sent: the kind of workload as asked for, and what a result says of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A distribution of lengths in tokens. Values are rounded to whole tokens and kept within `min` and `max`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "distribution", rename_all = "snake_case", deny_unknown_fields)]
pub enum Length {
    /// Always the same.
    Fixed {
        /// Tokens, at least 1.
        value: u32,
    },
    /// Every length from `min` to `max` alike.
    Uniform {
        /// Shortest, at least 1.
        min: u32,
        /// Longest.
        max: u32,
    },
    /// Normal, cut off at `min` and `max` by drawing again.
    Normal {
        /// Mean before the cut.
        mean: f64,
        /// Standard deviation before the cut.
        standard_deviation: f64,
        /// Shortest; 1 when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<u32>,
        /// Longest; four standard deviations above the mean when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u32>,
    },
    /// Lognormal, by the median and the standard deviation of the logarithm; cut off as `normal` is.
    Lognormal {
        /// Median before the cut.
        median: f64,
        /// Standard deviation of the natural logarithm.
        sigma: f64,
        /// Shortest; 1 when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<u32>,
        /// Longest; e^(4 sigma) times the median when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u32>,
    },
    /// A measured histogram: each bin by its share, every length within a bin alike.
    Histogram {
        /// The bins; shares need not add up to 1.
        bins: Vec<LengthBin>,
    },
}

/// A bin of a histogram of lengths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LengthBin {
    /// Shortest length in it, at least 1.
    pub min: u32,
    /// Longest length in it.
    pub max: u32,
    /// Its weight, 0 or more.
    pub weight: f64,
}

/// Prompts that begin alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SharedPrefix {
    /// How many different beginnings there are; prompts take turns.
    pub groups: u32,
    /// Tokens of each beginning, in addition to those of the prompt.
    pub tokens: u32,
}

/// Conversations in place of single prompts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Turns {
    /// User turns a conversation.
    pub turns: Length,
    /// Seconds between an answer's end and the next turn; mean of an exponential distribution, 0 for none.
    #[serde(default)]
    pub think_time_s: f64,
}

/// A model's share of the requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelWeight {
    /// The model's name in requests.
    pub model: String,
    /// Its weight, above 0.
    pub weight: f64,
}

/// Made-up prompts of given lengths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Synthetic {
    /// Tokens a prompt.
    pub input_tokens: Length,
    /// Tokens an answer: sent as `max_tokens`, and as `min_tokens` too where `exact_output` is set.
    pub output_tokens: Length,
    /// How many different prompts there are, or conversations; the number of requests when absent, at most 10,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompts: Option<u32>,
    /// Prompts that begin alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_prefix: Option<SharedPrefix>,
    /// Conversations in place of single prompts; lengths are then a turn's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Turns>,
}

/// The format of a workload file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkloadFormat {
    /// Told by the file's content.
    #[default]
    Auto,
    /// One JSON object a line: `prompt` (or `messages`), `max_tokens`, and what else `labctl help run` lists.
    Jsonl,
    /// A JSON list of conversations, each with `conversations: [{from, value}, …]`.
    Sharegpt,
    /// Mooncake's trace: one JSON object a line with `timestamp` (ms), `input_length`, `output_length`, `hash_ids`.
    Mooncake,
    /// Azure's LLM inference trace: CSV with `TIMESTAMP`, `ContextTokens`, `GeneratedTokens`.
    Azure,
    /// `BurstGPT`: CSV with `Timestamp` (s), `Model`, `Request tokens`, `Response tokens`, `Total tokens`, `Log Type`.
    Burstgpt,
    /// A result of labctl: the lengths and moments of its requests.
    Labctl,
}

/// What is to be sent, as asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum WorkloadSpec {
    /// A prompt set with its checks.
    PromptSet {
        /// Its name or path.
        name: String,
    },
    /// Made-up prompts.
    Synthetic(Synthetic),
    /// Prompts, conversations or a trace from a file.
    File {
        /// The file.
        file: PathBuf,
        /// Its format.
        #[serde(default)]
        format: WorkloadFormat,
        /// Takes no more than so many prompts, conversations or requests from its beginning.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
        /// Tokens an answer where the file doesn't say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output_tokens: Option<Length>,
    },
}

/// Whether a prefix cache may have the answer's beginning already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CacheMode {
    /// Every prompt begins with a salt of its own, so that none was seen before.
    Cold,
    /// Every prompt is sent once before the load, so that each was seen before.
    Warm,
    /// Prompts are sent as written.
    AsIs,
}

/// How requests are made of the workload, beside the prompts themselves.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WorkloadOptions {
    /// What is done about prefix caches; `cold` for made-up prompts and traces and `as-is` for all else when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheMode>,
    /// The target's `tokenizer.json`: lengths are then exact in its tokens, else estimated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokenizer_file: Option<PathBuf>,
    /// Ask the server to go on to the full output length: `ignore_eos` and `min_tokens`, where it takes them.
    pub exact_output: bool,
    /// Several models on one endpoint and their shares; reported apart.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<ModelWeight>,
}

/// What is asked of one request beside its prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ask {
    /// The model, where it isn't the endpoint's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Which turn of its conversation it is, from 0; absent for a single prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u32>,
    /// Tokens that the prompt was made to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u32>,
    /// Whether the answer is to have exactly `max_tokens` tokens.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exact_output: bool,
}

impl Ask {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// What a result says of its workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkloadInfo {
    /// As asked for.
    pub spec: WorkloadSpec,
    /// The options, with what was left open filled in.
    pub options: WorkloadOptions,
    /// Different prompts; of conversations, turns.
    pub prompts: u64,
    /// Conversations, where it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversations: Option<u64>,
    /// SHA-256 of the file, in lower-case hexadecimal, where it came from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The salt of this run, where prompts are salted; the same salt sends the same bytes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// How tokens of prompts were counted: the tokenizer's file name, or `estimated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_by: Option<String>,
    /// Prompts by category.
    pub categories: BTreeMap<String, usize>,
}
