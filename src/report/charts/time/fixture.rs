//! Runs of requests whose times are set by hand.

use super::super::super::chart::{ChartSpec, Marks};
use super::super::super::fixture;
use super::super::super::table::Labels;
use super::charts;
use crate::model::exchange::Retry;
use crate::model::fixture::exchange;
use crate::model::judgement::{Judgement, Verdict};
use crate::model::outcome::Outcome;
use crate::model::record::{Attempt, PairKey, Row};
use crate::model::result::RunResult;
use crate::model::summary::RequestMetrics;
use crate::model::trace::{Chunk, ChunkKind, Trace};
use crate::model::units::Nanos;
use crate::model::workload::Ask;

/// When what happened, milliseconds of the run's clock.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) scheduled: u64,
    pub(super) sent: u64,
    pub(super) end: u64,
    pub(super) outcome: Outcome,
    /// Of its chunks, with their tokens.
    pub(super) chunks: Vec<(u64, u32)>,
    /// As the server counted them, where it did.
    pub(super) tokens: u64,
    /// Whether the times of chunks are kept.
    pub(super) keeps_chunks: bool,
    /// Earlier tries, from and to.
    pub(super) retries: Vec<(u64, u64)>,
    /// When a cap let it go.
    pub(super) admitted: Option<u64>,
}

/// A success with these chunks, a token each.
pub(super) fn success(sent: u64, chunks: &[u64]) -> Request {
    Request {
        scheduled: sent,
        sent,
        end: chunks.last().copied().unwrap_or(sent),
        outcome: Outcome::Success,
        chunks: chunks.iter().map(|at| (*at, 1)).collect(),
        tokens: chunks.len() as u64,
        keeps_chunks: true,
        retries: Vec::new(),
        admitted: None,
    }
}

/// A request that failed.
pub(super) fn failure(sent: u64, end: u64, outcome: Outcome) -> Request {
    Request { end, outcome, ..success(sent, &[]) }
}

impl Request {
    fn attempt(&self) -> Attempt {
        let ms = |at: u64| Nanos::from_millis(at).since(Nanos::from_millis(self.sent)).as_millis_f64();
        let gaps = self.chunks.windows(2).map(|pair| ms(pair[1].0) - ms(pair[0].0));
        let chunk = |(at, tokens): &(u64, u32)| Chunk {
            recv_ns: Nanos::from_millis(*at),
            tokens: *tokens,
            kind: ChunkKind::Content,
            exact: true,
            read_lag_ns: 0,
        };
        let mut exchange = exchange();
        exchange.outcome = self.outcome;
        exchange.retries = self
            .retries
            .iter()
            .map(|(sent, end)| Retry {
                outcome: Outcome::RateLimited,
                http_status: Some(429),
                retry_after_s: None,
                sent_ns: Nanos::from_millis(*sent),
                end_ns: Nanos::from_millis(*end),
            })
            .collect();
        exchange.trace = Trace {
            scheduled_ns: Nanos::from_millis(self.scheduled),
            sent_ns: Nanos::from_millis(self.sent),
            admitted_ns: self.admitted.map(Nanos::from_millis),
            end_ns: Nanos::from_millis(self.end),
            chunks: if self.keeps_chunks { self.chunks.iter().map(chunk).collect() } else { Vec::new() },
            ..Trace::default()
        };
        Attempt {
            exchange,
            metrics: RequestMetrics {
                ttft_ms: self.chunks.first().map(|(at, _)| ms(*at)),
                e2e_ms: self.chunks.last().map(|(at, _)| ms(*at)),
                max_stall_ms: gaps.reduce(f64::max),
                output_tokens: (!self.chunks.is_empty()).then_some(self.tokens),
                ..RequestMetrics::default()
            },
            judgement: Judgement::bare(Verdict::Unchecked),
        }
    }
}

/// A run of these requests; without a baseline where that has none.
pub(super) fn run(candidate: &[Request], baseline: &[Request]) -> RunResult {
    let mut result = fixture::result(3, !baseline.is_empty());
    result.rows = (0..candidate.len().max(baseline.len()))
        .map(|i| Row {
            key: PairKey { prompt_id: format!("prompt-{i}"), repeat: 0, round: 0, level: 0 },
            category: "any".to_owned(),
            family: None,
            scenario_id: "scenario".to_owned(),
            ask: Ask::default(),
            block: 0,
            candidate: candidate.get(i).map(Request::attempt),
            baseline: baseline.get(i).map(Request::attempt),
            reference: None,
        })
        .collect();
    result
}

pub(super) fn labels(result: &RunResult) -> Labels {
    Labels { candidate: "awq".to_owned(), baseline: result.baseline.as_ref().map(|_| "fp16".to_owned()) }
}

/// All charts of a run, by name.
pub(super) fn all(result: &RunResult) -> Vec<ChartSpec> {
    let labels = labels(result);
    let (over_time, errors) = charts(result, &labels);
    over_time.into_iter().chain(errors).collect()
}

/// The chart of this name.
pub(super) fn chart(result: &RunResult, name: &str) -> Option<ChartSpec> {
    all(result).into_iter().find(|chart| chart.name == name)
}

/// The marks of a chart's series.
pub(super) fn marks<'a>(chart: &'a ChartSpec, key: &str) -> &'a Marks {
    &chart.series.iter().find(|series| series.key == key).unwrap().marks
}

/// The values of bars, stacked or not, and of what is held.
pub(super) fn values(marks: &Marks) -> Vec<f64> {
    match marks {
        Marks::Bars { values, .. } | Marks::Stack { values, .. } => values.clone(),
        Marks::Held(held) => held.iter().map(|held| held.y).collect(),
        Marks::Cells(cells) => cells.iter().map(|cell| cell.value).collect(),
        _ => Vec::new(),
    }
}
