//! What the client's own delays mean for its numbers.
//!
//! Which delay bends what depends on who stamps the chunks:
//!
//! - Stamps of labctl's own are as late as its event loop, so its delay is the measure of every latency.
//! - The kernel's stamps are on time however busy labctl is. What a busy client still bends is the load: in a closed
//!   loop the next request is sent as late as the end of the one before it was seen, which the read lag tells.
//! - Requests that leave later than planned lower the load and lengthen `latency_from_schedule_ms` whoever stamps.

use crate::model::exchange::Exchange;
use crate::model::health::{ClientHealth, HealthStatus, Lag, StampFaults};
use crate::model::record::Row;
use crate::model::summary::Distribution;
use crate::model::units::{Nanos, ratio};
use crate::stats::quantile::distribution;

use super::accumulate::{Accumulator, Stamped};

/// Above this event-loop delay (p99, milliseconds) stamps taken by labctl are visibly late.
const DELAY_DEGRADED_MS: f64 = 5.0;
/// Above this event-loop delay (p99, milliseconds) the latencies are the client's own.
const DELAY_INVALID_MS: f64 = 50.0;
/// Above this read or scheduling lag (p99, milliseconds) the client is saturated: a healthy one is a hundredth of a
/// millisecond behind, and a slot that stands empty for 50 ms after a request of a second or two is a few percent
/// of the load.
const LAG_DEGRADED_MS: f64 = 50.0;
/// Above this read or scheduling lag (p99, milliseconds) slots stand empty about as long as requests take, so the
/// load put on is another one than the load asked for, and so is every number that depends on it.
const LAG_INVALID_MS: f64 = 1_000.0;
/// Above this share of the slots' time spent between planned and actual send, the load is visibly lower than
/// asked for. It tells for short requests what the lag in milliseconds tells for long ones.
const WAITING_DEGRADED: f64 = 0.1;
/// Above this share of inexact stamps inter-token latencies say little. Never more than `degraded`: servers send
/// several events in one packet for reasons of their own, and first and last tokens keep their times.
const COALESCED_DEGRADED: f64 = 0.2;
/// Above this share of reads without the kernel's stamp (÷ token-bearing chunks) the stamps are not what they seem.
const UNSTAMPED_DEGRADED: f64 = 0.01;
/// Above this share of the cores in use the client competes with itself.
const CPU_DEGRADED: f64 = 0.9;

/// What was sampled of the client while the load ran.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Samples {
    /// How late a timer fired, milliseconds, per sample.
    pub event_loop_delay_ms: Vec<f64>,
    /// CPU seconds of this process ÷ wall seconds ÷ cores.
    pub cpu_use: Option<f64>,
    /// What went wrong with the kernel's stamps.
    pub stamp_faults: StampFaults,
}

/// The client's verdict on itself. `traces` is what the traces of these rows came to.
#[must_use]
pub fn client_health(rows: &[Row], traces: &Accumulator, mut samples: Samples) -> ClientHealth {
    let of_requests = || {
        let attempts = rows.iter().flat_map(|row| row.candidate.iter().chain(&row.baseline));
        attempts.map(|attempt| &attempt.exchange)
    };
    let mut scheduling: Vec<f64> =
        of_requests().map(|exchange| sent_first(exchange).since(due(exchange)).as_millis_f64()).collect();
    let slots_s: f64 =
        of_requests().map(|exchange| exchange.trace.end_ns.since(due(exchange)).as_secs_f64()).sum();
    let waiting = scheduling.iter().sum::<f64>() / 1e3 / slots_s;
    let stamped = traces.stamped();
    let faults = samples.stamp_faults;
    let mut verdict = Verdict {
        health: ClientHealth {
            status: HealthStatus::Valid,
            reasons: Vec::new(),
            read_lag: traces.read_lag().distribution().map(|(lag, _)| of_distribution(&lag)),
            scheduling_lag: lag(&mut scheduling),
            event_loop_delay: lag(&mut samples.event_loop_delay_ms),
            stamp_faults: (faults != StampFaults::default()).then_some(faults),
            coalesced_share: ratio(stamped.inexact, stamped.all()),
            cpu_use: samples.cpu_use,
        },
    };
    // Without a single chunk nothing says who would have stamped it.
    if (stamped.read > 0 || stamped.kernel == 0) && !rows.is_empty() {
        verdict.on_own_stamps();
    }
    verdict.on_lags(waiting);
    verdict.on_stamps(stamped);
    verdict.health
}

