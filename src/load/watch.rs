//! Watches the client itself while the load runs.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::crew::Crew;
use crate::metrics::health::Samples;
use crate::model::health::StampFaults;

/// How often the event loop's delay is sampled.
const EVERY: Duration = Duration::from_millis(10);

/// A running watch.
pub(super) struct Watch {
    stop: CancellationToken,
    delays: JoinSet<Vec<f64>>,
    started: Instant,
    cpu_s: Option<f64>,
}

impl Watch {
    /// Begins to watch the event loops that carry the load.
    pub(super) fn start(crew: &Crew) -> Self {
        let stop = CancellationToken::new();
        let mut delays = JoinSet::new();
        for n in 0..crew.size() {
            crew.spawn(&mut delays, n, sample_delays(stop.clone()));
        }
        Self { stop, delays, started: Instant::now(), cpu_s: cpu_seconds() }
    }

    /// What was seen.
    pub(super) async fn stop(self) -> Samples {
        self.stop.cancel();
        let wall_s = self.started.elapsed().as_secs_f64();
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        #[expect(clippy::cast_precision_loss, reason = "a number of cores")]
        let available_s = wall_s * cores as f64;
        let used_s = self.cpu_s.and_then(|before| cpu_seconds().map(|now| now - before));
        Samples {
            event_loop_delay_ms: self.delays.join_all().await.concat(),
            stamp_faults: StampFaults::default(),
            cpu_use: used_s.filter(|_| available_s > 0.0).map(|used| used / available_s),
        }
    }
}

/// The delays of timers that are due at fixed moments. All that fell due while the client stood still count, each
/// with its own delay: were only one taken, a standstill would weigh the less the longer it lasted.
async fn sample_delays(stop: CancellationToken) -> Vec<f64> {
    let mut delays = Vec::new();
    let mut due = Instant::now() + EVERY;
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(due) => {
                let now = Instant::now();
                while due <= now {
                    delays.push(now.duration_since(due).as_secs_f64() * 1e3);
                    due += EVERY;
                }
            }
            () = stop.cancelled() => return delays,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of CPU time stay far below 2^53")]
fn cpu_seconds() -> Option<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    Some((usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One sample among thousands would hide a client that stood still for a tenth of the run.
    #[tokio::test(start_paused = true)]
    async fn a_standstill_counts_for_as_long_as_it_lasted() {
        let stop = CancellationToken::new();
        let delays = tokio::spawn(sample_delays(stop.clone()));
        tokio::task::yield_now().await;
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::task::yield_now().await;
        stop.cancel();
        let delays = delays.await.unwrap();
        assert_eq!(delays.len(), 100, "one for each 10 ms: {delays:?}");
        assert!((delays[0] - 990.0).abs() < 2.0 && (delays[50] - 490.0).abs() < 2.0, "{delays:?}");
    }
}
