//! What labctl's client costs: CPU per streamed token, memory, and the price of the smallest run.
//!
//! Beside it stands a raw epoll reader (`support/epoll.rs`), the least that a client of the same streams can do.
//! Both put the same load on one simulator in another process, in turns, each turn in a process of its own.
//! labctl's side is all of it: engine, HTTP, events, JSON, trace, judging and metrics. A turn's CPU time is the
//! client's alone, user and system, connecting included.
//!
//! `cargo bench --bench client [-- --quick]`

#![expect(clippy::print_stdout, reason = "a command that prints tables")]
#![expect(clippy::unwrap_used, reason = "a benchmark that fails has nothing to tell")]

#[path = "support/epoll.rs"]
mod epoll;
mod support;
#[path = "support/turn.rs"]
mod turn;

use labctl::stats::quantile::quantile;
use support::{Load, Server, Serves};
use turn::{Cores, Side, Turn, count};

/// One comparison of the two clients.
struct Contest {
    name: &'static str,
    load: Load,
    serves: Serves,
    /// The ratio of CPU per token that is aimed at, where one is.
    aim: Option<f64>,
    turns: usize,
}

const PACE_MS: f64 = 20.0;

/// A thousandth of what a write takes.
const FLOOD_MS: f64 = 1e-5;

const fn paced(concurrency: u32, tokens: u32) -> (Load, Serves) {
    (Load { concurrency, requests: concurrency as usize }, Serves::Paced { inter_token_ms: PACE_MS, tokens })
}

fn contests(quick: bool) -> [Contest; 3] {
    let (tokens, turns) = if quick { (20, 1) } else { (250, 5) };
    let contest = |name, (load, serves), aim| Contest { name, load, serves, aim, turns };
    let flood = Load { concurrency: 64, requests: if quick { 64 } else { 1_024 } };
    [
        contest("256 streams, 20 ms", paced(256, tokens), None),
        contest("1,000 streams, 20 ms", paced(1_000, tokens), Some(1.4)),
        contest(
            "flood on 64 streams",
            (flood, Serves::Paced { inter_token_ms: FLOOD_MS, tokens: 250 }),
            Some(2.5),
        ),
    ]
}

/// The turns of both sides, which took the lead by turns.
fn compete(contest: &Contest, cores: [Cores; 2]) -> [Vec<Turn>; 2] {
    cores[1].keep_to();
    let server = Server::start(contest.serves, None);
    cores[0].keep_to();
    let mut turns = [Vec::new(), Vec::new()];
    for n in 0..contest.turns {
        let mut order = [Side::Labctl, Side::Reader];
        if n % 2 == 1 {
            order.reverse();
        }
        for side in order {
            let of_side = &mut turns[usize::from(side == Side::Reader)];
            of_side.push(turn::take(side, contest.load, &server, cores[0]));
        }
    }
    server.stop();
    turns
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

fn row(contest: &Contest, [labctl, reader]: &[Vec<Turn>; 2]) -> String {
    let tokens = labctl[0].tokens;
    assert!(labctl.iter().chain(reader).all(|turn| turn.tokens == tokens), "both read the same streams");
    let ratios = || labctl.iter().zip(reader).map(|(l, r)| l.per_token_us() / r.per_token_us());
    let per_read = median(reader.iter().map(|turn| count(turn.tokens) / count(turn.reads.unwrap())));
    let cost = |turns: &[Turn]| median(turns.iter().map(Turn::per_token_us));
    let both = |of: fn(&Turn) -> f64| [labctl, reader].map(|turns| median(turns.iter().map(of)));
    let (rates, loads) = (both(Turn::rate), both(Turn::simulator_load));
    format!(
        "| {} | {tokens} | {:.2} | {:.2} | {:.2} ({}) | {} | {per_read:.2} | {:.0} / {:.0} | {:.0} % / {:.0} % |",
        contest.name,
        cost(labctl),
        cost(reader),
        median(ratios()),
        range(ratios()),
        contest.aim.map_or_else(|| "–".to_owned(), |aim| format!("≤ {aim}")),
        rates[0],
        rates[1],
        loads[0] * 100.0,
        loads[1] * 100.0,
    )
}

fn main() {
    if support::served() || turn::taken() {
        return;
    }
    let quick = support::is_quick();
    labctl::bench::limits::allow_connections(1_000, 1).unwrap();
    let cores = match std::env::var("PIN").as_deref() {
        Ok("all") => [Cores::All, Cores::All],
        _ => [Cores::Only(0), Cores::Only(1)],
    };
    println!(
        "| load | tokens a turn | labctl µs | raw reader µs | ratio | aim | tokens a read (raw) | tokens/s labctl / raw | simulator's core labctl / raw |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for contest in contests(quick) {
        let turns = compete(&contest, cores);
        println!("{}", row(&contest, &turns));
        let peak = |turns: &[Turn]| turns.iter().map(|turn| turn.peak_bytes).max().unwrap() / 1_000;
        println!("peak kB {} {} unstamped {:?}", peak(&turns[0]), peak(&turns[1]), turns[1][0].unstamped);
    }
}
