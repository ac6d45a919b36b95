//! Which transport carries the measured streams: the kernel-stamped one where it can be had, else reqwest.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::Stream;

use super::clock::Clock;
use super::failure::Failure;
use super::http::{Gathered, HttpTransport};
#[cfg(all(target_os = "linux", feature = "kernel-stamps"))]
use super::kernel::{Body, KernelTransport};
use super::request::Request;
use super::secret::Secret;
use super::setup::SetupError;
use super::transport::{Opened, Segment, Transport};
use crate::model::config::{Endpoint, TransportChoice};
use crate::model::health::StampFaults;
use crate::model::trace::StampSource;
use crate::model::units::Nanos;

/// Whether this build can ask the kernel for receive times.
pub const HAS_KERNEL_STAMPS: bool = cfg!(all(target_os = "linux", feature = "kernel-stamps"));

/// The transport of measured streams.
#[derive(Debug, Clone)]
pub enum AnyTransport {
    /// Stamped by the kernel.
    #[cfg(all(target_os = "linux", feature = "kernel-stamps"))]
    Kernel(KernelTransport),
    /// The portable path.
    Reqwest(HttpTransport),
}

impl AnyTransport {
    /// The transport that `choice` means for this endpoint. `portable` is the one that asks the endpoint everything
    /// else, and carries the streams too where the kernel's stamps can't be had.
    pub fn new(
        choice: TransportChoice,
        endpoint: &Endpoint,
        key: Option<&Secret>,
        clock: Clock,
        portable: &HttpTransport,
    ) -> Result<Self, SetupError> {
        let wants_kernel = match choice {
            TransportChoice::Auto => HAS_KERNEL_STAMPS && endpoint.proxy.is_none(),
            TransportChoice::Kernel => true,
            TransportChoice::Reqwest => false,
        };
        if !wants_kernel {
            return Ok(Self::Reqwest(portable.clone()));
        }
        Self::kernel(endpoint, key, clock)
    }

    #[cfg(all(target_os = "linux", feature = "kernel-stamps"))]
    fn kernel(endpoint: &Endpoint, key: Option<&Secret>, clock: Clock) -> Result<Self, SetupError> {
        KernelTransport::new(endpoint, key, clock).map(Self::Kernel)
    }

    #[cfg(not(all(target_os = "linux", feature = "kernel-stamps")))]
    fn kernel(_: &Endpoint, _: Option<&Secret>, _: Clock) -> Result<Self, SetupError> {
        Err(SetupError::Invalid {
            what: "`transport: kernel`",
            why: "this build or platform has no kernel receive stamps; use `auto` or `reqwest`".to_owned(),
        })
    }
}

/// Does the same with whichever transport it is.
macro_rules! either {
    ($self:expr, $transport:pat => $body:expr) => {
        match $self {
            #[cfg(all(target_os = "linux", feature = "kernel-stamps"))]
            AnyTransport::Kernel($transport) => $body,
            AnyTransport::Reqwest($transport) => $body,
        }
    };
}

/// The body of a response on either.
pub enum AnyBody {
    /// Stamped by the kernel.
    #[cfg(all(target_os = "linux", feature = "kernel-stamps"))]
    Kernel(Box<Body>),
    /// The portable path.
    Reqwest(Gathered),
}

impl Stream for AnyBody {
    type Item = Result<Segment, Failure>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.get_mut() {
            #[cfg(all(target_os = "linux", feature = "kernel-stamps"))]
            Self::Kernel(body) => Pin::new(body).poll_next(cx),
            Self::Reqwest(body) => Pin::new(body).poll_next(cx),
        }
    }
}

impl Transport for AnyTransport {
    type Body = AnyBody;

    async fn send(&self, request: &Request, sent: &mut Nanos) -> Result<Opened<AnyBody>, Failure> {
        match self {
            #[cfg(all(target_os = "linux", feature = "kernel-stamps"))]
            Self::Kernel(transport) => {
                let Opened { head, body } = transport.send(request, sent).await?;
                Ok(Opened { head, body: AnyBody::Kernel(Box::new(body)) })
            }
            Self::Reqwest(transport) => {
                let Opened { head, body } = transport.send(request, sent).await?;
                Ok(Opened { head, body: AnyBody::Reqwest(body) })
            }
        }
    }

    async fn warm_connections(&self, connections: u32) {
        either!(self, transport => transport.warm_connections(connections).await);
    }

    fn stamps(&self) -> StampSource {
        either!(self, transport => transport.stamps())
    }

    fn stamp_faults(&self) -> StampFaults {
        either!(self, transport => transport.stamp_faults())
    }

    fn name(&self) -> &'static str {
        either!(self, transport => transport.name())
    }
}
