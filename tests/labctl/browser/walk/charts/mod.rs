//! The data of each chart, as they stand beside it in the page, against the rows and summaries of the result.

mod amounts;
mod loads;
mod quality;
pub(super) mod speed;
mod time;

use serde::Deserialize;
use serde_json::Value;

use crate::browser::page::Page;

/// Six digits are kept of each value: half of the last one, as a share of the value.
const DIGITS: f64 = 5.001e-6;
/// Moments of a run are kept to the microsecond: half of one, with what a latency in milliseconds is off by, s.
const MOMENT: f64 = 0.502e-6;
/// A moment that is a whole number of milliseconds, as borders of bins are, is kept as it is, s.
const EDGE: f64 = 2e-9;

/// A chart's data.
#[derive(Debug, Deserialize)]
pub(super) struct Chart {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) series: Vec<Series>,
    /// What stands below it.
    notes: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Axis {
    label: String,
    unit: String,
    scale: String,
    low: f64,
    #[serde(default)]
    pub(super) categories: Vec<String>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Series {
    key: String,
    pub(super) label: String,
    marks: String,
    pub(super) x: Vec<f64>,
    end: Vec<f64>,
    first: Vec<Option<f64>>,
    pub(super) y: Vec<f64>,
    top: Vec<f64>,
    low: Vec<Option<f64>>,
    high: Vec<Option<f64>>,
    value: Vec<f64>,
    name: Vec<String>,
    /// Whether its places are moments of the run.
    #[serde(skip)]
    is_time: bool,
}

impl Series {
    /// How far a place that is drawn may be from where it is.
    fn off(&self, place: f64) -> f64 {
        if self.is_time { MOMENT } else { digits(place) }
    }

    /// How far a border of a bin may be from where it is.
    fn off_edge(&self, edge: f64) -> f64 {
        if self.is_time { EDGE } else { digits(edge) }
    }

    /// What is not rounded as values of a page are: moments to the microsecond, all else to six digits.
    pub(super) fn unrounded(&self) -> Option<String> {
        let six =
            |value: &f64| format!("{value:.5e}").parse::<f64>().is_ok_and(|six| same_number(six, *value));
        let micro =
            |value: &f64| format!("{value:.6}").parse::<f64>().is_ok_and(|six| same_number(six, *value));
        let place = |value: &f64| if self.is_time { micro(value) } else { six(value) };
        let places = self.x.iter().chain(&self.end).chain(self.first.iter().flatten());
        let limits = self.low.iter().chain(&self.high).flatten();
        let values = self.y.iter().chain(&self.top).chain(limits).chain(&self.value);
        let long = places.filter(|value| !place(value)).chain(values.filter(|value| !six(value))).next();
        long.map(|value| format!("{}: {value} has more digits than a page's numbers", self.key))
    }

    /// The side that its key names.
    fn side(&self) -> &'static str {
        if self.key.contains("baseline") { "baseline" } else { "candidate" }
    }

    /// An interval that goes with a mark.
    pub(super) fn limits(&self, at: usize) -> Option<(f64, f64)> {
        self.low.get(at).copied().flatten().zip(self.high.get(at).copied().flatten())
    }
}

/// The charts of a page.
pub(super) fn charts(page: &Page) -> Vec<Chart> {
    let mut charts: Vec<Chart> = page.eval(
        "[...document.querySelectorAll('figure[data-chart]')].map(figure => ({
            ...JSON.parse(figure.querySelector('script[type=\"application/json\"]').textContent),
            notes: [...figure.querySelectorAll('.chart-notes li')].map(note => note.textContent),
        }))",
    );
    for chart in &mut charts {
        let is_time = chart.x.label == "time" && chart.x.unit == "s";
        chart.series.iter_mut().for_each(|series| series.is_time = is_time);
    }
    charts
}

