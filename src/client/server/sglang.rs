//! SGLang, from its documentation.

use super::{About, Dialect, Signs, Telling};
use crate::model::config::ServerKind;

/// `continuous_usage_stats` puts the usage so far on every chunk; what its own interface tells as
/// `meta_info.completion_tokens`. Cached tokens are told where it runs with `--enable-cache-report`.
pub(super) const DIALECT: Dialect = Dialect {
    kind: ServerKind::Sglang,
    name: "SGLang",
    verified: None,
    telling: Telling::RunningUsage,
    members: &[],
    stream_options: &["continuous_usage_stats"],
    ignore_eos: true,
    min_tokens: true,
    any_model: false,
    prompt_log_probs: false,
    signs: Signs {
        header: None,
        owner: Some("sglang"),
        about: Some(About { path: "/get_server_info", proof: "/tp_size", version: Some("/version") }),
    },
};
