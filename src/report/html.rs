//! A run as one HTML file that needs nothing else: no network, light and dark, on paper and on a phone, and
//! readable without its script.

use serde::Serialize;

use super::ReportError;
use super::charts::Charts;
use super::data::ReportData;
use super::input::ReportInput;
use super::template::{self, Page};
use super::view::ReportView;
use crate::model::result::RunResult;

#[derive(Serialize)]
struct Context {
    page: Page,
    report: ReportView,
    charts: Charts,
    data: ReportData,
}

/// Renders a result through `report.html`, taken from the input's `template_dir` where that holds one.
///
/// # Errors
///
/// When `template_dir` is no folder, or its template can't be parsed or asks for what there isn't.
pub fn render(result: &RunResult, input: &ReportInput) -> Result<String, ReportError> {
    let report = ReportView::new(result, input);
    let charts = Charts::new(result, &report.labels);
    let data = ReportData::new(result, &report);
    let folder = input.template_dir.as_deref();
    template::render("report.html", folder, Context { page: Page::new(folder)?, report, charts, data })
}
