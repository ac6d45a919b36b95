//! `labctl bench`: a team's prompts on its endpoint, and on the baseline where asked.

use std::cell::OnceCell;

use crate::cli::args::BenchArgs;
use crate::cli::commands::measure::Measure;
use crate::cli::commands::{battery, series};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::model::result::RunKind;

/// Runs `labctl bench`.
pub fn run(args: &BenchArgs, context: &Context) -> Result<ExitStatus, CliError> {
    if args.all {
        return battery::run(args, context);
    }
    series::run(&measures(args, context)?, args.load.dry_run, context)
}

/// What is measured: one run, or one for each value that an experiment varies.
pub(super) fn measures<'a>(args: &BenchArgs, context: &'a Context) -> Result<Vec<Measure<'a>>, CliError> {
    let mut measures = Vec::new();
    for variation in context.loader.variations(args.experiment.as_deref(), args)? {
        let args = variation.complete_bench(args);
        if args.gate.is_asked() && !args.wants_baseline() {
            return Err(CliError::usage("a gate compares with a baseline, and none is run")
                .with_hint("add `--compare-baseline`, or compare two results with `labctl compare`"));
        }
        let settings = variation.loader(&context.loader).load(&args)?;
        let rule = context.simulator_rule(args.load.simulate, args.load.ci, args.gate.is_asked());
        let targets = settings.bench_targets(&args, rule)?;
        let speed = args.load.simulator_speed;
        let judge = settings.judge_target(
            &args.judge,
            targets.candidate.endpoint.simulator.is_some(),
            rule,
            speed,
        )?;
        measures.push(Measure {
            context,
            kind: RunKind::Bench,
            settings,
            targets,
            load: args.load,
            gate: args.gate,
            block_size: args.block_size,
            selection: args.selection.selection(),
            judge: judge.map(|target| (target, args.judge)),
            swap: args.swap,
            reference_log_probs: args.reference_logprobs,
            with_report: !args.no_report,
            variation,
            resume: args.shape.resume,
            written: OnceCell::new(),
        });
    }
    Ok(measures)
}
