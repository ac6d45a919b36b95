//! What the fields of a load mean, and which of them don't go together.

use super::{Check, Checked};
use crate::cli::settings::experiment::loading::{duration_of, stages_s};
use crate::model::experiment::{Load, LoadType};
use crate::model::load::{Arrival, LoadAxis};
use crate::model::workload::WorkloadSpec;

/// The fields that make a load what it is, with whether they are given and the kinds that have them.
fn starts(load: &Load) -> [(&'static str, bool, &'static [LoadType]); 8] {
    use LoadType::{Batch, Concurrent, MultiTurn, Open, Trace};
    [
        ("load.concurrency", load.concurrency.is_some(), &[Concurrent, MultiTurn]),
        ("load.batch_size", load.batch_size.is_some(), &[Batch]),
        ("load.rate", load.rate.is_some(), &[Open]),
        ("load.stages", !load.stages.is_empty(), &[Open]),
        ("load.arrival", load.arrival.is_some(), &[Open]),
        ("load.burstiness", load.burstiness.is_some(), &[Open]),
        ("load.speed", load.speed.is_some(), &[Trace]),
        ("load.max_in_flight", load.max_in_flight.is_some(), &[Open, Trace]),
    ]
}

impl Check<'_> {
    pub(super) fn load(&self) -> Checked {
        self.ranges()?;
        self.kind()?;
        self.open()?;
        self.bounds()
    }

    fn ranges(&self) -> Checked {
        let load = &self.experiment.load;
        for (path, value) in [
            ("load.concurrency", load.concurrency),
            ("load.batch_size", load.batch_size),
            ("load.max_in_flight", load.max_in_flight),
            ("load.requests", load.requests),
            ("load.repeats", load.repeats),
            ("load.rounds", load.rounds),
            ("load.retry.attempts", load.retry.as_ref().and_then(|retry| retry.attempts)),
        ] {
            self.at_least_one(path, value)?;
        }
        self.at_least_one("load.max_output_tokens_total", load.max_output_tokens_total)?;
        for (path, value) in
            [("load.rate", load.rate), ("load.burstiness", load.burstiness), ("load.speed", load.speed)]
        {
            self.above_zero(path, value)?;
        }
        for (path, value) in [
            ("load.ramp_up_s", load.ramp_up_s),
            ("load.duration_s", load.duration_s),
            ("load.warmup_s", load.warmup_s),
            ("load.cooldown_s", load.cooldown_s),
            ("load.grace_s", load.grace_s),
        ] {
            self.time(path, value)?;
        }
        self.above_zero("load.duration_s", load.duration_s)?;
        let Some(retry) = &load.retry else { return Ok(()) };
        if retry.statuses.is_empty() && retry.attempts.is_some() {
            return Err(
                self.wrong("load.retry", "needs `statuses` (`--retry`): which failures are sent again")
            );
        }
        let are_failures = retry.statuses.iter().all(|status| (400..=599).contains(status));
        self.require(are_failures, "load.retry.statuses", "must be HTTP statuses of failures, 400 to 599")
    }

    /// One kind of load, and nothing of another.
    fn kind(&self) -> Checked {
        let load = &self.experiment.load;
        let given = || starts(load).into_iter().filter(|(_, given, _)| *given);
        if let Some(kind) = load.kind
            && let Some((path, ..)) = given().find(|(_, _, kinds)| !kinds.contains(&kind))
        {
            return Err(self.no_part_of(path, kind));
        }
        for (position, (path, _, kinds)) in given().enumerate() {
            for (other, _, others) in given().skip(position + 1) {
                if !kinds.iter().any(|kind| others.contains(kind)) {
                    return Err(self.not_both(path, other));
                }
            }
        }
        if let Some(axis) = self.axis() {
            self.kind_of_axis(axis)?;
        }
        let needs = match load.kind {
            Some(LoadType::Open)
                if load.rate.is_none() && load.stages.is_empty() && self.axis().is_none() =>
            {
                "needs `load.rate` or `load.stages`"
            }
            Some(LoadType::Batch) if load.batch_size.is_none() => "needs `load.batch_size`",
            Some(LoadType::Trace) if !self.may_be_trace() => "needs `workload.file` with a trace",
            _ => "",
        };
        self.require(needs.is_empty(), "load.type", needs)?;
        if load.speed.is_some() && !self.may_be_trace() {
            return Err(
                self.wrong("load.speed", "replays a trace: give `workload.file` (`--workload`) with one")
            );
        }
        let is_open = load.rate.is_some() || !load.stages.is_empty() || self.axis() == Some(LoadAxis::Rate);
        let is_trace = load.kind == Some(LoadType::Trace) || load.speed.is_some() || self.may_be_trace();
        for (path, given) in [
            ("load.arrival", load.arrival.is_some() && !is_open),
            ("load.burstiness", load.burstiness.is_some() && !is_open),
            ("load.max_in_flight", load.max_in_flight.is_some() && !is_open && !is_trace),
        ] {
            self.require(
                !given,
                path,
                "is of an open loop: give `load.rate` (`--rate`) or `load.stages` too",
            )?;
        }
        Ok(())
    }

    fn kind_of_axis(&self, axis: LoadAxis) -> Checked {
        let load = &self.experiment.load;
        let kinds: &[LoadType] = match axis {
            LoadAxis::Concurrency => &[LoadType::Concurrent, LoadType::MultiTurn],
            LoadAxis::Rate => &[LoadType::Open],
        };
        let varied = if self.experiment.find.is_some() { "find" } else { "sweep" };
        if load.kind.is_some_and(|kind| !kinds.contains(&kind)) {
            return Err(
                self.wrong("load.type", format!("doesn't go with a `{varied}` over the {}", axis.name()))
            );
        }
        let other = starts(load)
            .into_iter()
            .find(|(_, given, has)| *given && !kinds.iter().any(|kind| has.contains(kind)));
        if let Some((path, ..)) = other {
            return Err(self.wrong(path, format!("doesn't go with a `{varied}` over the {}", axis.name())));
        }
        if axis == LoadAxis::Rate {
            for (path, given) in
                [("load.stages", !load.stages.is_empty()), ("load.ramp_up_s", load.ramp_up_s.is_some())]
            {
                let message =
                    format!("doesn't go with a `{varied}` over the rate, whose levels each have one rate");
                self.require(!given, path, &message)?;
            }
        }
        Ok(())
    }

    fn no_part_of(&self, path: &str, kind: LoadType) -> crate::cli::settings::SettingsError {
        self.wrong(
            path,
            format!("doesn't go with `load.type: {}` ({})", kind.name(), self.place("load.type")),
        )
    }

    fn open(&self) -> Checked {
        let load = &self.experiment.load;
        if load.rate.is_some() && !load.stages.is_empty() {
            return Err(self.not_both("load.rate", "load.stages"));
        }
        if load.burstiness.is_some() && load.arrival.is_some_and(|arrival| arrival != Arrival::Gamma) {
            return Err(self.wrong("load.burstiness", "is the shape of `load.arrival: gamma` alone"));
        }
        if load.ramp_up_s.is_some() {
            if !load.stages.is_empty() {
                let message = "doesn't go with `load.stages`, where `0..RATE:SECONDS` is a ramp";
                return Err(self.wrong("load.ramp_up_s", message));
            }
            let ramps = !matches!(load.kind, Some(LoadType::Single | LoadType::Batch | LoadType::Trace))
                && load.batch_size.is_none()
                && load.speed.is_none();
            self.require(
                ramps,
                "load.ramp_up_s",
                "needs a load that can be ramped: `concurrency` or `rate`",
            )?;
        }
        let last = load.stages.len().saturating_sub(1);
        for (position, stage) in load.stages.iter().enumerate() {
            let wrong =
                |message: &str| Err(self.wrong("load.stages", format!("number {} {message}", position + 1)));
            if stage.rate <= 0.0 || !stage.rate.is_finite() {
                return wrong("has a rate that isn't above 0");
            }
            if stage.from_rate.is_some_and(|rate| rate < 0.0 || !rate.is_finite()) {
                return wrong("starts at a rate below 0");
            }
            match stage.duration_s {
                Some(seconds) if seconds <= 0.0 || seconds > super::LONGEST_S => {
                    return wrong("has a time that isn't above 0 and at most a year");
                }
                None if position < last => return wrong("has no time; only the last one may leave it out"),
                None if stage.from_rate.is_some() => return wrong("is a ramp without a time"),
                _ => {}
            }
        }
        Ok(())
    }

    fn bounds(&self) -> Checked {
        let load = &self.experiment.load;
        if load.requests.is_some() && load.repeats.is_some() {
            return Err(self.not_both("load.requests", "load.repeats"));
        }
        if let (Some(duration), Some(stages)) = (load.duration_s, stages_s(load))
            && !load.stages.is_empty()
            && duration > stages
        {
            let message = format!("is longer than its stages together, {stages} s");
            return Err(self.wrong("load.duration_s", message));
        }
        let (warmup, cooldown) = (load.warmup_s.unwrap_or(0.0), load.cooldown_s.unwrap_or(0.0));
        match duration_of(load) {
            Some(duration) if warmup + cooldown >= duration => {
                let (path, without) = if warmup > 0.0 {
                    ("load.warmup_s", "warm-up and cool-down")
                } else {
                    ("load.cooldown_s", "cool-down")
                };
                let message = format!(
                    "leaves nothing to measure: {without} take {} s of {duration} s (`load.duration_s`)",
                    warmup + cooldown
                );
                Err(self.wrong(path, message))
            }
            None if cooldown > 0.0 => Err(self.wrong(
                "load.cooldown_s",
                "is cut off the end of `load.duration_s` (`--duration`): give it too",
            )),
            _ => Ok(()),
        }
    }

    /// Whether the workload may turn out to be a trace.
    fn may_be_trace(&self) -> bool {
        matches!(self.experiment.workload, Some(WorkloadSpec::File { .. }))
    }
}
