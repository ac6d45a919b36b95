//! Several runs in one report: models head to head, and models over time.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use super::ReportError;
use super::answer::Answer;
use super::chart::Chart;
use super::charts;
use super::charts::models::{self, Colours};
use super::glossary::{self, Term};
use super::head_to_head::{self, HeadToHeadView, names_of};
use super::history::{HistoryView, ends_of, moment, runs_over};
use super::redact;
use super::table::Tone;
use super::template::{self, Page};
use super::terminal::{Screen, TerminalOptions};
use super::text::one_line;
use super::view;
use crate::model::history::{Apart, LeftOutOf, RunsReport};

mod answers;

use answers::{nothing, of_history, of_table};

/// The shortest name of a run, in characters of its id.
const SHORTEST: usize = 8;

/// Several runs as people read them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunsView {
    /// What is put together.
    pub title: String,
    /// How many runs, from when to when.
    pub subtitle: String,
    /// What to know about simulated numbers, where they are.
    pub simulated: Option<&'static str>,
    /// That texts are left out, where they are.
    pub redacted: Option<String>,
    /// The answer in short, of the first table or history.
    pub answer: Answer,
    /// The answers of what else there is.
    pub further: Vec<Answer>,
    /// The runs, a line each.
    pub runs: Vec<String>,
    /// Models that answered the same prompts.
    pub head_to_head: Vec<HeadToHeadView>,
    /// Models over time.
    pub histories: Vec<HistoryView>,
    /// What is not put together, and why; empty where all is.
    pub apart: Vec<String>,
    /// What the numbers in the tables are.
    pub glossary: Vec<&'static Term>,
    /// The version of labctl that put them together.
    pub labctl_version: String,
}

impl RunsView {
    /// Writes out everything that a report of several runs can show.
    #[must_use]
    pub fn new(report: &RunsReport) -> Self {
        let names = Names::new(report);
        let short = |run_id: &str| names.short(run_id);
        let tables = report.head_to_head.iter().map(of_table);
        let models = report.histories.iter().flat_map(|history| &history.models);
        let of_models = models.filter_map(|model| of_history(model, &short));
        let mut answers: Vec<Answer> = tables.chain(of_models).collect();
        let first = if answers.is_empty() { nothing() } else { answers.remove(0) };
        let head_to_head: Vec<HeadToHeadView> = report.head_to_head.iter().map(HeadToHeadView::new).collect();
        let histories: Vec<HistoryView> =
            report.histories.iter().map(|history| HistoryView::new(history, &short)).collect();
        let in_tables = head_to_head.iter().flat_map(|of| [&of.lines, &of.standings, &of.categories]);
        let over_time = histories.iter().flat_map(|of| {
            [&of.points, &of.pass_rates, &of.latencies]
                .into_iter()
                .chain(of.first_to_last.iter().map(|titled| &titled.table))
        });
        let glossary = glossary::with_references(in_tables.chain(over_time).flat_map(glossary::of_table));
        Self {
            glossary,
            title: title(report),
            subtitle: subtitle(report),
            simulated: report.simulated.then_some(view::SIMULATED),
            redacted: redacted(report),
            answer: first,
            further: answers,
            runs: report
                .runs
                .iter()
                .map(|run| {
                    let blessed = run.blessed_as.as_ref();
                    let blessed =
                        blessed.map_or_else(String::new, |name| format!(", blessed as {}", one_line(name)));
                    format!(
                        "{} · {} · {} ({}) on {} v{}{}{blessed}",
                        one_line(&run.run_id),
                        moment(&run.started_at),
                        one_line(&run.model),
                        one_line(&run.endpoint),
                        one_line(&run.prompt_set.name),
                        run.prompt_set.version,
                        if run.simulated { ", simulated" } else { "" },
                    )
                })
                .collect(),
            head_to_head,
            histories,
            apart: report.apart.iter().map(|apart| told(apart, &short)).collect(),
            labctl_version: one_line(&report.labctl_version),
        }
    }
}

/// What was taken out of the comparisons, the only place where texts are.
fn redacted(report: &RunsReport) -> Option<String> {
    let beside = report.head_to_head.iter().flat_map(|table| &table.comparisons);
    let models = report.histories.iter().flat_map(|history| &history.models);
    let mut all = beside.chain(models.filter_map(|model| model.first_to_last.as_ref()));
    redact::told(all.find_map(|comparison| comparison.redacted))
}

/// What runs go by: as much of their ids as tells them apart.
struct Names {
    characters: usize,
}

impl Names {
    fn new(report: &RunsReport) -> Self {
        let ids: BTreeSet<&str> = report.runs.iter().map(|run| run.run_id.as_str()).collect();
        let longest = ids.iter().map(|id| id.chars().count()).max().unwrap_or(SHORTEST);
        let distinct = |characters: &usize| {
            let starts: BTreeSet<String> =
                ids.iter().map(|id| id.chars().take(*characters).collect()).collect();
            starts.len() == ids.len()
        };
        let characters = (SHORTEST..longest).find(distinct).unwrap_or(longest);
        Self { characters }
    }

