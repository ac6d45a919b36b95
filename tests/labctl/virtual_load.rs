//! Open loops, sweeps and searches under virtual time, against a server whose capacity is known.

#![expect(clippy::cast_precision_loss, reason = "a number of requests")]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use labctl::bench::course::{Course, Ran};
use labctl::bench::resume::Past;
use labctl::check::Judge;
use labctl::client::clock::Clock;
use labctl::client::exchange::Client;
use labctl::client::request::CHAT_COMPLETIONS;
use labctl::client::server::Dialect;
use labctl::load::budget::Budget;
use labctl::load::engine::{Engine, Judged, Lane};
use labctl::load::plan::{Item, Shape};
use labctl::metrics::level::findings;
use labctl::metrics::slo::parse;
use labctl::model::config::{ServerKind, Timeouts};
use labctl::model::level::LevelResult;
use labctl::model::load::{Arrival, Find, LoadAxis, LoadProfile, Stage, Start, Sweep};
use labctl::model::outcome::Outcome;
use labctl::model::record::{Row, Side};
use labctl::model::units::Nanos;
use labctl::simulator::Profile;
use serde_json::json;

use crate::virtual_server::{VirtualServer, Wanted};

/// A load on a virtual server.
struct Loaded<'a> {
    server: Profile,
    profile: LoadProfile,
    sweep: Option<&'a Sweep>,
    find: Option<&'a Find>,
    slos: &'a str,
    requests: Option<u64>,
    prompts: usize,
    wanted: Wanted,
    seed: u64,
    /// Output tokens that may be asked for.
    budget: Option<u64>,
}

impl Loaded<'_> {
    fn run(&self) -> Ran {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().unwrap().block_on(self.run_here())
    }

    async fn run_here(&self) -> Ran {
        let clock = Clock::start();
        let server = VirtualServer::start(self.server.clone(), self.seed, clock);
        // Nothing is given up: an overloaded server is to be seen as it is.
        let timeouts = Timeouts { ttft_s: 1e6, stall_s: 1e6, total_s: 1e6, ..Timeouts::default() };
        let dialect = Dialect::of(ServerKind::Openai);
        let client = Client::new(server, clock, timeouts, Vec::new(), dialect);
        let body: bytes::Bytes = serde_json::to_vec(&self.wanted).unwrap().into();
        let items = (0..self.prompts).flat_map(|prompt| (0..99).map(move |repeat| Item { prompt, repeat }));
        let bodies: HashMap<_, _> = items.map(|item| (item, body.clone())).collect();
        let lane = Lane { target: Arc::new(client), path: CHAT_COMPLETIONS, bodies: Arc::new(bodies) };
        let lanes = BTreeMap::from([(Side::Candidate, lane)]);
        let mut engine = Engine::here((0..self.prompts).map(judged).collect(), lanes, clock);
        engine.seed = self.seed;
        engine.limits.budget = self.budget.map(|most| Arc::new(Budget::new(most, 0)));
        let slos = if self.slos.is_empty() { Vec::new() } else { parse(self.slos).unwrap() };
        let course = Course {
            engine: &engine,
            shape: Shape { requests: self.requests, ..Shape::once(self.prompts, 1, self.seed) },
            profile: &self.profile,
            sweep: self.sweep,
            find: self.find,
            slos: &slos,
            connections: 1,
            recorded: &[],
            workload_type: "open_loop",
            prepare: &|_| {},
            late: &|_| {},
            past: Past::default(),
            phases: &mut Vec::new(),
        };
        course.run().await.unwrap()
    }
}

fn judged(prompt: usize) -> Judged {
    let prompt = serde_json::from_value(json!({"id": format!("p-{prompt:05}"), "category": "any",
        "prompt": "?", "max_tokens": 99, "reference": "", "near_miss": [], "checks": []}))
    .unwrap();
    Judged::single(prompt, Judge::of_nothing(), "virtual".to_owned())
}

