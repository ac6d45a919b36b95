//! Where the tokens of one request come from: the engine, as it has them, or a pace that was set.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::clock;
use super::driver::{Token, Tokens};
use super::engine::Finished;
use super::metrics::ServerMetrics;
use super::pacing::Schedule;
use crate::model::units::Nanos;

/// The tokens of one request.
pub(super) enum Source {
    /// Each comes when the engine has it.
    Engine(Tokens),
    /// All are there at once, and say when they are due.
    Paced(Schedule, Counted),
}

/// A paced request in the server's metrics, until it is dropped. What the engine serves it counts itself.
pub(super) struct Counted {
    metrics: Arc<Mutex<ServerMetrics>>,
    life: Finished,
    whole: bool,
}

impl Source {
    /// Tokens at set times, counted in the metrics. `life` is the request's as an engine would tell it.
    pub(super) fn paced(schedule: Schedule, life: Finished, metrics: Arc<Mutex<ServerMetrics>>) -> Self {
        metrics.lock().unwrap_or_else(PoisonError::into_inner).paced_began();
        Self::Paced(schedule, Counted { metrics, life, whole: false })
    }

    /// Whether the times are set.
    pub(super) const fn is_paced(&self) -> bool {
        matches!(self, Self::Paced(..))
    }

    /// The next token; `None` after the last, or when the engine has stopped.
    pub(super) async fn next(&mut self) -> Option<Token> {
        match self {
            Self::Engine(tokens) => tokens.next().await,
            Self::Paced(schedule, _) => schedule.next(),
        }
    }

    /// Waits until the last token is due; `None` when the engine has stopped.
    pub(super) async fn last(&mut self) -> Option<Token> {
        if let Self::Paced(schedule, _) = self {
            let left = schedule.last_due().since(clock::now());
            tokio::time::sleep(Duration::from_nanos(left.0)).await;
        }
        loop {
            let token = self.next().await?;
            if token.finished {
                return Some(token);
            }
        }
    }

    /// Tokens that are sent together.
    pub(super) const fn per_chunk(&self) -> u32 {
        match self {
            Self::Engine(_) => 1,
            Self::Paced(schedule, _) => schedule.per_chunk,
        }
    }

    /// When the role chunk is due; 0: with the first token.
    pub(super) const fn role_due(&self) -> Nanos {
        match self {
            Self::Engine(_) => Nanos(0),
            Self::Paced(schedule, _) => schedule.role,
        }
    }

    /// Whether all of it was sent.
    pub(super) const fn told(&mut self, whole: bool) {
        if let Self::Paced(_, counted) = self {
            counted.whole = whole;
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut metrics = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
        metrics.paced_ended(self.whole.then_some(&self.life));
    }
}
