//! What load is put on: anything that answers a request with an exchange.

use std::future::Future;

use tokio_util::sync::CancellationToken;

use crate::client::exchange::Client;
use crate::client::request::Request;
use crate::client::transport::Transport;
use crate::model::exchange::Exchange;
use crate::model::health::StampFaults;
use crate::model::units::Nanos;

/// One side of a run, as the engine sees it. A real server behind a [`Client`], or a simulated one
/// under virtual time in tests.
pub trait Target: Send + Sync + 'static {
    /// Sends a request and waits for its end.
    fn exchange(
        &self,
        request: &Request,
        scheduled_ns: Nanos,
        cancel: &CancellationToken,
    ) -> impl Future<Output = Exchange> + Send;

    /// What became of kernel stamps that were promised, so far.
    fn stamp_faults(&self) -> StampFaults {
        StampFaults::default()
    }

    /// Gets ready for this many requests at once.
    fn prepare(&self, concurrency: u32) -> impl Future<Output = ()> + Send;
}

impl<T: Transport> Target for Client<T> {
    fn exchange(
        &self,
        request: &Request,
        scheduled_ns: Nanos,
        cancel: &CancellationToken,
    ) -> impl Future<Output = Exchange> + Send {
        self.exchange(request, scheduled_ns, cancel)
    }

    fn stamp_faults(&self) -> StampFaults {
        self.transport().stamp_faults()
    }

    fn prepare(&self, concurrency: u32) -> impl Future<Output = ()> + Send {
        self.transport().warm_connections(concurrency)
    }
}
