//! One trace under several tools' formulas, so that a number can be compared with the one that another
//! tool printed.
//!
//! One file a tool (`labctl`, `vllm`, `guidellm`, `aiperf`) with its formulas and their source, `causes` counts
//! what makes them differ. All start where the request was sent: the tools' clocks start when they hand the
//! request to their HTTP library, which in labctl's traces is the same moment, for its connections are open.

mod aiperf;
mod causes;
mod guidellm;
mod labctl;
mod vllm;

use crate::model::definitions::{DefinedSummary, Definitions, ItlOf, OneToken, SideDefinitions, Statistics};
use crate::model::exchange::Exchange;
use crate::model::imported::ChunkTimes;
use crate::model::record::Side;
use crate::model::result::RunResult;
use crate::model::trace::{Chunk, ChunkKind, Trace};
use crate::model::units::Nanos;
use crate::stats::quantile::distribution;

/// One request's metrics under one tool's formulas, times in milliseconds. Absent is what the tool doesn't give.
#[derive(Debug, Clone, PartialEq)]
pub struct DefinedMetrics {
    /// Time to first token.
    pub ttft_ms: Option<f64>,
    /// Time per output token.
    pub tpot_ms: Option<f64>,
    /// Inter-token latency: every gap, or the one mean of the request, as `itl_of` says.
    pub itl_ms: Vec<f64>,
    /// What a value of `itl_ms` is.
    pub itl_of: ItlOf,
    /// End-to-end latency.
    pub e2e_ms: Option<f64>,
    /// Output tokens as the tool counts them.
    pub output_tokens: u64,
    /// What goodput makes of it under an objective on the time per token; absent for more than one token.
    pub one_token_goodput: Option<OneToken>,
}

/// The metrics of one exchange under one tool's formulas.
#[must_use]
pub fn defined(definitions: Definitions, exchange: &Exchange) -> DefinedMetrics {
    match definitions {
        Definitions::Labctl => labctl::metrics(exchange),
        Definitions::Vllm => vllm::metrics(exchange),
        Definitions::Guidellm => guidellm::metrics(exchange),
        Definitions::Aiperf => aiperf::metrics(exchange),
    }
}

/// What goodput makes of a single-token response, by tool.
#[must_use]
pub const fn one_token_goodput(definitions: Definitions) -> OneToken {
    match definitions {
        Definitions::Labctl => labctl::ONE_TOKEN,
        Definitions::Vllm => vllm::ONE_TOKEN,
        Definitions::Guidellm => guidellm::ONE_TOKEN,
        Definitions::Aiperf => aiperf::ONE_TOKEN,
    }
}

const fn itl_of(definitions: Definitions) -> ItlOf {
    match definitions {
        Definitions::Labctl => labctl::ITL_OF,
        Definitions::Vllm => vllm::ITL_OF,
        Definitions::Guidellm => guidellm::ITL_OF,
        Definitions::Aiperf => aiperf::ITL_OF,
    }
}

/// A result that keeps no traces: no other formula can be applied to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "run `{run_id}` keeps the chunk times of {kept} of the {side}'s {successes} successful requests, and other tools' formulas need all of them"
)]
pub struct MissingTraces {
    /// The run.
    pub run_id: String,
    /// The side.
    pub side: Side,
    /// Its successes.
    pub successes: u64,
    /// Those with their chunks.
    pub kept: u64,
}

/// The run's sides (the baseline first, where there is one) under each of these tools' formulas. All of them look
/// at the requests that labctl counts as successes.
///
/// # Errors
///
/// Where the result doesn't keep the chunks of every success.
pub fn sides(result: &RunResult, definitions: &[Definitions]) -> Result<Vec<SideDefinitions>, MissingTraces> {
    let sides = [Side::Baseline, Side::Candidate].into_iter().filter(|side| result.side(*side).is_some());
    sides.map(|side| one_side(result, side, definitions)).collect()
}

