//! What can be shown of labctl's client: what it costs, and how far it is off. One command, all figures.
//!
//! - CPU per streamed token, beside a raw epoll reader (`support/epoll.rs`), the least that a client of the same
//!   streams can do. Both put the same load on one simulator in another process, in turns, each turn in a process of
//!   its own. labctl's side is all of it: engine, HTTP, events, JSON, trace, judging and metrics. A turn's CPU time
//!   is the client's alone, user and system, connecting included. Client and simulator are each kept to a core of
//!   their own. Left to the scheduler, the raw reader's cost doesn't repeat (2.5 to 4.3 µs in runs of one hour on
//!   two cores, against 3.0 to 3.8 on cores apart): it hangs on who shares a core with the simulator, and so on how many
//!   tokens wait when it is woken.
//! - The most memory that the client's process held.
//! - What the smallest run of the program costs.
//! - How far labctl's times lie from the truth (`support/accuracy.rs`).
//!
//! `cargo bench --bench client [-- --quick]`

#![expect(clippy::print_stdout, reason = "a command that prints tables")]
#![expect(clippy::unwrap_used, reason = "a benchmark that fails has nothing to tell")]

#[path = "support/accuracy.rs"]
mod accuracy;
#[path = "support/epoll.rs"]
mod epoll;
mod support;
#[path = "support/turn.rs"]
mod turn;

use std::path::Path;
use std::process::Command;

use labctl::bench::limits::allow_connections;
use labctl::bench::machine::machine;
use labctl::bench::paced::transport;
use labctl::bench::process::SeparateSimulator;
use labctl::client::clock::Clock;
use labctl::client::transport::Transport as _;
use labctl::model::calibration::Machine;
use labctl::model::config::TransportChoice;
use labctl::stats::quantile::quantile;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use turn::{Cores, Load, Side, Turn, count};

/// labctl itself.
const PROGRAM: &str = env!("CARGO_BIN_EXE_labctl");

/// Between two tokens of a stream where it is paced, milliseconds.
const PACE_MS: f64 = 20.0;

/// Far below what a write takes: as fast as the simulator can.
const FLOOD_MS: f64 = 1e-5;

/// Most streams that a client has.
const MOST_STREAMS: u32 = 1_000;

/// One comparison of the two clients.
struct Contest {
    name: &'static str,
    load: Load,
    /// The ratio of CPU per token that is aimed at, where one is.
    aim: Option<f64>,
    turns: usize,
}

fn contests(quick: bool) -> [Contest; 3] {
    let (tokens, turns, floods) = if quick { (20, 1, 1) } else { (250, 5, 16) };
    let paced = |streams| Load { streams, answers: 1, tokens, inter_token_ms: PACE_MS };
    let flood = Load { streams: 64, answers: floods, tokens: 250, inter_token_ms: FLOOD_MS };
    [
        Contest { name: "256 streams, a token each 20 ms", load: paced(256), aim: None, turns },
        Contest {
            name: "1,000 streams, a token each 20 ms",
            load: paced(MOST_STREAMS),
            aim: Some(1.4),
            turns,
        },
        Contest { name: "64 streams, as fast as the simulator can", load: flood, aim: Some(2.5), turns },
    ]
}

/// Where each process runs.
#[derive(Clone, Copy)]
struct Places {
    client: Cores,
    simulator: Cores,
}

const ANYWHERE: Places = Places { client: Cores::All, simulator: Cores::All };

const APART: Places = Places { client: Cores::Only(0), simulator: Cores::Only(1) };

impl Places {
    /// A simulator at a place of its own.
    fn simulator(self, load: Load) -> SeparateSimulator {
        self.simulator.keep_to();
        let simulator = SeparateSimulator::start(Path::new(PROGRAM), &load.paced().pacing, None).unwrap();
        self.client.keep_to();
        simulator
    }
}

/// What a contest brought.
struct Outcome {
    labctl: Vec<Turn>,
    reader: Vec<Turn>,
    /// The share of one core that the simulator used while labctl had its turns.
    simulator_share: f64,
}

/// The turns of both sides, which take the lead by turns.
fn compete(contest: &Contest, places: Places) -> Outcome {
    let simulator = places.simulator(contest.load);
    let mut outcome = Outcome { labctl: Vec::new(), reader: Vec::new(), simulator_share: 0.0 };
    for n in 0..contest.turns {
        let mut order = [Side::Labctl, Side::Reader];
        if n % 2 == 1 {
            order.reverse();
        }
        for side in order {
            let before = cpu_seconds_of(simulator.id());
            let turn = turn::take(side, contest.load, simulator.base_url(), places.client);
            if side == Side::Labctl {
                let used = cpu_seconds_of(simulator.id()) - before;
                outcome.simulator_share = outcome.simulator_share.max(used / turn.seconds);
                outcome.labctl.push(turn);
            } else {
                outcome.reader.push(turn);
            }
        }
    }
    simulator.stop().unwrap();
    let tokens = outcome.labctl[0].tokens;
    assert!(
        outcome.labctl.iter().chain(&outcome.reader).all(|turn| turn.tokens == tokens),
        "all read the same"
    );
    outcome
}

