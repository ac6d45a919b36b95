//! Runs blocks of requests against their sides, level by level.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::arrival::ArrivalError;
use super::bodies::{Asked, Bodies};
use super::budget::Budget;
use super::bus::Bus;
use super::crew::Crew;
pub use super::judging::Judged;
use super::judging::{self, Sender};
use super::leg;
use super::level::LevelMoments;
use super::plan::{Block, Item, planned_as};
use super::schedule::Schedule;
use super::sequence::Way;
use super::target::Target;
use super::watch::Watch;
use crate::client::clock::Clock;
use crate::client::request::{Request, request_id};
use crate::metrics::accumulate::Accumulator;
use crate::metrics::health::Samples;
use crate::model::event::RunEvent;
use crate::model::exchange::Exchange;
use crate::model::health::StampFaults;
use crate::model::load::{LoadProfile, RetryPolicy};
use crate::model::record::{Record, Side};
use crate::model::result::BlockTime;

/// One side and what is sent to it.
#[derive(Debug)]
pub struct Lane<T> {
    /// Whom to ask.
    pub target: Arc<T>,
    /// Where requests are posted, under the base URL.
    pub path: &'static str,
    /// The bodies of its requests.
    pub bodies: Arc<dyn Bodies>,
}

/// What bounds every request of a run.
#[derive(Debug, Clone, Default)]
pub struct Limits {
    /// Which failed requests are sent again.
    pub retry: Arc<RetryPolicy>,
    /// The most output tokens that may be asked for.
    pub budget: Option<Arc<Budget>>,
}

/// Everything a run sends.
#[derive(Debug)]
pub struct Engine<T> {
    /// The prompts with their checks.
    pub prompts: Arc<Vec<Judged>>,
    /// The sides.
    pub lanes: BTreeMap<Side, Lane<T>>,
    /// The event loops that carry the requests.
    pub crew: Crew,
    /// The run's clock.
    pub clock: Clock,
    /// Where events go.
    pub bus: Bus,
    /// What bounds the requests.
    pub limits: Limits,
    /// Decides when the requests of an open loop start.
    pub seed: u64,
    /// Cancelled when the user interrupts.
    pub cancel: CancellationToken,
}

/// One load: what is sent, and when.
#[derive(Debug, Clone, Copy)]
pub struct Load<'a> {
    /// When requests start.
    pub profile: &'a LoadProfile,
    /// Connections that are opened before each block.
    pub connections: u32,
    /// When each start of a recorded trace is due, seconds.
    pub recorded: &'a [f64],
    /// What is sent.
    pub blocks: &'a [Block],
}

impl<'a> Load<'a> {
    /// These blocks as this profile says.
    #[must_use]
    pub fn new(profile: &'a LoadProfile, blocks: &'a [Block]) -> Self {
        Self { profile, connections: profile.start.most_in_flight().unwrap_or(1), recorded: &[], blocks }
    }
}

/// What one load, or a whole run of one, brought.
#[derive(Debug, Default)]
pub struct Execution {
    /// Every request that counts and ended, in order of its end; without its chunks where a lossless subscriber took
    /// them.
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
    /// A load that nothing can be planned for.
    #[error(transparent)]
    Arrival(#[from] ArrivalError),
    /// A task that sends requests died: what it had in flight is not accounted for.
    #[error("a task that sends requests stopped unexpectedly")]
    Worker,
    /// The judging thread died.
    #[error("the thread that judges responses stopped unexpectedly")]
    Judging,
}

/// The measured part of a run: loads, one after the other.
pub struct Session<'a, T> {
    engine: &'a Engine<T>,
    ended: Sender,
    watch: Watch,
}

impl<T: Target> Engine<T> {
    /// One that runs on the caller's event loop, tells nobody, and has no limits.
    #[must_use]
    pub fn here(prompts: Vec<Judged>, lanes: BTreeMap<Side, Lane<T>>, clock: Clock) -> Self {
        Self {
            prompts: Arc::new(prompts),
            lanes,
            crew: Crew::here(),
            clock,
            bus: Bus::new(clock),
            limits: Limits::default(),
            seed: 42,
            cancel: CancellationToken::new(),
        }
    }

    /// Sends warm-up requests that don't count to one side, at no more than this many at once, and gives how they
    /// ended.
    pub async fn warm_up(&self, side: Side, items: &[Item], concurrency: u32) -> Vec<Exchange> {
        let Some(lane) = self.lanes.get(&side) else { return Vec::new() };
        self.prepare(lane, concurrency).await;
        let slots = Arc::new(Semaphore::new(concurrency as usize));
        let mut requests = JoinSet::new();
        for (n, item) in items.iter().enumerate() {
            let Some(tokens) = self.prompts.get(item.prompt).map(|p| u64::from(p.prompt.max_tokens)) else {
                continue;
            };
            let (item, path, bodies) = (*item, lane.path, lane.bodies.clone());
            let id = request_id(&["warm-up", side.name(), &n.to_string()]);
            let (target, clock, cancel) = (lane.target.clone(), self.clock, self.cancel.clone());
            let (slots, budget) = (slots.clone(), self.limits.budget.clone());
            self.crew.spawn(&mut requests, n, async move {
                // Fails only where the semaphore was closed, which nobody does.
                let _slot = slots.acquire_owned().await;
                // Not before its turn: a cache is warmed with every prompt there is.
                let asked = Asked { item, turn: 0, answers: &[], round: None, level: 0 };
                let request = Request { id, path, body: bodies.body(&asked)? };
                if let Some(budget) = &budget
                    && !budget.set_aside(tokens).await
                {
                    return None;
                }
                let exchange = target.exchange(&request, clock.now(), &cancel).await;
                if let Some(budget) = &budget {
                    budget.settle(tokens, &exchange);
                }
                Some(exchange)
            });
        }
        requests.join_all().await.into_iter().flatten().collect()
    }

