//! Why a prompt set cannot be made of its sources.

use std::path::PathBuf;

use thiserror::Error;

use crate::promptset::PromptSetError;

/// What is wrong with a set's sources, and where.
#[derive(Debug, Error)]
pub enum GenerateError {
    /// A file or folder cannot be read.
    #[error("cannot read `{}`: {source}; a set that is generated has its sources in `source/`", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file is no YAML, or not of the form that is expected.
    #[error("`{}`: {message}", .file.display())]
    Yaml {
        /// The file.
        file: PathBuf,
        /// Where and what.
        message: String,
    },
    /// A row cannot be made.
    #[error("`{}`, row {row}: {problem}", .file.display())]
    Row {
        /// The file.
        file: PathBuf,
        /// Its place from 1 and the beginning of its question.
        row: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// `computed` names no generator.
    #[error("`{}`: there is no generator `{name}`; there are `{known}`", .file.display())]
    UnknownComputed {
        /// The file.
        file: PathBuf,
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The rows that were made are not valid.
    #[error(transparent)]
    PromptSet(PromptSetError),
}
