//! What a gate would have found: how often it fails at a given true loss, and the smallest loss it finds with
//! 80 % power.
//!
//! Exact by enumeration where the number of pairs allows: with flip rate ψ and true loss θ, the flips are
//! Bin(n, ψ) and the losses among them Bin(flips, (ψ + θ)/2ψ); a gate's answer depends on the two counts alone,
//! and for a given number of flips it fails from some number of losses upwards and passes up to some number of them.

use statrs::distribution::{Binomial, Discrete, DiscreteCDF};

use crate::model::comparison::{GateMode, GateVerdict, Interval};

use super::critical::z;
use super::paired::{PairedCounts, tango_statistic};
use super::proportion::wilson;
use super::real;

/// The gates' usual confidence: two-sided 90 %, which is one-sided 5 %.
pub const GATE_CONFIDENCE: f64 = 0.90;

/// The gates' usual one-sided α.
pub const GATE_ALPHA: f64 = 0.05;

/// The power a loss must be found with to count as detectable.
pub const POWER: f64 = 0.80;

/// Up to this many pairs the enumeration is exact; above it takes long and the normal approximation is close.
const EXACT_UP_TO: u64 = 500;

/// Differences closer than this are equal: shares are ratios of small whole numbers.
const EQUAL: f64 = 1e-9;

/// What is rarer than this can't add up to anything over a few thousand terms.
const RARE: f64 = 1e-12;

/// How a gate on a difference in pass rate decides, as numbers alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Its column in the table of gates.
    pub mode: GateMode,
    /// The margin as a share, above 0 and below 1.
    pub margin: f64,
    /// One-sided α, above 0 and below 0.5.
    pub alpha: f64,
}

/// How often a gate says what, as shares that add up to 1.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Chances {
    /// PASS.
    pub pass: f64,
    /// INCONCLUSIVE.
    pub inconclusive: f64,
    /// FAIL.
    pub fail: f64,
}

impl Rule {
    /// A rule of this mode and margin (a share) at the usual α.
    #[must_use]
    pub const fn usual(mode: GateMode, margin: f64) -> Self {
        Self { mode, margin, alpha: GATE_ALPHA }
    }

    /// The two-sided confidence that its interval has.
    #[must_use]
    pub fn confidence(self) -> f64 {
        1.0 - 2.0 * self.alpha
    }

    /// z at its one-sided α.
    #[must_use]
    pub fn z(self) -> f64 {
        z(self.confidence())
    }

    /// What it says of these pairs. `None` without pairs.
    ///
    /// The interval's upper limit lies below δ exactly where Tango's statistic at δ is below −z, and the lower one
    /// above where it is above z, so no limit needs to be solved for.
    #[must_use]
    pub fn verdict(self, counts: PairedCounts) -> Option<GateVerdict> {
        self.verdict_at(self.z(), counts)
    }

    /// The same with its z, which enumerations look up once.
    fn verdict_at(self, z: f64, counts: PairedCounts) -> Option<GateVerdict> {
        let delta = counts.delta()?;
        let upper_below = |bound: f64| tango_statistic(counts, bound) < -z;
        let verdict = |fails, passes| match (fails, passes) {
            (true, _) => GateVerdict::Fail,
            (false, true) => GateVerdict::Pass,
            (false, false) => GateVerdict::Inconclusive,
        };
        Some(match self.mode {
            GateMode::Detect => {
                let (large, shown) = (delta <= -self.margin + EQUAL, upper_below(0.0));
                verdict(large && shown, !large && !shown)
            }
            GateMode::Harm => verdict(delta < -self.margin && upper_below(-self.margin), true),
            GateMode::Prove => verdict(
                delta < -self.margin && upper_below(-self.margin),
                tango_statistic(counts, -self.margin) > z,
            ),
            GateMode::Point => verdict(delta < -self.margin - EQUAL, true),
        })
    }

