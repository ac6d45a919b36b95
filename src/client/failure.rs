//! Why an exchange did not come to its end.

use std::error::Error;

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
pub fn chain(error: &(dyn Error + 'static)) -> String {
    joined(causes(error).map(ToString::to_string))
}

/// Sorts an error of a response's stream, or of a request once its connection stood.
#[must_use]
pub fn classify_stream(error: &(dyn Error + 'static)) -> Failure {
    let message = joined(causes(error).map(ToString::to_string));
    let outcome = if has_tls_cause(error) {
        return Failure::new(Outcome::Tls, format!("TLS: {message}"));
    } else if message.contains("invalid HTTP ") {
        return Failure::new(Outcome::BadResponse, format!("the answer is not HTTP: {message}"));
    } else if has_io_cause(error) {
        Outcome::Reset
    } else {
        Outcome::BadResponse
    };
    Failure { outcome, message }
}

/// Sorts an error of opening a connection.
#[must_use]
pub fn classify_connect(error: &(dyn Error + 'static)) -> Failure {
    let message = joined(causes(error).map(ToString::to_string));
    if has_tls_cause(error) {
        Failure::new(Outcome::Tls, format!("TLS: {message}"))
    } else {
        Failure::new(Outcome::Connect, format!("cannot connect: {message}"))
    }
}

/// The failure of not having connected in time.
#[must_use]
pub fn connect_timeout(connect_s: f64) -> Failure {
    Failure::new(Outcome::Connect, format!("no connection within {connect_s} s (`timeouts.connect_s`)"))
}

/// Sorts reqwest's errors into outcomes. `sent` is whether headers had already arrived; `connect_s`
/// is the limit that connecting had, in seconds.
#[must_use]
pub fn classify(error: reqwest::Error, sent: bool, connect_s: f64) -> Failure {
    let error = error.without_url();
    // That it was a request, and which layer says so, is known.
    let told = |text: &String| !LAYERS.iter().any(|layer| text.starts_with(layer));
    let message = joined(causes(&error).map(ToString::to_string).filter(told));
    if has_tls_cause(&error) {
        return Failure::new(Outcome::Tls, format!("TLS: {message}"));
    }
    if error.is_connect() && !sent {
        if error.is_timeout() {
            return connect_timeout(connect_s);
        }
        return Failure::new(Outcome::Connect, format!("cannot connect: {message}"));
    }
    if causes(&error).any(|cause| cause.to_string().starts_with("invalid HTTP ")) {
        return Failure::new(Outcome::BadResponse, format!("the answer is not HTTP: {message}"));
    }
    let outcome = if error.is_timeout() {
        Outcome::TimeoutTotal
    } else if error.is_decode() && !has_io_cause(&error) {
        Outcome::BadResponse
    } else {
        Outcome::Reset
    };
    Failure { outcome, message }
}

/// Whether the server closed the connection in order before it sent a byte of the response: on a
/// connection kept open, the sign that it closed just as the request was on its way.
#[must_use]
pub fn closed_before_response(error: &(dyn Error + 'static)) -> bool {
    let closed = "connection closed before message completed";
    causes(error).any(|cause| cause.to_string() == closed)
        && !causes(error).any(<dyn Error>::is::<std::io::Error>)
}

/// How the errors of the HTTP library's own layers begin.
const LAYERS: [&str; 2] = ["error sending request", "client error ("];

fn joined(messages: impl Iterator<Item = String>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for message in messages {
        if !parts.iter().any(|part| part.contains(&message)) {
            parts.push(message);
        }
    }
    parts.join(": ")
}

/// The error and everything beneath it. What an I/O error wraps is not its source but stands in its
/// place, so it is asked for apart: a TLS failure is found no other way.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'a (dyn Error + 'static) = *error;
        match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(wrapped) => Some(wrapped as &(dyn Error + 'static)),
            None => error.source(),
        }
    })
}

fn has_tls_cause(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(<dyn Error>::is::<rustls::Error>)
}

fn has_io_cause(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| {
        cause.is::<std::io::Error>()
            || cause.to_string().contains("end of file before message length")
            || cause.to_string().contains("connection closed before message completed")
            || cause.to_string().contains("unexpected EOF")
    })
}
