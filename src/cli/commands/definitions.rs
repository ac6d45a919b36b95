//! `--definitions` and `--why-different`: a run's speed under other tools' formulas.

use crate::cli::args::LoadArgs;
use crate::cli::args::values::OutputFormat;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::cli::ui::Ui;
use crate::metrics::definitions::{MissingTraces, sides};
use crate::model::definitions::Definitions;
use crate::model::result::RunResult;
use crate::report::ReportError;
use crate::report::definitions::{self, DefinitionsDocument};
use crate::report::terminal::TerminalOptions;

/// Prints a saved run under these tools' formulas.
pub(super) fn print(
    result: &RunResult,
    tools: &[Definitions],
    format: OutputFormat,
    ui: Ui,
) -> Result<ExitStatus, CliError> {
    let sides = sides(result, tools).map_err(|missing| of_missing(&missing))?;
    let document = DefinitionsDocument { result, sides: &sides };
    match format {
        OutputFormat::Json => ui.print_json(&document.json()),
        OutputFormat::Markdown => {
            ui.print(&definitions::markdown(&document).map_err(|error| of_template(&error))?)
        }
        OutputFormat::Text => ui.print(&definitions::terminal(&document, &options(ui))),
    }?;
    Ok(ExitStatus::Success)
}

/// Prints a run that has just ended under one tool's formulas, below its summary. Where they can't be applied that
/// is a warning: the run itself is measured and kept.
pub(super) fn print_below(
    result: &RunResult,
    tool: Definitions,
    format: OutputFormat,
    ui: Ui,
) -> Result<(), CliError> {
    let sides = match sides(result, &[tool]) {
        Ok(sides) => sides,
        Err(missing) => {
            ui.warn(&missing.to_string());
            return Ok(());
        }
    };
    let document = DefinitionsDocument { result, sides: &sides };
    match format {
        // Refused by `check`: two documents are no JSON.
        OutputFormat::Json => Ok(()),
        OutputFormat::Markdown => {
            ui.print(&definitions::markdown_section(&document).map_err(|error| of_template(&error))?)
        }
        OutputFormat::Text => ui.print(&definitions::terminal_section(&document, &options(ui))),
    }
}

/// Refuses, before anything is measured, what can't be printed afterwards.
pub(super) fn check(load: &LoadArgs) -> Result<(), CliError> {
    if load.definitions.is_some() && load.format == OutputFormat::Json {
        return Err(CliError::usage("`--definitions` has no place in the JSON of a result").with_hint(
            "leave it out; `labctl report latest --definitions TOOL --format json` prints it from what was saved",
        ));
    }
    Ok(())
}

fn options(ui: Ui) -> TerminalOptions {
    ui.terminal(Vec::new())
}

fn of_missing(missing: &MissingTraces) -> CliError {
    CliError::usage(missing.to_string())
        .with_hint("measure again and keep the traces: run without `--trace summary`")
}

fn of_template(error: &ReportError) -> CliError {
    CliError::internal(error.to_string())
}