    /// The fewest losses among `flips` that fail it.
    fn failing_from(self, z: f64, pairs: u64, flips: u64) -> Option<u64> {
        // More losses among as many flips only push the statistic down.
        let fails = |losses| self.verdict_at(z, of_flips(pairs, flips, losses)) == Some(GateVerdict::Fail);
        let from = first_of(flips, fails);
        (from <= flips).then_some(from)
    }

    /// The most losses among `flips` that pass it.
    fn passing_up_to(self, z: f64, pairs: u64, flips: u64) -> Option<u64> {
        let passes = |losses| self.verdict_at(z, of_flips(pairs, flips, losses)) == Some(GateVerdict::Pass);
        first_of(flips, |losses| !passes(losses)).checked_sub(1)
    }

    /// How often it says what where the candidate's true loss is `loss` (a share; negative is a gain) and the true
    /// flip rate `flip_rate` (raised to |`loss`| where it is lower), over `pairs` independent pairs. Exact; `None`
    /// without pairs.
    #[must_use]
    pub fn chances(self, pairs: u64, flip_rate: f64, loss: f64) -> Option<Chances> {
        if pairs == 0 {
            return None;
        }
        let (truth, z) = (Truth::new(flip_rate, loss), self.z());
        let (mut pass, mut fail) = (0.0, 0.0);
        for (flips, weight) in truth.flips(pairs) {
            if let Some(from) = self.failing_from(z, pairs, flips) {
                fail += weight * truth.at_least(flips, from);
            }
            if let Some(up_to) = self.passing_up_to(z, pairs, flips) {
                pass += weight * (1.0 - truth.at_least(flips, up_to + 1));
            }
        }
        let (pass, fail) = (pass.clamp(0.0, 1.0), fail.clamp(0.0, 1.0));
        Some(Chances { pass, inconclusive: (1.0 - pass - fail).max(0.0), fail })
    }

    /// How often it fails; see [`chances`](Self::chances).
    #[must_use]
    pub fn failure_rate(self, pairs: u64, flip_rate: f64, loss: f64) -> Option<f64> {
        self.chances(pairs, flip_rate, loss).map(|chances| chances.fail)
    }

    /// The smallest true loss (a share, 0 to 1) that it fails on in 80 % of such runs; `None` where not even a
    /// total loss would be found so often.
    ///
    /// Exact up to 500 pairs. Above it is the loss θ that lies as far beyond the gate's threshold as 80 % power asks
    /// for where the estimate is normal: a loss of θ flips no fewer than θ of the pairs, so its variance is
    /// (max(ψ, θ) − θ²)/n, and at the threshold that of Tango's statistic for the shares to be expected.
    #[must_use]
    pub fn smallest_loss(self, pairs: u64, flip_rate: f64) -> Option<f64> {
        if pairs == 0 {
            return None;
        }
        if pairs > EXACT_UP_TO {
            self.normal_loss(pairs, flip_rate)
        } else {
            self.exact_loss(pairs, flip_rate)
        }
    }

    fn normal_loss(self, pairs: u64, flip_rate: f64) -> Option<f64> {
        let z = self.z();
        smallest_found(|loss| {
            let flip_rate = flip_rate.max(loss);
            let error = |variance: f64| (variance.max(0.0) / real(pairs)).sqrt();
            let spread = error(flip_rate - loss * loss);
            let threshold = match self.mode {
                GateMode::Detect => self.margin.max(z * error(score_variance(flip_rate, loss, 0.0))),
                GateMode::Harm | GateMode::Prove => {
                    self.margin + z * error(score_variance(flip_rate, loss, -self.margin))
                }
                GateMode::Point => self.margin,
            };
            loss >= threshold + z_of_power() * spread
        })
    }

    fn exact_loss(self, pairs: u64, flip_rate: f64) -> Option<f64> {
        let z = self.z();
        let failing: Vec<Option<u64>> = (0..=pairs).map(|flips| self.failing_from(z, pairs, flips)).collect();
        let found = |loss| Truth::new(flip_rate, loss).failure_rate(&failing, pairs) >= POWER;
        smallest_found(found)
    }

