//! The formulas of `vllm bench serve`.
//!
//! Source: vLLM, `benchmarks/lib/endpoint_request_func.py` (`async_request_openai_chat_completions`) and
//! `benchmarks/serve.py` (`calculate_metrics`); its Rust client is the same in these (`rust/src/bench`:
//! `backends/openai_chat.rs`, `metrics/calculator.rs`). As of commits 02cfb534 and 0c650358.

use super::{DefinedMetrics, ItlOf, OneToken, from_sent, span, told_tokens, with_choices};
use crate::metrics::request::as_f64;
use crate::model::exchange::Exchange;

/// Its TPOT is taken as 0 in goodput, which is below every objective.
pub(super) const ONE_TOKEN: OneToken = OneToken::Met;
pub(super) const ITL_OF: ItlOf = ItlOf::Chunk;

/// With s the sending and chunks that have `choices` at c₁ … cₖ, empty ones (role, finish) included:
/// - TTFT = c₁ − s.
/// - E2E ("latency") = cₖ − s; the usage chunk, whose `choices` are empty, and `[DONE]` don't extend it. (Older
///   versions of the Python client let the usage chunk extend it.)
/// - ITL: every gap cᵢ₊₁ − cᵢ, pooled over requests.
/// - TPOT = (E2E − TTFT) ÷ (n − 1) for n > 1, else left out. It is 0 where all came at one moment.
/// - n = `usage.completion_tokens`, else 1 + the number of gaps (the Rust client; the Python client tokenizes
///   the text, which a trace can't).
pub(super) fn metrics(exchange: &Exchange) -> DefinedMetrics {
    let trace = &exchange.trace;
    let ends = span(with_choices(trace));
    let ttft_ms = ends.map(|(first, _)| from_sent(trace, first.recv_ns));
    let e2e_ms = ends.map(|(_, last)| from_sent(trace, last.recv_ns));
    let gaps = with_choices(trace).zip(with_choices(trace).skip(1));
    let itl_ms: Vec<f64> = gaps.map(|(a, b)| b.recv_ns.since(a.recv_ns).as_millis_f64()).collect();
    let n = told_tokens(exchange).unwrap_or(1 + itl_ms.len() as u64);
    let decode_ms = ends.map(|(first, last)| last.recv_ns.since(first.recv_ns).as_millis_f64());
    DefinedMetrics {
        ttft_ms,
        tpot_ms: decode_ms.filter(|_| n > 1).map(|ms| ms / as_f64(n - 1)),
        itl_ms,
        itl_of: ITL_OF,
        e2e_ms,
        output_tokens: n,
        one_token_goodput: (n == 1).then_some(ONE_TOKEN),
    }
}
