//! The formulas of NVIDIA `AIPerf`.
//!
//! Source: `AIPerf`, `metrics/types/ttft_metric.py`, `request_latency_metric.py`, `inter_token_latency_metric.py`
//! (`_decode_token_count`), `good_request_count_metric.py`; `common/models/record_models.py`
//! (`content_responses`). As of commit 58dd5dea.

use super::{DefinedMetrics, ItlOf, OneToken, from_sent, span, told_tokens, with_text};
use crate::metrics::request::as_f64;
use crate::model::exchange::Exchange;

/// A request without a value for a metric that has an objective isn't good.
pub(super) const ONE_TOKEN: OneToken = OneToken::NotMet;
pub(super) const ITL_OF: ItlOf = ItlOf::Request;

/// With s the sending and chunks with text (content, reasoning, tool call) at c₁ … cₖ:
/// - TTFT = c₁ − s, E2E ("request latency") = cₖ − s.
/// - ITL = (E2E − TTFT) ÷ (n − tokens of the first chunk) for n > 1, one value a request. Its first chunk's tokens
///   are what the server tells (`--per-chunk-usage`), else 1; 1 too where nothing would be left to divide by. It is
///   0 where all came at one moment.
/// - TPOT: it has none by this name.
/// - n = `usage.completion_tokens` (as with `--use-server-token-count`; it tokenizes the text otherwise, which a
///   trace can't), else the tokens told or counted per chunk.
pub(super) fn metrics(exchange: &Exchange) -> DefinedMetrics {
    let trace = &exchange.trace;
    let ends = span(with_text(trace));
    let counted = || with_text(trace).map(|chunk| u64::from(chunk.tokens)).sum();
    let n = told_tokens(exchange).unwrap_or_else(counted);
    let itl_ms = ends.filter(|_| n > 1).map(|(first, last)| {
        let in_first = u64::from(first.tokens);
        let decoded = if in_first == 0 || in_first >= n { n - 1 } else { n - in_first };
        last.recv_ns.since(first.recv_ns).as_millis_f64() / as_f64(decoded)
    });
    DefinedMetrics {
        ttft_ms: ends.map(|(first, _)| from_sent(trace, first.recv_ns)),
        tpot_ms: None,
        itl_ms: itl_ms.into_iter().collect(),
        itl_of: ITL_OF,
        e2e_ms: ends.map(|(_, last)| from_sent(trace, last.recv_ns)),
        output_tokens: n,
        one_token_goodput: (n == 1).then_some(ONE_TOKEN),
    }
}
