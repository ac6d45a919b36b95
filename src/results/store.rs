//! The directory of results: writes one atomically, finds one by a selector, loads and lists them.
//!
//! A selector is a run's id, a prefix of it that is unique, a path, or `latest`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::document::{self, DocumentError, Parts};
use super::error::{StoreError, journal_beside};
use super::head::{
    ListEntry, entry_of_journal, entry_of_result, sort_newest_first, time_in_id, time_in_journal,
    time_in_result,
};
use super::traces::JournalTraces;
use crate::model::result::{RunResult, SCHEMA_VERSION};

/// A directory of results.
#[derive(Debug, Clone)]
pub struct Store {
    dir: PathBuf,
}

/// What the directory holds under one run id; at least one of the two.
#[derive(Default)]
struct Stored {
    result: Option<PathBuf>,
    journal: Option<PathBuf>,
}

impl Store {
    /// The results in `dir`, which need not exist yet.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Creates the directory and proves that a file can be written in it. To be called before any
    /// load is put on: better no run than one whose result has no place.
    pub fn check_writable(&self) -> Result<(), StoreError> {
        let unwritable = |error| StoreError::Unwritable { dir: self.dir.clone(), error };
        fs::create_dir_all(&self.dir).map_err(unwritable)?;
        let probe = self.dir.join(format!(".writable.{}.tmp", std::process::id()));
        // The byte matters: a full disk still creates empty files.
        let written = fs::write(&probe, b"\n");
        let removed = fs::remove_file(&probe);
        written.and(removed).map_err(unwritable)
    }

    /// Where the result of a run is or would be.
    pub fn result_path(&self, run_id: &str) -> Result<PathBuf, StoreError> {
        Ok(self.dir.join(format!("{}.json", checked_run_id(run_id)?)))
    }

    /// Writes a result, whole or not at all: a temporary file in the same directory is synced to
    /// the disk and then takes the name. An earlier file of the run (one cut short, say) is replaced.
    pub fn write(&self, result: &RunResult) -> Result<PathBuf, StoreError> {
        self.write_with(result, None)
    }

    /// Writes a result as [`Self::write`] does, its rows with the chunks that `traces` has for them.
    pub fn write_with(
        &self,
        result: &RunResult,
        traces: Option<&JournalTraces>,
    ) -> Result<PathBuf, StoreError> {
        let path = self.result_path(&result.run_id)?;
        let fill =
            |file: &mut File| document::write(result, traces, &mut BufWriter::with_capacity(1 << 20, file));
        match write_atomically(&path, fill) {
            Ok(()) => Ok(path),
            Err(DocumentError::Io(error)) => {
                let journal = journal_beside(&path);
                Err(StoreError::Write { path, error, journal })
            }
            Err(DocumentError::NotReadableBack(reason)) => {
                let journal = journal_beside(&path);
                Err(StoreError::NotReadableBack { path, reason, journal })
            }
        }
    }

    /// Loads the result that `selector` names.
    pub fn load(&self, selector: &str) -> Result<RunResult, StoreError> {
        load_file(&self.resolve(selector)?)
    }

    /// Loads the result that `selector` names without the chunks of its traces: nine tenths of a large one, which
    /// only what is about single tokens needs.
    pub fn load_without_chunks(&self, selector: &str) -> Result<RunResult, StoreError> {
        load_file_without_chunks(&self.resolve(selector)?)
    }

    /// The file that `selector` names; it need not be a valid result.
    pub fn resolve(&self, selector: &str) -> Result<PathBuf, StoreError> {
        if selector == "latest" {
            return self.latest();
        }
        let path = Path::new(selector);
        if looks_like_a_path(path) {
            return if path.is_file() { Ok(path.to_owned()) } else { Err(self.not_found(selector)) };
        }
        match self.find(selector)? {
            Some((_, Stored { result: Some(path), .. })) => Ok(path),
            Some((run_id, Stored { journal: Some(journal), .. })) => {
                Err(StoreError::Unfinished { run_id, journal })
            }
            _ if path.is_file() => Ok(path.to_owned()),
            _ => Err(self.not_found(selector)),
        }
    }

