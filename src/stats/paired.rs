//! Two proportions on the same prompts: `McNemar`'s test, Tango's score interval, Newcombe's method 10.

use statrs::distribution::{Binomial, DiscreteCDF};

use crate::model::comparison::Interval;

use super::critical::{normal_p, z};
use super::proportion::wilson;
use super::real;

/// The 2×2 table of pairs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PairedCounts {
    /// Both sides pass.
    pub both_passed: u64,
    /// The baseline passes, the candidate doesn't.
    pub losses: u64,
    /// The candidate passes, the baseline doesn't.
    pub gains: u64,
    /// Both sides fail.
    pub both_failed: u64,
}

impl PairedCounts {
    /// All pairs.
    #[must_use]
    pub const fn pairs(self) -> u64 {
        self.both_passed + self.losses + self.gains + self.both_failed
    }

    /// Pairs whose sides differ.
    #[must_use]
    pub const fn flips(self) -> u64 {
        self.losses + self.gains
    }

    /// Candidate's share of passes − baseline's; `None` without pairs.
    #[must_use]
    pub fn delta(self) -> Option<f64> {
        (self.pairs() > 0).then(|| (real(self.gains) - real(self.losses)) / real(self.pairs()))
    }

    /// The same table with the sides' roles exchanged.
    #[must_use]
    pub const fn swapped(self) -> Self {
        Self { losses: self.gains, gains: self.losses, ..self }
    }
}

/// P[Bin(n, ½) ≤ k]; 1 for n = 0.
fn fair_coin_at_most(n: u64, k: u64) -> f64 {
    Binomial::new(0.5, n).map_or(1.0, |flips| flips.cdf(k))
}

/// `McNemar`'s exact two-sided p-value: min(1, 2·P[Bin(flips, ½) ≤ min(losses, gains)]); 1 without flips.
#[must_use]
pub fn mcnemar_two_sided(losses: u64, gains: u64) -> f64 {
    (2.0 * fair_coin_at_most(losses + gains, losses.min(gains))).min(1.0)
}

/// `McNemar`'s exact one-sided p-value that the candidate is worse: P[Bin(flips, ½) ≥ losses]; 1 without flips.
#[must_use]
pub fn mcnemar_worse(losses: u64, gains: u64) -> f64 {
    // A fair coin is symmetric: at least `losses` heads is at most `gains` tails.
    fair_coin_at_most(losses + gains, gains)
}

/// Tango's score statistic of the hypothesis that the true delta is `delta` (within −1 and 1); positive where
/// more was gained than that. Falls as `delta` rises; about standard normal where the hypothesis holds.
///
/// T(δ) = (n01 − n10 − nδ) / √(n(2q + δ(1−δ))), with q the likeliest share of losses under δ: Tango,
/// "Equivalence Test and Confidence Interval for the Difference in Proportions for the Paired-Sample Design",
/// Statistics in Medicine 17 (1998).
#[must_use]
pub fn tango_statistic(counts: PairedCounts, delta: f64) -> f64 {
    let (n, losses, gains) = (real(counts.pairs()), real(counts.losses), real(counts.gains));
    let numerator = gains - losses - n * delta;
    let b = (2.0 * n - gains + losses) * delta - gains - losses;
    let c = -losses * delta * (1.0 - delta);
    let root = (b * b - 8.0 * n * c).max(0.0).sqrt();
    // The positive root of 2n·q² + b·q + c, in the form that doesn't cancel.
    let q = if b > 0.0 { -2.0 * c / (root + b) } else { (root - b) / (4.0 * n) };
    let variance = n * (2.0 * q + delta * (1.0 - delta));
    if variance > 0.0 {
        numerator / variance.sqrt()
    } else if numerator.abs() < 1e-12 {
        0.0
    } else {
        numerator.signum() * f64::INFINITY
    }
}

/// Tango's two-sided p-value of no difference; `None` without pairs, 1 without flips.
#[must_use]
pub fn score_p(counts: PairedCounts) -> Option<f64> {
    (counts.pairs() > 0).then(|| normal_p(tango_statistic(counts, 0.0)))
}

/// Tango's score interval of the delta: where |T(δ)| ≤ z, found by bisection. `None` without pairs.
/// Without flips it is ±z²/(n + z²).
#[must_use]
pub fn tango_interval(counts: PairedCounts, confidence: f64) -> Option<Interval> {
    Some(Interval {
        low: -tango_upper(counts.swapped(), confidence)?,
        high: tango_upper(counts, confidence)?,
    })
}

