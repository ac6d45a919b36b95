//! When so many responses could not be judged that what was judged stands for nothing.

use std::collections::BTreeMap;

use crate::model::judgement::Verdict;
use crate::stats::real;

/// So many missing responses are tolerated on a side whatever its size.
const TOLERATED: u64 = 2;

/// This share of a side's responses may be missing.
const TOLERATED_SHARE: f64 = 0.02;

/// How many of so many responses may be missing.
pub(super) fn tolerated(of: u64) -> f64 {
    real(TOLERATED).max(TOLERATED_SHARE * real(of))
}

/// That more than max(2, 2 %) of `attempted` responses with these verdicts are missing: lost in transport, not to be
/// checked, or scored by a judge that said nothing of use. What has no checks isn't missing. `None` where they aren't.
pub(super) fn too_many_missing(verdicts: &BTreeMap<Verdict, u64>, attempted: u64) -> Option<String> {
    let is_missing = |verdict: Verdict| verdict != Verdict::Unchecked && verdict.passed().is_none();
    let missing: Vec<(Verdict, u64)> = verdicts
        .iter()
        .map(|(verdict, count)| (*verdict, *count))
        .filter(|(verdict, count)| is_missing(*verdict) && *count > 0)
        .collect();
    let count: u64 = missing.iter().map(|(_, count)| count).sum();
    let tolerated = tolerated(attempted);
    (real(count) > tolerated).then(|| {
        let kinds: Vec<String> =
            missing.iter().map(|(verdict, count)| format!("{} {count}", verdict.name())).collect();
        format!(
            "{count} of {attempted} responses are missing ({}), more than the {:.0} tolerated",
            kinds.join(", "),
            tolerated.floor()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{JudgeUnparsed, Pass, TransportError, Unchecked};

    #[test]
    fn two_or_two_percent_are_tolerated() {
        let of = |verdicts: &[(Verdict, u64)], attempted| {
            too_many_missing(&verdicts.iter().copied().collect(), attempted)
        };
        assert_eq!(of(&[(Pass, 4), (TransportError, 2)], 6), None);
        assert_eq!(of(&[(Pass, 196), (JudgeUnparsed, 4)], 200), None);
        assert_eq!(of(&[(Pass, 4), (Unchecked, 50)], 54), None);
        let reason = of(&[(Pass, 5), (JudgeUnparsed, 3), (TransportError, 2)], 10).unwrap();
        assert!(reason.starts_with("5 of 10 responses are missing (") && reason.contains("judge_unparsed 3"));
        assert!(reason.ends_with("more than the 2 tolerated"), "{reason}");
    }
}
