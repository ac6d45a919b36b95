//! Whether stated confidences are honest: each is a probability of being right, with whether it was.

use super::{length, mean, real};

/// Bins of equal width over 0 to 1.
const BINS: u32 = 10;

/// Least and greatest probability that a logarithm is taken of: certainty that turns out wrong would cost without bound.
const CLIPPED: f64 = 1e-6;

/// A stated probability of being right, and whether it was.
pub type Forecast = (f64, bool);

/// Brier score: the mean of (probability − outcome)². 0 is perfect, 0.25 what always saying ½ gives.
///
/// Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78 (1950).
#[must_use]
pub fn brier(forecasts: &[Forecast]) -> Option<f64> {
    let squares: Vec<f64> = forecasts.iter().map(|(p, right)| (p - outcome(*right)).powi(2)).collect();
    mean(&squares)
}

/// Mean of −ln(probability of what came out), probabilities clipped to 10⁻⁶ and 1 − 10⁻⁶. 0 is perfect, ln 2 what
/// always saying ½ gives.
#[must_use]
pub fn log_loss(forecasts: &[Forecast]) -> Option<f64> {
    let losses: Vec<f64> = forecasts
        .iter()
        .map(|(p, right)| {
            let p = p.clamp(CLIPPED, 1.0 - CLIPPED);
            -(if *right { p } else { 1.0 - p }).ln()
        })
        .collect();
    mean(&losses)
}

/// Expected calibration error: over ten bins of equal width, Σ share of forecasts · |share right − mean probability|.
/// A probability on a border belongs to the bin above, 1 to the last.
///
/// Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI (2015).
#[must_use]
pub fn expected_calibration_error(forecasts: &[Forecast]) -> Option<f64> {
    let mut bins = vec![(0_u64, 0.0, 0_u64); BINS as usize];
    for (p, right) in forecasts {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float cast saturates, and is cut to the last bin"
        )]
        let bin = ((p * f64::from(BINS)) as usize).min(bins.len() - 1);
        let (count, sum, passed) = &mut bins[bin];
        *count += 1;
        *sum += p;
        *passed += u64::from(*right);
    }
    let gaps: f64 = bins.iter().map(|(_, sum, passed)| (real(*passed) - sum).abs()).sum();
    (!forecasts.is_empty()).then(|| gaps / length(forecasts.len()))
}

const fn outcome(right: bool) -> f64 {
    if right { 1.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: Option<f64>, expected: f64) {
        let value = value.unwrap();
        assert!((value - expected).abs() < 1e-9, "{value} for {expected}");
    }

    /// By hand. Bins 0.9: two forecasts, one right, sum 1.85; 0.6: one, right; 0.2: one, wrong.
    #[test]
    fn scores_by_hand() {
        let forecasts = [(0.9, true), (0.95, false), (0.6, true), (0.2, false)];
        near(brier(&forecasts), (0.01 + 0.9025 + 0.16 + 0.04) / 4.0);
        near(log_loss(&forecasts), -(0.9_f64.ln() + 0.05_f64.ln() + 0.6_f64.ln() + 0.8_f64.ln()) / 4.0);
        near(expected_calibration_error(&forecasts), (0.85 + 0.4 + 0.2) / 4.0);
    }

    #[test]
    fn always_saying_half_and_being_certain() {
        let half = [(0.5, true), (0.5, false)];
        near(brier(&half), 0.25);
        near(log_loss(&half), std::f64::consts::LN_2);
        near(expected_calibration_error(&half), 0.0);
        near(brier(&[(1.0, true)]), 0.0);
        near(log_loss(&[(1.0, false)]), -(1e-6_f64).ln());
        near(expected_calibration_error(&[(1.0, false)]), 1.0);
        assert_eq!((brier(&[]), log_loss(&[]), expected_calibration_error(&[])), (None, None, None));
    }
}
