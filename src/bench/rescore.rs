//! The stored answers of a run judged anew, by the checks as they are now: nothing is asked of the models again.

use std::collections::BTreeSet;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::check::{CheckError, ENGINE_VERSION, Judge};
use crate::client::clock::Clock;
use crate::compare::comparable::{OTHER_CHECKS, OTHER_JUDGES};
use crate::compare::comparison::too_little_judged;
use crate::compare::pass_rates;
use crate::load::bus::Bus;
use crate::metrics::judging::judge_quality;
use crate::metrics::summary::summarise;
use crate::model::comparison::GateResult;
use crate::model::gate::{Gates, PassRateGate};
use crate::model::judgement::Verdict;
use crate::model::prompt::{Prompt, PromptSet};
use crate::model::record::{Row, Side};
use crate::model::result::{RunResult, SideInfo};
use crate::model::team::CostFigures;

use super::assemble::{context, cost, held, hold};
use super::late::{ABOUT_JUDGE, Checked, Surroundings, ask_judge};
use super::plan::JudgeSpec;
use super::soundness;

/// How the warning begins that a rescoring leaves.
const RESCORED: &str = "rescored: ";

/// Why a run can't be rescored.
#[derive(Debug, thiserror::Error)]
pub enum RescoreError {
    /// A sweep or a search.
    #[error("run `{run_id}` is of several loads: only runs of one load can be rescored")]
    SeveralLoads {
        /// The run.
        run_id: String,
    },
    /// No row's prompt is in the set.
    #[error("none of the prompts of run `{run_id}` is in prompt set `{set}`")]
    OtherSet {
        /// The run.
        run_id: String,
        /// The set.
        set: String,
    },
    /// The set's checks are not valid.
    #[error(transparent)]
    Check(#[from] CheckError),
}

/// What the stored answers are judged by.
#[derive(Debug)]
pub struct Rescoring<'a> {
    /// The prompts with the checks that count.
    pub prompt_set: &'a PromptSet,
    /// Who is asked for scores; the stored replies are kept where absent.
    pub judge: Option<&'a JudgeSpec>,
    /// The gates that it is held to; those of the run where absent.
    pub gates: Option<Gates>,
    /// Whether the sides are compared although the client is not to be trusted.
    pub accept_invalid_client: bool,
}

/// A verdict that is another one now.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    /// The prompt.
    pub prompt_id: String,
    /// From 0.
    pub repeat: u32,
    /// Whose answer it is.
    pub side: Side,
    /// As it was.
    pub from: Verdict,
    /// As it is.
    pub to: Verdict,
}

/// What came of it.
#[derive(Debug)]
pub struct Rescored {
    /// The run with its new verdicts, under an id of its own.
    pub result: RunResult,
    /// Which verdicts changed.
    pub changes: Vec<Change>,
    /// Answers that were judged.
    pub judged: usize,
    /// Answers whose prompt is not in the set; they keep their verdicts.
    pub kept: usize,
    /// True where the set is not the one that was sent, byte for byte.
    pub set_differs: bool,
}

