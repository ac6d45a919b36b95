//! From ended exchanges to records, on a thread of its own: checks may take long, and no request
//! should wait for another's.

use std::sync::Arc;
use std::sync::mpsc;

use tokio::sync::oneshot;

use crate::check::{Judge, judge_exchange};
use crate::load::bus::Bus;
use crate::metrics::request::metrics;
use crate::model::event::RunEvent;
use crate::model::exchange::Exchange;
use crate::model::prompt::Prompt;
use crate::model::record::{Attempt, PairKey, Record, Side};

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
}

/// Gives every record once the thread has ended.
pub(super) type Records = oneshot::Receiver<Vec<Arc<Record>>>;

/// Starts the thread. It stops when every sender is gone, and then gives all records.
pub(super) fn start(prompts: Arc<Vec<Judged>>, bus: Bus) -> std::io::Result<(mpsc::Sender<Ended>, Records)> {
    let (sender, receiver) = mpsc::channel::<Ended>();
    let (all, records) = oneshot::channel();
    std::thread::Builder::new().name("judging".into()).spawn(move || {
        let mut judged = Vec::new();
        for ended in receiver {
            let Some(prompt) = prompts.get(ended.prompt) else { continue };
            let record = Arc::new(Record {
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
            });
            judged.push(record.clone());
            bus.emit(RunEvent::RequestComplete { record });
        }
        // The engine waits for this, unless it was itself given up.
        let _given_up = all.send(judged);
    })?;
    Ok((sender, records))
}
