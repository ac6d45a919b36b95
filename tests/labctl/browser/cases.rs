//! The results whose reports are looked at, each made by labctl itself against its simulator, and their reports.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use labctl::metrics::summary::{Context, summarise};
use labctl::model::exchange::Exchange;
use labctl::model::record::Side;
use labctl::model::result::RunResult;
use labctl::model::units::Nanos;
use labctl::results::store::{Store, load_file};
use labctl::simulator::{ErrorShape, FaultKind, Faults, When};

use crate::servers::Server;
use crate::support::{Ended, Lab};

/// How much longer than any other command the report of a great many requests may take, in a debug build.
const PATIENCE: Duration = Duration::from_mins(5);

/// A report, and the result that it is of.
pub(super) struct Case {
    /// Names its pictures.
    pub(super) name: &'static str,
    /// The report.
    pub(super) html: PathBuf,
    /// The result file.
    pub(super) result: PathBuf,
    /// How long the report took to make.
    pub(super) made_in: Duration,
    /// Holds the files.
    _lab: Lab,
}

impl Case {
    /// The report of the only result of a lab.
    pub(super) fn of(name: &'static str, lab: Lab) -> Self {
        let result = lab.only(".json");
        let html = lab.path("report.html");
        let started = Instant::now();
        let mut command = lab.command();
        command.timeout(PATIENCE).arg("report").arg(&result).arg("--html").arg(&html);
        Ended::of(&mut command).succeeds();
        Self { name, html, result, made_in: started.elapsed(), _lab: lab }
    }

    /// The result file as it is.
    pub(super) fn result(&self) -> serde_json::Value {
        serde_json::from_slice(&fs::read(&self.result).unwrap()).unwrap()
    }

    /// Requests that the result holds.
    pub(super) fn requests(&self) -> usize {
        load_file(&self.result).unwrap().rows.len()
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

/// One request.
pub(super) fn one_request() -> Case {
    let load = ["--promptset", "tiny", "--requests", "1", "--concurrency", "1", "--warmup", "0"];
    Case::of("one-request", run_against(&Server::good(), &load))
}

/// How often the rows of a real run are laid one after the other.
const COPIES: u32 = 100;

/// 100,000 requests: a real run of 1,000, a hundred times over, each copy after the one before it. What follows
/// from the rows is computed anew by labctl's own functions; the traces hold no chunks, as after `--trace summary`.
pub(super) fn hundred_thousand() -> Case {
    let server = Server::with_options(|options| options.profile.speed = 100.0);
    let load =
        ["--requests", "1000", "--concurrency", "50", "--input-tokens", "16..64", "--output-tokens", "8"];
    let lab = run_against(&server, &[&load[..], &["--trace", "summary"]].concat());
    let path = lab.only(".json");
    let mut result = load_file(&path).unwrap();
    multiply(&mut result);
    fs::remove_file(&path).unwrap();
    Store::new(lab.path("results")).write(&result).unwrap();
    Case::of("hundred-thousand", lab)
}

fn multiply(result: &mut RunResult) {
    let span = result.blocks.iter().map(|block| block.end_ns.0).max().unwrap();
    let (rows, blocks) = (result.rows.clone(), result.blocks.clone());
    for copy in 1..COPIES {
        let later = |at: &mut Nanos| *at = at.plus(Nanos(span * u64::from(copy)));
        for mut row in rows.iter().cloned() {
            row.key.repeat += copy;
            for attempt in row.candidate.iter_mut() {
                attempt.exchange.request_id += &format!("-{copy}");
                shift(&mut attempt.exchange, later);
            }
            result.rows.push(row);
        }
        for mut block in blocks.iter().copied() {
            block.block += copy;
            later(&mut block.start_ns);
            later(&mut block.end_ns);
            for at in block.level_start_ns.iter_mut().chain(&mut block.level_end_ns) {
                later(at);
            }
            result.blocks.push(block);
        }
    }
    result.load.requests *= u64::from(COPIES);
    result.load.repeats *= COPIES;
    let context = Context { concurrency: result.load.concurrency, ..Context::default() };
    result.candidate.summary = summarise(&result.rows, &result.blocks, Side::Candidate, &context, None);
}

fn shift(exchange: &mut Exchange, later: impl Fn(&mut Nanos)) {
    let trace = &mut exchange.trace;
    let always = [&mut trace.scheduled_ns, &mut trace.sent_ns, &mut trace.end_ns];
    let sometimes = trace.admitted_ns.iter_mut().chain(&mut trace.headers_ns);
    always.into_iter().chain(sometimes).for_each(&later);
    exchange.retries.iter_mut().flat_map(|retry| [&mut retry.sent_ns, &mut retry.end_ns]).for_each(later);
}

/// Where the pictures go.
pub(super) fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    fs::create_dir_all(&folder).unwrap();
    folder
}
