//! `preference`: which of two responses a model that is itself a judge found better.

use super::judge::{Finding, Late, Rule};
use super::reading::Reading;
use crate::model::check::Preferred;

/// A compiled `preference` check.
#[derive(Debug)]
pub(super) struct Preference {
    pub(super) gold: Preferred,
}

impl Rule for Preference {
    fn check(&self, _reading: &Reading, _late: &Late<'_>) -> Finding {
        Finding::no_answer(self.gold.name().to_owned())
    }
}
