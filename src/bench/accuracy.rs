//! How far labctl's times lie from what really happened.
//!
//! The truth is the simulator's: when it received the last byte of a request (by the kernel's stamp), and when
//! it wrote each chunk. It looks at its clock just before and just after each write; over loopback the bytes are with
//! the client's socket at some moment between the two. `before` is taken as that moment, so what is shown as labctl's
//! error contains the write, and is never too small; how long the writes took stands beside it.
//!
//! TTFT and E2E count from `sent_ns` at the client, and from the moment the last byte was received at the server: the
//! difference contains the way of the request, which is told apart as the send lag.

use std::collections::HashMap;

use crate::metrics::gaps::gaps;
use crate::metrics::request::metrics;
use crate::model::calibration::Spread;
use crate::model::exchange::Exchange;
use crate::model::units::{Nanos, ratio};
use crate::simulator::GroundTruth;
use crate::stats::quantile::distribution;

/// Why an exchange can't be held against its truth.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The server knows nothing of it.
    #[error("request `{id}` is not in the simulator's ground truth")]
    Unknown {
        /// The request.
        id: String,
    },
    /// They don't hold the same chunks.
    #[error("request `{id}`: labctl saw other chunks than the simulator wrote")]
    Chunks {
        /// The request.
        id: String,
    },
}

/// Differences from the truth in milliseconds, of all requests, gaps or chunks of one load.
#[derive(Debug, Clone, Default)]
pub struct Differences {
    /// Of each request's TTFT, without sign.
    pub ttft: Vec<f64>,
    /// Of each gap between two chunks whose stamps are exact, without sign.
    pub itl: Vec<f64>,
    /// Of each request's time to its last token, without sign.
    pub e2e: Vec<f64>,
    /// From a chunk's write to the client's stamp, where that is exact.
    pub stamp_lag: Vec<f64>,
    /// From the client's `sent_ns` to the request's last byte at the server.
    pub send_lag: Vec<f64>,
    /// What a write took: how well the truth is known.
    pub write: Vec<f64>,
    /// From the moment a chunk was due to its write: the simulator's own lateness.
    pub server_late: Vec<f64>,
    /// The truth's own gaps, to hold the differences against.
    pub true_itl: Vec<f64>,
    /// Token-bearing chunks with an exact stamp, and those without.
    pub exact: u64,
    /// See `exact`.
    pub inexact: u64,
    /// Tokens received.
    pub tokens: u64,
    /// Requests that did not succeed; they are left out of everything else.
    pub failed: u64,
    first: Option<Nanos>,
    last: Option<Nanos>,
}