    fn short(&self, run_id: &str) -> String {
        let start: String = run_id.chars().take(self.characters).collect();
        one_line(start.trim_end_matches('-'))
    }
}

fn title(report: &RunsReport) -> String {
    let tables = report.head_to_head.iter().map(|table| names_of(table).join(" · "));
    let histories = report.histories.iter().map(|history| {
        let mut models: Vec<String> = Vec::new();
        for model in &history.models {
            let name = one_line(&model.model);
            if !models.contains(&name) {
                models.push(name);
            }
        }
        format!("{} over time", models.join(" · "))
    });
    let mut parts: Vec<String> = Vec::new();
    for part in tables.chain(histories) {
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    if parts.is_empty() { "Runs".to_owned() } else { parts.join("; ") }
}

fn subtitle(report: &RunsReport) -> String {
    let began: Vec<&str> = report.runs.iter().map(|run| run.started_at.as_str()).collect();
    let runs = runs_over(&began);
    let (first, last) = ends_of(&began).unzip();
    match (first.map(moment), last.map(moment)) {
        (Some(first), Some(last)) if first != last => format!("{runs} · {first} to {last} UTC"),
        (Some(only), _) => format!("{runs} · {only} UTC"),
        _ => runs,
    }
}

fn told(apart: &Apart, short: &dyn Fn(&str) -> String) -> String {
    let from = match apart.left_out_of {
        LeftOutOf::Everything => "left out",
        LeftOutOf::HeadToHead => "not in the table of models",
    };
    let reasons: Vec<String> = apart.because.iter().map(|reason| one_line(reason)).collect();
    format!("run {} ({}): {from}: {}", short(&apart.run_id), one_line(&apart.model), reasons.join("; "))
}

/// Several runs for a terminal.
#[must_use]
pub fn terminal(report: &RunsReport, options: &TerminalOptions) -> String {
    let view = RunsView::new(report);
    let mut screen = Screen::new(options);
    screen.title(&view.title, &view.subtitle);
    screen.banner(view.simulated);
    screen.redacted(view.redacted.as_deref());
    for answer in std::iter::once(&view.answer).chain(&view.further) {
        screen.answer(answer, &[], 0);
    }
    for table in &view.head_to_head {
        screen.heading(&format!("Head to head: {}", table.title));
        screen.findings(&table.findings);
        head_to_head::draw(table, &mut screen);
    }
    for history in &view.histories {
        screen.heading(&format!("History: {}", history.title));
        screen.findings(&history.findings);
        screen.table("Runs", &history.points);
        if !history.changes.is_empty() {
            screen.heading("What changed");
            for change in &history.changes {
                screen.item("! ", change, Tone::Warn);
            }
        }
        screen.table("Pass rate by category", &history.pass_rates);
        screen.table("E2E p50 by category, ms", &history.latencies);
        for titled in &history.first_to_last {
            screen.table(&titled.title, &titled.table);
        }
    }
    if !view.apart.is_empty() {
        screen.heading("Not put together");
        for apart in &view.apart {
            screen.item("! ", apart, Tone::Warn);
        }
    }
    screen.heading("Runs of this report");
    for run in &view.runs {
        screen.item("", run, Tone::Dim);
    }
    screen.files(&options.files);
    screen.finish()
}

/// The same as Markdown through `runs.md`, taken from `template_dir` where that holds one.
///
/// # Errors
///
/// When `template_dir` is no folder, or its template can't be parsed or asks for what there isn't.
pub fn markdown(report: &RunsReport, template_dir: Option<&Path>) -> Result<String, ReportError> {
    #[derive(Serialize)]
    struct Context {
        runs: RunsView,
    }
    template::render("runs.md", template_dir, Context { runs: RunsView::new(report) })
}

/// What is drawn of one history.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Trends {
    whole: Vec<Chart>,
    categories: Vec<Chart>,
}

/// The charts of a page, in the order of what they belong to.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct RunsCharts {
    head_to_head: Vec<Vec<Chart>>,
    histories: Vec<Trends>,
}

impl RunsCharts {
    fn new(report: &RunsReport) -> Self {
        let (colours, names) = (Colours::of_report(report), Names::new(report));
        let short = |run_id: &str| names.short(run_id);
        let tables = report.head_to_head.iter().enumerate();
        Self {
            head_to_head: tables
                .map(|(place, table)| models::charts(table, place, &names_of(table), &colours))
                .collect(),
            histories: report
                .histories
                .iter()
                .enumerate()
                .map(|(place, history)| {
                    let (whole, categories) = charts::history::charts(history, place, &colours, &short);
                    Trends { whole, categories }
                })
                .collect(),
        }
    }
}

