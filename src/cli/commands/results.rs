//! `labctl results`: what was measured before.

use std::io::{self, BufWriter, Write};

use crate::bench::assemble::assemble_with_journal;
use crate::bench::merge::merge;
use crate::bench::recovered::Recovery;
use crate::cli::args::values::{OutputFormat, PlainFormat};
use crate::cli::args::{
    ExportArgs, ExportFormat, ListArgs, MergeArgs, RecoverArgs, ResultsArgs, ResultsCommand, ShowArgs,
};
use crate::cli::commands::{foreign, gates, measure, store, texts};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::cli::ui::{Ui, printable};
use crate::model::health::HealthStatus;
use crate::model::result::{RunResult, RunStatus};
use crate::report::input::ReportInput;
use crate::report::terminal::summary;
use crate::results::export::{write_csv, write_json};
use crate::results::head::{ListEntry, RunHead, SideHead};
use crate::results::journal;
use crate::results::store::{Store, load_file_without_chunks, write_whole};

/// Runs `labctl results`.
pub fn run(args: &ResultsArgs, context: &Context) -> Result<ExitStatus, CliError> {
    match &args.command {
        ResultsCommand::List(args) => list(args, context),
        ResultsCommand::Merge(args) => return merge_runs(args, context),
        ResultsCommand::Show(args) => show(args, context),
        ResultsCommand::Export(args) => export(args, context),
        ResultsCommand::Import(args) => foreign::import(args, context),
        ResultsCommand::Recover(args) => return recover_run(args, context),
    }?;
    Ok(ExitStatus::Success)
}

fn list(args: &ListArgs, context: &Context) -> Result<(), CliError> {
    let store = store::open(&args.store, context)?;
    let mut entries = store.list().map_err(|error| CliError::usage(error.to_string()))?;
    entries.truncate(args.limit.unwrap_or(usize::MAX));
    match args.format {
        PlainFormat::Json => context.ui.print_json(&entries),
        PlainFormat::Text if entries.is_empty() => {
            context.ui.note(&format!("no results in `{}`", store.dir().display()));
            Ok(())
        }
        PlainFormat::Text => {
            let lines: Vec<String> = entries.iter().map(entry_lines).collect();
            context.ui.print_line(&printable(&lines.join("\n")))
        }
    }
}

/// A run in two lines that fit a narrow terminal: what was run when, and what came of it.
fn entry_lines(entry: &ListEntry) -> String {
    let run_id = entry.run_id();
    match entry {
        ListEntry::Run(head) => {
            let against = head.baseline.as_ref().map(|baseline| format!(" against {}", side(baseline)));
            format!(
                "{run_id}  {}  {}\n    {}{}{}",
                to_the_minute(&head.started_at),
                head.prompt_set,
                side(&head.candidate),
                against.unwrap_or_default(),
                notes(head)
            )
        }
        ListEntry::Unfinished { started_at, path, .. } => {
            let started = started_at.as_deref().map(to_the_minute).unwrap_or_default();
            let state = if journal::is_being_written(path) {
                "still going".to_owned()
            } else {
                format!("unfinished; `labctl results recover {run_id}` makes a result of it")
            };
            format!("{run_id}  {started}\n    {state}")
        }
        ListEntry::Broken { reason, .. } => format!("{run_id}\n    broken: {reason}"),
    }
}

fn notes(head: &RunHead) -> String {
    let status = match head.status {
        RunStatus::Complete => None,
        RunStatus::Interrupted => Some("interrupted".to_owned()),
        RunStatus::Recovered => Some("recovered".to_owned()),
    };
    let simulated = head.simulated.then(|| "simulated".to_owned());
    let health =
        (head.client_health != HealthStatus::Valid).then(|| format!("client {}", head.client_health));
    let labels = head.labels.iter().map(|(name, value)| format!("{name}={value}"));
    status
        .into_iter()
        .chain(simulated)
        .chain(health)
        .chain(labels)
        .map(|note| format!(" · {note}"))
        .collect::<Vec<_>>()
        .concat()
}

fn side(side: &SideHead) -> String {
    match &side.pass_rate {
        Some(rate) if rate.judged > 0 => format!("{} {}/{} passed", side.model, rate.passed, rate.judged),
        _ => side.model.clone(),
    }
}

/// `2026-11-22T04:09:31.5Z` as `2026-11-22 04:09Z`.
fn to_the_minute(moment: &str) -> String {
    match (moment.get(..10), moment.get(11..16)) {
        (Some(day), Some(time)) => format!("{day} {time}Z"),
        _ => moment.to_owned(),
    }
}

fn show(args: &ShowArgs, context: &Context) -> Result<(), CliError> {
    let store = store::open(&args.store, context)?;
    let mut result = match args.format {
        OutputFormat::Json => store::load(&store, &args.run)?,
        OutputFormat::Markdown | OutputFormat::Text => store::load_without_chunks(&store, &args.run)?,
    };
    texts::take_out(&mut result, &args.texts);
    let ui = context.ui;
    match args.format {
        OutputFormat::Json => measure::print_document(&result, ui),
        OutputFormat::Markdown => ui.print(&measure::render_markdown(&result, &ReportInput::default())?),
        OutputFormat::Text => {
            let path = store.resolve(&args.run).map_err(|error| CliError::usage(error.to_string()))?;
            let files = vec![("result".to_owned(), path)];
            ui.print(&summary(&result, &ui.terminal(files)))
        }
    }
}

