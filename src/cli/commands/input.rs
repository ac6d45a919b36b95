//! What a report needs beside the result: the prompts' texts, and the user's templates.

use std::path::Path;

use crate::cli::context::Context;
use crate::cli::settings::NoFlags;
use crate::model::result::RunResult;
use crate::promptset;
use crate::report::input::ReportInput;
use crate::report::prompts::Prompts;

/// The prompts' texts where their set can still be had as it was sent, and the templates of `template_dir`.
pub(super) fn of(result: &RunResult, template_dir: Option<&Path>, context: &Context) -> ReportInput {
    ReportInput { prompts: prompts(result, context), template_dir: template_dir.map(Path::to_owned) }
}

fn prompts(result: &RunResult, context: &Context) -> Prompts {
    let sent = &result.prompt_set;
    if result.workload.is_some() {
        return Prompts::absent("the prompts were made up or read from a file, and results keep none");
    }
    let Ok(settings) = context.settings(&NoFlags) else {
        return Prompts::absent("the configuration, which says where prompt sets are, can't be read");
    };
    match promptset::load_sent(sent, &settings.config.defaults.promptset_dir) {
        Some(set) => Prompts::of(set),
        None => Prompts::absent(format!(
            "prompt set `{}` v{} is not at hand as it was sent",
            sent.name, sent.version
        )),
    }
}
