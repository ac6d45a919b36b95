//! `labctl check explain`: why a stored response got its verdict.

use serde_json::json;

use crate::cli::args::values::PlainFormat;
use crate::cli::args::{CheckArgs, CheckCommand, ExplainArgs};
use crate::cli::commands::store;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::model::prompt::{Prompt, PromptSet, SWAPPED};
use crate::model::record::Row;
use crate::model::result::RunResult;
use crate::promptset::load;
use crate::report::explain::explain;

/// Runs `labctl check`.
pub fn run(args: &CheckArgs, context: &Context) -> Result<ExitStatus, CliError> {
    match &args.command {
        CheckCommand::Explain(args) => explained(args, context),
    }?;
    Ok(ExitStatus::Success)
}

fn explained(args: &ExplainArgs, context: &Context) -> Result<(), CliError> {
    let store = store::open(&args.store, context)?;
    let result = store::load_without_chunks(&store, &args.run)?;
    let rows: Vec<&Row> = result.rows.iter().filter(|row| row.key.prompt_id == args.prompt_id).collect();
    if rows.is_empty() {
        return Err(unknown(&result, &args.prompt_id));
    }
    let directory = context.settings(&args.dir)?.config.defaults.promptset_dir;
    let set = load(&result.prompt_set.name, &directory).ok();
    let prompt = set.as_ref().and_then(|set| prompt(set, &result, &args.prompt_id));
    let ui = context.ui;
    if args.format == PlainFormat::Json {
        return ui.print_json(&json!({
            "run_id": result.run_id,
            "simulated": result.simulated,
            "prompt": prompt,
            "rows": rows,
        }));
    }
    let options = ui.terminal(Vec::new());
    ui.print(&explain(&result, &rows, prompt.as_ref(), &options))?;
    if prompt.is_none() {
        ui.note(&format!(
            "prompt set `{}` is not at hand in the version that was sent, so the prompt is not shown",
            result.prompt_set.name
        ));
    }
    Ok(())
}

/// The prompt as it was sent: that of the very set, not of another version.
fn prompt(set: &PromptSet, result: &RunResult, id: &str) -> Option<Prompt> {
    if set.manifest.sha256 != result.prompt_set.sha256 {
        return None;
    }
    let usual = id.strip_suffix(SWAPPED).unwrap_or(id);
    let prompt = set.prompts.iter().find(|prompt| prompt.id == usual)?;
    if usual == id { Some(prompt.clone()) } else { prompt.swapped_prompt() }
}

fn unknown(result: &RunResult, id: &str) -> CliError {
    let known = result.rows.iter().map(|row| row.key.prompt_id.as_str());
    let nearest = known.max_by(|a, b| strsim::jaro_winkler(a, id).total_cmp(&strsim::jaro_winkler(b, id)));
    let error = CliError::usage(format!("run `{}` has no prompt `{id}`", result.run_id));
    match nearest {
        Some(nearest) => error.with_hint(format!("did you mean `{nearest}`?")),
        None => error,
    }
}
