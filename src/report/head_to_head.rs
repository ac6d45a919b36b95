//! Three and more runs head to head: a column a run, and who won what where the evidence settles it.

use std::path::Path;

use serde::Serialize;

use super::ReportError;
use super::comparison::{self, ComparisonView, names};
use super::figures;
use super::number;
use super::speed;
use super::table::{Cell, Column, Row, Table, Tone};
use super::template;
use super::terminal::{Screen, TerminalOptions};
use super::text::one_line;
use super::verdict::{self, Finding};
use super::view;
use crate::model::head_to_head::{HeadToHeadReport, Standing};
use crate::model::history::Figures;

/// The table as people read it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeadToHeadView {
    /// Who against whom.
    pub title: String,
    /// Which runs these are.
    pub runs: Vec<String>,
    /// What to know about simulated numbers, where they are.
    pub simulated: Option<&'static str>,
    /// What keeps it from being sound, and who won what.
    pub findings: Vec<Finding>,
    /// A line a model.
    pub lines: Table,
    /// A line a metric, with its winner.
    pub standings: Table,
    /// Pass rate and latency by category; empty with one category.
    pub categories: Table,
}

impl HeadToHeadView {
    /// Writes out everything that the table can show.
    #[must_use]
    pub fn new(report: &HeadToHeadReport) -> Self {
        let names = names_of(report);
        let runs = report.sides.iter().zip(&names).map(|(side, name)| {
            let blessed = side
                .blessed_as
                .as_ref()
                .map_or_else(String::new, |name| format!(", blessed as {}", one_line(name)));
            format!("{name}: run {}{blessed}", one_line(&side.run_id))
        });
        let mut findings: Vec<Finding> = forced(report).into_iter().chain(unsound(report)).collect();
        findings.push(overall(report, &names));
        let lines: Vec<(&str, &Figures)> = names.iter().map(String::as_str).zip(&report.lines).collect();
        Self {
            title: names.join(" · "),
            runs: runs.collect(),
            simulated: report.simulated.then_some(view::SIMULATED),
            findings: verdict::without_praise(findings),
            lines: figures::table("model", &lines),
            standings: standings(report, &names),
            categories: figures::by_category(&lines),
        }
    }
}

/// The runs' names, all different.
pub(super) fn names_of(report: &HeadToHeadReport) -> Vec<String> {
    names(&report.sides.iter().collect::<Vec<_>>())
}

/// Which of the comparisons are not sound, by what was measured.
fn unsound(report: &HeadToHeadReport) -> Option<Finding> {
    let told: Vec<String> = report
        .comparisons
        .iter()
        .filter(|of| !of.comparison.invalid_because.is_empty())
        .map(|of| {
            let reasons = verdict::joined(&of.comparison.invalid_because);
            format!("{}: {reasons}", one_line(&of.candidate.model))
        })
        .collect();
    (!told.is_empty()).then(|| Finding {
        topic: "Invalid",
        tone: Tone::Bad,
        text: format!("not all of them can be compared soundly: {}", told.join("; ")),
    })
}

fn forced(report: &HeadToHeadReport) -> Option<Finding> {
    let mut reasons: Vec<String> = Vec::new();
    for comparison in &report.comparisons {
        for reason in &comparison.comparison.forced_over {
            let told = format!("{}: {}", one_line(&comparison.candidate.model), one_line(reason));
            if !reasons.contains(&told) {
                reasons.push(told);
            }
        }
    }
    comparison::forced(&reasons)
}

/// Whether every run could be compared with the first, so that a winner may be named.
pub(super) fn is_comparable(report: &HeadToHeadReport) -> bool {
    let mut comparisons = report.comparisons.iter().map(|of| &of.comparison);
    comparisons.all(|of| of.invalid_because.is_empty() && of.forced_over.is_empty())
}

/// Who wins, what else is won by whom, and what is not settled; nobody where the runs are not comparable.
pub(super) fn overall(report: &HeadToHeadReport, names: &[String]) -> Finding {
    if !is_comparable(report) {
        let text = "no winner is named: not all of them can be compared soundly".to_owned();
        return Finding { topic: "Overall", tone: Tone::Warn, text };
    }
    let conclusion = &report.conclusion;
    let name = |run: usize| names.get(run).map_or("?", String::as_str);
    let mut parts = vec![match conclusion.winner {
        Some(winner) => format!("{} wins", name(winner)),
        None => "no overall winner".to_owned(),
    }];
    for won in &conclusion.won {
        parts.push(format!("{} is best in {}", name(won.side), listed(&won.metrics)));
    }
    if conclusion.not_settled.is_empty() {
        parts.push("nothing is left open".to_owned());
    } else {
        parts.push(format!("not settled: {}", listed(&conclusion.not_settled)));
    }
    Finding { topic: "Overall", tone: Tone::Plain, text: parts.join("; ") }
}