    /// The journal to recover a run from. `selector` names the run as for [`Self::load`], or is the
    /// path of the journal itself; `latest` is the newest run that has a journal.
    pub fn resolve_journal(&self, selector: &str) -> Result<PathBuf, StoreError> {
        let no_journal = || StoreError::NoJournal { selector: selector.to_owned(), dir: self.dir.clone() };
        if selector == "latest" {
            let journals = self.stored()?.into_iter().filter_map(|(run_id, stored)| {
                let journal = stored.journal?;
                let at = time_in_id(&run_id).or_else(|| time_in_journal(&journal));
                Some((at, run_id, journal))
            });
            return journals.max().map(|(_, _, path)| path).ok_or_else(no_journal);
        }
        let path = Path::new(selector);
        if looks_like_a_path(path) {
            let is_journal = selector.ends_with(".journal.jsonl") && path.is_file();
            return if is_journal { Some(path.to_owned()) } else { journal_beside(path) }
                .ok_or_else(no_journal);
        }
        let (_, stored) = self.find(selector)?.ok_or_else(|| self.not_found(selector))?;
        stored.journal.ok_or_else(no_journal)
    }

    /// Every run in the directory, newest first. A file that is no result is listed as broken and
    /// stops nothing; a directory that doesn't exist holds no runs.
    pub fn list(&self) -> Result<Vec<ListEntry>, StoreError> {
        let entries = self.stored()?.into_iter().filter_map(|(run_id, stored)| match stored {
            Stored { result: Some(path), journal } => Some(entry_of_result(run_id, path, journal)),
            Stored { result: None, journal } => Some(entry_of_journal(run_id, journal?)),
        });
        let mut entries: Vec<ListEntry> = entries.collect();
        sort_newest_first(&mut entries);
        Ok(entries)
    }

    /// The newest result. A broken one counts: to take the one before it silently would report the
    /// wrong run. Journals don't: their runs may be going on. A run's id tells its time without the
    /// file being read; only a result that was named by hand has to be.
    fn latest(&self) -> Result<PathBuf, StoreError> {
        let results = self.stored()?.into_iter().filter_map(|(run_id, stored)| {
            let path = stored.result?;
            let at = time_in_id(&run_id).or_else(|| time_in_result(&path));
            Some((at, run_id, path))
        });
        let newest = results.max().map(|(_, _, path)| path);
        newest.ok_or_else(|| StoreError::NoResults { dir: self.dir.clone() })
    }

    /// The one run whose id is `selector`, or else the only one whose id begins with it.
    fn find(&self, selector: &str) -> Result<Option<(String, Stored)>, StoreError> {
        if selector.is_empty() {
            return Ok(None);
        }
        let mut stored = self.stored()?;
        if let Some(entry) = stored.remove_entry(selector) {
            return Ok(Some(entry));
        }
        stored.retain(|run_id, _| run_id.starts_with(selector));
        if stored.len() > 1 {
            let matches = stored.into_keys().collect();
            return Err(StoreError::Ambiguous { selector: selector.to_owned(), matches });
        }
        Ok(stored.pop_first())
    }

    fn not_found(&self, selector: &str) -> StoreError {
        StoreError::NotFound { selector: selector.to_owned(), dir: self.dir.clone() }
    }

    /// The directory's runs by id, from the names of its files alone.
    fn stored(&self) -> Result<BTreeMap<String, Stored>, StoreError> {
        let unreadable = |error| StoreError::UnreadableDirectory { dir: self.dir.clone(), error };
        let files = match fs::read_dir(&self.dir) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(unreadable(error)),
        };
        let mut stored: BTreeMap<String, Stored> = BTreeMap::new();
        for file in files {
            let file = file.map_err(unreadable)?;
            let Ok(name) = file.file_name().into_string() else { continue };
            if name.starts_with('.') {
                continue;
            }
            if let Some(run_id) = name.strip_suffix(".json") {
                stored.entry(run_id.to_owned()).or_default().result = Some(file.path());
            } else if let Some(run_id) = name.strip_suffix(".journal.jsonl") {
                stored.entry(run_id.to_owned()).or_default().journal = Some(file.path());
            }
        }
        Ok(stored)
    }
}

/// Whether a selector can only be meant as a path: it names a folder or has a result's or a journal's ending.
fn looks_like_a_path(path: &Path) -> bool {
    path.components().count() > 1 || path.extension().is_some_and(|e| e == "json" || e == "jsonl")
}

/// Loads the result at `path`. Results of older schema versions load; one of a newer version, a
/// truncated and an invalid one are errors that say so.
pub fn load_file(path: &Path) -> Result<RunResult, StoreError> {
    load_parts(path, Parts::All)
}

