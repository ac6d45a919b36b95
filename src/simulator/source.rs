//! Where the tokens of one request come from: the engine, as it has them, or a pace that was set.

use std::time::Duration;

use super::clock;
use super::driver::{Token, Tokens};
use super::pacing::Schedule;
use crate::model::units::Nanos;

/// The tokens of one request.
pub(super) enum Source {
    /// Each comes when the engine has it.
    Engine(Tokens),
    /// All are there at once, and say when they are due.
    Paced(Schedule),
}

impl Source {
    /// The next token; `None` after the last, or when the engine has stopped.
    pub(super) async fn next(&mut self) -> Option<Token> {
        match self {
            Self::Engine(tokens) => tokens.next().await,
            Self::Paced(schedule) => schedule.next(),
        }
    }

    /// Waits until the last token is due; `None` when the engine has stopped.
    pub(super) async fn last(&mut self) -> Option<Token> {
        if let Self::Paced(schedule) = self {
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
            Self::Paced(schedule) => schedule.per_chunk,
        }
    }

    /// When the role chunk is due; 0: with the first token.
    pub(super) const fn role_due(&self) -> Nanos {
        match self {
            Self::Engine(_) => Nanos(0),
            Self::Paced(schedule) => schedule.role,
        }
    }
}
