//! What became of a model over its runs: a line a run, what changed between them, and the last against the first.

use jiff::Timestamp;
use serde::Serialize;

use super::beside::Titled;
use super::figures;
use super::number::{self, counted};
use super::quality;
use super::speed;
use super::table::{Cell, Column, Labels, Row, Table, Tone};
use super::text::{fit_middle, one_line, to_the_second};
use super::verdict::{self, Finding};
use crate::model::compared::ComparisonReport;
use crate::model::health::HealthStatus;
use crate::model::history::{CategoryFigures, Change, History, HistoryPoint, ModelHistory};
use crate::model::result::RunStatus;
use crate::model::summary::Percentile;

/// The longest value of a change that is shown, in columns.
const VALUE: usize = 40;

/// One team's runs on one set, as people read them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryView {
    /// Whose runs on which set.
    pub title: String,
    /// What became of each model, and what else changed.
    pub findings: Vec<Finding>,
    /// A line a run.
    pub points: Table,
    /// What is not as it was in the run before, run by run; empty where nothing changed.
    pub changes: Vec<String>,
    /// Pass rates, a line a run and a column a category; empty with one category.
    pub pass_rates: Table,
    /// E2E p50, likewise.
    pub latencies: Table,
    /// The last run against the first of the same prompts, by category and by metric.
    pub first_to_last: Vec<Titled>,
}

impl HistoryView {
    /// Writes out everything that a history can show. `short` makes the name of a run of its id.
    pub(crate) fn new(history: &History, short: &dyn Fn(&str) -> String) -> Self {
        let several = history.models.len() > 1;
        let team = history.team.as_ref().map(|team| format!("Team {} on ", one_line(team)));
        Self {
            title: format!("{}{}", team.unwrap_or_default(), one_line(&history.prompt_set)),
            findings: history.models.iter().flat_map(|model| findings(model, several, short)).collect(),
            points: points(history, short),
            changes: history.models.iter().flat_map(|model| changes(model, several, short)).collect(),
            pass_rates: by_category(history, short, |of| {
                Cell::percent(of.pass_rate.and_then(|rate| rate.rate))
            }),
            latencies: by_category(history, short, |of| figures::at(of.e2e_ms, Percentile::P50)),
            first_to_last: history.models.iter().flat_map(|model| beside(model, several, short)).collect(),
        }
    }
}

/// What a model goes by in charts.
pub(crate) fn name(model: &ModelHistory) -> String {
    let simulated = if model.simulated { ", simulated" } else { "" };
    format!("{} ({}{simulated})", one_line(&model.model), one_line(&model.endpoint))
}

/// The two runs' names.
pub(crate) fn ends(report: &ComparisonReport, short: &dyn Fn(&str) -> String) -> Labels {
    let name = |run_id: &str| format!("run {}", short(run_id));
    Labels { candidate: name(&report.candidate.run_id), baseline: Some(name(&report.baseline.run_id)) }
}

/// The last run against the first, in sentences; then what else changed on the way.
fn findings(model: &ModelHistory, several: bool, short: &dyn Fn(&str) -> String) -> Vec<Finding> {
    let whose = if several { format!("{}: ", one_line(&model.model)) } else { String::new() };
    let mut findings: Vec<Finding> = Vec::new();
    if let Some(report) = &model.first_to_last {
        let labels = ends(report, short);
        let comparison = &report.comparison;
        let forced: Vec<String> = comparison.forced_over.iter().map(|reason| one_line(reason)).collect();
        findings.extend(super::comparison::forced(&forced));
        match verdict::unsound(comparison) {
            Some(unsound) => findings.push(unsound),
            None => findings.extend(verdict::of_comparison(comparison, &labels, false)),
        }
        let from = labels.baseline.as_deref().unwrap_or_default();
        for finding in &mut findings {
            finding.text = format!("{whose}from {from} to {}: {}", labels.candidate, finding.text);
        }
    }
    let changed = model.points.iter().filter(|point| !point.changed.is_empty()).count();
    if changed > 0 {
        let mut what: Vec<&str> = Vec::new();
        for change in model.points.iter().flat_map(|point| &point.changed) {
            if !what.contains(&change.what.as_str()) {
                what.push(&change.what);
            }
        }
        findings.push(Finding {
            topic: "Changed",
            tone: Tone::Warn,
            text: format!(
                "{whose}{changed} of {} steps changed more than the answers: {}; a step there is not the model's alone",
                model.points.len() - 1,
                what.iter().map(|what| one_line(what)).collect::<Vec<_>>().join(", ")
            ),
        });
    }
    verdict::without_praise(findings)
}

/// `2026-11-22 15:17`, UTC.
pub(crate) fn moment(started_at: &str) -> String {
    let whole = to_the_second(started_at);
    match (whole.get(..10), whole.get(10..11), whole.get(11..16)) {
        (Some(day), Some("T"), Some(minute)) => format!("{day} {minute}"),
        _ => whole,
    }
}

