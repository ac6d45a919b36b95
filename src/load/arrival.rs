//! When the requests of an open loop start: planned ahead from a seed, by no clock.
//!
//! Arrivals of a rate that changes are those of rate 1 on another time axis: gaps of mean 1 are added up, and each
//! sum is taken back to the moment at which so many requests were due, `Λ(t) = ∫ rate`. Within a stage the rate is
//! linear, so that is the root of a quadratic.

use rand::SeedableRng;
use rand_distr::{Distribution, Exp1, Gamma};
use rand_pcg::Pcg64;

use crate::model::load::{Arrival, Stage};

/// Why arrivals can't be planned.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ArrivalError {
    /// There is no stage.
    #[error("an open loop needs a rate")]
    NoStage,
    /// A rate is not above 0.
    #[error("the rate must be above 0, not {rate}")]
    Rate {
        /// The rate.
        rate: f64,
    },
    /// A stage other than the last has no end, or one lasts no time.
    #[error("stage {stage} needs a duration above 0 seconds")]
    Duration {
        /// Which one, from 1.
        stage: usize,
    },
    /// The last stage goes from one rate to another without saying in what time.
    #[error("stage {stage} changes its rate, so it needs a duration")]
    EndlessRamp {
        /// Which one, from 1.
        stage: usize,
    },
    /// More than can be planned ahead.
    #[error("{starts:.0} requests are too many to plan, at most {most}: lower the rate or the duration")]
    TooMany {
        /// How many the rate brings in its time.
        starts: f64,
        /// The most there may be.
        most: u32,
    },
    /// The burstiness is not above 0.
    #[error(
        "the burstiness must be above 0, not {burstiness}: 1 is Poisson, less is burstier, more is steadier"
    )]
    Burstiness {
        /// The burstiness.
        burstiness: f64,
    },
}

/// The moments at which requests start, seconds after the load's begin, never falling. Endless where the last
/// stage is.
///
/// At a constant gap the first is at 0; where gaps vary the first one is as long as any other, so that the number
/// of arrivals up to any moment has the mean that the rate says.
#[derive(Debug, Clone)]
pub struct Starts {
    stages: Vec<Span>,
    gaps: Gaps,
    random: Pcg64,
    /// Requests due so far, in the mean: the last arrival on the axis of rate 1.
    due: f64,
    first: bool,
}

/// A stage on both axes.
#[derive(Debug, Clone, Copy)]
struct Span {
    start_s: f64,
    end_s: f64,
    /// Requests due before it begins.
    due: f64,
    from: f64,
    to: f64,
}

#[derive(Debug, Clone, Copy)]
enum Gaps {
    Constant,
    Exponential,
    Gamma(Gamma<f64>),
}

impl Starts {
    /// Plans arrivals. The same arguments give the same moments on every machine.
    pub fn new(stages: &[Stage], arrival: Arrival, burstiness: f64, seed: u64) -> Result<Self, ArrivalError> {
        let gaps = match arrival {
            Arrival::Constant => Gaps::Constant,
            Arrival::Poisson => Gaps::Exponential,
            Arrival::Gamma => {
                let refused = || ArrivalError::Burstiness { burstiness };
                if !(burstiness.is_finite() && burstiness > 0.0) {
                    return Err(refused());
                }
                // Mean shape × scale = 1; coefficient of variation 1 ÷ √shape.
                Gaps::Gamma(Gamma::new(burstiness, 1.0 / burstiness).map_err(|_| refused())?)
            }
        };
        let stages = spans(stages)?;
        // Moments are drawn apart from everything else that the seed decides.
        let random = Pcg64::seed_from_u64(seed ^ 0x6172_7269_7661_6c73);
        Ok(Self { stages, gaps, random, due: 0.0, first: true })
    }

    /// How long the stages last, seconds; `None` where the last has no end.
    #[must_use]
    pub fn duration_s(&self) -> Option<f64> {
        self.stages.last().map(|last| last.end_s).filter(|end| end.is_finite())
    }

    /// How many are due in the mean by a moment, seconds after the load's begin.
    #[must_use]
    pub fn due_by(&self, seconds: f64) -> f64 {
        self.stages.iter().map(|stage| stage.due_by(seconds)).sum()
    }

    /// When the rate changes for the last time: from here on it stays, or all is over.
    #[must_use]
    pub fn settled_s(&self) -> f64 {
        self.stages.last().map_or(0.0, |last| last.start_s)
    }
}

