//! `format`: the shape of the text.

use super::judge::{Finding, Late, Rule};
use super::reading::Reading;
use crate::model::check::FormatRules;

/// A compiled `format` check.
#[derive(Debug)]
pub(super) struct Format;

impl Format {
    pub(super) fn new(_rules: &FormatRules) -> Result<Self, String> {
        Err("not built yet".to_owned())
    }
}

impl Rule for Format {
    fn check(&self, _reading: &Reading, _late: &Late<'_>) -> Finding {
        Finding::no_answer(String::new())
    }
}
