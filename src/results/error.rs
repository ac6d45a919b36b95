//! What can go wrong with stored runs. Every message names the file and what to do next.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A result could not be written, found or read.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The results directory can't be created or written in.
    #[error("the results directory `{}` can't be written: {error}; name another with `--results-dir`", dir.display())]
    Unwritable {
        /// The directory.
        dir: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The results directory can't be read.
    #[error("the results directory `{}` can't be read: {error}", dir.display())]
    UnreadableDirectory {
        /// The directory.
        dir: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The result could not be written, the disk being full for one.
    #[error("the result `{}` could not be written: {error}{}", path.display(), still_in(journal.as_deref()))]
    Write {
        /// The file that was to be.
        path: PathBuf,
        /// Why.
        error: io::Error,
        /// The run's journal, where there is one: it still holds everything.
        journal: Option<PathBuf>,
    },
    /// The result would not load again (a number in it is not finite): a bug of labctl.
    #[error("the result `{}` was not written because it would not load again ({reason}); please report this{}", path.display(), still_in(journal.as_deref()))]
    NotReadableBack {
        /// The file that was to be.
        path: PathBuf,
        /// What the reader said.
        reason: String,
        /// The run's journal, where there is one.
        journal: Option<PathBuf>,
    },
    /// A run id that can't be a file's name.
    #[error(
        "`{run_id}` can't be a run's id: only letters, digits, `-`, `_` and `.` (not first) may be in it"
    )]
    BadRunId {
        /// The id.
        run_id: String,
    },
    /// What follows `latest:` is no number of runs.
    #[error("`{selector}` names no number of runs: `latest:5` are the latest five")]
    HowMany {
        /// What was given.
        selector: String,
    },
    /// No result is of those that count.
    #[error("there is no run {which} in `{}`; `labctl results list` shows what there is", dir.display())]
    NoneOf {
        /// Which ones count, in words.
        which: String,
        /// The directory.
        dir: PathBuf,
    },
    /// There is no result at all.
    #[error("there is no result in `{}` yet; `labctl bench` writes one", dir.display())]
    NoResults {
        /// The directory.
        dir: PathBuf,
    },
    /// No run matches.
    #[error("no run `{selector}` in `{}`; `labctl results list` shows them, and a run is named by its id, a unique prefix of it, a path or `latest`", dir.display())]
    NotFound {
        /// What was asked for.
        selector: String,
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// Several runs match.
    #[error("`{selector}` may be any of {} runs: {}; give more of the id", matches.len(), some_of(matches))]
    Ambiguous {
        /// What was asked for.
        selector: String,
        /// The ids that begin with it, in order.
        matches: Vec<String>,
    },
    /// The run has a journal and no result: it crashed, or is still running.
    #[error(
        "run `{run_id}` has no result yet: it is still running, or it crashed{}",
        recover_from(Some(journal))
    )]
    Unfinished {
        /// The run.
        run_id: String,
        /// Its journal.
        journal: PathBuf,
    },
    /// The run has no journal, so there is nothing to recover it from.
    #[error("there is no journal of run `{selector}` in `{}`: only a run that crashed leaves one", dir.display())]
    NoJournal {
        /// What was asked for.
        selector: String,
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// The file can't be read.
    #[error("`{}` can't be read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file ends in the middle.
    #[error("the result `{}` is cut short at line {line}, column {column}{}", path.display(), recover_from(journal.as_deref()))]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Line of its end, from 1.
        line: usize,
        /// Column of its end.
        column: usize,
        /// The run's journal, where it lies beside the file.
        journal: Option<PathBuf>,
    },
    /// The file is not a result.
    #[error("`{}` is not a valid result: {reason}{}", path.display(), recover_from(journal.as_deref()))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        reason: String,
        /// The run's journal, where it lies beside the file.
        journal: Option<PathBuf>,
    },
    /// The file was written by a later labctl.
    #[error("`{}` was written by a newer labctl: its schema version is {found}, this one reads up to {supported}; update labctl", path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest that this labctl reads.
        supported: u32,
    },
}

impl StoreError {
    /// The same without the promise that the journal holds everything, for a run whose journal
    /// stopped early.
    #[must_use]
    pub fn without_journal(mut self) -> Self {
        if let Self::Write { journal, .. } | Self::NotReadableBack { journal, .. } = &mut self {
            *journal = None;
        }
        self
    }
}

/// The journal could not be kept.
#[derive(Debug, Error)]
pub enum JournalError {
    /// It could not be created.
    #[error("the journal `{}` could not be created: {error}", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A line could not be written, the disk being full for one. Nothing is written after it.
    #[error("the journal `{}` stopped: {error}; the run goes on in memory, and a crash would lose what was measured since", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It could not be removed after the result was written.
    #[error("the journal `{}` is no longer needed and could not be removed: {error}", path.display())]
    Remove {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// A journal could not be read.
#[derive(Debug, Error)]
pub enum RecoverError {
    /// The file can't be read.
    #[error("the journal `{}` can't be read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Its first line doesn't say what run it is of, so its records mean nothing.
    #[error("`{}` is not a journal that can be recovered: its first line is no run's header ({reason})", path.display())]
    NoHeader {
        /// The file.
        path: PathBuf,
        /// What is wrong with the line.
        reason: String,
    },
    /// It was written by a later labctl.
    #[error("the journal `{}` was written by a newer labctl: its schema version is {found}, this one reads up to {supported}; update labctl", path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest that this labctl reads.
        supported: u32,
    },
}

/// The journal that lies beside a result, where there is one.
pub(super) fn journal_beside(result: &Path) -> Option<PathBuf> {
    let journal = result.with_extension("journal.jsonl");
    journal.is_file().then_some(journal)
}

fn still_in(journal: Option<&Path>) -> String {
    journal.map_or_else(String::new, |path| {
        format!(
            "; everything measured is still in `{}`: once there is room, run `labctl results recover {}`",
            path.display(),
            run_of(path)
        )
    })
}

fn recover_from(journal: Option<&Path>) -> String {
    journal.map_or_else(String::new, |path| {
        format!(
            "; its journal `{}` holds what was measured: run `labctl results recover {}`",
            path.display(),
            run_of(path)
        )
    })
}

fn run_of(journal: &Path) -> String {
    let name = journal.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(".journal.jsonl").unwrap_or(&name).to_owned()
}

fn some_of(matches: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<_> = matches.iter().take(SHOWN).map(|id| format!("`{id}`")).collect();
    let more = matches.len().saturating_sub(SHOWN);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
