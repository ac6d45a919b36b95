//! What a gate would have found: how often it fails at a given true loss, and the smallest loss it finds with
//! 80 % power.
//!
//! Exact by enumeration where the number of pairs allows: with flip rate ψ and true loss θ, the flips are
//! Bin(n, ψ) and the losses among them Bin(flips, (ψ + θ)/2ψ); a gate's answer depends on the two counts alone,
//! and for a given number of flips it fails from some number of losses upwards.

use statrs::distribution::{Binomial, Discrete, DiscreteCDF};

use crate::model::comparison::{GateMode, Interval};

use super::critical::z;
use super::paired::{PairedCounts, tango_statistic};
use super::proportion::wilson;
use super::real;

/// The gates' confidence: two-sided 90 %, which is one-sided 5 %.
pub const GATE_CONFIDENCE: f64 = 0.90;

/// The power a loss must be found with to count as detectable.
pub const POWER: f64 = 0.80;

/// Up to this many pairs the enumeration is exact; above it takes long and the normal approximation is close.
const EXACT_UP_TO: u64 = 500;

/// Differences closer than this are equal: shares are ratios of small whole numbers.
const EQUAL: f64 = 1e-9;

/// Whether a gate of this mode and margin (a share, 0 to 1) fails: FAIL's column of the table of gates.
/// `None` without pairs.
///
/// The interval's upper limit lies below δ exactly where Tango's statistic at δ is below −z, so no limit
/// needs to be solved for.
#[must_use]
pub fn fails(mode: GateMode, margin: f64, counts: PairedCounts) -> Option<bool> {
    let delta = counts.delta()?;
    let upper_below = |bound: f64| tango_statistic(counts, bound) < -z(GATE_CONFIDENCE);
    Some(match mode {
        GateMode::Detect => delta <= -margin + EQUAL && upper_below(0.0),
        GateMode::Harm | GateMode::Prove => delta < -margin && upper_below(-margin),
        GateMode::Point => delta < -margin - EQUAL,
    })
}

/// How often a gate fails where the candidate's true loss is `loss` and the true flip rate `flip_rate` (raised
/// to `loss` where it is lower), over `pairs` independent pairs. Exact; `None` without pairs.
#[must_use]
pub fn failure_rate(mode: GateMode, margin: f64, pairs: u64, flip_rate: f64, loss: f64) -> Option<f64> {
    (pairs > 0).then(|| rate_from(&failing_losses(mode, margin, pairs), pairs, flip_rate, loss))
}

