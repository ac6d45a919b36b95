//! What in the traces makes the tools' formulas come to different numbers.

use super::{has_choices, has_text, told_tokens};
use crate::metrics::gaps::gaps;
use crate::metrics::request::output_tokens;
use crate::model::definitions::Causes;
use crate::model::exchange::Exchange;
use crate::model::trace::Chunk;

/// Counts the requests in which each cause is found.
pub(super) fn count(exchanges: &[&Exchange]) -> Causes {
    let mut causes = Causes::default();
    for exchange in exchanges {
        let chunks = &exchange.trace.chunks;
        let empty = |chunks: &[Chunk]| {
            u64::from(chunks.iter().any(|chunk| has_choices(chunk.kind) && !chunk.is_token_bearing()))
        };
        causes.requests += 1;
        causes.without_usage += u64::from(told_tokens(exchange).is_none());
        causes.inexact_gaps += u64::from(gaps(&exchange.trace).any(|gap| !gap.exact));
        causes.tokens_unlike_text +=
            u64::from(chunks.iter().any(|chunk| has_text(chunk.kind) != chunk.is_token_bearing()));
        let first = chunks.iter().position(Chunk::is_token_bearing);
        let last = chunks.iter().rposition(Chunk::is_token_bearing);
        let (Some(first), Some(last)) = (first, last) else { continue };
        causes.chunk_before_tokens += empty(&chunks[..first]);
        causes.chunk_between_tokens += empty(&chunks[first..last]);
        causes.chunk_after_tokens += empty(&chunks[last..]);
        causes.first_chunk_of_several += u64::from(chunks[first].tokens > 1);
        causes.at_one_moment +=
            u64::from(output_tokens(exchange).0 > 1 && chunks[first].recv_ns == chunks[last].recv_ns);
    }
    causes
}
