//! Whether an answer was right, and how that was found out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rubric::{Dimension, Preferred};

/// What the checks made of one response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All that the prompt asks for holds.
    Pass,
    /// An answer was found and it is not right.
    Wrong,
    /// No answer, or two different ones, where one was asked for.
    NoAnswer,
    /// The model declined.
    Refused,
    /// Cut off by the token limit, or its thinking was never closed.
    Truncated,
    /// No text at all.
    Empty,
    /// A judge's reply could not be read. Missing, not failed.
    JudgeUnparsed,
    /// The check itself could not run. Missing, not failed.
    CheckError,
    /// The request didn't succeed. Missing, not failed.
    TransportError,
    /// The prompt has no checks: it says nothing about quality, and nothing is missing.
    Unchecked,
}

impl Verdict {
    /// Every verdict, in the order of display.
    pub const ALL: [Self; 10] = [
        Self::Pass,
        Self::Wrong,
        Self::NoAnswer,
        Self::Refused,
        Self::Truncated,
        Self::Empty,
        Self::JudgeUnparsed,
        Self::CheckError,
        Self::TransportError,
        Self::Unchecked,
    ];

    /// The name used in JSON, CSV and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Wrong => "wrong",
            Self::NoAnswer => "no_answer",
            Self::Refused => "refused",
            Self::Truncated => "truncated",
            Self::Empty => "empty",
            Self::JudgeUnparsed => "judge_unparsed",
            Self::CheckError => "check_error",
            Self::TransportError => "transport_error",
            Self::Unchecked => "unchecked",
        }
    }

    /// `Some(true)` for a pass, `Some(false)` for what counts against the model, `None` for what is
    /// missing: a pair with a missing side is left out and counted.
    #[must_use]
    pub const fn passed(self) -> Option<bool> {
        match self {
            Self::Pass => Some(true),
            Self::Wrong | Self::NoAnswer | Self::Refused | Self::Truncated | Self::Empty => Some(false),
            Self::JudgeUnparsed | Self::CheckError | Self::TransportError | Self::Unchecked => None,
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// Where in the response the answer was found, by priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerSource {
    /// The last balanced `\boxed{}`.
    Boxed,
    /// The first `####`.
    Hashes,
    /// The last line "final answer", "answer is" or "answer:".
    AnswerLine,
    /// The field of a JSON object that the prompt requires.
    JsonField,
    /// A block of code between fences, or the only code between backticks.
    CodeFence,
    /// A line "score:" or "rating:".
    ScoreLine,
    /// The only bold item on the last line.
    Bold,
    /// The last number that can be an answer.
    LastNumber,
    /// The whole text.
    WholeText,
}

/// The answer as found, so that every verdict can be audited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundAnswer {
    /// The answer's text, normalised.
    pub text: String,
    /// By which rule it was found.
    pub source: AnswerSource,
    /// First byte of it in the content as received; absent where normalisation moved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<usize>,
    /// One past its last byte in the content as received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<usize>,
}

/// What one check said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckResult {
    /// The check's type, as in the prompt set.
    pub check: String,
    /// What it said.
    pub verdict: Verdict,
    /// Why, in words for a reader: what was expected and what was found.
    pub detail: String,
}

/// The verdict on one response with what led to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judgement {
    /// The verdict over all checks.
    pub verdict: Verdict,
    /// The answer, where one was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<FoundAnswer>,
    /// Every check's result, in the prompt's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckResult>,
    /// What a model that is itself a judge said, and what would have been right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graded: Option<Graded>,
    /// What the judge endpoint replied about this response, in the order in which it was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judge_replies: Vec<JudgeReply>,
}

impl Judgement {
    /// A verdict without an answer or checks that led to it.
    #[must_use]
    pub const fn bare(verdict: Verdict) -> Self {
        Self { verdict, answer: None, checks: Vec::new(), graded: None, judge_replies: Vec::new() }
    }
}

/// One item of a judge's examination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Graded {
    /// What was given and what is right.
    #[serde(flatten)]
    pub mark: Mark,
    /// How sure the judge says it is, 0 to 1, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

/// A mark and its gold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Mark {
    /// A score on a scale.
    Score {
        /// As given; absent where the reply could not be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        given: Option<f64>,
        /// As it should be.
        gold: f64,
        /// Least and greatest score.
        scale: [f64; 2],
    },
    /// The better of two.
    Preference {
        /// As given; absent where the reply could not be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        given: Option<Preferred>,
        /// As it should be, in the order shown.
        gold: Preferred,
    },
}

/// One reply of a judge endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JudgeReply {
    /// From 0: each response is judged this often.
    pub repeat: u32,
    /// What it was asked about.
    pub dimension: Dimension,
    /// Its score, 1 to 5; absent where the reply could not be read or there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// The reply as received, cut to 2,000 characters; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// Why there is no score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// Which model scored the responses of a run, and how that went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JudgeInfo {
    /// The endpoint's name in the configuration; `judge-url` where a flag made it.
    pub endpoint: String,
    /// Its base URL, any key in it masked.
    pub url: String,
    /// The model asked for.
    pub model: String,
    /// True where the built-in simulator answered: such scores say nothing.
    pub simulated: bool,
    /// How often it was asked about each response and dimension.
    pub repeats: u32,
    /// Requests that it was sent.
    pub asked: u64,
    /// Of these, replies without a score that could be read.
    pub unparsed: u64,
    /// Of these, requests that brought no reply.
    pub failed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_serialized_ones() {
        for verdict in Verdict::ALL {
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.name());
        }
    }
}
