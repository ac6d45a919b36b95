//! The checks a prompt can carry, as written in a prompt set. What they do is in the room `check`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which text a check looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The whole content after reasoning and run-on are cut.
    #[default]
    Text,
    /// Only the answer that was found.
    Answer,
}

/// A normaliser of `exact`, applied to both sides, in the order listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Normaliser {
    /// Unicode NFKC.
    Nfkc,
    /// Case folding.
    Case,
    /// Runs of white space become one space; ends are trimmed.
    Whitespace,
    /// ASCII and general punctuation out.
    Punctuation,
    /// A code fence around the whole is taken off.
    Fence,
    /// Quotation marks around the whole are taken off.
    Quotes,
    /// One full stop at the end is taken off.
    FullStop,
}

/// One requirement on a response. `type` names it in the prompt set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Check {
    /// Words or phrases that must, or must not, occur. Compared after NFKC and case folding;
    /// letters and digits match only at token boundaries (42 is not in 142). A needle may list
    /// aliases separated by `|`.
    Contains {
        /// At least one of these occurs (when not empty).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        any: Vec<String>,
        /// Every one of these occurs.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        all: Vec<String>,
        /// None of these occurs.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        none: Vec<String>,
        /// Where to look.
        #[serde(default)]
        scope: Scope,
    },
    /// The text equals one of the values after the listed normalisers.
    Exact {
        /// The accepted values.
        values: Vec<String>,
        /// What is evened out first, in this order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        normalise: Vec<Normaliser>,
        /// Where to look.
        #[serde(default)]
        scope: Scope,
    },
    /// A pattern (linear-time engine) matches. A group named `answer` becomes the answer.
    Regex {
        /// The pattern.
        pattern: String,
        /// Where to look.
        #[serde(default)]
        scope: Scope,
    },
    /// The answer is this number. Without a tolerance the values must be equal exactly
    /// (as rationals); an integer is never rounded.
    Numeric {
        /// The expected value: `42`, `-3.5`, `2/3`, `1.5e3`.
        value: String,
        /// Accept within this absolute distance.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        abs: Option<f64>,
        /// Accept within this relative distance.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rel: Option<f64>,
        /// Accept where both round to the same value at this many decimals.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decimals: Option<u32>,
        /// Accept where both round to the same value at this many significant figures.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        significant_figures: Option<u32>,
        /// The unit of `value`; an answer in a unit of the same kind is converted, an answer
        /// without a unit is taken to be in this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
    },
    /// One option of several: its letter (A to J, by position) or its text.
    Choice {
        /// The options in the order in which the prompt lists them.
        options: Vec<String>,
        /// The right option's letter.
        answer: char,
    },
    /// The response is one JSON value, fenced or bare.
    Json {
        /// JSON pointers and the values that must stand there. Numbers compare by value.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        equals: BTreeMap<String, serde_json::Value>,
        /// JSON pointers that must exist.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        required: Vec<String>,
        /// Whether members of the top object that neither `equals` nor `required` names are refused.
        #[serde(default)]
        closed: bool,
    },
}

impl Check {
    /// The name used in prompt sets and results.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Contains { .. } => "contains",
            Self::Exact { .. } => "exact",
            Self::Regex { .. } => "regex",
            Self::Numeric { .. } => "numeric",
            Self::Choice { .. } => "choice",
            Self::Json { .. } => "json",
        }
    }
}

/// How many of a prompt's checks must hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PassWhen {
    /// All of them.
    #[default]
    All,
    /// At least one.
    Any,
    /// At least this many.
    AtLeast(u32),
}
