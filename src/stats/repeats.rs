//! The mean of per-prompt differences, where a prompt was sent several times: the prompt is the unit, never
//! the response.

use std::collections::BTreeMap;

use crate::model::comparison::Interval;

use super::critical::{normal_p, t, t_p, z};
use super::{length, mean, real, variance};

/// The mean of per-prompt differences and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanDifference {
    /// Mean difference, −1 to 1.
    pub mean: f64,
    /// sd ÷ √n; absent for a single prompt.
    pub standard_error: Option<f64>,
    /// Prompts.
    pub n: u64,
}

impl MeanDifference {
    /// Of one difference a prompt; `None` of nothing.
    #[must_use]
    pub fn of(differences: &[f64]) -> Option<Self> {
        let mean = mean(differences)?;
        let standard_error = variance(differences, mean).map(|v| (v / length(differences.len())).sqrt());
        Some(Self { mean, standard_error, n: differences.len() as u64 })
    }

    /// Mean ± t·SE with n − 1 degrees of freedom, no narrower than [`no_flip_bound`], within −1 and 1.
    /// `None` for a single prompt.
    #[must_use]
    pub fn interval(&self, confidence: f64) -> Option<Interval> {
        let half = t(confidence, real(self.n) - 1.0)? * self.standard_error?;
        let half = half.max(no_flip_bound(self.n, confidence));
        Some(Interval { low: (self.mean - half).max(-1.0), high: (self.mean + half).min(1.0) })
    }

    /// Two-sided p-value of no difference: Student's t, and no smaller than [`no_flip_p`], as the interval is no
    /// narrower than its bound. That alone counts where every prompt differs by the same, for t would divide by zero.
    /// So 0 lies outside of the interval at every confidence below 1 − p. `None` for a single prompt.
    #[must_use]
    pub fn p_value(&self) -> Option<f64> {
        let error = self.standard_error?;
        let of_student = if error > 0.0 { t_p(self.mean / error, real(self.n) - 1.0)? } else { 0.0 };
        Some(of_student.max(no_flip_p(self.n, self.mean)))
    }
}

/// z²/(n + z²): the half-width of Tango's interval where not one of n prompts differs. What was not seen among
/// n prompts may still happen, so no interval of a difference is narrower.
#[must_use]
pub fn no_flip_bound(n: u64, confidence: f64) -> f64 {
    let z2 = z(confidence).powi(2);
    z2 / (real(n) + z2)
}

/// The two-sided p-value that belongs to [`no_flip_bound`]: the level at which an interval of that width about `delta`
/// (−1 to 1) over `n` prompts ends at 0. z²/(n + z²) = |δ| where z² = n·|δ|/(1 − |δ|).
#[must_use]
pub fn no_flip_p(n: u64, delta: f64) -> f64 {
    let size = delta.abs();
    if size < 1.0 { normal_p((real(n) * size / (1.0 - size)).sqrt()) } else { 0.0 }
}

