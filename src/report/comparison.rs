//! Two stored runs compared, for `labctl compare A B`: the tables of a run's report, without what
//! only a run has.

use std::collections::HashMap;
use std::path::Path;

use serde::Serialize;

use super::ReportError;
use super::number::count;
use super::quality;
use super::reference;
use super::speed;
use super::table::{Cell, Column, Labels, Row, Table};
use super::template;
use super::terminal::{Screen, TerminalOptions};
use super::text::one_line;
use super::verdict::{self, Finding};
use super::view;
use crate::model::comparison::{Comparison, Flip};

/// The flips listed; the rest is in the JSON.
const LISTED: usize = 50;

/// One of the two runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedRun {
    /// What it goes by: its model, or a name given by the user.
    pub label: String,
    /// Its run id.
    pub run_id: String,
}

/// A comparison with what it is a comparison of.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparisonDocument<'a> {
    /// What is measured against.
    pub baseline: ComparedRun,
    /// The variant in question.
    pub candidate: ComparedRun,
    /// True where either run was simulated.
    pub simulated: bool,
    /// The comparison.
    pub comparison: &'a Comparison,
    /// What to know before believing a number.
    pub warnings: Vec<String>,
}

#[derive(Serialize)]
struct ComparisonView {
    title: String,
    baseline_run: String,
    candidate_run: String,
    simulated: Option<&'static str>,
    findings: Vec<Finding>,
    quality: Table,
    reference: Table,
    cross_checks: Table,
    speed: Table,
    gates: Table,
    losses: Table,
    gains: Table,
    warnings: Vec<String>,
}

impl ComparisonView {
    fn new(document: &ComparisonDocument<'_>) -> Self {
        let comparison = document.comparison;
        let (baseline, candidate) = (one_line(&document.baseline.label), one_line(&document.candidate.label));
        let runs = [&document.baseline.run_id, &document.candidate.run_id].map(|id| one_line(id));
        let labels = if baseline == candidate {
            Labels { candidate: format!("{candidate} (B)"), baseline: Some(format!("{baseline} (A)")) }
        } else {
            Labels { candidate, baseline: Some(baseline) }
        };
        let unsound = verdict::unsound(comparison);
        let [baseline_run, candidate_run] = runs;
        Self {
            title: view::title(&labels),
            baseline_run,
            candidate_run,
            simulated: document.simulated.then_some(view::SIMULATED),
            findings: verdict::without_praise(
                unsound.into_iter().chain(verdict::of_comparison(comparison, &labels)).collect(),
            ),
            quality: quality::paired(comparison, &labels),
            reference: reference::table(Some(comparison), &labels),
            cross_checks: quality::cross_checks(comparison),
            speed: speed::table(Some(comparison), &[], &labels),
            gates: view::gates(comparison),
            losses: flips(&comparison.losses),
            gains: flips(&comparison.gains),
            warnings: document.warnings.iter().map(|w| one_line(w)).collect(),
        }
    }
}

/// Each prompt and what became of it once, with how often: repeats, rounds and loads are not told apart.
fn flips(flips: &[Flip]) -> Table {
    let mut kinds: Vec<(&Flip, u64)> = Vec::new();
    let mut places = HashMap::new();
    for flip in flips {
        let place = *places.entry((&flip.prompt_id, flip.baseline, flip.candidate)).or_insert(kinds.len());
        match kinds.get_mut(place) {
            Some((_, times)) => *times += 1,
            None => kinds.push((flip, 1)),
        }
    }
    let several = kinds.len() < flips.len();
    let mut columns = vec![Column::words("prompt"), Column::words("category").sacrifice(2)];
    columns.extend(several.then(|| Column::numbers("times").sacrifice(1)));
    columns.extend([Column::words("baseline"), Column::words("candidate")]);
    let row = |(flip, times): &(&Flip, u64)| {
        let mut cells = vec![Cell::from(one_line(&flip.prompt_id)), one_line(&flip.category).into()];
        cells.extend(several.then(|| Cell::from(count(*times))));
        cells.extend([flip.baseline.name().into(), flip.candidate.name().into()]);
        Row::new(cells)
    };
    let more = kinds.len().saturating_sub(LISTED);
    let notes = if more > 0 { vec![format!("{more} more in the JSON")] } else { Vec::new() };
    Table { columns, rows: kinds.iter().take(LISTED).map(row).collect(), bar_scale: None, notes }
}

/// The comparison for a terminal.
#[must_use]
pub fn terminal(document: &ComparisonDocument<'_>, options: &TerminalOptions) -> String {
    let view = ComparisonView::new(document);
    let mut screen = Screen::new(options);
    screen.title(&view.title, &format!("baseline {} · candidate {}", view.baseline_run, view.candidate_run));
    screen.banner(view.simulated);
    screen.findings(&view.findings);
    screen.table("Quality", &view.quality);
    screen.table(reference::TITLE, &view.reference);
    screen.table("Speed", &view.speed);
    screen.warnings(&view.warnings);
    screen.table("Losses", &view.losses);
    screen.table("Gains", &view.gains);
    screen.gates(&view.gates);
    screen.files(&options.files);
    screen.finish()
}

/// The comparison as Markdown through `compare.md`, taken from `template_dir` where that holds one.
///
/// # Errors
///
/// When `template_dir` is no folder, or its template can't be parsed or asks for what there isn't.
pub fn markdown(
    document: &ComparisonDocument<'_>,
    template_dir: Option<&Path>,
) -> Result<String, ReportError> {
    #[derive(Serialize)]
    struct Context {
        comparison: ComparisonView,
    }
    template::render("compare.md", template_dir, Context { comparison: ComparisonView::new(document) })
}
