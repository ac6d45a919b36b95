//! What is sent beside prompt sets: flags of `run` and `bench` that experiment files have too.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::notation::{Models, length, prefix, seconds};
use super::values::{at_least_one, number};
use crate::model::workload::{CacheMode, Length, SharedPrefix, WorkloadFormat};

/// `--workload-format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WorkloadFormatArg {
    /// Told by the file's content
    Auto,
    /// One JSON object a line: `prompt` or `messages`, `max_tokens`
    Jsonl,
    /// A JSON list of conversations
    Sharegpt,
    /// Mooncake's trace, JSON lines
    Mooncake,
    /// Azure's LLM inference trace, CSV
    Azure,
    /// BurstGPT's trace, CSV
    Burstgpt,
    /// A result of labctl
    Labctl,
}

impl From<WorkloadFormatArg> for WorkloadFormat {
    fn from(format: WorkloadFormatArg) -> Self {
        match format {
            WorkloadFormatArg::Auto => Self::Auto,
            WorkloadFormatArg::Jsonl => Self::Jsonl,
            WorkloadFormatArg::Sharegpt => Self::Sharegpt,
            WorkloadFormatArg::Mooncake => Self::Mooncake,
            WorkloadFormatArg::Azure => Self::Azure,
            WorkloadFormatArg::Burstgpt => Self::Burstgpt,
            WorkloadFormatArg::Labctl => Self::Labctl,
        }
    }
}

/// `--cache`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CacheArg {
    /// Every prompt begins with a salt of its own, so that none was seen before
    Cold,
    /// Every prompt is sent once before the load
    Warm,
    /// As written
    AsIs,
}

impl From<CacheArg> for CacheMode {
    fn from(mode: CacheArg) -> Self {
        match mode {
            CacheArg::Cold => Self::Cold,
            CacheArg::Warm => Self::Warm,
            CacheArg::AsIs => Self::AsIs,
        }
    }
}

/// What is sent.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Workload")]
pub struct WorkloadArgs {
    /// Made-up prompts of so many tokens: `128`, `64..256`, `normal:mean=512,sd=100`, `lognormal:median=512,sigma=0.7`
    /// (both with `min=`, `max=`), or `histogram:1-10=3,11-100=7`; needs --output-tokens
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    pub input_tokens: Option<Length>,

    /// Tokens of their answers, as for --input-tokens; with --workload, where the file doesn't say
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    pub output_tokens: Option<Length>,

    /// How many different made-up prompts there are [default: the number of requests]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub prompts: Option<u32>,

    /// Made-up prompts that begin alike: so many beginnings of so many tokens, e.g. `4x1024`
    #[arg(long, value_name = "GROUPSxTOKENS", value_parser = prefix)]
    pub shared_prefix: Option<SharedPrefix>,

    /// Made-up conversations of so many turns, each turn with the answers before it; written as --input-tokens, which is
    /// then a turn's [default: 1]
    #[arg(long, value_name = "LENGTH", value_parser = length)]
    pub turns: Option<Length>,

    /// Mean time between an answer and the next turn, exponentially distributed [default: 0]
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub think_time: Option<f64>,

    /// File of prompts, conversations or a recorded trace. A trace is replayed at its own moments unless the load is
    /// given in another way
    #[arg(long, value_name = "FILE")]
    pub workload: Option<PathBuf>,

    /// Its format [default: `auto`]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub workload_format: Option<WorkloadFormatArg>,

    /// Take no more than so many prompts, conversations or requests from its beginning [default: all]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub workload_limit: Option<u32>,

    /// How many times faster than recorded a trace is replayed [default: 1]
    #[arg(long, value_name = "FACTOR", value_parser = number, allow_negative_numbers = true)]
    pub trace_speed: Option<f64>,

    /// Have the server go on to the full output length (`ignore_eos`, `min_tokens`), where it takes that
    #[arg(long)]
    pub exact_output: bool,

    /// The target's `tokenizer.json`: lengths are then exact in its tokens, else estimated
    #[arg(long, value_name = "FILE")]
    pub tokenizer: Option<PathBuf>,

    /// What is done about the server's prefix cache [default: `cold` for made-up prompts and traces, else `as-is`]
    #[arg(long, value_enum, value_name = "MODE")]
    pub cache: Option<CacheArg>,

    /// Several models of the endpoint and their shares, reported apart, e.g. `a=3,b=1`
    #[arg(long, value_name = "MODEL=SHARE,…")]
    pub models: Option<Models>,

    /// Salt of cold prompts, so that the same bytes are sent again [default: a fresh one every run]
    #[arg(long, value_name = "TEXT")]
    pub salt: Option<String>,
}