impl Differences {
    /// Compares exchanges with what the server wrote down of them. `origin_ns` places the client's clock on the
    /// server's: `CLOCK_MONOTONIC` at the client's zero.
    pub fn of<'a>(
        exchanges: impl IntoIterator<Item = &'a Exchange>,
        truth: &[GroundTruth],
        origin_ns: u64,
    ) -> Result<Self, Mismatch> {
        let by_id: HashMap<&str, &GroundTruth> =
            truth.iter().map(|truth| (truth.id.as_str(), truth)).collect();
        let mut all = Self::default();
        for exchange in exchanges {
            let id = &exchange.request_id;
            let truth = by_id.get(id.as_str()).ok_or_else(|| Mismatch::Unknown { id: id.clone() })?;
            all.add(exchange, truth, origin_ns)?;
        }
        Ok(all)
    }

    /// Adds one request.
    pub fn add(&mut self, exchange: &Exchange, truth: &GroundTruth, origin_ns: u64) -> Result<(), Mismatch> {
        if !exchange.outcome.is_success() {
            self.failed += 1;
            return Ok(());
        }
        let trace = &exchange.trace;
        let chunks = || Mismatch::Chunks { id: exchange.request_id.clone() };
        if !trace.chunks.iter().map(|chunk| chunk.kind).eq(truth.kinds.iter().copied()) {
            return Err(chunks());
        }
        let bearing =
            || truth.tokens.iter().zip(&truth.before_ns).zip(&truth.due_ns).filter(|((n, _), _)| **n > 0);
        let written: Vec<Nanos> = bearing().map(|((_, before), _)| *before).collect();
        if written.len() != trace.token_chunks().count() {
            return Err(chunks());
        }
        self.server_late.extend(bearing().map(|((_, before), due)| lag(*due, *before)));
        let told = metrics(exchange);
        if let (Some(first), Some(last), Some(ttft_ms), Some(e2e_ms)) =
            (written.first(), written.last(), told.ttft_ms, told.e2e_ms)
        {
            self.ttft.push((ttft_ms - lag(truth.received_ns, *first)).abs());
            self.e2e.push((e2e_ms - lag(truth.received_ns, *last)).abs());
            self.first = Some(self.first.map_or(*first, |at| at.min(*first)));
            self.last = Some(self.last.map_or(*last, |at| at.max(*last)));
        }
        self.send_lag.push(lag(trace.sent_ns.plus(Nanos(origin_ns)), truth.received_ns));
        for (pair, gap) in written.windows(2).zip(gaps(trace)) {
            let true_gap = lag(pair[0], pair[1]);
            self.true_itl.push(true_gap);
            if gap.exact {
                self.itl.push((gap.ms - true_gap).abs());
            }
        }
        for (at, chunk) in written.iter().zip(trace.token_chunks()) {
            self.tokens += u64::from(chunk.tokens);
            if chunk.exact {
                self.exact += 1;
                self.stamp_lag.push(lag(*at, chunk.recv_ns.plus(Nanos(origin_ns))));
            } else {
                self.inexact += 1;
            }
        }
        self.write
            .extend(truth.before_ns.iter().zip(&truth.after_ns).map(|(before, after)| lag(*before, *after)));
        Ok(())
    }

    /// Token-bearing chunks with an exact stamp ÷ all of them.
    #[must_use]
    pub fn exact_share(&self) -> Option<f64> {
        ratio(self.exact, self.exact + self.inexact)
    }

    /// Tokens ÷ the time from the first one written to the last; absent without two moments.
    #[must_use]
    pub fn tokens_per_s(&self) -> Option<f64> {
        let span = self.last?.since(self.first?);
        // Nanoseconds and tokens alike stay far below 2^53.
        ratio(self.tokens, span.0).map(|per_ns| per_ns * 1e9)
    }
}

/// From one moment to another in milliseconds; negative where it is the earlier one.
fn lag(from: Nanos, to: Nanos) -> f64 {
    to.since(from).as_millis_f64() - from.since(to).as_millis_f64()
}