/// Loads the result at `path` without the chunks of its traces; fails as [`load_file`] does.
pub fn load_file_without_chunks(path: &Path) -> Result<RunResult, StoreError> {
    load_parts(path, Parts::WithoutChunks)
}

fn load_parts(path: &Path, parts: Parts) -> Result<RunResult, StoreError> {
    let unreadable = |error| StoreError::Read { path: path.to_owned(), error };
    match document::read(path, parts).map_err(unreadable)? {
        Some(result) => Ok(result),
        None => parts.read(|| parse(path, &fs::read(path).map_err(unreadable)?)),
    }
}

/// Reads a result from the bytes of the file at `path`, as [`load_file`] does; `path` is how messages name it.
pub fn parse_result(path: &Path, bytes: &[u8]) -> Result<RunResult, StoreError> {
    match document::read_lines(bytes, Parts::All) {
        Ok(Some(result)) => Ok(result),
        _ => parse(path, bytes),
    }
}

/// The same without the chunks of its traces.
pub(super) fn parse_result_without_chunks(path: &Path, bytes: &[u8]) -> Result<RunResult, StoreError> {
    let parts = Parts::WithoutChunks;
    match document::read_lines(bytes, parts) {
        Ok(Some(result)) => Ok(result),
        _ => parts.read(|| parse(path, bytes)),
    }
}

/// Reads a result, or a part of it, from the bytes of the file at `path`.
pub(super) fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, StoreError> {
    #[derive(Deserialize)]
    struct Versioned {
        schema_version: u32,
    }

    // A pass of its own: the version decides before anything that may have changed is looked at.
    let version = serde_json::from_slice::<Versioned>(bytes);
    if let Ok(Versioned { schema_version: found }) = version
        && found > SCHEMA_VERSION
    {
        return Err(StoreError::NewerSchema { path: path.to_owned(), found, supported: SCHEMA_VERSION });
    }
    version.and_then(|_| serde_json::from_slice(bytes)).map_err(|error| {
        let (path, journal) = (path.to_owned(), journal_beside(path));
        if error.is_eof() || (error.is_syntax() && breaks_off(bytes, &error)) {
            StoreError::Truncated { path, line: error.line(), column: error.column(), journal }
        } else {
            StoreError::Invalid { path, reason: error.to_string(), journal }
        }
    })
}

/// Whether an error is that of the text's end, and this one breaks off: within a number the parser says that the number
/// is invalid.
fn breaks_off(bytes: &[u8], error: &serde_json::Error) -> bool {
    let last_line = bytes.iter().rev().take_while(|byte| **byte != b'\n').count();
    let lines = bytes.split(|byte| *byte == b'\n').count();
    !bytes.ends_with(b"}") && (error.line(), error.column()) == (lines, last_line)
}

/// `run_id` if a file can be named by it in this directory and no other.
pub(super) fn checked_run_id(run_id: &str) -> Result<&str, StoreError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if run_id.is_empty() || run_id.len() > 200 || run_id.starts_with('.') || !run_id.chars().all(plain) {
        return Err(StoreError::BadRunId { run_id: run_id.chars().take(80).collect() });
    }
    Ok(run_id)
}

/// Lets `fill` write a temporary file beside `path`, which then takes its name. Whatever fails, a
/// file that was at `path` before is untouched and the temporary one is gone.
pub(super) fn write_atomically<E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.tmp"));
    let written = File::create(&temporary).map_err(E::from).and_then(|mut file| {
        fill(&mut file)?;
        file.sync_all()?;
        Ok(fs::rename(&temporary, path)?)
    });
    if written.is_err() {
        // It may not exist, and the first error is the one to tell.
        let _gone_already = fs::remove_file(&temporary);
        return written;
    }
    // The rename itself lasts through a power cut once the directory is synced. Not every file
    // system can do that, and the file is whole either way.
    if let Some(dir) = path.parent().and_then(|dir| File::open(dir).ok()) {
        let _best_effort = dir.sync_all();
    }
    Ok(())
}

/// Lets `fill` write a file that a user or a service asked for: it is there whole or as it was. A pipe, a device or a link
/// is written through, for another file in its place would not be what was asked for.
///
/// # Errors
///
/// When the file, or the temporary one beside it, can't be written.
pub fn write_whole(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return fill(&mut File::create(path)?);
    }
    write_atomically(path, fill)
}

#[cfg(test)]
mod tests;
