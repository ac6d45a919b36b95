//! One file a server: what it can be asked for beyond plain OpenAI, and how it answers that.
//!
//! A [`Dialect`] is data. `probe` recognises it by what a server says of itself, `request` asks for
//! what it offers, `progress` reads the tokens of a chunk as it tells them. A new server is a new
//! file here and a line in [`ALL`].

mod llama_cpp;
mod ollama;
mod openai;
mod sglang;
mod tgi;
mod transformers;
mod vllm;

use serde_json::{Map, Value};

use super::wire::{Choice, Chunk};
use crate::model::config::ServerKind;

/// Every dialect. The order is that in which a server which says nothing of itself with its models is
/// asked for its version.
pub const ALL: [Dialect; 7] = [
    vllm::DIALECT,
    sglang::DIALECT,
    llama_cpp::DIALECT,
    tgi::DIALECT,
    ollama::DIALECT,
    transformers::DIALECT,
    openai::DIALECT,
];

/// What one kind of server says and takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option that a server takes or doesn't")]
pub struct Dialect {
    /// Which server.
    pub kind: ServerKind,
    /// Its name in messages and results.
    pub name: &'static str,
    /// What the recordings were made with that the tests replay; `None` where all that is known of it is
    /// its documentation.
    pub verified: Option<&'static str>,
    /// How it tells the tokens of a chunk, asked with the members below.
    pub telling: Telling,
    /// Members that are set to `true` in a request's body so that it tells them.
    pub members: &'static [&'static str],
    /// Options that are set to `true` in `stream_options` to the same end.
    pub stream_options: &'static [&'static str],
    /// Whether it takes `ignore_eos`: the answer then goes on to `max_tokens`.
    pub ignore_eos: bool,
    /// Whether it takes `min_tokens`.
    pub min_tokens: bool,
    /// Whether it serves its one model under any name.
    pub any_model: bool,
    /// Whether its chat completions tell the log-probabilities of the prompt's tokens (`prompt_logprobs`) and their ids
    /// (`return_token_ids`), and take the beginning of an answer as the last message (`continue_final_message`).
    pub prompt_log_probs: bool,
    /// How it shows who it is.
    pub signs: Signs,
}

/// How a server tells how many tokens a chunk carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// Each chunk lists the ids of its own tokens (`choices[].token_ids`).
    TokenIds,
    /// Each chunk has the usage up to and with it (`usage.completion_tokens`).
    RunningUsage,
    /// Each chunk has the number generated up to and with it (`timings.predicted_n`).
    RunningTimings,
    /// Not at all: a chunk with text counts as one token.
    Nothing,
}

/// What a server lets slip of itself, to questions that any server may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs {
    /// How the header `Server` begins.
    pub header: Option<&'static str>,
    /// `owned_by` of the models it lists, where that is always the same.
    pub owner: Option<&'static str>,
    /// Where it tells more.
    pub about: Option<About>,
}

/// Where a server tells of itself: a path at its root, and JSON pointers into what is found there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// Asked with GET.
    pub path: &'static str,
    /// What must be there for the answer to be this server's.
    pub proof: &'static str,
    /// Its version, where it tells one.
    pub version: Option<&'static str>,
}

impl Dialect {
    /// The dialect of a kind; plain OpenAI for `auto`, which is to be found out first.
    #[must_use]
    pub fn of(kind: ServerKind) -> Self {
        ALL.into_iter().find(|dialect| dialect.kind == kind).unwrap_or(openai::DIALECT)
    }

    /// Puts into a request's body what makes the server tell the tokens of its chunks.
    pub(super) fn ask(&self, body: &mut Map<String, Value>) {
        for member in self.members {
            body.insert((*member).to_owned(), true.into());
        }
        if let Some(options) = body.get_mut("stream_options").and_then(Value::as_object_mut) {
            for option in self.stream_options {
                options.insert((*option).to_owned(), true.into());
            }
        }
    }

    /// Puts into a request's body what makes the answer as long as it may be, as far as the server takes it.
    pub(super) fn ask_for_length(&self, body: &mut Map<String, Value>, tokens: u32) {
        if self.ignore_eos {
            body.insert("ignore_eos".to_owned(), true.into());
        }
        if self.min_tokens {
            body.insert("min_tokens".to_owned(), tokens.into());
        }
    }

    /// The members that a request carries beyond plain OpenAI, as a reader would look for them.
    #[must_use]
    pub fn extras(&self) -> Vec<String> {
        let options = self.stream_options.iter().map(|option| format!("stream_options.{option}"));
        self.members.iter().map(|member| (*member).to_owned()).chain(options).collect()
    }
}

impl Telling {
    /// In words, where it is told at all.
    #[must_use]
    pub const fn field(self) -> Option<&'static str> {
        match self {
            Self::TokenIds => Some("token_ids"),
            Self::RunningUsage => Some("usage"),
            Self::RunningTimings => Some("timings.predicted_n"),
            Self::Nothing => None,
        }
    }

    /// The tokens of a chunk's choice, as the server tells them; `counted` came before it.
    pub(super) fn tokens(self, chunk: &Chunk<'_>, choice: &Choice<'_>, counted: u64) -> Option<u32> {
        let running = match self {
            Self::TokenIds => return choice.token_ids.map(|ids| ids.0),
            Self::RunningUsage => chunk.usage?.completion_tokens,
            Self::RunningTimings => chunk.timings?.predicted_n?,
            Self::Nothing => return None,
        };
        // A count that has not begun is none: some servers send zeros until the end.
        (running > 0).then(|| u32::try_from(running.saturating_sub(counted)).unwrap_or(u32::MAX))
    }
}

