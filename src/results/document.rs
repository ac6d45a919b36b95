//! A result as text: JSON with everything but the rows on the first line, then a line for each row. So it is
//! written and read a row at a time, and its first line alone is enough for a list of runs. Any other JSON of the
//! same content is read too, only slower.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::traces::JournalTraces;
use crate::model::record::Row;
use crate::model::result::{RunResult, SCHEMA_VERSION};
use crate::model::trace::without_chunks;

/// How the first line of a result ends: its rows begin.
const ROWS_BEGIN: &[u8] = b"\"rows\":[\n";
/// The last line of a result.
const ROWS_END: &[u8] = b"]}\n";

/// Which parts of the rows are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    /// Everything.
    All,
    /// Everything but the chunks of the traces, which most readers don't need and which are most of a file.
    WithoutChunks,
}

impl Parts {
    /// Lets `read` deserialize these parts.
    pub(super) fn read<T>(self, read: impl FnOnce() -> T) -> T {
        match self {
            Self::All => read(),
            Self::WithoutChunks => without_chunks(read),
        }
    }
}

/// Why a result was not written.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The output took no more, or the journal gave no chunks.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It would not load again: JSON has no NaN, serde writes null for it, and no number accepts that on the way
    /// back.
    #[error("{0}")]
    NotReadableBack(String),
}

/// Writes a result, its rows with the chunks that `traces` has for them, else as they are. Each part is read back
/// before it is written: better to find now what would not load again.
pub fn write(
    result: &RunResult,
    traces: Option<&JournalTraces>,
    out: &mut impl Write,
) -> Result<(), DocumentError> {
    let not_readable = |error: serde_json::Error| DocumentError::NotReadableBack(error.to_string());
    let mut line = serde_json::to_vec(&result.without_rows()).map_err(not_readable)?;
    serde_json::from_slice::<RunResult>(&line).map_err(not_readable)?;
    let head = line.strip_suffix(b"]}").ok_or_else(|| {
        DocumentError::NotReadableBack("the rows are not the last member of a result".to_owned())
    })?;
    out.write_all(head)?;
    for (position, row) in result.rows.iter().enumerate() {
        out.write_all(if position == 0 { b"\n" } else { b",\n" })?;
        line.clear();
        match traces {
            Some(traces) => serde_json::to_writer(&mut line, &traces.whole(position, row)?),
            None => serde_json::to_writer(&mut line, row),
        }
        .map_err(not_readable)?;
        // Chunks hold whole numbers alone, which always load.
        without_chunks(|| serde_json::from_slice::<Row>(&line)).map_err(not_readable)?;
        out.write_all(&line)?;
    }
    out.write_all(b"\n")?;
    out.write_all(ROWS_END)?;
    Ok(out.flush()?)
}

/// Reads a result line by line. `None` where it isn't written so, or anything about it is wrong: whoever reads it
/// as a whole then finds out what.
pub(super) fn read(path: &Path, parts: Parts) -> io::Result<Option<RunResult>> {
    read_lines(BufReader::with_capacity(1 << 20, File::open(path)?), parts)
}

/// The same from what was opened.
pub(super) fn read_lines(mut reader: impl BufRead, parts: Parts) -> io::Result<Option<RunResult>> {
    let mut line = Vec::new();
    let Some(head) = first_line(&mut reader, &mut line)? else { return Ok(None) };
    let Ok(mut result) = serde_json::from_slice::<RunResult>(head) else { return Ok(None) };
    if result.schema_version > SCHEMA_VERSION {
        return Ok(None);
    }
    let mut may_end = true;
    loop {
        line.clear();
        reader.read_until(b'\n', &mut line)?;
        if line == ROWS_END {
            let nothing_follows = reader.fill_buf()?.is_empty();
            return Ok((may_end && nothing_follows).then_some(result));
        }
        let is_first = result.rows.is_empty();
        if may_end && !is_first {
            return Ok(None);
        }
        may_end = !line.ends_with(b",\n");
        let row = line.strip_suffix(if may_end { b"\n".as_slice() } else { b",\n" });
        let row = row.and_then(|row| parts.read(|| serde_json::from_slice(row)).ok());
        let Some(row) = row else { return Ok(None) };
        result.rows.push(row);
    }
}

