//! Tells a workload file's format by its beginning.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use serde_json::{Map, Value};

use super::columns::{AZURE, BURSTGPT, csv_reader};
use super::error::{FileError, nearest, quoted};
use super::jsonl::LINE;
use super::source::BYTE_ORDER_MARK;
use crate::model::workload::WorkloadFormat;

/// A first line longer than this tells no more than its beginning.
const LONGEST_LINE: u64 = 64 << 20;
/// Where a result of labctl says that it is one, and compressed files what they are.
const HEAD: usize = 4096;

/// The format of the file that begins so.
pub(super) fn format(path: &Path, file: &mut BufReader<&File>) -> Result<WorkloadFormat, FileError> {
    let beginning = read_beginning(file).map_err(|error| FileError::unreadable(path, error))?;
    if beginning.bytes.is_empty() {
        return Err(FileError::Empty { path: path.to_owned(), what: "prompts or requests", skipped: None });
    }
    told(&beginning).map_err(|found| FileError::UnknownFormat { path: path.to_owned(), found })
}

/// What the file begins with, from the first character on that is not white space: [`HEAD`] bytes, and its first line
/// where that is longer.
struct Beginning {
    bytes: Vec<u8>,
    /// Where the first line ends.
    line: usize,
}

fn read_beginning(file: &mut BufReader<&File>) -> io::Result<Beginning> {
    let mut bytes = Vec::new();
    while bytes.len() < HEAD {
        let more = (HEAD - bytes.len()) as u64;
        if file.by_ref().take(more).read_to_end(&mut bytes)? == 0 {
            break;
        }
        if bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        bytes.drain(..bytes.len() - bytes.trim_ascii_start().len());
    }
    // A list is told by less, and often has a single line of hundreds of megabytes.
    let is_list = bytes.starts_with(b"[");
    if !is_list && memchr::memchr(b'\n', &bytes).is_none() {
        file.take(LONGEST_LINE).read_until(b'\n', &mut bytes)?;
    }
    let line = if is_list { 0 } else { memchr::memchr(b'\n', &bytes).unwrap_or(bytes.len()) };
    Ok(Beginning { bytes, line })
}

/// The format, or what there is instead of one.
fn told(beginning: &Beginning) -> Result<WorkloadFormat, String> {
    const COMPRESSED: [&[u8]; 5] = [b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ", b"BZh"];
    let bytes = &beginning.bytes;
    if COMPRESSED.iter().any(|magic| bytes.starts_with(magic)) {
        return Err("it is compressed; unpack it first".to_owned());
    }
    if bytes.starts_with(b"PAR1") {
        return Err("it is a Parquet file; convert it to one of them first".to_owned());
    }
    let Ok(line) = std::str::from_utf8(&bytes[..beginning.line]) else {
        return Err("its first line is not text in UTF-8".to_owned());
    };
    match bytes.first() {
        Some(b'[') if bytes[1..].trim_ascii_start().starts_with(b"{") => Ok(WorkloadFormat::Sharegpt),
        Some(b'[') => Err("it is a JSON list, but not of objects".to_owned()),
        Some(b'{') if is_result(&bytes[..bytes.len().min(HEAD)]) => Ok(WorkloadFormat::Labctl),
        Some(b'{') => match serde_json::from_str::<Map<String, Value>>(line) {
            Ok(object) => of_object(&object),
            Err(_) => Err("its first line begins like a JSON object and is none".to_owned()),
        },
        _ => of_header(line),
    }
}

/// Whether these are the first members of a result.
fn is_result(head: &[u8]) -> bool {
    let has = |name: &[u8]| memchr::memmem::find(head, name).is_some();
    has(b"\"schema_version\"") && has(b"\"run_id\"")
}

fn of_object(object: &Map<String, Value>) -> Result<WorkloadFormat, String> {
    let has = |key: &str| object.contains_key(key);
    if ["prompt", "messages", "turns"].into_iter().any(has) {
        return Ok(WorkloadFormat::Jsonl);
    }
    if has("timestamp") && has("input_length") {
        return Ok(WorkloadFormat::Mooncake);
    }
    // With a slip in `prompt` it is this format still, and its reader names the slip.
    let is_near = |key: &String| matches!(nearest(key, LINE), Some("prompt" | "messages" | "turns"));
    if object.keys().any(is_near) {
        return Ok(WorkloadFormat::Jsonl);
    }
    let keys: Vec<String> = object.keys().take(8).map(|key| quoted(key)).collect();
    Err(format!(
        "its first line is a JSON object with {}",
        if keys.is_empty() { "nothing in it".to_owned() } else { keys.join(", ") }
    ))
}

fn of_header(line: &str) -> Result<WorkloadFormat, String> {
    let mut reader = csv_reader(line.as_bytes());
    let header = reader.headers().map_err(|_| "its first line is no CSV".to_owned())?;
    let has_all = |columns: &[&str]| columns.iter().all(|column| header.iter().any(|name| name == *column));
    if has_all(&AZURE) {
        Ok(WorkloadFormat::Azure)
    } else if has_all(&BURSTGPT) {
        Ok(WorkloadFormat::Burstgpt)
    } else {
        Err(format!("its first line is {}", quoted(line.trim_end())))
    }
}
