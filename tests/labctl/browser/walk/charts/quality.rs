//! Pass rates, and how good a judge is.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::rules::number;
use super::amounts::by_cell;
use super::{Chart, Series, attempts, real, same, same_limits};

/// What is wrong with one of these charts; none where it is another.
pub(super) fn check(result: &Value, chart: &Chart) -> Option<Vec<String>> {
    let of: fn(&Value, &Chart, &Series) -> Vec<String> = match chart.name.as_str() {
        "pass-rates" => pass_rates,
        "judge-agreement" | "judge-agreement-baseline" => agreement,
        "judge-calibration" => calibration,
        _ => return None,
    };
    let told = |series: &Series, what: String| format!("{} ({}): {what}", series.key, series.marks);
    let drawn = chart.series.iter().filter(|series| series.key != "equal");
    Some(
        drawn
            .flat_map(|series| of(result, chart, series).into_iter().map(move |what| told(series, what)))
            .collect(),
    )
}

/// Each category's rate with its interval, on its side's place in the category's row.
fn pass_rates(result: &Value, chart: &Chart, series: &Series) -> Vec<String> {
    let side = series.side();
    let rate = |name: &str| -> Option<Value> {
        let comparison = &result["comparison"];
        if comparison.is_object() && result["baseline"].is_object() {
            let categories = comparison["categories"].as_array()?;
            let of = if name == "overall" {
                &comparison["overall"]
            } else {
                categories.iter().find(|rate| rate["category"] == name)?
            };
            return Some(of[side].clone());
        }
        let wanted = (name != "overall").then_some(name);
        let rates = result[side]["pass_rates"].as_array()?;
        Some(rates.iter().find(|rate| rate["category"].as_str() == wanted)?["pass_rate"].clone())
    };
    let mut wrong = Vec::new();
    if series.x.len() != chart.y.categories.len() {
        wrong.push(format!("{} marks in {} rows", series.x.len(), chart.y.categories.len()));
    }
    for (i, x) in series.x.iter().enumerate() {
        let row =
            (1_u32..).zip(&chart.y.categories).find(|(row, _)| (f64::from(*row) - series.y[i]).abs() < 0.3);
        let held = row.and_then(|(_, name)| rate(name));
        let fits = held.as_ref().is_some_and(|held| {
            let limits = number(held, "wilson_95/low").zip(number(held, "wilson_95/high"));
            number(held, "rate").is_some_and(|rate| same(rate, *x)) && same_limits(series.limits(i), limits)
        });
        if !fits {
            wrong.push(format!("{row:?}: {x} {:?}, the result says {held:?}", series.limits(i)));
        }
    }
    wrong
}

/// What a judge's replies were read as, with the row and whether they were accepted.
fn graded<'a>(result: &'a Value, side: &'a str) -> impl Iterator<Item = (&'a Value, &'a Value, bool)> {
    attempts(result, side).filter_map(|(row, attempt)| {
        let graded = attempt["judgement"].get("graded")?;
        // What couldn't be read gave nothing.
        (!graded["given"].is_null()).then(|| (row, graded, attempt["judgement"]["verdict"] == "pass"))
    })
}

/// How many replies gave each score where gold is another.
fn agreement(result: &Value, chart: &Chart, series: &Series) -> Vec<String> {
    let side = if chart.name.ends_with("baseline") { "baseline" } else { "candidate" };
    let of = |graded: &Value| Some((graded["gold"].as_f64()?, graded["given"].as_f64()?));
    let points: Vec<(f64, f64)> = graded(result, side).filter_map(|(_, graded, _)| of(graded)).collect();
    by_cell(series, &points).into_iter().collect()
}

/// Ten bins of stated confidence: the mean of what was stated, and the share that was accepted.
fn calibration(result: &Value, _: &Chart, series: &Series) -> Vec<String> {
    let mut bins: Vec<(Vec<f64>, usize, BTreeSet<&str>)> = vec![Default::default(); 10];
    for (row, graded, accepted) in graded(result, series.side()) {
        let Some(confidence) = graded["confidence"].as_f64() else { continue };
        let at = (0..9).find(|bin| confidence < real(bin + 1) / 10.0).unwrap_or(9);
        bins[at].0.push(confidence);
        bins[at].1 += usize::from(accepted);
        bins[at].2.extend(row["key"]["prompt_id"].as_str());
    }
    let filled = bins.iter().filter(|bin| !bin.0.is_empty());
    let held: Vec<(f64, f64, usize)> = filled
        .map(|(stated, accepted, prompts)| {
            let n = real(stated.len());
            (stated.iter().sum::<f64>() / n, real(*accepted) / n, prompts.len())
        })
        .collect();
    let mut wrong = Vec::new();
    if held.len() != series.x.len() {
        wrong.push(format!("{} points, of {} bins", series.x.len(), held.len()));
    }
    for (i, (mean, share, prompts)) in held.iter().enumerate().take(series.x.len()) {
        let limits = super::speed::wilson(*share, real(*prompts));
        let fits = series
            .limits(i)
            .is_some_and(|(low, high)| (low - limits.0).abs() < 1e-4 && (high - limits.1).abs() < 1e-4);
        if !same(series.x[i], *mean) || !same(series.y[i], *share) || !fits {
            let drawn = (series.x[i], series.y[i], series.limits(i));
            wrong.push(format!("drawn {drawn:?}, it is {mean}, {share} {limits:?}"));
        }
    }
    wrong
}
