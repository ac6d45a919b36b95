//! `labctl bench` and `labctl run`.

use std::path::PathBuf;

use clap::Args;

use super::gate::GateArgs;
use super::judge::JudgeArgs;
use super::load::{LoadArgs, TargetArgs};
use super::selection::SelectionArgs;
use super::shape::ShapeArgs;
use super::values::at_least_one;
use super::workload::WorkloadArgs;

/// Flags of `labctl bench`; help shows its groups in this order.
#[derive(Debug, Clone, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct BenchArgs {
    /// File of an experiment: target, workload, load, objectives, and what to vary; flags win over it
    #[arg(value_name = "EXPERIMENT")]
    pub experiment: Option<PathBuf>,

    /// Team whose endpoint, baseline and prompt sets are used
    #[arg(long, value_name = "TEAM", help_heading = "Target")]
    pub team: Option<String>,

    /// Every team's full battery in turn, each against its baseline where it has one: a result each and a summary
    #[arg(long, help_heading = "Target", conflicts_with_all = ["team", "promptset", "endpoint", "url", "model", "experiment", "baseline", "baseline_url"])]
    pub all: bool,

    /// Prompt set by name or path [default: the team's first]
    #[arg(long, value_name = "NAME", help_heading = "Target")]
    pub promptset: Option<String>,

    /// The candidate.
    #[command(flatten)]
    pub target: TargetArgs,

    /// Run the same prompts on the baseline, in alternating blocks, and pair the answers
    #[arg(long, help_heading = "Baseline")]
    pub compare_baseline: bool,

    /// Endpoint of the baseline by its name in the configuration [default: the team's]; implies --compare-baseline. Where
    /// no endpoint has the name: the blessed baseline of that name, as with --against
    #[arg(long, value_name = "NAME", help_heading = "Baseline")]
    pub baseline: Option<String>,

    /// Base URL of the baseline's server, up to and with `/v1`; implies --compare-baseline
    #[arg(long, value_name = "URL", help_heading = "Baseline")]
    pub baseline_url: Option<String>,

    /// The baseline's model name in requests; implies --compare-baseline
    #[arg(long, value_name = "MODEL", help_heading = "Baseline")]
    pub baseline_model: Option<String>,

    /// Name of the environment variable that holds the baseline's API key; implies --compare-baseline
    #[arg(long, value_name = "VARIABLE", help_heading = "Baseline")]
    pub baseline_api_key_env: Option<String>,

    /// Run the baseline against itself (the endpoint, where there is no baseline): what differs between its two sides is
    /// noise, and a floor for what a comparison on these prompts can tell
    #[arg(long, help_heading = "Baseline", conflicts_with = "all")]
    pub aa: bool,

    /// An earlier run with `--aa` on the same prompt set (id, unique prefix, path or `latest`): how many pairs flip where
    /// nothing differs, which prompts do, and how many flips are in excess of that
    #[arg(long, value_name = "RUN", help_heading = "Baseline", conflicts_with_all = ["all", "aa"])]
    pub noise: Option<String>,

    /// Compare with a blessed baseline (`labctl baseline`) without running it again: measured at another time, which every
    /// output says
    #[arg(long, value_name = "NAME", help_heading = "Baseline", conflicts_with_all = ["compare_baseline", "baseline", "baseline_url", "baseline_model", "baseline_api_key_env", "aa", "all"])]
    pub against: Option<String>,

    /// Days after which a blessed baseline is called old [default: `defaults.baseline_max_age_days`, 30]
    #[arg(long, value_name = "DAYS", help_heading = "Baseline")]
    pub max_age: Option<u32>,

    /// Prompts a block: so many on one side, then the same on the other [default: chosen from set and concurrency]
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "Baseline")]
    pub block_size: Option<u32>,

    /// Which prompts of the set.
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// What is sent.
    #[command(flatten)]
    pub workload: WorkloadArgs,

    /// The load's shape, and what it is held to.
    #[command(flatten)]
    pub shape: ShapeArgs,

    /// Send every prompt with two responses to be compared in the other order too (its id then ends with `~swapped`)
    #[arg(long, help_heading = "Judge")]
    pub swap: bool,

    /// Who scores answers by a rubric.
    #[command(flatten)]
    pub judge: JudgeArgs,

    /// After the load, ask each side how likely it finds every prompt's reference answer, and compare that by prompt:
    /// needs no answers, so it shows small differences on few prompts. Where the server tells it (vLLM; with `--api
    /// completions` any that takes `echo` and `logprobs`), else n/a; a recovered run has none
    #[arg(long, help_heading = "Quality")]
    pub reference_logprobs: bool,

    /// Gates.
    #[command(flatten)]
    pub gate: GateArgs,

    /// How the load is put on.
    #[command(flatten)]
    pub load: LoadArgs,

    /// Write no HTML and Markdown report beside the result
    #[arg(long, help_heading = "Output")]
    pub no_report: bool,
}

impl BenchArgs {
    /// Whether a baseline is run too.
    #[must_use]
    pub const fn wants_baseline(&self) -> bool {
        self.compare_baseline || self.aa || self.names_baseline()
    }

    /// Whether flags say which baseline.
    #[must_use]
    pub const fn names_baseline(&self) -> bool {
        self.baseline.is_some()
            || self.baseline_url.is_some()
            || self.baseline_model.is_some()
            || self.baseline_api_key_env.is_some()
    }
}

/// Flags of `labctl run`; help shows its groups in this order.
#[derive(Debug, Clone, Default, Args)]
pub struct RunArgs {
    /// File of an experiment: target, workload, load, objectives, and what to vary; flags win over it
    #[arg(value_name = "EXPERIMENT")]
    pub experiment: Option<PathBuf>,

    /// Where the load goes.
    #[command(flatten)]
    pub target: TargetArgs,

    /// Prompt set by name or path [default: canary]
    #[arg(long, value_name = "NAME", help_heading = "Target")]
    pub promptset: Option<String>,

    /// Which prompts of the set.
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// What is sent.
    #[command(flatten)]
    pub workload: WorkloadArgs,

    /// The load's shape, and what it is held to.
    #[command(flatten)]
    pub shape: ShapeArgs,

    /// How the load is put on.
    #[command(flatten)]
    pub load: LoadArgs,
}
