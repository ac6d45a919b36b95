//! The data of each chart, as they stand beside it in the page, against the rows and summaries of the result.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::rules::number;
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
    low: Vec<Option<f64>>,
    high: Vec<Option<f64>>,
    name: Vec<String>,
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
    let wrong = match chart.name.as_str() {
        "ttft-cdf" => shares(result, chart, "ttft_ms"),
        "e2e-cdf" => shares(result, chart, "e2e_ms"),
        "timeline" => timeline(result, chart),
        "delta-forest" => deltas(result, chart),
        "throughput-load" => over_load(result, chart, |_, side| {
            let path = format!("summary/throughput/{}", throughput(&chart.y.unit));
            Some((number(side, &path)?, None))
        }),
        "ttft-load" => over_load(result, chart, |_, side| {
            let planned = number(side, "summary/ttft_from_schedule_ms/p95");
            Some((planned.or_else(|| number(side, "summary/ttft_ms/p95"))?, None))
        }),
        "in-time-load" => over_load(result, chart, |_, side| {
            with_limits(&side["summary"]["goodput"], "attainment", "attainment_interval_95")
        }),
        "pass-rate-load" => {
            over_load(result, chart, |_, side| with_limits(&side["pass_rate"], "rate", "wilson_95"))
        }
        _ => vec!["no rule knows this chart".to_owned()],
    };
    wrong.into_iter().map(|what| format!("chart `{}`: {what}", chart.name)).collect()
}

fn throughput(unit: &str) -> &'static str {
    if unit.starts_with("tokens") { "output_tokens_per_s" } else { "request_throughput_per_s" }
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= DIGITS * a.abs().max(b.abs())
}

/// The attempts of a side.
fn attempts<'a>(result: &'a Value, side: &'a str) -> impl Iterator<Item = (&'a Value, &'a Value)> {
    let rows = result["rows"].as_array().into_iter().flatten();
    rows.filter_map(move |row| Some((row, row.get(side)?)))
}

/// One metric of the successful requests of a side.
fn values(result: &Value, side: &str, metric: &str) -> Vec<f64> {
    let successful =
        attempts(result, side).filter(|(_, attempt)| attempt["exchange"]["outcome"] == "success");
    successful.filter_map(|(_, attempt)| attempt["metrics"][metric].as_f64()).collect()
}

/// Every point of a cumulative distribution: as many of the values lie below it as it says.
fn shares(result: &Value, chart: &Chart, metric: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for series in &chart.series {
        let values = values(result, &series.key, metric);
        let share = |fits: &dyn Fn(f64) -> bool| count(&values, fits) / as_f64(values.len());
        for (x, y) in series.x.iter().zip(&series.y) {
            let (below, upto) = (share(&|v| v < x * (1.0 - DIGITS)), share(&|v| v <= x * (1.0 + DIGITS)));
            if *y < below - DIGITS || *y > upto + DIGITS {
                wrong.push(format!(
                    "{}: {y} of the requests up to {x}, but it is {below} to {upto}",
                    series.key
                ));
            }
        }
        let ends = (series.y.last().copied(), series.x.last().copied());
        let slowest = values.iter().copied().reduce(f64::max);
        if ends.0 != Some(1.0) || !ends.1.zip(slowest).is_some_and(|(end, slowest)| same(end, slowest)) {
            wrong.push(format!("{}: it ends at {ends:?}, the slowest is {slowest:?}", series.key));
        }
    }
    wrong
}

fn count(values: &[f64], fits: &dyn Fn(f64) -> bool) -> f64 {
    as_f64(values.iter().filter(|value| fits(**value)).count())
}

#[expect(clippy::cast_precision_loss, reason = "a number of requests")]
const fn as_f64(n: usize) -> f64 {
    n as f64
}

