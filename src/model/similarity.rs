//! How near one text is to another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A candidate's text beside the baseline's on the same prompt. Words are runs without white space; characters of
/// scripts written without spaces are words each.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TextSimilarity {
    /// Whether both are the same but for white space at the ends.
    pub same: bool,
    /// The first word, counted from 0, at which they part; absent where all words are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_difference: Option<u64>,
    /// The candidate's length ÷ the baseline's, in characters; absent where the baseline has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length_ratio: Option<f64>,
    /// Normalised edit similarity by words, 0 to 1: one minus the words to be inserted and deleted ÷ the words of both.
    pub similarity: f64,
}
