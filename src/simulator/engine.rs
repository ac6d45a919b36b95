//! The serving engine as a state machine: no input or output, no clock of its own.
//!
//! It works as vLLM's scheduler does: requests wait in order of arrival; every step advances all
//! running sequences by one token, prefills prompts in chunks within a token budget, and admits new
//! ones while there is room in the batch and in the key-value cache; where a running sequence finds
//! no free block, the one admitted last goes back to waiting and is computed again later.
//! So TTFT, ITL, queue depth and cache use hang together, and saturate as a server's do.
//!
//! The caller says what time it is, so the same engine runs in real time (`driver`) and in tests.

use std::collections::VecDeque;

use super::draw::Draw;
use super::profile::{BLOCK_TOKENS, Profile};
use crate::model::units::Nanos;

/// Why an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    /// The model was done.
    Stop,
    /// The token limit was reached.
    Length,
}

/// What the engine needs to know of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineRequest {
    /// Unique among those in flight.
    pub id: u64,
    /// Tokens of the prompt, at least 1.
    pub prompt_tokens: u32,
    /// Tokens of the answer, at least 1.
    pub output_tokens: u32,
    /// Why the answer ends there.
    pub finish: FinishReason,
}

/// One token of one request, out at the end of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emission {
    /// The request's id.
    pub id: u64,
    /// Which token, from 0.
    pub token: u32,
    /// Whether it is the last.
    pub finished: bool,
    /// Time since the token before; for the first token since arrival.
    pub gap: Nanos,
}

/// The life of a request that has had its last token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// What was asked.
    pub request: EngineRequest,
    /// When it arrived.
    pub arrived: Nanos,
    /// When it was first scheduled.
    pub scheduled: Nanos,
    /// When its first token was out.
    pub first_token: Nanos,
    /// When its last token was out.
    pub last_token: Nanos,
    /// How often it lost its cache.
    pub preemptions: u32,
}

/// One pass of the model over the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When it starts.
    pub starts_at: Nanos,
    /// When its tokens are out.
    pub ends_at: Nanos,
    /// The tokens, in order of admission.
    pub emissions: Vec<Emission>,
    /// The requests that end with it.
    pub finished: Vec<Finished>,
    /// Prompt tokens of the requests that have their first token in it.
    pub prompt_tokens: u64,
    /// Tokens computed in it, of prompts and answers.
    pub computed_tokens: u32,
}

/// What the engine holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Sequences in the batch.
    pub running: u32,
    /// Requests waiting.
    pub waiting: u32,
    /// Cache blocks in use.
    pub blocks_used: u32,
    /// Cache blocks in all.
    pub blocks_total: u32,
    /// Sequences that lost their cache so far.
    pub preemptions: u64,
}

#[derive(Debug)]
struct Sequence {
    request: EngineRequest,
    arrived: Nanos,
    scheduled: Option<Nanos>,
    first_token: Nanos,
    last_token: Nanos,
    generated: u32,
    /// Tokens whose keys and values are in the cache.
    computed: u32,
    blocks: u32,
    preemptions: u32,
}

impl Sequence {
    /// Tokens to compute before the next one can be told.
    const fn pending(&self) -> u32 {
        self.request.prompt_tokens + self.generated - self.computed
    }

    /// One token in, one token out; everything else is prefill.
    const fn decodes(&self) -> bool {
        self.generated > 0 && self.pending() == 1
    }

    const fn is_finished(&self) -> bool {
        self.generated >= self.request.output_tokens
    }
}

/// The engine. See the module's text.
#[derive(Debug)]
pub struct Engine {
    profile: Profile,
    jitter: Draw,
    steps: u64,
    waiting: VecDeque<Sequence>,
    /// In order of admission.
    running: Vec<Sequence>,
    blocks_total: u32,
    blocks_used: u32,
    preemptions: u64,
}

