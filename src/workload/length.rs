//! Numbers of tokens drawn from a distribution.

use rand::RngExt;
use rand_distr::{Distribution, Normal};
use rand_pcg::Pcg64;
use statrs::distribution::{Continuous, ContinuousCDF};

use super::WorkloadError;
use crate::model::workload::{Length, LengthBin};

/// No length is above this: twice the longest contexts there are would still be far below.
pub const MOST_TOKENS: u32 = 10_000_000;

/// At least this share of a distribution must lie within its bounds: below it, what is drawn has little to do with
/// what was asked for, and drawing takes long.
const LEAST_WITHIN: f64 = 0.01;

/// Standard deviations beyond the mean at which a distribution ends where no other end is given.
const TAIL: f64 = 4.0;

/// A distribution of lengths, checked and ready to draw from.
#[derive(Debug, Clone)]
pub struct Lengths {
    kind: Kind,
    shortest: u32,
    longest: u32,
}

#[derive(Debug, Clone)]
enum Kind {
    /// All lengths alike.
    Uniform,
    /// Normal, or lognormal: then of the length's logarithm.
    Bell { normal: Normal<f64>, logarithmic: bool },
    /// Bins with a weight above 0, and the sum of weights up to and with each.
    Histogram(Vec<LengthBin>, Vec<f64>),
}

impl Lengths {
    /// Checks a distribution; `field` is what errors call it, as in an experiment file.
    pub fn new(length: &Length, field: &str) -> Result<Self, WorkloadError> {
        let wrong = |problem: String| WorkloadError::field(field, problem);
        let bounds = |min: u32, max: u32| match (min, max) {
            (0, _) => Err(wrong("`min` is 0; give at least 1".to_owned())),
            _ if min > max => {
                Err(wrong(format!("`min` {min} is above `max` {max}; exchange them or widen the range")))
            }
            _ if max > MOST_TOKENS => Err(wrong(format!("{max} is too many; at most {MOST_TOKENS}"))),
            _ => Ok((min, max)),
        };
        let number = |name: &str, value: f64, least: f64| match value {
            _ if !value.is_finite() => Err(wrong(format!("`{name}` is {value}; give a finite number"))),
            _ if value < least => {
                Err(wrong(format!("`{name}` {value} is below {least}; give {least} or more")))
            }
            _ => Ok(value),
        };
        let lengths = match length {
            Length::Fixed { value: 0 } => return Err(wrong("0; give at least 1".to_owned())),
            Length::Fixed { value } => Self::uniform(bounds(*value, *value)?),
            Length::Uniform { min, max } => Self::uniform(bounds(*min, *max)?),
            Length::Normal { mean, standard_deviation, min, max } => {
                let mean = number("mean", *mean, 1.0)?;
                let deviation = number("standard_deviation", *standard_deviation, 0.0)?;
                let normal = Normal::new(mean, deviation).map_err(|error| wrong(error.to_string()))?;
                let end = max.unwrap_or_else(|| whole((mean + TAIL * deviation).ceil()));
                let (shortest, longest) = bounds(min.unwrap_or(1), end)?;
                Self { kind: Kind::Bell { normal, logarithmic: false }, shortest, longest }
            }
            Length::Lognormal { median, sigma, min, max } => {
                let (median, sigma) = (number("median", *median, 1.0)?, number("sigma", *sigma, 0.0)?);
                let normal = Normal::new(median.ln(), sigma).map_err(|error| wrong(error.to_string()))?;
                let end = max.unwrap_or_else(|| whole((median * (TAIL * sigma).exp()).ceil()));
                let (shortest, longest) = bounds(min.unwrap_or(1), end)?;
                Self { kind: Kind::Bell { normal, logarithmic: true }, shortest, longest }
            }
            Length::Histogram { bins } => {
                for bin in bins {
                    bounds(bin.min, bin.max)?;
                    number("weight", bin.weight, 0.0)?;
                }
                Self::histogram(bins).ok_or_else(|| {
                    wrong(
                        "no bin of the histogram has a weight; give at least one bin a weight above 0"
                            .to_owned(),
                    )
                })?
            }
        };
        let within = lengths.within();
        if within < LEAST_WITHIN {
            return Err(wrong(format!(
                "only {:.2} % of the distribution lies from {} to {}; move the bounds towards its middle",
                100.0 * within,
                lengths.shortest,
                lengths.longest
            )));
        }
        Ok(lengths)
    }

    fn uniform((shortest, longest): (u32, u32)) -> Self {
        Self { kind: Kind::Uniform, shortest, longest }
    }

