//! What a report needs beside the result: the prompts' texts, and the user's templates.

use std::path::Path;

use crate::cli::context::Context;
use crate::cli::settings::NoFlags;
use crate::model::result::RunResult;
use crate::model::workload::WorkloadSpec;
use crate::promptset;
use crate::report::input::ReportInput;
use crate::report::prompts::Prompts;

/// The prompts' texts where their set can still be had as it was sent, and the templates of `template_dir`.
pub(super) fn of(result: &RunResult, template_dir: Option<&Path>, context: &Context) -> ReportInput {
    ReportInput { prompts: prompts(result, context), template_dir: template_dir.map(Path::to_owned) }
}

fn prompts(result: &RunResult, context: &Context) -> Prompts {
    if let Some(imported) = &result.imported_from {
        return Prompts::absent(format!("the file of {} doesn't hold them", imported.tool.title()));
    }
    let sent = &result.prompt_set;
    let workload = result.workload.as_ref();
    match workload.map(|workload| &workload.spec) {
        Some(WorkloadSpec::Synthetic(_)) => {
            return Prompts::absent("they were made up for this run, and are not kept");
        }
        Some(WorkloadSpec::File { file, .. }) => {
            return Prompts::absent(format!("they came from `{}`, and are not kept", file.display()));
        }
        Some(WorkloadSpec::PromptSet { .. }) | None => {}
    }
    let Ok(settings) = context.settings(&NoFlags) else {
        return Prompts::absent("the configuration, which says where prompt sets are, can't be read");
    };
    let dir = &settings.config.defaults.promptset_dir;
    match promptset::load_sent(sent, dir) {
        Some(found) if workload.is_some_and(|workload| workload.salt.is_some()) => Prompts::of(found)
            .with_note("Prompts are shown as written; each was sent behind a salt of its own"),
        Some(found) => Prompts::of(found),
        None => Prompts::absent(format!(
            "prompt set `{}` v{} is not at hand as it was sent, neither in `{}` nor in `{}`",
            sent.name,
            sent.version,
            sent.origin,
            dir.display()
        )),
    }
}
