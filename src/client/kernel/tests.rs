//! Which read a piece of a response is credited to, and what its stamp means.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use futures_util::StreamExt as _;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::client::clock::Clock;
use crate::client::request::{CHAT_COMPLETIONS, Request};
use crate::client::transport::{Opened, Segment, Transport as _};
use crate::model::config::Endpoint;
use crate::model::trace::StampSource;
use crate::model::units::Nanos;

const HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// A listener and the transport to it.
async fn pair(clock: Clock) -> (TcpListener, KernelTransport) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let endpoint = Endpoint { url: Some(url), ..Endpoint::default() };
    (listener, KernelTransport::new(&endpoint, None, clock).unwrap())
}

fn request() -> Request {
    Request { id: "r".into(), path: CHAT_COMPLETIONS, body: "{}".into() }
}

/// Takes a request off a socket.
async fn receive(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"{}") {
        assert!(socket.read_buf(&mut bytes).await.unwrap() > 0, "closed before the request was whole");
    }
    String::from_utf8(bytes).unwrap()
}

/// Sends a request and takes it off the other end, with the head of the response sent.
async fn opened(listener: &TcpListener, transport: &KernelTransport) -> (Opened<Body>, TcpStream, Nanos) {
    let serve = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.set_nodelay(true).unwrap();
        receive(&mut socket).await;
        socket.write_all(HEAD).await.unwrap();
        socket
    };
    let (request, mut sent) = (request(), Nanos(0));
    let (opened, socket) = tokio::join!(transport.send(&request, &mut sent), serve);
    (opened.unwrap(), socket, sent)
}

fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

/// Polls once.
async fn look<F: Future>(mut future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}

/// Polls the body until nothing more comes, and lets the event loop look at the socket in between.
async fn drain(body: &mut Body, segments: &mut Vec<Segment>) {
    for _ in 0..50 {
        tokio::task::yield_now().await;
        while let Poll::Ready(Some(segment)) = look(pin!(body.next())).await {
            segments.push(segment.unwrap());
        }
    }
}

/// Chunks of many sizes, written in pieces of many sizes, some of them read at once and some one by one: every
/// piece of the body must be credited to the very read that carried its last byte. hyper doesn't promise to read no
/// further than what it has handed on; this fails if it ever does.
async fn credits(seed: u64) -> (usize, usize) {
    let mut random = Pcg64::seed_from_u64(seed);
    let (listener, transport) = pair(Clock::start()).await;
    let (Opened { mut body, .. }, mut socket, _) = opened(&listener, &transport).await;

    // Where in the raw stream each byte of the body lies.
    let (mut raw, mut places) = (Vec::new(), Vec::new());
    for _ in 0..120 {
        let longest = if random.random_ratio(1, 10) { 30_000 } else { 300 };
        let data = vec![b'x'; random.random_range(1..longest)];
        let encoded = chunk(&data);
        let start = raw.len() + encoded.len() - 2 - data.len();
        places.extend(start..start + data.len());
        raw.extend(encoded);
    }
    raw.extend(b"0\r\n\r\n");

    let newest = body.connection().unwrap().newest.clone();
    let mut segments = Vec::new();
    let mut rest: &[u8] = &raw;
    while !rest.is_empty() {
        let longest = if random.random_ratio(1, 40) { 60_000 } else { 400 };
        let (piece, later) = rest.split_at(random.random_range(1..longest).min(rest.len()));
        rest = later;
        let mut write = pin!(socket.write_all(piece));
        while look(write.as_mut()).await.is_pending() {
            drain(&mut body, &mut segments).await;
        }
        if random.random_ratio(1, 2) {
            drain(&mut body, &mut segments).await;
        }
    }
    while let Some(segment) = body.next().await {
        segments.push(segment.unwrap());
    }

    // The end of each read in the raw stream, which begins after the head.
    let reads = newest.log.lock().unwrap();
    let mut end = 0;
    let ends: Vec<usize> = (reads.iter())
        .map(|read| {
            end += read.len();
            end
        })
        .collect();
    assert_eq!(*ends.last().unwrap(), HEAD.len() + raw.len());
    let carrier = |byte: usize| ends.partition_point(|end| *end <= HEAD.len() + byte) as u64 + 1;

    let (mut taken, mut shared) = (0, 0);
    assert_eq!(body.credited.len(), segments.len());
    for (n, ((read, length), segment)) in body.credited.iter().zip(&segments).enumerate() {
        taken += length;
        assert_eq!(*read, carrier(places[taken - 1]), "segment {n} of seed {seed}");
        let is_last_of_read = body.credited.get(n + 1).is_none_or(|(next, _)| next != read);
        assert_eq!(segment.exact, is_last_of_read, "segment {n} of seed {seed}");
        shared += usize::from(!is_last_of_read);
    }
    assert_eq!(taken, places.len());
    (reads.len(), shared)
}

