//! A command's flags as the topmost layer of the configuration.

use serde_json::{Value, json};
use url::Url;

use super::error::SettingsError;
use super::path::FieldPath;
use super::targets::{Choice, candidate_choice, compared_choice, run_choice};
use crate::cli::args::{
    BenchArgs, CompareArgs, DoctorArgs, ExportArgs, ListArgs, LoadArgs, MergeArgs, MockArgs,
    PromptSetDirArgs, RecoverArgs, ReportArgs, RescoreArgs, RunArgs, ShapeArgs, ShowArgs, StoreArgs,
    TargetArgs,
};
use crate::model::config::{LabConfig, TransportChoice};

/// A value that a flag gives to a field; `null` takes the field away.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// The field.
    pub path: FieldPath,
    /// Its value.
    pub value: Value,
    /// The flag, with its dashes.
    pub flag: &'static str,
}

/// Flags that change the configuration.
pub trait Flags {
    /// The changes; `below` is the configuration without them.
    fn overrides(&self, below: &LabConfig) -> Result<Vec<Override>, SettingsError>;
}

/// No flags.
#[derive(Debug, Clone, Copy)]
pub struct NoFlags;

impl Flags for NoFlags {
    fn overrides(&self, _: &LabConfig) -> Result<Vec<Override>, SettingsError> {
        Ok(Vec::new())
    }
}

/// Names of the endpoints that `--url` and `--baseline-url` make where the configuration has none for them.
pub(super) const URL_ENDPOINT: &str = "url";
pub(super) const BASELINE_URL_ENDPOINT: &str = "baseline-url";
/// The name of the endpoint that a URL of `--judge-endpoint` makes.
pub(super) const JUDGE_URL_ENDPOINT: &str = "judge-url";

/// What the flags of one side say of its server.
struct SideFlags<'a> {
    url: (Option<&'a String>, &'static str),
    model: (Option<&'a String>, &'static str),
    api_key_env: (Option<&'a String>, &'static str),
    api: Option<&'a String>,
}

impl SideFlags<'_> {
    fn overrides(&self, name: &str, below: &LabConfig) -> Vec<Override> {
        let mut list = Vec::new();
        let mut give = |field: &str, value: Value, flag| {
            list.push(Override { path: FieldPath::new(["endpoints", name, field]), value, flag });
        };
        if let (Some(url), flag) = self.url {
            let endpoint = below.endpoints.get(name);
            let configured = endpoint.and_then(|endpoint| endpoint.url.as_deref());
            // What belongs to the configured server (keys above all) must not go to another one.
            // An endpoint that has no server yet (`--set endpoints.url.kind=openai`) is meant for this one.
            let has_server =
                configured.is_some() || endpoint.is_some_and(|endpoint| endpoint.simulator.is_some());
            if has_server && configured.and_then(origin) != origin(url) {
                for field in ["api_key_env", "api_key_file", "headers", "tls", "proxy", "kind"] {
                    give(field, Value::Null, flag);
                }
            }
            give("url", json!(url), flag);
        }
        let api = (self.api, "--api");
        for (field, (value, flag)) in [("model", self.model), ("api_key_env", self.api_key_env), ("api", api)]
        {
            if let Some(value) = value {
                give(field, json!(value), flag);
            }
        }
        list
    }
}

fn origin(url: &str) -> Option<url::Origin> {
    Url::parse(url).ok().filter(Url::has_host).map(|url| url.origin())
}

fn side_of(target: &TargetArgs) -> SideFlags<'_> {
    SideFlags {
        url: (target.url.as_ref(), "--url"),
        model: (target.model.as_ref(), "--model"),
        api_key_env: (target.api_key_env.as_ref(), "--api-key-env"),
        api: target.api.as_ref(),
    }
}

/// Multiplies a simulated endpoint's own speed, so that a ratio between two of them stays.
fn simulator_speed(name: &str, below: &LabConfig, factor: Option<f64>) -> Option<Override> {
    let speed = below.endpoints.get(name)?.simulator.as_ref()?.speed;
    Some(Override {
        path: FieldPath::new(["endpoints", name, "simulator", "speed"]),
        value: json!(speed * factor?),
        flag: "--simulator-speed",
    })
}

/// The limits on one side's requests.
fn timeouts<'a>(name: &'a str, shape: &ShapeArgs) -> impl Iterator<Item = Override> + use<'a> {
    [
        ("connect_s", "--timeout-connect", shape.timeout_connect),
        ("ttft_s", "--timeout-ttft", shape.timeout_ttft),
        ("stall_s", "--timeout-stall", shape.timeout_stall),
        ("total_s", "--timeout-total", shape.timeout_total),
    ]
    .into_iter()
    .filter_map(move |(field, flag, seconds)| {
        let path = FieldPath::new(["endpoints", name, "timeouts", field]);
        seconds.map(|seconds| Override { path, value: json!(seconds), flag })
    })
}

fn default_of(field: &str, flag: &'static str, value: Option<Value>) -> Option<Override> {
    value.map(|value| Override { path: FieldPath::new(["defaults", field]), value, flag })
}

