//! Which texts were taken out of a result before it was shown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The texts that were taken out. Each is replaced by `[redacted: N characters]`, or by nothing where `left_out` is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Redaction {
    /// What was asked: prompts, reference answers, what the configuration adds to requests, and what quotes these.
    #[serde(default)]
    pub prompts: bool,
    /// What was answered: content, reasoning, tool calls, answers found in them, judges' replies, and what quotes these.
    #[serde(default)]
    pub answers: bool,
    /// Whether nothing stands in their place, not even how long they were.
    #[serde(default)]
    pub left_out: bool,
}

impl Redaction {
    /// All texts, and nothing in their place.
    pub const NO_TEXT: Self = Self { prompts: true, answers: true, left_out: true };

    /// Whether nothing is taken out.
    #[must_use]
    pub const fn is_none(self) -> bool {
        !self.prompts && !self.answers
    }

    /// What both take out.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            prompts: self.prompts || other.prompts,
            answers: self.answers || other.answers,
            left_out: self.left_out || other.left_out,
        }
    }
}
