//! labctl's own formulas, in the form the others have here.

use super::{DefinedMetrics, ItlOf, OneToken};
use crate::metrics::gaps::gaps;
use crate::metrics::request;
use crate::model::exchange::Exchange;

/// Under an objective a single token counts as met, and the report says how many there are.
pub(super) const ONE_TOKEN: OneToken = OneToken::Met;
pub(super) const ITL_OF: ItlOf = ItlOf::Chunk;

/// What [`request::metrics`] gives, with the gaps between chunks that bear tokens, both ends exactly stamped.
/// Only a success has any.
pub(super) fn metrics(exchange: &Exchange) -> DefinedMetrics {
    let metrics = request::metrics(exchange);
    let output_tokens = metrics.output_tokens.unwrap_or(0);
    DefinedMetrics {
        ttft_ms: metrics.ttft_ms,
        tpot_ms: metrics.tpot_ms,
        itl_ms: gaps(&exchange.trace)
            .filter(|gap| gap.exact && exchange.outcome.is_success())
            .map(|gap| gap.ms)
            .collect(),
        itl_of: ITL_OF,
        e2e_ms: metrics.e2e_ms,
        output_tokens,
        one_token_goodput: (output_tokens == 1).then_some(ONE_TOKEN),
    }
}
