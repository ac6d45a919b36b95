//! Gates on a difference in pass rate: margin m, one-sided α, which is the two-sided interval [L, U] at 1 − 2α.
//!
//! | mode | FAIL | INCONCLUSIVE | PASS |
//! | --- | --- | --- | --- |
//! | `detect` | U < 0 and delta ≤ −m | exactly one of the two | neither |
//! | `harm` | U < −m | – | otherwise |
//! | `prove` | U < −m | L ≤ −m ≤ U | L > −m |
//! | `point` | delta < −m | – | delta ≥ −m |
//!
//! Where the baseline passes less than m, no loss could be that large: a PASS would say nothing and is INCONCLUSIVE.
//!
//! Overall is the primary hypothesis; a category that is declared primary has its own α. In a family of categories
//! what a FAIL rests on is the p-value after Holm in place of U; what `prove` passes on is each one's own L. What a
//! FAIL would take (detectable losses, pairs to decide) is computed at α ÷ the family's size, Holm's first step: no
//! other step asks for more.

use crate::compare::interval::{interval_at, is_repeated};
use crate::compare::pass_rate::TANGO;
use crate::model::comparison::{GateKind, GateMode, GateResult, GateVerdict, Interval, PairedPassRate};
use crate::model::gate::{OnInconclusive, PassRateGate};
use crate::stats::critical::{normal_p, z};
use crate::stats::detectable::{GATE_ALPHA, GATE_CONFIDENCE, Rule, cautious_flip_rate};
use crate::stats::length;
use crate::stats::power::whole;

use super::family::Among;
use super::needed::undecided;
use super::words::{margin, numbers, pairs, percent};

/// Deltas closer to the margin than this are at it: both are ratios of small whole numbers.
const EQUAL_PP: f64 = 1e-7;

/// A bound on how much of the pass rate may be lost, in one category or over all.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// The category it is on; none for all together.
    pub category: Option<String>,
    /// How it decides.
    pub mode: GateMode,
    /// The margin in percentage points, above 0.
    pub margin_pp: f64,
    /// One-sided α.
    pub alpha: f64,
}

impl Default for Gate {
    /// `detect` a loss of 5 pp over all categories.
    fn default() -> Self {
        Self::on(None, None)
    }
}

/// What a gate comes to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decision {
    pub(super) verdict: GateVerdict,
    pub(super) reason: String,
    pub(super) pairs_to_decide: Option<u64>,
}

impl Decision {
    pub(super) fn of(verdict: GateVerdict, reason: impl Into<String>) -> Self {
        Self { verdict, reason: reason.into(), pairs_to_decide: None }
    }
}

/// What a gate decides on.
pub(super) struct Evidence<'a> {
    pub(super) rate: &'a PairedPassRate,
    pub(super) delta: f64,
    pub(super) interval: Interval,
    pub(super) confidence: f64,
}

impl Gate {
    /// The gate on a category (none for all together) as it is asked for, else the default one.
    #[must_use]
    pub fn on(category: Option<&str>, asked: Option<&PassRateGate>) -> Self {
        let default = PassRateGate::default();
        let PassRateGate { mode, margin_pp, alpha, .. } = asked.unwrap_or(&default);
        Self { category: category.map(str::to_owned), mode: *mode, margin_pp: *margin_pp, alpha: *alpha }
    }

    /// The margin as a share.
    pub(in crate::compare) fn margin(&self) -> f64 {
        self.margin_pp / 100.0
    }

    pub(super) fn rule(&self) -> Rule {
        Rule { mode: self.mode, margin: self.margin(), alpha: self.alpha }
    }

