//! The crash-safe log of a run: `results/<run_id>.journal.jsonl`. The first line is the run's
//! header, each further line a record or the start of a phase. A line is written in one piece as
//! soon as it is known, so a crash of labctl loses at most the line being written.
//!
//! It is a subscriber of the run's events on a thread of its own: however slow the disk, the load never
//! waits. The traces are in the journal alone, and are taken from it when the result is written; what may wait for
//! the disk is the business of whoever sends the events.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use super::error::{JournalError, StoreError};
use super::store::checked_run_id;
use crate::model::event::RunEvent;
use crate::model::header::RunHeader;
use crate::model::record::Record;
use crate::model::result::{BlockTime, PhaseTime};
use serde::{Deserialize, Serialize};

/// A line to be written.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum LineOut<'a> {
    Header(&'a RunHeader),
    Record(&'a Record),
    NotCounted(&'a Record),
    Phase(&'a PhaseTime),
    Block(&'a BlockTime),
}

/// A line that was read.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LineIn {
    Header(Box<RunHeader>),
    Record(Box<Record>),
    NotCounted(Box<Record>),
    Phase(PhaseTime),
    Block(BlockTime),
}

/// What came of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalReport {
    /// Records written.
    pub written: u64,
    /// Why it stopped, where it did: a warning for the result.
    pub error: Option<String>,
}

/// Writes one run's journal.
pub struct JournalWriter {
    path: PathBuf,
    out: Box<dyn Write + Send>,
    line: Vec<u8>,
    written: u64,
    error: Option<String>,
}

impl JournalWriter {
    /// Creates the journal of `header.run_id` in `dir` and writes its header. An existing journal of
    /// that run is never overwritten.
    pub fn create(dir: &Path, header: &RunHeader) -> Result<Self, JournalError> {
        let path = journal_path(dir, &header.run_id).map_err(|error| JournalError::Create {
            path: dir.to_owned(),
            error: io::Error::new(io::ErrorKind::InvalidInput, error),
        })?;
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        let file = file.map_err(|error| JournalError::Create { path: path.clone(), error })?;
        // Held as long as the writer lives: whoever finds the journal can tell a run that is still
        // going from one that died. Where the file system has no locks, they can't, and nothing else is lost.
        let _without_locks = file.try_lock();
        let mut writer = Self::with_output(path, Box::new(file));
        match writer.write_line(&LineOut::Header(header)) {
            Ok(()) => Ok(writer),
            Err(error) => {
                // Half a header helps nobody, and would stand in the way of a second try.
                let _kept_if_it_must = fs::remove_file(&writer.path);
                Err(match error {
                    // No run goes on without its journal's beginning.
                    JournalError::Write { path, error } => JournalError::Create { path, error },
                    other => other,
                })
            }
        }
    }

    pub(super) fn with_output(path: PathBuf, out: Box<dyn Write + Send>) -> Self {
        Self { path, out, line: Vec::new(), written: 0, error: None }
    }

    /// Where it is written.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a finished request. The first failure is returned and remembered; after it nothing is
    /// written and nothing more is returned.
    pub fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        self.write_line(&LineOut::Record(record))?;
        if self.error.is_none() {
            self.written += 1;
        }
        Ok(())
    }

    /// Adds the start of a phase; fails as [`Self::append`] does.
    pub fn append_phase(&mut self, phase: &PhaseTime) -> Result<(), JournalError> {
        self.write_line(&LineOut::Phase(phase))
    }

    /// Adds when a block ran; fails as [`Self::append`] does.
    pub fn append_block(&mut self, block: &BlockTime) -> Result<(), JournalError> {
        self.write_line(&LineOut::Block(block))
    }

    /// Adds what of an event the journal keeps; fails as [`Self::append`] does.
    pub fn append_event(&mut self, event: &RunEvent) -> Result<(), JournalError> {
        match event {
            RunEvent::RequestComplete { record } => self.append(record),
            RunEvent::Phase { phase, at_ns, side, level, .. } => {
                self.append_phase(&PhaseTime { phase: *phase, at_ns: *at_ns, side: *side, level: *level })
            }
            RunEvent::RequestNotCounted { record } => self.write_line(&LineOut::NotCounted(record)),
            RunEvent::Block { time } => self.append_block(time),
            RunEvent::RequestStarted { .. } | RunEvent::Log { .. } | RunEvent::Summary { .. } => Ok(()),
        }
    }

    /// What came of it so far.
    #[must_use]
    pub fn report(&self) -> JournalReport {
        JournalReport { written: self.written, error: self.error.clone() }
    }

    /// Removes the journal. Only to be called after the result was written; dropping the writer
    /// without it leaves the journal for recovery.
    pub fn finish(self) -> Result<(), JournalError> {
        drop(self.out);
        remove(&self.path)
    }

    /// The line goes out in one write and with its end: were it buffered, a crash would lose more
    /// than one line, and were it written in parts, another process could read half of it.
    fn write_line(&mut self, line: &LineOut<'_>) -> Result<(), JournalError> {
        if self.error.is_some() {
            return Ok(());
        }
        self.line.clear();
        let written = serde_json::to_writer(&mut self.line, line).map_err(io::Error::from).and_then(|()| {
            self.line.push(b'\n');
            self.out.write_all(&self.line)?;
            self.out.flush()
        });
        written.map_err(|error| {
            let error = JournalError::Write { path: self.path.clone(), error };
            self.error = Some(error.to_string());
            error
        })
    }
}

/// Journals every event until there are no more, on a thread of its own. Joining it gives the
/// writer back: its [`report`](JournalWriter::report) has the warning for the result, and
/// [`finish`](JournalWriter::finish) removes the journal once the result is written.
///
/// Fails only where the system gives no thread.
pub fn subscriber<E: Deref<Target = RunEvent>>(
    mut writer: JournalWriter,
    events: impl IntoIterator<Item = E> + Send + 'static,
) -> io::Result<JoinHandle<JournalWriter>> {
    // A plain thread and not a runtime's blocking task: a paused test clock stands still while one of those runs.
    thread::Builder::new().name("journal".to_owned()).spawn(move || {
        for event in events {
            // The writer remembers its failure for the report. What comes is still taken, so that a
            // full disk doesn't fill the memory too.
            let _remembered = writer.append_event(&event);
        }
        writer
    })
}

/// Removes the journal at `path` after the result that was recovered from it is written. One that
/// is gone already is no failure.
pub fn remove(path: &Path) -> Result<(), JournalError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(JournalError::Remove { path: path.to_owned(), error })
        }
        _ => Ok(()),
    }
}

