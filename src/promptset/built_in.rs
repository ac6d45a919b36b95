//! The shipped sets, embedded so that one file is the whole tool.

use super::error::PromptSetError;
use super::load::assemble;
use crate::model::prompt::PromptSet;

/// A shipped set from its folder.
macro_rules! shipped {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../promptsets/", $name, "/promptset.jsonl")),
            include_str!(concat!("../../promptsets/", $name, "/manifest.json")),
        )
    };
}

/// Name, prompts and manifest of each shipped set, in the order in which they are listed.
const SETS: &[(&str, &str, &str)] = &[
    shipped!("canary"),
    shipped!("performance"),
    shipped!("quant-quality"),
    shipped!("finetune-domain"),
    shipped!("eval-calibration"),
    shipped!("benchmark-quant"),
    shipped!("benchmark-finetune"),
    shipped!("benchmark-eval"),
];

/// The names of the sets in the binary.
pub fn built_in_names() -> impl Iterator<Item = &'static str> {
    SETS.iter().map(|(name, _, _)| *name)
}

/// A set in the binary, verified like any other; `None` where there is none of that name.
#[must_use]
pub fn built_in(name: &str) -> Option<Result<PromptSet, PromptSetError>> {
    let (_, prompts, manifest) = SETS.iter().find(|(known, _, _)| *known == name)?;
    let origin = format!("built-in {name}");
    Some(
        assemble(&origin, prompts.as_bytes(), manifest.as_bytes())
            .map(|set| PromptSet { origin: "built-in".to_owned(), ..set }),
    )
}
