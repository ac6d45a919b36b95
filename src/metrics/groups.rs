//! Requests by what they have in common: the turn of their conversation, the model they asked for.

use std::collections::BTreeMap;

use crate::model::record::{Attempt, Row, Side};
use crate::model::summary::{Distribution, GroupKey, GroupSummary, RequestMetrics};
use crate::stats::quantile::distribution;

/// The side's requests by turn and then by model, each only where there are several of them.
#[must_use]
pub fn groups(rows: &[Row], side: Side) -> Vec<GroupSummary> {
    let turn = |row: &Row| Some(GroupKey::Turn { turn: row.ask.turn? });
    let model = |row: &Row| Some(GroupKey::Model { model: row.ask.model.clone()? });
    let mut groups = by(rows, side, turn);
    groups.extend(by(rows, side, model));
    groups
}

fn by(rows: &[Row], side: Side, key: impl Fn(&Row) -> Option<GroupKey>) -> Vec<GroupSummary> {
    let mut members: BTreeMap<GroupKey, Vec<&Attempt>> = BTreeMap::new();
    for row in rows {
        if let (Some(attempt), Some(key)) = (row.attempt(side), key(row)) {
            members.entry(key).or_default().push(attempt);
        }
    }
    if members.len() < 2 {
        return Vec::new();
    }
    members.into_iter().map(|(key, attempts)| summary(key, &attempts)).collect()
}

fn summary(key: GroupKey, attempts: &[&Attempt]) -> GroupSummary {
    let successes: Vec<_> = attempts.iter().filter(|a| a.exchange.outcome.is_success()).collect();
    let of = |metric: fn(&RequestMetrics) -> Option<f64>| -> Option<Distribution> {
        distribution(&mut successes.iter().filter_map(|a| metric(&a.metrics)).collect::<Vec<_>>())
    };
    GroupSummary {
        key,
        attempted: attempts.len() as u64,
        succeeded: successes.len() as u64,
        prompt_tokens: successes.iter().filter_map(|a| a.exchange.usage).map(|u| u.prompt_tokens).sum(),
        output_tokens: successes.iter().filter_map(|a| a.metrics.output_tokens).sum(),
        ttft_ms: of(|m| m.ttft_ms),
        tpot_ms: of(|m| m.tpot_ms),
        e2e_ms: of(|m| m.e2e_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange::Usage;
    use crate::model::fixture;
    use crate::model::outcome::Outcome;
    use crate::model::workload::Ask;

    fn row(turn: Option<u32>, model: Option<&str>, ttft_ms: Option<f64>) -> Row {
        let mut record = fixture::record();
        record.attempt.metrics = RequestMetrics { ttft_ms, output_tokens: Some(3), ..Default::default() };
        record.attempt.exchange.usage = Some(Usage { prompt_tokens: 10, ..Usage::default() });
        if ttft_ms.is_none() {
            record.attempt.exchange.outcome = Outcome::Reset;
            record.attempt.metrics = RequestMetrics::default();
        }
        Row {
            reference: None,
            key: record.key,
            category: record.category,
            family: record.family,
            scenario_id: record.scenario_id,
            ask: Ask { turn, model: model.map(str::to_owned), ..Ask::default() },
            block: 0,
            candidate: Some(record.attempt),
            baseline: None,
        }
    }

    #[test]
    fn turns_and_models_are_summed_up_apart() {
        let rows = [
            row(Some(0), Some("b"), Some(10.0)),
            row(Some(0), Some("a"), Some(30.0)),
            row(Some(1), Some("b"), Some(50.0)),
            row(Some(1), Some("b"), None),
        ];
        let groups = groups(&rows, Side::Candidate);
        let shown: Vec<_> = groups
            .iter()
            .map(|g| (g.key.clone(), g.attempted, g.succeeded, g.output_tokens, g.prompt_tokens))
            .collect();
        let model = |model: &str| GroupKey::Model { model: model.to_owned() };
        assert_eq!(
            shown,
            [
                (GroupKey::Turn { turn: 0 }, 2, 2, 6, 20),
                (GroupKey::Turn { turn: 1 }, 2, 1, 3, 10),
                (model("a"), 1, 1, 3, 10),
                (model("b"), 3, 2, 6, 20),
            ]
        );
        assert!((groups[0].ttft_ms.unwrap().mean - 20.0).abs() < 1e-12);
        assert_eq!(groups[3].ttft_ms.unwrap().n, 2);
        assert!(super::groups(&rows, Side::Baseline).is_empty());
    }

    #[test]
    fn one_of_a_kind_is_no_group() {
        let rows = [row(Some(0), None, Some(10.0)), row(Some(0), Some("a"), Some(30.0))];
        assert!(groups(&rows, Side::Candidate).is_empty());
        assert!(groups(&[row(None, None, Some(1.0))], Side::Candidate).is_empty());
    }
}
