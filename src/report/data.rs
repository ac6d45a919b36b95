//! What a page carries for download: its tables and its requests as numbers in full, for the page's script to write CSV
//! and JSON of.
//!
//! The shape, which the script relies on:
//!
//! ```json
//! {"version": 1, "run_id": "…",
//!  "tables": [{"name": "quality", "title": "Quality", "columns": ["category", "pairs", "awq (candidate)", …],
//!              "rows": [["overall", 30, 83.33333333333333, …], …], "notes": ["…"]}, …],
//!  "requests": {"count": 60, "left_out": null, "notes": ["…"],
//!               "columns": [{"name": "side", "unit": "", "term": null, "words": ["baseline", "candidate"], "values": [0, 1, …]},
//!                           {"name": "ttft_ms", "unit": "ms", "term": "ttft", "words": null, "values": [41.2, null, …]}, …]}}
//! ```
//!
//! A table's cell is a number (in the unit of its column), a text or null; of an interval there are two columns, `low` and
//! `high`. A request's value is a number or null; where there are `words` it is a place among them. Texts come from models
//! and servers: whoever writes CSV puts an apostrophe before one that begins with `=`, `+`, `-` or `@`, full-width or not,
//! or with a tab or a line end, for spreadsheets would compute it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::number::{ABSENT, count};
use super::table::{Cell, Table, real};
use super::text::one_line;
use super::view::ReportView;
use crate::model::record::{Attempt, Row, Side};
use crate::model::result::RunResult;
use crate::model::units::Nanos;

/// The version of the shape.
const VERSION: u32 = 1;
/// Of more requests than this none is embedded: the result file has them all.
const MOST_REQUESTS: usize = 5_000;

/// Everything that can be downloaded from a page, but for its charts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportData {
    /// The version of this shape.
    pub version: u32,
    /// The run.
    pub run_id: String,
    /// Every table that is shown.
    pub tables: Vec<TableData>,
    /// Every request that counts, where there are not too many.
    pub requests: Requests,
}

/// A table as rows of values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableData {
    /// What its file is called.
    pub name: String,
    /// Its heading.
    pub title: String,
    /// Its columns' headings, each once.
    pub columns: Vec<String>,
    /// Its rows, a value a column.
    pub rows: Vec<Vec<Value>>,
    /// What must be known to read it.
    pub notes: Vec<String>,
}

/// A value of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A number in full.
    Number(f64),
    /// Words.
    Text(String),
    /// Nothing: written `null`.
    Absent,
}

/// The requests, column by column.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Requests {
    /// Requests that count, both sides together.
    pub count: usize,
    /// Why they are not here, and where they are.
    pub left_out: Option<String>,
    /// What must be known to read them.
    pub notes: Vec<String>,
    /// The columns, each with a value for every request, in the order of their sending.
    pub columns: Vec<RequestColumn>,
}

/// One value of every request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RequestColumn {
    /// Its name, unit included: `ttft_ms`.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// The glossary's term for it.
    pub term: Option<&'static str>,
    /// The words that values are places among; none where they are numbers.
    pub words: Option<Vec<String>>,
    /// The values.
    pub values: Vec<Option<f64>>,
}

impl ReportData {
    /// What the page of this result carries.
    #[must_use]
    pub fn new(result: &RunResult, view: &ReportView) -> Self {
        let tables = view.tables().into_iter().map(|of| table(of.name, of.title, of.table)).collect();
        Self { version: VERSION, run_id: one_line(&result.run_id), tables, requests: requests(result) }
    }
}

/// A table with every number in full.
#[must_use]
pub fn table(name: String, title: String, table: &Table) -> TableData {
    let cells = |at: usize| table.rows.iter().filter_map(move |row| row.cells.get(at));
    let (mut columns, mut places) = (Vec::new(), Vec::new());
    for (at, heading) in headings(table).into_iter().enumerate() {
        for of in parts(&cells(at)) {
            columns.push(match of {
                Of::Value | Of::Text => heading.clone(),
                Of::Part(part) => format!("{heading}, {part}"),
                Of::Shown => format!("{heading}, as shown"),
            });
            places.push((at, of));
        }
    }
    let row = |cells: &[Cell]| {
        places.iter().map(|(at, of)| cells.get(*at).map_or(Value::Absent, |cell| of.of(cell))).collect()
    };
    let rows = table.rows.iter().map(|table_row| row(&table_row.cells)).collect();
    TableData { name, title, columns, rows, notes: table.notes.clone() }
}

