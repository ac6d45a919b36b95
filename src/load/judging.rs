//! From ended exchanges to records, on a thread of its own: checks may take long, and no request
//! should wait for another's.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use tokio::sync::oneshot;

use super::level::LevelMoments;
use crate::check::{Judge, judge_exchange};
use crate::load::bus::Bus;
use crate::metrics::accumulate::Accumulator;
use crate::metrics::request::metrics;
use crate::model::event::RunEvent;
use crate::model::exchange::Exchange;
use crate::model::prompt::Prompt;
use crate::model::record::{Attempt, PairKey, Record, Side};
use crate::model::trace::Chunk;
use crate::model::workload::Ask;

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
    /// What is asked beside it.
    pub ask: Ask,
    /// Seconds from the end of the turn before to this one.
    pub think_s: f64,
    /// Whether the prompt after it is the next turn of the same conversation.
    pub has_next_turn: bool,
}

impl Judged {
    /// A prompt that is sent by itself, as written.
    #[must_use]
    pub const fn single(prompt: Prompt, judge: Judge, scenario_id: String) -> Self {
        let ask = Ask { model: None, turn: None, input_tokens: None, exact_output: false };
        Self { prompt, judge, scenario_id, ask, think_s: 0.0, has_next_turn: false }
    }
}

/// An exchange that has ended.
pub(super) struct Ended {
    pub(super) prompt: usize,
    pub(super) key: PairKey,
    pub(super) block: u32,
    pub(super) side: Side,
    pub(super) exchange: Exchange,
    /// False for a request of the warm-up or cool-down phase.
    pub(super) counts: bool,
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

/// What the thread that judges is told.
enum Message {
    Ended(Box<Ended>),
    /// Give what was recorded since the last time.
    Collect(oneshot::Sender<Recorded>),
}

/// The way to the thread that judges. Sending never waits.
#[derive(Clone)]
pub(super) struct Sender {
    queue: mpsc::Sender<Message>,
    /// Bytes of chunks in the queue.
    waiting: Arc<AtomicUsize>,
}

impl Sender {
    /// Hands an exchange over.
    pub(super) fn send(&self, ended: Ended) {
        self.waiting.fetch_add(ended.bytes(), Ordering::Relaxed);
        // The receiver lives until every sender is gone; were it dead, `execute` says so.
        let _dead = self.queue.send(Message::Ended(Box::new(ended)));
    }

    /// What was recorded since the last time, once all that was sent before is judged; `None` where the thread died.
    pub(super) async fn collect(&self) -> Option<Recorded> {
        let (all, recorded) = oneshot::channel();
        let _dead = self.queue.send(Message::Collect(all));
        recorded.await.ok()
    }
}

/// Starts the thread. It stops when every sender is gone.
pub(super) fn start(prompts: Arc<Vec<Judged>>, bus: Bus) -> std::io::Result<Sender> {
    let (queue, receiver) = mpsc::channel::<Message>();
    let waiting = Arc::new(AtomicUsize::new(0));
    let sender = Sender { queue, waiting: waiting.clone() };
    std::thread::Builder::new().name("judging".into()).spawn(move || {
        let (mut records, mut traces) = (Vec::new(), Accumulator::default());
        for message in receiver {
            let ended = match message {
                Message::Ended(ended) => ended,
                Message::Collect(all) => {
                    // Who asked waits for this, unless it was itself given up.
                    let _given_up = all.send((mem::take(&mut records), mem::take(&mut traces)));
                    continue;
                }
            };
            waiting.fetch_sub(ended.bytes(), Ordering::Relaxed);
            let Some(prompt) = prompts.get(ended.prompt) else { continue };
            let record = Record {
                key: ended.key,
                category: prompt.prompt.category.clone(),
                family: prompt.prompt.family.clone(),
                scenario_id: prompt.scenario_id.clone(),
                block: ended.block,
                side: ended.side,
                attempt: Attempt {
                    metrics: metrics(&ended.exchange),
                    judgement: judge_exchange(&prompt.judge, &ended.exchange),
                    exchange: ended.exchange,
                },
                ask: prompt.ask.clone(),
            };
            if !ended.counts {
                traces.add_uncounted(&record, ended.level.now());
                bus.emit(RunEvent::RequestNotCounted { record: Arc::new(record) });
                continue;
            }
            traces.add(&record, ended.level.now());
            records.push(bus.complete(record, || waiting.load(Ordering::Relaxed) < MOST_WAITING));
        }
    })?;
    Ok(sender)
}
