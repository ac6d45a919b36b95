//! The metrics of one request.

use crate::model::exchange::Exchange;
use crate::model::outcome::Outcome;
use crate::model::summary::{RequestMetrics, TokenSource};
use crate::model::trace::ChunkKind;
use crate::model::units::Nanos;

use super::gaps::gaps;

/// Derives the metrics from a trace.
///
/// With s = `sent_ns` and token-bearing chunks at c₁ … cₖ:
/// - `ttft_ms` = c₁ − s, `ttfo_ms` = first content chunk − s, `e2e_ms` = cₖ − s,
///   `latency_from_schedule_ms` = cₖ − `scheduled_ns`; absent without a token-bearing chunk.
/// - `tpot_ms` = (`e2e_ms` − `ttft_ms`) ÷ (output tokens − tokens of the first chunk); absent where
///   nothing is left to divide by, and where no time passed: the token that ends an answer is counted in
///   `usage` and mostly comes with no chunk, and several chunks may come in one read. Neither makes a token free.
/// - `output_tokens` = `usage.completion_tokens`, else the tokens told or counted per chunk.
/// - `output_tokens_per_s` = output tokens ÷ `e2e_ms`.
///
/// Only a success has metrics: a stream that was cut has no end-to-end latency.
#[must_use]
pub fn metrics(exchange: &Exchange) -> RequestMetrics {
    if exchange.outcome != Outcome::Success {
        return RequestMetrics::default();
    }
    let trace = &exchange.trace;
    let (Some(first), Some(last)) = (trace.token_chunks().next(), trace.token_chunks().next_back()) else {
        return RequestMetrics::default();
    };
    let from_sent = |at: Nanos| at.since(trace.sent_ns).as_millis_f64();
    let (ttft_ms, e2e_ms) = (from_sent(first.recv_ns), from_sent(last.recv_ns));
    let (output_tokens, source) = output_tokens(exchange);
    let after_first = output_tokens.saturating_sub(u64::from(first.tokens));
    RequestMetrics {
        ttft_ms: Some(ttft_ms),
        ttfo_ms: trace
            .token_chunks()
            .find(|chunk| chunk.kind == ChunkKind::Content)
            .map(|chunk| from_sent(chunk.recv_ns)),
        e2e_ms: Some(e2e_ms),
        latency_from_schedule_ms: Some(last.recv_ns.since(trace.scheduled_ns).as_millis_f64()),
        tpot_ms: (after_first > 0 && first.recv_ns < last.recv_ns)
            .then(|| (e2e_ms - ttft_ms) / as_f64(after_first)),
        max_stall_ms: gaps(trace).map(|gap| gap.ms).reduce(f64::max),
        output_tokens: Some(output_tokens),
        output_tokens_source: Some(source),
        output_tokens_per_s: (e2e_ms > 0.0).then(|| as_f64(output_tokens) / e2e_ms * 1e3),
    }
}

/// How many tokens an exchange brought, and who says so.
#[must_use]
pub fn output_tokens(exchange: &Exchange) -> (u64, TokenSource) {
    match exchange.usage {
        Some(usage) if usage.completion_tokens > 0 => (usage.completion_tokens, TokenSource::Usage),
        _ => (exchange.trace.token_chunks().map(|chunk| u64::from(chunk.tokens)).sum(), TokenSource::Chunks),
    }
}

#[expect(clippy::cast_precision_loss, reason = "token counts stay far below 2^53")]
pub(super) const fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::exchange::Usage;
    use crate::model::fixture;
    use crate::model::trace::{Chunk, Trace};

    /// Scheduled at 90 ms, sent at 100 ms, then (milliseconds, tokens, kind).
    pub(in crate::metrics) fn exchange(
        chunks: &[(u64, u32, ChunkKind)],
        completion_tokens: Option<u64>,
    ) -> Exchange {
        let chunks = chunks
            .iter()
            .map(|&(ms, tokens, kind)| Chunk {
                recv_ns: Nanos::from_millis(ms),
                tokens,
                kind,
                exact: true,
                read_lag_ns: 0,
            })
            .collect();
        let trace = Trace {
            scheduled_ns: Nanos::from_millis(90),
            sent_ns: Nanos::from_millis(100),
            end_ns: Nanos::from_millis(10_000),
            chunks,
            ..Trace::default()
        };
        Exchange {
            usage: completion_tokens.map(|completion_tokens| Usage { completion_tokens, ..Usage::default() }),
            served_model: None,
            system_fingerprint: None,
            trace,
            ..fixture::exchange()
        }
    }

    fn close(value: Option<f64>, expected: f64) {
        assert!(value.is_some_and(|v| (v - expected).abs() < 1e-9), "{value:?} is not {expected}");
    }

    #[test]
    fn a_worked_trace() {
        use ChunkKind::{Content, Done, Finish, Reasoning, Role, Usage};
        let exchange = exchange(
            &[
                (130, 0, Role),
                (150, 1, Reasoning),
                (170, 1, Content),
                (210, 1, Content),
                (230, 0, Finish),
                (235, 0, Usage),
                (240, 0, Done),
            ],
            Some(5),
        );
        let m = metrics(&exchange);
        close(m.ttft_ms, 50.0);
        close(m.ttfo_ms, 70.0);
        close(m.e2e_ms, 110.0);
        close(m.latency_from_schedule_ms, 120.0);
        close(m.tpot_ms, 15.0);
        close(m.max_stall_ms, 40.0);
        close(m.output_tokens_per_s, 5.0 / 0.110);
        assert_eq!((m.output_tokens, m.output_tokens_source), (Some(5), Some(TokenSource::Usage)));
    }

    #[test]
    fn tokens_of_the_first_chunk_are_left_out_of_tpot() {
        let m = metrics(&exchange(&[(150, 3, ChunkKind::Content), (250, 2, ChunkKind::Content)], None));
        close(m.tpot_ms, 50.0);
        assert_eq!((m.output_tokens, m.output_tokens_source), (Some(5), Some(TokenSource::Chunks)));
    }

    #[test]
    fn a_single_token_has_no_tpot_and_no_stall() {
        let m = metrics(&exchange(&[(150, 1, ChunkKind::Content)], Some(1)));
        close(m.e2e_ms, 50.0);
        assert_eq!((m.tpot_ms, m.max_stall_ms), (None, None));
    }

    /// The token that ends an answer is counted by the server and carries no text: two tokens, one chunk.
    #[test]
    fn tokens_that_came_at_one_moment_have_no_tpot() {
        let chunk = (150, 1, ChunkKind::Content);
        for chunks in [&[chunk][..], &[chunk, chunk]] {
            let m = metrics(&exchange(chunks, Some(2)));
            close(m.e2e_ms, 50.0);
            assert_eq!(m.tpot_ms, None);
        }
    }

    #[test]
    fn what_is_not_a_success_has_no_metrics() {
        let mut cut = exchange(&[(150, 1, ChunkKind::Content)], None);
        cut.outcome = Outcome::IncompleteStream;
        assert_eq!(metrics(&cut), RequestMetrics::default());
        assert_eq!(metrics(&exchange(&[(150, 0, ChunkKind::Role)], None)), RequestMetrics::default());
    }
}
