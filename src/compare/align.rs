//! Two separate runs made comparable: their candidates become the two sides of one set of rows.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::record::{PairKey, Row};
use crate::model::reference::ReferenceAnswer;
use crate::model::result::RunResult;

/// Pairs the candidate sides of two runs by prompt, repeat and round, in the keys' order.
///
/// A row keeps its block where the prompts were cut into the same blocks in both runs; else every row's block is
/// 0, for what shared a queue in one run didn't in the other.
#[must_use]
pub fn pair_rows(baseline: &RunResult, candidate: &RunResult) -> Vec<Row> {
    let by_key = |run: &'_ RunResult| {
        run.rows.iter().map(|row| (row.key.clone(), row.clone())).collect::<BTreeMap<_, _>>()
    };
    let (mut of_baseline, mut of_candidate) = (by_key(baseline), by_key(candidate));
    let same_blocks = of_baseline
        .iter()
        .filter_map(|(key, row)| Some((row.block, of_candidate.get(key)?.block)))
        .all(|(ours, theirs)| ours == theirs);
    let keys: BTreeSet<PairKey> = of_baseline.keys().chain(of_candidate.keys()).cloned().collect();
    keys.into_iter()
        .filter_map(|key| {
            let (baseline, candidate) = (of_baseline.remove(&key), of_candidate.remove(&key));
            let twin = baseline.as_ref().and_then(|row| row.candidate.clone());
            let theirs = baseline.as_ref().and_then(|row| row.reference.clone());
            let reference = ReferenceAnswer::of_two_runs(
                candidate.as_ref().and_then(|row| row.reference.clone()),
                theirs,
            );
            let row = candidate.or_else(|| baseline.map(|row| Row { candidate: None, ..row }))?;
            Some(Row { baseline: twin, reference, block: if same_blocks { row.block } else { 0 }, ..row })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::comparable::{unsound, warnings};
    use crate::compare::support::{run, table};
    use crate::model::judgement::Verdict;

    const SEPARATE: &str =
        "the runs were measured one after the other: speed ratios include whatever else changed between them";

    #[test]
    fn candidates_become_the_two_sides() {
        let (mut first, mut second) =
            (run("a", table("math", [2, 1, 0, 0])), run("b", table("math", [2, 1, 0, 0])));
        // The third prompt: wrong on the candidate of both. Only the second run's is made right.
        second.rows[2].candidate.as_mut().unwrap().judgement.verdict = Verdict::Pass;
        first.rows.remove(0);
        let (rows, invalid, warnings) =
            (pair_rows(&first, &second), unsound(&first, &second, false), warnings(&first, &second));
        assert_eq!(rows.len(), 3);
        assert!(rows[0].baseline.is_none() && rows[0].candidate.is_some());
        let verdict = |attempt: &Option<_>| {
            attempt.as_ref().map(|a: &crate::model::record::Attempt| a.judgement.verdict).unwrap()
        };
        assert_eq!(
            (verdict(&rows[2].baseline), verdict(&rows[2].candidate)),
            (Verdict::Wrong, Verdict::Pass)
        );
        assert!(invalid.is_empty(), "{invalid:?}");
        assert_eq!(warnings, [SEPARATE, "requests answered in one run only: 1"]);
        let mirrored = pair_rows(&second, &first);
        assert!(mirrored[0].candidate.is_none() && mirrored[0].baseline.is_some());
    }

    #[test]
    fn blocks_are_kept_only_where_they_are_the_same() {
        let mut first = run("a", table("math", [4, 0, 0, 0]));
        for (block, row) in (0..).zip(&mut first.rows) {
            row.block = block / 2;
        }
        let mut second = first.clone();
        let blocks = |a: &_, b: &_| pair_rows(a, b).iter().map(|row| row.block).collect::<Vec<_>>();
        assert_eq!(blocks(&first, &second), [0, 0, 1, 1]);
        second.rows[0].block = 1;
        assert_eq!(blocks(&first, &second), [0, 0, 0, 0]);
    }
}
