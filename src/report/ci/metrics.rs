//! GitLab's metrics report: the result's numbers as OpenMetrics text.
//!
//! Names and units are those of the result (`ttft_ms`), with `labctl_` before; every value is taken from it as it is.
//! What is absent there has no sample, nor have latencies over several loads together. GitLab shows in a merge request which of them changed.
//! Source: OpenMetrics 1.0, <https://prometheus.io/docs/specs/om/open_metrics_spec/>.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{CiInput, word};
use crate::model::comparison::Interval;
use crate::model::result::SideInfo;
use crate::model::summary::Percentile;
use crate::report::text::one_line;

/// One metric with its samples.
struct Family {
    name: &'static str,
    /// The unit, with which the name then ends.
    unit: Option<&'static str>,
    help: &'static str,
    samples: Vec<(String, f64)>,
}

/// The report.
#[must_use]
pub fn render(input: &CiInput<'_>) -> String {
    let mut out = String::new();
    for family in families(input) {
        if family.samples.is_empty() {
            continue;
        }
        let Family { name, unit, help, samples } = family;
        // Writing to a string can't fail.
        let _ = writeln!(out, "# TYPE labctl_{name} gauge");
        if let Some(unit) = unit {
            let _ = writeln!(out, "# UNIT labctl_{name} {unit}");
        }
        let _ = writeln!(out, "# HELP labctl_{name} {help}");
        for (labels, value) in samples {
            let _ = writeln!(out, "labctl_{name}{labels} {value}");
        }
    }
    out.push_str("# EOF\n");
    out
}

fn families(input: &CiInput<'_>) -> Vec<Family> {
    let mut all = vec![
        family(
            "exit_code",
            None,
            "exit code of the command",
            vec![(String::new(), f64::from(input.ended.exit_code))],
        ),
        family(
            "simulated",
            None,
            "1 where a side was simulated",
            vec![(String::new(), f64::from(u8::from(input.simulated)))],
        ),
        family("gate", None, "1 for every gate, under its verdict", gates(input)),
    ];
    all.extend(quality(input));
    all.extend(speed(input));
    all
}

fn family(
    name: &'static str,
    unit: Option<&'static str>,
    help: &'static str,
    samples: Vec<(String, f64)>,
) -> Family {
    // Names that differ in what labels can't hold must not come to one sample twice.
    let mut seen = BTreeSet::new();
    let is_new = |(labels, value): &(String, f64)| value.is_finite() && seen.insert(labels.clone());
    let samples = samples.into_iter().filter(is_new).collect();
    Family { name, unit, help, samples }
}

fn gates(input: &CiInput<'_>) -> Vec<(String, f64)> {
    let told = input
        .gates
        .iter()
        .map(|gate| (labels(&[("gate", &gate.name), ("verdict", word(gate.verdict))]), 1.0));
    told.collect()
}

fn quality(input: &CiInput<'_>) -> Vec<Family> {
    let mut pass_rates = Vec::new();
    let (mut deltas, mut limits, mut flips) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(comparison) = input.comparison {
        for rate in std::iter::once(&comparison.overall).chain(&comparison.categories) {
            let category = of_category(rate.category.as_deref());
            for (side, of_side) in [("baseline", &rate.baseline), ("candidate", &rate.candidate)] {
                let labels = labels(&[("side", side), category]);
                pass_rates.extend(of_side.rate.map(|rate| (labels, rate)));
            }
            deltas.extend(rate.delta_pp.map(|delta| (labels(&[category]), delta)));
            limits.extend(rate.interval_90_pp.into_iter().flat_map(|interval| bounds(interval, &[category])));
            #[expect(clippy::cast_precision_loss, reason = "counts of prompts")]
            for (kind, count) in [("loss", rate.losses as f64), ("gain", rate.gains as f64)] {
                flips.push((labels(&[category, ("kind", kind)]), count));
            }
        }
    } else {
        for (side, info) in sides(input) {
            for rate in &info.pass_rates {
                let category = of_category(rate.category.as_deref());
                let labels = labels(&[("side", side), category]);
                pass_rates.extend(rate.pass_rate.rate.map(|rate| (labels, rate)));
            }
        }
    }
    vec![
        family("pass_rate", None, "share of judged responses that passed, 0 to 1", pass_rates),
        family("delta_pp", Some("pp"), "candidate less baseline pass rate in percentage points", deltas),
        family("delta_interval_90_pp", Some("pp"), "limits of the 90 % interval of delta_pp", limits),
        family(
            "flips",
            None,
            "pairs lost and gained against the baseline (a prompt with repeats is one)",
            flips,
        ),
    ]
}

