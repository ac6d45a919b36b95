//! A run compared with a side that was measured before, a blessed baseline or any saved run, in place of one that runs
//! beside it.
//!
//! The result gets that side's answers beside its own, so that it can be read, judged anew and compared like any other;
//! what they were measured in, and that this was another time, is said wherever it is shown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::compare::comparable::{
    OBJECTIVES_DIFFER, between, incomparable, less_than_whole, objectives_differ, speed_void,
};
use crate::compare::intersect::{item, narrowed};
use crate::compare::{Noise, Options, compare, pair_rows, reading};
use crate::model::baseline::{BlessedBaseline, MeasuredIn};
use crate::model::gate::Gates;
use crate::model::record::{PairKey, Side};
use crate::model::result::{RunResult, SideInfo};
use crate::model::summary::SideSummary;

use super::compared::Compared;
use super::plan::BenchPlan;
use super::soundness;

/// How the warning begins that a result's baseline is of another run.
const NOT_RUN_AGAIN: &str = "the baseline was not run again";

/// A side that was measured before.
#[derive(Debug, Clone)]
pub struct Against {
    /// Its result, of which the candidate is the side that is meant.
    pub result: Arc<RunResult>,
    /// Where it was measured.
    pub measured_in: MeasuredIn,
}

impl Against {
    /// The candidate of a saved run, or the blessed side that it is a copy of.
    #[must_use]
    pub fn of(result: Arc<RunResult>, blessed: Option<&BlessedBaseline>) -> Self {
        let measured_in = match blessed {
            Some(blessed) => MeasuredIn {
                run_id: blessed.run_id.clone(),
                started_at: blessed.measured_at.clone(),
                blessed_as: Some(blessed.name.clone()),
                sha256: Some(blessed.sha256.clone()),
            },
            None => MeasuredIn {
                run_id: result.run_id.clone(),
                started_at: result.started_at.clone(),
                blessed_as: None,
                sha256: None,
            },
        };
        Self { result, measured_in }
    }

    /// What it goes by: the name that it was blessed as, else its run's id.
    #[must_use]
    pub fn name(&self) -> &str {
        self.measured_in.blessed_as.as_deref().unwrap_or(&self.measured_in.run_id)
    }

    /// Why the result of a plan couldn't be compared with it, as far as that is known before anything is sent.
    #[must_use]
    pub fn refuses(&self, plan: &BenchPlan) -> Option<String> {
        let name = self.name();
        let set = &plan.prompt_set.manifest;
        let then = &self.result.prompt_set;
        if plan.sweep.is_some() || plan.find.is_some() {
            return Some(format!(
                "several loads can't be compared with the blessed baseline `{name}`, which is of one"
            ));
        }
        if set.sha256 != then.sha256 {
            return Some(format!(
                "the blessed baseline `{name}` answered `{}` version {}, and this is `{}` version {} with other contents",
                then.name, then.version, set.name, set.version
            ));
        }
        (plan.candidate.endpoint.simulator.is_some() && !self.result.candidate.simulated).then(|| {
            format!("the candidate is the built-in simulator, which can't be compared with `{name}`, a real server")
        })
    }
}

/// How a side that was measured before is put beside a run.
#[derive(Debug, Clone, Default)]
pub struct Joining {
    /// Gates in place of those that the run was held to.
    pub gates: Option<Gates>,
    /// What an A/A run says of the prompts, where one is given.
    pub noise: Option<Noise>,
    /// Whether to compare in spite of what makes it unsound.
    pub force: bool,
    /// Whether both were narrowed to the prompts that both have, so that other prompts are no reason against it.
    pub intersected: bool,
    /// Whether to compare although a client is not to be trusted.
    pub accept_invalid_client: bool,
}

/// A saved run with the baseline in place of any that it had. Several loads, of which each is to be compared with its
/// own, are the caller's to refuse.
#[must_use]
pub fn joined(run: &RunResult, against: &Against, joining: Joining) -> RunResult {
    let mut result = alone(run);
    join(&mut result, against, joining);
    if run.run_id == against.measured_in.run_id {
        result.warnings.insert(0, "a run is compared with itself".to_owned());
    }
    result
}

