//! The flags of `run` and `bench` as the topmost layer of an experiment.

use serde_json::{Value, json};

use crate::cli::args::notation::values;
use crate::cli::args::{BenchArgs, LoadArgs, RunArgs, ShapeArgs, TargetArgs, WorkloadArgs};
use crate::cli::settings::error::SettingsError;
use crate::cli::settings::flags::Override;
use crate::cli::settings::path::FieldPath;
use crate::cli::settings::set_value;
use crate::model::load::{Arrival, LoadAxis};
use crate::model::workload::{CacheMode, WorkloadFormat};

/// Flags that say what an experiment is.
pub trait ExperimentFlags {
    /// What they say of its fields; `below` is what its file says.
    fn overrides(&self, below: &Value) -> Result<Vec<Override>, SettingsError>;
}

impl ExperimentFlags for RunArgs {
    fn overrides(&self, below: &Value) -> Result<Vec<Override>, SettingsError> {
        let mut said = Said::default();
        said.target(&self.target);
        said.load(&self.load);
        said.shape(&self.shape, below)?;
        said.workload(&self.workload, self.promptset.as_deref(), below)?;
        Ok(said.0)
    }
}

impl ExperimentFlags for BenchArgs {
    fn overrides(&self, below: &Value) -> Result<Vec<Override>, SettingsError> {
        let mut said = Said::default();
        said.give("team", "--team", self.team.as_ref());
        said.give("compare_baseline", "--compare-baseline", self.compare_baseline.then_some(true));
        said.give("baseline", "--baseline", self.baseline.as_ref());
        said.give("baseline_url", "--baseline-url", self.baseline_url.as_ref());
        said.target(&self.target);
        said.load(&self.load);
        said.shape(&self.shape, below)?;
        said.workload(&self.workload, self.promptset.as_deref(), below)?;
        Ok(said.0)
    }
}

/// What was said so far.
#[derive(Default)]
struct Said(Vec<Override>);

impl Said {
    fn give<T: serde::Serialize>(&mut self, path: &str, flag: &'static str, value: Option<T>) {
        if let Some(value) = value {
            let path = path.split('.').fold(FieldPath::default(), |path, name| path.join(name));
            self.0.push(Override { path, value: json!(value), flag });
        }
    }

    fn target(&mut self, target: &TargetArgs) {
        self.give("endpoint", "--endpoint", target.endpoint.as_ref());
        self.give("url", "--url", target.url.as_ref());
        self.give("model", "--model", target.model.as_ref());
        self.give("api_key_env", "--api-key-env", target.api_key_env.as_ref());
    }

    fn load(&mut self, load: &LoadArgs) {
        self.give("load.concurrency", "--concurrency", load.concurrency);
        self.give("load.requests", "--requests", load.requests);
        self.give("load.repeats", "--repeats", load.repeats);
        self.give("load.rounds", "--rounds", load.rounds);
        self.give("load.warmup", "--warmup", load.warmup);
        self.give("sampling.temperature", "--temperature", load.temperature);
        self.give("sampling.top_p", "--top-p", load.top_p);
        self.give("sampling.max_tokens", "--max-tokens", load.max_tokens);
        self.give("sampling.seed", "--seed", load.seed);
        for label in &load.label {
            let path = FieldPath::new(["labels", &label.key]);
            self.0.push(Override { path, value: json!(label.value), flag: "--label" });
        }
    }

    fn shape(&mut self, shape: &ShapeArgs, below: &Value) -> Result<(), SettingsError> {
        self.give("load.rate", "--rate", shape.rate);
        self.give("load.arrival", "--arrival", shape.arrival.map(Arrival::from));
        self.give("load.burstiness", "--burstiness", shape.burstiness);
        self.give("load.stages", "--stages", shape.stages.as_ref().map(|stages| &stages.0));
        self.give("load.ramp_up_s", "--ramp-up", shape.ramp_up);
        self.give("load.max_in_flight", "--max-in-flight", shape.max_in_flight);
        self.give("load.batch_size", "--batch", shape.batch);
        self.give("load.duration_s", "--duration", shape.duration);
        self.give("load.warmup_s", "--warmup-time", shape.warmup_time);
        self.give("load.cooldown_s", "--cooldown-time", shape.cooldown_time);
        self.give("load.grace_s", "--grace", shape.grace);
        let all_levels = shape.no_stop_past_saturation.then_some(false);
        self.give("load.stop_past_saturation", "--no-stop-past-saturation", all_levels);
        self.give("load.retry.statuses", "--retry", shape.retry.as_ref().map(|statuses| &statuses.0));
        self.give("load.retry.attempts", "--retry-attempts", shape.retry_attempts);
        let most = shape.max_output_tokens_total;
        self.give("load.max_output_tokens_total", "--max-output-tokens-total", most);
        self.find(shape, below)?;
        let slos = (!shape.slo.is_empty()).then_some(&shape.slo);
        self.give("slos", "--slo", slos);
        for sweep in &shape.sweep {
            let list = if super::variations::AXES.contains(&sweep.field.as_str()) {
                json!(
                    values(&sweep.values)
                        .map_err(|error| SettingsError::Target(format!("--sweep: {error}")))?
                )
            } else {
                let path = FieldPath::parse(&sweep.field)
                    .map_err(|error| SettingsError::Target(format!("--sweep: {error}")))?;
                let schema = super::schema();
                let one = |text: &str| set_value(&schema, &path, text.trim());
                Value::Array(sweep.values.split(',').map(one).collect::<Result<_, _>>()?)
            };
            let path = FieldPath::new(["sweep", &sweep.field]);
            self.0.push(Override { path, value: list, flag: "--sweep" });
        }
        Ok(())
    }

