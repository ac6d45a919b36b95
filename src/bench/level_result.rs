//! What came of one load of several: a summary, pass rates and objectives of its own.

use crate::compare::{Options, compare, pass_rates};
use crate::metrics::accumulate::Accumulator;
use crate::metrics::level as saturation;
use crate::metrics::level::steadiness;
use crate::metrics::slo::outcomes;
use crate::metrics::summary::{Context, summarise};
use crate::model::level::{LevelResult, LevelSide, Steadiness};
use crate::model::load::LevelLoad;
use crate::model::record::{Attempt, Row, Side};
use crate::model::result::BlockTime;
use crate::model::slo::Slo;

/// One load and what it brought.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level<'a> {
    /// The load.
    pub(super) load: LevelLoad,
    /// What of it summaries depend on.
    pub(super) context: Context<'a>,
    /// Its requests.
    pub(super) rows: &'a [Row],
    /// When its blocks ran.
    pub(super) blocks: &'a [BlockTime],
    /// What its traces come to.
    pub(super) traces: &'a Accumulator,
    /// Whether a baseline ran beside it.
    pub(super) has_baseline: bool,
    /// Decides the bootstrap.
    pub(super) seed: u64,
}

/// What came of it, after the levels before.
pub(super) fn level_result(level: Level<'_>, before: &[LevelResult]) -> LevelResult {
    let Level { load, context, rows, has_baseline, seed, .. } = level;
    let candidate = level.side(Side::Candidate);
    let baseline = has_baseline.then(|| level.side(Side::Baseline));
    let comparison = baseline.as_ref().map(|baseline| {
        let options = Options { seed, ..Options::default() };
        Box::new(compare(rows, &candidate.summary, &baseline.summary, &options))
    });
    let mut attempts: Vec<&Attempt> = rows.iter().filter_map(|row| row.attempt(Side::Candidate)).collect();
    attempts.sort_by_key(|attempt| attempt.exchange.trace.scheduled_ns);
    let concurrency = match candidate.summary.concurrency_mean {
        Some(mean) if context.open_loop => mean,
        _ => f64::from(context.concurrency),
    };
    let steadiness = steadiness(&attempts, concurrency, context.open_loop);
    let past_saturation = false;
    let level =
        LevelResult { load, steadiness, past_saturation, cut_short: false, candidate, baseline, comparison };
    LevelResult { past_saturation: saturation::past_saturation(before, &level), ..level }
}

/// The same of a load in the middle of which the run ended: what was given up then is no failure of the server.
pub(super) fn cut_short(level: LevelResult) -> LevelResult {
    let steadiness = Steadiness::Unknown { reason: "the run ended in the middle of it".to_owned() };
    LevelResult { steadiness, past_saturation: false, cut_short: true, ..level }
}

impl Level<'_> {
    fn side(&self, side: Side) -> LevelSide {
        let mut summary = summarise(self.rows, self.blocks, side, &self.context, self.traces.side(side));
        summary.histograms.clear();
        let overall = pass_rates(self.rows, side).into_iter().find(|rate| rate.category.is_none());
        let pass_rate = overall.map(|rate| rate.pass_rate).filter(|rate| rate.judged > 0);
        let slos: &[Slo] = self.context.slos;
        let slos = outcomes(slos, &summary, pass_rate.as_ref().and_then(|rate| rate.rate));
        LevelSide { summary, pass_rate, slos }
    }
}
