//! `labctl run`: load on any endpoint.

use std::cell::OnceCell;

use crate::cli::args::{GateArgs, RunArgs};
use crate::cli::commands::measure::Measure;
use crate::cli::commands::series;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::model::result::RunKind;

/// Runs `labctl run`.
pub fn run(args: &RunArgs, context: &Context) -> Result<ExitStatus, CliError> {
    let mut measures = Vec::new();
    for variation in context.loader.variations(args.experiment.as_deref(), args)? {
        let args = variation.complete_run(args)?;
        let settings = variation.loader(&context.loader).load(&args)?;
        let rule = context.simulator_rule(args.load.simulate, args.load.ci.is_asked(), false);
        let targets = settings.run_targets(&args, rule)?;
        measures.push(Measure {
            context,
            kind: RunKind::Run,
            settings,
            targets,
            against: None,
            load: args.load,
            gate: GateArgs::default(),
            noise: None,
            block_size: None,
            selection: args.selection.selection(),
            judge: None,
            swap: false,
            reference_log_probs: false,
            with_report: false,
            variation,
            resume: args.shape.resume,
            written: OnceCell::new(),
        });
    }
    series::run(&measures, args.load.dry_run, context)
}