/// One sequence at a time, in whole milliseconds: 20 for the prompt's step, 10 for each further token.
fn one_slot() -> Profile {
    Profile {
        max_running: 1,
        prefill_tokens_per_s: 1_000.0,
        step_base_ms: 10.0,
        step_per_sequence_ms: 0.0,
        step_per_kv_token_ms: 0.0,
        jitter: 0.0,
        ..Profile::fp16()
    }
}

/// 10 tokens in: 10 ms of prefill; 9 tokens out: nine steps of 10 ms, the first of them with the prefill.
const WANTED: Wanted = Wanted { prompt_tokens: 10, output_tokens: 9 };
const SERVICE_MS: f64 = 100.0;

fn rate(rate: f64, arrival: Arrival) -> LoadProfile {
    let stages = vec![Stage { rate, from_rate: None, duration_s: None }];
    LoadProfile {
        start: Start::Rate { stages, arrival, burstiness: 1.0, max_in_flight: None },
        ..LoadProfile::closed(1)
    }
}

fn open(arrivals_per_s: f64, arrival: Arrival, requests: u64) -> Loaded<'static> {
    Loaded {
        server: one_slot(),
        profile: rate(arrivals_per_s, arrival),
        sweep: None,
        find: None,
        slos: "",
        requests: Some(requests),
        prompts: usize::try_from(requests).unwrap(),
        wanted: WANTED,
        seed: 1,
        budget: None,
    }
}

/// Planned start and latency from it, in the order of the plan.
fn latencies(rows: &[Row]) -> Vec<(Nanos, f64)> {
    let mut found: Vec<_> = rows
        .iter()
        .map(|row| {
            let attempt = row.candidate.as_ref().unwrap();
            assert_eq!(attempt.exchange.outcome, Outcome::Success);
            (attempt.exchange.trace.scheduled_ns, attempt.metrics.latency_from_schedule_ms.unwrap())
        })
        .collect();
    found.sort_by_key(|(at, _)| *at);
    found
}

/// Twice as much as the server can serve: the nth request waits for n services, n/2 of which were over when it came.
#[test]
fn latency_counts_from_the_plan_when_the_server_falls_behind() {
    let ran = open(20.0, Arrival::Constant, 50).run();
    let found = latencies(&ran.rows);
    assert_eq!(found.len(), 50);
    for (n, (at, latency)) in found.iter().enumerate() {
        assert_eq!(at.0, 50_000_000 * n as u64);
        let closed_form = SERVICE_MS + n as f64 * (SERVICE_MS - 50.0);
        assert!((latency - closed_form).abs() < 1e-6, "request {n}: {latency} and not {closed_form}");
        // What a client would say that counts from when it got to send.
        assert!(*latency >= SERVICE_MS);
    }
}

#[test]
fn within_its_capacity_every_request_takes_the_service_time() {
    let ran = open(8.0, Arrival::Constant, 40).run();
    assert!(latencies(&ran.rows).iter().all(|(_, latency)| (latency - SERVICE_MS).abs() < 1e-6));
    let summary_window = &ran.blocks[0];
    // 40 arrivals at 8 a second: from 0 to 39/8 s.
    assert_eq!(summary_window.level_end_ns, Some(Nanos::from_millis(4_875)));
}

/// Lindley's recursion on the planned moments: wait(n+1) = max(0, wait(n) + service − gap). A timer fires on whole
/// milliseconds, which is all that may be added.
#[test]
fn random_arrivals_wait_as_lindley_says() {
    for arrival in [Arrival::Poisson, Arrival::Gamma] {
        let ran = open(9.0, arrival, 400).run();
        let found = latencies(&ran.rows);
        let mut free_at_ms = 0.0_f64;
        let mut waited = 0;
        for (at, latency) in found {
            let arrives_ms = at.as_millis_f64().ceil();
            let done_ms = arrives_ms.max(free_at_ms) + SERVICE_MS;
            waited += u32::from(free_at_ms > arrives_ms);
            free_at_ms = done_ms;
            assert!(
                (latency - (done_ms - at.as_millis_f64())).abs() < 1e-6,
                "{arrival:?} at {at:?}: {latency}"
            );
        }
        assert!(waited > 100, "at nine tenths of the capacity most wait");
    }
}

