//! `concepts`: so many ideas occur, and no misconception.

use super::judge::{Finding, Late, Rule};
use super::reading::Reading;

/// A compiled `concepts` check.
#[derive(Debug)]
pub(super) struct Concepts;

impl Concepts {
    pub(super) fn new(
        _groups: &[Vec<String>],
        _at_least: Option<u32>,
        _forbidden: &[String],
    ) -> Result<Self, String> {
        Err("not built yet".to_owned())
    }
}

impl Rule for Concepts {
    fn check(&self, _reading: &Reading, _late: &Late<'_>) -> Finding {
        Finding::no_answer(String::new())
    }
}
