//! Gates on pass rates: margin m, one-sided α = 5 %, which is the two-sided 90 % interval [L, U].
//!
//! | mode | FAIL | INCONCLUSIVE | PASS |
//! | --- | --- | --- | --- |
//! | `detect` | U < 0 and delta ≤ −m | exactly one of the two | neither |
//! | `harm` | U < −m | – | otherwise |
//! | `prove` | U < −m | L ≤ −m ≤ U | L > −m |
//! | `point` | delta < −m | – | delta ≥ −m |
//!
//! The overall gate is the primary hypothesis; a gate that names a category declares that category primary, with
//! its own α.

use crate::model::comparison::{GateKind, GateMode, GateResult, GateVerdict, Interval, PairedPassRate};
use crate::model::units::ratio;
use crate::stats::critical::{normal_p, z};
use crate::stats::detectable::{GATE_CONFIDENCE, POWER, cautious_flip_rate, failure_rate};
use crate::stats::real;

use super::pass_rate::REPEATS;

/// Deltas closer to the margin than this are at it: both are ratios of small whole numbers.
const EQUAL_PP: f64 = 1e-7;

/// A bound on how much of the pass rate may be lost.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// The category it is on; none for all together.
    pub category: Option<String>,
    /// How it decides.
    pub mode: GateMode,
    /// The margin in percentage points, above 0.
    pub margin_pp: f64,
}

impl Default for Gate {
    /// `detect` a loss of 5 pp over all categories.
    fn default() -> Self {
        Self { category: None, mode: GateMode::Detect, margin_pp: 5.0 }
    }
}

/// What a gate decides on.
struct Evidence<'a> {
    rate: &'a PairedPassRate,
    delta: f64,
    interval: Interval,
}

impl Gate {
    /// The margin as a share.
    pub(super) fn margin(&self) -> f64 {
        self.margin_pp / 100.0
    }

