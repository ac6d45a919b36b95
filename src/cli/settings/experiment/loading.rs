//! The load profile, levels and search of an experiment.

use serde_json::Value;

use crate::cli::args::notation::values;
use crate::model::experiment::{Experiment, Load, LoadType};
use crate::model::load::{Arrival, Find, LoadAxis, LoadProfile, RetryPolicy, Stage, Start, Sweep};

/// How often a request is sent again, unless said otherwise.
const RETRY_ATTEMPTS: u32 = 3;
/// The first and the highest load of a search, and how close it ends, unless said otherwise.
pub(super) const FIND_FROM: f64 = 1.0;
pub(super) const FIND_TO: f64 = 1024.0;
const FIND_RESOLUTION: f64 = 0.05;
/// How long a probe of a search is, in seconds, where neither a time nor a number of requests is given.
const PROBE_S: f64 = 30.0;

/// How the load of one run is put on.
#[derive(Debug, Clone, PartialEq)]
pub struct Loading {
    /// Requests in flight; of an open loop, how many connections are opened before.
    pub concurrency: u32,
    /// The profile; of several levels the first's.
    pub profile: LoadProfile,
    /// The levels.
    pub sweep: Option<Sweep>,
    /// The search.
    pub find: Option<Find>,
    /// What is sent again.
    pub retry: RetryPolicy,
}

impl Loading {
    /// The load that a valid experiment asks for. `concurrency` is the configuration's, `has_trace` whether the
    /// workload says when its requests are to start.
    #[must_use]
    pub fn of(experiment: &Experiment, concurrency: u32, has_trace: bool) -> Self {
        let load = &experiment.load;
        let sweep = sweep_of(experiment);
        let find = experiment.find.as_ref().map(|find| Find {
            axis: find.axis,
            from: find.from.unwrap_or(FIND_FROM),
            to: find.to.unwrap_or(FIND_TO),
            resolution: find.resolution.unwrap_or(FIND_RESOLUTION),
        });
        let level = sweep.as_ref().map(|sweep| (sweep.axis, sweep.values.first().copied().unwrap_or(1.0)));
        let level = level.or_else(|| find.as_ref().map(|find| (find.axis, find.from)));
        let concurrency = match level {
            Some((LoadAxis::Concurrency, value)) => whole(value),
            _ => load.concurrency.unwrap_or(concurrency),
        };
        let start = match kind_of(experiment, has_trace) {
            LoadType::Single => Start::concurrency(1),
            LoadType::Concurrent | LoadType::MultiTurn => {
                Start::Concurrency { concurrency, ramp_up_s: load.ramp_up_s.unwrap_or(0.0) }
            }
            LoadType::Batch => Start::Batch { size: load.batch_size.unwrap_or(concurrency) },
            LoadType::Open => {
                let rate = match level {
                    Some((LoadAxis::Rate, value)) => Some(value),
                    _ => load.rate,
                };
                open(load, rate)
            }
            LoadType::Trace => {
                Start::Trace { speed: load.speed.unwrap_or(1.0), max_in_flight: load.max_in_flight }
            }
        };
        // Connections of an open loop are opened before it; more than may be in flight are of no use.
        let concurrency = if start.is_open() {
            concurrency.min(load.max_in_flight.unwrap_or(u32::MAX))
        } else {
            start.most_in_flight().unwrap_or(concurrency)
        };
        let duration_s = duration_of(load).or_else(|| {
            (find.is_some() && load.requests.is_none() && load.repeats.is_none()).then_some(PROBE_S)
        });
        Self {
            concurrency,
            profile: LoadProfile {
                start,
                duration_s,
                warmup_s: load.warmup_s.unwrap_or(0.0),
                cooldown_s: load.cooldown_s.unwrap_or(0.0),
                grace_s: load.grace_s.unwrap_or(LoadProfile::GRACE_S),
            },
            sweep,
            find,
            retry: retry_of(load),
        }
    }
}

