//! Load profiles end to end: what a result says of when requests were started, and which of them count.
//!
//! Times are asserted on only as far as the plan or the simulator's own times force them.

use serde_json::json;

use crate::recording::Recording;
use crate::servers::Server;
use crate::support::{Ended, Lab, outcomes};
use labctl::model::load::Start;
use labctl::model::outcome::Outcome::{self, Cancelled, RateLimited, Success};
use labctl::model::record::{Attempt, Side};
use labctl::model::result::RunResult;
use labctl::simulator::{FaultKind, When};

/// Made-up prompts whose answers are always of eight tokens.
const SHORT: [&str; 4] = ["--input-tokens", "16", "--output-tokens", "8"];

const MS: u64 = 1_000_000;

/// Runs made-up prompts against a server.
fn ended(server: &Server, flags: &[&str]) -> (Lab, Ended) {
    let lab = Lab::at(&server.url());
    let common = ["run", "--endpoint", "candidate", "--allow-invalid-client", "--warmup", "0"];
    let ended = lab.labctl(&[&common[..], &SHORT, flags].concat());
    (lab, ended)
}

/// The same where it is to succeed.
fn run(server: &Server, flags: &[&str]) -> RunResult {
    let (lab, ended) = ended(server, flags);
    ended.succeeds();
    lab.result()
}

/// A server as fast as the profile it stands for, one that jitters not.
fn real_time() -> Server {
    Server::with_options(|options| {
        options.profile.speed = 1.0;
        options.profile.jitter = 0.0;
    })
}

/// The attempts in the order in which they were due.
fn attempts(result: &RunResult) -> Vec<&Attempt> {
    let mut attempts: Vec<_> = result.rows.iter().filter_map(|row| row.candidate.as_ref()).collect();
    attempts.sort_by_key(|attempt| attempt.exchange.trace.scheduled_ns);
    attempts
}

/// When the requests were due, from the first.
fn due(result: &RunResult) -> Vec<u64> {
    let due: Vec<u64> = attempts(result).iter().map(|a| a.exchange.trace.scheduled_ns.0).collect();
    due.iter().map(|at| at - due[0]).collect()
}

/// The most requests in flight at one time before `until`, which is from the first one's being due.
fn most_in_flight(result: &RunResult, until: u64) -> usize {
    let attempts = attempts(result);
    let first = attempts[0].exchange.trace.scheduled_ns.0;
    let begins = attempts.iter().map(|a| (a.exchange.trace.sent_ns.0 - first, 1));
    let ends = attempts.iter().map(|a| (a.exchange.trace.end_ns.0 - first, -1));
    let mut moments: Vec<(u64, i32)> = begins.chain(ends).filter(|(at, _)| *at < until).collect();
    moments.sort_unstable();
    let counts = moments.iter().scan(0, |now, (_, change)| {
        *now += change;
        Some(*now)
    });
    usize::try_from(counts.max().unwrap()).unwrap()
}

fn all_succeeded(result: &RunResult, requests: u64) {
    assert_eq!(outcomes(result, Side::Candidate), [(Success, requests)]);
}

#[test]
fn a_closed_loop_of_so_many_requests() {
    let server = Server::good();
    let result = run(&server, &["--concurrency", "3", "--requests", "20"]);
    all_succeeded(&result, 20);
    assert_eq!(server.requests_served(), 20);
    assert_eq!(result.candidate.summary.concurrency_max, 3);
    assert!(most_in_flight(&result, u64::MAX) <= 3);
    // A slot's next request is due when its last one ended.
    let mut ends: Vec<_> = attempts(&result).iter().map(|a| a.exchange.trace.end_ns).collect();
    ends.sort_unstable();
    for (n, attempt) in attempts(&result).iter().enumerate().skip(3) {
        assert!(attempt.exchange.trace.scheduled_ns >= ends[n - 3]);
    }
}

#[test]
fn a_closed_loop_opens_its_slots_one_by_one() {
    let result = run(&Server::good(), &["--concurrency", "4", "--ramp-up", "0.8", "--duration", "1.2"]);
    for slots in 1..4 {
        assert!(most_in_flight(&result, slots * 200 * MS) <= usize::try_from(slots).unwrap());
    }
    let summary = &result.candidate.summary;
    assert_eq!((summary.concurrency_max, summary.outcomes[&Success]), (4, summary.attempted));
    // At its level it is once the last slot is open.
    let block = result.blocks[0];
    assert!(block.level_start_ns.unwrap().0 >= block.start_ns.0 + 600 * MS);
}

