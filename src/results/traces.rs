//! The chunks of a run's requests, read back from its journal: the run itself keeps none, so that its memory
//! doesn't grow with the tokens.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use serde::Deserialize;

use crate::model::record::{PairKey, Record, Row, Side};
use crate::model::trace::Chunk;

/// Where in a journal the chunks of each row's attempts are.
#[derive(Debug)]
pub struct JournalTraces {
    journal: RefCell<Reading>,
    /// By row, the candidate's line first.
    lines: Vec<[Option<Line>; 2]>,
    missing: u64,
}

#[derive(Debug)]
struct Reading {
    file: File,
    line: Vec<u8>,
}

/// A line of the journal that holds chunks.
#[derive(Debug, Clone, Copy)]
struct Line {
    start: u64,
    length: usize,
}

/// What of a journal's line is looked at to find it again.
#[derive(Deserialize)]
struct Found {
    record: FoundRecord,
}

#[derive(Deserialize)]
struct FoundRecord {
    key: PairKey,
    side: Side,
    attempt: FoundAttempt,
}

#[derive(Deserialize)]
struct FoundAttempt {
    exchange: FoundExchange,
}

#[derive(Deserialize)]
struct FoundExchange {
    trace: FoundTrace,
}

#[derive(Deserialize)]
struct FoundTrace {
    chunks: FoundChunks,
}

#[derive(Deserialize)]
struct FoundChunks {
    kinds: String,
}

/// A journal's line with its record.
#[derive(Deserialize)]
struct Whole {
    record: Record,
}

const fn place(side: Side) -> usize {
    match side {
        Side::Candidate => 0,
        Side::Baseline => 1,
    }
}

impl JournalTraces {
    /// Looks through the journal at `path` for the requests of `rows`, which are in the order of their keys.
    pub fn find(path: &Path, rows: &[Row]) -> io::Result<Self> {
        let file = File::open(path)?;
        let mut lines = vec![[None; 2]; rows.len()];
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let (mut line, mut start) = (Vec::new(), 0);
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            if length == 0 {
                break;
            }
            // A line of another kind, or one cut short, holds no chunks.
            if let Ok(Found { record }) = serde_json::from_slice::<Found>(&line)
                && !record.attempt.exchange.trace.chunks.kinds.is_empty()
                && let Ok(row) = rows.binary_search_by(|row| row.key.cmp(&record.key))
            {
                // As in `rows`, the first of two counts.
                lines[row][place(record.side)].get_or_insert(Line { start, length });
            }
            start += length as u64;
        }
        let mut missing = 0;
        for (row, lines) in rows.iter().zip(&lines) {
            for side in [Side::Candidate, Side::Baseline] {
                let has_some = row.attempt(side).is_some_and(|attempt| attempt.metrics.ttft_ms.is_some());
                missing += u64::from(has_some && lines[place(side)].is_none());
            }
        }
        let journal = RefCell::new(Reading { file: reader.into_inner(), line });
        Ok(Self { journal, lines, missing })
    }

    /// How many requests brought tokens and have no chunks in the journal.
    #[must_use]
    pub const fn missing(&self) -> u64 {
        self.missing
    }

    /// The row at `position` with its chunks, as far as the journal has them.
    pub(super) fn whole(&self, position: usize, row: &Row) -> io::Result<Row> {
        let mut row = row.clone();
        let of = |side| self.lines.get(position).and_then(|lines| lines[place(side)]);
        for (line, attempt) in
            [(of(Side::Candidate), &mut row.candidate), (of(Side::Baseline), &mut row.baseline)]
        {
            if let (Some(line), Some(attempt)) = (line, attempt) {
                attempt.exchange.trace.chunks = self.journal.borrow_mut().chunks(line)?;
            }
        }
        Ok(row)
    }
}

impl Reading {
    fn chunks(&mut self, line: Line) -> io::Result<Vec<Chunk>> {
        self.line.resize(line.length, 0);
        self.file.seek(SeekFrom::Start(line.start))?;
        self.file.read_exact(&mut self.line)?;
        let whole: Whole = serde_json::from_slice(&self.line)?;
        Ok(whole.record.attempt.exchange.trace.chunks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::judgement::Verdict;
    use crate::results::fixtures::{header, record};
    use crate::results::journal::JournalWriter;
    use crate::results::rows::rows;

    fn without_chunks(mut record: Record) -> Record {
        record.attempt.exchange.trace.chunks.clear();
        record
    }

    #[test]
    fn every_row_gets_its_own_chunks_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = JournalWriter::create(dir.path(), &header("run-1")).unwrap();
        let records: Vec<Record> = (0..40_u32)
            .map(|n| {
                let side = if n % 3 == 0 { Side::Baseline } else { Side::Candidate };
                let mut record = record(&format!("p{}", n * 7 % 20), n / 20, side, Verdict::Pass);
                record.attempt.exchange.trace.chunks[1].read_lag_ns = n + 1;
                record
            })
            .collect();
        for record in &records {
            writer.append(record).unwrap();
        }
        let expected = rows(records.clone());
        let kept = rows(records.into_iter().map(without_chunks));
        let traces = JournalTraces::find(writer.path(), &kept).unwrap();
        assert_eq!(traces.missing(), 0);
        let whole: Vec<Row> = kept.iter().enumerate().map(|(n, row)| traces.whole(n, row).unwrap()).collect();
        assert_eq!(whole, expected);
    }

    #[test]
    fn what_the_journal_does_not_have_is_counted_and_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = JournalWriter::create(dir.path(), &header("run-1")).unwrap();
        let whole = ["a", "b", "c"].map(|id| record(id, 0, Side::Candidate, Verdict::Pass));
        let failed = record("d", 0, Side::Candidate, Verdict::TransportError);
        writer.append(&whole[0]).unwrap();
        // Its trace was given up, its record not.
        writer.append(&without_chunks(whole[1].clone())).unwrap();
        writer.append(&failed).unwrap();
        let kept = rows(whole.clone().into_iter().chain([failed]).map(without_chunks));
        let traces = JournalTraces::find(writer.path(), &kept).unwrap();
        assert_eq!(traces.missing(), 2);
        assert_eq!(traces.whole(0, &kept[0]).unwrap().candidate, Some(whole[0].attempt.clone()));
        assert_eq!(traces.whole(1, &kept[1]).unwrap(), kept[1]);
    }
}