/// When a request was to be sent: when it was planned, or when the cap on requests in flight let it go.
fn due(exchange: &Exchange) -> Nanos {
    exchange.trace.admitted_ns.unwrap_or(exchange.trace.scheduled_ns)
}

/// When it was sent for the first time: what a retry waits for is the server's doing.
fn sent_first(exchange: &Exchange) -> Nanos {
    exchange.retries.first().map_or(exchange.trace.sent_ns, |retry| retry.sent_ns)
}

/// A verdict in the making.
struct Verdict {
    health: ClientHealth,
}

impl Verdict {
    fn complain(&mut self, status: HealthStatus, reason: String) {
        self.health.status = self.health.status.max(status);
        self.health.reasons.push(reason);
    }

    fn on_own_stamps(&mut self) {
        match self.health.event_loop_delay.map(|delay| delay.p99_ms) {
            None => self.complain(
                HealthStatus::Degraded,
                "how late the client's event loop was is not known, and so not how late its stamps are"
                    .to_owned(),
            ),
            Some(p99) if p99 > DELAY_INVALID_MS => self.complain(
                HealthStatus::Invalid,
                format!(
                    "the client's event loop was {p99:.1} ms late at p99: its stamps are not the server's times; lower the load or use a faster machine"
                ),
            ),
            Some(p99) if p99 > DELAY_DEGRADED_MS => self.complain(
                HealthStatus::Degraded,
                format!(
                    "the client's event loop was {p99:.1} ms late at p99: latencies may be too long by as much"
                ),
            ),
            Some(_) => {}
        }
    }

    fn on_lags(&mut self, waiting: f64) {
        let of = |p99: f64| {
            if p99 > LAG_INVALID_MS {
                (HealthStatus::Invalid, "; lower the load or use a faster machine")
            } else {
                (HealthStatus::Degraded, "")
            }
        };
        if let Some(p99) = self.health.read_lag.map(|lag| lag.p99_ms).filter(|p99| *p99 > LAG_DEGRADED_MS) {
            let (status, advice) = of(p99);
            self.complain(
                status,
                format!(
                    "the client was saturated: it saw what had arrived {p99:.0} ms late at p99. The kernel's stamps hold, but requests were sent late by as much, which lowers the load{advice}"
                ),
            );
        }
        let lag = self.health.scheduling_lag.map(|lag| lag.p99_ms);
        if let Some(p99) = lag.filter(|p99| *p99 > LAG_DEGRADED_MS) {
            let (status, advice) = of(p99);
            self.complain(
                status,
                format!(
                    "requests were sent {p99:.0} ms later than planned at p99 (connecting included): latencies from the schedule are longer by as much, and a closed loop's load was lower than asked for{advice}"
                ),
            );
        } else if waiting > WAITING_DEGRADED {
            self.complain(
                HealthStatus::Degraded,
                format!(
                    "{:.0} % of the time that requests took passed before they were sent (connecting included): the load was not what was asked for",
                    waiting * 100.0
                ),
            );
        }
    }

