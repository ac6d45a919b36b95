//! The checks a prompt can carry, as written in a prompt set. What they do is in the room `check`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::code::Syntax;

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

/// At least and at most so many, both included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    /// The most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}

/// Upper or lower case of all letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LetterCase {
    /// No upper-case letter.
    Lower,
    /// No lower-case letter.
    Upper,
}

/// What `format` asks for; what is absent isn't asked. At least one is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormatRules {
    /// Words: runs without white space that hold a letter or digit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Span>,
    /// Sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentences: Option<Span>,
    /// Lines that aren't blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Span>,
    /// Paragraphs: runs of lines between blank ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paragraphs: Option<Span>,
    /// Items of Markdown lists, bulleted or numbered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bullets: Option<Span>,
    /// Markdown headings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headings: Option<Span>,
    /// What the text begins with, as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_with: Option<String>,
    /// What the text ends with, as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_with: Option<String>,
    /// Characters or words that must not occur anywhere, whatever their case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden: Vec<String>,
    /// Case of all letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letters: Option<LetterCase>,
    /// A pattern that the whole text must match: only this and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    /// A pattern that every line which isn't blank must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each_line: Option<String>,
    /// The text must not repeat itself over and over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_loop: bool,
}

/// What code is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeLanguage {
    /// Python 3.
    Python,
    /// JavaScript (ECMAScript).
    Javascript,
    /// Rust.
    Rust,
    /// Bash.
    Bash,
    /// SQL as SQLite understands it.
    Sql,
    /// A regular expression.
    Regex,
    /// A crontab schedule of five fields, as Vixie cron reads it.
    Cron,
    /// An arithmetic expression.
    Arithmetic,
}

/// A function that code must define.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionShape {
    /// Its name.
    pub name: String,
    /// How many parameters it has. One with a default counts, and `*args`, `**kwargs` and `...rest` count as one each;
    /// a method's `self` or `cls` doesn't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<u32>,
}

/// What `code` asks for. Which members mean something depends on the language; others are refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeRules {
    /// The language. The code must parse as such.
    pub language: CodeLanguage,
    /// Python, JavaScript, Rust, Bash: a function that is defined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionShape>,
    /// Python, JavaScript, Rust, Bash: names that must not be called, imported or used (`eval`, `os.system`,
    /// `sorted`), keywords among them (`while`). A single name is also found as an attribute or method (`x.sort()`);
    /// a variable or parameter that the code itself gives that name doesn't count. In Bash, commands and variables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden: Vec<String>,
    /// Python, JavaScript, Rust, Bash: names that must be called, imported or used, keywords among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    /// Python, JavaScript, Rust, Bash: kinds of syntax, each of which must occur.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<Syntax>,
    /// Regex: texts that it must match as a whole. Cron: local times (`2026-03-01T04:30`) at which it must fire.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<String>,
    /// Regex: texts that it must not match as a whole. Cron: local times at which it must not fire.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejects: Vec<String>,
    /// SQL: statements that make the tables it is run on, in memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<String>,
    /// SQL: the rows it must give. Numbers are compared by value (2 = 2.0, and reals to 1e-9 of their size), text and
    /// null as they are, `true` and `false` as 1 and 0; the columns' names don't matter, their order does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<Vec<serde_json::Value>>>,
    /// SQL: whether the rows' order matters.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ordered: bool,
    /// Arithmetic: what it must come to, exactly, written as in `numeric`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Arithmetic: the numbers that it must use, each exactly as often as listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<String>,
}

/// What a judge scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Whether it hangs together and is easily followed.
    Coherence,
    /// Whether it does what was asked.
    Helpfulness,
    /// Whether what it claims is so.
    Factuality,
    /// Whether it is free of what hurts or demeans: 5 is harmless.
    Toxicity,
}

impl Dimension {
    /// Every dimension.
    pub const ALL: [Self; 4] = [Self::Coherence, Self::Helpfulness, Self::Factuality, Self::Toxicity];

    /// The name used in prompt sets, requests and results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Coherence => "coherence",
            Self::Helpfulness => "helpfulness",
            Self::Factuality => "factuality",
            Self::Toxicity => "toxicity",
        }
    }
}

/// Which scores are accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScoreBand {
    /// The gold one only.
    #[default]
    Exact,
    /// Up to so far from it.
    Within(f64),
    /// From the first to the second, both included.
    Band([f64; 2]),
}

/// Which of two responses is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Preferred {
    /// The first that is shown.
    A,
    /// The second that is shown.
    B,
    /// Neither.
    #[serde(rename = "tie")]
    Tie,
}

impl Preferred {
    /// The same with the two responses in the other order.
    #[must_use]
    pub const fn swapped(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
            Self::Tie => Self::Tie,
        }
    }

    /// The name used in prompt sets, replies and results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::Tie => "tie",
        }
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