/// The kind of load, where an experiment doesn't say it.
fn kind_of(experiment: &Experiment, has_trace: bool) -> LoadType {
    let load = &experiment.load;
    if let Some(kind) = load.kind {
        return kind;
    }
    match (axis_of(experiment), load) {
        (Some(LoadAxis::Rate), _) => LoadType::Open,
        (None, load) if load.rate.is_some() || !load.stages.is_empty() => LoadType::Open,
        (None, load) if load.batch_size.is_some() => LoadType::Batch,
        (None, load) if load.speed.is_some() => LoadType::Trace,
        (None, load) if has_trace && load.concurrency.is_none() && load.ramp_up_s.is_none() => {
            LoadType::Trace
        }
        (Some(LoadAxis::Concurrency) | None, _) => LoadType::Concurrent,
    }
}

/// What changes from level to level, where there are levels.
pub(super) fn axis_of(experiment: &Experiment) -> Option<LoadAxis> {
    let swept = |axis: &str| experiment.sweep.contains_key(axis);
    if swept("load.rate") {
        return Some(LoadAxis::Rate);
    }
    if swept("load.concurrency") {
        return Some(LoadAxis::Concurrency);
    }
    experiment.find.as_ref().map(|find| find.axis)
}

fn open(load: &Load, rate: Option<f64>) -> Start {
    let stages = match rate {
        None => load.stages.clone(),
        Some(rate) => {
            let ramp = load.ramp_up_s.filter(|seconds| *seconds > 0.0);
            let ramp = ramp.map(|seconds| Stage { rate, from_rate: Some(0.0), duration_s: Some(seconds) });
            ramp.into_iter().chain([Stage { rate, from_rate: None, duration_s: None }]).collect()
        }
    };
    let of_burstiness = if load.burstiness.is_some() { Arrival::Gamma } else { Arrival::default() };
    Start::Rate {
        stages,
        arrival: load.arrival.unwrap_or(of_burstiness),
        burstiness: load.burstiness.unwrap_or(1.0),
        max_in_flight: load.max_in_flight,
    }
}

/// How long the load is: as said, or as long as its stages.
pub(super) fn duration_of(load: &Load) -> Option<f64> {
    load.duration_s.or_else(|| stages_s(load).filter(|_| !load.stages.is_empty()))
}

/// The time of all stages together, where each has one.
pub(super) fn stages_s(load: &Load) -> Option<f64> {
    load.stages.iter().map(|stage| stage.duration_s).sum()
}

fn sweep_of(experiment: &Experiment) -> Option<Sweep> {
    let paths = [("load.concurrency", LoadAxis::Concurrency), ("load.rate", LoadAxis::Rate)];
    let (levels, axis) = paths.iter().find_map(|(path, axis)| Some((experiment.sweep.get(*path)?, *axis)))?;
    let values = levels_of(levels).ok()?;
    Some(Sweep { axis, values, stop_past_saturation: experiment.load.stop_past_saturation.unwrap_or(true) })
}

/// The levels of a list: numbers, and texts such as `1..256`.
pub(super) fn levels_of(list: &Value) -> Result<Vec<f64>, String> {
    let mut levels = Vec::new();
    for item in list.as_array().into_iter().flatten() {
        match item {
            Value::Number(number) => levels.extend(number.as_f64()),
            Value::String(text) => levels.extend(values(text)?),
            other => {
                return Err(format!(
                    "has `{other}`, which is no load: expected numbers, or ranges such as `1..256`"
                ));
            }
        }
    }
    Ok(levels)
}

fn retry_of(load: &Load) -> RetryPolicy {
    match &load.retry {
        Some(retry) if !retry.statuses.is_empty() => RetryPolicy {
            statuses: retry.statuses.clone(),
            attempts: retry.attempts.unwrap_or(RETRY_ATTEMPTS),
        },
        _ => RetryPolicy::default(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be whole and in range"
)]
fn whole(value: f64) -> u32 {
    value as u32
}
