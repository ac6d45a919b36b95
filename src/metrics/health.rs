//! What the client's own delays mean for its numbers.

use crate::model::health::{ClientHealth, HealthStatus, Lag};
use crate::model::record::Row;
use crate::model::units::ratio;
use crate::stats::quantile::distribution;

/// Above this event-loop delay (p99, milliseconds) stamps taken by labctl are visibly late.
const DELAY_DEGRADED_MS: f64 = 5.0;
/// Above this event-loop delay (p99, milliseconds) the latencies are the client's own.
const DELAY_INVALID_MS: f64 = 50.0;
/// Above this share of inexact stamps inter-token latencies say little.
const COALESCED_DEGRADED: f64 = 0.2;
/// Above this share of the cores in use the client competes with itself.
const CPU_DEGRADED: f64 = 0.9;

/// What was sampled of the client while the load ran.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Samples {
    /// How late a timer fired, milliseconds, per sample.
    pub event_loop_delay_ms: Vec<f64>,
    /// CPU seconds of this process ÷ wall seconds ÷ cores.
    pub cpu_use: Option<f64>,
}

/// The client's verdict on itself. With stamps taken when a read returns, the event loop's delay is
/// the only measure of how late they are; kernel stamps would show each one's lag.
#[must_use]
pub fn client_health(rows: &[Row], mut samples: Samples) -> ClientHealth {
    let attempts = || rows.iter().flat_map(|row| row.candidate.iter().chain(&row.baseline));
    let (mut tokens, mut inexact) = (0, 0);
    for chunk in attempts().flat_map(|attempt| attempt.exchange.trace.token_chunks()) {
        tokens += 1;
        inexact += u64::from(!chunk.exact);
    }
    let mut scheduling: Vec<f64> = attempts()
        .map(|attempt| &attempt.exchange.trace)
        .map(|trace| trace.sent_ns.since(trace.scheduled_ns).as_millis_f64())
        .collect();
    let mut health = ClientHealth {
        status: HealthStatus::Valid,
        reasons: Vec::new(),
        read_lag: None,
        scheduling_lag: lag(&mut scheduling),
        event_loop_delay: lag(&mut samples.event_loop_delay_ms),
        coalesced_share: ratio(inexact, tokens),
        cpu_use: samples.cpu_use,
    };
    let mut complain = |status: HealthStatus, reason: String| {
        health.status = health.status.max(status);
        health.reasons.push(reason);
    };
    if let Some(delay) = health.event_loop_delay {
        let p99 = delay.p99_ms;
        if p99 > DELAY_INVALID_MS {
            complain(
                HealthStatus::Invalid,
                format!(
                    "the client's event loop was {p99:.1} ms late at p99: its stamps are not the server's times; lower the load or use a faster machine"
                ),
            );
        } else if p99 > DELAY_DEGRADED_MS {
            complain(
                HealthStatus::Degraded,
                format!(
                    "the client's event loop was {p99:.1} ms late at p99: latencies may be too long by as much"
                ),
            );
        }
    }
    if health.event_loop_delay.is_none() && !rows.is_empty() {
        complain(
            HealthStatus::Degraded,
            "how late the client's event loop was is not known, and so not how late its stamps are"
                .to_owned(),
        );
    }
    if let Some(share) = health.coalesced_share.filter(|share| *share > COALESCED_DEGRADED) {
        complain(
            HealthStatus::Degraded,
            format!(
                "{:.0} % of the tokens came together with later ones in one read: their inter-token latencies are left out",
                share * 100.0
            ),
        );
    }
    if let Some(cpu) = health.cpu_use.filter(|cpu| *cpu > CPU_DEGRADED) {
        complain(
            HealthStatus::Degraded,
            format!("the client used {:.0} % of this machine's cores", cpu * 100.0),
        );
    }
    health
}

fn lag(values: &mut [f64]) -> Option<Lag> {
    distribution(values).map(|d| Lag { p50_ms: d.p50, p99_ms: d.p99, max_ms: d.max })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(delay_ms: f64, cpu: f64) -> HealthStatus {
        client_health(&[], Samples { event_loop_delay_ms: vec![delay_ms; 10], cpu_use: Some(cpu) }).status
    }

    #[test]
    fn delays_decide_the_status() {
        assert_eq!(status(1.0, 0.5), HealthStatus::Valid);
        assert_eq!(status(6.0, 0.5), HealthStatus::Degraded);
        assert_eq!(status(1.0, 0.95), HealthStatus::Degraded);
        assert_eq!(status(60.0, 0.95), HealthStatus::Invalid);
    }

    #[test]
    fn nothing_sampled_is_nothing_claimed() {
        let health = client_health(&[], Samples::default());
        assert_eq!(
            (health.status, health.event_loop_delay, health.coalesced_share),
            (HealthStatus::Valid, None, None)
        );
    }
}
