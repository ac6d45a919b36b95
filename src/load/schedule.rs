//! The moments of one block: from when requests count, when no more are started, when those in flight are cut off.

use std::collections::HashSet;

use super::arrival::{ArrivalError, Starts};
use crate::model::load::{LoadProfile, Start};
use crate::model::units::Nanos;

/// The most starts that are planned ahead: 800 MB.
const MOST_STARTS: u32 = 100_000_000;

/// The moments of one block. Times are the run's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    /// The load begins.
    pub(super) begin: Nanos,
    /// Requests scheduled from here on count.
    pub(super) counts_from: Nanos,
    /// Requests scheduled from here on don't count any more.
    pub(super) counts_until: Option<Nanos>,
    /// No request is started from here on.
    pub(super) stop: Option<Nanos>,
    /// What is still in flight then is cancelled.
    pub(super) cut: Option<Nanos>,
    /// When each start of an open loop is due, in order.
    pub(super) starts: Vec<Nanos>,
    /// From when the rate of an open loop stays as it is.
    pub(super) settled: Nanos,
    /// So many of the first starts are not sent: of a block that is gone on with, those that an earlier run sent, its
    /// warm-up included.
    pub(super) passed: usize,
}

impl Schedule {
    /// Of a block that begins now; where the first of its planned starts are done, as if it had begun so much
    /// earlier. `requests` is how many starts it has at the most, `recorded` when a trace has
    /// them, seconds.
    pub(super) fn new(
        profile: &LoadProfile,
        begin: Nanos,
        requests: Option<usize>,
        recorded: &[f64],
        seed: u64,
        done: &HashSet<usize>,
    ) -> Result<Self, ArrivalError> {
        let after = |seconds: f64| begin.plus(Nanos::from_secs_f64(seconds));
        let limit = requests;
        let requests = requests.unwrap_or(usize::MAX);
        let mut duration_s = profile.duration_s;
        let (mut starts, mut settled) = (Vec::new(), begin);
        let within = |s: &f64, duration_s: Option<f64>| duration_s.is_none_or(|end| *s < end);
        match &profile.start {
            Start::Rate { stages, arrival, burstiness, .. } => {
                let planned = Starts::new(stages, *arrival, *burstiness, seed)?;
                settled = after(planned.settled_s());
                duration_s = duration_s.into_iter().chain(planned.duration_s()).reduce(f64::min);
                refuse_too_many(duration_s.map(|end| planned.due_by(end)), requests)?;
                let most = if duration_s.is_none() && requests == usize::MAX { 0 } else { requests };
                starts = planned.take_while(|s| within(s, duration_s)).take(most).map(after).collect();
            }
            Start::Trace { speed, .. } => {
                let scaled = recorded.iter().map(|s| s / speed);
                starts = scaled.take_while(|s| within(s, duration_s)).take(requests).map(after).collect();
            }
            Start::Concurrency { .. } | Start::Batch { .. } => {}
        }
        let stop = duration_s.map(after);
        let counts_from = after(profile.warmup_s);
        let mut passed = 0;
        if !done.is_empty() {
            // What is missing of the warm-up was never recorded, as it doesn't count: it is no gap to go back to.
            let is_left = |(n, at): &(usize, &Nanos)| !done.contains(n) && **at >= counts_from;
            let first_left = starts.iter().enumerate().find(is_left);
            passed = first_left.map_or(starts.len(), |(n, _)| n);
            if let Some((_, first)) = first_left.filter(|(_, first)| **first > begin) {
                let earlier = Nanos(begin.0.saturating_sub(first.since(begin).0));
                let moved = Self::new(profile, earlier, limit, recorded, seed, &HashSet::new())?;
                // It is under load from now on only, whenever it would have begun.
                return Ok(Self { counts_from: moved.counts_from.max(begin), passed, ..moved });
            }
        }
        let counts_until = duration_s
            .filter(|_| profile.cooldown_s > 0.0)
            .map(|duration| after((duration - profile.cooldown_s).max(0.0)));
        Ok(Self {
            begin,
            counts_from,
            counts_until,
            stop,
            cut: profile.duration_s.map(|duration| after(duration + profile.grace_s)),
            starts,
            settled,
            passed,
        })
    }

    /// Whether a request that is due then counts.
    pub(super) fn counts(&self, scheduled: Nanos) -> bool {
        self.counts_from <= scheduled && self.counts_until.is_none_or(|until| scheduled < until)
    }

    /// When the load leaves its level at the latest, as far as that is planned.
    pub(super) fn level_end(&self) -> Option<Nanos> {
        self.counts_until.or(self.stop).into_iter().chain(self.starts.last().copied()).min()
    }

    /// From when the load can be at its level: after the warm-up and, of an open loop, the last ramp.
    pub(super) fn level_start(&self) -> Nanos {
        self.counts_from.max(self.settled)
    }
}

