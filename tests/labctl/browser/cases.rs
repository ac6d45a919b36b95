//! The results whose reports are looked at, each made by labctl itself against its simulator, and their reports.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use labctl::metrics::accumulate::{Accumulator, Level};
use labctl::metrics::summary::{Context, summarise};
use labctl::model::exchange::Exchange;
use labctl::model::health::HealthStatus;
use labctl::model::record::{Attempt, Record, Row, Side};
use labctl::model::result::RunResult;
use labctl::model::units::Nanos;
use labctl::results::store::{Store, load_file, load_file_without_chunks};
use labctl::simulator::{ErrorShape, FaultKind, Faults, When};

use serde_json::Value;

use crate::servers::Server;
use crate::support::{Ended, Lab};

/// How much longer than any other command the report of a great many requests may take, in a debug build.
const PATIENCE: Duration = Duration::from_mins(5);

/// A report, and the results that it is of.
pub(super) struct Case {
    /// Names its pictures.
    pub(super) name: &'static str,
    /// The report.
    pub(super) html: PathBuf,
    /// The result files, by their names: those of runs begin with their time.
    pub(super) results: Vec<PathBuf>,
    /// How long the report took to make.
    pub(super) made_in: Duration,
    /// Holds the files.
    lab: Lab,
}

impl Case {
    /// The report of all results of a lab.
    pub(super) fn of(name: &'static str, lab: Lab) -> Self {
        let mut results = lab.all(".json");
        results.sort();
        assert!(!results.is_empty());
        let html = lab.path("report.html");
        let mut command = lab.command();
        command.timeout(PATIENCE).arg("report").args(&results).args(["--format", "html", "-o"]).arg(&html);
        let started = Instant::now();
        Ended::of(&mut command).succeeds();
        Self { name, html, results, made_in: started.elapsed(), lab }
    }

    /// The result file as it is, where the report is of one.
    pub(super) fn result(&self) -> Value {
        let [result] = self.results.as_slice() else { panic!("{} is of several results", self.name) };
        serde_json::from_slice(&fs::read(result).unwrap()).unwrap()
    }

    /// The result files as they are.
    pub(super) fn every_result(&self) -> Vec<Value> {
        self.results.iter().map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap()).collect()
    }

    /// Runs `labctl` beside the results.
    pub(super) fn labctl(&self, arguments: &[&str]) -> Ended {
        self.lab.labctl(arguments)
    }

    /// Requests that the results hold.
    pub(super) fn requests(&self) -> usize {
        self.results.iter().map(|path| load_file_without_chunks(path).unwrap().rows.len()).sum()
    }
}

/// Flags of a bench of the built-in simulator that takes seconds at most.
const FAST: [&str; 4] = ["--simulator-speed", "100", "--no-report", "--allow-invalid-client"];

fn simulated(arguments: &[&str]) -> Lab {
    let lab = Lab::new();
    lab.labctl(&[arguments, &FAST].concat()).succeeds();
    lab
}

/// A lab whose endpoint is this server, after `labctl run` against it.
fn run_against(server: &Server, arguments: &[&str]) -> Lab {
    let lab = Lab::at(&server.url());
    let common = ["run", "--endpoint", "candidate", "--allow-invalid-client", "--max-error-rate", "1"];
    lab.labctl(&[&common, arguments].concat()).succeeds();
    lab
}

/// The quantization team's bench with its baseline, gates and objectives.
pub(super) fn quant() -> Case {
    let lab = Lab::new();
    let bench = ["bench", "--team", "quant", "--promptset", "benchmark-quant", "--compare-baseline"];
    let gates = ["--simulate", "--max-pass-rate-drop", "5", "--slo", "ttft_p95_ms<=200,e2e_p99_ms<=5000"];
    let ended = lab.labctl(&[&bench[..], &gates, &FAST].concat());
    // A gate may fail: here its report counts.
    assert!([0, 1, 4].contains(&ended.code), "{ended:#?}");
    Case::of("quant", lab)
}

/// The evaluation team's bench: a judge examined.
pub(super) fn eval() -> Case {
    let flags = ["--repeats", "3", "--swap", "--temperature", "0.7"];
    Case::of("eval", simulated(&[&["bench", "--team", "eval"][..], &flags].concat()))
}

