//! HTTP/1.1 on one connection, close to the bytes: what a general server hides, the simulator must
//! decide (which bytes one write holds, when a connection breaks) and know (when a request's last
//! byte was received).

use std::future::pending;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;

use super::clock;
use super::errors::reason;
use crate::model::trace::StampSource;
use crate::model::units::Nanos;

const HEAD_LIMIT: usize = 64 * 1024;
const BODY_LIMIT: usize = 64 * 1024 * 1024;
const READ_SIZE: usize = 16 * 1024;

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// `GET`, `POST`, …
    pub(super) method: String,
    /// The path without its query.
    pub(super) path: String,
    /// `X-Request-Id`, where it is one that can be echoed.
    pub(super) id: Option<String>,
    /// `Authorization`.
    pub(super) authorization: Option<String>,
    /// Whether the client wants the connection closed after the response.
    pub(super) close: bool,
    /// The body.
    pub(super) body: Vec<u8>,
    /// When the last byte was received.
    pub(super) received: Nanos,
    /// Whose clock stamped it.
    pub(super) received_by: StampSource,
}

/// Why there is no further request.
#[derive(Debug)]
pub(super) enum NoRequest {
    /// The client closed, or the connection broke.
    Closed,
    /// What came is not a request: the status and words to refuse it with.
    Malformed(u16, &'static str),
}

impl From<io::Error> for NoRequest {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

/// A connection from a client.
#[derive(Debug)]
pub(super) struct Connection {
    /// Shared with the pacer while it writes.
    stream: Arc<TcpStream>,
    /// Received and not yet used.
    inbox: Vec<u8>,
    /// When the last of it was received.
    stamp: (Nanos, StampSource),
    /// Room for the kernel's stamp.
    #[cfg(target_os = "linux")]
    control: Vec<u8>,
}

impl Connection {
    /// Sets the connection up: no delay, receive stamps where the kernel has them.
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        #[cfg(target_os = "linux")]
        nix::sys::socket::setsockopt(&stream, nix::sys::socket::sockopt::ReceiveTimestampns, &true)?;
        Ok(Self {
            stream: Arc::new(stream),
            inbox: Vec::new(),
            stamp: (Nanos(0), StampSource::Read),
            #[cfg(target_os = "linux")]
            control: nix::cmsg_space!(nix::sys::time::TimeSpec),
        })
    }

    /// Reads what is there, or waits for it. 0: the client has closed. Nothing is lost where the
    /// future is dropped.
    async fn fill(&mut self) -> io::Result<usize> {
        let Self { stream, inbox, stamp, .. } = self;
        let stream = &**stream;
        #[cfg(target_os = "linux")]
        let control = &mut self.control;
        stream
            .async_io(tokio::io::Interest::READABLE, || {
                let mut buffer = [0; READ_SIZE];
                #[cfg(target_os = "linux")]
                let (length, received) = receive(stream, &mut buffer, control)?;
                #[cfg(not(target_os = "linux"))]
                let (length, received) = (stream.try_read(&mut buffer)?, None);
                inbox.extend_from_slice(&buffer[..length]);
                *stamp = match received {
                    Some(received) => (received, StampSource::Kernel),
                    None => (clock::now(), StampSource::Read),
                };
                Ok(length)
            })
            .await
    }

    /// Waits until the client has closed the connection. What it sends meanwhile is kept.
    pub(super) async fn closed(&mut self) {
        while self.inbox.len() < BODY_LIMIT {
            if !matches!(self.fill().await, Ok(1..)) {
                return;
            }
        }
    }

    /// Waits, for ever where no time is given. False where the client left.
    pub(super) async fn wait(&mut self, seconds: Option<f64>) -> bool {
        let time = async {
            match seconds {
                // What is too long for a duration is for ever too.
                Some(s) => {
                    let time = Duration::try_from_secs_f64(s.max(0.0)).unwrap_or(Duration::MAX);
                    tokio::time::sleep(time).await;
                }
                None => pending().await,
            }
        };
        tokio::select! {
            () = time => true,
            () = self.closed() => false,
        }
    }

