//! One model against itself: what is noise, and whether it is more than that.

use super::compared::{Measured, numbers, said, speeds};
use super::gated::{self, Passing};
use super::headline;
use super::{Headline, Said, value_or_absent};
use crate::model::comparison::Interval;
use crate::model::result::RunResult;
use crate::report::number::{self, count, counted};
use crate::report::table::Tone;
use crate::report::verdict;

/// What an A/A run comes to.
pub(super) fn verdict(result: &RunResult) -> Said {
    let Some(comparison) = &result.comparison else { return (String::new(), Tone::Warn) };
    let overall = &comparison.overall;
    let differs = verdict::differs_from_itself(comparison);
    let (text, tone) = if differs {
        (verdict::MORE_THAN_NOISE.to_owned(), Tone::Warn)
    } else if overall.pairs == 0 {
        let by = Measured { tuned: false, checked: false, same_run: true, busy: verdict::is_busy(result) };
        let (text, _) = said(comparison, &[], by);
        (format!("{text} (one model against itself)"), Tone::Plain)
    } else {
        let flips = overall.losses + overall.gains;
        let pairs = counted(overall.pairs, "pair", "pairs");
        (format!("with nothing changed, {} of {pairs} differ: so much is noise", count(flips)), Tone::Plain)
    };
    let passing = Passing { faster: false, telling: true };
    gated::verdict(&comparison.gates, (&text, tone), passing).unwrap_or((text, tone))
}

/// How many pairs flip, what that makes of the pass rate, and what of speed.
pub(super) fn noise_numbers(result: &RunResult) -> Vec<Headline> {
    let Some(comparison) = &result.comparison else { return Vec::new() };
    let overall = &comparison.overall;
    let all = if overall.pairs == 0 {
        numbers(Some(comparison), false)
    } else {
        let flips = Headline {
            hint: format!("{} losses, {} gains", count(overall.losses), count(overall.gains)),
            ..Headline::new("Pairs that differ", number::or_absent(overall.flip_rate, number::percent), "")
        };
        let first = speeds(comparison).into_iter().next();
        [Some(flips), Some(headline::delta(comparison)), first].into_iter().flatten().collect()
    };
    all.into_iter().map(of_itself).collect()
}

/// Nothing is faster or better than itself.
fn of_itself(mut number: Headline) -> Headline {
    if let Some(ratio) = number.ratio.take().filter(|_| !number.unit.is_empty()) {
        number.value = number::ratio(ratio);
        "ratio, of one model to itself".clone_into(&mut number.unit);
    }
    if matches!(number.tone, Tone::Good | Tone::Bad) {
        number.tone = Tone::Warn;
        if let Some(bar) = &mut number.bar {
            bar.tone = Tone::Warn;
        }
    }
    number
}

/// What may be taken for noise.
pub(super) fn confidence(result: &RunResult) -> String {
    let Some(overall) = result.comparison.as_ref().map(|comparison| &comparison.overall) else {
        return String::new();
    };
    let half = verdict::noise_95_pp(overall);
    let limits = half.map(|half| number::pp_interval(Interval { low: -half, high: half }));
    format!(
        "a difference in pass rate within {} pp (95 %) is noise",
        value_or_absent(limits.unwrap_or_default())
    )
}
