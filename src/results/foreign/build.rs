//! A result out of what a tool's file tells, by the functions that a run's own result comes from.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::caveats::{untold, warnings};
use super::{ForeignError, ImportOptions, failure, short};
use crate::client::secret::mask_url;
use crate::metrics::accumulate::{Accumulator, Level};
use crate::metrics::request::metrics;
use crate::metrics::summary::{Context, summarise};
use crate::model::definitions::Metric;
use crate::model::exchange::{Exchange, Usage};
use crate::model::health::{ClientHealth, HealthStatus};
use crate::model::imported::{ChunkTimes, ImportedFrom, Tool};
use crate::model::judgement::{Judgement, Verdict};
use crate::model::load::{LoadProfile, RetryPolicy, Start};
use crate::model::outcome::Outcome;
use crate::model::record::{Attempt, PairKey, Record, Side};
use crate::model::result::{
    BlockTime, ClientInfo, LoadInfo, PromptSetInfo, RunKind, RunResult, RunStatus, SCHEMA_VERSION, Sampling,
    SideInfo,
};
use crate::model::trace::{Chunk, ChunkKind, StampSource, Trace, TraceMode};
use crate::model::units::{Nanos, ratio};
use crate::model::workload::Ask;
use crate::results::rows::rows;

/// The category of every imported request.
const CATEGORY: &str = "imported";

/// The file.
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) sha256: String,
}

/// What a file tells of one benchmark.
pub(super) struct Benchmark {
    pub(super) tool: Tool,
    pub(super) version: Option<String>,
    /// Its place in the file, where there are several.
    pub(super) number: Option<u32>,
    pub(super) model: Option<String>,
    pub(super) url: Option<String>,
    /// Where the tool's labels say that it was a simulator's.
    pub(super) simulated: bool,
    pub(super) started_at: Option<Timestamp>,
    pub(super) finished_at: Option<Timestamp>,
    pub(super) start: Option<Start>,
    /// How long it measured, by its own clock.
    pub(super) duration: Option<Nanos>,
    /// Requests of its warm-up and cool-down.
    pub(super) not_counted: u32,
    pub(super) monotonic_origin_ns: Option<u64>,
    /// Operating system and architecture.
    pub(super) machine: Option<(String, String)>,
    pub(super) temperature: Option<f64>,
    pub(super) seed: Option<u64>,
    pub(super) chunks: ChunkTimes,
    /// Chunks with text of all successes, where the file tells of them without their times.
    pub(super) token_chunks: Option<u64>,
    pub(super) config: Value,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) reported: BTreeMap<String, f64>,
    /// The means that the tool gives, in milliseconds under its own definitions.
    pub(super) means: Vec<(Metric, f64)>,
    pub(super) interrupted: bool,
    pub(super) warnings: Vec<String>,
    /// In the file's order; moments count from the first.
    pub(super) requests: Vec<Request>,
}

/// One request.
pub(super) struct Request {
    pub(super) id: Option<String>,
    pub(super) scheduled: Nanos,
    pub(super) sent: Nanos,
    pub(super) admitted: Option<Nanos>,
    /// Moments at which chunks with text came, in order.
    pub(super) chunks: Vec<Nanos>,
    /// The moment of the first chunk that was content, where reasoning came before it.
    pub(super) first_content: Option<Nanos>,
    pub(super) end: Option<Nanos>,
    pub(super) usage: Option<Usage>,
    /// Tokens of the prompt by the tool's own count, where the server didn't tell.
    pub(super) input_tokens: Option<u64>,
    pub(super) content: String,
    pub(super) reasoning: String,
    /// How it failed and what was said of it, where it did.
    pub(super) failure: Option<Failure>,
}

/// How a request failed.
pub(super) struct Failure {
    pub(super) outcome: Outcome,
    pub(super) status: Option<u16>,
    pub(super) text: String,
}

impl Failure {
    /// By the tool's words alone.
    pub(super) fn of(text: &str) -> Self {
        let (outcome, status) = failure::outcome(text);
        Self { outcome, status, text: failure::said(text) }
    }
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
    let block = block(&of);
    let concurrency =
        of.start.as_ref().and_then(Start::most_in_flight).unwrap_or_else(|| most_at_once(&of.requests));
    let origin = of.requests.len();
    let records = std::mem::take(&mut of.requests).into_iter().enumerate();
    let records: Vec<Record> = records.map(|(n, request)| record(n, request, of.tool, of.chunks)).collect();
    let level = block.level_start_ns.map(|start_ns| Level { start_ns, end_ns: block.level_end_ns });
    let mut traces = Accumulator::default();
    records.iter().for_each(|record| traces.add(record, level));
    let rows = rows(records);

