//! The numbers that carry the answer: each with its value, and what stands small below it.

use serde::Deserialize;
use serde_json::Value;

use super::number::{Held, among, compare};
use super::rules::number;
use crate::browser::page::Page;

/// A number in large print.
#[derive(Debug, Deserialize)]
pub(super) struct Headline {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) below: Vec<String>,
}

/// The page's.
pub(super) fn headlines(page: &Page) -> Vec<Headline> {
    page.eval(
        "[...document.querySelectorAll('.answer .number')].map(number => {
            const dd = number.querySelector('dd').cloneNode(true);
            const below = [...dd.querySelectorAll('small:not(.scale)')].map(small => small.textContent.trim());
            dd.querySelectorAll('small, svg').forEach(one => one.remove());
            // Its abbreviation, without what that stands for.
            const dt = number.querySelector('dt').cloneNode(true);
            dt.querySelector('span')?.remove();
            return {label: dt.textContent.trim(), value: dd.textContent.trim(), below};
        })",
    )
}

/// What the result says of one: the value, and all numbers that may stand with it.
struct Known {
    value: Option<Held>,
    beside: Vec<Held>,
}

/// What is wrong with one.
pub(super) fn check(result: &Value, headline: &Headline) -> Vec<String> {
    let Headline { label, value, below } = headline;
    let told = |what: String| format!("headline `{label}`, `{value}`, {below:?}: {what}");
    let Some(mut known) = known(result, label) else {
        return vec![told("no rule knows this number".to_owned())];
    };
    known.beside.extend(known.value);
    // How sure the intervals are.
    known.beside.extend([90.0, 95.0].map(Held::Exact));
    // Where no difference is shown it is the ratio itself.
    let value_alone = value.strip_prefix("ratio ").unwrap_or(value);
    let first: String =
        value_alone.split_whitespace().next().unwrap_or_default().trim_end_matches('x').to_owned();
    let wrong = compare(&first, &[known.value]).into_iter();
    wrong.chain(below.iter().filter_map(|text| among(&unnamed(text), &known.beside))).map(told).collect()
}

/// Without percentiles' names.
fn unnamed(text: &str) -> String {
    ["p50", "p90", "p95", "p99"].iter().fold(text.to_owned(), |text, name| text.replace(name, ""))
}

fn known(result: &Value, label: &str) -> Option<Known> {
    if let Some(label) = label.strip_suffix(" at that load") {
        return alone(&told_load(result)?["candidate"], label);
    }
    if result["levels"].is_array() {
        let levels = result["levels"].as_array()?;
        let value = number(told_load(result)?, "value").map(Held::Rounded);
        let beside = levels.iter().filter_map(|level| number(level, "value").map(Held::Rounded)).collect();
        return (label.contains("load") || label == "Knee").then_some(Known { value, beside });
    }
    let compared = &result["comparison"];
    if compared.is_object() {
        return of_comparison(compared, label);
    }
    judge(&result["candidate"]["judge_quality"][0], label).or_else(|| alone(&result["candidate"], label))
}

/// The load that the answer is about: the highest that passes, the knee, or the last one.
fn told_load(result: &Value) -> Option<&Value> {
    let levels = result["levels"].as_array()?;
    let found = &result["findings"];
    let at = found["highest_passing"].as_u64().or_else(|| found["knee"].as_u64());
    at.map_or_else(|| levels.last(), |at| levels.iter().find(|level| level["level"].as_u64() == Some(at)))
}

fn rates(rate: &Value) -> Known {
    let shares = ["rate", "wilson_95/low", "wilson_95/high"].map(|path| number(rate, path).map(Held::share));
    let counts = ["passed", "judged"].map(|path| number(rate, path).map(Held::Exact));
    Known { value: shares[0], beside: shares.into_iter().chain(counts).flatten().collect() }
}

