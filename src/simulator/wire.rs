//! Writes responses as vLLM 0.32 words them, straight into a buffer. Writing to a `Vec` can't fail, so
//! the results of that are let go.

use std::io::Write as _;
use std::sync::OnceLock;

use super::engine::FinishReason;
use super::faults::ReasoningField;
use super::request::Interface;
use super::tokens;

/// The fingerprint by which a client knows that it talks to the simulator.
pub const FINGERPRINT: &str = "labctl-simulator";

/// What a chunk carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delta<'a> {
    /// The role, and an empty text.
    Role,
    /// Answer text.
    Content(&'a str),
    /// Reasoning.
    Reasoning(ReasoningField, &'a str),
    /// The start of a tool call.
    ToolCall,
    /// More arguments of the tool call.
    Arguments(&'a str),
    /// Nothing.
    Empty,
}

/// Everything about a response but its text.
#[derive(Debug, Clone)]
pub(super) struct Envelope {
    /// How it was asked.
    pub(super) interface: Interface,
    /// The response's `id`.
    pub(super) id: String,
    /// Seconds since 1970.
    pub(super) created: u64,
    /// `model`
    pub(super) model: String,
    /// `system_fingerprint`
    pub(super) fingerprint: String,
    /// Tokens of the prompt.
    pub(super) prompt_tokens: u32,
    /// Whether every chunk carries usage.
    pub(super) continuous_usage: bool,
    /// Whether every chunk carries its tokens' ids.
    pub(super) token_ids: bool,
    /// The start of every chunk: the same for all of them, so it is worded once.
    pub(super) opening: OnceLock<Vec<u8>>,
}

impl Envelope {
    /// A chunk with one choice. `completion_tokens` counts up to and with this chunk.
    pub(super) fn chunk(
        &self,
        delta: Delta<'_>,
        finish: Option<&str>,
        completion_tokens: u32,
        out: &mut Vec<u8>,
    ) {
        self.open_chunk(out);
        out.extend_from_slice(b"[{\"index\":0,");
        if self.interface == Interface::Chat {
            write_delta(delta, out);
            out.extend_from_slice(b",\"logprobs\":null,\"finish_reason\":");
        } else {
            out.extend_from_slice(b"\"text\":");
            json(if let Delta::Content(text) = delta { text } else { "" }, out);
            out.extend_from_slice(b",\"logprobs\":null,\"finish_reason\":");
        }
        match finish {
            Some(reason) => {
                json(reason, out);
                out.extend_from_slice(b",\"stop_reason\":null");
            }
            None => out.extend_from_slice(b"null"),
        }
        if delta != Delta::Role {
            out.extend_from_slice(b",\"token_ids\":");
            match delta {
                Delta::Content(text) | Delta::Reasoning(_, text) | Delta::Arguments(text)
                    if self.token_ids =>
                {
                    let ids: Vec<String> = tokens::pieces(text).map(|p| tokens::id(p).to_string()).collect();
                    out.extend_from_slice(format!("[{}]", ids.join(",")).as_bytes());
                }
                _ => out.extend_from_slice(b"null"),
            }
        }
        out.extend_from_slice(b"}]");
        if self.continuous_usage {
            self.usage(completion_tokens, out);
        }
        // vLLM tells the fingerprint last; the simulator first too, so that no reader misses it.
        if delta == Delta::Role || finish.is_some() {
            self.tail(out);
        } else {
            out.push(b'}');
        }
    }

    /// The chunk that has no choice, only usage.
    pub(super) fn usage_chunk(&self, completion_tokens: u32, out: &mut Vec<u8>) {
        self.open_chunk(out);
        out.extend_from_slice(b"[]");
        self.usage(completion_tokens, out);
        self.tail(out);
    }

    /// A whole response.
    pub(super) fn whole(&self, message: &Message<'_>, out: &mut Vec<u8>) {
        self.head(false, out);
        out.extend_from_slice(b"[{\"index\":0,");
        if self.interface == Interface::Text {
            out.extend_from_slice(b"\"text\":");
            json(message.content, out);
        } else {
            out.extend_from_slice(b"\"message\":{\"role\":\"assistant\",\"content\":");
            if message.tool_call {
                out.extend_from_slice(b"null,\"tool_calls\":[");
                write_tool_call(message.content, out);
                out.push(b']');
            } else {
                json(message.content, out);
            }
            out.extend_from_slice(b",\"refusal\":null");
            if let Some((field, text)) = message.reasoning {
                let _ = write!(out, ",\"{}\":", field_name(field));
                json(text, out);
            }
            out.push(b'}');
        }
        out.extend_from_slice(b",\"logprobs\":null,\"finish_reason\":");
        json(message.finish, out);
        out.extend_from_slice(b",\"stop_reason\":null,\"token_ids\":null}]");
        if message.usage {
            self.usage(message.completion_tokens, out);
        }
        self.tail(out);
    }

    fn open_chunk(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.opening.get_or_init(|| {
            let mut opening = Vec::with_capacity(160);
            self.head(true, &mut opening);
            opening
        }));
    }

    fn head(&self, chunk: bool, out: &mut Vec<u8>) {
        let object = match (self.interface, chunk) {
            (Interface::Chat, true) => "chat.completion.chunk",
            (Interface::Chat, false) => "chat.completion",
            (Interface::Text, _) => "text_completion",
        };
        out.extend_from_slice(b"{\"id\":");
        json(&self.id, out);
        let _ = write!(out, ",\"object\":\"{object}\",\"created\":{},\"model\":", self.created);
        json(&self.model, out);
        out.extend_from_slice(b",\"choices\":");
    }

    fn usage(&self, completion_tokens: u32, out: &mut Vec<u8>) {
        let (prompt, total) = (self.prompt_tokens, self.prompt_tokens.saturating_add(completion_tokens));
        let _ = write!(
            out,
            ",\"usage\":{{\"prompt_tokens\":{prompt},\"total_tokens\":{total},\"completion_tokens\":{completion_tokens},\
             \"prompt_tokens_details\":{{\"cached_tokens\":0}}}}"
        );
    }

    fn tail(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"system_fingerprint\":");
        json(&self.fingerprint, out);
        out.push(b'}');
    }
}

