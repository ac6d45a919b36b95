//! Why a file of another tool can't be read, or a result not be written as one. Every message says what to do.

use thiserror::Error;

use crate::model::imported::Tool;
use crate::model::record::Side;

/// A file can't be made a result of.
#[derive(Debug, Error)]
pub enum ForeignError {
    /// It is of none of the tools.
    #[error(
        "`{file}` is none of the files that are read: it is {found}; read are the JSON of `vllm bench serve --save-result --save-detailed`, `GuideLLM`'s `benchmarks.json` and `AIPerf`'s `profile_export.jsonl`"
    )]
    Unknown {
        /// The file.
        file: String,
        /// What it is instead.
        found: String,
    },
    /// It is a result of labctl.
    #[error("`{file}` is a result of labctl already; name it by its path wherever a run is asked for")]
    OwnResult {
        /// The file.
        file: String,
    },
    /// It is the file beside the one that is read.
    #[error(
        "`{file}` is AIPerf's summary, which has no requests in it; import the `profile_export.jsonl` beside it"
    )]
    AiperfSummary {
        /// The file.
        file: String,
    },
    /// It breaks off, or a field isn't what the tool writes.
    #[error("`{file}` is not what {} writes: {reason}{}", tool.title(), at_line(*line))]
    Invalid {
        /// The file.
        file: String,
        /// Whose it should be.
        tool: Tool,
        /// The line, from 1, where it is one of JSON lines.
        line: Option<usize>,
        /// What is wrong.
        reason: String,
    },
    /// Two lists of one request each differ in length.
    #[error(
        "`{file}` is not what vllm bench serve writes: `{field}` has {found} requests where `start_times` has {expected}"
    )]
    Uneven {
        /// The file.
        file: String,
        /// The list.
        field: &'static str,
        /// Its length.
        found: usize,
        /// The length of the others.
        expected: usize,
    },
    /// It has totals alone.
    #[error(
        "`{file}` has no requests in it, only what {} made of them, and a result is made of requests; {}",
        tool.title(),
        remedy(*tool)
    )]
    NoRequests {
        /// The file.
        file: String,
        /// Whose it is.
        tool: Tool,
    },
    /// No request has the time of its first token.
    #[error(
        "no request in `{file}` has a time to first token: the answers were not streamed; run {} with streaming on",
        tool.title()
    )]
    NotStreamed {
        /// The file.
        file: String,
        /// Whose it is.
        tool: Tool,
    },
}

/// Why a result can't be written in vLLM's form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VllmBenchError {
    /// There is no such side.
    #[error("run `{run_id}` has no {side}")]
    NoSide {
        /// The run.
        run_id: String,
        /// The side.
        side: Side,
    },
    /// vLLM's form holds one load.
    #[error(
        "run `{run_id}` has {levels} levels, and vLLM's JSON holds one load; name it with `--level`, from 0"
    )]
    SeveralLevels {
        /// The run.
        run_id: String,
        /// How many.
        levels: usize,
    },
    /// There is no such level.
    #[error("run `{run_id}` has no level {level}")]
    NoLevel {
        /// The run.
        run_id: String,
        /// The level asked for.
        level: u32,
    },
    /// The times of chunks are missing.
    #[error(
        "run `{run_id}` has no times of each chunk ({because}), from which vLLM's inter-token latencies are made"
    )]
    NoChunkTimes {
        /// The run.
        run_id: String,
        /// Why.
        because: &'static str,
    },
}

const fn remedy(tool: Tool) -> &'static str {
    match tool {
        Tool::Vllm => "run it with `--save-detailed`",
        Tool::Guidellm => "run it so that it keeps its requests (without a `sample_size` of 0)",
        Tool::Aiperf => "run it with `--export-level records`",
    }
}

fn at_line(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(" (line {line} of the file)"))
}
