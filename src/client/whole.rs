//! Requests whose answer comes whole instead of as a stream, and isn't measured.

use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::exchange::{Client, complaint, read_start};
use super::failure::Failure;
use super::refusal;
use super::request::Request;
use super::secret::redact_all;
use super::transport::{Head, Opened, Transport};
use crate::model::outcome::Outcome;
use crate::model::units::Nanos;

/// The longest answer that is read, bytes.
const LONGEST: usize = 64 << 20;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{failure}")]
pub struct NoAnswer {
    /// The class, and what was said.
    pub failure: Failure,
    /// Its status, where it got so far.
    pub http_status: Option<u16>,
    /// `Retry-After` in seconds.
    pub retry_after_s: Option<f64>,
}

impl From<Failure> for NoAnswer {
    fn from(failure: Failure) -> Self {
        Self { failure, http_status: None, retry_after_s: None }
    }
}

impl<T: Transport> Client<T> {
    /// Sends one request and reads its answer to the end, within `timeouts.total_s`. No answer holds any secret.
    ///
    /// # Errors
    ///
    /// When there is no answer, or another than success.
    pub async fn whole(&self, request: &Request, cancel: &CancellationToken) -> Result<String, NoAnswer> {
        let cancelled = || Failure::new(Outcome::Cancelled, "interrupted before it ended");
        let answer = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(cancelled().into()),
            answer = self.answer(request) => answer,
        };
        let redacted = |text: &str| redact_all(&self.secrets, text).into_owned();
        answer.map(|text| redacted(&text)).map_err(|mut error| {
            error.failure.message = redacted(&error.failure.message);
            error
        })
    }

    async fn answer(&self, request: &Request) -> Result<String, NoAnswer> {
        let limit = self.timeouts.total_s;
        let deadline = Instant::now() + Duration::from_secs_f64(limit);
        let late = || {
            let message = format!("not finished within {limit} s (`timeouts.total_s`)");
            Failure::new(Outcome::TimeoutTotal, message)
        };
        let mut sent = Nanos(0);
        let Opened { head, mut body } =
            timeout_at(deadline, self.transport.send(request, &mut sent)).await.map_err(|_| late())??;
        // Whatever it says it is: what can't be read as JSON is found out later.
        if let Some(complaint) = complaint(&Head { content_type: None, ..head.clone() }) {
            let said = refusal::message(&read_start(body, deadline).await);
            let message =
                if said.is_empty() { complaint.message } else { format!("{}: {said}", complaint.message) };
            return Err(NoAnswer {
                failure: Failure { message, ..complaint },
                http_status: Some(head.status),
                retry_after_s: head.retry_after_s,
            });
        }
        let mut bytes = Vec::new();
        while let Some(segment) = timeout_at(deadline, body.next()).await.map_err(|_| late())? {
            bytes.extend_from_slice(&segment?.bytes);
            if bytes.len() > LONGEST {
                let message = format!("the answer is longer than {} MiB", LONGEST >> 20);
                return Err(Failure::new(Outcome::BadResponse, message).into());
            }
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
