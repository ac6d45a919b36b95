//! `quant-quality`: 30 prompts on what weight quantization breaks first: arithmetic with carries,
//! state tracking, exact copying, predicted program output, rarer facts, strict formats,
//! languages other than English. Meant for a 7-8B model at full precision to pass 60-90 % of.

mod code;
mod factual;
mod math;
mod reasoning;
mod structured;

use super::Shipped;
use super::draft::finish;

pub(super) fn set() -> Shipped {
    let drafts = [math::rows(), reasoning::rows(), code::rows(), factual::rows(), structured::rows()];
    Shipped {
        name: "quant-quality",
        description: "Whether a quantized variant still calculates, reasons, predicts code, recalls facts and keeps to formats",
        team: "quant",
        prompts: finish("quant-quality", 512, drafts.into_iter().flatten().collect()),
    }
}
