//! Waits for the planned starts of an open loop.
//!
//! The event loop's own timers are whole milliseconds and late by up to one more, and what a request is sent late by
//! is part of its latency from the schedule. On Linux a timer of the kernel's wakes the event loop instead, which is
//! some ten microseconds late. Where time is not the system's (tests), the event loop's own timer has to do.

use tokio::time::sleep_until;

use crate::client::clock::Clock;
use crate::model::units::Nanos;

/// A timer for one moment after another.
#[derive(Debug)]
pub(super) struct Alarm {
    clock: Clock,
    #[cfg(target_os = "linux")]
    precise: Option<precise::Timer>,
}

impl Alarm {
    /// A timer of the event loop that this runs on; a precise one where that is asked for and can be had.
    #[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "there is only one kind"))]
    pub(super) fn new(clock: Clock, precise: bool) -> Self {
        Self {
            clock,
            #[cfg(target_os = "linux")]
            precise: precise.then(precise::Timer::new).and_then(std::io::Result::ok),
        }
    }

    /// Waits until then.
    pub(super) async fn until(&self, moment: Nanos) {
        #[cfg(target_os = "linux")]
        if let Some(timer) = &self.precise {
            while self.clock.now() < moment {
                if timer.sleep(moment.since(self.clock.now())).await.is_err() {
                    break;
                }
            }
        }
        if self.clock.now() < moment {
            sleep_until(self.clock.instant(moment)).await;
        }
    }
}

#[cfg(target_os = "linux")]
mod precise {
    use std::io;
    use std::os::fd::{AsFd, AsRawFd, RawFd};
    use std::time::Duration;

    use nix::sys::time::TimeSpec;
    use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    use crate::model::units::Nanos;

    /// A timer of the kernel's on this event loop.
    #[derive(Debug)]
    pub(super) struct Timer(AsyncFd<Descriptor>);

    #[derive(Debug)]
    struct Descriptor(TimerFd);

    impl AsRawFd for Descriptor {
        fn as_raw_fd(&self) -> RawFd {
            self.0.as_fd().as_raw_fd()
        }
    }

    impl Timer {
        #[expect(
            deprecated,
            reason = "it is so because a type may lie about its descriptor; this one owns its timer as long as it lives"
        )]
        pub(super) fn new() -> io::Result<Self> {
            let flags = TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC;
            let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
            AsyncFd::with_interest(Descriptor(timer), Interest::READABLE).map(Self)
        }

        /// Waits so long; at least a nanosecond, for none would stop the timer.
        pub(super) async fn sleep(&self, span: Nanos) -> io::Result<()> {
            let span = TimeSpec::from(Duration::from_nanos(span.0.max(1)));
            self.0.get_ref().0.set(Expiration::OneShot(span), TimerSetTimeFlags::empty())?;
            loop {
                let mut ready = self.0.readable().await?;
                // Without waiting: the descriptor doesn't block, and says so where the timer has not fired.
                match ready.try_io(|timer| timer.get_ref().0.wait().map_err(io::Error::from)) {
                    Ok(fired) => return fired,
                    Err(_not_yet) => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Never too early; how late depends on the machine.
    #[tokio::test]
    async fn it_waits_until_the_moment_has_come() {
        let clock = Clock::start();
        for precise in [true, false] {
            let alarm = Alarm::new(clock, precise);
            for wait_us in [0, 1, 300, 1_500] {
                let moment = clock.now().plus(Nanos(wait_us * 1_000));
                alarm.until(moment).await;
                assert!(clock.now() >= moment);
            }
            alarm.until(Nanos(0)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn under_virtual_time_the_event_loop_s_own_timer_does() {
        let clock = Clock::start();
        Alarm::new(clock, false).until(Nanos::from_millis(3_600_000)).await;
        assert_eq!(clock.now(), Nanos::from_millis(3_600_000));
    }
}
