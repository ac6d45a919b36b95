//! The most output tokens that a run may ask for, so that a paid endpoint costs no more than was agreed to.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::model::exchange::Exchange;
use crate::model::outcome::Outcome;

/// Output tokens that may be asked for in all. Each request sets aside the most it may bring before it is sent, and
/// gives back what it didn't use: the sum can't be passed by a server that keeps to `max_tokens`, and with one that
/// doesn't, by no more than what is in flight.
#[derive(Debug)]
pub struct Budget {
    most: u64,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    spent: u64,
    set_aside: u64,
    exhausted: bool,
}

impl Budget {
    /// So many tokens, of which `spent` are gone already.
    #[must_use]
    pub fn new(most: u64, spent: u64) -> Self {
        Self { most, state: Mutex::new(State { spent, ..State::default() }), freed: Notify::new() }
    }

    /// Whether a request could not be sent for it.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.state().exhausted
    }

    /// Tokens that were spent so far.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.state().spent
    }

    /// Numbers are whole whoever panicked beside them.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets so many tokens aside. Waits while requests in flight may give some back; false where there is no more.
    pub(super) async fn set_aside(&self, tokens: u64) -> bool {
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            // Registered before the question, so that what is given back meanwhile is heard of.
            freed.as_mut().enable();
            {
                let mut state = self.state();
                if state.exhausted {
                    return false;
                }
                if state.spent.saturating_add(state.set_aside).saturating_add(tokens) <= self.most {
                    state.set_aside += tokens;
                    return true;
                }
                if state.set_aside == 0 {
                    state.exhausted = true;
                    drop(state);
                    self.freed.notify_waiters();
                    return false;
                }
            }
            freed.await;
        }
    }

    /// Gives back what was set aside for a request that was not sent after all.
    pub(super) fn give_back(&self, tokens: u64) {
        let mut state = self.state();
        state.set_aside = state.set_aside.saturating_sub(tokens);
        drop(state);
        self.freed.notify_waiters();
    }

    /// Settles a request that had set `tokens` aside. What a failed one brought isn't known where the server told no
    /// usage: it counts as all of it, unless it was refused or never got there. A server that brings more than it was
    /// asked for uses up that much.
    pub(super) fn settle(&self, tokens: u64, exchange: &Exchange) {
        let used = used(tokens, exchange);
        let mut state = self.state();
        state.set_aside = state.set_aside.saturating_sub(tokens);
        state.spent = state.spent.saturating_add(used);
        drop(state);
        self.freed.notify_waiters();
    }
}

/// Output tokens that an exchange used up, of which it might have brought `tokens`.
#[must_use]
pub fn used(tokens: u64, exchange: &Exchange) -> u64 {
    let refused = exchange.http_status.is_some_and(|status| status >= 400);
    let not_sent = matches!(exchange.outcome, Outcome::Connect | Outcome::Tls);
    match exchange.usage {
        Some(usage) => usage.completion_tokens,
        None if refused || not_sent => 0,
        None => tokens,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange::Usage;
    use crate::model::fixture;

    fn ended(tokens: Option<u64>, http_status: u16) -> Exchange {
        let usage = tokens.map(|completion_tokens| Usage { completion_tokens, ..Usage::default() });
        Exchange { usage, http_status: Some(http_status), ..fixture::exchange() }
    }

    #[tokio::test]
    async fn what_was_not_used_is_given_back() {
        let budget = Budget::new(100, 10);
        assert!(budget.set_aside(60).await);
        let waits = async { budget.set_aside(60).await };
        let settles = async { budget.settle(60, &ended(Some(20), 200)) };
        let (waited, ()) = tokio::join!(waits, settles);
        assert!(waited && !budget.is_exhausted());
        budget.settle(60, &ended(None, 503));
        assert_eq!(budget.spent(), 30);
        assert!(budget.set_aside(70).await);
        budget.settle(70, &ended(None, 200));
        assert_eq!(budget.spent(), 100);
        assert!(!budget.set_aside(1).await && budget.is_exhausted());
    }

    #[tokio::test]
    async fn a_request_larger_than_what_is_left_ends_it() {
        let budget = Budget::new(10, 0);
        assert!(!budget.set_aside(11).await);
        assert!(!budget.set_aside(1).await, "all has its turn, or the rest is no longer the plan");
    }
    #[tokio::test]
    async fn what_never_got_there_costs_nothing_and_what_is_brought_unasked_does() {
        let budget = Budget::new(100, 0);
        for _ in 0..50 {
            assert!(budget.set_aside(60).await);
            let unreachable = Exchange { outcome: Outcome::Connect, http_status: None, ..ended(None, 0) };
            budget.settle(60, &unreachable);
        }
        assert_eq!(budget.spent(), 0);
        assert!(budget.set_aside(60).await);
        budget.settle(60, &ended(Some(u64::MAX), 200));
        assert_eq!(budget.spent(), u64::MAX);
        assert!(!budget.set_aside(1).await && budget.is_exhausted());
    }
}
