//! `labctl bench`: a team's prompts on its endpoint, and on the baseline where asked.

use crate::cli::args::BenchArgs;
use crate::cli::commands::measure::Measure;
use crate::cli::commands::series;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::model::result::RunKind;

/// Runs `labctl bench`.
pub fn run(args: &BenchArgs, context: &Context) -> Result<ExitStatus, CliError> {
    let gate = &args.gate;
    let mut measures = Vec::new();
    for variation in context.loader.variations(args.experiment.as_deref(), args)? {
        let args = variation.complete_bench(args);
        if gate.is_asked() && !args.wants_baseline() {
            return Err(CliError::usage("a gate compares with a baseline, and none is run")
                .with_hint("add `--compare-baseline`, or compare two results with `labctl compare`"));
        }
        let settings = variation.loader(&context.loader).load(&args)?;
        let rule = context.simulator_rule(args.load.simulate, args.load.ci, gate.is_asked());
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
            gate,
            block_size: args.block_size,
            judge: judge.map(|target| (target, args.judge)),
            swap: args.swap,
            with_report: !args.no_report,
            variation,
            resume: args.shape.resume,
        });
    }
    series::run(&measures, args.load.dry_run, context)
}
