//! `labctl gate`: a saved result held to gates.

use std::collections::BTreeSet;

use serde_json::json;

use crate::cli::args::GateCommandArgs;
use crate::cli::args::values::OutputFormat;
use crate::cli::ci::{self, CiSettings};
use crate::cli::commands::{failure, gates, store, texts};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::cli::settings::{NoFlags, nearest};
use crate::cli::ui::printable;
use crate::compare::gate;
use crate::model::gate::Gates;
use crate::model::result::{RunResult, RunStatus};
use crate::model::team::TeamKind;
use crate::report::ci::CiInput;
use crate::report::gates::{GatesDocument, markdown, terminal};

/// Runs `labctl gate`.
pub fn run(args: &GateCommandArgs, context: &Context) -> Result<ExitStatus, CliError> {
    if let Some(team) = &args.team {
        known(team, context)?;
    }
    let Some(selector) = args.result.as_ref().filter(|_| !args.show) else { return show(args, context) };
    let store = store::open(&args.store, context)?;
    let mut result = store::load_without_chunks(&store, selector)?;
    let asked = gates_of(args, &result, context)?;
    let categories = result.rows.iter().map(|row| row.category.as_str()).collect();
    let asked = gates::applied(&asked, &categories, result.comparison.is_some())?;
    let summary = &result.candidate.summary;
    match &mut result.comparison {
        Some(comparison) => gate::decide(comparison, &asked, &result.rows, summary),
        None => result.gates = gate::of_run(&asked, &result.rows, summary),
    }
    // Once the gates have been decided: they may ask what was answered.
    texts::take_out(&mut result, &args.texts);
    let printed = print(&result, &asked, args.format, context);
    if let Some(partial) = partial(&result) {
        context.ui.warn(partial);
    }
    let ended = gates::status_of_result(&result, args.allow_invalid_client, context.ui);
    let ended = failure::or_untold(ended, [printed], context.ui);
    let input = CiInput {
        markdown: markdown(&document(&result)),
        places: ci::places(&result.prompt_set),
        ended: ci::ending(&ended),
        ..CiInput::of_run(&result)
    };
    let published = CiSettings::new(&args.ci).publish(&input, context);
    failure::or_untold(ended, [published], context.ui)
}

/// That the result is only part of what was planned, where it is.
const fn partial(result: &RunResult) -> Option<&'static str> {
    match result.status {
        RunStatus::Complete => None,
        RunStatus::Interrupted => {
            Some("the run was interrupted: the gates are on that part of the prompts that was measured")
        }
        RunStatus::Recovered => Some(
            "the run did not end and was recovered: the gates are on that part of the prompts that was measured",
        ),
    }
}

/// Refuses a team that nothing is known of: it would silently get the default gate.
fn known(team: &str, context: &Context) -> Result<(), CliError> {
    let teams = context.settings(&NoFlags)?.config.teams;
    if teams.contains_key(team) || TeamKind::of_name(team).is_some() {
        return Ok(());
    }
    let names: BTreeSet<&str> =
        teams.keys().map(String::as_str).chain(["quant", "finetune", "eval"]).collect();
    let advice = nearest(team, names.iter().copied()).map_or_else(
        || format!("; there are `{}`", names.iter().copied().collect::<Vec<_>>().join("`, `")),
        |near| format!("; did you mean `{near}`?"),
    );
    Err(CliError::usage(format!("there is no team `{team}`{advice}")))
}

/// Those of the flags, else those that the run was held to, else the configured ones.
fn gates_of(args: &GateCommandArgs, result: &RunResult, context: &Context) -> Result<Gates, CliError> {
    let team = args.team.as_deref().or(result.team.as_deref());
    if args.gate.is_asked() {
        return Ok(gates::asked(&args.gate, team, None, context)?.unwrap_or_default());
    }
    let held_to = result.held_to.clone().filter(|_| args.team.is_none());
    let found = match held_to {
        Some(gates) => gates,
        None => gates::configured(&context.settings(&NoFlags)?.config, team)?,
    };
    Ok(gates::with_policy(found, &args.gate))
}

/// Prints what would be asked, in the form of a file of gates.
fn show(args: &GateCommandArgs, context: &Context) -> Result<ExitStatus, CliError> {
    let found = if args.gate.is_asked() {
        gates::asked(&args.gate, args.team.as_deref(), None, context)?.unwrap_or_default()
    } else {
        let settings = context.settings(&NoFlags)?;
        gates::with_policy(gates::configured(&settings.config, args.team.as_deref())?, &args.gate)
    };
    let written = gate::resolved(&found, |_| true);
    if args.format == OutputFormat::Json {
        context.ui.print_json(&written)?;
    } else {
        let yaml = serde_saphyr::to_string(&written)
            .map_err(|error| CliError::internal("could not write the gates as YAML").caused_by(error))?;
        context.ui.print(&printable(&yaml))?;
    }
    Ok(ExitStatus::Success)
}

fn print(result: &RunResult, asked: &Gates, format: OutputFormat, context: &Context) -> Result<(), CliError> {
    let ui = context.ui;
    let document = document(result);
    match format {
        OutputFormat::Json => ui.print_json(&json!({
            "run_id": result.run_id,
            "simulated": result.simulated,
            "held_to": asked,
            "gates": document.results,
        })),
        OutputFormat::Markdown => ui.print(&markdown(&document)),
        OutputFormat::Text => {
            let options = ui.terminal(Vec::new());
            ui.print(&terminal(&document, &options))
        }
    }
}

fn document(result: &RunResult) -> GatesDocument<'_> {
    let model = &result.candidate.model;
    let title = match &result.baseline {
        Some(baseline) => format!("{model} against {}", baseline.model),
        None => model.clone(),
    };
    GatesDocument {
        title,
        run_id: &result.run_id,
        simulated: result.simulated,
        results: result.gate_results(),
    }
}
