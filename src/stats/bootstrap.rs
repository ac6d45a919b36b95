//! A seeded bootstrap of the ratio of two sides' quantiles or means over the same prompts.
//!
//! Prompts differ in length far more than the sides differ in speed, so both sides are resampled together: each
//! resample draws units (prompts, or whole blocks of them) with replacement and takes both sides' values of
//! every unit drawn. The interval lies between two percentiles of the resampled ratios, which needs no
//! assumption of scale: it is the same on logarithms, and inverts where the sides are exchanged.
//!
//! Plain percentiles are too narrow for few units, by √((k−1)/k) and by z in place of t. They are therefore taken
//! further out: at Φ(−t·√(k/(k−1))) of k units. Hesterberg, "What Teachers Should Know About the Bootstrap",
//! The American Statistician 69 (2015), section 5.3 (expanded percentile interval).

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::model::comparison::Interval;

use super::critical::t;
use super::quantile::{interpolate, position, quantile};
use super::{length, mean, real};

/// Resamples drawn.
const RESAMPLES: usize = 2_000;

/// Fewer units than this have no interval: the chance that a median lies outside the range of five values is
/// 2·½⁵ = 6 %, so no way of resampling them could reach 95 %.
pub const SMALLEST_UNITS: usize = 6;

/// What is taken of each side's values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// Arithmetic mean.
    Mean,
    /// Type-7 quantile, 0 to 1.
    Quantile(f64),
}

impl Statistic {
    /// The statistic of some values; `None` of nothing.
    #[must_use]
    pub fn of(self, values: impl IntoIterator<Item = f64>) -> Option<f64> {
        let mut values: Vec<f64> = values.into_iter().collect();
        match self {
            Self::Mean => mean(&values),
            Self::Quantile(p) => {
                values.sort_unstable_by(f64::total_cmp);
                quantile(&values, p)
            }
        }
    }
}

/// One prompt's values on both sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedValue {
    /// The baseline's value.
    pub baseline: f64,
    /// The candidate's value.
    pub candidate: f64,
    /// Which unit it is drawn with; numbered from 0 without gaps.
    pub unit: usize,
}

/// The interval of candidate's ÷ baseline's statistic, at `confidence`, widened where needed to hold the ratio of
/// the values themselves. The same seed gives the same interval.
///
/// `None` for fewer than [`SMALLEST_UNITS`] units, and where a resample has no ratio (a baseline of zero, a value
/// that is not finite).
#[must_use]
pub fn ratio_interval(
    values: &[PairedValue],
    statistic: Statistic,
    confidence: f64,
    seed: u64,
) -> Option<Interval> {
    let units = values.iter().map(|v| v.unit + 1).max()?;
    if units < SMALLEST_UNITS {
        return None;
    }
    let estimate = log_ratio(
        statistic.of(values.iter().map(|v| v.candidate))?,
        statistic.of(values.iter().map(|v| v.baseline))?,
    )?;
    let mut sizes = vec![0_usize; units];
    for value in values {
        sizes[value.unit] += 1;
    }
    let baseline = ascending(values.iter().map(|v| (v.baseline, v.unit)));
    let candidate = ascending(values.iter().map(|v| (v.candidate, v.unit)));

    let mut random = Pcg64::seed_from_u64(seed);
    let mut drawn = vec![0_usize; units];
    let mut ratios = Vec::with_capacity(RESAMPLES);
    while ratios.len() < RESAMPLES {
        drawn.fill(0);
        let mut total = 0;
        for _ in 0..units {
            let unit = below(&mut random, units);
            drawn[unit] += 1;
            total += sizes[unit];
        }
        let of = |side: &[(f64, usize)]| weighted(side, &drawn, total, statistic);
        // A unit may be without values: a resample of only such says nothing.
        if total > 0 {
            ratios.push(log_ratio(of(&candidate)?, of(&baseline)?)?);
        }
    }
    ratios.sort_unstable_by(f64::total_cmp);
    let tail = expanded_tail(confidence, units)?;
    let (low, high) = (quantile(&ratios, tail)?, quantile(&ratios, 1.0 - tail)?);
    Some(Interval { low: low.min(estimate).exp(), high: high.max(estimate).exp() })
}