impl Engine {
    /// An idle engine. The seed decides the jitter of step times.
    #[must_use]
    pub fn new(profile: Profile, seed: u64) -> Self {
        let blocks_total = profile.kv_blocks();
        Self {
            jitter: Draw::new(seed).text("step").text(&profile.name),
            profile,
            steps: 0,
            waiting: VecDeque::new(),
            running: Vec::new(),
            blocks_total,
            blocks_used: 0,
            preemptions: 0,
        }
    }

    /// Takes a request. False where it has no tokens or could never fit: it is not taken then.
    #[must_use]
    pub fn submit(&mut self, now: Nanos, request: EngineRequest) -> bool {
        let tokens = u64::from(request.prompt_tokens) + u64::from(request.output_tokens);
        if request.prompt_tokens == 0
            || request.output_tokens == 0
            || tokens > u64::from(self.profile.longest_tokens())
        {
            return false;
        }
        let sequence = Sequence {
            request,
            arrived: now,
            scheduled: None,
            first_token: now,
            last_token: now,
            generated: 0,
            computed: 0,
            blocks: 0,
            preemptions: 0,
        };
        // Arrival times come from many connections, so they may be handed over a little out of order.
        let at = self.waiting.iter().rposition(|w| w.arrived <= now).map_or(0, |i| i + 1);
        self.waiting.insert(at, sequence);
        true
    }

    /// Forgets a request whose client has gone. Tokens of the step under way are still emitted.
    pub fn cancel(&mut self, id: u64) {
        self.waiting.retain(|s| s.request.id != id);
        let mut freed = 0;
        self.running.retain(|s| {
            let keep = s.request.id != id;
            freed += if keep { 0 } else { s.blocks };
            keep
        });
        self.blocks_used -= freed;
    }

    /// What it holds now; during a step, what the step holds.
    #[must_use]
    pub fn load(&self) -> Load {
        Load {
            running: u32::try_from(self.running.len()).unwrap_or(u32::MAX),
            waiting: u32::try_from(self.waiting.len()).unwrap_or(u32::MAX),
            blocks_used: self.blocks_used,
            blocks_total: self.blocks_total,
            preemptions: self.preemptions,
        }
    }

    /// Schedules the next step, to start at `not_before`, or at the next arrival where nothing is
    /// there yet. `None` when there is nothing to do. To be called when the step before has ended.
    pub fn next_step(&mut self, not_before: Nanos) -> Option<Step> {
        self.end_step();
        let starts_at = match (self.running.is_empty(), self.waiting.front()) {
            (true, None) => return None,
            (true, Some(first)) => not_before.max(first.arrived),
            (false, _) => not_before,
        };
        let preempted_before = self.preemptions;
        let (mut budget, mut scheduled) =
            (self.profile.step_token_budget, Vec::with_capacity(self.running.len()));
        self.schedule_running(&mut budget, &mut scheduled);
        if self.preemptions == preempted_before {
            self.admit(starts_at, &mut budget, &mut scheduled);
        }
        Some(self.advance(starts_at, &scheduled))
    }

    /// Releases what the step finished. `next_step` does so too; a caller that shows the load between
    /// steps calls this as soon as a step has ended.
    pub fn end_step(&mut self) {
        let mut freed = 0;
        self.running.retain(|s| {
            let keep = !s.is_finished();
            freed += if keep { 0 } else { s.blocks };
            keep
        });
        self.blocks_used -= freed;
    }

    /// Gives every running sequence its share of the budget, in order of admission.
    fn schedule_running(&mut self, budget: &mut u32, scheduled: &mut Vec<u32>) {
        let mut index = 0;
        while index < self.running.len() {
            let tokens = self.running[index].pending().min(*budget);
            let wanted = blocks_for(self.running[index].computed + tokens) - self.running[index].blocks;
            while self.blocks_used + wanted > self.blocks_total && index < self.running.len() {
                self.preempt_last();
            }
            if index == self.running.len() {
                break;
            }
            self.blocks_used += wanted;
            self.running[index].blocks += wanted;
            *budget -= tokens;
            scheduled.push(tokens);
            index += 1;
        }
    }