    fn on_stamps(&mut self, stamped: Stamped) {
        let StampFaults { unstamped_reads, clock_steps } = self.health.stamp_faults.unwrap_or_default();
        if clock_steps > 0 {
            self.complain(
                HealthStatus::Degraded,
                format!(
                    "the system's clock was set {clock_steps} times while it was measured: times around those moments are not exact"
                ),
            );
        }
        if let Some(share) = ratio(unstamped_reads, stamped.all()).filter(|share| *share > UNSTAMPED_DEGRADED)
        {
            self.complain(
                HealthStatus::Degraded,
                format!(
                    "{unstamped_reads} reads came without the kernel's stamp, {:.0} % of the tokens: theirs is when labctl saw them",
                    share * 100.0
                ),
            );
        }
        if let Some(share) = self.health.coalesced_share.filter(|share| *share > COALESCED_DEGRADED) {
            self.complain(
                HealthStatus::Degraded,
                format!(
                    "{:.0} % of the tokens came together with later ones in one read: their inter-token latencies are left out",
                    share * 100.0
                ),
            );
        }
        if let Some(cpu) = self.health.cpu_use.filter(|cpu| *cpu > CPU_DEGRADED) {
            self.complain(
                HealthStatus::Degraded,
                format!("the client used {:.0} % of this machine's cores", cpu * 100.0),
            );
        }
    }
}

fn lag(values: &mut [f64]) -> Option<Lag> {
    distribution(values).map(|d| of_distribution(&d))
}

