//! A run's speed under other tools' formulas: one tool's table, or all of them side by side with the reason for
//! each difference.

use serde::Serialize;

use super::ReportError;
use super::number::{self, count};
use super::reasons::{self, Difference};
use super::table::{Cell, Column, Labels, Row, Table, Tone};
use super::template;
use super::terminal::{Screen, TerminalOptions};
use super::text::{one_line, to_the_second};
use super::view;
use crate::model::definitions::{
    Causes, DefinedSummary, Definitions, Metric, OneToken, SideDefinitions, Statistics,
};
use crate::model::record::Side;
use crate::model::result::RunResult;
use crate::model::summary::Percentile;

/// A run and what the formulas make of it. Summaries of a single tool are shown with its formulas; those of
/// several, labctl's first, beside each other.
#[derive(Debug, Clone, Copy)]
pub struct DefinitionsDocument<'a> {
    /// The run.
    pub result: &'a RunResult,
    /// Its sides in the order of display; every one with the same tools.
    pub sides: &'a [SideDefinitions],
}

/// The same for programs: every value, and why it isn't labctl's own.
#[derive(Debug, Clone, Serialize)]
pub struct DefinitionsJson<'a> {
    run_id: &'a str,
    simulated: bool,
    sides: Vec<SideJson<'a>>,
}

#[derive(Debug, Clone, Serialize)]
struct SideJson<'a> {
    side: Side,
    model: &'a str,
    summaries: &'a [DefinedSummary],
    causes: Causes,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<Difference>,
}

/// A table under its heading.
#[derive(Debug, Serialize)]
struct Section {
    heading: String,
    table: Table,
}

#[derive(Debug, Serialize)]
struct Context {
    /// Absent below another report, which says the rest.
    head: Option<Head>,
    sections: Vec<Section>,
}

#[derive(Debug, Serialize)]
struct Head {
    title: String,
    simulated: Option<&'static str>,
    run_id: String,
    started_at: String,
}

impl<'a> DefinitionsDocument<'a> {
    /// For programs.
    #[must_use]
    pub fn json(&self) -> DefinitionsJson<'a> {
        let side = |side: &'a SideDefinitions| {
            Some(SideJson {
                side: side.side,
                model: &self.result.side(side.side)?.model,
                summaries: &side.summaries,
                causes: side.causes,
                differences: reasons::differences(side),
            })
        };
        DefinitionsJson {
            run_id: &self.result.run_id,
            simulated: self.result.simulated,
            sides: self.sides.iter().filter_map(side).collect(),
        }
    }

    fn head(&self) -> Head {
        Head {
            title: view::title(&view::labels(self.result)),
            simulated: self.result.simulated.then_some(view::SIMULATED),
            run_id: one_line(&self.result.run_id),
            started_at: to_the_second(&self.result.started_at),
        }
    }

    /// Whose the times and requests are.
    fn measured_by(&self) -> &'static str {
        self.result.imported_from.as_ref().map_or("labctl", |from| from.tool.title())
    }

    fn sections(&self) -> Vec<Section> {
        let labels = view::labels(self.result);
        let simulated = if self.result.simulated { " (SIMULATED)" } else { "" };
        if let Some([tool]) = self.sides.first().map(|side| side.summaries.as_slice()) {
            let heading = format!("Speed by {}'s formulas{simulated}", tool.definitions.title());
            return vec![Section {
                heading,
                table: one_tool(tool.definitions, self.sides, &labels, self.measured_by()),
            }];
        }
        let section = |side: &SideDefinitions| {
            let name = match (&labels.baseline, side.side) {
                (Some(baseline), Side::Baseline) => baseline,
                _ => &labels.candidate,
            };
            let heading = format!("{name}: speed by each tool's formulas{simulated}");
            Section { heading, table: side_by_side(side, self.measured_by()) }
        };
        self.sides.iter().map(section).collect()
    }
}

/// The document for a terminal.
#[must_use]
pub fn terminal(document: &DefinitionsDocument<'_>, options: &TerminalOptions) -> String {
    let mut screen = Screen::new(options);
    let head = document.head();
    screen.title(&head.title, &format!("run {} · {}", head.run_id, head.started_at));
    screen.banner(head.simulated);
    draw(screen, document)
}

/// The document's tables for a terminal, to stand below a run's summary.
#[must_use]
pub fn terminal_section(document: &DefinitionsDocument<'_>, options: &TerminalOptions) -> String {
    draw(Screen::new(options), document)
}

fn draw(mut screen: Screen, document: &DefinitionsDocument<'_>) -> String {
    for section in document.sections() {
        screen.table(&section.heading, &section.table);
    }
    screen.finish()
}

/// The document as Markdown.
///
/// # Errors
///
/// When the template can't be filled in, which is a defect.
pub fn markdown(document: &DefinitionsDocument<'_>) -> Result<String, ReportError> {
    let context = Context { head: Some(document.head()), sections: document.sections() };
    template::render("definitions.md", None, context)
}

