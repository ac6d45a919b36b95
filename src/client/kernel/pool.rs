//! Idle connections, kept by the runtime whose event loop watches them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::runtime::{Handle, Id};

use super::connection::Connection;
use crate::client::transport::LONGEST_IDLE;

/// The idle connections to one endpoint. A connection's readiness is reported by the event loop of the runtime that
/// opened it, so each runtime gets its own back.
#[derive(Default)]
pub(super) struct Pool {
    idle: Mutex<HashMap<Id, Vec<Connection>>>,
}

impl Pool {
    /// An idle connection that still stands, the one used last first.
    pub(super) fn take(&self) -> Option<Connection> {
        loop {
            let connection = self.with_idle(Vec::pop)?;
            if is_fresh(&connection) {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection for the next request.
    pub(super) fn put(&self, mut connection: Connection) {
        connection.idle_since = tokio::time::Instant::now();
        self.with_idle(|idle| idle.push(connection));
    }

    /// How many of this runtime's connections still stand; the others are closed.
    pub(super) fn count_fresh(&self) -> usize {
        self.with_idle(|idle| {
            idle.retain(is_fresh);
            idle.len()
        })
    }

    fn with_idle<R>(&self, act: impl FnOnce(&mut Vec<Connection>) -> R) -> R {
        // Whoever panicked while holding the lock left a list of connections, each of which is looked at
        // before it is used.
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        act(idle.entry(Handle::current().id()).or_default())
    }
}

fn is_fresh(connection: &Connection) -> bool {
    connection.idle_since.elapsed() < LONGEST_IDLE && connection.is_usable()
}
