//! Reads a journal back after a crash, as far as it goes: a torn last line is expected, other bad
//! lines are left out and named, and every complete line before and after them counts.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use super::error::RecoverError;
use super::journal::LineIn;
use crate::model::header::RunHeader;
use crate::model::record::{PairKey, Record, Side};
use crate::model::result::{BlockTime, PhaseTime, SCHEMA_VERSION};

/// Why a line of a journal was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DroppedBecause {
    /// The last line, cut off by the crash.
    Torn,
    /// Not a journal's line.
    Invalid(String),
    /// A second record of a request that an earlier line holds.
    Duplicate,
}

/// A line that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedLine {
    /// Its number, from 1.
    pub line: u64,
    /// Why.
    pub because: DroppedBecause,
}

impl std::fmt::Display for DroppedLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let line = self.line;
        match &self.because {
            DroppedBecause::Torn => write!(f, "line {line} of the journal was cut off by the crash"),
            DroppedBecause::Invalid(reason) => write!(f, "line {line} of the journal is not valid: {reason}"),
            DroppedBecause::Duplicate => {
                write!(f, "line {line} of the journal repeats a request of an earlier line")
            }
        }
    }
}

/// What a journal held.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovered {
    /// The run as planned.
    pub header: RunHeader,
    /// Finished requests in the order in which they ended, without their chunks.
    pub records: Vec<Record>,
    /// Phases in the order in which they began.
    pub phases: Vec<PhaseTime>,
    /// The blocks that ended.
    pub blocks: Vec<BlockTime>,
    /// What had to be left out.
    pub dropped_lines: Vec<DroppedLine>,
}

/// Reads the journal at `path`. `see` is shown every record with its trace, and
/// whether it counts (one of a warm-up or cool-down phase doesn't, and is not among the records); only the rest is kept, for the traces of
/// a long run fit into no memory. Fails only where the file can't be read, its first line is no
/// header, or a newer labctl wrote it.
pub fn recover(path: &Path, see: impl FnMut(&Record, bool)) -> Result<Recovered, RecoverError> {
    let unreadable = |error| RecoverError::Read { path: path.to_owned(), error };
    let reader = BufReader::new(File::open(path).map_err(unreadable)?);
    read(reader, see).map_err(|failure| failure.at(path))
}

/// Reads only the header of the journal at `path`; fails as [`recover`] does.
pub fn recover_header(path: &Path) -> Result<RunHeader, RecoverError> {
    let unreadable = |error| RecoverError::Read { path: path.to_owned(), error };
    let mut reader = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line).map_err(unreadable)?;
    header(&line).map_err(|failure| failure.at(path))
}

/// A [`RecoverError`] that doesn't know its file yet.
enum Failure {
    Read(io::Error),
    NoHeader(String),
    NewerSchema(u32),
}

impl Failure {
    fn at(self, path: &Path) -> RecoverError {
        let path = path.to_owned();
        match self {
            Self::Read(error) => RecoverError::Read { path, error },
            Self::NoHeader(reason) => RecoverError::NoHeader { path, reason },
            Self::NewerSchema(found) => RecoverError::NewerSchema { path, found, supported: SCHEMA_VERSION },
        }
    }
}

fn read(mut reader: impl BufRead, mut see: impl FnMut(&Record, bool)) -> Result<Recovered, Failure> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line).map_err(Failure::Read)?;
    let mut recovered = Recovered {
        header: header(&line)?,
        records: Vec::new(),
        phases: Vec::new(),
        blocks: Vec::new(),
        dropped_lines: Vec::new(),
    };
    let mut seen: HashSet<(PairKey, Side)> = HashSet::new();
    for number in 2_u64.. {
        line.clear();
        if reader.read_until(b'\n', &mut line).map_err(Failure::Read)? == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let because = match serde_json::from_slice(&line) {
            Ok(LineIn::Record(mut record)) => {
                if seen.insert((record.key.clone(), record.side)) {
                    see(&record, true);
                    record.attempt.exchange.trace.chunks = Vec::new();
                    recovered.records.push(*record);
                    continue;
                }
                DroppedBecause::Duplicate
            }
            Ok(LineIn::NotCounted(record)) => {
                see(&record, false);
                continue;
            }
            Ok(LineIn::Phase(phase)) => {
                recovered.phases.push(phase);
                continue;
            }
            Ok(LineIn::Block(block)) => {
                recovered.blocks.push(block);
                continue;
            }
            Ok(LineIn::Header(_)) => DroppedBecause::Invalid("a second header".to_owned()),
            Err(_) if !line.ends_with(b"\n") => DroppedBecause::Torn,
            Err(error) => DroppedBecause::Invalid(error.to_string()),
        };
        recovered.dropped_lines.push(DroppedLine { line: number, because });
    }
    Ok(recovered)
}

