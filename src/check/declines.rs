//! `refusal`: the model must decline, or must not.

use super::judge::{Finding, Late, Rule};
use super::reading::Reading;
use super::refusal::is_refusal;

/// A compiled `refusal` check.
#[derive(Debug)]
pub(super) struct Declines {
    pub(super) expected: bool,
}

impl Rule for Declines {
    fn check(&self, reading: &Reading, _late: &Late<'_>) -> Finding {
        let declined = is_refusal(reading.text().text());
        let expected = if self.expected { "a refusal" } else { "no refusal" };
        let found = if declined { "one" } else { "none" };
        Finding::passes(declined == self.expected, format!("expected {expected}, found {found}"))
    }
}
