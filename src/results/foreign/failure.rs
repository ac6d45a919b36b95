//! What tools say of failed requests, by outcome. They keep the reason phrase, an exception's name or the body of the
//! response; what none of the known words is in is `bad_response`, with the tool's text beside it.

use crate::client::secret::mask_urls_within;
use crate::model::outcome::Outcome;

/// Reason phrases (RFC 9110, and the older names that are still in use) by status.
const PHRASES: [(u16, &str); 17] = [
    (400, "bad request"),
    (401, "unauthorized"),
    (403, "forbidden"),
    (404, "not found"),
    (405, "method not allowed"),
    (408, "request timeout"),
    (413, "payload too large"),
    (413, "content too large"),
    (413, "request entity too large"),
    (422, "unprocessable entity"),
    (422, "unprocessable content"),
    (429, "too many requests"),
    (500, "internal server error"),
    (501, "not implemented"),
    (502, "bad gateway"),
    (503, "service unavailable"),
    (504, "gateway timeout"),
];

/// Words in what HTTP libraries of Python say, in lower case; the first that is found decides.
const WORDS: [(&str, Outcome); 22] = [
    ("cancel", Outcome::Cancelled),
    ("connecttimeout", Outcome::Connect),
    ("connectiontimeout", Outcome::Connect),
    ("connection timeout", Outcome::Connect),
    ("timeout", Outcome::TimeoutTotal),
    ("timed out", Outcome::TimeoutTotal),
    ("certificate", Outcome::Tls),
    ("ssl", Outcome::Tls),
    ("reset", Outcome::Reset),
    ("disconnected", Outcome::Reset),
    ("remoteprotocolerror", Outcome::Reset),
    ("payload is not completed", Outcome::Reset),
    ("incomplete chunked read", Outcome::Reset),
    ("peer closed connection", Outcome::Reset),
    ("readerror", Outcome::Reset),
    ("connection refused", Outcome::Connect),
    ("cannot connect", Outcome::Connect),
    ("clientconnectorerror", Outcome::Connect),
    ("connecterror", Outcome::Connect),
    ("all connection attempts failed", Outcome::Connect),
    ("name or service not known", Outcome::Connect),
    ("never received a valid chunk", Outcome::Empty),
];

/// The outcome that a status stands for; `None` for one that is no failure.
pub(super) fn of_status(status: u16) -> Option<Outcome> {
    match status {
        429 => Some(Outcome::RateLimited),
        400..=499 => Some(Outcome::Http4xx),
        500..=599 => Some(Outcome::Http5xx),
        _ => None,
    }
}

/// How a request failed, by what the tool says of it, and the status where that tells it.
pub(super) fn outcome(text: &str) -> (Outcome, Option<u16>) {
    let text = text.to_lowercase();
    let phrase = PHRASES
        .iter()
        .find(|(status, phrase)| text.trim() == *phrase || text.contains(&format!("{status} {phrase}")));
    if let Some((status, outcome)) = phrase.and_then(|(status, _)| Some((*status, of_status(*status)?))) {
        return (outcome, Some(status));
    }
    let word = WORDS.iter().find(|(word, _)| text.contains(word));
    (word.map_or(Outcome::BadResponse, |(_, outcome)| *outcome), None)
}

/// What of the tool's text is kept: the last line that says anything, which of a traceback is the exception, with
/// what may be a key in a URL masked, and no more than 500 characters of it.
pub(super) fn said(text: &str) -> String {
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    super::short(&mask_urls_within(line), 500)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tools_say_is_classed() {
        let cases = [
            ("Service Unavailable", Outcome::Http5xx, Some(503)),
            ("Too Many Requests", Outcome::RateLimited, Some(429)),
            ("Server error '502 Bad Gateway' for url 'http://h/v1'", Outcome::Http5xx, Some(502)),
            ("aiohttp.client_exceptions.ServerDisconnectedError: Server disconnected", Outcome::Reset, None),
            ("Cannot connect to host h:1 [Connect call failed]", Outcome::Connect, None),
            ("TimeoutError", Outcome::TimeoutTotal, None),
            ("httpx.ConnectTimeout: ConnectTimeout", Outcome::Connect, None),
            ("the model said: bad request, sir", Outcome::BadResponse, None),
            ("", Outcome::BadResponse, None),
        ];
        for (text, expected, status) in cases {
            assert_eq!(outcome(text), (expected, status), "{text}");
        }
        assert_eq!((of_status(200), of_status(404)), (None, Some(Outcome::Http4xx)));
    }

    #[test]
    fn of_a_traceback_the_exception_is_kept() {
        assert_eq!(
            said("Traceback (most recent call last):\n  File \"x\"\nValueError: no\n\n"),
            "ValueError: no"
        );
        assert_eq!(said(&"x".repeat(600)).chars().count(), 501);
        assert_eq!(said(""), "");
        assert_eq!(
            said("no 'http://u:hunter2@h/v1' and https://h/?key=s3cr3t"),
            "no 'http://***@h/v1' and https://h/?key=***"
        );
    }
}
