//! The user's wish to stop: Ctrl-C, or the signal that a job runner sends. The first ends a run and
//! keeps what was measured, the second ends the process.

use std::io;
use std::path::Path;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::error::CliError;
use super::exit::ExitStatus;
use super::ui::Ui;

/// The two signals.
pub(super) struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    /// Listens from now on, so that no signal is lost between two waits. Fails where the system
    /// allows no handler; a signal then ends the process as it always did.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Cancels on the first signal and ends the process on the second, when the journal in
    /// `results_dir` is what is left.
    pub(super) async fn watch(mut self, cancel: CancellationToken, ui: Ui, results_dir: &Path) {
        self.next().await;
        cancel.cancel();
        ui.warn("interrupted: keeping what was measured; once more to abort");
        self.next().await;
        let dir = results_dir.display();
        let error = CliError::interrupted("interrupted again: aborted before the result was written").with_hint(
            format!("where something was measured, `labctl results recover latest --results-dir {dir}` makes a result of it"),
        );
        ui.error(&error);
        abort();
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[expect(
    clippy::exit,
    reason = "the second interrupt: the journal is on disk, and nothing else is waited for"
)]
fn abort() {
    std::process::exit(i32::from(ExitStatus::Interrupted.code()));
}
