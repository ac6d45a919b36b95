//! A text as a reader gets it: harmless, in parts that say what they are, and no longer than there is room for.

use std::ops::Range;

use serde::Serialize;

use super::number::counted;
use super::text::clean;

/// What a part of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentKind {
    /// Plain text, or what the other side has too.
    Same,
    /// What only the baseline has.
    Removed,
    /// What only the candidate has.
    Added,
    /// Not the text's: how many characters are left out here.
    Gap,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segment {
    /// What it is.
    pub kind: SegmentKind,
    /// Whether it is of the answer that was found.
    pub answer: bool,
    /// The part itself, cleaned: no control characters but line ends, not escaped.
    pub text: String,
}

/// A text in parts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// Its parts, in order; none of an empty text.
    pub segments: Vec<Segment>,
    /// Characters that are left out.
    pub left_out: usize,
}

/// What is to be marked in a text, as ranges of its bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Highlights<'a> {
    /// What the other side doesn't have, in order and apart from each other.
    pub(crate) changes: &'a [Range<usize>],
    /// As what those are marked.
    pub(crate) as_added: bool,
    /// The answer that was found.
    pub(crate) answer: Option<Range<usize>>,
}

impl Excerpt {
    /// A text with nothing marked, at most `limit` characters of it.
    pub(crate) fn plain(text: &str, limit: usize) -> Self {
        Self::new(text, &Highlights::default(), limit)
    }

    /// At most `limit` characters of a text: its beginning, its end, and what is around its answer, or else around the
    /// first thing that is marked.
    pub(crate) fn new(text: &str, highlights: &Highlights<'_>, limit: usize) -> Self {
        let focus = highlights.answer.clone().or_else(|| highlights.changes.first().cloned());
        let gaps = gaps(text, focus, limit);
        let mut points: Vec<usize> = vec![0, text.len()];
        let ranges = gaps.iter().chain(highlights.changes).chain(&highlights.answer);
        points.extend(ranges.flat_map(|range| [range.start, range.end]));
        points.retain(|point| text.is_char_boundary(*point));
        points.sort_unstable();
        points.dedup();
        let mut made = Self::default();
        for (start, end) in points.iter().zip(points.iter().skip(1)).map(|(start, end)| (*start, *end)) {
            if let Some(gap) = around(&gaps, start) {
                if gap.start == start {
                    let characters = text.get(gap.clone()).map_or(0, |gap| gap.chars().count());
                    made.left_out += characters;
                    made.push(SegmentKind::Gap, false, gap_words(characters));
                }
                continue;
            }
            let kind = match around(highlights.changes, start) {
                None => SegmentKind::Same,
                Some(_) if highlights.as_added => SegmentKind::Added,
                Some(_) => SegmentKind::Removed,
            };
            let answer = highlights.answer.as_ref().is_some_and(|answer| answer.contains(&start));
            made.push(kind, answer, clean(text.get(start..end).unwrap_or_default()));
        }
        made
    }

    /// All of it as one text, in which gaps say what is left out.
    pub(crate) fn into_text(self) -> String {
        self.segments.into_iter().map(|segment| segment.text).collect()
    }

    fn push(&mut self, kind: SegmentKind, answer: bool, text: String) {
        if !text.is_empty() {
            self.segments.push(Segment { kind, answer, text });
        }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }
}

fn gap_words(characters: usize) -> String {
    format!("[{} left out]", counted(characters as u64, "character", "characters"))
}

/// The range that holds a place, of ranges in order.
fn around(ranges: &[Range<usize>], place: usize) -> Option<&Range<usize>> {
    let next = ranges.partition_point(|range| range.end <= place);
    ranges.get(next).filter(|range| range.contains(&place))
}