#[tokio::test]
async fn every_piece_is_credited_to_the_read_that_carried_it() {
    let (mut reads, mut shared) = (0, 0);
    // The last holds a read that ends one chunk, begins the next, and is as long as a chunk of its first piece.
    for seed in (0..8).chain([12_446_823_176_973_284_384]) {
        let (more_reads, more_shared) = credits(seed).await;
        reads += more_reads;
        shared += more_shared;
    }
    assert!(
        reads > 400 && shared > 100,
        "too tame to say anything: {reads} reads, {shared} pieces shared one"
    );
}

/// The client is held up between a token's arrival and its reading. The order of events alone decides: the token was
/// sent, then the client was let go, then it read.
#[tokio::test]
async fn a_stamp_tells_of_the_arrival_and_not_of_the_reading() {
    let clock = Clock::start();
    let (listener, transport) = pair(clock).await;
    let (Opened { mut body, head }, socket, sent) = opened(&listener, &transport).await;
    assert!(sent <= head.headers_ns);
    let mut socket = socket.into_std().unwrap();
    socket.set_nonblocking(false).unwrap();
    for n in 0..20 {
        // On the test's only thread: nothing reads until this returns.
        let (before, after) = std::thread::scope(|scope| {
            let write = scope.spawn(|| {
                let before = clock.now();
                std::io::Write::write_all(&mut socket, &chunk(b"data: {}\n\n")).unwrap();
                (before, clock.now())
            });
            write.join().unwrap()
        });
        let let_go = clock.now();
        let segment = body.next().await.unwrap().unwrap();
        assert_eq!(segment.bytes, Bytes::from_static(b"data: {}\n\n"));
        assert!(segment.read_ns >= let_go, "token {n}");
        if segment.stamps == StampSource::Kernel {
            // As far as two clocks can be laid beside each other.
            let slack = 50_000;
            assert!(segment.recv_ns.0 + slack >= before.0, "token {n}");
            assert!(segment.recv_ns.0 <= after.0 + slack, "token {n}");
        }
        assert!(segment.exact || segment.stamps == StampSource::Read);
    }
    let faults = transport.stamp_faults();
    assert!(faults.unstamped_reads <= 2, "{faults:?}");
}

#[tokio::test]
async fn a_request_says_what_it_must_and_the_connection_is_used_again() {
    let clock = Clock::start();
    let (listener, transport) = pair(clock).await;
    transport.warm_connections(1).await;
    let (mut socket, _) = listener.accept().await.unwrap();
    for n in 0..3 {
        let serve = async {
            let head = receive(&mut socket).await;
            socket.write_all(HEAD).await.unwrap();
            socket.write_all(&chunk(b"data: [DONE]\n\n")).await.unwrap();
            socket.write_all(b"0\r\n\r\n").await.unwrap();
            head
        };
        let (request, mut sent) = (request(), Nanos(0));
        let (opened, head) = tokio::join!(transport.send(&request, &mut sent), serve);
        let opened = opened.unwrap();
        assert!(head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{head}");
        let host = format!("host: {}\r\n", listener.local_addr().unwrap());
        for wanted in
            ["x-request-id: r\r\n", "content-length: 2\r\n", "content-type: application/json\r\n", &host]
        {
            assert!(head.contains(wanted), "{wanted:?} in {head}");
        }
        let segments: Vec<_> = opened.body.collect().await;
        assert_eq!(segments.len(), 1, "request {n}");
        assert!(!opened.head.resent && segments[0].is_ok());
    }
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_not_used() {
    let (listener, transport) = pair(Clock::start()).await;
    transport.warm_connections(1).await;
    let (idle, _) = listener.accept().await.unwrap();
    drop(idle);
    let (opened, _socket, _) = opened(&listener, &transport).await;
    assert!(!opened.head.resent, "the closing was known before anything was sent");
}

#[tokio::test]
async fn a_request_that_crosses_the_closing_is_sent_again() {
    let (listener, transport) = pair(Clock::start()).await;
    transport.warm_connections(1).await;
    let (mut first, _) = listener.accept().await.unwrap();
    let serve = async {
        receive(&mut first).await;
        drop(first);
        let (mut second, _) = listener.accept().await.unwrap();
        receive(&mut second).await;
        second.write_all(HEAD).await.unwrap();
        second
    };
    let (request, mut sent) = (request(), Nanos(0));
    let (opened, _second) = tokio::join!(transport.send(&request, &mut sent), serve);
    assert!(opened.unwrap().head.resent);
}

#[tokio::test]
async fn a_body_that_breaks_off_fails_after_what_came() {
    let (listener, transport) = pair(Clock::start()).await;
    let (Opened { mut body, .. }, mut socket, _) = opened(&listener, &transport).await;
    socket.write_all(&chunk(b"data: 1\n\n")).await.unwrap();
    drop(socket);
    assert_eq!(body.next().await.unwrap().unwrap().bytes, Bytes::from_static(b"data: 1\n\n"));
    let failure = body.next().await.unwrap().unwrap_err();
    assert_eq!(failure.outcome, crate::model::outcome::Outcome::Reset, "{failure}");
    assert!(body.next().await.is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn pieces_of_any_size_are_credited_right(seed in 100_u64..u64::MAX) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(credits(seed));
    }
}
