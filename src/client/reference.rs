//! Asking a server how likely it finds a given answer: the requests, and what their answers say.
//!
//! Over chat completions (vLLM) the reference is the beginning of the assistant's message, which the server is to go
//! on with. A second request without it tells where the prompt ends: only what comes after the tokens that both have
//! in common is the reference's. Over completions the server repeats the prompt (`echo`), which ends with the reference.

use std::collections::HashMap;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::request::{Conversation, Form, Request};
use super::whole::NoAnswer;
use crate::model::config::Api;
use crate::model::outcome::Outcome;
use crate::model::prompt::Prompt;
use crate::model::reference::{
    MissingReference, PreferredToken, ReferenceInterface, ReferenceLogProbs, ReferenceScore,
};

/// The most tokens that a chat template is taken to put between the prompt and the answer beyond what it puts where
/// an answer is to begin (an empty `<think>` block, say).
const MOST_BETWEEN: usize = 16;

/// What one prompt's reference needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceRequests {
    /// The prompt with its reference.
    pub scored: Request,
    /// The prompt alone, where that is needed to find the reference's tokens.
    pub alone: Option<Request>,
    interface: ReferenceInterface,
    reference: String,
}

impl Form<'_> {
    /// The requests that tell the log-probabilities of a prompt's reference, under ids that begin with `id`.
    ///
    /// # Errors
    ///
    /// In words, where this kind of server tells none.
    pub fn reference(&self, prompt: &Prompt, model: &str, id: &str) -> Result<ReferenceRequests, String> {
        let reference = prompt.reference.trim();
        let said = Conversation { system: prompt.system.as_deref(), before: &[], user: &prompt.prompt };
        let request = |part: &str, own: Value| {
            let mut body: Map<String, Value> = self.extra.clone();
            let common = json!({"model": model, "max_tokens": 1, "temperature": 0, "stream": false});
            for members in [common, own] {
                body.extend(members.as_object().cloned().unwrap_or_default());
            }
            // What goes with streams alone, a server may refuse without one.
            body.remove("stream_options");
            let body = Bytes::from(Value::Object(body).to_string());
            Request { id: format!("{id}/{part}"), path: self.path(), body }
        };
        let (scored, alone, interface) = match self.api {
            Api::Chat if self.dialect.prompt_log_probs => {
                let mut messages = said.messages();
                let alone = request(
                    "alone",
                    json!({"messages": messages, "add_generation_prompt": true, "return_token_ids": true}),
                );
                messages.push(json!({"role": "assistant", "content": reference}));
                let scored = request(
                    "scored",
                    json!({"messages": messages, "add_generation_prompt": false, "continue_final_message": true,
                        "prompt_logprobs": 1, "return_token_ids": true}),
                );
                (scored, Some(alone), ReferenceInterface::PromptLogprobs)
            }
            Api::Chat => {
                return Err(format!(
                    "{} servers don't tell the log-probabilities of a given answer over chat completions; with `--api completions` one that takes `echo` does",
                    self.dialect.name
                ));
            }
            Api::Completions => {
                let text = format!("{}\n\n{reference}", said.text());
                let scored = request("scored", json!({"prompt": text, "echo": true, "logprobs": 1}));
                (scored, None, ReferenceInterface::Echo)
            }
        };
        Ok(ReferenceRequests { scored, alone, interface, reference: reference.to_owned() })
    }
}

impl ReferenceRequests {
    /// What the answers to both requests say.
    #[must_use]
    pub fn read(&self, scored: &str, alone: Option<&str>) -> ReferenceScore {
        let read = match self.interface {
            ReferenceInterface::PromptLogprobs => self.prompt_log_probs(scored, alone.unwrap_or_default()),
            ReferenceInterface::Echo => self.echoed(scored),
        };
        read.unwrap_or_else(|(reason, message)| ReferenceScore::Missing {
            reason,
            message: message.to_owned(),
        })
    }

    /// What a request says that brought no answer; `None` where labctl itself gave it up.
    #[must_use]
    pub fn refused(error: &NoAnswer) -> Option<ReferenceScore> {
        let Failure { outcome, message } = &error.failure;
        let reason = match outcome {
            Outcome::Cancelled => return None,
            Outcome::Http4xx if says_too_long(message) => MissingReference::TooLong,
            Outcome::Http4xx => MissingReference::NotTold,
            _ => MissingReference::Failed,
        };
        Some(ReferenceScore::Missing { reason, message: message.clone() })
    }