fn export(args: &ExportArgs, context: &Context) -> Result<(), CliError> {
    let store = store::open(&args.store, context)?;
    foreign::check(args)?;
    if args.format == ExportFormat::VllmBench {
        let mut result = store::load(&store, &args.run)?;
        texts::take_out(&mut result, &args.texts);
        let json = foreign::vllm_json(args, &result)?;
        return written(args, context.ui, |mut out| {
            serde_json::to_writer(&mut out, &json)?;
            out.write_all(b"\n")
        });
    }
    let mut result = store::load_without_chunks(&store, &args.run)?;
    texts::take_out(&mut result, &args.texts);
    if args.format == ExportFormat::Json {
        return written(args, context.ui, |out| write_json(&result, out));
    }
    if args.output.is_some() {
        return written(args, context.ui, |out| write_csv(&result, out));
    }
    let mut csv = Vec::new();
    write_csv(&result, &mut csv)?;
    context.ui.print_data(&String::from_utf8_lossy(&csv))
}

/// Lets `fill` write to where the export goes: JSON, where that is standard output.
fn written(
    args: &ExportArgs,
    ui: Ui,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), CliError> {
    match &args.output {
        None => {
            let mut out = ui.json_out();
            fill(&mut out)?;
            Ok(out.flush()?)
        }
        Some(path) => {
            let failed = |error: io::Error| {
                CliError::not_written(format!("could not write `{}`", path.display())).caused_by(error)
            };
            write_whole(path, |file| {
                let mut out = BufWriter::new(file);
                fill(&mut out)?;
                out.flush()
            })
            .map_err(failed)
        }
    }
}

fn recover_run(args: &RecoverArgs, context: &Context) -> Result<ExitStatus, CliError> {
    let store = store::open(&args.store, context)?;
    let path = store.resolve_journal(&args.run).map_err(|error| CliError::usage(error.to_string()))?;
    if journal::is_being_written(&path) {
        return Err(CliError::usage(format!("the run of `{}` is still going", path.display()))
            .with_hint("wait for its end: it then writes its result itself"));
    }
    let recovered = Recovery::read(&path).map_err(|error| CliError::usage(error.to_string()))?;
    let run_id = &recovered.header().run_id;
    // A crash may come between the writing of the result and the removal of the journal, which knows less.
    if let Ok(whole) = store.result_path(run_id)
        && load_file_without_chunks(&whole).is_ok()
    {
        let message = format!("run `{run_id}` has a whole result: `{}`", whole.display());
        let hint = format!(
            "there is nothing to recover; go on with it where it was interrupted (`--resume`), or delete `{}`",
            path.display()
        );
        return Err(CliError::usage(message).with_hint(hint));
    }
    if recovered.is_empty() {
        return Err(CliError::not_measured(format!(
            "the journal of run `{run_id}` holds no finished request"
        ))
        .with_hint(format!("nothing is lost by deleting `{}`", path.display())));
    }
    let remains = recovered.remains();
    let (mut result, chunks) = assemble_with_journal(remains, &path);
    let written = store
        .write_with(&result, chunks.as_ref())
        .map_err(|error| CliError::not_written(error.to_string()))?;
    journal::remove(&path).map_err(|error| CliError::not_written(error.to_string()))?;
    let ui = context.ui;
    let files = vec![("result".to_owned(), written)];
    texts::take_out(&mut result, &args.texts);
    ui.print(&summary(&result, &ui.terminal(files)))?;
    ended(&result, context)
}

/// How a result that was put together ends: by the gates that it is held to, where there are any.
fn ended(result: &RunResult, context: &Context) -> Result<ExitStatus, CliError> {
    if result.held_to.is_none() {
        return Ok(ExitStatus::Success);
    }
    gates::status_of_result(result, false, context.ui)
}

fn merge_runs(args: &MergeArgs, context: &Context) -> Result<ExitStatus, CliError> {
    let store = store::open(&args.store, context)?;
    let shards = args.runs.iter().map(|run| store::load(&store, run)).collect::<Result<Vec<_>, _>>()?;
    let run_id = uuid::Uuid::now_v7().to_string();
    let mut result = merge(shards, run_id).map_err(|error| CliError::usage(error.to_string()))?;
    let store = args.output_dir.as_ref().map_or(store, Store::new);
    let written = store
        .check_writable()
        .and_then(|()| store.write(&result))
        .map_err(|error| CliError::not_written(error.to_string()))?;
    let ui = context.ui;
    let files = vec![("result".to_owned(), written)];
    texts::take_out(&mut result, &args.texts);
    ui.print(&summary(&result, &ui.terminal(files)))?;
    ended(&result, context)
}
