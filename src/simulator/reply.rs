//! What is answered to one request, and in which form: decided before the first byte is sent.

use super::answers::{Answer, Question};
use super::clock;
use super::engine::FinishReason;
use super::faults::{FaultKind, ReasoningField, Struck};
use super::request::{Completion, Interface};
use super::server::Shared;
use super::wire::{Delta, Envelope, FINGERPRINT, finish_name};
use crate::model::trace::ChunkKind;

/// What will be sent, and as what.
pub(super) struct Reply {
    /// Everything but the text.
    pub(super) envelope: Envelope,
    /// Reasoning before the answer, and its field.
    pub(super) reasoning: Option<(ReasoningField, Answer)>,
    /// The answer.
    pub(super) answer: Answer,
    /// Whether the answer comes as a tool call.
    pub(super) tool_call: bool,
    /// Whether usage is told.
    pub(super) usage: bool,
    /// Whether `[DONE]` is told.
    pub(super) done: bool,
}

impl Reply {
    /// Decides it.
    pub(super) fn compose(shared: &Shared, completion: &Completion, struck: &Struck<'_>, id: &str) -> Self {
        let chat = completion.interface == Interface::Chat;
        let limit = completion.max_tokens.unwrap_or(1);
        let empty = struck.has(&FaultKind::EmptyAnswer);
        let question = Question {
            system: &completion.system,
            user: &completion.user,
            sampling_seed: completion.seed,
            max_tokens: if empty { 0 } else { limit },
            min_tokens: if completion.ignore_eos { limit } else { completion.min_tokens },
            stop: &completion.stop,
            multibyte: struck.has(&FaultKind::SplitWrites),
        };
        let mut answer = shared.answers.answer(&question);
        if empty {
            answer.finish = FinishReason::Stop;
        }
        let reasoning = struck.find(|fault| match fault {
            FaultKind::Reasoning { field, tokens } if chat => Some((*field, *tokens)),
            _ => None,
        });
        let room = shared
            .longest_tokens
            .saturating_sub(completion.prompt_tokens)
            .saturating_sub(answer.len().max(1));
        let reasoning = reasoning
            .map(|(field, tokens)| (field, shared.answers.reasoning(&completion.user, tokens.min(room))));
        let fingerprint = struck
            .find(|f| if let FaultKind::Fingerprint { value } = f { Some(value.as_str()) } else { None });
        let model =
            struck.find(|f| if let FaultKind::ModelName { name } = f { Some(name.as_str()) } else { None });
        Self {
            envelope: Envelope {
                interface: completion.interface,
                id: format!("{}-{id}", if chat { "chatcmpl" } else { "cmpl" }),
                created: clock::unix_seconds(),
                model: model.unwrap_or(&shared.model).to_owned(),
                fingerprint: fingerprint.unwrap_or(FINGERPRINT).to_owned(),
                prompt_tokens: completion.prompt_tokens,
                continuous_usage: completion.continuous_usage && completion.include_usage,
                token_ids: completion.token_ids,
                opening: std::sync::OnceLock::new(),
            },
            reasoning,
            answer,
            tool_call: chat && struck.has(&FaultKind::ToolCall),
            usage: (completion.include_usage || !completion.stream) && !struck.has(&FaultKind::NoUsage),
            done: !struck.has(&FaultKind::NoDone),
        }
    }

    /// Tokens of the reasoning.
    pub(super) fn reasoning_tokens(&self) -> u32 {
        self.reasoning.as_ref().map_or(0, |(_, text)| text.len())
    }

    /// Tokens in all.
    pub(super) fn tokens(&self) -> u32 {
        self.reasoning_tokens() + self.answer.len()
    }

    /// `finish_reason`.
    pub(super) fn finish(&self) -> &'static str {
        if self.tool_call { "tool_calls" } else { finish_name(self.answer.finish) }
    }

    /// The part from token `from` up to but without `to`, which lie on one side of the reasoning's end.
    pub(super) fn delta(&self, from: u32, to: u32) -> (Delta<'_>, ChunkKind) {
        let before = self.reasoning_tokens();
        match &self.reasoning {
            Some((field, text)) if from < before => {
                (Delta::Reasoning(*field, text.tokens(from, to)), ChunkKind::Reasoning)
            }
            _ => {
                let text = self.answer.tokens(from - before, to - before);
                if self.tool_call {
                    (Delta::Arguments(text), ChunkKind::ToolCall)
                } else {
                    (Delta::Content(text), ChunkKind::Content)
                }
            }
        }
    }
}
