//! Server-sent events out of stamped bytes.
//!
//! `eventsource-stream` does the parsing. Four of its defects are kept from it by the adapter in
//! front, which passes it one whole event at a time, in `\n` line ends: a byte-order mark panics it,
//! one invalid byte makes it swallow all that follows, lines ended by `\r` alone lose the last event,
//! and its work is quadratic in what a read carries. The adapter also carries the stamps along,
//! which the parser knows nothing of.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use eventsource_stream::{EventStream, EventStreamError};
use futures_util::{Stream, StreamExt};

use super::failure::Failure;
use super::transport::Segment;
use crate::model::outcome::Outcome;
use crate::model::trace::StampSource;
use crate::model::units::Nanos;

/// The longest event that is accepted; a server that never ends one would otherwise fill the memory.
pub const LONGEST_EVENT: usize = 8 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One event's data with the time of the bytes that completed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The lines of `data`, joined.
    pub data: String,
    /// When its last byte was received.
    pub recv_ns: Nanos,
    /// When labctl saw that byte.
    pub read_ns: Nanos,
    /// False where the same read carried later events too.
    pub exact: bool,
    /// Whose stamp `recv_ns` is.
    pub stamps: StampSource,
}

/// The events of a body.
pub struct Events<S> {
    parser: EventStream<Blocks<S>>,
    stamp: Arc<Stamp>,
}

/// The stamp of the event that was passed to the parser last. Both ends are polled by one task, so
/// relaxed order is enough.
#[derive(Default)]
struct Stamp {
    recv_ns: AtomicU64,
    read_ns: AtomicU64,
    exact: AtomicBool,
    kernel: AtomicBool,
}

impl Stamp {
    fn store(&self, block: &Block) {
        self.recv_ns.store(block.recv_ns.0, Ordering::Relaxed);
        self.read_ns.store(block.read_ns.0, Ordering::Relaxed);
        self.exact.store(block.exact, Ordering::Relaxed);
        self.kernel.store(block.stamps == StampSource::Kernel, Ordering::Relaxed);
    }

    fn event(&self, data: String) -> Event {
        Event {
            data,
            recv_ns: Nanos(self.recv_ns.load(Ordering::Relaxed)),
            read_ns: Nanos(self.read_ns.load(Ordering::Relaxed)),
            exact: self.exact.load(Ordering::Relaxed),
            stamps: if self.kernel.load(Ordering::Relaxed) { StampSource::Kernel } else { StampSource::Read },
        }
    }
}

impl<S> Events<S>
where
    S: Stream<Item = Result<Segment, Failure>> + Unpin,
{
    /// Reads events from a body.
    pub fn new(segments: S) -> Self {
        let stamp = Arc::new(Stamp::default());
        // What begins with a byte-order mark panics the parser where it comes first; an empty line means nothing.
        let empty_line = Segment::read(Bytes::from_static(b"\n"), Nanos(0));
        let blocks = Blocks {
            segments,
            splitter: Splitter::default(),
            ready: VecDeque::from([Ok(Block::of(&empty_line, empty_line.bytes.clone()))]),
            ended: false,
            stamp: stamp.clone(),
        };
        Self { parser: EventStream::new(blocks), stamp }
    }
}

impl<S> Stream for Events<S>
where
    S: Stream<Item = Result<Segment, Failure>> + Unpin,
{
    type Item = Result<Event, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(ready!(self.parser.poll_next_unpin(cx)).map(|item| match item {
            Ok(event) => Ok(self.stamp.event(event.data)),
            Err(EventStreamError::Transport(failure)) => Err(failure),
            Err(other) => Err(Failure::new(Outcome::BadResponse, other.to_string())),
        }))
    }
}

/// Passes on one whole event at a time.
struct Blocks<S> {
    segments: S,
    splitter: Splitter,
    ready: VecDeque<Result<Block, Failure>>,
    ended: bool,
    stamp: Arc<Stamp>,
}

#[derive(Debug)]
struct Block {
    bytes: Bytes,
    recv_ns: Nanos,
    read_ns: Nanos,
    exact: bool,
    stamps: StampSource,
}

impl Block {
    /// An event that `segment`'s bytes completed.
    const fn of(segment: &Segment, bytes: Bytes) -> Self {
        let Segment { recv_ns, read_ns, exact, stamps, .. } = *segment;
        Self { bytes, recv_ns, read_ns, exact, stamps }
    }
}

impl<S> Stream for Blocks<S>
where
    S: Stream<Item = Result<Segment, Failure>> + Unpin,
{
    type Item = Result<Bytes, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            match this.ready.pop_front() {
                Some(Ok(block)) => {
                    this.stamp.store(&block);
                    return Poll::Ready(Some(Ok(block.bytes)));
                }
                Some(Err(failure)) => {
                    this.ended = true;
                    return Poll::Ready(Some(Err(failure)));
                }
                None if this.ended => return Poll::Ready(None),
                None => {}
            }
            match ready!(this.segments.poll_next_unpin(cx)) {
                Some(Ok(segment)) => {
                    if let Err(failure) = this.splitter.push(&segment, &mut this.ready) {
                        this.ready.push_back(Err(failure));
                    }
                }
                Some(Err(failure)) => this.ready.push_back(Err(failure)),
                None => {
                    this.ended = true;
                    this.ready.extend(this.splitter.finish().map(Ok));
                }
            }
        }
    }
}