/// What runs that began at these moments span: `5 runs over 4 days, 2026-11-18 to 2026-11-22`.
pub(crate) fn span(began: &[&str]) -> String {
    let runs = runs_over(began);
    let Some((first, last)) = ends_of(began).map(|(first, last)| (moment(first), moment(last))) else {
        return runs;
    };
    match (first.split_once(' '), last.split_once(' ')) {
        _ if first == last => format!("{runs}, {first} UTC"),
        (Some((day, _)), Some((other, to))) if day == other => format!("{runs}, {first} to {to} UTC"),
        (Some((day, _)), Some((other, _))) => format!("{runs}, {day} to {other}"),
        _ => format!("{runs}, {first} to {last}"),
    }
}

/// The first and the last of some moments: of one time zone and form they are in the order of their text.
pub(crate) fn ends_of<'a>(began: &[&'a str]) -> Option<(&'a str, &'a str)> {
    Some((began.iter().min()?, began.iter().max()?))
}

/// How many runs began at these moments, and over how long: `5 runs over 4 days`.
pub(crate) fn runs_over(began: &[&str]) -> String {
    let runs = counted(began.len() as u64, "run", "runs");
    match ends_of(began).and_then(|(first, last)| lasting(first, last)) {
        Some(lasting) => format!("{runs} over {lasting}"),
        None => runs,
    }
}

/// How long it is from one moment to another, in the largest unit that there are two of; `None` of what is no moment,
/// and of less than a minute.
fn lasting(from: &str, to: &str) -> Option<String> {
    let (from, to) = (from.parse::<Timestamp>().ok()?, to.parse::<Timestamp>().ok()?);
    let seconds = u64::try_from(to.as_second() - from.as_second()).ok()?;
    let (unit, one, many) = match seconds {
        0..60 => return None,
        60..7_200 => (60, "minute", "minutes"),
        7_200..172_800 => (3_600, "hour", "hours"),
        _ => (86_400, "day", "days"),
    };
    Some(counted((seconds + unit / 2) / unit, one, many))
}

fn points(history: &History, short: &dyn Fn(&str) -> String) -> Table {
    let several = history.models.len() > 1;
    let has_baseline = history.models.iter().flat_map(|m| &m.points).any(|p| p.against_baseline.is_some());
    let mut columns = vec![Column::words("run"), Column::words("began (UTC)").sacrifice(3)];
    columns.extend(several.then(|| Column::words("model")));
    columns.extend(figures::columns());
    columns.extend(
        has_baseline.then(|| Column::numbers("Δ pp to its baseline, 95 %").sacrifice(7).term("delta")),
    );
    columns.push(Column::words("changed").sacrifice(9));
    let row = |(model, point): (&ModelHistory, &HistoryPoint)| {
        let mut cells = vec![Cell::from(short(&point.run_id)), Cell::from(moment(&point.started_at))];
        cells.extend(several.then(|| Cell::from(one_line(&model.model))));
        cells.extend(figures::cells(&point.figures));
        cells.extend(has_baseline.then(|| against_baseline(point)));
        cells.push(state(point));
        let bar = point.figures.pass_rate.as_ref().and_then(quality::wilson_bar);
        Row { bar, ..Row::new(cells) }
    };
    let all = history.models.iter().flat_map(|model| model.points.iter().map(move |point| (model, point)));
    let rows: Vec<Row> = all.map(row).collect();
    let has_bars = rows.iter().any(|row| row.bar.is_some());
    let of_points = history.models.iter().flat_map(|model| &model.points).map(|point| &point.figures);
    Table {
        columns,
        bar_scale: has_bars.then(|| "0 to 100 %".to_owned()),
        notes: figures::notes(of_points),
        rows,
    }
}

/// How a run stood against the baseline that ran along.
fn against_baseline(point: &HistoryPoint) -> Cell {
    let of = point.against_baseline.as_ref();
    let Some(delta) = of.and_then(|of| of.delta_pp) else { return Cell::from(number::ABSENT) };
    let interval = of.and_then(|of| of.interval_95_pp);
    let limits = interval.map_or_else(String::new, |interval| format!(" {}", number::pp_interval(interval)));
    let cell = Cell::number(delta, format!("{}{limits}", number::pp(delta)));
    match interval {
        Some(limits) => cell.part("low", limits.low).part("high", limits.high),
        None => cell,
    }
}

/// What changed in a few words, and what makes the run less than it might be.
fn state(point: &HistoryPoint) -> Cell {
    let mut parts: Vec<String> = point.changed.iter().map(|change| one_line(&change.what)).collect();
    match point.status {
        RunStatus::Complete => {}
        RunStatus::Interrupted => parts.push("(interrupted)".to_owned()),
        RunStatus::Recovered => parts.push("(recovered)".to_owned()),
    }
    match point.client_health {
        HealthStatus::Valid => {}
        HealthStatus::Degraded => parts.push("(client degraded)".to_owned()),
        HealthStatus::Invalid => parts.push("(client not valid)".to_owned()),
    }
    if parts.is_empty() { Cell::from("–") } else { Cell::toned(parts.join(", "), Tone::Warn) }
}

