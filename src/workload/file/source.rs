//! A workload file as it is read: hashed on the way, line by line where it has lines.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::{FileError, Place};

/// What some programs write before UTF-8.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// An open workload file.
pub(super) struct Source {
    path: PathBuf,
    reader: BufReader<Hashing>,
    /// Lines that were read.
    lines: usize,
    line: Vec<u8>,
}

impl Source {
    /// Opens the file; `look` may read of it first, from its beginning.
    pub(super) fn open<T>(
        path: &Path,
        look: impl FnOnce(&mut BufReader<&File>) -> Result<T, FileError>,
    ) -> Result<(Self, T), FileError> {
        let unreadable = |error| FileError::unreadable(path, error);
        let mut file = File::open(path).map_err(unreadable)?;
        let seen = look(&mut BufReader::new(&file))?;
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let reader = BufReader::with_capacity(1 << 18, Hashing { file, hash: Sha256::new() });
        Ok((Self { path: path.to_owned(), reader, lines: 0, line: Vec::new() }, seen))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A line of this file, from 1.
    pub(super) fn place(&self, line: usize) -> Place {
        Place { file: self.path.display().to_string(), line, field: None }
    }

    /// The reader, after the byte-order mark where there is one. Only before anything was read.
    pub(super) fn reader(&mut self) -> Result<&mut impl Read, FileError> {
        let start = self.reader.fill_buf().map_err(|error| FileError::unreadable(&self.path, error))?;
        if start.starts_with(BYTE_ORDER_MARK) {
            self.reader.consume(BYTE_ORDER_MARK.len());
        }
        Ok(&mut self.reader)
    }

    /// The next line that isn't blank, and its number.
    pub(super) fn line(&mut self) -> Result<Option<(usize, &str)>, FileError> {
        loop {
            self.line.clear();
            let read = self.reader.read_until(b'\n', &mut self.line);
            if read.map_err(|error| FileError::unreadable(&self.path, error))? == 0 {
                return Ok(None);
            }
            self.lines += 1;
            if self.lines == 1 && self.line.starts_with(BYTE_ORDER_MARK) {
                self.line.drain(..BYTE_ORDER_MARK.len());
            }
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        match std::str::from_utf8(&self.line) {
            Ok(line) => Ok(Some((self.lines, line.trim()))),
            Err(_) => Err(FileError::NotUtf8 { place: self.place(self.lines) }),
        }
    }

    /// SHA-256 of the whole file in lower-case hexadecimal, also where it was not read to its end.
    pub(super) fn sha256(self) -> Result<String, FileError> {
        let mut rest = self.reader.into_inner();
        io::copy(&mut rest, &mut io::sink()).map_err(|error| FileError::unreadable(&self.path, error))?;
        Ok(hexadecimal(&rest.hash.finalize()))
    }
}

/// Bytes in lower-case hexadecimal.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hexadecimal, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hexadecimal, "{byte:02x}");
        hexadecimal
    })
}

/// A file whose bytes are hashed as they are read.
struct Hashing {
    file: File,
    hash: Sha256,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.hash.update(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(bytes: &[u8]) -> Source {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        Source::open(file.path(), |_| Ok(())).unwrap().0
    }

    #[test]
    fn lines_are_numbered_and_blank_ones_skipped() {
        let mut source = open(b"\xef\xbb\xbf one\r\n\n  \ntwo");
        assert_eq!(source.line().unwrap(), Some((1, "one")));
        assert_eq!(source.line().unwrap(), Some((4, "two")));
        assert_eq!(source.line().unwrap(), None);
    }

    #[test]
    fn the_hash_is_of_the_whole_file() {
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(open(b"abc").sha256().unwrap(), abc);
        let long = b"line\n".repeat(200_000);
        let mut source = open(&long);
        source.line().unwrap();
        assert_eq!(source.sha256().unwrap(), hexadecimal(&Sha256::digest(&long)));
    }

    #[test]
    fn a_line_that_is_not_text_is_named() {
        let mut source = open(b"a\n\xff\xfe\n");
        source.line().unwrap();
        assert!(source.line().unwrap_err().to_string().ends_with(":2: not UTF-8; save the file as UTF-8"));
    }
}
