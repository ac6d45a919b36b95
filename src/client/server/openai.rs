//! Any other OpenAI-compatible server, and what is said to a server that refuses more.

use super::{Dialect, Signs, Telling};
use crate::model::config::ServerKind;

/// Nothing is asked for beyond `stream_options.include_usage`: OpenAI answers unknown members with 400.
pub(super) const DIALECT: Dialect = Dialect {
    kind: ServerKind::Openai,
    name: "OpenAI-compatible",
    verified: Some("guidellm mock-server 0.8.1"),
    telling: Telling::Nothing,
    members: &[],
    stream_options: &[],
    ignore_eos: false,
    min_tokens: false,
    any_model: false,
    prompt_log_probs: false,
    signs: Signs::NONE,
};
