//! A result out of what a tool's file tells, by the functions that a run's own result comes from.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::benchmark::{Benchmark, Request};
use super::caveats::{untold, warnings};
use super::{ForeignError, ImportOptions, sha256_of, short};
use crate::client::secret::mask_url;
use crate::metrics::accumulate::{Accumulator, Level};
use crate::metrics::request::metrics;
use crate::metrics::summary::{Context, summarise};
use crate::model::exchange::Exchange;
use crate::model::health::{ClientHealth, HealthStatus};
use crate::model::imported::{ChunkTimes, ImportedFrom, Tool};
use crate::model::judgement::{Judgement, Verdict};
use crate::model::load::{LoadProfile, RetryPolicy, Start};
use crate::model::outcome::Outcome;
use crate::model::record::{Attempt, PairKey, Record, Row, Side};
use crate::model::result::{
    BlockTime, ClientInfo, LoadInfo, PromptSetInfo, RunKind, RunResult, RunStatus, SCHEMA_VERSION, Sampling,
    SideInfo,
};
use crate::model::trace::{Chunk, ChunkKind, StampSource, Trace, TraceMode};
use crate::model::units::{Nanos, ratio};
use crate::model::workload::Ask;
use crate::results::rows::rows;

/// No request has more tokens; what says so is no count, and its sums would overflow.
const MOST_TOKENS: u64 = 1_000_000_000_000;

/// The category of every imported request.
const CATEGORY: &str = "imported";

/// The file.
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) sha256: String,
}

/// The result of one benchmark.
pub(super) fn result(
    mut of: Benchmark,
    source: &Source<'_>,
    options: &ImportOptions,
) -> Result<RunResult, ForeignError> {
    let file = || source.file.to_owned();
    if of.requests.is_empty() {
        return Err(ForeignError::NoRequests { file: file(), tool: of.tool });
    }
    let mut good = of.requests.iter().filter(|request| request.failure.is_none()).peekable();
    if good.peek().is_some() && good.all(|request| request.chunks.is_empty()) {
        return Err(ForeignError::NotStreamed { file: file(), tool: of.tool });
    }
    let counts = of.requests.iter().filter_map(|request| request.usage);
    if let Some(tokens) = counts
        .map(|usage| usage.prompt_tokens.max(usage.completion_tokens))
        .find(|tokens| *tokens > MOST_TOKENS)
    {
        return Err(ForeignError::Invalid {
            file: file(),
            tool: of.tool,
            line: None,
            reason: format!("a request of {tokens} tokens"),
        });
    }
    let block = block(&of);
    let concurrency =
        of.start.as_ref().and_then(Start::most_in_flight).unwrap_or_else(|| most_at_once(&of.requests));
    let requests = of.requests.len();
    let records = std::mem::take(&mut of.requests).into_iter().enumerate();
    let records: Vec<Record> = records.map(|(n, request)| record(n, request, of.tool, of.chunks)).collect();
    let level = block.level_start_ns.map(|start_ns| Level { start_ns, end_ns: block.level_end_ns });
    let mut traces = Accumulator::default();
    for record in &records {
        traces.add(record, level);
    }
    let rows = rows(records);
    let candidate = side(&mut of, &rows, block, concurrency, &traces, options);
    let warnings = warnings(&of, &rows, source);
    let untold = untold(&of, &rows);
    let mut labels = std::mem::take(&mut of.labels);
    labels.insert("imported_from".to_owned(), of.tool.name().to_owned());
    labels.extend(options.labels.clone());
    let finished_at = of.finished_at.or(of.started_at).unwrap_or(Timestamp::UNIX_EPOCH);
    Ok(RunResult {
        schema_version: SCHEMA_VERSION,
        run_id: uuid::Uuid::now_v7().to_string(),
        kind: RunKind::Run,
        status: if of.interrupted { RunStatus::Interrupted } else { RunStatus::Complete },
        simulated: candidate.simulated,
        labels,
        started_at: of.started_at.unwrap_or(finished_at).to_string(),
        finished_at: finished_at.to_string(),
        team: None,
        prompt_set: prompts(&of, source, requests),
        workload: None,
        load: load(&of, concurrency, requests),
        question: None,
        sampling: Sampling { temperature: 0.0, top_p: None, seed: 0, max_tokens: None },
        seed: of.seed.unwrap_or(0),
        client: client(&of),
        trace: TraceMode::Full,
        merged_from: Vec::new(),
        rescored_from: None,
        judge: None,
        client_health: health(of.tool),
        warnings,
        redacted: None,
        candidate,
        baseline: None,
        comparison: None,
        held_to: None,
        gates: Vec::new(),
        readings: Vec::new(),
        levels: Vec::new(),
        findings: None,
        phases: Vec::new(),
        blocks: vec![block],
        rows,
        config: of.config,
        command_line: None,
        imported_from: Some(ImportedFrom {
            tool: of.tool,
            version: of.version,
            file: short(source.file, 200),
            sha256: source.sha256.clone(),
            benchmark: of.number,
            chunks: of.chunks,
            untold,
            reported: of.reported,
        }),
    })
}