/// The interval of any statistic of `units` items at `confidence`: the statistic is told which items were drawn (with
/// replacement, as many as there are). The same seed gives the same interval.
///
/// `None` for fewer than [`SMALLEST_UNITS`] units, and where more than a tenth of the resamples have no such statistic
/// (all items alike, say): then an interval of those that have would be of something else.
#[must_use]
pub fn interval_of(
    units: usize,
    confidence: f64,
    seed: u64,
    statistic: impl Fn(&[usize]) -> Option<f64>,
) -> Option<Interval> {
    if units < SMALLEST_UNITS {
        return None;
    }
    let mut random = Pcg64::seed_from_u64(seed);
    let mut drawn = vec![0_usize; units];
    let mut values = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        drawn.fill_with(|| below(&mut random, units));
        values.extend(statistic(&drawn).filter(|value| value.is_finite()));
    }
    if values.len() < RESAMPLES - RESAMPLES / 10 {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let tail = expanded_tail(confidence, units)?;
    Some(Interval { low: quantile(&values, tail)?, high: quantile(&values, 1.0 - tail)? })
}

/// ln(candidate ÷ baseline), where it exists.
fn log_ratio(candidate: f64, baseline: f64) -> Option<f64> {
    let ratio = candidate.ln() - baseline.ln();
    ratio.is_finite().then_some(ratio)
}

/// The share beyond each limit: Φ(−t·√(k/(k−1))) of k units.
fn expanded_tail(confidence: f64, units: usize) -> Option<f64> {
    let k = length(units);
    let t = t(confidence, k - 1.0)?;
    Some(Normal::standard().cdf(-t * (k / (k - 1.0)).sqrt()))
}

/// A whole number from 0 to `end` − 1: the high word of a 128-bit product, so that results stay the same whatever
/// a library's way of drawing ranges becomes.
#[expect(clippy::cast_possible_truncation, reason = "the high word is below `end`, which is a usize")]
fn below(random: &mut Pcg64, end: usize) -> usize {
    ((u128::from(random.next_u64()) * end as u128) >> 64) as usize
}

fn ascending(values: impl Iterator<Item = (f64, usize)>) -> Vec<(f64, usize)> {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    values
}

