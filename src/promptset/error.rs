//! What can be wrong with a prompt set, in words its author can act on.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

/// A position in a file of a prompt set, shown as `file:line` or `file:line:column`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as messages name it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1, where it is known.
    pub column: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.file, self.line)?;
        match self.column {
            Some(column) => write!(formatter, ":{column}"),
            None => Ok(()),
        }
    }
}

/// Why a prompt set cannot be used.
#[derive(Debug, Error)]
pub enum PromptSetError {
    /// No folder and no built-in set has this name.
    #[error(
        "prompt set `{name}` not found in `{}` nor among the built-in sets{}; there are: {}",
        .directory.display(), did_you_mean(.name, .available), listed(.available)
    )]
    NotFound {
        /// What was asked for.
        name: String,
        /// The folder that was searched.
        directory: PathBuf,
        /// The names that exist.
        available: Vec<String>,
    },
    /// A path was given and there is no folder.
    #[error("`{}` is not a folder; give the folder that holds `promptset.jsonl`, or a set's name", .path.display())]
    NotAFolder {
        /// The path that was given.
        path: PathBuf,
    },
    /// One of the two files is not there.
    #[error("`{}` is missing; {remedy}", .path.display())]
    FileMissing {
        /// The file.
        path: PathBuf,
        /// How to make it.
        remedy: String,
    },
    /// The operating system would not read it.
    #[error("cannot read `{}`: {source}; check that it is a file and its permissions", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The operating system would not write it.
    #[error("cannot write `{}`: {source}; check the folder's permissions and free space", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// There is no prompt in the file.
    #[error("`{file}` holds no prompts; write one JSON object a line")]
    Empty {
        /// The file.
        file: String,
    },
    /// The bytes are not text.
    #[error("{place}: not UTF-8; save the file as UTF-8")]
    NotUtf8 {
        /// The first line that is not.
        place: Place,
    },
    /// A line, or the manifest, does not parse as JSON.
    #[error("{place}: not JSON: {}; {remedy}", clean(.message))]
    NotJson {
        /// Where the parser stopped.
        place: Place,
        /// What it expected.
        message: String,
        /// What the file should hold there.
        remedy: &'static str,
    },
    /// JSON, but with a field missing or of the wrong type.
    #[error("{place}: {}; correct the field", clean(.message))]
    Shape {
        /// Where.
        place: Place,
        /// What is missing or wrong.
        message: String,
    },
    /// A field that labctl does not know.
    #[error(
        "{place}: unknown field `{}` in {owner}{}; known fields: {}",
        clean(.field), did_you_mean(.field, .known), listed(.known)
    )]
    UnknownField {
        /// Where.
        place: Place,
        /// The field.
        field: String,
        /// What it stands in: a prompt, a manifest, or a check.
        owner: String,
        /// The fields that may stand there.
        known: Vec<String>,
    },
    /// A check whose type labctl does not know.
    #[error(
        "{place}: unknown check type `{}`{}; known types: {}",
        clean(.check), did_you_mean(.check, .known), listed(.known)
    )]
    UnknownCheck {
        /// Where.
        place: Place,
        /// The type as written.
        check: String,
        /// The types there are.
        known: Vec<String>,
    },
    /// Two prompts with one id.
    #[error(
        "{place}: duplicate id `{}`, first used on line {first}; ids must be unique, rename one", clean(.id)
    )]
    DuplicateId {
        /// The second use.
        place: Place,
        /// The id.
        id: String,
        /// The line of the first use.
        first: usize,
    },
    /// A prompt that can never be judged as its author meant.
    #[error("{place}: prompt `{}`: {}", clean(.id), clean(.problem))]
    Prompt {
        /// Where.
        place: Place,
        /// The prompt's id.
        id: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The prompts are not those the manifest was made for.
    #[error(
        "`{file}` does not match its manifest: SHA-256 is {actual}, the manifest says {}; \
         if the change is meant, run `labctl promptset manifest {directory}`",
        clean(.expected)
    )]
    HashMismatch {
        /// The file.
        file: String,
        /// The manifest's value.
        expected: String,
        /// The file's.
        actual: String,
        /// The set's folder.
        directory: String,
    },
    /// The manifest counts other prompts than the file holds.
    #[error(
        "`{file}`: category counts differ from the prompts: {}; run `labctl promptset manifest {directory}`",
        clean(.differences)
    )]
    CategoryCounts {
        /// The manifest.
        file: String,
        /// Each category that differs, with both counts.
        differences: String,
        /// The set's folder.
        directory: String,
    },
    /// The manifest names another set than its folder does.
    #[error(
        "`{file}`: the set's name is `{}` but its folder is `{folder}`; rename the folder or run `labctl promptset manifest {directory}`",
        clean(.name)
    )]
    NameMismatch {
        /// The manifest.
        file: String,
        /// The name it gives.
        name: String,
        /// The folder's name.
        folder: String,
        /// The set's folder.
        directory: String,
    },
}

/// A set's own words without control characters: a set may come from anywhere, and a message
/// must not be able to drive the terminal.
fn clean(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

/// A suggestion, if any known name is like `wanted` at all (Jaro-Winkler of at least 0.7, below
/// which suggestions read as guesses).
fn did_you_mean(wanted: &str, known: &[String]) -> String {
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(wanted, name), name))
        .filter(|(similarity, _)| *similarity >= 0.7)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map_or_else(String::new, |(_, name)| format!(" (did you mean `{name}`?)"))
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