    fn prompt_log_probs(&self, scored: &str, alone: &str) -> Read {
        let (scored, alone): (Whole, Whole) = (json_of(scored)?, json_of(alone)?);
        let told = scored
            .prompt_logprobs
            .ok_or((MissingReference::NotTold, "the server left out `prompt_logprobs`"))?;
        let (Some(ids), Some(prefix)) = (scored.prompt_token_ids, alone.prompt_token_ids) else {
            return Err((MissingReference::NotTold, "the server left out `prompt_token_ids`"));
        };
        if told.len() != ids.len() {
            return Err((
                MissingReference::NotFound,
                "the server told another number of tokens than of log-probabilities",
            ));
        }
        let common = ids.iter().zip(&prefix).take_while(|(ours, theirs)| ours == theirs).count();
        if common == 0 {
            return Err((
                MissingReference::NotFound,
                "the prompt's tokens are others with the answer than without it",
            ));
        }
        let mut places = Vec::new();
        for (id, listed) in ids.iter().zip(&told).skip(common) {
            let key = id.to_string();
            let listed = listed.as_ref().ok_or(NO_VALUE)?;
            let own = listed.get(&key).ok_or(NO_VALUE)?;
            let log_prob = own.logprob.ok_or(NO_VALUE)?;
            let best = listed
                .iter()
                .filter(|(other, value)| {
                    **other != key && value.logprob.is_some_and(|value| value > log_prob)
                })
                .max_by(|a, b| a.1.logprob.partial_cmp(&b.1.logprob).unwrap_or(std::cmp::Ordering::Equal))
                .map(|(other, _)| other.clone());
            places.push(Place { log_prob, best, text: own.decoded_token.clone().unwrap_or_default() });
        }
        let texts: Vec<&str> = places.iter().map(|place| place.text.as_str()).collect();
        let begin = beginning(&self.reference, &texts);
        score(self.interface, &places[begin..])
    }

    fn echoed(&self, scored: &str) -> Read {
        let scored: Whole = json_of(scored)?;
        let choice = scored.choices.and_then(|mut choices| choices.pop()).unwrap_or_default();
        if !choice.text.as_deref().unwrap_or_default().contains(&self.reference) {
            return Err((MissingReference::NotTold, "the server didn't repeat the prompt (`echo`)"));
        }
        let told = choice.logprobs.ok_or((MissingReference::NotTold, "the server left out `logprobs`"))?;
        let tokens = told.tokens.len();
        if told.token_logprobs.len() != tokens || told.text_offset.len() != tokens || tokens == 0 {
            return Err((MissingReference::NotTold, "the server's `logprobs` don't tell every token's"));
        }
        // All but what was generated.
        let given = scored.usage.map_or(tokens - 1, |usage| usage.prompt_tokens).clamp(1, tokens);
        let (last, offsets) = (&told.tokens[given - 1], &told.text_offset);
        // From the end, for a token that begins a text may count into the offsets or not.
        let end = offsets[given - 1].saturating_add(last.chars().count());
        let begin = end.checked_sub(self.reference.chars().count()).ok_or(NOT_THERE)?;
        let mut places = Vec::new();
        for position in (0..given).filter(|position| offsets[*position] >= begin) {
            let log_prob = told.token_logprobs[position].ok_or(NO_VALUE)?;
            let listed = told.top_logprobs.as_ref().and_then(|top| top.get(position)?.as_ref());
            let best = listed
                .into_iter()
                .flatten()
                .filter(|(text, value)| **value > log_prob && **text != told.tokens[position])
                .max_by(|a, b| a.1.total_cmp(b.1))
                .map(|(text, _)| text.clone());
            places.push(Place { log_prob, best, text: told.tokens[position].clone() });
        }
        score(self.interface, &places)
    }
}

