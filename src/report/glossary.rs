//! What every number of a report is: one list of terms, each with its unit, a sentence, and a definition.
//!
//! Tables name their terms (`Column::term`, `Row::term`); a
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

/// The terms that a sentence of the verdict rests on, by its topic, beyond those of the tables.
pub(crate) fn of_finding(topic: &str) -> &'static [&'static str] {
    match topic {
        "Load" => &["knee", "highest-passing"],
        "Client" => &["client-health"],
        "Noise" => &["noise"],
        "Gates" => &["gate"],
        "Quality" => &["mde"],
        _ => &[],
    }
}

/// The terms that a table names.
pub(crate) fn of_table(table: &Table) -> impl Iterator<Item = &'static str> {
    let rows = table.rows.iter().filter_map(|row| row.term);
    let columns = table.columns.iter().filter_map(|column| column.term);
    // A table without rows isn't shown.
    columns.filter(|_| !table.is_empty()).chain(rows)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;

    use super::*;
    use crate::report::fixture;
    use crate::report::input::ReportInput;
    use crate::report::view::ReportView;

    /// Every number of the table is of a term that there is.
    pub(crate) fn assert_explained(name: &str, table: &Table) {
        for row in &table.rows {
            for (cell, column) in row.cells.iter().zip(&table.columns) {
                let term = column.term.or(row.term);
                assert!(
                    !(cell.is_number() || column.right) || term.is_some(),
                    "{name}: nothing explains `{}` under `{}` in the row `{}`",
                    cell.text,
                    column.title,
                    row.cells[0].text
                );
            }
        }
        for term in of_table(table) {
            assert!(find(term).is_some(), "{name}: there is no term `{term}`");
        }
    }

    #[test]
    fn every_number_of_every_table_is_explained() {
        for (name, result) in fixture::all() {
            let view = ReportView::new(&result, &ReportInput::default());
            for of in view.tables() {
                assert_explained(&format!("{name}, {}", of.name), of.table);
                assert!(of.terms().all(|id| view.glossary.iter().any(|term| term.id == id)));
            }
            for term in &view.glossary {
                let shown = |id: &&str| view.glossary.iter().any(|other| other.id == *id);
                assert!(term.see.iter().all(shown), "{name}: `{}` refers to what isn't shown", term.id);
            }
        }
    }

    #[test]
    fn every_term_is_well_formed() {
        let mut known = BTreeSet::new();
        for term in all() {
            let Term { id, name, short, long, see, .. } = term;
            assert!(known.insert(id), "`{id}` is there twice");
            assert!(id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{id}");
            assert!(!name.is_empty() && short.ends_with('.') && long.ends_with('.'), "{id}");
            assert!(short.chars().count() <= 170, "{id}: {} characters", short.chars().count());
            assert!(![short, long].iter().any(|text| text.contains("  ")), "{id}");
            for other in *see {
                assert!(find(other).is_some() && other != id, "`{id}` refers to `{other}`");
            }
        }
    }

    /// The sources of the outputs, without the lists themselves.
    fn sources(folder: &Path, into: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("glossary") {
                sources(&path, into);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                into.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn every_term_is_named_by_some_number_or_by_another_term() {
        let mut named = String::new();
        sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/report")), &mut named);
        for Term { id, .. } in all() {
            let referred = all().any(|other| other.see.contains(id));
            assert!(referred || named.contains(&format!("\"{id}\"")), "nothing shows `{id}`");
        }
    }

    #[test]
    fn references_come_along_once_and_in_order() {
        let ids = |from: &[&'static str]| -> Vec<&str> {
            with_references(from.iter().copied()).iter().map(|term| term.id).collect()
        };
        assert_eq!(
            ids(&["flip-rate", "losses-gains"]),
            ["outcome", "missing", "pairs", "losses-gains", "flips", "flip-rate"]
        );
        assert_eq!(ids(&["unknown"]), [""; 0]);
    }
}