    /// Begins the measured part.
    pub fn begin(&self) -> Result<Session<'_, T>, EngineError> {
        let ended = judging::start(self.prompts.clone(), self.bus.clone())?;
        Ok(Session { engine: self, ended, watch: Watch::start(&self.crew) })
    }

    /// Runs a single load from its beginning to its end.
    pub async fn execute(&self, load: Load<'_>) -> Result<Execution, EngineError> {
        let session = self.begin()?;
        let execution = session.run(load).await?;
        Ok(Execution { samples: session.end().await, ..execution })
    }

    /// Opens connections on every event loop, unless interrupted meanwhile.
    async fn prepare(&self, lane: &Lane<T>, connections: u32) {
        let loops = self.crew.size();
        let mut preparations = JoinSet::new();
        for n in 0..loops {
            let target = lane.target.clone();
            // As many as it will have workers, who take turns.
            let share = (connections as usize + loops - 1 - n) / loops;
            let share = u32::try_from(share).unwrap_or(u32::MAX);
            self.crew.spawn(&mut preparations, n, async move { target.prepare(share).await });
        }
        tokio::select! {
            () = async { while preparations.join_next().await.is_some() {} } => {}
            () = self.cancel.cancelled() => {}
        }
    }
}

impl<T: Target> Session<'_, T> {
    /// Runs one load: its blocks one after the other, each on its sides in turn. What was sampled of the client is
    /// told at the end of the session.
    pub async fn run(&self, load: Load<'_>) -> Result<Execution, EngineError> {
        let mut blocks = Vec::new();
        for block in load.blocks {
            for side in &block.sides {
                if let Some(lane) = self.engine.lanes.get(side).filter(|_| !self.is_over()) {
                    let time = self.run_block(load, block, *side, lane).await?;
                    // One that was cut short is no block of its plan: who goes on with the run sends the rest.
                    if !self.is_over() {
                        self.engine.bus.emit(RunEvent::Block { time });
                    }
                    blocks.push(time);
                }
            }
        }
        let (records, traces) = self.ended.collect().await.ok_or(EngineError::Judging)?;
        Ok(Execution { records, traces, blocks, samples: Samples::default() })
    }

    /// Whether nothing more is to be sent: interrupted, or no token may be asked for any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let Engine { cancel, limits, .. } = self.engine;
        cancel.is_cancelled() || limits.budget.as_ref().is_some_and(|budget| budget.is_exhausted())
    }

    /// Ends the measured part and gives what was sampled of the client.
    pub async fn end(self) -> Samples {
        let mut samples = self.watch.stop().await;
        for lane in self.engine.lanes.values() {
            let StampFaults { unstamped_reads, clock_steps } = lane.target.stamp_faults();
            samples.stamp_faults.unstamped_reads += unstamped_reads;
            samples.stamp_faults.clock_steps += clock_steps;
        }
        samples
    }

    async fn run_block(
        &self,
        load: Load<'_>,
        block: &Block,
        side: Side,
        lane: &Lane<T>,
    ) -> Result<BlockTime, EngineError> {
        let engine = self.engine;
        // Idle connections may have been closed while the other side had its turn.
        engine.prepare(lane, load.connections).await;
        let requests = block.passes.is_none().then_some(block.items.len());
        // Both sides of a block have the same moments, and no two blocks have.
        let seed = engine.seed.wrapping_add(u64::from(planned_as(block.index)) << 32);
        let schedule =
            Schedule::new(load.profile, engine.clock.now(), requests, load.recorded, seed, &block.done)?;
        let level = Arc::new(LevelMoments::until(schedule.level_end()));
        let start_ns = schedule.counts_from;
        let gone_on_with = (schedule.passed > 0).then(|| block.passing_over(schedule.passed));
        let way = Arc::new(Way {
            target: lane.target.clone(),
            path: lane.path,
            bodies: lane.bodies.clone(),
            prompts: engine.prompts.clone(),
            round: block.round,
            block: block.index,
            level_number: block.level,
            side,
            schedule,
            level: level.clone(),
            retry: engine.limits.retry.clone(),
            budget: engine.limits.budget.clone(),
            clock: engine.clock,
            bus: engine.bus.clone(),
            cancel: engine.cancel.clone(),
            cut: engine.cancel.child_token(),
            ended: self.ended.clone(),
            going_on: 0.into(),
            not_counted: 0.into(),
        });
        leg::run(way.clone(), gone_on_with.as_ref().unwrap_or(block), &load.profile.start, &engine.crew)
            .await?;
        let (level_start_ns, level_end_ns) = level.bounds();
        let end_ns = engine.clock.now();
        Ok(BlockTime {
            round: block.round,
            block: block.index,
            level: block.level,
            side,
            start_ns: start_ns.min(end_ns),
            level_start_ns,
            level_end_ns,
            end_ns,
            not_counted: way.not_counted.load(std::sync::atomic::Ordering::Relaxed),
        })
    }
}