/// What is wrong with a chart.
pub(super) fn check(result: &Value, chart: &Chart) -> Vec<String> {
    let found = speed::check(result, chart)
        .or_else(|| time::check(result, chart))
        .or_else(|| loads::check(result, chart))
        .or_else(|| quality::check(result, chart));
    let mut wrong = found.unwrap_or_else(|| vec!["no rule knows this chart".to_owned()]);
    wrong.extend(chart.series.iter().filter_map(Series::unrounded));
    wrong.extend(chart.series.iter().filter_map(|series| uneven(chart, series)));
    wrong.into_iter().map(|what| format!("chart `{}`: {what}", chart.name)).collect()
}

/// What is wrong with the borders of bins: they are of one width, on a logarithmic axis of one factor; the last of a run's
/// ends when the run does.
fn uneven(chart: &Chart, series: &Series) -> Option<String> {
    let n = series.x.len().checked_sub(1).filter(|_| matches!(series.marks.as_str(), "bars" | "stack"))?;
    let (first, last) = (series.x[0], series.x[n]);
    let at = |i: usize| {
        if series.is_time {
            real(i) * series.x[1]
        } else if chart.x.scale == "log10" {
            first * (last / first).powf(real(i) / real(n))
        } else {
            first + (last - first) * real(i) / real(n)
        }
    };
    let ends = if series.is_time { n } else { n + 1 };
    let strange = (0..ends).find(|i| {
        let off = if series.is_time { MOMENT } else { 3.0 * digits(at(*i)) };
        (series.x[*i] - at(*i)).abs() > off + EDGE
    });
    let rest = last - series.x[n - 1];
    let is_rest = !series.is_time || n == 1 || (0.499..=1.501).contains(&(rest / series.x[1]));
    let wrong = strange.map(|i| format!("{}: a bin begins at {}, not at {}", series.key, series.x[i], at(i)));
    wrong.or_else(|| (!is_rest).then(|| format!("{}: the last bin is {rest} long", series.key)))
}

/// Half of the last of a value's six digits.
fn digits(value: f64) -> f64 {
    DIGITS * value.abs()
}

pub(super) fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= digits(a.abs().max(b.abs()))
}

/// The same but for what two ways of reading a decimal number may differ by.
fn same_number(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-14 * a.abs().max(b.abs())
}

pub(super) fn same_limits(a: Option<(f64, f64)>, b: Option<(f64, f64)>) -> bool {
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

/// A percentile of values in ascending order: between the two that it lies between, by how far it lies (Hyndman and Fan's
/// seventh).
pub(super) fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let (index, rest) = (last * percent / 100, last * percent % 100);
    let next = sorted[(index + 1).min(last)];
    Some(sorted[index] + (next - sorted[index]) * real(rest) / 100.0)
}

#[expect(clippy::cast_precision_loss, reason = "a number of requests")]
pub(super) const fn real(n: usize) -> f64 {
    n as f64
}

/// Whether the points are these, in any order; `off` says how far a drawn one may be from its own.
fn same_points(
    drawn: &[[f64; 3]],
    held: &[[f64; 3]],
    off: &dyn Fn(&[f64; 3]) -> [f64; 3],
) -> Result<(), String> {
    let mut left: Vec<&[f64; 3]> = held.iter().collect();
    for point in drawn {
        let most = off(point);
        let is = |held: &[f64; 3]| (0..3).all(|at| (held[at] - point[at]).abs() <= most[at]);
        let away = |held: &[f64; 3]| held.iter().zip(point).map(|(a, b)| (a - b).abs()).sum::<f64>();
        // Of several that the digits don't tell apart, the nearest.
        let near = (0..left.len())
            .filter(|at| is(left[*at]))
            .min_by(|a, b| away(left[*a]).total_cmp(&away(left[*b])));
        let Some(at) = near else { return Err(format!("{point:?} is of no request")) };
        left.swap_remove(at);
    }
    left.first().map_or(Ok(()), |one| Err(format!("{one:?} and {} more are not drawn", left.len() - 1)))
}
