//! `labctl calibrate`: how far off labctl's own times can be on this machine.

use tokio_util::sync::CancellationToken;

use crate::bench::calibrate::{Progress, Verdict, calibrate};
use crate::bench::paced::PacedError;
use crate::cli::args::CalibrateArgs;
use crate::cli::args::values::PlainFormat;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::cli::interrupt::Interrupts;
use crate::model::config::TransportChoice;
use crate::report::calibration::{bound_words, terminal};
use crate::results::calibration::store;

/// Runs `labctl calibrate`.
pub fn run(args: &CalibrateArgs, context: &Context) -> Result<ExitStatus, CliError> {
    let ui = context.ui;
    let state_dir = context.state_dir().ok_or_else(|| {
        CliError::usage("there is no place to store a calibration")
            .with_hint("name a folder in `LABCTL_STATE_DIR`")
    })?;
    let program = std::env::current_exe()
        .map_err(|error| CliError::internal("could not find the program itself").caused_by(error))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::internal("could not start the runtime").caused_by(error))?;
    let calibration = runtime.block_on(async {
        let cancel = CancellationToken::new();
        let stop = cancel.clone();
        // Where signals can't be watched, Ctrl-C ends the process, and with it the simulator.
        if let Ok(mut interrupts) = Interrupts::listen() {
            tokio::spawn(async move {
                interrupts.next().await;
                stop.cancel();
            });
        }
        ui.note("calibrating: up to 1,000 streams, then rising rates");
        let choice = args.transport.map_or(TransportChoice::Auto, TransportChoice::from);
        calibrate(&program, args.quick, choice, &cancel, |progress| ui.note(&told(progress)))
            .await
            .map_err(|error| failed(&error))
    })?;
    let written = store(&state_dir, &calibration);
    match args.format {
        PlainFormat::Json => ui.print_json(&calibration)?,
        PlainFormat::Text => {
            let files = written.iter().map(|path| ("calibration".to_owned(), path.clone())).collect();
            let options = ui.terminal(files);
            ui.print(&terminal(&calibration, &options))?;
        }
    }
    written.map_err(|error| CliError::not_written(error.to_string()))?;
    Ok(ExitStatus::Success)
}

fn failed(error: &PacedError) -> CliError {
    let message = error.to_string();
    match error {
        PacedError::Interrupted => CliError::interrupted(message),
        PacedError::TooManyFiles(_) => {
            CliError::not_measured(message).with_hint("raise the limit with `ulimit -Hn`")
        }
        PacedError::Process(_) | PacedError::Temporary { .. } | PacedError::GroundTruth(_) => {
            CliError::not_measured(message)
        }
        _ => CliError::internal(message),
    }
}

/// One step, while it goes on.
fn told(progress: Progress<'_>) -> String {
    match progress {
        Progress::Bound(bound) => bound_words(bound),
        Progress::Rate(bound, verdict) => {
            let verdict = match verdict {
                Verdict::Small => "errors stay small",
                Verdict::Large => "too much",
                Verdict::SimulatorLate => "more than the simulator can send",
            };
            format!("{:.0} tokens/s: {verdict}", bound.tokens_per_s)
        }
    }
}