/// Judges a run's answers anew. What was measured stays as it is; what follows from verdicts is computed anew.
///
/// # Errors
///
/// Where the run is of several loads, the set has none of its prompts, or the checks are not valid.
pub async fn rescore(
    mut result: RunResult,
    rescoring: Rescoring<'_>,
    clock: Clock,
    bus: &Bus,
    cancel: &CancellationToken,
) -> Result<Rescored, RescoreError> {
    if !result.levels.is_empty() {
        return Err(RescoreError::SeveralLoads { run_id: result.run_id });
    }
    let set = rescoring.prompt_set;
    let asked: BTreeSet<&str> = result.rows.iter().map(|row| row.key.prompt_id.as_str()).collect();
    let both: Vec<Prompt> = set
        .prompts
        .iter()
        .flat_map(|prompt| std::iter::once(prompt.clone()).chain(prompt.swapped_prompt()))
        .filter(|prompt| asked.contains(prompt.id.as_str()))
        .collect();
    if both.is_empty() && !result.rows.is_empty() {
        return Err(RescoreError::OtherSet { run_id: result.run_id, set: set.manifest.name.clone() });
    }
    let compiled = both.iter().map(judge_of).collect::<Result<Vec<_>, _>>()?;
    let checked = Checked::new(both.iter().zip(&compiled));
    let old_warnings = soundness::warnings(&result);
    let still_hold = not_from_verdicts(&result);
    let before = verdicts(&result.rows);
    let kept_rows = result.rows.iter_mut().map(|row| checked.judge(row)).collect::<Vec<_>>();
    let mut warnings: Vec<String> = Vec::new();
    if rescoring.judge.is_some() || !has_replies(&result.rows) {
        let around = Surroundings {
            clock,
            seed: result.seed,
            retry: &result.load.retry.clone(),
            prompt_set: set,
            bus,
            cancel,
        };
        let (info, told) = ask_judge(rescoring.judge, &mut result.rows, &checked, &around).await;
        result.judge = info;
        warnings.extend(told);
    } else {
        let about_judge = |warning: &&String| warning.starts_with(ABOUT_JUDGE);
        warnings.extend(result.warnings.iter().filter(about_judge).cloned());
    }
    let after = verdicts(&result.rows);
    let changes: Vec<Change> = before
        .iter()
        .zip(&after)
        .filter(|(old, new)| old.verdict != new.verdict)
        .map(|(old, new)| Change {
            prompt_id: new.row.clone(),
            repeat: new.repeat,
            side: new.side,
            from: old.verdict,
            to: new.verdict,
        })
        .collect();
    let attempts = |known: bool| -> usize {
        let rows = result.rows.iter().zip(&kept_rows).filter(|(_, is_known)| **is_known == known);
        rows.map(|(row, _)| usize::from(row.candidate.is_some()) + usize::from(row.baseline.is_some())).sum()
    };
    let (judged, kept) = (attempts(true), attempts(false));
    let set_differs = set.manifest.sha256 != result.prompt_set.sha256;
    result.held_to = rescoring.gates.or_else(|| gates_of(&result));
    result.rescored_from = Some(std::mem::replace(&mut result.run_id, Uuid::now_v7().to_string()));
    // What keeps its verdict was judged by whatever judged it then.
    result.client.check_engine = (kept == 0).then_some(ENGINE_VERSION);
    let noise_run = result.comparison.as_ref().and_then(|comparison| comparison.noise_run.clone());
    if let Some(comparison) = &mut result.comparison {
        comparison.invalid_because = still_hold;
        let is_mended = |reason: &String| {
            let by_judge = rescoring.judge.is_some() && reason.starts_with(OTHER_JUDGES);
            kept == 0 && (by_judge || reason.starts_with(OTHER_CHECKS))
        };
        comparison.invalid_because.retain(|reason| !is_mended(reason));
    }
    recompute(&mut result);
    hold(&mut result, None, rescoring.accept_invalid_client);
    let is_said_anew = |warning: &String| {
        warning.starts_with(ABOUT_JUDGE) || warning.starts_with(RESCORED) || old_warnings.contains(warning)
    };
    result.warnings.retain(|warning| !is_said_anew(warning));
    result.warnings.extend(told(&result, set, kept, set_differs));
    result.warnings.extend(noise_run.map(|run| {
        format!(
            "the A/A run `{run}` is not held against the new verdicts: `labctl compare {} --noise {run}` does that",
            result.run_id
        )
    }));
    result.warnings.extend(warnings);
    result.warnings.extend(soundness::warnings(&result));
    Ok(Rescored { result, changes, judged, kept, set_differs })
}

/// Why the sides can't be compared, whatever the verdicts and the client are worth: where the baseline was measured
/// before, nothing else tells that any more.
fn not_from_verdicts(result: &RunResult) -> Vec<String> {
    let (Some(comparison), Some(baseline)) = (soundness::found_before(result), &result.baseline) else {
        return Vec::new();
    };
    let mut said_anew = too_little_judged(&result.rows, &result.candidate.summary, &baseline.summary);
    said_anew.extend(soundness::not_trusted(&result.client_health));
    let mut reasons = comparison.invalid_because.clone();
    reasons.retain(|reason| !said_anew.contains(reason));
    reasons
}

/// The checks of a prompt; what has none is sent for its speed alone.
fn judge_of(prompt: &Prompt) -> Result<Judge, CheckError> {
    if prompt.checks.is_empty() { Ok(Judge::of_nothing()) } else { Judge::new(prompt) }
}

/// The verdict on one answer.
struct Told {
    row: String,
    repeat: u32,
    side: Side,
    verdict: Verdict,
}

fn verdicts(rows: &[Row]) -> Vec<Told> {
    let of_row = |row: &Row| -> Vec<Told> {
        let told = |side| {
            row.attempt(side).map(|attempt| Told {
                row: row.key.prompt_id.clone(),
                repeat: row.key.repeat,
                side,
                verdict: attempt.judgement.verdict,
            })
        };
        [Side::Candidate, Side::Baseline].into_iter().filter_map(told).collect()
    };
    rows.iter().flat_map(of_row).collect()
}

fn has_replies(rows: &[Row]) -> bool {
    let attempts = rows.iter().flat_map(|row| row.candidate.iter().chain(&row.baseline));
    attempts.into_iter().any(|attempt| !attempt.judgement.judge_replies.is_empty())
}

