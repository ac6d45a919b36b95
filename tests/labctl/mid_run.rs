//! What goes wrong once the load is on: every request still ends in exactly one outcome, and what
//! was measured is kept.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::servers::Server;
use crate::support::{Ended, Lab, PROMPTS, outcomes};
use labctl::model::outcome::Outcome::{
    self, BadResponse, Connect, Empty, Http4xx, Http5xx, IncompleteStream, RateLimited, Reset, StreamError,
    Success, TimeoutStall, TimeoutTotal, TimeoutTtft,
};
use labctl::model::record::Side;
use labctl::model::result::{RunResult, RunStatus};
use labctl::simulator::{ErrorShape, FaultKind, Faults, ReasoningField, When};

const SHORT: [&str; 2] = ["--set", "endpoints.candidate.timeouts.ttft_s=1"];

#[test]
fn a_server_that_dies() {
    let server = Server::with(Faults { die_after: Some(4), ..Faults::none() });
    let lab = Lab::at(&server.url());
    let ended = lab.bench(&["--concurrency", "1"]);
    ended.fails(3, &["50 % of the requests to the candidate", "`candidate`", &server.url(), "connect"]);
    ended.fails(3, &["is the server still running?", "what was measured is in `results/"]);
    let result = lab.result();
    assert_eq!(result.status, RunStatus::Complete);
    assert_died_after_4(&result, Side::Candidate);
    assert!(ended.stdout.contains("did not succeed"), "{}", ended.stdout);
    assert_eq!(lab.all(".journal.jsonl").len(), 0);
}

/// Which of the failures find an open connection that breaks off, and which none, is chance.
fn assert_died_after_4(result: &RunResult, side: Side) {
    let counted = outcomes(result, side);
    assert_eq!(counted[0], (Success, 4));
    assert!(counted[1..].iter().all(|(outcome, _)| matches!(outcome, Connect | Reset)), "{counted:?}");
    assert_eq!(counted[1..].iter().map(|(_, n)| n).sum::<u64>(), 4);
}

/// What broke off this late was worked on: it is a failure to be counted, not a connection that lay idle too long.
#[test]
fn a_request_that_breaks_off_late_is_not_sent_again() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicU64::new(0));
    let counted = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream);
            let mut request = Vec::new();
            // Head and body, which ends with the object's brace.
            while !request.ends_with(b"\r\n\r\n") && reader.read_until(b'\n', &mut request).unwrap_or(0) > 0 {
            }
            if request.starts_with(b"POST") {
                counted.fetch_add(1, Ordering::Relaxed);
                let _body = reader.fill_buf().map(<[u8]>::len).map(|length| reader.consume(length));
                std::thread::sleep(Duration::from_millis(1_500));
            } else {
                let gone = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _client_left = reader.into_inner().write_all(gone);
            }
        }
    });
    let lab = Lab::new().with_endpoints(&[("candidate", json!({"url": url, "model": "any"}))]);
    lab.bench(&["--requests", "1", "--concurrency", "1"]).fails(3, &["1 reset"]);
    assert_eq!(outcomes(&lab.result(), Side::Candidate), [(Reset, 1)]);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[test]
fn a_baseline_that_dies() {
    let (candidate, baseline) =
        (Server::good(), Server::with(Faults { die_after: Some(4), ..Faults::none() }));
    let lab = Lab::with_sides(&candidate, &baseline);
    let ended = lab.bench(&["--compare-baseline", "--concurrency", "1"]);
    ended.fails(3, &["50 % of the requests to the baseline", "`baseline`", &baseline.url()]);
    let result = lab.result();
    assert_eq!(outcomes(&result, Side::Candidate), [(Success, PROMPTS)]);
    assert_died_after_4(&result, Side::Baseline);
    assert_eq!(result.rows.len() as u64, PROMPTS);
}

#[test]
fn a_server_that_hangs_before_the_headers() {
    let server = Server::with_fault(FaultKind::SlowHeaders { seconds: None }, When::every(2));
    let lab = Lab::at(&server.url());
    let ended = lab.bench(&SHORT);
    ended.fails(
        3,
        &["50 % of the requests", "4 timeout_ttft", "no response headers within 1 s (`timeouts.ttft_s`)"],
    );
    assert_eq!(outcomes(&lab.result(), Side::Candidate), [(Success, 4), (TimeoutTtft, 4)]);
}

