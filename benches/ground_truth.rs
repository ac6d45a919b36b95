//! How far labctl's TTFT, ITL and E2E lie from what really happened, by concurrency.
//!
//! The truth is the simulator's: when it received the last byte of a request (kernel time), and when it wrote
//! each chunk. It stamps just before and just after each write; over loopback the bytes are with the client's
//! socket at some moment between the two. `before` is taken as that moment, so what is shown as labctl's error
//! contains the write, and is never too small; how long the writes took stands beside it.
//!
//! `cargo bench --bench ground_truth [-- --quick]`

#![expect(clippy::print_stdout, reason = "a command that prints a table")]
#![expect(clippy::unwrap_used, reason = "a benchmark that fails has nothing to tell")]

mod support;

use std::collections::HashMap;

use labctl::metrics::gaps::gaps;
use labctl::metrics::request::metrics;
use labctl::model::exchange::Exchange;
use labctl::model::units::Nanos;
use labctl::simulator::GroundTruth;
use labctl::stats::quantile::quantile;
use support::{Load, Server, Serves};

/// A load and the simulator's speed: alone a stream is faster than many together.
const LOADS: [(Load, f64); 3] = [
    (Load { concurrency: 1, requests: 40 }, 2.0),
    (Load { concurrency: 64, requests: 512 }, 1.0),
    (Load { concurrency: 256, requests: 1_024 }, 1.0),
];

/// The same, only to see that it works.
const QUICK: [(Load, f64); 3] = [
    (Load { concurrency: 1, requests: 4 }, 16.0),
    (Load { concurrency: 64, requests: 64 }, 8.0),
    (Load { concurrency: 256, requests: 256 }, 8.0),
];

/// Differences from the truth in milliseconds, of all requests, gaps or chunks of one load.
#[derive(Default)]
struct Differences {
    ttft: Vec<f64>,
    itl: Vec<f64>,
    e2e: Vec<f64>,
    /// From a chunk's write to the client's stamp.
    stamp_lag: Vec<f64>,
    /// From the client's `sent_ns` to the request's last byte at the server.
    send_lag: Vec<f64>,
    /// What a write took: how well the truth is known.
    write: Vec<f64>,
    /// The truth's own ITL, to hold the differences against.
    true_itl: Vec<f64>,
    inexact: usize,
}

impl Differences {
    /// Adds one request; `origin_ns` places the client's clock on the server's.
    fn add(&mut self, exchange: &Exchange, truth: &GroundTruth, origin_ns: u64) {
        let trace = &exchange.trace;
        let kinds: Vec<_> = trace.chunks.iter().map(|chunk| chunk.kind).collect();
        assert_eq!(kinds, truth.kinds, "{}", exchange.request_id);
        let told = metrics(exchange);
        let written: Vec<Nanos> =
            (truth.before_ns.iter().zip(&truth.tokens)).filter(|(_, n)| **n > 0).map(|(at, _)| *at).collect();
        let since_received = |at: &Nanos| at.since(truth.received_ns).as_millis_f64();
        self.ttft.push((told.ttft_ms.unwrap() - since_received(&written[0])).abs());
        self.e2e.push((told.e2e_ms.unwrap() - since_received(written.last().unwrap())).abs());
        self.send_lag.push(lag(trace.sent_ns.plus(Nanos(origin_ns)), truth.received_ns));
        for (pair, gap) in written.windows(2).zip(gaps(trace)) {
            let true_gap = pair[1].since(pair[0]).as_millis_f64();
            self.true_itl.push(true_gap);
            if gap.exact {
                self.itl.push((gap.ms - true_gap).abs());
            } else {
                self.inexact += 1;
            }
        }
        for (at, chunk) in written.iter().zip(trace.token_chunks()) {
            self.stamp_lag.push(lag(*at, chunk.recv_ns.plus(Nanos(origin_ns))));
        }
        let writes = truth.before_ns.iter().zip(&truth.after_ns);
        self.write.extend(writes.map(|(before, after)| lag(*before, *after)));
    }
}

/// From one moment to another in milliseconds; negative where it is the earlier one.
fn lag(from: Nanos, to: Nanos) -> f64 {
    to.since(from).as_millis_f64() - from.since(to).as_millis_f64()
}

/// Median and 99th percentile.
fn p50_p99(values: &mut [f64]) -> String {
    values.sort_unstable_by(f64::total_cmp);
    let at = |p| quantile(values, p).map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
    format!("{} / {}", at(0.5), at(0.99))
}

fn measure(load: Load, speed: f64) -> String {
    let path = std::env::temp_dir().join(format!("labctl-ground-truth-{}.jsonl", std::process::id()));
    let server = Server::start(Serves::Model(speed), Some(&path));
    let (clock, exchanges) = support::runtime().block_on(load.run(&server.base_url));
    server.stop();
    let truth: HashMap<String, GroundTruth> =
        GroundTruth::read(&path).unwrap().into_iter().map(|truth| (truth.id.clone(), truth)).collect();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(truth.len(), exchanges.len());
    let mut all = Differences::default();
    for exchange in &exchanges {
        all.add(exchange, &truth[&exchange.request_id], clock.monotonic_origin_ns());
    }
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
        load.concurrency,
        exchanges.len(),
        all.stamp_lag.len(),
        p50_p99(&mut all.true_itl),
        p50_p99(&mut all.ttft),
        p50_p99(&mut all.itl),
        p50_p99(&mut all.e2e),
        p50_p99(&mut all.stamp_lag),
        p50_p99(&mut all.send_lag),
        p50_p99(&mut all.write),
        all.inexact,
    )
}

fn main() {
    if support::served() {
        return;
    }
    let quick = support::is_quick();
    println!("labctl's times against the simulator's ground truth, p50 / p99 in milliseconds; |Δ| is the");
    println!("absolute difference of one request's (or gap's) value. Simulator and labctl on one machine.\n");
    println!(
        "| concurrency | requests | tokens | true ITL | TTFT \\|Δ\\| | ITL \\|Δ\\| | E2E \\|Δ\\| | stamp lag | send lag | server's write | gaps left out |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for (load, speed) in if quick { QUICK } else { LOADS } {
        println!("{}", measure(load, speed));
    }
    if quick {
        println!("\nquick: too few to say anything");
    }
}
