//! `labctl run`: load on any endpoint.

use crate::cli::args::{GateArgs, RunArgs};
use crate::cli::commands::measure::Measure;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::model::result::RunKind;

/// Runs `labctl run`.
pub fn run(args: &RunArgs, context: &Context) -> Result<ExitStatus, CliError> {
    let settings = context.settings(args)?;
    let rule = context.simulator_rule(args.load.simulate, args.load.ci, false);
    let targets = settings.run_targets(args, rule)?;
    let measure = Measure {
        context,
        kind: RunKind::Run,
        settings,
        targets,
        load: &args.load,
        gate: &GateArgs::default(),
        block_size: None,
        with_report: false,
    };
    measure.run()
}