/// Sorts the values and tells how they are spread; absent of nothing.
#[must_use]
pub fn spread(values: &mut [f64]) -> Option<Spread> {
    distribution(values).map(|d| Spread {
        n: d.n,
        p50_ms: d.p50,
        p99_ms: d.p99,
        p99_9_ms: d.p99_9,
        max_ms: d.max,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture;
    use crate::model::outcome::Outcome;
    use crate::model::trace::ChunkKind::{Content, Done, Role};
    use crate::model::trace::{Chunk, ChunkKind, Trace};

    const ORIGIN: u64 = 1_000_000_000;

    fn us(us: u64) -> Nanos {
        Nanos(us * 1_000)
    }

    /// Received at 10 ms on the server's clock after the origin; (written at µs, kind, tokens).
    fn truth(chunks: &[(u64, ChunkKind, u32)]) -> GroundTruth {
        let at = |at: u64| us(at).plus(Nanos(ORIGIN));
        GroundTruth {
            id: fixture::exchange().request_id,
            received_ns: at(10_000),
            before_ns: chunks.iter().map(|(t, _, _)| at(*t)).collect(),
            after_ns: chunks.iter().map(|(t, _, _)| at(*t + 7)).collect(),
            due_ns: chunks.iter().map(|(t, _, n)| if *n > 0 { at(*t - 100) } else { Nanos(0) }).collect(),
            tokens: chunks.iter().map(|(_, _, n)| *n).collect(),
            kinds: chunks.iter().map(|(_, kind, _)| *kind).collect(),
            finished: true,
            ..GroundTruth::default()
        }
    }

    /// Sent at 9.9 ms; (received at µs, kind, tokens, exact).
    fn exchange(chunks: &[(u64, ChunkKind, u32, bool)]) -> Exchange {
        let chunk = |&(at, kind, tokens, exact): &(u64, ChunkKind, u32, bool)| Chunk {
            recv_ns: us(at),
            tokens,
            kind,
            exact,
            read_lag_ns: 0,
        };
        let trace =
            Trace { sent_ns: us(9_900), chunks: chunks.iter().map(chunk).collect(), ..Trace::default() };
        Exchange { trace, usage: None, ..fixture::exchange() }
    }

    fn close(values: &[f64], expected: &[f64]) {
        let alike = values.iter().zip(expected).all(|(value, expected)| (value - expected).abs() < 1e-9);
        assert!(alike && values.len() == expected.len(), "{values:?} is not {expected:?}");
    }

    #[test]
    fn a_worked_request() {
        let truth = truth(&[
            (40_000, Role, 0),
            (60_000, Content, 1),
            (80_000, Content, 2),
            (100_000, Content, 1),
            (100_010, Done, 0),
        ]);
        let exchange = exchange(&[
            (40_005, Role, 0, false),
            (60_030, Content, 1, true),
            (80_010, Content, 2, true),
            (100_300, Content, 1, false),
            (100_300, Done, 0, true),
        ]);
        let all = Differences::of([&exchange], &[truth], ORIGIN).unwrap();
        // 60.030 − 9.9 against 60 − 10; 100.3 − 9.9 against 100 − 10.
        close(&all.ttft, &[0.13]);
        close(&all.e2e, &[0.4]);
        close(&all.send_lag, &[0.1]);
        close(&all.true_itl, &[20.0, 20.0]);
        // 19.98 against 20; the second gap ends with an inexact stamp.
        close(&all.itl, &[0.02]);
        close(&all.stamp_lag, &[0.03, 0.01]);
        close(&all.server_late, &[0.1; 3]);
        close(&all.write, &[0.007; 5]);
        assert_eq!((all.exact, all.inexact, all.tokens, all.failed), (2, 1, 4, 0));
        assert_eq!(all.exact_share(), Some(2.0 / 3.0));
        close(&[all.tokens_per_s().unwrap()], &[4.0 / 0.04]);
    }

    #[test]
    fn what_failed_is_counted_and_nothing_else() {
        let cut = Exchange { outcome: Outcome::IncompleteStream, ..exchange(&[(60_030, Content, 1, true)]) };
        let all = Differences::of([&cut], &[truth(&[])], ORIGIN).unwrap();
        assert_eq!((all.failed, all.tokens, all.exact_share(), all.tokens_per_s()), (1, 0, None, None));
        assert!(all.ttft.is_empty() && all.stamp_lag.is_empty());
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let seen = exchange(&[(60_030, Content, 1, true)]);
        let id = seen.request_id.clone();
        assert_eq!(Differences::of([&seen], &[], ORIGIN).unwrap_err(), Mismatch::Unknown { id: id.clone() });
        let other = truth(&[(60_000, Role, 0)]);
        assert_eq!(Differences::of([&seen], &[other], ORIGIN).unwrap_err(), Mismatch::Chunks { id });
    }

    #[test]
    fn a_spread_has_the_sample_quantiles() {
        let mut values: Vec<f64> = (0..=1000_u32).rev().map(f64::from).collect();
        let spread = spread(&mut values).unwrap();
        assert_eq!(spread.n, 1001);
        close(
            &[spread.p50_ms, spread.p99_ms, spread.p99_9_ms, spread.max_ms],
            &[500.0, 990.0, 999.0, 1000.0],
        );
        assert_eq!(super::spread(&mut []), None);
    }
}