/// What the result says of the rescoring itself.
fn told(result: &RunResult, set: &PromptSet, kept: usize, set_differs: bool) -> Vec<String> {
    let from = result.rescored_from.as_deref().unwrap_or_default();
    let manifest = &set.manifest;
    let mut told = vec![format!(
        "{RESCORED}the answers are those of run `{from}`, judged anew by prompt set `{}` version {}",
        manifest.name, manifest.version
    )];
    if set_differs {
        told.push(format!(
            "{RESCORED}the set is not the one that was sent (version {}): where a prompt's text changed, its new checks judge an answer to the old one",
            result.prompt_set.version
        ));
    }
    if kept > 0 {
        told.push(format!(
            "{RESCORED}{kept} answers keep their verdicts, for their prompts are not in the set any more"
        ));
    }
    told
}

/// The gates that a result was held to. Those of before it kept them follow from what they said.
fn gates_of(result: &RunResult) -> Option<Gates> {
    if result.held_to.is_some() {
        return result.held_to.clone();
    }
    gates_that_said(&result.comparison.as_ref()?.gates)
}

fn gates_that_said(results: &[GateResult]) -> Option<Gates> {
    let mut gates = Gates::default();
    for told in results {
        let (Some(mode), Some(margin_pp)) = (told.mode, told.margin_pp) else { continue };
        let default = PassRateGate::default();
        let gate = PassRateGate { mode, margin_pp, alpha: told.alpha.unwrap_or(default.alpha), ..default };
        match told.name.strip_prefix("pass_rate ") {
            Some("overall") => gates.pass_rate = Some(gate),
            Some(category) => drop(gates.primary.insert(category.to_owned(), gate)),
            None => {}
        }
    }
    (!gates.is_empty()).then_some(gates)
}

/// Computes anew what follows from verdicts.
fn recompute(result: &mut RunResult) {
    let judge_is_simulated = result.judge.as_ref().is_some_and(|judge| judge.simulated);
    let sides_are = result.candidate.simulated || result.baseline.as_ref().is_some_and(|side| side.simulated);
    result.simulated = judge_is_simulated || sides_are;
    let candidate = side(result, Side::Candidate, &result.candidate);
    let baseline = result.baseline.as_ref().map(|info| side(result, Side::Baseline, info));
    result.candidate = candidate;
    result.baseline = baseline;
}

fn side(result: &RunResult, side: Side, info: &SideInfo) -> SideInfo {
    let context = context(&result.load, result.question.as_ref());
    let fresh = summarise(&result.rows, &result.blocks, side, &context, None);
    let mut info = SideInfo {
        pass_rates: pass_rates(&result.rows, side),
        judge_quality: judge_quality(&result.rows, side, result.seed),
        ..info.clone()
    };
    info.summary.verdicts = fresh.verdicts;
    info.summary.groups = fresh.groups;
    // Requests that don't count in anything but rates are not kept in results.
    let is_whole = result.blocks.iter().all(|block| block.not_counted == 0);
    info.summary.goodput = fresh.goodput.filter(|_| is_whole);
    if let Some(rates) = &mut info.summary.throughput {
        let right = fresh.throughput.and_then(|rates| rates.correct_answers_per_s);
        // The rates of several clients are sums, which the rows of all of them don't give again.
        rates.correct_answers_per_s = right.filter(|_| is_whole && result.merged_from.is_empty());
    }
    info.slos = held(result.question.as_ref(), &info);
    if let Some(old) = &info.cost {
        // Only what follows from verdicts is new.
        let fresh = cost(&info, &result.rows, side, &result.config, &context);
        info.cost = fresh.map(|fresh| CostFigures {
            correct_answers_per_gpu_hour: fresh.correct_answers_per_gpu_hour,
            ..old.clone()
        });
    }
    info
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::comparison::{GateKind, GateMode, GateVerdict};

    /// Results of before the gates were kept have them in what they said, their α too.
    #[test]
    fn gates_follow_from_what_they_said() {
        let asked = PassRateGate { mode: GateMode::Prove, margin_pp: 3.0, alpha: 0.2, on_inconclusive: None };
        let told = |name: &str, alpha| GateResult {
            name: format!("pass_rate {name}"),
            mode: Some(asked.mode),
            margin_pp: Some(asked.margin_pp),
            alpha,
            kind: GateKind::PassRate,
            category: None,
            bound: None,
            verdict: GateVerdict::Pass,
            reason: String::new(),
            pairs_to_decide: None,
            on_inconclusive: None,
        };
        let gates = gates_that_said(&[told("overall", Some(0.2)), told("math", None)]).unwrap();
        assert_eq!(gates.pass_rate, Some(asked.clone()));
        assert!((gates.primary["math"].alpha - 0.05).abs() < 1e-12);
    }
}
