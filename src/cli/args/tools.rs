//! The small commands: `init`, `config`, `promptset`, `doctor`, `calibrate`, `completions`, `man`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::examples;
use super::load::APIS;
use super::results::StoreArgs;
use super::values::{PlainFormat, TransportArg};
use crate::promptset::import::ImportFormat;

/// Flags of `labctl init`.
#[derive(Debug, Clone, Args)]
pub struct InitArgs {
    /// File to write
    #[arg(short, long, value_name = "FILE", default_value = "labctl.yaml")]
    pub output: PathBuf,

    /// Replace the file if there is one
    #[arg(long)]
    pub force: bool,
}

/// Flags of `labctl config`.
#[derive(Debug, Clone, Args)]
pub struct ConfigArgs {
    /// What to show.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// The commands of `labctl config`.
#[derive(Debug, Clone, Subcommand)]
pub enum ConfigCommand {
    /// Show the effective configuration with where each value comes from; keys are masked
    #[command(after_help = examples::CONFIG_SHOW)]
    Show(ConfigShowArgs),
    /// Print the path of the configuration file in use
    #[command(after_help = examples::CONFIG_PATH)]
    Path,
    /// Print the JSON Schema of `labctl.yaml`, of experiments or of gates, for editors, or of what `labctl compare` prints
    #[command(after_help = examples::CONFIG_SCHEMA)]
    Schema(SchemaArgs),
}

/// Flags of `labctl config schema`.
#[derive(Debug, Clone, Args)]
pub struct SchemaArgs {
    /// The kind of file
    #[arg(value_enum, value_name = "FILE", default_value_t)]
    pub of: SchemaArg,
}

/// A kind of file that has a schema.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SchemaArg {
    /// `labctl.yaml`
    #[default]
    Config,
    /// An experiment of `labctl run` and `labctl bench`
    Experiment,
    /// Gates of `--gates`
    Gates,
    /// What `labctl compare --format json` prints of two sides
    Comparison,
    /// What it prints of three and more runs
    HeadToHead,
}

/// Flags of `labctl config show`.
#[derive(Debug, Clone, Args)]
pub struct ConfigShowArgs {
    /// `text` is YAML with comments
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: PlainFormat,
}

/// Flags of `labctl promptset`.
#[derive(Debug, Clone, Args)]
pub struct PromptSetArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: PromptSetCommand,
}

/// The commands of `labctl promptset`.
#[derive(Debug, Clone, Subcommand)]
pub enum PromptSetCommand {
    /// List the prompt sets found, and the built-in ones
    #[command(after_help = examples::PROMPTSET_LIST)]
    List(PromptSetListArgs),
    /// Show a prompt set's categories, checks and prompts
    #[command(after_help = examples::PROMPTSET_SHOW)]
    Show(PromptSetNameArgs),
    /// Write the manifest of a prompt set's folder from its prompts
    #[command(after_help = examples::PROMPTSET_MANIFEST)]
    Manifest(PromptSetPathArgs),
    /// Check a prompt set: every row valid, every reference right by its own checks, the manifest true
    #[command(after_help = examples::PROMPTSET_SELFTEST)]
    #[command(alias = "verify")]
    Selftest(PromptSetLintArgs),
    /// Find what makes rows poor measures: answers in prompts, near duplicates, too little room, addresses
    #[command(after_help = examples::PROMPTSET_LINT)]
    Lint(PromptSetLintArgs),
    /// Count what a prompt set consists of, or how hard it was in results
    #[command(after_help = examples::PROMPTSET_STATS)]
    Stats(PromptSetStatsArgs),
    /// Make a prompt set's files from its sources, byte for byte the same again
    #[command(after_help = examples::PROMPTSET_GENERATE)]
    Generate(PromptSetGenerateArgs),
    /// Make a prompt set of other people's cases: plain JSON lines, lm-eval samples, promptfoo configurations
    ///
    /// Whatever doesn't map is told with its reason, its count and where it stands first; nothing is left out in
    /// silence. Texts to be contained are looked for as whole words, whatever their case; every text of an
    /// `expected_contains` list must occur unless `--any-of-list` says otherwise. Nothing in the file is run, and no other
    /// file is read.
    #[command(after_help = examples::PROMPTSET_IMPORT)]
    Import(PromptSetImportArgs),
}

/// Flags of `labctl promptset import`.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub struct PromptSetImportArgs {
    /// File of cases, at most 64 MB
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Folder to make, which gives the set its name; with `--name`, the folder to make it in
    #[arg(short, long, value_name = "DIR")]
    pub out: PathBuf,

    /// The set's name [default: the folder's]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// How the file is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: PromptSetFormatArg,

    /// Category of rows that name none [default: `imported`]
    #[arg(long, value_name = "CATEGORY")]
    pub category: Option<String>,

    /// Most tokens of an answer in rows that don't say; more where three times the reference is [default: 512]
    #[arg(long, value_name = "TOKENS")]
    pub max_tokens: Option<NonZeroU32>,

    /// One text of an `expected_contains` list is enough
    #[arg(long)]
    pub any_of_list: bool,

    /// Keep rows that expect nothing, checked only for repeating themselves
    #[arg(long)]
    pub keep_unchecked: bool,

    /// Fail and write nothing where anything doesn't map
    #[arg(long)]
    pub strict: bool,

    /// Replace the set if there is one
    #[arg(long)]
    pub force: bool,
}

/// How a file of cases is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum PromptSetFormatArg {
    /// By its ending and its first row
    #[default]
    Auto,
    /// JSON lines with `prompt`, `expected_contains`, `expected_format` and the like
    Lab,
    /// JSON lines of logged samples (`doc`, `target`, `arguments`), or of `question` and `answer` with or without `choices`
    LmEval,
    /// YAML or JSON with `prompts`, and `tests` with `vars` and `assert`
    Promptfoo,
}

