//! Reads the body of a completion request and refuses what vLLM refuses, in its words.

use serde_json::Value;

use super::errors::Refusal;
use super::reference::Given;
use super::tokens;

/// Which of the two interfaces was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interface {
    /// `/v1/chat/completions`
    Chat,
    /// `/v1/completions`
    Text,
}

/// A request for an answer.
#[expect(clippy::struct_excessive_bools, reason = "they are the interface's own switches")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Completion {
    /// How it was asked.
    pub(super) interface: Interface,
    /// The model asked for, where one is named.
    pub(super) model: Option<String>,
    /// The system messages, joined by line ends.
    pub(super) system: String,
    /// The last user message, or the prompt.
    pub(super) user: String,
    /// Tokens of the prompt under the chat template.
    pub(super) prompt_tokens: u32,
    /// Most tokens of the answer, where it is said.
    pub(super) max_tokens: Option<u32>,
    /// Fewest tokens of the answer.
    pub(super) min_tokens: u32,
    /// Whether the answer goes on to `max_tokens`.
    pub(super) ignore_eos: bool,
    /// Texts before which the answer ends.
    pub(super) stop: Vec<String>,
    /// `seed`; 0 where there is none.
    pub(super) seed: u64,
    /// Whether the answer is streamed.
    pub(super) stream: bool,
    /// `stream_options.include_usage`
    pub(super) include_usage: bool,
    /// `stream_options.continuous_usage_stats`
    pub(super) continuous_usage: bool,
    /// `return_token_ids`
    pub(super) token_ids: bool,
    /// The prompt's tokens, where the response is to tell of them.
    pub(super) given: Option<Given>,
}

impl Completion {
    /// Parses a body.
    pub(super) fn parse(interface: Interface, body: &[u8]) -> Result<Self, Refusal> {
        let value: Value = serde_json::from_slice(body).map_err(|e| {
            Refusal::invalid("json_invalid", &format!("body.{}", e.column()), "JSON decode error")
        })?;
        if !value.is_object() {
            return Err(Refusal::invalid(
                "model_attributes_type",
                "body",
                "Input should be a valid dictionary",
            ));
        }
        let (system, user, prompt_tokens) = match interface {
            Interface::Chat => messages(&value)?,
            Interface::Text => {
                let prompt = single_prompt(&value)?;
                // One more for the token that begins a text.
                (String::new(), prompt.to_owned(), tokens::count(prompt).saturating_add(1))
            }
        };
        if let Some(temperature) = value["temperature"].as_f64().filter(|t| *t < 0.0) {
            let message = format!(
                "temperature must be non-negative, got {temperature:?}. (parameter=temperature, value={temperature:?})"
            );
            return Err(Refusal::bad("temperature", message));
        }
        if value["n"].as_u64().is_some_and(|n| n != 1) {
            return Err(Refusal::bad("n", "the simulator gives one choice: `n` must be 1".to_owned()));
        }
        let max_tokens = match limit(&value, "max_completion_tokens")? {
            Some(limit) => Some(limit),
            None => limit(&value, "max_tokens")?,
        };
        let options = &value["stream_options"];
        let flag = |value: &Value| value.as_bool().unwrap_or(false);
        Ok(Self {
            interface,
            model: value["model"].as_str().map(str::to_owned),
            system,
            user,
            prompt_tokens,
            max_tokens,
            min_tokens: value["min_tokens"].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
            ignore_eos: flag(&value["ignore_eos"]),
            stop: texts(&value["stop"]),
            seed: value["seed"]
                .as_u64()
                .or_else(|| value["seed"].as_i64().map(i64::cast_unsigned))
                .unwrap_or(0),
            stream: flag(&value["stream"]),
            include_usage: flag(&options["include_usage"]),
            continuous_usage: flag(&options["continuous_usage_stats"]),
            token_ids: flag(&value["return_token_ids"]),
            given: Given::asked(interface, &value),
        })
    }
}

fn missing(field: &str) -> Refusal {
    Refusal::invalid("missing", &format!("body.{field}"), "Field required")
}