    /// The next request.
    pub(super) async fn request(&mut self) -> Result<Request, NoRequest> {
        let (mut request, head_length, framing) = loop {
            if let Some(parsed) = parse_head(&self.inbox)? {
                break parsed;
            }
            if self.inbox.len() > HEAD_LIMIT {
                return Err(NoRequest::Malformed(431, "the request's head is too long"));
            }
            self.fill_some().await?;
        };
        if framing.expects_continue {
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let used = loop {
            let rest = &self.inbox[head_length..];
            let complete = match framing.length {
                Some(length) if length > BODY_LIMIT => {
                    return Err(NoRequest::Malformed(413, "the body is too long"));
                }
                Some(length) => (rest.len() >= length).then(|| (rest[..length].to_vec(), length)),
                None => dechunk(rest)?,
            };
            if let Some((body, length)) = complete {
                request.body = body;
                break head_length + length;
            }
            if rest.len() > BODY_LIMIT {
                return Err(NoRequest::Malformed(413, "the body is too long"));
            }
            self.fill_some().await?;
        };
        self.inbox.drain(..used);
        (request.received, request.received_by) = self.stamp;
        Ok(request)
    }

    async fn fill_some(&mut self) -> Result<(), NoRequest> {
        if self.fill().await? == 0 { Err(NoRequest::Closed) } else { Ok(()) }
    }

    /// Writes all of it, in one call where the socket takes it; the times before and after.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<(Nanos, Nanos)> {
        let before = clock::now();
        let mut written = 0;
        while written < bytes.len() {
            match self.stream.try_write(&bytes[written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(more) => written += more,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.stream.writable().await?,
                Err(error) => return Err(error),
            }
        }
        Ok((before, clock::now()))
    }

    /// The socket, for whoever writes in this one's place.
    pub(super) fn socket(&self) -> Arc<TcpStream> {
        Arc::clone(&self.stream)
    }

    /// Makes the coming close a reset (RST) instead of an orderly end.
    pub(super) fn reset_on_close(&self) {
        // Where it fails the socket is gone already.
        let _ = self.stream.set_zero_linger();
    }
}

/// One `recvmsg`, and the kernel's stamp of the bytes on the monotonic clock.
#[cfg(target_os = "linux")]
fn receive(stream: &TcpStream, buffer: &mut [u8], control: &mut [u8]) -> io::Result<(usize, Option<Nanos>)> {
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
    use std::os::fd::AsRawFd as _;

    let mut parts = [io::IoSliceMut::new(buffer)];
    let message = recvmsg::<()>(stream.as_raw_fd(), &mut parts, Some(control), MsgFlags::empty())?;
    let stamp = message.cmsgs().ok().and_then(|mut list| {
        list.find_map(|m| if let ControlMessageOwned::ScmTimestampns(t) = m { Some(t) } else { None })
    });
    let nanoseconds = stamp.map(|t| t.tv_sec().cast_unsigned() * 1_000_000_000 + t.tv_nsec().cast_unsigned());
    Ok((message.bytes, nanoseconds.map(clock::from_realtime)))
}

/// How long a body is.
struct Framing {
    /// Its bytes; `None`: chunked.
    length: Option<usize>,
    /// Whether the client waits for a go-ahead.
    expects_continue: bool,
}

/// A request without its body, and the head's length; `None` where the head isn't complete.
fn parse_head(bytes: &[u8]) -> Result<Option<(Request, usize, Framing)>, NoRequest> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut head = httparse::Request::new(&mut headers);
    let length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(NoRequest::Malformed(400, "Invalid HTTP request received.")),
    };
    let header = |name: &str| {
        let found = head.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name));
        found.and_then(|h| std::str::from_utf8(h.value).ok()).map(str::trim)
    };
    let says = |name: &str, word: &str| header(name).is_some_and(|v| v.to_ascii_lowercase().contains(word));
    let framing = Framing {
        length: if says("transfer-encoding", "chunked") {
            None
        } else {
            match header("content-length").map(str::parse) {
                None => Some(0),
                Some(Ok(length)) => Some(length),
                Some(Err(_)) => return Err(NoRequest::Malformed(400, "Invalid HTTP request received.")),
            }
        },
        expects_continue: says("expect", "100-continue"),
    };
    let echoable = |id: &&str| (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    let request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        path: head.path.unwrap_or_default().split('?').next().unwrap_or_default().to_owned(),
        id: header("x-request-id").filter(echoable).map(str::to_owned),
        authorization: header("authorization").map(str::to_owned),
        close: says("connection", "close") || (head.version == Some(0) && !says("connection", "keep-alive")),
        body: Vec::new(),
        received: Nanos(0),
        received_by: StampSource::Read,
    };
    Ok(Some((request, length, framing)))
}