impl PromptSetFormatArg {
    /// The format that is named; `None` where it is to be found out.
    #[must_use]
    pub const fn format(self) -> Option<ImportFormat> {
        match self {
            Self::Auto => None,
            Self::Lab => Some(ImportFormat::Lab),
            Self::LmEval => Some(ImportFormat::LmEval),
            Self::Promptfoo => Some(ImportFormat::Promptfoo),
        }
    }
}

/// Flags of `labctl promptset lint` and `labctl promptset selftest`.
#[derive(Debug, Clone, Args)]
pub struct PromptSetLintArgs {
    /// Prompt sets by name or path [default: all]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,

    /// What goes to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: PlainFormat,

    /// Where prompt sets are.
    #[command(flatten)]
    pub dir: PromptSetDirArgs,
}

/// Flags of `labctl promptset stats`.
#[derive(Debug, Clone, Args)]
pub struct PromptSetStatsArgs {
    /// Prompt set by name or path
    #[arg(value_name = "NAME")]
    pub name: String,

    /// Results whose verdicts say how hard each prompt was: run ids, unique prefixes, paths or `latest` (repeatable)
    #[arg(long, value_name = "RUN")]
    pub from: Vec<String>,

    /// What goes to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: PlainFormat,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,

    /// Where prompt sets are.
    #[command(flatten)]
    pub dir: PromptSetDirArgs,
}

/// Flags of `labctl promptset generate`.
#[derive(Debug, Clone, Args)]
pub struct PromptSetGenerateArgs {
    /// The set's folder, with its sources in `source/`
    #[arg(value_name = "DIR")]
    pub path: PathBuf,

    /// Write nothing; fail where the files differ from what the sources make
    #[arg(long)]
    pub check: bool,
}

/// Where prompt sets are.
#[derive(Debug, Clone, Default, Args)]
pub struct PromptSetDirArgs {
    /// Folder that prompt sets are looked for in before the built-in ones [default: `promptsets`]
    #[arg(long, value_name = "DIR", env = "LABCTL_PROMPTSET_DIR", hide_env_values = true)]
    pub promptset_dir: Option<PathBuf>,
}

/// Flags of `labctl promptset list`.
#[derive(Debug, Clone, Args)]
pub struct PromptSetListArgs {
    /// What goes to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: PlainFormat,

    /// Where prompt sets are.
    #[command(flatten)]
    pub dir: PromptSetDirArgs,
}

/// Flags of `labctl promptset show`.
#[derive(Debug, Clone, Args)]
pub struct PromptSetNameArgs {
    /// Prompt set by name or path
    #[arg(value_name = "NAME")]
    pub name: String,

    /// What goes to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: PlainFormat,

    /// Where prompt sets are.
    #[command(flatten)]
    pub dir: PromptSetDirArgs,
}

/// Flags of `labctl promptset manifest`.
#[derive(Debug, Clone, Args)]
pub struct PromptSetPathArgs {
    /// Folder with `promptset.jsonl`
    #[arg(value_name = "DIR")]
    pub path: PathBuf,
}

/// `labctl check`.
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: CheckCommand,
}

/// What `labctl check` does.
#[derive(Debug, Clone, Subcommand)]
pub enum CheckCommand {
    /// Show why a response got its verdict: the answer that was found, where, and what every check said
    #[command(after_help = examples::CHECK_EXPLAIN)]
    Explain(ExplainArgs),
}

/// Flags of `labctl check explain`.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// The run: its id, a unique prefix, a path, or `latest`
    #[arg(value_name = "RUN")]
    pub run: String,

    /// The prompt's id
    #[arg(value_name = "PROMPT_ID")]
    pub prompt_id: String,

    /// What goes to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: PlainFormat,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,

    /// Where prompt sets are.
    #[command(flatten)]
    pub dir: PromptSetDirArgs,
}

/// Flags of `labctl doctor`.
#[derive(Debug, Clone, Default, Args)]
pub struct DoctorArgs {
    /// Base URL of the server, up to and with `/v1` [default: every endpoint of the configuration]
    #[arg(value_name = "URL", conflicts_with = "endpoint")]
    pub url: Option<String>,

    /// Endpoint by its name in the configuration
    #[arg(long, value_name = "NAME")]
    pub endpoint: Option<String>,

    /// Model name in requests [default: the endpoint's, or the only one served]
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,

    /// Name of the environment variable that holds the API key
    #[arg(long, value_name = "VARIABLE")]
    pub api_key_env: Option<String>,

    /// Interface to call: `chat` or `completions` [default: the endpoint's, mostly `chat`]
    #[arg(long, value_name = "API", value_parser = APIS)]
    pub api: Option<String>,

    /// What goes to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: PlainFormat,
}

/// Flags of `labctl calibrate`.
#[derive(Debug, Clone, Default, Args)]
pub struct CalibrateArgs {
    /// At most ten seconds: enough to see that it works, too little to say much about p99
    #[arg(long)]
    pub quick: bool,

    /// The transport to calibrate, as runs take it; each is calibrated apart [default: `auto`]
    #[arg(long, value_enum, value_name = "TRANSPORT")]
    pub transport: Option<TransportArg>,

    /// What goes to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: PlainFormat,
}

/// Flags of `labctl completions`.
#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// Flags of `labctl man`.
#[derive(Debug, Clone, Args)]
pub struct ManArgs {
    /// Folder to write a page a command into [default: `labctl.1` alone, to standard output]
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}