/// Several loads, up to saturation.
pub(super) fn sweep() -> Case {
    let server = Server::with_options(|options| {
        options.profile.speed = 20.0;
        options.profile.max_running = 4;
    });
    let load = ["--sweep", "concurrency=1,2,4,8,16", "--requests", "48", "--warmup", "0"];
    let rest = [
        "--no-stop-past-saturation",
        "--input-tokens",
        "64..256",
        "--output-tokens",
        "24",
        "--slo",
        "ttft_p95_ms<=40",
    ];
    Case::of("sweep", run_against(&server, &[&load[..], &rest].concat()))
}

/// Half of the requests fail, each in one of several ways.
pub(super) fn half_failed() -> Case {
    let faults = Faults::none()
        .with(FaultKind::Status { status: 500, shape: ErrorShape::Vllm }, When::every(6))
        .with(FaultKind::Disconnect { after_tokens: 2 }, When::every(7))
        .with(FaultKind::RateLimit { retry_after_s: None }, When::every(5))
        .with(FaultKind::InvalidJson { after_tokens: 3 }, When::every(8));
    let load = ["--requests", "120", "--input-tokens", "32", "--output-tokens", "16", "--warmup", "0"];
    Case::of("half-failed", run_against(&Server::with(faults), &load))
}

/// Requests that a server turned away and that were sent again, some of them in vain.
pub(super) fn retried() -> Case {
    let faults = Faults::none()
        .with(FaultKind::RateLimit { retry_after_s: Some(0) }, When::every(3))
        .with(FaultKind::Status { status: 503, shape: ErrorShape::Vllm }, When::every(17))
        .with(FaultKind::Disconnect { after_tokens: 2 }, When::every(13));
    let load = ["--requests", "60", "--concurrency", "6", "--input-tokens", "32", "--output-tokens", "16"];
    let again = ["--warmup", "0", "--retry", "429,503", "--retry-attempts", "1"];
    Case::of("retried", run_against(&Server::with(faults), &[&load[..], &again].concat()))
}

/// One request.
pub(super) fn one_request() -> Case {
    let load = ["--promptset", "tiny", "--requests", "1", "--concurrency", "1", "--warmup", "0"];
    Case::of("one-request", run_against(&Server::good(), &load))
}

/// How often the rows of a real run are laid one after the other.
const COPIES: u32 = 100;

/// Five runs of one bench, one after the other, each with another seed.
pub(super) fn history() -> Case {
    let lab = Lab::new();
    for seed in ["1", "2", "3", "4", "5"] {
        let bench = [
            "bench",
            "--team",
            "quant",
            "--promptset",
            "quant-quality",
            "--compare-baseline",
            "--seed",
            seed,
        ];
        lab.labctl(&[&bench[..], &FAST].concat()).succeeds();
    }
    Case::of("history", lab)
}

/// Runs of one bench, of which one was under another load.
pub(super) fn changing() -> Case {
    let lab = Lab::new();
    for load in
        [&["--concurrency", "4"][..], &["--concurrency", "3", "--repeats", "5"], &["--concurrency", "4"]]
    {
        let bench = ["bench", "--team", "quant", "--promptset", "quant-quality", "--compare-baseline"];
        lab.labctl(&[&bench, load, &FAST].concat()).succeeds();
    }
    Case::of("changing", lab)
}

/// Three models on the same prompts, one of which does not answer all of them.
pub(super) fn head_to_head() -> Case {
    let lab = Lab::new();
    let broken = Faults::none().with(FaultKind::Disconnect { after_tokens: 2 }, When::every(45));
    for (model, right, faults) in
        [("llama-8b", 0.9, Faults::none()), ("mistral-7b", 0.5, broken), ("qwen-7b", 0.1, Faults::none())]
    {
        let server = Server::with_options(|options| {
            options.profile.default_pass_rate = right;
            options.faults = faults;
        });
        let before: Vec<PathBuf> = lab.all(".json");
        let url = server.url();
        let bench = ["bench", "--url", &url, "--promptset", "tiny", "--repeats", "20", "--no-report"];
        lab.labctl(&[&bench[..], &["--allow-invalid-client", "--max-error-rate", "1"]].concat()).succeeds();
        let path = lab.all(".json").into_iter().find(|path| !before.contains(path)).unwrap();
        let mut run = load_file(&path).unwrap();
        model.clone_into(&mut run.candidate.model);
        // However busy the machine of the tests is: models are not held against each other otherwise.
        run.client_health.status = HealthStatus::Valid;
        run.client_health.reasons.clear();
        Store::new(lab.path("results")).write(&run).unwrap();
    }
    Case::of("head-to-head", lab)
}

