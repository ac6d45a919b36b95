//! `judge`: what another model scored by a rubric.

use super::judge::{Finding, Late, Rule};
use super::reading::Reading;
use crate::model::check::Dimension;

/// A compiled `rubric` check.
#[derive(Debug)]
pub(super) struct Rubric;

impl Rubric {
    pub(super) fn new(_dimensions: &[Dimension], _pass_at: f64) -> Result<Self, String> {
        Err("not built yet".to_owned())
    }
}

impl Rule for Rubric {
    fn check(&self, _reading: &Reading, _late: &Late<'_>) -> Finding {
        Finding::no_answer(String::new())
    }
}
