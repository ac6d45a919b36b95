//! How the engine tells the world: events out, nothing back.

use std::sync::Arc;

use tokio::sync::{broadcast, mpsc};

use crate::client::clock::Clock;
use crate::model::event::{LogLevel, Phase, RunEvent};
use crate::model::record::Side;

/// How many events a live view may fall behind before it loses the oldest.
const LIVE_BACKLOG: usize = 4_096;

/// Hands every event to every subscriber. Sending never waits: a lossless subscriber's queue grows,
/// a live one loses what it is too slow for.
#[derive(Debug, Clone)]
pub struct Bus {
    clock: Clock,
    lossless: Vec<mpsc::UnboundedSender<Arc<RunEvent>>>,
    live: broadcast::Sender<Arc<RunEvent>>,
}

impl Bus {
    /// A bus without subscribers.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, lossless: Vec::new(), live: broadcast::Sender::new(LIVE_BACKLOG) }
    }

    /// A subscriber that gets every event (the journal).
    pub fn subscribe_lossless(&mut self) -> mpsc::UnboundedReceiver<Arc<RunEvent>> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.lossless.push(sender);
        receiver
    }

    /// A subscriber that may lose events when it is slow (a screen).
    #[must_use]
    pub fn subscribe_live(&self) -> broadcast::Receiver<Arc<RunEvent>> {
        self.live.subscribe()
    }

    /// Sends an event. A subscriber that is gone is nobody's loss.
    pub fn emit(&self, event: RunEvent) {
        let event = Arc::new(event);
        for sender in &self.lossless {
            let _gone = sender.send(event.clone());
        }
        let _nobody = self.live.send(event);
    }

    /// Says that the run entered a phase.
    pub fn phase(&self, phase: Phase, side: Option<Side>, data: serde_json::Map<String, serde_json::Value>) {
        self.emit(RunEvent::Phase { phase, at_ns: self.clock.now(), side, data });
    }

    /// Says something in words.
    pub fn log(&self, level: LogLevel, message: impl Into<String>) {
        self.emit(RunEvent::Log { level, message: message.into(), at_ns: self.clock.now() });
    }
}