/// The same as a self-contained page through `runs.html`, taken from `template_dir` where that holds one.
///
/// # Errors
///
/// When `template_dir` is no folder, or its template can't be parsed or asks for what there isn't.
pub fn html(report: &RunsReport, template_dir: Option<&Path>) -> Result<String, ReportError> {
    #[derive(Serialize)]
    struct Context {
        page: Page,
        runs: RunsView,
        charts: RunsCharts,
    }
    let page = Page::new(template_dir)?;
    let (runs, charts) = (RunsView::new(report), RunsCharts::new(report));
    template::render("runs.html", template_dir, Context { page, runs, charts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::runs;

    fn options() -> TerminalOptions {
        TerminalOptions { width: 100, ..TerminalOptions::default() }
    }

    #[test]
    fn a_history_answers_first_and_marks_what_changed() {
        let report = runs::history();
        let text = terminal(&report, &options());
        insta::assert_snapshot!("runs_history", text);
        assert!(text.find("Did mistral-7b-awq get better or worse?") < text.find("History:"), "{text}");
        let mut model = report.histories[0].models[0].clone();
        let short = |run_id: &str| run_id.to_owned();
        let told = of_history(&model, &short).unwrap();
        let span = "5 runs over 4 days, 2026-11-18 to 2026-11-22; ";
        assert!(told.confidence.starts_with(span), "{}", told.confidence);
        assert!(told.verdict.contains("since the first of 5 runs"), "{}", told.verdict);
        let second = model.points[1].run_id.clone();
        model.first_to_last.as_mut().unwrap().baseline.run_id = second;
        let told = of_history(&model, &short).unwrap();
        assert!(told.verdict.contains("since the first of the last 4 of 5 runs"), "{}", told.verdict);
        model.first_to_last.as_mut().unwrap().comparison.forced_over = vec!["prompt set differs".to_owned()];
        assert_eq!(of_history(&model, &short).unwrap().confidence, span.trim_end_matches("; "));
        let markdown = markdown(&report, None).unwrap();
        assert!(markdown.len() < 60_000, "{} bytes", markdown.len());
        assert!(markdown.contains("labctl: 0.1.0 \u{2192} 0.2.0"), "{markdown}");
        let page = html(&report, None).unwrap();
        assert!(page.contains("data-chart=\"history-0-pass-rate\"") && !page.contains(" style="), "{page}");
    }

    #[test]
    fn models_stand_beside_each_other() {
        let report = runs::head_to_head();
        insta::assert_snapshot!("runs_head_to_head", terminal(&report, &options()));
        let page = html(&report, None).unwrap();
        for chart in ["models-0", "models-0-pass-rate", "models-0-e2e"] {
            assert!(page.contains(&format!("data-chart=\"{chart}\"")), "{chart}");
        }
        // Not simulated, so nothing says so.
        assert!(!page.contains("SIMULATED"));
    }

    #[test]
    fn what_can_not_be_compared_crowns_nobody() {
        let mut report = runs::head_to_head();
        let table = &mut report.head_to_head[0];
        for standing in &mut table.standings {
            standing.winner = standing.best;
        }
        assert!(of_table(table).numbers.iter().all(|number| number.tone == Tone::Good));
        table.conclusion.winner = Some(1);
        let names = names_of(table);
        assert_eq!(
            of_table(table).verdict,
            format!("{}: more prompts passed than any other, and nothing lost", names[1])
        );
        assert!(head_to_head::overall(table, &names).text.starts_with(&format!("{} wins", names[1])));
        table.comparisons[0].comparison.forced_over = vec!["prompt set differs".to_owned()];
        let forced = of_table(table);
        assert!(
            forced.numbers.iter().all(|n| n.tone != Tone::Good && n.hint.ends_with("ahead, not comparable"))
        );
        assert_eq!((forced.confidence.as_str(), forced.tone), ("", Tone::Bad));
        let view = HeadToHeadView::new(table);
        let sentences = view.findings.iter().map(|finding| &finding.text).chain([&forced.verdict]);
        for sentence in sentences {
            assert!(!sentence.contains("wins") && !sentence.contains("best"), "{sentence}");
            assert!(!sentence.contains(&names[1]) || sentence.contains("prompt set differs"), "{sentence}");
        }
        let overall = view.findings.iter().find(|finding| finding.topic == "Overall").unwrap();
        assert_eq!(overall.text, "no winner is named: not all of them can be compared soundly");
        let cells = view.standings.rows.iter().flat_map(|row| &row.cells);
        assert!(cells.clone().count() > 0 && cells.clone().all(|cell| cell.tone != Tone::Good));
    }

    #[test]
    fn hostile_names_are_shown_and_not_obeyed() {
        let report = runs::hostile();
        assert!(!report.apart.is_empty() && report.head_to_head.len() + report.histories.len() > 1);
        let text = terminal(&report, &options());
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        let markdown = markdown(&report, None).unwrap();
        assert!(!markdown.contains("<script>") && !markdown.contains("@all"), "{markdown}");
        let page = html(&report, None).unwrap();
        assert!(!page.contains("<script>alert") && !page.contains('\u{202e}'));
    }

    #[test]
    fn runs_go_by_as_much_of_their_ids_as_tells_them_apart() {
        let report = runs::head_to_head();
        let names = Names::new(&report);
        assert_eq!(names.short(&report.runs[2].run_id), "01a2b3c4-0002");
        assert_eq!(Names::new(&runs::history()).short("01a2b3c0-d5e6"), "01a2b3c0");
    }
}