const fn of_distribution(distribution: &Distribution) -> Lag {
    Lag { p50_ms: distribution.p50, p99_ms: distribution.p99, max_ms: distribution.max }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture;
    use crate::model::record::Record;
    use crate::model::trace::{Chunk, ChunkKind, StampSource, Trace};
    use crate::model::units::Nanos;

    /// A client that measured one request of 1 s with ten tokens.
    struct Client {
        stamps: StampSource,
        read_lag_ms: u32,
        sent_ms: u64,
        inexact: usize,
        samples: Samples,
    }

    fn client(stamps: StampSource) -> Client {
        let samples = Samples {
            event_loop_delay_ms: vec![1.0; 10],
            cpu_use: Some(0.5),
            stamp_faults: StampFaults::default(),
        };
        Client { stamps, read_lag_ms: 0, sent_ms: 0, inexact: 0, samples }
    }

    impl Client {
        fn health(self) -> ClientHealth {
            let mut record = fixture::record();
            let chunk = |n| Chunk {
                recv_ns: Nanos::from_millis(100 * n),
                tokens: 1,
                kind: ChunkKind::Content,
                exact: n > self.inexact as u64,
                read_lag_ns: self.read_lag_ms * 1_000_000,
            };
            record.attempt.exchange.trace = Trace {
                sent_ns: Nanos::from_millis(self.sent_ms),
                end_ns: Nanos::from_millis(1_000),
                stamps: self.stamps,
                chunks: (1..=10).map(chunk).collect(),
                ..Trace::default()
            };
            let mut traces = Accumulator::default();
            traces.add(&record, None);
            record.attempt.exchange.trace.chunks.clear();
            client_health(&[row(record)], &traces, self.samples)
        }

        #[track_caller]
        fn is(self, status: HealthStatus, reason: &str) {
            let health = self.health();
            assert_eq!(health.status, status, "{health:?}");
            assert!(health.reasons.concat().contains(reason), "{health:?}");
            assert_eq!(health.reasons.is_empty(), status == HealthStatus::Valid);
        }
    }

    fn row(record: Record) -> Row {
        Row {
            reference: None,
            key: record.key,
            category: record.category,
            family: record.family,
            scenario_id: record.scenario_id,
            block: 0,
            candidate: Some(record.attempt),
            baseline: None,
            ask: crate::model::workload::Ask::default(),
        }
    }

    const READ: StampSource = StampSource::Read;
    const KERNEL: StampSource = StampSource::Kernel;

    /// Neither what waits for the cap nor what is sent again is the client's own delay.
    #[test]
    fn queueing_and_retries_are_not_the_clients_delay() {
        let ms = Nanos::from_millis;
        let mut exchange = crate::model::fixture::exchange();
        exchange.trace.scheduled_ns = ms(100);
        exchange.trace.admitted_ns = Some(ms(900));
        exchange.trace.sent_ns = ms(3_000);
        exchange.retries = vec![crate::model::exchange::Retry {
            outcome: crate::model::outcome::Outcome::RateLimited,
            http_status: Some(429),
            retry_after_s: Some(2.0),
            sent_ns: ms(901),
            end_ns: ms(910),
        }];
        assert_eq!((due(&exchange), sent_first(&exchange)), (ms(900), ms(901)));
    }

    #[test]
    fn delays_of_the_event_loop_count_where_labctl_stamps() {
        use HealthStatus::{Degraded, Invalid, Valid};
        for (delay, status, reason) in [(1.0, Valid, ""), (6.0, Degraded, "6.0 ms"), (60.0, Invalid, "60.0")]
        {
            let mut read = client(READ);
            read.samples.event_loop_delay_ms = vec![delay; 10];
            read.is(status, reason);
            let mut kernel = client(KERNEL);
            kernel.read_lag_ms = 1;
            kernel.samples.event_loop_delay_ms = vec![delay; 10];
            kernel.is(Valid, "");
        }
        let mut read = client(READ);
        read.samples = Samples::default();
        read.is(Degraded, "not known");
        let mut kernel = client(KERNEL);
        kernel.samples = Samples::default();
        kernel.is(Valid, "");
    }

    #[test]
    fn the_read_lag_tells_a_saturated_client_with_the_kernels_stamps() {
        let lagging = |read_lag_ms| Client { read_lag_ms, ..client(KERNEL) };
        lagging(49).is(HealthStatus::Valid, "");
        lagging(60).is(HealthStatus::Degraded, "60 ms late at p99. The kernel's stamps hold");
        lagging(1_200).is(HealthStatus::Invalid, "lower the load");
        let health = lagging(60).health();
        assert_eq!(health.read_lag, Some(Lag { p50_ms: 60.0, p99_ms: 60.0, max_ms: 60.0 }));
    }

    #[test]
    fn requests_that_leave_late_lower_the_load() {
        for stamps in [READ, KERNEL] {
            let late = |sent_ms| Client { sent_ms, ..client(stamps) };
            late(49).is(HealthStatus::Valid, "");
            late(60).is(HealthStatus::Degraded, "60 ms later than planned");
        }
        let mut record = fixture::record();
        record.attempt.exchange.trace = Trace {
            sent_ns: Nanos::from_millis(20),
            end_ns: Nanos::from_millis(100),
            stamps: KERNEL,
            ..Trace::default()
        };
        let samples = Samples { event_loop_delay_ms: vec![0.0], ..Samples::default() };
        let health = client_health(&[row(record.clone())], &Accumulator::default(), samples.clone());
        assert!(health.reasons[0].contains("20 % of the time"), "{health:?}");
        record.attempt.exchange.trace.sent_ns = Nanos::from_millis(2_000);
        let health = client_health(&[row(record)], &Accumulator::default(), samples);
        assert_eq!(health.status, HealthStatus::Invalid);
    }

    #[test]
    fn faults_of_the_stamps_degrade() {
        let inexact = |inexact| Client { inexact, ..client(KERNEL) };
        inexact(2).is(HealthStatus::Valid, "");
        inexact(9).is(HealthStatus::Degraded, "90 % of the tokens");
        let faulty = |unstamped_reads, clock_steps| {
            let mut client = client(KERNEL);
            client.samples.stamp_faults = StampFaults { unstamped_reads, clock_steps };
            client
        };
        faulty(1, 0).is(HealthStatus::Degraded, "1 reads came without the kernel's stamp, 10 %");
        faulty(0, 2).is(HealthStatus::Degraded, "was set 2 times");
        assert!(client(KERNEL).health().stamp_faults.is_none());
    }

    #[test]
    fn a_client_that_uses_all_cores_is_degraded() {
        let mut busy = client(READ);
        busy.samples.cpu_use = Some(0.95);
        busy.is(HealthStatus::Degraded, "95 % of this machine's cores");
    }

    #[test]
    fn nothing_sampled_is_nothing_claimed() {
        let health = client_health(&[], &Accumulator::default(), Samples::default());
        assert_eq!(
            (health.status, health.event_loop_delay, health.coalesced_share),
            (HealthStatus::Valid, None, None)
        );
    }
}