/// A chunked body and the bytes it took; `None` where it isn't complete.
fn dechunk(bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, NoRequest> {
    let malformed = NoRequest::Malformed(400, "Invalid HTTP request received.");
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let (used, size) = match httparse::parse_chunk_size(&bytes[at..]) {
            Ok(httparse::Status::Complete((used, size))) => (used, size),
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(malformed),
        };
        let Ok(size) = usize::try_from(size) else { return Err(malformed) };
        if size > BODY_LIMIT {
            return Err(NoRequest::Malformed(413, "the body is too long"));
        }
        at += used;
        let Some(end) = bytes.get(at + size..at + size + 2) else { return Ok(None) };
        if end != b"\r\n" {
            // Trailers after the last chunk are not read: no client of completions sends them.
            return Err(malformed);
        }
        body.extend_from_slice(&bytes[at..at + size]);
        at += size + 2;
        if size == 0 {
            return Ok(Some((body, at)));
        }
    }
}

/// The head of a response. `length` is `None` for a chunked body.
pub(super) fn head(
    status: u16,
    content_type: &str,
    length: Option<usize>,
    id: &str,
    extra: &[(&str, String)],
) -> Vec<u8> {
    let mut head = Vec::with_capacity(256);
    // Writing to a `Vec` can't fail, so its results are let go.
    let _ = write!(
        head,
        "HTTP/1.1 {status} {}\r\nserver: labctl-simulator/{}\r\ncontent-type: {content_type}\r\n",
        reason(status),
        env!("CARGO_PKG_VERSION"),
    );
    match length {
        Some(length) => drop(write!(head, "content-length: {length}\r\n")),
        None => head.extend_from_slice(b"transfer-encoding: chunked\r\n"),
    }
    if !id.is_empty() {
        let _ = write!(head, "x-request-id: {id}\r\n");
    }
    for (name, value) in extra {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Adds one chunk of a chunked body.
pub(super) fn frame(payload: &[u8], out: &mut Vec<u8>) {
    // Writing to a `Vec` can't fail.
    let _ = write!(out, "{:x}\r\n", payload.len());
    out.extend_from_slice(payload);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn heads_are_read_as_sent() {
        let text = b"POST /v1/completions?x=1 HTTP/1.1\r\nContent-Length: 3\r\nX-Request-ID: a-1\r\n\
            Expect: 100-continue\r\nConnection: close\r\n\r\nabc";
        let (request, length, framing) = parse_head(text).unwrap().unwrap();
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/completions"));
        assert_eq!((request.id.as_deref(), request.close), (Some("a-1"), true));
        assert_eq!((framing.length, framing.expects_continue, length), (Some(3), true, text.len() - 3));
        assert!(parse_head(&text[..40]).unwrap().is_none());
        assert!(parse_head(b"\x16\x03\x01\x02\x00\x01\x00\x01").is_err(), "TLS is no HTTP");
    }

    #[test]
    fn chunked_bodies_are_joined() {
        let (body, used) = dechunk(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\nGET").unwrap().unwrap();
        assert_eq!((body.as_slice(), used), (&b"abcde"[..], 24));
        assert!(dechunk(b"3\r\nab").unwrap().is_none());
        assert!(dechunk(b"zz\r\n").is_err());
    }

    proptest! {
        #[test]
        fn frames_come_back(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 0..6)) {
            let mut bytes = Vec::new();
            for part in &parts {
                frame(part, &mut bytes);
            }
            frame(b"", &mut bytes);
            let (body, used) = dechunk(&bytes).unwrap().unwrap();
            prop_assert_eq!(used, bytes.len());
            prop_assert_eq!(body, parts.concat());
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = dechunk(&bytes);
            let _ = parse_head(&bytes);
        }
    }
}
