//! The ratio of two positive quantities measured a few times: Student's t on their logarithms.
//!
//! Speed's noise is multiplicative, so the logarithm makes it additive and the ratio's interval symmetric in
//! which side is called the baseline. Over a handful of rounds t keeps its coverage where a bootstrap doesn't.

use crate::model::comparison::Interval;

use super::critical::t;
use super::{length, mean, variance};

/// A ratio with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// Geometric mean of the candidate ÷ geometric mean of the baseline.
    pub ratio: f64,
    /// Its interval.
    pub interval: Interval,
}

/// Logarithms; `None` where a value is not positive and finite.
fn logs(values: &[f64]) -> Option<Vec<f64>> {
    values.iter().map(|v| (v.is_finite() && *v > 0.0).then(|| v.ln())).collect()
}

/// exp(`difference` ± t·`error`).
fn back(difference: f64, error: f64, confidence: f64, degrees_of_freedom: f64) -> Option<Ratio> {
    let half = t(confidence, degrees_of_freedom)? * error;
    let interval = Interval { low: (difference - half).exp(), high: (difference + half).exp() };
    Some(Ratio { ratio: difference.exp(), interval })
}

/// Candidate ÷ baseline where the i-th values were measured together (rounds A B A B …): paired t on the
/// logarithms. `None` for fewer than two pairs, unequal lengths, or a value that is not positive and finite.
#[must_use]
pub fn paired(baseline: &[f64], candidate: &[f64], confidence: f64) -> Option<Ratio> {
    if baseline.len() != candidate.len() {
        return None;
    }
    let differences: Vec<f64> = logs(candidate)?
        .iter()
        .zip(logs(baseline)?)
        .map(|(candidate, baseline)| candidate - baseline)
        .collect();
    let mean = mean(&differences)?;
    let n = length(differences.len());
    let error = (variance(&differences, mean)? / n).sqrt();
    back(mean, error, confidence, n - 1.0)
}

/// Candidate ÷ baseline of two unrelated series: Welch's t on the logarithms, with Satterthwaite's degrees of
/// freedom. `None` for fewer than two values a side, or a value that is not positive and finite.
#[must_use]
pub fn welch(baseline: &[f64], candidate: &[f64], confidence: f64) -> Option<Ratio> {
    let of = |values: &[f64]| {
        let logs = logs(values)?;
        let mean = mean(&logs)?;
        let squared_error = variance(&logs, mean)? / length(logs.len());
        Some((mean, squared_error, length(logs.len() - 1)))
    };
    let (baseline_mean, baseline_error, baseline_freedom) = of(baseline)?;
    let (candidate_mean, candidate_error, candidate_freedom) = of(candidate)?;
    let sum = baseline_error + candidate_error;
    let freedom = if sum > 0.0 {
        sum * sum / (baseline_error.powi(2) / baseline_freedom + candidate_error.powi(2) / candidate_freedom)
    } else {
        // No noise at all: any degrees of freedom give the same interval of no width.
        baseline_freedom + candidate_freedom
    };
    back(candidate_mean - baseline_mean, sum.sqrt(), confidence, freedom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BASELINE: [f64; 5] = [1510.0, 1492.0, 1523.0, 1501.0, 1498.0];
    const CANDIDATE: [f64; 5] = [1688.0, 1702.0, 1671.0, 1695.0, 1680.0];

    /// Computed with scipy 1.17: `ttest_ind(log(candidate), log(baseline), equal_var=False)`.
    #[test]
    fn the_worked_throughput_comes_out() {
        let Ratio { ratio, interval } = welch(&BASELINE, &CANDIDATE, 0.95).unwrap();
        for (value, expected) in [(ratio, 1.121_217), (interval.low, 1.108_791), (interval.high, 1.133_783)] {
            assert!((value - expected).abs() < 6e-7, "{value} is not {expected}");
        }
    }

    /// By hand: differences of logarithms ln 2, ln 2, ln 8 have mean (5/3)·ln 2 and standard deviation
    /// (2/√3)·ln 2, so the standard error is (2/3)·ln 2; t of 2 degrees of freedom is 4.302653.
    #[test]
    fn paired_rounds_follow_the_textbook() {
        let Ratio { ratio, interval } = paired(&[1.0, 3.0, 5.0], &[2.0, 6.0, 40.0], 0.95).unwrap();
        let ln_2 = std::f64::consts::LN_2;
        assert!((ratio - (5.0 / 3.0 * ln_2).exp()).abs() < 1e-9);
        let half = 4.302_652_73 * 2.0 / 3.0 * ln_2;
        assert!((interval.high - (5.0 / 3.0 * ln_2 + half).exp()).abs() < 1e-6);
    }

    #[test]
    fn what_can_not_be_a_ratio_is_none() {
        assert_eq!(paired(&[1.0], &[2.0], 0.95), None);
        assert_eq!(paired(&[1.0, 2.0], &[2.0], 0.95), None);
        assert_eq!(paired(&[0.0, 2.0], &[2.0, 1.0], 0.95), None);
        assert_eq!(welch(&[1.0, f64::NAN], &[2.0, 1.0], 0.95), None);
    }

    #[test]
    fn without_noise_the_interval_has_no_width() {
        let Ratio { ratio, interval } = welch(&[2.0, 2.0], &[3.0, 3.0], 0.95).unwrap();
        assert!((ratio - 1.5).abs() < 1e-12 && (interval.high - interval.low).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn exchanging_the_sides_inverts(values in prop::collection::vec((0.1..1e3_f64, 0.1..1e3_f64), 2..9)) {
            let (baseline, candidate): (Vec<f64>, Vec<f64>) = values.into_iter().unzip();
            for of in [paired, welch] {
                let (ours, theirs) = (of(&baseline, &candidate, 0.95).unwrap(), of(&candidate, &baseline, 0.95).unwrap());
                prop_assert!(ours.interval.contains(ours.ratio));
                prop_assert!((ours.ratio * theirs.ratio - 1.0).abs() < 1e-9);
                prop_assert!((ours.interval.low * theirs.interval.high - 1.0).abs() < 1e-9);
            }
        }
    }
}
