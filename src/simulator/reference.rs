//! How likely a simulated model finds a text that it is given, told as vLLM 0.32 tells it: `prompt_logprobs` with
//! `return_token_ids` over chat completions, `echo` with `logprobs` over completions.
//!
//! A token's NLL is the profile's expected one times what the token is worth by itself (exponential of mean 1, the
//! same for all profiles, so that pairs are correlated) times what the profile makes of it (normal about 1). Its
//! expectation is the profile's own.

use serde_json::{Map, Value, json};

use super::draw::Draw;
use super::reply::Reply;
use super::request::{Interface, content};
use super::tokens::{self, CONVERSATION_TOKENS, MESSAGE_TOKENS};

/// Standard deviation of what a profile makes of a token.
const OWN: f64 = 0.1;

/// Above this a token isn't the most likely one.
const SECOND_FROM: f64 = 0.9;

/// A prompt's tokens, and what is to be told of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    interface: Interface,
    texts: Vec<String>,
    log_probs: bool,
}

impl Given {
    /// What a request asks of its prompt's tokens, if anything.
    pub(super) fn asked(interface: Interface, value: &Value) -> Option<Self> {
        let asks = |field: &str| value[field].as_bool() == Some(true);
        if asks("stream") {
            return None;
        }
        let (log_probs, texts) = match interface {
            Interface::Chat => {
                let log_probs = value["prompt_logprobs"].as_u64().is_some();
                if !log_probs && !asks("return_token_ids") {
                    return None;
                }
                (log_probs, conversation(&value["messages"], asks("continue_final_message")))
            }
            Interface::Text => {
                if !asks("echo") {
                    return None;
                }
                let begin = std::iter::once("<s>".to_owned());
                let text = value["prompt"].as_str().unwrap_or_default();
                let texts = begin.chain(tokens::pieces(text).map(str::to_owned)).collect();
                (value["logprobs"].as_u64().is_some(), texts)
            }
        };
        Some(Self { interface, texts, log_probs })
    }

    /// The response with the reply to the request, under a profile's name and its expected NLL.
    pub(super) fn response(&self, reply: &Reply, seed: u64, nll: (&str, f64)) -> Value {
        let likelihoods = self.likelihoods(seed, nll);
        let (prompt, generated) = (self.texts.len(), reply.tokens());
        let usage = json!({"prompt_tokens": prompt, "completion_tokens": generated,
            "total_tokens": prompt + generated as usize});
        let answer = reply.answer.text();
        let (object, mut choice) = match self.interface {
            Interface::Chat => {
                let message = json!({"role": "assistant", "content": answer, "refusal": null});
                ("chat.completion", json!({"index": 0, "message": message, "logprobs": null}))
            }
            Interface::Text => {
                let text: String = self.texts.iter().skip(1).map(String::as_str).chain([answer]).collect();
                let logprobs = self.log_probs.then(|| self.echoed(&likelihoods, answer));
                ("text_completion", json!({"index": 0, "text": text, "logprobs": logprobs}))
            }
        };
        choice["finish_reason"] = reply.finish().into();
        let envelope = &reply.envelope;
        let mut response = json!({"id": envelope.id, "object": object, "created": envelope.created,
            "model": envelope.model, "choices": [choice], "usage": usage,
            "system_fingerprint": envelope.fingerprint});
        if self.interface == Interface::Chat {
            response["prompt_token_ids"] = self.texts.iter().map(|text| tokens::id(text)).collect();
            response["prompt_logprobs"] =
                if self.log_probs { self.listed(&likelihoods) } else { Value::Null };
        }
        response
    }

    /// Each token's log-probability, and another token where that one is likelier.
    fn likelihoods(&self, seed: u64, (profile, nll): (&str, f64)) -> Vec<Likelihood> {
        let mut before = Draw::new(seed).text("given");
        self.texts
            .iter()
            .map(|text| {
                before = before.text(text);
                let worth = -(1.0 - before.number(1).unit()).ln();
                let own = 1.0 + OWN * before.number(2).text(profile).normal();
                let nll = (nll * worth * own).max(1e-6);
                let other = format!(" {}", before.number(3).below(1_000));
                Likelihood { log_prob: -nll, other: (nll > SECOND_FROM).then_some(other) }
            })
            .collect()
    }

    /// As `prompt_logprobs: 1` has them: the token itself and the most likely one; nothing of the first.
    fn listed(&self, likelihoods: &[Likelihood]) -> Value {
        let entry = |text: &str, log_prob: f64, rank: u32| json!({"logprob": log_prob, "rank": rank, "decoded_token": text});
        let each = self.texts.iter().zip(likelihoods).enumerate();
        each.map(|(position, (text, likely))| {
            if position == 0 {
                return Value::Null;
            }
            let mut listed = Map::new();
            if let Some(other) = &likely.other {
                listed.insert(tokens::id(other).to_string(), entry(other, likely.best(), 1));
            }
            let rank = if likely.other.is_some() { 2 } else { 1 };
            listed.insert(tokens::id(text).to_string(), entry(text, likely.log_prob, rank));
            Value::Object(listed)
        })
        .collect()
    }

    /// As `echo` with `logprobs: 1` has them, the generated tokens at the end.
    fn echoed(&self, likelihoods: &[Likelihood], answer: &str) -> Value {
        let mut end = 0;
        let mut told = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
        let generated = Likelihood { log_prob: -0.1, other: None };
        let texts = self.texts.iter().map(String::as_str).chain(tokens::pieces(answer));
        let likelihoods = likelihoods.iter().chain(std::iter::repeat(&generated));
        for (position, (text, likely)) in texts.zip(likelihoods).enumerate() {
            let mut top = Map::new();
            top.insert(text.to_owned(), likely.log_prob.into());
            if let Some(other) = &likely.other {
                top.insert(other.clone(), likely.best().into());
            }
            let is_first = position == 0;
            told[0].push(json!(text));
            told[1].push(json!((!is_first).then_some(likely.log_prob)));
            told[2].push(json!((!is_first).then_some(top)));
            told[3].push(json!(end));
            end += text.chars().count();
        }
        let [tokens, log_probs, top, offsets] = told;
        json!({"tokens": tokens, "token_logprobs": log_probs, "top_logprobs": top, "text_offset": offsets})
    }
}

/// One token's.
struct Likelihood {
    log_prob: f64,
    /// A token that is likelier.
    other: Option<String>,
}

impl Likelihood {
    /// The likelier one's log-probability: together the two are no more than certain.
    fn best(&self) -> f64 {
        0.6 * self.log_prob
    }
}

/// A conversation's tokens under the simulator's chat template, ready for an answer, or for the rest of it.
fn conversation(messages: &Value, goes_on: bool) -> Vec<String> {
    let messages: Vec<String> =
        messages.as_array().into_iter().flatten().map(|one| content(&one["content"])).collect();
    let (begun, before) = match messages.split_last() {
        Some((last, before)) if goes_on => (Some(last), before),
        _ => (None, messages.as_slice()),
    };
    let template =
        |name: &str, length: u32| (0..length).map(|n| format!("<|{name}{n}|>")).collect::<Vec<_>>();
    let pieces = |text: &str| tokens::pieces(text).map(str::to_owned).collect::<Vec<_>>();
    let messages = before.iter().flat_map(|text| [template("message", MESSAGE_TOKENS), pieces(text)]);
    let answer = template("answer", CONVERSATION_TOKENS);
    messages.chain([answer]).chain(begun.map(|text| pieces(text))).flatten().collect()
}