fn speed(input: &CiInput<'_>) -> Vec<Family> {
    type Of = fn(&SideInfo) -> Option<crate::model::summary::Distribution>;
    let latencies: [(&'static str, &'static str, Of); 6] = [
        ("ttft_ms", "sent to first token", |side| side.summary.ttft_ms),
        ("tpot_ms", "time per output token", |side| side.summary.tpot_ms),
        ("itl_ms", "gaps between chunks", |side| side.summary.itl_ms),
        ("e2e_ms", "sent to last token", |side| side.summary.e2e_ms),
        // Of an open loop, whose reports begin with them.
        ("ttft_from_schedule_ms", "planned start to first token", |side| side.summary.ttft_from_schedule_ms),
        ("latency_from_schedule_ms", "planned start to last token", |side| {
            side.summary.latency_from_schedule_ms.filter(|_| side.summary.ttft_from_schedule_ms.is_some())
        }),
    ];
    let percentiles = [
        (Percentile::P50, "p50"),
        (Percentile::P90, "p90"),
        (Percentile::P95, "p95"),
        (Percentile::P99, "p99"),
    ];
    let mut all = Vec::new();
    for (name, help, of) in latencies {
        let mut samples = Vec::new();
        for (side, info) in sides(input).filter(|_| !input.several_loads) {
            let Some(distribution) = of(info) else { continue };
            samples.push((labels(&[("side", side), ("statistic", "mean")]), distribution.mean));
            // Of too few requests a percentile says nothing, here as in the reports.
            for (percentile, statistic) in percentiles.iter().filter(|(p, _)| distribution.is_trusted(*p)) {
                samples.push((
                    labels(&[("side", side), ("statistic", statistic)]),
                    distribution.value(*percentile),
                ));
            }
        }
        all.push(family(name, Some("ms"), help, samples));
    }
    let errors =
        sides(input).filter_map(|(side, info)| Some((labels(&[("side", side)]), info.summary.error_rate?)));
    all.push(family("error_rate", None, "share of requests that failed, 0 to 1", errors.collect()));
    let (mut ratios, mut limits) = (Vec::new(), Vec::new());
    for ratio in input.comparison.iter().filter(|_| !input.several_loads).flat_map(|all| &all.speed) {
        let of = [("metric", ratio.metric.as_str()), ("statistic", ratio.statistic.as_str())];
        ratios.extend(ratio.ratio.map(|value| (labels(&of), value)));
        limits.extend(ratio.interval_95.into_iter().flat_map(|interval| bounds(interval, &of)));
    }
    all.push(family("speed_ratio", None, "candidate divided by baseline", ratios));
    all.push(family("speed_ratio_interval_95", None, "limits of the 95 % interval of speed_ratio", limits));
    all
}

fn sides<'a>(input: &CiInput<'a>) -> impl Iterator<Item = (&'static str, &'a SideInfo)> + use<'a> {
    let baseline = input.baseline.map(|side| ("baseline", side));
    baseline.into_iter().chain(input.candidate.map(|side| ("candidate", side)))
}

fn bounds(interval: Interval, of: &[(&str, &str)]) -> [(String, f64); 2] {
    let with = |bound| labels(&[of, &[("bound", bound)]].concat());
    [(with("low"), interval.low), (with("high"), interval.high)]
}

/// All categories together have the label empty, which is the same as not having it: no category is called so.
fn of_category(category: Option<&str>) -> (&'static str, &str) {
    ("category", category.unwrap_or_default())
}

/// `{a="b",c="d"}`, empty labels left out. White space becomes `_`: readers that split lines at it take the rest for the value.
fn labels(pairs: &[(&str, &str)]) -> String {
    let written: Vec<String> = pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| {
            let value = one_line(value).replace(char::is_whitespace, "_");
            format!("{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
        })
        .collect();
    if written.is_empty() { String::new() } else { format!("{{{}}}", written.join(",")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_can_not_be_broken_out_of() {
        assert_eq!(labels(&[("a", "x\"} 1\n# EOF\\")]), "{a=\"x\\\"}_1_#_EOF\\\\\"}");
    }
}
