//! A run's rows for other programs: JSON as they are, CSV for spreadsheets.
//!
//! A model's answer may begin like a formula (`=HYPERLINK(…)`), and a spreadsheet would run it.
//! In CSV a text cell that begins with `=`, `+`, `-`, `@`, a tab or a line break therefore gets an
//! apostrophe in front, unless the whole cell is a plain number such as `-5`. Whoever needs the
//! texts untouched takes the JSON.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::harness::{HarnessResult, harness_results};
use crate::model::result::RunResult;

/// Writes the rows of `result` as CSV with a header line. Null is an empty cell.
pub fn write_csv(result: &RunResult, out: impl Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(members(&HarnessResult::default())?.keys())?;
    for row in harness_results(result) {
        csv.write_record(members(&row)?.values().map(cell))?;
    }
    csv.flush()
}

/// Writes the rows of `result` as a JSON array with one row a line.
pub fn write_json(result: &RunResult, mut out: impl Write) -> io::Result<()> {
    let mut between = "[\n";
    for row in harness_results(result) {
        out.write_all(between.as_bytes())?;
        serde_json::to_writer(&mut out, &row)?;
        between = ",\n";
    }
    out.write_all(if result.rows.is_empty() { b"[]\n" } else { b"\n]\n" })?;
    out.flush()
}

/// The columns and their values, in the order in which the fields are declared.
fn members(row: &HarnessResult<'_>) -> io::Result<Map<String, Value>> {
    match serde_json::to_value(row)? {
        Value::Object(members) => Ok(members),
        other => Err(io::Error::other(format!("a row became `{other}` and not an object"))),
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => guarded(text),
        other => other.to_string(),
    }
}

/// `text`, with an apostrophe in front where a spreadsheet would take it for a formula.
fn guarded(text: &str) -> String {
    // The wide forms are taken for the plain ones under some locales.
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let number = || text.parse::<f64>().is_ok_and(f64::is_finite);
    if formula && !number() { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::judgement::Verdict;
    use crate::model::record::Side;
    use crate::results::fixtures::{header, record, result, result_of};

    fn csv_of(result: &RunResult) -> String {
        let mut bytes = Vec::new();
        write_csv(result, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn csv_has_a_header_even_without_rows_and_in_the_declared_order() {
        let text = csv_of(&result_of(header("r"), []));
        let header = text.strip_suffix('\n').unwrap();
        assert!(header.starts_with(
            "run_id,team,scenario_id,prompt_id,category,repeat,round,outcome,verdict,passed,latency_ms,"
        ));
        assert!(header.ends_with(",baseline_error,client_health"));
        assert_eq!(header.split(',').count(), 30);
    }

    #[test]
    fn csv_reads_back_with_any_text() {
        let mut one = record("a \"quoted\", id", 0, Side::Candidate, Verdict::Pass);
        one.attempt.exchange.content = "line 1\r\nline \"2\", 巴黎\0".to_owned();
        let text = csv_of(&result_of(header("r"), [one.clone()]));
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let columns = reader.headers().unwrap().clone();
        let row = reader.records().next().unwrap().unwrap();
        let cell = |name| &row[columns.iter().position(|c| c == name).unwrap()];
        assert_eq!(cell("prompt_id"), one.key.prompt_id);
        assert_eq!(cell("response"), one.attempt.exchange.content);
        assert_eq!((cell("passed"), cell("latency_ms"), cell("output_tokens")), ("true", "40.3", "3"));
        assert_eq!((cell("baseline_passed"), cell("error")), ("", ""));
    }

    #[test]
    fn a_formula_is_disarmed_and_a_number_is_left_alone() {
        for formula in
            ["=1+1", "+cmd|' /C calc'!A0", "-1+2", "@SUM(A1)", "\t=1", "\n=1", "-inf", "＝1", "-", "- item"]
        {
            assert_eq!(guarded(formula), format!("'{formula}"));
        }
        for plain in ["", "-5", "+3.25", "-1e5", "a=b", "'quoted", " =1", "−5"] {
            assert_eq!(guarded(plain), plain);
        }
    }

    #[test]
    fn json_has_every_text_untouched() {
        let mut result = result("run-1");
        result.rows[0].candidate.as_mut().unwrap().exchange.content = "=1+1".to_owned();
        let mut bytes = Vec::new();
        write_json(&result, &mut bytes).unwrap();
        let rows: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0]["response"], "=1+1");
        assert_eq!(rows[1]["baseline_passed"], Value::Null);
        let expected: Vec<Value> =
            harness_results(&result).map(|r| serde_json::to_value(r).unwrap()).collect();
        assert_eq!(rows, expected);

        bytes.clear();
        write_json(&result_of(header("r"), []), &mut bytes).unwrap();
        assert_eq!(bytes, b"[]\n");
    }
}
