//! labctl's engine and client against the simulator's engine under virtual time: what is measured is then
//! known to the nanosecond, and the same on every machine.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use labctl::check::Judge;
use labctl::client::clock::Clock;
use labctl::client::exchange::Client;
use labctl::client::request::CHAT_COMPLETIONS;
use labctl::client::server::Dialect;
use labctl::compare::{Options, compare};
use labctl::load::bus::Bus;
use labctl::load::crew::Crew;
use labctl::load::engine::{Engine, Judged, Lane};
use labctl::load::plan::{Item, Shape, blocks};
use labctl::metrics::gaps::gaps;
use labctl::metrics::summary::{Context, summarise};
use labctl::model::comparison::{Comparison, SpeedRatio};
use labctl::model::config::{ServerKind, Timeouts};
use labctl::model::record::{Row, Side};
use labctl::model::result::BlockTime;
use labctl::model::summary::SideSummary;
use labctl::model::units::Nanos;
use labctl::results::rows::rows;
use labctl::simulator::Profile;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::virtual_server::{Life, VirtualServer, Wanted};

/// A run and what the servers know of it.
struct Measured {
    rows: Vec<Row>,
    blocks: Vec<BlockTime>,
    summaries: BTreeMap<Side, SideSummary>,
    lives: BTreeMap<Side, HashMap<String, Life>>,
    most_in_flight: BTreeMap<Side, usize>,
    comparison: Comparison,
}

/// What a run is made of.
#[derive(Clone, Copy)]
struct Run {
    prompts: usize,
    concurrency: u32,
    rounds: u32,
    block_size: Option<u32>,
    /// Speeds of candidate and baseline.
    speeds: [f64; 2],
    seed: u64,
}

const RUN: Run =
    Run { prompts: 64, concurrency: 8, rounds: 1, block_size: None, speeds: [1.0, 1.0], seed: 1 };

/// Lengths that differ from prompt to prompt as a real set's do, the same in every run.
fn wanted(prompt: usize) -> Wanted {
    let spread = |factor: usize, of: usize| u32::try_from(prompt * factor % of).unwrap();
    Wanted { prompt_tokens: 20 + spread(131, 311), output_tokens: 4 + spread(37, 29) }
}

fn judged(prompt: usize) -> Judged {
    let prompt = serde_json::from_value(json!({"id": format!("p-{prompt:03}"), "category": "any",
        "prompt": "?", "max_tokens": 99, "reference": "a", "near_miss": ["b"],
        "checks": [{"type": "contains", "any": ["a"]}]}))
    .unwrap();
    Judged { judge: Judge::new(&prompt).unwrap(), prompt, scenario_id: "virtual".to_owned() }
}

impl Run {
    fn measure(self) -> Measured {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().unwrap().block_on(self.measure_here())
    }

    async fn measure_here(self) -> Measured {
        let clock = Clock::start();
        let sides = [Side::Candidate, Side::Baseline];
        let shape = Shape {
            prompts: self.prompts,
            requests: None,
            repeats: 1,
            rounds: self.rounds,
            block_size: self.block_size,
            concurrency: self.concurrency,
            seed: self.seed,
            sides: sides.to_vec(),
        };
        let bodies = |prompt| serde_json::to_vec(&wanted(prompt)).unwrap().into();
        let (mut lanes, mut servers) = (BTreeMap::new(), BTreeMap::new());
        for (n, side) in (0..).zip(sides) {
            let profile = Profile { speed: self.speeds[n], ..Profile::fp16() };
            // Each side's steps jitter on their own, as two servers' do.
            let server = VirtualServer::start(profile, 2 * self.seed + n as u64, clock);
            let client = Client::new(
                server.clone(),
                clock,
                Timeouts::default(),
                Vec::new(),
                Dialect::of(ServerKind::Openai),
            );
            let bodies =
                (0..self.prompts).map(|prompt| (Item { prompt, repeat: 0 }, bodies(prompt))).collect();
            lanes.insert(side, Lane { target: Arc::new(client), path: CHAT_COMPLETIONS, bodies });
            servers.insert(side, server);
        }
        let engine = Engine {
            prompts: Arc::new((0..self.prompts).map(judged).collect()),
            lanes,
            concurrency: self.concurrency,
            crew: Crew::here(),
            clock,
            bus: Bus::new(clock),
            cancel: CancellationToken::new(),
        };
        let execution = engine.execute(&blocks(&shape)).await.unwrap();
        let rows = rows(execution.records.into_iter().map(Arc::unwrap_or_clone));
        let blocks = execution.blocks;
        let context = Context { concurrency: self.concurrency, ..Context::default() };
        let summaries: BTreeMap<_, _> = sides
            .map(|side| (side, summarise(&rows, &blocks, side, &context, execution.traces.side(side))))
            .into();
        let options = Options { seed: self.seed, ..Options::default() };
        let comparison = compare(&rows, &summaries[&Side::Candidate], &summaries[&Side::Baseline], &options);
        let by_side = |side| &servers[&side];
        Measured {
            lives: sides.map(|side| (side, by_side(side).lives())).into(),
            most_in_flight: sides.map(|side| (side, by_side(side).most_in_flight())).into(),
            rows,
            blocks,
            summaries,
            comparison,
        }
    }
}

