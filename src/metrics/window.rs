//! Throughput, from the part of each block with the load at its level.

use crate::model::judgement::Verdict;
use crate::model::record::Attempt;
use crate::model::result::BlockTime;
use crate::model::summary::{Throughput, Window};
use crate::model::units::Nanos;

use super::request::{as_f64, output_tokens};

/// A window counts only when it holds this many times the concurrency in finished requests: fewer,
/// and where it begins and ends decides the rate.
pub const SMALLEST_WINDOW: u64 = 3;

/// The rates over the windows of `blocks` (all of one side), or why there are none.
///
/// - `request_throughput_per_s` = successes that ended inside the windows ÷ their length.
/// - `output_tokens_per_s` = output tokens received inside ÷ their length. A chunk's share of the
///   request's output tokens is its share of the tokens counted by chunk.
/// - `correct_answers_per_s` = passing responses that ended inside ÷ their length.
pub fn throughput(
    attempts: &[&Attempt],
    blocks: &[BlockTime],
    concurrency: u32,
) -> Result<Throughput, String> {
    let needed = SMALLEST_WINDOW * u64::from(concurrency);
    let judged = attempts.iter().any(|attempt| !attempt.judgement.checks.is_empty());
    let (mut windows, mut passed, mut received, mut largest) = (Vec::new(), 0, 0.0, 0);
    for block in blocks {
        let (Some(start), Some(end)) = (block.level_start_ns, block.level_end_ns) else { continue };
        let ended: Vec<_> = attempts.iter().filter(|a| ended_within(a, start, end)).collect();
        let requests = ended.len() as u64;
        largest = largest.max(requests);
        if requests < needed {
            continue;
        }
        let tokens: f64 = attempts.iter().map(|attempt| tokens_within(attempt, start, end)).sum();
        passed += ended.iter().filter(|a| a.judgement.verdict == Verdict::Pass).count() as u64;
        received += tokens;
        windows.push(Window { start_ns: start, end_ns: end, requests, output_tokens: round(tokens) });
    }
    let length_s: f64 = windows.iter().map(|w| w.end_ns.since(w.start_ns).as_secs_f64()).sum();
    if windows.is_empty() || length_s <= 0.0 {
        return Err(format!(
            "no steady window: at concurrency {concurrency} it takes {needed} requests finished at full load in a block, the fullest had {largest}; a lower concurrency or larger blocks give one"
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

/// Whether this is a success whose last token came after `start` and no later than `end`.
#[must_use]
pub fn ended_within(attempt: &Attempt, start: Nanos, end: Nanos) -> bool {
    ended_at(attempt).is_some_and(|at| start < at && at <= end)
}

/// When a success's last token came.
fn ended_at(attempt: &Attempt) -> Option<Nanos> {
    let exchange = &attempt.exchange;
    exchange.outcome.is_success().then(|| exchange.trace.token_chunks().next_back().map(|c| c.recv_ns))?
}

fn tokens_within(attempt: &Attempt, start: Nanos, end: Nanos) -> f64 {
    if !attempt.exchange.outcome.is_success() {
        return 0.0;
    }
    let (mut within, mut all) = (0, 0);
    for chunk in attempt.exchange.trace.token_chunks() {
        all += u64::from(chunk.tokens);
        if start < chunk.recv_ns && chunk.recv_ns <= end {
            within += u64::from(chunk.tokens);
        }
    }
    if all == 0 { 0.0 } else { as_f64(within) * as_f64(output_tokens(&attempt.exchange).0) / as_f64(all) }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count, not negative and far below 2^53"
)]
const fn round(tokens: f64) -> u64 {
    tokens.round() as u64
}
