//! Rows and summaries made by hand, for this room's tests.

use std::collections::BTreeMap;

use crate::model::exchange::{Exchange, Usage};
use crate::model::fixture;
use crate::model::judgement::{Judgement, Verdict};
use crate::model::outcome::Outcome;
use crate::model::record::{Attempt, PairKey, Row, Side};
use crate::model::result::{
    LoadInfo, PromptSetInfo, RunKind, RunResult, RunStatus, SCHEMA_VERSION, Sampling, SideInfo,
};
use crate::model::summary::{RequestMetrics, SideSummary, Throughput, Window};
use crate::model::trace::TraceMode;
use crate::model::units::Nanos;

/// An attempt with this verdict; a transport error where it says so, else a success of 10 output tokens.
pub(super) fn attempt(verdict: Verdict) -> Attempt {
    let outcome = match verdict {
        Verdict::TransportError => Outcome::Reset,
        _ => Outcome::Success,
    };
    Attempt {
        exchange: Exchange {
            outcome,
            usage: Some(Usage { prompt_tokens: 20, completion_tokens: 10, ..Usage::default() }),
            ..fixture::exchange()
        },
        metrics: RequestMetrics { output_tokens: Some(10), ..RequestMetrics::default() },
        judgement: Judgement::bare(verdict),
    }
}

/// An attempt that passed with these latencies.
pub(super) fn timed(ttft_ms: f64, tpot_ms: f64) -> Attempt {
    let mut attempt = attempt(Verdict::Pass);
    attempt.metrics.ttft_ms = Some(ttft_ms);
    attempt.metrics.tpot_ms = Some(tpot_ms);
    attempt.metrics.e2e_ms = Some(ttft_ms + 9.0 * tpot_ms);
    attempt
}

/// A row of prompt `id` in `category`.
pub(super) fn row(id: usize, category: &str, baseline: Attempt, candidate: Attempt) -> Row {
    Row {
        reference: None,
        key: PairKey { prompt_id: format!("{category}-{id:03}"), repeat: 0, round: 0, level: 0 },
        category: category.to_owned(),
        family: None,
        scenario_id: "test".to_owned(),
        block: 0,
        candidate: Some(candidate),
        baseline: Some(baseline),
        ask: crate::model::workload::Ask::default(),
    }
}

/// A row judged thus on the baseline and the candidate.
pub(super) fn judged(id: usize, category: &str, baseline: Verdict, candidate: Verdict) -> Row {
    row(id, category, attempt(baseline), attempt(candidate))
}

/// Rows of one category with this table of pairs: both pass, losses, gains, both fail.
pub(super) fn table(category: &str, counts: [usize; 4]) -> Vec<Row> {
    use Verdict::{Pass, Wrong};
    let kinds = [(Pass, Pass), (Pass, Wrong), (Wrong, Pass), (Wrong, Wrong)];
    kinds
        .into_iter()
        .zip(counts)
        .flat_map(|(kind, count)| std::iter::repeat_n(kind, count))
        .enumerate()
        .map(|(id, (baseline, candidate))| judged(id, category, baseline, candidate))
        .collect()
}

/// The same rows with the sides exchanged.
pub(super) fn swapped(rows: &[Row]) -> Vec<Row> {
    rows.iter()
        .map(|row| Row { candidate: row.baseline.clone(), baseline: row.candidate.clone(), ..row.clone() })
        .collect()
}

