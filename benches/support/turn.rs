//! One client's turn at a load, in a process of its own: its CPU time and its memory are then nobody else's.

use std::process::Command;
use std::time::Instant;

use labctl::bench::limits::allow_connections;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::epoll;
use crate::support::{Load, Server, runtime};

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
    concurrency: u32,
    requests: usize,
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
    /// The most memory of the whole process that was resident at once, with its program, bytes.
    pub(crate) peak_bytes: u64,
    /// Reads that brought bytes; only the raw reader can tell.
    pub(crate) reads: Option<usize>,
    /// Reads without the kernel's stamp; only the raw reader can tell.
    pub(crate) unstamped: Option<usize>,
    /// CPU time of the simulator meanwhile, microseconds.
    #[serde(default)]
    pub(crate) simulator_cpu_us: f64,
}

impl Turn {
    /// CPU time for each token, microseconds.
    pub(crate) fn per_token_us(&self) -> f64 {
        f64::from(self.cpu_us) / count(self.tokens)
    }

    /// The share of one core that the simulator used.
    pub(crate) fn simulator_load(&self) -> f64 {
        self.simulator_cpu_us / 1e6 / self.seconds
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

/// Has one side put the load on the server.
pub(crate) fn take(side: Side, load: Load, server: &Server, cores: Cores) -> Turn {
    let Load { concurrency, requests } = load;
    let task = Task { side, concurrency, requests, base_url: server.base_url.clone(), cores };
    let before = server.cpu_us();
    let output = Command::new(std::env::current_exe().unwrap())
        .env(TURN, serde_json::to_string(&task).unwrap())
        .stderr(std::process::Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{side:?}: {}", output.status);
    let simulator_cpu_us = server.cpu_us() - before;
    Turn { simulator_cpu_us, ..serde_json::from_slice(&output.stdout).unwrap() }
}

/// Where this process was started to take a turn, takes it; true then.
pub(crate) fn taken() -> bool {
    let Ok(task) = std::env::var(TURN) else { return false };
    let Task { side, concurrency, requests, base_url, cores } = serde_json::from_str(&task).unwrap();
    cores.keep_to();
    allow_connections(concurrency.into(), 1).unwrap();
    let load = Load { concurrency, requests };
    let turn = match side {
        Side::Labctl => labctl(load, &base_url),
        Side::Reader => reader(load, &base_url),
    };
    println!("{}", serde_json::to_string(&turn).unwrap());
    true
}

fn labctl(load: Load, base_url: &str) -> Turn {
    let runtime = runtime();
    let prepared = runtime.block_on(async { load.prepare(base_url) });
    let (began, before) = (Instant::now(), cpu_us());
    let (_, exchanges) = runtime.block_on(prepared.run());
    let (cpu_us, seconds) = (cpu_us() - before, began.elapsed().as_secs_f64());
    Turn {
        tokens: exchanges.iter().map(|exchange| exchange.trace.token_chunks().count()).sum(),
        cpu_us,
        seconds,
        peak_bytes: peak_bytes(),
        reads: None,
        unstamped: None,
        simulator_cpu_us: 0.0,
    }
}

fn reader(load: Load, base_url: &str) -> Turn {
    let address = base_url.trim_start_matches("http://").trim_end_matches("/v1");
    let bodies = load.bodies();
    let (began, before) = (Instant::now(), cpu_us());
    let reading = epoll::read(address, &bodies, load.concurrency);
    let (cpu_us, seconds) = (cpu_us() - before, began.elapsed().as_secs_f64());
    assert!(reading.stamps.iter().all(|stamp| *stamp > 0));
    Turn {
        tokens: reading.stamps.len() - OTHER_EVENTS * load.requests,
        cpu_us,
        seconds,
        peak_bytes: peak_bytes(),
        reads: Some(reading.reads),
        unstamped: Some(reading.unstamped),
        simulator_cpu_us: 0.0,
    }
}

/// CPU time of this process so far, user and system, microseconds.
fn cpu_us() -> u32 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    u32::try_from((usage.user_time() + usage.system_time()).num_microseconds()).unwrap()
}

/// The most memory of this process that was resident at once.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
}
