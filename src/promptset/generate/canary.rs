//! `canary`: 50 smoke tests that any healthy 7B instruct model passes. A failure means a broken
//! template, tokenizer or set of weights before it means a weak model.

mod computed;
mod exactness;
mod knowledge;

use super::draft::Draft;

pub(super) fn rows() -> Vec<Draft> {
    let rows = [computed::rows(), knowledge::rows(), exactness::rows()].into_iter().flatten();
    rows.map(|draft| draft.known_from(provenance)).collect()
}

fn provenance(category: &str) -> &'static str {
    match category {
        "factual" => "general reference works: atlas, encyclopaedia, school textbook",
        "language" => "general dictionaries",
        "reading" => "stands in the prompt",
        _ => "computed",
    }
}
