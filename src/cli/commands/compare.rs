//! `labctl compare`: two saved results, paired by prompt.

use serde_json::json;

use crate::cli::args::CompareArgs;
use crate::cli::args::values::OutputFormat;
use crate::cli::ci::{self, CiSettings};
use crate::cli::commands::{failure, gates, store};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::cli::ui::Ui;
use crate::compare::{Options, compare, pair_results};
use crate::model::result::RunResult;
use crate::report::ci::CiInput;
use crate::report::comparison::{self, ComparedRun, ComparisonDocument};
use crate::report::terminal::TerminalOptions;

/// Runs `labctl compare`.
pub fn run(args: &CompareArgs, context: &Context) -> Result<ExitStatus, CliError> {
    let store = store::open(&args.store, context)?;
    let baseline = store::load_without_chunks(&store, &args.baseline)?;
    let candidate = store::load_without_chunks(&store, &args.candidate)?;
    let (rows, invalid_because, warnings) = pair_results(&baseline, &candidate);
    let options = Options {
        seed: candidate.seed,
        gates: gates::asked(&args.gate, candidate.team.as_deref(), None, context)?.unwrap_or_default(),
        invalid_because,
    };
    let compared = compare(&rows, &candidate.candidate.summary, &baseline.candidate.summary, &options);
    let document = ComparisonDocument {
        baseline: named(&baseline),
        candidate: named(&candidate),
        simulated: baseline.simulated || candidate.simulated,
        comparison: &compared,
        warnings,
    };
    let printed = print(&document, args.format, context.ui);
    let ended = gates::status(Some(&compared), &compared.gates, context.ui);
    let ended = failure::or_untold(ended, [printed], context.ui);
    let input = CiInput {
        markdown: markdown(&document)?,
        places: ci::places(&candidate.prompt_set),
        ended: ci::ending(&ended),
        ..CiInput::of_comparison(&baseline, &candidate, &rows, &compared)
    };
    let published = CiSettings::new(&args.ci).publish(&input, context);
    failure::or_untold(ended, [published], context.ui)
}

fn print(document: &ComparisonDocument<'_>, format: OutputFormat, ui: Ui) -> Result<(), CliError> {
    match format {
        OutputFormat::Json => {
            let run = |run: &ComparedRun| json!({"run_id": run.run_id, "model": run.label});
            ui.print_json(&json!({
                "baseline": run(&document.baseline),
                "candidate": run(&document.candidate),
                "simulated": document.simulated,
                "warnings": document.warnings,
                "comparison": document.comparison,
            }))
        }
        OutputFormat::Markdown => ui.print(&markdown(document)?),
        OutputFormat::Text => {
            let options =
                TerminalOptions { width: ui.width(), color: ui.stdout_has_color(), files: Vec::new() };
            ui.print(&comparison::terminal(document, &options))
        }
    }
}

fn markdown(document: &ComparisonDocument<'_>) -> Result<String, CliError> {
    comparison::markdown(document, None).map_err(|error| CliError::internal(error.to_string()))
}

fn named(result: &RunResult) -> ComparedRun {
    ComparedRun { label: result.candidate.model.clone(), run_id: result.run_id.clone() }
}
