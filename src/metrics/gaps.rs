//! Inter-token latency: the gaps between consecutive token-bearing chunks.

use crate::model::trace::Trace;
use crate::model::units::Nanos;

/// One gap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// Its length.
    pub span: Nanos,
    /// Its length in milliseconds.
    pub ms: f64,
    /// False where an end's stamp is that of a read that carried later events too.
    pub exact: bool,
}

/// The gaps of one trace, never split inside a chunk: a chunk of three tokens ends one gap, not three.
pub fn gaps(trace: &Trace) -> impl Iterator<Item = Gap> {
    trace.token_chunks().zip(trace.token_chunks().skip(1)).map(|(before, after)| {
        let span = after.recv_ns.since(before.recv_ns);
        Gap { span, ms: span.as_millis_f64(), exact: before.exact && after.exact }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::request::tests::exchange;
    use crate::model::trace::ChunkKind::{Content, Role};

    #[test]
    fn gaps_lie_between_token_bearing_chunks_only() {
        let mut exchange =
            exchange(&[(1, 0, Role), (5, 1, Content), (6, 0, Role), (9, 2, Content), (9, 1, Content)], None);
        exchange.trace.chunks[3].exact = false;
        let found: Vec<_> = gaps(&exchange.trace).map(|g| (g.ms, g.exact)).collect();
        assert_eq!(found, [(4.0, false), (0.0, false)]);
    }
}
