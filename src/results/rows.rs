//! Pairs records into rows. The live run and the recovery both use this one function, so a
//! recovered result has the same rows as the one that was lost.

use std::collections::BTreeMap;

use crate::model::record::{PairKey, Record, Row, Side};

/// One row per [`PairKey`], ordered by prompt, repeat and round: the order doesn't depend on which
/// response came first, so two runs of one seed can be compared line by line.
///
/// Of two records with the same key and side the first is kept; a run makes no such records, and
/// [`recover`](super::recover) drops and reports them.
#[must_use]
pub fn rows(records: impl IntoIterator<Item = Record>) -> Vec<Row> {
    let mut rows: BTreeMap<PairKey, Row> = BTreeMap::new();
    for Record { key, category, family, scenario_id, ask, block, side, attempt } in records {
        let row = rows.entry(key).or_insert_with_key(|key| Row {
            reference: None,
            key: key.clone(),
            category,
            family,
            scenario_id,
            ask,
            block,
            candidate: None,
            baseline: None,
        });
        row.block = row.block.min(block);
        let place = match side {
            Side::Candidate => &mut row.candidate,
            Side::Baseline => &mut row.baseline,
        };
        place.get_or_insert(attempt);
    }
    rows.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::judgement::Verdict;
    use crate::results::fixtures::record;

    #[test]
    fn sides_of_one_key_share_a_row_whatever_the_order() {
        let records = vec![
            record("b", 0, Side::Baseline, Verdict::Wrong),
            record("a", 1, Side::Candidate, Verdict::Pass),
            record("a", 0, Side::Baseline, Verdict::Pass),
            record("b", 0, Side::Candidate, Verdict::Pass),
        ];
        let forward = rows(records.clone());
        let backward = rows(records.into_iter().rev());
        assert_eq!(forward, backward);
        let seen: Vec<_> = forward
            .iter()
            .map(|r| (r.key.prompt_id.as_str(), r.key.repeat, r.candidate.is_some(), r.baseline.is_some()))
            .collect();
        assert_eq!(seen, [("a", 0, false, true), ("a", 1, true, false), ("b", 0, true, true)]);
        assert_eq!(forward[2].baseline.as_ref().unwrap().judgement.verdict, Verdict::Wrong);
    }

    #[test]
    fn the_first_of_two_equal_records_is_kept() {
        let rows = rows([
            record("a", 0, Side::Candidate, Verdict::Pass),
            record("a", 0, Side::Candidate, Verdict::Wrong),
        ]);
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].candidate.as_ref().unwrap().judgement.verdict, Verdict::Pass);
    }
}
