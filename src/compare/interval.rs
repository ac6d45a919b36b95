//! The interval of a difference in pass rate at any confidence, from what the comparison keeps of it.

use crate::model::comparison::{Interval, PairedPassRate};
use crate::stats::critical::t;
use crate::stats::paired::{PairedCounts, tango_interval};
use crate::stats::real;
use crate::stats::repeats::no_flip_bound;

use super::pass_rate::REPEATS;

/// The table of a rate's pairs.
#[must_use]
pub const fn counts(rate: &PairedPassRate) -> PairedCounts {
    PairedCounts {
        both_passed: rate.both_passed,
        losses: rate.losses,
        gains: rate.gains,
        both_failed: rate.both_failed,
    }
}

/// The two-sided interval of the delta at `confidence` (0 to 1), in percentage points: Tango's; where prompts were
/// repeated Student's t over prompts; where they come in families the wider of that and Student's t over families.
/// Never narrower than what no flip at all would give. `None` without pairs, or with a single repeated prompt.
#[must_use]
pub fn interval_at(rate: &PairedPassRate, confidence: f64) -> Option<Interval> {
    let delta = rate.delta_pp?;
    let counts = counts(rate);
    let student = |units: u64| {
        let half = t(confidence, real(units) - 1.0)? * rate.standard_error_pp?;
        let half = half.max(100.0 * no_flip_bound(counts.pairs(), confidence));
        Some(Interval { low: (delta - half).max(-100.0), high: (delta + half).min(100.0) })
    };
    let tango = || {
        let interval = tango_interval(counts, confidence)?;
        Some(Interval { low: 100.0 * interval.low, high: 100.0 * interval.high })
    };
    if rate.method == REPEATS {
        return student(counts.pairs());
    }
    match rate.families.and_then(student) {
        Some(of_families) => tango().map(|tango| Interval {
            low: tango.low.min(of_families.low),
            high: tango.high.max(of_families.high),
        }),
        None => tango(),
    }
}
