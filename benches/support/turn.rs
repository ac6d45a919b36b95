//! One client's turn at a load, in a process of its own: its CPU time and its memory are then nobody else's.

use std::process::{Command, Stdio};
use std::time::Instant;

use labctl::bench::limits::allow_connections;
use labctl::bench::paced::{PacedLoad, transport};
use labctl::client::clock::Clock;
use labctl::model::config::TransportChoice;
use labctl::simulator::Pacing;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::epoll;

/// Tells the process which turn it takes.
const TURN: &str = "LABCTL_BENCH_TURN";

/// Events of a response that carry no token: role, usage and `[DONE]`.
const OTHER_EVENTS: usize = 3;

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Side {
    /// labctl's engine, client and judging.
    Labctl,
    /// The raw epoll reader.
    Reader,
}

/// What both sides put on the simulator: so many streams that start together, each a closed loop.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Load {
    pub(crate) streams: u32,
    /// Answers of each, one after the other.
    pub(crate) answers: u32,
    /// Tokens of an answer.
    pub(crate) tokens: u32,
    /// Between two tokens, milliseconds. Far below what a write takes, the simulator sends as fast as it can.
    pub(crate) inter_token_ms: f64,
}

impl Load {
    /// The same in the library's words: the tokens of all streams are due together.
    pub(crate) fn paced(self) -> PacedLoad {
        let Self { streams, answers, tokens, inter_token_ms } = self;
        let pacing = Pacing { inter_token_ms, tokens: Some(tokens), in_step: true, ..Pacing::default() };
        PacedLoad { streams, answers, pacing }
    }
}

/// Which cores a process may use.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Cores {
    /// Every one.
    All,
    /// This one alone.
    Only(usize),
}

impl Cores {
    /// Keeps this process, and what it starts from now on, to the cores.
    pub(crate) fn keep_to(self) {
        let mut cores = CpuSet::new();
        match self {
            Self::All => (0..CpuSet::count()).for_each(|core| cores.set(core).unwrap()),
            Self::Only(core) => cores.set(core).unwrap(),
        }
        sched_setaffinity(Pid::from_raw(0), &cores).unwrap();
    }
}

#[derive(Serialize, Deserialize)]
struct Task {
    side: Side,
    load: Load,
    base_url: String,
    cores: Cores,
}

/// What a turn took and brought.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Turn {
    /// Tokens, one an event.
    pub(crate) tokens: usize,
    /// User and system time from before the first connection was opened until the last answer was dealt with,
    /// microseconds.
    pub(crate) cpu_us: u32,
    /// How long that was.
    pub(crate) seconds: f64,
    /// The most memory of the whole process that was resident at once, its program included, bytes.
    pub(crate) peak_bytes: u32,
    /// Reads that brought bytes; only the raw reader can tell.
    pub(crate) reads: Option<usize>,
    /// The share of its events whose stamp is the kernel's and its own; only labctl tells.
    pub(crate) exact_share: Option<f64>,
}

impl Turn {
    /// CPU time for each token, microseconds.
    pub(crate) fn per_token_us(&self) -> f64 {
        f64::from(self.cpu_us) / count(self.tokens)
    }

    /// Tokens a second.
    pub(crate) fn rate(&self) -> f64 {
        count(self.tokens) / self.seconds
    }
}

#[expect(clippy::cast_precision_loss, reason = "tokens and reads stay far below 2^53")]
pub(crate) const fn count(n: usize) -> f64 {
    n as f64
}

/// Has one side put the load on a server.
pub(crate) fn take(side: Side, load: Load, base_url: &str, cores: Cores) -> Turn {
    let task = Task { side, load, base_url: base_url.to_owned(), cores };
    let output = Command::new(std::env::current_exe().unwrap())
        .env(TURN, serde_json::to_string(&task).unwrap())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{side:?}: {}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Where this process was started to take a turn, takes it; true then.
pub(crate) fn taken() -> bool {
    let Ok(task) = std::env::var(TURN) else { return false };
    let Task { side, load, base_url, cores } = serde_json::from_str(&task).unwrap();
    cores.keep_to();
    allow_connections(load.streams.into(), 1).unwrap();
    let turn = match side {
        Side::Labctl => labctl(load, &base_url),
        Side::Reader => reader(load, &base_url),
    };
    println!("{}", serde_json::to_string(&turn).unwrap());
    true
}

fn labctl(load: Load, base_url: &str) -> Turn {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let clock = Clock::start();
    let transport = transport(base_url, TransportChoice::Auto, clock).unwrap();
    let (began, before) = (Instant::now(), cpu_us());
    let (load, never) = (load.paced(), CancellationToken::new());
    let records = runtime.block_on(load.run(transport, clock, &never)).unwrap();
    let (cpu_us, seconds) = (cpu_us() - before, began.elapsed().as_secs_f64());
    let peak_bytes = peak_bytes();
    assert!(records.iter().all(|record| record.attempt.exchange.outcome.is_success()));
    let tokens = || records.iter().flat_map(|record| record.attempt.exchange.trace.token_chunks());
    let exact = tokens().filter(|chunk| chunk.exact).count();
    Turn {
        tokens: tokens().count(),
        cpu_us,
        seconds,
        peak_bytes,
        reads: None,
        exact_share: Some(count(exact) / count(tokens().count())),
    }
}

fn reader(load: Load, base_url: &str) -> Turn {
    let address = base_url.trim_start_matches("http://").trim_end_matches("/v1");
    let body = load.paced().body().unwrap();
    let requests = load.streams as usize * load.answers as usize;
    let (began, before) = (Instant::now(), cpu_us());
    let reading = epoll::read(address, &body, requests, load.streams);
    let (cpu_us, seconds) = (cpu_us() - before, began.elapsed().as_secs_f64());
    assert!(reading.stamps.iter().all(|stamp| *stamp > 0));
    Turn {
        tokens: reading.stamps.len() - OTHER_EVENTS * requests,
        cpu_us,
        seconds,
        peak_bytes: peak_bytes(),
        reads: Some(reading.reads),
        exact_share: None,
    }
}

/// CPU time of this process so far, user and system, microseconds.
fn cpu_us() -> u32 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    u32::try_from((usage.user_time() + usage.system_time()).num_microseconds()).unwrap()
}

/// The most memory of this process that was resident at once. Not `getrusage`'s, which begins with that of the
/// process that started this one.
fn peak_bytes() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u32>().unwrap() * 1_024
}