/// Who answered, with the summary that a run's own requests would have.
fn side(
    of: &mut Benchmark,
    rows: &[Row],
    block: BlockTime,
    concurrency: u32,
    traces: &Accumulator,
    options: &ImportOptions,
) -> SideInfo {
    let context = Context { concurrency, ..Context::default() };
    let mut summary = summarise(rows, &[block], Side::Candidate, &context, traces.side(Side::Candidate));
    if of.chunks == ChunkTimes::FirstAndLast {
        // The gap from the first chunk to the last is no gap between chunks, and was left out of `itl_ms` as such.
        summary.itl_inexact = 0;
        summary.token_chunks = of.token_chunks.unwrap_or(0);
        summary.tokens_per_chunk = ratio(summary.output_tokens, summary.token_chunks);
        if summary.throughput.is_some() {
            of.warnings.push(
                "output tokens per second are put half at a request's first chunk and half at its last, for the times of those between are not in the file"
                    .to_owned(),
            );
        }
    }
    let told = |text: &Option<String>, most| text.as_deref().map_or_else(not_told, |text| short(text, most));
    SideInfo {
        endpoint: "imported".to_owned(),
        url: told(&of.url.as_deref().map(mask_url), 300),
        model: told(&of.model, 200),
        simulated: options.simulated || of.simulated,
        server: None,
        dialect: None,
        asked_models: Vec::new(),
        served_models: Vec::new(),
        system_fingerprints: Vec::new(),
        summary,
        pass_rates: Vec::new(),
        judge_quality: Vec::new(),
        slos: Vec::new(),
        cost: None,
        measured_in: None,
    }
}

fn not_told() -> String {
    "not told".to_owned()
}

/// In place of a prompt set. Its hash is of the benchmark: request by request, two benchmarks are not known to have
/// asked the same, and must not be paired as if they had.
fn prompts(of: &Benchmark, source: &Source<'_>, requests: usize) -> PromptSetInfo {
    PromptSetInfo {
        name: format!("imported-from-{}", of.tool.name()),
        version: 0,
        sha256: of.number.map_or_else(
            || source.sha256.clone(),
            |number| sha256_of(format!("{} {number}", source.sha256).as_bytes()),
        ),
        categories: BTreeMap::from([(CATEGORY.to_owned(), requests)]),
        calibrated: false,
        origin: short(source.file, 200),
        selection: None,
    }
}

fn load(of: &Benchmark, concurrency: u32, requests: usize) -> LoadInfo {
    LoadInfo {
        concurrency,
        requests: requests as u64,
        repeats: 1,
        rounds: 1,
        block_size: u32::try_from(requests).unwrap_or(u32::MAX),
        warmup: of.not_counted,
        pairing: "single".to_owned(),
        profile: of.start.clone().map(|start| LoadProfile { start, ..LoadProfile::closed(concurrency) }),
        sweep: None,
        retry: RetryPolicy::default(),
        max_output_tokens_total: None,
    }
}

fn client(of: &Benchmark) -> ClientInfo {
    let version = of.version.as_deref().map_or_else(String::new, |version| format!(" {version}"));
    let (os, arch) = of.machine.clone().unwrap_or_else(|| (not_told(), not_told()));
    ClientInfo {
        labctl_version: env!("CARGO_PKG_VERSION").to_owned(),
        check_engine: None,
        os,
        arch,
        cores: 0,
        transport: format!("{}{version}", of.tool.title()),
        monotonic_origin_ns: of.monotonic_origin_ns.unwrap_or(0),
        calibration: None,
    }
}

fn health(tool: Tool) -> ClientHealth {
    ClientHealth {
        status: HealthStatus::Degraded,
        reasons: vec![format!("{} measured, and it tells nothing of its own delays", tool.title())],
        read_lag: None,
        scheduling_lag: None,
        event_loop_delay: None,
        stamp_faults: None,
        coalesced_share: None,
        cpu_use: None,
    }
}

