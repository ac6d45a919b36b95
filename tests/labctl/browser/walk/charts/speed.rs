//! Differences, ratios, distributions, shares, objectives, and one number against another.

use serde_json::Value;

use super::super::rules::{FEWEST, number};
use super::amounts::{Amounts, by_cell};
use super::{
    Chart, DIGITS, Series, attempts, digits, percentile, real, same, same_limits, same_points, successes,
    values,
};

/// What is wrong with one of these charts; none where it is another.
pub(super) fn check(result: &Value, chart: &Chart) -> Option<Vec<String>> {
    let name = chart.name.as_str();
    let latency = |name: &str| match name {
        "ttft" => Some("ttft_ms"),
        "itl" => Some("itl_ms"),
        "tpot" => Some("tpot_ms"),
        "e2e" => Some("e2e_ms"),
        "stall" => Some("max_stall_ms"),
        _ => None,
    };
    if let Some(metric) = name.strip_suffix("-cdf").and_then(latency) {
        return Some(each(chart, |series| cumulative(result, chart, series, metric)));
    }
    if let Some(metric) = name.strip_suffix("-histogram").and_then(latency) {
        return Some(each(chart, |series| {
            let held = latencies(result, series.side(), metric);
            let events: Vec<(f64, f64)> = held.iter().map(|value| (*value, 1.0 / real(held.len()))).collect();
            let off: Option<fn(f64) -> f64> = (metric == "itl_ms").then_some(class);
            Amounts { off, ..Amounts::of(events) }.check(series, &series.x, &series.y).into_iter().collect()
        }));
    }
    match name.trim_end_matches("-baseline") {
        "category-ttft" => Some(each(chart, |series| by_category(result, chart, series, "metrics/ttft_ms"))),
        "category-speed" => Some(each(chart, |series| by_category(result, chart, series, "metrics/e2e_ms"))),
        "delta-forest" => Some(deltas(result, chart)),
        "speed-ratios" => Some(ratios(result, chart)),
        "shares" => Some(each(chart, |series| shares(result, chart, series))),
        "objectives" => Some(each(chart, |series| objectives(result, chart, series))),
        "ttft-prompt" => Some(each(chart, |series| {
            pairs(result, series, name, |attempt| {
                let tokens =
                    attempt["exchange"]["usage"]["prompt_tokens"].as_f64().filter(|tokens| *tokens > 0.0)?;
                Some((tokens, number(attempt, "metrics/ttft_ms")?))
            })
        })),
        "ttft-e2e" => Some(each(chart, |series| {
            pairs(result, series, name, |attempt| {
                Some((number(attempt, "metrics/e2e_ms")?, number(attempt, "metrics/ttft_ms")?))
            })
        })),
        _ => None,
    }
}

fn each(chart: &Chart, check: impl Fn(&Series) -> Vec<String>) -> Vec<String> {
    let told = |series: &Series| {
        let what = |what| format!("{} ({}): {what}", series.key, series.marks);
        check(series).into_iter().map(what).collect::<Vec<_>>()
    };
    chart.series.iter().flat_map(told).collect()
}

/// A latency of a side's successful requests; of ITL every gap between two tokens with their own times.
fn latencies(result: &Value, side: &str, metric: &str) -> Vec<f64> {
    if metric != "itl_ms" {
        return values(result, side, metric);
    }
    let mut all = Vec::new();
    for (_, attempt) in successes(result, side) {
        let chunks = &attempt["exchange"]["trace"]["chunks"];
        let list = |key: &str| chunks[key].as_array().cloned().unwrap_or_default();
        let (times, tokens, inexact) = (list("recv_ns"), list("tokens"), list("inexact"));
        let bearing: Vec<(f64, bool)> = times
            .iter()
            .zip(&tokens)
            .enumerate()
            .filter(|(_, (_, tokens))| tokens.as_u64() > Some(0))
            .map(|(i, (at, _))| {
                (at.as_f64().unwrap(), !inexact.iter().any(|one| one.as_u64() == Some(i as u64)))
            })
            .collect();
        let exact = bearing.windows(2).filter(|pair| pair[0].1 && pair[1].1);
        all.extend(exact.map(|pair| (pair[1].0 - pair[0].0) / 1e6));
    }
    all
}

/// How far a gap between two tokens may be from the one that was measured, ms: of a histogram with three digits, in
/// steps of 2^9 ns at least.
fn class(gap: f64) -> f64 {
    (gap * 1e-3).max(0.000_513)
}

/// Of fewer values than this each is a step of its own.
const EACH: usize = 150;

