//! Server-sent events on a connection, with the faults of their form, and the ground truth of each.
//! They are written at once, or laid out for the pacer to write at their times.

use std::io;

use super::faults::{FaultKind, Struck};
use super::ground_truth::Record;
use super::http::{self, Connection};
use super::pacer::{Pacer, Script};
use crate::model::trace::ChunkKind;
use crate::model::units::Nanos;

/// How the events of one stream are written.
#[derive(Debug, Clone, Copy)]
struct Form {
    line_end: &'static str,
    comments: bool,
    byte_order_mark: bool,
    split: bool,
}

/// Between the two parts of an event that is split: long enough for a client to read the first alone.
const SPLIT: Nanos = Nanos(1_000_000);

/// An open stream of events. Fill `payload`, then `send`; `play` at the end.
pub(super) struct EventStream<'a> {
    /// The connection it is written to.
    pub(super) connection: &'a mut Connection,
    /// The request's ground truth.
    pub(super) record: &'a mut Record,
    /// The event's data; empty again after it was sent.
    pub(super) payload: Vec<u8>,
    form: Form,
    body: Vec<u8>,
    frame: Vec<u8>,
    /// Where events go that are to be written later.
    script: Option<Later>,
}

/// Events that are to be written later.
#[derive(Default)]
struct Later {
    script: Script,
    /// When the event before is due.
    at: Nanos,
    /// How much later everything is than it was meant to be.
    stalled: Nanos,
    /// Whether nothing comes any more, and the connection stays.
    hangs: bool,
}

impl<'a> EventStream<'a> {
    /// Writes the response's head. Where the events come `later`, they are laid out until `play`.
    pub(super) async fn open(
        connection: &'a mut Connection,
        record: &'a mut Record,
        struck: &Struck<'_>,
        later: bool,
    ) -> io::Result<Self> {
        let head = http::head(200, "text/event-stream; charset=utf-8", None, &record.truth.id, &[]);
        record.truth.status = 200;
        connection.write(&head).await?;
        let form = Form {
            line_end: if struck.has(&FaultKind::CrLf) { "\r\n" } else { "\n" },
            comments: struck.has(&FaultKind::Comments),
            byte_order_mark: struck.has(&FaultKind::ByteOrderMark),
            split: struck.has(&FaultKind::SplitWrites),
        };
        let buffer = || Vec::with_capacity(512);
        let script = later.then(Later::default);
        Ok(Self { connection, record, payload: buffer(), form, body: buffer(), frame: buffer(), script })
    }

    /// Holds the stream up, for ever where no time is given. False where nothing is to follow.
    pub(super) async fn stall(&mut self, seconds: Option<f64>) -> bool {
        let Some(later) = &mut self.script else { return self.connection.wait(seconds).await };
        match seconds {
            Some(seconds) => later.stalled = later.stalled.plus(Nanos::from_secs_f64(seconds)),
            None => later.hangs = true,
        }
        !later.hangs
    }

    /// Has the events that were laid out written at their times, and waits for the last of them. False
    /// where the client left before.
    pub(super) async fn play(&mut self, pacer: &Pacer) -> bool {
        let Some(Later { script, hangs, .. }) = self.script.take() else { return true };
        let mut playing = pacer.play(self.connection.socket(), script, self.record.take());
        let played = tokio::select! {
            biased;
            played = playing.ended() => played,
            () = self.connection.closed() => playing.cancel().await,
        };
        let Some(played) = played else { return false };
        *self.record = played.record;
        self.record.truth.finished &= played.whole;
        if hangs && played.whole {
            self.connection.closed().await;
        }
        played.whole && !hangs
    }

    /// Writes the payload as one event, in one call unless it is to be split. One without a time of its own
    /// (`due` 0) follows the one before.
    pub(super) async fn send(&mut self, kind: ChunkKind, tokens: u32, due: Nanos) -> io::Result<()> {
        self.body.clear();
        if std::mem::take(&mut self.form.byte_order_mark) {
            self.body.extend_from_slice("\u{feff}".as_bytes());
        }
        let line_end = self.form.line_end.as_bytes();
        if self.form.comments {
            for part in [&b": keep-alive"[..], line_end, line_end] {
                self.body.extend_from_slice(part);
            }
        }
        for part in [&b"data: "[..], &self.payload, line_end, line_end] {
            self.body.extend_from_slice(part);
        }
        self.payload.clear();
        let cut = if self.form.split { cut_position(&self.body) } else { 0 };
        if let Some(later) = &mut self.script {
            let mut at = later.at.max(due.plus(later.stalled));
            if cut > 0 {
                self.frame.clear();
                http::frame(&self.body[..cut], &mut self.frame);
                later.script.add(&self.frame, at, None);
                at = at.plus(SPLIT);
            }
            self.frame.clear();
            http::frame(&self.body[cut..], &mut self.frame);
            // What carries no token was never due.
            let told_due = if tokens > 0 { due } else { Nanos(0) };
            later.script.add(&self.frame, at, Some((kind, tokens, told_due)));
            later.at = at;
            return Ok(());
        }
        let mut first = None;
        if cut > 0 {
            self.frame.clear();
            http::frame(&self.body[..cut], &mut self.frame);
            first = Some(self.connection.write(&self.frame).await?.0);
            tokio::time::sleep(std::time::Duration::from_nanos(SPLIT.0)).await;
        }
        self.frame.clear();
        http::frame(&self.body[cut..], &mut self.frame);
        let (before, after) = self.connection.write(&self.frame).await?;
        self.record.chunk(kind, tokens, due, first.unwrap_or(before), after);
        Ok(())
    }

    /// Ends the response in order.
    pub(super) async fn close(&mut self) -> io::Result<()> {
        const END: &[u8] = b"0\r\n\r\n";
        if let Some(later) = &mut self.script {
            later.script.add(END, later.at, None);
            return Ok(());
        }
        self.connection.write(END).await.map(drop)
    }
}

/// Within the first character of several bytes (a byte order mark at the start aside), else the middle.
fn cut_position(body: &[u8]) -> usize {
    let start = if body.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
    let multibyte = body[start..].iter().position(|byte| !byte.is_ascii());
    multibyte.map_or(body.len() / 2, |position| start + position + 1)
}
