//! How far two raters agree on the same items, beyond what chance would make of it.

use std::collections::BTreeMap;

use super::{length, real};

/// How much a disagreement counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// Any two different ratings alike.
    Nominal,
    /// By distance.
    Linear,
    /// By distance squared.
    Quadratic,
}

impl Weights {
    fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Nominal => f64::from(u8::from(a.total_cmp(&b).is_ne())),
            Self::Linear => (a - b).abs(),
            Self::Quadratic => (a - b).powi(2),
        }
    }
}

/// Cohen's kappa, weighted: 1 − Σ observed disagreement ÷ Σ disagreement expected of the margins. 1 is perfect, 0
/// what chance gives, below 0 worse. `None` where there is nothing, or where the margins leave no room for
/// disagreement (both always gave one rating).
///
/// Cohen, "Weighted kappa", Psychological Bulletin 70 (1968).
#[must_use]
pub fn kappa(pairs: &[(f64, f64)], weights: Weights) -> Option<f64> {
    let n = length(pairs.len());
    let observed: f64 = pairs.iter().map(|(a, b)| weights.of(*a, *b)).sum::<f64>() / n;
    let (first, second) = (margin(pairs.iter().map(|p| p.0)), margin(pairs.iter().map(|p| p.1)));
    let mut expected = 0.0;
    for (a, of_a) in &first {
        for (b, of_b) in &second {
            expected += weights.of(*a, *b) * real(*of_a) * real(*of_b) / (n * n);
        }
    }
    (expected > 0.0).then(|| 1.0 - observed / expected)
}

/// Gwet's first-order coefficient: (p − e) ÷ (1 − e), e = Σ π(1 − π) ÷ (q − 1) over the `categories` there are on the
/// scale, π a category's share over both raters. Unlike kappa it doesn't fall where one rating is common. `None` of
/// nothing, and with fewer than two categories.
///
/// Gwet, "Computing inter-rater reliability and its variance in the presence of high agreement", British Journal of
/// Mathematical and Statistical Psychology 61 (2008).
#[must_use]
pub fn gwet_ac1(pairs: &[(f64, f64)], categories: u64) -> Option<f64> {
    if pairs.is_empty() || categories < 2 {
        return None;
    }
    let n = length(pairs.len());
    let agreed = length(pairs.iter().filter(|(a, b)| a.total_cmp(b).is_eq()).count()) / n;
    let shares = margin(pairs.iter().flat_map(|(a, b)| [*a, *b]));
    let spread: f64 = shares
        .iter()
        .map(|(_, count)| {
            let share = real(*count) / (2.0 * n);
            share * (1.0 - share)
        })
        .sum();
    let expected = spread / real(categories - 1);
    (expected < 1.0).then(|| (agreed - expected) / (1.0 - expected))
}

/// Kendall's tau-b: concordant − discordant pairs of items, ties taken out of either side. `None` where one side has
/// only one rating.
///
/// Kendall, "The treatment of ties in ranking problems", Biometrika 33 (1945).
#[must_use]
pub fn kendall_tau_b(pairs: &[(f64, f64)]) -> Option<f64> {
    let (mut score, mut first, mut second) = (0_i64, 0_u64, 0_u64);
    for (index, (a, b)) in pairs.iter().enumerate() {
        for (c, d) in &pairs[index + 1..] {
            let (x, y) = (a.total_cmp(c) as i64, b.total_cmp(d) as i64);
            score += x * y;
            first += u64::from(x != 0);
            second += u64::from(y != 0);
        }
    }
    let untied = (real(first) * real(second)).sqrt();
    #[expect(clippy::cast_precision_loss, reason = "pairs of items stay far below 2^53")]
    let score = score as f64;
    (untied > 0.0).then(|| score / untied)
}

/// Each rating and how often it was given, in order.
fn margin(ratings: impl Iterator<Item = f64>) -> Vec<(f64, u64)> {
    // Ratings are not negative, so that their bits are in their order.
    let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
    for rating in ratings {
        *counts.entry(rating.to_bits()).or_default() += 1;
    }
    counts.into_iter().map(|(bits, count)| (f64::from_bits(bits), count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ratings(gold: &str, judge: &str) -> Vec<(f64, f64)> {
        let digits =
            |text: &str| -> Vec<f64> { text.chars().map(|c| f64::from(c.to_digit(10).unwrap())).collect() };
        digits(gold).into_iter().zip(digits(judge)).collect()
    }

    fn near(value: Option<f64>, expected: f64) {
        let value = value.unwrap();
        assert!((value - expected).abs() < 5e-7, "{value} for {expected}");
    }

    /// Computed with scikit-learn (`cohen_kappa_score`) and scipy (`kendalltau`).
    #[test]
    fn the_worked_values_come_out() {
        let pairs = ratings("5443251342", "4453252331");
        near(kappa(&pairs, Weights::Nominal), 0.367_089);
        near(kappa(&pairs, Weights::Linear), 0.647_887);
        near(kappa(&pairs, Weights::Quadratic), 0.842_767);
        near(kendall_tau_b(&pairs), 0.769_231);
    }

    /// By hand: 5 of 10 agree; shares of 1..5 over both are 2, 4, 5, 5, 4 of 20, so e = (.09 + 2·.16 + 2·.1875) ÷ 4.
    #[test]
    fn gwets_coefficient_by_hand() {
        let pairs = ratings("5443251342", "4453252331");
        let agreed = pairs.iter().filter(|(a, b)| a.total_cmp(b).is_eq()).count();
        assert_eq!(agreed, 5);
        let expected = (0.09 + 2.0 * 0.16 + 2.0 * 0.1875) / 4.0;
        near(gwet_ac1(&pairs, 5), (0.5 - expected) / (1.0 - expected));
        assert_eq!(gwet_ac1(&[], 5), None);
    }

    #[test]
    fn one_rating_for_all_leaves_nothing_to_agree_on() {
        let same = [(3.0, 3.0), (3.0, 3.0)];
        assert_eq!(kappa(&same, Weights::Quadratic), None);
        assert_eq!(kendall_tau_b(&same), None);
        near(gwet_ac1(&same, 5), 1.0);
        assert_eq!(kappa(&[], Weights::Nominal), None);
    }

    proptest! {
        #[test]
        fn agreement_is_symmetric_and_bounded(pairs in prop::collection::vec((1..=5u8, 1..=5u8), 2..40)) {
            let pairs: Vec<(f64, f64)> = pairs.into_iter().map(|(a, b)| (a.into(), b.into())).collect();
            let turned: Vec<(f64, f64)> = pairs.iter().map(|(a, b)| (*b, *a)).collect();
            for weights in [Weights::Nominal, Weights::Linear, Weights::Quadratic] {
                let (value, other) = (kappa(&pairs, weights), kappa(&turned, weights));
                prop_assert_eq!(value.is_some(), other.is_some());
                if let (Some(value), Some(other)) = (value, other) {
                    prop_assert!((value - other).abs() < 1e-9 && value <= 1.0 + 1e-12);
                }
            }
            if let Some(tau) = kendall_tau_b(&pairs) {
                prop_assert!((-1.0 - 1e-9..=1.0 + 1e-9).contains(&tau));
            }
            let itself: Vec<(f64, f64)> = pairs.iter().map(|(a, _)| (*a, *a)).collect();
            prop_assert!(kappa(&itself, Weights::Nominal).is_none_or(|value| (value - 1.0).abs() < 1e-12));
        }
    }
}
