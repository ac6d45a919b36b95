//! Server-sent events on a connection, with the faults of their form, and the ground truth of each.

use std::io;

use super::faults::{FaultKind, Struck};
use super::ground_truth::Record;
use super::http::{self, Connection};
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

/// An open stream of events. Fill `payload`, then `send`.
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
}

impl<'a> EventStream<'a> {
    /// Writes the response's head.
    pub(super) async fn open(
        connection: &'a mut Connection,
        record: &'a mut Record,
        struck: &Struck<'_>,
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
        Ok(Self { connection, record, payload: buffer(), form, body: buffer(), frame: buffer() })
    }

    /// Writes the payload as one event, in one call unless it is to be split.
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
        let mut first = None;
        if cut > 0 {
            self.frame.clear();
            http::frame(&self.body[..cut], &mut self.frame);
            first = Some(self.connection.write(&self.frame).await?.0);
            // Long enough for a client to read the first part alone.
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        self.frame.clear();
        http::frame(&self.body[cut..], &mut self.frame);
        let (before, after) = self.connection.write(&self.frame).await?;
        self.record.chunk(kind, tokens, due, first.unwrap_or(before), after);
        Ok(())
    }

    /// Ends the response in order.
    pub(super) async fn close(self) -> io::Result<()> {
        self.connection.write(b"0\r\n\r\n").await.map(drop)
    }
}

/// Within the first character of several bytes (a byte order mark at the start aside), else the middle.
fn cut_position(body: &[u8]) -> usize {
    let start = if body.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
    let multibyte = body[start..].iter().position(|byte| !byte.is_ascii());
    multibyte.map_or(body.len() / 2, |position| start + position + 1)
}