/// Every step: as many of the values lie below it as it says. Every name: the percentile of the summary.
fn cumulative(result: &Value, chart: &Chart, series: &Series, metric: &str) -> Vec<String> {
    let summary = &result[series.side()]["summary"][metric];
    if series.marks == "named" {
        let wrong = |i: &usize| {
            let held = number(summary, &series.name[*i].replace('.', "_"));
            let share = series.name[*i].trim_start_matches('p').parse::<f64>().unwrap() / 100.0;
            !held.is_some_and(|held| same(held, series.x[*i])) || !same(share, series.y[*i])
        };
        let named = (0..series.x.len()).filter(wrong);
        return named
            .map(|i| format!("{} at {}, the result says {summary}", series.name[i], series.x[i]))
            .collect();
    }
    let mut held = latencies(result, series.side(), metric);
    held.sort_by(f64::total_cmp);
    let n = real(held.len());
    let off = |x: f64| digits(x) + if metric == "itl_ms" { class(x) } else { 1e-9 };
    let mut wrong = Vec::new();
    for (x, y) in series.x.iter().zip(&series.y) {
        let below = real(held.partition_point(|value| *value < x - off(*x))) / n;
        let upto = real(held.partition_point(|value| *value <= x + off(*x))) / n;
        // What lies before the beginning of a logarithmic axis is drawn at its beginning.
        let is_cut = same(*x, chart.x.low);
        if (*y < below - DIGITS && !is_cut) || *y > upto + DIGITS {
            wrong.push(format!("{y} up to {x}, but it is {below} to {upto}"));
        }
        // A step is at a value.
        let at = held.partition_point(|value| *value < x - off(*x));
        if !is_cut && held.get(at).is_none_or(|value| *value > x + off(*x)) {
            wrong.push(format!("{x} is no value"));
        }
    }
    // Of few values each has its step, after one from 0.
    let mut distinct = held.clone();
    distinct.dedup_by(|a, b| a.total_cmp(b).is_eq());
    if metric != "itl_ms" && held.len() < EACH && series.x.len() != distinct.len() + 1 {
        wrong.push(format!("{} steps of {} values", series.x.len(), distinct.len()));
    }
    let slowest = held.iter().copied().fold(0.0, f64::max);
    let end = series.x.last().copied().unwrap_or(f64::NAN);
    if series.y.last() != Some(&1.0) || (end - slowest).abs() > off(slowest) {
        wrong.push(format!("it ends at {end}, {:?}; the slowest is {slowest}", series.y.last()));
    }
    wrong
}

/// The difference of each category with its interval, and the loss that a gate allows.
fn deltas(result: &Value, chart: &Chart) -> Vec<String> {
    let comparison = &result["comparison"];
    let mut wanted = vec![("overall", &comparison["overall"])];
    let categories = comparison["categories"].as_array().into_iter().flatten();
    wanted.extend(categories.map(|rate| (rate["category"].as_str().unwrap_or_default(), rate)));
    wanted.retain(|(_, rate)| rate["delta_pp"].is_number());
    // Shown where the categories differ in size.
    if chart.y.categories.iter().any(|name| name == "macro average") {
        wanted.push(("macro average", &comparison["macro_average"]));
    }
    let held = wanted.iter().map(|(name, rate)| {
        let limits = number(rate, "interval_90_pp/low").zip(number(rate, "interval_90_pp/high"));
        ((*name).to_owned(), number(rate, "delta_pp").unwrap(), limits)
    });
    let mut wrong = rests(chart, &held.collect::<Vec<_>>());
    let margins = chart.series.iter().filter(|series| series.key == "margin").flat_map(|series| &series.x);
    let gates = comparison["gates"].as_array().cloned().unwrap_or_default();
    let allowed = |x: f64| gates.iter().any(|gate| number(gate, "margin_pp").is_some_and(|pp| same(-pp, x)));
    wrong.extend(margins.filter(|x| !allowed(**x)).map(|x| format!("no gate allows {x}")));
    wrong
}

/// The ratio of each metric with its interval.
fn ratios(result: &Value, chart: &Chart) -> Vec<String> {
    let all = result["comparison"]["speed"].as_array().into_iter().flatten();
    let held = all.filter_map(|speed| {
        let ratio = number(speed, "ratio").filter(|ratio| *ratio > 0.0)?;
        let (metric, statistic) = (speed["metric"].as_str()?, speed["statistic"].as_str()?);
        let name = match metric {
            "ttft_ms" => "TTFT",
            "tpot_ms" => "TPOT",
            "itl_ms" => "ITL",
            "max_stall_ms" => "max stall",
            "e2e_ms" => "E2E",
            "request_throughput_per_s" => "requests/s",
            "output_tokens_per_s" => "output tokens/s",
            "correct_answers_per_s" => "correct answers/s",
            "goodput_per_s" => "goodput, requests/s",
            other => other,
        };
        let name = if statistic == "rate" { name.to_owned() } else { format!("{name} {statistic}") };
        Some((name, ratio, number(speed, "interval_95/low").zip(number(speed, "interval_95/high"))))
    });
    rests(chart, &held.collect::<Vec<_>>())
}

