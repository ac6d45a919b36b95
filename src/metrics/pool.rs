//! Spans pooled over a whole run. Every value is kept up to a bound, so that quantiles are exact; beyond it a
//! histogram is left, for what a run of a day measures fits into no memory.

use crate::model::summary::{Distribution, QuantileSource};
use crate::model::units::Nanos;
use crate::stats::quantile::distribution;

use super::histogram::Spans;
use super::request::as_f64;

/// So many values are kept: 8 MB.
const KEPT: usize = 1_000_000;

/// Values, and what follows from them.
#[derive(Debug, Clone)]
pub struct Pool {
    /// Every value in milliseconds; `None` once they were too many.
    values: Option<Vec<f64>>,
    kept: usize,
    spans: Spans,
    moments: Moments,
}

impl Default for Pool {
    fn default() -> Self {
        Self::keeping(KEPT)
    }
}

impl Pool {
    /// A pool of what is looked at and not compared: a small sample is exact, more is a histogram.
    #[must_use]
    pub fn of_diagnosis() -> Self {
        Self::keeping(KEPT / 100)
    }

    fn keeping(kept: usize) -> Self {
        Self { values: Some(Vec::new()), kept, spans: Spans::default(), moments: Moments::default() }
    }

    /// A pool of which only this is left; `distribution` has the moments.
    #[must_use]
    pub fn of_histogram(spans: Spans, distribution: &Distribution) -> Self {
        let n = as_f64(distribution.n);
        let moments = Moments {
            n: distribution.n,
            mean: distribution.mean,
            squares: distribution.standard_deviation.powi(2) * (n - 1.0),
            min: distribution.min,
            max: distribution.max,
        };
        Self { values: None, kept: KEPT, spans, moments }
    }

    /// Adds a value.
    pub fn record(&mut self, span: Nanos) {
        let ms = span.as_millis_f64();
        self.spans.record(span);
        self.moments.record(ms);
        self.keep([ms]);
    }

    /// Adds all values of another.
    pub fn add(&mut self, other: &Self) {
        self.spans.add(&other.spans);
        self.moments.add(&other.moments);
        match &other.values {
            Some(values) => self.keep(values.iter().copied()),
            None => self.values = None,
        }
    }

    fn keep(&mut self, more: impl IntoIterator<Item = f64, IntoIter: ExactSizeIterator>) {
        let more = more.into_iter();
        match &mut self.values {
            Some(values) if values.len() + more.len() <= self.kept => values.extend(more),
            _ => self.values = None,
        }
    }

    /// The histogram of all values.
    #[must_use]
    pub const fn spans(&self) -> &Spans {
        &self.spans
    }

    /// The distribution in milliseconds and what its quantiles were taken from; `None` of nothing.
    #[must_use]
    pub fn distribution(&self) -> Option<(Distribution, QuantileSource)> {
        if let Some(values) = &self.values {
            return Some((distribution(&mut values.clone())?, QuantileSource::Exact));
        }
        let Moments { n, mean, squares, min, max } = self.moments;
        // A class of the histogram reaches beyond the values in it.
        let at = |p| self.spans.quantile_ms(p).max(min).min(max);
        let distribution = Distribution {
            n,
            mean,
            standard_deviation: if n > 1 { (squares / as_f64(n - 1)).sqrt() } else { 0.0 },
            min,
            p50: at(0.5),
            p90: at(0.9),
            p95: at(0.95),
            p99: at(0.99),
            p99_9: at(0.999),
            max,
        };
        (n > 0).then_some((distribution, QuantileSource::Histogram))
    }
}

/// Count, mean and sum of squared deviations, added to and added up without the values: Chan, Golub and
/// `LeVeque`, "Algorithms for Computing the Sample Variance", The American Statistician 37 (1983).
#[derive(Debug, Clone, Copy)]
struct Moments {
    n: u64,
    mean: f64,
    squares: f64,
    min: f64,
    max: f64,
}

impl Default for Moments {
    fn default() -> Self {
        Self { n: 0, mean: 0.0, squares: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl Moments {
    fn record(&mut self, value: f64) {
        self.add(&Self { n: 1, mean: value, squares: 0.0, min: value, max: value });
    }

    fn add(&mut self, other: &Self) {
        if other.n == 0 {
            return;
        }
        let (ours, theirs) = (as_f64(self.n), as_f64(other.n));
        let (all, apart) = (ours + theirs, other.mean - self.mean);
        self.mean += apart * theirs / all;
        self.squares += other.squares + apart * apart * ours * theirs / all;
        self.n += other.n;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spans between 1 and 102 ms in an order of their own.
    fn spans(count: u64) -> impl Iterator<Item = Nanos> {
        (0..count).map(|n| Nanos(1_000_000 + (n * 37_000_003) % 101_000_000))
    }

    fn pool(kept: usize, spans: impl Iterator<Item = Nanos>) -> Pool {
        let mut pool = Pool::keeping(kept);
        spans.for_each(|span| pool.record(span));
        pool
    }

    #[track_caller]
    fn assert_alike(one: &Distribution, other: &Distribution, quantiles_within: f64) {
        let exact = [
            (one.mean, other.mean),
            (one.standard_deviation, other.standard_deviation),
            (one.min, other.min),
            (one.max, other.max),
        ];
        assert_eq!(one.n, other.n);
        for (one, other) in exact {
            assert!((one / other - 1.0).abs() < 1e-9, "{one} and {other}");
        }
        let quantiles = |d: &Distribution| [d.p50, d.p90, d.p95, d.p99, d.p99_9];
        for (one, other) in quantiles(one).into_iter().zip(quantiles(other)) {
            assert!((one / other - 1.0).abs() <= quantiles_within, "{one} and {other}");
        }
    }

    #[test]
    fn up_to_the_bound_quantiles_are_exact_and_beyond_it_good_to_three_digits() {
        let (exact, from) = pool(10_000, spans(10_000)).distribution().unwrap();
        assert_eq!(from, QuantileSource::Exact);
        let (near, from) = pool(9_999, spans(10_000)).distribution().unwrap();
        assert_eq!(from, QuantileSource::Histogram);
        assert_alike(&near, &exact, 1e-3);
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let (whole, _) = pool(10_000, spans(5_000)).distribution().unwrap();
        for kept in [10_000, 3_000, 100] {
            let mut sum = pool(kept, spans(5_000).take(2_000));
            sum.add(&pool(kept, spans(5_000).skip(2_000)));
            let (sum, from) = sum.distribution().unwrap();
            assert_eq!(from == QuantileSource::Exact, kept == 10_000);
            assert_alike(&sum, &whole, if kept == 10_000 { 0.0 } else { 1e-3 });
        }
    }

    #[test]
    fn a_stored_pool_is_as_good_as_its_histogram() {
        let pool = pool(10_000, spans(5_000));
        let (exact, _) = pool.distribution().unwrap();
        let stored = Pool::of_histogram(pool.spans().clone(), &exact).distribution().unwrap();
        assert_eq!(stored.1, QuantileSource::Histogram);
        assert_alike(&stored.0, &exact, 1e-3);
    }

    #[test]
    fn nothing_has_no_distribution() {
        assert!(Pool::default().distribution().is_none());
        assert!(Pool { values: None, ..Pool::default() }.distribution().is_none());
    }
}
