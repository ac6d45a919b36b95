//! What one side of a run comes to.

use std::collections::BTreeMap;

use crate::model::histogram::Histograms;
use crate::model::record::{Attempt, Row, Side};
use crate::model::result::BlockTime;
use crate::model::slo::Slo;
use crate::model::summary::{Distribution, RequestMetrics, SideSummary};
use crate::model::units::{Nanos, at_least_one, ratio};
use crate::stats::quantile::distribution;

use super::accumulate::TraceTotals;
use super::goodput::{From, goodput, ttft_from_schedule_ms};
use super::groups::groups;
use super::histogram::Spans;
use super::pool::Pool;
use super::waits::{cached_tokens, queued_ms, retries};
use super::window::throughput;

/// The name of the histogram of gaps between token-bearing chunks.
pub const ITL: &str = "itl_ms";
/// The name of the histogram of the time from the kernel's stamps to labctl's reads.
pub const READ_LAG: &str = "read_lag";

/// What of a load its summary depends on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Context<'a> {
    /// Requests in flight: a window counts only where it holds so many times as many.
    pub concurrency: u32,
    /// The objectives; none: no goodput.
    pub slos: &'a [Slo],
    /// Whether starts were planned ahead, so that latencies of objectives count from the plan.
    pub open_loop: bool,
}

/// Summarises one side: outcomes and verdicts over all attempts, latencies over successes. `traces` is what its
/// traces came to; the rows need none.
#[must_use]
pub fn summarise(
    rows: &[Row],
    blocks: &[BlockTime],
    side: Side,
    context: &Context<'_>,
    traces: Option<&TraceTotals>,
) -> SideSummary {
    let nothing = TraceTotals::default();
    let traces = traces.unwrap_or(&nothing);
    let attempts: Vec<_> = rows.iter().filter_map(|row| row.attempt(side)).collect();
    let blocks: Vec<_> = blocks.iter().filter(|block| block.side == side).copied().collect();
    let successes: Vec<_> = attempts.iter().filter(|a| a.exchange.outcome.is_success()).copied().collect();
    let attempted = attempts.len() as u64;

    let mut outcomes = BTreeMap::new();
    let mut verdicts = BTreeMap::new();
    for attempt in &attempts {
        *outcomes.entry(attempt.exchange.outcome).or_insert(0) += 1;
        *verdicts.entry(attempt.judgement.verdict).or_insert(0) += 1;
    }
    let mut output_tokens_sources = BTreeMap::new();
    for source in successes.iter().filter_map(|a| a.metrics.output_tokens_source) {
        *output_tokens_sources.entry(source).or_insert(0) += 1;
    }
    let output_tokens = successes.iter().filter_map(|a| a.metrics.output_tokens).sum();
    let of = |metric: fn(&RequestMetrics) -> Option<f64>| -> Option<Distribution> {
        distribution(&mut successes.iter().filter_map(|a| metric(&a.metrics)).collect::<Vec<_>>())
    };
    let itl = traces.itl.distribution();
    let in_window: Vec<&Attempt> = attempts.iter().copied().chain(&traces.uncounted).collect();
    let span = |a: &Attempt| (a.exchange.trace.sent_ns, a.exchange.trace.end_ns);
    // What doesn't count is in flight all the same.
    let beside = traces.uncounted.iter().map(span).flat_map(|(sent, end)| {
        let within = |block: &BlockTime| (sent.max(block.start_ns), end.min(block.end_ns));
        blocks.iter().map(within).filter(|(from, until)| from < until).collect::<Vec<_>>()
    });
    let spans: Vec<_> = attempts.iter().map(|a| span(a)).chain(beside).collect();
    let measured_s = covered_s(blocks.iter().map(|block| (block.start_ns, block.end_ns)));
    let concurrency_mean = (measured_s > 0.0)
        .then(|| spans.iter().map(|(sent, end)| end.since(*sent).as_secs_f64()).sum::<f64>() / measured_s);
    // An open loop has no concurrency of its own: what came of it stands in its place.
    let concurrency = match concurrency_mean {
        Some(mean) if context.open_loop => at_least_one(mean),
        _ => context.concurrency,
    };
    let rates = throughput(&in_window, &blocks, concurrency, &traces.window_tokens);
    SideSummary {
        attempted,
        error_rate: ratio(attempted - successes.len() as u64, attempted),
        outcomes,
        verdicts,
        ttft_ms: of(|m| m.ttft_ms),
        ttfo_ms: of(|m| m.ttfo_ms),
        tpot_ms: of(|m| m.tpot_ms),
        itl_inexact: traces.itl_inexact,
        itl_from: itl.map(|(_, source)| source),
        itl_ms: itl.map(|(distribution, _)| distribution),
        max_stall_ms: of(|m| m.max_stall_ms),
        e2e_ms: of(|m| m.e2e_ms),
        latency_from_schedule_ms: of(|m| m.latency_from_schedule_ms),
        ttft_from_schedule_ms: context
            .open_loop
            .then(|| successes.iter().filter_map(|a| ttft_from_schedule_ms(a)).collect::<Vec<_>>())
            .and_then(|mut values| distribution(&mut values)),
        output_tokens,
        prompt_tokens: successes.iter().filter_map(|a| a.exchange.usage).map(|u| u.prompt_tokens).sum(),
        output_tokens_sources,
        token_chunks: traces.token_chunks,
        tokens_per_chunk: ratio(output_tokens, traces.token_chunks),
        single_token_responses: successes.iter().filter(|a| a.metrics.output_tokens == Some(1)).count()
            as u64,
        truncated_responses: successes
            .iter()
            .filter(|a| a.exchange.finish_reason.as_deref() == Some("length"))
            .count() as u64,
        goodput: goodput(
            context.slos,
            &attempts,
            &in_window,
            rates.as_ref().ok(),
            if context.open_loop { From::Scheduled } else { From::Sent },
        ),
        queued_ms: queued_ms(&successes),
        retries: retries(&attempts),
        cached_tokens: cached_tokens(&successes),
        groups: groups(rows, side),
        throughput_absent_because: rates.as_ref().err().cloned(),
        throughput: rates.ok(),
        concurrency_mean,
        concurrency_max: most_at_once(&spans),
        measured_s,
        histograms: histograms(&successes, traces),
    }
}