impl LoadArgs {
    fn overrides(&self) -> impl Iterator<Item = Override> {
        [
            default_of("concurrency", "--concurrency", self.concurrency.map(Value::from)),
            default_of("repeats", "--repeats", self.repeats.map(Value::from)),
            default_of("rounds", "--rounds", self.rounds.map(Value::from)),
            default_of("warmup", "--warmup", self.warmup.map(Value::from)),
            default_of("max_error_rate", "--max-error-rate", self.max_error_rate.map(Value::from)),
            default_of("temperature", "--temperature", self.temperature.map(Value::from)),
            default_of("top_p", "--top-p", self.top_p.map(Value::from)),
            default_of("max_tokens", "--max-tokens", self.max_tokens.map(Value::from)),
            default_of("seed", "--seed", self.seed.map(Value::from)),
            default_of("transport", "--transport", self.transport.map(|t| json!(TransportChoice::from(t)))),
            default_of("trace", "--trace", self.trace.map(|trace| json!(trace.mode()))),
            default_of("results_dir", "--results-dir", self.results_dir.as_ref().map(|dir| json!(dir))),
            default_of("promptset_dir", "--promptset-dir", self.promptset_dir.as_ref().map(|dir| json!(dir))),
        ]
        .into_iter()
        .flatten()
    }
}

impl Flags for BenchArgs {
    fn overrides(&self, below: &LabConfig) -> Result<Vec<Override>, SettingsError> {
        let candidate = candidate_choice(self, below)?.name;
        let mut list = side_of(&self.target).overrides(&candidate, below);
        let baseline = compared_choice(self, below)?;
        if let Some(Choice { name }) = &baseline {
            let side = SideFlags {
                url: (self.baseline_url.as_ref(), "--baseline-url"),
                model: (self.baseline_model.as_ref(), "--baseline-model"),
                api_key_env: (self.baseline_api_key_env.as_ref(), "--baseline-api-key-env"),
                // Asked by two interfaces, the sides could not be compared.
                api: self.target.api.as_ref(),
            };
            list.extend(side.overrides(name, below));
            list.extend(timeouts(name, &self.shape));
        }
        list.extend(timeouts(&candidate, &self.shape));
        // With `--url` the candidate is no simulator any more.
        if self.target.url.is_none() {
            list.extend(simulator_speed(&candidate, below, self.load.simulator_speed));
        }
        if let Some(Choice { name }) = baseline.filter(|choice| choice.name != candidate)
            && self.baseline_url.is_none()
        {
            list.extend(simulator_speed(&name, below, self.load.simulator_speed));
        }
        list.extend(self.load.overrides());
        Ok(list)
    }
}

impl Flags for RunArgs {
    fn overrides(&self, below: &LabConfig) -> Result<Vec<Override>, SettingsError> {
        let name = run_choice(&self.target, below)?.name;
        let mut list = side_of(&self.target).overrides(&name, below);
        list.extend(timeouts(&name, &self.shape));
        if self.target.url.is_none() {
            list.extend(simulator_speed(&name, below, self.load.simulator_speed));
        }
        list.extend(self.load.overrides());
        Ok(list)
    }
}

impl Flags for DoctorArgs {
    fn overrides(&self, below: &LabConfig) -> Result<Vec<Override>, SettingsError> {
        let target = self.target();
        if target.url.is_none() && target.endpoint.is_none() {
            if target.model.is_some() || target.api_key_env.is_some() || target.api.is_some() {
                return Err(SettingsError::Target(
                    "`--model`, `--api-key-env` and `--api` need a URL or `--endpoint`".to_owned(),
                ));
            }
            return Ok(Vec::new());
        }
        let name = run_choice(&target, below)?.name;
        let mut list = side_of(&target).overrides(&name, below);
        for over in &mut list {
            if over.flag == "--url" {
                over.flag = "URL";
            }
        }
        Ok(list)
    }
}

impl DoctorArgs {
    /// The same as `run` would take it.
    pub(super) fn target(&self) -> TargetArgs {
        TargetArgs {
            endpoint: self.endpoint.clone(),
            url: self.url.clone(),
            model: self.model.clone(),
            api_key_env: self.api_key_env.clone(),
            api: self.api.clone(),
        }
    }
}

impl Flags for StoreArgs {
    fn overrides(&self, _: &LabConfig) -> Result<Vec<Override>, SettingsError> {
        let dir = self.results_dir.as_ref().map(|dir| json!(dir));
        Ok(default_of("results_dir", "--results-dir", dir).into_iter().collect())
    }
}

impl Flags for PromptSetDirArgs {
    fn overrides(&self, _: &LabConfig) -> Result<Vec<Override>, SettingsError> {
        let dir = self.promptset_dir.as_ref().map(|dir| json!(dir));
        Ok(default_of("promptset_dir", "--promptset-dir", dir).into_iter().collect())
    }
}

impl Flags for RescoreArgs {
    fn overrides(&self, below: &LabConfig) -> Result<Vec<Override>, SettingsError> {
        let mut list = self.store.overrides(below)?;
        list.extend(self.promptsets.overrides(below)?);
        Ok(list)
    }
}

impl Flags for MockArgs {
    fn overrides(&self, _: &LabConfig) -> Result<Vec<Override>, SettingsError> {
        let dir = self.promptset_dir.as_ref().map(|dir| json!(dir));
        Ok(default_of("promptset_dir", "--promptset-dir", dir).into_iter().collect())
    }
}

/// Commands whose only configured flag is the folder of the results.
macro_rules! flags_of_store {
    ($($args:ty),+) => {$(
        impl Flags for $args {
            fn overrides(&self, below: &LabConfig) -> Result<Vec<Override>, SettingsError> {
                self.store.overrides(below)
            }
        }
    )+};
}

flags_of_store!(CompareArgs, ReportArgs, ListArgs, ShowArgs, ExportArgs, RecoverArgs, MergeArgs);
