//! Whether a response is right. Each prompt's checks are compiled once into a [`Judge`], which
//! turns a response into a [`Judgement`](crate::model::judgement::Judgement).
//!
//! One file per check; `answer` and the files it rests on (`mapped`, `visible`, `normalise`,
//! `quantity`) are the one contract by which an answer is found in a response. The engine judges
//! with this room, `promptset selftest` tests prompt sets with [`selftest()`].

mod announced;
mod answer;
mod asides;
mod choice;
mod code;
mod concepts;
mod contains;
mod declines;
mod exact;
mod format;
mod json;
mod json_schema;
mod judge;
mod judge_request;
mod lint;
mod mapped;
#[cfg(test)]
mod math_verify;
mod must_fail;
mod negation;
mod normalise;
mod numbers;
mod numeric;
mod operand;
mod options;
mod preference;
#[cfg(test)]
mod properties;
mod quantity;
mod rational;
mod reading;
mod refusal;
mod regex;
mod repetition;
mod rubric;
mod score;
mod selftest;
mod sentences;
mod shape;
#[cfg(test)]
mod shipped;
mod similarity;
mod text_similarity;
mod tokens;
mod transform;
mod units;
mod visible;
mod wording;

/// The version of the checks: raised whenever the same answer to the same prompt may get another verdict than before.
/// Results hold it, for pass rates by different checks can't be compared.
pub const ENGINE_VERSION: u32 = 1;

pub use announced::read_score;
pub use judge::{CheckError, Judge, Late, Response, judge_exchange, judge_exchange_late};
pub use judge_request::{JUDGE_REPLY_TOKENS, JudgeRequest, judge_request, judgeable};
pub use lint::{Lint, Rule as LintRule, lint};
pub use rubric::RUBRIC_SCALE;
pub use selftest::{Failure, SelfTest, selftest};
pub use text_similarity::text_similarity;
pub use transform::Transform;
