//! "Reading the results": what the team expects, held against the run, and what serving cost.

use serde::Serialize;

use super::number::{ABSENT, decimal};
use super::table::{Cell, Column, Row, Table, Tone};
use super::terminal::Screen;
use super::text::one_line;
use crate::model::team::{CostFigures, Reading, ReadingVerdict, TeamKind};

/// Readings as people read them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Readings {
    /// The heading, with the kind of team.
    pub title: String,
    /// Each expectation; empty without a team of a known kind.
    pub list: Vec<ReadingView>,
}

/// One expectation as people read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReadingView {
    /// What was read.
    pub topic: String,
    /// What was expected.
    pub expected: String,
    /// Whether it came true, in a word.
    pub verdict: &'static str,
    /// What that means.
    pub tone: Tone,
    /// What it rests on.
    pub evidence: String,
    /// Where to look next; empty where it came true.
    pub next: String,
}

impl Readings {
    /// Writes them out.
    #[must_use]
    pub fn new(kind: Option<TeamKind>, readings: &[Reading]) -> Self {
        let kind = kind.map_or_else(String::new, |kind| format!(": {}", kind.name().replace('_', "-")));
        let view = |reading: &Reading| ReadingView {
            topic: one_line(&reading.topic),
            expected: one_line(&reading.expected),
            verdict: reading.verdict.name(),
            tone: tone(reading.verdict),
            evidence: one_line(&reading.evidence),
            next: reading.next.as_deref().map(one_line).unwrap_or_default(),
        };
        let mut list: Vec<ReadingView> = readings.iter().map(view).collect();
        // What several in a row lead to is said once, after the last of them.
        for i in 1..list.len() {
            if list[i - 1].next == list[i].next {
                list[i - 1].next.clear();
            }
        }
        Self { title: format!("Reading the results{kind}"), list }
    }
}

/// What a verdict means for the variant.
const fn tone(verdict: ReadingVerdict) -> Tone {
    match verdict {
        ReadingVerdict::Met => Tone::Good,
        ReadingVerdict::Unsettled => Tone::Warn,
        ReadingVerdict::Missed => Tone::Bad,
        ReadingVerdict::NotApplicable => Tone::Dim,
    }
}

impl Screen {
    /// Each expectation in a paragraph: verdict, what was expected, the evidence, and below where to look next.
    pub(crate) fn readings(&mut self, readings: &Readings) {
        if readings.list.is_empty() {
            return;
        }
        self.heading(&readings.title);
        let columns = readings.list.iter().map(|reading| reading.verdict.len()).max().unwrap_or(0) + 2;
        for reading in &readings.list {
            let mark = format!("{:columns$}", reading.verdict);
            self.item(
                &mark,
                &format!("{}, {}: {}", reading.topic, reading.expected, reading.evidence),
                reading.tone,
            );
            if !reading.next.is_empty() {
                self.item(&" ".repeat(columns), &format!("\u{2192} {}", reading.next), Tone::Dim);
            }
        }
    }
}

/// A line a team: how many of its expectations came true, and which didn't. `teams` are in their order; those without
/// readings are left out.
pub(crate) fn by_team<'a>(teams: impl Iterator<Item = (String, &'a [Reading])>) -> Table {
    let columns = vec![
        Column::words("team"),
        Column::numbers("met").term("reading"),
        Column::numbers("unsettled").term("reading"),
        Column::numbers("missed").term("reading"),
        Column::numbers(ABSENT).term("reading"),
        Column::words("what was missed"),
    ];
    let row = |(team, readings): (String, &[Reading])| {
        let of = |verdict| readings.iter().filter(move |reading| reading.verdict == verdict);
        let cell = |verdict| {
            let count = of(verdict).count();
            let tone = if count == 0 { Tone::Dim } else { tone(verdict) };
            Cell::count(count as u64).tone(tone)
        };
        let missed: Vec<String> =
            of(ReadingVerdict::Missed).map(|reading| one_line(&reading.topic)).collect();
        let missed = if missed.is_empty() { "\u{2013}".to_owned() } else { missed.join(", ") };
        Row::new(vec![
            team.into(),
            cell(ReadingVerdict::Met),
            cell(ReadingVerdict::Unsettled),
            cell(ReadingVerdict::Missed),
            cell(ReadingVerdict::NotApplicable),
            missed.into(),
        ])
    };
    let rows = teams.filter(|(_, readings)| !readings.is_empty()).map(row).collect();
    Table { columns, rows, ..Table::default() }
}