fn spans(stages: &[Stage]) -> Result<Vec<Span>, ArrivalError> {
    let (mut start_s, mut due) = (0.0, 0.0);
    let mut spans = Vec::with_capacity(stages.len());
    for (n, stage) in stages.iter().enumerate() {
        let is_last = n + 1 == stages.len();
        let from = stage.from_rate.unwrap_or(stage.rate);
        // A ramp may begin at nothing, but not stay there.
        if !(stage.rate.is_finite() && stage.rate > 0.0) {
            return Err(ArrivalError::Rate { rate: stage.rate });
        }
        if !(from.is_finite() && from >= 0.0) {
            return Err(ArrivalError::Rate { rate: from });
        }
        let length = match stage.duration_s {
            Some(length) if length.is_finite() && length > 0.0 => length,
            None if is_last && (from - stage.rate).abs() > 0.0 => {
                return Err(ArrivalError::EndlessRamp { stage: n + 1 });
            }
            None if is_last => f64::INFINITY,
            _ => return Err(ArrivalError::Duration { stage: n + 1 }),
        };
        spans.push(Span { start_s, end_s: start_s + length, due, from, to: stage.rate });
        start_s += length;
        due += length * f64::midpoint(from, stage.rate);
    }
    if spans.is_empty() { Err(ArrivalError::NoStage) } else { Ok(spans) }
}

impl Span {
    /// How many of its own are due by a moment.
    fn due_by(&self, seconds: f64) -> f64 {
        let length = self.end_s - self.start_s;
        let within = (seconds - self.start_s).clamp(0.0, length);
        let slope = if length.is_infinite() { 0.0 } else { (self.to - self.from) / length };
        let from = if length.is_infinite() { self.to } else { self.from };
        from * within + slope * within.powi(2) / 2.0
    }

    /// The moment by which `due` requests were due; `None` where that is after this stage.
    fn moment(&self, due: f64) -> Option<f64> {
        let more = due - self.due;
        let length = self.end_s - self.start_s;
        let after_s = if length.is_infinite() || (self.to - self.from).abs() <= f64::EPSILON * self.to {
            more / self.to
        } else {
            // from × t + slope × t² ÷ 2 = more, in the form that doesn't cancel.
            let slope = (self.to - self.from) / length;
            let root = (self.from.powi(2) + 2.0 * slope * more).max(0.0).sqrt();
            if self.from + root > 0.0 { 2.0 * more / (self.from + root) } else { 0.0 }
        };
        let within = length.is_infinite() || more <= length * f64::midpoint(self.from, self.to);
        within.then_some(self.start_s + after_s.min(length))
    }
}

