//! Whether a rater repeats itself: items that were each rated several times.

use super::{length, mean, real, variance};

/// What a difference between two ratings counts in Krippendorff's alpha.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Any two different ratings alike.
    Nominal,
    /// By the ratings that lie between, by how often they were given.
    Ordinal,
    /// By distance squared.
    Interval,
}

/// Krippendorff's alpha: 1 − observed ÷ expected disagreement. Each inner list is an item's ratings; items may have
/// different numbers of them, and those with fewer than two don't count. 1 is perfect, 0 what chance gives. `None` where
/// no item has two, or all ratings are the same.
///
/// Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011): coincidences o(c,k) = Σ over items of the ordered
/// pairs of c and k ÷ (ratings of the item − 1).
#[must_use]
pub fn krippendorff_alpha(items: &[Vec<f64>], metric: Metric) -> Option<f64> {
    let items = || items.iter().filter(|ratings| ratings.len() > 1);
    let mut values: Vec<f64> = items().flatten().copied().collect();
    let n = length(values.len());
    values.sort_unstable_by(f64::total_cmp);
    values.dedup_by(|a, b| a.total_cmp(b).is_eq());
    let place = |value: f64| values.partition_point(|known| known.total_cmp(&value).is_lt());
    let mut coincidences = vec![vec![0.0; values.len()]; values.len()];
    for ratings in items() {
        let mut counts = vec![0_u64; values.len()];
        for rating in ratings {
            counts[place(*rating)] += 1;
        }
        for (c, of_c) in counts.iter().enumerate() {
            for (k, of_k) in counts.iter().enumerate() {
                let pairs = if c == k { of_c * of_c.saturating_sub(1) } else { of_c * of_k };
                coincidences[c][k] += real(pairs) / length(ratings.len() - 1);
            }
        }
    }
    let totals: Vec<f64> = coincidences.iter().map(|row| row.iter().sum()).collect();
    let difference = |c: usize, k: usize| match metric {
        Metric::Nominal => f64::from(u8::from(c != k)),
        Metric::Interval => (values[c] - values[k]).powi(2),
        Metric::Ordinal => {
            let between: f64 = totals[c.min(k)..=c.max(k)].iter().sum();
            (between - f64::midpoint(totals[c], totals[k])).powi(2)
        }
    };
    let (mut observed, mut expected) = (0.0, 0.0);
    for c in 0..values.len() {
        for k in 0..values.len() {
            if c != k {
                observed += coincidences[c][k] * difference(c, k);
                expected += totals[c] * totals[k] * difference(c, k);
            }
        }
    }
    (expected > 0.0).then(|| 1.0 - (n - 1.0) * observed / expected)
}

/// Intraclass correlation of single ratings, two-way random, absolute agreement: ICC(A,1). Every item needs the same
/// number of ratings, the r-th of each being one round. `None` for fewer than two items or rounds, or no variance.
///
/// (MSR − MSE) ÷ (MSR + (k − 1)·MSE + k/n·(MSC − MSE)): `McGraw` and Wong, "Forming inferences about some intraclass
/// correlation coefficients", Psychological Methods 1 (1996).
#[must_use]
pub fn icc_agreement(items: &[Vec<f64>]) -> Option<f64> {
    let rounds = items.first()?.len();
    if items.len() < 2 || rounds < 2 || items.iter().any(|ratings| ratings.len() != rounds) {
        return None;
    }
    let (n, k) = (length(items.len()), length(rounds));
    let of_item: Vec<f64> = items.iter().filter_map(|ratings| mean(ratings)).collect();
    let of_round: Vec<f64> =
        (0..rounds).map(|round| items.iter().map(|ratings| ratings[round]).sum::<f64>() / n).collect();
    let grand = mean(&of_item)?;
    let squares = |means: &[f64]| means.iter().map(|mean| (mean - grand).powi(2)).sum::<f64>();
    let (between_items, between_rounds) = (k * squares(&of_item), n * squares(&of_round));
    let total: f64 = items.iter().flatten().map(|rating| (rating - grand).powi(2)).sum();
    let (msr, msc) = (between_items / (n - 1.0), between_rounds / (k - 1.0));
    let mse = (total - between_items - between_rounds) / ((n - 1.0) * (k - 1.0));
    let whole = msr + (k - 1.0) * mse + k / n * (msc - mse);
    (whole > 0.0).then(|| (msr - mse) / whole)
}

/// Standard deviation of an item's ratings about their mean, pooled over items: √ of the mean of their variances.
/// `None` where no item has two ratings.
#[must_use]
pub fn within_item_deviation(items: &[Vec<f64>]) -> Option<f64> {
    let variances: Vec<f64> = items.iter().filter_map(|ratings| variance(ratings, mean(ratings)?)).collect();
    mean(&variances).map(f64::sqrt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str) -> Vec<Vec<f64>> {
        let ratings = |item: &str| item.chars().map(|c| f64::from(c.to_digit(10).unwrap())).collect();
        text.split(' ').map(ratings).collect()
    }

    fn near(value: Option<f64>, expected: f64) {
        let value = value.unwrap();
        assert!((value - expected).abs() < 5e-7, "{value} for {expected}");
    }

    /// Computed with the packages `krippendorff` and `pingouin`.
    #[test]
    fn the_worked_values_come_out() {
        let items = items("554 444 454 333 223 555 111 323 445 222");
        near(krippendorff_alpha(&items, Metric::Nominal), 0.589_235);
        near(krippendorff_alpha(&items, Metric::Ordinal), 0.891_275);
        near(krippendorff_alpha(&items, Metric::Interval), 0.904_605);
        near(icc_agreement(&items), 0.910_359);
    }

    /// By hand: variances 1/3, 0, 1/3, 0, 1/3, 0, 0, 1/3, 1/3, 0 have the mean 1/6.
    #[test]
    fn the_deviation_within_items_by_hand() {
        let items = items("554 444 454 333 223 555 111 323 445 222");
        near(within_item_deviation(&items), (1.0_f64 / 6.0).sqrt());
    }

    #[test]
    fn what_cannot_be_told_is_absent() {
        assert_eq!(krippendorff_alpha(&items("3 4 5"), Metric::Interval), None);
        assert_eq!(krippendorff_alpha(&items("33 33"), Metric::Interval), None);
        assert_eq!(icc_agreement(&items("12 123")), None);
        assert_eq!(icc_agreement(&items("33 33")), None);
        assert_eq!(within_item_deviation(&items("3 4")), None);
        assert_eq!(icc_agreement(&[]), None);
    }
}
