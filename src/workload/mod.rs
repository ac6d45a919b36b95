//! What to send beside prompt sets: made-up prompts, files of prompts and conversations, recorded traces.
//!
//! [`build()`] makes a [`Workload`] of what was asked for, before anything is sent: prompts in their final text but for
//! the salt, conversations as runs of prompts, moments where a trace has them. Used by `bench`.

mod build;
mod error;
mod estimate;
pub mod file;
pub mod length;
mod mix;
mod random;
mod salt;
mod select;
mod synthetic;
mod text;
mod tokenizer;
#[cfg(test)]
mod toys;
mod words;

pub use build::{Context, build};
pub use error::WorkloadError;
pub use salt::salted;
pub use select::{SelectionError, select};
pub use text::TextMaker;

use crate::model::prompt::{Prompt, PromptSet};
use crate::model::workload::{Ask, CacheMode, WorkloadInfo, WorkloadOptions, WorkloadSpec};

/// Everything that is to be sent, in the order of the workload.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// What the result says of it.
    pub info: WorkloadInfo,
    /// The prompts; those of one conversation follow one another.
    pub prompts: Vec<WorkPrompt>,
    /// What is started as one: single prompts, and conversations.
    pub sequences: Vec<Sequence>,
    /// When each sequence is to start, seconds after the first, never falling; absent where nothing recorded it.
    pub starts_s: Option<Vec<f64>>,
    /// Whether the order of the sequences means something: it is kept then, else drawn from the seed.
    pub ordered: bool,
    /// What was left out or made otherwise than asked for, a sentence each.
    pub warnings: Vec<String>,
}

impl Workload {
    /// A prompt set's prompts, each by itself and as written.
    #[must_use]
    pub fn of_prompt_set(set: &PromptSet) -> Self {
        let prompts: Vec<WorkPrompt> = set
            .prompts
            .iter()
            .map(|prompt| WorkPrompt {
                prompt: prompt.clone(),
                ask: Ask::default(),
                salt_at: None,
                think_s: 0.0,
            })
            .collect();
        let info = WorkloadInfo {
            spec: WorkloadSpec::PromptSet { name: set.manifest.name.clone() },
            options: WorkloadOptions { cache: Some(CacheMode::AsIs), ..WorkloadOptions::default() },
            prompts: prompts.len() as u64,
            conversations: None,
            sha256: None,
            salt: None,
            tokens_by: None,
            categories: set.manifest.categories.clone(),
        };
        let sequences = (0..prompts.len()).map(|first| Sequence { first, turns: 1 }).collect();
        Self { info, prompts, sequences, starts_s: None, ordered: false, warnings: Vec::new() }
    }
}

/// One prompt of a workload.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkPrompt {
    /// The prompt; without checks nothing is said about quality.
    pub prompt: Prompt,
    /// What is asked beside it.
    pub ask: Ask,
    /// Where in `prompt.prompt` (bytes) a salt goes that differs from request to request; `None`: sent as written.
    pub salt_at: Option<usize>,
    /// Seconds from the end of the turn before to this one.
    pub think_s: f64,
}

/// Prompts that are sent one after the other, each with all before it and their answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sequence {
    /// Position of its first prompt.
    pub first: usize,
    /// How many prompts it has, at least 1.
    pub turns: usize,
}