    /// The gate's name in results: `pass_rate overall`, `pass_rate math`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("pass_rate {}", self.category.as_deref().unwrap_or("overall"))
    }

    /// What the gate says of these pass rates: INVALID where the comparison isn't sound or has no such category,
    /// INCONCLUSIVE where nothing could be paired, else by the mode's table.
    #[must_use]
    pub fn evaluate(
        &self,
        overall: &PairedPassRate,
        categories: &[PairedPassRate],
        invalid_because: &[String],
    ) -> GateResult {
        let (verdict, reason) = if invalid_because.is_empty() {
            match &self.category {
                None => self.decide(overall),
                Some(name) => match categories.iter().find(|rate| rate.category.as_ref() == Some(name)) {
                    Some(rate) => self.decide(rate),
                    None => (GateVerdict::Invalid, no_such_category(name, categories)),
                },
            }
        } else {
            (GateVerdict::Invalid, format!("the sides can't be compared: {}", invalid_because.join("; ")))
        };
        GateResult {
            name: self.name(),
            kind: GateKind::PassRate,
            category: self.category.clone(),
            mode: Some(self.mode),
            margin_pp: Some(self.margin_pp),
            alpha: None,
            bound: None,
            verdict,
            reason,
            pairs_to_decide: None,
            on_inconclusive: None,
        }
    }

    fn decide(&self, rate: &PairedPassRate) -> (GateVerdict, String) {
        let (Some(delta), Some(interval)) = (rate.delta_pp, rate.interval_90_pp) else {
            let reason = format!("{}, too few for an interval", pairs(rate.pairs));
            return (GateVerdict::Inconclusive, reason);
        };
        let evidence = Evidence { rate, delta, interval };
        match self.mode {
            GateMode::Detect => self.detect(&evidence),
            GateMode::Harm => self.harm(&evidence),
            GateMode::Prove => self.prove(&evidence),
            GateMode::Point => self.point(&evidence),
        }
    }

    fn detect(&self, evidence: &Evidence) -> (GateVerdict, String) {
        let shown = evidence.interval.high < -EQUAL_PP;
        let large = evidence.delta <= -self.margin_pp + EQUAL_PP;
        let (margin, numbers) = (margin(self.margin_pp), evidence.numbers());
        match (shown, large) {
            (true, true) => (
                GateVerdict::Fail,
                format!(
                    "harm shown: {numbers}; the interval lies below 0 and the loss reaches the margin of {margin}"
                ),
            ),
            (true, false) => (
                GateVerdict::Inconclusive,
                format!(
                    "a loss is shown, but a small one: {numbers}; the loss doesn't reach the margin of {margin}"
                ),
            ),
            (false, true) => (
                GateVerdict::Inconclusive,
                format!(
                    "the loss reaches the margin of {margin} but may be chance: {numbers}; {}",
                    evidence.pairs_to_show()
                ),
            ),
            (false, false) => {
                (GateVerdict::Pass, format!("no harm shown, {}: {numbers}", evidence.could_have_missed()))
            }
        }
    }

    fn harm(&self, evidence: &Evidence) -> (GateVerdict, String) {
        let (margin, numbers) = (margin(self.margin_pp), evidence.numbers());
        if evidence.interval.high < -self.margin_pp {
            (GateVerdict::Fail, format!("the loss exceeds the margin of {margin}: {numbers}"))
        } else {
            let missed = evidence.could_have_missed();
            (GateVerdict::Pass, format!("no loss beyond {margin} shown, {missed}: {numbers}"))
        }
    }

    fn prove(&self, evidence: &Evidence) -> (GateVerdict, String) {
        let (margin, numbers) = (margin(self.margin_pp), evidence.numbers());
        if evidence.interval.high < -self.margin_pp {
            (GateVerdict::Fail, format!("the loss exceeds the margin of {margin}: {numbers}"))
        } else if evidence.interval.low > -self.margin_pp {
            (GateVerdict::Pass, format!("any loss is smaller than {margin}: {numbers}"))
        } else {
            let needed = self.pairs_to_prove(evidence.rate);
            (
                GateVerdict::Inconclusive,
                format!("the interval contains the margin of {margin}: {numbers}; {needed}"),
            )
        }
    }

    fn point(&self, evidence: &Evidence) -> (GateVerdict, String) {
        let (margin, numbers) = (margin(self.margin_pp), evidence.numbers());
        let alarms = match self.false_alarm_rate(evidence) {
            Some(rate) => {
                format!("; equal models would fail this gate in {:.1} % of such runs", 100.0 * rate)
            }
            None => String::new(),
        };
        if evidence.delta < -self.margin_pp - EQUAL_PP {
            (GateVerdict::Fail, format!("the loss is larger than {margin}: {numbers}{alarms}"))
        } else {
            (GateVerdict::Pass, format!("the loss is no larger than {margin}: {numbers}{alarms}"))
        }
    }

    /// How many pairs `prove` would take, in words: at least what an interval without a single flip takes, and
    /// ψ·((z₀.₉₅ + z₀.₈)/m)² for 80 % power with equal models.
    fn pairs_to_prove(&self, rate: &PairedPassRate) -> String {
        let m = self.margin();
        let z_gate = z(GATE_CONFIDENCE);
        let least = (z_gate.powi(2) * (1.0 / m - 1.0)).floor() + 1.0;
        let planned = ((z_gate + z(2.0 * POWER - 1.0)) / m).powi(2) * rate.flip_rate.unwrap_or(0.0);
        if real(rate.pairs) < least {
            format!(
                "{} can't prove it whatever the answers, for that takes at least {least:.0}",
                pairs(rate.pairs)
            )
        } else {
            format!("equal models with as many flips would take about {:.0} pairs", planned.ceil().max(least))
        }
    }

    /// How often two equal models would fail this gate at this many pairs, the flip rate no lower than its upper
    /// limit: exact, or with repeats by the normal approximation.
    fn false_alarm_rate(&self, evidence: &Evidence) -> Option<f64> {
        let rate = evidence.rate;
        if rate.method == REPEATS {
            let error = (evidence.interval.high - evidence.interval.low) / (2.0 * z(GATE_CONFIDENCE));
            return (error > 0.0).then(|| normal_p(self.margin_pp / error) / 2.0);
        }
        let flip_rate = cautious_flip_rate(rate.losses + rate.gains, rate.pairs)?;
        failure_rate(self.mode, self.margin(), rate.pairs, flip_rate, 0.0)
    }
}

