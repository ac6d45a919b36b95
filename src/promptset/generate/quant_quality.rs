//! `quant-quality`: 30 prompts on what weight quantization breaks first: arithmetic with carries,
//! state tracking, exact copying, predicted program output, rarer facts, strict formats,
//! languages other than English. Meant for a 7-8B model at full precision to pass 60-90 % of.

mod code;
mod factual;
mod math;
mod reasoning;
mod structured;

use super::draft::Draft;

pub(super) fn rows() -> Vec<Draft> {
    let categories = [math::rows(), reasoning::rows(), code::rows(), factual::rows(), structured::rows()];
    categories.into_iter().flatten().map(|draft| draft.known_from(provenance).with_room_if_hard()).collect()
}

fn provenance(category: &str) -> &'static str {
    match category {
        "factual" => "general reference works: atlas, encyclopaedia, textbook of the field",
        _ => "computed",
    }
}
