//! `canary`: 50 smoke tests that any healthy 7B instruct model passes. A failure means a broken
//! template, tokenizer or set of weights before it means a weak model.

mod computed;
mod exactness;
mod knowledge;

use super::Shipped;
use super::draft::finish;

pub(super) fn set() -> Shipped {
    let drafts = [computed::rows(), knowledge::rows(), exactness::rows()].into_iter().flatten().collect();
    Shipped {
        name: "canary",
        description: "Mixed smoke tests that any healthy 7B instruct model passes",
        team: "any",
        prompts: finish("canary", 192, drafts),
    }
}
