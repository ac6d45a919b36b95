//! `labctl results import`, and `labctl results export --format vllm-bench`: other tools' files.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::cli::args::{ExportArgs, ExportFormat, ImportArgs};
use crate::cli::command_line;
use crate::cli::commands::store;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::ui::printable;
use crate::model::record::Side;
use crate::model::result::RunResult;
use crate::results::foreign::vllm_bench::{VllmBench, vllm_bench};
use crate::results::foreign::{ForeignFile, ImportOptions, read};

/// Makes results of files. Each is read, written and told of before the next one, so that no two are in memory at a
/// time; at the first that can't be read it ends.
pub(super) fn import(args: &ImportArgs, context: &Context) -> Result<(), CliError> {
    let store = store::open(&args.store, context)?;
    store.check_writable().map_err(|error| CliError::not_written(error.to_string()))?;
    let options = ImportOptions {
        tool: args.format.tool(),
        labels: command_line::labels(&args.label),
        simulated: args.simulated,
    };
    for path in &args.files {
        let results = results_of(path, &options)?;
        for result in &results {
            let written = store.write(result).map_err(|error| CliError::not_written(error.to_string()))?;
            let line = format!("{}  {}", result.run_id, written.display());
            context.ui.print_line(&printable(&line))?;
        }
        let many =
            if results.len() == 1 { "one result".to_owned() } else { format!("{} results", results.len()) };
        context.ui.note(&format!("`{}` became {many}", path.display()));
    }
    Ok(())
}

fn results_of(path: &Path, options: &ImportOptions) -> Result<Vec<RunResult>, CliError> {
    let bytes = fs::read(path)
        .map_err(|error| CliError::usage(format!("`{}` can't be read", path.display())).caused_by(error))?;
    let summary = summary_beside(path).and_then(|summary| fs::read(summary).ok());
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    read(ForeignFile { name: &name, bytes: &bytes, summary: summary.as_deref() }, options)
        .map_err(|error| CliError::usage(error.to_string()))
}

/// Where `AIPerf` puts the summary of its records: beside `profile_export.jsonl`, or under the name of
/// `--profile-export-prefix`.
fn summary_beside(path: &Path) -> Option<PathBuf> {
    if path.extension()? != "jsonl" {
        return None;
    }
    Some(if path.file_name()? == "profile_export.jsonl" {
        path.with_file_name("profile_export_aiperf.json")
    } else {
        path.with_extension("json")
    })
}

/// Refuses flags that mean nothing for the format.
pub(super) fn check(args: &ExportArgs) -> Result<(), CliError> {
    if args.format == ExportFormat::VllmBench {
        return Ok(());
    }
    let given = [
        ("--detail", args.detail),
        ("--metric-percentiles", args.metric_percentiles.is_some()),
        ("--side", args.side.is_some()),
        ("--level", args.level.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(CliError::usage(format!("`{flag}` is for `--format vllm-bench` alone"))
            .with_hint("rows have every side, level and request as they are")),
        None => Ok(()),
    }
}

/// The result as vLLM's JSON.
pub(super) fn vllm_json(args: &ExportArgs, result: &RunResult) -> Result<Map<String, Value>, CliError> {
    let defaults = VllmBench::default();
    let of = VllmBench {
        side: args.side.map_or(defaults.side, Side::from),
        level: args.level,
        detail: args.detail,
        percentiles: args.metric_percentiles.clone().unwrap_or(defaults.percentiles),
    };
    vllm_bench(result, &of).map_err(|error| CliError::usage(error.to_string()))
}
