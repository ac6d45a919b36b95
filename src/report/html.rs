//! A run as one HTML file that needs nothing else: no network, light and dark, on paper and on a phone, and
//! readable without its script.

use std::path::Path;

use serde::Serialize;

use super::ReportError;
use super::charts::Charts;
use super::template::{self, Page};
use super::view::ReportView;
use crate::model::result::RunResult;

#[derive(Serialize)]
struct Context {
    page: Page,
    report: ReportView,
    charts: Charts,
}

/// Renders a result through `report.html`, taken from `template_dir` where that holds one.
///
/// # Errors
///
/// When `template_dir` is no folder, or its template can't be parsed or asks for what there isn't.
pub fn render(result: &RunResult, template_dir: Option<&Path>) -> Result<String, ReportError> {
    let report = ReportView::new(result);
    let charts = Charts::new(result, &report.labels);
    template::render("report.html", template_dir, Context { page: Page::new(template_dir)?, report, charts })
}