    /// The gate's name in results: `pass_rate overall`, `pass_rate math`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("pass_rate {}", self.category.as_deref().unwrap_or(super::OVERALL))
    }

    /// Its result, with what it comes to where it is inconclusive.
    pub(super) fn result(&self, decision: Decision, policy: OnInconclusive) -> GateResult {
        GateResult {
            name: self.name(),
            kind: GateKind::PassRate,
            category: self.category.clone(),
            mode: Some(self.mode),
            margin_pp: Some(self.margin_pp),
            alpha: Some(self.alpha),
            bound: None,
            verdict: decision.verdict,
            reason: decision.reason,
            pairs_to_decide: decision.pairs_to_decide,
            on_inconclusive: Some(policy),
        }
    }

    /// The interval at its α. Results of before standard errors were kept have that of the usual α alone.
    fn interval(&self, rate: &PairedPassRate) -> Option<Interval> {
        let kept = || rate.interval_90_pp.filter(|_| (self.alpha - GATE_ALPHA).abs() < 1e-12);
        interval_at(rate, self.rule().confidence()).or_else(kept)
    }

    /// What the gate says of this pass rate: INVALID without a pair, INCONCLUSIVE where there are too few for an interval, else by the
    /// mode's table; among others of a family with what Holm makes of its p-value. A PASS that no loss could have
    /// kept from is INCONCLUSIVE too.
    pub(super) fn decide(&self, rate: &PairedPassRate, among: Option<Among>) -> Decision {
        let (Some(delta), Some(interval)) = (rate.delta_pp, self.interval(rate)) else {
            if rate.pairs == 0 {
                return Decision::of(GateVerdict::Invalid, "no prompt was judged on both sides".to_owned());
            }
            let reason = format!("{}, too few for an interval", pairs(rate.pairs));
            return Decision::of(GateVerdict::Inconclusive, reason);
        };
        let evidence = Evidence { rate, delta, interval, confidence: self.rule().confidence() };
        let decision = match self.mode {
            GateMode::Detect => self.detect(&evidence, among),
            GateMode::Harm => self.harm(&evidence, among),
            GateMode::Prove => self.prove(&evidence, among),
            GateMode::Point => self.point(&evidence),
        };
        match self.out_of_reach(&evidence) {
            Some(reason) if decision.verdict == GateVerdict::Pass => {
                Decision::of(GateVerdict::Inconclusive, reason)
            }
            _ => decision,
        }
    }

    /// Why no loss can be as large as the margin: what the baseline doesn't pass can't be lost. `None` where one can.
    fn out_of_reach(&self, evidence: &Evidence) -> Option<String> {
        let passed = evidence.rate.baseline.rate?;
        (100.0 * passed < self.margin_pp - EQUAL_PP).then(|| {
            format!(
                "the baseline passes only {}, so no loss could reach the margin of {}: use easier prompts or a smaller margin; {}",
                percent(passed),
                margin(self.margin_pp),
                evidence.numbers()
            )
        })
    }

    /// The gate at the α that a FAIL takes for sure among others of a family: Holm's smallest, α ÷ their number.
    pub(super) fn among(&self, among: Option<Among>) -> Self {
        let others = among.map_or(1.0, |among| length(among.categories));
        Self { alpha: self.alpha / others, ..self.clone() }
    }

    fn detect(&self, evidence: &Evidence, among: Option<Among>) -> Decision {
        let apart = evidence.interval.high < -EQUAL_PP;
        let shown = apart && among.is_none_or(|among| among.p < self.alpha);
        let large = evidence.delta <= -self.margin_pp + EQUAL_PP;
        let (margin, numbers) = (margin(self.margin_pp), evidence.numbers());
        let holm = among.map_or_else(String::new, Among::words);
        match (shown, large) {
            (true, true) => Decision::of(
                GateVerdict::Fail,
                format!(
                    "harm shown: {numbers}; the interval lies below 0 and the loss reaches the margin of {margin}{holm}"
                ),
            ),
            (true, false) => Decision::of(
                GateVerdict::Inconclusive,
                format!(
                    "a loss is shown, but a small one: {numbers}; the loss doesn't reach the margin of {margin}, and more pairs like these would not change that{holm}"
                ),
            ),
            (false, true) => {
                let mut decision = undecided(evidence, -evidence.delta, self.among(among).rule());
                let why = if apart { "may be chance among so many categories" } else { "may be chance" };
                decision.reason = format!(
                    "the loss reaches the margin of {margin} but {why}: {numbers}{holm}; {}",
                    decision.reason
                );
                decision
            }
            (false, false) => Decision::of(
                GateVerdict::Pass,
                format!("no harm shown, {}: {numbers}{holm}", evidence.could_have_missed()),
            ),
        }
    }

    fn harm(&self, evidence: &Evidence, among: Option<Among>) -> Decision {
        let (margin, numbers) = (margin(self.margin_pp), evidence.numbers());
        let holm = among.map_or_else(String::new, Among::words);
        if self.exceeds(evidence, among) {
            exceeded(&margin, &numbers, &holm)
        } else {
            let missed = evidence.could_have_missed();
            Decision::of(
                GateVerdict::Pass,
                format!("no loss beyond {margin} shown, {missed}: {numbers}{holm}"),
            )
        }
    }

    fn prove(&self, evidence: &Evidence, among: Option<Among>) -> Decision {
        let (margin, numbers) = (margin(self.margin_pp), evidence.numbers());
        let holm = among.map_or_else(String::new, Among::words);
        if self.exceeds(evidence, among) {
            exceeded(&margin, &numbers, &holm)
        } else if evidence.interval.low > -self.margin_pp {
            Decision::of(GateVerdict::Pass, format!("any loss is smaller than {margin}: {numbers}"))
        } else {
            // A gain that was seen is not counted upon.
            let loss = (-evidence.delta).max(0.0);
            // Passing asks for no correction, failing does.
            let rule = if loss > self.margin_pp {
                Rule { mode: GateMode::Harm, ..self.among(among).rule() }
            } else {
                self.rule()
            };
            let mut decision = undecided(evidence, loss, rule);
            if evidence.interval.high < -self.margin_pp {
                decision.reason = format!(
                    "the interval lies beyond the margin of {margin}, but that may be chance among so many categories: {numbers}{holm}; {}",
                    decision.reason
                );
                return decision;
            }
            let least = self.fewest_to_prove();
            if evidence.rate.pairs < least {
                let have = pairs(evidence.rate.pairs);
                decision.reason = format!(
                    "{have} can't prove it without a net gain, for that takes at least {least}; {}",
                    decision.reason
                );
                decision.pairs_to_decide = decision.pairs_to_decide.map(|pairs| pairs.max(least));
            }
            decision.reason =
                format!("the interval contains the margin of {margin}: {numbers}; {}", decision.reason);
            decision
        }
    }

    fn point(&self, evidence: &Evidence) -> Decision {
        let (margin, numbers) = (margin(self.margin_pp), evidence.numbers());
        let alarms = match self.false_alarm_rate(evidence) {
            Some(rate) => {
                format!("; equal models would fail this gate in {:.1} % of such runs", 100.0 * rate)
            }
            None => String::new(),
        };
        if evidence.delta < -self.margin_pp - EQUAL_PP {
            Decision::of(GateVerdict::Fail, format!("the loss is larger than {margin}: {numbers}{alarms}"))
        } else {
            Decision::of(GateVerdict::Pass, format!("the loss is no larger than {margin}: {numbers}{alarms}"))
        }
    }

    /// Whether it is sure that the loss exceeds the margin.
    fn exceeds(&self, evidence: &Evidence, among: Option<Among>) -> bool {
        evidence.interval.high < -self.margin_pp && among.is_none_or(|among| among.p < self.alpha)
    }

    /// The fewest pairs whose interval stays within the margin where not one flips.
    fn fewest_to_prove(&self) -> u64 {
        let least = (self.rule().z().powi(2) * (1.0 / self.margin() - 1.0)).floor() + 1.0;
        whole(least)
    }

    /// How often two equal models would fail this gate at this many pairs, the flip rate no lower than its upper
    /// limit: exact, or with repeats by the normal approximation.
    fn false_alarm_rate(&self, evidence: &Evidence) -> Option<f64> {
        let rate = evidence.rate;
        if rate.method != TANGO {
            let error = evidence.standard_error_pp();
            return (error > 0.0).then(|| normal_p(self.margin_pp / error) / 2.0);
        }
        let flip_rate = cautious_flip_rate(rate.losses + rate.gains, rate.pairs)?;
        self.rule().failure_rate(rate.pairs, flip_rate, 0.0)
    }

    /// The smallest true loss (a share) that this gate finds in 80 % of such runs: exact for prompts sent once, the flip
    /// rate at its upper limit and no lower than noise; by the normal approximation from the interval's width with
    /// repeats; the larger of both where families decide. `None` without an interval, or where not even a total loss
    /// would be found.
    pub(in crate::compare) fn detectable_loss(&self, rate: &PairedPassRate) -> Option<f64> {
        let of_noise = rate.noise.and_then(|noise| noise.flip_rate).unwrap_or(0.0);
        let exact = || {
            let flip_rate = cautious_flip_rate(rate.losses + rate.gains, rate.pairs)?;
            self.rule().smallest_loss(rate.pairs, flip_rate.max(of_noise))
        };
        if rate.method == TANGO {
            return exact();
        }
        let (delta, interval) = (rate.delta_pp?, self.interval(rate)?);
        // Limits end at −100 and 100; the other one tells the width.
        let half = (interval.high - delta).max(delta - interval.low) / 100.0;
        let by_width = self.rule().approximate_loss(half / self.rule().z());
        if is_repeated(rate) { Some(by_width) } else { Some(exact()?.max(by_width)) }
    }

    /// The one-sided p-value of what a FAIL rests on: that the loss is none (`detect`), or no more than the margin.
    /// It is the α at which the interval's upper limit comes to that. `None` for `point`, which tests nothing, and
    /// without an interval.
    pub(super) fn p_value(&self, rate: &PairedPassRate) -> Option<f64> {
        let bound = match self.mode {
            GateMode::Detect => 0.0,
            GateMode::Harm | GateMode::Prove => -self.margin_pp,
            GateMode::Point => return None,
        };
        let delta = rate.delta_pp?;
        interval_at(rate, GATE_CONFIDENCE)?;
        let limits = |alpha: f64| interval_at(rate, 1.0 - 2.0 * alpha);
        // Below the bound the upper limit tells, above it the lower one does.
        let beyond =
            |alpha| {
                limits(alpha).is_some_and(|limits| {
                    if delta < bound { limits.high < bound } else { limits.low > bound }
                })
            };
        let (mut low, mut high) = (1e-9, 0.5 - 1e-9);
        if !beyond(high) {
            return Some(0.5);
        }
        for _ in 0..48 {
            let middle = f64::midpoint(low, high);
            if beyond(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        Some(if delta < bound { high } else { 1.0 - high })
    }
}

/// FAIL of a loss that is surely beyond the margin.
fn exceeded(margin: &str, numbers: &str, holm: &str) -> Decision {
    Decision::of(GateVerdict::Fail, format!("the loss exceeds the margin of {margin}: {numbers}{holm}"))
}

fn half_width(interval: Interval) -> f64 {
    (interval.high - interval.low) / 2.0
}

impl Evidence<'_> {
    fn numbers(&self) -> String {
        numbers(self.rate, self.delta, self.interval, self.confidence)
    }

    /// That of a normal estimate whose interval is as wide.
    pub(super) fn standard_error_pp(&self) -> f64 {
        half_width(self.interval) / z(self.confidence)
    }

    fn could_have_missed(&self) -> String {
        match self.rate.minimum_detectable_loss_pp {
            Some(loss) => format!("could have missed up to {loss:.1} pp"),
            None => "and too few pairs to show any loss".to_owned(),
        }
    }
}
