//! The seam between labctl and the network: whoever carries the bytes says when they came.

use std::future::Future;

use bytes::Bytes;
use futures_util::Stream;

use super::failure::Failure;
use super::request::Request;
use crate::model::trace::StampSource;
use crate::model::units::Nanos;

/// Bytes of a response's body with the time they were received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The bytes.
    pub bytes: Bytes,
    /// When they were received; taken before anything looks at them.
    pub recv_ns: Nanos,
    /// When labctl saw them; equal to `recv_ns` where the stamp is labctl's own.
    pub read_ns: Nanos,
    /// False where later bytes were already there when these were seen: their own time is then not
    /// known apart.
    pub exact: bool,
    /// Whose stamp `recv_ns` is.
    pub stamps: StampSource,
}

impl Segment {
    /// Bytes stamped by labctl itself, with nothing more behind them.
    #[must_use]
    pub const fn read(bytes: Bytes, recv_ns: Nanos) -> Self {
        Self { bytes, recv_ns, read_ns: recv_ns, exact: true, stamps: StampSource::Read }
    }
}

/// The head of a response.
#[derive(Debug, Clone)]
pub struct Head {
    /// Status code.
    pub status: u16,
    /// `Content-Type`, lower case, without parameters.
    pub content_type: Option<String>,
    /// `Retry-After` in seconds.
    pub retry_after_s: Option<f64>,
    /// When it arrived.
    pub headers_ns: Nanos,
    /// True where the request had to be sent a second time, because the server closed the idle
    /// connection on which it was sent first.
    pub resent: bool,
}

/// A response whose head has arrived.
pub struct Opened<B> {
    /// Its head.
    pub head: Head,
    /// Its body.
    pub body: B,
}

/// Carries requests to one endpoint.
pub trait Transport: Send + Sync + 'static {
    /// The body of a response.
    type Body: Stream<Item = Result<Segment, Failure>> + Send + Unpin;

    /// Sends a request and waits for the response's head. `sent` is told the moment the request
    /// was written.
    fn send(
        &self,
        request: &Request,
        sent: &mut Nanos,
    ) -> impl Future<Output = Result<Opened<Self::Body>, Failure>> + Send;

    /// Opens this many connections ahead of time, so that none is opened under measurement.
    fn warm_connections(&self, connections: u32) -> impl Future<Output = ()> + Send;

    /// Whose stamps the segments carry.
    fn stamps(&self) -> StampSource;

    /// The name in results.
    fn name(&self) -> &'static str;
}
