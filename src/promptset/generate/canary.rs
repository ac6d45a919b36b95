//! `canary`: 50 smoke tests that any healthy 7B instruct model passes. A failure means a broken
//! template, tokenizer or set of weights before it means a weak model.

mod computed;
mod exactness;
mod knowledge;

use super::draft::Draft;

pub(super) fn rows() -> Vec<Draft> {
    [computed::rows(), knowledge::rows(), exactness::rows()].into_iter().flatten().collect()
}
