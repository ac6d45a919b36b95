//! The interval of a difference in pass rate at any confidence, from what the comparison keeps of it, and the p-value
//! that belongs to it.

use crate::model::comparison::{Interval, PairedPassRate};
use crate::stats::critical::{t, t_p};
use crate::stats::paired::{PairedCounts, tango_interval};
use crate::stats::real;
use crate::stats::repeats::{no_flip_bound, no_flip_p};

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

/// The two-sided interval of the delta at `confidence` (0 to 1), in percentage points: Tango's, or where prompts were
/// repeated Student's t over prompts with n − 1 degrees of freedom. Where two families and more hold several prompts
/// it reaches on both sides as far as Student's t over the C families (C − 1 degrees of freedom) does, if that is
/// farther. What is Student's is never narrower than no flip at all would give. `None` without pairs, or with a single
/// repeated prompt.
#[must_use]
pub fn interval_at(rate: &PairedPassRate, confidence: f64) -> Option<Interval> {
    let of_prompts = interval_over_prompts(rate, confidence)?;
    let Some(of_families) = interval_over_families(rate, confidence) else { return Some(of_prompts) };
    Some(Interval { low: of_prompts.low.min(of_families.low), high: of_prompts.high.max(of_families.high) })
}

/// The same as if no prompt were a clone of another.
pub(super) fn interval_over_prompts(rate: &PairedPassRate, confidence: f64) -> Option<Interval> {
    if is_repeated(rate) {
        return student(rate, rate.pairs, rate.standard_error_over_prompts_pp?, confidence);
    }
    let interval = tango_interval(counts(rate), confidence)?;
    Some(Interval { low: 100.0 * interval.low, high: 100.0 * interval.high })
}

/// The interval over families alone, where there are two and more of several prompts.
pub(super) fn interval_over_families(rate: &PairedPassRate, confidence: f64) -> Option<Interval> {
    student(rate, rate.families?, rate.standard_error_over_families_pp?, confidence)
}

/// The p-value of no difference over families alone. It is consistent with [`interval_over_families`]: 0 lies outside
/// of that at every confidence below 1 − p.
pub(super) fn p_over_families(rate: &PairedPassRate) -> Option<f64> {
    let (delta, error) = (rate.delta_pp?, rate.standard_error_over_families_pp?);
    let of_student = if error > 0.0 { t_p(delta / error, real(rate.families?) - 1.0)? } else { 0.0 };
    Some(of_student.max(no_flip_p(rate.pairs, delta / 100.0)))
}

/// Whether prompts were sent several times.
pub(in crate::compare) fn is_repeated(rate: &PairedPassRate) -> bool {
    rate.method == REPEATS || rate.standard_error_over_prompts_pp.is_some()
}

/// delta ± t·SE over so many independent units.
fn student(rate: &PairedPassRate, units: u64, standard_error_pp: f64, confidence: f64) -> Option<Interval> {
    let delta = rate.delta_pp?;
    let half = t(confidence, real(units) - 1.0)? * standard_error_pp;
    let half = half.max(100.0 * no_flip_bound(rate.pairs, confidence));
    Some(Interval { low: (delta - half).max(-100.0), high: (delta + half).min(100.0) })
}
