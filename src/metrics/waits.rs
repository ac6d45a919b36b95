//! Time that requests spent before they were sent for good: waiting for the cap on requests in flight, and being
//! sent again. And what a prefix cache spared them.

use crate::model::record::Attempt;
use crate::model::summary::{Distribution, RetrySummary};
use crate::model::units::Nanos;
use crate::stats::quantile::distribution;

/// How long successes waited for the cap on requests in flight: `admitted_ns` − `scheduled_ns`, milliseconds; `None`
/// without a cap.
#[must_use]
pub fn queued_ms(successes: &[&Attempt]) -> Option<Distribution> {
    let wait = |attempt: &&Attempt| {
        let trace = &attempt.exchange.trace;
        Some(trace.admitted_ns?.since(trace.scheduled_ns).as_millis_f64())
    };
    distribution(&mut successes.iter().filter_map(wait).collect::<Vec<_>>())
}

/// What the retry policy did; `None` where nothing was sent again.
///
/// `delay_ms` = `sent_ns` of the last try − `sent_ns` of the first.
#[must_use]
pub fn retries(attempts: &[&Attempt]) -> Option<RetrySummary> {
    let retried: Vec<_> = attempts.iter().filter(|a| !a.exchange.retries.is_empty()).collect();
    let first_sent = |attempt: &Attempt| -> Option<Nanos> { Some(attempt.exchange.retries.first()?.sent_ns) };
    let delay = |attempt: &&&Attempt| {
        Some(attempt.exchange.trace.sent_ns.since(first_sent(attempt)?).as_millis_f64())
    };
    (!retried.is_empty()).then(|| RetrySummary {
        requests: retried.len() as u64,
        tries: retried.iter().map(|a| a.exchange.retries.len() as u64).sum(),
        succeeded: retried.iter().filter(|a| a.exchange.outcome.is_success()).count() as u64,
        delay_ms: distribution(&mut retried.iter().filter_map(delay).collect::<Vec<_>>()),
    })
}

/// Prompt tokens of successes that a prefix cache answered; `None` where no response told.
#[must_use]
pub fn cached_tokens(successes: &[&Attempt]) -> Option<u64> {
    successes
        .iter()
        .filter_map(|attempt| attempt.exchange.usage?.cached_tokens)
        .reduce(|sum, tokens| sum + tokens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange::{Retry, Usage};
    use crate::model::fixture;
    use crate::model::outcome::Outcome;

    fn attempt(scheduled_ms: u64, admitted_ms: Option<u64>, sent_ms: u64, tries_ms: &[u64]) -> Attempt {
        let mut attempt = fixture::record().attempt;
        let trace = &mut attempt.exchange.trace;
        trace.scheduled_ns = Nanos::from_millis(scheduled_ms);
        trace.admitted_ns = admitted_ms.map(Nanos::from_millis);
        trace.sent_ns = Nanos::from_millis(sent_ms);
        attempt.exchange.retries = tries_ms
            .iter()
            .map(|ms| Retry {
                outcome: Outcome::RateLimited,
                http_status: Some(429),
                retry_after_s: None,
                sent_ns: Nanos::from_millis(*ms),
                end_ns: Nanos::from_millis(ms + 1),
            })
            .collect();
        attempt
    }

    #[test]
    fn waiting_for_the_cap_is_told_where_there_is_one() {
        let (one, two, free) =
            (attempt(5, Some(25), 30, &[]), attempt(10, Some(10), 11, &[]), attempt(5, None, 9, &[]));
        let queued = queued_ms(&[&one, &two, &free]).unwrap();
        assert!(queued.n == 2 && (queued.mean - 10.0).abs() < 1e-12 && (queued.max - 20.0).abs() < 1e-12);
        assert_eq!(queued_ms(&[&free]), None);
    }

    #[test]
    fn retries_are_counted_and_timed_apart() {
        let (twice, mut once, never) =
            (attempt(0, None, 500, &[100, 300]), attempt(0, None, 250, &[50]), attempt(0, None, 1, &[]));
        once.exchange.outcome = Outcome::RateLimited;
        let summary = retries(&[&twice, &once, &never]).unwrap();
        assert_eq!((summary.requests, summary.tries, summary.succeeded), (2, 3, 1));
        let delay = summary.delay_ms.unwrap();
        assert!((delay.max - 400.0).abs() < 1e-12 && (delay.min - 200.0).abs() < 1e-12);
        assert_eq!(retries(&[&never]), None);
    }

    #[test]
    fn cached_tokens_are_absent_where_no_one_told() {
        let (mut one, mut two) = (attempt(0, None, 1, &[]), attempt(0, None, 1, &[]));
        assert_eq!(cached_tokens(&[&one, &two]), None);
        one.exchange.usage = Some(Usage { prompt_tokens: 9, ..Usage::default() });
        assert_eq!(cached_tokens(&[&one, &two]), None);
        two.exchange.usage = Some(Usage { cached_tokens: Some(4), ..Usage::default() });
        one.exchange.usage = Some(Usage { cached_tokens: Some(0), ..Usage::default() });
        assert_eq!(cached_tokens(&[&one, &two]), Some(4));
    }
}
