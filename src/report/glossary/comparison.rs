//! Terms.

use super::Term;

pub(super) const TERMS: &[Term] = &[];
