//! Workloads from files.

use std::path::Path;

use rand_pcg::Pcg64;
use thiserror::Error;

use super::{Context, Sequence, TextMaker, WorkPrompt};
use crate::model::workload::{Length, WorkloadFormat};

/// Why a workload file cannot be used.
#[derive(Debug, Error)]
pub enum FileError {
    /// There is nothing in it to send.
    #[error("`{path}` holds nothing to send")]
    Empty {
        /// The file.
        path: String,
    },
}

/// What a file holds to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The prompts; those of one conversation follow one another.
    pub prompts: Vec<WorkPrompt>,
    /// What is started as one: single prompts, and conversations.
    pub sequences: Vec<Sequence>,
    /// When each sequence is to start, seconds after the first, never falling; absent where the file doesn't say.
    pub starts_s: Option<Vec<f64>>,
    /// Whether the order means something.
    pub ordered: bool,
    /// SHA-256 of the whole file, in lower-case hexadecimal.
    pub sha256: String,
    /// Whether the texts were made up, from recorded lengths.
    pub made_up: bool,
    /// What of the file was left out or filled in, a sentence each.
    pub warnings: Vec<String>,
}

/// Reads `file`.
pub fn build(
    file: &Path,
    _format: WorkloadFormat,
    _limit: Option<u32>,
    _output_tokens: Option<&Length>,
    _texts: &TextMaker,
    _random: &mut Pcg64,
    _context: &Context<'_>,
) -> Result<Loaded, FileError> {
    Err(FileError::Empty { path: file.display().to_string() })
}
