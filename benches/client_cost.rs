//! What labctl's client costs per streamed token, against a minimal reader of the same streams.
//!
//! Both put the same closed loop on one simulator in another process, in turns, on the same runtime. The reader
//! does what nobody can do without: it writes the request, reads the socket, counts `data:` and sees the end.
//! labctl's side is all of it: engine, HTTP, events, JSON, trace, judging and metrics. CPU time is this
//! process's, user and system together.
//!
//! `cargo bench --bench client_cost [-- --quick]`

#![expect(clippy::print_stdout, reason = "a command that prints a table")]
#![expect(clippy::unwrap_used, reason = "a benchmark that fails has nothing to tell")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use labctl::stats::quantile::quantile;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use support::{Load, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What one side used and got.
struct Cost {
    cpu_us: f64,
    tokens: usize,
}

impl Cost {
    fn per_token_us(&self) -> f64 {
        self.cpu_us / as_f64(self.tokens)
    }
}

#[expect(clippy::cast_precision_loss, reason = "tokens and microseconds stay far below 2^53")]
const fn as_f64(count: usize) -> f64 {
    count as f64
}

/// Events of a response that carry no token: role, usage and `[DONE]`.
const OTHER_EVENTS: usize = 3;

/// What ends a chunked body.
const END: &[u8] = b"\r\n0\r\n\r\n";

/// CPU time of this process so far, user and system, microseconds.
fn cpu_us() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    as_f64(usize::try_from((usage.user_time() + usage.system_time()).num_microseconds()).unwrap())
}

/// labctl's side.
async fn labctl(load: Load, base_url: &str) -> Cost {
    let before = cpu_us();
    let (_, exchanges) = load.run(base_url).await;
    let cpu_us = cpu_us() - before;
    Cost { cpu_us, tokens: exchanges.iter().map(|e| e.trace.token_chunks().count()).sum() }
}

/// The minimal reader's side.
async fn reader(load: Load, base_url: &str) -> Cost {
    let address = base_url.trim_start_matches("http://").trim_end_matches("/v1").to_owned();
    let before = cpu_us();
    let (bodies, next) = (Arc::new(load.bodies()), Arc::new(AtomicUsize::new(0)));
    let mut streams = tokio::task::JoinSet::new();
    for _ in 0..load.concurrency {
        let (bodies, next, address) = (bodies.clone(), next.clone(), address.clone());
        streams.spawn(async move {
            let mut socket = TcpStream::connect(&address).await.unwrap();
            socket.set_nodelay(true).unwrap();
            let mut events = 0;
            while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                events += read(&mut socket, &address, body).await - OTHER_EVENTS;
            }
            events
        });
    }
    let tokens = streams.join_all().await.into_iter().sum();
    Cost { cpu_us: cpu_us() - before, tokens }
}

/// Sends one request and counts the events of its response.
async fn read(socket: &mut TcpStream, address: &str, body: &Bytes) -> usize {
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    let data = memchr::memmem::Finder::new("data:");
    let mut buffer = vec![0; 16 << 10];
    let (mut kept, mut events) = (0, 0);
    loop {
        let length = socket.read(&mut buffer[kept..]).await.unwrap();
        assert!(length > 0, "the server closed the connection");
        let seen = &buffer[..kept + length];
        // What is kept from the read before is too short to hold a whole `data:` of its own.
        events += data.find_iter(seen).filter(|at| at + 5 > kept).count();
        if seen.ends_with(END) {
            return events;
        }
        let from = seen.len().saturating_sub(END.len() - 1);
        kept = seen.len() - from;
        buffer.copy_within(from..from + kept, 0);
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    quantile(&values, 0.5).unwrap()
}

fn main() {
    if support::served() {
        return;
    }
    let quick = support::is_quick();
    let (load, rounds, speed) = if quick {
        (Load { concurrency: 64, requests: 64 }, 1, 8.0)
    } else {
        (Load { concurrency: 64, requests: 384 }, 7, 2.0)
    };
    let server = Server::start(speed, None);
    let runtime = support::runtime();
    let (mut of_labctl, mut of_reader, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    println!("CPU time per streamed token at {} streams, microseconds\n", load.concurrency);
    println!("| round | tokens | labctl | minimal reader | ratio |\n|---|---|---|---|---|");
    for round in 0..rounds {
        // The sides take turns in going first.
        let (labctl, reader) = runtime.block_on(async {
            if round % 2 == 0 {
                let labctl = labctl(load, &server.base_url).await;
                (labctl, reader(load, &server.base_url).await)
            } else {
                let reader = reader(load, &server.base_url).await;
                (labctl(load, &server.base_url).await, reader)
            }
        });
        assert_eq!(labctl.tokens, reader.tokens, "both read the same streams");
        let (ours, least) = (labctl.per_token_us(), reader.per_token_us());
        println!("| {} | {} | {ours:.2} | {least:.2} | {:.2} |", round + 1, labctl.tokens, ours / least);
        of_labctl.push(ours);
        of_reader.push(least);
        ratios.push(ours / least);
    }
    server.stop();
    let (ours, least, ratio) = (median(of_labctl), median(of_reader), median(ratios));
    println!("| median | | {ours:.2} | {least:.2} | {ratio:.2} |");
    if quick {
        println!("\nquick: too few to say anything");
    }
}
