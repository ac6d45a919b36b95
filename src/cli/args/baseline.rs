//! `labctl baseline`: results that others are compared with.

use clap::{Args, Subcommand};

use super::examples;
use super::results::{SideArg, StoreArgs};
use super::values::PlainFormat;

/// Flags of `labctl baseline`.
#[derive(Debug, Clone, Args)]
pub struct BaselineArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: BaselineCommand,
}

/// The commands of `labctl baseline`.
#[derive(Debug, Clone, Subcommand)]
pub enum BaselineCommand {
    /// Keep one side of a result under a name, to compare later runs with
    ///
    /// A copy of the result is kept in `baselines` in the folder of the results, with where it comes from and its SHA-256,
    /// so that it stays when the run is deleted. `labctl bench --baseline NAME` and `labctl compare NAME RUN` compare with
    /// it. Nothing is ever blessed, or replaced, by itself.
    #[command(after_help = examples::BASELINE_BLESS)]
    Bless(BlessArgs),
    /// List the blessed baselines
    #[command(after_help = examples::BASELINE_LIST)]
    List(BaselineListArgs),
    /// Show where a blessed baseline comes from, and whether its copy is as it was
    #[command(after_help = examples::BASELINE_SHOW)]
    Show(BaselineShowArgs),
    /// Remove a blessed baseline and its copy; the run that it came from is not touched
    #[command(after_help = examples::BASELINE_REMOVE)]
    Remove(BaselineRemoveArgs),
}

/// Flags of `labctl baseline bless`.
#[derive(Debug, Clone, Args)]
pub struct BlessArgs {
    /// The run: id, unique prefix, path or `latest`
    #[arg(value_name = "RESULT")]
    pub run: String,

    /// What it is to go by [default: made of its model's name]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// Which side of the run
    #[arg(long, value_enum, value_name = "SIDE", default_value = "candidate")]
    pub side: SideArg,

    /// A note to keep with it, e.g. why it is the one
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,

    /// Put it in the place of the one of that name
    #[arg(long)]
    pub replace: bool,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// Flags of `labctl baseline list`.
#[derive(Debug, Clone, Args)]
pub struct BaselineListArgs {
    /// Days after which a baseline is called old [default: `defaults.baseline_max_age_days`, 30]
    #[arg(long, value_name = "DAYS")]
    pub max_age: Option<u32>,

    /// What goes to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: PlainFormat,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// Flags of `labctl baseline show`.
#[derive(Debug, Clone, Args)]
pub struct BaselineShowArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    pub name: String,

    /// Days after which a baseline is called old [default: `defaults.baseline_max_age_days`, 30]
    #[arg(long, value_name = "DAYS")]
    pub max_age: Option<u32>,

    /// What goes to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: PlainFormat,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// Flags of `labctl baseline remove`.
#[derive(Debug, Clone, Args)]
pub struct BaselineRemoveArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    pub name: String,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,
}