#[test]
fn a_closed_loop_of_so_many_seconds() {
    let server = Server::good();
    let result = run(&server, &["--concurrency", "2", "--duration", "0.5", "--prompts", "5"]);
    assert!(due(&result).iter().all(|at| *at <= 500 * MS));
    all_succeeded(&result, server.requests_served());
    assert!(result.rows.len() > 10, "the five prompts again and again: {}", result.rows.len());
    let mut keys: Vec<_> = result.rows.iter().map(|row| &row.key).collect();
    keys.dedup();
    assert_eq!(keys.len(), result.rows.len(), "no two requests have one key");
}

#[test]
fn whichever_bound_comes_first_ends_it() {
    let result = run(&Server::good(), &["--concurrency", "2", "--duration", "30", "--requests", "7"]);
    all_succeeded(&result, 7);
    let result = run(&Server::good(), &["--concurrency", "2", "--duration", "0.3", "--requests", "5000"]);
    assert!(result.rows.len() < 5000 && due(&result).iter().all(|at| *at <= 300 * MS));
}

#[test]
fn a_batch_waits_for_all_of_the_one_before() {
    let result = run(&Server::good(), &["--batch", "4", "--requests", "10"]);
    all_succeeded(&result, 10);
    assert_eq!(result.candidate.summary.concurrency_max, 4);
    let batches: Vec<Vec<_>> = attempts(&result).chunks(4).map(<[_]>::to_vec).collect();
    assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
    for pair in batches.windows(2) {
        let last_end = pair[0].iter().map(|a| a.exchange.trace.end_ns).max().unwrap();
        assert!(pair[1].iter().all(|a| a.exchange.trace.scheduled_ns >= last_end));
        assert!(
            pair[0].iter().all(|a| a.exchange.trace.scheduled_ns == pair[0][0].exchange.trace.scheduled_ns)
        );
    }
}

#[test]
fn an_even_rate() {
    let server = Server::good();
    let result = run(&server, &["--rate", "80", "--arrival", "constant", "--requests", "40"]);
    all_succeeded(&result, 40);
    for (n, at) in due(&result).iter().enumerate() {
        assert!(at.abs_diff(n as u64 * 12_500_000) <= 2, "request {n} is due at {at} ns");
    }
    let summary = &result.candidate.summary;
    assert!(summary.ttft_from_schedule_ms.unwrap().min >= summary.ttft_ms.unwrap().min);
    assert!(summary.queued_ms.is_none());
}

#[test]
fn the_same_seed_plans_the_same_starts() {
    for arrival in [&["--arrival", "poisson"][..], &["--burstiness", "0.3"]] {
        let planned = |seed: &str| {
            let flags = [&["--rate", "100", "--requests", "30", "--seed", seed], arrival].concat();
            due(&run(&Server::good(), &flags))
        };
        let first = planned("7");
        assert_eq!(first, planned("7"));
        assert_ne!(first, planned("8"));
        let gaps: Vec<u64> = first.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().max() > gaps.iter().min().map(|gap| gap * 2).as_ref(), "{gaps:?}");
    }
}

#[test]
fn stages_follow_one_another() {
    let result = run(&Server::good(), &["--stages", "20:0.5,20..60:0.5,10:0.5", "--arrival", "constant"]);
    let due = due(&result);
    let within = |from: u64, to: u64| due.iter().filter(|at| (from * MS..to * MS).contains(*at)).count();
    // 20 a second for half a second, 40 on average, 10.
    for (counted, expected) in [(within(0, 500), 10), (within(500, 1000), 20), (within(1000, 1500), 5)] {
        assert!(counted.abs_diff(expected) <= 1, "{counted}, not {expected}: {due:?}");
    }
    assert!(within(750, 1000) > within(500, 750));
    assert!(matches!(&result.load.profile.as_ref().unwrap().start,
        Start::Rate { stages, .. } if stages.len() == 3 && stages[1].from_rate == Some(20.0)));
}

#[test]
fn waiting_for_the_cap_is_counted_apart() {
    // An answer takes more than 60 ms, and one is due every 10 ms.
    let flags = ["--rate", "100", "--arrival", "constant", "--requests", "12"];
    let capped = run(&real_time(), &[&flags[..], &["--max-in-flight", "2"]].concat());
    all_succeeded(&capped, 12);
    assert_eq!(due(&capped).len(), 12);
    assert!(most_in_flight(&capped, u64::MAX) <= 2);
    let summary = &capped.candidate.summary;
    assert!(summary.concurrency_max <= 2);
    let queued = summary.queued_ms.unwrap();
    // Five pairs before the last one, less the time at which that one was due.
    assert!(queued.n == 12 && queued.max >= 150.0 && queued.min < 50.0, "{queued:?}");
    assert!(summary.ttft_ms.unwrap().max < queued.max, "queueing is in no latency from sending");
    assert!(summary.latency_from_schedule_ms.unwrap().max > queued.max);
    for attempt in attempts(&capped) {
        let trace = &attempt.exchange.trace;
        let admitted = trace.admitted_ns.unwrap();
        assert!(trace.scheduled_ns <= admitted && admitted <= trace.sent_ns);
    }
    let free = run(&real_time(), &flags);
    assert!(free.candidate.summary.queued_ms.is_none());
    assert!(free.candidate.summary.concurrency_max > 2);
}

