//! When a block's load reached its level and left it, told by many workers and read meanwhile.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::metrics::accumulate::Level;
use crate::model::units::Nanos;

/// Stands for "not yet".
const NOT_YET: u64 = u64::MAX;
/// Stands for "now, and the clock is being read".
const NOW: u64 = u64::MAX - 1;

/// The first time that something happened.
///
/// Whoever finds that it has not happened yet may rely on it: its moment, once there is one, is later than all that
/// was known before the question. For it is marked before the clock is read.
#[derive(Debug)]
struct Moment(AtomicU64);

impl Default for Moment {
    fn default() -> Self {
        Self(AtomicU64::new(NOT_YET))
    }
}

impl Moment {
    fn happens(&self, clock: impl FnOnce() -> Nanos) {
        let first = || self.0.compare_exchange(NOT_YET, NOW, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if self.0.load(Ordering::Relaxed) == NOT_YET && first() {
            self.0.store(clock().0, Ordering::SeqCst);
        }
    }

    fn get(&self) -> Option<Nanos> {
        loop {
            match self.0.load(Ordering::SeqCst) {
                NOT_YET => return None,
                NOW => thread::yield_now(),
                at => return Some(Nanos(at)),
            }
        }
    }
}

/// The moments of one block.
#[derive(Debug, Default)]
pub(super) struct LevelMoments {
    start: Moment,
    end: Moment,
    /// By when it ends at the latest, where that was planned.
    latest_end: Option<Nanos>,
}

impl LevelMoments {
    /// Of a block whose level is left at a planned moment, if not before.
    pub(super) fn until(latest_end: Option<Nanos>) -> Self {
        Self { latest_end, ..Self::default() }
    }

    /// As many requests as the concurrency are in flight.
    pub(super) fn is_reached(&self, clock: impl FnOnce() -> Nanos) {
        self.start.happens(clock);
    }

    /// A slot is free with nothing left to send.
    pub(super) fn is_left(&self, clock: impl FnOnce() -> Nanos) {
        self.end.happens(clock);
    }

    /// When it was reached, and left.
    pub(super) fn bounds(&self) -> (Option<Nanos>, Option<Nanos>) {
        let level = self.now();
        (level.map(|level| level.start_ns), level.and_then(|level| level.end_ns))
    }

    /// The level as far as it is known; `None` where it has not been reached.
    pub(super) fn now(&self) -> Option<Level> {
        // The end first: one that comes between the two questions is later than what is asked about.
        let left = self.end.get();
        // One that is planned may lie ahead: what comes until then is before it all the same.
        let end_ns = left.into_iter().chain(self.latest_end).min();
        self.start.get().map(|start_ns| Level { start_ns, end_ns })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_time_counts() {
        let level = LevelMoments::default();
        level.is_left(|| Nanos(7));
        assert_eq!((level.now(), level.bounds()), (None, (None, None)));
        level.is_reached(|| Nanos(3));
        level.is_reached(|| Nanos(5));
        level.is_left(|| Nanos(9));
        assert_eq!(level.now(), Some(Level { start_ns: Nanos(3), end_ns: Some(Nanos(7)) }));
    }

    #[test]
    fn a_planned_end_counts_where_it_comes_first() {
        let end = |planned, left| {
            let level = LevelMoments::until(planned);
            level.is_reached(|| Nanos(3));
            if let Some(left) = left {
                level.is_left(|| left);
            }
            level.bounds().1
        };
        assert_eq!(end(Some(Nanos(9)), None), Some(Nanos(9)));
        assert_eq!(end(Some(Nanos(9)), Some(Nanos(7))), Some(Nanos(7)));
        assert_eq!(end(Some(Nanos(9)), Some(Nanos(11))), Some(Nanos(9)));
        assert_eq!(end(None, None), None);
    }

    #[test]
    fn who_asks_while_the_clock_is_read_waits_for_it() {
        let level = LevelMoments::default();
        let (reading, read) = (std::sync::Barrier::new(2), std::sync::Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                level.is_reached(|| {
                    reading.wait();
                    read.wait();
                    Nanos(4)
                });
            });
            reading.wait();
            assert_eq!(level.start.0.load(Ordering::SeqCst), NOW);
            let asked = scope.spawn(|| level.now());
            read.wait();
            assert_eq!(asked.join().unwrap(), Some(Level { start_ns: Nanos(4), end_ns: None }));
        });
    }
}
