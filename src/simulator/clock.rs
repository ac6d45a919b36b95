//! The machine's monotonic clock, in absolute nanoseconds, and the way to it from the kernel's
//! receive stamps. Ground truth is told on this clock, since a client on the same machine can read
//! it too.

use nix::time::{ClockId, clock_gettime};

use crate::model::units::Nanos;

/// The clocks' offset is read again where reading them took longer than this: this thread was put aside.
#[cfg(target_os = "linux")]
const OFFSET_TOLERANCE: Nanos = Nanos(2_000);
/// How often at the most.
#[cfg(target_os = "linux")]
const OFFSET_ATTEMPTS: u32 = 4;

/// `CLOCK_MONOTONIC` now.
pub(super) fn now() -> Nanos {
    Nanos(read(ClockId::CLOCK_MONOTONIC))
}

/// Seconds since 1970, as responses tell them.
pub(super) fn unix_seconds() -> u64 {
    read(ClockId::CLOCK_REALTIME) / 1_000_000_000
}

/// A kernel stamp (nanoseconds of `CLOCK_REALTIME`) as monotonic time. The offset between the clocks
/// is measured anew each time, so a step of the wall clock spoils at most the stamps around it; a
/// stamp that lies in the future is taken as now.
#[cfg(target_os = "linux")]
pub(super) fn from_realtime(stamp_ns: u64) -> Nanos {
    let mut monotonic = now();
    let mut realtime = read(ClockId::CLOCK_REALTIME);
    for _ in 0..OFFSET_ATTEMPTS {
        let after = now();
        if after.since(monotonic) <= OFFSET_TOLERANCE {
            break;
        }
        (monotonic, realtime) = (now(), read(ClockId::CLOCK_REALTIME));
    }
    Nanos(monotonic.0.saturating_sub(realtime.saturating_sub(stamp_ns)))
}

/// Blocks this thread until `deadline`. The standard library's sleep is precise to some 60 µs, where
/// an asynchronous timer ticks once a millisecond.
pub(super) fn sleep_until(deadline: Nanos) {
    let left = deadline.since(now());
    if left.0 > 0 {
        std::thread::sleep(std::time::Duration::from_nanos(left.0));
    }
}

#[expect(clippy::cast_sign_loss, reason = "neither clock goes below zero")]
fn read(clock: ClockId) -> u64 {
    // These two clocks exist on every system that nix supports; reading them fails only for a bad
    // pointer or an unknown clock.
    clock_gettime(clock).map_or(0, |t| t.tv_sec() as u64 * 1_000_000_000 + t.tv_nsec() as u64)
}
