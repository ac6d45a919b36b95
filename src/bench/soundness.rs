//! What would make a result worth nothing, or less than it looks.

use serde_json::Value;

use super::contamination;
use super::plan::BenchPlan;
use super::resume::Past;
use crate::compare::changed_during_run;
use crate::compare::sampling::{Asked, asked_differently};
use crate::load::budget::Budget;
use crate::model::comparison::Comparison;
use crate::model::health::{ClientHealth, HealthStatus};
use crate::model::outcome::Outcome;
use crate::model::record::Side;
use crate::model::result::{RunResult, RunStatus, Sampling, SideInfo};

/// Prompt tokens of the two sides may differ by this share before the templates are called different.
const SAME_TEMPLATE: f64 = 0.001;

/// Why the two sides of one run can't be compared; `sampling` and `config` are the run's.
#[must_use]
pub fn not_comparable(
    candidate: &SideInfo,
    baseline: &SideInfo,
    sampling: &Sampling,
    config: &Value,
) -> Vec<String> {
    let sides = [candidate, baseline];
    let mut reasons: Vec<String> =
        sides.into_iter().flat_map(|side| changed_during_run(&side.endpoint, side)).collect();
    if candidate.simulated != baseline.simulated {
        reasons.push("one side is simulated and the other is not".into());
    }
    if baseline.measured_in.is_none() {
        // What was measured before was asked by another configuration.
        reasons.extend(asked_differently(
            Asked { sampling, config, endpoint: &candidate.endpoint },
            Asked { sampling, config, endpoint: &baseline.endpoint },
        ));
    }
    reasons
}

/// What was found of a baseline that was measured before when it was at hand, which a result alone doesn't tell: the
/// stored comparison.
pub(super) fn found_before(result: &RunResult) -> Option<&Comparison> {
    result.baseline.as_ref()?.measured_in.as_ref()?;
    result.comparison.as_ref()
}

/// Adds what makes two sides incomparable by what was found before.
pub(super) fn extend_by(reasons: &mut Vec<String>, before: Option<&Comparison>) {
    for reason in before.iter().flat_map(|comparison| &comparison.invalid_because) {
        if !reasons.contains(reason) {
            reasons.push(reason.clone());
        }
    }
}

/// Why the client's own measurements count for nothing, where they do.
#[must_use]
pub fn not_trusted(health: &ClientHealth) -> Option<String> {
    (health.status == HealthStatus::Invalid)
        .then(|| format!("the client is not to be trusted: {}", health.reasons.join("; ")))
}

/// What a reader should know before believing a number.
#[must_use]
pub fn warnings(result: &RunResult) -> Vec<String> {
    let mut warnings = Vec::new();
    if result.status == RunStatus::Interrupted {
        warnings.push("interrupted before the end: only part of the prompts was measured".to_owned());
    }
    if let Some(selection) = result.prompt_set.selection.as_ref().filter(|selection| selection.too_long > 0) {
        warnings.push(format!(
            "{} of {} prompts were left out: with their answers they may take more than the {} tokens that `--max-context` allows",
            selection.too_long,
            selection.of_prompts,
            selection.max_context_tokens.unwrap_or_default()
        ));
    }
    if result.baseline.is_none() {
        // With a baseline the comparison says it.
        warnings.extend(changed_during_run(&result.candidate.endpoint, &result.candidate));
    }
    if let Some(ratio) = result.comparison.as_ref().and_then(|c| c.prompt_token_ratio)
        && (ratio - 1.0).abs() > SAME_TEMPLATE
    {
        warnings.push(format!(
            "the candidate's prompts are {ratio:.3} times as many tokens as the baseline's: the servers use different chat templates or tokenizers, so a difference in quality may not be the model's"
        ));
    }
    for side in [Side::Candidate, Side::Baseline] {
        let Some(info) = result.side(side) else { continue };
        let failed = info.summary.failed();
        let resent = resent(result, side);
        if resent > 0 {
            warnings.push(format!(
                "{resent} of {} requests to the {side} were sent twice, because the server closed an idle connection under them; their times count from the second",
                info.summary.attempted
            ));
        }
        warnings.extend(contamination::warnings(result, side));
        if failed > 0 {
            let example = example(result, side);
            warnings.push(format!(
                "{failed} of {} requests to the {side} did not succeed ({}){example}",
                info.summary.attempted,
                classes(info)
            ));
        }
    }
    warnings
}