/// Cuts bytes into events, with any of the three line ends as `\n`.
#[derive(Default)]
struct Splitter {
    started: bool,
    /// The event so far: whole lines.
    event: BytesMut,
    /// The line so far.
    line: BytesMut,
    after_carriage_return: bool,
    last: Option<Segment>,
}

impl Splitter {
    fn push(
        &mut self,
        segment: &Segment,
        blocks: &mut VecDeque<Result<Block, Failure>>,
    ) -> Result<(), Failure> {
        // Without its bytes: only the stamp is wanted.
        self.last = Some(Segment { bytes: Bytes::new(), ..*segment });
        let mut rest: &[u8] = &segment.bytes;
        let mut first_new = blocks.len();
        loop {
            if self.started && self.line.is_empty() && self.event.is_empty() {
                while let Some(length) = plain_event(rest) {
                    self.after_carriage_return = false;
                    blocks.push_back(Ok(Block::of(segment, segment.bytes.slice_ref(&rest[..length]))));
                    rest = &rest[length..];
                }
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', rest) else { break };
            let (line, ended) = (&rest[..end], rest[end]);
            let empty_after_return =
                ended == b'\n' && end == 0 && self.after_carriage_return && self.line.is_empty();
            self.after_carriage_return = ended == b'\r';
            rest = &rest[end + 1..];
            if empty_after_return {
                continue;
            }
            self.line.extend_from_slice(line);
            if let Some(bytes) = self.end_line()? {
                blocks.push_back(Ok(Block::of(segment, bytes)));
            }
        }
        if !rest.is_empty() {
            self.after_carriage_return = false;
            self.line.extend_from_slice(rest);
        }
        self.check_length()?;
        // Only the last event of a read has the read's time for its own.
        let unfinished = !self.line.is_empty() || !self.event.is_empty();
        let exact_from = if unfinished { blocks.len() } else { blocks.len().saturating_sub(1) };
        while first_new < exact_from {
            if let Some(Ok(block)) = blocks.get_mut(first_new) {
                block.exact = false;
            }
            first_new += 1;
        }
        Ok(())
    }

    /// Ends the current line; gives the event where the line was the empty one that ends it.
    fn end_line(&mut self) -> Result<Option<Bytes>, Failure> {
        let mut line: &[u8] = &self.line;
        if !self.started {
            self.started = true;
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        if std::str::from_utf8(line).is_err() {
            let shown = super::refusal::quote(&String::from_utf8_lossy(line));
            return Err(Failure::new(
                Outcome::BadResponse,
                format!("invalid UTF-8 in the stream: `{shown}`"),
            ));
        }
        let is_end = line.is_empty();
        if !is_end {
            self.event.extend_from_slice(line);
            self.event.extend_from_slice(b"\n");
        }
        self.line.clear();
        self.check_length()?;
        if !is_end || self.event.is_empty() {
            return Ok(None);
        }
        self.event.extend_from_slice(b"\n");
        Ok(Some(self.event.split().freeze()))
    }

    fn check_length(&self) -> Result<(), Failure> {
        if self.line.len() + self.event.len() > LONGEST_EVENT {
            let limit = LONGEST_EVENT >> 20;
            return Err(Failure::new(
                Outcome::BadResponse,
                format!("an event of the stream is longer than {limit} MiB"),
            ));
        }
        Ok(())
    }

    /// What the end of the body completes: servers may leave out the empty line after the last
    /// event, or even the line's end after `[DONE]`. A line cut anywhere else is dropped.
    fn finish(&mut self) -> Option<Block> {
        if self.line.as_ref() == b"data: [DONE]" {
            self.event.extend_from_slice(b"data: [DONE]\n");
        }
        self.line.clear();
        if self.event.is_empty() {
            return None;
        }
        self.event.extend_from_slice(b"\n");
        let last = self.last.take()?;
        Some(Block { exact: true, ..Block::of(&last, self.event.split().freeze()) })
    }
}

/// The length of the event at the start of these bytes where it can be passed on as it is: whole, its lines ended
/// by `\n`, valid and not too long. Nearly every event is such, and need not be copied.
fn plain_event(bytes: &[u8]) -> Option<usize> {
    let mut line = 0;
    let length = loop {
        let end = line + memchr::memchr2(b'\n', b'\r', &bytes[line..])?;
        match bytes[end] {
            b'\n' if end > line => line = end + 1,
            b'\n' if end > 0 => break end + 1,
            _ => return None,
        }
    };
    (length <= LONGEST_EVENT && std::str::from_utf8(&bytes[..length]).is_ok()).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use proptest::prelude::*;

    fn segments(parts: &[&[u8]]) -> Vec<Result<Segment, Failure>> {
        (1..).zip(parts).map(|(n, part)| Ok(Segment::read(Bytes::copy_from_slice(part), Nanos(n)))).collect()
    }

    fn read(parts: &[&[u8]]) -> Vec<Result<(String, u64, bool), Outcome>> {
        let events = Events::new(stream::iter(segments(parts)));
        futures_util::FutureExt::now_or_never(events.collect::<Vec<_>>())
            .expect("a stream from memory is always ready")
            .into_iter()
            .map(|item| item.map(|e| (e.data, e.recv_ns.0, e.exact)).map_err(|f| f.outcome))
            .collect()
    }

    fn data(parts: &[&[u8]]) -> Vec<String> {
        read(parts).into_iter().map(|item| item.unwrap().0).collect()
    }

    #[test]
    fn an_event_has_the_stamp_of_the_read_that_completed_it() {
        assert_eq!(
            read(&[b"data: a\n\nda", b"ta: b\n\n", b"data: c\n\ndata: d\n\n"]),
            [
                Ok(("a".into(), 1, false)),
                Ok(("b".into(), 2, true)),
                Ok(("c".into(), 3, false)),
                Ok(("d".into(), 3, true)),
            ]
        );
    }

    #[test]
    fn every_line_end_and_every_cut_gives_the_same_events() {
        let text =
            "data: {\"a\":\"ü€😀\"}\n\n: comment\n\nevent: x\ndata:b\ndata: c\nid: 7\n\ndata: [DONE]\n\n";
        let expected = ["{\"a\":\"ü€😀\"}", "b\nc", "[DONE]"];
        for end in ["\n", "\r\n", "\r"] {
            let bytes = text.replace('\n', end).into_bytes();
            assert_eq!(data(&[&bytes]), expected, "{end:?} in one piece");
            for cut in 0..=bytes.len() {
                assert_eq!(data(&[&bytes[..cut], &bytes[cut..]]), expected, "{end:?} cut at {cut}");
            }
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(data(&single), expected, "{end:?} byte by byte");
        }
    }

    #[test]
    fn a_byte_order_mark_is_stripped_once() {
        assert_eq!(data(&[b"\xef\xbb", b"\xbfdata: a\n\n"]), ["a"]);
        // A second one belongs to a field's name, which nobody knows.
        assert_eq!(data(&["\u{feff}\u{feff}data: a\n\ndata: b\n\n".as_bytes()]), ["b"]);
        assert_eq!(data(&["\n\u{feff}data: a\n\ndata: b\n\n".as_bytes()]), ["b"]);
    }

    #[test]
    fn invalid_utf8_fails_at_once_and_keeps_what_came_before() {
        let got = read(&[b"data: a\n\ndata: \xff\n\n", b"data: b\n\n"]);
        assert_eq!(got, [Ok(("a".into(), 1, true)), Err(Outcome::BadResponse)]);
    }

    #[test]
    fn an_endless_line_is_refused() {
        let long = vec![b'x'; LONGEST_EVENT + 1];
        assert_eq!(read(&[&long]), [Err(Outcome::BadResponse)]);
    }

    #[test]
    fn the_end_of_the_body_completes_whole_lines_and_done_only() {
        assert_eq!(data(&[b"data: a\n"]), ["a"]);
        assert_eq!(data(&[b"data: [DONE]"]), ["[DONE]"]);
        assert_eq!(data(&[b"data: a\n\ndata: {\"cut"]), ["a"]);
    }

    #[test]
    fn a_failure_of_the_transport_comes_after_the_events_before_it() {
        let mut parts = segments(&[b"data: a\n\n"]);
        parts.push(Err(Failure::new(Outcome::Reset, "gone")));
        let items: Vec<_> =
            futures_util::FutureExt::now_or_never(Events::new(stream::iter(parts)).collect::<Vec<_>>())
                .unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!(items[1].as_ref().unwrap_err().outcome, Outcome::Reset);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..12)) {
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let _ = read(&parts);
        }

        /// Byte by byte, no event is whole in a read; in one piece, those that can be are passed on as they are.
        #[test]
        fn one_piece_reads_as_single_bytes_do(parts in proptest::collection::vec(
            proptest::sample::select(vec!["data: a", "data:", "x", ":", "\u{feff}", "é", "\n", "\n\n", "\r", "\r\n", "\0"]), 0..24,
        ), invalid in proptest::option::of(0usize..24)) {
            let mut bytes = parts.concat().into_bytes();
            if let Some(at) = invalid.filter(|at| *at < bytes.len()) {
                bytes[at] = 0xff;
            }
            let without_stamps = |parts: &[&[u8]]| -> Vec<_> {
                read(parts).into_iter().map(|item| item.map(|(data, ..)| data)).collect()
            };
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            prop_assert_eq!(without_stamps(&[&bytes]), without_stamps(&single));
        }

        #[test]
        fn cuts_never_change_the_data(texts in proptest::collection::vec("[a-zäé€ :]{1,12}", 1..8), cuts in proptest::collection::vec(0usize..400, 0..10)) {
            let mut bytes = Vec::new();
            for text in &texts {
                bytes.extend_from_slice(format!("data: {text}\r\n\r\n").as_bytes());
            }
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c % (bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let parts: Vec<&[u8]> = cuts.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
            prop_assert_eq!(data(&parts), texts);
        }
    }
}
