//! `labctl mock`: the simulator as a server of its own.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::args::{MockArgs, ProfileArg};
use crate::cli::commands::faults;
use crate::cli::context::Context;
use crate::cli::error::{CliError, ErrorKind};
use crate::cli::exit::ExitStatus;
use crate::cli::interrupt::Interrupts;
use crate::cli::settings::api_key;
use crate::model::config::Endpoint;
use crate::model::prompt::PromptSet;
use crate::promptset::{built_in_names, load};
use crate::simulator::{Options, Pacing, Profile, SimulatorError, start, truth};

/// Runs `labctl mock` until it is interrupted.
pub fn run(args: &MockArgs, context: &Context) -> Result<ExitStatus, CliError> {
    let profile = profile(args)?;
    // Answers of a set length are about nothing, so nothing needs to be known, and no configuration either.
    let knows_nothing = args.pacing.tokens.is_some() && args.prompts.is_empty() && args.print_truth.is_none();
    let directory =
        if knows_nothing { PathBuf::new() } else { context.settings(args)?.config.defaults.promptset_dir };
    let load = |name: &str| load(name, &directory).map_err(|error| CliError::usage(error.to_string()));
    if let Some(name) = &args.print_truth {
        context.ui.print_json(&truth(&load(name)?, &profile, args.seed, args.seed))?;
        return Ok(ExitStatus::Success);
    }
    let names = if knows_nothing {
        Vec::new()
    } else if args.prompts.is_empty() {
        built_in_names().map(str::to_owned).collect()
    } else {
        args.prompts.clone()
    };
    let prompt_sets = names.iter().map(|name| load(name)).collect::<Result<Vec<PromptSet>, _>>()?;
    let key = api_key(&Endpoint { api_key_env: args.api_key_env.clone(), ..Endpoint::default() })?;
    let mut options = Options::new(profile);
    if let Some(model) = &args.model {
        options.model.clone_from(model);
    }
    options.host = args.host;
    options.port = args.port;
    options.seed = args.seed;
    options.faults = faults::from_args(&args.fault)?;
    options.api_key = key.map(|key| key.expose().to_owned());
    options.ground_truth.clone_from(&args.ground_truth);
    options.prompt_sets = Arc::new(prompt_sets);
    if !args.host.is_loopback() {
        context.ui.warn(&format!("listening beyond this machine, on {}", args.host));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::internal("could not start the runtime").caused_by(error))?;
    runtime.block_on(async {
        let model = options.model.clone();
        let mut interrupts = Interrupts::listen();
        let running = start(options).await.map_err(failed)?;
        context.ui.print_line(&format!("simulated {model} on {}", running.base_url()))?;
        let interrupted = async {
            match &mut interrupts {
                Ok(interrupts) => interrupts.next().await,
                // Where signals can't be watched, the server runs until it is killed.
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = interrupted => {}
            () = stdin_closed(args.until_stdin_closes) => {}
        }
        let served = running.requests_served();
        running.stop().await.map_err(failed)?;
        context.ui.note(&format!("{served} requests served"));
        Ok(ExitStatus::Success)
    })
}

/// Waits until standard input closes; for ever where that is not to be waited for.
async fn stdin_closed(wanted: bool) {
    if !wanted {
        return std::future::pending().await;
    }
    let (report, closed) = tokio::sync::oneshot::channel();
    // A thread of the program's own, which may be left waiting at its end: the runtime would wait for one of its own.
    std::thread::spawn(move || {
        // What can't be read is as good as closed.
        let _read = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        // The server may have ended before.
        let _late = report.send(());
    });
    let _closed = closed.await;
}

fn profile(args: &MockArgs) -> Result<Profile, CliError> {
    let given = &args.pacing;
    let profile = if args.profile == ProfileArg::Paced {
        let default = Pacing::default();
        Profile::paced(Pacing {
            first_token_ms: given.first_token_ms.unwrap_or(default.first_token_ms),
            inter_token_ms: given.inter_token_ms.unwrap_or(default.inter_token_ms),
            role_before_ms: given.role_before_ms.unwrap_or(default.role_before_ms),
            tokens: given.tokens,
            tokens_per_chunk: given.tokens_per_chunk.unwrap_or(default.tokens_per_chunk),
            in_step: given.in_step,
        })
    } else {
        if let Some(flag) = given.first_given() {
            let message = format!(
                "`{flag}` goes with `--profile paced`; the other profiles' times follow from the load"
            );
            return Err(CliError::usage(message));
        }
        Profile::named(args.profile.name()).map_err(failed)?
    };
    profile.overridden(args.speed, args.pass_rate, args.flip_rate).map_err(failed)
}

fn failed(error: SimulatorError) -> CliError {
    let kind = match error {
        SimulatorError::GroundTruth { .. } => ErrorKind::NotWritten,
        _ => ErrorKind::Usage,
    };
    CliError::from_error(kind, error)
}
