//! vLLM, and labctl's own simulator, which behaves as it does.

use super::{About, Dialect, Signs, Telling};
use crate::model::config::ServerKind;

/// Of its two ways to tell the tokens of a chunk, labctl asks for the ids (`return_token_ids`), not for usage on
/// every chunk (`continuous_usage_stats`). With ids every token comes when it is made: one that ends
/// within a character, or that a reasoning or tool parser holds back, comes with `delta:{}` or an empty text,
/// where it would otherwise come with no sign of it, or with nothing at all. And they are cheap: a chunk grows by
/// 1 %, with usage by 40 %. The price is once a request: the first chunk, before any token, lists the
/// prompt's ids too. A version that doesn't know the member takes it and tells nothing.
pub(super) const DIALECT: Dialect = Dialect {
    kind: ServerKind::Vllm,
    name: "vLLM",
    verified: Some("0.32.0"),
    telling: Telling::TokenIds,
    members: &["return_token_ids"],
    stream_options: &[],
    ignore_eos: true,
    min_tokens: true,
    any_model: false,
    prompt_log_probs: true,
    signs: Signs {
        header: None,
        owner: Some("vllm"),
        about: Some(About { path: "/version", proof: "/version", version: Some("/version") }),
    },
};