/// The document's tables as Markdown, to stand below a run's report.
///
/// # Errors
///
/// When the template can't be filled in, which is a defect.
pub fn markdown_section(document: &DefinitionsDocument<'_>) -> Result<String, ReportError> {
    template::render("definitions.md", None, Context { head: None, sections: document.sections() })
}

/// The statistics printed of each metric.
type Statistic = (&'static str, fn(&Statistics) -> f64);
const STATISTICS: [Statistic; 3] = [("mean", |s| s.mean), ("p50", |s| s.p50), ("p99", |s| s.p99)];

/// What the formulas call n.
const N: &str = "n: output tokens of a request";

/// What marks a percentile of too few values.
const FEW: &str = "*";

/// One tool's metrics, a column a side.
fn one_tool(tool: Definitions, sides: &[SideDefinitions], labels: &Labels, measured_by: &str) -> Table {
    let summaries: Vec<&DefinedSummary> = sides.iter().filter_map(|side| side.summaries.first()).collect();
    let mut columns = vec![Column::words("metric")];
    columns.extend(labels.columns());
    let mut notes: Vec<String> = Metric::ALL
        .map(|metric| format!("{}: {}", metric.title(), reasons::formula(tool, metric)))
        .into_iter()
        .collect();
    if let Some(first) = summaries.first() {
        let single = summaries.iter().map(|s| s.single_token_responses).sum();
        notes.push(format!(
            "Goodput: a response of one token {} ({} here)",
            one_token(first.one_token_goodput),
            count(single)
        ));
    }
    notes.push(N.to_owned());
    let requests = sides.iter().map(|side| side.causes.requests).collect::<Vec<_>>();
    table(columns, metric_rows(&summaries), notes, &summaries, (&requests, measured_by))
}

/// One side under every tool's formulas, a column a tool.
fn side_by_side(side: &SideDefinitions, measured_by: &str) -> Table {
    let summaries: Vec<&DefinedSummary> = side.summaries.iter().collect();
    let mut columns = vec![Column::words("metric")];
    columns.extend(summaries.iter().map(|s| Column::numbers(s.definitions.title())));
    let mut rows = metric_rows(&summaries);
    let goodput = summaries.iter().map(|s| Cell::from(s.one_token_goodput.name()));
    rows.push(Row::new(std::iter::once(Cell::from("goodput of one token")).chain(goodput).collect()));
    let mut notes = reasons::lines(&reasons::differences(side));
    let single = summaries.first().map_or(0, |ours| ours.single_token_responses);
    notes.push(format!(
        "Goodput of one token: what becomes of it under an objective on the time per token ({} here)",
        count(single)
    ));
    notes.push(N.to_owned());
    table(columns, rows, notes, &summaries, (&[side.causes.requests], measured_by))
}

fn table(
    columns: Vec<Column>,
    rows: Vec<Row>,
    mut notes: Vec<String>,
    summaries: &[&DefinedSummary],
    (requests, measured_by): (&[u64], &str),
) -> Table {
    let statistics = summaries.iter().flat_map(|s| Metric::ALL.iter().filter_map(|m| s.statistics(*m)));
    if statistics.into_iter().any(is_of_few) {
        notes.push(format!(
            "{FEW} n too small: p99 is trusted from {} values on",
            Percentile::P99.smallest_sample()
        ));
    }
    let over: Vec<_> = requests.iter().map(|n| count(*n)).collect();
    notes.push(format!(
        "The formulas are the tools', times and requests are {measured_by}'s: its {} successes",
        over.join(" and ")
    ));
    Table { columns, rows, bar_scale: None, notes }
}

/// Every statistic of every metric, a cell a summary.
fn metric_rows(summaries: &[&DefinedSummary]) -> Vec<Row> {
    let mut rows = Vec::new();
    for metric in Metric::ALL {
        for (name, statistic) in STATISTICS {
            let cell = |summary: &&DefinedSummary| match summary.statistics(metric) {
                None => Cell::toned(number::ABSENT, Tone::Dim),
                Some(s) if name == "p99" && is_of_few(s) => {
                    Cell::toned(format!("{}{FEW}", number::decimal(statistic(s))), Tone::Dim)
                }
                Some(s) => number::decimal(statistic(s)).into(),
            };
            let title = Cell::from(format!("{} {name}, ms", metric.title()));
            rows.push(Row::new(std::iter::once(title).chain(summaries.iter().map(cell)).collect()));
        }
    }
    rows
}

const fn is_of_few(statistics: &Statistics) -> bool {
    statistics.n < Percentile::P99.smallest_sample()
}

/// What becomes of a single token, as the end of a sentence about it.
const fn one_token(goodput: OneToken) -> &'static str {
    match goodput {
        OneToken::Met => "meets an objective on the time per token",
        OneToken::Excluded => "is left out where there is an objective on the time per token",
        OneToken::NotMet => "misses an objective on the time per token",
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::model::definitions::ItlOf;
    use crate::report::fixture;

    /// Numbers that differ where the tools' do, for a side of 30 requests.
    fn side(side: Side, tools: &[Definitions]) -> SideDefinitions {
        let of = |ms: f64, n| Some(Statistics { n, mean: ms, p50: ms - 1.0, p99: 2.0 * ms });
        let summary = |tool: &Definitions| {
            let (ttft, tpot, itl, e2e, goodput) = match tool {
                Definitions::Labctl => (50.0, of(13.3, 30), of(20.0, 900), 130.0, OneToken::Met),
                Definitions::Vllm => (10.0, of(17.9, 30), of(21.0, 960), 135.0, OneToken::Met),
                Definitions::Guidellm => (50.0, of(16.3, 30), of(11.4, 30), 140.0, OneToken::Excluded),
                Definitions::Aiperf => (50.0, None, of(13.3, 30), 130.0, OneToken::NotMet),
            };
            DefinedSummary {
                definitions: *tool,
                ttft_ms: of(ttft, 30),
                tpot_ms: tpot,
                itl_ms: itl,
                itl_of: ItlOf::Chunk,
                e2e_ms: of(e2e, 30),
                one_token_goodput: goodput,
                single_token_responses: 2,
                output_tokens: 930,
            }
        };
        SideDefinitions {
            side,
            summaries: tools.iter().map(summary).collect(),
            causes: Causes {
                requests: 30,
                chunk_before_tokens: 30,
                chunk_after_tokens: 12,
                first_chunk_of_several: 30,
                ..Causes::default()
            },
        }
    }

    fn both(tools: &[Definitions]) -> [SideDefinitions; 2] {
        [Side::Baseline, Side::Candidate].map(|name| side(name, tools))
    }

    fn options(width: usize) -> TerminalOptions {
        TerminalOptions { width, color: false, ..TerminalOptions::default() }
    }

    #[test]
    fn snapshots() {
        let alone = fixture::alone();
        let sides = [side(Side::Candidate, &Definitions::ALL)];
        let document = DefinitionsDocument { result: &alone, sides: &sides };
        insta::assert_snapshot!("definitions_why_different", terminal(&document, &options(100)));
        let paired = fixture::paired();
        let sides = both(&[Definitions::Guidellm]);
        let document = DefinitionsDocument { result: &paired, sides: &sides };
        insta::assert_snapshot!("definitions_guidellm", terminal(&document, &options(100)));
        insta::assert_snapshot!("definitions_guidellm_markdown", markdown(&document).unwrap());
    }

    #[test]
    fn every_form_says_whose_formulas_and_that_it_is_simulated() {
        let paired = fixture::paired();
        let sides = both(&[Definitions::Vllm]);
        let document = DefinitionsDocument { result: &paired, sides: &sides };
        let heading = "Speed by vLLM's formulas (SIMULATED)";
        assert!(terminal_section(&document, &options(80)).contains(heading));
        assert!(markdown_section(&document).unwrap().contains(heading));
        let json = serde_json::to_value(document.json()).unwrap();
        assert_eq!(json["simulated"], true);
        assert_eq!(json["sides"][0]["side"], "baseline");
        assert_eq!(json["sides"][1]["summaries"][0]["definitions"], "vllm");
        assert_eq!(json["sides"][1].get("differences"), None);
    }

    #[test]
    fn differences_are_for_programs_too() {
        let alone = fixture::alone();
        let sides = [side(Side::Candidate, &Definitions::ALL)];
        let json =
            serde_json::to_value(DefinitionsDocument { result: &alone, sides: &sides }.json()).unwrap();
        let side = &json["sides"][0];
        assert_eq!(side["summaries"][3]["tpot_ms"], serde_json::Value::Null, "absent, not 0");
        let first = serde_json::json!({"metric": "ttft", "definitions": "vllm", "same": false,
            "reason": "an empty chunk before the first token counts (every request)"});
        assert_eq!(side["differences"][0], first);
        assert_eq!(side["differences"].as_array().unwrap().len(), 12);
    }

    #[test]
    fn hostile_names_stay_text_and_no_width_is_overrun() {
        let hostile = fixture::hostile();
        for tools in [&Definitions::ALL[..], &[Definitions::Aiperf]] {
            let sides = both(tools);
            let document = DefinitionsDocument { result: &hostile, sides: &sides };
            for width in [60, 80, 100, 200] {
                for line in terminal(&document, &options(width)).lines() {
                    assert!(line.width() <= width, "{} columns of {width}: {line}", line.width());
                    assert!(!line.contains('\u{1b}'));
                }
            }
            let markdown = markdown(&document).unwrap();
            assert!(!markdown.contains("<b>") && !markdown.contains("@all"), "{markdown}");
        }
    }
}
