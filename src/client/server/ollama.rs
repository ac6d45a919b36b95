//! Ollama, from its documentation; by its OpenAI-compatible interface.

use super::{About, Dialect, Signs, Telling};
use crate::model::config::ServerKind;

/// A chunk is a token. Its models are owned by whoever uploaded them, so their owner says nothing.
pub(super) const DIALECT: Dialect = Dialect {
    kind: ServerKind::Ollama,
    name: "Ollama",
    verified: None,
    telling: Telling::Nothing,
    members: &[],
    stream_options: &[],
    ignore_eos: false,
    min_tokens: false,
    any_model: false,
    prompt_log_probs: false,
    signs: Signs {
        header: None,
        owner: None,
        about: Some(About { path: "/api/version", proof: "/version", version: Some("/version") }),
    },
};