/// A figure's title, whether it is money, its term, and where it is.
type Figure = (&'static str, bool, &'static str, fn(&CostFigures) -> Option<f64>);
/// The figure that takes objectives.
const AT_SLO: &str = "cost of 1M output tokens at the SLO";

/// The rows of cost below those of speed: a cell a side, no ratio. Nothing where no side has a price.
pub(crate) fn cost_rows(sides: &[Option<&CostFigures>], compared: bool) -> Vec<Row> {
    const FIGURES: [Figure; 3] = [
        ("correct answers/GPU-hour", false, "correct-answers-per-gpu-hour", |cost| {
            cost.correct_answers_per_gpu_hour
        }),
        ("cost of 1M output tokens", true, "cost-per-million", |cost| cost.per_million_output_tokens),
        (AT_SLO, true, "cost-at-slo", |cost| cost.per_million_output_tokens_at_slo),
    ];
    if sides.iter().all(Option::is_none) {
        return Vec::new();
    }
    let row = |(title, is_money, term, of): Figure| {
        let value = |cost: &&CostFigures| {
            let unit = if is_money { format!(" {}", one_line(&cost.currency)) } else { String::new() };
            let value = of(cost)?;
            Some(Cell::number(value, format!("{}{unit}", decimal(value))))
        };
        let values: Vec<Option<Cell>> = sides.iter().map(|cost| cost.as_ref().and_then(value)).collect();
        // Nobody asked for objectives; the other figures are n/a where they can't be had.
        if title == AT_SLO && values.iter().all(Option::is_none) {
            return None;
        }
        let mut cells = vec![Cell::from(title)];
        cells.extend(values.into_iter().map(|value| value.unwrap_or_else(|| ABSENT.into())));
        if compared {
            cells.extend(["\u{2013}", "\u{2013}"].map(Cell::from));
        }
        Some(Row::new(cells).term(term))
    };
    FIGURES.into_iter().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(per_million: Option<f64>, at_slo: Option<f64>) -> CostFigures {
        CostFigures {
            currency: "EUR\u{1b}".to_owned(),
            per_hour: 1.0,
            correct_answers_per_gpu_hour: per_million.map(|_| 2_700.0),
            per_million_output_tokens: per_million,
            per_million_output_tokens_at_slo: at_slo,
        }
    }

    fn texts(sides: &[Option<&CostFigures>], compared: bool) -> Vec<Vec<String>> {
        let rows = cost_rows(sides, compared);
        rows.into_iter().map(|row| row.cells.into_iter().map(|cell| cell.text).collect()).collect()
    }

    #[test]
    fn a_side_without_price_is_absent_and_none_with_one_is_no_row() {
        assert_eq!(texts(&[None, None], true), [[""; 0]; 0]);
        let priced = figures(Some(0.8333), Some(1.111));
        let rows = texts(&[None, Some(&priced)], true);
        assert_eq!(rows[0], ["correct answers/GPU-hour", "n/a", "2,700", "\u{2013}", "\u{2013}"]);
        assert_eq!(rows[1][..3], ["cost of 1M output tokens", "n/a", "0.833 EUR\u{241b}"]);
        assert_eq!(rows[2][2], "1.11 EUR\u{241b}");
        let without_rates = figures(None, None);
        assert_eq!(
            texts(&[Some(&without_rates)], false),
            [["correct answers/GPU-hour", "n/a"], ["cost of 1M output tokens", "n/a"]]
        );
    }

    #[test]
    fn what_several_lead_to_is_said_once() {
        let reading = |next: Option<&str>| Reading {
            id: String::new(),
            topic: "t".to_owned(),
            expected: "e".to_owned(),
            verdict: ReadingVerdict::Unsettled,
            evidence: "v".to_owned(),
            bound: None,
            value: None,
            interval: None,
            n: None,
            next: next.map(str::to_owned),
        };
        let readings = [reading(Some("a")), reading(Some("a")), reading(None), reading(Some("b"))];
        let view = Readings::new(Some(TeamKind::FineTuning), &readings);
        let next: Vec<&str> = view.list.iter().map(|reading| reading.next.as_str()).collect();
        assert_eq!(next, ["", "a", "", "b"]);
        assert_eq!(view.title, "Reading the results: fine-tuning");
    }
}