/// A row's name, its value, and the limits of its interval.
type Rest = (String, f64, Option<(f64, f64)>);

/// Rows with a value and its interval, each once over all series; a row without a name is left free.
fn rests(chart: &Chart, held: &[Rest]) -> Vec<String> {
    let mut left: Vec<_> = held.iter().collect();
    let mut wrong = Vec::new();
    for series in chart.series.iter().filter(|series| series.marks == "rests" && series.key != "noise") {
        for (i, x) in series.x.iter().enumerate() {
            let row = (1_u32..).zip(&chart.y.categories).find(|(row, _)| same(f64::from(*row), series.y[i]));
            let at = left.iter().position(|(name, at, limits)| {
                row.is_some_and(|(_, shown)| shown == name)
                    && same(*at, *x)
                    && same_limits(series.limits(i), *limits)
            });
            match at {
                Some(at) => drop(left.swap_remove(at)),
                None => wrong.push(format!("{row:?}: {x} {:?} is not in the result", series.limits(i))),
            }
        }
    }
    wrong.extend(left.iter().map(|one| format!("{one:?} is not drawn")));
    wrong
}

/// Mean time until the first token and until the last, overall and by category.
fn shares(result: &Value, chart: &Chart, series: &Series) -> Vec<String> {
    let mut wrong = Vec::new();
    let has_any = |name: &&String| {
        let of = |row: &Value| *name == "overall" || row["category"] == name.as_str();
        successes(result, series.side()).any(|(row, attempt)| {
            of(row) && ["ttft_ms", "e2e_ms"].iter().all(|metric| attempt["metrics"][*metric].is_number())
        })
    };
    let wanted = chart.y.categories.iter().filter(has_any).count();
    if series.x.len() != wanted {
        wrong.push(format!("{} bars in {wanted} rows", series.x.len()));
    }
    for (i, name) in series.name.iter().enumerate() {
        let of = |row: &Value| name == "overall" || row["category"] == name.as_str();
        let times: Vec<(f64, f64)> = successes(result, series.side())
            .filter(|(row, _)| of(row))
            .filter_map(|(_, attempt)| {
                Some((number(attempt, "metrics/ttft_ms")?, number(attempt, "metrics/e2e_ms")?))
            })
            .collect();
        let first = times.iter().map(|(first, _)| first).sum::<f64>() / real(times.len());
        let whole = times.iter().map(|(_, whole)| whole).sum::<f64>() / real(times.len());
        let drawn = (series.x[i], series.first[i].unwrap_or(f64::NAN), series.end[i]);
        if drawn.0 != 0.0 || !same(drawn.1, first) || !same(drawn.2, whole) {
            wrong.push(format!("`{name}`: drawn {drawn:?}, it is {first} and {whole}"));
        }
    }
    wrong
}

/// Each category's median, or its p95, over the pairs that succeeded on both sides where there are two.
fn by_category(result: &Value, chart: &Chart, series: &Series, metric: &str) -> Vec<String> {
    let succeeded = |row: &Value, side: &str| {
        let attempt = row.get(side).filter(|attempt| attempt["exchange"]["outcome"] == "success")?;
        number(attempt, metric)
    };
    let compared = result["comparison"].is_object() && result["baseline"].is_object();
    let percent = if series.marks == "targets" { 95 } else { 50 };
    // Too few have no p95.
    let fewest = if percent == 95 { FEWEST[0].1 } else { 1.0 };
    let held = |name: &str| {
        let rows = result["rows"].as_array().into_iter().flatten();
        let of = rows.filter(|row| name == "overall" || row["category"] == name);
        let both = of.filter(|row| {
            !compared || ["baseline", "candidate"].iter().all(|side| succeeded(row, side).is_some())
        });
        let mut held: Vec<f64> = both.filter_map(|row| succeeded(row, series.side())).collect();
        held.sort_by(f64::total_cmp);
        percentile(&held, percent).filter(|_| real(held.len()) >= fewest)
    };
    let mut wrong = Vec::new();
    for (i, x) in series.x.iter().enumerate() {
        let name = row_of(chart, series.y[i]);
        let held = name.and_then(held);
        if !held.is_some_and(|held| same(held, *x)) {
            wrong.push(format!("{name:?}: {x}, it is {held:?}"));
        }
    }
    let wanted = chart.y.categories.iter().filter(|name| held(name).is_some()).count();
    if series.x.len() != wanted {
        wrong.push(format!("{} marks, of {wanted} rows that have one", series.x.len()));
    }
    wrong
}

/// The row that a mark stands in: those of two sides stand a little above and below its middle.
fn row_of(chart: &Chart, y: f64) -> Option<&str> {
    let rows = (1_u32..).zip(&chart.y.categories);
    rows.into_iter().find(|(row, _)| (f64::from(*row) - y).abs() < 0.3).map(|(_, name)| name.as_str())
}

