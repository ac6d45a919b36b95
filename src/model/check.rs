//! The checks a prompt can carry, as written in a prompt set. What they do is in the room `check`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::code::CodeRules;
use super::format::FormatRules;
use super::rubric::{Dimension, Preferred, ScoreBand};

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
        /// How numbers are written where the prompt asks for it: decides what a comma means.
        #[serde(default, skip_serializing_if = "Locale::is_english")]
        locale: Locale,
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
    /// The response is one JSON value, fenced or bare, that a JSON Schema (2020-12) accepts. References to other
    /// documents are refused.
    JsonSchema {
        /// The schema.
        schema: serde_json::Value,
    },
    /// The shape of the text, after reasoning and run-on are cut.
    Format(FormatRules),
    /// Whether the model declines.
    Refusal {
        /// True: it must decline. False: it must not.
        expected: bool,
    },
    /// Code is looked at and never run: taken from its fence (or the whole text, where there is none), parsed, and
    /// tried only by engines that cannot run away.
    Code(CodeRules),
    /// At least so many of the ideas occur, and none of the misconceptions.
    Concepts {
        /// Each is an idea and its wordings; one of them must occur (as in `contains`; ` ... ` within a wording stands
        /// for up to eight words).
        groups: Vec<Vec<String>>,
        /// How many groups must occur; all when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_least: Option<u32>,
        /// Wordings of misconceptions: none may occur.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        forbidden: Vec<String>,
    },
    /// How near the text is to the baseline's on the same prompt. Applied once both are there; without a baseline it
    /// says nothing.
    BaselineSimilarity {
        /// Least normalised edit similarity, 0 to 1 (1 where both are the same).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min_similarity: Option<f64>,
        /// Whether both must be the same but for white space at the ends.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        same: bool,
        /// Least and most of its length ÷ the baseline's, in characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        length_ratio: Option<[f64; 2]>,
    },
    /// Another model scores the response by a rubric, on a scale of 1 to 5. Applied after the load, where a judge
    /// endpoint is given; without one it says nothing.
    Judge {
        /// What is scored, each by itself.
        dimensions: Vec<Dimension>,
        /// Least mean of the dimensions' scores, 1 to 5.
        pass_at: f64,
        /// What the judge should look at in this prompt besides the rubric.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        guidance: Option<String>,
    },
    /// The model is itself a judge, and its score is compared with the gold one.
    Score {
        /// The score that is right.
        gold: f64,
        /// Least and greatest score there is.
        #[serde(default = "one_to_five")]
        scale: [f64; 2],
        /// What is accepted.
        #[serde(default)]
        accept: ScoreBand,
    },
    /// The model is itself a judge and says which of two responses, A or B, is better.
    Preference {
        /// The better one: `A`, `B`, or `tie`.
        gold: Preferred,
    },
}

const fn one_to_five() -> [f64; 2] {
    [1.0, 5.0]
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    /// `1,234.5`: a comma separates groups.
    #[default]
    English,
    /// `1.234,5` or `1 234,5`: a comma is the decimal sign and a full stop separates groups.
    DecimalComma,
}

impl Locale {
    /// Whether it is the default.
    #[must_use]
    pub const fn is_english(&self) -> bool {
        matches!(self, Self::English)
    }
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
            Self::JsonSchema { .. } => "json_schema",
            Self::Format(_) => "format",
            Self::Refusal { .. } => "refusal",
            Self::Code(_) => "code",
            Self::Concepts { .. } => "concepts",
            Self::BaselineSimilarity { .. } => "baseline_similarity",
            Self::Judge { .. } => "judge",
            Self::Score { .. } => "score",
            Self::Preference { .. } => "preference",
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
