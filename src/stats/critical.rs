//! Critical values and p-values of the normal and Student's t distribution.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The standard normal value z with `confidence` of the mass within ±z: 1.645 for 0.90, 1.960 for 0.95.
/// `confidence` lies between 0 and 1.
#[must_use]
pub fn z(confidence: f64) -> f64 {
    Normal::standard().inverse_cdf(f64::midpoint(1.0, confidence))
}

/// The two-sided p-value of a standard normal statistic.
#[must_use]
pub fn normal_p(statistic: f64) -> f64 {
    (2.0 * Normal::standard().sf(statistic.abs())).min(1.0)
}

/// The Student value t with `confidence` of the mass within ±t; `None` where the degrees of freedom are not
/// positive.
#[must_use]
pub fn t(confidence: f64, degrees_of_freedom: f64) -> Option<f64> {
    let student = StudentsT::new(0.0, 1.0, degrees_of_freedom).ok()?;
    Some(student.inverse_cdf(f64::midpoint(1.0, confidence)))
}

/// The two-sided p-value of a Student statistic; `None` where the degrees of freedom are not positive.
#[must_use]
pub fn t_p(statistic: f64, degrees_of_freedom: f64) -> Option<f64> {
    let student = StudentsT::new(0.0, 1.0, degrees_of_freedom).ok()?;
    Some((2.0 * student.sf(statistic.abs())).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tabled values (any statistics textbook; NIST/SEMATECH e-Handbook 1.3.6.7).
    #[test]
    fn critical_values_are_the_tabled_ones() {
        assert!((z(0.95) - 1.959_963_984_540_054).abs() < 1e-12);
        assert!((z(0.90) - 1.644_853_626_951_472).abs() < 1e-12);
        for (df, expected) in [
            (1.0, 12.706_204_736),
            (4.0, 2.776_445_105),
            (10.0, 2.228_138_852),
            (100.0, 1.983_971_519),
            (9_999.0, 1.960_201_264),
        ] {
            assert!((t(0.95, df).unwrap() - expected).abs() < 1e-8, "t of {df}: {:?}", t(0.95, df));
        }
        assert_eq!(t(0.95, 0.0), None);
    }

    #[test]
    fn p_values_invert_critical_values() {
        assert!((normal_p(z(0.95)) - 0.05).abs() < 1e-9);
        assert!((t_p(-t(0.95, 7.0).unwrap(), 7.0).unwrap() - 0.05).abs() < 1e-10);
        assert!((normal_p(0.0) - 1.0).abs() < 1e-15);
    }
}