/// Every request once, from its sending to its end.
fn timeline(result: &Value, chart: &Chart) -> Vec<String> {
    let both = || ["baseline", "candidate"].into_iter().flat_map(|side| attempts(result, side));
    let sent = |attempt: &Value| attempt["exchange"]["trace"]["sent_ns"].as_f64().unwrap();
    let start = both().map(|(_, attempt)| sent(attempt)).reduce(f64::min).unwrap_or(0.0);
    type Bars = BTreeMap<(String, String), Vec<[f64; 3]>>;
    let (mut wanted, mut drawn) = (Bars::new(), Bars::new());
    for (row, attempt) in both() {
        let outcome = attempt["exchange"]["outcome"].as_str().unwrap().to_owned();
        let name = row["key"]["prompt_id"].as_str().unwrap().to_owned();
        let begin = (sent(attempt) - start) / 1e9;
        let end = (attempt["exchange"]["trace"]["end_ns"].as_f64().unwrap() - start) / 1e9;
        let first = attempt["metrics"]["ttft_ms"].as_f64().map_or(-1.0, |ms| begin + ms / 1e3);
        wanted.entry((outcome, name)).or_default().push([begin, first, end]);
    }
    for series in &chart.series {
        for i in 0..series.x.len() {
            let bar = [series.x[i], series.first[i].unwrap_or(-1.0), series.end[i]];
            drawn.entry((series.key.clone(), series.name[i].clone())).or_default().push(bar);
        }
    }
    let mut wrong = Vec::new();
    for (key, bars) in [&mut wanted, &mut drawn].into_iter().flat_map(BTreeMap::iter_mut) {
        let _named = key;
        bars.sort_by(|a, b| a[0].total_cmp(&b[0]));
    }
    for (key, bars) in &wanted {
        let found = drawn.remove(key).unwrap_or_default();
        let fits = found.len() == bars.len()
            && found.iter().zip(bars).all(|(a, b)| a.iter().zip(b).all(|(a, b)| same(*a, *b)));
        if !fits {
            wrong.push(format!("{key:?}: drawn at {found:?}, the result says {bars:?}"));
        }
    }
    wrong.extend(drawn.keys().map(|key| format!("{key:?} is in no row")));
    wrong
}

/// The difference of each category with its interval.
fn deltas(result: &Value, chart: &Chart) -> Vec<String> {
    let comparison = &result["comparison"];
    let mut wanted = vec![("overall", &comparison["overall"])];
    let categories = comparison["categories"].as_array().into_iter().flatten();
    wanted.extend(categories.map(|rate| (rate["category"].as_str().unwrap_or_default(), rate)));
    wanted.retain(|(_, rate)| rate["delta_pp"].is_number());
    let [series] = chart.series.as_slice() else { return vec!["it has not one series".to_owned()] };
    let mut wrong = Vec::new();
    if chart.y.categories.len() != wanted.len() || series.x.len() != wanted.len() {
        wrong.push(format!("{} rows, of {} wanted", series.x.len(), wanted.len()));
    }
    for (i, ((name, rate), shown)) in wanted.iter().zip(&chart.y.categories).enumerate() {
        let ends = [series.low[i], series.high[i]];
        let limits = [number(rate, "interval_90_pp/low"), number(rate, "interval_90_pp/high")];
        let same_ends = ends.iter().zip(&limits).all(|(a, b)| match (a, b) {
            (Some(a), Some(b)) => same(*a, *b),
            (a, b) => a == b,
        });
        if name != shown || !same(series.x[i], rate["delta_pp"].as_f64().unwrap()) || !same_ends {
            wrong.push(format!("`{shown}` is at {} {ends:?}, the result says {rate}", series.x[i]));
        }
    }
    wrong
}

/// A value with its limits.
type Limited = (f64, Option<(f64, f64)>);

fn with_limits(of: &Value, value: &str, interval: &str) -> Option<Limited> {
    let end = |end: &str| number(of, &format!("{interval}/{end}"));
    Some((number(of, value)?, end("low").zip(end("high"))))
}

/// One value a load and side, in the order of the loads.
fn over_load(
    result: &Value,
    chart: &Chart,
    value: impl Fn(&Value, &Value) -> Option<Limited>,
) -> Vec<String> {
    let mut levels: Vec<&Value> = result["levels"].as_array().into_iter().flatten().collect();
    levels.sort_by(|a, b| number(a, "value").unwrap().total_cmp(&number(b, "value").unwrap()));
    let mut wrong = Vec::new();
    for series in &chart.series {
        let points: Vec<(f64, Limited)> = levels
            .iter()
            .filter_map(|level| Some((number(level, "value")?, value(level, level.get(&series.key)?)?)))
            .collect();
        if points.len() != series.x.len() {
            wrong.push(format!("{}: {} points, of {} loads", series.key, series.x.len(), points.len()));
        }
        for (i, (load, (value, limits))) in points.iter().enumerate().take(series.x.len()) {
            let drawn = series.low.get(i).copied().flatten().zip(series.high.get(i).copied().flatten());
            let same_limits = match (drawn, limits) {
                (Some(a), Some(b)) => same(a.0, b.0) && same(a.1, b.1),
                (None, None) => true,
                _ => false,
            };
            if !same(series.x[i], *load) || !same(series.y[i], *value) || !same_limits {
                wrong.push(format!(
                    "{} at {load}: {} {drawn:?}, the result says {value} {limits:?}",
                    series.key, series.y[i]
                ));
            }
        }
    }
    wrong
}