#[test]
fn warm_up_and_cool_down_are_sent_and_do_not_count() {
    let server = Server::good();
    let phases = ["--duration", "1", "--warmup-time", "0.2", "--cooldown-time", "0.3"];
    let result = run(&server, &[&["--rate", "50", "--arrival", "constant"][..], &phases].concat());
    assert_eq!(server.requests_served(), 50);
    all_succeeded(&result, 25);
    assert_eq!(result.blocks[0].not_counted, 25);
    // Due from 200 ms to before 700 ms after the first.
    assert_eq!(*due(&result).last().unwrap(), 480 * MS);
    let block = result.blocks[0];
    assert_eq!(block.level_end_ns.unwrap().0 - block.level_start_ns.unwrap().0, 500 * MS);
}

#[test]
fn what_the_grace_cuts_off_is_cancelled() {
    let hang = FaultKind::Stall { after_tokens: 2, seconds: None };
    let server = Server::with_fault(hang, When::only(5));
    let flags = ["--rate", "40", "--arrival", "constant", "--duration", "0.3", "--grace", "0.2"];
    let (lab, ended) = ended(&server, &flags);
    ended.succeeds();
    let result = lab.result();
    assert_eq!(outcomes(&result, Side::Candidate), [(Success, 11), (Cancelled, 1)]);
    let cut = attempts(&result)[4];
    assert_eq!(cut.exchange.outcome, Cancelled);
    let trace = &cut.exchange.trace;
    // It was due 100 ms after the first, and was given up 500 ms after it.
    assert!(trace.end_ns.0 - trace.scheduled_ns.0 >= 400 * MS);
    assert!(!cut.exchange.content.is_empty(), "what came is kept");
    assert!(ended.stdout.contains("cancelled"), "{}", ended.stdout);
    // Without an end in time there is nothing to cut off at.
    let server = Server::with_fault(FaultKind::Stall { after_tokens: 2, seconds: Some(0.4) }, When::only(5));
    all_succeeded(&run(&server, &["--rate", "40", "--requests", "12", "--grace", "0.01"]), 12);
}

#[test]
fn tokens_of_a_paid_endpoint_are_bounded() {
    let server = Server::good();
    let budget = ["--requests", "30", "--concurrency", "4", "--max-output-tokens-total", "50"];
    let (lab, said) = ended(&server, &budget);
    said.succeeds();
    let result = lab.result();
    // Six answers of eight tokens; the seventh would be more.
    all_succeeded(&result, 6);
    assert_eq!((server.requests_served(), result.candidate.summary.output_tokens), (6, 48));
    let warnings = result.warnings.join("\n");
    assert!(warnings.contains("stopped early: 48 output tokens were used"), "{warnings}");
    assert!(said.stdout.contains("stopped early"), "{}", said.stdout);

    // What an answer doesn't use is given back, and no request could ever take the sum beyond the bound.
    let recording = Recording::new();
    let endpoint = json!({"url": recording.url(), "model": "m"});
    let lab = Lab::new().with_endpoints(&[("candidate", endpoint)]);
    lab.bench(&["--requests", "30", "--max-tokens", "10", "--max-output-tokens-total", "40"]).succeeds();
    let asked: Vec<_> = recording.bodies().iter().map(|body| body["max_tokens"].clone()).collect();
    assert!(asked.iter().all(|tokens| *tokens == 10), "{asked:?}");
    // Three tokens each: after eleven 33 are gone, and ten more would be too many.
    assert_eq!(asked.len(), 11);
}

