//! What a large run takes in memory and time, and its result after it: requests go through labctl's engine, judging
//! and journal into a result file, which is then loaded, reported and compared. The answers are made up on the spot,
//! without a network, so that nothing but the recording is measured.
//!
//! `cargo bench --bench scale [-- --quick]`

#![expect(clippy::print_stdout, reason = "a command that prints a table")]
#![expect(clippy::unwrap_used, reason = "a benchmark that fails has nothing to tell")]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use labctl::bench::assemble::{Remains, assemble_with_journal};
use labctl::check::Judge;
use labctl::client::clock::Clock;
use labctl::client::request::{CHAT_COMPLETIONS, Request};
use labctl::compare::comparable::unsound;
use labctl::compare::{Options, compare, pair_rows};
use labctl::load::bus::Bus;
use labctl::load::engine::{Engine, Execution, Judged, Lane, Load};
use labctl::load::plan::{Item, Shape, blocks};
use labctl::load::target::Target;
use labctl::model::exchange::{Exchange, Usage};
use labctl::model::header::{RunHeader, SideHeader};
use labctl::model::load::LoadProfile;
use labctl::model::outcome::Outcome;
use labctl::model::prompt::Prompt;
use labctl::model::record::Side;
use labctl::model::result::{
    ClientInfo, LoadInfo, PromptSetInfo, RunKind, RunResult, RunStatus, SCHEMA_VERSION, Sampling,
};
use labctl::model::trace::{Chunk, ChunkKind, StampSource, Trace, TraceMode};
use labctl::model::units::Nanos;
use labctl::report;
use labctl::report::input::ReportInput;
use labctl::report::terminal::TerminalOptions;
use labctl::results::journal::{JournalWriter, subscriber};
use labctl::results::rows::rows;
use labctl::results::store::{Store, load_file, load_file_without_chunks};
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// Tells the process which mode it is to measure.
const MODE: &str = "LABCTL_BENCH_TRACE";
/// Requests in flight.
const CONCURRENCY: u32 = 2_000;
/// Tokens of an answer.
const TOKENS: u32 = 100;
/// Between two tokens.
const BETWEEN: Duration = Duration::from_millis(5);

/// Answers every request with as many tokens at a steady pace, as it says in its trace.
struct Answers {
    clock: Clock,
}

impl Target for Answers {
    async fn exchange(&self, request: &Request, scheduled_ns: Nanos, _: &CancellationToken) -> Exchange {
        let sent_ns = self.clock.now();
        let between = u64::try_from(BETWEEN.as_nanos()).unwrap();
        tokio::time::sleep(BETWEEN * TOKENS).await;
        let id = request.id.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31) + u32::from(byte));
        let mut chunks = Vec::new();
        for n in 0..TOKENS {
            // Up to a millisecond early or late, so that no two gaps are the same.
            let jitter = u64::from(id.wrapping_mul(n + 1) % 1_000_000);
            chunks.push(Chunk {
                recv_ns: sent_ns.plus(Nanos(between * u64::from(n) + jitter)),
                tokens: 1,
                kind: ChunkKind::Content,
                exact: true,
                read_lag_ns: 5_000 + id % 1_000,
            });
        }
        Exchange {
            request_id: request.id.clone(),
            resent: false,
            outcome: Outcome::Success,
            error: None,
            http_status: Some(200),
            retry_after_s: None,
            content: "All the same: ".to_owned() + &"and so on, ".repeat(35),
            reasoning: String::new(),
            tool_calls: String::new(),
            finish_reason: Some("stop".to_owned()),
            usage: Some(Usage { prompt_tokens: 40, completion_tokens: TOKENS.into(), ..Usage::default() }),
            served_model: Some("made-up".to_owned()),
            system_fingerprint: None,
            trace: Trace {
                scheduled_ns,
                sent_ns,
                headers_ns: Some(sent_ns),
                end_ns: self.clock.now(),
                stamps: StampSource::Kernel,
                chunks,
                admitted_ns: None,
            },
            retries: Vec::new(),
        }
    }

    async fn prepare(&self, _: u32) {}
}