    /// `None` where no bin has a weight.
    fn histogram(bins: &[LengthBin]) -> Option<Self> {
        let bins: Vec<_> = bins.iter().filter(|bin| bin.weight > 0.0).cloned().collect();
        let shortest = bins.iter().map(|bin| bin.min).min()?;
        let longest = bins.iter().map(|bin| bin.max).max()?;
        // Shares rather than weights, so that huge weights don't add up to infinity.
        let largest = bins.iter().map(|bin| bin.weight).fold(0.0, f64::max);
        let mut sum = 0.0;
        let sums = bins.iter().map(|bin| {
            sum += bin.weight / largest;
            sum
        });
        let sums = sums.collect();
        Some(Self { kind: Kind::Histogram(bins, sums), shortest, longest })
    }

    /// The shortest length that may be drawn.
    #[must_use]
    pub fn shortest(&self) -> u32 {
        self.shortest
    }

    /// The longest length that may be drawn.
    #[must_use]
    pub fn longest(&self) -> u32 {
        self.longest
    }

    /// A length.
    pub fn draw(&self, random: &mut Pcg64) -> u32 {
        match &self.kind {
            Kind::Uniform => random.random_range(self.shortest..=self.longest),
            // At least one draw in a hundred lies within the bounds.
            Kind::Bell { normal, logarithmic } => loop {
                let drawn = normal.sample(random);
                let drawn = if *logarithmic { drawn.exp() } else { drawn }.round();
                if (f64::from(self.shortest)..=f64::from(self.longest)).contains(&drawn) {
                    return whole(drawn);
                }
            },
            Kind::Histogram(bins, sums) => {
                let at = random.random::<f64>() * sums.last().copied().unwrap_or(0.0);
                let bin = sums.partition_point(|sum| *sum <= at).min(bins.len() - 1);
                random.random_range(bins[bin].min..=bins[bin].max)
            }
        }
    }

    /// Mean of what is drawn. Of a cut normal distribution by Johnson, Kotz and Balakrishnan, *Continuous Univariate
    /// Distributions*, volume 1 (1994), section 13.10.1, and of a cut lognormal one by its partial expectation (chapter
    /// 14), between half a token below the shortest length and half a token above the longest; what rounding adds is
    /// far below a token.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let standard = statrs::distribution::Normal::standard();
        let (low, high) = self.standard_bounds();
        match &self.kind {
            Kind::Uniform => f64::midpoint(f64::from(self.shortest), f64::from(self.longest)),
            Kind::Bell { normal, logarithmic } if normal.std_dev() == 0.0 => {
                if *logarithmic { normal.mean().exp() } else { normal.mean() }.round()
            }
            Kind::Bell { normal, logarithmic: false } => {
                normal.mean() + normal.std_dev() * (standard.pdf(low) - standard.pdf(high)) / self.within()
            }
            Kind::Bell { normal, logarithmic: true } => {
                let (mu, sigma) = (normal.mean(), normal.std_dev());
                let share = (standard.cdf(high - sigma) - standard.cdf(low - sigma)) / self.within();
                (mu + sigma * sigma / 2.0).exp() * share
            }
            Kind::Histogram(bins, _) => {
                let largest = bins.iter().map(|bin| bin.weight).fold(0.0, f64::max);
                let share = |bin: &LengthBin| bin.weight / largest;
                let middle = |bin: &LengthBin| f64::midpoint(f64::from(bin.min), f64::from(bin.max));
                bins.iter().map(|bin| share(bin) * middle(bin)).sum::<f64>()
                    / bins.iter().map(share).sum::<f64>()
            }
        }
    }

    /// The share of the distribution that lies within the bounds.
    fn within(&self) -> f64 {
        let standard = statrs::distribution::Normal::standard();
        let (low, high) = self.standard_bounds();
        standard.cdf(high) - standard.cdf(low)
    }

    /// The bounds in standard deviations from the middle, half a token further out for rounding; infinite where
    /// nothing is cut off.
    fn standard_bounds(&self) -> (f64, f64) {
        let (low, high) = (f64::from(self.shortest) - 0.5, f64::from(self.longest) + 0.5);
        let Kind::Bell { normal, logarithmic } = &self.kind else {
            return (f64::NEG_INFINITY, f64::INFINITY);
        };
        let (low, high) = if *logarithmic { (low.ln(), high.ln()) } else { (low, high) };
        let deviations = |value: f64| match normal.std_dev() {
            // Without any deviation infinitely many, on the side it lies.
            0.0 => f64::INFINITY.copysign(value - normal.mean()),
            deviation => (value - normal.mean()) / deviation,
        };
        (deviations(low), deviations(high))
    }
}

/// A length from a distribution that [`Lengths::new`] accepts, and 1 from any other. To draw many, make [`Lengths`]
/// once.
#[must_use]
pub fn draw(length: &Length, random: &mut Pcg64) -> u32 {
    Lengths::new(length, "").map_or(1, |lengths| lengths.draw(random))
}