    fn preempt_last(&mut self) {
        if let Some(mut sequence) = self.running.pop() {
            self.blocks_used -= sequence.blocks;
            (sequence.blocks, sequence.computed) = (0, 0);
            sequence.preemptions += 1;
            self.preemptions += 1;
            self.waiting.push_front(sequence);
        }
    }

    /// Moves waiting requests into the batch, first come first served.
    fn admit(&mut self, now: Nanos, budget: &mut u32, scheduled: &mut Vec<u32>) {
        while *budget > 0 && self.running.len() < self.profile.max_running as usize {
            let Some(first) = self.waiting.front().filter(|s| s.arrived <= now) else { break };
            let tokens = first.pending().min(*budget);
            let wanted = blocks_for(tokens);
            if self.blocks_used + wanted > self.blocks_total {
                break;
            }
            let Some(mut sequence) = self.waiting.pop_front() else { break };
            sequence.scheduled.get_or_insert(now);
            sequence.blocks = wanted;
            self.blocks_used += wanted;
            *budget -= tokens;
            scheduled.push(tokens);
            self.running.push(sequence);
        }
    }

    /// Computes the scheduled tokens and says when they are out.
    fn advance(&mut self, starts_at: Nanos, scheduled: &[u32]) -> Step {
        let (mut prefill, mut decoding, mut cached) = (0_u32, 0_u32, 0_u64);
        for (sequence, tokens) in self.running.iter().zip(scheduled) {
            if *tokens > 0 && sequence.decodes() {
                decoding += tokens;
                cached += u64::from(sequence.computed);
            } else {
                prefill += tokens;
            }
        }
        let ends_at = starts_at.plus(self.step_time(prefill, decoding, cached));
        let mut step = Step {
            starts_at,
            ends_at,
            emissions: Vec::with_capacity(self.running.len()),
            finished: Vec::new(),
            prompt_tokens: 0,
            computed_tokens: prefill + decoding,
        };
        for (sequence, tokens) in self.running.iter_mut().zip(scheduled) {
            sequence.computed += tokens;
            if sequence.pending() > 0 {
                continue;
            }
            if sequence.generated == 0 {
                sequence.first_token = ends_at;
                step.prompt_tokens += u64::from(sequence.request.prompt_tokens);
            }
            let gap = ends_at.since(sequence.last_token);
            sequence.last_token = ends_at;
            sequence.generated += 1;
            let (id, finished) = (sequence.request.id, sequence.is_finished());
            step.emissions.push(Emission { id, token: sequence.generated - 1, finished, gap });
            if finished {
                step.finished.push(Finished {
                    request: sequence.request,
                    arrived: sequence.arrived,
                    scheduled: sequence.scheduled.unwrap_or(sequence.arrived),
                    first_token: sequence.first_token,
                    last_token: ends_at,
                    preemptions: sequence.preemptions,
                });
            }
        }
        step
    }

    /// Reading the weights, computing the prompts, and reading the caches, one after the other, times
    /// a log-normal factor of mean 1.
    #[expect(clippy::cast_precision_loss, reason = "a cache holds far fewer than 2^53 tokens")]
    fn step_time(&mut self, prefill: u32, decoding: u32, cached: u64) -> Nanos {
        let p = &self.profile;
        let ms = p.step_base_ms
            + f64::from(prefill) / p.prefill_tokens_per_s * 1e3
            + f64::from(decoding) * p.step_per_sequence_ms
            + cached as f64 * p.step_per_kv_token_ms;
        let factor = (p.jitter * self.jitter.number(self.steps).normal() - p.jitter * p.jitter / 2.0).exp();
        self.steps += 1;
        Nanos::from_secs_f64(ms / 1e3 * factor / p.speed)
    }
}

const fn blocks_for(tokens: u32) -> u32 {
    tokens.div_ceil(BLOCK_TOKENS)
}
