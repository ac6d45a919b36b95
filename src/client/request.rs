//! A request, ready to be written: the body is serialized once, before the load starts.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::model::prompt::Prompt;
use crate::model::result::Sampling;

/// The path of chat completions under an endpoint's base URL.
pub const CHAT_COMPLETIONS: &str = "chat/completions";

/// A completion request in its final form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Sent as `X-Request-Id`; unique within the run.
    pub id: String,
    /// Where it is posted, under the endpoint's base URL.
    pub path: &'static str,
    /// The JSON body.
    pub body: Bytes,
}

/// Builds the body of a streamed chat completion for a prompt. `extra` (the endpoint's `body`) is
/// merged last and wins.
#[must_use]
pub fn chat_body(
    prompt: &Prompt,
    model: &str,
    sampling: &Sampling,
    repeat: u32,
    extra: &Map<String, Value>,
) -> Bytes {
    let mut messages = Vec::new();
    if let Some(system) = &prompt.system {
        messages.push(json!({"role": "system", "content": system}));
    }
    messages.push(json!({"role": "user", "content": prompt.prompt}));
    let mut body = Map::new();
    body.insert("model".into(), model.into());
    body.insert("messages".into(), messages.into());
    body.insert("max_tokens".into(), sampling.max_tokens.unwrap_or(prompt.max_tokens).into());
    body.insert("temperature".into(), sampling.temperature.into());
    if let Some(top_p) = sampling.top_p {
        body.insert("top_p".into(), top_p.into());
    }
    body.insert("seed".into(), sampling.seed.wrapping_add(u64::from(repeat)).into());
    body.insert("stream".into(), true.into());
    body.insert("stream_options".into(), json!({"include_usage": true}));
    for (name, value) in extra {
        body.insert(name.clone(), value.clone());
    }
    Bytes::from(Value::Object(body).to_string())
}

/// An id made of parts, with what a header can't carry replaced.
#[must_use]
pub fn request_id(parts: &[&str]) -> String {
    parts.join("/").chars().map(|c| if c.is_ascii_graphic() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt() -> Prompt {
        serde_json::from_value(json!({"id": "a", "category": "c", "system": "be brief", "prompt": "2+2?",
            "max_tokens": 9, "checks": [], "reference": "4", "near_miss": []}))
        .unwrap()
    }

    #[test]
    fn every_sampling_setting_is_sent_and_extra_members_win() {
        let sampling = Sampling { temperature: 0.0, top_p: None, seed: 7, max_tokens: None };
        let extra = json!({"seed": 1, "chat_template_kwargs": {"enable_thinking": false}});
        let body = chat_body(&prompt(), "m", &sampling, 2, &Map::new());
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            body,
            json!({"model": "m", "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "2+2?"}],
                "max_tokens": 9, "temperature": 0.0, "seed": 9, "stream": true, "stream_options": {"include_usage": true}})
        );
        let body = chat_body(&prompt(), "m", &sampling, 2, extra.as_object().unwrap());
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            (&body["seed"], &body["chat_template_kwargs"]["enable_thinking"]),
            (&json!(1), &json!(false))
        );
    }

    #[test]
    fn ids_fit_into_a_header() {
        assert_eq!(request_id(&["run", "ä b\n", "0"]), "run/__b_/0");
    }
}