/// The first line of a result that is written so to its end, as a result without rows; else `None`.
pub(super) fn read_head(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut reader = BufReader::new(File::open(path)?);
    let mut line = Vec::new();
    if first_line(&mut reader, &mut line)?.is_none() {
        return Ok(None);
    }
    let mut end = Vec::new();
    let length = reader.seek(SeekFrom::End(0))?;
    reader.seek(SeekFrom::Start(length.saturating_sub(ROWS_END.len() as u64 + 1)))?;
    reader.read_to_end(&mut end)?;
    let is_whole = end.strip_prefix(b"\n") == Some(ROWS_END);
    Ok(is_whole.then_some(line))
}

/// Reads the first line into `line` and closes what it leaves open.
fn first_line<'a>(reader: &mut impl BufRead, line: &'a mut Vec<u8>) -> io::Result<Option<&'a [u8]>> {
    reader.read_until(b'\n', line)?;
    if !line.ends_with(ROWS_BEGIN) {
        return Ok(None);
    }
    line.pop();
    line.extend(b"]}");
    Ok(Some(line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::judgement::Verdict;
    use crate::model::record::Side;
    use crate::results::fixtures::{header, record, result, result_of};

    fn text(result: &RunResult) -> String {
        let mut bytes = Vec::new();
        write(result, None, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn read_text(text: &str, parts: Parts) -> Option<RunResult> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let read = read(file.path(), parts).unwrap();
        // What reads as a whole has a head.
        assert!(read.is_none() || read_head(file.path()).unwrap().is_some());
        read
    }

    #[test]
    fn it_is_json_and_a_line_a_row() {
        for (result, lines) in [(result("run-1"), 4), (result_of(header("empty"), []), 2)] {
            let text = text(&result);
            assert_eq!(text.lines().count(), lines);
            assert_eq!(serde_json::from_str::<RunResult>(&text).unwrap(), result);
            assert_eq!(read_text(&text, Parts::All).unwrap(), result);
        }
    }

    #[test]
    fn chunks_are_read_only_where_they_are_wanted() {
        let whole = result("run-1");
        let read = read_text(&text(&whole), Parts::WithoutChunks).unwrap();
        let mut expected = whole;
        for row in &mut expected.rows {
            for attempt in row.candidate.iter_mut().chain(&mut row.baseline) {
                attempt.exchange.trace.chunks.clear();
            }
        }
        assert_eq!(read, expected);
    }

    #[test]
    fn what_is_not_written_so_is_left_to_others() {
        let good = text(&result("run-1"));
        let rows: Vec<&str> = good.lines().collect();
        for other in [
            String::new(),
            good.replace('\n', ""),
            good[..good.len() - 1].to_owned(),
            good[..good.len() / 2].to_owned(),
            format!("{good}more"),
            format!("{good}\n"),
            good.replacen("\n]}", ",\n]}", 1),
            good.replacen(",\n", "\n", 1),
            [rows[0], rows[1], rows[1], rows[3], ""].join("\n"),
            good.replacen("\"schema_version\":1", "\"schema_version\":99", 1),
            good.replacen("\"outcome\"", "\"outcome", 1),
        ] {
            assert_eq!(read_text(&other, Parts::All), None, "{other}");
        }
    }

    #[test]
    fn a_row_that_would_not_load_again_is_not_written() {
        let mut bad = record("a", 0, Side::Candidate, Verdict::Pass);
        bad.attempt.exchange.trace.chunks.clear();
        let mut result = result_of(header("r"), [bad]);
        let nan = crate::model::summary::Distribution {
            mean: f64::NAN,
            ..result.candidate.summary.e2e_ms.unwrap()
        };
        result.candidate.summary.e2e_ms = Some(nan);
        assert!(matches!(write(&result, None, &mut Vec::new()), Err(DocumentError::NotReadableBack(_))));
    }
}
