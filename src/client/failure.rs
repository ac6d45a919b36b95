//! Why an exchange did not come to its end.

use crate::model::outcome::Outcome;

/// A failure with the outcome it counts as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The class.
    pub outcome: Outcome,
    /// What happened, in words. Holds no URL's key and no header.
    pub message: String,
}

impl Failure {
    /// A failure of this class.
    pub fn new(outcome: Outcome, message: impl Into<String>) -> Self {
        Self { outcome, message: message.into() }
    }
}

/// Every cause of an error in one line, repeats left out.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        next = error.source();
    }
    parts.join(": ")
}

/// Sorts reqwest's errors into outcomes. `sent` is whether headers had already arrived.
#[must_use]
pub fn classify(error: reqwest::Error, sent: bool) -> Failure {
    let error = error.without_url();
    let message = chain(&error);
    let outcome = if has_tls_cause(&error) {
        Outcome::Tls
    } else if error.is_connect() && !sent {
        Outcome::Connect
    } else if error.is_timeout() {
        Outcome::TimeoutTotal
    } else if error.is_decode() && !has_io_cause(&error) {
        Outcome::BadResponse
    } else {
        Outcome::Reset
    };
    Failure { outcome, message }
}

fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

fn has_tls_cause(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| {
        cause.is::<rustls::Error>()
            || cause
                .downcast_ref::<std::io::Error>()
                .and_then(std::io::Error::get_ref)
                .is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>)
    })
}

fn has_io_cause(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| {
        cause.is::<std::io::Error>()
            || cause.to_string().contains("end of file before message length")
            || cause.to_string().contains("connection closed before message completed")
            || cause.to_string().contains("unexpected EOF")
    })
}
