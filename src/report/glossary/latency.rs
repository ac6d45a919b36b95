//! What requests took.

use super::Term;

pub(super) const TERMS: &[Term] = &[Term {
    id: "ttft",
    name: "TTFT, time to first token",
    unit: "ms",
    short: "From a request's sending to the first chunk of its answer that carries a token.",
    long: "First token-bearing chunk − sent. Token-bearing is a chunk that the server says carries at least one token, \
               else one whose content, reasoning or tool call isn't empty: the empty chunk that opens a stream never is. \
               Sent is when the request's last byte was written, so that neither queueing nor connecting is part of it. Of \
               successes alone; a request without a token has none.",
    see: &["from-schedule", "percentile", "outcome"],
}];
