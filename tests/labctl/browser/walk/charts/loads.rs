//! What came of each load.

use serde_json::Value;

use super::super::rules::number;
use super::{Chart, same, same_limits};

/// A value with its limits.
type Limited = (f64, Option<(f64, f64)>);

/// What is wrong with one of these charts; none where it is another.
pub(super) fn check(result: &Value, chart: &Chart) -> Option<Vec<String>> {
    let plain = |side: &Value, path: &str| Some((number(side, path)?, None));
    let ttft = |side: &Value| {
        plain(side, "summary/ttft_from_schedule_ms/p95").or_else(|| plain(side, "summary/ttft_ms/p95"))
    };
    let e2e = |side: &Value| {
        let open = side["summary"]["ttft_from_schedule_ms"].is_object();
        plain(side, if open { "summary/latency_from_schedule_ms/p95" } else { "summary/e2e_ms/p95" })
    };
    let of: &dyn Fn(&Value) -> Option<Limited> = match chart.name.as_str() {
        "throughput-load" if chart.y.unit.starts_with("tokens") => {
            &|side| plain(side, "summary/throughput/output_tokens_per_s")
        }
        "throughput-load" => &|side| plain(side, "summary/throughput/request_throughput_per_s"),
        "ttft-load" => &ttft,
        "e2e-load" => &e2e,
        "tpot-load" => &|side| plain(side, "summary/tpot_ms/p95"),
        "error-load" => &|side| plain(side, "summary/error_rate"),
        "throughput-latency" => return Some(against(result, chart, &ttft)),
        "throughput-e2e" => return Some(against(result, chart, &e2e)),
        "goodput-load" => &|side| plain(side, "summary/goodput/goodput_per_s"),
        "in-time-load" => {
            &|side| with_limits(&side["summary"]["goodput"], "attainment", "attainment_interval_95")
        }
        "pass-rate-load" => &|side| with_limits(&side["pass_rate"], "rate", "wilson_95"),
        _ => return None,
    };
    Some(over_load(result, chart, of))
}

fn with_limits(of: &Value, value: &str, interval: &str) -> Option<Limited> {
    let end = |end: &str| number(of, &format!("{interval}/{end}"));
    Some((number(of, value)?, end("low").zip(end("high"))))
}

/// One value a load and side, in the order of the loads.
fn over_load(result: &Value, chart: &Chart, value: &dyn Fn(&Value) -> Option<Limited>) -> Vec<String> {
    let mut levels: Vec<&Value> = result["levels"].as_array().into_iter().flatten().collect();
    levels.sort_by(|a, b| number(a, "value").unwrap().total_cmp(&number(b, "value").unwrap()));
    let mut wrong = Vec::new();
    for series in &chart.series {
        let of = |level: &&Value| Some((number(level, "value")?, value(level.get(series.side())?)?));
        let points: Vec<(f64, Limited)> = levels.iter().filter_map(of).collect();
        if points.len() != series.x.len() {
            wrong.push(format!("{}: {} points, of {} loads", series.key, series.x.len(), points.len()));
            continue;
        }
        for (i, (load, (value, limits))) in points.iter().enumerate() {
            let drawn = series.limits(i);
            if !same(series.x[i], *load) || !same(series.y[i], *value) || !same_limits(drawn, *limits) {
                let y = series.y[i];
                wrong.push(format!(
                    "{} at {load}: {y} {drawn:?}, the result says {value} {limits:?}",
                    series.key
                ));
            }
        }
    }
    wrong
}

/// A latency against the throughput of the same load, in the order of the loads.
fn against(result: &Value, chart: &Chart, latency: &dyn Fn(&Value) -> Option<Limited>) -> Vec<String> {
    let mut levels: Vec<&Value> = result["levels"].as_array().into_iter().flatten().collect();
    levels.sort_by(|a, b| number(a, "value").unwrap().total_cmp(&number(b, "value").unwrap()));
    let rates = ["output_tokens_per_s", "request_throughput_per_s"];
    let mut wrong = Vec::new();
    for series in &chart.series {
        let points = |rate: &str| -> Vec<(f64, f64)> {
            let of = |level: &&Value| {
                let side = level.get(series.side())?;
                Some((number(side, &format!("summary/throughput/{rate}"))?, latency(side)?.0))
            };
            levels.iter().filter_map(of).collect()
        };
        let fits = rates.iter().any(|rate| {
            let held = points(rate);
            held.len() == series.x.len()
                && held
                    .iter()
                    .zip(series.x.iter().zip(&series.y))
                    .all(|(a, (x, y))| same(a.0, *x) && same(a.1, *y))
        });
        if !fits {
            wrong.push(format!(
                "{}: {:?} {:?}, it is {:?}",
                series.key,
                series.x,
                series.y,
                points(rates[0])
            ));
        }
    }
    wrong
}