/// A side's summary: attempts and verdicts of the rows, no distributions, no throughput.
pub(super) fn summary(rows: &[Row], side: Side) -> SideSummary {
    let mut outcomes = BTreeMap::new();
    let mut verdicts = BTreeMap::new();
    let mut attempted = 0;
    for attempt in rows.iter().filter_map(|row| row.attempt(side)) {
        attempted += 1;
        *outcomes.entry(attempt.exchange.outcome).or_default() += 1;
        *verdicts.entry(attempt.judgement.verdict).or_default() += 1;
    }
    SideSummary {
        attempted,
        outcomes,
        error_rate: None,
        verdicts,
        ttft_ms: None,
        ttfo_ms: None,
        tpot_ms: None,
        itl_ms: None,
        itl_inexact: 0,
        itl_from: None,
        max_stall_ms: None,
        e2e_ms: None,
        latency_from_schedule_ms: None,
        output_tokens: 0,
        prompt_tokens: 0,
        output_tokens_sources: BTreeMap::new(),
        token_chunks: 0,
        tokens_per_chunk: None,
        single_token_responses: 0,
        truncated_responses: 0,
        throughput: None,
        throughput_absent_because: Some("blocks too short".to_owned()),
        concurrency_mean: None,
        concurrency_max: 0,
        measured_s: 0.0,
        histograms: BTreeMap::new(),
        goodput: None,
        queued_ms: None,
        retries: None,
        cached_tokens: None,
        groups: Vec::new(),
        ttft_from_schedule_ms: None,
    }
}

/// Rates from windows of one second, each starting at its second and holding so many requests of 10 tokens.
pub(super) fn throughput(windows: &[(u64, u64)]) -> Throughput {
    let second = 1_000_000_000;
    let total: u64 = windows.iter().map(|(_, requests)| requests).sum();
    let rate = |count: u64| {
        crate::model::units::ratio(count, windows.len() as u64).expect("a test's throughput has a window")
    };
    Throughput {
        request_throughput_per_s: rate(total),
        output_tokens_per_s: rate(10 * total),
        correct_answers_per_s: Some(rate(total)),
        window_s: rate(windows.len() as u64 * windows.len() as u64),
        windows: windows
            .iter()
            .map(|&(start, requests)| Window {
                start_ns: Nanos(start * second),
                end_ns: Nanos((start + 1) * second),
                requests,
                output_tokens: 10 * requests,
            })
            .collect(),
    }
}

/// A complete run of these rows against one real server.
pub(super) fn run(run_id: &str, rows: Vec<Row>) -> RunResult {
    RunResult {
        blocks: Vec::new(),
        schema_version: SCHEMA_VERSION,
        run_id: run_id.to_owned(),
        kind: RunKind::Bench,
        status: RunStatus::Complete,
        simulated: false,
        labels: BTreeMap::new(),
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        finished_at: "2026-01-01T00:01:00Z".to_owned(),
        team: None,
        prompt_set: PromptSetInfo {
            name: "test".to_owned(),
            version: 1,
            sha256: "00000000".to_owned(),
            categories: BTreeMap::new(),
            calibrated: false,
            origin: "built-in".to_owned(),
            selection: None,
        },
        load: LoadInfo {
            concurrency: 8,
            requests: rows.len() as u64,
            repeats: 1,
            rounds: 1,
            block_size: 8,
            warmup: 0,
            pairing: "alternating".to_owned(),
            profile: None,
            sweep: None,
            retry: crate::model::load::RetryPolicy::default(),
            max_output_tokens_total: None,
        },
        sampling: Sampling { temperature: 0.0, top_p: None, seed: 1, max_tokens: None },
        seed: 1,
        config: serde_json::Value::Null,
        command_line: None,
        client: fixture::client_info(),
        trace: TraceMode::Full,
        merged_from: Vec::new(),
        imported_from: None,
        rescored_from: None,
        judge: None,
        client_health: fixture::client_health(),
        warnings: Vec::new(),
        redacted: None,
        candidate: SideInfo {
            endpoint: "quant".to_owned(),
            url: "http://127.0.0.1:8000/v1".to_owned(),
            model: "m1".to_owned(),
            simulated: false,
            server: None,
            dialect: None,
            asked_models: Vec::new(),
            served_models: vec!["m1".to_owned()],
            system_fingerprints: Vec::new(),
            summary: summary(&rows, Side::Candidate),
            pass_rates: Vec::new(),
            judge_quality: Vec::new(),
            slos: Vec::new(),
            cost: None,
            measured_in: None,
        },
        baseline: None,
        comparison: None,
        held_to: None,
        gates: Vec::new(),
        readings: Vec::new(),
        phases: Vec::new(),
        rows,
        workload: None,
        question: None,
        levels: Vec::new(),
        findings: None,
    }
}
