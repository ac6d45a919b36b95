//! What gates say of a comparison, or of one side by itself.
//!
//! `pass_rate` holds the table of modes, `family` the categories that are judged together, `own` what needs no baseline
//! (floors, errors, objectives), `speed` the ratios, `preset` the gates shipped for a kind of team, `words` how
//! reasons write numbers. Speed never offsets quality: each gate stands for itself, and the worst one counts.

mod family;
mod own;
mod pass_rate;
mod preset;
mod speed;
mod words;

use std::collections::BTreeSet;

use crate::model::comparison::{Comparison, GateKind, GateResult, GateVerdict, PairedPassRate};
use crate::model::gate::{Gates, OnInconclusive, PassRateGate};
use crate::model::record::Row;
use crate::model::summary::SideSummary;

pub use pass_rate::Gate;
pub use preset::{DEFAULT_MARGIN_PP, preset, resolved};

use pass_rate::Decision;

/// Gates that can't be evaluated on one side alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} needs a baseline, and the run has none", .0.join(", "))]
pub struct NeedsBaseline(pub Vec<String>);

/// The gates that need a baseline, by what they are on.
#[must_use]
pub fn needing_baseline(gates: &Gates) -> Vec<String> {
    let mut names = Vec::new();
    names.extend(gates.pass_rate.as_ref().map(|_| "`pass_rate`".to_owned()));
    names.extend(gates.primary.keys().map(|name| format!("`primary.{name}`")));
    names.extend(gates.categories.as_ref().map(|_| "`categories`".to_owned()));
    if !gates.speed.is_empty() {
        names.push("`speed`".to_owned());
    }
    names
}

/// Categories that the gates name, each with the field that names it.
pub fn named_categories(gates: &Gates) -> impl Iterator<Item = (&str, &'static str)> {
    let primary = gates.primary.keys().map(|name| (name.as_str(), "primary"));
    let floors = gates.floors.keys().filter(|name| *name != OVERALL).map(|name| (name.as_str(), "floors"));
    primary.chain(floors)
}

/// The floor that is on all categories together.
pub const OVERALL: &str = "overall";

/// Fills in what the gates say of a comparison: the verdict of every pass rate (where no gate is asked for, what the
/// default one would say) and the result of every gate that is asked for. What rests on the difference between the
/// sides is INVALID where they can't be compared.
pub fn decide(comparison: &mut Comparison, gates: &Gates, rows: &[Row], candidate: &SideSummary) {
    let gates = resolved(gates, |name| rows.iter().any(|row| row.category == name));
    let overall = decide_overall(comparison, &gates);
    let categories = family::decide(comparison, &gates);
    let mut results: Vec<GateResult> = overall.into_iter().chain(categories).collect();
    results.extend(gates.speed.iter().map(|gate| speed::evaluate(gate, comparison, &gates)));
    results.extend(own::evaluate(&gates, rows, candidate));
    comparison.gates = results;
}

/// What the gates say of one side by itself.
///
/// # Errors
///
/// Where a gate needs a baseline.
pub fn of_run(
    gates: &Gates,
    rows: &[Row],
    candidate: &SideSummary,
) -> Result<Vec<GateResult>, NeedsBaseline> {
    let gates = resolved(gates, |name| rows.iter().any(|row| row.category == name));
    let needing = needing_baseline(&gates);
    if needing.is_empty() { Ok(own::evaluate(&gates, rows, candidate)) } else { Err(NeedsBaseline(needing)) }
}

fn decide_overall(comparison: &mut Comparison, gates: &Gates) -> Option<GateResult> {
    let gate = Gate::on(None, gates.pass_rate.as_ref());
    let decision = decision(&gate, &mut comparison.overall, &comparison.invalid_because, None);
    let asked = gates.pass_rate.as_ref()?;
    Some(gate.result(decision, policy(asked, gates)))
}

/// What a gate says of a pass rate, which is noted in it where there is anything to say it of.
fn decision(
    gate: &Gate,
    rate: &mut PairedPassRate,
    invalid_because: &[String],
    among: Option<family::Among>,
) -> Decision {
    if let Some(loss) = gate.detectable_loss(rate) {
        rate.minimum_detectable_loss_pp = Some(100.0 * loss);
    }
    let decision = if invalid_because.is_empty() {
        gate.decide(rate, among)
    } else {
        Decision::of(GateVerdict::Invalid, cannot_compare(invalid_because))
    };
    if rate.pairs > 0 {
        rate.verdict = Some(decision.verdict);
        rate.verdict_reason = Some(decision.reason.clone());
    }
    decision
}

fn cannot_compare(reasons: &[String]) -> String {
    format!("the sides can't be compared: {}", reasons.join("; "))
}

/// What an inconclusive gate on a pass rate comes to: as it says itself, as all do, else by its mode.
fn policy(gate: &PassRateGate, gates: &Gates) -> OnInconclusive {
    gate.on_inconclusive.or(gates.on_inconclusive).unwrap_or_else(|| OnInconclusive::of(gate.mode))
}

/// The same of a gate that has no mode.
fn policy_without_mode(gates: &Gates) -> OnInconclusive {
    gates.on_inconclusive.unwrap_or(OnInconclusive::Warn)
}

/// A result that has nothing but a bound.
fn bounded(name: String, kind: GateKind, bound: f64, decision: Decision, gates: &Gates) -> GateResult {
    GateResult {
        name,
        kind,
        category: None,
        mode: None,
        margin_pp: None,
        alpha: None,
        bound: Some(bound),
        verdict: decision.verdict,
        reason: decision.reason,
        pairs_to_decide: decision.pairs_to_decide,
        on_inconclusive: Some(policy_without_mode(gates)),
    }
}

fn no_such_category<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: BTreeSet<String> = known.into_iter().map(|name| format!("`{name}`")).collect();
    let known: Vec<String> = known.into_iter().collect();
    if known.is_empty() {
        return format!("there is no category `{name}` to gate on, nor any other");
    }
    format!("there is no category `{name}` to gate on; there are {}", known.join(", "))
}

#[cfg(test)]
mod tests;