fn ratio<'a>(measured: &'a Measured, metric: &str, statistic: &str) -> &'a SpeedRatio {
    let found = |r: &&SpeedRatio| r.metric == metric && r.statistic == statistic;
    measured.comparison.speed.iter().find(found).unwrap()
}

/// How far, as a share, `truth` lies outside an interval; 0 within.
fn miss(ratio: &SpeedRatio, truth: f64) -> f64 {
    let interval = ratio.interval_95.unwrap_or_else(|| panic!("no interval: {ratio:?}"));
    (interval.low / truth - 1.0).max(1.0 - interval.high / truth).max(0.0)
}

/// Of 20 runs, each with noise of its own, the 95 % intervals of these ratios must hold the truth in at least
/// 18 (so would all but 8 % of fair sets of twenty), and miss it by little where they miss.
///
/// `factor` is by how much the candidate is faster: latencies are divided by it, rates multiplied.
fn assert_covered(run: Run, factor: f64, metrics: &[(&str, &str)], method: &str) {
    let runs: Vec<Measured> = (0..20).map(|n| Run { seed: run.seed + n, ..run }.measure()).collect();
    for (metric, statistic) in metrics {
        let ratios: Vec<&SpeedRatio> = runs.iter().map(|run| ratio(run, metric, statistic)).collect();
        let truth = |ratio: &SpeedRatio| if ratio.higher_is_better { factor } else { 1.0 / factor };
        let misses: Vec<f64> = ratios.iter().map(|ratio| miss(ratio, truth(ratio))).collect();
        let held = misses.iter().filter(|miss| **miss == 0.0).count();
        assert!(held >= 18, "{metric} {statistic}: {held} of 20 intervals hold {factor}");
        assert!(misses.iter().all(|miss| *miss < 0.02), "{metric} {statistic}: {misses:?}");
        for ratio in ratios {
            assert_eq!(ratio.method.as_deref(), Some(method));
            let interval = ratio.interval_95.unwrap();
            // Wide enough to hold anything would be no proof.
            assert!(interval.high / interval.low < 1.25, "{ratio:?}");
            if (factor - 1.0).abs() > 0.1 {
                assert!(!interval.contains(1.0), "{ratio:?}");
            }
        }
    }
}

const LATENCIES: [(&str, &str); 3] = [("ttft_ms", "p50"), ("tpot_ms", "p50"), ("e2e_ms", "p50")];

#[test]
fn equal_speeds_give_intervals_that_hold_1() {
    assert_covered(RUN, 1.0, &LATENCIES, "within run, by prompt");
}

#[test]
fn a_candidate_half_as_fast_again_gives_intervals_that_hold_it() {
    let run = Run { speeds: [1.5, 1.0], seed: 101, ..RUN };
    assert_covered(run, 1.5, &LATENCIES, "within run, by prompt");
}

#[test]
fn a_baseline_half_as_fast_again_gives_intervals_that_hold_it() {
    let run = Run { speeds: [1.0, 1.5], seed: 201, ..RUN };
    assert_covered(run, 1.0 / 1.5, &LATENCIES, "within run, by prompt");
}

#[test]
fn blocks_give_intervals_that_hold_the_speed() {
    let run = Run { speeds: [1.5, 1.0], seed: 301, block_size: Some(8), ..RUN };
    assert_covered(run, 1.5, &LATENCIES, "within run, by block");
}