/// Each run's changes in a line.
fn changes(model: &ModelHistory, several: bool, short: &dyn Fn(&str) -> String) -> Vec<String> {
    let changed = model.points.iter().filter(|point| !point.changed.is_empty());
    changed
        .map(|point| {
            let whose = if several { format!(" ({})", one_line(&model.model)) } else { String::new() };
            let told: Vec<String> = point.changed.iter().map(told).collect();
            format!("run {}{whose}: {}", short(&point.run_id), told.join("; "))
        })
        .collect()
}

/// `server: vLLM 0.11 → vLLM 0.12`.
pub(crate) fn told(change: &Change) -> String {
    let value = |value: &Option<String>| {
        value.as_deref().map_or_else(|| "none".to_owned(), |value| fit_middle(&one_line(value), VALUE))
    };
    let what = one_line(&change.what);
    match (&change.from, &change.to) {
        (None, None) => what,
        (from, to) => format!("{what}: {} \u{2192} {}", value(from), value(to)),
    }
}

/// A line a run, a column a category.
fn by_category(
    history: &History,
    short: &dyn Fn(&str) -> String,
    cell: impl Fn(&CategoryFigures) -> Cell,
) -> Table {
    let points = || history.models.iter().flat_map(|model| model.points.iter().map(move |p| (model, p)));
    let mut categories: Vec<&str> = Vec::new();
    for category in points().flat_map(|(_, point)| &point.figures.categories) {
        if !categories.contains(&category.category.as_str()) {
            categories.push(&category.category);
        }
    }
    categories.sort_unstable();
    if categories.len() < 2 {
        return Table::default();
    }
    let several = history.models.len() > 1;
    let mut columns = vec![Column::words("run")];
    columns.extend(several.then(|| Column::words("model")));
    // The last ones go first where there is no room.
    columns
        .extend((0..).zip(&categories).map(|(place, name)| Column::numbers(one_line(name)).sacrifice(place)));
    let row = |(model, point): (&ModelHistory, &HistoryPoint)| {
        let mut cells = vec![Cell::from(short(&point.run_id))];
        cells.extend(several.then(|| Cell::from(one_line(&model.model))));
        cells.extend(categories.iter().map(|category| {
            figures::find(&point.figures, category).map_or_else(|| Cell::from(number::ABSENT), &cell)
        }));
        Row::new(cells)
    };
    Table { columns, rows: points().map(row).collect(), bar_scale: None, notes: Vec::new() }
}

/// The last run against the first, where that is sound.
fn beside(model: &ModelHistory, several: bool, short: &dyn Fn(&str) -> String) -> Vec<Titled> {
    let Some(report) = &model.first_to_last else { return Vec::new() };
    if !report.comparison.invalid_because.is_empty() {
        return Vec::new();
    }
    let labels = ends(report, short);
    let whose = if several { format!("{}, ", one_line(&model.model)) } else { String::new() };
    let from = labels.baseline.as_deref().unwrap_or_default();
    let mut quality = quality::paired(&report.comparison, &labels);
    quality.notes.extend(report.warnings.iter().map(|warning| one_line(warning)));
    let tables = [("pass rate", quality), ("speed", speed::table(Some(&report.comparison), &[], &labels))];
    tables
        .into_iter()
        .filter(|(_, table)| !table.is_empty())
        .map(|(what, table)| Titled {
            title: format!("{whose}{what}: from {from} to {}", labels.candidate),
            table,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_runs_days_and_dates() {
        let began = ["2026-11-18T02:00:00.25Z", "2026-11-22T02:10:00.25Z", "2026-11-19T02:00:00.25Z"];
        assert_eq!(span(&began), "3 runs over 4 days, 2026-11-18 to 2026-11-22");
        let of_a_day = ["2026-11-22T10:30:00Z", "2026-11-22T12:30:00Z"];
        assert_eq!(span(&of_a_day), "2 runs over 2 hours, 2026-11-22 10:30 to 12:30 UTC");
        assert_eq!(span(&of_a_day[..1]), "1 run, 2026-11-22 10:30 UTC");
        assert_eq!(span(&["a", "b"]), "2 runs, a to b");
        let lasting = |to| lasting("2026-11-22T10:00:00Z", to);
        assert_eq!(lasting("2026-11-22T10:00:59Z"), None);
        assert_eq!(lasting("2026-11-22T10:01:00Z").as_deref(), Some("1 minute"));
        assert_eq!(lasting("2026-11-22T11:31:00Z").as_deref(), Some("91 minutes"));
        assert_eq!(lasting("2026-11-23T22:40:00Z").as_deref(), Some("37 hours"));
        assert_eq!(lasting("2027-11-22T10:00:00Z").as_deref(), Some("365 days"));
        assert_eq!(lasting("2026-11-21T10:00:00Z"), None);
    }
}
