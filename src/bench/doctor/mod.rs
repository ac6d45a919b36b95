//! A look at an endpoint and at this machine before anything is measured on them.
//!
//! `endpoint` asks one server a few questions, `conformance` says how well its stream keeps to what
//! OpenAI's clients expect and what it refuses in which words, `machine` looks at this computer, and
//! `calibration` says what is known of it as a client.

mod calibration;
mod conformance;
mod endpoint;
mod machine;

use serde::Serialize;

pub use calibration::calibration;
pub use endpoint::{Examined, endpoint};
pub use machine::machine;

/// How good a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// As it should be.
    Ok,
    /// Works, but numbers may suffer.
    Warning,
    /// Nothing can be measured like this.
    Failed,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// How good it is.
    pub grade: Grade,
    /// What was found, and what to do about it.
    pub detail: String,
}

fn finding(what: &'static str, grade: Grade, detail: impl Into<String>) -> Finding {
    Finding { what, grade, detail: detail.into() }
}
