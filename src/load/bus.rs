//! How the engine tells the world: events out, nothing back.
//!
//! A lossless subscriber (the journal) gets every record with its trace, behind a queue whose traces take no more
//! than [`TRACES_WAITING`]. Where the disk doesn't keep up, whoever finishes records waits for it, which is never
//! who sends requests; where it may wait no longer, the record goes without its chunks. So a slow disk costs
//! traces, never records, and neither load nor memory: a record without chunks is kept by the run anyway.

use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use tokio::sync::broadcast;

use crate::client::clock::Clock;
use crate::model::event::{LogLevel, Phase, RunEvent};
use crate::model::load::LevelLoad;
use crate::model::record::{Record, Side};
use crate::model::trace::Chunk;

/// How many events a live view may fall behind before it loses the oldest.
const LIVE_BACKLOG: usize = 4_096;

/// Bytes of records with their traces that may wait for a lossless subscriber.
pub const TRACES_WAITING: usize = 64 << 20;

/// How often who waits for room looks whether it still may.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Hands every event to every subscriber. Sending waits for nobody, but for [`Self::complete`]; a live subscriber
/// loses what it is too slow for.
#[derive(Debug, Clone)]
pub struct Bus {
    clock: Clock,
    lossless: Vec<Lossless>,
    live: broadcast::Sender<Arc<RunEvent>>,
}

#[derive(Debug, Clone)]
struct Lossless {
    queue: mpsc::Sender<Delivery>,
    room: Arc<Room>,
}

impl Bus {
    /// A bus without subscribers.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, lossless: Vec::new(), live: broadcast::Sender::new(LIVE_BACKLOG) }
    }

    /// A subscriber that gets every event (the journal) but the start of requests, until the last clone of this
    /// bus is gone.
    pub fn subscribe_lossless(&mut self) -> mpsc::Receiver<Delivery> {
        self.subscribe_with_room(TRACES_WAITING)
    }

    fn subscribe_with_room(&mut self, bytes: usize) -> mpsc::Receiver<Delivery> {
        let (queue, receiver) = mpsc::channel();
        self.lossless.push(Lossless { queue, room: Arc::new(Room::of(bytes)) });
        receiver
    }

    /// A subscriber that may lose events when it is slow (a screen). Records come without their chunks where a
    /// lossless subscriber takes them.
    #[must_use]
    pub fn subscribe_live(&self) -> broadcast::Receiver<Arc<RunEvent>> {
        self.live.subscribe()
    }

    /// Sends an event. A subscriber that is gone is nobody's loss.
    pub fn emit(&self, event: RunEvent) {
        let event = Arc::new(event);
        if !matches!(*event, RunEvent::RequestStarted { .. }) {
            for subscriber in &self.lossless {
                subscriber.deliver(event.clone(), None);
            }
        }
        let _nobody = self.live.send(event);
    }

    /// Sends a finished record, and gives back what the run is to keep of it: where a lossless subscriber takes
    /// the chunks, the rest. Waits for room in that one's queue as long as `may_wait`.
    pub fn complete(&self, mut record: Record, may_wait: impl Fn() -> bool) -> Arc<Record> {
        let mut chunks = Vec::new();
        if !self.lossless.is_empty() {
            chunks = std::mem::take(&mut record.attempt.exchange.trace.chunks);
        }
        let record = Arc::new(record);
        let without_chunks = Arc::new(RunEvent::RequestComplete { record: record.clone() });
        for subscriber in &self.lossless {
            match subscriber.room.take(bytes(&record, &chunks), &may_wait) {
                Some(space) => {
                    let mut whole = Record::clone(&record);
                    whole.attempt.exchange.trace.chunks.clone_from(&chunks);
                    let event = RunEvent::RequestComplete { record: Arc::new(whole) };
                    subscriber.deliver(Arc::new(event), Some(space));
                }
                None => subscriber.deliver(without_chunks.clone(), None),
            }
        }
        let _nobody = self.live.send(without_chunks);
        record
    }

    /// Says that the run entered a phase.
    pub fn phase(&self, phase: Phase, side: Option<Side>, data: serde_json::Map<String, serde_json::Value>) {
        self.emit(RunEvent::Phase { phase, at_ns: self.clock.now(), side, level: None, data });
    }

    /// Says that the run began one load of several.
    pub fn level(&self, level: LevelLoad, data: serde_json::Map<String, serde_json::Value>) {
        let (phase, at_ns) = (Phase::SweepIteration, self.clock.now());
        self.emit(RunEvent::Phase { phase, at_ns, side: None, level: Some(level), data });
    }

    /// Says something in words.
    pub fn log(&self, level: LogLevel, message: impl Into<String>) {
        self.emit(RunEvent::Log { level, message: message.into(), at_ns: self.clock.now() });
    }
}

