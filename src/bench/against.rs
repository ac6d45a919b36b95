//! A run compared with a side that was measured before, a blessed baseline, in place of one that runs beside it.
//!
//! The result gets that side's answers beside its own, so that it can be read, judged anew and compared like any other;
//! what they were measured in, and that this was another time, is said wherever it is shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::compare::comparable::{between, incomparable, less_than_whole, speed_void};
use crate::compare::{Noise, Options, compare, pair_rows, reading};
use crate::model::baseline::MeasuredIn;
use crate::model::record::PairKey;
use crate::model::result::{RunResult, SideInfo};

use super::plan::BenchPlan;
use super::soundness;

/// A blessed baseline.
#[derive(Debug, Clone)]
pub struct Against {
    /// Its result, of which the candidate is the blessed side.
    pub result: Arc<RunResult>,
    /// Where it was measured.
    pub measured_in: MeasuredIn,
}

impl Against {
    /// Why the result of a plan couldn't be compared with it, as far as that is known before anything is sent.
    #[must_use]
    pub fn refuses(&self, plan: &BenchPlan) -> Option<String> {
        let name = &self.measured_in.blessed_as;
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

/// Puts a blessed baseline beside what was measured, and compares, beside what an A/A run says.
pub(super) fn join(
    result: &mut RunResult,
    against: &Against,
    noise: Option<Noise>,
    accept_invalid_client: bool,
) {
    let stored = &*against.result;
    let mut invalid_because = incomparable(stored, result, false);
    if !accept_invalid_client {
        invalid_because.extend(soundness::not_trusted(&result.client_health));
    }
    let pairs = pair_rows(stored, result);
    let gates = result.held_to.clone().unwrap_or_default();
    // What they say of the run alone is part of what they say of both.
    result.gates.clear();
    let speed_void_because = speed_void(stored, result);
    let options =
        Options { seed: result.seed, gates, invalid_because, noise, force: false, speed_void_because };
    result.comparison = Some(compare(&pairs, &result.candidate.summary, &stored.candidate.summary, &options));
    // Warnings that the result will have anyway are about itself.
    let MeasuredIn { run_id, started_at, blessed_as, .. } = &against.measured_in;
    result.warnings.insert(
        0,
        format!(
            "the baseline was not run again: its answers are those of `{blessed_as}`, blessed from run `{run_id}` of {started_at}, so speed ratios include whatever else changed since"
        ),
    );
    result.warnings.extend(between(stored, result));
    result.warnings.extend(less_than_whole("baseline", stored));
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
