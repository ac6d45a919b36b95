//! The closed loop: as many requests in flight as the concurrency, the next one when one ends.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::bus::Bus;
use super::crew::Crew;
pub use super::judging::Judged;
use super::judging::{self, Ended, Sender};
use super::level::LevelMoments;
use super::plan::{Block, Item};
use super::target::Target;
use super::watch::Watch;
use crate::client::clock::Clock;
use crate::client::request::{Request, request_id};
use crate::metrics::accumulate::Accumulator;
use crate::metrics::health::Samples;
use crate::model::event::RunEvent;
use crate::model::exchange::Exchange;
use crate::model::health::StampFaults;
use crate::model::record::{PairKey, Record, Side};
use crate::model::result::BlockTime;
use crate::model::units::Nanos;

/// One side with the bodies of all its requests, serialized before the load starts.
#[derive(Debug)]
pub struct Lane<T> {
    /// Whom to ask.
    pub target: Arc<T>,
    /// Where requests are posted, under the base URL.
    pub path: &'static str,
    /// The body of every planned prompt and repeat.
    pub bodies: HashMap<Item, Bytes>,
}

/// Everything a run sends.
#[derive(Debug)]
pub struct Engine<T> {
    /// The prompts with their checks.
    pub prompts: Arc<Vec<Judged>>,
    /// The sides.
    pub lanes: BTreeMap<Side, Lane<T>>,
    /// Requests in flight.
    pub concurrency: u32,
    /// The event loops that carry them.
    pub crew: Crew,
    /// The run's clock.
    pub clock: Clock,
    /// Where events go.
    pub bus: Bus,
    /// Cancelled when the user interrupts.
    pub cancel: CancellationToken,
}

/// What a run brought.
#[derive(Debug)]
pub struct Execution {
    /// Every request that ended, in order of its end; without its chunks where a lossless subscriber took them.
    pub records: Vec<Arc<Record>>,
    /// What the traces come to.
    pub traces: Accumulator,
    /// When each block ran.
    pub blocks: Vec<BlockTime>,
    /// What was sampled of the client meanwhile.
    pub samples: Samples,
}

/// The engine's own failures; a server's are outcomes.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The judging thread could not be started.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] std::io::Error),
    /// A task that sends requests died: what it had in flight is not accounted for.
    #[error("a task that sends requests stopped unexpectedly")]
    Worker,
    /// The judging thread died.
    #[error("the thread that judges responses stopped unexpectedly")]
    Judging,
}

impl<T: Target> Engine<T> {
    /// Sends warm-up requests that don't count to one side, at no more than the run's concurrency, and gives how
    /// they ended.
    pub async fn warm_up(&self, side: Side, items: &[Item]) -> Vec<Exchange> {
        let Some(lane) = self.lanes.get(&side) else { return Vec::new() };
        self.prepare(lane).await;
        let slots = Arc::new(Semaphore::new(self.concurrency as usize));
        let mut requests = JoinSet::new();
        for (n, item) in items.iter().enumerate() {
            let Some(body) = lane.bodies.get(item) else { continue };
            let id = request_id(&["warm-up", side.name(), &n.to_string()]);
            let request = Request { id, path: lane.path, body: body.clone() };
            let (target, clock, cancel) = (lane.target.clone(), self.clock, self.cancel.clone());
            let slots = slots.clone();
            self.crew.spawn(&mut requests, n, async move {
                // Fails only where the semaphore was closed, which nobody does.
                let _slot = slots.acquire_owned().await;
                target.exchange(&request, clock.now(), &cancel).await
            });
        }
        requests.join_all().await
    }

    /// Runs the blocks one after the other, each on its sides in turn.
    pub async fn execute(&self, blocks: &[Block]) -> Result<Execution, EngineError> {
        let (ended, recorded) = judging::start(self.prompts.clone(), self.bus.clone())?;
        let watch = Watch::start(&self.crew);
        let mut times = Vec::new();
        for block in blocks {
            for side in &block.sides {
                if let Some(lane) = self.lanes.get(side).filter(|_| !self.cancel.is_cancelled()) {
                    times.push(self.run_block(block, *side, lane, &ended).await?);
                }
            }
        }
        let mut samples = watch.stop().await;
        for lane in self.lanes.values() {
            let StampFaults { unstamped_reads, clock_steps } = lane.target.stamp_faults();
            samples.stamp_faults.unstamped_reads += unstamped_reads;
            samples.stamp_faults.clock_steps += clock_steps;
        }
        drop(ended);
        let (records, traces) = recorded.await.map_err(|_| EngineError::Judging)?;
        Ok(Execution { records, traces, blocks: times, samples })
    }

