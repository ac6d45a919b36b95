//! From ended exchanges to records, on a thread of its own: checks may take long, and no request
//! should wait for another's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use tokio::sync::oneshot;

use super::level::LevelMoments;
use crate::check::{Judge, judge_exchange};
use crate::load::bus::Bus;
use crate::metrics::accumulate::Accumulator;
use crate::metrics::request::metrics;
use crate::model::exchange::Exchange;
use crate::model::prompt::Prompt;
use crate::model::record::{Attempt, PairKey, Record, Side};
use crate::model::trace::Chunk;

/// Bytes of chunks that may wait to be judged while the journal is waited for. Beyond, traces are given up: what
/// waits here is not bounded by anything else, for the engine never waits.
const MOST_WAITING: usize = 64 << 20;

/// A prompt with its checks compiled.
#[derive(Debug)]
pub struct Judged {
    /// The prompt.
    pub prompt: Prompt,
    /// Its checks.
    pub judge: Judge,
    /// The scenario it is reported under.
    pub scenario_id: String,
}

/// An exchange that has ended.
pub(super) struct Ended {
    pub(super) prompt: usize,
    pub(super) key: PairKey,
    pub(super) block: u32,
    pub(super) side: Side,
    pub(super) exchange: Exchange,
    /// Those of its block.
    pub(super) level: Arc<LevelMoments>,
}

impl Ended {
    fn bytes(&self) -> usize {
        size_of::<Chunk>() * self.exchange.trace.chunks.capacity()
    }
}

/// Every record, in order of its end, and what their traces come to.
pub(super) type Recorded = (Vec<Arc<Record>>, Accumulator);

/// The way to the thread that judges. Sending never waits.
#[derive(Clone)]
pub(super) struct Sender {
    queue: mpsc::Sender<Ended>,
    /// Bytes of chunks in the queue.
    waiting: Arc<AtomicUsize>,
}

impl Sender {
    /// Hands an exchange over.
    pub(super) fn send(&self, ended: Ended) {
        self.waiting.fetch_add(ended.bytes(), Ordering::Relaxed);
        // The receiver lives until every sender is gone; were it dead, `execute` says so.
        let _dead = self.queue.send(ended);
    }
}

/// Starts the thread. It stops when every sender is gone, and then gives all records.
pub(super) fn start(
    prompts: Arc<Vec<Judged>>,
    bus: Bus,
) -> std::io::Result<(Sender, oneshot::Receiver<Recorded>)> {
    let (queue, receiver) = mpsc::channel::<Ended>();
    let waiting = Arc::new(AtomicUsize::new(0));
    let sender = Sender { queue, waiting: waiting.clone() };
    let (all, recorded) = oneshot::channel();
    std::thread::Builder::new().name("judging".into()).spawn(move || {
        let (mut records, mut traces) = (Vec::new(), Accumulator::default());
        for ended in receiver {
            waiting.fetch_sub(ended.bytes(), Ordering::Relaxed);
            let Some(prompt) = prompts.get(ended.prompt) else { continue };
            let record = Record {
                key: ended.key,
                category: prompt.prompt.category.clone(),
                scenario_id: prompt.scenario_id.clone(),
                block: ended.block,
                side: ended.side,
                attempt: Attempt {
                    metrics: metrics(&ended.exchange),
                    judgement: judge_exchange(&prompt.judge, &ended.exchange),
                    exchange: ended.exchange,
                },
                ask: crate::model::workload::Ask::default(),
            };
            traces.add(&record, ended.level.now());
            records.push(bus.complete(record, || waiting.load(Ordering::Relaxed) < MOST_WAITING));
        }
        // The engine waits for this, unless it was itself given up.
        let _given_up = all.send((records, traces));
    })?;
    Ok((sender, recorded))
}
