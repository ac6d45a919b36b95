//! llama.cpp's server.

use super::{About, Dialect, Signs, Telling};
use crate::model::config::ServerKind;

/// `timings_per_token` puts the number of tokens so far on every chunk. The token that ends an answer has
/// no chunk: it is in `usage` alone, which then is one more than the chunks tell. Usage is of one choice only, and
/// any model's name is taken.
pub(super) const DIALECT: Dialect = Dialect {
    kind: ServerKind::LlamaCpp,
    name: "llama.cpp",
    verified: Some("xllamacpp 2026.10.11549"),
    telling: Telling::RunningTimings,
    members: &["timings_per_token"],
    stream_options: &[],
    ignore_eos: true,
    min_tokens: false,
    any_model: true,
    prompt_log_probs: false,
    signs: Signs {
        header: Some("llama.cpp"),
        owner: Some("llamacpp"),
        about: Some(About { path: "/props", proof: "/build_info", version: Some("/build_info") }),
    },
};
