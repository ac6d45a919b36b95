//! One connection. It has no task of its own: whoever waits for its response drives it, so that nothing lies
//! between a byte's arrival and its reader but this thread.

use std::future::Future;
use std::os::fd::{AsRawFd as _, RawFd};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

use super::stamped::{Newest, Stamped};

/// The two kinds of streams that a connection may run over.
#[derive(Debug)]
pub(super) enum Wire {
    Plain(Stamped),
    Tls(Box<TlsStream<Stamped>>),
}

impl Wire {
    pub(super) fn stamped(&self) -> &Stamped {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// The request of one exchange.
pub(super) type Outgoing = hyper::Request<Full<Bytes>>;

/// A connection over which one exchange runs at a time.
pub(super) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: http1::Connection<TokioIo<Wire>, Full<Bytes>>,
    pub(super) newest: Arc<Newest>,
    /// The socket's number, valid as long as `driver` holds the socket.
    socket: RawFd,
    /// The driver has ended, and must not be polled again.
    is_over: bool,
    pub(super) idle_since: Instant,
}

impl Connection {
    /// Speaks HTTP/1.1 over a stream, nothing sent yet.
    pub(super) async fn handshake(wire: Wire) -> hyper::Result<Self> {
        let (newest, socket) = (wire.stamped().newest(), wire.stamped().as_raw_fd());
        let (sender, driver) = http1::Builder::new().handshake(TokioIo::new(wire)).await?;
        Ok(Self { sender, driver, newest, socket, is_over: false, idle_since: Instant::now() })
    }

    /// Whether a request can be sent: open, and nothing has come in unasked.
    pub(super) fn is_usable(&self) -> bool {
        !self.is_over && !self.sender.is_closed() && Stamped::is_quiet(self.socket)
    }

    /// Sends a request and waits for the head of the response.
    pub(super) async fn send(&mut self, request: Outgoing) -> hyper::Result<hyper::Response<Incoming>> {
        // The driver must have been polled before it takes a request; after a response it has to be again.
        std::future::poll_fn(|cx| {
            let ready = self.sender.poll_ready(cx);
            if ready.is_ready() {
                return ready;
            }
            match self.drive(cx) {
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Ready(Ok(())) | Poll::Pending => self.sender.poll_ready(cx),
            }
        })
        .await?;
        let mut response = Box::pin(self.sender.send_request(request));
        std::future::poll_fn(|cx| {
            // The driver writes and reads; what it has read then lies ready.
            let driven = self.drive(cx);
            match (response.as_mut().poll(cx), driven) {
                (Poll::Pending, Poll::Ready(Err(error))) => Poll::Ready(Err(error)),
                (answered, _) => answered,
            }
        })
        .await
    }

    /// Lets the connection write and read. Ready once it has come to its end.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        if self.is_over {
            return Poll::Ready(Ok(()));
        }
        let driven = Pin::new(&mut self.driver).poll(cx);
        self.is_over = driven.is_ready();
        driven
    }
}
