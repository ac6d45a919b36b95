//! What `bench` and `run` share: where the load goes and how it is put on.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

use crate::model::trace::TraceMode;

use super::ci::CiArgs;
use super::texts::TextArgs;
use super::values::{
    DefinitionsArg, KeyValue, OutputFormat, TransportArg, at_least_one, factor, not_negative, share,
};

/// The interfaces, as the configuration names them.
pub(super) const APIS: [&str; 2] = ["chat", "completions"];

/// The candidate: an endpoint by name, a URL, or both.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Target")]
pub struct TargetArgs {
    /// Endpoint by its name in the configuration
    #[arg(long, value_name = "NAME")]
    pub endpoint: Option<String>,

    /// Base URL of the server, up to and with `/v1`. In place of the endpoint's own; its key, headers, TLS and proxy
    /// are then not used, for they belong to the other server
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,

    /// Model name in requests [default: the endpoint's, or the only one served]
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,

    /// Name of the environment variable that holds the API key [default: the endpoint's, or none]
    #[arg(long, value_name = "VARIABLE")]
    pub api_key_env: Option<String>,

    /// Interface to call, on both sides of a bench: `completions` takes the prompt as it is, without a chat template
    /// [default: the endpoint's, mostly `chat`]
    #[arg(long, value_name = "API", value_parser = APIS)]
    pub api: Option<String>,
}

/// `--trace`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TraceArg {
    /// Every token with its time
    Full,
    /// Metrics, counts and histograms only
    Summary,
}

impl TraceArg {
    /// As the configuration has it.
    #[must_use]
    pub const fn mode(self) -> TraceMode {
        match self {
            Self::Full => TraceMode::Full,
            Self::Summary => TraceMode::Summary,
        }
    }
}

/// How the load is put on, what is asked of the model, and what is written.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Load")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct LoadArgs {
    /// Requests in flight, at least 1 [default: 10]
    #[arg(short, long, value_name = "N")]
    pub concurrency: Option<u32>,

    /// Prompts sent a side and round, repeats included; the set is cut or gone through again to fit [default: all]
    #[arg(short = 'n', long, value_name = "N", value_parser = at_least_one, conflicts_with = "repeats")]
    pub requests: Option<u32>,

    /// How often each prompt is sent in a round [default: 1]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub repeats: Option<u32>,

    /// How often the whole is run; from 3 on, speed intervals include drift between rounds [default: 1]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub rounds: Option<u32>,

    /// Warm-up requests a side, not measured [default: the concurrency, at most 10]
    #[arg(long, value_name = "N")]
    pub warmup: Option<u32>,

    /// Largest share of failed requests, 0 to 1, at which the run still counts as measured [default: 0.1]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub max_error_rate: Option<f64>,

    /// Accept latencies although the client was too busy to measure them well (see `client_health` in the result)
    #[arg(long)]
    pub allow_invalid_client: bool,

    /// How measured streams are carried: `kernel` times them by the kernel's receive stamps (Linux, no proxy), `reqwest`
    /// by when labctl reads them [default: `auto`: `kernel` where it can be had]
    #[arg(long, value_enum, value_name = "TRANSPORT")]
    pub transport: Option<TransportArg>,

    /// What the result keeps of the traces: `full` every token with its time, `summary` none; all numbers are the
    /// same [default: full]
    #[arg(long, value_enum, value_name = "MODE")]
    pub trace: Option<TraceArg>,

    /// Sampling temperature, 0 or more [default: 0]
    #[arg(long, value_name = "T", value_parser = not_negative, help_heading = "Sampling")]
    pub temperature: Option<f64>,

    /// Nucleus sampling, 0 to 1; sent only when given
    #[arg(long, value_name = "P", value_parser = share, help_heading = "Sampling")]
    pub top_p: Option<f64>,

    /// `max_tokens` in place of every prompt's own
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "Sampling")]
    pub max_tokens: Option<u32>,

    /// Seed of everything random: prompt order, side order, sampling, simulator, bootstrap [default: 42]
    #[arg(long, value_name = "N", help_heading = "Sampling")]
    pub seed: Option<u64>,

    /// Permit the built-in simulator under `--ci`, `CI=true` or a gate when no configuration is found. Results are
    /// marked as simulated
    #[arg(long, help_heading = "Simulator")]
    pub simulate: bool,

    /// How many times faster than configured the simulated endpoints run [default: 1]
    #[arg(long, value_name = "FACTOR", value_parser = factor, help_heading = "Simulator")]
    pub simulator_speed: Option<f64>,

    /// Print what would be done, and check all that can be checked without sending
    #[arg(long, help_heading = "Output")]
    pub dry_run: bool,

    /// What goes to standard output
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, help_heading = "Output")]
    pub format: OutputFormat,

    /// Print the run's speed under another tool's formulas too, below the summary (for JSON see `labctl report`)
    #[arg(long, value_enum, value_name = "TOOL", help_heading = "Output")]
    pub definitions: Option<DefinitionsArg>,

    /// Folder that results are written to [default: `results`]
    #[arg(
        long,
        value_name = "DIR",
        env = "LABCTL_RESULTS_DIR",
        hide_env_values = true,
        help_heading = "Output"
    )]
    pub results_dir: Option<PathBuf>,

    /// Folder that prompt sets are looked for in before the built-in ones [default: `promptsets`]
    #[arg(
        long,
        value_name = "DIR",
        env = "LABCTL_PROMPTSET_DIR",
        hide_env_values = true,
        help_heading = "Output"
    )]
    pub promptset_dir: Option<PathBuf>,

    /// Tag the result (repeatable)
    #[arg(long, value_name = "NAME=VALUE", action = ArgAction::Append, help_heading = "Output")]
    pub label: Vec<KeyValue>,

    /// No progress bar
    #[arg(long, help_heading = "Output")]
    pub no_progress: bool,

    /// What is written for continuous integration.
    #[command(flatten)]
    pub ci: CiArgs,

    /// What of the texts is shown.
    #[command(flatten)]
    pub texts: TextArgs,
}