impl Evidence<'_> {
    /// `delta −6.7 pp, 90 % interval −20.0 to +5.5 pp, 30 pairs`.
    fn numbers(&self) -> String {
        format!(
            "delta {} pp, 90 % interval {} to {} pp, {}",
            signed(self.delta),
            signed(self.interval.low),
            signed(self.interval.high),
            pairs(self.rate.pairs)
        )
    }

    fn could_have_missed(&self) -> String {
        match self.rate.minimum_detectable_loss_pp {
            Some(loss) => format!("could have missed up to {loss:.1} pp"),
            None => "and too few pairs to show any loss".to_owned(),
        }
    }

    /// Roughly how many pairs would tell a loss of this size from chance: z²·ψ/delta².
    fn pairs_to_show(&self) -> String {
        let flip_rate = ratio(self.rate.losses + self.rate.gains, self.rate.pairs)
            .unwrap_or(1.0)
            .max(self.delta.abs() / 100.0);
        let needed = z(GATE_CONFIDENCE).powi(2) * flip_rate / (self.delta / 100.0).powi(2);
        // Rounding and the interval's asymmetry may ask for no more than there are.
        let needed = needed.ceil().max(real(self.rate.pairs) + 1.0);
        format!("about {needed:.0} pairs like these would tell")
    }
}

fn no_such_category(name: &str, categories: &[PairedPassRate]) -> String {
    let known: Vec<String> =
        categories.iter().filter_map(|rate| rate.category.as_ref()).map(|name| format!("`{name}`")).collect();
    format!("there is no category `{name}` to gate on; there are {}", known.join(", "))
}

/// One digit, with its sign, and no negative zero; a minus, not a hyphen, as reports write numbers.
fn signed(points: f64) -> String {
    let text = format!("{points:+.1}");
    if text == "-0.0" { "+0.0".to_owned() } else { text.replace('-', "\u{2212}") }
}

/// As the user wrote it: `5 pp`, `2.5 pp`.
fn margin(points: f64) -> String {
    format!("{points} pp")
}