#[test]
fn retries_are_counted_and_timed_apart() {
    let limited = || {
        let limit = FaultKind::RateLimit { retry_after_s: Some(1) };
        Server::with_fault(limit, When { until: 2, ..When::always() })
    };
    let flags = ["--requests", "6", "--concurrency", "2"];
    let server = limited();
    let result = run(&server, &[&flags[..], &["--retry", "429,503"]].concat());
    all_succeeded(&result, 6);
    assert_eq!(server.requests_served(), 8);
    let summary = &result.candidate.summary;
    let retries = summary.retries.unwrap();
    assert_eq!((retries.requests, retries.tries, retries.succeeded), (2, 2, 2));
    let delay = retries.delay_ms.unwrap();
    assert!(delay.n == 2 && delay.min >= 1000.0, "{delay:?}");
    assert!(summary.latency_from_schedule_ms.unwrap().max >= 1000.0);
    for attempt in attempts(&result) {
        let (trace, retries) = (&attempt.exchange.trace, &attempt.exchange.retries);
        assert!(retries.len() <= 1);
        for retry in retries {
            assert_eq!((retry.outcome, retry.http_status), (RateLimited, Some(429)));
            assert_eq!(retry.retry_after_s, Some(1.0));
            assert!(retry.sent_ns <= retry.end_ns && retry.end_ns.0 + 1000 * MS <= trace.sent_ns.0);
            // From its last sending, not from its first.
            let ttft = attempt.metrics.ttft_ms.unwrap();
            assert!(ttft < attempt.metrics.latency_from_schedule_ms.unwrap() - 1000.0);
        }
    }

    let server = limited();
    let result = run(&server, &[&flags[..], &["--max-error-rate", "0.5"]].concat());
    let mut counted = outcomes(&result, Side::Candidate);
    counted.sort_by_key(|(_, n)| *n);
    assert_eq!(counted, [(RateLimited, 2), (Success, 4)]);
    assert!(result.candidate.summary.retries.is_none());
    assert_eq!(server.requests_served(), 6);
}

#[test]
fn retries_come_to_an_end() {
    let limit = FaultKind::RateLimit { retry_after_s: Some(0) };
    let server = Server::with_fault(limit, When::always());
    let flags = ["--requests", "3", "--concurrency", "1", "--retry", "429", "--retry-attempts", "2"];
    let (lab, ended) = ended(&server, &flags);
    ended.fails(3, &["3 rate_limited", "100 %"]);
    assert_eq!(server.requests_served(), 9);
    let retries = lab.result().candidate.summary.retries.unwrap();
    assert_eq!((retries.requests, retries.tries, retries.succeeded), (3, 6, 0));
}

#[test]
fn every_limit_has_its_outcome() {
    for (fault, flag, outcome) in [
        (FaultKind::SlowHeaders { seconds: None }, "--timeout-ttft", Outcome::TimeoutTtft),
        (FaultKind::Stall { after_tokens: 3, seconds: None }, "--timeout-stall", Outcome::TimeoutStall),
        (FaultKind::Stall { after_tokens: 3, seconds: None }, "--timeout-total", Outcome::TimeoutTotal),
    ] {
        let server = Server::with_fault(fault, When::only(2));
        let result = run(&server, &["--requests", "4", "--max-error-rate", "0.3", flag, "0.4"]);
        assert_eq!(outcomes(&result, Side::Candidate), [(Success, 3), (outcome, 1)], "{flag}");
    }
}

#[test]
fn objectives_by_name_and_goodput() {
    let stalls = FaultKind::Stall { after_tokens: 3, seconds: Some(0.6) };
    let server = Server::with_fault(stalls, When::every(4));
    let lab = Lab::at(&server.url());
    let arguments = ["run", "--endpoint", "candidate", "--promptset", "tiny", "--allow-invalid-client"];
    let objectives = ["--slo", "mlperf-llama3.1-8b-server", "--slo", "max_stall_ms<=300,error_rate<=0.1"];
    let ended = lab.labctl(&[&arguments[..], &objectives, &["--warmup", "0"]].concat());
    ended.succeeds();
    let result = lab.result();
    let met: Vec<_> = result.candidate.slos.iter().map(|slo| (slo.slo.to_string(), slo.met)).collect();
    let expected = [
        ("ttft_p99_ms<=2000", true),
        ("tpot_p99_ms<=100", true),
        ("max_stall_ms<=300", false),
        ("error_rate<=0.1", true),
    ];
    assert_eq!(met, expected.map(|(slo, met)| (slo.to_owned(), met)));
    let goodput = result.candidate.summary.goodput.as_ref().unwrap();
    assert_eq!((goodput.attempted, goodput.met, goodput.met_and_passed), (8, 6, Some(6)));
    assert!((goodput.attainment - 0.75).abs() < 1e-9);
    assert!(ended.stdout.contains("max_stall"), "{}", ended.stdout);
    // Nothing is held to anything unless asked for.
    let plain = run(&Server::good(), &["--requests", "2"]);
    assert!(plain.candidate.slos.is_empty() && plain.candidate.summary.goodput.is_none());
}
