//! One request from the first byte out to the last byte in: its trace, its text and its outcome.

use std::borrow::Cow;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, timeout_at};
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
    transport: T,
    clock: Clock,
    timeouts: Timeouts,
    secrets: Vec<Secret>,
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
        let ended = tokio::select! {
            biased;
            ended = self.stream(request, &mut progress) => ended,
            () = cancel.cancelled() => Err(Failure::new(Outcome::Cancelled, "interrupted before it ended")),
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
        let Opened { head, body } = match timeout_at(limits.first_token(), sending).await {
            Ok(opened) => opened?,
            Err(_) => return Err(limits.passed(limits.first_token(), "no response headers")),
        };
        progress.head(&head);
        if let Some(complaint) = complaint(&head) {
            let said = refusal::message(&read_start(body, limits.first_token()).await);
            let message =
                if said.is_empty() { complaint.message } else { format!("{}: {said}", complaint.message) };
            return Err(Failure { message, ..complaint });
        }
        let mut events = Events::new(body);
        let mut last_event = Instant::now();
        loop {
            let (deadline, missing) = if progress.is_done() {
                (last_event + LINGER, "")
            } else if progress.has_token() {
                (limits.next_chunk(last_event), "the stream stalled")
            } else {
                (limits.first_token(), "no first token")
            };
            match timeout_at(deadline, events.next()).await {
                Ok(None) => return Ok(()),
                _ if progress.is_done() => return Ok(()),
                Err(_) => return Err(limits.passed(deadline, missing)),
                Ok(Some(event)) => progress.event(event?)?,
            }
            last_event = Instant::now();
        }
    }
}

/// The moments by which things must have happened.
struct Limits {
    started: Instant,
    timeouts: Timeouts,
}

impl Limits {
    fn from_now(timeouts: Timeouts) -> Self {
        Self { started: Instant::now(), timeouts }
    }

    fn total(&self) -> Instant {
        self.started + Duration::from_secs_f64(self.timeouts.total_s)
    }

    fn first_token(&self) -> Instant {
        self.total().min(self.started + Duration::from_secs_f64(self.timeouts.ttft_s))
    }

    fn next_chunk(&self, last: Instant) -> Instant {
        self.total().min(last + Duration::from_secs_f64(self.timeouts.stall_s))
    }

    /// The failure of having passed `deadline`, which is one of the above.
    fn passed(&self, deadline: Instant, missing: &str) -> Failure {
        if deadline == self.total() {
            let limit = self.timeouts.total_s;
            Failure::new(Outcome::TimeoutTotal, format!("not finished within {limit} s (`timeouts.total_s`)"))
        } else if deadline == self.first_token() {
            let limit = self.timeouts.ttft_s;
            Failure::new(Outcome::TimeoutTtft, format!("{missing} within {limit} s (`timeouts.ttft_s`)"))
        } else {
            let limit = self.timeouts.stall_s;
            Failure::new(Outcome::TimeoutStall, format!("{missing} for {limit} s (`timeouts.stall_s`)"))
        }
    }
}

/// What is wrong with a response's head, if anything; the body then says why.
fn complaint(head: &Head) -> Option<Failure> {
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
async fn read_start<B>(mut body: B, deadline: Instant) -> Vec<u8>
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
