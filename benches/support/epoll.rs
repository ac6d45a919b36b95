//! The least that a client of many streams can do: the floor that labctl's client is measured against.
//!
//! One thread, non-blocking sockets, edge-triggered epoll, and one `recvmsg` a read that also brings the kernel's
//! receive stamp. It counts `data:`, notes a stamp for each on the monotonic clock, sees a response's end, and sends
//! the next request. It parses no HTTP and no JSON, checks nothing and keeps no text.

use std::io::{IoSliceMut, Write as _};
use std::net::TcpStream;
use std::os::fd::{AsFd as _, AsRawFd as _};

use memchr::memmem::Finder;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_gettime};

/// What ends a chunked body.
const END: &[u8] = b"\r\n0\r\n\r\n";

/// What of a read is kept in front of the next, so that neither `data:` nor `END` is missed where two reads meet.
const KEPT: usize = END.len() - 1;

/// The most that one read takes.
const READ_SIZE: usize = 64 << 10;

/// How long the offset between the kernel's clock of stamps and the monotonic one is taken to hold.
const OFFSET_HOLDS_NS: u64 = 100_000_000;

/// What was read.
#[derive(Default)]
pub(crate) struct Reading {
    /// The stamp of every event, on the monotonic clock.
    pub(crate) stamps: Vec<u64>,
    /// Reads that brought bytes.
    pub(crate) reads: usize,
}

/// One connection and what the response on it has brought so far.
struct Stream {
    socket: TcpStream,
    kept: [u8; KEPT],
    kept_len: usize,
}

/// Sends the body so many times, as many at once as there are streams, and reads every response to its end.
pub(crate) fn read(address: &str, body: &[u8], requests: usize, streams: u32) -> Reading {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).unwrap();
    let mut open: Vec<Stream> = (0_u64..u64::from(streams))
        .map(|n| {
            let socket = TcpStream::connect(address).unwrap();
            socket.set_nodelay(true).unwrap();
            socket.set_nonblocking(true).unwrap();
            setsockopt(&socket, sockopt::ReceiveTimestampns, &true).unwrap();
            let interest = EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLET, n);
            epoll.add(socket.as_fd(), interest).unwrap();
            Stream { socket, kept: [0; KEPT], kept_len: 0 }
        })
        .collect();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let request = [head.as_bytes(), body].concat();
    let (mut sent, mut ended) = (0, 0);
    for stream in open.iter_mut().take(requests) {
        stream.send(&request);
        sent += 1;
    }
    let mut reading = Reading::default();
    let mut reader = Reader {
        data: Finder::new("data:"),
        buffer: vec![0; KEPT + READ_SIZE],
        control: nix::cmsg_space!(TimeSpec),
        offset: Offset::measure(monotonic_ns()),
    };
    let mut ready = vec![EpollEvent::empty(); 1_024];
    while ended < requests {
        let count = epoll.wait(&mut ready, EpollTimeout::NONE).unwrap();
        reader.offset.keep_fresh();
        for event in &ready[..count] {
            let stream = &mut open[usize::try_from(event.data()).unwrap()];
            if reader.drain(stream, &mut reading) {
                ended += 1;
                if sent < requests {
                    stream.send(&request);
                    sent += 1;
                }
            }
        }
    }
    reading
}

impl Stream {
    fn send(&mut self, request: &[u8]) {
        // Shorter than the socket's buffer, which is empty.
        self.socket.write_all(request).unwrap();
        self.kept_len = 0;
    }
}

/// What the streams share.
struct Reader {
    data: Finder<'static>,
    buffer: Vec<u8>,
    control: Vec<u8>,
    offset: Offset,
}

impl Reader {
    /// Reads until nothing more is there; true where the response ended.
    fn drain(&mut self, stream: &mut Stream, reading: &mut Reading) -> bool {
        loop {
            let kept = stream.kept_len;
            self.buffer[..kept].copy_from_slice(&stream.kept[..kept]);
            let mut room = [IoSliceMut::new(&mut self.buffer[kept..kept + READ_SIZE])];
            let fd = stream.socket.as_raw_fd();
            let message = match recvmsg::<()>(fd, &mut room, Some(&mut self.control), MsgFlags::empty()) {
                Ok(message) => message,
                Err(Errno::EAGAIN) => return false,
                Err(error) => panic!("{error}"),
            };
            let length = message.bytes;
            assert!(length > 0, "the server closed the connection");
            let stamp = message.cmsgs().unwrap().find_map(|control| match control {
                ControlMessageOwned::ScmTimestampns(at) => Some(self.offset.monotonic(nanoseconds(at))),
                _ => None,
            });
            reading.reads += 1;
            let stamp = stamp.unwrap_or_else(monotonic_ns);
            let seen = &self.buffer[..kept + length];
            let events = self.data.find_iter(seen).filter(|at| at + 5 > kept).count();
            reading.stamps.extend(std::iter::repeat_n(stamp, events));
            if seen.ends_with(END) {
                return true;
            }
            stream.kept_len = seen.len().min(KEPT);
            stream.kept[..stream.kept_len].copy_from_slice(&seen[seen.len() - stream.kept_len..]);
            if length < READ_SIZE {
                // Empty now, or epoll says so again.
                return false;
            }
        }
    }
}

/// How far the clock of the kernel's stamps is ahead of the monotonic one.
struct Offset {
    ns: i64,
    measured_ns: u64,
}

impl Offset {
    fn measure(now: u64) -> Self {
        let attempt = || {
            let before = monotonic_ns();
            let real = realtime_ns();
            let after = monotonic_ns();
            (after - before, real.cast_signed() - u64::midpoint(before, after).cast_signed())
        };
        let (_, ns) = (0..3).map(|_| attempt()).min().unwrap();
        Self { ns, measured_ns: now }
    }

    fn keep_fresh(&mut self) {
        let now = monotonic_ns();
        if now - self.measured_ns > OFFSET_HOLDS_NS {
            *self = Self::measure(now);
        }
    }

    fn monotonic(&self, stamp_ns: u64) -> u64 {
        (stamp_ns.cast_signed() - self.ns).cast_unsigned()
    }
}

fn monotonic_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap())
}

fn realtime_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::CLOCK_REALTIME).unwrap())
}

fn nanoseconds(time: TimeSpec) -> u64 {
    u64::try_from(time.tv_sec() * 1_000_000_000 + time.tv_nsec()).unwrap()
}
