//! The simulator on a thread and runtime of its own, so that it doesn't share the client's.

use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::model::config;
use crate::model::prompt::PromptSet;
use crate::simulator::{Options, Profile, SimulatorError, start};

/// Why the simulator isn't there.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// It refused.
    #[error(transparent)]
    Simulator(#[from] SimulatorError),
    /// The system gave no thread for it.
    #[error("cannot start a thread for the simulator: {0}")]
    Thread(#[from] std::io::Error),
    /// Its thread died.
    #[error("the simulator's thread stopped unexpectedly")]
    Died,
}

/// A running simulator. Dropping it stops it.
#[derive(Debug)]
pub struct Hosted {
    base_url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Hosted {
    /// Starts the simulator that an endpoint's configuration describes.
    pub fn start(
        config: &config::Simulator,
        model: Option<&str>,
        seed: u64,
        prompt_sets: Arc<Vec<PromptSet>>,
    ) -> Result<Self, HostError> {
        let mut options = Options::new(Profile::from_config(config)?);
        if let Some(model) = model {
            model.clone_into(&mut options.model);
        }
        options.seed = seed;
        options.prompt_sets = prompt_sets;
        Self::start_with(options)
    }

    /// Starts a simulator with these options.
    pub fn start_with(options: Options) -> Result<Self, HostError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let (ready, answer) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().name("simulator".into()).spawn(move || {
            runtime.block_on(async move {
                let running = match start(options).await {
                    Ok(running) => running,
                    Err(error) => {
                        let _nobody_waits = ready.send(Err(error));
                        return;
                    }
                };
                let _nobody_waits = ready.send(Ok(running.base_url()));
                // Told to stop, or the owner is gone: either way it is over.
                let _told_or_gone = stopped.await;
                let _too_late_to_tell = running.stop().await;
            });
        })?;
        let base_url = answer.recv().map_err(|_| HostError::Died)??;
        Ok(Self { base_url, stop: Some(stop), thread: Some(thread) })
    }

    /// Its base URL, up to and with `/v1`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _gone = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _died = thread.join();
        }
    }
}
