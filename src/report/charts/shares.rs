//! Where a request's time goes: until its first token (waiting and prefill), and from there to its last (decoding).

use std::collections::BTreeMap;

use super::super::chart::{Axis, ChartSpec, Frame, Marks, Span, Unit};
use super::super::number;
use super::super::table::Labels;
use super::sample::real;
use super::{rows, sides};
use crate::model::result::RunResult;

/// Sums over successful requests, milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sums {
    first: f64,
    whole: f64,
    n: u64,
}

impl Sums {
    fn add(&mut self, first: f64, whole: f64) {
        self.first += first;
        self.whole += whole;
        self.n += 1;
    }

    /// Mean time to the first token and to the last.
    fn means(self) -> Option<(f64, f64)> {
        (self.n > 0).then(|| (self.first / real(self.n), self.whole / real(self.n)))
    }
}

/// Mean times by category, all together first.
pub(super) fn chart(result: &RunResult, labels: &Labels) -> Option<ChartSpec> {
    let shown = sides(labels);
    let mut sums: BTreeMap<Option<&str>, [Sums; 2]> = BTreeMap::new();
    for row in &result.rows {
        for (place, side) in shown.iter().enumerate() {
            let Some(attempt) = row.attempt(side.side).filter(|a| a.exchange.outcome.is_success()) else {
                continue;
            };
            let (Some(first), Some(whole)) = (attempt.metrics.ttft_ms, attempt.metrics.e2e_ms) else {
                continue;
            };
            for category in [None, Some(row.category.as_str())] {
                sums.entry(category).or_default()[place].add(first, whole);
            }
        }
    }
    // Of one category alone all would stand there twice.
    if sums.len() == 2 {
        sums.retain(|category, _| category.is_none());
    }
    let categories = sums.len();
    let drawn: Vec<(Option<&str>, [Sums; 2])> = sums.into_iter().take(rows::MOST).collect();
    let names: Vec<String> = drawn.iter().map(|(category, _)| rows::name(*category)).collect();
    let longest = drawn.iter().flat_map(|(_, sums)| sums).filter_map(|sums| sums.means()).map(|(_, e2e)| e2e);
    let longest = longest.reduce(f64::max)?;
    let mut series = Vec::new();
    let mut told = Vec::new();
    for (place, side) in shown.iter().enumerate() {
        let span = |(row, (_, sums)): (usize, &(Option<&str>, [Sums; 2]))| {
            let (first, whole) = sums[place].means()?;
            let name = names.get(row)?.clone();
            Some(Span {
                y: rows::place(row, place, shown.len()),
                start: 0.0,
                first: Some(first),
                end: whole,
                name,
            })
        };
        let spans: Vec<Span> = drawn.iter().enumerate().filter_map(span).collect();
        let overall = drawn.first().and_then(|(_, sums)| sums[place].means());
        if let Some((first, whole)) = overall.filter(|(_, whole)| *whole > 0.0) {
            let share = number::percent(first / whole);
            told.push(format!("{}: {share} of the time until the first token", side.label));
        }
        series.push(side.series(Marks::Spans(spans)));
    }
    let about = format!("Mean time until the first token and until the last; {}", told.join("; "));
    let mut notes = vec![
        "Means over successful requests. Faint: until the first token (waiting and prefill); full: from there to the last (decoding)"
            .to_owned(),
    ];
    notes.extend(told);
    notes.extend(rows::left_out(categories));
    Some(ChartSpec {
        name: "shares".to_owned(),
        title: "Where a request's time goes".to_owned(),
        about,
        notes,
        frame: Frame::Rows(names.len()),
        x: Axis::from_zero("mean time", Unit::Of("ms"), longest),
        y: Axis::categories(names),
        series,
        references: Vec::new(),
    })
}
