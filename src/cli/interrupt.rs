//! The user's wish to stop: Ctrl-C, or the signal that a job runner sends.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Waits for the next one.
pub(super) async fn next() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
