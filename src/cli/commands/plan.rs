//! The plan of a run: settings, targets and experiment put together, with what is to be sent.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::bench::plan::{BenchPlan, JudgeSpec, SideSpec};
use crate::bench::resume::Earlier;
use crate::cli::command_line;
use crate::cli::commands::expected::Expected;
use crate::cli::commands::measure::Measure;
use crate::cli::commands::{definitions, failure, gates, noise, rescore};
use crate::cli::error::CliError;
use crate::cli::settings::experiment::loading::Loading;
use crate::cli::settings::{self, Source, Target};
use crate::compare::noise::Terms;
use crate::model::config::TransportChoice;
use crate::model::experiment::LoadType;
use crate::model::gate::Gates;
use crate::model::load::Start;
use crate::model::prompt::{Manifest, Prompt, PromptSet};
use crate::model::result::{RunKind, Sampling};
use crate::model::workload::{WorkloadOptions, WorkloadSpec};
use crate::promptset;
use crate::results::store::Store;
use crate::workload::{self, Context, Workload};

/// The prompt set of a `run` that names none.
const RUN_PROMPT_SET: &str = "canary";

impl Measure<'_> {
    /// Settles what is to be done; nothing is sent.
    pub(super) fn plan(&self) -> Result<BenchPlan, CliError> {
        definitions::check(&self.load)?;
        let defaults = &self.settings.config.defaults;
        let experiment = &self.variation.experiment;
        let (prompt_set, workload) = self.what_is_sent()?;
        let has_trace = workload.as_ref().is_some_and(|workload| workload.starts_s.is_some());
        let loading = Loading::of(experiment, defaults.concurrency, has_trace);
        self.check_workload(&loading, workload.as_ref())?;
        let baseline = self.targets.baseline.as_ref();
        let gates = self.gates(&prompt_set, baseline.is_some() || self.against.is_some())?;
        // Both sides are timed alike: where one needs a proxy, which only the portable transport knows, both do.
        let proxied = |target: &Target| target.endpoint.proxy.is_some();
        let transport = match defaults.transport {
            TransportChoice::Auto if proxied(&self.targets.candidate) || baseline.is_some_and(proxied) => {
                TransportChoice::Reqwest
            }
            chosen => chosen,
        };
        let sampling = Sampling {
            temperature: defaults.temperature,
            top_p: defaults.top_p,
            seed: defaults.seed,
            max_tokens: defaults.max_tokens,
        };
        let terms = Terms {
            prompt_set_sha256: &prompt_set.manifest.sha256,
            sampling: &sampling,
            simulated: self.targets.candidate.endpoint.simulator.is_some(),
        };
        let candidate = side(&self.targets.candidate, transport)?;
        let baseline = baseline.map(|target| side(target, transport)).transpose()?;
        let judge = self.judge(&loading)?;
        let sides = std::iter::once(&candidate).chain(&baseline).chain(judge.iter().map(|judge| &judge.side));
        let command_line = Some(self.context.command_line(sides));
        let noise = noise::load(self.noise.as_ref(), &Store::new(&defaults.results_dir), &terms)?;
        let plan = BenchPlan {
            kind: self.kind,
            team: self.targets.team.clone(),
            labels: command_line::labels(&self.load.label),
            prompt_set,
            candidate,
            baseline,
            against: self.against.clone(),
            judge,
            reference_log_probs: self.reference_log_probs(&loading)?,
            workload,
            concurrency: loading.concurrency,
            profile: loading.profile,
            sweep: loading.sweep,
            find: loading.find,
            slos: self.variation.slos.clone(),
            retry: loading.retry,
            max_output_tokens_total: experiment.load.max_output_tokens_total,
            requests: self.load.requests.map(u64::from),
            repeats: defaults.repeats,
            rounds: defaults.rounds,
            block_size: self.block_size,
            warmup: defaults.warmup,
            sampling,
            seed: defaults.seed,
            trace: defaults.trace,
            gates,
            noise,
            accept_invalid_client: self.load.allow_invalid_client,
            results_dir: defaults.results_dir.clone(),
            state_dir: self.context.state_dir(),
            config: settings::masked(&self.settings.config),
            command_line,
        };
        match plan.against.as_ref().and_then(|against| against.refuses(&plan)) {
            Some(reason) => Err(CliError::not_measured(reason)),
            None => Ok(plan),
        }
    }

    /// The prompts, and the workload where more is asked than to send a prompt set as it is.
    fn what_is_sent(&self) -> Result<(PromptSet, Option<Workload>), CliError> {
        let defaults = &self.settings.config.defaults;
        let experiment = &self.variation.experiment;
        let spec = match &experiment.workload {
            Some(spec) => spec.clone(),
            None => WorkloadSpec::PromptSet {
                name: match self.kind {
                    RunKind::Bench => self.targets.required_prompt_set()?.to_owned(),
                    RunKind::Run => self.targets.prompt_set.as_deref().unwrap_or(RUN_PROMPT_SET).to_owned(),
                },
            },
        };
        let set = match &spec {
            WorkloadSpec::PromptSet { name } => Some(
                self.chosen(
                    promptset::load(name, &defaults.promptset_dir)
                        .map_err(|error| CliError::usage(error.to_string()))?,
                )?,
            ),
            WorkloadSpec::Synthetic(_) | WorkloadSpec::File { .. } => {
                if self.selection.is_some() {
                    return Err(CliError::usage("only the prompts of a prompt set can be chosen from")
                        .with_hint("leave out `--categories`, `--tags`, `--skip-tags`, `--max-context` and `--sample`"));
                }
                None
            }
        };
        let set = match set {
            Some(set) if self.swap => Some(self.with_swapped(set)),
            set => set,
        };
        if let Some(set) = &set
            && experiment.workload_options == WorkloadOptions::default()
        {
            return Ok((set.clone(), None));
        }
        if self.swap {
            return Err(CliError::usage(
                "`--swap` sends a prompt set as it is, without options of a workload",
            )
            .with_hint("leave out `--swap`, or the options of the workload"));
        }
        // What is made up may need to know how much of it is sent; moments of a trace don't change that.
        let loading = Loading::of(experiment, defaults.concurrency, false);
        let salt = match &experiment.salt {
            Some(salt) => salt.clone(),
            None => self.earlier_salt()?.unwrap_or_else(fresh_salt),
        };
        let context = Context {
            requests: Expected::planned_requests(&loading, self.load.requests.map(u64::from)),
            seed: defaults.seed,
            salt: &salt,
            promptset_dir: &defaults.promptset_dir,
            prompt_set: set.as_ref(),
        };
        let workload = workload::build(&spec, &experiment.workload_options, &context)
            .map_err(|error| CliError::from_error(crate::cli::error::ErrorKind::Usage, error))?;
        for warning in &workload.warnings {
            self.context.ui.warn(warning);
        }
        let set = set.unwrap_or_else(|| prompt_set_of(&workload, &spec));
        Ok((set, Some(workload)))
    }

    /// The prompts that are asked for, sampled as flags and configuration say where they do.
    fn chosen(&self, mut set: PromptSet) -> Result<PromptSet, CliError> {
        let defaults = &self.settings.config.defaults;
        if let Some(selection) = &self.selection {
            set = workload::select(&set, selection, defaults.seed)
                .map_err(|error| CliError::usage(error.to_string()))?;
        }
        let is_said = |field: &str| self.settings.provenance.get(field) != &Source::Default;
        for prompt in &mut set.prompts {
            if is_said("defaults.temperature") {
                prompt.sampling.temperature = None;
            }
            if is_said("defaults.top_p") {
                prompt.sampling.top_p = None;
            }
        }
        Ok(set)
    }

    /// The set with each prompt that has two responses in both orders.
    fn with_swapped(&self, mut set: PromptSet) -> PromptSet {
        let as_written = set.prompts.len();
        let both = |prompt: Prompt| {
            let other = prompt.swapped_prompt();
            std::iter::once(prompt).chain(other)
        };
        set.prompts = set.prompts.into_iter().flat_map(both).collect();
        if set.prompts.len() == as_written {
            self.context.ui.warn(&format!(
                "`--swap` changes nothing: no prompt of set `{}` has two responses to be compared",
                set.manifest.name
            ));
        }
        set
    }

    /// The gates that are asked for, as they apply to what is sent.
    fn gates(&self, set: &PromptSet, has_baseline: bool) -> Result<Gates, CliError> {
        let config = Some(&self.settings.config);
        match gates::asked(&self.gate, self.targets.team.as_deref(), config, self.context)? {
            Some(gates) => {
                let categories = set.prompts.iter().map(|prompt| prompt.category.as_str()).collect();
                gates::applied(&gates, &categories, has_baseline)
            }
            None => Ok(Gates::default()),
        }
    }

    /// The judge, where one is asked for and can be.
    fn judge(&self, loading: &Loading) -> Result<Option<JudgeSpec>, CliError> {
        let Some((target, args)) = &self.judge else { return Ok(None) };
        if loading.sweep.is_some() || loading.find.is_some() {
            return Err(CliError::usage(
                "`--judge-endpoint` goes with one load, not with a sweep or a search",
            )
            .with_hint("leave it out here, and bench at one load with it"));
        }
        rescore::judge_spec(target, args).map(Some)
    }

    /// Whether the references' log-probabilities are asked for and can be.
    fn reference_log_probs(&self, loading: &Loading) -> Result<bool, CliError> {
        if self.reference_log_probs && (loading.sweep.is_some() || loading.find.is_some()) {
            return Err(CliError::usage(
                "`--reference-logprobs` goes with one load, not with a sweep or a search",
            )
            .with_hint("leave it out here, and bench at one load with it"));
        }
        Ok(self.reference_log_probs)
    }

    /// The salt of the run that is gone on with: the same bytes are to be sent.
    fn earlier_salt(&self) -> Result<Option<String>, CliError> {
        let Some(selector) = &self.resume else { return Ok(None) };
        let store = Store::new(&self.settings.config.defaults.results_dir);
        let earlier = Earlier::read(&store, selector).map_err(failure::of_resuming)?;
        Ok(earlier.header.workload.and_then(|workload| workload.salt))
    }

    /// What only the workload itself can tell to be impossible.
    fn check_workload(&self, loading: &Loading, workload: Option<&Workload>) -> Result<(), CliError> {
        let has_starts = workload.is_some_and(|workload| workload.starts_s.is_some());
        if matches!(loading.profile.start, Start::Trace { .. }) && !has_starts {
            return Err(CliError::usage("the workload has no recorded moments that could be replayed")
                .with_hint("give a trace (Mooncake, Azure, BurstGPT, or a result of labctl), or `--rate` or `--concurrency` in place of `--trace-speed`"));
        }
        let recorded = workload.and_then(|workload| workload.starts_s.as_ref()).map(Vec::len);
        if matches!(loading.profile.start, Start::Trace { .. })
            && let (Some(requests), Some(recorded)) = (self.load.requests, recorded)
            && requests as usize > recorded
        {
            return Err(CliError::usage(format!(
                "the trace has {recorded} requests, and `--requests` asks for {requests}"
            ))
            .with_hint(
                "ask for fewer, or give `--rate` or `--concurrency`, under which prompts are sent again",
            ));
        }
        let has_turns = workload.is_some_and(|workload| workload.sequences.iter().any(|one| one.turns > 1));
        if self.variation.experiment.load.kind == Some(LoadType::MultiTurn) && !has_turns {
            return Err(CliError::usage("`load.type: multi_turn` needs a workload with conversations")
                .with_hint("give `workload.conversation` (`--turns`), or a file of conversations"));
        }
        Ok(())
    }
}

