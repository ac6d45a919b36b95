//! Runs that were interrupted or died, gone on with to the result that an uninterrupted one has.

use std::collections::BTreeMap;

use labctl::model::judgement::Verdict;
use labctl::model::outcome::Outcome;
use labctl::model::record::{PairKey, Side};
use labctl::model::result::{RunResult, RunStatus};
use serde_json::json;

use crate::support::Lab;

/// A lab with two simulators, slow enough to be interrupted.
fn lab() -> Lab {
    let simulator = |profile: &str| json!({"simulator": {"profile": profile, "speed": 0.6}});
    Lab::new().with_endpoints(&[("candidate", simulator("awq")), ("baseline", simulator("fp16"))])
}

type Told = BTreeMap<(PairKey, Side), (Outcome, Verdict, String)>;

/// What must be the same whether or not a run was interrupted: which requests, and what was answered.
fn told(result: &RunResult) -> Told {
    let mut told = BTreeMap::new();
    for row in &result.rows {
        for side in [Side::Candidate, Side::Baseline] {
            if let Some(attempt) = row.attempt(side) {
                let exchange = &attempt.exchange;
                let what = (exchange.outcome, attempt.judgement.verdict, exchange.content.clone());
                told.insert((row.key.clone(), side), what);
            }
        }
    }
    told
}

/// Runs a command to its end, and again with an end by `signal` after some records and a second go; gives both
/// results.
fn both(arguments: &[&str], signal: &str, after: usize) -> [RunResult; 2] {
    let whole = lab();
    whole.labctl(arguments).succeeds();
    let cut = lab();
    let run = cut.start(arguments);
    cut.wait_for_records(after);
    run.signal(signal);
    run.end();
    let resumed: Vec<&str> = arguments.iter().copied().chain(["--resume", "latest"]).collect();
    let ended = cut.labctl(&resumed);
    ended.succeeds();
    assert_eq!(cut.all(".journal.jsonl").len(), 0, "{ended:#?}");
    [whole.result(), cut.result()]
}

fn assert_same(arguments: &[&str], signal: &str, after: usize) -> RunResult {
    let [whole, resumed] = both(arguments, signal, after);
    assert_eq!(resumed.status, RunStatus::Complete);
    assert_eq!(told(&whole), told(&resumed));
    let told = resumed.warnings.iter().any(|warning| warning.contains("gone on with after an interruption"));
    assert!(told, "{:?}", resumed.warnings);
    resumed
}

#[test]
fn a_bench_that_was_interrupted() {
    let arguments = Lab::bench_arguments(&["--compare-baseline", "--repeats", "3"]);
    let result = assert_same(&arguments, "INT", 10);
    assert_eq!(result.rows.len(), 24);
    assert!(result.comparison.is_some());
}

#[test]
fn a_run_that_died() {
    let arguments = ["run", "--endpoint", "candidate", "--promptset", "tiny", "--requests", "40"];
    let arguments: Vec<_> = arguments.into_iter().chain(["--allow-invalid-client"]).collect();
    let result = assert_same(&arguments, "KILL", 9);
    // Traces of both processes are kept, on one clock that never goes back.
    let starts: Vec<_> = result
        .rows
        .iter()
        .map(|row| row.candidate.as_ref().unwrap())
        .inspect(|attempt| assert!(!attempt.exchange.trace.chunks.is_empty()))
        .map(|attempt| attempt.exchange.trace.sent_ns)
        .collect();
    assert_eq!(starts.len(), 40);
    let summary = &result.candidate.summary;
    let gaps: usize = result
        .rows
        .iter()
        .map(|row| row.candidate.as_ref().unwrap().exchange.trace.token_chunks().count() - 1)
        .sum();
    assert_eq!(summary.itl_ms.unwrap().n + summary.itl_inexact, gaps as u64);
}

#[test]
fn a_sweep_in_its_second_level() {
    let arguments = [
        "run",
        "--endpoint",
        "candidate",
        "--promptset",
        "tiny",
        "--requests",
        "12",
        "--sweep",
        "concurrency=2,4,3",
        "--no-stop-past-saturation",
        "--allow-invalid-client",
    ];
    let result = assert_same(&arguments, "KILL", 18);
    let loads: Vec<_> = result.levels.iter().map(|level| (level.load.level, level.load.value)).collect();
    assert_eq!(loads, [(0, 2.0), (1, 4.0), (2, 3.0)]);
    assert!(result.levels.iter().all(|level| level.candidate.summary.attempted == 12));
}