    /// Opens connections on every event loop, unless interrupted meanwhile.
    async fn prepare(&self, lane: &Lane<T>) {
        let loops = self.crew.size();
        let mut preparations = JoinSet::new();
        for n in 0..loops {
            let target = lane.target.clone();
            // As many as it will have workers, who take turns.
            let share = (self.concurrency as usize + loops - 1 - n) / loops;
            let share = u32::try_from(share).unwrap_or(u32::MAX);
            self.crew.spawn(&mut preparations, n, async move { target.prepare(share).await });
        }
        tokio::select! {
            () = async { while preparations.join_next().await.is_some() {} } => {}
            () = self.cancel.cancelled() => {}
        }
    }

    async fn run_block(
        &self,
        block: &Block,
        side: Side,
        lane: &Lane<T>,
        ended: &Sender,
    ) -> Result<BlockTime, EngineError> {
        // Idle connections may have been closed while the other side had its turn.
        self.prepare(lane).await;
        let start_ns = self.clock.now();
        let slots = Arc::new(Slots::default());
        let mut workers = JoinSet::new();
        let items: Arc<[(Item, Bytes)]> = block
            .items
            .iter()
            .filter_map(|item| lane.bodies.get(item).map(|body| (*item, body.clone())))
            .collect();
        for n in 0..items.len().min(self.concurrency as usize) {
            let worker = Worker {
                target: lane.target.clone(),
                prompts: self.prompts.clone(),
                path: lane.path,
                items: items.clone(),
                slots: slots.clone(),
                round: block.round,
                block: block.index,
                side,
                concurrency: self.concurrency as usize,
                clock: self.clock,
                bus: self.bus.clone(),
                cancel: self.cancel.clone(),
                ended: ended.clone(),
            };
            self.crew.spawn(&mut workers, n, worker.work(start_ns));
        }
        while let Some(ended) = workers.join_next().await {
            ended.map_err(|_| EngineError::Worker)?;
        }
        let (level_start_ns, level_end_ns) = slots.level.bounds();
        Ok(BlockTime {
            round: block.round,
            block: block.index,
            side,
            start_ns,
            level_start_ns,
            level_end_ns,
            end_ns: self.clock.now(),
            level: 0,
            not_counted: 0,
        })
    }
}

/// What the workers of a block share.
#[derive(Default)]
struct Slots {
    next: AtomicUsize,
    in_flight: AtomicUsize,
    level: Arc<LevelMoments>,
}

struct Worker<T> {
    target: Arc<T>,
    prompts: Arc<Vec<Judged>>,
    path: &'static str,
    items: Arc<[(Item, Bytes)]>,
    slots: Arc<Slots>,
    round: u32,
    block: u32,
    side: Side,
    concurrency: usize,
    clock: Clock,
    bus: Bus,
    cancel: CancellationToken,
    ended: Sender,
}

impl<T: Target> Worker<T> {
    async fn work(self, mut scheduled_ns: Nanos) {
        while !self.cancel.is_cancelled() {
            let position = self.slots.next.fetch_add(1, Ordering::Relaxed);
            let Some((item, body)) = self.items.get(position) else {
                self.slots.level.is_left(|| self.clock.now());
                return;
            };
            let Some(prompt) = self.prompts.get(item.prompt) else { continue };
            let key = PairKey {
                prompt_id: prompt.prompt.id.clone(),
                repeat: item.repeat,
                round: self.round,
                level: 0,
            };
            let id = request_id(&[
                self.side.name(),
                &key.prompt_id,
                &key.round.to_string(),
                &key.repeat.to_string(),
            ]);
            let request = Request { id, path: self.path, body: body.clone() };
            self.bus.emit(RunEvent::RequestStarted { side: self.side });
            if self.slots.in_flight.fetch_add(1, Ordering::Relaxed) + 1 == self.concurrency {
                self.slots.level.is_reached(|| self.clock.now());
            }
            let exchange = self.target.exchange(&request, scheduled_ns, &self.cancel).await;
            self.slots.in_flight.fetch_sub(1, Ordering::Relaxed);
            scheduled_ns = self.clock.now();
            self.ended.send(Ended {
                prompt: item.prompt,
                key,
                block: self.block,
                side: self.side,
                exchange,
                level: self.slots.level.clone(),
            });
        }
    }
}