fn of_comparison(compared: &Value, label: &str) -> Option<Known> {
    let overall = &compared["overall"];
    if label == "Pass rate" {
        let pp = ["interval_90_pp/low", "interval_90_pp/high"]
            .map(|path| number(overall, path).map(Held::Rounded));
        let sides = ["baseline/rate", "candidate/rate"].map(|path| number(overall, path).map(Held::share));
        let value = number(overall, "delta_pp").map(Held::Rounded);
        return Some(Known { value, beside: pp.into_iter().chain(sides).flatten().collect() });
    }
    let (metric, statistic) = metric_of(label)?;
    let ratio = compared["speed"]
        .as_array()?
        .iter()
        .find(|one| one["metric"] == metric && one["statistic"] == statistic)?;
    let parts = ["ratio", "interval_95/low", "interval_95/high", "baseline", "candidate"];
    let beside: Vec<Held> = parts.iter().filter_map(|path| number(ratio, path).map(Held::Rounded)).collect();
    // Where a difference is shown, as a factor above 1.
    let of = number(ratio, "ratio")?;
    let settled = number(ratio, "interval_95/low").zip(number(ratio, "interval_95/high"));
    let is_settled = settled.is_some_and(|(low, high)| low > 1.0 || high < 1.0);
    Some(Known { value: Some(Held::Rounded(if is_settled { of.max(1.0 / of) } else { of })), beside })
}

/// A metric and statistic by their names on the page.
fn metric_of(label: &str) -> Option<(&'static str, &str)> {
    match label {
        "Requests/s" => return Some(("request_throughput_per_s", "rate")),
        "Output tokens/s" => return Some(("output_tokens_per_s", "rate")),
        "Correct answers/s" => return Some(("correct_answers_per_s", "rate")),
        _ => {}
    }
    let (name, statistic) = label.rsplit_once(' ')?;
    let metric = match name {
        "TTFT" => "ttft_ms",
        "TPOT" => "tpot_ms",
        "ITL" => "itl_ms",
        "Max stall" => "max_stall_ms",
        "E2E" => "e2e_ms",
        "TTFT from schedule" => "ttft_from_schedule_ms",
        "E2E from schedule" => "latency_from_schedule_ms",
        _ => return None,
    };
    Some((metric, statistic))
}

/// A side by itself.
fn alone(side: &Value, label: &str) -> Option<Known> {
    let summary = &side["summary"];
    match label {
        "Pass rate" => Some(rates(
            &side["pass_rates"].as_array()?.iter().find(|rate| rate["category"].is_null())?["pass_rate"],
        )),
        "Requests in time" => {
            let goodput = &summary["goodput"];
            let paths = ["attainment", "attainment_interval_95/low", "attainment_interval_95/high"];
            let shares = paths.map(|path| number(goodput, path).map(Held::share));
            let counts = ["met", "attempted"].map(|path| number(goodput, path).map(Held::Exact));
            Some(Known { value: shares[0], beside: shares.into_iter().chain(counts).flatten().collect() })
        }
        "Throughput" => {
            let of = |path: &str| number(&summary["throughput"], path).map(Held::Rounded);
            let beside = of("request_throughput_per_s").into_iter().collect();
            Some(Known { value: of("output_tokens_per_s"), beside })
        }
        _ => {
            let (metric, statistic) = metric_of(label)?;
            let of = |path: &str| number(&summary[metric], path).map(Held::Rounded);
            Some(Known { value: of(statistic), beside: of("p50").into_iter().collect() })
        }
    }
}

fn judge(quality: &Value, label: &str) -> Option<Known> {
    match label {
        "Agreement with gold" => {
            let kappa = &quality["agreement"]["quadratic_kappa"];
            let paths = ["value", "interval_95/low", "interval_95/high"];
            let parts = paths.map(|path| number(kappa, path).map(Held::Rounded));
            let within = number(quality, "agreement/within_one/rate").map(Held::share);
            Some(Known { value: parts[0], beside: parts.into_iter().chain([within]).flatten().collect() })
        }
        "Replies that could be read" => Some(rates(&quality["parsed"])),
        "Better one named" => Some(rates(&quality["preference"])),
        _ => None,
    }
}
