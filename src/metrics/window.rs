//! Throughput, from the part of each block with the load at its level.

use std::collections::BTreeMap;

use crate::model::exchange::Exchange;
use crate::model::judgement::Verdict;
use crate::model::record::Attempt;
use crate::model::result::BlockTime;
use crate::model::summary::{Throughput, Window};
use crate::model::units::Nanos;

use super::request::{as_f64, output_tokens};

/// A window counts only when it holds this many times the concurrency in finished requests: fewer,
/// and where it begins and ends decides the rate.
pub const SMALLEST_WINDOW: u64 = 3;

/// The rates over the windows of `blocks` (all of one side), or why there are none. `tokens` are the output tokens
/// received inside each block's window, by block.
///
/// - `request_throughput_per_s` = successes that ended inside the windows ÷ their length.
/// - `output_tokens_per_s` = output tokens received inside ÷ their length. A chunk's share of the
///   request's output tokens is its share of the tokens counted by chunk.
/// - `correct_answers_per_s` = passing responses that ended inside ÷ their length.
pub fn throughput(
    attempts: &[&Attempt],
    blocks: &[BlockTime],
    concurrency: u32,
    tokens: &BTreeMap<u32, f64>,
) -> Result<Throughput, String> {
    let needed = SMALLEST_WINDOW * u64::from(concurrency);
    let judged = attempts.iter().any(|attempt| !attempt.judgement.checks.is_empty());
    let all = Ends::of(attempts.iter().copied());
    let right = Ends::of(attempts.iter().copied().filter(|a| a.judgement.verdict == Verdict::Pass));
    let (mut windows, mut passed, mut received, mut largest) = (Vec::new(), 0, 0.0, 0);
    for block in blocks {
        let (Some(start), Some(end)) = (block.level_start_ns, block.level_end_ns) else { continue };
        let requests = all.within(start, end);
        largest = largest.max(requests);
        if requests < needed {
            continue;
        }
        let tokens = tokens.get(&block.block).copied().unwrap_or(0.0);
        passed += right.within(start, end);
        received += tokens;
        windows.push(Window { start_ns: start, end_ns: end, requests, output_tokens: round(tokens) });
    }
    let length_s: f64 = windows.iter().map(|w| w.end_ns.since(w.start_ns).as_secs_f64()).sum();
    if windows.is_empty() || length_s <= 0.0 {
        return Err(format!(
            "no steady window: with {concurrency} in flight it takes {needed} requests finished at full load in a block, the fullest had {largest}; more requests or a longer duration give one"
        ));
    }
    let requests: u64 = windows.iter().map(|w| w.requests).sum();
    Ok(Throughput {
        request_throughput_per_s: as_f64(requests) / length_s,
        output_tokens_per_s: received / length_s,
        correct_answers_per_s: judged.then(|| as_f64(passed) / length_s),
        window_s: length_s,
        windows,
    })
}

/// When each of some successes brought its last token, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends(Vec<Nanos>);

impl Ends {
    /// Of the successes among these.
    #[must_use]
    pub fn of<'a>(attempts: impl Iterator<Item = &'a Attempt>) -> Self {
        let mut ends: Vec<Nanos> = attempts.filter_map(ended_at).collect();
        ends.sort_unstable();
        Self(ends)
    }

    /// How many came after `start` and no later than `end`.
    #[must_use]
    pub fn within(&self, start: Nanos, end: Nanos) -> u64 {
        let until = |moment: Nanos| self.0.partition_point(|at| *at <= moment) as u64;
        until(end).saturating_sub(until(start))
    }
}

/// When a success's last token came, from what is kept without the chunks: to the nanosecond, for a latency in
/// milliseconds has digits enough.
pub(super) fn ended_at(attempt: &Attempt) -> Option<Nanos> {
    let e2e_ms = attempt.metrics.e2e_ms.filter(|_| attempt.exchange.outcome.is_success())?;
    Some(attempt.exchange.trace.sent_ns.plus(Nanos(round(e2e_ms * 1e6))))
}

/// Output tokens received after `start` and no later than `end`.
pub(super) fn tokens_within(exchange: &Exchange, start: Nanos, end: Nanos) -> f64 {
    let (mut within, mut all) = (0, 0);
    for chunk in exchange.trace.token_chunks() {
        all += u64::from(chunk.tokens);
        if start < chunk.recv_ns && chunk.recv_ns <= end {
            within += u64::from(chunk.tokens);
        }
    }
    if all == 0 { 0.0 } else { as_f64(within) * as_f64(output_tokens(exchange).0) / as_f64(all) }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of tokens or nanoseconds, not negative and far below 2^53"
)]
const fn round(count: f64) -> u64 {
    count.round() as u64
}