/// A whole number of tokens, at most [`MOST_TOKENS`].
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
fn whole(value: f64) -> u32 {
    value.clamp(0.0, f64::from(MOST_TOKENS)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::random::source;
    use proptest::prelude::*;
    use statrs::distribution::LogNormal;
    use statrs::stats_tests::NaNPolicy;
    use statrs::stats_tests::ks_test::{KSOneSampleAlternativeMethod, ks_onesample};

    const DRAWS: u32 = 20_000;

    fn normal(mean: f64, standard_deviation: f64, min: Option<u32>, max: Option<u32>) -> Length {
        Length::Normal { mean, standard_deviation, min, max }
    }

    fn lognormal(median: f64, sigma: f64, min: Option<u32>, max: Option<u32>) -> Length {
        Length::Lognormal { median, sigma, min, max }
    }

    fn histogram(bins: &[(u32, u32, f64)]) -> Length {
        let bins = bins.iter().map(|&(min, max, weight)| LengthBin { min, max, weight }).collect();
        Length::Histogram { bins }
    }

    fn lengths(length: &Length) -> Lengths {
        Lengths::new(length, "input_tokens").unwrap()
    }

    fn drawn(length: &Length) -> Vec<f64> {
        let lengths = lengths(length);
        let mut random = source(7, "test");
        (0..DRAWS).map(|_| f64::from(lengths.draw(&mut random))).collect()
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / f64::from(DRAWS)
    }

    fn deviation(values: &[f64]) -> f64 {
        let mean = mean(values);
        (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / f64::from(DRAWS)).sqrt()
    }

    /// Kolmogorov-Smirnov against a continuous distribution, with the values' rounding undone by chance.
    fn fits(values: Vec<f64>, distribution: &impl ContinuousCDF<f64, f64>) -> f64 {
        let mut random = source(8, "test");
        let spread = values.into_iter().map(|value| value + random.random::<f64>() - 0.5).collect();
        let method = KSOneSampleAlternativeMethod::TwoSidedAsymptotic;
        ks_onesample(spread, distribution, method, NaNPolicy::Error).unwrap().1
    }

    #[test]
    fn a_normal_distribution_is_one() {
        let values = drawn(&normal(2_000.0, 300.0, None, None));
        assert!((mean(&values) - 2_000.0).abs() < 3.0 * 300.0 / f64::from(DRAWS).sqrt());
        assert!((deviation(&values) - 300.0).abs() < 6.0);
        assert!(fits(values, &statrs::distribution::Normal::new(2_000.0, 300.0).unwrap()) > 0.01);
    }

    #[test]
    fn a_lognormal_distribution_is_one_by_its_median() {
        let length = lognormal(1_000.0, 0.8, None, Some(MOST_TOKENS));
        let values = drawn(&length);
        let below = values.iter().filter(|value| **value < 1_000.0).count();
        assert!((9_700..10_300).contains(&below), "{below}");
        // Mean by the textbook: median · e^(σ²/2) = 1377.1.
        assert!((lengths(&length).mean() - 1_377.13).abs() < 0.1, "{}", lengths(&length).mean());
        assert!(fits(values, &LogNormal::new(1_000_f64.ln(), 0.8).unwrap()) > 0.01);
    }

    #[test]
    fn a_uniform_distribution_has_both_ends_and_all_between() {
        let values = drawn(&Length::Uniform { min: 3, max: 8 });
        for length in 3_u32..=8 {
            let times = values.iter().filter(|value| (**value - f64::from(length)).abs() < 0.1).count();
            // 3,333 each, standard deviation 53.
            assert!((3_120..3_550).contains(&times), "{length}: {times}");
        }
        assert!(drawn(&Length::Fixed { value: 5 }).iter().all(|value| (value - 5.0).abs() < 0.1));
    }

    #[test]
    fn a_histogram_keeps_its_shares() {
        let length = histogram(&[(1, 10, 2.0), (50, 50, 0.0), (100, 199, 6.0)]);
        let values = drawn(&length);
        let short = values.iter().filter(|value| **value <= 10.0).count();
        assert!((4_800..5_200).contains(&short), "{short}");
        assert!(
            values.iter().all(|value| *value <= 10.0 || *value >= 100.0),
            "the bin without weight is empty"
        );
        assert!((lengths(&length).mean() - (0.25 * 5.5 + 0.75 * 149.5)).abs() < 1e-9);
        let huge = histogram(&[(1, 1, f64::MAX), (3, 3, f64::MAX)]);
        assert!((mean(&drawn(&huge)) - 2.0).abs() < 0.05);
        assert!((lengths(&huge).mean() - 2.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_cut_off_is_drawn_again() {
        for length in [
            normal(100.0, 80.0, Some(50), Some(120)),
            normal(10.0, 100.0, None, None),
            lognormal(500.0, 1.2, Some(100), Some(4_000)),
            lognormal(20.0, 0.0, None, None),
            normal(20.4, 0.0, Some(20), Some(20)),
        ] {
            let (values, lengths) = (drawn(&length), lengths(&length));
            let within = f64::from(lengths.shortest())..=f64::from(lengths.longest());
            assert!(values.iter().all(|value| within.contains(value)), "{length:?}");
            // Not heaped at the bounds, as clamping would.
            let (mean, error) = (mean(&values), 4.0 * deviation(&values) / f64::from(DRAWS).sqrt());
            assert!((mean - lengths.mean()).abs() <= error + 0.1, "{length:?}: {mean} ≠ {}", lengths.mean());
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_remedy() {
        for (length, message) in [
            (Length::Fixed { value: 0 }, "`input_tokens`: 0; give at least 1"),
            (Length::Fixed { value: u32::MAX }, "`input_tokens`: 4294967295 is too many; at most 10000000"),
            (Length::Uniform { min: 0, max: 5 }, "`input_tokens`: `min` is 0; give at least 1"),
            (
                Length::Uniform { min: 9, max: 5 },
                "`input_tokens`: `min` 9 is above `max` 5; exchange them or widen the range",
            ),
            (normal(f64::NAN, 1.0, None, None), "`input_tokens`: `mean` is NaN; give a finite number"),
            (normal(-5.0, 1.0, None, None), "`input_tokens`: `mean` -5 is below 1; give 1 or more"),
            (
                normal(5.0, -1.0, None, None),
                "`input_tokens`: `standard_deviation` -1 is below 0; give 0 or more",
            ),
            (
                normal(5.0, f64::INFINITY, None, None),
                "`input_tokens`: `standard_deviation` is inf; give a finite number",
            ),
            (lognormal(0.0, 1.0, None, None), "`input_tokens`: `median` 0 is below 1; give 1 or more"),
            (lognormal(5.0, -0.5, None, None), "`input_tokens`: `sigma` -0.5 is below 0; give 0 or more"),
            (
                normal(100.0, 10.0, Some(200), Some(300)),
                "`input_tokens`: only 0.00 % of the distribution lies from 200 to 300; move the bounds towards its middle",
            ),
            (
                lognormal(100.0, 0.0, Some(200), Some(300)),
                "`input_tokens`: only 0.00 % of the distribution lies from 200 to 300; move the bounds towards its middle",
            ),
            (
                histogram(&[]),
                "`input_tokens`: no bin of the histogram has a weight; give at least one bin a weight above 0",
            ),
            (
                histogram(&[(1, 2, 0.0)]),
                "`input_tokens`: no bin of the histogram has a weight; give at least one bin a weight above 0",
            ),
            (histogram(&[(1, 2, f64::NAN)]), "`input_tokens`: `weight` is NaN; give a finite number"),
            (histogram(&[(1, 2, -1.0)]), "`input_tokens`: `weight` -1 is below 0; give 0 or more"),
            (
                histogram(&[(3, 2, 1.0)]),
                "`input_tokens`: `min` 3 is above `max` 2; exchange them or widen the range",
            ),
        ] {
            assert_eq!(Lengths::new(&length, "input_tokens").unwrap_err().to_string(), message);
            assert_eq!(draw(&length, &mut source(1, "test")), 1);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_is_drawn_within_its_bounds(
            kind in 0..4, middle in 0.5_f64..5e4, spread in 0.0_f64..3.0, min in proptest::option::of(0_u32..500),
            max in proptest::option::of(0_u32..100_000), weight in 0.0_f64..2.0, seed: u64,
        ) {
            let (low, high) = (min.unwrap_or(1), max.unwrap_or(600));
            let length = match kind {
                0 => Length::Uniform { min: low, max: high },
                1 => normal(middle, spread * middle, min, max),
                2 => lognormal(middle, spread, min, max),
                _ => histogram(&[(low, high, weight), (1, 9, 0.5)]),
            };
            if let Ok(lengths) = Lengths::new(&length, "input_tokens") {
                let mut random = source(seed, "test");
                let mean = lengths.mean();
                prop_assert!(mean >= f64::from(lengths.shortest()) - 0.5 && mean <= f64::from(lengths.longest()) + 0.5);
                for _ in 0..20 {
                    let drawn = lengths.draw(&mut random);
                    prop_assert!(drawn >= 1 && (lengths.shortest()..=lengths.longest()).contains(&drawn));
                }
            }
        }
    }
}
