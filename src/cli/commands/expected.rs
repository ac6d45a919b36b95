//! How many requests a plan comes to and how long it takes, as far as that can be told beforehand.

use serde::Serialize;

use crate::bench::plan::BenchPlan;
use crate::cli::settings::experiment::loading::Loading;
use crate::load::search::Search;
use crate::model::load::{LoadAxis, LoadProfile, Stage, Start};

/// What a plan comes to. Absent: it depends on how fast the server answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Expected {
    /// Loads, one after the other: levels, or the probes of a search at the most; 1 without either.
    pub(super) loads: u32,
    /// Whether `loads` is the most there can be.
    pub(super) loads_at_most: bool,
    /// Requests in all, warm-up requests not counted; of random arrivals their mean. A conversation counts as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) requests: Option<u64>,
    /// Seconds that requests are started for in all, without warm-up requests, the drain after each load and
    /// preparation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seconds: Option<f64>,
}

/// One load.
#[derive(Debug, Clone, Copy, PartialEq)]
struct One {
    requests: Option<u64>,
    seconds: Option<f64>,
}

impl Expected {
    /// Of a whole plan.
    pub(super) fn of(plan: &BenchPlan) -> Self {
        // Without a bound, everything is sent once (or `repeats` times), or what there is time for.
        let bound = plan.requests.or_else(|| plan.profile.duration_s.is_none().then(|| plan.starts()));
        let last_start = plan.workload.as_ref().and_then(|workload| last_start(workload, bound));
        let levels: Vec<Start> = match (&plan.sweep, &plan.find) {
            (Some(sweep), _) => {
                sweep.values.iter().map(|value| at(&plan.profile.start, sweep.axis, *value)).collect()
            }
            // The rates of a search depend on what it finds.
            (None, Some(_)) => Vec::new(),
            (None, None) => vec![plan.profile.start.clone()],
        };
        let sides = plan.sides().len() as u64;
        let times = sides * u64::from(plan.rounds);
        if let Some(find) = &plan.find {
            let loads = Search::new(find).most_probes();
            let one = match (plan.profile.duration_s, bound) {
                (Some(seconds), None) => One { requests: None, seconds: Some(seconds) },
                (_, requests) => One { requests, seconds: None },
            };
            return Self::sum(&vec![one; loads as usize], times, true);
        }
        let loads: Vec<One> =
            levels.iter().map(|start| one_load(start, &plan.profile, bound, last_start)).collect();
        Self::sum(
            &loads,
            times,
            plan.sweep.as_ref().is_some_and(|sweep| sweep.stop_past_saturation && loads.len() > 1),
        )
    }

    fn sum(loads: &[One], times: u64, at_most: bool) -> Self {
        let requests: Option<u64> = loads.iter().map(|load| load.requests).sum();
        let seconds: Option<f64> = loads.iter().map(|load| load.seconds).sum();
        #[expect(clippy::cast_precision_loss, reason = "a handful of sides and rounds")]
        let times_s = times as f64;
        Self {
            loads: u32::try_from(loads.len()).unwrap_or(u32::MAX),
            loads_at_most: at_most,
            requests: requests.map(|requests| requests.saturating_mul(times)),
            seconds: seconds.map(|seconds| seconds * times_s),
        }
    }

    /// Requests a side, round and level, where the load tells: as bounded, or as many as arrive in its time at the
    /// highest rate.
    pub(super) fn planned_requests(loading: &Loading, bound: Option<u64>) -> Option<u64> {
        let highest = match (&loading.sweep, &loading.find) {
            (Some(sweep), _) => Some((sweep.axis, sweep.values.iter().copied().fold(0.0, f64::max))),
            (None, Some(find)) => Some((find.axis, find.to)),
            (None, None) => None,
        };
        let start = match highest {
            Some((axis, value)) => at(&loading.profile.start, axis, value),
            None => loading.profile.start.clone(),
        };
        one_load(&start, &loading.profile, bound, None).requests
    }
}

/// The start of a level.
fn at(start: &Start, axis: LoadAxis, value: f64) -> Start {
    let mut start = start.clone();
    if let (LoadAxis::Rate, Start::Rate { stages, .. }) = (axis, &mut start) {
        *stages = vec![Stage { rate: value, from_rate: None, duration_s: None }];
    }
    start
}