/// Refuses what would not fit into memory; `due` is how many are due in the time there is.
#[expect(clippy::cast_precision_loss, reason = "only compared with a number far below 2^53")]
fn refuse_too_many(due: Option<f64>, requests: usize) -> Result<(), ArrivalError> {
    let starts = due.unwrap_or(0.0).min(requests as f64);
    let most = MOST_STARTS;
    if starts > f64::from(most) { Err(ArrivalError::TooMany { starts, most }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::load::{Arrival, Stage};

    fn at_rate(rate: f64, duration_s: Option<f64>) -> LoadProfile {
        let stages = vec![Stage { rate, from_rate: None, duration_s: None }];
        let start = Start::Rate { stages, arrival: Arrival::Constant, burstiness: 1.0, max_in_flight: None };
        LoadProfile { start, duration_s, ..LoadProfile::closed(1) }
    }

    fn ms(values: &[Nanos]) -> Vec<u64> {
        values.iter().map(|v| v.0 / 1_000_000).collect()
    }

    #[test]
    fn an_open_loop_is_bounded_by_requests_and_by_time() {
        let begin = Nanos::from_millis(1_000);
        let starts = |duration, requests| {
            ms(&Schedule::new(&at_rate(4.0, duration), begin, requests, &[], 1, &HashSet::new())
                .unwrap()
                .starts)
        };
        assert_eq!(starts(Some(1.0), None), [1_000, 1_250, 1_500, 1_750]);
        assert_eq!(starts(None, Some(2)), [1_000, 1_250]);
        assert_eq!(starts(Some(1.0), Some(3)), [1_000, 1_250, 1_500]);
        assert!(starts(None, None).is_empty());
    }

    #[test]
    fn phases_are_cut_out_of_the_window() {
        let profile =
            LoadProfile { warmup_s: 2.0, cooldown_s: 1.0, grace_s: 5.0, ..at_rate(2.0, Some(10.0)) };
        let s = Schedule::new(&profile, Nanos(0), None, &[], 1, &HashSet::new()).unwrap();
        let at = Nanos::from_millis;
        assert!(!s.counts(at(1_999)) && s.counts(at(2_000)) && s.counts(at(8_999)) && !s.counts(at(9_000)));
        assert_eq!((s.level_start(), s.level_end()), (at(2_000), Some(at(9_000))));
        assert_eq!((s.stop, s.cut, s.starts.len()), (Some(at(10_000)), Some(at(15_000)), 20));
    }

    #[test]
    fn a_trace_keeps_its_times_at_its_speed() {
        let start = Start::Trace { speed: 2.0, max_in_flight: None };
        let profile = LoadProfile { start, ..LoadProfile::closed(1) };
        let s = Schedule::new(&profile, Nanos(0), None, &[0.0, 1.0, 4.0], 1, &HashSet::new()).unwrap();
        assert_eq!((ms(&s.starts), s.stop), (vec![0, 500, 2_000], None));
        assert_eq!(s.level_end(), Some(Nanos::from_millis(2_000)));
    }

    #[test]
    fn what_was_done_before_moves_the_beginning_back() {
        let begin = Nanos::from_millis(10_000);
        let done = HashSet::from([0, 1, 4]);
        let s = Schedule::new(&at_rate(2.0, Some(4.0)), begin, None, &[], 1, &done).unwrap();
        assert_eq!(ms(&s.starts), [9_000, 9_500, 10_000, 10_500, 11_000, 11_500, 12_000, 12_500]);
        assert_eq!(s.stop, Some(Nanos::from_millis(13_000)));
        // It was not under load before it began.
        assert_eq!((s.passed, s.level_start()), (2, begin));
    }

    /// Requests of the warm-up don't count and are in no journal: they must not be taken for what is left to send.
    #[test]
    fn a_warm_up_that_was_over_is_not_gone_back_to() {
        let begin = Nanos::from_millis(10_000);
        let profile = LoadProfile { warmup_s: 1.0, ..at_rate(2.0, Some(4.0)) };
        let done = HashSet::from([2, 3, 4]);
        let s = Schedule::new(&profile, begin, None, &[], 1, &done).unwrap();
        assert_eq!((s.passed, s.starts[s.passed], s.stop), (5, begin, Some(Nanos::from_millis(11_500))));
        assert_eq!((s.counts_from, s.level_start()), (begin, begin));
        let all = (2..8).collect();
        assert_eq!(Schedule::new(&profile, begin, None, &[], 1, &all).unwrap().passed, 8);
    }

    #[test]
    fn more_starts_than_memory_holds_are_refused() {
        let starts = |rate, duration_s, requests| {
            Schedule::new(&at_rate(rate, duration_s), Nanos(0), requests, &[], 1, &HashSet::new())
        };
        let refused = starts(1e9, Some(3_600.0), None).unwrap_err().to_string();
        assert!(refused.contains("3600000000000 requests") && refused.contains("100000000"), "{refused}");
        assert_eq!(starts(1e9, Some(3_600.0), Some(3)).unwrap().starts.len(), 3);
    }

    #[test]
    fn a_closed_loop_has_an_end_only_in_time() {
        let s = Schedule::new(&LoadProfile::closed(4), Nanos(7), Some(3), &[], 1, &HashSet::new()).unwrap();
        assert_eq!((s.starts.len(), s.stop, s.cut, s.level_end()), (0, None, None, None));
        assert!(s.counts(Nanos(7)));
    }
}