impl Lossless {
    fn deliver(&self, event: Arc<RunEvent>, space: Option<Space>) {
        let _gone = self.queue.send(Delivery { event, _space: space });
    }
}

/// What a record with these chunks takes, roughly.
fn bytes(record: &Record, chunks: &[Chunk]) -> usize {
    let exchange = &record.attempt.exchange;
    let texts = exchange.content.len() + exchange.reasoning.len() + exchange.tool_calls.len();
    size_of::<Record>() + size_of_val(chunks) + texts
}

/// An event for a lossless subscriber; to be dropped once it is dealt with, which makes room for the next.
#[derive(Debug)]
pub struct Delivery {
    event: Arc<RunEvent>,
    _space: Option<Space>,
}

impl Deref for Delivery {
    type Target = RunEvent;

    fn deref(&self) -> &RunEvent {
        &self.event
    }
}

/// The room of one queue.
#[derive(Debug)]
struct Room {
    most: usize,
    taken: Mutex<usize>,
    freed: Condvar,
}

/// A part of it, free again once this is dropped.
#[derive(Debug)]
struct Space {
    room: Arc<Room>,
    bytes: usize,
}

impl Room {
    const fn of(most: usize) -> Self {
        Self { most, taken: Mutex::new(0), freed: Condvar::new() }
    }

    /// A number is whole whoever panicked beside it.
    fn taken(&self) -> MutexGuard<'_, usize> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes so many bytes. An empty room takes anything, however large.
    fn take(self: &Arc<Self>, bytes: usize, may_wait: impl Fn() -> bool) -> Option<Space> {
        let mut taken = self.taken();
        while *taken > 0 && *taken + bytes > self.most {
            if !may_wait() {
                return None;
            }
            taken = match self.freed.wait_timeout(taken, LOOK_AGAIN) {
                Ok((taken, _)) => taken,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        *taken += bytes;
        drop(taken);
        Some(Space { room: self.clone(), bytes })
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        *self.room.taken() -= self.bytes;
        self.room.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::units::Nanos;
    use crate::model::{fixture, trace::ChunkKind};

    fn record(chunks: usize) -> Record {
        let chunk =
            Chunk { recv_ns: Nanos(1), tokens: 1, kind: ChunkKind::Content, exact: true, read_lag_ns: 0 };
        let mut record = fixture::record();
        record.attempt.exchange.trace.chunks = vec![chunk; chunks];
        record
    }

    fn chunks_of(event: &RunEvent) -> usize {
        match event {
            RunEvent::RequestComplete { record } => record.attempt.exchange.trace.chunks.len(),
            other => panic!("{other:?}"),
        }
    }

    fn kept(record: &Record) -> usize {
        record.attempt.exchange.trace.chunks.len()
    }

    #[test]
    fn the_run_keeps_the_chunks_where_nobody_else_does() {
        let mut bus = Bus::new(Clock::start());
        assert_eq!(kept(&bus.complete(record(3), || false)), 3);
        let journal = bus.subscribe_lossless();
        let mut live = bus.subscribe_live();
        assert_eq!(kept(&bus.complete(record(3), || false)), 0);
        assert_eq!(chunks_of(&journal.recv().unwrap()), 3);
        assert_eq!(chunks_of(&live.try_recv().unwrap()), 0);
    }

    #[test]
    fn a_subscriber_that_does_not_keep_up_gets_every_record_and_not_every_trace() {
        let mut bus = Bus::new(Clock::start());
        let room = 2 * bytes(&record(0), &record(10).attempt.exchange.trace.chunks);
        let journal = bus.subscribe_with_room(room);
        for _ in 0..4 {
            bus.complete(record(10), || false);
        }
        bus.emit(RunEvent::RequestStarted { side: Side::Candidate });
        drop(bus);
        let chunks: Vec<usize> = journal.iter().map(|event| chunks_of(&event)).collect();
        assert_eq!(chunks, [10, 10, 0, 0]);
    }

    #[test]
    fn who_may_wait_waits_until_there_is_room() {
        let mut bus = Bus::new(Clock::start());
        let journal = bus.subscribe_with_room(1);
        // The first is larger than the room, which was empty.
        bus.complete(record(10), || false);
        let slow = std::thread::spawn(move || journal.iter().map(|event| chunks_of(&event)).sum::<usize>());
        for _ in 0..50 {
            bus.complete(record(10), || true);
        }
        drop(bus);
        assert_eq!(slow.join().unwrap(), 510);
    }

    #[test]
    fn nobody_waits_for_a_subscriber_that_is_gone() {
        let mut bus = Bus::new(Clock::start());
        let journal = bus.subscribe_with_room(1);
        bus.complete(record(1), || false);
        drop(journal);
        for _ in 0..3 {
            bus.complete(record(1), || true);
        }
    }
}
