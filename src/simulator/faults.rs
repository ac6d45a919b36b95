//! What can go wrong, on request: a list of faults, each with the requests that it strikes.
//!
//! Whether a fault strikes depends only on the simulator's seed, the fault's place in the list and
//! the request's ordinal (generation requests of this server, counted from 1 as they arrive).

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::SimulatorError;
use super::draw::Draw;

/// Which requests a fault strikes. All three conditions must hold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// Chance for each request, 0 to 1.
    pub probability: f64,
    /// Only each n-th request: 3 strikes the 3rd, 6th, 9th, … 0 and 1 strike all.
    pub every: u64,
    /// Not the first so many requests.
    pub after: u64,
    /// Not the requests beyond this ordinal.
    pub until: u64,
}

impl Default for When {
    fn default() -> Self {
        Self { probability: 1.0, every: 1, after: 0, until: u64::MAX }
    }
}

impl When {
    /// Every request.
    #[must_use]
    pub fn always() -> Self {
        Self::default()
    }

    /// Each request with this chance.
    #[must_use]
    pub fn probability(probability: f64) -> Self {
        Self { probability, ..Self::default() }
    }

    /// Each `every`th request.
    #[must_use]
    pub fn every(every: u64) -> Self {
        Self { every, ..Self::default() }
    }

    /// All requests but the first `after`.
    #[must_use]
    pub fn after(after: u64) -> Self {
        Self { after, ..Self::default() }
    }

    /// Only the `ordinal`th request.
    #[must_use]
    pub fn only(ordinal: u64) -> Self {
        Self { after: ordinal.saturating_sub(1), until: ordinal, ..Self::default() }
    }

    fn strikes(&self, ordinal: u64, draw: Draw) -> bool {
        ordinal > self.after
            && ordinal <= self.until
            && ordinal.is_multiple_of(self.every.max(1))
            && draw.unit() < self.probability
    }
}

/// Whose error bodies are sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorShape {
    /// `{"error":{"message":…,"type":…,"param":…,"code":…}}`
    #[default]
    Vllm,
    /// `{"error":{"code":…,"message":…,"type":…}}`
    LlamaCpp,
    /// `{"detail":…}`
    Fastapi,
    /// Plain text.
    Text,
}

/// Which field carries reasoning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasoningField {
    /// `reasoning`, as vLLM names it now.
    #[default]
    Reasoning,
    /// `reasoning_content`, its former name.
    ReasoningContent,
}

/// One thing that goes wrong. Counts of tokens are those sent before it happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// An error status instead of an answer.
    Status {
        /// The status.
        status: u16,
        /// Whose error body.
        #[serde(default)]
        shape: ErrorShape,
    },
    /// Status 429.
    RateLimit {
        /// `Retry-After`, seconds; none is sent where absent.
        #[serde(default)]
        retry_after_s: Option<u32>,
    },
    /// Nothing at all is sent for a while.
    SlowHeaders {
        /// How long; for ever where absent.
        #[serde(default)]
        seconds: Option<f64>,
    },
    /// The stream stops for a while.
    Stall {
        /// Tokens before.
        after_tokens: u32,
        /// How long; for ever where absent.
        #[serde(default)]
        seconds: Option<f64>,
    },
    /// The response ends in order, in the middle of the answer.
    Truncate {
        /// Tokens before.
        after_tokens: u32,
    },
    /// `[DONE]` is left out.
    NoDone,
    /// Usage is left out even where it was asked for.
    NoUsage,
    /// An error object within the stream, after which it ends.
    StreamError {
        /// Tokens before.
        after_tokens: u32,
    },
    /// The connection is reset (RST).
    Reset {
        /// Tokens before; 0: before the headers.
        after_tokens: u32,
    },
    /// The connection ends in the middle of the body.
    Disconnect {
        /// Tokens before.
        after_tokens: u32,
    },
    /// An event whose JSON breaks off.
    InvalidJson {
        /// Tokens before.
        after_tokens: u32,
    },
    /// A byte that is no UTF-8 in an event's text.
    InvalidUtf8 {
        /// Tokens before.
        after_tokens: u32,
    },
    /// An HTML page with status 200.
    Html,
    /// Every event is written in two parts, cut within a character where one has several bytes;
    /// answers to prompts of no known set are made of such characters.
    SplitWrites,
    /// CR LF ends the lines of the stream.
    CrLf,
    /// A comment line before every event.
    Comments,
    /// A byte order mark starts the stream.
    ByteOrderMark,
    /// Several tokens in one chunk.
    TokensPerChunk {
        /// How many.
        tokens: u32,
    },
    /// Reasoning before the answer.
    Reasoning {
        /// Its field.
        #[serde(default)]
        field: ReasoningField,
        /// Its length.
        tokens: u32,
    },
    /// The answer comes as the arguments of a tool call.
    ToolCall,
    /// A stream that ends well without a token.
    EmptyAnswer,
    /// Another model name in the response.
    ModelName {
        /// The name.
        name: String,
    },
    /// Another `system_fingerprint` in the response.
    Fingerprint {
        /// The fingerprint.
        value: String,
    },
}