fn pairs(count: u64) -> String {
    if count == 1 { "1 pair".to_owned() } else { format!("{count} pairs") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::pass_rate::paired_pass_rates;
    use crate::compare::support::table;
    use GateVerdict::{Fail, Inconclusive, Invalid, Pass};
    use proptest::prelude::*;

    const A: [usize; 4] = [24, 3, 1, 2];
    const B: [usize; 4] = [198, 14, 5, 33];
    const C: [usize; 4] = [200, 9, 9, 32];
    const D: [usize; 4] = [45, 0, 0, 5];
    const E: [usize; 4] = [40, 6, 0, 4];

    fn result(mode: GateMode, counts: [usize; 4]) -> GateResult {
        let gate = Gate { mode, ..Gate::default() };
        let (overall, categories) = paired_pass_rates(&table("math", counts), std::slice::from_ref(&gate));
        gate.evaluate(&overall, &categories, &[])
    }

    /// The worked verdicts at m = 5 pp.
    #[test]
    fn the_worked_examples_are_judged_as_stated() {
        for (mode, expected) in [
            (GateMode::Prove, [Inconclusive, Inconclusive, Pass, Inconclusive, Fail]),
            (GateMode::Detect, [Inconclusive, Inconclusive, Pass, Pass, Fail]),
            // U < −5 pp only for E.
            (GateMode::Harm, [Pass, Pass, Pass, Pass, Fail]),
            // Deltas −6.7, −3.6, 0, 0, −12 pp.
            (GateMode::Point, [Fail, Pass, Pass, Pass, Fail]),
        ] {
            let verdicts = [A, B, C, D, E].map(|counts| result(mode, counts).verdict);
            assert_eq!(verdicts, expected, "{mode:?}");
        }
    }

    #[test]
    fn reasons_hold_the_numbers() {
        assert_eq!(
            result(GateMode::Detect, E).reason,
            "harm shown: delta −12.0 pp, 90 % interval −21.6 to −6.3 pp, 50 pairs; the interval lies below 0 and \
             the loss reaches the margin of 5 pp"
        );
        let passed = result(GateMode::Detect, D).reason;
        assert!(passed.starts_with("no harm shown, could have missed up to "), "{passed}");
        assert!(passed.ends_with("pp: delta +0.0 pp, 90 % interval −5.1 to +5.1 pp, 50 pairs"), "{passed}");
        let small = result(GateMode::Detect, B).reason;
        assert!(small.contains("delta −3.6 pp, 90 % interval −6.8 to −0.8 pp, 250 pairs"), "{small}");
        let chance = result(GateMode::Detect, A).reason;
        // z²·ψ/delta² = 2.7055 · (4/30) / (2/30)² = 81.2.
        assert!(chance.ends_with("about 82 pairs like these would tell"), "{chance}");
        let alarms = result(GateMode::Point, A).reason;
        assert!(alarms.contains("equal models would fail this gate in "), "{alarms}");
    }

    #[test]
    fn proving_five_points_takes_fifty_two_pairs_at_least() {
        let reason = result(GateMode::Prove, [51, 0, 0, 0]).reason;
        assert!(reason.contains("51 pairs can't prove it whatever the answers, for that takes at least 52"));
        assert_eq!(result(GateMode::Prove, [51, 0, 0, 0]).verdict, Inconclusive);
        assert_eq!(result(GateMode::Prove, [52, 0, 0, 0]).verdict, Pass);
    }

    /// 5 of 100 lost is a delta of exactly −5 pp: at the margin for `detect`, not beyond it for `point`.
    #[test]
    fn a_delta_at_the_margin_reaches_it_and_does_not_exceed_it() {
        assert_eq!(result(GateMode::Detect, [95, 5, 0, 0]).verdict, Fail);
        assert_eq!(result(GateMode::Point, [95, 5, 0, 0]).verdict, Pass);
    }

    #[test]
    fn an_unsound_comparison_is_invalid_whatever_the_numbers() {
        let (overall, categories) = paired_pass_rates(&table("math", E), &[]);
        let result = Gate::default().evaluate(&overall, &categories, &["7 of 50 are missing".to_owned()]);
        assert_eq!(result.verdict, Invalid);
        assert_eq!(result.reason, "the sides can't be compared: 7 of 50 are missing");
    }

    #[test]
    fn a_category_has_its_own_gate_and_an_unknown_one_is_named() {
        let rows = [table("math", E), table("code", D)].concat();
        let on = |category: &str| Gate { category: Some(category.to_owned()), ..Gate::default() };
        let (overall, categories) = paired_pass_rates(&rows, &[]);
        let math = on("math").evaluate(&overall, &categories, &[]);
        assert_eq!((math.name.as_str(), math.verdict), ("pass_rate math", Fail));
        assert_eq!(on("code").evaluate(&overall, &categories, &[]).verdict, Pass);
        let unknown = on("maths").evaluate(&overall, &categories, &[]);
        assert_eq!(unknown.verdict, Invalid);
        assert_eq!(unknown.reason, "there is no category `maths` to gate on; there are `code`, `math`");
    }

    #[test]
    fn nothing_paired_is_inconclusive() {
        assert_eq!(result(GateMode::Detect, [0; 4]).verdict, Inconclusive);
        assert_eq!(result(GateMode::Detect, [0; 4]).reason, "0 pairs, too few for an interval");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn one_gain_turned_into_a_loss_never_helps(
            [a, losses, gains, b] in prop::array::uniform4(0..40_usize), margin_pp in 1.0..15.0_f64,
        ) {
            prop_assume!(gains > 0);
            for mode in [GateMode::Detect, GateMode::Harm, GateMode::Prove, GateMode::Point] {
                let verdict = |counts| {
                    let gate = Gate { mode, margin_pp, ..Gate::default() };
                    gate.evaluate(&paired_pass_rates(&table("math", counts), &[]).0, &[], &[]).verdict
                };
                // The verdicts are ordered from pass to fail.
                prop_assert!(verdict([a, losses + 1, gains - 1, b]) >= verdict([a, losses, gains, b]));
            }
        }
    }
}