type Read = Result<ReferenceScore, (MissingReference, &'static str)>;

const NO_VALUE: (MissingReference, &str) =
    (MissingReference::NotTold, "the server left out the log-probability of a token");

const NOT_THERE: (MissingReference, &str) =
    (MissingReference::NotFound, "the reference's tokens are not among those that the server told");

/// A token of the reference.
struct Place {
    log_prob: f64,
    /// What the model finds likelier.
    best: Option<String>,
    text: String,
}

fn score(asked_by: ReferenceInterface, places: &[Place]) -> Read {
    let tokens = u32::try_from(places.len()).unwrap_or(u32::MAX);
    if tokens == 0 {
        return Err(NOT_THERE);
    }
    let sum: f64 = places.iter().map(|place| place.log_prob).sum();
    // Servers write −9999 for −∞, of which there is no mean.
    if !sum.is_finite() || places.iter().any(|place| !(-9_000.0..=1e-3).contains(&place.log_prob)) {
        return Err((MissingReference::NotFound, "a token of the reference has no finite log-probability"));
    }
    let mut preferred = Vec::new();
    for (position, place) in (0_u32..).zip(places) {
        preferred.extend(place.best.clone().map(|token| PreferredToken { position, token }));
    }
    Ok(ReferenceScore::Scored(ReferenceLogProbs {
        asked_by,
        tokens,
        mean_log_prob: sum / f64::from(tokens),
        top_1: tokens - u32::try_from(preferred.len()).unwrap_or(tokens),
        preferred,
    }))
}

/// Which of the tokens behind the common prefix begins the reference: not the first one where the template puts
/// something between; the first one where that can't be told.
fn beginning(reference: &str, texts: &[&str]) -> usize {
    let visible = |text: &str| -> String { text.chars().filter(|c| !c.is_whitespace()).collect() };
    let wanted: String = visible(reference).chars().take(12).collect();
    let most = texts.len().min(MOST_BETWEEN + 1);
    (0..most)
        .find(|first| {
            let rest: String = texts[*first..].iter().take(12).map(|text| visible(text)).collect();
            // A token of white space alone belongs to what is before it, unless nothing is.
            (*first == 0 || !visible(texts[*first]).is_empty()) && rest.starts_with(&wanted)
        })
        .unwrap_or(0)
}

/// Whether a server's refusal is of the length.
fn says_too_long(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["context length", "context window", "max_model_len", "too long", "too large", "context size"]
        .iter()
        .any(|sign| message.contains(sign))
}

fn json_of(text: &str) -> Result<Whole, (MissingReference, &'static str)> {
    serde_json::from_str(text)
        .map_err(|_| (MissingReference::NotTold, "the server's answer is no JSON with log-probabilities"))
}

/// A whole answer, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Whole {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Option<Usage>,
    /// vLLM's.
    #[serde(default)]
    prompt_logprobs: Option<Vec<Option<HashMap<String, Listed>>>>,
    /// vLLM's.
    #[serde(default)]
    prompt_token_ids: Option<Vec<u64>>,
}

#[derive(Debug, Default, Deserialize)]
struct Choice {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    logprobs: Option<Echoed>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Usage {
    prompt_tokens: usize,
}

#[derive(Debug, Deserialize)]
struct Echoed {
    #[serde(default)]
    tokens: Vec<String>,
    #[serde(default)]
    token_logprobs: Vec<Option<f64>>,
    #[serde(default)]
    text_offset: Vec<usize>,
    #[serde(default)]
    top_logprobs: Option<Vec<Option<HashMap<String, f64>>>>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    #[serde(default)]
    logprob: Option<f64>,
    #[serde(default)]
    decoded_token: Option<String>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::client::server::Dialect;
    use crate::model::config::ServerKind;

    fn requests(api: Api, kind: ServerKind) -> Result<ReferenceRequests, String> {
        let extra = json!({"chat_template_kwargs": {"enable_thinking": false}, "max_tokens": 9, "stream_options": {}});
        let form = Form { api, dialect: Dialect::of(kind), model: "m", extra: extra.as_object().unwrap() };
        let prompt = Prompt {
            system: Some("s".to_owned()),
            reference: " to be ".to_owned(),
            ..Prompt::unchecked("p".to_owned(), "c".to_owned(), "go on".to_owned(), 5)
        };
        form.reference(&prompt, "m", "id")
    }

    fn body(request: &Request) -> Value {
        serde_json::from_slice(&request.body).unwrap()
    }

