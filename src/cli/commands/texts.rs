//! The texts in reports: those of the prompts, which results don't hold, and those that are to be taken out.

use std::path::Path;

use crate::cli::args::TextArgs;
use crate::cli::context::Context;
use crate::cli::settings::NoFlags;
use crate::model::result::RunResult;
use crate::model::workload::WorkloadSpec;
use crate::promptset;
use crate::report::input::ReportInput;
use crate::report::prompts::Prompts;
use crate::report::redact::redact;

/// Takes out of a result, before anything is made of it, what `--redact` and `--no-text` say. Its file keeps all.
pub(super) fn take_out(result: &mut RunResult, args: &TextArgs) {
    redact(result, args.redaction());
}

/// What a report needs beside the result: the prompts, where their set is at hand as it was sent, and the templates of
/// `template_dir`.
pub(super) fn input(result: &RunResult, template_dir: Option<&Path>, context: &Context) -> ReportInput {
    match context.settings(&NoFlags) {
        Ok(settings) => input_in(result, template_dir, &settings.config.defaults.promptset_dir),
        Err(_) => ReportInput {
            prompts: Prompts::absent("the configuration, which says where prompt sets are, can't be read"),
            template_dir: template_dir.map(Path::to_owned),
        },
    }
}

/// The same with the folder of prompt sets at hand.
pub(super) fn input_in(result: &RunResult, template_dir: Option<&Path>, promptset_dir: &Path) -> ReportInput {
    ReportInput { prompts: prompts(result, promptset_dir), template_dir: template_dir.map(Path::to_owned) }
}

fn prompts(result: &RunResult, dir: &Path) -> Prompts {
    if let Some(imported) = &result.imported_from {
        return Prompts::absent(format!("{}'s file doesn't hold them", imported.tool.title()));
    }
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
    let set = &result.prompt_set;
    let Some(found) = promptset::as_sent(set, dir) else {
        return Prompts::absent(format!(
            "prompt set `{}` v{} is not at hand as it was sent; it is looked for in `{}` and in `{}`",
            set.name,
            set.version,
            set.origin,
            dir.display()
        ));
    };
    let salted = workload.is_some_and(|workload| workload.salt.is_some());
    let prompts = Prompts::of(found);
    if salted {
        prompts.with_note("Prompts are shown as written; each was sent behind a salt of its own")
    } else {
        prompts
    }
}
