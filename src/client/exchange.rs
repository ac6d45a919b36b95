//! One request from the first byte out to the last byte in: its trace, its text and its outcome.

use std::borrow::Cow;
use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::failure::Failure;
use super::progress::Progress;
use super::refusal;
use super::request::Request;
use super::secret::{Secret, redact_all};
use super::server::Dialect;
use super::sse::Events;
use super::transport::{Head, Opened, Segment, Transport};
use crate::model::config::Timeouts;
use crate::model::exchange::Exchange;
use crate::model::outcome::Outcome;
use crate::model::units::Nanos;

/// How long a server may keep the stream open after `[DONE]` before labctl closes it.
const LINGER: Duration = Duration::from_secs(1);

/// The most of an error body that is read.
const LONGEST_REFUSAL: usize = 64 << 10;

/// Sends requests to one endpoint and turns what comes back into exchanges.
#[derive(Debug)]
pub struct Client<T> {
    pub(super) transport: T,
    pub(super) clock: Clock,
    pub(super) timeouts: Timeouts,
    pub(super) secrets: Vec<Secret>,
    dialect: Dialect,
}

impl<T: Transport> Client<T> {
    /// A client over a transport to a server that speaks this dialect. No exchange will hold any of `secrets`.
    pub const fn new(
        transport: T,
        clock: Clock,
        timeouts: Timeouts,
        secrets: Vec<Secret>,
        dialect: Dialect,
    ) -> Self {
        Self { transport, clock, timeouts, secrets, dialect }
    }

    /// The transport beneath.
    pub const fn transport(&self) -> &T {
        &self.transport
    }

    /// Sends one request and reads its stream to the end, whatever the end may be. Cancelling gives
    /// the exchange so far, as `cancelled`.
    pub async fn exchange(
        &self,
        request: &Request,
        scheduled_ns: Nanos,
        cancel: &CancellationToken,
    ) -> Exchange {
        let mut progress =
            Progress::new(request, scheduled_ns, self.clock.now(), self.transport.stamps(), self.dialect);
        let cancelled =
            |when: &str| Err(Failure::new(Outcome::Cancelled, format!("interrupted before it {when}")));
        let ended = if cancel.is_cancelled() {
            cancelled("was sent")
        } else {
            tokio::select! {
                biased;
                ended = self.stream(request, &mut progress) => ended,
                () = cancel.cancelled() => cancelled("ended"),
            }
        };
        let mut exchange = progress.finish(ended, self.clock.now());
        self.redact(&mut exchange);
        exchange
    }

    /// Masks what a server may have echoed, on purpose or not.
    fn redact(&self, exchange: &mut Exchange) {
        let Exchange {
            error,
            content,
            reasoning,
            tool_calls,
            finish_reason,
            served_model,
            system_fingerprint,
            ..
        } = exchange;
        let told = [error, finish_reason, served_model, system_fingerprint].into_iter().flatten();
        for text in told.chain([content, reasoning, tool_calls]) {
            if let Cow::Owned(redacted) = redact_all(&self.secrets, text) {
                *text = redacted;
            }
        }
    }

    async fn stream(&self, request: &Request, progress: &mut Progress) -> Result<(), Failure> {
        let limits = Limits::from_now(self.timeouts);
        let sending = self.transport.send(request, progress.sent_ns());
        let Opened { head, body } = match timeout_at(limits.first_token, sending).await {
            Ok(opened) => opened?,
            Err(_) => return Err(limits.passed(limits.first_token, "no response headers")),
        };
        progress.head(&head);
        if let Some(complaint) = complaint(&head) {
            let said = refusal::message(&read_start(body, limits.first_token).await);
            let message =
                if said.is_empty() { complaint.message } else { format!("{}: {said}", complaint.message) };
            return Err(Failure { message, ..complaint });
        }
        let mut events = Events::new(body);
        let mut alarm = Alarm::new(limits.first_token);
        loop {
            let mut wait = None;
            let next = poll_fn(|cx| {
                if let Poll::Ready(event) = events.poll_next_unpin(cx) {
                    return Poll::Ready(Ok(event));
                }
                let (deadline, missing) = *wait.get_or_insert_with(|| limits.next_event(progress));
                alarm.poll(cx, deadline).map(|()| Err((deadline, missing)))
            });
            match next.await {
                Ok(None) => return Ok(()),
                _ if progress.is_done() => return Ok(()),
                Err((deadline, missing)) => return Err(limits.passed(deadline, missing)),
                Ok(Some(event)) => progress.event(event?)?,
            }
        }
    }
}

/// The moments by which things must have happened.
struct Limits {
    total: Instant,
    first_token: Instant,
    stall: Duration,
    timeouts: Timeouts,
}

