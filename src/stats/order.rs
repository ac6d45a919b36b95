//! The interval of one sample's quantile, between two of its order statistics.
//!
//! David and Nagaraja, "Order Statistics", 3rd edition (2003), section 7.1: of n independent values the number that
//! lie below the true p-quantile is binomial, so the chance that the quantile lies between the l-th and the u-th is
//! P[l ≤ Bin(n, p) < u] whatever the distribution.

use statrs::distribution::{Binomial, DiscreteCDF};

use crate::model::comparison::Interval;

/// The interval of the `p`-quantile (0 to 1, both excluded) at `confidence`, from values in ascending order; each tail
/// has at most half of what is left. `None` where there are too few values for either limit.
#[must_use]
pub fn quantile_interval(sorted: &[f64], p: f64, confidence: f64) -> Option<Interval> {
    if !(p > 0.0 && p < 1.0) {
        return None;
    }
    let n = sorted.len() as u64;
    let below = Binomial::new(p, n).ok()?;
    let tail = (1.0 - confidence) / 2.0;
    // The largest l with P[Bin ≤ l − 1] ≤ tail, and the smallest u with P[Bin ≤ u − 1] ≥ 1 − tail.
    let low = (1..=n).rev().find(|rank| below.cdf(rank - 1) <= tail)?;
    let high = (1..=n).find(|rank| below.cdf(rank - 1) >= 1.0 - tail)?;
    let at = |rank: u64| sorted.get(usize::try_from(rank - 1).ok()?).copied();
    Some(Interval { low: at(low)?, high: at(high)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranks(n: u32, p: f64) -> Option<(f64, f64)> {
        let values: Vec<f64> = (1..=n).map(f64::from).collect();
        quantile_interval(&values, p, 0.95).map(|interval| (interval.low, interval.high))
    }

    /// Computed apart from this, by adding up the binomial's terms in Python.
    #[test]
    fn the_ranks_of_a_median_come_out() {
        assert_eq!(ranks(10, 0.5), Some((2.0, 9.0)));
        assert_eq!(ranks(20, 0.5), Some((6.0, 15.0)));
        assert_eq!(ranks(100, 0.5), Some((40.0, 61.0)));
    }

    /// 0.95^72 is the first power of 0.95 below 0.025.
    #[test]
    fn a_p95_takes_72_values_for_its_upper_limit() {
        assert_eq!(ranks(71, 0.95), None);
        assert_eq!(ranks(72, 0.95).map(|(_, high)| high), Some(72.0));
    }

    /// By the same sums.
    #[test]
    fn the_smallest_sample_of_a_p95_has_both() {
        assert_eq!(ranks(250, 0.95), Some((230.0, 245.0)));
        assert_eq!(ranks(130, 0.95), Some((118.0, 129.0)));
        assert_eq!(ranks(0, 0.95), None);
    }
}
