//! Flags of `labctl report`.

use std::path::PathBuf;

use clap::Args;

use super::results::StoreArgs;
use super::texts::TextArgs;
use super::values::{DefinitionsArg, KeyValue, ReportFormat};

/// Flags of `labctl report`.
#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    /// The runs: id, unique prefix, path, name of a blessed baseline, `latest`, or `latest:N` for the latest N
    #[arg(value_name = "RUN", default_value = "latest", num_args = 1..)]
    pub runs: Vec<String>,

    /// A run that was measured before, of which the one run gets its baseline: id, unique prefix, path, `latest` or the
    /// name of a blessed baseline
    #[arg(long, value_name = "RUN", conflicts_with_all = ["definitions", "why_different"])]
    pub baseline: Option<String>,

    /// Put runs together in spite of what makes their numbers incomparable; every output says so
    #[arg(long, conflicts_with_all = ["definitions", "why_different"])]
    pub force: bool,

    /// `latest` and `latest:N` are of this team's runs
    #[arg(long, value_name = "TEAM")]
    pub team: Option<String>,

    /// `latest` and `latest:N` are of the runs with this label, `name=value` (repeatable)
    #[arg(long, value_name = "NAME=VALUE")]
    pub label: Vec<KeyValue>,

    /// The form of the report [default: by the ending of `--output`; without either the summary on standard output, and
    /// of one run `RUN.html` and `RUN.md` beside its result]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<ReportFormat>,

    /// Write to this file in place of standard output
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["definitions", "why_different"])]
    pub output: Option<PathBuf>,

    /// Folder with templates that stand in for the shipped ones of the same names (`report.html`, `report.md`,
    /// `runs.html`, `runs.md`, …)
    #[arg(long, value_name = "DIR", conflicts_with_all = ["definitions", "why_different"])]
    pub template_dir: Option<PathBuf>,

    /// In place of the report: the run's speed under another tool's formulas
    #[arg(long, value_enum, value_name = "TOOL", conflicts_with = "why_different")]
    pub definitions: Option<DefinitionsArg>,

    /// In place of the report: labctl's formulas and every other tool's side by side, with the reason for each
    /// difference
    #[arg(long)]
    pub why_different: bool,

    /// What of the texts is shown.
    #[command(flatten)]
    pub texts: TextArgs,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,
}
