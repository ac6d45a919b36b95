//! How load is put on over time, and what it is held to: flags of `run` and `bench` that experiment files have too.

use clap::{ArgAction, Args, ValueEnum};

use super::notation::{Stages, Statuses, SweepFlag, seconds};
use super::values::{at_least_one, factor, number};
use crate::model::load::{Arrival, LoadAxis};

/// `--arrival`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ArrivalArg {
    /// Always the same distance
    Constant,
    /// Arrivals that know nothing of each other
    Poisson,
    /// As `--burstiness` says
    Gamma,
}

impl From<ArrivalArg> for Arrival {
    fn from(arrival: ArrivalArg) -> Self {
        match arrival {
            ArrivalArg::Constant => Self::Constant,
            ArrivalArg::Poisson => Self::Poisson,
            ArrivalArg::Gamma => Self::Gamma,
        }
    }
}

/// `--find`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FindArg {
    /// Requests per second, open loop
    MaxRate,
    /// Requests in flight, closed loop
    MaxConcurrency,
}

impl From<FindArg> for LoadAxis {
    fn from(find: FindArg) -> Self {
        match find {
            FindArg::MaxRate => Self::Rate,
            FindArg::MaxConcurrency => Self::Concurrency,
        }
    }
}

/// The shape of the load.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Load shape")]
pub struct ShapeArgs {
    /// Go on with an interrupted run from its journal: its id, a unique beginning, a path, or `latest`
    // The first flag of a group says where help shows the group: `Load` comes before its shape, and this last in it.
    #[arg(long, value_name = "RUN", help_heading = "Load", display_order = 1000)]
    pub resume: Option<String>,

    /// Requests per second, whatever the server does (open loop); each start is planned ahead from the seed
    #[arg(long, value_name = "R", value_parser = number, allow_negative_numbers = true)]
    pub rate: Option<f64>,

    /// How the time between two arrivals varies [default: `poisson`, and `gamma` with --burstiness]
    #[arg(long, value_enum, value_name = "PROCESS")]
    pub arrival: Option<ArrivalArg>,

    /// Shape of gamma arrivals, above 0: 1 is Poisson, less is burstier, more is steadier
    #[arg(long, value_name = "B", value_parser = number, allow_negative_numbers = true)]
    pub burstiness: Option<f64>,

    /// Open loop with rates one after the other, as `RATE:SECONDS` or `RATE..RATE:SECONDS` (a ramp), e.g.
    /// `2:30,2..10:60,10:30`
    #[arg(long, value_name = "STAGES")]
    pub stages: Option<Stages>,

    /// Time over which slots are opened one by one, or the rate rises from 0 [default: 0]
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub ramp_up: Option<f64>,

    /// Most requests in flight of an open loop or a trace; waiting for it is counted apart [default: no cap]
    #[arg(long, value_name = "N")]
    pub max_in_flight: Option<u32>,

    /// So many requests at once, and the next ones when all of these have ended, in place of --concurrency
    #[arg(long, value_name = "N")]
    pub batch: Option<u32>,

    /// No request starts later than this after the first: seconds, or `90s`, `5m`, `1h`; of a sweep or search at each
    /// load [default: until all is sent; 30 for a search]
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub duration: Option<f64>,

    /// Time at the beginning whose requests are sent and don't count [default: 0]
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub warmup_time: Option<f64>,

    /// Time at the end of --duration whose requests are sent and don't count [default: 0]
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub cooldown_time: Option<f64>,

    /// Time that requests in flight get after --duration before they are cancelled [default: 30]
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub grace: Option<f64>,

    /// Several loads in one result: `concurrency=1,2,4..256` or `rate=…`; `a..b` doubles, `a..b:n` is n evenly spaced.
    /// Any other field of an experiment (`sampling.temperature=0,0.7`) becomes a run a value (repeatable)
    #[arg(long, value_name = "FIELD=VALUES", action = ArgAction::Append)]
    pub sweep: Vec<SweepFlag>,

    /// Run all levels of a sweep, also those after the first that is past saturation
    #[arg(long)]
    pub no_stop_past_saturation: bool,

    /// Search the highest load at which every --slo is met: doubles it, then bisects
    #[arg(long, value_enum, value_name = "LOAD")]
    pub find: Option<FindArg>,

    /// First load that a search tries [default: 1]
    #[arg(long, value_name = "LOAD", value_parser = number, allow_negative_numbers = true)]
    pub find_from: Option<f64>,

    /// Highest load that a search tries [default: 1024]
    #[arg(long, value_name = "LOAD", value_parser = number, allow_negative_numbers = true)]
    pub find_to: Option<f64>,

    /// How close the highest passing and the lowest failing load are when a search ends, relative [default: 0.05]
    #[arg(long, value_name = "SHARE", value_parser = factor)]
    pub find_resolution: Option<f64>,

    /// Objectives such as `ttft_p95_ms<=500,pass_rate>=0.9`, or the name of a preset; see OBJECTIVES below (repeatable)
    #[arg(long, value_name = "EXPR", action = ArgAction::Append, help_heading = "Objectives")]
    pub slo: Vec<String>,

    /// Send requests again that failed with these HTTP statuses, e.g. `429,503`; Retry-After is honoured, and retries
    /// are counted and timed apart [default: none]
    #[arg(long, value_name = "STATUSES", help_heading = "Limits")]
    pub retry: Option<Statuses>,

    /// How often a request is sent again at the most [default: 3]
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "Limits")]
    pub retry_attempts: Option<u32>,

    /// Longest time to connect, TLS included [default: 10]
    #[arg(long, value_name = "S", value_parser = seconds, help_heading = "Limits")]
    pub timeout_connect: Option<f64>,

    /// Longest time to the first token [default: 120]
    #[arg(long, value_name = "S", value_parser = seconds, help_heading = "Limits")]
    pub timeout_ttft: Option<f64>,

    /// Longest time between two chunks [default: 60]
    #[arg(long, value_name = "S", value_parser = seconds, help_heading = "Limits")]
    pub timeout_stall: Option<f64>,

    /// Longest time of a whole request [default: 600]
    #[arg(long, value_name = "S", value_parser = seconds, help_heading = "Limits")]
    pub timeout_total: Option<f64>,

    /// The most output tokens that may be asked for in all, so that a paid endpoint costs no more [default: no bound]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub max_output_tokens_total: Option<u64>,
}
