//! Several loads in one result: sweeps and searches over real sockets.

use crate::servers::Server;
use crate::support::{Ended, Lab, PROMPTS};
use labctl::model::load::LoadAxis;
use labctl::model::outcome::Outcome::Success;
use labctl::model::result::RunResult;

/// Runs made-up prompts with answers of eight tokens against a server.
fn run(server: &Server, flags: &[&str]) -> (RunResult, Ended) {
    let lab = Lab::at(&server.url());
    let common = ["run", "--endpoint", "candidate", "--allow-invalid-client", "--warmup", "0"];
    let lengths = ["--input-tokens", "16", "--output-tokens", "8"];
    let ended = lab.labctl(&[&common[..], &lengths, flags].concat());
    ended.succeeds();
    (lab.result(), ended)
}

/// A server with so many slots. An answer of eight tokens takes it some 60 ms ÷ `speed`.
fn with_slots(slots: u32, speed: f64) -> Server {
    Server::with_options(|options| {
        options.profile.speed = speed;
        options.profile.jitter = 0.0;
        options.profile.max_running = slots;
    })
}

fn loads(result: &RunResult) -> Vec<f64> {
    assert!(result.levels.iter().zip(0..).all(|(level, n)| level.load.level == n));
    result.levels.iter().map(|level| level.load.value).collect()
}

#[test]
fn a_sweep_over_requests_in_flight() {
    let server = Server::good();
    let flags = ["--sweep", "concurrency=1,2..4", "--requests", "12", "--no-stop-past-saturation"];
    let (result, ended) = run(&server, &flags);
    assert_eq!(loads(&result), [1.0, 2.0, 4.0]);
    assert_eq!(server.requests_served(), 36);
    assert_eq!(result.rows.len(), 36);
    for level in &result.levels {
        assert_eq!(level.load.axis, LoadAxis::Concurrency);
        let summary = &level.candidate.summary;
        assert_eq!((summary.attempted, summary.outcomes[&Success]), (12, 12));
        assert_eq!(summary.concurrency_max.to_string(), level.load.value.to_string());
        let rows = result.rows.iter().filter(|row| row.key.level == level.load.level);
        assert_eq!(rows.count(), 12);
    }
    assert!(ended.stdout.contains("concurrency"), "{}", ended.stdout);
}

#[test]
fn a_sweep_over_rates() {
    let flags = ["--sweep", "rate=20,40", "--arrival", "constant", "--duration", "0.5"];
    let (result, _) = run(&Server::good(), &flags);
    assert_eq!(loads(&result), [20.0, 40.0]);
    let attempted: Vec<_> = result.levels.iter().map(|level| level.candidate.summary.attempted).collect();
    assert_eq!(attempted, [10, 20]);
    for level in &result.levels {
        assert_eq!(level.load.axis, LoadAxis::Rate);
        assert!(level.candidate.summary.ttft_from_schedule_ms.is_some());
    }
}

#[test]
fn a_sweep_ends_past_saturation() {
    // One slot of some 60 ms: 16 requests a second at the most.
    let sweep = ["--sweep", "rate=5,60,120", "--arrival", "constant", "--duration", "1"];
    let (result, ended) = run(&with_slots(1, 1.0), &sweep);
    assert_eq!(loads(&result), [5.0, 60.0]);
    let past: Vec<_> = result.levels.iter().map(|level| level.past_saturation).collect();
    assert_eq!(past, [false, true]);
    let reason = result.findings.as_ref().unwrap().stopped_because.clone().unwrap();
    assert!(reason.contains("past saturation at rate 60") && reason.contains('1'), "{reason}");
    assert!(ended.stdout.contains("past saturation"), "{}", ended.stdout);
}

#[test]
fn the_highest_rate_within_an_objective_is_found() {
    // One slot of some 30 ms: 33 requests a second, and no latency is bounded above that.
    let find = ["--find", "max-rate", "--slo", "latency_from_schedule_p50_ms<=120", "--find-from", "5"];
    let probe =
        ["--find-to", "320", "--find-resolution", "0.5", "--duration", "0.6", "--arrival", "constant"];
    let (result, ended) = run(&with_slots(1, 2.0), &[&find[..], &probe].concat());
    let loads = loads(&result);
    assert_eq!(loads[..2], [5.0, 10.0], "it doubles");
    let findings = result.findings.as_ref().unwrap();
    let at = |level: Option<u32>| result.levels[level.unwrap() as usize].load.value;
    let (passing, failing) = (at(findings.highest_passing), at(findings.lowest_failing));
    assert!(passing < failing && failing <= passing * 1.5, "{loads:?}");
    assert!((10.0..=80.0).contains(&passing), "{loads:?}");
    assert_eq!(result.question.as_ref().unwrap().find.as_ref().unwrap().axis, LoadAxis::Rate);
    assert!(ended.stdout.contains("highest"), "{}", ended.stdout);
}

#[test]
fn the_most_requests_in_flight_within_an_objective_are_found() {
    // Four slots of some 60 ms: with eight in flight half of them wait that long for their first token.
    let find = ["--find", "max-concurrency", "--slo", "ttft_p50_ms<=45", "--find-from", "2"];
    let probe = ["--find-to", "64", "--find-resolution", "0.5", "--duration", "0.5"];
    let (result, ended) = run(&with_slots(4, 1.0), &[&find[..], &probe].concat());
    let findings = result.findings.as_ref().unwrap();
    let at = |level: Option<u32>| result.levels[level.unwrap() as usize].load.value;
    let (passing, failing) = (at(findings.highest_passing), at(findings.lowest_failing));
    assert!((2.0..=7.0).contains(&passing), "{:?}", loads(&result));
    assert!(passing < failing && failing <= 16.0, "{:?}", loads(&result));
    assert!(ended.stdout.contains("highest"), "{}", ended.stdout);
}

#[test]
fn quality_at_every_load_on_both_sides() {
    let (candidate, baseline) = (Server::good(), Server::good());
    let lab = Lab::with_sides(&candidate, &baseline);
    let ended = lab.bench(&["--compare-baseline", "--sweep", "concurrency=1,4", "--no-stop-past-saturation"]);
    ended.succeeds();
    let result = lab.result();
    assert_eq!(loads(&result), [1.0, 4.0]);
    for level in &result.levels {
        let sides = [&level.candidate, level.baseline.as_ref().unwrap()];
        for side in sides {
            let rate = side.pass_rate.as_ref().unwrap();
            assert_eq!((rate.passed, rate.judged), (PROMPTS, PROMPTS));
        }
        let comparison = level.comparison.as_ref().unwrap();
        assert_eq!(comparison.overall.pairs, PROMPTS);
    }
    assert_eq!(candidate.requests_served(), 2 * PROMPTS);
    assert_eq!(baseline.requests_served(), 2 * PROMPTS);
}

#[test]
fn conversations_at_several_loads() {
    let flags =
        ["--turns", "2", "--requests", "4", "--sweep", "concurrency=1,2", "--no-stop-past-saturation"];
    let (result, _) = run(&Server::good(), &flags);
    for level in &result.levels {
        let summary = &level.candidate.summary;
        assert_eq!((summary.attempted, summary.groups.len()), (8, 2));
    }
}
