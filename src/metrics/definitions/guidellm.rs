//! The formulas of `GuideLLM`.
//!
//! Source: `GuideLLM`, `schemas/base/request_stats.py` (`GenerativeRequestStats`), `backends/openai/http.py`
//! (`_resolve_streaming`: when an iteration is stamped), `benchmark/schemas` (`GenerativeMetrics`: weights),
//! `schemas/base/statistics.py` (`DistributionSummary.from_values`), `schemas/benchmark/goodput.py`.
//! As of commit 31c74ea2; older versions don't take reasoning for text.

use super::{DefinedMetrics, ItlOf, OneToken, Statistics, Weighted, from_sent, span, told_tokens, with_text};
use crate::metrics::request::as_f64;
use crate::model::exchange::Exchange;
use crate::model::trace::ChunkKind;

/// Its objective `tpot` is put to the inter-token latency, which a single token doesn't have: undetermined.
pub(super) const ONE_TOKEN: OneToken = OneToken::Excluded;
pub(super) const ITL_OF: ItlOf = ItlOf::Request;

/// With s the sending and chunks with text (content, reasoning, tool call) at c₁ … cₖ:
/// - TTFT = c₁ − s.
/// - TPOT ("time per output token") = (cₖ − s) ÷ n: the time to the first token is in it.
/// - ITL = (cₖ − c₁) ÷ (n − 1) for n > 1, one value a request.
/// - E2E ("request latency") ends where it stops reading: at `[DONE]`, else where the stream closed.
/// - n = `usage.completion_tokens`, else the number of chunks with text.
pub(super) fn metrics(exchange: &Exchange) -> DefinedMetrics {
    let trace = &exchange.trace;
    let ends = span(with_text(trace));
    let n = told_tokens(exchange).unwrap_or(with_text(trace).count() as u64);
    let done = trace.chunks.iter().find(|chunk| chunk.kind == ChunkKind::Done);
    let decode_ms = ends.map(|(first, last)| last.recv_ns.since(first.recv_ns).as_millis_f64());
    DefinedMetrics {
        ttft_ms: ends.map(|(first, _)| from_sent(trace, first.recv_ns)),
        tpot_ms: ends.filter(|_| n > 0).map(|(_, last)| from_sent(trace, last.recv_ns) / as_f64(n)),
        itl_ms: decode_ms.filter(|_| n > 1).map(|ms| ms / as_f64(n - 1)).into_iter().collect(),
        itl_of: ITL_OF,
        e2e_ms: Some(from_sent(trace, done.map_or(trace.end_ns, |done| done.recv_ns))),
        output_tokens: n,
        one_token_goodput: (n == 1).then_some(ONE_TOKEN),
    }
}

/// Its distributions: the mean is weighted (TPOT by n, ITL by n − 1, the others by 1), and the p-th percentile is
/// the smallest value at which the sum of the weights reaches p % of them all, without interpolation.
pub(super) fn statistics(mut values: Vec<Weighted>) -> Option<Statistics> {
    values.retain(|v| v.weight > 0);
    values.sort_unstable_by(|a, b| a.value.total_cmp(&b.value));
    let total: u64 = values.iter().map(|v| v.weight).sum();
    let percentile = |percent: u64| {
        let reached = values.iter().scan(0, |sum, v| {
            *sum += v.weight;
            Some((*sum, v.value))
        });
        reached.into_iter().find(|(sum, _)| 100 * sum >= percent * total).map(|(_, value)| value)
    };
    let sum: f64 = values.iter().map(|v| v.value * as_f64(v.weight)).sum();
    Some(Statistics {
        n: values.len() as u64,
        mean: sum / as_f64(total),
        p50: percentile(50)?,
        p99: percentile(99)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[(f64, u64)]) -> Option<Statistics> {
        statistics(values.iter().map(|(value, weight)| Weighted { value: *value, weight: *weight }).collect())
    }

    #[test]
    fn percentiles_are_of_the_weights_and_not_interpolated() {
        // Weights 1, 6 and 3 of 10: half is reached within the second, 99 % only at the third.
        let s = of(&[(30.0, 3), (10.0, 1), (20.0, 6)]).unwrap();
        assert_eq!((s.n, s.p50, s.p99), (3, 20.0, 30.0));
        assert!((s.mean - (30.0 * 3.0 + 10.0 + 20.0 * 6.0) / 10.0).abs() < 1e-12);
        // Of two equals the lower is the median, where linear interpolation has 15.
        assert!(of(&[(10.0, 1), (20.0, 1)]).unwrap().p50 < 15.0);
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(5.0, 0)]), None);
    }
}