#[test]
fn a_cap_on_requests_in_flight_reports_its_queueing_apart() {
    let mut load = open(20.0, Arrival::Constant, 20);
    let Start::Rate { max_in_flight, .. } = &mut load.profile.start else { unreachable!() };
    *max_in_flight = Some(1);
    let ran = load.run();
    for (n, row) in
        ran.rows.iter().map(|row| row.candidate.as_ref().unwrap()).collect::<Vec<_>>().iter().enumerate()
    {
        let trace = &row.exchange.trace;
        let queued_ms = trace.admitted_ns.unwrap().since(trace.scheduled_ns).as_millis_f64();
        assert!((row.metrics.e2e_ms.unwrap() - SERVICE_MS).abs() < 1e-6, "the server itself never queues");
        let latency = row.metrics.latency_from_schedule_ms.unwrap();
        assert!((latency - queued_ms - SERVICE_MS).abs() < 1e-6, "request {n}: {queued_ms}");
    }
}

#[test]
fn what_is_planned_beyond_the_duration_is_not_sent_and_the_phases_do_not_count() {
    let profile = LoadProfile {
        duration_s: Some(10.0),
        warmup_s: 2.0,
        cooldown_s: 1.0,
        grace_s: 5.0,
        ..rate(5.0, Arrival::Constant)
    };
    let ran = Loaded { profile, requests: None, prompts: 8, ..open(5.0, Arrival::Constant, 8) }.run();
    // 50 are sent; those from 2 s until 9 s count.
    assert_eq!((ran.rows.len(), ran.blocks[0].not_counted), (35, 15));
    let level = (ran.blocks[0].level_start_ns.unwrap(), ran.blocks[0].level_end_ns.unwrap());
    assert_eq!(level, (Nanos::from_millis(2_000), Nanos::from_millis(9_000)));
}

/// At 20 a second the server serves 10: what is in flight when the grace is over is cut off, and counted.
#[test]
fn what_the_grace_cuts_off_is_cancelled() {
    let profile = LoadProfile { duration_s: Some(2.0), grace_s: 1.05, ..rate(20.0, Arrival::Constant) };
    let ran = Loaded { profile, requests: None, prompts: 40, ..open(20.0, Arrival::Constant, 8) }.run();
    let ended = |outcome| {
        ran.rows.iter().filter(|row| row.candidate.as_ref().unwrap().exchange.outcome == outcome).count()
    };
    assert_eq!((ran.rows.len(), ended(Outcome::Success), ended(Outcome::Cancelled)), (40, 30, 10));
}

/// One in flight at a time, 99 tokens at most each: what waits until the grace is over takes nothing of the budget.
#[test]
fn what_was_never_sent_costs_nothing() {
    let mut profile = LoadProfile { duration_s: Some(2.0), grace_s: 1.05, ..rate(20.0, Arrival::Constant) };
    let Start::Rate { max_in_flight, .. } = &mut profile.start else { unreachable!() };
    *max_in_flight = Some(1);
    let sweep = Sweep { axis: LoadAxis::Rate, values: vec![20.0, 20.0], stop_past_saturation: false };
    let load = Loaded {
        profile,
        sweep: Some(&sweep),
        requests: None,
        prompts: 40,
        // Of 40 a level some 31 are sent, of 9 tokens each, and one is cut off.
        budget: Some(2 * 32 * 9 + 4 * 99),
        ..open(20.0, Arrival::Constant, 8)
    };
    let ran = load.run();
    assert_eq!(ran.levels.iter().map(|level| level.cut_short).collect::<Vec<_>>(), [false, false]);
    assert_eq!(ran.rows.len(), 80);
}