/// The message of a response that isn't streamed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'a> {
    /// The answer.
    pub(super) content: &'a str,
    /// Whether the answer is the arguments of a tool call.
    pub(super) tool_call: bool,
    /// Reasoning and its field.
    pub(super) reasoning: Option<(ReasoningField, &'a str)>,
    /// `finish_reason`
    pub(super) finish: &'a str,
    /// Tokens generated.
    pub(super) completion_tokens: u32,
    /// Whether usage is told.
    pub(super) usage: bool,
}

/// `finish_reason` in words.
pub(super) const fn finish_name(finish: FinishReason) -> &'static str {
    match finish {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
    }
}

const fn field_name(field: ReasoningField) -> &'static str {
    match field {
        ReasoningField::Reasoning => "reasoning",
        ReasoningField::ReasoningContent => "reasoning_content",
    }
}

fn write_delta(delta: Delta<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"delta\":{");
    match delta {
        Delta::Role => out.extend_from_slice(b"\"role\":\"assistant\",\"content\":\"\""),
        Delta::Content(text) => {
            out.extend_from_slice(b"\"content\":");
            json(text, out);
        }
        Delta::Reasoning(field, text) => {
            let _ = write!(out, "\"{}\":", field_name(field));
            json(text, out);
        }
        Delta::ToolCall => {
            out.extend_from_slice(b"\"tool_calls\":[");
            write_tool_call("", out);
            out.push(b']');
        }
        Delta::Arguments(text) => {
            out.extend_from_slice(b"\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":");
            json(text, out);
            out.extend_from_slice(b"}}]");
        }
        Delta::Empty => {}
    }
    out.push(b'}');
}

