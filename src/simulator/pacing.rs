//! An even pace: tokens at times that were set beforehand, whatever the load.
//!
//! A model of a server says how fast a server would be; a pace says exactly when each token is due, which is
//! what a client is measured against. Every stream keeps its own time, counted from its request, or all of them
//! keep one step, as the sequences of one batch do: then a token of every stream is due at the same moment, and
//! they are written in one burst.

use super::driver::Token;
use super::engine::{EngineRequest, FinishReason, Finished};
use crate::model::units::Nanos;

/// When tokens come. Times are divided by the profile's speed.
#[derive(Debug, Clone, PartialEq)]
pub struct Pacing {
    /// From a request's last byte to its first token, milliseconds.
    pub first_token_ms: f64,
    /// Between two tokens, milliseconds; above 0.
    pub inter_token_ms: f64,
    /// The role chunk goes out this long before the first token, milliseconds, at the earliest at once; the first
    /// token waits for it where `first_token_ms` is shorter. 0: with the first token.
    pub role_before_ms: f64,
    /// Tokens of every answer, fewer only where the request allows fewer. `None`: as long as the other profiles'
    /// answers, and known prompts are answered.
    pub tokens: Option<u32>,
    /// Tokens in one chunk, at least 1. A chunk is due when the tokens of the one before have had their time:
    /// four tokens 20 ms apart are a chunk every 80 ms.
    pub tokens_per_chunk: u32,
    /// Whether chunks of all streams are due at the same moments. The first token then waits for the next of
    /// them, at the most the time of one chunk.
    pub in_step: bool,
}

impl Default for Pacing {
    /// The first token after 50 ms, then one every 20 ms, each stream in its own time.
    fn default() -> Self {
        Self {
            first_token_ms: 50.0,
            inter_token_ms: 20.0,
            role_before_ms: 0.0,
            tokens: None,
            tokens_per_chunk: 1,
            in_step: false,
        }
    }
}

impl Pacing {
    /// The times of a request that arrived at `arrived`.
    pub(super) fn schedule(&self, arrived: Nanos, output_tokens: u32, speed: f64) -> Schedule {
        let span = |ms: f64| Nanos::from_secs_f64(ms / 1e3 / speed);
        let per_chunk = self.tokens_per_chunk.max(1);
        // Of the product, so that nothing is lost to rounding.
        let chunk = Nanos(span(self.inter_token_ms * f64::from(per_chunk)).0.max(1));
        let mut first = arrived.plus(span(self.first_token_ms.max(self.role_before_ms)));
        if self.in_step {
            first = Nanos(first.0.next_multiple_of(chunk.0));
        }
        let role = Nanos(first.0.saturating_sub(span(self.role_before_ms).0));
        Schedule { arrived, role, first, chunk, per_chunk, output_tokens, next: 0 }
    }
}

/// The times of one request: an iterator over its tokens.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    arrived: Nanos,
    /// When the role chunk is due.
    pub(super) role: Nanos,
    first: Nanos,
    chunk: Nanos,
    /// Tokens that are sent together.
    pub(super) per_chunk: u32,
    output_tokens: u32,
    next: u32,
}

impl Schedule {
    /// When a token is due.
    pub(super) const fn due(&self, token: u32) -> Nanos {
        self.first.plus(Nanos(self.chunk.0.saturating_mul((token / self.per_chunk) as u64)))
    }

    /// When the last token is due.
    pub(super) const fn last_due(&self) -> Nanos {
        self.due(self.output_tokens.saturating_sub(1))
    }

    /// The request's life as an engine would tell it.
    pub(super) const fn life(&self, prompt_tokens: u32, finish: FinishReason) -> Finished {
        let request = EngineRequest { id: 0, prompt_tokens, output_tokens: self.output_tokens, finish };
        Finished {
            request,
            arrived: self.arrived,
            scheduled: self.arrived,
            first_token: self.first,
            last_token: self.last_due(),
            preemptions: 0,
        }
    }
}

impl Iterator for Schedule {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let index = self.next;
        if index >= self.output_tokens {
            return None;
        }
        self.next += 1;
        Some(Token { index, due: self.due(index), finished: self.next == self.output_tokens })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARRIVED: Nanos = Nanos(1_234_567);

    /// Whole milliseconds after the arrival.
    fn ms(at: Nanos) -> u64 {
        assert!(at.since(ARRIVED).0.is_multiple_of(1_000_000), "{at:?}");
        at.since(ARRIVED).0 / 1_000_000
    }

    fn due_ms(pacing: &Pacing, tokens: u32) -> Vec<u64> {
        pacing.schedule(ARRIVED, tokens, 1.0).map(|token| ms(token.due)).collect()
    }

    #[test]
    fn tokens_are_due_at_even_times() {
        assert_eq!(due_ms(&Pacing::default(), 4), [50, 70, 90, 110]);
        let chunks = Pacing { tokens_per_chunk: 4, ..Pacing::default() };
        assert_eq!(due_ms(&chunks, 9), [50, 50, 50, 50, 130, 130, 130, 130, 210]);
        let schedule = Pacing::default().schedule(ARRIVED, 3, 2.0);
        assert_eq!((schedule.due(0), schedule.last_due()), (Nanos(26_234_567), Nanos(46_234_567)));
        assert_eq!(schedule.map(|token| token.finished).collect::<Vec<_>>(), [false, false, true]);
    }

    #[test]
    fn the_role_comes_before_the_first_token_and_never_before_the_request() {
        let role = |role_before_ms, first_token_ms| {
            let pacing = Pacing { first_token_ms, role_before_ms, ..Pacing::default() };
            let schedule = pacing.schedule(ARRIVED, 1, 1.0);
            [schedule.role, schedule.due(0)].map(ms)
        };
        assert_eq!(role(0.0, 50.0), [50, 50]);
        assert_eq!(role(20.0, 50.0), [30, 50]);
        assert_eq!(role(500.0, 50.0), [0, 500]);
    }

    #[test]
    fn streams_in_step_are_due_together() {
        let pacing = Pacing { in_step: true, ..Pacing::default() };
        let first = |arrived_ms| pacing.schedule(Nanos::from_millis(arrived_ms), 2, 1.0).due(0);
        assert_eq!(first(0), Nanos::from_millis(60));
        assert_eq!(first(10), Nanos::from_millis(60));
        assert_eq!(first(11), Nanos::from_millis(80));
        assert_eq!(first(29), Nanos::from_millis(80));
    }
}
