//! Why a file can't be imported as a whole. What is wrong with single rows is a [`Remark`](super::Remark).

use thiserror::Error;

use super::ImportFormat;

/// A file that no prompt set can be made of.
#[derive(Debug, Error)]
pub enum ImportError {
    /// It is larger than what is read.
    #[error("`{file}` is larger than {most_mb} MB; split it")]
    TooLarge {
        /// The file.
        file: String,
        /// The most that is read, in MB.
        most_mb: u64,
    },
    /// It makes more rows than a set may have, or more text.
    #[error("`{file}` makes more than {most} rows, or more than {most_mb} MB of them; split it")]
    TooMany {
        /// The file.
        file: String,
        /// The most rows.
        most: usize,
        /// The most of their text, in MB.
        most_mb: u64,
    },
    /// The bytes are not text.
    #[error("{file}:{line}: not UTF-8; save the file as UTF-8")]
    NotUtf8 {
        /// The file.
        file: String,
        /// The first line that is not.
        line: usize,
    },
    /// None of the formats is recognised.
    #[error(
        "`{file}` is none of the formats that are read: it is {found}; if it is one, name it with `--format lab|lm-eval|promptfoo`"
    )]
    Unknown {
        /// The file.
        file: String,
        /// What it is instead.
        found: String,
    },
    /// The YAML or JSON doesn't parse.
    #[error("{file}:{line}: {message}; correct the file")]
    Yaml {
        /// The file.
        file: String,
        /// Where the parser stopped, from 1.
        line: u64,
        /// What it expected.
        message: String,
    },
    /// What the whole file needs is missing.
    #[error("`{file}`: {problem}")]
    Shape {
        /// The file.
        file: String,
        /// What is missing or wrong, and what to do.
        problem: String,
    },
    /// No row maps.
    #[error("`{file}`, read as {}, has no case that could be imported{}", .format.name(), because(.reasons))]
    Nothing {
        /// The file.
        file: String,
        /// How it was read.
        format: ImportFormat,
        /// The first reasons, each with its place.
        reasons: Vec<String>,
    },
}

fn because(reasons: &[String]) -> String {
    if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) }
}