/// Metrics by their names on screen.
fn listed(metrics: &[String]) -> String {
    let shown = |metric: &String| {
        if let Some(category) = metric.strip_prefix("pass_rate ") {
            return format!("pass rate {}", one_line(category));
        }
        let (metric, statistic) = metric.split_once(' ').unwrap_or((metric, "rate"));
        speed::name_of(metric, statistic)
    };
    metrics.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn standings(report: &HeadToHeadReport, names: &[String]) -> Table {
    let comparable = is_comparable(report);
    let mut columns = vec![Column::words("metric")];
    columns.extend(names.iter().map(|name| Column::numbers(name.as_str())));
    columns.push(Column::words("winner"));
    let row = |standing: &Standing| {
        let is_rate = standing.metric == "pass_rate";
        let title = if is_rate {
            format!(
                "pass rate {}",
                standing.category.as_deref().map_or_else(|| "overall".to_owned(), one_line)
            )
        } else {
            let name = speed::name_of(&standing.metric, &standing.statistic);
            if standing.metric.ends_with("_ms") { format!("{name}, ms") } else { name }
        };
        let mut cells = vec![Cell::from(title)];
        for (run, value) in standing.values.iter().enumerate() {
            let cell = if is_rate { Cell::percent(*value) } else { Cell::optional(*value, number::decimal) };
            cells.push(if comparable && standing.winner == Some(run) { cell.tone(Tone::Good) } else { cell });
        }
        cells.push(if comparable { outcome(standing, names) } else { "not comparable".into() });
        let term = if is_rate { Some("pass-rate") } else { speed::term_of(&standing.metric) };
        Row { strong: is_rate && standing.category.is_none(), term, ..Row::new(cells) }
    };
    let mut notes = vec![
        format!("Pass rates over the {} prompts that every run was judged on", report.common_prompts),
        "A winner is shown to be better than every other run, at 5 % over all of them (Holm)".to_owned(),
        "Measured one after the other: speed includes whatever else changed between the runs".to_owned(),
    ];
    for standing in &report.standings {
        for reason in standing.rivals.iter().filter_map(|rival| rival.absent_because.as_deref()) {
            let note =
                format!("{}: {}", speed::name_of(&standing.metric, &standing.statistic), one_line(reason));
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    Table { columns, rows: report.standings.iter().map(row).collect(), bar_scale: None, notes }
}

fn outcome(standing: &Standing, names: &[String]) -> Cell {
    let name = |run: &usize| names.get(*run).map_or("?", String::as_str);
    if let Some(winner) = &standing.winner {
        return Cell::toned(name(winner), Tone::Good);
    }
    let mut open = standing.not_settled_between.clone();
    open.sort_unstable();
    match open.len() {
        0 => Cell::from(number::ABSENT),
        // Between all of them.
        all if all == names.len() => "not settled".into(),
        _ => format!("not settled: {}", open.iter().map(name).collect::<Vec<_>>().join(", ")).into(),
    }
}

/// Head to head, then each run against the first, for a terminal.
#[must_use]
pub fn terminal(report: &HeadToHeadReport, options: &TerminalOptions) -> String {
    let view = HeadToHeadView::new(report);
    let mut screen = Screen::new(options);
    screen.title(&view.title, "");
    for run in &view.runs {
        screen.text(run, Tone::Dim);
    }
    screen.banner(view.simulated);
    screen.findings(&view.findings);
    draw(&view, &mut screen);
    for compared in &report.comparisons {
        screen.heading("");
        comparison::draw(&ComparisonView::new(compared), &mut screen);
    }
    screen.finish()
}

/// The tables.
pub(super) fn draw(view: &HeadToHeadView, screen: &mut Screen) {
    screen.table("Models", &view.lines);
    screen.table("Head to head", &view.standings);
    screen.table(figures::BY_CATEGORY, &view.categories);
}

/// The same as Markdown: `head_to_head.md`, then `compare.md` for each run, from `template_dir` where that holds them.
///
/// # Errors
///
/// When `template_dir` is no folder, or a template can't be parsed or asks for what there isn't.
pub fn markdown(report: &HeadToHeadReport, template_dir: Option<&Path>) -> Result<String, ReportError> {
    #[derive(Serialize)]
    struct Context {
        head: HeadToHeadView,
    }
    let mut text =
        template::render("head_to_head.md", template_dir, Context { head: HeadToHeadView::new(report) })?;
    for compared in &report.comparisons {
        text.push('\n');
        text.push_str(&comparison::markdown(compared, template_dir)?);
    }
    Ok(text)
}
