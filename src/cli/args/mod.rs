//! Every command's flags, and nothing but flags: parsing does nothing yet.
//!
//! One file a command (small ones share `tools`); `load`, `shape`, `workload` and `gate` hold what
//! several commands take, `values` and `notation` read values. Help texts say units and defaults, and each command's help ends with examples (`examples`). Read by `commands` and,
//! as the topmost layer of the configuration, by `settings`.

mod baseline;
mod bench;
mod ci;
mod examples;
mod gate;
mod judge;
mod load;
mod mock;
pub mod notation;
mod report;
mod results;
mod selection;
mod shape;
mod texts;
mod tools;
pub mod values;
mod workload;

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand};

pub use baseline::{
    BaselineArgs, BaselineCommand, BaselineListArgs, BaselineRemoveArgs, BaselineShowArgs, BlessArgs,
};
pub use bench::{BenchArgs, RunArgs};
pub use ci::{CiArg, CiArgs};
pub use gate::{GateArgs, GateCommandArgs, GateModeArg, OnInconclusive, PlanArgs};
pub use judge::{JudgeArgs, RescoreArgs};
pub use load::{LoadArgs, TargetArgs};
pub use mock::{MockArgs, PacingArgs, ProfileArg};
pub use report::ReportArgs;
pub use results::{
    CompareArgs, ExportArgs, ExportFormat, ImportArgs, ImportFormat, ListArgs, MergeArgs, RecoverArgs,
    ResultsArgs, ResultsCommand, ShowArgs, SideArg, StoreArgs,
};
pub use selection::SelectionArgs;
pub use shape::ShapeArgs;
pub use texts::{RedactArg, TextArgs};
pub use tools::{
    CalibrateArgs, CheckArgs, CheckCommand, CompletionsArgs, ConfigArgs, ConfigCommand, ConfigShowArgs,
    DoctorArgs, ExplainArgs, InitArgs, ManArgs, PromptSetArgs, PromptSetCommand, PromptSetDirArgs,
    PromptSetFormatArg, PromptSetGenerateArgs, PromptSetImportArgs, PromptSetLintArgs, PromptSetListArgs,
    PromptSetNameArgs, PromptSetPathArgs, PromptSetStatsArgs, SchemaArg, SchemaArgs,
};
pub use workload::WorkloadArgs;

use values::{ColorArg, KeyValue};

/// Is this model variant fast enough, and still good enough?
///
/// labctl puts load on OpenAI-compatible inference servers, judges every answer, pairs a variant with its
/// baseline, and says whether it is faster and whether it got worse, with intervals and an exit code.
#[derive(Debug, Parser)]
#[command(
    name = "labctl",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    subcommand_required = true,
    max_term_width = 100,
    after_help = examples::MAIN
)]
pub struct Cli {
    /// What applies to every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Configuration file [default: `labctl.yaml` here or in the nearest folder above]
    #[arg(long, global = true, value_name = "FILE", env = "LABCTL_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,

    /// Set any field of the configuration, e.g. `endpoints.awq.timeouts.ttft_s=30`; the value is YAML (repeatable)
    #[arg(long, global = true, value_name = "PATH=VALUE", action = ArgAction::Append)]
    pub set: Vec<KeyValue>,

    /// When to use colour; `NO_COLOR` is respected
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub color: ColorArg,

    /// Nothing beyond ASCII in summaries; as it is anyhow with `TERM=dumb` or a locale that is not UTF-8
    #[arg(long, global = true)]
    pub ascii: bool,

    /// Only results, warnings and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// Say more on standard error (repeatable)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Put a team's prompt set on its endpoint: quality first, speed from the same requests
    #[command(after_help = examples::BENCH)]
    Bench(Box<BenchArgs>),
    /// Put load on any endpoint: speed first, checks where its prompts have them
    #[command(after_help = examples::RUN)]
    Run(Box<RunArgs>),
    /// Compare saved results: a run's two sides, two runs with the baseline first, or several head to head
    #[command(after_help = examples::COMPARE)]
    Compare(CompareArgs),
    /// Hold a saved result to gates: verdicts, reasons and an exit code
    ///
    /// Without flags these are the gates that the run was held to, else those of `--gate`. Gates on the candidate by itself
    /// (floors, error rate, objectives) need no baseline; those on a difference do.
    #[command(after_help = examples::GATE)]
    Gate(GateCommandArgs),
    /// How many prompts a gate takes, and what it would say of equal models, before anything is sent
    #[command(after_help = examples::PLAN)]
    Plan(PlanArgs),
    /// Keep results to compare others with: bless, list, show, remove
    #[command(after_help = examples::BASELINE)]
    Baseline(BaselineArgs),
    /// Write the report of a saved result
    #[command(after_help = examples::REPORT)]
    Report(ReportArgs),
    /// Judge the stored answers of a run anew, without asking the models again
    ///
    /// The checks of the prompt set, as it is now, are applied to the texts that the run kept. With `--judge-endpoint` the
    /// judge is asked (again) for scores, else its stored replies count. What was measured stays as it was. The result is
    /// a new one, which names the run; that one is not touched.
    #[command(after_help = examples::RESCORE)]
    Rescore(RescoreArgs),
    /// List, show, export, import and recover saved results
    #[command(after_help = examples::RESULTS)]
    Results(ResultsArgs),
    /// Serve the built-in simulator: an OpenAI-compatible server whose truth is known
    #[command(after_help = examples::MOCK)]
    Mock(MockArgs),
    /// Write a commented `labctl.yaml`
    #[command(after_help = examples::INIT)]
    Init(InitArgs),
    /// Show the configuration and where each value comes from
    #[command(after_help = examples::CONFIG)]
    Config(ConfigArgs),
    /// List, show and verify prompt sets
    #[command(name = "promptset", after_help = examples::PROMPTSET)]
    PromptSet(PromptSetArgs),
    /// Look into what the checks made of stored responses
    #[command(after_help = examples::CHECK)]
    Check(CheckArgs),
    /// Check that an endpoint can be measured: reachable, model served, streaming and usage work, clock sane
    #[command(after_help = examples::DOCTOR)]
    Doctor(DoctorArgs),
    /// Measure how far off labctl's own times can be on this machine, against a simulator that knows the truth
    ///
    /// The simulator runs in a process of its own and sends tokens at set times to 1, 64, 256 and 1,000 streams, all
    /// in step, then at rising rates. Every stamp is compared with the moment of its write. What is found is stored in
    /// `calibration.json` in `LABCTL_STATE_DIR` (default: `labctl` in `XDG_STATE_HOME`, else `~/.local/state/labctl`),
    /// and results of the same machine, transport and version of labctl quote it. It takes up to 90 seconds.
    #[command(after_help = examples::CALIBRATE)]
    Calibrate(CalibrateArgs),
    /// Write a shell's completion script to standard output
    #[command(after_help = examples::COMPLETIONS)]
    Completions(CompletionsArgs),
    /// Write the manual pages
    #[command(after_help = examples::MAN)]
    Man(ManArgs),
}
