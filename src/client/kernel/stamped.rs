//! A TCP stream that knows when its bytes arrived and when those written left.

use std::cell::RefCell;
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use nix::errno::Errno;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recv, recvmsg, setsockopt, sockopt};
use nix::sys::time::TimeSpec;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use super::realtime::Moment;
use crate::client::clock::Clock;
use crate::model::trace::StampSource;
use crate::model::units::Nanos;

/// The most that one read takes.
const LONGEST_READ: usize = 64 << 10;

/// Hexadecimal digits of a chunk's size that are looked at: more than a read can hold.
const LONGEST_SIZE: usize = 8;

/// Two stamps of one moment may differ by this much once they are on the run's clock.
const INACCURACY_NS: u64 = 20_000;

/// What became of reads that should have carried a stamp; all connections of an endpoint together.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// Reads without a usable stamp.
    pub(super) unstamped: AtomicU64,
    /// Reads before which the wall clock had been set.
    pub(super) clock_steps: AtomicU64,
}

/// One read of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Received {
    /// The connection's reads, counted from 1.
    pub(super) number: u64,
    /// The length of a chunk's data where it brought that chunk whole and nothing else; else 0.
    pub(super) lone_chunk: usize,
    /// When its last byte arrived.
    pub(super) recv_ns: Nanos,
    /// When the read returned.
    pub(super) read_ns: Nanos,
    /// Whose stamp `recv_ns` is.
    pub(super) stamps: StampSource,
}

/// What a socket tells whoever consumes what is read from it, through the layers in between. Reader and socket
/// are polled by one task, so relaxed order is enough.
#[derive(Debug)]
pub(super) struct Newest {
    clock: Clock,
    faults: Arc<Faults>,
    number: AtomicU64,
    lone_chunk: AtomicUsize,
    recv_ns: AtomicU64,
    read_ns: AtomicU64,
    by_kernel: AtomicBool,
    wrote_ns: AtomicU64,
    /// The clocks at the latest read, to see whether one was set since.
    monotonic_ns: AtomicI64,
    wall_ns: AtomicI64,
    /// Every read's bytes, for the test of which read a piece is credited to.
    #[cfg(test)]
    pub(super) log: std::sync::Mutex<Vec<Vec<u8>>>,
}

impl Newest {
    fn new(clock: Clock, faults: Arc<Faults>) -> Self {
        Self {
            clock,
            faults,
            number: AtomicU64::new(0),
            lone_chunk: AtomicUsize::new(0),
            recv_ns: AtomicU64::new(0),
            read_ns: AtomicU64::new(0),
            by_kernel: AtomicBool::new(false),
            wrote_ns: AtomicU64::new(0),
            monotonic_ns: AtomicI64::new(0),
            wall_ns: AtomicI64::new(0),
            #[cfg(test)]
            log: std::sync::Mutex::default(),
        }
    }

    /// The newest read.
    pub(super) fn read(&self) -> Received {
        Received {
            number: self.number.load(Relaxed),
            lone_chunk: self.lone_chunk.load(Relaxed),
            recv_ns: Nanos(self.recv_ns.load(Relaxed)),
            read_ns: Nanos(self.read_ns.load(Relaxed)),
            stamps: if self.by_kernel.load(Relaxed) { StampSource::Kernel } else { StampSource::Read },
        }
    }

    /// When the newest write that moved bytes began: no byte of it had left before.
    pub(super) fn wrote_ns(&self) -> Nanos {
        Nanos(self.wrote_ns.load(Relaxed))
    }

    /// Notes a read that has just returned bytes, with the kernel's stamp of them.
    fn note(&self, bytes: &[u8], stamp: Option<TimeSpec>) {
        let number = self.number.load(Relaxed) + 1;
        let now = Moment::now();
        let read_ns =
            now.map_or_else(|| self.clock.now(), |now| now.on_run_clock(self.clock.monotonic_origin_ns()));
        let recv_ns = now.and_then(|now| self.usable(now, stamp, read_ns, number));
        if recv_ns.is_none() {
            self.faults.unstamped.fetch_add(1, Relaxed);
        }
        self.recv_ns.store(recv_ns.unwrap_or(read_ns).0, Relaxed);
        self.read_ns.store(read_ns.0, Relaxed);
        self.by_kernel.store(recv_ns.is_some(), Relaxed);
        self.lone_chunk.store(lone_chunk(bytes).unwrap_or(0), Relaxed);
        self.number.store(number, Relaxed);
    }

    /// The kernel's stamp on the run's clock, unless it can't be what it claims: from the future, from before the
    /// read before, or taken by a clock that was set meanwhile.
    fn usable(&self, now: Moment, stamp: Option<TimeSpec>, read_ns: Nanos, number: u64) -> Option<Nanos> {
        let earlier =
            Moment { monotonic_ns: self.monotonic_ns.load(Relaxed), wall_ns: self.wall_ns.load(Relaxed) };
        self.monotonic_ns.store(now.monotonic_ns, Relaxed);
        self.wall_ns.store(now.wall_ns, Relaxed);
        if number > 1 && now.was_set_since(earlier) {
            self.faults.clock_steps.fetch_add(1, Relaxed);
            return None;
        }
        let recv_ns = read_ns.0.checked_sub(now.since(stamp?)?)?;
        // What was read before had arrived before, or in the same packet.
        let before_ns = if number > 1 { self.recv_ns.load(Relaxed) } else { 0 };
        (recv_ns + INACCURACY_NS >= before_ns).then_some(Nanos(recv_ns.max(before_ns)))
    }
}

