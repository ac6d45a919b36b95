//! The data of each chart, as they stand beside it in the page, against the rows and summaries of the result.

mod amounts;
mod loads;
mod quality;
mod speed;
mod time;

use serde::Deserialize;
use serde_json::Value;

use crate::browser::page::Page;

/// Six digits are kept of each value.
const DIGITS: f64 = 1e-5;

/// A chart's data.
#[derive(Debug, Deserialize)]
pub(super) struct Chart {
    name: String,
    x: Axis,
    y: Axis,
    series: Vec<Series>,
}

#[derive(Debug, Deserialize)]
struct Axis {
    unit: String,
    low: f64,
    high: f64,
    #[serde(default)]
    categories: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Series {
    key: String,
    marks: String,
    x: Vec<f64>,
    end: Vec<f64>,
    first: Vec<Option<f64>>,
    y: Vec<f64>,
    top: Vec<f64>,
    low: Vec<Option<f64>>,
    high: Vec<Option<f64>>,
    value: Vec<f64>,
    name: Vec<String>,
}

impl Series {
    /// The side that its key names.
    fn side(&self) -> &'static str {
        if self.key.contains("baseline") { "baseline" } else { "candidate" }
    }

    /// An interval that goes with a mark.
    fn limits(&self, at: usize) -> Option<(f64, f64)> {
        self.low.get(at).copied().flatten().zip(self.high.get(at).copied().flatten())
    }
}

/// The charts of a page.
pub(super) fn charts(page: &Page) -> Vec<Chart> {
    page.eval(
        "[...document.querySelectorAll('figure[data-chart] script[type=\"application/json\"]')]
            .map(script => JSON.parse(script.textContent))",
    )
}

/// What is wrong with a chart.
pub(super) fn check(result: &Value, chart: &Chart) -> Vec<String> {
    let found = speed::check(result, chart)
        .or_else(|| time::check(result, chart))
        .or_else(|| loads::check(result, chart))
        .or_else(|| quality::check(result, chart));
    let wrong = found.unwrap_or_else(|| vec!["no rule knows this chart".to_owned()]);
    wrong.into_iter().map(|what| format!("chart `{}`: {what}", chart.name)).collect()
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= DIGITS * a.abs().max(b.abs())
}

fn same_limits(a: Option<(f64, f64)>, b: Option<(f64, f64)>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => same(a.0, b.0) && same(a.1, b.1),
        (a, b) => a == b,
    }
}

/// The attempts of a side with their rows.
fn attempts<'a>(result: &'a Value, side: &'a str) -> impl Iterator<Item = (&'a Value, &'a Value)> {
    let rows = result["rows"].as_array().into_iter().flatten();
    rows.filter_map(move |row| Some((row, row.get(side)?)))
}

/// The successful ones.
fn successes<'a>(result: &'a Value, side: &'a str) -> impl Iterator<Item = (&'a Value, &'a Value)> {
    attempts(result, side).filter(|(_, attempt)| attempt["exchange"]["outcome"] == "success")
}

/// One metric of the successful requests of a side.
fn values(result: &Value, side: &str, metric: &str) -> Vec<f64> {
    successes(result, side).filter_map(|(_, attempt)| attempt["metrics"][metric].as_f64()).collect()
}

#[expect(clippy::cast_precision_loss, reason = "a number of requests")]
pub(super) const fn real(n: usize) -> f64 {
    n as f64
}

/// Whether the points are these, in any order.
fn same_points(drawn: &[[f64; 3]], held: &[[f64; 3]]) -> Result<(), String> {
    let mut left: Vec<&[f64; 3]> = held.iter().collect();
    for point in drawn {
        let is = |held: &[f64; 3]| held.iter().zip(point).all(|(a, b)| same(*a, *b));
        let away = |held: &[f64; 3]| held.iter().zip(point).map(|(a, b)| (a - b).abs()).sum::<f64>();
        // Of several that six digits don't tell apart, the nearest.
        let near = (0..left.len())
            .filter(|at| is(left[*at]))
            .min_by(|a, b| away(left[*a]).total_cmp(&away(left[*b])));
        let Some(at) = near else { return Err(format!("{point:?} is of no request")) };
        left.swap_remove(at);
    }
    left.first().map_or(Ok(()), |one| Err(format!("{one:?} and {} more are not drawn", left.len() - 1)))
}
