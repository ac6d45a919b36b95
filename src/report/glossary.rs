//! What every number of a report is: one list of terms, each with its unit, a sentence, and a definition.
//!
//! Tables name their terms ([`Column::term`](super::table::Column::term), [`Row::term`](super::table::Row::term)); a
//! report carries those it uses and what their definitions refer to. Definitions say what the code does: whoever changes
//! a formula in `metrics`, `stats` or `compare` changes its term here.

use std::collections::BTreeSet;

use serde::Serialize;

use super::table::Table;

mod client;
mod comparison;
mod judging;
mod latency;
mod load;
mod quality;
mod throughput;

/// A term: what a number or a word of a report means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Term {
    /// Its identifier in kebab-case: `ttft`. Never reused for another meaning.
    pub id: &'static str,
    /// Its name: `TTFT, time to first token`.
    pub name: &'static str,
    /// The unit of its values as reports write them; empty where it has none.
    pub unit: &'static str,
    /// One sentence, to be shown where the term stands.
    pub short: &'static str,
    /// The definition: formula, what is left out, where it comes from.
    pub long: &'static str,
    /// Terms that the definition rests on.
    pub see: &'static [&'static str],
}

/// All terms, a list a subject, in the order in which a glossary shows them.
const LISTS: [&[Term]; 7] = [
    latency::TERMS,
    throughput::TERMS,
    load::TERMS,
    quality::TERMS,
    comparison::TERMS,
    judging::TERMS,
    client::TERMS,
];

/// Every term.
pub fn all() -> impl Iterator<Item = &'static Term> {
    LISTS.into_iter().flatten()
}

/// The term of this identifier.
#[must_use]
pub fn find(id: &str) -> Option<&'static Term> {
    all().find(|term| term.id == id)
}

/// The terms of these identifiers with all that their definitions refer to, each once, in the glossary's order.
#[must_use]
pub fn with_references<'a>(ids: impl IntoIterator<Item = &'a str>) -> Vec<&'static Term> {
    let mut open: Vec<&str> = ids.into_iter().collect();
    let mut known: BTreeSet<&str> = BTreeSet::new();
    while let Some(id) = open.pop() {
        if let Some(term) = find(id).filter(|term| known.insert(term.id)) {
            open.extend(term.see);
        }
    }
    all().filter(|term| known.contains(term.id)).collect()
}

/// The terms that a table names.
pub(crate) fn of_table(table: &Table) -> impl Iterator<Item = &'static str> {
    let rows = table.rows.iter().filter_map(|row| row.term);
    let columns = table.columns.iter().filter_map(|column| column.term);
    // A table without rows isn't shown.
    columns.filter(|_| !table.is_empty()).chain(rows)
}
