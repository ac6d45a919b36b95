//! `labctl bench --all`: every team's battery, one after the other, and one summary of them.

use std::path::PathBuf;

use serde_json::json;

use crate::cli::args::values::OutputFormat;
use crate::cli::args::{BenchArgs, GateArgs};
use crate::cli::commands::measure::{Measure, write_file};
use crate::cli::commands::{bench, gates, series};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::cli::settings::NoFlags;
use crate::compare::gate::{needing_baseline, resolved};
use crate::model::result::RunResult;
use crate::report::battery::Battery;
use crate::results::store::load_file_without_chunks;

/// Runs the battery of every team that has one.
pub(super) fn run(args: &BenchArgs, context: &Context) -> Result<ExitStatus, CliError> {
    let settings = context.settings(&NoFlags)?;
    let mut measures: Vec<Measure<'_>> = Vec::new();
    for (name, team) in &settings.config.teams {
        let Some(battery) = &team.battery else { continue };
        let has_baseline = team.baseline.is_some();
        let asked = gates::asked(&args.gate, Some(name), Some(&settings.config), context)?;
        // A gate on a category needs the prompts to be known; here it is about the baseline alone.
        let needs_baseline =
            asked.is_some_and(|gates| !needing_baseline(&resolved(&gates, |_| true)).is_empty());
        let gated = has_baseline || !needs_baseline;
        if !gated {
            context.ui.note(&format!("team `{name}` has no baseline: no gate applies to it"));
        }
        let of_team = BenchArgs {
            all: false,
            team: Some(name.clone()),
            promptset: Some(battery.clone()),
            compare_baseline: has_baseline,
            gate: if gated { args.gate.clone() } else { GateArgs::default() },
            ..args.clone()
        };
        measures.extend(bench::measures(&of_team, context)?);
    }
    if measures.is_empty() {
        return Err(CliError::usage("no team has a battery")
            .with_hint("name a prompt set in `teams.<team>.battery` of `labctl.yaml`"));
    }
    let ended = series::run(&measures, args.load.dry_run, context);
    if args.load.dry_run {
        return ended;
    }
    // What was measured before an interruption is summed up too.
    let summarised = summarise(&measures, args.load.format, context);
    ended.and_then(|status| summarised.map(|()| status))
}

/// Prints one summary of what was written, and writes it beside the first of the results.
fn summarise(measures: &[Measure<'_>], format: OutputFormat, context: &Context) -> Result<(), CliError> {
    let paths: Vec<&PathBuf> = measures.iter().filter_map(Measure::written).collect();
    let results: Vec<RunResult> = paths
        .iter()
        .map(|path| load_file_without_chunks(path).map_err(|error| CliError::not_written(error.to_string())))
        .collect::<Result<_, _>>()?;
    let (Some(first), Some(path)) = (results.first(), paths.first()) else { return Ok(()) };
    let battery = Battery::new(&results);
    let markdown = battery.markdown().map_err(|error| CliError::internal(error.to_string()))?;
    let file = path.with_file_name(format!("{}-all.md", first.run_id));
    write_file(&file, &markdown)?;
    let ui = context.ui;
    match format {
        OutputFormat::Json => ui.print_json(&json!({
            "runs": results.iter().map(|result| json!({"team": result.team, "run_id": result.run_id})).collect::<Vec<_>>(),
            "summary": file,
        })),
        OutputFormat::Markdown => ui.print(&markdown),
        OutputFormat::Text => {
            let files = vec![("summary".to_owned(), file)];
            let options = ui.terminal(files);
            ui.print(&battery.terminal(&options))
        }
    }
}