impl Limits {
    fn from_now(timeouts: Timeouts) -> Self {
        let now = Instant::now();
        let total = now + Duration::from_secs_f64(timeouts.total_s);
        Self {
            total,
            first_token: total.min(now + Duration::from_secs_f64(timeouts.ttft_s)),
            stall: Duration::from_secs_f64(timeouts.stall_s),
            timeouts,
        }
    }

    /// By when the next event must come where none is there now, and what is missing if it doesn't.
    fn next_event(&self, progress: &Progress) -> (Instant, &'static str) {
        if progress.is_done() {
            (Instant::now() + LINGER, "")
        } else if progress.has_token() {
            (self.total.min(Instant::now() + self.stall), "the stream stalled")
        } else {
            (self.first_token, "no first token")
        }
    }

    /// The failure of having passed `deadline`, which is one of the above.
    fn passed(&self, deadline: Instant, missing: &str) -> Failure {
        if deadline == self.total {
            let limit = self.timeouts.total_s;
            Failure::new(Outcome::TimeoutTotal, format!("not finished within {limit} s (`timeouts.total_s`)"))
        } else if deadline == self.first_token {
            let limit = self.timeouts.ttft_s;
            Failure::new(Outcome::TimeoutTtft, format!("{missing} within {limit} s (`timeouts.ttft_s`)"))
        } else {
            let limit = self.timeouts.stall_s;
            Failure::new(Outcome::TimeoutStall, format!("{missing} for {limit} s (`timeouts.stall_s`)"))
        }
    }
}

/// A timer for deadlines of which nearly every one is later than the one before. It stays set to an earlier one
/// and is put off when that has come: to set a timer anew for each event costs as much as to parse the event.
struct Alarm(Pin<Box<Sleep>>);

impl Alarm {
    fn new(deadline: Instant) -> Self {
        Self(Box::pin(sleep_until(deadline)))
    }

    /// Ready when `deadline` has passed.
    fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        if deadline < self.0.deadline() {
            self.0.as_mut().reset(deadline);
        }
        loop {
            ready!(self.0.as_mut().poll(cx));
            if self.0.deadline() >= deadline {
                return Poll::Ready(());
            }
            self.0.as_mut().reset(deadline);
        }
    }
}

/// What is wrong with a response's head, if anything; the body then says why.
pub(super) fn complaint(head: &Head) -> Option<Failure> {
    let status = head.status;
    match status {
        200..=299 => match head.content_type.as_deref() {
            None | Some("text/event-stream") => None,
            Some(other) => Some(Failure::new(
                Outcome::BadResponse,
                format!("not a stream of server-sent events, but `{}`", refusal::quote(other)),
            )),
        },
        429 => Some(Failure::new(
            Outcome::RateLimited,
            head.retry_after_s
                .map_or_else(|| "HTTP 429".to_owned(), |s| format!("HTTP 429, retry after {s} s")),
        )),
        400..=499 => Some(Failure::new(Outcome::Http4xx, format!("HTTP {status}"))),
        500..=599 => Some(Failure::new(Outcome::Http5xx, format!("HTTP {status}"))),
        _ => Some(Failure::new(
            Outcome::BadResponse,
            format!("HTTP {status}, which is neither a stream nor an error"),
        )),
    }
}

/// The start of a body, as far as it comes in time.
pub(super) async fn read_start<B>(mut body: B, deadline: Instant) -> Vec<u8>
where
    B: Stream<Item = Result<Segment, Failure>> + Unpin,
{
    let mut start = Vec::new();
    while let Ok(Some(Ok(segment))) = timeout_at(deadline, body.next()).await {
        start.extend_from_slice(&segment.bytes);
        if start.len() >= LONGEST_REFUSAL {
            break;
        }
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long after its start the alarm rings, asked for `first` at once and for `then` after a second.
    async fn rings_after_s(first: u64, then: u64) -> u64 {
        let start = Instant::now();
        let mut alarm = Alarm::new(start + Duration::from_secs(first));
        let mut one_second = Box::pin(sleep_until(start + Duration::from_secs(1)));
        poll_fn(|cx| {
            let is_later = one_second.as_mut().poll(cx).is_ready();
            let seconds = if is_later { then } else { first };
            alarm.poll(cx, start + Duration::from_secs(seconds))
        })
        .await;
        start.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_holds_that_was_put_off_or_brought_forward() {
        assert_eq!(rings_after_s(10, 10).await, 10);
        assert_eq!(rings_after_s(10, 25).await, 25);
        assert_eq!(rings_after_s(60, 5).await, 5);
        assert_eq!(rings_after_s(60, 0).await, 1, "one that has passed rings at once");
    }
}