#[test]
fn a_server_that_hangs_from_the_start() {
    let server = Server::with_fault(FaultKind::SlowHeaders { seconds: None }, When::always());
    let lab = Lab::at(&server.url());
    lab.bench(&[SHORT[0], SHORT[1], "--warmup", "2"])
        .fails(
            3,
            &["every warm-up request", "endpoint `candidate`", &server.url(), "timeout_ttft", "`timeouts`"],
        )
        .prints_nothing();
    lab.has_no_results();
}

#[test]
fn a_server_that_hangs_in_the_middle() {
    let server = Server::with_fault(FaultKind::Stall { after_tokens: 3, seconds: None }, When::every(2));
    let lab = Lab::at(&server.url());
    let ended = lab.bench(&["--set", "endpoints.candidate.timeouts.stall_s=1"]);
    ended.fails(3, &["4 timeout_stall", "the stream stalled for 1 s (`timeouts.stall_s`)"]);
    let result = lab.result();
    assert_eq!(outcomes(&result, Side::Candidate), [(Success, 4), (TimeoutStall, 4)]);
    assert_received_is_kept(&result, TimeoutStall);
}

#[test]
fn a_server_that_takes_too_long_in_all() {
    let server = Server::with_fault(FaultKind::Stall { after_tokens: 3, seconds: None }, When::every(2));
    let lab = Lab::at(&server.url());
    let ended = lab.bench(&["--set", "endpoints.candidate.timeouts.total_s=1"]);
    ended.fails(3, &["4 timeout_total", "not finished within 1 s (`timeouts.total_s`)"]);
    assert_eq!(outcomes(&lab.result(), Side::Candidate), [(Success, 4), (TimeoutTotal, 4)]);
}

/// What came before the failure is in the result.
fn assert_received_is_kept(result: &RunResult, outcome: Outcome) {
    let attempts = result.rows.iter().filter_map(|row| row.candidate.as_ref());
    for attempt in attempts.filter(|attempt| attempt.exchange.outcome == outcome) {
        assert!(attempt.exchange.content.starts_with("Taken"), "{:?}", attempt.exchange.content);
        assert!(attempt.exchange.error.is_some());
    }
}

/// A run in which every second request is struck: its result, and how it ended.
fn struck(kind: &FaultKind) -> (RunResult, Ended) {
    let server = Server::with_fault(kind.clone(), When::every(2));
    let lab = Lab::at(&server.url());
    let ended = lab.bench(&[
        "--set",
        "endpoints.candidate.timeouts.ttft_s=1",
        "--set",
        "endpoints.candidate.timeouts.stall_s=1",
    ]);
    assert!(!ended.stderr.contains("panic"), "{kind:?}: {ended:#?}");
    assert_eq!(server.requests_served(), PROMPTS, "{kind:?}");
    (lab.result(), ended)
}

#[test]
fn every_fault_has_its_one_outcome() {
    use FaultKind as F;
    let status = |status, shape| F::Status { status, shape };
    let fatal = [
        (status(400, ErrorShape::Vllm), Http4xx, "HTTP 400: simulated: the request is not valid"),
        (status(403, ErrorShape::Fastapi), Http4xx, "HTTP 403: simulated: this key may not use the model"),
        (status(500, ErrorShape::Text), Http5xx, "HTTP 500: simulated: the engine failed"),
        (status(503, ErrorShape::LlamaCpp), Http5xx, "HTTP 503: simulated: the model is loading"),
        (F::RateLimit { retry_after_s: None }, RateLimited, "HTTP 429"),
        (F::SlowHeaders { seconds: None }, TimeoutTtft, "no response headers"),
        (F::Stall { after_tokens: 0, seconds: None }, TimeoutTtft, "no first token"),
        (F::Stall { after_tokens: 2, seconds: None }, TimeoutStall, "the stream stalled"),
        (F::Truncate { after_tokens: 2 }, IncompleteStream, "neither a `finish_reason` nor `[DONE]`"),
        (F::StreamError { after_tokens: 2 }, StreamError, "simulated: the engine failed"),
        (F::Reset { after_tokens: 0 }, Reset, "connection"),
        (F::Reset { after_tokens: 2 }, Reset, ""),
        (F::InvalidJson { after_tokens: 2 }, BadResponse, "not the expected JSON"),
        (F::InvalidUtf8 { after_tokens: 2 }, BadResponse, "UTF-8"),
        (F::Html, BadResponse, "`text/html`"),
    ];
    for (kind, outcome, words) in fatal {
        let (result, ended) = struck(&kind);
        assert_eq!(outcomes(&result, Side::Candidate), [(Success, 4), (outcome, 4)], "{kind:?}: {ended:#?}");
        ended.fails(3, &["50 % of the requests", &format!("4 {outcome}"), words]);
    }
}