/// The length of the data where `bytes` are one whole chunk of chunked coding (RFC 9112, 7.1) without extensions.
fn lone_chunk(bytes: &[u8]) -> Option<usize> {
    let digits = bytes.iter().take(LONGEST_SIZE).take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (size, rest) = bytes.split_at(digits);
    let size = usize::from_str_radix(std::str::from_utf8(size).ok()?, 16).ok()?;
    let data = rest.strip_prefix(b"\r\n")?.strip_suffix(b"\r\n")?;
    (data.len() == size).then_some(size)
}

/// Room for a read: one a thread, so that hyper's uninitialised buffer need not be zeroed for each.
struct Scratch {
    bytes: Vec<u8>,
    control: Vec<u8>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> =
        RefCell::new(Scratch { bytes: vec![0; LONGEST_READ], control: nix::cmsg_space!(TimeSpec) });
}

/// A TCP stream whose reads carry the kernel's stamps.
#[derive(Debug)]
pub(super) struct Stamped {
    socket: TcpStream,
    newest: Arc<Newest>,
}

impl Stamped {
    /// Asks the kernel to stamp what this socket receives from now on.
    pub(super) fn new(socket: TcpStream, clock: Clock, faults: Arc<Faults>) -> io::Result<Self> {
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        Ok(Self { socket, newest: Arc::new(Newest::new(clock, faults)) })
    }

    /// Where its times are told.
    pub(super) fn newest(&self) -> Arc<Newest> {
        self.newest.clone()
    }

    /// A look at the socket, by its number, that takes nothing: whether it is open and quiet, as an idle connection
    /// must be. One that the server has closed, or on which it speaks unasked, is not.
    pub(super) fn is_quiet(socket: std::os::fd::RawFd) -> bool {
        let peek = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
        recv(socket, &mut [0], peek) == Err(Errno::EAGAIN)
    }

    /// One `recvmsg` into the scratch.
    fn receive(&self, scratch: &mut Scratch, want: usize) -> io::Result<usize> {
        let mut room = [IoSliceMut::new(&mut scratch.bytes[..want])];
        let message =
            recvmsg::<()>(self.socket.as_raw_fd(), &mut room, Some(&mut scratch.control), MsgFlags::empty())?;
        if message.bytes > 0 {
            let stamp = message.cmsgs().ok().into_iter().flatten().find_map(|told| match told {
                ControlMessageOwned::ScmTimestampns(stamp) => Some(stamp),
                _ => None,
            });
            let length = message.bytes;
            self.newest.note(&scratch.bytes[..length], stamp);
            return Ok(length);
        }
        Ok(0)
    }

    fn poll_receive(
        &self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let want = buffer.remaining().min(scratch.bytes.len());
        loop {
            ready!(self.socket.poll_read_ready(cx))?;
            let mut received = None;
            let outcome = self.socket.try_io(Interest::READABLE, || {
                let bytes = self.receive(scratch, want)?;
                received = Some(bytes);
                if 0 < bytes && bytes < want {
                    // The socket is drained. Said to the runtime in this way, the next look at it costs no
                    // system call; the bytes are kept all the same.
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Ok(())
            });
            match (received, outcome) {
                (Some(bytes), _) => {
                    #[cfg(test)]
                    self.newest.log.lock().unwrap().push(scratch.bytes[..bytes].to_vec());
                    buffer.put_slice(&scratch.bytes[..bytes]);
                    return Poll::Ready(Ok(()));
                }
                (None, Err(error)) if error.kind() != io::ErrorKind::WouldBlock => {
                    return Poll::Ready(Err(error));
                }
                (None, _) => {}
            }
        }
    }

    /// Notes when a write began that moved bytes.
    fn noting<R>(&self, began_ns: Nanos, written: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if matches!(written, Poll::Ready(Ok(_))) {
            self.newest.wrote_ns.store(began_ns.0, Relaxed);
        }
        written
    }
}

impl AsRawFd for Stamped {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        self.socket.as_raw_fd()
    }
}

impl AsyncRead for Stamped {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        SCRATCH.with_borrow_mut(|scratch| self.poll_receive(cx, scratch, buffer))
    }
}

impl AsyncWrite for Stamped {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let began_ns = self.newest.clock.now();
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.noting(began_ns, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let began_ns = self.newest.clock.now();
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.noting(began_ns, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_chunk_is_whole_and_alone() {
        assert_eq!(lone_chunk(b"5\r\nhello\r\n"), Some(5));
        assert_eq!(lone_chunk(b"1A\r\nabcdefghijklmnopqrstuvwxyz\r\n"), Some(26));
        let others: [&[u8]; 7] = [
            b"",
            b"\r\n",
            b"5\r\nhell\r\n",
            b"5\r\nhello\r\n1\r\n",
            b"5\r\nhello",
            b"hello\r\n5\r\n",
            b"5;x\r\nhello\r\n",
        ];
        for other in others {
            assert_eq!(lone_chunk(other), None, "{other:?}");
        }
    }
}