fn write_tool_call(arguments: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(
        b"{\"index\":0,\"id\":\"call_simulated\",\"type\":\"function\",\"function\":{\"name\":\"answer\",\"arguments\":",
    );
    json(arguments, out);
    out.extend_from_slice(b"}}");
}

/// A text as a JSON string.
pub(super) fn json(text: &str, out: &mut Vec<u8>) {
    // Neither a `str` nor writing to a `Vec` can fail to serialise.
    let _ = serde_json::to_writer(out, text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn envelope(interface: Interface) -> Envelope {
        Envelope {
            interface,
            id: "i\"d".to_owned(),
            created: 7,
            model: "m".to_owned(),
            fingerprint: FINGERPRINT.to_owned(),
            prompt_tokens: 24,
            continuous_usage: false,
            token_ids: false,
            opening: OnceLock::new(),
        }
    }

    fn chunk(envelope: &Envelope, delta: Delta<'_>, finish: Option<&str>) -> Value {
        let mut out = Vec::new();
        envelope.chunk(delta, finish, 3, &mut out);
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn chunks_are_worded_as_vllm_words_them() {
        let chat = envelope(Interface::Chat);
        let expected = json!({"id":"i\"d","object":"chat.completion.chunk","created":7,"model":"m","choices":[
            {"index":0,"delta":{"content":" a\n\"é"},"logprobs":null,"finish_reason":null,"token_ids":null}]});
        assert_eq!(chunk(&chat, Delta::Content(" a\n\"é"), None), expected);
        let role = chunk(&chat, Delta::Role, None);
        assert_eq!(role["choices"][0]["delta"], json!({"role":"assistant","content":""}));
        assert_eq!(role["system_fingerprint"], FINGERPRINT);
        let last = chunk(&chat, Delta::Content("x"), Some("length"));
        assert_eq!(last["choices"][0]["finish_reason"], "length");
        let text = chunk(&envelope(Interface::Text), Delta::Content("x"), None);
        assert_eq!((&text["object"], &text["choices"][0]["text"]), (&json!("text_completion"), &json!("x")));
    }

    #[test]
    fn every_delta_is_valid_json() {
        let chat = Envelope { continuous_usage: true, token_ids: true, ..envelope(Interface::Chat) };
        let reasoning = chunk(&chat, Delta::Reasoning(ReasoningField::ReasoningContent, "hm m"), None);
        assert_eq!(reasoning["choices"][0]["delta"], json!({"reasoning_content": "hm m"}));
        assert_eq!(reasoning["choices"][0]["token_ids"].as_array().unwrap().len(), 2);
        assert_eq!(reasoning["usage"]["completion_tokens"], 3);
        let call = chunk(&chat, Delta::ToolCall, None);
        assert_eq!(call["choices"][0]["delta"]["tool_calls"][0]["function"]["name"], "answer");
        let more = chunk(&chat, Delta::Arguments("{\"a\""), None);
        assert_eq!(more["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"], "{\"a\"");
        assert_eq!(chunk(&chat, Delta::Empty, Some("stop"))["choices"][0]["delta"], json!({}));
        let mut out = Vec::new();
        chat.usage_chunk(5, &mut out);
        let usage: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(
            (usage["choices"].clone(), usage["usage"]["total_tokens"].clone()),
            (json!([]), json!(29))
        );
    }

    #[test]
    fn whole_responses_are_valid_json() {
        let message = Message {
            content: "yes",
            tool_call: false,
            reasoning: Some((ReasoningField::Reasoning, "hm")),
            finish: "stop",
            completion_tokens: 2,
            usage: true,
        };
        for interface in [Interface::Chat, Interface::Text] {
            for tool_call in [false, true] {
                let mut out = Vec::new();
                envelope(interface).whole(&Message { tool_call, ..message }, &mut out);
                let value: Value = serde_json::from_slice(&out).unwrap();
                assert_eq!(value["usage"]["completion_tokens"], 2);
                assert_eq!(value["choices"][0]["finish_reason"], "stop");
            }
        }
    }
}
