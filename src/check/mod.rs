//! Whether a response is right. Each prompt's checks are compiled once into a [`Judge`], which
//! turns a response into a [`Judgement`](crate::model::judgement::Judgement).
//!
//! One file per check; `answer` and the files it rests on (`mapped`, `visible`, `normalise`,
//! `quantity`) are the one contract by which an answer is found in a response. The engine judges
//! with this room, `promptset selftest` tests prompt sets with [`selftest()`].

mod answer;
mod asides;
mod choice;
mod contains;
mod exact;
mod json;
mod judge;
mod mapped;
mod normalise;
mod numbers;
mod numeric;
mod options;
#[cfg(test)]
mod properties;
mod quantity;
mod rational;
mod reading;
mod refusal;
mod regex;
mod selftest;
mod tokens;
mod transform;
mod units;
mod visible;

pub use judge::{CheckError, Judge, Response, judge_exchange};
pub use selftest::{Failure, selftest};
pub use transform::Transform;
