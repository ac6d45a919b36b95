//! A command's flags with the experiment's values in them, for what the configuration and the commands decide.

use std::collections::BTreeMap;

use super::Variation;
use crate::cli::args::values::KeyValue;
use crate::cli::args::{BenchArgs, LoadArgs, RunArgs, TargetArgs};
use crate::cli::settings::SettingsLoader;
use crate::cli::settings::error::SettingsError;
use crate::cli::settings::source::Source;
use crate::model::workload::WorkloadSpec;

/// Flags that an experiment's fields stand for, where they go on to the configuration.
const FLAGS: [(&str, &str); 16] = [
    ("--endpoint", "endpoint"),
    ("--url", "url"),
    ("--model", "model"),
    ("--api-key-env", "api_key_env"),
    ("--team", "team"),
    ("--baseline", "baseline"),
    ("--baseline-url", "baseline_url"),
    ("--promptset", "workload.name"),
    ("--concurrency", "load.concurrency"),
    ("--repeats", "load.repeats"),
    ("--rounds", "load.rounds"),
    ("--warmup", "load.warmup"),
    ("--temperature", "sampling.temperature"),
    ("--top-p", "sampling.top_p"),
    ("--max-tokens", "sampling.max_tokens"),
    ("--seed", "sampling.seed"),
];

impl Variation {
    /// The flags of `labctl run` with the experiment's values.
    pub fn complete_run(&self, args: &RunArgs) -> Result<RunArgs, SettingsError> {
        let of_bench = [
            ("team", self.experiment.team.is_some()),
            ("compare_baseline", self.experiment.compare_baseline == Some(true)),
            ("baseline", self.experiment.baseline.is_some()),
            ("baseline_url", self.experiment.baseline_url.is_some()),
        ];
        if let Some((field, _)) = of_bench.iter().find(|(_, given)| *given) {
            return Err(SettingsError::Invalid {
                place: self.provenance.get(field).place(),
                path: (*field).to_owned(),
                message: "is for `labctl bench`; `labctl run` measures one endpoint".to_owned(),
            });
        }
        let mut args = args.clone();
        self.complete_target(&mut args.target);
        self.complete_load(&mut args.load);
        args.promptset = self.prompt_set();
        Ok(args)
    }

    /// The flags of `labctl bench` with the experiment's values.
    #[must_use]
    pub fn complete_bench(&self, args: &BenchArgs) -> BenchArgs {
        let mut args = args.clone();
        let from = &self.experiment;
        args.team.clone_from(&from.team);
        args.compare_baseline = from.compare_baseline == Some(true);
        args.baseline.clone_from(&from.baseline);
        args.baseline_url.clone_from(&from.baseline_url);
        self.complete_target(&mut args.target);
        self.complete_load(&mut args.load);
        args.promptset = self.prompt_set();
        args
    }

    /// The loader, knowing which flags stand for values of the experiment's file.
    #[must_use]
    pub fn loader(&self, loader: &SettingsLoader) -> SettingsLoader {
        let of_file = |(flag, path): &(&'static str, &str)| match self.provenance.get(path) {
            source @ Source::File { .. } => Some((*flag, source.clone())),
            _ => None,
        };
        let instead_of_flags: BTreeMap<_, _> = FLAGS.iter().filter_map(of_file).collect();
        SettingsLoader { instead_of_flags, ..loader.clone() }
    }

    fn prompt_set(&self) -> Option<String> {
        match &self.experiment.workload {
            Some(WorkloadSpec::PromptSet { name }) => Some(name.clone()),
            _ => None,
        }
    }

    fn complete_target(&self, target: &mut TargetArgs) {
        let from = &self.experiment;
        target.endpoint.clone_from(&from.endpoint);
        target.url.clone_from(&from.url);
        target.model.clone_from(&from.model);
        target.api_key_env.clone_from(&from.api_key_env);
    }

    fn complete_load(&self, args: &mut LoadArgs) {
        let (load, sampling) = (&self.experiment.load, &self.experiment.sampling);
        args.concurrency = load.concurrency;
        args.requests = load.requests;
        args.repeats = load.repeats;
        args.rounds = load.rounds;
        args.warmup = load.warmup;
        args.temperature = sampling.temperature;
        args.top_p = sampling.top_p;
        args.max_tokens = sampling.max_tokens;
        args.seed = sampling.seed;
        let mut labels = BTreeMap::new();
        labels.extend(self.experiment.name.iter().map(|name| ("experiment".to_owned(), name.clone())));
        labels.extend(self.values.iter().cloned());
        labels.extend(self.experiment.labels.clone());
        args.label = labels.into_iter().map(|(key, value)| KeyValue { key, value }).collect();
    }
}
