//! `labctl bench`: a team's prompts on its endpoint, and on the baseline where asked.

use std::cell::OnceCell;

use crate::cli::args::BenchArgs;
use crate::cli::commands::measure::Measure;
use crate::cli::commands::{against, battery, series};
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
        let mut args = variation.complete_bench(args);
        let against = against::take(&mut args, context)?;
        if args.noise.is_some() && against.is_none() && !args.wants_baseline() {
            return Err(CliError::usage(
                "`--noise` says what of a difference is noise, and no baseline is run",
            )
            .with_hint("add `--compare-baseline`, or compare two results with `labctl compare`"));
        }
        let settings = variation.loader(&context.loader).load(&args)?;
        let rule = context.simulator_rule(args.load.simulate, args.load.ci.is_asked(), args.gate.is_asked());
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
            against,
            load: args.load,
            gate: args.gate,
            noise: args.noise,
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