/// A saved run with the baseline that it was compared with, and that comparison: what is shown of it is what was compared.
#[must_use]
pub fn with_comparison(run: &RunResult, against: &Against, compared: &Compared) -> RunResult {
    let report = &compared.report;
    let kept: Option<BTreeSet<String>> = report
        .intersected
        .as_ref()
        .map(|_| compared.rows.iter().map(|row| item(&row.key.prompt_id).to_owned()).collect());
    let narrow = |run: &RunResult| kept.as_ref().map_or_else(|| run.clone(), |kept| narrowed(run, kept));
    let (result, measured_in) = (Arc::new(narrow(&against.result)), against.measured_in.clone());
    let joining = Joining { force: true, intersected: kept.is_some(), ..Joining::default() };
    let mut joint = joined(&narrow(run), &Against { result, measured_in }, joining);
    for said in &report.warnings {
        if !joint.warnings.contains(said) {
            joint.warnings.push(said.clone());
        }
    }
    joint.comparison = Some(report.comparison.clone());
    joint.readings.clone_from(&report.readings);
    joint
}

/// A run without its baseline and all that was said of that.
fn alone(run: &RunResult) -> RunResult {
    let mut result = run.clone();
    if run.baseline.is_none() {
        return result;
    }
    let of_both = soundness::warnings(run);
    result.baseline = None;
    result.comparison = None;
    result.simulated =
        result.candidate.simulated || result.judge.as_ref().is_some_and(|judge| judge.simulated);
    for row in &mut result.rows {
        row.baseline = None;
    }
    result.rows.retain(|row| row.candidate.is_some());
    result.blocks.retain(|block| block.side == Side::Candidate);
    result.phases.retain(|phase| phase.side != Some(Side::Baseline));
    result.warnings.retain(|said| !of_both.contains(said) && !said.starts_with(NOT_RUN_AGAIN));
    for said in soundness::warnings(&result) {
        if !result.warnings.contains(&said) {
            result.warnings.push(said);
        }
    }
    result
}

/// Puts a side that was measured before beside what was measured, and compares.
pub(super) fn join(result: &mut RunResult, against: &Against, joining: Joining) {
    let Joining { gates, noise, force, intersected, accept_invalid_client } = joining;
    let stored = &*against.result;
    let mut invalid_because = incomparable(stored, result, intersected);
    if !accept_invalid_client {
        invalid_because.extend(soundness::not_trusted(&result.client_health));
        invalid_because.extend(
            soundness::not_trusted(&stored.client_health).map(|reason| format!("baseline: {reason}")),
        );
    }
    let pairs = pair_rows(stored, result);
    let gates = gates.or_else(|| result.held_to.clone()).unwrap_or_default();
    // What they say of the run alone is part of what they say of both.
    result.gates.clear();
    let speed_void_because = speed_void(stored, result);
    let options = Options { seed: result.seed, gates, invalid_because, noise, force, speed_void_because };
    let differ = objectives_differ(stored, result);
    let counted = |summary: &SideSummary| {
        let goodput = summary.goodput.clone().filter(|_| !differ);
        SideSummary { goodput, ..summary.clone() }
    };
    let (ours, theirs) = (counted(&result.candidate.summary), counted(&stored.candidate.summary));
    result.comparison = Some(compare(&pairs, &ours, &theirs, &options));
    // Warnings that the result will have anyway are about itself.
    let MeasuredIn { run_id, started_at, blessed_as, .. } = &against.measured_in;
    let whose = match blessed_as {
        Some(name) => format!("`{name}`, blessed from run `{run_id}` of {started_at}"),
        None => format!("run `{run_id}` of {started_at}"),
    };
    result.warnings.insert(
        0,
        format!(
            "{NOT_RUN_AGAIN}: its answers are those of {whose}, so speed ratios include whatever else changed since"
        ),
    );
    let objectives = differ.then(|| OBJECTIVES_DIFFER.to_owned());
    let said = between(stored, result).into_iter().chain(objectives);
    for said in said.chain(less_than_whole("baseline", stored)) {
        if !result.warnings.contains(&said) {
            result.warnings.push(said);
        }
    }
    let mut twins: BTreeMap<&PairKey, _> =
        stored.rows.iter().filter_map(|row| Some((&row.key, row.candidate.as_ref()?))).collect();
    for row in &mut result.rows {
        row.baseline = twins.remove(&row.key).cloned();
    }
    result.simulated |= stored.simulated;
    let measured_in = Some(against.measured_in.clone());
    result.baseline = Some(SideInfo { measured_in, ..stored.candidate.clone() });
    result.readings = reading::of_result(result, accept_invalid_client);
}