    /// The normal approximation of [`smallest_loss`](Self::smallest_loss) for any estimate of the delta with this
    /// standard error: the loss whose estimate lies beyond the gate's threshold with 80 % power. With no margin it
    /// is (1.645 + 0.842)·SE, the formula for planning.
    #[must_use]
    pub fn approximate_loss(self, standard_error: f64) -> f64 {
        let significant = self.z() * standard_error;
        let threshold = match self.mode {
            GateMode::Detect => self.margin.max(significant),
            GateMode::Harm | GateMode::Prove => self.margin + significant,
            GateMode::Point => self.margin,
        };
        (threshold + z_of_power() * standard_error).min(1.0)
    }
}

/// The variance per pair that Tango's statistic at `delta` has for these shares: 2q + δ(1 − δ), q as it is estimated
/// under δ, with n = 1.
fn score_variance(flip_rate: f64, loss: f64, delta: f64) -> f64 {
    let (losses, gains) = (f64::midpoint(flip_rate, loss), f64::midpoint(flip_rate, -loss));
    let b = (2.0 - gains + losses).mul_add(delta, -gains - losses);
    let c = -losses * delta * (1.0 - delta);
    let q = ((b * b - 8.0 * c).max(0.0).sqrt() - b) / 4.0;
    2.0 * q + delta * (1.0 - delta)
}

/// z at the power: one-sided 80 % is two-sided 60 %.
fn z_of_power() -> f64 {
    z(2.0 * POWER - 1.0)
}

/// The smallest loss from 0 to 1 that is `found`, as all larger ones are, to a hundredth of a percentage point; `None`
/// where not even a total one is.
fn smallest_found(found: impl Fn(f64) -> bool) -> Option<f64> {
    if !found(1.0) {
        return None;
    }
    let (mut missed, mut enough) = (0.0, 1.0);
    // 2^-14 is below a hundredth of a percentage point.
    for _ in 0..14 {
        let middle = f64::midpoint(missed, enough);
        if found(middle) {
            enough = middle;
        } else {
            missed = middle;
        }
    }
    Some(enough)
}

const fn of_flips(pairs: u64, flips: u64, losses: u64) -> PairedCounts {
    PairedCounts { both_passed: pairs - flips, losses, gains: flips - losses, both_failed: 0 }
}

/// The smallest of 0 to `most` that `holds`, which holds for all above it; `most + 1` where it holds for none.
fn first_of(most: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, most + 1);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// What flips and losses are drawn from.
struct Truth {
    flip_rate: f64,
    /// The share of losses among the flips.
    share: f64,
}

impl Truth {
    fn new(flip_rate: f64, loss: f64) -> Self {
        let flip_rate = flip_rate.max(loss.abs()).clamp(0.0, 1.0);
        let share =
            if flip_rate > 0.0 { ((flip_rate + loss) / (2.0 * flip_rate)).clamp(0.0, 1.0) } else { 0.5 };
        Self { flip_rate, share }
    }

    /// Numbers of flips among `pairs` with their chances, those left out that are too rare to matter.
    fn flips(&self, pairs: u64) -> impl Iterator<Item = (u64, f64)> {
        let flips_of = Binomial::new(self.flip_rate, pairs).ok();
        let weight = move |flips| flips_of.as_ref().map_or(0.0, |flips_of| flips_of.pmf(flips));
        (0..=pairs).map(move |flips| (flips, weight(flips))).filter(|(_, weight)| *weight > RARE)
    }

    /// The chance that at least `k` of `flips` are losses.
    fn at_least(&self, flips: u64, k: u64) -> f64 {
        match k.checked_sub(1) {
            None => 1.0,
            Some(_) if k > flips => 0.0,
            Some(below) => Binomial::new(self.share, flips).map_or(0.0, |losses| losses.sf(below)),
        }
    }

    /// How often a gate fails that fails from `failing[flips]` losses on.
    fn failure_rate(&self, failing: &[Option<u64>], pairs: u64) -> f64 {
        let fewest = |flips: u64| usize::try_from(flips).ok().and_then(|flips| *failing.get(flips)?);
        self.flips(pairs)
            .filter_map(|(flips, weight)| Some(weight * self.at_least(flips, fewest(flips)?)))
            .sum::<f64>()
            .min(1.0)
    }
}

