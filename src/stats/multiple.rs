//! Several hypotheses at once.

use super::length;

/// Holm's step-down adjustment: p-values, in the order given, that may each be held against α while the chance
/// of any false alarm among them stays below α.
///
/// The i-th smallest of k (from 0) is multiplied by k − i, made no smaller than the one before and at most 1:
/// Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scand. J. Statist. 6 (1979).
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        largest = largest.max(p_values[index] * length(p_values.len() - rank)).min(1.0);
        adjusted[index] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Computed with statsmodels: `multipletests(p, method="holm")`.
    #[test]
    fn the_worked_values_come_out() {
        let adjusted = holm(&[0.04, 0.0008, 0.21, 0.012, 0.031]);
        for (value, expected) in adjusted.iter().zip([0.093, 0.004, 0.21, 0.048, 0.093]) {
            assert!((value - expected).abs() < 1e-12, "{adjusted:?}");
        }
        assert!(holm(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn adjusted_values_are_no_smaller_and_keep_the_order(p in prop::collection::vec(0.0..=1.0_f64, 1..12)) {
            let adjusted = holm(&p);
            for i in 0..p.len() {
                prop_assert!(adjusted[i] >= p[i] && adjusted[i] <= 1.0);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || adjusted[i] <= adjusted[j]);
                }
            }
        }
    }
}