/// For each number of flips from 0 to `pairs`: the fewest losses among them that fail the gate.
fn failing_losses(mode: GateMode, margin: f64, pairs: u64) -> Vec<Option<u64>> {
    let fails_at = |flips: u64, losses: u64| {
        let counts =
            PairedCounts { both_passed: pairs - flips, losses, gains: flips - losses, both_failed: 0 };
        fails(mode, margin, counts).unwrap_or(false)
    };
    (0..=pairs)
        .map(|flips| {
            // More losses among as many flips only push the statistic down: halve the bracket.
            let (mut low, mut high) = (0, flips + 1);
            while low < high {
                let middle = low.midpoint(high);
                if fails_at(flips, middle.min(flips)) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            (low <= flips && fails_at(flips, low)).then_some(low)
        })
        .collect()
}

/// [`failure_rate`] from the table of [`failing_losses`].
fn rate_from(failing: &[Option<u64>], pairs: u64, flip_rate: f64, loss: f64) -> f64 {
    let flip_rate = flip_rate.max(loss.abs()).clamp(0.0, 1.0);
    if flip_rate <= 0.0 {
        return 0.0;
    }
    let share = ((flip_rate + loss) / (2.0 * flip_rate)).clamp(0.0, 1.0);
    let Ok(flips_of) = Binomial::new(flip_rate, pairs) else { return 0.0 };
    (0..)
        .zip(failing)
        .filter_map(|(flips, fewest)| {
            let weight = flips_of.pmf(flips);
            let fewest = (*fewest)?;
            // What is rarer than this can't add up to anything over a few hundred terms.
            (weight > 1e-12).then(|| weight * at_least(flips, share, fewest))
        })
        .sum::<f64>()
        .min(1.0)
}

/// P[Bin(n, p) ≥ k].
fn at_least(n: u64, p: f64, k: u64) -> f64 {
    match k.checked_sub(1) {
        None => 1.0,
        Some(below) => Binomial::new(p, n).map_or(0.0, |losses| losses.sf(below)),
    }
}

/// The smallest true loss (a share, 0 to 1) that a gate fails on in 80 % of such runs; `None` where not even a
/// total loss would be found so often.
///
/// Exact up to 500 pairs, above by [`approximate_loss`] with the standard error √(ψ/n).
#[must_use]
pub fn smallest_loss(mode: GateMode, margin: f64, pairs: u64, flip_rate: f64) -> Option<f64> {
    if pairs == 0 {
        return None;
    }
    if pairs > EXACT_UP_TO {
        return Some(approximate_loss(mode, margin, (flip_rate / real(pairs)).sqrt()));
    }
    let failing = failing_losses(mode, margin, pairs);
    let found = |loss| rate_from(&failing, pairs, flip_rate, loss) >= POWER;
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

/// The normal approximation of [`smallest_loss`] for any estimate of the delta with this standard error: the
/// loss whose estimate lies beyond the gate's threshold with 80 % power. With no margin it is
/// (1.645 + 0.842)·SE, the formula for planning.
#[must_use]
pub fn approximate_loss(mode: GateMode, margin: f64, standard_error: f64) -> f64 {
    let significant = z(GATE_CONFIDENCE) * standard_error;
    let threshold = match mode {
        GateMode::Detect => margin.max(significant),
        GateMode::Harm | GateMode::Prove => margin + significant,
        GateMode::Point => margin,
    };
    // One-sided 80 % is two-sided 60 %.
    (threshold + z(2.0 * POWER - 1.0) * standard_error).min(1.0)
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
            let rate = failure_rate(GateMode::Detect, 0.05, pairs, flip_rate, EQUAL_MODELS).unwrap();
            assert!((100.0 * rate - percent).abs() < 0.06, "{pairs} pairs, {flip_rate} flips: {rate}");
        }
    }

    /// The brute force over every table, with the interval solved for, against the enumeration by flips.
    #[test]
    fn the_enumeration_agrees_with_brute_force() {
        let (n, flip_rate, loss, margin) = (12_u64, 0.3, 0.1, 0.05);
        let (p10, p01): (f64, f64) = (f64::midpoint(flip_rate, loss), f64::midpoint(flip_rate, -loss));
        let choose = |n: u64, k: u64| (0..k).fold(1.0, |c, i| c * real(n - i) / real(i + 1));
        for mode in [GateMode::Detect, GateMode::Harm, GateMode::Point] {
            let mut sum = 0.0;
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
                    if fails {
                        sum += choose(n, losses)
                            * choose(n - losses, gains)
                            * p10.powf(real(losses))
                            * p01.powf(real(gains))
                            * (1.0 - flip_rate).powf(real(n - losses - gains));
                    }
                }
            }
            let rate = failure_rate(mode, margin, n, flip_rate, loss).unwrap();
            assert!((rate - sum).abs() < 1e-9, "{mode:?}: {rate} is not {sum}");
        }
    }

    #[test]
    fn the_smallest_loss_is_found_with_just_enough_power() {
        for (mode, pairs) in [(GateMode::Detect, 30), (GateMode::Detect, 250), (GateMode::Harm, 250)] {
            let loss = smallest_loss(mode, 0.05, pairs, 0.08).unwrap();
            let power = |loss| failure_rate(mode, 0.05, pairs, 0.08, loss).unwrap();
            assert!(power(loss) >= POWER && power(loss - 0.001) < POWER, "{mode:?} at {pairs}: {loss}");
        }
    }

    #[test]
    fn the_approximation_continues_the_enumeration() {
        for mode in [GateMode::Detect, GateMode::Harm, GateMode::Point] {
            let exact = smallest_loss(mode, 0.05, 500, 0.1).unwrap();
            let approximate = smallest_loss(mode, 0.05, 501, 0.1).unwrap();
            assert!((exact - approximate).abs() < 0.01, "{mode:?}: {exact} and {approximate}");
        }
    }

    /// (1.645 + 0.842)²·ψ/m² is the planning figure 6.183·ψ/m²: 198 pairs at m = 5 pp and ψ = 8 %.
    #[test]
    fn the_planning_formula_is_the_stated_one() {
        let loss = approximate_loss(GateMode::Harm, 0.0, (0.08_f64 / 198.0).sqrt());
        assert!((loss - 0.05).abs() < 1e-4, "{loss}");
    }

    /// `prove` passes equal models with 80 % power from about 222 pairs at m = 5 pp and 8 % flips.
    #[test]
    fn proving_takes_about_as_many_pairs_as_stated() {
        let passes = |pairs: u64| {
            // PASS of `prove` is L > −m: mirrored, the candidate's gain takes the loss's place, and the
            // statistic at −m lies above z.
            let flips_of = Binomial::new(0.08, pairs).unwrap();
            (0..=pairs)
                .map(|flips| {
                    let pass = |losses: u64| {
                        let counts = PairedCounts {
                            both_passed: pairs - flips,
                            losses,
                            gains: flips - losses,
                            both_failed: 0,
                        };
                        tango_statistic(counts, -0.05) > z(GATE_CONFIDENCE)
                    };
                    let most = (0..=flips).take_while(|losses| pass(*losses)).last();
                    most.map_or(0.0, |most| {
                        flips_of.pmf(flips) * Binomial::new(0.5, flips).unwrap().cdf(most)
                    })
                })
                .sum::<f64>()
        };
        assert!(passes(205) < POWER, "{}", passes(205));
        assert!(passes(230) >= POWER, "{}", passes(230));
    }

    #[test]
    fn three_pairs_can_only_just_fail_and_two_can_not() {
        assert_eq!(smallest_loss(GateMode::Detect, 0.05, 2, 0.1), None);
        assert!(smallest_loss(GateMode::Detect, 0.05, 3, 0.1).unwrap() > 0.9);
        assert_eq!(smallest_loss(GateMode::Detect, 0.05, 0, 0.1), None);
        assert_eq!(cautious_flip_rate(0, 0), None);
    }

    proptest! {
        #[test]
        fn gates_fail_by_their_interval(
            a in 0..40_u64, losses in 0..12_u64, gains in 0..12_u64, b in 1..20_u64,
        ) {
            let counts = PairedCounts { both_passed: a, losses, gains, both_failed: b };
            let upper = tango_interval(counts, GATE_CONFIDENCE).unwrap().high;
            prop_assert_eq!(fails(GateMode::Harm, 0.05, counts).unwrap(), upper < -0.05);
            let delta = counts.delta().unwrap();
            // Rounding decides at exactly 0, where only the estimate itself can lie.
            prop_assume!(upper.abs() > 1e-9);
            prop_assert_eq!(fails(GateMode::Detect, 0.05, counts).unwrap(), upper < 0.0 && delta <= -0.05 + 1e-9);
        }

        #[test]
        fn a_larger_loss_is_found_more_often(pairs in 3..80_u64, a in 0.0..0.5_f64, b in 0.0..0.5_f64) {
            let rate = |loss| failure_rate(GateMode::Detect, 0.05, pairs, 0.1, loss).unwrap();
            prop_assert!(rate(a.min(b)) <= rate(a.max(b)) + 1e-9);
        }
    }
}
