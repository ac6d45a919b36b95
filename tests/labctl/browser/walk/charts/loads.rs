//! What came of each load.

use serde_json::Value;

use super::super::rules::number;
use super::{Chart, same, same_limits};

/// A value with its limits.
type Limited = (f64, Option<(f64, f64)>);

/// What is wrong with one of these charts; none where it is another.
pub(super) fn check(result: &Value, chart: &Chart) -> Option<Vec<String>> {
    let plain = |side: &Value, path: &str| Some((number(side, path)?, None));
    let of: &dyn Fn(&Value) -> Option<Limited> = match chart.name.as_str() {
        "throughput-load" if chart.y.unit.starts_with("tokens") => {
            &|side| plain(side, "summary/throughput/output_tokens_per_s")
        }
        "throughput-load" => &|side| plain(side, "summary/throughput/request_throughput_per_s"),
        "ttft-load" => &|side| {
            plain(side, "summary/ttft_from_schedule_ms/p95").or_else(|| plain(side, "summary/ttft_ms/p95"))
        },
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