/// 100,000 requests: a real run of 1,000, a hundred times over, each copy after the one before it. What follows
/// from the rows and their traces is computed anew by labctl's own functions.
pub(super) fn hundred_thousand() -> Case {
    let server = Server::with_options(|options| options.profile.speed = 20.0);
    let load =
        ["--requests", "1000", "--concurrency", "20", "--input-tokens", "16..64", "--output-tokens", "8"];
    let lab = run_against(&server, &load);
    let path = lab.only(".json");
    let mut result = load_file(&path).unwrap();
    multiply(&mut result);
    fs::remove_file(&path).unwrap();
    Store::new(lab.path("results")).write(&result).unwrap();
    Case::of("hundred-thousand", lab)
}

fn multiply(result: &mut RunResult) {
    let span = result.blocks.iter().map(|block| block.end_ns.0).max().unwrap();
    let (rows, blocks) = (std::mem::take(&mut result.rows), std::mem::take(&mut result.blocks));
    let many = blocks.iter().map(|block| block.block).max().unwrap() + 1;
    let mut traces = Accumulator::default();
    for copy in 0..COPIES {
        let later = |at: &mut Nanos| *at = at.plus(Nanos(span * u64::from(copy)));
        let mut blocks = blocks.clone();
        for block in &mut blocks {
            block.block += many * copy;
            let times = [&mut block.start_ns, &mut block.end_ns].into_iter();
            times.chain(&mut block.level_start_ns).chain(&mut block.level_end_ns).for_each(later);
        }
        for mut row in rows.iter().cloned() {
            row.key.repeat += copy;
            row.block += many * copy;
            let mut attempt = row.candidate.take().unwrap();
            attempt.exchange.request_id = format!("{}-{copy}", attempt.exchange.request_id);
            shift(&mut attempt.exchange, later);
            let block = blocks.iter().find(|block| block.block == row.block).unwrap();
            let level = block.level_start_ns.map(|start_ns| Level { start_ns, end_ns: block.level_end_ns });
            let record = record(&row, attempt);
            traces.add(&record, level);
            row.candidate = Some(record.attempt);
            result.rows.push(row);
        }
        result.blocks.extend(blocks);
    }
    result.load.requests *= u64::from(COPIES);
    result.load.repeats *= COPIES;
    let context = Context { concurrency: result.load.concurrency, ..Context::default() };
    let traces = traces.side(Side::Candidate);
    result.candidate.summary = summarise(&result.rows, &result.blocks, Side::Candidate, &context, traces);
}

fn record(row: &Row, attempt: Attempt) -> Record {
    Record {
        key: row.key.clone(),
        category: row.category.clone(),
        family: row.family.clone(),
        scenario_id: row.scenario_id.clone(),
        ask: row.ask.clone(),
        block: row.block,
        side: Side::Candidate,
        attempt,
    }
}

fn shift(exchange: &mut Exchange, later: impl Fn(&mut Nanos)) {
    let trace = &mut exchange.trace;
    let always = [&mut trace.scheduled_ns, &mut trace.sent_ns, &mut trace.end_ns];
    let sometimes = trace.admitted_ns.iter_mut().chain(&mut trace.headers_ns);
    let chunks = trace.chunks.iter_mut().map(|chunk| &mut chunk.recv_ns);
    always.into_iter().chain(sometimes).chain(chunks).for_each(&later);
    exchange.retries.iter_mut().flat_map(|retry| [&mut retry.sent_ns, &mut retry.end_ns]).for_each(later);
}

/// Where the pictures go.
pub(super) fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    fs::create_dir_all(&folder).unwrap();
    folder
}
