//! What can be wrong with a workload, in words that whoever asked for it can act on.

use std::path::PathBuf;

use thiserror::Error;

use super::file::FileError;
use crate::promptset::PromptSetError;

/// Why a workload cannot be built.
#[derive(Debug, Error)]
pub enum WorkloadError {
    /// The prompt set cannot be used.
    #[error(transparent)]
    PromptSet(#[from] PromptSetError),
    /// The workload file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// A field of what was asked for makes no sense.
    #[error("`{field}`: {problem}")]
    Field {
        /// The field, as in an experiment file.
        field: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// More text was asked for than is kept in memory.
    #[error(
        "the made-up prompts would have about {tokens:.0} tokens in all, at most {most} are made; \
         set `prompts` to fewer, they are then sent several times, each time with a salt of its own"
    )]
    TooMuchText {
        /// Tokens of all prompts, about.
        tokens: f64,
        /// The most.
        most: u64,
    },
    /// The tokenizer's file is not there.
    #[error(
        "tokenizer file `{}` is missing; give the `tokenizer.json` from the model's folder or its page on the Hugging Face Hub, \
         or leave it out and lengths are estimated", .path.display()
    )]
    TokenizerMissing {
        /// The file.
        path: PathBuf,
    },
    /// The operating system would not read the tokenizer's file.
    #[error(
        "cannot read tokenizer file `{}`: {source}; check that it is a file (`tokenizer.json`, not its folder) and its permissions",
        .path.display()
    )]
    TokenizerUnreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is something else.
    #[error(
        "`{}` is not a tokenizer: {message}; the model's `tokenizer.json` is wanted, \
         not `tokenizer_config.json`, `vocab.json` or `tokenizer.model`", .path.display()
    )]
    NotATokenizer {
        /// The file.
        path: PathBuf,
        /// What was found there.
        message: String,
    },
    /// A tokenizer that English text cannot be made with.
    #[error(
        "tokenizer `{name}` cannot be used: {problem}; check that it is the target's, or leave it out and lengths are estimated"
    )]
    TokenizerUnfit {
        /// Its file's name.
        name: String,
        /// What it does.
        problem: String,
    },
}

impl WorkloadError {
    /// An error about a field.
    pub(super) fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Field { field: field.into(), problem: problem.into() }
    }
}
