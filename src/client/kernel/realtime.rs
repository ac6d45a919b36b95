//! From the kernel's stamps, which count by the wall clock, to the run's monotonic clock.
//!
//! Both clocks are read at each read of the socket: `recv = monotonic now − (wall-clock now − stamp)`. Nothing is
//! remembered that could go stale, and a clock that was set between two reads of one connection shows itself.

use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_gettime};

use crate::model::units::Nanos;

/// Two clocks read one after the other are taken to show one moment where they were read within this time;
/// longer means that the thread was put aside in between.
const SAME_MOMENT_NS: i64 = 5_000;

/// How often a pair of readings is taken before the closest so far has to do.
const ATTEMPTS: u32 = 4;

/// The clocks may drift apart by this share of the time between two readings (the kernel slews by at most
/// 500 in a million, and an adjustment of the tick by as much again) ...
const DRIFT_PER_MILLION: i64 = 1_000;

/// ... and by this much at once, for readings that could not be taken closely.
const SMALLEST_STEP_NS: i64 = 1_000_000;

/// One moment on both clocks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// `CLOCK_MONOTONIC`, nanoseconds.
    pub(super) monotonic_ns: i64,
    /// `CLOCK_REALTIME`, nanoseconds since 1970.
    pub(super) wall_ns: i64,
}

impl Moment {
    /// Now; `None` where the system has no such clocks.
    pub(super) fn now() -> Option<Self> {
        let mut closest: Option<(i64, Self)> = None;
        let mut before = read(ClockId::CLOCK_MONOTONIC)?;
        for _ in 0..ATTEMPTS {
            let wall_ns = read(ClockId::CLOCK_REALTIME)?;
            let after = read(ClockId::CLOCK_MONOTONIC)?;
            let (between, moment) = (after - before, Self { monotonic_ns: before, wall_ns });
            if between <= SAME_MOMENT_NS {
                return Some(moment);
            }
            if closest.is_none_or(|(closest, _)| between < closest) {
                closest = Some((between, moment));
            }
            before = after;
        }
        closest.map(|(_, moment)| moment)
    }

    /// How far the wall clock is ahead of the monotonic one.
    pub(super) const fn offset_ns(self) -> i64 {
        self.wall_ns - self.monotonic_ns
    }

    /// Whether the wall clock was set between an earlier moment and this one.
    pub(super) const fn was_set_since(self, earlier: Self) -> bool {
        let passed = self.monotonic_ns - earlier.monotonic_ns;
        let allowed = SMALLEST_STEP_NS + passed / 1_000_000 * DRIFT_PER_MILLION;
        (self.offset_ns() - earlier.offset_ns()).abs() > allowed
    }

    /// How long before this moment the kernel stamped; `None` for a stamp from the future.
    pub(super) fn since(self, stamp: TimeSpec) -> Option<u64> {
        u64::try_from(self.wall_ns - nanoseconds(stamp)).ok()
    }

    /// This moment on a clock that counts from `origin_ns` of the monotonic one.
    pub(super) fn on_run_clock(self, origin_ns: u64) -> Nanos {
        Nanos(u64::try_from(self.monotonic_ns).unwrap_or(0).saturating_sub(origin_ns))
    }
}

fn read(clock: ClockId) -> Option<i64> {
    clock_gettime(clock).ok().map(nanoseconds)
}

fn nanoseconds(time: TimeSpec) -> i64 {
    time.tv_sec() * 1_000_000_000 + time.tv_nsec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    const fn moment(monotonic_ns: i64, offset_ns: i64) -> Moment {
        Moment { monotonic_ns, wall_ns: monotonic_ns + offset_ns }
    }

    #[test]
    fn a_stamp_is_as_old_as_the_wall_clock_says() {
        let now = moment(7 * SECOND, 1_000 * SECOND);
        assert_eq!(now.since(TimeSpec::new(1_006, 999_990_000)), Some(10_000));
        assert_eq!(now.since(TimeSpec::new(1_007, 0)), Some(0));
        assert_eq!(now.since(TimeSpec::new(1_007, 1)), None);
        assert_eq!(now.on_run_clock(2_000_000_000), Nanos(5_000_000_000));
    }

    #[test]
    fn a_clock_that_was_set_is_told_from_one_that_drifts() {
        let first = moment(0, 0);
        assert!(!moment(SECOND, 500_000).was_set_since(first));
        assert!(!moment(3_600 * SECOND, 1_800 * 1_000_000).was_set_since(first), "500 ppm for an hour");
        assert!(moment(SECOND, 3_000_000).was_set_since(first));
        assert!(moment(SECOND, -3_600 * SECOND).was_set_since(first));
    }

    #[test]
    fn this_machines_clocks_agree_with_themselves() {
        let first = Moment::now().unwrap();
        let later = Moment::now().unwrap();
        assert!(later.monotonic_ns >= first.monotonic_ns && !later.was_set_since(first));
    }
}
