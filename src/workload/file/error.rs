//! What can be wrong with a workload file, in words its owner can act on.

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A position in a workload file, shown as `file:line` or `file:line:field`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The field or column, with the path to it: `turns[1].max_tokens`.
    pub field: Option<String>,
}

impl Place {
    /// The same line, at this field.
    pub(super) fn at(&self, field: &str) -> Self {
        Self { field: Some(field.to_owned()), ..self.clone() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.file, self.line)?;
        match &self.field {
            Some(field) => write!(formatter, ":{}", clean(field)),
            None => Ok(()),
        }
    }
}

/// Why a workload file cannot be used.
#[derive(Debug, Error)]
pub enum FileError {
    /// The operating system would not read it.
    #[error("cannot read `{}`: {source}; check that it is a file and its permissions", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// It is none of the formats.
    #[error(
        "`{}` is in no format that labctl knows: {}; known formats: {FORMATS}; give the format if it is one of them",
        .path.display(), clean(.found)
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// What it holds instead.
        found: String,
    },
    /// There is nothing in it to send.
    #[error("`{}` holds no {what}{}", .path.display(), .skipped.as_ref().map_or_else(String::new, |skipped| format!(": {skipped}")))]
    Empty {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What it held that was of no use.
        skipped: Option<String>,
    },
    /// The bytes are not text.
    #[error("{place}: not UTF-8; save the file as UTF-8")]
    NotUtf8 {
        /// The first line that is not.
        place: Place,
    },
    /// A line, or the whole, does not parse as JSON.
    #[error("{place}: not JSON as a `{format}` file has it: {}; {remedy}", clean(.message))]
    NotJson {
        /// Where the parser stopped.
        place: Place,
        /// The format it was read as.
        format: &'static str,
        /// What it expected.
        message: String,
        /// What the file should hold there.
        remedy: &'static str,
    },
    /// A field is missing or not what it must be.
    #[error("{place}: {}", clean(.problem))]
    Field {
        /// Where.
        place: Place,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A field that labctl does not know.
    #[error(
        "{place}: unknown field{}; known fields: `{}`",
        .nearest.map_or_else(String::new, |name| format!("; did you mean `{name}`?")), .known.join("`, `")
    )]
    UnknownField {
        /// Where.
        place: Place,
        /// The known name it is most likely a slip of.
        nearest: Option<&'static str>,
        /// The fields that may stand there.
        known: &'static [&'static str],
    },
    /// A column that the format has is not there.
    #[error("{place}: the header has no column `{column}`; a `{format}` file has: `{}`", .needed.join("`, `"))]
    NoColumn {
        /// The header.
        place: Place,
        /// The column.
        column: &'static str,
        /// The format it was read as.
        format: &'static str,
        /// The columns that are read.
        needed: &'static [&'static str],
    },
    /// A request of a trace that started before the one above it.
    #[error(
        "{place}: {} is before {}, the time of the request above; a trace must be sorted by time: sort its lines by this field",
        clean(.time), clean(.before)
    )]
    NotSorted {
        /// Where.
        place: Place,
        /// Its time, as written.
        time: String,
        /// The time of the request above, as written.
        before: String,
    },
    /// Two prompts with one id.
    #[error("{place}: `{}` was first used on line {first}; ids must be unique, rename one", clean(.id))]
    DuplicateId {
        /// The second use.
        place: Place,
        /// The id.
        id: String,
        /// The line of the first use.
        first: usize,
    },
    /// More text was asked for than is kept in memory.
    #[error(
        "the requests of `{}` have {tokens} tokens in all, and at most {most} are made up; give a `limit` of fewer requests",
        .path.display()
    )]
    TooMuchText {
        /// The file.
        path: PathBuf,
        /// Tokens of all its prompts.
        tokens: u64,
        /// The most.
        most: u64,
    },
    /// A result of a labctl that knows more than this one.
    #[error(
        "`{}` is a result of schema version {version}, and this labctl reads up to {}; use a newer labctl",
        .path.display(), crate::model::result::SCHEMA_VERSION
    )]
    NewerResult {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
}

/// What an unknown file is told of.
const FORMATS: &str = "`jsonl` (one JSON object a line with `prompt`, `messages` or `turns`), `sharegpt` (a JSON list of \
     objects with `conversations`), `mooncake` (one JSON object a line with `timestamp`, `input_length`, `output_length`), \
     `azure` (CSV with `TIMESTAMP`, `ContextTokens`, `GeneratedTokens`), `burstgpt` (CSV with `Timestamp`, \
     `Request tokens`, `Response tokens`), `labctl` (a result of labctl)";

impl FileError {
    pub(super) fn unreadable(path: &Path, source: std::io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), source }
    }

    pub(super) fn field(place: Place, problem: impl Into<String>) -> Self {
        Self::Field { place, problem: problem.into() }
    }
}

/// Text of the file without control characters: a file may come from anywhere, and a message must not be able to
/// drive the terminal.
fn clean(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

/// A value of the file as messages quote it: its beginning, where it is long.
pub(super) fn quoted(value: &str) -> String {
    const MOST: usize = 40;
    let more = if value.chars().nth(MOST).is_some() { "…" } else { "" };
    format!("`{}{more}`", value.chars().take(MOST).collect::<String>())
}

/// serde's message without the position it appends, which ours gives as `file:line`.
pub(super) fn bare_message(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.rfind(" at line ").map_or(message.clone(), |end| message[..end].to_owned())
}

/// The name of `known` that `name` is most likely a slip of, if any is near enough.
pub(super) fn nearest(name: &str, known: &'static [&'static str]) -> Option<&'static str> {
    let lower = name.to_lowercase().replace(['-', ' '], "_");
    // Long names are quadratic to compare, and a slip is never that long.
    if lower.len() > 64 {
        return None;
    }
    let limit = (lower.chars().count() / 3).max(2);
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, candidate), *candidate))
        .filter(|&(distance, candidate)| distance <= limit && distance < candidate.len())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_name_file_line_and_field() {
        let place = Place { file: "a/b.jsonl".to_owned(), line: 3, field: None };
        assert_eq!(place.to_string(), "a/b.jsonl:3");
        assert_eq!(place.at("turns[0].prompt").to_string(), "a/b.jsonl:3:turns[0].prompt");
    }

    #[test]
    fn what_a_file_says_cannot_drive_the_terminal() {
        let place = Place { file: "f".to_owned(), line: 1, field: None };
        let error = FileError::field(place.at("\u{1b}[2J"), "is \u{7}");
        assert_eq!(error.to_string(), "f:1:\u{fffd}[2J: is \u{fffd}");
        assert_eq!(quoted(&"x".repeat(50)), format!("`{}…`", "x".repeat(40)));
    }

    #[test]
    fn the_nearest_field_is_found() {
        let known: &[&str] = &["prompt", "max_tokens", "id"];
        assert_eq!(nearest("promt", known), Some("prompt"));
        assert_eq!(nearest("Max-Tokens", known), Some("max_tokens"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest(&"p".repeat(1000), known), None);
    }
}