#[test]
fn rounds_give_intervals_of_rates_too() {
    let metrics = [&LATENCIES[..], &[("request_throughput_per_s", "rate"), ("output_tokens_per_s", "rate")]];
    for (speeds, factor, seed) in [([1.0, 1.0], 1.0, 401), ([1.5, 1.0], 1.5, 501)] {
        let run = Run { speeds, seed, rounds: 4, block_size: Some(64), ..RUN };
        assert_covered(run, factor, &metrics.concat(), "rounds");
    }
}

/// The same noise at another speed: every time is divided by it, so every ratio is the factor's, exactly.
#[test]
fn speed_scales_every_ratio_alike() {
    let [equal, faster] =
        [[1.0, 1.0], [1.5, 1.0]].map(|speeds| Run { speeds, ..RUN }.measure().comparison.speed);
    for (equal, faster) in equal.iter().zip(&faster).filter(|(equal, _)| equal.ratio.is_some()) {
        let wanted = equal.ratio.unwrap() * if equal.higher_is_better { 1.5 } else { 1.0 / 1.5 };
        assert!((faster.ratio.unwrap() / wanted - 1.0).abs() < 1e-5, "{faster:?} against {equal:?}");
    }
}

fn milliseconds(spans: impl Iterator<Item = Nanos>) -> Vec<f64> {
    spans.map(Nanos::as_millis_f64).collect()
}

#[test]
fn latencies_are_the_servers_own_to_the_nanosecond() {
    let measured = RUN.measure();
    let mut seen = 0;
    for side in [Side::Candidate, Side::Baseline] {
        for attempt in measured.rows.iter().map(|row| row.attempt(side).unwrap()) {
            let life = &measured.lives[&side][&attempt.exchange.request_id];
            let (trace, finished) = (&attempt.exchange.trace, &life.finished);
            assert_eq!((trace.scheduled_ns, trace.sent_ns), (finished.arrived, finished.arrived));
            assert_eq!(trace.end_ns, finished.last_token);
            let received: Vec<Nanos> = trace.token_chunks().map(|chunk| chunk.recv_ns).collect();
            assert_eq!(received, life.tokens);

            let (ttft, e2e) =
                (finished.first_token.since(finished.arrived), finished.last_token.since(finished.arrived));
            let metrics = attempt.metrics;
            assert_eq!(metrics.ttft_ms, Some(ttft.as_millis_f64()));
            assert_eq!(metrics.ttfo_ms, metrics.ttft_ms);
            assert_eq!(metrics.e2e_ms, Some(e2e.as_millis_f64()));
            assert_eq!(metrics.latency_from_schedule_ms, metrics.e2e_ms);
            assert_eq!(milliseconds(life.gaps[..1].iter().copied()), [ttft.as_millis_f64()]);
            let between = milliseconds(life.gaps[1..].iter().copied());
            assert_eq!(gaps(trace).map(|gap| gap.ms).collect::<Vec<_>>(), between);
            assert!(gaps(trace).all(|gap| gap.exact));
            assert_eq!(metrics.max_stall_ms, between.iter().copied().reduce(f64::max));
            let tokens = u64::from(finished.request.output_tokens);
            assert_eq!(metrics.output_tokens, Some(tokens));
            let mean = between.iter().sum::<f64>() / f64::from(finished.request.output_tokens - 1);
            assert!((metrics.tpot_ms.unwrap() / mean - 1.0).abs() < 1e-9);
            seen += 1;
        }
    }
    assert_eq!(seen, 2 * RUN.prompts);
}

#[test]
fn the_load_stays_at_its_concurrency() {
    for concurrency in [1, 3, 8, 100] {
        let measured = Run { concurrency, ..RUN }.measure();
        for side in [Side::Candidate, Side::Baseline] {
            let summary = &measured.summaries[&side];
            // Blocks are as large as they are made, and no more requests can be in flight than one holds.
            let most = measured.blocks.iter().filter(|block| block.side == side).map(|block| {
                let of_block = measured.rows.iter().filter(|row| row.block == block.block).count();
                of_block.min(concurrency as usize)
            });
            let most = most.max().unwrap();
            assert_eq!(measured.most_in_flight[&side], most, "{side} at {concurrency}");
            assert_eq!(summary.concurrency_max, most as u64, "{side} at {concurrency}");
            let busy_s: f64 = measured.lives[&side]
                .values()
                .map(|life| life.finished.last_token.since(life.finished.arrived).as_secs_f64())
                .sum();
            assert!((summary.concurrency_mean.unwrap() * summary.measured_s / busy_s - 1.0).abs() < 1e-9);
        }
    }
}

