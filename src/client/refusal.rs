//! What servers say when they refuse, in their different shapes, as one line.

use serde_json::Value;

/// The longest quotation of a server's words, in characters.
const LONGEST_QUOTE: usize = 400;

/// The message inside an error body: vLLM and llama.cpp (`{"error":{"message":…}}`), older vLLM
/// (`{"object":"error","message":…}`), FastAPI (`{"detail":…}`, text or a list of fields), or plain text.
#[must_use]
pub fn message(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let found = serde_json::from_str::<Value>(&text).ok().and_then(|value| from_json(&value));
    quote(found.as_deref().unwrap_or(&text))
}

/// The shape of an error body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `{"error":{"message":…}}`, as OpenAI words it.
    ErrorMessage,
    /// `{"error":"…"}`
    ErrorText,
    /// `{"detail":…}`, as FastAPI words it.
    Detail,
    /// `{"message":…}`
    Message,
    /// JSON of another shape.
    OtherJson,
    /// No JSON.
    Text,
    /// Nothing.
    Empty,
}

impl Shape {
    /// The shape of a body.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return if body.iter().all(u8::is_ascii_whitespace) { Self::Empty } else { Self::Text };
        };
        let is_text = |pointer| value.pointer(pointer).is_some_and(Value::is_string);
        match () {
            () if is_text("/error/message") => Self::ErrorMessage,
            () if is_text("/error") => Self::ErrorText,
            () if value.get("detail").is_some() => Self::Detail,
            () if is_text("/message") => Self::Message,
            () => Self::OtherJson,
        }
    }

    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::ErrorMessage => "JSON `error.message`",
            Self::ErrorText => "JSON `error`",
            Self::Detail => "JSON `detail`",
            Self::Message => "JSON `message`",
            Self::OtherJson => "JSON of another shape",
            Self::Text => "plain text",
            Self::Empty => "no words",
        }
    }
}

/// The message of an error object inside a stream.
#[must_use]
pub fn message_of(error: &Value) -> String {
    quote(&from_error(error).unwrap_or_else(|| error.to_string()))
}

fn from_json(value: &Value) -> Option<String> {
    if let Some(error) = value.get("error") {
        return from_error(error);
    }
    match value.get("detail") {
        Some(Value::String(detail)) => return Some(detail.clone()),
        Some(Value::Array(fields)) => {
            let fields: Vec<String> = fields.iter().map(validation_error).collect();
            return Some(fields.join("; "));
        }
        _ => {}
    }
    value.get("message").and_then(Value::as_str).map(str::to_owned)
}

fn from_error(error: &Value) -> Option<String> {
    error.as_str().or_else(|| error.get("message")?.as_str()).map(str::to_owned)
}

fn validation_error(field: &Value) -> String {
    let place: Vec<String> = field["loc"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned))
        .collect();
    format!("{}: {}", place.join("."), field["msg"].as_str().unwrap_or("invalid"))
}

/// A server's words, made safe to show: control characters escaped, white space folded, cut at a limit.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut quoted = String::new();
    let mut characters = 0;
    for word in text.split_whitespace() {
        if !quoted.is_empty() {
            quoted.push(' ');
        }
        for c in word.chars() {
            if characters == LONGEST_QUOTE {
                quoted.push('…');
                return quoted;
            }
            characters += 1;
            if c.is_control() || is_invisible(c) {
                quoted.extend(c.escape_unicode());
            } else {
                quoted.push(c);
            }
        }
    }
    quoted
}

/// Bidirectional controls and zero-width characters, which can make text read as something else.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_gives_its_message() {
        for (body, expected, shape) in [
            (
                r#"{"error":{"message":"no such model","type":"NotFoundError","code":404}}"#,
                "no such model",
                Shape::ErrorMessage,
            ),
            (r#"{"error":"plain"}"#, "plain", Shape::ErrorText),
            (r#"{"detail":"Not Found"}"#, "Not Found", Shape::Detail),
            (
                r#"{"detail":[{"loc":["body","seed"],"msg":"too big"},{"loc":["body",1],"msg":"odd"}]}"#,
                "body.seed: too big; body.1: odd",
                Shape::Detail,
            ),
            (r#"{"object":"error","message":"old","code":400}"#, "old", Shape::Message),
            ("Internal\nServer Error", "Internal Server Error", Shape::Text),
            ("", "", Shape::Empty),
            (r#"{"strange":1}"#, r#"{"strange":1}"#, Shape::OtherJson),
        ] {
            assert_eq!((message(body.as_bytes()).as_str(), Shape::of(body.as_bytes())), (expected, shape));
        }
    }

    #[test]
    fn hostile_text_is_made_harmless() {
        assert_eq!(quote("a\u{1b}[31mred\u{202e}x"), "a\\u{1b}[31mred\\u{202e}x");
        let long = "x".repeat(2 * LONGEST_QUOTE);
        assert_eq!(quote(&long).chars().count(), LONGEST_QUOTE + 1);
    }
}
