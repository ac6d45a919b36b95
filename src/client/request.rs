//! A request, ready to be written: the body is serialized once, before the load starts.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::server::Dialect;
use crate::model::config::Api;
use crate::model::prompt::Prompt;
use crate::model::result::Sampling;
use crate::model::workload::Ask;

/// The path of chat completions under an endpoint's base URL.
pub const CHAT_COMPLETIONS: &str = "chat/completions";

/// The path of text completions under an endpoint's base URL.
pub const COMPLETIONS: &str = "completions";

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

/// What the requests to one endpoint have in common.
#[derive(Debug, Clone, Copy)]
pub struct Form<'a> {
    /// The interface that is called.
    pub api: Api,
    /// How the server speaks.
    pub dialect: Dialect,
    /// The model asked for.
    pub model: &'a str,
    /// The endpoint's `body`: merged last, and wins.
    pub extra: &'a Map<String, Value>,
}

impl Form<'_> {
    /// Where requests are posted, under the endpoint's base URL.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        match self.api {
            Api::Chat => CHAT_COMPLETIONS,
            Api::Completions => COMPLETIONS,
        }
    }

    /// The body of a streamed request for a prompt by itself.
    #[must_use]
    pub fn body(&self, prompt: &Prompt, sampling: &Sampling, repeat: u32) -> Bytes {
        let conversation =
            Conversation { system: prompt.system.as_deref(), before: &[], user: &prompt.prompt };
        self.turn(&conversation, prompt, &Ask::default(), sampling, repeat)
    }

    /// The body of a streamed request for the next turn of a conversation, of which `prompt` is the last: its
    /// `max_tokens` holds unless the sampling has one, its own sampling before the run's.
    #[must_use]
    pub fn turn(
        &self,
        conversation: &Conversation<'_>,
        prompt: &Prompt,
        ask: &Ask,
        sampling: &Sampling,
        repeat: u32,
    ) -> Bytes {
        let own = &prompt.sampling;
        let max_tokens = sampling.max_tokens.unwrap_or(prompt.max_tokens);
        let mut body = Map::new();
        body.insert("model".into(), ask.model.as_deref().unwrap_or(self.model).into());
        match self.api {
            Api::Chat => body.insert("messages".into(), conversation.messages().into()),
            Api::Completions => body.insert("prompt".into(), conversation.text().into()),
        };
        body.insert("max_tokens".into(), max_tokens.into());
        body.insert("temperature".into(), own.temperature.unwrap_or(sampling.temperature).into());
        if let Some(top_p) = own.top_p.or(sampling.top_p) {
            body.insert("top_p".into(), top_p.into());
        }
        if !own.stop.is_empty() {
            body.insert("stop".into(), own.stop.clone().into());
        }
        body.insert("seed".into(), sampling.seed.wrapping_add(u64::from(repeat)).into());
        body.insert("stream".into(), true.into());
        body.insert("stream_options".into(), json!({"include_usage": true}));
        self.dialect.ask(&mut body);
        if ask.exact_output {
            self.dialect.ask_for_length(&mut body, max_tokens);
        }
        for (name, value) in self.extra {
            body.insert(name.clone(), value.clone());
        }
        Bytes::from(Value::Object(body).to_string())
    }
}

/// What was said so far, and what is said next.
#[derive(Debug, Clone, Copy)]
pub struct Conversation<'a> {
    /// The system message.
    pub system: Option<&'a str>,
    /// What the user said, and what was answered.
    pub before: &'a [(&'a str, &'a str)],
    /// What the user says next.
    pub user: &'a str,
}

impl Conversation<'_> {
    pub(super) fn messages(&self) -> Vec<Value> {
        let message = |role: &str, content: &str| json!({"role": role, "content": content});
        let system = self.system.iter().map(|system| message("system", system));
        let before = self.before.iter();
        let before = before.flat_map(|(user, answer)| [message("user", user), message("assistant", answer)]);
        system.chain(before).chain([message("user", self.user)]).collect()
    }

    /// The same as one text, its parts a blank line apart.
    pub(super) fn text(&self) -> String {
        let before = self.before.iter().flat_map(|(user, answer)| [*user, *answer]);
        self.system.into_iter().chain(before).chain([self.user]).collect::<Vec<_>>().join("\n\n")
    }
}

