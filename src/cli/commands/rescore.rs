//! `labctl rescore`: the stored answers of a run judged anew, under a new run id.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::bench::plan::JudgeSpec;
use crate::bench::rescore::{Change, Rescored, Rescoring, rescore};
use crate::cli::args::values::PlainFormat;
use crate::cli::args::{JudgeArgs, RescoreArgs};
use crate::cli::commands::{gates, plan, store, texts};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::cli::interrupt::Interrupts;
use crate::cli::settings::Target;
use crate::cli::ui::printable;
use crate::cli::{progress, table};
use crate::client::clock::Clock;
use crate::load::bus::Bus;
use crate::model::config::TransportChoice;
use crate::promptset;
use crate::results::store::Store;

/// Requests to a judge in flight unless another number is given.
const JUDGE_CONCURRENCY: u32 = 4;

/// Runs `labctl rescore`.
pub fn run(args: &RescoreArgs, context: &Context) -> Result<ExitStatus, CliError> {
    let ui = context.ui;
    let settings = context.settings(args)?;
    let store = Store::new(&settings.config.defaults.results_dir);
    let result = store::load(&store, &args.run)?;
    if result.redacted.is_some_and(|redacted| redacted.answers) {
        return Err(CliError::usage(format!(
            "the answers of run `{}` were redacted: there is nothing left to judge",
            result.run_id
        ))
        .with_hint("rescore the result that it was made from"));
    }
    let name = args.promptset.clone().unwrap_or_else(|| result.prompt_set.name.clone());
    let set = promptset::load(&name, &settings.config.defaults.promptset_dir).map_err(|error| {
        CliError::usage(error.to_string()).with_hint("`--promptset` names another set, by name or path")
    })?;
    // Where the answers are a simulator's, that has been permitted already.
    let rule = context.simulator_rule(result.simulated, false, false);
    let judge = match settings.judge_target(&args.judge, result.simulated, rule, None)? {
        Some(target) => Some(judge_spec(&target, &args.judge)?),
        None => None,
    };
    store.check_writable().map_err(|error| CliError::not_written(error.to_string()))?;
    let rescoring = Rescoring {
        prompt_set: &set,
        judge: judge.as_ref(),
        gates: None,
        accept_invalid_client: args.allow_invalid_client,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::internal("could not start the runtime").caused_by(error))?;
    let cancel = CancellationToken::new();
    let mut rescored = runtime.block_on(async {
        let clock = Clock::start();
        let bus = Bus::new(clock);
        let progress = progress::follow(bus.subscribe_live(), ui, false);
        let stop = cancel.clone();
        let interrupts = Interrupts::listen().map(|mut signals| {
            tokio::spawn(async move {
                signals.next().await;
                stop.cancel();
            })
        });
        let rescored = Box::pin(rescore(result, rescoring, clock, &bus, &cancel)).await;
        if let Ok(waiting) = interrupts {
            waiting.abort();
        }
        drop(bus);
        // How the notes ended changes nothing.
        let _ended = progress.await;
        rescored.map_err(|error| CliError::usage(error.to_string()))
    })?;
    if cancel.is_cancelled() {
        return Err(CliError::interrupted("interrupted: nothing was written, and the run is as it was"));
    }
    let asked = judge.iter().map(|judge| &judge.side);
    rescored.result.command_line = Some(context.command_line(asked));
    let path = store.write(&rescored.result).map_err(|error| CliError::not_written(error.to_string()))?;
    // Its warnings may quote what a server said.
    texts::take_out(&mut rescored.result, &args.texts);
    if args.format == PlainFormat::Json {
        let result = &rescored.result;
        ui.print_json(&json!({
            "run_id": result.run_id,
            "rescored_from": result.rescored_from,
            "judged": rescored.judged,
            "kept": rescored.kept,
            "set_differs": rescored.set_differs,
            "changed": rescored.changes,
            "judge": result.judge,
            "warnings": result.warnings,
            "path": path,
        }))?;
    } else {
        print(&rescored, &path.display().to_string(), context)?;
    }
    gates::status_of_result(&rescored.result, args.allow_invalid_client, ui)
}

fn print(rescored: &Rescored, path: &str, context: &Context) -> Result<(), CliError> {
    let ui = context.ui;
    let result = &rescored.result;
    ui.print_line(&format!(
        "run {} rescored: {} of {} verdicts changed",
        result.rescored_from.as_deref().unwrap_or_default(),
        rescored.changes.len(),
        rescored.judged
    ))?;
    if !rescored.changes.is_empty() {
        let several = rescored.changes.iter().any(|change| change.repeat > 0);
        let row = |change: &Change| {
            let mut prompt = change.prompt_id.clone();
            if several {
                prompt = format!("{prompt} (repeat {})", change.repeat);
            }
            vec![prompt, change.side.name().to_owned(), change.from.to_string(), change.to.to_string()]
        };
        ui.print(&table::list(ui, &["prompt", "side", "from", "to"], rescored.changes.iter().map(row)))?;
    }
    for side in [Some(&result.candidate), result.baseline.as_ref()].into_iter().flatten() {
        let overall = side.pass_rates.iter().find(|rate| rate.category.is_none());
        if let Some(rate) = overall.map(|overall| overall.pass_rate) {
            let told = format!("{}: {} of {} passed", side.model, rate.passed, rate.judged);
            ui.print_line(&printable(&told))?;
        }
    }
    for warning in &result.warnings {
        ui.warn(warning);
    }
    ui.print_line(&format!("result {path}"))
}

/// The judge that flags pick, with its key.
pub(super) fn judge_spec(target: &Target, args: &JudgeArgs) -> Result<JudgeSpec, CliError> {
    Ok(JudgeSpec {
        // It is not measured, so the portable way will do everywhere.
        side: plan::side(target, TransportChoice::Reqwest)?,
        repeats: args.judge_repeats.unwrap_or(1),
        concurrency: args.judge_concurrency.unwrap_or(JUDGE_CONCURRENCY),
    })
}
