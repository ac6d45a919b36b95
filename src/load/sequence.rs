//! One prompt, or one conversation, from its start to its end: turns, think time, retries, and the budget.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;

use super::bodies::{Asked, Bodies};
use super::budget::Budget;
use super::bus::Bus;
use super::judging::{Ended, Judged, Sender};
use super::level::LevelMoments;
use super::plan::Item;
use super::retry::exchange_with_retries;
use super::schedule::Schedule;
use super::target::Target;
use crate::client::clock::Clock;
use crate::client::request::{Request, request_id};
use crate::model::event::RunEvent;
use crate::model::exchange::Exchange;
use crate::model::load::RetryPolicy;
use crate::model::outcome::Outcome;
use crate::model::record::{PairKey, Side};
use crate::model::units::Nanos;

/// What the requests of one block and side share.
pub(super) struct Way<T> {
    pub(super) target: Arc<T>,
    pub(super) path: &'static str,
    pub(super) bodies: Arc<dyn Bodies>,
    pub(super) prompts: Arc<Vec<Judged>>,
    pub(super) round: u32,
    pub(super) block: u32,
    pub(super) level_number: u32,
    pub(super) side: Side,
    pub(super) schedule: Schedule,
    pub(super) level: Arc<LevelMoments>,
    pub(super) retry: Arc<RetryPolicy>,
    pub(super) budget: Option<Arc<Budget>>,
    pub(super) clock: Clock,
    pub(super) bus: Bus,
    /// Cancelled when the user interrupts: nothing is started any more.
    pub(super) cancel: CancellationToken,
    /// Cancelled then, and when the grace period is over: what is in flight is given up.
    pub(super) cut: CancellationToken,
    pub(super) ended: Sender,
    /// Requests, or conversations, that are going on.
    pub(super) going_on: AtomicUsize,
    /// Requests that were sent and don't count.
    pub(super) not_counted: AtomicU32,
}

impl<T: Target> Way<T> {
    /// Whether nothing may be started any more.
    pub(super) fn is_over(&self) -> bool {
        self.cancel.is_cancelled()
            || self.schedule.stop.is_some_and(|stop| self.clock.now() >= stop)
            || self.budget.as_ref().is_some_and(|budget| budget.is_exhausted())
    }

    /// Waits until then. False where the load is given up before.
    pub(super) async fn sleep_until(&self, moment: Nanos) -> bool {
        tokio::select! {
            () = tokio::time::sleep_until(self.clock.instant(moment)) => true,
            () = self.cut.cancelled() => false,
        }
    }

    /// Sends what was started, turn by turn. `admitted` is when the cap on requests in flight let it go.
    pub(super) async fn follow(&self, item: Item, scheduled: Nanos, admitted: Option<Nanos>) {
        let (mut scheduled, mut admitted) = (scheduled, admitted);
        let mut answers = Vec::new();
        for turn in 0.. {
            let position = item.prompt + turn;
            let Some(prompt) = self.prompts.get(position) else { return };
            if turn > 0 {
                scheduled = scheduled.plus(Nanos::from_secs_f64(prompt.think_s));
                if !self.sleep_until(scheduled).await || self.is_over() {
                    return;
                }
            }
            let asked =
                Asked { item, turn, answers: &answers, round: Some(self.round), level: self.level_number };
            let Some(body) = self.bodies.body(&asked) else { return };
            let tokens = u64::from(prompt.prompt.max_tokens);
            if let Some(budget) = &self.budget
                && !budget.set_aside(tokens).await
            {
                return;
            }
            let key = PairKey {
                prompt_id: prompt.prompt.id.clone(),
                repeat: item.repeat,
                round: self.round,
                level: self.level_number,
            };
            let id = request_id(&[
                self.side.name(),
                &key.prompt_id,
                &key.level.to_string(),
                &key.round.to_string(),
                &key.repeat.to_string(),
            ]);
            let request = Request { id, path: self.path, body };
            self.bus.emit(RunEvent::RequestStarted { side: self.side });
            let is_sent = !self.cut.is_cancelled();
            let mut exchange = self.exchange(&request, scheduled).await;
            exchange.trace.admitted_ns = admitted.take();
            match &self.budget {
                Some(budget) if is_sent => budget.settle(tokens, &exchange),
                // What the cap held back until the end costs nothing.
                Some(budget) => budget.give_back(tokens),
                None => {}
            }
            let goes_on = prompt.has_next_turn && exchange.outcome == Outcome::Success;
            if goes_on {
                answers.push(exchange.content.clone());
            }
            let counts = self.schedule.counts(scheduled);
            if !counts {
                self.not_counted.fetch_add(1, Ordering::Relaxed);
            }
            scheduled = self.clock.now();
            self.ended.send(Ended {
                prompt: position,
                key,
                block: self.block,
                side: self.side,
                exchange,
                counts,
                level: self.level.clone(),
            });
            if !goes_on {
                return;
            }
        }
    }

    /// One request, sent again as far as the policy says.
    async fn exchange(&self, request: &Request, scheduled: Nanos) -> Exchange {
        exchange_with_retries(&*self.target, request, scheduled, &self.retry, self.clock, &self.cut).await
    }
}