fn header(line: &[u8]) -> Result<RunHeader, Failure> {
    /// Enough to tell a newer header, whatever else changed in it.
    #[derive(serde::Deserialize)]
    struct Versioned {
        header: Version,
    }
    #[derive(serde::Deserialize)]
    struct Version {
        schema_version: u32,
    }

    if line.trim_ascii().is_empty() {
        return Err(Failure::NoHeader("it is empty".to_owned()));
    }
    if let Ok(Versioned { header: Version { schema_version } }) = serde_json::from_slice(line)
        && schema_version > SCHEMA_VERSION
    {
        return Err(Failure::NewerSchema(schema_version));
    }
    match serde_json::from_slice(line) {
        Ok(LineIn::Header(header)) => Ok(*header),
        Ok(LineIn::Record(_) | LineIn::NotCounted(_) | LineIn::Phase(_) | LineIn::Block(_)) => {
            Err(Failure::NoHeader("the header is missing".to_owned()))
        }
        Err(error) => Err(Failure::NoHeader(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::judgement::Verdict;
    use crate::results::fixtures::{header, record};

    fn header_line() -> Vec<u8> {
        format!("{}\n", serde_json::json!({ "header": header("run-1") })).into_bytes()
    }

    fn record_line(repeat: u32) -> Vec<u8> {
        let record = record("prompt – 1", repeat, Side::Candidate, Verdict::Pass);
        format!("{}\n", serde_json::json!({ "record": record })).into_bytes()
    }

    fn repeats(recovered: &Recovered) -> Vec<u32> {
        recovered.records.iter().map(|r| r.key.repeat).collect()
    }

    fn read_ok(bytes: &[u8]) -> Recovered {
        read(bytes, |_, _| {}).unwrap_or_else(|f| panic!("{}", f.at(Path::new("j"))))
    }

    #[test]
    fn a_torn_end_costs_one_line_wherever_it_is_torn() {
        let whole = [header_line(), record_line(0), record_line(1)].concat();
        let second = whole.len() - record_line(1).len();
        for cut in second + 1..whole.len() - 1 {
            let recovered = read_ok(&whole[..cut]);
            assert_eq!(repeats(&recovered), [0], "cut at {cut}");
            assert_eq!(recovered.dropped_lines, [DroppedLine { line: 3, because: DroppedBecause::Torn }]);
        }
        // Only the line's end is missing: the record is whole.
        assert_eq!(repeats(&read_ok(&whole[..whole.len() - 1])), [0, 1]);
        assert_eq!(repeats(&read_ok(&whole[..second])), [0]);
    }

    #[test]
    fn bad_lines_are_named_and_the_rest_counts() {
        let bytes = [
            header_line(),
            b"{\"record\":{}}\n".to_vec(),
            record_line(0),
            b"\xff\xfe\x00\n\n".to_vec(),
            record_line(0),
            header_line(),
            record_line(1),
        ]
        .concat();
        let recovered = read_ok(&bytes);
        assert_eq!(repeats(&recovered), [0, 1]);
        let lines: Vec<_> = recovered.dropped_lines.iter().map(|d| d.line).collect();
        assert_eq!(lines, [2, 4, 6, 7]);
        assert_eq!(recovered.dropped_lines[2].because, DroppedBecause::Duplicate);
        let words: Vec<_> = recovered.dropped_lines.iter().map(ToString::to_string).collect();
        assert!(words[0].contains("line 2") && words[0].contains("missing field"), "{}", words[0]);
    }

    #[test]
    fn without_a_header_nothing_is_recovered() {
        for bytes in [Vec::new(), b"\n".to_vec(), record_line(0), header_line()[..40].to_vec()] {
            let error = read(bytes.as_slice(), |_, _| {}).err().unwrap().at(Path::new("x.journal.jsonl"));
            assert!(matches!(error, RecoverError::NoHeader { .. }), "{error}");
        }
    }

    #[test]
    fn a_newer_journal_says_so_even_if_its_header_changed() {
        let bytes = b"{\"header\":{\"schema_version\":99,\"run\":[]}}\n";
        let error = read(bytes.as_slice(), |_, _| {}).err().unwrap().at(Path::new("x.journal.jsonl"));
        assert!(error.to_string().contains("schema version is 99"), "{error}");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let _ = read(bytes.as_slice(), |_, _| {});
            let _ = read([header_line(), bytes].concat().as_slice(), |_, _| {});
        }

        #[test]
        fn every_complete_line_is_recovered_from_between_garbage(
            garbage in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..12),
            tail in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let mut bytes = header_line();
            for (repeat, junk) in (0..).zip(&garbage) {
                bytes.extend(junk.iter().filter(|b| **b != b'\n'));
                bytes.push(b'\n');
                bytes.extend(record_line(repeat));
            }
            bytes.extend(tail);
            let recovered = read_ok(&bytes);
            let expected: Vec<u32> = (0..).take(garbage.len()).collect();
            prop_assert_eq!(repeats(&recovered), expected);
        }
    }
}