fn record(n: usize, request: Request, tool: Tool, chunks: ChunkTimes) -> Record {
    let first_and_last = chunks == ChunkTimes::FirstAndLast;
    let trace = Trace {
        scheduled_ns: request.scheduled,
        sent_ns: request.sent,
        admitted_ns: request.admitted,
        headers_ns: None,
        end_ns: request.end.or(request.chunks.last().copied()).unwrap_or(request.sent),
        stamps: StampSource::Read,
        chunks: request
            .chunks
            .iter()
            .enumerate()
            .map(|(i, at)| Chunk {
                recv_ns: *at,
                tokens: 1,
                kind: if request.first_content.is_some_and(|content| *at < content) {
                    ChunkKind::Reasoning
                } else {
                    ChunkKind::Content
                },
                // Chunks are missing between them, so what lies between is no gap.
                exact: !first_and_last || i == 0,
                read_lag_ns: 0,
            })
            .collect(),
    };
    let (outcome, http_status, error) = match request.failure {
        Some(failure) => (failure.outcome, failure.status, Some(failure.text)),
        None if trace.chunks.is_empty() => (Outcome::Empty, None, None),
        None => (Outcome::Success, None, None),
    };
    let exchange = Exchange {
        request_id: request.id.map_or_else(|| format!("{}-{n}", tool.name()), |id| short(&id, 100)),
        resent: false,
        outcome,
        error,
        http_status,
        retry_after_s: None,
        retries: Vec::new(),
        content: request.content,
        reasoning: request.reasoning,
        tool_calls: String::new(),
        finish_reason: None,
        usage: request.usage,
        served_model: None,
        system_fingerprint: None,
        trace,
    };
    let mut metrics = metrics(&exchange);
    if first_and_last {
        metrics.max_stall_ms = None;
    }
    let answered = outcome.is_success() || outcome == Outcome::Empty;
    let verdict = if answered { Verdict::Unchecked } else { Verdict::TransportError };
    Record {
        key: PairKey { prompt_id: format!("request-{n:07}"), repeat: 0, round: 0, level: 0 },
        category: CATEGORY.to_owned(),
        family: None,
        scenario_id: tool.name().to_owned(),
        ask: Ask {
            input_tokens: request.input_tokens.and_then(|tokens| u32::try_from(tokens).ok()),
            ..Ask::default()
        },
        block: 0,
        side: Side::Candidate,
        attempt: Attempt { exchange, metrics, judgement: Judgement::bare(verdict) },
    }
}

/// When the load was on, and when at its level, as far as the requests tell: a closed loop from the first moment with
/// all slots taken to the first end after the last start, an open loop from its first arrival to its last.
fn block(of: &Benchmark) -> BlockTime {
    let requests = &of.requests;
    let ends = || requests.iter().map(ended);
    let start = requests.iter().map(|r| r.scheduled.min(r.sent)).min().unwrap_or_default();
    let last_end = ends().max().unwrap_or_default();
    let last_start = requests.iter().map(|r| r.sent).max().unwrap_or_default();
    let level = match &of.start {
        Some(start) if start.is_open() => {
            Some((requests.iter().map(|r| r.scheduled).min().unwrap_or_default(), last_start))
        }
        Some(start) => start.most_in_flight().and_then(|slots| {
            Some((first_with(requests, slots)?, ends().filter(|end| *end > last_start).min()?))
        }),
        None => None,
    };
    let level = level.filter(|(start, end)| start < end);
    BlockTime {
        round: 0,
        block: 0,
        level: 0,
        side: Side::Candidate,
        start_ns: start,
        level_start_ns: level.map(|(start, _)| start),
        level_end_ns: level.map(|(_, end)| end),
        end_ns: of.duration.map_or(last_end, |duration| start.plus(duration)),
        not_counted: of.not_counted,
    }
}

fn ended(request: &Request) -> Nanos {
    request.end.or(request.chunks.last().copied()).unwrap_or(request.sent)
}

/// Starts and ends in the order of time; an end comes before a start of the same moment.
fn edges(requests: &[Request]) -> Vec<(Nanos, i64)> {
    let mut edges: Vec<_> = requests.iter().flat_map(|r| [(r.sent, 1), (ended(r), -1)]).collect();
    edges.sort_unstable();
    edges
}

fn most_at_once(requests: &[Request]) -> u32 {
    let mut now = 0_i64;
    let most = edges(requests).into_iter().map(|(_, change)| {
        now += change;
        now
    });
    u32::try_from(most.max().unwrap_or(0)).unwrap_or(u32::MAX).max(1)
}

/// The first moment with so many in flight.
fn first_with(requests: &[Request], slots: u32) -> Option<Nanos> {
    let mut now = 0_i64;
    edges(requests).into_iter().find_map(|(at, change)| {
        now += change;
        (now >= i64::from(slots)).then_some(at)
    })
}
