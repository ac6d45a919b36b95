//! Plausible runs for this room's tests.

use std::collections::BTreeMap;

use serde_json::json;

use super::rows::rows;
use crate::model::comparison::{Interval, PassRate};
use crate::model::event::Phase;
use crate::model::exchange::{Exchange, Usage};
use crate::model::fixture;
use crate::model::header::{RunHeader, SideHeader};
use crate::model::health::ClientHealth;
use crate::model::judgement::{AnswerSource, CheckResult, FoundAnswer, Judgement, Verdict};
use crate::model::outcome::Outcome;
use crate::model::record::{Attempt, PairKey, Record, Side};
use crate::model::result::{
    CategoryPassRate, LoadInfo, PhaseTime, PromptSetInfo, RunKind, RunResult, RunStatus, SCHEMA_VERSION,
    Sampling, SideInfo,
};
use crate::model::summary::{Distribution, RequestMetrics, SideSummary, TokenSource};
use crate::model::trace::{Chunk, ChunkKind, StampSource, Trace, TraceMode};
use crate::model::units::Nanos;

/// A request that was answered "Paris, naïvely 巴黎", or failed where the verdict says so.
pub(crate) fn record(prompt_id: &str, repeat: u32, side: Side, verdict: Verdict) -> Record {
    let failed = verdict == Verdict::TransportError;
    let content = if failed { String::new() } else { "Paris, naïvely 巴黎".to_owned() };
    let chunk = |ms, tokens, kind| Chunk {
        recv_ns: Nanos::from_millis(ms),
        tokens,
        kind,
        exact: ms != 30,
        read_lag_ns: 0,
    };
    let exchange = Exchange {
        outcome: if failed { Outcome::Reset } else { Outcome::Success },
        error: failed.then(|| "the connection was reset".to_owned()),
        http_status: (!failed).then_some(200),
        content,
        finish_reason: (!failed).then(|| "stop".to_owned()),
        usage: (!failed).then(|| Usage { prompt_tokens: 12, completion_tokens: 3, ..Usage::default() }),
        served_model: (!failed).then(|| "m".to_owned()),
        trace: Trace {
            scheduled_ns: Nanos(0),
            sent_ns: Nanos(1),
            headers_ns: Some(Nanos(2)),
            end_ns: Nanos::from_millis(41),
            stamps: StampSource::Read,
            chunks: if failed {
                Vec::new()
            } else {
                vec![
                    chunk(19, 0, ChunkKind::Role),
                    chunk(20, 1, ChunkKind::Content),
                    chunk(30, 1, ChunkKind::Content),
                    chunk(40, 1, ChunkKind::Content),
                    chunk(40, 0, ChunkKind::Done),
                ]
            },
            admitted_ns: None,
        },
        ..fixture::exchange()
    };
    let metrics = if failed {
        RequestMetrics::default()
    } else {
        RequestMetrics {
            ttft_ms: Some(20.1 / 3.0),
            e2e_ms: Some(40.3),
            output_tokens: Some(3),
            output_tokens_source: Some(TokenSource::Usage),
            output_tokens_per_s: Some(3.0 / 0.0403),
            ..RequestMetrics::default()
        }
    };
    let answer =
        FoundAnswer { text: "paris".into(), source: AnswerSource::WholeText, start: Some(0), end: Some(5) };
    let judgement = Judgement {
        answer: (!failed).then_some(answer),
        checks: if failed {
            Vec::new()
        } else {
            vec![CheckResult { check: "contains".into(), verdict, detail: "`paris`".into() }]
        },
        ..Judgement::bare(verdict)
    };
    Record {
        key: PairKey { prompt_id: prompt_id.to_owned(), repeat, round: 0, level: 0 },
        category: "geography".to_owned(),
        family: None,
        scenario_id: "canary".to_owned(),
        block: 0,
        side,
        attempt: Attempt { exchange, metrics, judgement },
        ask: crate::model::workload::Ask::default(),
    }
}

pub(crate) fn header(run_id: &str) -> RunHeader {
    let side = |endpoint: &str| SideHeader {
        endpoint: endpoint.to_owned(),
        url: "http://127.0.0.1:8000/v1".to_owned(),
        model: format!("{endpoint}-model"),
        simulated: true,
        server: None,
        dialect: None,
    };
    RunHeader {
        schema_version: SCHEMA_VERSION,
        run_id: run_id.to_owned(),
        kind: RunKind::Bench,
        labels: BTreeMap::from([("night".to_owned(), "ja – ✓".to_owned())]),
        started_at: "2026-01-02T03:04:05.5Z".to_owned(),
        team: Some("quant".to_owned()),
        held_to: None,
        prompt_set: PromptSetInfo {
            name: "canary".to_owned(),
            version: 1,
            sha256: "0".repeat(64),
            categories: BTreeMap::from([("geography".to_owned(), 2)]),
            calibrated: false,
            origin: "built-in".to_owned(),
            selection: None,
        },
        load: LoadInfo {
            concurrency: 4,
            requests: 2,
            repeats: 1,
            rounds: 1,
            block_size: 2,
            warmup: 1,
            pairing: "alternating".to_owned(),
            profile: None,
            sweep: None,
            retry: crate::model::load::RetryPolicy::default(),
            max_output_tokens_total: None,
        },
        sampling: Sampling { temperature: 0.0, top_p: None, seed: 42, max_tokens: None },
        seed: 42,
        config: json!({"endpoints": {}}),
        command_line: Some(["labctl", "bench"].map(str::to_owned).to_vec()),
        client: fixture::client_info(),
        trace: TraceMode::Full,
        candidate: side("awq"),
        baseline: Some(side("fp16")),
        workload: None,
        question: None,
    }
}

