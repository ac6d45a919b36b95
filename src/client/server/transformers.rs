//! `transformers serve`.

use super::{About, Dialect, Signs, Telling};
use crate::model::config::ServerKind;

/// It never sends `[DONE]`, tells usage on the chunk that finishes whether asked or not, and answers unknown
/// members with 422, so it is asked for nothing. It loads models on demand, also such as it doesn't list.
pub(super) const DIALECT: Dialect = Dialect {
    kind: ServerKind::Transformers,
    name: "transformers",
    verified: Some("5.19.0"),
    telling: Telling::Nothing,
    members: &[],
    stream_options: &[],
    ignore_eos: false,
    min_tokens: false,
    any_model: true,
    prompt_log_probs: false,
    signs: Signs {
        header: None,
        owner: None,
        // It tells no version; that of its interface's description is the framework's.
        about: Some(About { path: "/openapi.json", proof: "/paths/~1load_model", version: None }),
    },
};