/// Whether a run is still writing the journal at `path`.
#[must_use]
pub fn is_being_written(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Where the journal of a run is in `dir`.
pub fn journal_path(dir: &Path, run_id: &str) -> Result<PathBuf, StoreError> {
    Ok(dir.join(format!("{}.journal.jsonl", checked_run_id(run_id)?)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::channel;

    use super::*;
    use crate::model::event::{LogLevel, Phase};
    use crate::model::judgement::Verdict;
    use crate::model::record::Side;
    use crate::model::units::Nanos;
    use crate::results::fixtures::{header, record};
    use crate::results::recover::recover;

    #[test]
    fn what_is_appended_is_on_disk_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = JournalWriter::create(dir.path(), &header("run-1")).unwrap();
        let first = record("α-1", 0, Side::Candidate, Verdict::Pass);
        writer.append(&first).unwrap();
        let phase =
            PhaseTime { phase: Phase::Execution, at_ns: Nanos(7), side: Some(Side::Baseline), level: None };
        writer.append_phase(&phase).unwrap();

        let mut seen = Vec::new();
        let recovered = recover(writer.path(), |record, _| seen.push(record.clone())).unwrap();
        assert_eq!(recovered.header, header("run-1"));
        assert_eq!(seen, std::slice::from_ref(&first));
        let mut kept = first;
        kept.attempt.exchange.trace.chunks.clear();
        assert_eq!(recovered.records, [kept]);
        assert_eq!(recovered.phases, [phase]);
        assert_eq!(writer.report(), JournalReport { written: 1, error: None });

        let path = writer.path().to_owned();
        writer.finish().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn a_journal_is_known_to_be_written_until_its_writer_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let writer = JournalWriter::create(dir.path(), &header("run-1")).unwrap();
        let path = writer.path().to_owned();
        assert!(is_being_written(&path));
        drop(writer);
        assert!(!is_being_written(&path));
    }

    #[test]
    fn a_journal_is_never_overwritten_and_never_outside_its_directory() {
        let dir = tempfile::tempdir().unwrap();
        let kept = JournalWriter::create(dir.path(), &header("run-1")).unwrap();
        let message = JournalWriter::create(dir.path(), &header("run-1")).err().unwrap().to_string();
        assert!(message.contains("run-1.journal.jsonl"), "{message}");
        assert!(kept.path().exists());
        assert!(JournalWriter::create(dir.path(), &header("../run")).is_err());
    }

    /// Accepts `room` bytes and then is full, in the middle of a line, as a disk is.
    struct Filling {
        room: usize,
    }

    impl Write for Filling {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let taken = bytes.len().min(self.room);
            self.room -= taken;
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_told_once_and_remembered() {
        let record = record("a", 0, Side::Candidate, Verdict::Pass);
        let length = serde_json::to_vec(&LineOut::Record(&record)).unwrap().len() + 1;
        let room = length * 2 + length / 2;
        let mut writer = JournalWriter::with_output("run-1.journal.jsonl".into(), Box::new(Filling { room }));
        writer.append(&record).unwrap();
        writer.append(&record).unwrap();
        let error = writer.append(&record).unwrap_err().to_string();
        assert!(error.contains("the run goes on in memory"), "{error}");
        writer.append(&record).unwrap();
        assert_eq!(writer.report(), JournalReport { written: 2, error: Some(error) });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernels_own_full_device_is_recognised() {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut writer = JournalWriter::with_output("/dev/full".into(), Box::new(full));
        let error = writer.append(&record("a", 0, Side::Candidate, Verdict::Pass)).unwrap_err();
        let JournalError::Write { error, .. } = error else { panic!("{error}") };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn the_subscriber_keeps_records_and_phases_and_gives_the_writer_back() {
        let dir = tempfile::tempdir().unwrap();
        let writer = JournalWriter::create(dir.path(), &header("run-1")).unwrap();
        let (sender, receiver) = channel();
        let handle = subscriber(writer, receiver).unwrap();
        let data = serde_json::Map::new();
        sender
            .send(Arc::new(RunEvent::Phase {
                phase: Phase::Warmup,
                at_ns: Nanos(1),
                side: Some(Side::Candidate),
                level: None,
                data,
            }))
            .unwrap();
        sender.send(Arc::new(RunEvent::RequestStarted { side: Side::Candidate })).unwrap();
        sender
            .send(Arc::new(RunEvent::Log { level: LogLevel::Info, message: "hello".into(), at_ns: Nanos(2) }))
            .unwrap();
        for repeat in 0..100 {
            let record = Arc::new(record("a", repeat, Side::Candidate, Verdict::Pass));
            sender.send(Arc::new(RunEvent::RequestComplete { record })).unwrap();
        }
        drop(sender);
        let writer = handle.join().unwrap();
        assert_eq!(writer.report(), JournalReport { written: 100, error: None });
        let recovered = recover(writer.path(), |_, _| {}).unwrap();
        assert_eq!(recovered.records.len(), 100);
        assert_eq!(recovered.phases.len(), 1);
        assert!(recovered.dropped_lines.is_empty());
    }

    #[test]
    fn the_subscriber_outlives_a_full_disk() {
        let writer = JournalWriter::with_output("j".into(), Box::new(Filling { room: 10 }));
        let (sender, receiver) = channel();
        let handle = subscriber(writer, receiver).unwrap();
        for repeat in 0..3 {
            let record = Arc::new(record("a", repeat, Side::Baseline, Verdict::Pass));
            sender.send(Arc::new(RunEvent::RequestComplete { record })).unwrap();
        }
        drop(sender);
        let report = handle.join().unwrap().report();
        assert_eq!(report.written, 0);
        assert!(report.error.unwrap().contains("`j`"));
    }
}
