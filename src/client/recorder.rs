//! A transport that keeps what comes through it, for whoever wants to see more of a stream than its exchange holds.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use super::failure::Failure;
use super::request::Request;
use super::transport::{Opened, Segment, Transport};
use crate::model::trace::StampSource;
use crate::model::units::Nanos;

/// Carries requests over another transport. Not for measuring: it copies.
#[derive(Debug, Clone)]
pub struct Recorder<T> {
    inner: T,
    kept: Arc<Mutex<Vec<Segment>>>,
}

impl<T> Recorder<T> {
    /// A recorder in front of a transport.
    pub fn new(inner: T) -> Self {
        Self { inner, kept: Arc::default() }
    }

    /// What came since this was last called.
    #[must_use]
    pub fn take(&self) -> Vec<Segment> {
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T: Transport> Transport for Recorder<T> {
    type Body = BoxStream<'static, Result<Segment, Failure>>;

    async fn send(&self, request: &Request, sent: &mut Nanos) -> Result<Opened<Self::Body>, Failure> {
        let Opened { head, body } = self.inner.send(request, sent).await?;
        let kept = self.kept.clone();
        let keep = move |item: &Result<Segment, Failure>| {
            if let Ok(segment) = item {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(segment.clone());
            }
        };
        Ok(Opened { head, body: body.inspect(keep).boxed() })
    }

    async fn warm_connections(&self, connections: u32) {
        self.inner.warm_connections(connections).await;
    }

    fn stamps(&self) -> StampSource {
        self.inner.stamps()
    }

    fn name(&self) -> &'static str {
        self.inner.name()
    }
}