fn prompt(n: usize) -> Judged {
    let prompt: Prompt = serde_json::from_value(json!({"id": format!("prompt-{n:05}"), "category": "any",
        "prompt": "And?", "reference": "and so on", "near_miss": [], "max_tokens": 256,
        "checks": [{"type": "contains", "any": ["and so on"]}]}))
    .unwrap();
    let judge = Judge::new(&prompt).unwrap();
    Judged::single(prompt, judge, "scale".to_owned())
}

fn header(run_id: &str, prompts: usize, requests: u64, trace: TraceMode) -> RunHeader {
    RunHeader {
        schema_version: SCHEMA_VERSION,
        run_id: run_id.to_owned(),
        kind: RunKind::Run,
        labels: BTreeMap::new(),
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        team: None,
        command_line: None,
        held_to: None,
        prompt_set: PromptSetInfo {
            name: "scale".to_owned(),
            version: 1,
            sha256: "0".repeat(64),
            categories: BTreeMap::from([("any".to_owned(), prompts)]),
            calibrated: false,
            origin: "built-in".to_owned(),
            selection: None,
        },
        load: LoadInfo {
            concurrency: CONCURRENCY,
            requests,
            repeats: 1,
            rounds: 1,
            block_size: u32::MAX,
            warmup: 0,
            pairing: "single".to_owned(),
            profile: None,
            sweep: None,
            retry: labctl::model::load::RetryPolicy::default(),
            max_output_tokens_total: None,
        },
        sampling: Sampling { temperature: 0.0, top_p: None, seed: 42, max_tokens: None },
        seed: 42,
        config: json!({}),
        client: ClientInfo {
            labctl_version: env!("CARGO_PKG_VERSION").to_owned(),
            check_engine: None,
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            cores: 2,
            transport: "none".to_owned(),
            monotonic_origin_ns: 0,
            calibration: None,
        },
        trace,
        candidate: SideHeader {
            endpoint: "made-up".to_owned(),
            url: "http://127.0.0.1/v1".to_owned(),
            model: "made-up".to_owned(),
            simulated: true,
            server: None,
            dialect: None,
        },
        baseline: None,
        workload: None,
        question: None,
    }
}

/// Puts the load on, with its journal in `dir`.
fn record(dir: &Path, requests: u64, trace: TraceMode) -> (Remains, JournalWriter) {
    let prompts = 1_000;
    let clock = Clock::start();
    let header = header("scale", prompts, requests, trace);
    let writer = JournalWriter::create(dir, &header).unwrap();
    let mut bus = Bus::new(clock);
    let journal = subscriber(writer, bus.subscribe_lossless()).unwrap();
    let shape = Shape {
        requests: Some(requests),
        block_size: Some(u32::MAX),
        ..Shape::once(prompts, CONCURRENCY, 42)
    };
    let plan = blocks(&shape, 0);
    let body = Bytes::from_static(b"{}");
    let items = plan.iter().flat_map(|block| &block.items);
    let bodies: HashMap<_, _> = items.map(|item: &Item| (*item, body.clone())).collect();
    let lane = Lane { target: Arc::new(Answers { clock }), path: CHAT_COMPLETIONS, bodies: Arc::new(bodies) };
    let lanes = BTreeMap::from([(Side::Candidate, lane)]);
    let engine = Engine { bus, ..Engine::here((0..prompts).map(prompt).collect(), lanes, clock) };
    let profile = LoadProfile::closed(CONCURRENCY);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let Execution { records, traces, blocks, samples } =
        runtime.block_on(async move { engine.execute(Load::new(&profile, &plan)).await.unwrap() });
    let writer = journal.join().unwrap();
    assert_eq!(writer.report().error, None);
    let remains = Remains {
        header,
        rows: rows(records.into_iter().map(Arc::unwrap_or_clone)),
        levels: Vec::new(),
        stopped_because: None,
        traces,
        blocks,
        phases: Vec::new(),
        samples,
        status: RunStatus::Complete,
        finished_at: "2026-01-01T00:01:00Z".to_owned(),
        warnings: Vec::new(),
        judge: None,
        noise: None,
        accept_invalid_client: false,
    };
    (remains, writer)
}