fn side_info(header: SideHeader) -> SideInfo {
    let distribution = Distribution {
        n: 2,
        mean: 40.3,
        standard_deviation: 0.1 + 0.2,
        min: 40.0,
        p50: 40.3,
        p90: 40.4,
        p95: 40.4,
        p99: 40.4,
        p99_9: 40.4,
        max: 40.5,
    };
    SideInfo {
        endpoint: header.endpoint,
        url: header.url,
        model: header.model,
        simulated: header.simulated,
        server: header.server,
        dialect: header.dialect,
        asked_models: Vec::new(),
        served_models: vec!["m".to_owned()],
        system_fingerprints: Vec::new(),
        summary: SideSummary {
            attempted: 2,
            outcomes: BTreeMap::from([(Outcome::Success, 1), (Outcome::Http5xx, 1)]),
            error_rate: Some(0.5),
            verdicts: BTreeMap::from([(Verdict::Pass, 1), (Verdict::TransportError, 1)]),
            ttft_ms: None,
            ttfo_ms: None,
            tpot_ms: None,
            itl_ms: None,
            itl_inexact: 0,
            itl_from: None,
            max_stall_ms: None,
            e2e_ms: Some(distribution),
            latency_from_schedule_ms: None,
            output_tokens: 3,
            prompt_tokens: 12,
            output_tokens_sources: BTreeMap::from([(TokenSource::Usage, 1)]),
            token_chunks: 0,
            tokens_per_chunk: Some(1.0),
            single_token_responses: 0,
            truncated_responses: 0,
            throughput: None,
            throughput_absent_because: Some("the blocks are too short".to_owned()),
            concurrency_mean: Some(1.7),
            concurrency_max: 2,
            measured_s: 0.1,
            histograms: BTreeMap::new(),
            goodput: None,
            queued_ms: None,
            retries: None,
            cached_tokens: None,
            groups: Vec::new(),
            ttft_from_schedule_ms: None,
        },
        slos: Vec::new(),
        cost: None,
        measured_in: None,
        judge_quality: Vec::new(),
        pass_rates: vec![CategoryPassRate {
            category: None,
            pass_rate: PassRate {
                passed: 1,
                judged: 1,
                rate: Some(1.0),
                wilson_95: Some(Interval { low: 0.206_549_3, high: 1.0 }),
            },
        }],
    }
}

/// A run of these records under this header.
pub(super) fn result_of(header: RunHeader, records: impl IntoIterator<Item = Record>) -> RunResult {
    RunResult {
        blocks: Vec::new(),
        schema_version: header.schema_version,
        simulated: header.is_simulated(),
        run_id: header.run_id,
        kind: header.kind,
        status: RunStatus::Complete,
        labels: header.labels,
        started_at: header.started_at,
        finished_at: "2026-01-02T03:04:06Z".to_owned(),
        team: header.team,
        prompt_set: header.prompt_set,
        load: header.load,
        sampling: header.sampling,
        seed: header.seed,
        config: header.config,
        command_line: header.command_line,
        client: header.client,
        trace: header.trace,
        merged_from: Vec::new(),
        imported_from: None,
        rescored_from: None,
        judge: None,
        client_health: ClientHealth { coalesced_share: Some(0.0), ..fixture::client_health() },
        warnings: vec!["simulated".to_owned()],
        redacted: None,
        candidate: side_info(header.candidate),
        baseline: header.baseline.map(side_info),
        comparison: None,
        held_to: None,
        gates: Vec::new(),
        readings: Vec::new(),
        phases: vec![PhaseTime { phase: Phase::Execution, at_ns: Nanos(5), side: None, level: None }],
        rows: rows(records),
        workload: None,
        question: None,
        levels: Vec::new(),
        findings: None,
    }
}

/// A small run with a pass on both sides and a pair whose baseline failed.
pub(crate) fn result(run_id: &str) -> RunResult {
    result_of(
        header(run_id),
        [
            record("capital-1", 0, Side::Candidate, Verdict::Pass),
            record("capital-1", 0, Side::Baseline, Verdict::Pass),
            record("capital-2", 0, Side::Candidate, Verdict::Wrong),
            record("capital-2", 0, Side::Baseline, Verdict::TransportError),
        ],
    )
}