/// CPU time of another process so far, to the 10 ms in which Linux tells it.
fn cpu_seconds_of(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The name, in brackets, may hold spaces; user and system time are the 12th and 13th field behind it.
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap());
    ticks.sum::<f64>() / 100.0
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    quantile(&values, 0.5).unwrap()
}

fn range(values: impl Iterator<Item = f64>) -> String {
    let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
    format!("{low:.2}–{high:.2}")
}

/// A row of the table of costs.
fn row(contest: &Contest, Outcome { labctl, reader, simulator_share }: &Outcome) -> String {
    let ratios = || labctl.iter().zip(reader).map(|(l, r)| l.per_token_us() / r.per_token_us());
    let of = |turns: &[Turn], value: fn(&Turn) -> f64| median(turns.iter().map(value));
    let per_read = median(reader.iter().map(|turn| count(turn.tokens) / count(turn.reads.unwrap())));
    format!(
        "| {} | {} | {:.2} | {:.2} | {:.2} ({}) | {} | {:.0} | {:.0} | {per_read:.2} | {:.1} % | {:.0} % |",
        contest.name,
        labctl[0].tokens,
        of(labctl, Turn::per_token_us),
        of(reader, Turn::per_token_us),
        median(ratios()),
        range(ratios()),
        contest.aim.map_or_else(|| "–".to_owned(), |aim| format!("{aim}")),
        of(labctl, Turn::rate),
        of(reader, Turn::rate),
        median(labctl.iter().filter_map(|turn| turn.exact_share)) * 100.0,
        simulator_share * 100.0,
    )
}

fn costs(quick: bool, places: Places) {
    let mut peaks = Vec::new();
    println!(
        "Client: CPU time per token event in microseconds, medians of alternating turns (range of the ratio)\n"
    );
    println!(
        "| load | tokens a turn | labctl | raw reader | ratio | aim | tokens/s labctl | tokens/s raw | tokens a read, raw | exact stamps, labctl | simulator, of a core |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for contest in contests(quick) {
        let outcome = compete(&contest, places);
        println!("{}", row(&contest, &outcome));
        let peak = |turns: &[Turn]| turns.iter().map(|turn| turn.peak_bytes).max().unwrap();
        peaks.push((contest.name, peak(&outcome.labctl), peak(&outcome.reader)));
    }
    println!(
        "\nClient: most memory resident at once in MB, the program's own and all traces included; aim: 40\n"
    );
    println!("| load | labctl | raw reader |\n|---|---|---|");
    for (name, labctl, reader) in peaks {
        println!("| {name} | {:.1} | {:.1} |", f64::from(labctl) / 1e6, f64::from(reader) / 1e6);
    }
}

/// CPU time of all processes that this one has started and waited for, milliseconds.
fn children_cpu_ms() -> [f64; 2] {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let ms = |time: nix::sys::time::TimeVal| f64::from(u32::try_from(time.num_microseconds()).unwrap()) / 1e3;
    [ms(usage.user_time()), ms(usage.system_time())]
}

fn smallest_run(quick: bool, places: Places) {
    let load = Load { streams: 1, answers: 1, tokens: 20, inter_token_ms: 1.0 };
    let simulator = places.simulator(load);
    let folder = std::env::temp_dir().join(format!("labctl-bench-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let runs: Vec<[f64; 2]> = (0..if quick { 1 } else { 15 })
        .map(|_| {
            let before = children_cpu_ms();
            let output = Command::new(PROGRAM)
                .args(["run", "--url", simulator.base_url(), "--requests", "1", "--concurrency", "1"])
                .args(["--warmup", "0", "--results-dir", "results", "--no-progress"])
                .current_dir(&folder)
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let after = children_cpu_ms();
            [after[0] - before[0], after[1] - before[1]]
        })
        .collect();
    simulator.stop().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    println!(
        "\nProgram: a run of one request (`labctl run --requests 1`, without a warm-up): {:.1} ms of CPU time, {:.1} user and \
         {:.1} system, median of {}; aim: 20",
        median(runs.iter().map(|[user, system]| user + system)),
        median(runs.iter().map(|[user, _]| *user)),
        median(runs.iter().map(|[_, system]| *system)),
        runs.len(),
    );
}

/// What carries labctl's streams.
fn transport_name() -> &'static str {
    transport("http://127.0.0.1:9/v1", TransportChoice::Auto, Clock::start()).unwrap().name()
}

fn main() {
    if turn::taken() {
        return;
    }
    let quick = support::is_quick();
    // What is started from here inherits the limit, the simulator among it.
    allow_connections(MOST_STREAMS.into(), 1).unwrap();
    let Machine { system, kernel, cpu, cores } = machine();
    let or_unknown = |told: Option<String>| told.unwrap_or_else(|| "unknown".to_owned());
    println!("Machine: {cores} cores, {}, {system} {}", or_unknown(cpu), or_unknown(kernel));
    println!("Client: labctl's own, transport `{}`", transport_name());
    println!(
        "Simulator: `labctl mock --profile paced`, a process of its own; the streams' tokens are due together\n"
    );
    costs(quick, if cores > 1 { APART } else { ANYWHERE });
    smallest_run(quick, ANYWHERE);
    println!();
    accuracy::print(quick);
    if quick {
        println!("\n{}", support::TOO_FEW);
    }
}
