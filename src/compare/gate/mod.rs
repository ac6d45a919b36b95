//! What gates say of a comparison, or of one side by itself.
//!
//! `pass_rate` holds the table of modes, `family` the categories that are judged together, `own` what needs no baseline
//! (floors, errors, objectives), `speed` the ratios, `preset` the gates shipped for a kind of team, `words` how
//! reasons write numbers. Speed never offsets quality: each gate stands for itself, and the worst one counts.

mod family;
mod needed;
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

/// Why sides can't be compared of which no pair was judged.
pub(super) const NOTHING_JUDGED: &str = "no prompt was judged on both sides";

/// The floor that is on all categories together.
pub const OVERALL: &str = "overall";

/// Fills in what the gates say of a comparison: the verdict of every pass rate (where no gate is asked for, what the
/// default one would say) and the result of every gate that is asked for. What rests on the difference between the
/// sides is INVALID where they can't be compared, which they can't where a gate is on a pass rate and nothing was
/// judged.
pub fn decide(comparison: &mut Comparison, gates: &Gates, rows: &[Row], candidate: &SideSummary) {
    let gates = resolved(gates, |name| rows.iter().any(|row| row.category == name));
    let on_pass_rates = gates.pass_rate.is_some() || gates.categories.is_some() || !gates.primary.is_empty();
    if comparison.overall.pairs == 0
        && on_pass_rates
        && comparison.invalid_because.iter().all(|reason| reason != NOTHING_JUDGED)
    {
        comparison.invalid_because.push(NOTHING_JUDGED.to_owned());
    }
    let overall = decide_overall(comparison, &gates);
    let categories = family::decide(comparison, &gates);
    let mut results: Vec<GateResult> = overall.into_iter().chain(categories).collect();
    results.extend(gates.speed.iter().map(|gate| speed::evaluate(gate, comparison, &gates)));
    results.extend(own::evaluate(&gates, rows, candidate));
    comparison.gates = results;
}

/// What the gates say of one side by itself. Those that need a baseline are INVALID.
#[must_use]
pub fn of_run(gates: &Gates, rows: &[Row], candidate: &SideSummary) -> Vec<GateResult> {
    let gates = resolved(gates, |name| rows.iter().any(|row| row.category == name));
    let mut results = without_baseline(&gates);
    results.extend(own::evaluate(&gates, rows, candidate));
    results
}

/// Every gate that needs a baseline, where there is none.
fn without_baseline(gates: &Gates) -> Vec<GateResult> {
    let invalid = || Decision::of(GateVerdict::Invalid, "it needs a baseline, and the run has none");
    let of = |category, asked| Gate::on(category, Some(asked)).result(invalid(), policy(asked, gates));
    let overall = gates.pass_rate.iter().map(|asked| of(None, asked));
    let primary = gates.primary.iter().map(|(name, asked)| of(Some(name.as_str()), asked));
    let family = gates.categories.iter().map(|asked| {
        let name = "pass_rate of each category".to_owned();
        GateResult { name, ..of(None, asked) }
    });
    let speed = gates.speed.iter().map(|gate| speed::result(gate, invalid(), gates));
    overall.chain(primary).chain(family).chain(speed).collect()
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
    rate.minimum_detectable_loss_pp = gate.among(among).detectable_loss(rate).map(|loss| 100.0 * loss);
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
