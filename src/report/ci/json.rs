//! JSON in a log that GitHub reads commands from.
//!
//! The runner obeys `##[command]` wherever it stands in a line, and JSON keeps what a model answered on one line. Within a
//! string `\u005b` is the same as `[`, and outside of strings JSON has no `#`: the values stay what they are.

use std::io::{self, Write};

/// Writes JSON on to `out`, every `##[` as `##\u005b`, however the text comes in pieces.
#[derive(Debug)]
pub struct DefusedJson<W> {
    out: W,
    /// Number signs that the text so far ends with.
    signs: usize,
}

impl<W: Write> DefusedJson<W> {
    /// Before anything is written.
    pub const fn new(out: W) -> Self {
        Self { out, signs: 0 }
    }
}

impl<W: Write> Write for DefusedJson<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'[' && self.signs >= 2 {
                self.out.write_all(&bytes[written..at])?;
                self.out.write_all(br"\u005b")?;
                written = at + 1;
            }
            self.signs = if *byte == b'#' { self.signs + 1 } else { 0 };
        }
        self.out.write_all(&bytes[written..])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_value_is_the_same_and_no_command_is_left(text in "[#\\[\\\\\"a\n]{0,24}", piece in 1_usize..5) {
            let value = serde_json::json!({&text: [text, [1]]});
            let mut out = DefusedJson::new(Vec::new());
            for piece in value.to_string().as_bytes().chunks(piece) {
                out.write_all(piece).unwrap();
            }
            let shown = String::from_utf8(out.out).unwrap();
            prop_assert!(!shown.contains("##["), "{}", shown);
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
        }
    }
}
