//! Commands that read saved results: `compare`, `report`, `results`. A run is named by its id, a unique prefix of
//! it, the path of its file, or `latest`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::examples;
use super::gate::GateArgs;
use super::values::{DefinitionsArg, OutputFormat, PlainFormat};

/// Where results are.
#[derive(Debug, Clone, Default, Args)]
pub struct StoreArgs {
    /// Folder of the results [default: `results`]
    #[arg(long, value_name = "DIR", env = "LABCTL_RESULTS_DIR", hide_env_values = true)]
    pub results_dir: Option<PathBuf>,
}

/// Flags of `labctl compare`.
#[derive(Debug, Clone, Args)]
pub struct CompareArgs {
    /// The baseline: run id, unique prefix, path or `latest`
    #[arg(value_name = "BASELINE")]
    pub baseline: String,

    /// The candidate: run id, unique prefix, path or `latest`
    #[arg(value_name = "CANDIDATE")]
    pub candidate: String,

    /// What goes to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: OutputFormat,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,

    /// Gates.
    #[command(flatten)]
    pub gate: GateArgs,
}

/// Flags of `labctl report`.
#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    /// The run: id, unique prefix, path or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,

    /// Write the self-contained HTML report to this file
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// Write the Markdown report to this file
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,

    /// In place of the report: the run's speed under another tool's formulas
    #[arg(long, value_enum, value_name = "TOOL", conflicts_with_all = ["html", "markdown", "why_different"])]
    pub definitions: Option<DefinitionsArg>,

    /// In place of the report: labctl's formulas and every other tool's side by side, with the reason for each
    /// difference
    #[arg(long, conflicts_with_all = ["html", "markdown"])]
    pub why_different: bool,

    /// What goes to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: OutputFormat,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// Flags of `labctl results`.
#[derive(Debug, Clone, Args)]
pub struct ResultsArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: ResultsCommand,
}

/// The commands of `labctl results`.
#[derive(Debug, Clone, Subcommand)]
pub enum ResultsCommand {
    /// List saved results, the latest first
    #[command(after_help = examples::RESULTS_LIST)]
    List(ListArgs),
    /// Show the summary of one result
    #[command(after_help = examples::RESULTS_SHOW)]
    Show(ShowArgs),
    /// Write a result's rows for other programs
    #[command(after_help = examples::RESULTS_EXPORT)]
    Export(ExportArgs),
    /// Make a result from the journal of a run that didn't end
    #[command(after_help = examples::RESULTS_RECOVER)]
    Recover(RecoverArgs),
    /// Join the results of several clients that measured the same servers into one
    #[command(after_help = examples::RESULTS_MERGE)]
    Merge(MergeArgs),
}

/// Flags of `labctl results list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Show at most this many [default: all]
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,

    /// What goes to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: PlainFormat,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// Flags of `labctl results show`.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// The run: id, unique prefix, path or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,

    /// What goes to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: OutputFormat,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// Flags of `labctl results export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// The run: id, unique prefix, path or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,

    /// The form of the rows
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: ExportFormat,

    /// File to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// `--format` of `labctl results export`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// A row a request, with its baseline's twin
    #[default]
    Csv,
    /// The same rows as a JSON array
    Json,
}

/// Flags of `labctl results recover`.
#[derive(Debug, Clone, Args)]
pub struct RecoverArgs {
    /// The run: id, unique prefix, path of the journal or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// Flags of `labctl results merge`.
#[derive(Debug, Clone, Args)]
pub struct MergeArgs {
    /// The runs, two or more: id, unique prefix, path or `latest`
    #[arg(value_name = "RUN", required = true, num_args = 2..)]
    pub runs: Vec<String>,

    /// Folder that the merged result is written to [default: the folder of the results]
    #[arg(long, value_name = "DIR")]
    pub output_dir: Option<PathBuf>,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,
}
