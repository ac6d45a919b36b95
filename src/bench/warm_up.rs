//! Requests that don't count, before those that do.

use serde_json::json;

use crate::client::any_transport::AnyTransport;
use crate::client::exchange::Client;
use crate::load::engine::Engine;
use crate::load::plan::Item;
use crate::model::event::Phase;
use crate::model::outcome::Outcome;
use crate::model::record::Side;
use crate::model::result::PhaseTime;
use crate::model::workload::CacheMode;
use crate::workload::Workload;

use super::plan::BenchPlan;
use super::run::{RunError, enter, json_map};
use super::side::Reached;

/// Warms every side up. A side where nothing works at all is not worth measuring.
pub(super) async fn warm_up(
    engine: &Engine<Client<AnyTransport>>,
    plan: &BenchPlan,
    workload: &Workload,
    sides: &[(Side, &Reached)],
    phases: &mut Vec<PhaseTime>,
) -> Result<(), RunError> {
    let starts = workload.sequences.iter().map(|sequence| Item { prompt: sequence.first, repeat: 0 });
    let items: Vec<Item> = match workload.info.options.cache {
        // All that will be asked is to be in the cache.
        Some(CacheMode::Warm) => starts.collect(),
        _ => starts.cycle().take(plan.warmup() as usize).collect(),
    };
    for (side, reached) in sides {
        let data = json_map(json!({"total_requests": items.len()}));
        enter(&engine.bus, phases, engine.clock, Phase::Warmup, Some(*side), data);
        let exchanges = engine.warm_up(*side, &items, plan.concurrency).await;
        if engine.cancel.is_cancelled() {
            return Err(RunError::Interrupted);
        }
        let answered = |outcome: Outcome| matches!(outcome, Outcome::Success | Outcome::Empty);
        if let Some(first) = exchanges.first()
            && !exchanges.iter().any(|exchange| answered(exchange.outcome))
        {
            return Err(RunError::WarmUp {
                endpoint: reached.header.endpoint.clone(),
                url: reached.header.url.clone(),
                outcome: first.outcome,
                message: first.error.clone().unwrap_or_default(),
            });
        }
    }
    Ok(())
}