fn one_load(start: &Start, profile: &LoadProfile, bound: Option<u64>, last_start: Option<f64>) -> One {
    let shorter = |seconds: f64| profile.duration_s.map_or(seconds, |duration| duration.min(seconds));
    match start {
        Start::Concurrency { .. } | Start::Batch { .. } => match (profile.duration_s, bound) {
            (Some(seconds), None) => One { requests: None, seconds: Some(seconds) },
            // Bounded twice, it depends on the server which of the two comes first.
            (_, requests) => One { requests, seconds: None },
        },
        Start::Rate { stages, .. } => {
            let in_time = profile.duration_s.map(|seconds| arrivals_by(stages, seconds));
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
            let in_time = in_time.map(|arrivals| arrivals.round() as u64);
            let requests = [in_time, bound].into_iter().flatten().min();
            let seconds = bound.map(|bound| shorter(time_of(stages, bound))).or(profile.duration_s);
            One { requests, seconds }
        }
        Start::Trace { speed, .. } => {
            let seconds = last_start.map(|seconds| shorter(seconds / speed));
            // Where it is cut off, only counting would tell how many that is.
            let whole =
                seconds.is_some_and(|seconds| profile.duration_s.is_none_or(|duration| seconds < duration));
            One { requests: bound.filter(|_| whole), seconds }
        }
    }
}

/// When the last sequence of a trace starts, seconds after the first, where no more than `bound` are started.
fn last_start(workload: &crate::workload::Workload, bound: Option<u64>) -> Option<f64> {
    let starts = workload.starts_s.as_ref()?;
    let most = bound.and_then(|bound| usize::try_from(bound).ok()).unwrap_or(usize::MAX);
    starts.get(starts.len().min(most).checked_sub(1)?).copied()
}

/// The mean number of arrivals up to a moment; the last stage goes on.
fn arrivals_by(stages: &[Stage], seconds: f64) -> f64 {
    let mut left = seconds;
    let mut arrivals = 0.0;
    for stage in stages {
        let length = stage.duration_s.unwrap_or(f64::INFINITY);
        let within = left.min(length);
        let from = stage.from_rate.unwrap_or(stage.rate);
        let slope = if length.is_finite() { (stage.rate - from) / length } else { 0.0 };
        arrivals += within * (slope * within).mul_add(0.5, from);
        left -= within;
    }
    arrivals + left * stages.last().map_or(0.0, |stage| stage.rate)
}

/// When so many arrivals have come in the mean.
fn time_of(stages: &[Stage], requests: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "no plan has 2^53 requests")]
    let requests = requests as f64;
    // Arrivals never fall with time, so the moment is found by halving.
    let mut high = 1.0;
    while arrivals_by(stages, high) < requests && high < 1e12 {
        high *= 2.0;
    }
    let mut low = 0.0;
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if arrivals_by(stages, middle) < requests { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(from_rate: Option<f64>, rate: f64, duration_s: Option<f64>) -> Stage {
        Stage { rate, from_rate, duration_s }
    }

    #[test]
    fn arrivals_are_the_area_below_the_rate() {
        let steady = [stage(None, 5.0, None)];
        assert!((arrivals_by(&steady, 20.0) - 100.0).abs() < 1e-9);
        assert!((time_of(&steady, 100) - 20.0).abs() < 1e-6);
        // 0 to 10 over 10 s is 50; 10 more seconds at 10 are 100.
        let ramp = [stage(Some(0.0), 10.0, Some(10.0)), stage(None, 10.0, None)];
        assert!((arrivals_by(&ramp, 20.0) - 150.0).abs() < 1e-9);
        assert!((time_of(&ramp, 150) - 20.0).abs() < 1e-6);
        // Half of the ramp's time is a quarter of its arrivals.
        assert!((arrivals_by(&ramp, 5.0) - 12.5).abs() < 1e-9);
    }

    #[test]
    fn a_closed_loop_is_bounded_by_time_or_by_count() {
        let mut profile = LoadProfile::closed(4);
        let start = profile.start.clone();
        assert_eq!(one_load(&start, &profile, Some(50), None), One { requests: Some(50), seconds: None });
        profile.duration_s = Some(8.0);
        assert_eq!(one_load(&start, &profile, None, None), One { requests: None, seconds: Some(8.0) });
        assert_eq!(one_load(&start, &profile, Some(50), None), One { requests: Some(50), seconds: None });
    }
}
