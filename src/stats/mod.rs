//! Statistics: pure functions from numbers to numbers, each with the source of its formula.
//!
//! Distributions and special functions come from `statrs`; here is what no library offers: intervals for paired
//! proportions, a seeded bootstrap, Holm, detectable losses. `metrics` takes its quantiles from here, `compare`
//! everything else. Knows the model's plain types and nothing of prompts, servers or files.
//!
//! Shares are 0 to 1 throughout; delta is candidate − baseline.

pub mod agreement;
pub mod bootstrap;
pub mod confidence;
pub mod critical;
pub mod detectable;
pub mod log_ratio;
pub mod multiple;
pub mod paired;
pub mod power;
pub mod proportion;
pub mod quantile;
pub mod reliability;
pub mod repeats;

/// A count as a real number.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(crate) const fn real(count: u64) -> f64 {
    count as f64
}

/// A length as a real number.
pub(crate) const fn length(values: usize) -> f64 {
    real(values as u64)
}

/// Arithmetic mean; `None` of nothing.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / length(values.len()))
}

/// Sample variance (n − 1) about `mean`; `None` of fewer than two values.
pub(crate) fn variance(values: &[f64], mean: f64) -> Option<f64> {
    (values.len() > 1)
        .then(|| values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / length(values.len() - 1))
}
