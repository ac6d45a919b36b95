//! Colours and keys of outcomes: one colour for what went wrong in one place, one key an outcome and side.

use crate::model::outcome::Outcome;
use crate::model::record::Side;

/// The CSS variable of an outcome's colour, without the dashes; a success has that of its side.
pub(super) const fn color(outcome: Outcome, side: &'static str) -> &'static str {
    match outcome {
        Outcome::Success => side,
        Outcome::Http5xx | Outcome::StreamError => "failed",
        Outcome::Connect | Outcome::Tls | Outcome::Reset | Outcome::IncompleteStream => "s7",
        Outcome::BadResponse | Outcome::Empty => "s3",
        Outcome::TimeoutTtft | Outcome::TimeoutStall | Outcome::TimeoutTotal => "timeout",
        Outcome::Http4xx | Outcome::RateLimited => "rejected",
        Outcome::Cancelled => "given-up",
    }
}

/// Keys of one side: `PREFIX-success` and so on.
macro_rules! keys {
    ($outcome:expr, $side:literal) => {
        match $outcome {
            Outcome::Success => concat!($side, "-success"),
            Outcome::IncompleteStream => concat!($side, "-incomplete-stream"),
            Outcome::StreamError => concat!($side, "-stream-error"),
            Outcome::Http4xx => concat!($side, "-http-4xx"),
            Outcome::Http5xx => concat!($side, "-http-5xx"),
            Outcome::RateLimited => concat!($side, "-rate-limited"),
            Outcome::Connect => concat!($side, "-connect"),
            Outcome::Tls => concat!($side, "-tls"),
            Outcome::TimeoutTtft => concat!($side, "-timeout-ttft"),
            Outcome::TimeoutStall => concat!($side, "-timeout-stall"),
            Outcome::TimeoutTotal => concat!($side, "-timeout-total"),
            Outcome::Reset => concat!($side, "-reset"),
            Outcome::BadResponse => concat!($side, "-bad-response"),
            Outcome::Empty => concat!($side, "-empty"),
            Outcome::Cancelled => concat!($side, "-cancelled"),
        }
    };
}

/// The key of a series of one outcome on one side.
pub(super) const fn key(side: Side, outcome: Outcome) -> &'static str {
    match side {
        Side::Candidate => keys!(outcome, "candidate"),
        Side::Baseline => keys!(outcome, "baseline"),
    }
}
