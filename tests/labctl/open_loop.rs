//! Faults in an open loop: each request still ends in exactly one outcome, and one that hangs puts no other off.

use serde_json::json;

use crate::servers::Server;
use crate::support::{Ended, Lab, PROMPTS, outcomes};
use labctl::model::outcome::Outcome::{
    self, BadResponse, Connect, Empty, Http4xx, Http5xx, IncompleteStream, RateLimited, Reset, StreamError,
    Success, TimeoutStall, TimeoutTotal, TimeoutTtft,
};
use labctl::model::record::Side;
use labctl::model::result::RunResult;
use labctl::simulator::{ErrorShape, FaultKind, Faults, When};

/// Nanoseconds between two starts.
const STEP_NS: u64 = 20_000_000;

/// The set `tiny` at a rate of 50 a second: the result, and how it ended.
fn at_a_rate(server: &Server, timeouts: &serde_json::Value) -> (RunResult, Ended) {
    let endpoint = json!({"url": server.url(), "timeouts": timeouts});
    let lab = Lab::new().with_endpoints(&[("candidate", endpoint)]);
    let ended = lab.bench(&["--rate", "50", "--arrival", "constant"]);
    let result = lab.result();
    let trace =
        |row: &labctl::model::record::Row| row.candidate.as_ref().unwrap().exchange.trace.scheduled_ns.0;
    let mut due: Vec<u64> = result.rows.iter().map(trace).collect();
    due.sort_unstable();
    assert_eq!(due.len() as u64, PROMPTS);
    for pair in due.windows(2) {
        assert!((pair[1] - pair[0]).abs_diff(STEP_NS) <= 2, "{due:?}");
    }
    (result, ended)
}

#[test]
fn every_fault_has_its_one_outcome() {
    use FaultKind as F;
    let status = |status, shape| F::Status { status, shape };
    let cases = [
        (status(400, ErrorShape::Vllm), Http4xx),
        (status(500, ErrorShape::Text), Http5xx),
        (status(503, ErrorShape::LlamaCpp), Http5xx),
        (F::RateLimit { retry_after_s: Some(1) }, RateLimited),
        (F::SlowHeaders { seconds: None }, TimeoutTtft),
        (F::Stall { after_tokens: 0, seconds: None }, TimeoutTtft),
        (F::Stall { after_tokens: 2, seconds: None }, TimeoutStall),
        (F::Truncate { after_tokens: 2 }, IncompleteStream),
        (F::StreamError { after_tokens: 2 }, StreamError),
        (F::Reset { after_tokens: 0 }, Reset),
        (F::Reset { after_tokens: 2 }, Reset),
        (F::Disconnect { after_tokens: 2 }, Reset),
        (F::InvalidJson { after_tokens: 2 }, BadResponse),
        (F::InvalidUtf8 { after_tokens: 2 }, BadResponse),
        (F::Html, BadResponse),
    ];
    // They mostly wait.
    std::thread::scope(|scope| {
        for (kind, outcome) in cases {
            scope.spawn(move || struck(&kind, outcome));
        }
    });
}

/// Asserts that every second request ends so, and all others well.
fn struck(kind: &FaultKind, outcome: Outcome) {
    let server = Server::with_fault(kind.clone(), When::every(2));
    let (result, ended) = at_a_rate(&server, &json!({"ttft_s": 0.8, "stall_s": 0.8}));
    assert_eq!(outcomes(&result, Side::Candidate), [(Success, 4), (outcome, 4)], "{kind:?}: {ended:#?}");
    ended.fails(3, &["50 % of the requests", &format!("4 {outcome}")]);
    assert_eq!(server.requests_served(), PROMPTS, "{kind:?}");
}

#[test]
fn a_request_that_takes_too_long_in_all() {
    let hang = FaultKind::Stall { after_tokens: 3, seconds: None };
    let server = Server::with_fault(hang, When::every(4));
    let (result, ended) = at_a_rate(&server, &json!({"total_s": 0.8}));
    assert_eq!(outcomes(&result, Side::Candidate), [(Success, 6), (TimeoutTotal, 2)]);
    ended.fails(3, &["2 timeout_total"]);
}

#[test]
fn an_answer_without_a_token() {
    let server = Server::with_fault(FaultKind::EmptyAnswer, When::every(2));
    let (result, ended) = at_a_rate(&server, &json!({}));
    let mut counted = outcomes(&result, Side::Candidate);
    counted.sort_unstable();
    assert_eq!(counted, [(Success, 4), (Empty, 4)]);
    ended.succeeds();
}

#[test]
fn a_server_that_dies() {
    let server = Server::with(Faults { die_after: Some(4), ..Faults::none() });
    let (result, ended) = at_a_rate(&server, &json!({}));
    ended.fails(3, &["`candidate`", &server.url(), "is the server still running?"]);
    let counted = outcomes(&result, Side::Candidate);
    let succeeded = counted.iter().find(|(outcome, _)| *outcome == Success).map_or(0, |(_, n)| *n);
    assert!((1..=4).contains(&succeeded), "{counted:?}");
    // Which of the others find an open connection that breaks off, and which none, is chance.
    assert!(counted.iter().all(|(outcome, _)| matches!(outcome, Success | Connect | Reset)), "{counted:?}");
}