/// A server that takes 10 ms a step whatever it holds, 16 sequences at once: throughput is min(n, 16) ÷ service.
#[test]
fn a_sweep_follows_the_models_throughput_and_stops_past_saturation() {
    let server = Profile { max_running: 16, prefill_tokens_per_s: 1e9, ..one_slot() };
    let values = vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];
    let sweep = Sweep { axis: LoadAxis::Concurrency, values, stop_past_saturation: true };
    let load = Loaded {
        server,
        profile: LoadProfile { duration_s: Some(60.0), ..LoadProfile::closed(1) },
        sweep: Some(&sweep),
        requests: None,
        prompts: 200,
        wanted: Wanted { prompt_tokens: 1, output_tokens: 10 },
        ..open(1.0, Arrival::Constant, 8)
    };
    let ran = load.run();
    let rates: Vec<(f64, f64)> =
        ran.levels.iter().map(|level| (level.load.value, throughput(level))).collect();
    for (concurrency, found) in &rates {
        let model = concurrency.min(16.0) * 10.0;
        assert!((found / model - 1.0).abs() < 0.05, "{concurrency}: {found} and not {model}");
    }
    assert_eq!(rates.len(), 6, "32 is past saturation: {rates:?}");
    assert!(ran.stopped_because.unwrap().contains("32"));
}

/// Two of three levels have ended when no token is left: of the third, that it ended is all that is known.
#[test]
fn a_level_in_the_middle_of_which_the_run_ended_neither_passes_nor_fails() {
    let values = vec![1.0, 2.0, 4.0];
    let sweep = Sweep { axis: LoadAxis::Concurrency, values, stop_past_saturation: false };
    let load = |slos| {
        let closed = LoadProfile::closed(1);
        // Two levels of 20 requests with 9 tokens each, and a few more: each may bring 99.
        let budget = Some(20 * 9 * 2 + 40 + 99);
        let server = Profile { max_running: 16, ..one_slot() };
        Loaded {
            server,
            profile: closed,
            sweep: Some(&sweep),
            slos,
            budget,
            ..open(1.0, Arrival::Constant, 20)
        }
    };
    // What passes and what fails if the rest is left out.
    for (slos, passes) in [("request_throughput_per_s>=1", true), ("request_throughput_per_s>=1000", false)] {
        let ran = load(slos).run();
        let short: Vec<bool> = ran.levels.iter().map(|level| level.cut_short).collect();
        assert_eq!(short, [false, false, true]);
        let found = findings(&ran.levels, None);
        let expected = if passes { (Some(1), None) } else { (None, Some(0)) };
        assert_eq!((found.highest_passing, found.lowest_failing), expected);
    }
}

fn throughput(level: &LevelResult) -> f64 {
    level.candidate.summary.throughput.as_ref().map_or_else(
        || panic!("{:?}", level.candidate.summary.throughput_absent_because),
        |throughput| throughput.request_throughput_per_s,
    )
}

/// A server of 10 sequences at once and 10 steps of 100 ms serves 10 a second. Its steps jitter, arrivals don't.
#[test]
fn the_highest_rate_is_found_within_5_percent_in_ten_seeds_of_ten() {
    let find = Find { axis: LoadAxis::Rate, from: 1.0, to: 200.0, resolution: 0.02 };
    for seed in 0..10 {
        let load = Loaded {
            server: Profile {
                max_running: 10,
                prefill_tokens_per_s: 1e9,
                step_base_ms: 100.0,
                jitter: 0.03,
                ..one_slot()
            },
            profile: LoadProfile { duration_s: Some(40.0), ..rate(1.0, Arrival::Constant) },
            find: Some(&find),
            slos: "latency_from_schedule_p95_ms<=3000",
            requests: None,
            prompts: 500,
            wanted: Wanted { prompt_tokens: 1, output_tokens: 10 },
            seed,
            ..open(1.0, Arrival::Constant, 8)
        };
        let ran = load.run();
        let probes: Vec<_> = ran
            .levels
            .iter()
            .map(|level| (level.load.value, level.candidate.meets_all(), &level.steadiness))
            .collect();
        let passing = ran
            .levels
            .iter()
            .filter(|level| labctl::metrics::slo::passes(&level.candidate, &level.steadiness))
            .map(|level| level.load.value)
            .fold(0.0, f64::max);
        assert!((passing / 10.0 - 1.0).abs() < 0.05, "seed {seed}: {passing}: {probes:#?}");
    }
}