/// The flip rate that a detectable loss is computed with: the upper limit of its Wilson 95 % interval, for few
/// flips among few pairs say little about how many there will be. `None` without pairs.
#[must_use]
pub fn cautious_flip_rate(flips: u64, pairs: u64) -> Option<f64> {
    let Interval { high, .. } = wilson(real(flips) / real(pairs), pairs, 0.95)?;
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::paired::tango_interval;
    use proptest::prelude::*;

    const EQUAL_MODELS: f64 = 0.0;

    /// The false alarms stated with the table of gates, in percent to one digit.
    #[test]
    fn detect_fails_equal_models_as_often_as_stated() {
        for (pairs, flip_rate, percent) in
            [(30, 0.08, 3.8), (250, 0.08, 0.3), (30, 0.14, 5.1), (250, 0.14, 1.7)]
        {
            let rate =
                Rule::usual(GateMode::Detect, 0.05).failure_rate(pairs, flip_rate, EQUAL_MODELS).unwrap();
            assert!((100.0 * rate - percent).abs() < 0.06, "{pairs} pairs, {flip_rate} flips: {rate}");
        }
    }

    /// The brute force over every table, with the interval solved for, against the enumeration by flips.
    #[test]
    fn the_enumeration_agrees_with_brute_force() {
        let (n, flip_rate, loss, margin) = (12_u64, 0.3, 0.1, 0.05);
        let (p10, p01): (f64, f64) = (f64::midpoint(flip_rate, loss), f64::midpoint(flip_rate, -loss));
        let choose = |n: u64, k: u64| (0..k).fold(1.0, |c, i| c * real(n - i) / real(i + 1));
        for mode in [GateMode::Detect, GateMode::Harm, GateMode::Prove, GateMode::Point] {
            let (mut sum, mut passing) = (0.0, 0.0);
            for losses in 0..=n {
                for gains in 0..=(n - losses) {
                    let counts =
                        PairedCounts { both_passed: n - losses - gains, losses, gains, both_failed: 0 };
                    let (delta, upper) = (counts.delta().unwrap(), tango_interval(counts, 0.9).unwrap().high);
                    let fails = match mode {
                        GateMode::Detect => upper < -1e-12 && delta <= -margin,
                        GateMode::Harm | GateMode::Prove => upper < -margin,
                        GateMode::Point => delta < -margin,
                    };
                    let passes = match mode {
                        GateMode::Detect => upper >= -1e-12 && delta > -margin,
                        GateMode::Harm | GateMode::Point => !fails,
                        GateMode::Prove => tango_interval(counts, 0.9).unwrap().low > -margin,
                    };
                    let chance = choose(n, losses)
                        * choose(n - losses, gains)
                        * p10.powf(real(losses))
                        * p01.powf(real(gains))
                        * (1.0 - flip_rate).powf(real(n - losses - gains));
                    sum += if fails { chance } else { 0.0 };
                    passing += if passes { chance } else { 0.0 };
                }
            }
            let chances = Rule::usual(mode, margin).chances(n, flip_rate, loss).unwrap();
            assert!((chances.fail - sum).abs() < 1e-9, "{mode:?}: {chances:?}, not {sum}");
            assert!((chances.pass - passing).abs() < 1e-9, "{mode:?}: {chances:?}, not {passing}");
            assert!((chances.pass + chances.inconclusive + chances.fail - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn the_smallest_loss_is_found_with_just_enough_power() {
        for (mode, pairs) in [(GateMode::Detect, 30), (GateMode::Detect, 250), (GateMode::Harm, 250)] {
            let loss = Rule::usual(mode, 0.05).smallest_loss(pairs, 0.08).unwrap();
            let power = |loss| Rule::usual(mode, 0.05).failure_rate(pairs, 0.08, loss).unwrap();
            assert!(power(loss) >= POWER && power(loss - 0.001) < POWER, "{mode:?} at {pairs}: {loss}");
        }
    }

    #[test]
    fn the_approximation_continues_the_enumeration() {
        for mode in [GateMode::Detect, GateMode::Harm, GateMode::Point] {
            for (margin, flip_rate) in
                [0.01, 0.05, 0.1, 0.5].into_iter().flat_map(|m| [0.0, 0.01, 0.1, 0.3].map(|f| (m, f)))
            {
                let rule = Rule::usual(mode, margin);
                let (at_500, at_501) = (
                    rule.smallest_loss(500, flip_rate).unwrap(),
                    rule.smallest_loss(501, flip_rate).unwrap(),
                );
                let exact = rule.exact_loss(501, flip_rate).unwrap();
                let told = format!("{mode:?} {margin} {flip_rate}: {at_500}, {at_501}, exactly {exact}");
                assert!((exact - at_501).abs() < 0.005 && (at_500 - at_501).abs() < 0.005, "{told}");
                // The loss flips as many pairs as are lost.
                let power = rule.failure_rate(501, flip_rate, at_501).unwrap();
                assert!((0.6..0.95).contains(&power), "{told}: {power}");
            }
        }
    }

    /// (1.645 + 0.842)²·ψ/m² is the planning figure 6.183·ψ/m²: 198 pairs at m = 5 pp and ψ = 8 %.
    #[test]
    fn the_planning_formula_is_the_stated_one() {
        let loss = Rule::usual(GateMode::Harm, 0.0).approximate_loss((0.08_f64 / 198.0).sqrt());
        assert!((loss - 0.05).abs() < 1e-4, "{loss}");
    }

    /// `prove` passes equal models with 80 % power from about 222 pairs at m = 5 pp and 8 % flips.
    #[test]
    fn proving_takes_about_as_many_pairs_as_stated() {
        let rule = Rule::usual(GateMode::Prove, 0.05);
        let passes = |pairs| rule.chances(pairs, 0.08, EQUAL_MODELS).unwrap().pass;
        assert!(passes(205) < POWER, "{}", passes(205));
        assert!(passes(230) >= POWER, "{}", passes(230));
    }

    #[test]
    fn three_pairs_can_only_just_fail_and_two_can_not() {
        assert_eq!(Rule::usual(GateMode::Detect, 0.05).smallest_loss(2, 0.1), None);
        assert!(Rule::usual(GateMode::Detect, 0.05).smallest_loss(3, 0.1).unwrap() > 0.9);
        assert_eq!(Rule::usual(GateMode::Detect, 0.05).smallest_loss(0, 0.1), None);
        assert_eq!(cautious_flip_rate(0, 0), None);
    }

    proptest! {
        #[test]
        fn gates_fail_by_their_interval(
            a in 0..40_u64, losses in 0..12_u64, gains in 0..12_u64, b in 1..20_u64,
        ) {
            let counts = PairedCounts { both_passed: a, losses, gains, both_failed: b };
            let upper = tango_interval(counts, GATE_CONFIDENCE).unwrap().high;
            prop_assert_eq!(Rule::usual(GateMode::Harm, 0.05).verdict(counts) == Some(GateVerdict::Fail), upper < -0.05);
            let delta = counts.delta().unwrap();
            // Rounding decides at exactly 0, where only the estimate itself can lie.
            prop_assume!(upper.abs() > 1e-9);
            prop_assert_eq!(Rule::usual(GateMode::Detect, 0.05).verdict(counts) == Some(GateVerdict::Fail), upper < 0.0 && delta <= -0.05 + 1e-9);
        }

        #[test]
        fn a_larger_loss_is_found_more_often(pairs in 3..80_u64, a in 0.0..0.5_f64, b in 0.0..0.5_f64) {
            let rate = |loss| Rule::usual(GateMode::Detect, 0.05).failure_rate(pairs, 0.1, loss).unwrap();
            prop_assert!(rate(a.min(b)) <= rate(a.max(b)) + 1e-9);
        }
    }
}
