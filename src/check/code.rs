//! `code`: code is taken out of the response, parsed and tried without being run.

use super::judge::{Finding, Late, Rule};
use super::reading::Reading;
use crate::model::check::CodeRules;

/// A compiled `code` check.
#[derive(Debug)]
pub(super) struct Code;

impl Code {
    pub(super) fn new(_rules: &CodeRules) -> Result<Self, String> {
        Err("not built yet".to_owned())
    }
}

impl Rule for Code {
    fn check(&self, _reading: &Reading, _late: &Late<'_>) -> Finding {
        Finding::no_answer(String::new())
    }
}