fn one_side(
    result: &RunResult,
    side: Side,
    definitions: &[Definitions],
) -> Result<SideDefinitions, MissingTraces> {
    let attempts = result.rows.iter().filter_map(|row| row.attempt(side));
    let exchanges: Vec<_> =
        attempts.map(|attempt| &attempt.exchange).filter(|e| e.outcome.is_success()).collect();
    let counted = result.side(side).map_or(0, |info| info.summary.succeeded());
    let successes = counted.max(exchanges.len() as u64);
    let kept = exchanges.iter().filter(|e| !e.trace.chunks.is_empty()).count() as u64;
    if kept < successes {
        return Err(MissingTraces { run_id: result.run_id.clone(), side, successes, kept });
    }
    let gaps = result.imported_from.as_ref().is_none_or(|from| from.chunks == ChunkTimes::All);
    let summary = |definitions: &Definitions| {
        let mut summary = summarise(*definitions, &exchanges);
        // The time from the first chunk to the last is no gap between chunks.
        summary.itl_ms = summary.itl_ms.filter(|_| gaps || summary.itl_of == ItlOf::Request);
        summary
    };
    Ok(SideDefinitions {
        side,
        summaries: definitions.iter().map(summary).collect(),
        causes: causes::count(&exchanges),
    })
}

/// A value and how many times it counts, for the tool that weights.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Weighted {
    value: f64,
    weight: u64,
}

/// The distributions of these successes. Percentiles are numpy's default (linear interpolation), as the tools
/// that use numpy have them, but for `GuideLLM`, which has its own.
#[must_use]
pub fn summarise(definitions: Definitions, exchanges: &[&Exchange]) -> DefinedSummary {
    let (mut ttft, mut tpot, mut itl, mut e2e) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut output_tokens, mut single) = (0, 0);
    for exchange in exchanges {
        let metrics = defined(definitions, exchange);
        let (n, gaps) = (metrics.output_tokens, metrics.output_tokens.saturating_sub(1));
        ttft.extend(metrics.ttft_ms.map(|value| Weighted { value, weight: 1 }));
        tpot.extend(metrics.tpot_ms.map(|value| Weighted { value, weight: n }));
        itl.extend(metrics.itl_ms.iter().map(|value| Weighted { value: *value, weight: gaps }));
        e2e.extend(metrics.e2e_ms.map(|value| Weighted { value, weight: 1 }));
        output_tokens += n;
        single += u64::from(metrics.one_token_goodput.is_some());
    }
    let statistics =
        if definitions == Definitions::Guidellm { guidellm::statistics } else { linear_statistics };
    DefinedSummary {
        definitions,
        ttft_ms: statistics(ttft),
        tpot_ms: statistics(tpot),
        itl_ms: statistics(itl),
        itl_of: itl_of(definitions),
        e2e_ms: statistics(e2e),
        one_token_goodput: one_token_goodput(definitions),
        single_token_responses: single,
        output_tokens,
    }
}

/// Every value once; percentiles interpolated linearly.
fn linear_statistics(values: Vec<Weighted>) -> Option<Statistics> {
    let mut values: Vec<f64> = values.into_iter().map(|v| v.value).collect();
    distribution(&mut values).map(|d| Statistics { n: d.n, mean: d.mean, p50: d.p50, p99: d.p99 })
}

/// From the request sent to `at`, milliseconds.
fn from_sent(trace: &Trace, at: Nanos) -> f64 {
    at.since(trace.sent_ns).as_millis_f64()
}

/// The number of output tokens that the server told.
fn told_tokens(exchange: &Exchange) -> Option<u64> {
    exchange.usage.map(|usage| usage.completion_tokens).filter(|tokens| *tokens > 0)
}

/// Chunks with text: a content, reasoning or tool-call delta that isn't empty.
fn with_text(trace: &Trace) -> impl DoubleEndedIterator<Item = &Chunk> {
    trace.chunks.iter().filter(|chunk| has_text(chunk.kind))
}

const fn has_text(kind: ChunkKind) -> bool {
    matches!(kind, ChunkKind::Content | ChunkKind::Reasoning | ChunkKind::ToolCall)
}

/// Chunks with `choices`, empty or not. [`ChunkKind::Other`] is one: as a rule a delta without text, such as that of
/// a special token.
fn with_choices(trace: &Trace) -> impl DoubleEndedIterator<Item = &Chunk> {
    trace.chunks.iter().filter(|chunk| has_choices(chunk.kind))
}

const fn has_choices(kind: ChunkKind) -> bool {
    !matches!(kind, ChunkKind::Usage | ChunkKind::Done)
}

/// The time from the first of these chunks to the last, where there are any.
fn span<'a>(mut chunks: impl DoubleEndedIterator<Item = &'a Chunk>) -> Option<(&'a Chunk, &'a Chunk)> {
    let first = chunks.next()?;
    Some((first, chunks.next_back().unwrap_or(first)))
}

#[cfg(test)]
mod tests;
