//! What is taken out of a request: what was asked, what came back, and what was made of it.

use super::{Of, Redactor};
use crate::model::exchange::Exchange;
use crate::model::judgement::{CheckResult, FoundAnswer, JudgeReply, Judgement};
use crate::model::record::{Attempt, PairKey, Row};
use crate::model::reference::{ReferenceAnswer, ReferenceLogProbs, ReferenceScore};
use crate::model::workload::Ask;

/// The reasons for an answer's end that servers give. Any other word is a server's own text.
const FINISH_REASONS: [&str; 8] = [
    "stop",
    "length",
    "content_filter",
    "tool_calls",
    "function_call",
    "eos_token",
    "stop_sequence",
    "abort",
];

impl Redactor {
    pub(super) fn row(&mut self, row: &mut Row) {
        let Row {
            key,
            category: _,
            family: _,
            scenario_id: _,
            ask,
            block: _,
            candidate,
            baseline,
            reference,
        } = row;
        let PairKey { prompt_id: _, repeat: _, round: _, level: _ } = key;
        let Ask { model: _, turn: _, input_tokens: _, exact_output: _ } = ask;
        for attempt in candidate.iter_mut().chain(baseline) {
            self.attempt(attempt);
        }
        if let Some(reference) = reference {
            self.reference(reference);
        }
    }

    fn attempt(&mut self, attempt: &mut Attempt) {
        let Attempt { exchange, metrics: _, judgement } = attempt;
        self.exchange(exchange);
        self.judgement(judgement);
    }

    fn exchange(&mut self, exchange: &mut Exchange) {
        let Exchange {
            request_id: _,
            resent: _,
            outcome: _,
            error,
            http_status: _,
            retry_after_s: _,
            retries: _,
            content,
            reasoning,
            tool_calls,
            finish_reason,
            usage: _,
            served_model: _,
            system_fingerprint: _,
            trace: _,
        } = exchange;
        self.message(error);
        for text in [content, reasoning, tool_calls] {
            self.text(Of::Answer, text);
        }
        if finish_reason.as_deref().is_some_and(|reason| !FINISH_REASONS.contains(&reason)) {
            self.optional(Of::Answer, finish_reason);
        }
    }

    fn judgement(&mut self, judgement: &mut Judgement) {
        // What a model that is itself a judge said is a number or a letter.
        let Judgement { verdict: _, answer, checks, graded: _, judge_replies } = judgement;
        if self.concerns(Of::Answer) {
            if let Some(FoundAnswer { text, source: _, start, end }) = answer {
                self.text(Of::Answer, text);
                (*start, *end) = (None, None);
            }
            if self.left_out {
                *answer = None;
            }
        }
        for CheckResult { check: _, verdict: _, detail } in checks {
            self.text(Of::Both, detail);
        }
        for JudgeReply { repeat: _, dimension: _, score: _, reply, failure } in judge_replies {
            self.optional(Of::Both, reply);
            self.message(failure);
        }
    }

    fn reference(&mut self, reference: &mut ReferenceAnswer) {
        let ReferenceAnswer { characters: _, candidate, baseline } = reference;
        for score in candidate.iter_mut().chain(baseline) {
            match score {
                ReferenceScore::Scored(ReferenceLogProbs {
                    asked_by: _,
                    tokens: _,
                    mean_log_prob: _,
                    top_1: _,
                    preferred,
                }) => {
                    // Tokens beside the reference's tell what it is about; what they were for is computed already.
                    if self.concerns(Of::Both) {
                        preferred.clear();
                    }
                }
                ReferenceScore::Missing { reason: _, message } => {
                    let mut told = Some(std::mem::take(message));
                    self.message(&mut told);
                    *message = told.unwrap_or_default();
                }
            }
        }
    }
}
