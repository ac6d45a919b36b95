//! Who is measured: the candidate, its baseline and the prompt sets that a command's flags pick.

use super::Settings;
use super::error::{SettingsError, nearest};
use super::flags::{BASELINE_URL_ENDPOINT, JUDGE_URL_ENDPOINT, URL_ENDPOINT};
use super::source::Source;
use super::validate::validate;
use crate::cli::args::{BenchArgs, DoctorArgs, JudgeArgs, RunArgs, TargetArgs};
use crate::model::config::{Endpoint, LabConfig, Team};

/// One side of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The endpoint's name; `url` or `baseline-url` where a flag made it.
    pub name: String,
    /// The endpoint, flags included.
    pub endpoint: Endpoint,
}

/// Everything that the flags of `bench` or `run` pick.
#[derive(Debug, Clone, PartialEq)]
pub struct Targets {
    /// The team, for a bench with `--team`.
    pub team: Option<String>,
    /// The variant in question.
    pub candidate: Target,
    /// What it is measured against, where asked for.
    pub baseline: Option<Target>,
    /// The prompt set to use, where one was named: by a flag, or as the team's first.
    pub prompt_set: Option<String>,
}

/// When the built-in simulator may stand in for a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SimulatorRule {
    /// `--simulate`: it may, always.
    pub simulate: bool,
    /// `--ci`, or `CI=true` in the environment.
    pub ci: bool,
    /// A gate decides on the result.
    pub gates: bool,
}

/// The endpoint that flags pick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) name: String,
}

pub(super) fn candidate_choice(args: &BenchArgs, config: &LabConfig) -> Result<Choice, SettingsError> {
    let team = args.team.as_deref().map(|name| find_team(name, config)).transpose()?;
    if args.aa && has_baseline(args, team) {
        return baseline_choice(args, config);
    }
    match (&args.target.endpoint, team) {
        (Some(name), _) => find_endpoint(name, config),
        (None, Some(team)) => find_endpoint(&team.endpoint, config),
        (None, None) if args.target.url.is_some() => Ok(Choice { name: URL_ENDPOINT.to_owned() }),
        (None, None) => Err(SettingsError::Target(format!(
            "say what to bench: `--team`{}, `--endpoint` or `--url`",
            teams(config)
        ))),
    }
}

/// Whether flags or the team say what the baseline is.
fn has_baseline(args: &BenchArgs, team: Option<&Team>) -> bool {
    args.names_baseline() || team.is_some_and(|team| team.baseline.is_some())
}

/// The baseline that is run as well, where one is; `--aa` without one runs the candidate against itself.
pub(super) fn compared_choice(args: &BenchArgs, config: &LabConfig) -> Result<Option<Choice>, SettingsError> {
    let team = args.team.as_deref().map(|name| find_team(name, config)).transpose()?;
    let is_itself = args.aa && !has_baseline(args, team);
    (args.wants_baseline() && !is_itself).then(|| baseline_choice(args, config)).transpose()
}

fn baseline_choice(args: &BenchArgs, config: &LabConfig) -> Result<Choice, SettingsError> {
    if let Some(name) = &args.baseline {
        return find_endpoint(name, config);
    }
    if let Some(name) = &args.team
        && let Some(baseline) = &find_team(name, config)?.baseline
    {
        return find_endpoint(baseline, config);
    }
    if args.baseline_url.is_some() {
        return Ok(Choice { name: BASELINE_URL_ENDPOINT.to_owned() });
    }
    let whose = args.team.as_ref().map_or_else(String::new, |name| format!("team `{name}` has none: "));
    Err(SettingsError::Target(format!(
        "no baseline to compare with: {whose}give `--baseline` or `--baseline-url`"
    )))
}

pub(super) fn run_choice(target: &TargetArgs, config: &LabConfig) -> Result<Choice, SettingsError> {
    match (&target.endpoint, &target.url) {
        (Some(name), _) => find_endpoint(name, config),
        (None, Some(_)) => Ok(Choice { name: URL_ENDPOINT.to_owned() }),
        (None, None) => {
            let names: Vec<&str> = config.endpoints.keys().map(String::as_str).collect();
            Err(SettingsError::Target(format!(
                "say where the load goes: `--url`, or `--endpoint` with one of `{}`",
                names.join("`, `")
            )))
        }
    }
}

fn teams(config: &LabConfig) -> String {
    let names: Vec<&str> = config.teams.keys().map(String::as_str).collect();
    if names.is_empty() { String::new() } else { format!(" with one of `{}`", names.join("`, `")) }
}

fn find_team<'a>(name: &str, config: &'a LabConfig) -> Result<&'a Team, SettingsError> {
    config.teams.get(name).ok_or_else(|| unknown("team", name, config.teams.keys()))
}

fn find_endpoint(name: &str, config: &LabConfig) -> Result<Choice, SettingsError> {
    if config.endpoints.contains_key(name) {
        Ok(Choice { name: name.to_owned() })
    } else {
        Err(unknown("endpoint", name, config.endpoints.keys()))
    }
}

fn unknown<'a>(what: &'static str, name: &str, known: impl Iterator<Item = &'a String>) -> SettingsError {
    let known: Vec<String> = known.cloned().collect();
    let nearest = nearest(name, known.iter().map(String::as_str));
    SettingsError::Unknown { what, name: name.to_owned(), nearest, known }
}

impl Targets {
    /// The prompt set that a bench must have.
    pub fn required_prompt_set(&self) -> Result<&str, SettingsError> {
        self.prompt_set.as_deref().ok_or_else(|| {
            let whose =
                self.team.as_ref().map_or_else(String::new, |name| format!(": team `{name}` has none"));
            SettingsError::Target(format!("say which prompt set with `--promptset`{whose}"))
        })
    }
}

