//! Spans of time in an HDR histogram: of one size whatever is recorded, and added up without loss.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer};

use crate::model::histogram::StoredHistogram;
use crate::model::units::Nanos;

/// The smallest span told from none, nanoseconds: 1 µs.
const LOWEST_NS: u64 = 1_000;
/// The longest span, nanoseconds: 1 h. Longer ones count as this.
const HIGHEST_NS: u64 = 3_600_000_000_000;
/// Decimal digits to which a span is exact.
const DIGITS: u8 = 3;
/// The unit, as stored.
const UNIT: &str = "ns";

/// Spans by their length, in nanoseconds, from 1 µs to 1 h with three digits.
#[derive(Debug, Clone, PartialEq)]
pub struct Spans(Histogram<u64>);

/// Why a stored histogram can't be used.
#[derive(Debug, thiserror::Error)]
pub enum HistogramError {
    /// Its unit or its bounds are not those that labctl records with.
    #[error(
        "it holds `{unit}` from {lowest} to {highest} with {digits} digits, and labctl adds up `{UNIT}` from {LOWEST_NS} to {HIGHEST_NS} with {DIGITS}"
    )]
    Bounds {
        /// Its unit.
        unit: String,
        /// Its smallest value.
        lowest: u64,
        /// Its largest value.
        highest: u64,
        /// Its digits.
        digits: u8,
    },
    /// Its counts can't be read.
    #[error("its counts can't be read: {0}")]
    Counts(String),
}

impl Default for Spans {
    #[expect(
        clippy::expect_used,
        reason = "fails only for bounds out of order and more than five digits, and these are constants"
    )]
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(LOWEST_NS, HIGHEST_NS, DIGITS);
        Self(histogram.expect("the bounds are in order"))
    }
}

impl Spans {
    /// Adds a span.
    pub fn record(&mut self, span: Nanos) {
        self.0.saturating_record(span.0);
    }

    /// Adds a span in milliseconds.
    pub fn record_ms(&mut self, ms: f64) {
        self.record(Nanos::from_secs_f64(ms / 1e3));
    }

    /// How many were added.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The span below which a share of `p` (0 to 1) lies, milliseconds: the middle of its class.
    #[must_use]
    pub fn quantile_ms(&self, p: f64) -> f64 {
        Nanos(self.0.median_equivalent(self.0.value_at_quantile(p))).as_millis_f64()
    }

    /// What was added, by length in ascending order: the middle of each class in milliseconds, and how many spans.
    pub fn classes_ms(&self) -> impl Iterator<Item = (f64, u64)> {
        self.0.iter_recorded().map(|class| {
            let middle = self.0.median_equivalent(class.value_iterated_to());
            (Nanos(middle).as_millis_f64(), class.count_since_last_iteration())
        })
    }

    /// Adds all spans of another.
    pub fn add(&mut self, other: &Self) {
        // Refused only for other bounds than these, which no `Spans` has.
        let _same_bounds = self.0.add(&other.0);
    }

    /// As a result keeps it; `None` of nothing.
    #[must_use]
    pub fn to_stored(&self) -> Option<StoredHistogram> {
        if self.0.is_empty() {
            return None;
        }
        let mut bytes = Vec::new();
        // Writing to memory does not fail, and what is missing in a result is only missed by a merge, which says so.
        V2DeflateSerializer::new().serialize(&self.0, &mut bytes).ok()?;
        Some(StoredHistogram {
            unit: UNIT.to_owned(),
            lowest: LOWEST_NS,
            highest: HIGHEST_NS,
            significant_digits: DIGITS,
            v2_deflate_base64: STANDARD.encode(bytes),
        })
    }

    /// As a result keeps it.
    pub fn from_stored(stored: &StoredHistogram) -> Result<Self, HistogramError> {
        let bounds = (stored.lowest, stored.highest, stored.significant_digits);
        if stored.unit != UNIT || bounds != (LOWEST_NS, HIGHEST_NS, DIGITS) {
            return Err(HistogramError::Bounds {
                unit: stored.unit.clone(),
                lowest: stored.lowest,
                highest: stored.highest,
                digits: stored.significant_digits,
            });
        }
        let bytes = STANDARD
            .decode(&stored.v2_deflate_base64)
            .map_err(|error| HistogramError::Counts(error.to_string()))?;
        let read: Histogram<u64> = Deserializer::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(|error| HistogramError::Counts(error.to_string()))?;
        // What was read may grow and has bounds of its own: only its counts are taken.
        let mut spans = Self::default();
        spans.0.add(&read).map_err(|error| HistogramError::Counts(error.to_string()))?;
        Ok(spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(spans: &[u64]) -> Spans {
        let mut histogram = Spans::default();
        for ns in spans {
            histogram.record(Nanos(*ns));
        }
        histogram
    }

    #[test]
    fn a_span_is_exact_to_three_digits() {
        for ms in [0.02, 0.5, 1.0, 20.37, 999.0, 61_234.0, 3_599_000.0] {
            let mut spans = Spans::default();
            spans.record_ms(ms);
            assert!((spans.quantile_ms(0.5) / ms - 1.0).abs() < 1e-3 || ms < 1.0, "{ms}");
            assert!((spans.quantile_ms(0.5) - ms).abs() < (ms * 1e-3).max(0.000_6), "{ms}");
        }
        assert!((of(&[u64::MAX]).quantile_ms(0.5) / 3_600_000.0 - 1.0).abs() < 1e-2, "longer than an hour");
    }

    #[test]
    fn nothing_is_not_stored() {
        assert_eq!(Spans::default().to_stored(), None);
    }

    #[test]
    fn what_is_no_histogram_is_told() {
        let good = of(&[5_000]).to_stored().unwrap();
        let told = |stored: &StoredHistogram| Spans::from_stored(stored).unwrap_err().to_string();
        assert!(told(&StoredHistogram { unit: "us".into(), ..good.clone() }).contains("`us`"));
        for counts in ["", "no base64!", "AAAA", &good.v2_deflate_base64[..12]] {
            let bad = StoredHistogram { v2_deflate_base64: counts.into(), ..good.clone() };
            assert!(told(&bad).contains("can't be read"), "{counts}");
        }
    }

    proptest! {
        #[test]
        fn spans_survive_storage(spans in prop::collection::vec(0..4_000_000_000_000_u64, 1..200)) {
            let histogram = of(&spans);
            let stored = histogram.to_stored().unwrap();
            prop_assert_eq!(Spans::from_stored(&stored).unwrap(), histogram);
        }

        #[test]
        fn the_sum_of_parts_is_the_whole(
            one in prop::collection::vec(0..4_000_000_000_000_u64, 0..100),
            other in prop::collection::vec(0..4_000_000_000_000_u64, 0..100),
        ) {
            let mut sum = of(&one);
            sum.add(&of(&other));
            prop_assert_eq!(sum, of(&[one, other].concat()));
        }

        #[test]
        fn arbitrary_counts_never_panic(counts in "[A-Za-z0-9+/]{0,80}") {
            let good = of(&[5_000]).to_stored().unwrap();
            let _ = Spans::from_stored(&StoredHistogram { v2_deflate_base64: counts, ..good });
        }
    }
}
