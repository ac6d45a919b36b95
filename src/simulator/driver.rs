//! Runs the engine in real time on a thread of its own.
//!
//! Every step ends at an absolute moment and the next starts where it ended, however late this thread
//! woke up: errors don't add up. Requests enter with the time at which they were received, so the
//! server's own delays don't change what is simulated either.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::clock;
use super::engine::{Engine, EngineRequest, FinishReason, Step};
use super::metrics::ServerMetrics;
use crate::model::units::Nanos;

/// One token that is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// Which one, from 0.
    pub(super) index: u32,
    /// When the engine had it.
    pub(super) due: Nanos,
    /// Whether it is the last.
    pub(super) finished: bool,
}

enum Command {
    Submit { arrived: Nanos, request: EngineRequest, tokens: UnboundedSender<Token> },
    Cancel(u64),
    Stop,
}

/// Hands requests to the engine's thread; cheap to clone.
#[derive(Clone)]
pub(super) struct Driver {
    commands: Sender<Command>,
    next_id: Arc<AtomicU64>,
}

/// The tokens of one request. Dropping it before the last tells the engine that the client has gone.
pub(super) struct Tokens {
    id: u64,
    inbox: UnboundedReceiver<Token>,
    commands: Sender<Command>,
    finished: bool,
}

impl Driver {
    /// Starts the thread. It ends when [`Driver::stop`] is called or the last handle is gone.
    pub(super) fn start(
        engine: Engine,
        metrics: Arc<Mutex<ServerMetrics>>,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (commands, inbox) = channel();
        let thread = std::thread::Builder::new()
            .name("labctl-simulator-engine".to_owned())
            .spawn(move || Running { engine, inbox, metrics, clients: HashMap::new() }.run())?;
        Ok((Self { commands, next_id: Arc::default() }, thread))
    }

    /// Takes a request that was received at `arrived`.
    pub(super) fn submit(
        &self,
        arrived: Nanos,
        prompt_tokens: u32,
        output_tokens: u32,
        finish: FinishReason,
    ) -> Tokens {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, inbox) = unbounded_channel();
        let request = EngineRequest { id, prompt_tokens, output_tokens, finish };
        // A stopped engine has dropped its inbox, and with it the sender: `next` then says so.
        let _ = self.commands.send(Command::Submit { arrived, request, tokens: sender });
        Tokens { id, inbox, commands: self.commands.clone(), finished: false }
    }

    /// Ends the thread after the step under way. Requests in flight get no more tokens.
    pub(super) fn stop(&self) {
        let _ = self.commands.send(Command::Stop);
    }
}

impl Tokens {
    /// The next token; `None` after the last, or when the engine has stopped.
    pub(super) async fn next(&mut self) -> Option<Token> {
        let token = self.inbox.recv().await;
        self.finished |= token.is_none_or(|t| t.finished);
        token
    }
}

impl Drop for Tokens {
    fn drop(&mut self) {
        if !self.finished {
            let _ = self.commands.send(Command::Cancel(self.id));
        }
    }
}

/// What lives on the thread.
struct Running {
    engine: Engine,
    inbox: Receiver<Command>,
    metrics: Arc<Mutex<ServerMetrics>>,
    clients: HashMap<u64, UnboundedSender<Token>>,
}

impl Running {
    fn run(mut self) {
        let mut free_at = Nanos(0);
        loop {
            loop {
                match self.inbox.try_recv() {
                    Ok(command) => {
                        if !self.obey(command) {
                            return;
                        }
                    }
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
            }
            if let Some(step) = self.engine.next_step(free_at) {
                self.note(None);
                clock::sleep_until(step.ends_at);
                free_at = step.ends_at;
                self.engine.end_step();
                self.note(Some(&step));
                self.hand_out(&step);
            } else {
                self.note(None);
                let Ok(command) = self.inbox.recv() else { return };
                if !self.obey(command) {
                    return;
                }
            }
        }
    }

    /// False when told to stop.
    fn obey(&mut self, command: Command) -> bool {
        match command {
            Command::Submit { arrived, request, tokens } => {
                if self.engine.submit(arrived, request) {
                    self.clients.insert(request.id, tokens);
                }
                true
            }
            Command::Cancel(id) => {
                self.engine.cancel(id);
                self.clients.remove(&id);
                true
            }
            Command::Stop => false,
        }
    }

    fn note(&self, step: Option<&Step>) {
        // A panic while holding the lock leaves numbers that are at worst one step old.
        let mut metrics = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
        metrics.load = self.engine.load();
        if let Some(step) = step {
            metrics.observe(step);
        }
    }

    fn hand_out(&mut self, step: &Step) {
        for emission in &step.emissions {
            let token = Token { index: emission.token, due: step.ends_at, finished: emission.finished };
            let sent = self.clients.get(&emission.id).map(|client| client.send(token));
            if emission.finished {
                self.clients.remove(&emission.id);
            } else if matches!(sent, Some(Err(_))) {
                self.clients.remove(&emission.id);
                self.engine.cancel(emission.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::profile::Profile;

    #[tokio::test]
    async fn tokens_come_in_order_at_absolute_times() {
        let profile = Profile { jitter: 0.0, speed: 20.0, ..Profile::fp16() };
        let mut reference = Engine::new(profile.clone(), 1);
        let (driver, thread) =
            Driver::start(Engine::new(profile, 1), Arc::new(Mutex::new(ServerMetrics::new("m")))).unwrap();
        let arrived = clock::now();
        let mut tokens = driver.submit(arrived, 100, 5, FinishReason::Stop);
        let request =
            EngineRequest { id: 0, prompt_tokens: 100, output_tokens: 5, finish: FinishReason::Stop };
        assert!(reference.submit(arrived, request));
        let mut free_at = Nanos(0);
        for index in 0..5 {
            let step = reference.next_step(free_at).unwrap();
            free_at = step.ends_at;
            let expected = Token { index, due: step.ends_at, finished: index == 4 };
            assert_eq!(tokens.next().await, Some(expected));
            assert!(clock::now() >= expected.due, "never early");
        }
        assert_eq!(tokens.next().await, None);
        driver.stop();
        thread.join().unwrap();
        assert_eq!(driver.submit(arrived, 1, 1, FinishReason::Stop).next().await, None);
    }
}