fn resent(result: &RunResult, side: Side) -> usize {
    let attempts = result.rows.iter().filter_map(|row| row.attempt(side));
    attempts.filter(|attempt| attempt.exchange.resent).count()
}

fn classes(side: &SideInfo) -> String {
    let failed = side.summary.outcomes.iter().filter(|(outcome, _)| !outcome.is_success());
    failed.map(|(outcome, n)| format!("{n} {outcome}")).collect::<Vec<_>>().join(", ")
}

/// How the most requests of a side that failed did so, and what was said of the first of them.
#[must_use]
pub fn most_frequent_failure(result: &RunResult, side: Side) -> Option<(Outcome, Option<&str>)> {
    let summary = &result.side(side)?.summary;
    let failed = summary.outcomes.iter().filter(|(outcome, n)| !outcome.is_success() && **n > 0);
    let (worst, _) = failed.max_by_key(|(_, n)| **n)?;
    let mut attempts = result.rows.iter().filter_map(|row| row.attempt(side));
    let first = attempts.find(|attempt| attempt.exchange.outcome == *worst);
    Some((*worst, first.and_then(|attempt| attempt.exchange.error.as_deref())))
}

/// The same as the end of a sentence.
fn example(result: &RunResult, side: Side) -> String {
    most_frequent_failure(result, side)
        .and_then(|(_, said)| said)
        .map_or_else(String::new, |said| format!("; for example: {said}"))
}

/// Why a run measured nothing that can be relied on: too many requests failed, or the client was
/// not to be trusted. Empty where it did.
#[must_use]
pub fn nothing_valid(result: &RunResult, max_error_rate: f64, allow_invalid_client: bool) -> Vec<String> {
    let mut reasons = Vec::new();
    for side in [Side::Candidate, Side::Baseline] {
        let Some(info) = result.side(side) else { continue };
        // What was given up on an interrupt is no failure of the server's.
        let given_up = info.summary.outcomes.get(&Outcome::Cancelled).copied().unwrap_or(0);
        let attempted = info.summary.attempted - given_up;
        if info.summary.attempted == 0 {
            reasons.push(nothing_attempted(result, side, info));
        }
        let succeeded = info.summary.outcomes.get(&Outcome::Success).copied().unwrap_or(0);
        // An answer without a token is the model's failure and counts in its quality.
        let answered = succeeded + info.summary.outcomes.get(&Outcome::Empty).copied().unwrap_or(0);
        if let Some(rate) = crate::model::units::ratio(attempted - answered, attempted)
            && rate > max_error_rate
        {
            reasons.push(format!(
                "{:.0} % of the requests to the {side}, `{}` at `{}`, failed ({}), more than the {:.0} % that `--max-error-rate` allows{}",
                rate * 100.0,
                info.endpoint,
                info.url,
                classes(info),
                max_error_rate * 100.0,
                example(result, side)
            ));
        }
    }
    if result.baseline.is_none() {
        // With a baseline the comparison says it.
        reasons.extend(changed_during_run(&result.candidate.endpoint, &result.candidate));
    }
    if !allow_invalid_client {
        reasons.extend(not_trusted(&result.client_health));
    }
    reasons
}

/// That another process began the run.
pub(super) fn gone_on_with(past: &Past) -> String {
    let before = past.requests();
    format!("gone on with after an interruption: {before} requests were sent before it, by another process")
}

/// That the plan was not sent to its end, for it would have cost too much.
pub(super) fn stopped_early(budget: &Budget, plan: &BenchPlan) -> Option<String> {
    let most = plan.max_output_tokens_total?;
    budget.is_exhausted().then(|| {
        format!(
            "stopped early: {} output tokens were used, and another request could have passed the {most} that `--max-output-tokens-total` allows",
            budget.spent()
        )
    })
}

fn nothing_attempted(result: &RunResult, side: Side, info: &SideInfo) -> String {
    let blocks = result.blocks.iter().filter(|block| block.side == side);
    let not_counted: u32 = blocks.map(|block| block.not_counted).sum();
    let why = match not_counted {
        0 => String::new(),
        n => format!(
            ": all {n} that were sent fell into the warm-up or cool-down (`--warmup-time`, `--cooldown-time`)"
        ),
    };
    format!("no request to the {side}, `{}` at `{}`, was measured{why}", info.endpoint, info.url)
}
