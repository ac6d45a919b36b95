//! `labctl baseline`: results that others are compared with, kept only when asked.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::args::values::PlainFormat;
use crate::cli::args::{
    BaselineArgs, BaselineCommand, BaselineListArgs, BaselineRemoveArgs, BaselineShowArgs, BlessArgs,
    StoreArgs,
};
use crate::cli::commands::store;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::cli::settings::NoFlags;
use crate::cli::table;
use crate::cli::ui::printable;
use crate::model::baseline::BlessedBaseline;
use crate::results::baselines::{BaselineError, Baselines, Blessing, age_in_days};

/// Runs `labctl baseline`.
pub fn run(args: &BaselineArgs, context: &Context) -> Result<ExitStatus, CliError> {
    match &args.command {
        BaselineCommand::Bless(args) => bless(args, context),
        BaselineCommand::List(args) => list(args, context),
        BaselineCommand::Show(args) => show(args, context),
        BaselineCommand::Remove(args) => remove(args, context),
    }?;
    Ok(ExitStatus::Success)
}

/// What is wrong with a baseline, for whoever named it.
#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
pub(super) fn failed(error: BaselineError) -> CliError {
    if error.is_about_writing() {
        CliError::not_written(error.to_string())
    } else {
        CliError::usage(error.to_string())
    }
}

/// The days after which a baseline is old.
pub(super) fn max_age(flag: Option<u32>, context: &Context) -> Result<u32, CliError> {
    match flag {
        Some(days) => Ok(days),
        None => Ok(context.settings(&NoFlags)?.config.defaults.baseline_max_age_days),
    }
}

/// That a baseline is old, where it is.
pub(super) fn old(blessed: &BlessedBaseline, max_age: u32) -> Option<String> {
    let days = age_in_days(blessed, Timestamp::now()).filter(|days| *days > u64::from(max_age))?;
    Some(format!(
        "the blessed baseline `{}` was measured {days} days ago, more than {max_age}: measure and bless it anew, or allow more with `--max-age`",
        blessed.name
    ))
}

fn baselines(args: &StoreArgs, context: &Context) -> Result<Baselines, CliError> {
    Ok(Baselines::of(store::open(args, context)?.dir()))
}

fn bless(args: &BlessArgs, context: &Context) -> Result<(), CliError> {
    let store = store::open(&args.store, context)?;
    let result = store::load(&store, &args.run)?;
    let baselines = Baselines::of(store.dir());
    let blessing = Blessing {
        result,
        side: args.side.into(),
        name: args.name.as_deref(),
        note: args.note.as_deref(),
        replace: args.replace,
    };
    let blessed = baselines.bless(blessing, Timestamp::now()).map_err(failed)?;
    if blessed.simulated {
        context.ui.warn("the blessed baseline is simulated: no gate compares it with a real server");
    }
    context.ui.print_line(&printable(&format!(
        "blessed `{}`: {} of run {} ({})",
        blessed.name,
        blessed.model,
        blessed.run_id,
        baselines.copy_of(&blessed).display()
    )))
}

fn list(args: &BaselineListArgs, context: &Context) -> Result<(), CliError> {
    let all = baselines(&args.store, context)?.list().map_err(failed)?;
    let max_age = max_age(args.max_age, context)?;
    let ui = context.ui;
    let (mut known, mut broken) = (Vec::new(), Vec::new());
    for one in all {
        match one {
            Ok(blessed) => known.push(blessed),
            Err(error) => broken.push(error.to_string()),
        }
    }
    for error in &broken {
        ui.warn(error);
    }
    if args.format == PlainFormat::Json {
        let documents: Vec<Value> = known.iter().map(|blessed| document(blessed, max_age)).collect();
        return ui.print_json(&documents);
    }
    if known.is_empty() {
        ui.note("no blessed baselines; `labctl baseline bless RESULT` makes one");
        return Ok(());
    }
    let row = |blessed: &BlessedBaseline| {
        let age = age_in_days(blessed, Timestamp::now());
        let old = if age.is_some_and(|days| days > u64::from(max_age)) { " (old)" } else { "" };
        let simulated = if blessed.simulated { " (simulated)" } else { "" };
        vec![
            blessed.name.clone(),
            format!("{}{simulated}", blessed.model),
            format!("{} v{}", blessed.prompt_set.name, blessed.prompt_set.version),
            age.map_or_else(|| "unknown".to_owned(), |days| format!("{days} d{old}")),
            blessed.run_id.clone(),
            blessed.note.clone().unwrap_or_default(),
        ]
    };
    let headings = ["name", "model", "prompt set", "age", "run", "note"];
    ui.print(&table::list(ui, &headings, known.iter().map(row)))
}

fn document(blessed: &BlessedBaseline, max_age: u32) -> Value {
    let mut document = json!(blessed);
    let age = age_in_days(blessed, Timestamp::now());
    document["age_days"] = json!(age);
    document["is_old"] = json!(age.is_some_and(|days| days > u64::from(max_age)));
    document
}

fn show(args: &BaselineShowArgs, context: &Context) -> Result<(), CliError> {
    let baselines = baselines(&args.store, context)?;
    let blessed = baselines.get(&args.name).map_err(failed)?;
    let result = baselines.load(&blessed).map_err(failed)?;
    let max_age = max_age(args.max_age, context)?;
    let ui = context.ui;
    if let Some(old) = old(&blessed, max_age) {
        ui.warn(&old);
    }
    if args.format == PlainFormat::Json {
        return ui.print_json(&document(&blessed, max_age));
    }
    let passed = result.candidate.pass_rates.iter().find(|rate| rate.category.is_none()).map_or_else(
        || "n/a".to_owned(),
        |rate| format!("{}/{}", rate.pass_rate.passed, rate.pass_rate.judged),
    );
    let set = &blessed.prompt_set;
    let answered = if blessed.simulated { "the built-in simulator" } else { "a server" };
    let facts = [
        ("name", blessed.name.clone()),
        ("run", format!("{} ({})", blessed.run_id, blessed.side)),
        ("model", blessed.model.clone()),
        ("endpoint", format!("{} at {}", blessed.endpoint, blessed.url)),
        ("server", blessed.server.clone().unwrap_or_else(|| "not told".to_owned())),
        ("answered by", answered.to_owned()),
        ("prompt set", format!("{} v{}, SHA-256 {}", set.name, set.version, set.sha256)),
        ("passed", passed),
        ("measured", blessed.measured_at.clone()),
        ("blessed", format!("{} by labctl {}", blessed.blessed_at, blessed.labctl_version)),
        ("note", blessed.note.clone().unwrap_or_default()),
        ("copy", baselines.copy_of(&blessed).display().to_string()),
        ("SHA-256", format!("{}, as it was blessed", blessed.sha256)),
    ];
    let lines: Vec<String> = facts
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name:<12}{value}"))
        .collect();
    ui.print_line(&printable(&lines.join("\n")))
}

fn remove(args: &BaselineRemoveArgs, context: &Context) -> Result<(), CliError> {
    baselines(&args.store, context)?.remove(&args.name).map_err(failed)?;
    context.ui.note(&format!("removed the blessed baseline `{}`; its run is not touched", args.name));
    Ok(())
}