#[test]
fn conversations_are_begun_anew_where_they_were_cut() {
    let arguments = [
        "run",
        "--endpoint",
        "candidate",
        "--input-tokens",
        "20",
        "--output-tokens",
        "12",
        "--turns",
        "3",
        "--requests",
        "8",
        "--salt",
        "0badcafe",
        "-c",
        "2",
        "--allow-invalid-client",
    ];
    let result = assert_same(&arguments, "KILL", 7);
    assert_eq!(result.rows.len(), 24);
}

#[test]
fn an_open_loop_keeps_its_plan() {
    let arguments = [
        "run",
        "--endpoint",
        "candidate",
        "--promptset",
        "tiny",
        "--rate",
        "10",
        "--requests",
        "30",
        "--salt",
        "0badcafe",
        "--allow-invalid-client",
    ];
    let [whole, resumed] = both(&arguments, "KILL", 8);
    assert_eq!(told(&whole), told(&resumed));
    // What came after the interruption kept its distances.
    let starts = |result: &RunResult| {
        let mut starts: Vec<_> = result
            .rows
            .iter()
            .map(|row| row.candidate.as_ref().unwrap().exchange.trace.scheduled_ns)
            .collect();
        starts.sort_unstable();
        starts
    };
    let (whole, resumed) = (starts(&whole), starts(&resumed));
    let last = |starts: &[labctl::model::units::Nanos]| starts[29].since(starts[25]).0;
    assert!(last(&whole).abs_diff(last(&resumed)) < 10, "{whole:?} {resumed:?}");
}

#[test]
fn another_plan_is_refused() {
    let lab = lab();
    let arguments = ["run", "--endpoint", "candidate", "--promptset", "tiny", "--requests", "40"];
    let run = lab.start(&arguments);
    lab.wait_for_records(3);
    run.signal("INT");
    run.end();
    let with = |more: &[&str]| {
        lab.labctl(
            &arguments.iter().chain(["--resume", "latest"].iter()).chain(more).copied().collect::<Vec<_>>(),
        )
    };
    with(&["-c", "5"]).fails(2, &["differs in the load", "give the command that began it once more"]);
    with(&["--temperature", "1"]).fails(2, &["differs in the sampling"]);
    assert_eq!(lab.all(".journal.jsonl").len(), 1);
    with(&["--allow-invalid-client"]).succeeds();
    with(&[]).fails(2, &["only a run that was interrupted"]);
}

/// A sweep that died is recovered with the levels that it had, and the rates of those that were whole.
#[test]
fn a_sweep_that_died_is_recovered_level_by_level() {
    let lab = lab();
    let arguments = [
        "run",
        "--endpoint",
        "candidate",
        "--promptset",
        "tiny",
        "--requests",
        "16",
        "--sweep",
        "concurrency=1,2,4",
        "--no-stop-past-saturation",
    ];
    let run = lab.start(&arguments);
    lab.wait_for_records(36);
    run.signal("KILL");
    run.end();
    lab.labctl(&["results", "recover", "latest"]).succeeds();
    let result = lab.result();
    assert_eq!(result.status, RunStatus::Recovered);
    let loads: Vec<_> = result.levels.iter().map(|level| level.load.value).collect();
    assert_eq!(loads, [1.0, 2.0, 4.0]);
    let rates: Vec<_> =
        result.levels.iter().map(|level| level.candidate.summary.throughput.as_ref()).collect();
    for whole in &rates[..2] {
        let rate = whole.unwrap();
        assert!(rate.request_throughput_per_s > 0.0 && rate.output_tokens_per_s > 0.0, "{rate:?}");
    }
    assert!(rates[2].is_none(), "its block was not over");
    let cut: Vec<_> = result.levels.iter().map(|level| level.cut_short).collect();
    assert_eq!(cut, [false, false, true]);
}
