//! The seam between labctl and the network: whoever carries the bytes says when they came.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};

use super::failure::Failure;
use super::request::Request;
use crate::model::health::StampFaults;
use crate::model::trace::StampSource;
use crate::model::units::Nanos;

/// How long a connection may lie idle before it is given up. Common servers close theirs after 5 s;
/// a request that crosses the closing is lost.
pub(super) const LONGEST_IDLE: Duration = Duration::from_secs(3);

/// A request that crosses the closing of its connection fails within a round trip. One that fails later was worked
/// on: to send it again would hide a failure, and count its time from the second attempt.
pub(super) const LONGEST_CROSSING: Duration = Duration::from_secs(1);

/// Said after the message of a request that failed at its second sending.
pub(super) const SENT_TWICE: &str = "; sent a second time, for the server closed the first connection";

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

impl Head {
    /// The head of a response that arrived at `headers_ns`.
    pub(super) fn new(status: StatusCode, headers: &HeaderMap, headers_ns: Nanos, resent: bool) -> Self {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        Self {
            status: status.as_u16(),
            content_type: text(CONTENT_TYPE)
                .map(|t| t.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()),
            retry_after_s: text(RETRY_AFTER).and_then(|t| t.trim().parse().ok()),
            headers_ns,
            resent,
        }
    }
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

    /// What became of stamps that were promised.
    fn stamp_faults(&self) -> StampFaults {
        StampFaults::default()
    }

    /// The name in results.
    fn name(&self) -> &'static str;
}
