//! Gates on ratios of speed, candidate ÷ baseline.
//!
//! FAIL where the whole interval lies beyond 1 + tolerance, PASS where it lies within, else INCONCLUSIVE; for rates,
//! of which more is better, mirrored at 1 − tolerance. The interval is the comparison's 95 %.

use crate::model::comparison::{Comparison, GateKind, GateResult, GateVerdict, Interval, SpeedRatio};
use crate::model::gate::{Gates, SpeedGate};
use crate::model::summary::Percentile;

use super::pass_rate::Decision;
use super::words::percent;
use super::{bounded, cannot_compare, policy_without_mode};

/// The result of one gate.
pub(super) fn evaluate(gate: &SpeedGate, comparison: &Comparison, gates: &Gates) -> GateResult {
    let bound = gate.bound();
    let row = comparison
        .speed
        .iter()
        .find(|row| row.metric == gate.metric.name() && row.statistic == gate.statistic_name());
    let decision = if comparison.invalid_because.is_empty() {
        row.map_or_else(|| absent(gate), |row| decide(gate, bound, row))
    } else {
        Decision::of(GateVerdict::Invalid, cannot_compare(&comparison.invalid_because))
    };
    result(gate, decision, gates)
}

/// The result of a gate that comes to this.
pub(super) fn result(gate: &SpeedGate, decision: Decision, gates: &Gates) -> GateResult {
    let result = bounded(gate.name(), GateKind::Speed, gate.bound(), decision, gates);
    GateResult {
        on_inconclusive: Some(gate.on_inconclusive.unwrap_or_else(|| policy_without_mode(gates))),
        ..result
    }
}

/// What isn't computed from too few requests.
fn absent(gate: &SpeedGate) -> Decision {
    let sample = Percentile::P95.smallest_sample();
    if gate.metric.is_rate() {
        return Decision::of(GateVerdict::Inconclusive, "it was not measured");
    }
    Decision {
        verdict: GateVerdict::Inconclusive,
        reason: format!(
            "too few pairs (of a round, where there are three and more) for this percentile; it takes {sample}"
        ),
        pairs_to_decide: Some(sample),
    }
}

fn decide(gate: &SpeedGate, bound: f64, row: &SpeedRatio) -> Decision {
    let (Some(ratio), Some(interval)) = (row.ratio, row.interval_95) else {
        let why = row.absent_because.as_deref().unwrap_or("too few pairs");
        let ratio = row.ratio.map_or_else(String::new, |ratio| format!("ratio {ratio:.2}, "));
        return Decision::of(GateVerdict::Inconclusive, format!("{ratio}without an interval: {why}"));
    };
    let Interval { low, high } = interval;
    let scope = row.method.as_deref().filter(|method| *method != crate::compare::speed::ROUNDS);
    let scope = scope.map_or_else(String::new, |method| format!(", {method}"));
    let numbers = format!("ratio {ratio:.2}, 95 % interval {low:.2} to {high:.2}{scope}");
    let tolerated = percent(gate.tolerance);
    let (worse, within, word) = if gate.metric.is_rate() {
        (high < bound, low > bound, "lower")
    } else {
        (low > bound, high < bound, "higher")
    };
    match (worse, within) {
        (true, _) => {
            Decision::of(GateVerdict::Fail, format!("{numbers}, all of it more than {tolerated} {word}"))
        }
        (_, true) => Decision::of(GateVerdict::Pass, format!("{numbers}, no more than {tolerated} {word}")),
        (false, false) => Decision::of(
            GateVerdict::Inconclusive,
            format!(
                "{numbers}, which contains the {bound:.2} that is tolerated; more requests or rounds would narrow it"
            ),
        ),
    }
}