/// What of a text is left out, in order.
fn gaps(text: &str, focus: Option<Range<usize>>, limit: usize) -> Vec<Range<usize>> {
    // A text that has no more bytes than that has no more characters either.
    if text.len() <= limit || text.chars().nth(limit).is_none() {
        return Vec::new();
    }
    let head = end_of(text, 0, limit / 2);
    let tail = start_of(text, text.len(), limit / 2);
    let hidden = |focus: &Range<usize>| focus.end > head && focus.start < tail;
    let Some(focus) = focus.filter(hidden).filter(|focus| text.get(focus.clone()).is_some()) else {
        return Vec::from([Range { start: head, end: tail }]);
    };
    let (head, tail) = (end_of(text, 0, limit / 4), start_of(text, text.len(), limit / 4));
    let from = start_of(text, focus.start, limit / 4).clamp(head, tail);
    let to = end_of(text, focus.start, limit / 4).clamp(head, tail);
    [head..from, to..tail].into_iter().filter(|gap| !gap.is_empty()).collect()
}

/// Where so many characters after a place end.
fn end_of(text: &str, place: usize, characters: usize) -> usize {
    let rest = text.get(place..).unwrap_or_default();
    rest.char_indices().nth(characters).map_or(text.len(), |(at, _)| place + at)
}

/// Where so many characters before a place begin.
fn start_of(text: &str, place: usize, characters: usize) -> usize {
    let before = text.get(..place).unwrap_or_default();
    match characters.checked_sub(1) {
        None => place,
        Some(others) => before.char_indices().rev().nth(others).map_or(0, |(at, _)| at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(excerpt: &Excerpt) -> String {
        let mark = |segment: &Segment| {
            let text = match segment.kind {
                SegmentKind::Same | SegmentKind::Gap => segment.text.clone(),
                SegmentKind::Removed => format!("-{}-", segment.text),
                SegmentKind::Added => format!("+{}+", segment.text),
            };
            if segment.answer { format!("⟦{text}⟧") } else { text }
        };
        excerpt.segments.iter().map(mark).collect()
    }

    #[test]
    fn changes_and_the_answer_are_marked_where_they_are() {
        let text = "so it is 42 in all";
        let highlights = Highlights { changes: &[0..2, 9..10], as_added: true, answer: Some(9..11) };
        assert_eq!(shown(&Excerpt::new(text, &highlights, 100)), "+so+ it is ⟦+4+⟧⟦2⟧ in all");
        let first = std::slice::from_ref(&(0..2));
        let removed = Highlights { changes: first, as_added: false, answer: None };
        assert_eq!(shown(&Excerpt::new(text, &removed, 100)), "-so- it is 42 in all");
        assert!(Excerpt::plain("", 10).is_empty());
    }

    #[test]
    fn long_texts_lose_their_middle_but_for_the_answer() {
        let text = format!("{}42{}", "a".repeat(500), "é".repeat(500));
        let cut = Excerpt::plain(&text, 8);
        assert_eq!((shown(&cut).as_str(), cut.left_out), ("aaaa[994 characters left out]éééé", 994));
        let highlights = Highlights { answer: Some(500..502), ..Highlights::default() };
        let cut = Excerpt::new(&text, &highlights, 16);
        assert_eq!(shown(&cut), "aaaa[492 characters left out]aaaa⟦42⟧éé[494 characters left out]éééé");
        assert_eq!(cut.left_out, 986);
    }

    #[test]
    fn a_megabyte_is_cut_and_nonsense_ranges_do_no_harm() {
        let text = "é".repeat(500_000);
        let highlights = Highlights { changes: &[1..3, 7..2_000_000], as_added: true, answer: Some(5..9) };
        let cut = Excerpt::new(&text, &highlights, 100);
        assert!(cut.segments.iter().map(|segment| segment.text.chars().count()).sum::<usize>() < 200);
        assert_eq!(cut.left_out, 499_900);
    }

    proptest! {
        #[test]
        fn what_is_left_out_and_what_is_shown_are_the_whole(
            text in "[abé ]{0,200}", limit in 0_usize..60, from in 0_usize..200, length in 0_usize..30,
        ) {
            let answer = Some(from..from + length);
            let cut = Excerpt::new(&text, &Highlights { answer, ..Highlights::default() }, limit);
            let shown = |s: &&Segment| s.kind != SegmentKind::Gap;
            let kept: usize = cut.segments.iter().filter(shown).map(|s| s.text.chars().count()).sum();
            prop_assert_eq!(kept + cut.left_out, text.chars().count());
            prop_assert!(kept <= limit, "{} of {}", kept, limit);
        }
    }
}
