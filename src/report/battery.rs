//! Several teams' results as one summary, for `labctl bench --all`: a line each, read from their result files.

use serde::Serialize;

use super::ReportError;
use super::number;
use super::quality;
use super::readings::by_team;
use super::table::{Cell, Column, Row, Table};
use super::template;
use super::terminal::{Screen, TerminalOptions};
use super::text::one_line;
use super::verdict::{self, Finding};
use super::view;
use crate::model::result::{RunResult, SideInfo};

/// The results of several runs beside one another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Battery {
    title: String,
    simulated: Option<&'static str>,
    findings: Vec<Finding>,
    readings: Table,
    quality: Table,
    speed: Table,
    warnings: Vec<String>,
    runs: Table,
}

impl Battery {
    /// What these results have in common and what tells them apart, in their order.
    #[must_use]
    pub fn new(results: &[RunResult]) -> Self {
        let warnings = results.iter().flat_map(|result| {
            let team = team(result);
            result.warnings.iter().map(move |warning| format!("{team}: {}", one_line(warning)))
        });
        Self {
            title: format!("{} teams", results.len()),
            simulated: results.iter().any(|result| result.simulated).then_some(view::SIMULATED),
            findings: verdict::without_praise(results.iter().flat_map(findings).collect()),
            readings: by_team(results.iter().map(|result| (team(result), result.readings.as_slice()))),
            quality: quality_table(results),
            speed: speed_table(results),
            warnings: warnings.collect(),
            runs: runs(results),
        }
    }

    /// For a terminal.
    #[must_use]
    pub fn terminal(&self, options: &TerminalOptions) -> String {
        let mut screen = Screen::new(options);
        screen.title(&self.title, "");
        screen.banner(self.simulated);
        screen.findings(&self.findings);
        screen.table("Reading the results", &self.readings);
        screen.table("Quality", &self.quality);
        screen.table("Speed", &self.speed);
        screen.table("Runs", &self.runs);
        screen.files(&options.files);
        screen.finish()
    }

    /// As Markdown through `battery.md`.
    pub fn markdown(&self) -> Result<String, ReportError> {
        template::render("battery.md", None, minijinja::context! { battery => minijinja::value::Serde(self) })
    }
}

fn team(result: &RunResult) -> String {
    one_line(result.team.as_deref().unwrap_or(&result.candidate.endpoint))
}

/// Each run's verdict, every sentence under its team.
fn findings(result: &RunResult) -> Vec<Finding> {
    let labels = view::labels(result);
    let mut findings = verdict::of_run(result, &labels);
    for finding in &mut findings {
        finding.text = format!("{}: {}", team(result), finding.text);
    }
    findings
}

fn quality_table(results: &[RunResult]) -> Table {
    let columns = vec![
        Column::words("team"),
        Column::words("prompt set").sacrifice(3),
        Column::words("candidate").sacrifice(2),
        Column::numbers("passed").term("pass-rate"),
        Column::numbers("baseline").term("pass-rate"),
        Column::numbers("Δ pp").term("delta"),
        Column::numbers("90 % interval").sacrifice(1).term("delta-interval"),
    ];
    let row = |result: &RunResult| {
        let overall = result.comparison.as_ref().map(|comparison| &comparison.overall);
        let side = |side: &SideInfo| {
            let rate = side.pass_rates.iter().find(|rate| rate.category.is_none());
            let rate = rate.map(|rate| &rate.pass_rate).filter(|rate| rate.judged > 0);
            rate.map_or_else(|| number::ABSENT.into(), quality::passed_cell)
        };
        let interval = overall.and_then(|overall| overall.interval_90_pp);
        Row::new(vec![
            team(result).into(),
            one_line(&result.prompt_set.name).into(),
            one_line(&result.candidate.model).into(),
            side(&result.candidate),
            result.baseline.as_ref().map_or_else(|| "\u{2013}".into(), side),
            Cell::optional(overall.and_then(|overall| overall.delta_pp), number::pp)
                .tone(quality::tone(interval)),
            Cell::interval(interval, number::pp_interval),
        ])
    };
    Table { columns, rows: results.iter().map(row).collect(), ..Table::default() }
}

fn speed_table(results: &[RunResult]) -> Table {
    let columns = vec![
        Column::words("team"),
        Column::words("model"),
        Column::numbers("requests").sacrifice(2).term("attempted"),
        Column::numbers("TTFT p50, ms").term("ttft"),
        Column::numbers("TPOT p50, ms").sacrifice(1).term("tpot"),
        Column::numbers("E2E p50, ms").term("e2e"),
        Column::numbers("output tokens/s").term("output-tokens-per-s"),
    ];
    let row = |team: String, side: &SideInfo| {
        let summary = &side.summary;
        let p50 = |of: Option<&crate::model::summary::Distribution>| {
            Cell::optional(of.map(|distribution| distribution.p50), number::decimal)
        };
        let rate = summary.throughput.as_ref().map(|throughput| throughput.output_tokens_per_s);
        Row::new(vec![
            team.into(),
            one_line(&side.model).into(),
            Cell::count(summary.attempted),
            p50(summary.ttft_ms.as_ref()),
            p50(summary.tpot_ms.as_ref()),
            p50(summary.e2e_ms.as_ref()),
            Cell::optional(rate, number::decimal),
        ])
    };
    let rows = results
        .iter()
        .flat_map(|result| {
            let baseline = result.baseline.iter().map(|side| row(String::new(), side));
            std::iter::once(row(team(result), &result.candidate)).chain(baseline).collect::<Vec<_>>()
        })
        .collect();
    Table { columns, rows, ..Table::default() }
}

fn runs(results: &[RunResult]) -> Table {
    let row = |result: &RunResult| Row::new(vec![team(result).into(), one_line(&result.run_id).into()]);
    Table {
        columns: vec![Column::words("team"), Column::words("run")],
        rows: results.iter().map(row).collect(),
        ..Table::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_summary_has_a_line_for_each_team_and_says_what_is_simulated() {
        let mut first = fixture::paired();
        first.team = Some("quant|team".to_owned());
        let mut second = fixture::alone();
        second.team = Some("eval".to_owned());
        let battery = Battery::new(&[first, second]);
        for table in [&battery.readings, &battery.quality, &battery.speed, &battery.runs] {
            crate::report::glossary::tests::assert_explained("battery", table);
        }
        let options = TerminalOptions { width: 100, color: false, ..TerminalOptions::default() };
        insta::assert_snapshot!(battery.terminal(&options));
        insta::assert_snapshot!(battery.markdown().unwrap());
    }
}