/// A fault and the requests it strikes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// For which requests.
    #[serde(default)]
    pub when: When,
}

impl FromStr for Fault {
    type Err = SimulatorError;

    /// Reads the short form: the kind's name, then its fields and those of [`When`]:
    /// `no_done`, `status:status=503,probability=0.1`, `stall:after_tokens=5,seconds=2,every=10`.
    fn from_str(text: &str) -> Result<Self, SimulatorError> {
        let refused = |reason: String| SimulatorError::BadFault { text: text.to_owned(), reason };
        let (name, fields) = text.split_once(':').unwrap_or((text, ""));
        let (mut kind, mut when) = (Map::new(), Map::new());
        kind.insert("type".to_owned(), Value::from(name.trim()));
        for field in fields.split(',').filter(|f| !f.trim().is_empty()) {
            let (key, value) =
                field.split_once('=').ok_or_else(|| refused(format!("`{}` has no value", field.trim())))?;
            let (key, value) = (key.trim().to_owned(), value.trim());
            // Numbers are numbers; everything else is a text.
            let value = serde_json::from_str::<serde_json::Number>(value)
                .map_or_else(|_| Value::from(value), Value::from);
            let map = if matches!(key.as_str(), "probability" | "every" | "after" | "until") {
                &mut when
            } else {
                &mut kind
            };
            map.insert(key, value);
        }
        let fault = Value::from(Map::from_iter([
            ("kind".to_owned(), Value::from(kind)),
            ("when".to_owned(), Value::from(when)),
        ]));
        serde_json::from_value(fault).map_err(|e| refused(e.to_string()))
    }
}

/// All that goes wrong with a server. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Faults of single requests.
    pub requests: Vec<Fault>,
    /// `/health` says 503 for the first so many polls.
    pub unhealthy_polls: u64,
    /// The server dies when a generation request beyond this many arrives: it stops listening and all
    /// connections break off.
    pub die_after: Option<u64>,
    /// Prompt tokens more (or fewer) than the chat template has: another template.
    pub prompt_token_offset: i32,
}

impl Faults {
    /// Nothing goes wrong.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a fault.
    #[must_use]
    pub fn with(mut self, kind: FaultKind, when: When) -> Self {
        self.requests.push(Fault { kind, when });
        self
    }

    /// The faults that strike the `ordinal`th request.
    pub(super) fn strike(&self, seed: u64, ordinal: u64) -> Struck<'_> {
        let draw = Draw::new(seed).text("fault").number(ordinal);
        let struck = (0..).zip(&self.requests).filter(|(n, f)| f.when.strikes(ordinal, draw.number(*n)));
        Struck(struck.map(|(_, fault)| &fault.kind).collect())
    }
}

