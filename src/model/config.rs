//! A lab's configuration (`labctl.yaml`) in its final, merged form. Where the values come from is
//! the business of `cli::settings`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gate::Gates;
use super::team::{Cost, Expectations, TeamKind};
use super::trace::TraceMode;

/// Which dialect a server speaks: what it can be asked for beyond plain OpenAI (above all, how many tokens a
/// chunk carries), whether a model must be listed to be asked for, where its version is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ServerKind {
    /// Found out from the server's answers.
    #[default]
    Auto,
    /// vLLM.
    Vllm,
    /// llama.cpp's server.
    LlamaCpp,
    /// `transformers serve`.
    Transformers,
    /// SGLang. From its documentation; not tried against a server.
    Sglang,
    /// Text Generation Inference. From its documentation; not tried against a server.
    Tgi,
    /// Ollama. From its documentation; not tried against a server.
    Ollama,
    /// Any other OpenAI-compatible server: nothing is asked for that another could refuse.
    Openai,
}

/// Which of the two OpenAI interfaces is called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Api {
    /// `chat/completions`: the server applies the model's chat template.
    #[default]
    Chat,
    /// `completions`: the prompt as it is, after the system text and a blank line where there is one.
    Completions,
}

/// TLS beyond the system's trust.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// PEM file of a certificate authority to trust in addition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// PEM file with the client's certificate chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate_file: Option<PathBuf>,
    /// PEM file with the client's private key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key_file: Option<PathBuf>,
}

/// Limits in seconds; each has an outcome of its own when it is passed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// To connect, TLS included.
    pub connect_s: f64,
    /// From sent to the first token.
    pub ttft_s: f64,
    /// Between two chunks after the first token.
    pub stall_s: f64,
    /// For the whole request.
    pub total_s: f64,
    /// For the server to become healthy before the run.
    pub ready_s: f64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect_s: 10.0, ttft_s: 120.0, stall_s: 60.0, total_s: 600.0, ready_s: 30.0 }
    }
}

/// The built-in simulator in place of a server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Simulator {
    /// Its profile: `fp16`, `awq`, `lora` or `judge`.
    pub profile: String,
    /// Speed relative to the profile's own: 1.5 makes every simulated time 1.5 times shorter.
    #[serde(default = "one")]
    pub speed: f64,
    /// Pass rate for every category in place of the profile's own, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass_rate: Option<f64>,
    /// Flip rate in place of the profile's own, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flip_rate: Option<f64>,
}

const fn one() -> f64 {
    1.0
}

/// Where a model is served. Either `url` or `simulator` is given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Endpoint {
    /// Base URL up to and with `/v1`. A key in it is masked in everything labctl writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The model's name in requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The server's dialect.
    pub kind: ServerKind,
    /// The interface that is called.
    pub api: Api,
    /// Name of the environment variable that holds the API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    /// File that holds the API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_file: Option<PathBuf>,
    /// Headers sent with every request. Values are masked in everything labctl writes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Members merged into every request body (`chat_template_kwargs`, `top_p`, …).
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub body: serde_json::Map<String, serde_json::Value>,
    /// TLS beyond the system's trust.
    pub tls: Tls,
    /// Proxy URL. None is used unless given here: a proxy bends measurements.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// Limits.
    pub timeouts: Timeouts,
    /// The built-in simulator in place of a server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulator: Option<Simulator>,
    /// What serving it costs: its answers are then also counted per GPU-hour, its tokens in money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// How measured streams are carried, and so who stamps them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransportChoice {
    /// `kernel` where it can be had, else `reqwest`.
    #[default]
    Auto,
    /// Stamped by the kernel when the bytes arrive; Linux, without a proxy.
    Kernel,
    /// Stamped by labctl when a read returns; everywhere.
    Reqwest,
}

/// A team: its model, what it is measured against, and with which prompts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Name of its endpoint.
    pub endpoint: String,
    /// Name of the baseline's endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// Its prompt sets; the first is used when none is named.
    #[serde(default)]
    pub prompt_sets: Vec<String>,
    /// The prompt set that `labctl bench --all` runs for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub battery: Option<String>,
    /// What it makes of the baseline, which decides what its results are read for; follows from the names `quant`,
    /// `finetune` and `eval` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<TeamKind>,
    /// What it expects of its variant, where that isn't what is shipped for its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expectations>,
    /// Its gates, in place of the lab's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gates: Option<Gates>,
}

/// What applies to every run unless a flag says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Defaults {
    /// Requests in flight.
    pub concurrency: u32,
    /// Seed of everything random: prompt order, side order, sampling, simulator, bootstrap.
    pub seed: u64,
    /// Sampling temperature.
    pub temperature: f64,
    /// Nucleus sampling; sent only when given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// `max_tokens` in place of every row's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Warm-up requests a side; min(concurrency, 10) when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warmup: Option<u32>,
    /// How often each prompt is sent in a round.
    pub repeats: u32,
    /// How often the whole of blocks is run.
    pub rounds: u32,
    /// How measured streams are carried.
    pub transport: TransportChoice,
    /// Where results are written.
    pub results_dir: PathBuf,
    /// Where prompt sets are looked for before the built-in ones.
    pub promptset_dir: PathBuf,
    /// What results keep of the traces: `full` keeps every chunk with its times, `summary` none. Latencies, counts
    /// and rates are the same.
    pub trace: TraceMode,
    /// The largest share of failed requests (0 to 1) at which a run still counts as measured.
    pub max_error_rate: f64,
    /// Days after which a blessed baseline is called old.
    pub baseline_max_age_days: u32,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            concurrency: 10,
            seed: 42,
            temperature: 0.0,
            top_p: None,
            max_tokens: None,
            warmup: None,
            repeats: 1,
            rounds: 1,
            transport: TransportChoice::Auto,
            results_dir: PathBuf::from("results"),
            promptset_dir: PathBuf::from("promptsets"),
            trace: TraceMode::Full,
            max_error_rate: 0.1,
            baseline_max_age_days: 30,
        }
    }
}

/// All of `labctl.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LabConfig {
    /// Endpoints by name.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Teams by name.
    pub teams: BTreeMap<String, Team>,
    /// What applies to every run.
    pub defaults: Defaults,
    /// The gates of `--gate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gates: Option<Gates>,
}