    fn scored(score: ReferenceScore) -> ReferenceLogProbs {
        match score {
            ReferenceScore::Scored(log_probs) => log_probs,
            ReferenceScore::Missing { message, .. } => panic!("{message}"),
        }
    }

    fn reason(score: ReferenceScore) -> MissingReference {
        match score {
            ReferenceScore::Missing { reason, .. } => reason,
            ReferenceScore::Scored(log_probs) => panic!("{log_probs:?}"),
        }
    }

    #[test]
    fn vllm_is_asked_to_go_on_with_the_reference_and_once_without_it() {
        let asked = requests(Api::Chat, ServerKind::Vllm).unwrap();
        let expected = json!({"model": "m", "max_tokens": 1, "temperature": 0, "stream": false,
            "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "go on"},
                {"role": "assistant", "content": "to be"}],
            "add_generation_prompt": false, "continue_final_message": true, "prompt_logprobs": 1,
            "return_token_ids": true, "chat_template_kwargs": {"enable_thinking": false}});
        assert_eq!(body(&asked.scored), expected);
        let alone = body(asked.alone.as_ref().unwrap());
        assert_eq!(
            (alone["messages"].as_array().unwrap().len(), &alone["add_generation_prompt"]),
            (2, &json!(true))
        );
        assert!(
            requests(Api::Chat, ServerKind::LlamaCpp).unwrap_err().starts_with("llama.cpp servers don't")
        );
        let text = body(&requests(Api::Completions, ServerKind::Openai).unwrap().scored);
        assert_eq!((&text["prompt"], &text["echo"]), (&json!("s\n\ngo on\n\nto be"), &json!(true)));
    }

    fn chat(ids: &[u64], listed: &Value) -> String {
        json!({"choices": [{"index": 0, "message": {"content": "x"}}], "prompt_token_ids": ids, "prompt_logprobs": listed})
            .to_string()
    }

