//! A run as one HTML file that needs nothing else: no script, no network, light and dark, on paper
//! and on a phone.

use serde::Serialize;

use super::ReportError;
use super::chart::{self, ChartSpec, Series};
use super::curves;
use super::input::ReportInput;
use super::lines;
use super::template;
use super::view::ReportView;
use crate::model::record::Side;
use crate::model::result::RunResult;
use crate::model::summary::RequestMetrics;

/// How far beyond the 99th percentile the slowest may lie before the axis ends at that percentile.
const LONG_TAIL: f64 = 2.0;

#[derive(Serialize)]
struct Chart {
    title: &'static str,
    note: Option<&'static str>,
    svg: String,
}

#[derive(Serialize)]
struct Context {
    report: ReportView,
    charts: Vec<Chart>,
}

/// Renders a result through `report.html`, taken from the input's `template_dir` where that holds one.
///
/// # Errors
///
/// When `template_dir` is no folder, or its template can't be parsed or asks for what there isn't.
pub fn render(result: &RunResult, input: &ReportInput) -> Result<String, ReportError> {
    let report = ReportView::new(result, input);
    let charts = if result.levels.is_empty() {
        [
            chart(result, &report, "ttft", "Time to first token", "TTFT, ms", |m| m.ttft_ms),
            chart(result, &report, "latency", "End-to-end latency", "E2E, ms", |m| m.e2e_ms),
        ]
        .into_iter()
        .flatten()
        .collect()
    } else {
        // Requests of several loads together have no distribution worth a look.
        curves::curves(result, &report.labels).iter().filter_map(over_load).collect()
    };
    template::render("report.html", input.template_dir.as_deref(), Context { report, charts })
}

fn over_load(curve: &curves::Curve) -> Option<Chart> {
    Some(Chart { title: curve.title, note: None, svg: lines::svg(&curve.spec)? })
}

/// The share of successful requests over a latency, by side; none where there is no value.
fn chart(
    result: &RunResult,
    report: &ReportView,
    name: &'static str,
    title: &'static str,
    x_label: &str,
    metric: fn(&RequestMetrics) -> Option<f64>,
) -> Option<Chart> {
    let points = |side| {
        let successes = result.rows.iter().filter_map(|row| row.attempt(side));
        let successes = successes.filter(|a| a.exchange.outcome.is_success());
        chart::distribution(successes.filter_map(|a| metric(&a.metrics)).collect())
    };
    let baseline = report.labels.baseline.as_ref().map(|_| Series {
        color: "var(--baseline)",
        stroke: 1.25,
        points: points(Side::Baseline),
    });
    let candidate = Series { color: "var(--candidate)", stroke: 2.5, points: points(Side::Candidate) };
    let series: Vec<_> = baseline.into_iter().chain([candidate]).filter(|s| !s.points.is_empty()).collect();
    let at = |share: f64| {
        let reached = |s: &Series| s.points.iter().find(|(_, y)| *y >= share).map(|(x, _)| *x);
        series.iter().filter_map(reached).reduce(f64::max)
    };
    let (slowest, p99) = at(1.0).zip(at(0.99))?;
    let cut = slowest > LONG_TAIL * p99;
    let x_max = if cut { p99 } else { slowest };
    let spec = ChartSpec {
        name,
        x_label: x_label.to_owned(),
        y_label: "requests up to here".to_owned(),
        x_max,
        series,
    };
    Some(Chart {
        title,
        note: cut.then_some("The slowest lie beyond the right edge."),
        svg: chart::svg(&spec),
    })
}
