//! The head of a result: what a list of runs shows, read without the rows.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::document;
use super::error::StoreError;
use super::recover::recover_header;
use super::store::parse;
use crate::model::comparison::PassRate;
use crate::model::health::HealthStatus;
use crate::model::result::{CategoryPassRate, RunKind, RunStatus};

/// One run in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunHead {
    /// The run.
    pub run_id: String,
    /// Its start, RFC 3339 in UTC.
    pub started_at: String,
    /// Which command made it.
    pub kind: RunKind,
    /// Whether it got to its end.
    pub status: RunStatus,
    /// True where any side was simulated.
    pub simulated: bool,
    /// Whether the client's measurements can be trusted.
    pub client_health: HealthStatus,
    /// Tags given by the user.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The team, for a bench.
    pub team: Option<String>,
    /// The prompt set's name.
    pub prompt_set: String,
    /// The candidate.
    pub candidate: SideHead,
    /// What it is measured against.
    pub baseline: Option<SideHead>,
    /// The file.
    pub path: PathBuf,
}

/// One side of a run in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SideHead {
    /// The model asked for.
    pub model: String,
    /// Its overall pass rate; absent where the run has none.
    pub pass_rate: Option<PassRate>,
}

/// What a results directory holds for one run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum ListEntry {
    /// A result.
    Run(Box<RunHead>),
    /// A journal without a result: the run crashed, or is still running.
    Unfinished {
        /// The run.
        run_id: String,
        /// Its start, RFC 3339 in UTC; absent where the journal can't be read.
        started_at: Option<String>,
        /// The journal.
        path: PathBuf,
    },
    /// A file that is no result, or no longer.
    Broken {
        /// The file's name without `.json`.
        run_id: String,
        /// What is wrong, with the file and what to do.
        reason: String,
        /// The file.
        path: PathBuf,
        /// The run's journal, where it lies beside the file.
        journal: Option<PathBuf>,
    },
}

impl ListEntry {
    /// The run's id, as far as it is known.
    #[must_use]
    pub fn run_id(&self) -> &str {
        match self {
            Self::Run(head) => &head.run_id,
            Self::Unfinished { run_id, .. } | Self::Broken { run_id, .. } => run_id,
        }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Run(head) => &head.path,
            Self::Unfinished { path, .. } | Self::Broken { path, .. } => path,
        }
    }

    fn started_at(&self) -> Option<&str> {
        match self {
            Self::Run(head) => Some(&head.started_at),
            Self::Unfinished { started_at, .. } => started_at.as_deref(),
            Self::Broken { .. } => None,
        }
    }
}

/// The parts of a result that a [`RunHead`] is made of. Whatever else stands in the text is skipped.
#[derive(Deserialize)]
struct HeadFile {
    run_id: String,
    started_at: String,
    kind: RunKind,
    status: RunStatus,
    simulated: bool,
    client_health: HealthFile,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    team: Option<String>,
    prompt_set: Named,
    candidate: SideFile,
    #[serde(default)]
    baseline: Option<SideFile>,
}

#[derive(Deserialize)]
struct HealthFile {
    status: HealthStatus,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct SideFile {
    model: String,
    #[serde(default)]
    pass_rates: Vec<CategoryPassRate>,
}

impl From<SideFile> for SideHead {
    fn from(side: SideFile) -> Self {
        let overall = side.pass_rates.into_iter().find(|rate| rate.category.is_none());
        Self { model: side.model, pass_rate: overall.map(|rate| rate.pass_rate) }
    }
}

/// Reads the head of the result at `path`.
pub fn read_head(path: &Path) -> Result<RunHead, StoreError> {
    let unreadable = |error| StoreError::Read { path: path.to_owned(), error };
    let bytes = match document::read_head(path).map_err(unreadable)? {
        Some(line) => line,
        None => fs::read(path).map_err(unreadable)?,
    };
    let head: HeadFile = parse(path, &bytes)?;
    Ok(RunHead {
        run_id: head.run_id,
        started_at: head.started_at,
        kind: head.kind,
        status: head.status,
        simulated: head.simulated,
        client_health: head.client_health.status,
        labels: head.labels,
        team: head.team,
        prompt_set: head.prompt_set.name,
        candidate: head.candidate.into(),
        baseline: head.baseline.map(Into::into),
        path: path.to_owned(),
    })
}

/// The list entry of a result file.
pub(super) fn entry_of_result(run_id: String, path: PathBuf, journal: Option<PathBuf>) -> ListEntry {
    match read_head(&path) {
        Ok(head) => ListEntry::Run(Box::new(head)),
        Err(error) => ListEntry::Broken { run_id, reason: error.to_string(), path, journal },
    }
}

/// The list entry of a journal that has no result.
pub(super) fn entry_of_journal(run_id: String, path: PathBuf) -> ListEntry {
    let started_at = recover_header(&path).ok().map(|header| header.started_at);
    ListEntry::Unfinished { run_id, started_at, path }
}

/// Newest first; what has no known time comes last.
pub(super) fn sort_newest_first(entries: &mut [ListEntry]) {
    entries.sort_by_cached_key(|entry| {
        let at = time_in_id(entry.run_id()).or_else(|| entry.started_at().and_then(nanoseconds));
        Reverse((at, entry.run_id().to_owned()))
    });
}

/// When the run of a result began, as the file tells.
pub(super) fn time_in_result(path: &Path) -> Option<i128> {
    nanoseconds(&read_head(path).ok()?.started_at)
}

/// When the run of a journal began, as its header tells.
pub(super) fn time_in_journal(path: &Path) -> Option<i128> {
    nanoseconds(&recover_header(path).ok()?.started_at)
}

/// An RFC 3339 time in nanoseconds since 1970.
fn nanoseconds(text: &str) -> Option<i128> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_nanosecond)
}

/// The nanosecond, since 1970, at which a version 7 UUID was made.
pub(super) fn time_in_id(run_id: &str) -> Option<i128> {
    let (seconds, nanos) = uuid::Uuid::try_parse(run_id).ok()?.get_timestamp()?.to_unix();
    Some(i128::from(seconds) * 1_000_000_000 + i128::from(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unfinished(run_id: &str, started_at: Option<&str>) -> ListEntry {
        ListEntry::Unfinished {
            run_id: run_id.to_owned(),
            started_at: started_at.map(str::to_owned),
            path: PathBuf::new(),
        }
    }

    #[test]
    fn the_newest_comes_first_by_time_and_not_by_spelling() {
        let mut entries = [
            unfinished("unknown", None),
            unfinished("whole", Some("2026-01-02T03:04:05Z")),
            unfinished("half", Some("2026-01-02T03:04:05.5Z")),
            unfinished("later-elsewhere", Some("2026-01-02T04:04:05+02:00")),
            // 0x019b7c4f3000 ms is 2026-01-02T01:25:23Z.
            unfinished("019b7c4f-3000-7000-8000-000000000000", None),
        ];
        sort_newest_first(&mut entries);
        let ids: Vec<_> = entries.iter().map(ListEntry::run_id).collect();
        assert_eq!(
            ids,
            ["half", "whole", "later-elsewhere", "019b7c4f-3000-7000-8000-000000000000", "unknown"]
        );
    }

    #[test]
    fn the_time_in_a_run_id_is_its_first_48_bits() {
        assert_eq!(time_in_id("00000000-03e8-7000-8000-000000000000"), Some(1_000_000_000));
        assert_eq!(time_in_id("quant-1"), None);
    }
}
