//! A response's body, each piece with the stamp of the read that carried it.
//!
//! hyper hands on one piece at a time and reads no further until it is taken, so the newest read when a piece
//! comes out is the one that completed it. That holds for hyper 1 and is not promised: a test compares it with the
//! bytes of every read. Mostly a read carries one chunk whole and nothing else, which its bytes tell. Where it may carry
//! another, a piece is held back until that is known, which costs no time: the next is looked for at once.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use hyper::body::{Body as _, Incoming};

use super::connection::Connection;
use super::pool::Pool;
use super::stamped::Received;
use crate::client::failure::{Failure, classify_stream};
use crate::client::transport::Segment;

/// Pieces up to this length are copied where that spares a buffer.
const LONGEST_COPY: usize = 1_024;

/// The body of a response.
pub struct Body {
    incoming: Incoming,
    /// `None` once it has gone back to the pool or broken.
    connection: Option<Connection>,
    pool: Arc<Pool>,
    held: Option<(Received, Segment)>,
    /// Nothing more is to be read ...
    ended: bool,
    /// ... because of this.
    failed: Option<Failure>,
    #[cfg(test)]
    pub(super) credited: Vec<(u64, usize)>,
}

impl Body {
    pub(super) const fn new(incoming: Incoming, connection: Connection, pool: Arc<Pool>) -> Self {
        Self {
            incoming,
            connection: Some(connection),
            pool,
            held: None,
            ended: false,
            failed: None,
            #[cfg(test)]
            credited: Vec::new(),
        }
    }

    /// The connection, for the test of which read a piece is credited to.
    #[cfg(test)]
    pub(super) const fn connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    /// Takes in a piece; gives the one before it, or this one where it is known to have been alone in its read.
    fn take_in(&mut self, bytes: Bytes) -> Option<Segment> {
        let read = self.connection.as_ref()?.newest.read();
        #[cfg(test)]
        self.credited.push((read.number, bytes.len()));
        let is_alone = read.lone_chunk == bytes.len();
        let mut segment =
            Segment { bytes, recv_ns: read.recv_ns, read_ns: read.read_ns, exact: true, stamps: read.stamps };
        let is_first = self.held.is_none();
        if is_alone && is_first {
            return Some(segment);
        }
        // hyper is asked for more at once. While a piece holds on to its buffer it takes a new one for that, far
        // larger than the piece: a small copy costs less.
        if is_first && segment.bytes.len() <= LONGEST_COPY {
            segment.bytes = Bytes::copy_from_slice(&segment.bytes);
        }
        let (before, mut earlier) = self.held.replace((read, segment))?;
        earlier.exact = before.number != read.number;
        Some(earlier)
    }

    fn release(&mut self) -> Option<Segment> {
        self.held.take().map(|(_, segment)| segment)
    }

    /// The body is whole: the connection may serve another request, unless the server closes it.
    fn finish(&mut self, cx: &mut Context<'_>) {
        self.ended = true;
        if let Some(mut connection) = self.connection.take()
            && connection.drive(cx).is_pending()
        {
            self.pool.put(connection);
        }
    }
}

impl Stream for Body {
    type Item = Result<Segment, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        while !this.ended {
            if let Some(connection) = &mut this.connection {
                // An error of the connection reaches the body too, which says it better.
                let _told_by_the_body = connection.drive(cx);
            }
            match Pin::new(&mut this.incoming).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers carry nothing that is measured.
                    let Ok(bytes) = frame.into_data() else { continue };
                    if let Some(segment) = this.take_in(bytes) {
                        return Poll::Ready(Some(Ok(segment)));
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    this.ended = true;
                    this.connection = None;
                    this.failed = Some(classify_stream(&error));
                }
                Poll::Ready(None) => this.finish(cx),
                Poll::Pending => {
                    return match this.release() {
                        Some(segment) => Poll::Ready(Some(Ok(segment))),
                        None => Poll::Pending,
                    };
                }
            }
        }
        if let Some(segment) = this.release() {
            return Poll::Ready(Some(Ok(segment)));
        }
        Poll::Ready(this.failed.take().map(Err))
    }
}