/// Every latency of these successes as a histogram, by the name of its metric.
fn histograms(successes: &[&Attempt], traces: &TraceTotals) -> Histograms {
    let of = |name: &str, metric: fn(&RequestMetrics) -> Option<f64>| {
        let mut spans = Spans::default();
        successes.iter().filter_map(|a| metric(&a.metrics)).for_each(|ms| spans.record_ms(ms));
        Some((name.to_owned(), spans.to_stored()?))
    };
    let pooled = |name: &str, pool: &Pool| Some((name.to_owned(), pool.spans().to_stored()?));
    [
        of("ttft_ms", |m| m.ttft_ms),
        of("ttfo_ms", |m| m.ttfo_ms),
        of("e2e_ms", |m| m.e2e_ms),
        of("latency_from_schedule_ms", |m| m.latency_from_schedule_ms),
        of("tpot_ms", |m| m.tpot_ms),
        of("max_stall_ms", |m| m.max_stall_ms),
        pooled(ITL, &traces.itl),
        pooled(READ_LAG, &traces.read_lag),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Seconds that lie within any of these spans. Blocks of one run follow one another; those of several clients overlap.
fn covered_s(spans: impl Iterator<Item = (Nanos, Nanos)>) -> f64 {
    let mut spans: Vec<_> = spans.collect();
    spans.sort_unstable();
    let (mut covered, mut until) = (Nanos(0), Nanos(0));
    for (start, end) in spans {
        covered = covered.plus(end.since(start.max(until)));
        until = until.max(end);
    }
    covered.as_secs_f64()
}

/// The most spans that overlap at any moment; a span that begins where another ends doesn't overlap it.
fn most_at_once(spans: &[(Nanos, Nanos)]) -> u64 {
    let mut edges: Vec<(Nanos, i64)> =
        spans.iter().flat_map(|(sent, end)| [(*sent, 1), (*end, -1)]).collect();
    edges.sort_unstable();
    let (mut now, mut most) = (0_i64, 0_i64);
    for (_, change) in edges {
        now += change;
        most = most.max(now);
    }
    most.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::accumulate::{Accumulator, Level};
    use crate::metrics::request::{metrics, tests::exchange};
    use crate::model::judgement::{CheckResult, Judgement, Verdict};
    use crate::model::outcome::Outcome;
    use crate::model::record::Record;
    use crate::model::record::{Attempt, PairKey};
    use crate::model::trace::ChunkKind::Content;

    fn row(n: u32, sent_ms: u64, ends_ms: &[u64], outcome: Outcome, verdict: Verdict) -> Row {
        let chunks: Vec<_> = ends_ms.iter().map(|ms| (*ms, 1, Content)).collect();
        let mut exchange = exchange(&chunks, Some(2 * ends_ms.len() as u64));
        exchange.outcome = outcome;
        exchange.trace.sent_ns = Nanos::from_millis(sent_ms);
        exchange.trace.end_ns = Nanos::from_millis(*ends_ms.last().unwrap());
        let checks = vec![CheckResult { check: "numeric".into(), verdict, detail: String::new() }];
        let attempt = Attempt {
            metrics: metrics(&exchange),
            exchange,
            judgement: Judgement { checks, ..Judgement::bare(verdict) },
        };
        let key = PairKey { prompt_id: format!("p{n}"), repeat: 0, round: 0, level: 0 };
        Row {
            reference: None,
            key,
            category: "c".into(),
            family: None,
            scenario_id: "s".into(),
            block: 0,
            candidate: Some(attempt),
            baseline: None,
            ask: crate::model::workload::Ask::default(),
        }
    }

    fn block(level: Option<(u64, u64)>, end: u64) -> BlockTime {
        BlockTime {
            round: 0,
            block: 0,
            side: Side::Candidate,
            start_ns: Nanos::from_millis(0),
            level_start_ns: level.map(|l| Nanos::from_millis(l.0)),
            level_end_ns: level.map(|l| Nanos::from_millis(l.1)),
            end_ns: Nanos::from_millis(end),
            level: 0,
            not_counted: 0,
        }
    }

    /// The summary of the candidate, its traces added up as when each request ended.
    fn summary(rows: &[Row], blocks: &[BlockTime], concurrency: u32) -> SideSummary {
        let mut traces = Accumulator::default();
        let level =
            blocks[0].level_start_ns.map(|start_ns| Level { start_ns, end_ns: blocks[0].level_end_ns });
        for row in rows {
            let record = Record {
                key: row.key.clone(),
                category: row.category.clone(),
                family: row.family.clone(),
                scenario_id: row.scenario_id.clone(),
                block: row.block,
                side: Side::Candidate,
                attempt: row.candidate.clone().unwrap(),
                ask: crate::model::workload::Ask::default(),
            };
            traces.add(&record, level);
        }
        let context = Context { concurrency, ..Context::default() };
        summarise(rows, blocks, Side::Candidate, &context, traces.side(Side::Candidate))
    }

    #[test]
    fn a_worked_side() {
        // One after the other, each 100 ms with two chunks of two tokens; the window holds the middle three.
        let rows: Vec<_> = (0..5)
            .map(|n| {
                let sent = 100 * u64::from(n);
                let verdict = if n == 2 { Verdict::Wrong } else { Verdict::Pass };
                row(n, sent, &[sent + 60, sent + 100], Outcome::Success, verdict)
            })
            .collect();
        let s = summary(&rows, &[block(Some((100, 400)), 500)], 1);
        assert_eq!((s.attempted, s.outcomes[&Outcome::Success], s.verdicts[&Verdict::Pass]), (5, 5, 4));
        assert_eq!(s.error_rate, Some(0.0));
        assert!((s.ttft_ms.unwrap().p50 - 60.0).abs() < 1e-9);
        assert!((s.itl_ms.unwrap().mean - 40.0).abs() < 1e-9);
        assert!((s.tokens_per_chunk.unwrap() - 2.0).abs() < 1e-9);
        let t = s.throughput.unwrap();
        assert!((t.request_throughput_per_s - 10.0).abs() < 1e-9);
        assert!((t.output_tokens_per_s - 40.0).abs() < 1e-9);
        assert!((t.correct_answers_per_s.unwrap() - 2.0 / 0.3).abs() < 1e-9);
        assert!((s.concurrency_mean.unwrap() - 1.0).abs() < 1e-9);
        assert_eq!(s.concurrency_max, 1);
    }

    /// One before the measured part and one after it, both half inside the block: they are load, and count nowhere.
    #[test]
    fn what_does_not_count_is_in_flight_all_the_same() {
        let rows = [row(0, 100, &[160, 200], Outcome::Success, Verdict::Pass)];
        let beside =
            |sent: u64| row(9, sent, &[sent + 200], Outcome::Success, Verdict::Pass).candidate.unwrap();
        let uncounted = vec![beside(50), beside(200)];
        let traces = TraceTotals { uncounted, ..TraceTotals::default() };
        let block = BlockTime { start_ns: Nanos::from_millis(100), ..block(None, 300) };
        let s = summarise(&rows, &[block], Side::Candidate, &Context::default(), Some(&traces));
        // 100 + 150 + 100 ms of 200.
        assert!((s.concurrency_mean.unwrap() - 1.75).abs() < 1e-9);
        assert_eq!((s.attempted, s.concurrency_max), (1, 2));
    }

    #[test]
    fn a_window_with_too_few_requests_gives_a_reason_and_no_rate() {
        let rows = [row(0, 0, &[60, 100], Outcome::Success, Verdict::Pass)];
        let s = summary(&rows, &[block(Some((0, 100)), 100)], 1);
        assert!(s.throughput.is_none());
        assert!(s.throughput_absent_because.unwrap().contains("takes 3 requests"));
    }

    #[test]
    fn failures_are_counted_and_kept_out_of_latencies() {
        let rows = [
            row(0, 0, &[60, 100], Outcome::Success, Verdict::Pass),
            row(1, 0, &[9_000], Outcome::Reset, Verdict::TransportError),
        ];
        let s = summary(&rows, &[block(None, 9_000)], 2);
        assert_eq!((s.attempted, s.error_rate), (2, Some(0.5)));
        assert_eq!(s.e2e_ms.unwrap().n, 1);
        assert_eq!(s.concurrency_max, 2);
    }

    #[test]
    fn time_is_counted_once() {
        let covered = |spans: &[(u64, u64)]| {
            covered_s(spans.iter().map(|(start, end)| (Nanos::from_millis(*start), Nanos::from_millis(*end))))
        };
        assert!((covered(&[(0, 1_000), (2_000, 3_000)]) - 2.0).abs() < 1e-12);
        assert!((covered(&[(500, 2_000), (0, 1_000), (600, 700)]) - 2.0).abs() < 1e-12);
        assert!(covered(&[]).abs() < 1e-12);
    }

    #[test]
    fn objectives_and_an_open_loop_add_to_it() {
        // Scheduled at 90 ms, sent at 100.
        let rows = [row(0, 100, &[160, 200], Outcome::Success, Verdict::Pass)];
        let slos = crate::metrics::slo::parse("ttft_ms<=65").unwrap();
        let of = |open_loop| {
            let context = Context { concurrency: 1, slos: &slos, open_loop };
            summarise(&rows, &[block(None, 200)], Side::Candidate, &context, None)
        };
        let (closed, open) = (of(false), of(true));
        assert_eq!((closed.goodput.unwrap().met, closed.ttft_from_schedule_ms), (1, None));
        assert_eq!(open.goodput.unwrap().met, 0);
        assert!((open.ttft_from_schedule_ms.unwrap().max - 70.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_attempted_is_no_rate_at_all() {
        let s = summarise(&[], &[], Side::Baseline, &Context::default(), None);
        assert_eq!((s.attempted, s.error_rate, s.concurrency_mean), (0, None, None));
        assert!(s.ttft_ms.is_none());
    }
}
