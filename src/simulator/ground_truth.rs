//! What really happened, told by the server: when a request was received, and when each chunk was
//! written. A client's trace of the same run can be measured against it.
//!
//! One JSON object a line, written by a thread of its own so that no stream waits for the disk.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use serde::{Deserialize, Serialize};

use super::SimulatorError;
use crate::model::trace::{ChunkKind, StampSource};
use crate::model::units::Nanos;

/// What happened to one request. Times are absolute `CLOCK_MONOTONIC` nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroundTruth {
    /// The client's `X-Request-Id`, or the simulator's own. The response's `id` is this after `chatcmpl-`
    /// or `cmpl-`.
    pub id: String,
    /// Which generation request of this server it was, from 1.
    pub ordinal: u64,
    /// Status of the response; 0 where none was sent.
    pub status: u16,
    /// When the request's last byte was received.
    pub received_ns: Nanos,
    /// Whose clock stamped `received_ns`.
    pub received_by: StampSource,
    /// Just before each chunk was handed to the kernel.
    pub before_ns: Vec<Nanos>,
    /// Just after it.
    pub after_ns: Vec<Nanos>,
    /// When the engine had the last token that the chunk carries; 0 for chunks without one.
    pub due_ns: Vec<Nanos>,
    /// Tokens in each chunk.
    pub tokens: Vec<u32>,
    /// What each chunk carried.
    pub kinds: Vec<ChunkKind>,
    /// Whether the response went out as a whole.
    pub finished: bool,
}

impl GroundTruth {
    /// Reads a file of records.
    pub fn read(path: &Path) -> Result<Vec<Self>, SimulatorError> {
        let failed = |source| SimulatorError::GroundTruth { path: path.to_owned(), source };
        let mut records = Vec::new();
        for line in BufReader::new(File::open(path).map_err(failed)?).lines() {
            let line = line.map_err(failed)?;
            records.push(serde_json::from_str(&line).map_err(|e| failed(e.into()))?);
        }
        Ok(records)
    }
}

/// Takes records from any task; `None` inside where nobody asked for them.
#[derive(Debug, Clone, Default)]
pub(super) struct Recorder(Option<Sender<GroundTruth>>);

/// The writer's thread.
pub(super) struct Writer {
    thread: JoinHandle<std::io::Result<()>>,
    path: PathBuf,
}

impl Recorder {
    /// A recorder that keeps nothing.
    pub(super) const fn off() -> Self {
        Self(None)
    }

    /// Creates the file and starts its thread, which ends when the last clone of the recorder is gone.
    pub(super) fn to_file(path: &Path) -> Result<(Self, Writer), SimulatorError> {
        let failed = |source| SimulatorError::GroundTruth { path: path.to_owned(), source };
        let mut file = BufWriter::new(File::create(path).map_err(failed)?);
        let (sender, inbox) = channel::<GroundTruth>();
        let write = move || {
            while let Ok(first) = inbox.recv() {
                for record in std::iter::once(first).chain(inbox.try_iter()) {
                    serde_json::to_writer(&mut file, &record)?;
                    file.write_all(b"\n")?;
                }
                file.flush()?;
            }
            Ok(())
        };
        let builder = std::thread::Builder::new().name("labctl-simulator-truth".to_owned());
        let thread = builder.spawn(write).map_err(failed)?;
        Ok((Self(Some(sender)), Writer { thread, path: path.to_owned() }))
    }

    /// Starts a record; it is written when it is dropped, whatever became of the request.
    pub(super) fn open(&self, record: GroundTruth) -> Record {
        Record { truth: record, recorder: self.clone() }
    }
}

impl Writer {
    /// Waits until all records are on disk. Every recorder must be gone.
    pub(super) fn join(self) -> Result<(), SimulatorError> {
        let written =
            self.thread.join().unwrap_or_else(|_| Err(std::io::Error::other("the writer panicked")));
        written.map_err(|source| SimulatorError::GroundTruth { path: self.path, source })
    }
}

/// One request's record while it is being served.
#[derive(Debug)]
pub(super) struct Record {
    /// What is known so far.
    pub(super) truth: GroundTruth,
    recorder: Recorder,
}

impl Record {
    /// Takes all that is known, and leaves a record that nobody keeps.
    pub(super) fn take(&mut self) -> Self {
        let recorder = std::mem::take(&mut self.recorder);
        Self { truth: std::mem::take(&mut self.truth), recorder }
    }

    /// Makes room for so many chunks more, so that none has to wait for it.
    pub(super) fn reserve(&mut self, chunks: usize) {
        if self.recorder.0.is_some() {
            self.truth.kinds.reserve(chunks);
            self.truth.tokens.reserve(chunks);
            self.truth.due_ns.reserve(chunks);
            self.truth.before_ns.reserve(chunks);
            self.truth.after_ns.reserve(chunks);
        }
    }

    /// Adds a chunk.
    pub(super) fn chunk(&mut self, kind: ChunkKind, tokens: u32, due: Nanos, before: Nanos, after: Nanos) {
        if self.recorder.0.is_some() {
            self.truth.kinds.push(kind);
            self.truth.tokens.push(tokens);
            self.truth.due_ns.push(due);
            self.truth.before_ns.push(before);
            self.truth.after_ns.push(after);
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if let Some(sender) = &self.recorder.0 {
            // A writer that failed tells so when it is joined.
            let _ = sender.send(std::mem::take(&mut self.truth));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_survive_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("truth.jsonl");
        let (recorder, writer) = Recorder::to_file(&path).unwrap();
        let mut record =
            recorder.open(GroundTruth { id: "a".to_owned(), ordinal: 1, ..GroundTruth::default() });
        record.chunk(ChunkKind::Content, 1, Nanos(5), Nanos(7), Nanos(9));
        let expected = record.truth.clone();
        drop(record);
        drop(recorder);
        writer.join().unwrap();
        assert_eq!(GroundTruth::read(&path).unwrap(), [expected]);
    }

    #[test]
    fn a_file_that_cannot_be_made_is_named() {
        let error = Recorder::to_file(Path::new("/nonexistent/truth.jsonl")).err().unwrap();
        assert!(error.to_string().contains("/nonexistent/truth.jsonl"), "{error}");
    }
}