/// At one request in flight there is no queue: the end of one is the start of the next.
#[test]
fn one_at_a_time_leaves_no_gap_between_requests() {
    let measured = Run { concurrency: 1, block_size: Some(64), ..RUN }.measure();
    for side in [Side::Candidate, Side::Baseline] {
        let mut lives: Vec<_> = measured.lives[&side].values().map(|life| life.finished).collect();
        lives.sort_by_key(|life| life.arrived);
        assert_eq!(lives.len(), 64);
        assert!(lives.windows(2).all(|pair| pair[0].last_token == pair[1].arrived));
        assert!((measured.summaries[&side].concurrency_mean.unwrap() - 1.0).abs() < 1e-9);
    }
}

#[test]
fn throughput_is_what_the_server_gave_within_the_window() {
    let measured = Run { block_size: Some(64), ..RUN }.measure();
    for side in [Side::Candidate, Side::Baseline] {
        let lives: Vec<&Life> = measured.lives[&side].values().collect();
        let mut ends: Vec<Nanos> = lives.iter().map(|life| life.finished.last_token).collect();
        ends.sort_unstable();
        // All slots are filled at once, and one is left empty when the last prompt but seven has ended.
        let start = lives.iter().map(|life| life.finished.arrived).min().unwrap();
        let end = ends[64 - 8];
        let length_s = end.since(start).as_secs_f64();
        let within = |at: &&Nanos| start < **at && **at <= end;
        let requests = ends.iter().filter(within).count();
        let tokens = lives.iter().flat_map(|life| &life.tokens).filter(within).count();

        let throughput = measured.summaries[&side].throughput.as_ref().unwrap();
        let window = throughput.windows[0];
        assert_eq!((throughput.windows.len(), window.start_ns, window.end_ns), (1, start, end));
        assert_eq!((window.requests, window.output_tokens), (requests as u64, tokens as u64));
        let rate = |count: usize| f64::from(u32::try_from(count).unwrap()) / length_s;
        assert!((throughput.request_throughput_per_s / rate(requests) - 1.0).abs() < 1e-9);
        assert!((throughput.output_tokens_per_s / rate(tokens) - 1.0).abs() < 1e-9);
        assert!((throughput.correct_answers_per_s.unwrap() / rate(requests) - 1.0).abs() < 1e-9);
    }
}

#[test]
fn a_seed_gives_the_same_run_to_the_nanosecond() {
    let [one, other] = [RUN, RUN].map(Run::measure);
    assert_eq!((one.rows, one.blocks), (other.rows, other.blocks));
    assert_eq!(one.comparison, other.comparison);
}

#[test]
fn the_warm_up_keeps_to_the_concurrency() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    let (answered, most) = runtime.block_on(async {
        let clock = Clock::start();
        let server = VirtualServer::start(Profile::fp16(), 1, clock);
        let items: Vec<_> = (0..20).map(|prompt| Item { prompt, repeat: 0 }).collect();
        let bodies =
            items.iter().map(|item| (*item, serde_json::to_vec(&wanted(item.prompt)).unwrap().into()));
        let client = Client::new(
            server.clone(),
            clock,
            Timeouts::default(),
            Vec::new(),
            Dialect::of(ServerKind::Openai),
        );
        let engine = Engine {
            prompts: Arc::new((0..20).map(judged).collect()),
            lanes: [(
                Side::Candidate,
                Lane { target: Arc::new(client), path: CHAT_COMPLETIONS, bodies: bodies.collect() },
            )]
            .into(),
            concurrency: 3,
            crew: Crew::here(),
            clock,
            bus: Bus::new(clock),
            cancel: CancellationToken::new(),
        };
        (engine.warm_up(Side::Candidate, &items).await.len(), server.most_in_flight())
    });
    assert_eq!((answered, most), (20, 3));
}