    let mut summary = summarise(
        &rows,
        std::slice::from_ref(&block),
        Side::Candidate,
        &Context { concurrency, ..Context::default() },
        traces.side(Side::Candidate),
    );
    if of.chunks == ChunkTimes::FirstAndLast {
        // The gap from the first chunk to the last is no gap between chunks, and was left out of `itl_ms` as such.
        summary.itl_inexact = 0;
        summary.token_chunks = of.token_chunks.unwrap_or(0);
        summary.tokens_per_chunk = ratio(summary.output_tokens, summary.token_chunks);
    }
    if summary.throughput.is_some() && of.chunks == ChunkTimes::FirstAndLast {
        of.warnings.push(
            "output tokens per second are put half at a request's first chunk and half at its last, for the times of those between are not in the file"
                .to_owned(),
        );
    }
    let warnings = warnings(&of, &rows, source);
    let (tool, title) = (of.tool, of.tool.title());
    let untold = untold(&of, &rows);
    let imported_from = ImportedFrom {
        tool,
        version: of.version.as_deref().map(|version| short(version, 60)),
        file: short(source.file, 200),
        sha256: source.sha256.clone(),
        benchmark: of.number,
        chunks: of.chunks,
        untold,
        reported: of.reported,
    };
    let mut labels: BTreeMap<String, String> = of.labels;
    labels.insert("imported_from".to_owned(), tool.name().to_owned());
    labels.extend(options.labels.clone());
    let finished_at = of.finished_at.or(of.started_at).unwrap_or(Timestamp::UNIX_EPOCH);
    let model = of.model.as_deref().map_or_else(|| "not told".to_owned(), |model| short(model, 200));
    let simulated = options.simulated || of.simulated;
    let (os, arch) = of.machine.unwrap_or_else(|| ("not told".to_owned(), "not told".to_owned()));
    let told = imported_from.version.as_deref().map_or_else(String::new, |version| format!(" {version}"));
    Ok(RunResult {
        schema_version: SCHEMA_VERSION,
        run_id: uuid::Uuid::now_v7().to_string(),
        kind: RunKind::Run,
        status: if of.interrupted { RunStatus::Interrupted } else { RunStatus::Complete },
        simulated,
        labels,
        started_at: of.started_at.unwrap_or(finished_at).to_string(),
        finished_at: finished_at.to_string(),
        team: None,
        prompt_set: PromptSetInfo {
            name: format!("imported-from-{}", tool.name()),
            version: 0,
            sha256: source.sha256.clone(),
            categories: BTreeMap::from([(CATEGORY.to_owned(), origin)]),
            calibrated: false,
            origin: short(source.file, 200),
        },
        workload: None,
        load: LoadInfo {
            concurrency,
            requests: origin as u64,
            repeats: 1,
            rounds: 1,
            block_size: u32::try_from(origin).unwrap_or(u32::MAX),
            warmup: of.not_counted,
            pairing: "single".to_owned(),
            profile: of.start.map(|start| LoadProfile { start, ..LoadProfile::closed(concurrency) }),
            sweep: None,
            retry: RetryPolicy::default(),
            max_output_tokens_total: None,
        },
        question: None,
        sampling: Sampling {
            temperature: of.temperature.unwrap_or(0.0),
            top_p: None,
            seed: of.seed.unwrap_or(0),
            max_tokens: None,
        },
        seed: of.seed.unwrap_or(0),
        config: of.config,
        client: ClientInfo {
            labctl_version: env!("CARGO_PKG_VERSION").to_owned(),
            os,
            arch,
            cores: 0,
            transport: format!("{title}{told}"),
            monotonic_origin_ns: of.monotonic_origin_ns.unwrap_or(0),
            calibration: None,
        },
        trace: TraceMode::Full,
        merged_from: Vec::new(),
        imported_from: Some(imported_from),
        client_health: ClientHealth {
            status: HealthStatus::Degraded,
            reasons: vec![format!("{title} measured, and it tells nothing of its own delays")],
            read_lag: None,
            scheduling_lag: None,
            event_loop_delay: None,
            stamp_faults: None,
            coalesced_share: None,
            cpu_use: None,
        },
        warnings,
        candidate: SideInfo {
            endpoint: "imported".to_owned(),
            url: of.url.as_deref().map_or_else(|| "not told".to_owned(), |url| short(&mask_url(url), 300)),
            model,
            simulated,
            server: None,
            dialect: None,
            served_models: Vec::new(),
            system_fingerprints: Vec::new(),
            summary,
            slos: Vec::new(),
            pass_rates: Vec::new(),
        },
        baseline: None,
        comparison: None,
        levels: Vec::new(),
        findings: None,
        phases: Vec::new(),
        blocks: vec![block],
        rows,
    })
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
    let verdict = if outcome.is_success() { Verdict::Unchecked } else { Verdict::TransportError };
    Record {
        key: PairKey { prompt_id: format!("request-{n:07}"), repeat: 0, round: 0, level: 0 },
        category: CATEGORY.to_owned(),
        scenario_id: tool.name().to_owned(),
        ask: Ask {
            input_tokens: request.input_tokens.and_then(|tokens| u32::try_from(tokens).ok()),
            ..Ask::default()
        },
        block: 0,
        side: Side::Candidate,
        attempt: Attempt {
            exchange,
            metrics,
            judgement: Judgement { verdict, answer: None, checks: Vec::new() },
        },
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

/// A span of so many seconds, to the nearest nanosecond; zero for what is negative or no number.
pub(super) fn nanos(seconds: f64) -> Nanos {
    Nanos::from_secs_f64(seconds + 0.5e-9)
}