impl Settings {
    /// What a bench with these flags measures. The settings must have been loaded with the same flags.
    pub fn bench_targets(&self, args: &BenchArgs, rule: SimulatorRule) -> Result<Targets, SettingsError> {
        let team = args.team.as_deref().map(|name| find_team(name, &self.config)).transpose()?;
        let candidate = self.target(candidate_choice(args, &self.config)?)?;
        let baseline = if args.aa {
            Some(candidate.clone())
        } else if args.wants_baseline() {
            Some(self.target(baseline_choice(args, &self.config)?)?)
        } else {
            None
        };
        let own = team.and_then(|team| team.prompt_sets.first());
        let prompt_set = args.promptset.as_ref().or(own).cloned();
        let targets = Targets { team: args.team.clone(), candidate, baseline, prompt_set };
        self.permit(&targets, rule)?;
        Ok(targets)
    }

    /// What a run with these flags measures. The settings must have been loaded with the same flags.
    pub fn run_targets(&self, args: &RunArgs, rule: SimulatorRule) -> Result<Targets, SettingsError> {
        let candidate = self.target(run_choice(&args.target, &self.config)?)?;
        let targets = Targets { team: None, candidate, baseline: None, prompt_set: args.promptset.clone() };
        self.permit(&targets, rule)?;
        Ok(targets)
    }

    /// What the doctor looks at: the endpoint that the flags pick, or all of them.
    pub fn doctor_targets(&self, args: &DoctorArgs) -> Result<Vec<Target>, SettingsError> {
        let target = args.target();
        if target.url.is_some() || target.endpoint.is_some() {
            return Ok(vec![self.target(run_choice(&target, &self.config)?)?]);
        }
        Ok(self
            .config
            .endpoints
            .iter()
            .map(|(name, endpoint)| Target { name: name.clone(), endpoint: endpoint.clone() })
            .collect())
    }

    /// The judge that flags pick. A simulated one is `speed` times as fast as configured. `of_simulator` says whether the
    /// answers that it scores are a simulator's.
    pub fn judge_target(
        &self,
        args: &JudgeArgs,
        of_simulator: bool,
        rule: SimulatorRule,
        speed: Option<f64>,
    ) -> Result<Option<Target>, SettingsError> {
        let Some(judge) = &args.judge_endpoint else { return Ok(None) };
        let mut target = if judge.contains("://") {
            let endpoint = Endpoint { url: Some(judge.clone()), ..Endpoint::default() };
            Target { name: JUDGE_URL_ENDPOINT.to_owned(), endpoint }
        } else {
            self.target(find_endpoint(judge, &self.config)?)?
        };
        let endpoint = &mut target.endpoint;
        if args.judge_model.is_some() {
            endpoint.model.clone_from(&args.judge_model);
        }
        if args.judge_api_key_env.is_some() {
            endpoint.api_key_env.clone_from(&args.judge_api_key_env);
            endpoint.api_key_file = None;
        }
        if let (Some(simulator), Some(factor)) = (&mut endpoint.simulator, speed) {
            simulator.speed *= factor;
        }
        let mut config = self.config.clone();
        config.endpoints.insert(target.name.clone(), target.endpoint.clone());
        validate(&config, &self.provenance)?;
        let stands_in = self.stands_in(&target);
        if stands_in && !of_simulator {
            return Err(SettingsError::Target(
                "the judge is still the built-in simulator, whose scores of a server's answers say nothing: give `--judge-endpoint` a URL".to_owned(),
            ));
        }
        if stands_in {
            Self::permit_stand_in(rule)?;
        }
        Ok(Some(target))
    }

    fn target(&self, choice: Choice) -> Result<Target, SettingsError> {
        match self.config.endpoints.get(&choice.name) {
            Some(endpoint) => Ok(Target { name: choice.name, endpoint: endpoint.clone() }),
            None => Err(unknown("endpoint", &choice.name, self.config.endpoints.keys())),
        }
    }

    /// A simulator never passes for a model by accident: the one that merely stands in for a missing configuration
    /// needs `--simulate` where a pipeline or a gate relies on the result, and is never compared with a real server.
    fn permit(&self, targets: &Targets, rule: SimulatorRule) -> Result<(), SettingsError> {
        let candidate = self.stands_in(&targets.candidate);
        let baseline = targets.baseline.as_ref().map(|target| self.stands_in(target));
        if let Some(baseline_stands_in) = baseline
            && candidate != baseline_stands_in
        {
            let (side, flag) =
                if candidate { ("candidate", "--url") } else { ("baseline", "--baseline-url") };
            return Err(SettingsError::Target(format!(
                "the {side} is still the built-in simulator, which can't be compared with a server: give `{flag}` too"
            )));
        }
        if candidate || baseline == Some(true) { Self::permit_stand_in(rule) } else { Ok(()) }
    }

    /// Whether the simulator merely stands in for an endpoint that nobody configured.
    fn stands_in(&self, target: &Target) -> bool {
        let path = format!("endpoints.{}.simulator", target.name);
        target.endpoint.simulator.is_some() && self.provenance.get(&path) == &Source::ReferenceLab
    }

    fn permit_stand_in(rule: SimulatorRule) -> Result<(), SettingsError> {
        match (rule.ci, rule.gates) {
            _ if rule.simulate => Ok(()),
            (true, _) => Err(SettingsError::NotConfigured { because: "this is continuous integration" }),
            (false, true) => Err(SettingsError::NotConfigured { because: "a gate is asked for" }),
            (false, false) => Ok(()),
        }
    }
}
