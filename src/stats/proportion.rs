//! One proportion and its interval.

use crate::model::comparison::{Interval, PassRate};

use super::{critical::z, real};

/// Wilson's score interval of a share `p` seen in `n` independent trials, at `confidence`; `None` for no trial.
///
/// (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n): Wilson, "Probable Inference, the Law of Succession, and
/// Statistical Inference", JASA 22 (1927). `p` need not be a whole number of n-ths, so that a mean over repeats
/// may be given with the number of prompts.
#[must_use]
pub fn wilson(p: f64, n: u64, confidence: f64) -> Option<Interval> {
    if n == 0 {
        return None;
    }
    let n = real(n);
    let z = z(confidence);
    let z2 = z * z;
    let centre = p + z2 / (2.0 * n);
    let spread = z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    // At 0 and at 1 the limit equals p; rounding may put it a hair off.
    Some(Interval {
        low: ((centre - spread) / scale).clamp(0.0, p),
        high: ((centre + spread) / scale).clamp(p, 1.0),
    })
}

/// A pass rate with its Wilson 95 % interval, `units` being the independent trials in it: `judged`, or the
/// prompts where each was judged several times.
#[must_use]
pub fn pass_rate(passed: u64, judged: u64, units: u64) -> PassRate {
    let rate = crate::model::units::ratio(passed, judged);
    PassRate { passed, judged, rate, wilson_95: rate.and_then(|rate| wilson(rate, units, 0.95)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Computed with statsmodels: `proportion_confint(k, n, method="wilson")`.
    #[test]
    fn the_worked_values_come_out() {
        for (k, n, low, high) in
            [(27, 30, 0.743_789, 0.965_400), (30, 30, 0.886_487, 1.0), (0, 1, 0.0, 0.793_451)]
        {
            let interval = pass_rate(k, n, n).wilson_95.unwrap();
            assert!((interval.low - low).abs() < 5e-7, "{k}/{n}: {interval:?}");
            assert!((interval.high - high).abs() < 5e-7, "{k}/{n}: {interval:?}");
        }
    }

    #[test]
    fn nothing_judged_has_no_rate() {
        let rate = pass_rate(0, 0, 0);
        assert_eq!((rate.rate, rate.wilson_95), (None, None));
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_share_and_mirrors(n in 1..2_000u64, share in 0.0..=1.0_f64) {
            let interval = wilson(share, n, 0.95).unwrap();
            prop_assert!(0.0 <= interval.low && interval.contains(share) && interval.high <= 1.0);
            let mirrored = wilson(1.0 - share, n, 0.95).unwrap();
            prop_assert!((mirrored.low - (1.0 - interval.high)).abs() < 1e-9);
            let wider = wilson(share, n, 0.99).unwrap();
            prop_assert!(wider.low <= interval.low && interval.high <= wider.high);
        }
    }
}