/// The standard error of a mean whose values come in clusters (prompts cloned from one template):
/// `√(Σ_c(Σ_{i∈c}(d_i − d̄))²·C/(C−1))/n` over C clusters. `None` for fewer than two clusters, or where the lengths
/// differ.
///
/// Liang and Zeger's sandwich with the small-sample factor, as in Miller, "Adding Error Bars to Evals" (2024).
#[must_use]
pub fn cluster_standard_error<C: Ord>(values: &[f64], clusters: &[C]) -> Option<f64> {
    if values.len() != clusters.len() {
        return None;
    }
    let mean = mean(values)?;
    let mut sums: BTreeMap<&C, f64> = BTreeMap::new();
    for (value, cluster) in values.iter().zip(clusters) {
        *sums.entry(cluster).or_default() += value - mean;
    }
    if sums.len() < 2 {
        return None;
    }
    let count = length(sums.len());
    let squares: f64 = sums.values().map(|sum| sum * sum).sum();
    Some((squares * count / (count - 1.0)).sqrt() / length(values.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ITEMS: [f64; 12] = [1., 1., 1., 0., 0., 1., 1., 1., 0., 0., 0., 0.];

    /// 12 items in 4 clusters of 3; computed with statsmodels.
    #[test]
    fn the_worked_standard_errors_come_out() {
        let naive = MeanDifference::of(&ITEMS).unwrap().standard_error.unwrap();
        assert!((naive - 0.150_756).abs() < 6e-7, "{naive}");
        let clustered = cluster_standard_error(&ITEMS, &[0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]).unwrap();
        assert!((clustered - 0.215_166).abs() < 6e-7, "{clustered}");
    }

    #[test]
    fn clusters_of_one_are_no_clusters() {
        let clusters: Vec<usize> = (0..ITEMS.len()).collect();
        let clustered = cluster_standard_error(&ITEMS, &clusters).unwrap();
        let naive = MeanDifference::of(&ITEMS).unwrap().standard_error.unwrap();
        assert!((clustered - naive).abs() < 1e-12);
        assert_eq!(cluster_standard_error(&ITEMS, &[0; 12]), None);
        assert_eq!(cluster_standard_error(&ITEMS, &[0; 3]), None);
    }

    #[test]
    fn no_difference_anywhere_keeps_the_no_flip_width() {
        let interval = MeanDifference::of(&[0.0; 50]).unwrap().interval(0.95).unwrap();
        // Example D of the paired table: ±.071348 for 50 pairs without a flip.
        assert!((interval.high - 0.071_348).abs() < 6e-7 && (interval.low + interval.high).abs() < 1e-12);
        assert_eq!(MeanDifference::of(&[0.0; 50]).unwrap().p_value(), Some(1.0));
    }

    /// z² = 4·½/(1 − ½) = 4: p is that of 2 standard deviations, .0455, and the interval at 1 − p ends at 0.
    #[test]
    fn the_same_difference_everywhere_has_the_p_of_its_interval() {
        let difference = MeanDifference::of(&[-0.5; 4]).unwrap();
        let p = difference.p_value().unwrap();
        assert!((p - 0.045_500).abs() < 1e-6, "{p}");
        assert!(difference.interval(1.0 - p).unwrap().high.abs() < 1e-9);
        assert!(difference.interval(0.95).unwrap().high < 0.0 && p < 0.05);
    }

    /// z²/(n + z²) is the bound, so the p of a delta at the bound is the level.
    #[test]
    fn the_bounds_p_inverts_it() {
        for (n, confidence) in [(6, 0.9), (50, 0.95), (250, 0.99)] {
            let p = no_flip_p(n, -no_flip_bound(n, confidence));
            assert!((p - (1.0 - confidence)).abs() < 1e-9, "{n}: {p}");
        }
        assert!((no_flip_p(50, 0.0) - 1.0).abs() < 1e-12);
        assert!(no_flip_p(50, 1.0) < 1e-12);
        // 50 prompts that each lose a twentieth: t would be sure, the interval of ±7.1 pp is not.
        let mut little = [-0.05; 50];
        little[0] = -0.06;
        let difference = MeanDifference::of(&little).unwrap();
        assert!(difference.interval(0.95).unwrap().contains(0.0) && difference.p_value().unwrap() > 0.05);
    }

    /// By hand: mean −0.25, sd 0.5, SE 0.25; t of 3 degrees of freedom is 3.182446; t = −1 has p 0.391002.
    #[test]
    fn the_interval_is_students() {
        let difference = MeanDifference::of(&[-1.0, 0.0, 0.0, 0.0]).unwrap();
        assert!((difference.interval(0.95).unwrap().high - (3.182_446 * 0.25 - 0.25)).abs() < 1e-6);
        assert!((difference.p_value().unwrap() - 0.391_002).abs() < 1e-6);
    }

    #[test]
    fn a_single_prompt_has_no_interval() {
        let one = MeanDifference::of(&[1.0]).unwrap();
        assert_eq!((one.interval(0.9), one.p_value()), (None, None));
        assert_eq!(MeanDifference::of(&[]), None);
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_mean_and_negates(d in prop::collection::vec(-1.0..=1.0_f64, 2..40)) {
            let negated: Vec<f64> = d.iter().map(|v| -v).collect();
            let ours = MeanDifference::of(&d).unwrap();
            let (mine, theirs) =
                (ours.interval(0.9).unwrap(), MeanDifference::of(&negated).unwrap().interval(0.9).unwrap());
            prop_assert!(mine.contains(ours.mean));
            prop_assert!((mine.low + theirs.high).abs() < 1e-12);
            prop_assert!(mine.high - mine.low >= no_flip_bound(ours.n, 0.9) - 1e-12);
        }
    }
}