/// The faults of one request.
#[derive(Debug, Clone, Default)]
pub(super) struct Struck<'a>(Vec<&'a FaultKind>);

impl<'a> Struck<'a> {
    /// What the first fault that `pick` knows comes to.
    pub(super) fn find<T>(&self, pick: impl FnMut(&'a FaultKind) -> Option<T>) -> Option<T> {
        self.0.iter().copied().find_map(pick)
    }

    /// Whether this fault, which has no fields, is among them.
    pub(super) fn has(&self, kind: &FaultKind) -> bool {
        self.0.contains(&kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(when: When) -> Vec<u64> {
        let faults = Faults::none().with(FaultKind::NoDone, when);
        (1..=12).filter(|n| faults.strike(3, *n).has(&FaultKind::NoDone)).collect()
    }

    #[test]
    fn conditions_strike_as_documented() {
        assert_eq!(struck(When::every(4)), [4, 8, 12]);
        assert_eq!(struck(When::after(9)), [10, 11, 12]);
        assert_eq!(struck(When::only(5)), [5]);
        assert_eq!(struck(When::always()).len(), 12);
        assert_eq!(struck(When::probability(0.0)), [0; 0]);
    }

    #[test]
    fn a_probability_is_met_and_repeatable() {
        let faults = Faults::none()
            .with(FaultKind::NoDone, When::probability(0.2))
            .with(FaultKind::NoUsage, When::probability(0.2));
        let all = |kind| (1..=10_000).filter(|n| faults.strike(3, *n).has(&kind)).collect::<Vec<u64>>();
        let (done, usage) = (all(FaultKind::NoDone), all(FaultKind::NoUsage));
        assert!((1_900..2_100).contains(&done.len()), "{}", done.len());
        assert_eq!(done, all(FaultKind::NoDone));
        let both = done.iter().filter(|n| usage.contains(n)).count();
        assert!((300..500).contains(&both), "independent: {both}");
    }

    #[test]
    fn short_forms_are_read() {
        let read = |text: &str| text.parse::<Fault>();
        let fault = |kind, when| Fault { kind, when };
        assert_eq!(read("no_done").unwrap(), fault(FaultKind::NoDone, When::always()));
        let status = FaultKind::Status { status: 503, shape: ErrorShape::LlamaCpp };
        let expected = fault(status, When::probability(0.1));
        assert_eq!(read("status:status=503, shape=llama-cpp,probability=0.1").unwrap(), expected);
        let stall = FaultKind::Stall { after_tokens: 5, seconds: Some(2.0) };
        assert_eq!(read("stall:after_tokens=5,seconds=2,every=10").unwrap(), fault(stall, When::every(10)));
        for (text, reason) in [
            ("explode", "unknown variant `explode`"),
            ("stall", "missing field `after_tokens`"),
            ("reset:after=3", "missing field `after_tokens`"),
            ("reset:after_tokens", "`after_tokens` has no value"),
            ("truncate:after_tokens=3,tokens=4", "unknown field `tokens`"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(reason) && error.contains(text), "{error}");
        }
    }

    #[test]
    fn reads_as_written_and_refuses_unknown_fields() {
        let text = r#"{"requests":[{"kind":{"type":"stall","after_tokens":3},"when":{"every":2}},
            {"kind":{"type":"status","status":503,"shape":"llama-cpp"}}],"die_after":7}"#;
        let faults: Faults = serde_json::from_str(text).unwrap();
        let expected = Faults { die_after: Some(7), ..Faults::none() }
            .with(FaultKind::Stall { after_tokens: 3, seconds: None }, When::every(2))
            .with(FaultKind::Status { status: 503, shape: ErrorShape::LlamaCpp }, When::always());
        assert_eq!(faults, expected);
        assert!(serde_json::from_str::<Faults>(r#"{"die_afer":7}"#).is_err());
    }
}
