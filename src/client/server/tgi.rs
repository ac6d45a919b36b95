//! Text Generation Inference, from its documentation; by its OpenAI-compatible interface.

use super::{About, Dialect, Signs, Telling};
use crate::model::config::ServerKind;

/// A chunk is a token. It serves one model and takes any name for it (`tgi` in its examples).
pub(super) const DIALECT: Dialect = Dialect {
    kind: ServerKind::Tgi,
    name: "TGI",
    verified: None,
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
        about: Some(About { path: "/info", proof: "/model_id", version: Some("/version") }),
    },
};