/// What of a cell a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Its number, or its words where it has none.
    Value,
    /// One of its further numbers.
    Part(&'static str),
    /// Its text, beside its numbers.
    Shown,
    /// Its text alone.
    Text,
}

impl Of {
    fn of(self, cell: &Cell) -> Value {
        let text = || match cell.text.as_str() {
            "" | ABSENT => Value::Absent,
            text => Value::Text(text.to_owned()),
        };
        match self {
            Self::Value if cell.is_number() => cell.value.map_or(Value::Absent, Value::Number),
            Self::Part(name) => {
                let part = cell.parts.iter().find(|part| part.name == name);
                part.map_or(Value::Absent, |part| Value::Number(part.value))
            }
            Self::Value | Self::Shown | Self::Text => text(),
        }
    }
}

/// What a column's cells come to: their number, its parts, and their text where it says more than the numbers.
fn parts<'a>(cells: &(impl Iterator<Item = &'a Cell> + Clone)) -> Vec<Of> {
    if !cells.clone().any(Cell::is_number) {
        return vec![Of::Text];
    }
    let mut found = Vec::new();
    if cells.clone().any(|cell| cell.value.is_some()) {
        found.push(Of::Value);
    }
    for part in cells.clone().flat_map(|cell| &cell.parts) {
        if !found.contains(&Of::Part(part.name)) {
            found.push(Of::Part(part.name));
        }
    }
    // A verdict, a currency, the mark of a sample that is too small.
    let more = |cell: &Cell| cell.is_number() && cell.text.chars().any(|c| c.is_alphabetic() || c == '*');
    if cells.clone().any(more) {
        found.push(Of::Shown);
    }
    found
}

/// The columns' headings with their hints, each once: what stands twice is told by the column before it.
fn headings(table: &Table) -> Vec<String> {
    let titles: Vec<String> = table
        .columns
        .iter()
        .map(|column| match (column.title.as_str(), column.hint) {
            ("", _) => "row".to_owned(),
            (title, "") => title.to_owned(),
            (title, hint) => format!("{title} ({hint})"),
        })
        .collect();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for title in &titles {
        *known.entry(title).or_default() += 1;
    }
    let mut used = BTreeSet::new();
    let mut before = "";
    let mut headings = Vec::new();
    for title in &titles {
        let mut heading = title.clone();
        if known.get(title.as_str()).is_some_and(|times| *times > 1) {
            heading = format!("{before}: {title}");
        } else {
            before = title;
        }
        let mut number = 2;
        while !used.insert(heading.clone()) {
            heading = format!("{title} {number}");
            number += 1;
        }
        headings.push(heading);
    }
    headings
}

/// One request on one side.
struct Request<'a> {
    row: &'a Row,
    side: Side,
    attempt: &'a Attempt,
}

