//! Text that remembers where each byte came from, so that an answer found in normalised text can
//! be pointed at in the response as received.

use std::ops::Range;

/// A text and, for each of its bytes, the range of the source that it stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mapped {
    text: String,
    origin: Vec<(usize, usize)>,
}

impl Mapped {
    /// The source itself.
    pub(super) fn new(source: &str) -> Self {
        let mut origin = Vec::with_capacity(source.len());
        for (at, c) in source.char_indices() {
            origin.extend(std::iter::repeat_n((at, at + c.len_utf8()), c.len_utf8()));
        }
        Self { text: source.to_owned(), origin }
    }

    /// The text.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Appends `from[range]` unchanged.
    pub(super) fn copy(&mut self, from: &Self, range: Range<usize>) {
        self.text.push_str(&from.text[range.clone()]);
        self.origin.extend_from_slice(&from.origin[range]);
    }

    /// Appends `text` as what stands for `from[range]`.
    pub(super) fn put(&mut self, text: &str, from: &Self, range: Range<usize>) {
        let origin = from.source(range).unwrap_or_else(|| {
            let end = self.origin.last().map_or(0, |o| o.1);
            (end, end)
        });
        self.text.push_str(text);
        self.origin.extend(std::iter::repeat_n(origin, text.len()));
    }

    /// A part of it.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        let mut part = Self::default();
        part.copy(self, range);
        part
    }

    /// The part without white space at either end.
    pub(super) fn trimmed(&self) -> Self {
        self.slice(trim(&self.text, 0..self.text.len()))
    }

    /// The range of the source that `range` stands for; none when `range` is empty.
    pub(super) fn source(&self, range: Range<usize>) -> Option<(usize, usize)> {
        let part = self.origin.get(range)?;
        Some((part.first()?.0, part.last()?.1))
    }
}

/// `range` without the white space at either end of `text[range]`.
pub(super) fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    let end = start + part.trim().len();
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_points_at_its_source() {
        let source = Mapped::new("aé b");
        assert_eq!(source.source(1..3), Some((1, 3)));
        let mut edited = Mapped::default();
        edited.put("EE", &source, 1..3);
        edited.copy(&source, 3..5);
        assert_eq!(edited.as_str(), "EE b");
        assert_eq!(edited.source(0..1), Some((1, 3)));
        assert_eq!(edited.source(3..4), Some((4, 5)));
        assert_eq!(edited.source(2..2), None);
        assert_eq!(edited.slice(1..4).trimmed().source(0..3), Some((1, 5)));
        assert_eq!(Mapped::new("  x\n").trimmed().as_str(), "x");
        assert_eq!(Mapped::new(" \n ").trimmed().as_str(), "");
    }
}
