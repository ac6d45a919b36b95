//! "Reading the results": what the team expects, held against the run, and what serving cost.

use serde::Serialize;

use super::number::{self, ABSENT, decimal};
use super::table::{Cell, Column, Row, Table, Tone};
use super::terminal::Screen;
use super::text::one_line;
use crate::model::result::SideInfo;
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
        Self { title: format!("Reading the results{kind}"), list: readings.iter().map(view).collect() }
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
        Column::numbers("met"),
        Column::numbers("unsettled"),
        Column::numbers("missed"),
        Column::numbers(ABSENT),
        Column::words("missed"),
    ];
    let row = |(team, readings): (String, &[Reading])| {
        let of = |verdict| readings.iter().filter(move |reading| reading.verdict == verdict);
        let cell = |verdict| {
            let count = of(verdict).count();
            let tone = if count == 0 { Tone::Dim } else { tone(verdict) };
            Cell::toned(number::count(count as u64), tone)
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

/// A figure's title, and where it is.
type Figure = (&'static str, fn(&CostFigures) -> Option<f64>);

/// The rows of cost below those of speed: a cell a side, no ratio. Nothing where no side has a price.
pub(crate) fn cost_rows(sides: &[&SideInfo], compared: bool) -> Vec<Row> {
    const FIGURES: [Figure; 2] = [
        ("correct answers/GPU-hour", |cost| cost.correct_answers_per_gpu_hour),
        ("cost of 1M output tokens", |cost| cost.per_million_output_tokens),
    ];
    const AT_SLO: Figure =
        ("cost of 1M output tokens at the SLO", |cost| cost.per_million_output_tokens_at_slo);
    if sides.iter().all(|side| side.cost.is_none()) {
        return Vec::new();
    }
    let has_slos = sides.iter().any(|side| !side.slos.is_empty());
    let row = |(title, of): Figure| {
        let is_money = title.starts_with("cost");
        let cell = |side: &&SideInfo| {
            let value = side.cost.as_ref().and_then(|cost| Some((of(cost)?, &cost.currency)));
            value.map_or_else(
                || Cell::from(ABSENT),
                |(value, currency)| {
                    let unit = if is_money { format!(" {}", one_line(currency)) } else { String::new() };
                    Cell::from(format!("{}{unit}", decimal(value)))
                },
            )
        };
        let mut cells = vec![Cell::from(title)];
        cells.extend(sides.iter().map(cell));
        if compared {
            cells.extend(["\u{2013}", "\u{2013}"].map(Cell::from));
        }
        Row::new(cells)
    };
    FIGURES.into_iter().chain(has_slos.then_some(AT_SLO)).map(row).collect()
}