/// An id made of parts, with what a header can't carry replaced.
#[must_use]
pub fn request_id(parts: &[&str]) -> String {
    parts.join("/").chars().map(|c| if c.is_ascii_graphic() { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::ServerKind;

    fn prompt() -> Prompt {
        serde_json::from_value(json!({"id": "a", "category": "c", "system": "be brief", "prompt": "2+2?",
            "max_tokens": 9, "checks": [], "reference": "4", "near_miss": []}))
        .unwrap()
    }

    fn body(api: Api, kind: ServerKind, extra: &Value) -> Value {
        let sampling = Sampling { temperature: 0.0, top_p: None, seed: 7, max_tokens: None };
        let extra = extra.as_object().unwrap();
        let form = Form { api, dialect: Dialect::of(kind), model: "m", extra };
        serde_json::from_slice(&form.body(&prompt(), &sampling, 2)).unwrap()
    }

    #[test]
    fn every_sampling_setting_is_sent_and_extra_members_win() {
        assert_eq!(
            body(Api::Chat, ServerKind::Openai, &json!({})),
            json!({"model": "m", "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "2+2?"}],
                "max_tokens": 9, "temperature": 0.0, "seed": 9, "stream": true, "stream_options": {"include_usage": true}})
        );
        let extra =
            json!({"seed": 1, "chat_template_kwargs": {"enable_thinking": false}, "return_token_ids": false});
        let body = body(Api::Chat, ServerKind::Vllm, &extra);
        assert_eq!((&body["seed"], &body["return_token_ids"]), (&json!(1), &json!(false)));
        assert_eq!(body["chat_template_kwargs"]["enable_thinking"], false);
    }

    #[test]
    fn completions_have_a_prompt_in_place_of_messages() {
        let body = body(Api::Completions, ServerKind::LlamaCpp, &json!({}));
        assert_eq!((&body["prompt"], &body["messages"]), (&json!("be brief\n\n2+2?"), &Value::Null));
        assert_eq!((&body["timings_per_token"], &body["stream"]), (&json!(true), &json!(true)));
    }

    #[test]
    fn a_conversation_goes_on_with_what_was_answered() {
        let extra = Map::new();
        let sampling = Sampling { temperature: 0.0, top_p: None, seed: 7, max_tokens: None };
        let said = Conversation { system: Some("s"), before: &[("u1", "a1"), ("u2", "a2")], user: "u3" };
        let ask = Ask { model: Some("other".to_owned()), exact_output: true, ..Ask::default() };
        let body = |api, kind| -> Value {
            let form = Form { api, dialect: Dialect::of(kind), model: "m", extra: &extra };
            serde_json::from_slice(&form.turn(
                &said,
                &Prompt::unchecked(String::new(), String::new(), String::new(), 5),
                &ask,
                &sampling,
                0,
            ))
            .unwrap()
        };
        let chat = body(Api::Chat, ServerKind::Vllm);
        let roles: Vec<_> = chat["messages"].as_array().unwrap().iter().map(|m| &m["content"]).collect();
        assert_eq!(roles, ["s", "u1", "a1", "u2", "a2", "u3"]);
        assert_eq!((&chat["messages"][2]["role"], &chat["model"]), (&json!("assistant"), &json!("other")));
        assert_eq!((&chat["ignore_eos"], &chat["min_tokens"]), (&json!(true), &json!(5)));
        let text = body(Api::Completions, ServerKind::Openai);
        assert_eq!(text["prompt"], "s\n\nu1\n\na1\n\nu2\n\na2\n\nu3");
        assert_eq!(text["ignore_eos"], Value::Null, "another server could refuse it");
    }

    #[test]
    fn ids_fit_into_a_header() {
        assert_eq!(request_id(&["run", "ä b\n", "0"]), "run/__b_/0");
    }
}