    #[test]
    fn only_what_comes_after_the_common_prefix_counts() {
        let asked = requests(Api::Chat, ServerKind::Vllm).unwrap();
        let listed = json!([null, {"2": {"logprob": -9.0, "rank": 1, "decoded_token": "u"}},
            {"3": {"logprob": -0.5, "rank": 1, "decoded_token": "to"}},
            {"4": {"logprob": -2.5, "rank": 7, "decoded_token": " be"}, "9": {"logprob": -0.1, "rank": 1, "decoded_token": " x"}}]);
        let read =
            |alone: &[u64]| asked.read(&chat(&[1, 2, 3, 4], &listed), Some(&chat(alone, &Value::Null)));
        let found = scored(read(&[1, 2]));
        assert_eq!((found.tokens, found.top_1), (2, 1));
        assert!((found.mean_log_prob + 1.5).abs() < 1e-12);
        assert_eq!(found.preferred, [PreferredToken { position: 1, token: "9".to_owned() }]);
        // Where the template puts more between than where an answer begins, that is left out.
        assert_eq!(scored(read(&[1])).tokens, 2);
        assert_eq!(reason(read(&[7])), MissingReference::NotFound);
        assert_eq!(reason(read(&[1, 2, 3, 4])), MissingReference::NotFound);
        assert_eq!(reason(asked.read(r#"{"choices":[]}"#, Some("{}"))), MissingReference::NotTold);
    }

    fn text(echoed: &str, tokens: &[&str], log_probs: &Value) -> String {
        let offsets: Vec<usize> = tokens
            .iter()
            .scan(0, |end, token| {
                let begin = *end;
                *end += token.chars().count();
                Some(begin)
            })
            .collect();
        json!({"usage": {"prompt_tokens": tokens.len() - 1},
            "choices": [{"index": 0, "text": echoed, "logprobs": {"tokens": tokens, "token_logprobs": log_probs,
                "text_offset": offsets, "top_logprobs": [null, null, null, {"to": -0.5}, {" be": -2.5, " x": -0.1}, null]}}]})
        .to_string()
    }

    #[test]
    fn an_echo_is_read_from_the_end_of_the_prompt() {
        let asked = requests(Api::Completions, ServerKind::Openai).unwrap();
        let log_probs = json!([null, -9.0, -9.0, -0.5, -2.5, -9.0]);
        let tokens = ["<s>", "go on", "\n\n", "to", " be", "!"];
        let found = scored(asked.read(&text("go on\n\nto be!", &tokens, &log_probs), None));
        assert_eq!((found.tokens, found.top_1, found.asked_by), (2, 1, ReferenceInterface::Echo));
        assert!((found.mean_log_prob + 1.5).abs() < 1e-12);
        assert_eq!(found.preferred, [PreferredToken { position: 1, token: " x".to_owned() }]);
        // One that knows no `echo` tells what it generated.
        assert_eq!(reason(asked.read(&text("!", &tokens, &log_probs), None)), MissingReference::NotTold);
        let impossible = json!([null, -9.0, -9.0, -0.5, -9999.0, -9.0]);
        assert_eq!(
            reason(asked.read(&text("to be", &tokens, &impossible), None)),
            MissingReference::NotFound
        );
    }

    /// Recorded of vLLM 0.32.0 with a model of random weights; the means computed from the recordings by hand.
    #[test]
    fn what_vllm_really_sends_is_read() {
        let scored_answer = include_str!("../../tests/fixtures/vllm/reference_scored.json");
        let alone = include_str!("../../tests/fixtures/vllm/reference_alone.json");
        let echo = include_str!("../../tests/fixtures/vllm/reference_echo.json");
        let of = |api| ReferenceRequests {
            reference: "It is 42.".to_owned(),
            ..requests(api, ServerKind::Vllm).unwrap()
        };
        let chat = scored(of(Api::Chat).read(scored_answer, Some(alone)));
        assert_eq!((chat.tokens, chat.top_1, chat.preferred.len()), (6, 0, 6));
        assert!((chat.mean_log_prob + 14.525_083_383).abs() < 1e-9, "{}", chat.mean_log_prob);
        let text = scored(of(Api::Completions).read(echo, None));
        assert_eq!((text.tokens, text.top_1, text.preferred[3].token.as_str()), (6, 0, " target"));
        assert!((text.mean_log_prob + 14.801_740_487).abs() < 1e-9, "{}", text.mean_log_prob);
    }

    #[test]
    fn refusals_are_sorted_by_what_they_say() {
        let refused = |outcome, message: &str| {
            let error = NoAnswer::from(Failure::new(outcome, message));
            ReferenceRequests::refused(&error).map(reason)
        };
        let long = "HTTP 400: This model's maximum context length is 1024 tokens";
        assert_eq!(refused(Outcome::Http4xx, long), Some(MissingReference::TooLong));
        assert_eq!(refused(Outcome::Http4xx, "HTTP 400: no"), Some(MissingReference::NotTold));
        assert_eq!(refused(Outcome::Connect, long), Some(MissingReference::Failed));
        assert_eq!(refused(Outcome::Cancelled, "x"), None);
    }

    #[test]
    fn the_reference_begins_after_what_the_template_puts_between() {
        assert_eq!(beginning("to be", &["<think>", "\n\n", "</think>", "\n\n", "to", " be"]), 4);
        assert_eq!(beginning("to be", &["to", " be"]), 0);
        assert_eq!(beginning("é", &["\u{fffd}", "\u{fffd}"]), 0, "half characters tell nothing");
        assert_eq!(beginning("x", &[]), 0);
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_a_panic(scored in "\\PC{0,60}", ids in prop::collection::vec(0_u64..4, 0..6), alone in prop::collection::vec(0_u64..4, 0..6), offsets in prop::collection::vec(any::<usize>(), 0..4)) {
            let listed: Vec<Value> = ids.iter().map(|id| json!({id.to_string(): {"logprob": -1.0}})).collect();
            for api in [Api::Chat, Api::Completions] {
                let asked = requests(api, ServerKind::Vllm).unwrap();
                let _scored = asked.read(&scored, Some(&scored));
                let _listed = asked.read(&chat(&ids, &json!(listed)), Some(&chat(&alone, &Value::Null)));
                let tokens = vec!["to be"; offsets.len()];
                let told = json!({"choices": [{"text": "to be", "logprobs": {"tokens": tokens, "token_logprobs": vec![-1.0; offsets.len()], "text_offset": offsets}}]});
                let _told = asked.read(&told.to_string(), None);
            }
        }
    }
}