impl Signs {
    /// A server that can't be told from others.
    const NONE: Self = Self { header: None, owner: None, about: None };

    /// Whether these are the signs of a server with this header and this owner of its models.
    #[must_use]
    pub fn fit(&self, header: &str, owner: Option<&str>) -> bool {
        self.header.is_some_and(|start| header.starts_with(start))
            || (self.owner.is_some() && self.owner == owner)
    }

    /// What to ask a server whose header and owner say nothing: nothing, where another owner rules it out.
    #[must_use]
    pub fn question(&self, owner: Option<&str>) -> Option<About> {
        self.about.filter(|_| self.owner.is_none() || owner.is_none())
    }
}

impl About {
    /// Whether it is this server that answers so.
    #[must_use]
    pub fn is_proven_by(&self, answer: &Value) -> bool {
        answer.pointer(self.proof).is_some()
    }

    /// The version in an answer.
    #[must_use]
    pub fn version<'a>(&self, answer: &'a Value) -> Option<&'a str> {
        answer.pointer(self.version?)?.as_str()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tokens(dialect: Dialect, chunk: &str, counted: u64) -> Option<u32> {
        let chunk: Chunk<'_> = serde_json::from_str(chunk).unwrap();
        let choice = chunk.choices.as_ref().unwrap().first().unwrap();
        dialect.telling.tokens(&chunk, choice, counted)
    }

    #[test]
    fn each_kind_has_one_dialect() {
        for dialect in ALL {
            assert_eq!(Dialect::of(dialect.kind), dialect);
            assert_eq!(dialect.telling == Telling::Nothing, dialect.extras().is_empty(), "{}", dialect.name);
        }
        assert_eq!(Dialect::of(ServerKind::Auto), openai::DIALECT);
    }

    #[test]
    fn tokens_of_a_chunk_are_read_as_each_server_tells_them() {
        let vllm = Dialect::of(ServerKind::Vllm);
        assert_eq!(tokens(vllm, r#"{"choices":[{"index":0,"delta":{},"token_ids":[7,8,9]}]}"#, 5), Some(3));
        assert_eq!(
            tokens(vllm, r#"{"choices":[{"index":0,"delta":{"content":"a"},"token_ids":null}]}"#, 5),
            None
        );
        let sglang = Dialect::of(ServerKind::Sglang);
        let chunk = r#"{"choices":[{"delta":{"content":"ab"}}],"usage":{"completion_tokens":7}}"#;
        assert_eq!(tokens(sglang, chunk, 5), Some(2));
        assert_eq!(tokens(sglang, chunk, 9), Some(0), "a count that falls back tells nothing new");
        let zero = r#"{"choices":[{"delta":{"content":"ab"}}],"usage":{"completion_tokens":0}}"#;
        assert_eq!(tokens(sglang, zero, 0), None);
        let llama = Dialect::of(ServerKind::LlamaCpp);
        let chunk = r#"{"choices":[{"delta":{"content":"a"}}],"timings":{"prompt_n":4,"predicted_n":3}}"#;
        assert_eq!(tokens(llama, chunk, 2), Some(1));
        assert_eq!(tokens(Dialect::of(ServerKind::Openai), chunk, 2), None);
    }

    #[test]
    fn what_is_asked_for_goes_where_it_belongs() {
        let asked = |kind| {
            let mut body = json!({"stream_options": {"include_usage": true}}).as_object().unwrap().clone();
            Dialect::of(kind).ask(&mut body);
            Value::from(body)
        };
        let plain = json!({"include_usage": true});
        assert_eq!(asked(ServerKind::Vllm), json!({"stream_options": plain, "return_token_ids": true}));
        assert_eq!(asked(ServerKind::LlamaCpp), json!({"stream_options": plain, "timings_per_token": true}));
        let both = json!({"include_usage": true, "continuous_usage_stats": true});
        assert_eq!(asked(ServerKind::Sglang), json!({"stream_options": both}));
        for kind in [ServerKind::Transformers, ServerKind::Openai, ServerKind::Tgi, ServerKind::Ollama] {
            assert_eq!(asked(kind), json!({"stream_options": plain}), "{kind:?}");
        }
        assert_eq!(Dialect::of(ServerKind::Sglang).extras(), ["stream_options.continuous_usage_stats"]);
    }

    #[test]
    fn a_server_is_known_by_what_only_it_says() {
        let tgi = Dialect::of(ServerKind::Tgi).signs.about.unwrap();
        let answer = json!({"version": "3.0.0", "model_id": "m"});
        assert!(tgi.is_proven_by(&answer) && !tgi.is_proven_by(&json!({"version": "3.0.0"})));
        assert_eq!((tgi.version(&answer), tgi.version(&json!([1]))), (Some("3.0.0"), None));
        let vllm = Dialect::of(ServerKind::Vllm).signs;
        assert!(vllm.fit("uvicorn", Some("vllm")) && !vllm.fit("uvicorn", None));
        assert!(vllm.question(None).is_some(), "a server without a list of models may be vLLM");
        assert_eq!(vllm.question(Some("somebody")), None, "one whose models are somebody's is not");
        assert!(!Signs::NONE.fit("", None));
    }
}