impl Iterator for Starts {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        let gap = match self.gaps {
            Gaps::Constant if self.first => 0.0,
            Gaps::Constant => 1.0,
            Gaps::Exponential => Exp1.sample(&mut self.random),
            Gaps::Gamma(gamma) => gamma.sample(&mut self.random),
        };
        self.first = false;
        self.due += gap;
        self.stages.iter().find_map(|stage| stage.moment(self.due)).filter(|moment| {
            // The end of the last stage is no part of it: 10 s at one a second are 10 requests.
            self.stages.last().is_none_or(|last| *moment < last.end_s)
        })
    }
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "a number of arrivals")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use statrs::distribution::{ContinuousCDF, Exp, Gamma as GammaCdf};

    fn at(rate: f64) -> Stage {
        Stage { rate, from_rate: None, duration_s: None }
    }

    fn gaps(arrival: Arrival, burstiness: f64, seed: u64, n: usize) -> Vec<f64> {
        let mut before = 0.0;
        let starts = Starts::new(&[at(4.0)], arrival, burstiness, seed).unwrap();
        starts.take(n).map(|t| t - std::mem::replace(&mut before, t)).collect()
    }

    fn mean_and_variation(values: &[f64]) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
        (mean, variance.sqrt() / mean)
    }

    /// The largest distance between the empirical distribution and `cdf`, times √n.
    fn kolmogorov(mut values: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
        values.sort_by(f64::total_cmp);
        let n = values.len() as f64;
        let distance = |(i, value): (usize, &f64)| {
            let p = cdf(*value);
            (p - i as f64 / n).abs().max(((i + 1) as f64 / n - p).abs())
        };
        values.iter().enumerate().map(distance).fold(0.0, f64::max) * n.sqrt()
    }

    #[test]
    fn a_constant_rate_is_evenly_spaced_from_the_start() {
        let starts: Vec<f64> = Starts::new(&[at(4.0)], Arrival::Constant, 1.0, 1).unwrap().take(4).collect();
        assert_eq!(starts, [0.0, 0.25, 0.5, 0.75]);
        let ten = Stage { duration_s: Some(10.0), ..at(1.0) };
        assert_eq!(Starts::new(&[ten], Arrival::Constant, 1.0, 1).unwrap().count(), 10);
    }

    #[test]
    fn gaps_have_the_mean_and_the_variation_that_were_asked_for() {
        for (arrival, burstiness, variation) in [
            (Arrival::Poisson, 1.0, 1.0),
            (Arrival::Gamma, 1.0, 1.0),
            (Arrival::Gamma, 0.25, 2.0),
            (Arrival::Gamma, 4.0, 0.5),
        ] {
            let gaps = gaps(arrival, burstiness, 7, 40_000);
            let (mean, found) = mean_and_variation(&gaps);
            assert!((mean / 0.25 - 1.0).abs() < 0.03, "{arrival:?} {burstiness}: mean {mean}");
            assert!((found / variation - 1.0).abs() < 0.03, "{arrival:?} {burstiness}: variation {found}");
        }
    }

    /// By Kolmogorov's test; 1.95 is its 0.1 % point, and the seeds are fixed.
    #[test]
    fn gaps_follow_their_distributions() {
        for seed in 0..5 {
            let exponential = Exp::new(4.0).unwrap();
            let found = kolmogorov(gaps(Arrival::Poisson, 1.0, seed, 5_000), |x| exponential.cdf(x));
            assert!(found < 1.95, "Poisson, seed {seed}: {found}");
            for shape in [0.25, 4.0] {
                let gamma = GammaCdf::new(shape, 4.0 * shape).unwrap();
                let found = kolmogorov(gaps(Arrival::Gamma, shape, seed, 5_000), |x| gamma.cdf(x));
                assert!(found < 1.95, "gamma {shape}, seed {seed}: {found}");
            }
        }
    }

    /// What came by a moment is what the integral of the rate says: 1 to 9 a second over 100 s, then 9.
    #[test]
    fn ramps_and_stages_bring_as_many_as_their_rates_say() {
        let stages = [
            Stage { rate: 9.0, from_rate: Some(1.0), duration_s: Some(100.0) },
            Stage { duration_s: Some(50.0), ..at(9.0) },
            Stage { duration_s: Some(50.0), ..at(2.0) },
        ];
        let due = |t: f64| {
            let ramp = t.min(100.0);
            ramp + 0.04 * ramp.powi(2)
                + 9.0 * (t - 100.0).clamp(0.0, 50.0)
                + 2.0 * (t - 150.0).clamp(0.0, 50.0)
        };
        let planned = Starts::new(&stages, Arrival::Constant, 1.0, 3).unwrap();
        for t in [0.0, 30.0, 100.0, 120.0, 199.0, 900.0] {
            assert!((planned.due_by(t) - due(t.min(200.0))).abs() < 1e-6, "{t}");
        }
        let constant: Vec<f64> = planned.collect();
        assert_eq!(constant.len(), 1_050);
        for (n, t) in constant.iter().enumerate() {
            assert!((due(*t) - n as f64).abs() < 1e-6, "{n} at {t}: {}", due(*t));
        }
        // A Poisson count of mean m has the standard deviation √m.
        for seed in 0..20 {
            let starts: Vec<f64> = Starts::new(&stages, Arrival::Poisson, 1.0, seed).unwrap().collect();
            for t in [50.0, 100.0, 150.0, 200.0_f64] {
                let found = starts.iter().filter(|s| **s < t).count() as f64;
                assert!((found - due(t)).abs() < 4.0 * due(t).sqrt(), "seed {seed}, {t} s: {found}");
            }
        }
    }

    #[test]
    fn what_can_not_be_planned_is_refused() {
        let refused = |stages: &[Stage], arrival, burstiness| {
            Starts::new(stages, arrival, burstiness, 1).unwrap_err().to_string()
        };
        assert_eq!(refused(&[at(0.0)], Arrival::Constant, 1.0), "the rate must be above 0, not 0");
        assert_eq!(refused(&[at(-2.0)], Arrival::Constant, 1.0), "the rate must be above 0, not -2");
        assert!(
            refused(&[at(1.0)], Arrival::Gamma, 0.0).starts_with("the burstiness must be above 0, not 0")
        );
        assert_eq!(refused(&[], Arrival::Constant, 1.0), "an open loop needs a rate");
        assert_eq!(
            refused(&[at(1.0), at(2.0)], Arrival::Poisson, 1.0),
            "stage 1 needs a duration above 0 seconds"
        );
        let ramp = Stage { from_rate: Some(1.0), ..at(2.0) };
        assert_eq!(
            refused(&[ramp], Arrival::Poisson, 1.0),
            "stage 1 changes its rate, so it needs a duration"
        );
    }

    proptest! {
        #[test]
        fn moments_never_fall_and_the_seed_decides(
            from in 0.0..20.0_f64, to in 0.1..20.0_f64, length in 0.1..50.0_f64, burstiness in 0.05..20.0_f64, seed: u64,
        ) {
            let stages = [Stage { rate: to, from_rate: Some(from), duration_s: Some(length) }, at(to)];
            let plan = || Starts::new(&stages, Arrival::Gamma, burstiness, seed).unwrap().take(200).collect::<Vec<_>>();
            let starts = plan();
            prop_assert_eq!(starts.len(), 200);
            prop_assert!(starts.windows(2).all(|pair| pair[0] <= pair[1]));
            prop_assert!(starts.iter().all(|t| t.is_finite() && *t >= 0.0));
            prop_assert_eq!(plan(), starts);
        }
    }
}