/// System text, last user text, and tokens.
fn messages(value: &Value) -> Result<(String, String, u32), Refusal> {
    let list = value["messages"].as_array().filter(|l| !l.is_empty()).ok_or_else(|| missing("messages"))?;
    let texts: Vec<(&str, String)> =
        list.iter().map(|m| (m["role"].as_str().unwrap_or(""), content(&m["content"]))).collect();
    let system: Vec<&str> =
        texts.iter().filter(|(role, _)| *role == "system").map(|(_, t)| t.as_str()).collect();
    let user = texts.iter().rev().find(|(role, _)| *role == "user").map(|(_, t)| t.clone());
    let mut tokens = tokens::count_messages(texts.iter().map(|(_, t)| t.as_str()));
    if value["continue_final_message"].as_bool() == Some(true) {
        // The last message is the beginning of the answer, and the template puts nothing around it.
        tokens = tokens.saturating_sub(tokens::MESSAGE_TOKENS);
    }
    Ok((system.join("\n"), user.unwrap_or_default(), tokens))
}

/// A message's content: a text, or parts of which the texts count.
pub(super) fn content(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|p| p["text"].as_str()).collect(),
        _ => String::new(),
    }
}

fn single_prompt(value: &Value) -> Result<&str, Refusal> {
    match &value["prompt"] {
        Value::String(text) => Ok(text),
        Value::Array(list) if list.len() == 1 && list[0].is_string() => {
            Ok(list[0].as_str().unwrap_or_default())
        }
        Value::Null => Err(missing("prompt")),
        _ => Err(Refusal::bad("prompt", "the simulator takes one prompt, as text".to_owned())),
    }
}

fn limit(value: &Value, field: &str) -> Result<Option<u32>, Refusal> {
    let given = &value[field];
    if given.is_null() {
        return Ok(None);
    }
    match given.as_i64() {
        Some(n) if n >= 1 => Ok(Some(u32::try_from(n).unwrap_or(u32::MAX))),
        Some(n) => {
            let message = format!("{field} must be at least 1, got {n}. (parameter={field}, value={n})");
            Err(Refusal::bad(field, message))
        }
        None => {
            Err(Refusal::invalid("int_type", &format!("body.{field}"), "Input should be a valid integer"))
        }
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().filter_map(|t| t.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(interface: Interface, body: &str) -> Refusal {
        Completion::parse(interface, body.as_bytes()).unwrap_err()
    }

    #[test]
    fn reads_what_matters() {
        let body = r#"{"model":"m","messages":[{"role":"system","content":"Be brief."},
            {"role":"user","content":"old"},{"role":"assistant","content":"x"},
            {"role":"user","content":[{"type":"text","text":"Say "},{"type":"text","text":"hi"}]}],
            "max_tokens":9,"max_completion_tokens":7,"seed":-1,"stream":true,"stop":"\n",
            "stream_options":{"include_usage":true}}"#;
        let c = Completion::parse(Interface::Chat, body.as_bytes()).unwrap();
        assert_eq!((c.system.as_str(), c.user.as_str(), c.max_tokens), ("Be brief.", "Say hi", Some(7)));
        assert_eq!(
            (c.seed, c.stop, c.stream, c.include_usage),
            (u64::MAX, vec!["\n".to_owned()], true, true)
        );
        assert_eq!(c.prompt_tokens, 5 + 4 * 4 + 3 + 1 + 1 + 2);
    }

    #[test]
    fn refuses_as_vllm_does() {
        let error = refused(Interface::Chat, "{\"model\":");
        assert_eq!((error.status, error.kind, error.param.as_deref()), (400, "Bad Request", Some("body.9")));
        let error = refused(Interface::Chat, r#"{"model":"m"}"#);
        assert!(
            error.message.contains("'loc': 'body.messages', 'msg': 'Field required'"),
            "{}",
            error.message
        );
        let error = refused(Interface::Text, r#"{"prompt":"x","max_tokens":-5}"#);
        assert_eq!(error.message, "max_tokens must be at least 1, got -5. (parameter=max_tokens, value=-5)");
        let error = refused(Interface::Text, r#"{"prompt":"x","temperature":-1}"#);
        let expected = "temperature must be non-negative, got -1.0. (parameter=temperature, value=-1.0)";
        assert_eq!(error.message, expected);
    }

    proptest! {
        #[test]
        fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Completion::parse(Interface::Chat, &body);
            let _ = Completion::parse(Interface::Text, &body);
        }
    }
}