/// The statistic where each unit's values count as often as the unit was drawn, `total` values in all: one walk
/// over the sorted values, no sort a resample.
fn weighted(sorted: &[(f64, usize)], drawn: &[usize], total: usize, statistic: Statistic) -> Option<f64> {
    match statistic {
        Statistic::Mean => {
            let sum: f64 = sorted.iter().map(|(value, unit)| value * real(drawn[*unit] as u64)).sum();
            (total > 0).then(|| sum / length(total))
        }
        Statistic::Quantile(p) => {
            let (index, fraction) = position(total, p)?;
            let mut passed = 0;
            let mut low = None;
            for (value, unit) in sorted {
                passed += drawn[*unit];
                if low.is_none() && passed > index {
                    low = Some(*value);
                }
                if let Some(low) = low
                    && (passed > index + 1 || passed == total)
                {
                    return Some(interpolate(low, *value, fraction));
                }
            }
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MEDIAN: Statistic = Statistic::Quantile(0.5);

    fn paired(values: impl IntoIterator<Item = (f64, f64)>) -> Vec<PairedValue> {
        (0..)
            .zip(values)
            .map(|(unit, (baseline, candidate))| PairedValue { baseline, candidate, unit })
            .collect()
    }

    /// The mean of 0..99 is 49.5 with a standard error of 2.9: 95 % is about ± 5.7.
    #[test]
    fn an_interval_of_a_mean_is_as_wide_as_theory_says() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let of = |drawn: &[usize]| mean(&drawn.iter().map(|index| values[*index]).collect::<Vec<_>>());
        let interval = interval_of(values.len(), 0.95, 7, of).unwrap();
        assert!((interval.low - 43.8).abs() < 0.5 && (interval.high - 55.2).abs() < 0.5, "{interval:?}");
        assert_eq!(interval_of(values.len(), 0.95, 7, of), Some(interval));
        assert_eq!(interval_of(5, 0.95, 7, |_| Some(1.0)), None);
        assert_eq!(interval_of(50, 0.95, 7, |_| None), None);
    }

    #[test]
    fn a_constant_ratio_has_an_interval_of_no_width() {
        let values = paired((1..=40_u32).map(|i| (f64::from(i), 1.5 * f64::from(i))));
        for statistic in [MEDIAN, Statistic::Mean, Statistic::Quantile(0.95)] {
            let interval = ratio_interval(&values, statistic, 0.95, 1).unwrap();
            assert!((interval.low - 1.5).abs() < 1e-9 && (interval.high - 1.5).abs() < 1e-9);
        }
    }

    #[test]
    fn few_units_and_impossible_ratios_have_no_interval() {
        assert_eq!(ratio_interval(&paired([(1.0, 1.0); 5]), MEDIAN, 0.95, 1), None);
        assert_eq!(ratio_interval(&paired([(0.0, 1.0); 9]), MEDIAN, 0.95, 1), None);
        assert_eq!(ratio_interval(&paired([(f64::NAN, 1.0); 9]), MEDIAN, 0.95, 1), None);
        assert_eq!(ratio_interval(&[], MEDIAN, 0.95, 1), None);
    }

    /// Six units: t of 5 degrees of freedom is 2.570582; times √(6/5) it is 2.815931, and Φ(−2.815931) = 0.00243.
    #[test]
    fn few_units_are_read_further_out() {
        assert!((expanded_tail(0.95, 6).unwrap() - 0.002_43).abs() < 1e-5);
        assert!((expanded_tail(0.95, 100_000).unwrap() - 0.025).abs() < 1e-5);
    }

    /// A draw is a multiset: its quantile by weights is that of the values written out.
    #[test]
    fn weights_stand_for_copies() {
        let sorted = [(1.0, 0), (2.0, 1), (4.0, 0), (8.0, 2), (16.0, 1)];
        let drawn = [2, 0, 1];
        let copies = [1.0, 1.0, 4.0, 4.0, 8.0];
        for statistic in [MEDIAN, Statistic::Mean, Statistic::Quantile(0.9), Statistic::Quantile(1.0)] {
            let expected = statistic.of(copies).unwrap();
            assert!((weighted(&sorted, &drawn, copies.len(), statistic).unwrap() - expected).abs() < 1e-12);
        }
    }

    /// A normal draw.
    fn normal(random: &mut Pcg64) -> f64 {
        let uniform = (real(random.next_u64() >> 11) + 0.5) / 2.0_f64.powi(53);
        Normal::standard().inverse_cdf(uniform)
    }

    /// How often the interval of the median's ratio holds the truth, over 200 runs of `blocks` × `size` prompts
    /// whose lengths differ by a factor of e and whose times carry noise of 15 % each and, where `block_noise`
    /// is not 0, noise that a block shares on one side.
    fn coverage(blocks: usize, size: usize, block_noise: f64, by_block: bool, truth: f64) -> u32 {
        let mut random = Pcg64::seed_from_u64(20);
        let mut held = 0;
        for run in 0..200 {
            let mut values = Vec::new();
            for block in 0..blocks {
                let shared = [normal(&mut random) * block_noise, normal(&mut random) * block_noise];
                for _ in 0..size {
                    let length = normal(&mut random);
                    let mut time = |shared: f64| (length + shared + 0.15 * normal(&mut random)).exp();
                    let unit = if by_block { block } else { values.len() };
                    values.push(PairedValue {
                        baseline: time(shared[0]),
                        candidate: truth * time(shared[1]),
                        unit,
                    });
                }
            }
            let interval = ratio_interval(&values, MEDIAN, 0.95, run).unwrap();
            held += u32::from(interval.contains(truth));
        }
        held
    }

    #[test]
    fn independent_prompts_are_covered() {
        for (size, truth) in [(30, 1.0), (50, 1.5)] {
            let held = coverage(1, size, 0.0, false, truth);
            assert!(held >= 180, "{size} prompts: {held} of 200");
        }
    }

    #[test]
    fn blocks_that_share_a_queue_are_covered_when_resampled_whole() {
        for (blocks, size) in [(6, 5), (8, 8), (12, 16)] {
            let held = coverage(blocks, size, 0.3, true, 1.0);
            assert!(held >= 180, "{blocks} blocks of {size}: {held} of 200");
        }
        // Why blocks: prompt by prompt the same runs are covered far less often than promised.
        let held = coverage(12, 16, 0.3, false, 1.0);
        assert!(held < 170, "{held} of 200");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_interval_holds_the_ratio_and_inverts(
            values in prop::collection::vec((0.1..1e3_f64, 0.1..1e3_f64), 6..40), seed: u64,
        ) {
            let ours = paired(values.iter().copied());
            let theirs = paired(values.iter().map(|(a, b)| (*b, *a)));
            for statistic in [MEDIAN, Statistic::Mean] {
                let ratio = statistic.of(ours.iter().map(|v| v.candidate)).unwrap()
                    / statistic.of(ours.iter().map(|v| v.baseline)).unwrap();
                let interval = ratio_interval(&ours, statistic, 0.95, seed).unwrap();
                prop_assert!(interval.low <= ratio * (1.0 + 1e-12) && ratio <= interval.high * (1.0 + 1e-12));
                let inverse = ratio_interval(&theirs, statistic, 0.95, seed).unwrap();
                prop_assert!((interval.low * inverse.high - 1.0).abs() < 1e-9);
                prop_assert!((interval.high * inverse.low - 1.0).abs() < 1e-9);
            }
        }
    }
}
