//! What the charts of several runs are to draw.

use super::super::charts::{Chart, Series, same, same_limits};
use super::super::rules::{FEWEST, number};
use super::{Run, Runs};

/// A value with its limits.
type Limited = (f64, Option<(f64, f64)>);

/// What is wrong with a chart.
pub(super) fn check(runs: &Runs, chart: &Chart) -> Vec<String> {
    let found = history(runs, chart).or_else(|| models(runs, chart));
    let mut wrong = found.unwrap_or_else(|| vec!["no rule knows this chart".to_owned()]);
    wrong.extend(chart.series.iter().filter_map(Series::unrounded));
    wrong.into_iter().map(|what| format!("chart `{}`: {what}", chart.name)).collect()
}

fn rate(run: &Run, category: Option<&str>) -> Option<Limited> {
    run.rate(category).map(|rate| (rate.share, Some(rate.limits)))
}

/// No rule knows a chart by its name and title.
struct Unknown;

/// A value of a run by a chart's name, `pass-rate` or `e2e-3`, and its title.
fn value(runs: &Runs, run: &Run, what: &str, title: &str) -> Result<Option<Limited>, Unknown> {
    if let Some((what, at)) = what.rsplit_once('-').filter(|(_, at)| at.parse::<usize>().is_ok()) {
        let (category, _) = title.split_once(": ").ok_or(Unknown)?;
        let named = at.parse().ok().and_then(|at| runs.categories().into_iter().nth(at));
        return match what {
            _ if named != Some(category) => Err(Unknown),
            "pass-rate" => Ok(rate(run, Some(category))),
            "e2e" => Ok(run.latency("e2e_ms", Some(category)).map(|of| (of.p50, None))),
            _ => Err(Unknown),
        };
    }
    let metric = match what {
        "pass-rate" => return Ok(rate(run, None)),
        "delta" => {
            let end = |end: &str| number(&run.result, &format!("comparison/overall/interval_95_pp/{end}"));
            return Ok(run.delta_pp().map(|delta| (delta, end("low").zip(end("high")))));
        }
        "throughput" => return Ok(run.throughput("output_tokens_per_s").map(|rate| (rate, None))),
        "ttft" => "ttft_ms",
        "tpot" => "tpot_ms",
        "e2e" => "e2e_ms",
        _ => return Err(Unknown),
    };
    // p95 only where every run has enough for one; TPOT has its median.
    let all = || runs.runs.iter().filter_map(|run| run.latency(metric, None));
    let is_tail = what != "tpot" && all().all(|of| super::drawn::real(of.n) >= FEWEST[0].1);
    if title.ends_with("p95") != is_tail {
        return Err(Unknown);
    }
    Ok(run.latency(metric, None).map(|of| (if is_tail { of.p95 } else { of.p50 }, None)))
}

/// A line a model over its runs.
fn history(runs: &Runs, chart: &Chart) -> Option<Vec<String>> {
    let what = chart.name.strip_prefix("history-0-")?;
    let mut wrong = Vec::new();
    // The runs in the order of their time, each with its moment.
    let places = &chart.x.categories;
    let is_told = |(place, run): (&String, &Run)| {
        let mut parts = place.split(" · ");
        let (tick, id) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let short = id.strip_prefix("run ").and_then(|short| runs.by_short(short));
        let changed = parts.next().map(|changed| changed.trim_start_matches("changed: ").to_owned());
        let at = runs.runs.iter().position(|of| std::ptr::eq(of, run))?;
        let held = at.checked_sub(1).map(|before| {
            run.changed(&runs.runs[before]).iter().map(|(what, _)| *what).collect::<Vec<_>>().join(", ")
        });
        let is_same = short.is_some_and(|short| std::ptr::eq(short, run))
            && run.text("started_at").replace('T', " ").contains(tick)
            && changed.unwrap_or_default() == held.unwrap_or_default();
        is_same.then_some(())
    };
    if places.len() != runs.runs.len() || !places.iter().zip(&runs.runs).all(|pair| is_told(pair).is_some()) {
        wrong.push(format!("its places are {places:?}"));
    }
    let mut drawn = 0;
    for series in &chart.series {
        let is_of = |run: &&Run| {
            let side = &run.result["candidate"];
            let simulated = if side["simulated"] == true { ", simulated" } else { "" };
            series.label == format!("{} ({}{simulated})", run.model(), side["endpoint"].as_str().unwrap())
        };
        let mut held: Vec<(f64, Limited)> = Vec::new();
        for (at, run) in (1_u32..).zip(&runs.runs).filter(|(_, run)| is_of(run)) {
            held.extend(value(runs, run, what, &chart.title).ok()?.map(|value| (f64::from(at), value)));
        }
        drawn += held.len();
        let fits = series.x.len() == held.len()
            && held.iter().enumerate().all(|(i, (x, (y, limits)))| {
                same(series.x[i], *x) && same(series.y[i], *y) && same_limits(series.limits(i), *limits)
            });
        if !fits {
            wrong.push(format!("{}: {:?} {:?}, the runs say {held:?}", series.label, series.x, series.y));
        }
    }
    let mut wanted = 0;
    for run in &runs.runs {
        wanted += usize::from(value(runs, run, what, &chart.title).ok()?.is_some());
    }
    if drawn != wanted {
        wrong.push(format!("{drawn} of {wanted} values are drawn"));
    }
    Some(wrong)
}

/// A mark a model, overall or a category a row.
fn models(runs: &Runs, chart: &Chart) -> Option<Vec<String>> {
    let rows = &chart.y.categories;
    let of = |row: &str, model: &str| -> Option<Option<Limited>> {
        let run = runs.by_model(model)?;
        Some(match chart.name.as_str() {
            "models-0" if row == model => rate(run, None),
            "models-0" => None,
            "models-0-pass-rate" => rate(run, Some(row)),
            "models-0-e2e" => run.latency("e2e_ms", Some(row)).map(|of| (of.p50, None)),
            _ => return None,
        })
    };
    let wanted: Vec<&str> = if chart.name == "models-0" {
        runs.runs.iter().map(Run::model).collect()
    } else {
        runs.categories().into_iter().collect()
    };
    let mut wrong = Vec::new();
    let mut shown: Vec<&str> = rows.iter().map(String::as_str).collect();
    shown.sort_unstable();
    let mut sorted = wanted.clone();
    sorted.sort_unstable();
    if shown != sorted {
        wrong.push(format!("its rows are {rows:?}, not {wanted:?}"));
    }
    let models: Vec<&str> = chart.series.iter().map(|series| series.label.as_str()).collect();
    let missing = runs.runs.iter().filter(|run| !models.contains(&run.model()));
    wrong.extend(missing.map(|run| format!("`{}` is not drawn", run.model())));
    for series in &chart.series {
        let mut held = Vec::new();
        for (at, row) in (1_u32..).zip(rows) {
            held.extend(of(row, &series.label)?.map(|value| (f64::from(at), value)));
        }
        let fits = series.x.len() == held.len()
            && held.iter().enumerate().all(|(i, (row, (value, limits)))| {
                (series.y[i] - row).abs() < 0.36
                    && same(series.x[i], *value)
                    && same_limits(series.limits(i), *limits)
            });
        if !fits {
            wrong.push(format!("{}: {:?} in {:?}, the runs say {held:?}", series.label, series.x, series.y));
        }
    }
    Some(wrong)
}