/// The share of requests that kept to each objective, with Wilson's interval, and what is asked.
fn objectives(result: &Value, chart: &Chart, series: &Series) -> Vec<String> {
    let slos = result["question"]["slos"].as_array().cloned().unwrap_or_default();
    let held = |name: &str| {
        let slo = slos.iter().find(|slo| super::super::rules::written(slo) == name);
        match (slo, series.marks.as_str()) {
            (None, "targets") => None,
            (None, _) => {
                with(&result[series.side()]["summary"]["goodput"], "attainment", "attainment_interval_95")
            }
            (Some(slo), "targets") => asked(slo).map(|share| (share, None)),
            (Some(slo), _) => kept(result, series.side(), slo),
        }
    };
    let mut wrong = Vec::new();
    for i in 0..series.x.len() {
        let name = row_of(chart, series.y[i]);
        let held = name.and_then(held);
        let fits = held
            .is_some_and(|(share, limits)| same(share, series.x[i]) && same_limits(series.limits(i), limits));
        if !fits {
            wrong.push(format!("{name:?}: {} {:?}, it is {held:?}", series.x[i], series.limits(i)));
        }
    }
    let wanted = chart.y.categories.iter().filter(|name| held(name).is_some()).count();
    if series.x.len() != wanted {
        wrong.push(format!("{} marks, of {wanted} rows that have one", series.x.len()));
    }
    wrong
}

type Limited = (f64, Option<(f64, f64)>);

fn with(of: &Value, value: &str, interval: &str) -> Option<Limited> {
    let end = |end: &str| number(of, &format!("{interval}/{end}"));
    Some((number(of, value)?, end("low").zip(end("high"))))
}

fn asked(slo: &Value) -> Option<f64> {
    match (slo["metric"].as_str()?, slo["statistic"].as_str()) {
        ("pass_rate", _) => number(slo, "value"),
        ("error_rate", _) => Some(1.0 - number(slo, "value")?),
        (_, Some("max") | None) => Some(1.0),
        (_, Some(percentile)) => Some(percentile.trim_start_matches('p').parse::<f64>().ok()? / 100.0),
    }
}

fn kept(result: &Value, side: &str, slo: &Value) -> Option<Limited> {
    let metric = slo["metric"].as_str()?;
    if metric == "pass_rate" {
        let rates = result[side]["pass_rates"].as_array()?;
        return with(
            &rates.iter().find(|rate| rate["category"].is_null())?["pass_rate"],
            "rate",
            "wilson_95",
        );
    }
    let bound = number(slo, "value")?;
    let keeps = |attempt: &Value| {
        let is_success = attempt["exchange"]["outcome"] == "success";
        // A response of one token has no time per token that could be too long.
        let within = match (number(&attempt["metrics"], metric), slo["bound"].as_str()) {
            (Some(value), Some("<" | "<=")) => value <= bound,
            (Some(value), _) => value >= bound,
            (None, _) => metric == "tpot_ms" || metric == "error_rate",
        };
        is_success && within
    };
    let all: Vec<bool> = attempts(result, side).map(|(_, attempt)| keeps(attempt)).collect();
    let (n, share) = (real(all.len()), real(all.iter().filter(|keeps| **keeps).count()) / real(all.len()));
    Some((share, Some(wilson(share, n))))
}

/// The interval of a share of so many, at 95 % (Wilson 1927).
pub(in super::super) fn wilson(share: f64, n: f64) -> (f64, f64) {
    let z = 1.959_963_984_540_054_f64;
    let middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// One number of each successful request against another, as dots or as counts in cells.
fn pairs(
    result: &Value,
    series: &Series,
    chart: &str,
    of: impl Fn(&Value) -> Option<(f64, f64)>,
) -> Vec<String> {
    let side = if chart.ends_with("-baseline") { "baseline" } else { series.side() };
    let held: Vec<(f64, f64)> = successes(result, side).filter_map(|(_, attempt)| of(attempt)).collect();
    points(series, &held)
}

/// Points of a chart, as dots or as counts in cells.
pub(super) fn points(series: &Series, held: &[(f64, f64)]) -> Vec<String> {
    if series.marks == "cells" {
        return by_cell(series, held).into_iter().collect();
    }
    let triple = |(x, y): (&f64, &f64)| [*x, *y, 0.0];
    let drawn: Vec<[f64; 3]> = series.x.iter().zip(&series.y).map(triple).collect();
    let held: Vec<[f64; 3]> = held.iter().map(|(x, y)| [*x, *y, 0.0]).collect();
    let off = |[x, y, _]: &[f64; 3]| [series.off(*x), digits(*y), 0.0];
    same_points(&drawn, &held, &off).err().into_iter().collect()
}
