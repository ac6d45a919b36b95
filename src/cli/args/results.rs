//! Commands that read saved results: `compare`, `results`. A run is named by its id, a unique prefix of
//! it, the path of its file, or `latest`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::ci::CiArgs;
use super::examples;
use super::gate::GateArgs;
use super::texts::TextArgs;
use super::values::{KeyValue, OutputFormat, PlainFormat, ReportFormat, percentile};
use crate::model::imported::Tool;
use crate::model::record::Side;

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
    /// One run with two sides, or the baseline and one or more candidates: run id, unique prefix, path, `latest`, or the
    /// name of a blessed baseline
    #[arg(value_name = "RUN", required = true, num_args = 1..)]
    pub runs: Vec<String>,

    /// Compare only the prompts whose ids, and contents where they are known, are the same in both prompt sets
    #[arg(long)]
    pub intersect: bool,

    /// A run with `bench --aa` on the same prompt set (id, unique prefix, path or `latest`): how many pairs flip where
    /// nothing differs, which prompts do, and how many flips are in excess of that
    #[arg(long, value_name = "RUN")]
    pub noise: Option<String>,

    /// Compare in spite of what makes the numbers incomparable; every output says so
    #[arg(long)]
    pub force: bool,

    /// Days after which a blessed baseline is called old [default: `defaults.baseline_max_age_days`, 30]
    #[arg(long, value_name = "DAYS")]
    pub max_age: Option<u32>,

    /// The form of the output [default: by the ending of `--output`, else `text`]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<ReportFormat>,

    /// Write to this file in place of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// What of the texts is shown.
    #[command(flatten)]
    pub texts: TextArgs,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,

    /// Gates.
    #[command(flatten)]
    pub gate: GateArgs,

    /// What is written for continuous integration.
    #[command(flatten)]
    pub ci: CiArgs,
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
    /// Write a result for other programs: its rows, or all of it as `vllm bench serve` would
    #[command(after_help = examples::RESULTS_EXPORT)]
    Export(ExportArgs),
    /// Make results of other tools' files: `vllm bench serve`, `GuideLLM`, `AIPerf`
    ///
    /// Read are the JSON of `vllm bench serve --save-result --save-detailed`, `GuideLLM`'s `benchmarks.json` (a result for
    /// each benchmark in it) and `AIPerf`'s `profile_export.jsonl` (with the `profile_export_aiperf.json` beside it, where
    /// it is there, for model, server and load). Times and token counts stay as that tool took them; what its file
    /// doesn't tell is absent. Prints each result's id and file.
    #[command(after_help = examples::RESULTS_IMPORT)]
    Import(ImportArgs),
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

    /// What of the texts is shown.
    #[command(flatten)]
    pub texts: TextArgs,

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

    /// The form
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: ExportFormat,

    /// With `vllm-bench`: times, lengths, texts and errors of each request too, as `--save-detailed` writes them
    #[arg(long)]
    pub detail: bool,

    /// With `vllm-bench`: the percentiles of each latency, separated by commas [default: 99]
    #[arg(long, value_name = "P,...", value_delimiter = ',', value_parser = percentile)]
    pub metric_percentiles: Option<Vec<f64>>,

    /// With `vllm-bench`: which side of a comparison [default: candidate]
    #[arg(long, value_enum, value_name = "SIDE")]
    pub side: Option<SideArg>,

    /// With `vllm-bench`: which level of a sweep, from 0; needed where there are several
    #[arg(long, value_name = "N")]
    pub level: Option<u32>,

    /// File to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// What of the texts is shown.
    #[command(flatten)]
    pub texts: TextArgs,

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
    /// One side as the JSON that `vllm bench serve --save-result` writes, under vLLM's definitions
    VllmBench,
}

/// `--side`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SideArg {
    /// The variant in question
    Candidate,
    /// What it is measured against
    Baseline,
}

impl From<SideArg> for Side {
    fn from(side: SideArg) -> Self {
        match side {
            SideArg::Candidate => Self::Candidate,
            SideArg::Baseline => Self::Baseline,
        }
    }
}

/// Flags of `labctl results import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// The files; several are imported one after the other
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// Whose files they are
    #[arg(long, value_enum, value_name = "TOOL", default_value_t)]
    pub format: ImportFormat,

    /// Label of the results, `name=value` (repeatable)
    #[arg(long, value_name = "NAME=VALUE")]
    pub label: Vec<KeyValue>,

    /// A simulator was measured: the results say so wherever they are shown
    #[arg(long)]
    pub simulated: bool,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// `--format` of `labctl results import`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// Told by each file's content
    #[default]
    Auto,
    /// `vllm bench serve --save-result --save-detailed`
    Vllm,
    /// `GuideLLM`'s `benchmarks.json`
    #[value(name = "guidellm")]
    GuideLlm,
    /// `AIPerf`'s `profile_export.jsonl`
    #[value(name = "aiperf")]
    AiPerf,
}

impl ImportFormat {
    /// The tool; none where each file is to tell.
    #[must_use]
    pub const fn tool(self) -> Option<Tool> {
        match self {
            Self::Auto => None,
            Self::Vllm => Some(Tool::Vllm),
            Self::GuideLlm => Some(Tool::Guidellm),
            Self::AiPerf => Some(Tool::Aiperf),
        }
    }
}

/// Flags of `labctl results recover`.
#[derive(Debug, Clone, Args)]
pub struct RecoverArgs {
    /// The run: id, unique prefix, path of the journal or `latest`
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: String,

    /// What of the texts is shown.
    #[command(flatten)]
    pub texts: TextArgs,

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

    /// What of the texts is shown.
    #[command(flatten)]
    pub texts: TextArgs,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,
}