/// The most memory this process had since it was asked last, megabytes.
fn peak_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    // Starts anew from what is in use. Where the system can't, the peak is that of the whole run.
    let _cannot = fs::write("/proc/self/clear_refs", "5");
    kb.unwrap_or(f64::NAN) / 1e3
}

fn step<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let done = work();
    println!("| {name} | {:.2} | {:.0} |", started.elapsed().as_secs_f64(), peak_mb());
    done
}

fn measure(dir: &Path, requests: u64, trace: TraceMode) {
    let store = Store::new(dir);
    println!("\n`--trace {}`\n", if trace == TraceMode::Full { "full" } else { "summary" });
    println!("| step | seconds | peak memory, MB |\n|---|---|---|");
    let (remains, writer) = step("recorded", || record(dir, requests, trace));
    let (result, path) = step("summarised and written", || {
        let (result, traces) = assemble_with_journal(remains, writer.path());
        assert_eq!(result.warnings, [""; 0]);
        let path = store.write_with(&result, traces.as_ref()).unwrap();
        (result, path)
    });
    let size = |path: &PathBuf| fs::metadata(path).unwrap().len() >> 20;
    let sizes = (size(&writer.path().to_owned()), size(&path));
    writer.finish().unwrap();
    let itl = result.candidate.summary.itl_ms.unwrap();
    assert_eq!(itl.n, requests * u64::from(TOKENS - 1));
    drop(result);

    step("listed", || store.list().unwrap());
    let loaded: RunResult = step("loaded without chunks", || load_file_without_chunks(&path).unwrap());
    step("reported as HTML, Markdown and text", || {
        let options = TerminalOptions { width: 100, color: false, ..TerminalOptions::default() };
        let html = report::html::render(&loaded, &ReportInput::default()).unwrap();
        let markdown = report::markdown::render(&loaded, &ReportInput::default()).unwrap();
        (html.len(), markdown.len(), report::terminal::summary(&loaded, &options).len())
    });
    step("compared with itself", || {
        let (rows, invalid_because) = (pair_rows(&loaded, &loaded), unsound(&loaded, &loaded, false));
        let options = Options { seed: 42, invalid_because, ..Options::default() };
        compare(&rows, &loaded.candidate.summary, &loaded.candidate.summary, &options)
    });
    drop(loaded);
    let whole = step("loaded whole", || load_file(&path).unwrap());
    let chunks: usize = whole
        .rows
        .iter()
        .filter_map(|row| row.candidate.as_ref())
        .map(|a| a.exchange.trace.chunks.len())
        .sum();
    let (journal, result) = sizes;
    println!(
        "\n{} rows with {chunks} chunks; journal {journal} MB, result {result} MB; ITL from {:?}, p99 {:.3} ms",
        whole.rows.len(),
        whole.candidate.summary.itl_from.unwrap(),
        itl.p99,
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let quick = has("--quick") || !has("--bench");
    let requests = if quick { 4_000 } else { 100_000 };
    if let Ok(mode) = std::env::var(MODE) {
        let trace = if mode == "summary" { TraceMode::Summary } else { TraceMode::Full };
        let dir = std::env::temp_dir().join(format!("labctl-scale-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        measure(&dir, requests, trace);
        fs::remove_dir_all(&dir).unwrap();
        return;
    }
    println!("{requests} requests of {TOKENS} tokens, {CONCURRENCY} at a time");
    for mode in ["full", "summary"] {
        // A process each, so that neither has the other's memory.
        let mut again = Command::new(std::env::current_exe().unwrap());
        assert!(again.args(&arguments).env(MODE, mode).status().unwrap().success());
    }
    if quick {
        println!("\nquick: too few to say anything");
    }
}
