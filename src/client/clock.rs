//! The run's one monotonic clock.

use tokio::time::Instant;

use crate::model::units::Nanos;

/// How often the two clocks are read to find the moment that they share. The closest readings count: a thread
/// that is put aside between two readings would shift every time that is laid beside another program's.
const ORIGIN_ATTEMPTS: u32 = 8;

/// Monotonic time since the run's start. It follows tokio's clock, so a test with paused time
/// advances it by hand; otherwise it is the system's monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Instant,
    monotonic_origin_ns: u64,
}

impl Clock {
    /// A clock that starts at zero now.
    #[must_use]
    pub fn start() -> Self {
        let (mut origin, mut between) = (Instant::now(), u64::MAX);
        let mut monotonic_origin_ns = system_monotonic_ns();
        for _ in 0..ORIGIN_ATTEMPTS {
            let before = system_monotonic_ns();
            let now = Instant::now();
            let after = system_monotonic_ns();
            if after.saturating_sub(before) < between {
                between = after.saturating_sub(before);
                (origin, monotonic_origin_ns) = (now, before + between / 2);
            }
        }
        Self { origin, monotonic_origin_ns }
    }

    /// A clock that goes on where an earlier one stopped: its zero lies so far back. `None` where that is before
    /// this system's own clock began.
    #[must_use]
    pub fn after(earlier: Nanos) -> Option<Self> {
        let Self { origin, monotonic_origin_ns } = Self::start();
        let origin = origin.checked_sub(std::time::Duration::from_nanos(earlier.0))?;
        Some(Self { origin, monotonic_origin_ns: monotonic_origin_ns.checked_sub(earlier.0)? })
    }

    /// Time since the start.
    #[must_use]
    pub fn now(&self) -> Nanos {
        Nanos(u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// The instant of a moment of this clock, for timers.
    #[must_use]
    pub fn instant(&self, at: Nanos) -> Instant {
        self.origin + std::time::Duration::from_nanos(at.0)
    }

    /// The system's monotonic clock at this clock's zero, in nanoseconds.
    #[must_use]
    pub const fn monotonic_origin_ns(&self) -> u64 {
        self.monotonic_origin_ns
    }
}

fn system_monotonic_ns() -> u64 {
    nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).map_or(0, |t| {
        let seconds = u64::try_from(t.tv_sec()).unwrap_or(0);
        seconds * 1_000_000_000 + u64::try_from(t.tv_nsec()).unwrap_or(0)
    })
}