/// A column's name, its unit, its term, and what a request has of it.
type NumberColumn = (&'static str, &'static str, Option<&'static str>, fn(&Request<'_>) -> Option<f64>);
/// A column's name, its term, and what a request has of it.
type WordColumn = (&'static str, Option<&'static str>, fn(&Request<'_>) -> String);

const WORDS: [WordColumn; 5] = [
    ("side", None, |r| r.side.name().to_owned()),
    ("prompt_id", None, |r| one_line(&r.row.key.prompt_id)),
    ("category", None, |r| one_line(&r.row.category)),
    ("outcome", Some("outcome"), |r| r.attempt.exchange.outcome.name().to_owned()),
    ("verdict", Some("verdict"), |r| r.attempt.judgement.verdict.name().to_owned()),
];
const NUMBERS: [NumberColumn; 15] = [
    ("level", "", None, |r| Some(f64::from(r.row.key.level))),
    ("round", "", None, |r| Some(f64::from(r.row.key.round))),
    ("repeat", "", None, |r| Some(f64::from(r.row.key.repeat))),
    ("scheduled_ms", "ms", None, |r| Some(ms(r.attempt.exchange.trace.scheduled_ns))),
    ("sent_ms", "ms", None, |r| Some(ms(r.attempt.exchange.trace.sent_ns))),
    ("first_token_ms", "ms", None, |r| {
        Some(to_the_nanosecond(ms(r.attempt.exchange.trace.sent_ns) + r.attempt.metrics.ttft_ms?))
    }),
    ("end_ms", "ms", None, |r| Some(ms(r.attempt.exchange.trace.end_ns))),
    ("prompt_tokens", "tokens", Some("prompt-tokens"), |r| {
        r.attempt.exchange.usage.map(|usage| real(usage.prompt_tokens))
    }),
    ("output_tokens", "tokens", Some("output-tokens"), |r| r.attempt.metrics.output_tokens.map(real)),
    ("ttft_ms", "ms", Some("ttft"), |r| r.attempt.metrics.ttft_ms.map(to_the_nanosecond)),
    ("ttfo_ms", "ms", Some("ttfo"), |r| r.attempt.metrics.ttfo_ms.map(to_the_nanosecond)),
    ("tpot_ms", "ms", Some("tpot"), |r| r.attempt.metrics.tpot_ms.map(to_the_nanosecond)),
    ("e2e_ms", "ms", Some("e2e"), |r| r.attempt.metrics.e2e_ms.map(to_the_nanosecond)),
    ("latency_from_schedule_ms", "ms", Some("latency-from-schedule"), |r| {
        r.attempt.metrics.latency_from_schedule_ms.map(to_the_nanosecond)
    }),
    ("max_stall_ms", "ms", Some("max-stall"), |r| r.attempt.metrics.max_stall_ms.map(to_the_nanosecond)),
];

/// What of the columns is named by a term.
pub(crate) fn request_terms() -> impl Iterator<Item = &'static str> {
    WORDS
        .into_iter()
        .filter_map(|(_, term, _)| term)
        .chain(NUMBERS.into_iter().filter_map(|(_, _, term, _)| term))
}

/// Milliseconds since the run's start.
fn ms(at: Nanos) -> f64 {
    to_the_nanosecond(at.as_millis_f64())
}

/// Without the digits that no clock has.
fn to_the_nanosecond(ms: f64) -> f64 {
    (ms * 1e6).round() / 1e6
}

fn requests(result: &RunResult) -> Requests {
    let of_row = |row| {
        let of = move |side| Row::attempt(row, side).map(|attempt| Request { row, side, attempt });
        [Side::Baseline, Side::Candidate].into_iter().filter_map(of)
    };
    let mut requests: Vec<Request<'_>> = result.rows.iter().flat_map(of_row).collect();
    let total = requests.len();
    if total > MOST_REQUESTS {
        return Requests {
            count: total,
            left_out: Some(format!(
                "{} requests are more than the {} that a page carries: the result file, {}.json, has each of them",
                count(total as u64),
                count(MOST_REQUESTS as u64),
                one_line(&result.run_id)
            )),
            ..Requests::default()
        };
    }
    requests.sort_by_key(|request| request.attempt.exchange.trace.sent_ns);
    let words = WORDS.into_iter().map(|(name, term, of)| word_column(name, term, requests.iter().map(of)));
    let numbers = NUMBERS.into_iter().map(|(name, unit, term, of)| {
        let values = requests.iter().map(of).map(|value| value.filter(|value| value.is_finite())).collect();
        RequestColumn { name, unit, term, words: None, values }
    });
    let columns = words.chain(numbers).filter(|column| column.values.iter().any(Option::is_some)).collect();
    Requests { count: total, left_out: None, notes: notes(result), columns }
}

fn word_column(
    name: &'static str,
    term: Option<&'static str>,
    values: impl Iterator<Item = String>,
) -> RequestColumn {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut words = Vec::new();
    let values = values
        .map(|word| {
            let place = *places.entry(word).or_insert_with_key(|word| {
                words.push(word.clone());
                words.len() - 1
            });
            Some(real(place as u64))
        })
        .collect();
    RequestColumn { name, unit: "", term, words: Some(words), values }
}

fn notes(result: &RunResult) -> Vec<String> {
    let mut notes = vec!["Times are milliseconds since the run's start".to_owned()];
    for (name, side) in [("baseline", result.baseline.as_ref()), ("candidate", Some(&result.candidate))] {
        notes.extend(side.and_then(|side| side.measured_in.as_ref()).map(|measured| {
            format!("those of the {name} since the start of run {}", one_line(&measured.run_id))
        }));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;
    use crate::report::input::ReportInput;
    use crate::report::table::Column;

    fn data(result: &RunResult) -> ReportData {
        ReportData::new(result, &ReportView::new(result, &ReportInput::default()))
    }

    #[test]
    fn a_column_is_its_numbers_its_limits_and_what_its_text_says_beside() {
        let of = Table {
            columns: vec![
                Column::words("metric"),
                Column::numbers("a").hint("baseline"),
                Column::numbers("ratio"),
                Column::numbers("b"),
                Column::numbers("ratio"),
                Column::words(""),
            ],
            rows: vec![super::super::table::Row::new(vec![
                "TTFT".into(),
                Cell::number(1.25, "1.25 (n too small)"),
                Cell::from("[1, 2]").part("low", 1.0).part("high", 2.0),
                "n/a".into(),
                Cell::number(3.0, "3.00"),
                "".into(),
            ])],
            ..Table::default()
        };
        let data = table("t".to_owned(), "T".to_owned(), &of);
        let expected = [
            "metric",
            "a (baseline)",
            "a (baseline), as shown",
            "a (baseline): ratio, low",
            "a (baseline): ratio, high",
            "b",
            "b: ratio",
            "row",
        ];
        assert_eq!(data.columns, expected);
        assert_eq!(
            serde_json::to_value(&data.rows).unwrap(),
            serde_json::json!([["TTFT", 1.25, "1.25 (n too small)", 1.0, 2.0, null, 3.0, null]])
        );
    }

    #[test]
    fn every_table_of_every_report_has_as_many_values_as_columns_each_named_once() {
        for (name, result) in fixture::all() {
            for table in data(&result).tables {
                let distinct: BTreeSet<&String> = table.columns.iter().collect();
                assert_eq!(
                    distinct.len(),
                    table.columns.len(),
                    "{name}, {}: {:?}",
                    table.name,
                    table.columns
                );
                assert!(
                    table.rows.iter().all(|row| row.len() == table.columns.len()),
                    "{name}, {}",
                    table.name
                );
            }
        }
    }

    #[test]
    fn requests_are_those_of_the_result_and_their_times_its_own() {
        let result = fixture::paired();
        let requests = data(&result).requests;
        assert_eq!((requests.count, requests.left_out.as_ref()), (60, None));
        let column = |name: &str| requests.columns.iter().find(|column| column.name == name).unwrap();
        assert!(requests.columns.iter().all(|column| column.values.len() == 60));
        let words = |name: &str| column(name).words.clone().unwrap();
        assert_eq!(
            BTreeSet::from_iter(words("side")),
            BTreeSet::from(["baseline".into(), "candidate".into()])
        );
        assert_eq!(words("prompt_id").len(), 30);
        for (at, (side, id)) in column("side").values.iter().zip(&column("prompt_id").values).enumerate() {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "places of a list")]
            let word = |name: &str, place: &Option<f64>| words(name)[place.unwrap() as usize].clone();
            let row = result.rows.iter().find(|row| row.key.prompt_id == word("prompt_id", id)).unwrap();
            let attempt = if word("side", side) == "baseline" { &row.baseline } else { &row.candidate };
            let attempt = attempt.as_ref().unwrap();
            assert_eq!(column("e2e_ms").values[at], attempt.metrics.e2e_ms.map(to_the_nanosecond));
            assert_eq!(column("sent_ms").values[at], Some(ms(attempt.exchange.trace.sent_ns)));
        }
    }

    #[test]
    fn of_too_many_requests_none_is_carried_and_the_page_says_where_they_are() {
        let requests = data(&fixture::result(2_501, true)).requests;
        assert_eq!(requests.count, 5_002);
        assert!(requests.columns.is_empty());
        assert!(requests.left_out.unwrap().starts_with("5,002 requests are more than the 5,000"));
    }

    #[test]
    fn a_thousand_requests_take_little_room() {
        let data = serde_json::to_vec(&data(&fixture::result(500, true))).unwrap();
        assert!(data.len() < 300_000, "{} bytes", data.len());
    }
}