/// The upper limit: the δ above the estimate at which T falls to −z.
fn tango_upper(counts: PairedCounts, confidence: f64) -> Option<f64> {
    let z = z(confidence);
    let (mut inside, mut outside) = (counts.delta()?, 1.0);
    // Each step halves the bracket: after 60 it is narrower than a double can tell.
    for _ in 0..60 {
        let middle = f64::midpoint(inside, outside);
        if tango_statistic(counts, middle) > -z {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    Some(inside)
}

/// Newcombe's method 10: both sides' Wilson limits, joined with the correlation of the table. `None` without
/// pairs. Used as a cross-check of Tango's interval.
///
/// Newcombe, "Improved Confidence Intervals for the Difference Between Binomial Proportions Based on Paired
/// Data", Statistics in Medicine 17 (1998).
#[must_use]
pub fn newcombe_interval(counts: PairedCounts, confidence: f64) -> Option<Interval> {
    let n = counts.pairs();
    let candidate = real(counts.both_passed + counts.gains) / real(n);
    let baseline = real(counts.both_passed + counts.losses) / real(n);
    let of_candidate = wilson(candidate, n, confidence)?;
    let of_baseline = wilson(baseline, n, confidence)?;
    let phi = continuity_corrected_phi(counts);
    let distance = |a: f64, b: f64| (a * a - 2.0 * phi * a * b + b * b).max(0.0).sqrt();
    let delta = candidate - baseline;
    Some(Interval {
        low: delta - distance(candidate - of_candidate.low, of_baseline.high - baseline),
        high: delta + distance(of_candidate.high - candidate, baseline - of_baseline.low),
    })
}

/// The table's φ with Newcombe's continuity correction; 0 where a margin is empty.
fn continuity_corrected_phi(counts: PairedCounts) -> f64 {
    let PairedCounts { both_passed, losses, gains, both_failed } = counts;
    let margins = real(both_passed + losses)
        * real(gains + both_failed)
        * real(both_passed + gains)
        * real(losses + both_failed);
    if margins <= 0.0 {
        return 0.0;
    }
    let half = real(counts.pairs()) / 2.0;
    let product = real(both_passed) * real(both_failed) - real(losses) * real(gains);
    let corrected = if product > half {
        product - half
    } else if product >= 0.0 {
        0.0
    } else {
        product
    };
    corrected / margins.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn table(both_passed: u64, losses: u64, gains: u64, both_failed: u64) -> PairedCounts {
        PairedCounts { both_passed, losses, gains, both_failed }
    }

    /// One line of the worked examples: table, delta, `McNemar` two- and one-sided, Tango 95 %, Tango 90 %,
    /// Newcombe 95 %.
    type Example = (PairedCounts, f64, f64, Option<f64>, [f64; 2], [f64; 2], [f64; 2]);

    /// Computed with statsmodels 0.15 and scipy 1.17; the last is Newcombe's (1998) own example.
    const EXAMPLES: [Example; 6] = [
        (
            table(24, 3, 1, 2),
            -0.066_667,
            0.625,
            Some(0.3125),
            [-0.231_394, 0.086_973],
            [-0.199_854, 0.055_048],
            [-0.228_657, 0.089_590],
        ),
        (
            table(198, 14, 5, 33),
            -0.036,
            0.063_568,
            Some(0.031_784),
            [-0.074_621, -0.002_018],
            [-0.067_611, -0.007_867],
            [-0.072_635, -0.000_804],
        ),
        (
            table(200, 9, 9, 32),
            0.0,
            1.0,
            Some(0.592_735),
            [-0.036_085, 0.036_085],
            [-0.029_618, 0.029_618],
            [-0.035_406, 0.035_406],
        ),
        (
            table(45, 0, 0, 5),
            0.0,
            1.0,
            Some(1.0),
            [-0.071_348, 0.071_348],
            [-0.051_333, 0.051_333],
            [-0.068_446, 0.068_446],
        ),
        (
            table(40, 6, 0, 4),
            -0.12,
            0.031_25,
            Some(0.015_625),
            [-0.238_048, -0.040_091],
            [-0.215_673, -0.062_507],
            [-0.234_270, -0.020_155],
        ),
        (
            table(36, 2, 12, 0),
            0.2,
            0.012_939,
            None,
            [0.061_112, 0.344_709],
            [0.085_474, 0.320_413],
            [0.056_930, 0.340_428],
        ),
    ];

    #[track_caller]
    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() < 6e-7, "{value} is not {expected}");
    }

    #[test]
    fn the_worked_examples_come_out() {
        for (counts, delta, two_sided, worse, tango_95, tango_90, newcombe) in EXAMPLES {
            close(counts.delta().unwrap(), delta);
            close(mcnemar_two_sided(counts.losses, counts.gains), two_sided);
            if let Some(worse) = worse {
                close(mcnemar_worse(counts.losses, counts.gains), worse);
            }
            for (interval, [low, high]) in [
                (tango_interval(counts, 0.95), tango_95),
                (tango_interval(counts, 0.90), tango_90),
                (newcombe_interval(counts, 0.95), newcombe),
            ] {
                close(interval.unwrap().low, low);
                close(interval.unwrap().high, high);
            }
        }
    }

    #[test]
    fn without_pairs_there_is_nothing() {
        let empty = PairedCounts::default();
        assert_eq!(empty.delta(), None);
        assert_eq!(tango_interval(empty, 0.9), None);
        assert_eq!(newcombe_interval(empty, 0.9), None);
        assert_eq!(score_p(empty), None);
    }

    #[test]
    fn without_flips_the_limit_is_the_closed_form() {
        let z2 = z(0.9).powi(2);
        close(tango_interval(table(0, 0, 0, 17), 0.9).unwrap().high, z2 / (17.0 + z2));
        assert_eq!(score_p(table(12, 0, 0, 5)), Some(1.0));
    }

    #[test]
    fn at_no_difference_the_score_is_mcnemars_without_correction() {
        close(tango_statistic(table(36, 2, 12, 0), 0.0), 10.0 / 14.0_f64.sqrt());
    }

    fn any_table() -> impl Strategy<Value = PairedCounts> {
        (0..60u64, 0..20u64, 0..20u64, 0..60u64)
            .prop_map(|(a, b, c, d)| table(a, b, c, d))
            .prop_filter("pairs", |counts| counts.pairs() > 0)
    }

    proptest! {
        #[test]
        fn intervals_hold_the_estimate_and_lie_within_one(counts in any_table()) {
            let delta = counts.delta().unwrap();
            for interval in [tango_interval(counts, 0.95), newcombe_interval(counts, 0.95)] {
                let interval = interval.unwrap();
                prop_assert!(interval.low <= delta + 1e-12 && delta <= interval.high + 1e-12);
                prop_assert!(interval.low >= -1.0 - 1e-9 && interval.high <= 1.0 + 1e-9);
            }
        }

        #[test]
        fn exchanging_the_sides_negates(counts in any_table()) {
            for interval_of in [tango_interval, newcombe_interval] {
                let ours = interval_of(counts, 0.9).unwrap();
                let theirs = interval_of(counts.swapped(), 0.9).unwrap();
                prop_assert!((ours.low + theirs.high).abs() < 1e-9 && (ours.high + theirs.low).abs() < 1e-9);
            }
            let (ours, theirs) = (tango_statistic(counts, 0.07), tango_statistic(counts.swapped(), -0.07));
            prop_assert!((ours + theirs).abs() < 1e-9, "{ours} and {theirs}");
        }

        #[test]
        fn more_confidence_is_wider(counts in any_table()) {
            let (narrow, wide) = (tango_interval(counts, 0.9).unwrap(), tango_interval(counts, 0.95).unwrap());
            prop_assert!(wide.low <= narrow.low && narrow.high <= wide.high);
        }

        #[test]
        fn the_statistic_falls_as_delta_rises(counts in any_table(), a in -0.99..0.99_f64, b in -0.99..0.99_f64) {
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(tango_statistic(counts, low) >= tango_statistic(counts, high) - 1e-9);
        }

        #[test]
        fn another_loss_in_place_of_a_gain_lowers_both_limits(counts in any_table()) {
            prop_assume!(counts.gains > 0);
            let worse = PairedCounts { losses: counts.losses + 1, gains: counts.gains - 1, ..counts };
            let (ours, theirs) = (tango_interval(counts, 0.9).unwrap(), tango_interval(worse, 0.9).unwrap());
            prop_assert!(theirs.low <= ours.low + 1e-12 && theirs.high <= ours.high + 1e-12);
        }
    }
}
