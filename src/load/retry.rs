//! One request, sent again as far as a policy says.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::target::Target;
use crate::client::clock::Clock;
use crate::client::exchange::Client;
use crate::client::request::Request;
use crate::client::transport::Transport;
use crate::client::whole::NoAnswer;
use crate::model::exchange::{Exchange, Retry};
use crate::model::load::RetryPolicy;
use crate::model::units::Nanos;

/// The wait before the first retry where the server doesn't say how long; doubled with each further one.
const FIRST_BACKOFF: Duration = Duration::from_millis(500);

/// The longest wait before a retry, whatever the server says.
const LONGEST_BACKOFF: Duration = Duration::from_mins(1);

/// Sends a request, and again where the policy says so, until `cut`. What is measured is the last try; those before are
/// kept apart.
pub async fn exchange_with_retries<T: Target>(
    target: &T,
    request: &Request,
    scheduled: Nanos,
    policy: &RetryPolicy,
    clock: Clock,
    cut: &CancellationToken,
) -> Exchange {
    let mut retries = Vec::new();
    loop {
        let mut exchange = target.exchange(request, scheduled, cut).await;
        let again = exchange.http_status.is_some_and(|status| policy.statuses.contains(&status))
            && retries.len() < policy.attempts as usize;
        if again && pause(exchange.retry_after_s, retries.len(), clock, cut).await {
            retries.push(Retry {
                outcome: exchange.outcome,
                http_status: exchange.http_status,
                retry_after_s: exchange.retry_after_s,
                sent_ns: exchange.trace.sent_ns,
                end_ns: exchange.trace.end_ns,
            });
            continue;
        }
        exchange.retries = retries;
        return exchange;
    }
}

/// The same for a request whose answer comes whole.
pub async fn whole_with_retries<T: Transport>(
    client: &Client<T>,
    request: &Request,
    policy: &RetryPolicy,
    clock: Clock,
    cut: &CancellationToken,
) -> Result<String, NoAnswer> {
    let mut retries = 0;
    loop {
        let answer = client.whole(request, cut).await;
        let refused = answer.as_ref().err().and_then(|error| Some((error.http_status?, error.retry_after_s)));
        match refused {
            Some((status, retry_after_s))
                if policy.statuses.contains(&status)
                    && retries < policy.attempts as usize
                    && pause(retry_after_s, retries, clock, cut).await =>
            {
                retries += 1;
            }
            _ => return answer,
        }
    }
}

/// Waits before the retry after so many; false where it was cut short.
async fn pause(retry_after_s: Option<f64>, retries: usize, clock: Clock, cut: &CancellationToken) -> bool {
    let moment = clock.now().plus(backoff(retry_after_s, retries));
    tokio::select! {
        () = tokio::time::sleep_until(clock.instant(moment)) => true,
        () = cut.cancelled() => false,
    }
}

/// How long to wait before the retry after so many.
fn backoff(retry_after_s: Option<f64>, retries: usize) -> Nanos {
    let doubled = FIRST_BACKOFF.saturating_mul(1 << retries.min(16));
    let told = retry_after_s.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    Nanos::from_secs_f64(told.unwrap_or(doubled).min(LONGEST_BACKOFF).as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_says_how_long_to_wait_and_else_it_doubles() {
        let ms = |told, retries| backoff(told, retries).0 / 1_000_000;
        assert_eq!([ms(None, 0), ms(None, 1), ms(None, 3), ms(None, 40)], [500, 1_000, 4_000, 60_000]);
        assert_eq!([ms(Some(2.0), 3), ms(Some(0.0), 1), ms(Some(1e9), 0)], [2_000, 0, 60_000]);
        assert_eq!(ms(Some(f64::NAN), 0), 500);
    }
}
