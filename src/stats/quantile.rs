//! Quantiles of type 7: linear interpolation between order statistics.
//!
//! Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996): with the
//! values sorted and counted from 0, the p-quantile lies at position (n − 1)·p. It is numpy's default.

use crate::model::summary::Distribution;

use super::{length, mean, variance};

/// The type-7 quantile of values in ascending order at `p` from 0 to 1; `None` of nothing.
#[must_use]
pub fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let (index, fraction) = position(sorted.len(), p)?;
    let low = *sorted.get(index)?;
    // The last value has no right neighbour, and its fraction is 0.
    let high = sorted.get(index + 1).copied().unwrap_or(low);
    Some(interpolate(low, high, fraction))
}

/// Where the p-quantile of `n` sorted values lies: the value to the left of it, and how far it is on the way
/// to the next, 0 to 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`p` is clamped, so the position lies within 0 and n − 1"
)]
pub(super) fn position(n: usize, p: f64) -> Option<(usize, f64)> {
    let last = n.checked_sub(1)?;
    let position = length(last) * p.clamp(0.0, 1.0);
    let index = (position.floor() as usize).min(last);
    Some((index, position - length(index)))
}

/// Between `low` and `high`; exactly `low` where they are equal.
pub(super) fn interpolate(low: f64, high: f64, fraction: f64) -> f64 {
    low + (high - low) * fraction
}

/// Sorts the values and summarises them. `None` of nothing, and of values that hold a NaN or an infinity: a
/// metric is absent or finite, so such a value is a defect that no summary should hide.
#[must_use]
pub fn distribution(values: &mut [f64]) -> Option<Distribution> {
    if values.iter().any(|v| !v.is_finite()) {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let mean = mean(values)?;
    let at = |p| quantile(values, p);
    Some(Distribution {
        n: values.len() as u64,
        mean,
        standard_deviation: variance(values, mean).map_or(0.0, f64::sqrt),
        min: *values.first()?,
        p50: at(0.5)?,
        p90: at(0.9)?,
        p95: at(0.95)?,
        p99: at(0.99)?,
        p99_9: at(0.999)?,
        max: *values.last()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Computed with numpy 2: `numpy.percentile(x, [50, 90, 95, 99])`.
    #[test]
    fn the_worked_values_come_out() {
        let mut values: Vec<f64> = (1..=100u32).map(|i| f64::from(200 + 3 * ((37 * i) % 101))).collect();
        let d = distribution(&mut values).unwrap();
        assert_eq!(d.n, 100);
        for (value, expected) in [(d.p50, 351.5), (d.p90, 470.3), (d.p95, 485.15), (d.p99, 497.03)] {
            assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
        }
        assert!((d.min - 203.0).abs() < 1e-12 && (d.max - 500.0).abs() < 1e-12);
    }

    #[test]
    fn mean_and_standard_deviation_are_the_sample_ones() {
        let d = distribution(&mut [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert!((d.mean - 5.0).abs() < 1e-12);
        assert!((d.standard_deviation - (32.0_f64 / 7.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn one_value_is_every_quantile() {
        let d = distribution(&mut [7.5]).unwrap();
        assert_eq!((d.n, d.p50, d.p99_9, d.standard_deviation), (1, 7.5, 7.5, 0.0));
    }

    #[test]
    fn nothing_and_what_is_no_number_have_no_distribution() {
        assert_eq!(distribution(&mut []), None);
        assert_eq!(distribution(&mut [1.0, f64::NAN]), None);
        assert_eq!(distribution(&mut [1.0, f64::INFINITY]), None);
        assert_eq!(quantile(&[], 0.5), None);
    }

    proptest! {
        #[test]
        fn quantiles_rise_with_p_and_stay_within(mut values in prop::collection::vec(-1e6..1e6_f64, 1..60)) {
            let d = distribution(&mut values).unwrap();
            let steps = [d.min, d.p50, d.p90, d.p95, d.p99, d.p99_9, d.max];
            prop_assert!(steps.windows(2).all(|w| w[0] <= w[1]));
            prop_assert!(d.min <= d.mean + 1e-6 && d.mean <= d.max + 1e-6);
        }
    }
}
