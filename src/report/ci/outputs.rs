//! What a step hands to the steps after it: the lines of `$GITHUB_OUTPUT`.

use std::fmt::Write as _;

use super::CiInput;
use crate::model::comparison::{Interval, SpeedRatio};
use crate::report::text::one_line;

/// The metrics whose ratio is the output `speed_ratio`, the first that is there: of an open loop it is the time from
/// the schedule, which its reports begin with.
const SPEED: [&str; 2] = ["latency_from_schedule_ms", "e2e_ms"];
/// The statistic of them.
const STATISTIC: &str = "p50";

/// The outputs' names with their values. One that is not known is empty, so that a later step never reads an earlier
/// run's; numbers have all their digits, shares are 0 to 1, `_pp` is percentage points.
#[must_use]
pub fn outputs(input: &CiInput<'_>) -> Vec<(&'static str, String)> {
    let overall = input.comparison.map(|comparison| &comparison.overall);
    let interval = overall.and_then(|rate| rate.interval_90_pp);
    let ratios = input.comparison.filter(|_| !input.several_loads).map_or(&[][..], |all| &all.speed);
    let of = |metric: &&str| ratios.iter().find(|one| one.metric == *metric && one.statistic == STATISTIC);
    let speed = SPEED.iter().find_map(of);
    let speed_interval = speed.and_then(|ratio: &SpeedRatio| ratio.interval_95);
    let path = input.result_path.as_ref().map(|path| one_line(&path.display().to_string()));
    vec![
        ("verdict", input.verdict().to_owned()),
        ("exit_code", input.ended.exit_code.to_string()),
        ("simulated", input.simulated.to_string()),
        ("run_id", input.run_id.map(one_line).unwrap_or_default()),
        ("baseline_run_id", input.baseline_run_id.map(one_line).unwrap_or_default()),
        ("result", path.unwrap_or_default()),
        ("pass_rate", number(pass_rate(input, true))),
        ("baseline_pass_rate", number(pass_rate(input, false))),
        ("delta_pp", number(overall.and_then(|rate| rate.delta_pp))),
        ("interval_90_pp", interval.map(written).unwrap_or_default()),
        ("losses", overall.map(|rate| rate.losses.to_string()).unwrap_or_default()),
        ("gains", overall.map(|rate| rate.gains.to_string()).unwrap_or_default()),
        ("speed_ratio", number(speed.and_then(|ratio| ratio.ratio))),
        ("speed_ratio_interval_95", speed_interval.map(written).unwrap_or_default()),
        ("error", input.broken().map(|broken| broken.reason).unwrap_or_default()),
    ]
}

/// The pass rate over all categories: of the pairs where there is a comparison, else of the side alone.
fn pass_rate(input: &CiInput<'_>, candidate: bool) -> Option<f64> {
    if let Some(comparison) = input.comparison {
        let overall = &comparison.overall;
        return if candidate { overall.candidate.rate } else { overall.baseline.rate };
    }
    let side = if candidate { input.candidate } else { input.baseline };
    side?.pass_rates.iter().find(|rate| rate.category.is_none())?.pass_rate.rate
}

fn number(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map(|value| value.to_string()).unwrap_or_default()
}

/// As JSON, for `fromJSON` of a workflow.
fn written(interval: Interval) -> String {
    format!("[{},{}]", interval.low, interval.high)
}

/// The lines for `$GITHUB_OUTPUT`. `suffix` ends every name (for a second run of one command: `_2`), `delimiter` ends
/// every value: a line that no value holds, which is why it must not be guessable.
#[must_use]
pub fn render(input: &CiInput<'_>, suffix: &str, delimiter: &str) -> String {
    let mut out = String::new();
    for (name, value) in outputs(input) {
        // Values are of one line already; one that holds the delimiter all the same is not told at all.
        let value = if value.contains(delimiter) { "" } else { value.as_str() };
        // Writing to a string can't fail.
        let _ = writeln!(out, "{name}{suffix}<<{delimiter}\n{value}\n{delimiter}");
    }
    out
}
