//! Other tools' files as results, and a result as another tool's file.
//!
//! `read` takes the text of a file, finds out whose it is, and makes a result of each benchmark in it: `vllm`,
//! `guidellm` and `aiperf` each know one tool's fields, `build` makes results of the `benchmark` they found by the same functions
//! as a run's, `caveats` says what a reader must know of them, `failure` classes what tools say of failed requests,
//! `scan` looks at a document's keys without keeping it.
//! `vllm_bench` writes a result as `vllm bench serve` would. What a file doesn't tell is absent from its result.

mod aiperf;
mod benchmark;
mod build;
mod caveats;
mod error;
mod failure;
mod guidellm;
mod scan;
#[cfg(test)]
mod tests;
mod vllm;
pub mod vllm_bench;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

pub use error::{ForeignError, VllmBenchError};

use crate::model::imported::Tool;
use crate::model::result::RunResult;
use scan::Document;

/// A file to read.
#[derive(Debug, Clone, Copy)]
pub struct ForeignFile<'a> {
    /// Its name, without its folder; for the result and for messages.
    pub name: &'a str,
    /// Its text.
    pub bytes: &'a [u8],
    /// `AIPerf`'s `profile_export_aiperf.json`, which it writes beside its records: the records tell neither the
    /// model nor the load. Not looked at for other tools.
    pub summary: Option<&'a [u8]>,
}

/// What the one who imports knows beside the file.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Whose file it is; found out when absent.
    pub tool: Option<Tool>,
    /// Labels of the results, in addition to the tool's own.
    pub labels: BTreeMap<String, String>,
    /// True where a simulator was measured. Known too where the tool's own label says `simulated`.
    pub simulated: bool,
}

/// Makes a result of each benchmark in the file, in the file's order.
///
/// Several benchmarks become several results and not the levels of one: a level says whether the load was held and
/// whether the server kept up, which the tools don't tell, and each of their benchmarks has its own beginning and
/// clock.
///
/// # Errors
///
/// Where the text is of none of the tools, breaks off, or holds no requests one by one.
pub fn read(file: ForeignFile<'_>, options: &ImportOptions) -> Result<Vec<RunResult>, ForeignError> {
    let tool = match options.tool {
        Some(tool) => tool,
        None => tool_of(file)?,
    };
    let benchmarks = match tool {
        Tool::Vllm => vllm::read(file)?,
        Tool::Guidellm => guidellm::read(file)?,
        Tool::Aiperf => vec![aiperf::read(file)?],
    };
    let source = build::Source { file: file.name, sha256: sha256_of(file.bytes) };
    benchmarks.into_iter().map(|benchmark| build::result(benchmark, &source, options)).collect()
}

/// Whose file it is, by the keys of its first document.
fn tool_of(file: ForeignFile<'_>) -> Result<Tool, ForeignError> {
    let unknown = |found: String| ForeignError::Unknown { file: file.name.to_owned(), found };
    let bytes = scan::of_python(file.bytes);
    let first = scan::documents(&bytes).next();
    let document = match first {
        Some(Ok((document, _))) => document,
        Some(Err(error)) => return Err(unknown(format!("no JSON ({error})"))),
        None => return Err(unknown("an empty file".to_owned())),
    };
    let Document::Object(members) = document else {
        return Err(unknown("JSON that is no object".to_owned()));
    };
    let has = |key: &str| members.contains_key(key);
    if has("schema_version") && has("run_id") && has("candidate") {
        return Err(ForeignError::OwnResult { file: file.name.to_owned() });
    }
    if has("aiperf_version") || (has("input_config") && has("request_latency")) {
        return Err(ForeignError::AiperfSummary { file: file.name.to_owned() });
    }
    if has("benchmarks") && (has("metadata") || has("config") || has("args")) {
        return Ok(Tool::Guidellm);
    }
    if has("metadata") && (has("metrics") || has("error")) {
        return Ok(Tool::Aiperf);
    }
    if has("request_throughput") && has("model_id") && (has("backend") || has("endpoint_type")) {
        return Ok(Tool::Vllm);
    }
    let mut keys: Vec<String> = members.keys().take(5).map(|key| format!("`{}`", short(key, 40))).collect();
    if members.len() > keys.len() {
        keys.push("…".to_owned());
    }
    Err(unknown(format!(
        "a JSON object with {}",
        if keys.is_empty() { "nothing in it".to_owned() } else { keys.join(", ") }
    )))
}

/// A text of a foreign file for a message or a field that is shown on one line: without what follows a line break, and
/// not longer than `most` characters.
fn short(text: &str, most: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut shown: String = line.chars().take(most).collect();
    if shown.len() < text.trim_end().len() {
        shown.push('…');
    }
    shown
}

/// SHA-256 in lower-case hexadecimal.
fn sha256_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
