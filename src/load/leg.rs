//! One block on one side: starts its requests as the profile says, and waits until all have ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::alarm::Alarm;
use super::crew::Crew;
use super::engine::EngineError;
use super::plan::{Block, Item};
use super::sequence::Way;
use super::target::Target;
use crate::model::load::Start;
use crate::model::units::Nanos;

/// Runs one block.
pub(super) async fn run<T: Target>(
    way: Arc<Way<T>>,
    block: &Block,
    start: &Start,
    crew: &Crew,
) -> Result<(), EngineError> {
    let grace = way.schedule.cut.map(|cut| {
        let way = way.clone();
        // What is still in flight when the grace is over is given up.
        tokio::spawn(async move {
            if way.sleep_until(cut).await {
                way.cut.cancel();
            }
        })
    });
    let ended = match start {
        Start::Concurrency { concurrency, ramp_up_s } => {
            closed(&way, block, *concurrency as usize, *ramp_up_s, crew).await
        }
        Start::Batch { size } => batches(&way, block, *size as usize, crew).await,
        Start::Rate { max_in_flight, .. } | Start::Trace { max_in_flight, .. } => {
            open(&way, block, *max_in_flight, crew).await
        }
    };
    if let Some(grace) = grace {
        grace.abort();
    }
    ended
}

/// As many at once as the concurrency, the next one when one ends.
async fn closed<T: Target>(
    way: &Arc<Way<T>>,
    block: &Block,
    concurrency: usize,
    ramp_up_s: f64,
    crew: &Crew,
) -> Result<(), EngineError> {
    let next = Arc::new(AtomicUsize::new(0));
    // Slots that have not opened when all is sent need not open any more.
    let all_sent = CancellationToken::new();
    let block = Arc::new(block.clone());
    let left = block.items.len().saturating_sub(block.done.len());
    let slots = if block.passes.is_some() { concurrency } else { concurrency.min(left) };
    let mut workers = JoinSet::new();
    for n in 0..slots {
        #[expect(clippy::cast_precision_loss, reason = "a number of slots")]
        let after_s = ramp_up_s * n as f64 / concurrency as f64;
        let opens = way.schedule.begin.plus(Nanos::from_secs_f64(after_s));
        let (way, next, block, all_sent) = (way.clone(), next.clone(), block.clone(), all_sent.clone());
        crew.spawn(&mut workers, n, async move {
            if opens > way.schedule.begin {
                tokio::select! {
                    in_time = way.sleep_until(opens) => if !in_time { return },
                    () = all_sent.cancelled() => return,
                }
            }
            let mut scheduled = opens;
            while !way.is_over()
                && let Some(item) = next_of(&block, &next)
            {
                if way.going_on.fetch_add(1, Ordering::Relaxed) + 1 == concurrency {
                    way.level.is_reached(|| way.clock.now().max(way.schedule.level_start()));
                }
                way.follow(item, scheduled, None).await;
                way.going_on.fetch_sub(1, Ordering::Relaxed);
                scheduled = way.clock.now();
            }
            way.level.is_left(|| way.clock.now());
            all_sent.cancel();
        });
    }
    join(workers).await
}

/// What is sent next.
fn next_of(block: &Block, next: &AtomicUsize) -> Option<Item> {
    loop {
        let position = next.fetch_add(1, Ordering::Relaxed);
        let item = block.item(position)?;
        if !block.done.contains(&position) {
            return Some(item);
        }
    }
}

/// So many at once, and the next when all have ended.
async fn batches<T: Target>(
    way: &Arc<Way<T>>,
    block: &Block,
    size: usize,
    crew: &Crew,
) -> Result<(), EngineError> {
    let next = AtomicUsize::new(0);
    let mut scheduled = way.schedule.begin;
    while !way.is_over() {
        let batch: Vec<Item> = (0..size).map_while(|_| next_of(block, &next)).collect();
        if batch.is_empty() {
            break;
        }
        way.level.is_reached(|| scheduled.max(way.schedule.level_start()));
        let mut requests = JoinSet::new();
        for (n, item) in batch.iter().copied().enumerate() {
            let way = way.clone();
            crew.spawn(&mut requests, n, async move { way.follow(item, scheduled, None).await });
        }
        join(requests).await?;
        scheduled = way.clock.now();
    }
    way.level.is_left(|| way.clock.now());
    Ok(())
}

/// At planned moments, whatever the server does. Each event loop starts its share by its own timer.
async fn open<T: Target>(
    way: &Arc<Way<T>>,
    block: &Block,
    max_in_flight: Option<u32>,
    crew: &Crew,
) -> Result<(), EngineError> {
    let slots = max_in_flight.map(|most| Arc::new(Semaphore::new(most as usize)));
    let (loops, precise) = (crew.size(), crew.is_real());
    way.level.is_reached(|| way.schedule.level_start());
    let block = Arc::new(block.clone());
    let mut dispatchers = JoinSet::new();
    for first in 0..loops {
        let (way, block, slots) = (way.clone(), block.clone(), slots.clone());
        crew.spawn(&mut dispatchers, first, async move {
            let alarm = Alarm::new(way.clock, precise);
            let mut going_on = JoinSet::new();
            let mut failed = Ok(());
            for (n, due) in way.schedule.starts.iter().copied().enumerate().skip(first).step_by(loops) {
                let Some(item) = block.item(n) else { break };
                if block.done.contains(&n) {
                    continue;
                }
                tokio::select! {
                    () = alarm.until(due) => {}
                    () = way.cut.cancelled() => break,
                }
                if way.cancel.is_cancelled() {
                    break;
                }
                if way.budget.as_ref().is_some_and(|budget| budget.is_exhausted()) {
                    break;
                }
                let (way, slots) = (way.clone(), slots.clone());
                going_on.spawn(async move { capped(&way, item, due, slots).await });
                // What has ended is let go of meanwhile.
                while let Some(ended) = going_on.try_join_next() {
                    failed = failed.and(ended.map_err(|_| EngineError::Worker));
                }
            }
            failed.and(join(going_on).await)
        });
    }
    let mut ended = Ok(());
    while let Some(dispatcher) = dispatchers.join_next().await {
        ended = ended.and(dispatcher.map_err(|_| EngineError::Worker)?);
    }
    way.level.is_left(|| way.clock.now());
    ended
}

/// One start of an open loop, which waits for the cap where there is one.
async fn capped<T: Target>(way: &Way<T>, item: Item, due: Nanos, slots: Option<Arc<Semaphore>>) {
    let Some(slots) = slots else { return way.follow(item, due, None).await };
    let slot = tokio::select! {
        slot = slots.acquire_owned() => Some(slot),
        // It was due, so it is told of: as one that was cancelled, for the client sends nothing any more.
        () = way.cut.cancelled() => None,
    };
    way.follow(item, due, Some(way.clock.now())).await;
    drop(slot);
}

async fn join(mut tasks: JoinSet<()>) -> Result<(), EngineError> {
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(|_| EngineError::Worker)?;
    }
    Ok(())
}
