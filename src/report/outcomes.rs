//! How requests ended and what the checks said, wherever that is not all success and all pass.

use std::collections::BTreeMap;

use serde::Serialize;

use super::number;
use super::table::{Cell, Column, Labels, Row, Table, Tone};
use super::text::{fit, one_line};
use crate::model::judgement::Verdict;
use crate::model::outcome::Outcome;
use crate::model::record::Side;
use crate::model::result::{RunResult, SideInfo};

/// The longest error message shown, in columns.
const MESSAGE: usize = 300;
/// The most different messages shown.
const MESSAGES: usize = 20;

/// One kind of failure with the first message of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The side's name.
    pub side: String,
    /// The class.
    pub outcome: &'static str,
    /// How many requests ended so, with these words.
    pub count: String,
    /// The message.
    pub message: String,
    /// The first prompt it happened to.
    pub prompt_id: String,
}

/// Requests by outcome and side; empty where all succeeded.
pub(crate) fn table(sides: &[&SideInfo], labels: &Labels) -> Table {
    let counts: Vec<_> = sides.iter().map(|side| &side.summary.outcomes).collect();
    if counts.iter().all(|c| c.iter().all(|(outcome, n)| outcome.is_success() || *n == 0)) {
        return Table::default();
    }
    let bad = |outcome: Outcome| if outcome.is_success() { Tone::Plain } else { Tone::Bad };
    by_side("outcome", Outcome::ALL.map(|o| (o, o.name(), bad(o), "outcome")), &counts, labels)
}

/// Responses by verdict and side; empty where nothing was judged.
pub(crate) fn verdicts(sides: &[&SideInfo], labels: &Labels) -> Table {
    let counts: Vec<_> = sides.iter().map(|side| &side.summary.verdicts).collect();
    let tone = |verdict: Verdict| if verdict.passed().is_none() { Tone::Warn } else { Tone::Plain };
    by_side("verdict", Verdict::ALL.map(|v| (v, v.name(), tone(v), term(v))), &counts, labels)
}

fn by_side<K: Ord + Copy, const N: usize>(
    title: &'static str,
    kinds: [(K, &'static str, Tone, &'static str); N],
    counts: &[&BTreeMap<K, u64>],
    labels: &Labels,
) -> Table {
    let mut columns = vec![Column::words(title).term(title)];
    columns.extend(labels.columns());
    let mut rows = Vec::new();
    for (kind, name, tone, term) in kinds {
        let values: Vec<u64> = counts.iter().map(|c| c.get(&kind).copied().unwrap_or(0)).collect();
        if values.iter().any(|n| *n > 0) {
            let cells = values.iter().map(|n| Cell::count(*n).tone(if *n > 0 { tone } else { Tone::Dim }));
            rows.push(Row::new([Cell::from(name)].into_iter().chain(cells).collect()).term(term));
        }
    }
    Table { columns, rows, ..Table::default() }
}

/// The glossary's term for a verdict.
pub(crate) const fn term(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass | Verdict::Wrong | Verdict::Unchecked => "verdict",
        Verdict::NoAnswer => "no-answer",
        Verdict::Truncated => "truncated",
        Verdict::Refused => "refused",
        Verdict::Empty => "empty",
        Verdict::TransportError | Verdict::JudgeUnparsed | Verdict::CheckError => "missing",
    }
}

/// Each kind of failure once, the most frequent first.
pub(crate) fn failures(result: &RunResult, labels: &Labels) -> Vec<Failure> {
    let mut found: BTreeMap<(Side, Outcome, String), (u64, &str)> = BTreeMap::new();
    for row in &result.rows {
        for side in [Side::Baseline, Side::Candidate] {
            let Some(exchange) = row.attempt(side).map(|a| &a.exchange).filter(|e| !e.outcome.is_success())
            else {
                continue;
            };
            let message = fit(&one_line(exchange.error.as_deref().unwrap_or("")), MESSAGE);
            found.entry((side, exchange.outcome, message)).or_insert((0, &row.key.prompt_id)).0 += 1;
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(_, (n, _))| std::cmp::Reverse(*n));
    found.truncate(MESSAGES);
    found
        .into_iter()
        .map(|((side, outcome, message), (n, prompt_id))| Failure {
            side: match side {
                Side::Candidate => labels.candidate.clone(),
                Side::Baseline => labels.baseline.clone().unwrap_or_default(),
            },
            outcome: outcome.name(),
            count: number::count(n),
            message,
            prompt_id: one_line(prompt_id),
        })
        .collect()
}
