//! Which loads a run goes through: one, those of a sweep, or those that a search asks for.

use crate::load::plan::Shape;
use crate::load::search::{Probe, Search};
use crate::metrics::slo::passes;
use crate::model::level::LevelResult;
use crate::model::load::{Find, LevelLoad, LoadAxis, LoadProfile, Stage, Start, Sweep};
use crate::model::units::at_least_one;

/// The loads of a run, one after the other.
#[derive(Debug)]
pub(super) enum Levels {
    /// One, which is no level of anything.
    Single { done: bool },
    /// Those of a list, until the server is past saturation.
    Sweep { sweep: Sweep, next: u32 },
    /// Those that a search asks for.
    Find { search: Search, axis: LoadAxis, next: u32 },
}

/// The load of one level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Next {
    /// The plan's own profile.
    Only,
    /// One of several.
    Level(LevelLoad),
}

impl Levels {
    pub(super) fn new(sweep: Option<&Sweep>, find: Option<&Find>) -> Self {
        match (find, sweep) {
            (Some(find), _) => Self::Find { search: Search::new(find), axis: find.axis, next: 0 },
            (None, Some(sweep)) => Self::Sweep { sweep: sweep.clone(), next: 0 },
            (None, None) => Self::Single { done: false },
        }
    }

    /// How many there are at the most, where that is known.
    pub(super) fn total(&self) -> Option<usize> {
        match self {
            Self::Single { .. } => Some(1),
            Self::Sweep { sweep, .. } => Some(sweep.values.len()),
            Self::Find { .. } => None,
        }
    }

    /// The next load, after what came of those before.
    pub(super) fn next(&mut self, so_far: &[LevelResult]) -> Option<Next> {
        let last = so_far.last();
        match self {
            Self::Single { done } => (!std::mem::replace(done, true)).then_some(Next::Only),
            Self::Sweep { sweep, next } => {
                if sweep.stop_past_saturation && last.is_some_and(|level| level.past_saturation) {
                    return None;
                }
                let value = *sweep.values.get(*next as usize)?;
                Some(Next::Level(numbered(next, sweep.axis, value)))
            }
            Self::Find { search, axis, next } => {
                if let Some(level) = last {
                    search.observe(
                        level.load.value,
                        Probe { passed: passes(&level.candidate, &level.steadiness) },
                    );
                }
                Some(Next::Level(numbered(next, *axis, search.next()?)))
            }
        }
    }

    /// Why no further level was run, where the plan had some.
    pub(super) fn stopped_because(&self, so_far: &[LevelResult]) -> Option<String> {
        let (sweep, next) = match self {
            Self::Single { .. } => return None,
            Self::Sweep { sweep, next } => (sweep, next),
            Self::Find { search, .. } => return search.ended_because(),
        };
        let last = so_far.last().filter(|level| level.past_saturation)?;
        let left_out = sweep.values.len().saturating_sub(*next as usize);
        (left_out > 0).then(|| {
            let (axis, value) = (sweep.axis.name(), last.load.value);
            format!(
                "the server was past saturation at {axis} {value}, so {left_out} higher levels were left out"
            )
        })
    }
}

fn numbered(next: &mut u32, axis: LoadAxis, value: f64) -> LevelLoad {
    let level = *next;
    *next += 1;
    LevelLoad { level, axis, value }
}

/// The profile of a level: the plan's own with another concurrency or rate.
pub(super) fn at_level(profile: &LoadProfile, load: LevelLoad) -> LoadProfile {
    let start = match (load.axis, &profile.start) {
        (LoadAxis::Concurrency, start) => {
            let ramp_up_s = match start {
                Start::Concurrency { ramp_up_s, .. } => *ramp_up_s,
                _ => 0.0,
            };
            Start::Concurrency { concurrency: at_least_one(load.value), ramp_up_s }
        }
        (LoadAxis::Rate, Start::Rate { arrival, burstiness, max_in_flight, .. }) => Start::Rate {
            stages: constant(load.value),
            arrival: *arrival,
            burstiness: *burstiness,
            max_in_flight: *max_in_flight,
        },
        (LoadAxis::Rate, _) => Start::Rate {
            stages: constant(load.value),
            arrival: crate::model::load::Arrival::default(),
            burstiness: 1.0,
            max_in_flight: None,
        },
    };
    LoadProfile { start, ..profile.clone() }
}

/// The shape of one level's load.
#[must_use]
pub(super) fn shape_at(shape: &Shape, level: u32, profile: &LoadProfile) -> Shape {
    // Alternating blocks need an end in requests, and no planned moments that would begin anew with each.
    let one_block = profile.start.is_open() || profile.duration_s.is_some();
    // A trace has no more moments than it recorded.
    let of_trace = || Some(shape.requests().min(shape.sequences.len() as u64));
    Shape {
        level,
        requests: if matches!(profile.start, Start::Trace { .. }) { of_trace() } else { shape.requests },
        endless: shape.requests.is_none() && shape.repeats == 1 && ends_in_time(profile),
        block_size: if one_block { Some(u32::MAX) } else { shape.block_size },
        concurrency: profile.start.most_in_flight().unwrap_or(1),
        // Every level sends the prompts in an order of its own, the same in each run.
        seed: shape.seed.wrapping_add(u64::from(level)),
        ..shape.clone()
    }
}

/// Whether a load ends by itself after a time.
fn ends_in_time(profile: &LoadProfile) -> bool {
    let stages_end = match &profile.start {
        Start::Rate { stages, .. } => stages.iter().all(|stage| stage.duration_s.is_some()),
        _ => false,
    };
    profile.duration_s.is_some() || stages_end
}

fn constant(rate: f64) -> Vec<Stage> {
    vec![Stage { rate, from_rate: None, duration_s: None }]
}