#[test]
fn oddities_that_are_no_failure() {
    use FaultKind as F;
    let harmless = [
        F::NoDone,
        F::NoUsage,
        F::SplitWrites,
        F::CrLf,
        F::Comments,
        F::ByteOrderMark,
        F::TokensPerChunk { tokens: 3 },
        F::Reasoning { field: ReasoningField::ReasoningContent, tokens: 4 },
        F::ToolCall,
        F::SlowHeaders { seconds: Some(0.01) },
        F::Stall { after_tokens: 2, seconds: Some(0.01) },
    ];
    for kind in harmless {
        let (result, ended) = struck(&kind);
        assert_eq!(outcomes(&result, Side::Candidate), [(Success, PROMPTS)], "{kind:?}");
        ended.succeeds();
    }
    // An answer without a token is the model's failure, not the server's: it counts in the quality.
    let (result, ended) = struck(&F::EmptyAnswer);
    let mut counted = outcomes(&result, Side::Candidate);
    counted.sort();
    assert_eq!(counted, [(Success, 4), (Empty, 4)]);
    ended.succeeds();
    let overall = &result.candidate.pass_rates[0].pass_rate;
    assert_eq!((overall.passed, overall.judged), (4, 8));
}

#[test]
fn an_error_rate_that_is_allowed() {
    let server =
        Server::with_fault(FaultKind::Status { status: 500, shape: ErrorShape::Vllm }, When::only(3));
    let lab = Lab::at(&server.url());
    lab.bench(&[]).fails(3, &["12 % of the requests", "`--max-error-rate`", "1 http_5xx"]);
    let server =
        Server::with_fault(FaultKind::Status { status: 500, shape: ErrorShape::Vllm }, When::only(3));
    let lab = Lab::at(&server.url());
    let ended = lab.bench(&["--max-error-rate", "0.2"]);
    ended.succeeds();
    assert!(ended.stdout.contains("1 of 8 requests to the candidate did not succeed"), "{}", ended.stdout);
}

#[test]
fn another_model_in_the_middle() {
    let swapped = || Server::with_fault(FaultKind::ModelName { name: "other-7b".into() }, When::after(4));
    let server = swapped();
    let lab = Lab::at(&server.url());
    lab.bench(&[])
        .fails(3, &["candidate: the served model changed during the run", "`other-7b`", "results/"]);
    assert_eq!(lab.result().candidate.served_models, ["mistral-7b-awq", "other-7b"]);

    let (candidate, baseline) = (Server::good(), swapped());
    let lab = Lab::with_sides(&candidate, &baseline);
    let ended = lab.bench(&["--compare-baseline"]);
    ended.fails(3, &["can't be compared", "baseline: the served model changed during the run", "`other-7b`"]);
    assert_eq!(lab.result().rows.len() as u64, PROMPTS);
}

#[test]
fn another_fingerprint_in_the_middle() {
    let swapped = || Server::with_fault(FaultKind::Fingerprint { value: "fp_other".into() }, When::after(4));
    let server = swapped();
    let lab = Lab::at(&server.url());
    lab.bench(&[]).fails(3, &["candidate: the system fingerprint changed during the run", "`fp_other`"]);
    let (candidate, baseline) = (swapped(), Server::good());
    let lab = Lab::with_sides(&candidate, &baseline);
    lab.bench(&["--compare-baseline"]).fails(
        3,
        &["can't be compared", "candidate: the system fingerprint changed during the run", "`fp_other`"],
    );
}

#[test]
fn another_chat_template_on_one_side() {
    let candidate = Server::with(Faults { prompt_token_offset: 7, ..Faults::none() });
    let baseline = Server::good();
    let lab = Lab::with_sides(&candidate, &baseline);
    let ended = lab.bench(&["--compare-baseline"]);
    ended.succeeds();
    let warnings = lab.result().warnings.join("\n");
    assert!(warnings.contains("different chat templates or tokenizers"), "{warnings}");
    assert!(ended.stdout.contains("different chat templates"), "{}", ended.stdout);
    let same = Lab::with_sides(&baseline, &baseline);
    same.bench(&["--compare-baseline"]).succeeds();
    assert!(!same.result().warnings.join("\n").contains("chat template"));
}