pub(super) fn side(target: &Target, transport: TransportChoice) -> Result<SideSpec, CliError> {
    let key = settings::api_key(&target.endpoint)?;
    Ok(SideSpec { name: target.name.clone(), endpoint: target.endpoint.clone(), key, transport })
}

/// Eight hexadecimal digits that no other run has but by chance.
fn fresh_salt() -> String {
    // The last 62 bits of a UUID of version 7 are random.
    format!("{:08x}", Uuid::now_v7().as_u128() & u128::from(u32::MAX))
}

/// A workload's prompts as a set, for results and reports, which speak of prompt sets.
fn prompt_set_of(workload: &Workload, spec: &WorkloadSpec) -> PromptSet {
    let prompts: Vec<Prompt> = workload.prompts.iter().map(|work| work.prompt.clone()).collect();
    let (name, origin) = match spec {
        WorkloadSpec::File { file, .. } => {
            let stem = file.file_stem().unwrap_or(file.as_os_str());
            (stem.to_string_lossy().into_owned(), file.display().to_string())
        }
        WorkloadSpec::Synthetic(_) | WorkloadSpec::PromptSet { .. } => {
            ("synthetic".to_owned(), "made up".to_owned())
        }
    };
    let sha256 = workload.info.sha256.clone().unwrap_or_else(|| {
        let mut hash = Sha256::new();
        for prompt in &prompts {
            hash.update(prompt.prompt.as_bytes());
            hash.update([0]);
        }
        hash.finalize().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    });
    PromptSet {
        manifest: Manifest {
            name,
            version: 1,
            description: "Prompts of a workload without checks.".to_owned(),
            team: "any".to_owned(),
            categories: workload.info.categories.clone(),
            calibrated: false,
            sha256,
        },
        prompts,
        origin,
        selection: None,
    }
}