    fn find(&mut self, shape: &ShapeArgs, below: &Value) -> Result<(), SettingsError> {
        let bounds = [
            ("find.from", "--find-from", shape.find_from),
            ("find.to", "--find-to", shape.find_to),
            ("find.resolution", "--find-resolution", shape.find_resolution),
        ];
        self.give("find.axis", "--find", shape.find.map(LoadAxis::from));
        for (path, flag, value) in bounds {
            if value.is_some() && shape.find.is_none() && below.get("find").is_none() {
                return Err(SettingsError::Target(format!("`{flag}` bounds a search: give `--find` too")));
            }
            self.give(path, flag, value);
        }
        Ok(())
    }

    fn workload(
        &mut self,
        flags: &WorkloadArgs,
        prompt_set: Option<&str>,
        below: &Value,
    ) -> Result<(), SettingsError> {
        let made_up = [
            ("--input-tokens", flags.input_tokens.is_some()),
            ("--prompts", flags.prompts.is_some()),
            ("--shared-prefix", flags.shared_prefix.is_some()),
            ("--turns", flags.turns.is_some()),
            ("--think-time", flags.think_time.is_some()),
        ];
        let made_up = made_up.iter().find(|(_, given)| *given).map(|(flag, _)| *flag);
        let of_file = [
            ("--workload", flags.workload.is_some()),
            ("--workload-format", flags.workload_format.is_some()),
            ("--workload-limit", flags.workload_limit.is_some()),
        ];
        let of_file = of_file.iter().find(|(_, given)| *given).map(|(flag, _)| *flag);
        // A file's answers may have their length from a flag too.
        let length_of_file = of_file.is_some() || below["workload"]["type"] == "file";
        let made_up = made_up
            .or_else(|| (flags.output_tokens.is_some() && !length_of_file).then_some("--output-tokens"));
        let several: Vec<&str> =
            [prompt_set.map(|_| "--promptset"), made_up, of_file].into_iter().flatten().collect();
        if let [one, other, ..] = several[..] {
            return Err(SettingsError::Target(format!(
                "`{one}` and `{other}` are of different workloads: keep one of them"
            )));
        }
        if let Some(name) = prompt_set {
            self.give("workload.type", "--promptset", Some("prompt_set"));
            self.give("workload.name", "--promptset", Some(name));
        }
        if let Some(flag) = made_up {
            self.give("workload.type", flag, Some("synthetic"));
        }
        if let Some(flag) = of_file {
            self.give("workload.type", flag, Some("file"));
        }
        self.give("workload.input_tokens", "--input-tokens", flags.input_tokens.as_ref());
        self.give("workload.output_tokens", "--output-tokens", flags.output_tokens.as_ref());
        self.give("workload.prompts", "--prompts", flags.prompts);
        self.give("workload.shared_prefix", "--shared-prefix", flags.shared_prefix.as_ref());
        self.give("workload.conversation.turns", "--turns", flags.turns.as_ref());
        self.give("workload.conversation.think_time_s", "--think-time", flags.think_time);
        self.give("workload.file", "--workload", flags.workload.as_ref());
        self.give("workload.format", "--workload-format", flags.workload_format.map(WorkloadFormat::from));
        self.give("workload.limit", "--workload-limit", flags.workload_limit);
        self.give("load.speed", "--trace-speed", flags.trace_speed);
        self.give("workload_options.exact_output", "--exact-output", flags.exact_output.then_some(true));
        self.give("workload_options.tokenizer_file", "--tokenizer", flags.tokenizer.as_ref());
        self.give("workload_options.cache", "--cache", flags.cache.map(CacheMode::from));
        self.give("workload_options.models", "--models", flags.models.as_ref().map(|models| &models.0));
        self.give("salt", "--salt", flags.salt.as_ref());
        Ok(())
    }
}
