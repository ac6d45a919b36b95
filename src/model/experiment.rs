//! An experiment as written in a file: target, workload, load, objectives, and what to vary.
//!
//! Every field may be left out: flags and `labctl.yaml` say the rest. `cli::settings::experiment` reads it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::load::{Arrival, LoadAxis, Stage};
use super::workload::{WorkloadOptions, WorkloadSpec};

/// The kinds of load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadType {
    /// One request after the other.
    Single,
    /// `batch_size` at once, and the next ones when all of these have ended.
    Batch,
    /// `concurrency` in flight, the next one when one ends.
    Concurrent,
    /// `concurrency` conversations in flight; needs a workload with conversations.
    MultiTurn,
    /// At a rate, whatever the server does.
    Open,
    /// At the moments that the workload's trace recorded.
    Trace,
}

impl LoadType {
    /// The name used in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Batch => "batch",
            Self::Concurrent => "concurrent",
            Self::MultiTurn => "multi_turn",
            Self::Open => "open",
            Self::Trace => "trace",
        }
    }
}

/// Which failed requests are sent again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// HTTP statuses after which a request is sent again, 400 to 599.
    pub statuses: Vec<u16>,
    /// How often at the most; 3 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
}

/// How the load is put on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Load {
    /// Its kind; told by the other fields when absent: `rate` or `stages` make it `open`, `batch_size` `batch`,
    /// `speed` `trace`, and else it is `concurrent`, or `trace` where the workload is one.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<LoadType>,
    /// Requests (or conversations) in flight, at least 1; `defaults.concurrency` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// Requests a batch, at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<u32>,
    /// Requests per second, above 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Rates one after the other, in place of `rate`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// How arrivals of an open loop vary; `poisson` when absent, `gamma` where `burstiness` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    /// Shape of `gamma` arrivals, above 0: 1 is Poisson, less is burstier, more is steadier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burstiness: Option<f64>,
    /// Most requests in flight of an open loop or a trace; what waits for it is counted apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_in_flight: Option<u32>,
    /// How many times faster than recorded a trace is replayed; 1 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<f64>,
    /// Seconds over which the load is brought up: slots are opened one by one, or the rate rises from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ramp_up_s: Option<f64>,
    /// Requests a side, round and level; all prompts once when absent, or as many as come within `duration_s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<u32>,
    /// How often each prompt is sent in a round, in place of `requests`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<u32>,
    /// How often the whole is run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounds: Option<u32>,
    /// No request starts later than this many seconds after the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<f64>,
    /// Warm-up requests a side before the load; the concurrency, at most 10, when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warmup: Option<u32>,
    /// Seconds at the beginning of the load whose requests don't count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warmup_s: Option<f64>,
    /// Seconds at the end of `duration_s` whose requests don't count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cooldown_s: Option<f64>,
    /// Seconds that requests in flight get after `duration_s` before they are cancelled; 30 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_s: Option<f64>,
    /// Which failed requests are sent again; none when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// The most output tokens that may be asked for in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens_total: Option<u64>,
    /// Whether a sweep leaves out the levels after the first that is past saturation; it does when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_past_saturation: Option<bool>,
}

/// The search for the highest load at which every objective is met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindSpec {
    /// What is raised.
    pub axis: LoadAxis,
    /// The first load tried, above 0; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// The highest load tried; 1024 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
    /// How close, relative to the load, the highest passing and the lowest failing one are at the end; 0.05 when
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<f64>,
}

/// What is asked of the models besides the prompt.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SamplingSpec {
    /// Sampling temperature, 0 or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling, above 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// `max_tokens` in place of every prompt's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Seed of everything random.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// All of an experiment's file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Experiment {
    /// Its name; results carry it as the label `experiment`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The experiment that this one changes, by its path from this file. Maps are merged, all else is replaced, and
    /// `null` takes away; a map whose `type` or `distribution` changes is replaced whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extends: Option<PathBuf>,
    /// Team whose endpoint, baseline and prompt sets are used (`labctl bench`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Endpoint by its name in the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Base URL of the server, up to and with `/v1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Model name in requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Name of the environment variable that holds the API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    /// Whether the team's baseline is run too (`labctl bench`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compare_baseline: Option<bool>,
    /// Endpoint of the baseline by its name in the configuration (`labctl bench`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// Base URL of the baseline's server (`labctl bench`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline_url: Option<String>,
    /// What is sent; the team's first prompt set, or `canary`, when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<WorkloadSpec>,
    /// How requests are made of the workload.
    pub workload_options: WorkloadOptions,
    /// How the load is put on.
    pub load: Load,
    /// What requests and levels must keep to: expressions such as `ttft_p95_ms<=500`, or names of presets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slos: Vec<String>,
    /// A search for the highest load that meets `slos`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub find: Option<FindSpec>,
    /// What is asked of the models besides the prompt.
    pub sampling: SamplingSpec,
    /// Salt of prompts under `cache: cold`, so that the same bytes are sent again; a fresh one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// Tags for the results.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Values of any field by its path. `load.concurrency` or `load.rate` becomes the levels of one result; of all
    /// else each combination is a run of its own, the first path varying slowest.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schemars(with = "BTreeMap<String, Vec<Value>>")]
    pub sweep: Map<String, Value>,
}
