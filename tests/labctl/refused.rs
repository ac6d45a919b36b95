//! Servers that answer and refuse: no key, no such model, too many requests, no API at all.

use serde_json::json;

use crate::servers::{HttpServer, MODEL, Server};
use crate::support::{Lab, PROMPTS, outcomes};
use labctl::model::outcome::Outcome;
use labctl::model::record::Side;
use labctl::simulator::{ErrorShape, FaultKind, When};

fn locked() -> Server {
    Server::with_options(|options| options.api_key = Some("sk-right-one".to_owned()))
}

#[test]
fn no_key_where_one_is_needed() {
    let server = locked();
    let lab = Lab::at(&server.url());
    lab.bench(&[])
        .fails(3, &["endpoint `candidate`", &server.url(), "HTTP 401: Unauthorized", "`--api-key-env`"])
        .prints_nothing();
    lab.has_no_results();
}

#[test]
fn a_wrong_key_and_the_right_one() {
    let server = locked();
    let lab = Lab::at(&server.url());
    let with_key = |key: &str| {
        let arguments = Lab::bench_arguments(&["--api-key-env", "LAB_TEST_KEY"]);
        crate::support::Ended::of(lab.command().args(arguments).env("LAB_TEST_KEY", key))
    };
    let ended = with_key("sk-wrong-one");
    ended.fails(3, &["endpoint `candidate`", "HTTP 401"]).prints_nothing();
    assert!(!ended.stderr.contains("sk-wrong-one"), "{ended:#?}");
    lab.has_no_results();
    with_key("sk-right-one").succeeds();
    lab.result();
}

#[test]
fn a_key_that_is_nowhere() {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    lab.bench(&["--api-key-env", "LAB_KEY_THAT_NOBODY_SET"])
        .fails(2, &["LAB_KEY_THAT_NOBODY_SET", "not set"])
        .prints_nothing();
    assert_eq!(server.requests_served(), 0);
}

#[test]
fn a_model_that_is_not_served() {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    lab.bench(&["--model", "mistral-8b"])
        .fails(3, &["endpoint `candidate`", &server.url(), "does not serve model `mistral-8b`"])
        .fails(3, &[&format!("it serves `{MODEL}`"), "`--model`"])
        .prints_nothing();
    lab.has_no_results();
}

#[test]
fn a_model_that_only_the_request_finds_missing() {
    let server =
        Server::with_fault(FaultKind::Status { status: 404, shape: ErrorShape::Fastapi }, When::always());
    let lab = Lab::at(&server.url());
    lab.bench(&["--warmup", "2"])
        .fails(3, &["every warm-up request", "endpoint `candidate`", &server.url()])
        .fails(3, &["http_4xx", "HTTP 404: simulated: the model does not exist"])
        .prints_nothing();
    lab.has_no_results();
}

#[test]
fn several_models_and_none_named() {
    let server = HttpServer::answering(|request| match request.path.as_str() {
        "/v1/models" => (200, "application/json", r#"{"data":[{"id":"one"},{"id":"two"}]}"#.to_owned()),
        _ => (404, "text/plain", String::new()),
    });
    let lab = Lab::at(&server.url());
    lab.bench(&[]).fails(3, &["no model was named", "it serves `one`, `two`", "`--model`"]).prints_nothing();
}

#[test]
fn too_many_requests_from_the_start() {
    let server = Server::with_fault(FaultKind::RateLimit { retry_after_s: Some(7) }, When::always());
    let lab = Lab::at(&server.url());
    lab.bench(&["--warmup", "2"])
        .fails(3, &["every warm-up request", "endpoint `candidate`", &server.url(), "rate_limited"])
        .fails(3, &["HTTP 429, retry after 7 s", "too many requests", "lower `--concurrency`"])
        .prints_nothing();
    lab.has_no_results();
}

#[test]
fn too_many_requests_for_a_part() {
    let server = Server::with_fault(FaultKind::RateLimit { retry_after_s: Some(7) }, When::every(2));
    let lab = Lab::at(&server.url());
    let ended = lab.bench(&[]);
    ended.fails(3, &["50 % of the requests to the candidate", "4 rate_limited", "10 %"]);
    ended.fails(
        3,
        &["HTTP 429, retry after 7 s", "lower `--concurrency`", "what was measured is in `results/"],
    );
    let result = lab.result();
    assert_eq!(outcomes(&result, Side::Candidate), [(Outcome::Success, 4), (Outcome::RateLimited, 4)]);
    let limited = result.rows.iter().filter_map(|row| row.candidate.as_ref());
    let waits: Vec<_> = limited.filter_map(|attempt| attempt.exchange.retry_after_s).collect();
    assert_eq!(waits, [7.0; 4]);
    assert!(ended.stdout.contains("rate_limited"), "{}", ended.stdout);
}

#[test]
fn a_web_page_instead_of_a_stream() {
    let server = Server::with_fault(FaultKind::Html, When::always());
    let lab = Lab::at(&server.url());
    lab.bench(&["--warmup", "1"])
        .fails(3, &["endpoint `candidate`", &server.url(), "bad_response", "`text/html`", "`/v1`"])
        .prints_nothing();
    lab.has_no_results();
    // Without a warm-up it is found out by measuring, and what was found out is kept.
    lab.bench(&[]).fails(3, &["100 % of the requests", "8 bad_response", "`text/html`", "`/v1`"]);
    assert_eq!(outcomes(&lab.result(), Side::Candidate), [(Outcome::BadResponse, PROMPTS)]);
}

#[test]
fn a_web_site_instead_of_an_api() {
    let page = "<!DOCTYPE html><title>Welcome</title>".to_owned();
    let server = HttpServer::answering(move |_| (200, "text/html", page.clone()));
    let lab = Lab::at(&server.url());
    lab.bench(&["--warmup", "1"])
        .fails(3, &["endpoint `candidate`", "no model was named", "name the model with `--model`"])
        .prints_nothing();
    lab.bench(&["--warmup", "1", "--model", "m"])
        .fails(3, &["endpoint `candidate`", &server.url(), "`text/html`", "Welcome", "`/v1`"])
        .prints_nothing();
    lab.has_no_results();
}

#[test]
fn json_instead_of_a_stream() {
    let server = HttpServer::answering(|request| match request.path.as_str() {
        "/v1/models" => (200, "application/json", r#"{"data":[{"id":"one"}]}"#.to_owned()),
        _ => (200, "application/json", json!({"choices": [{"message": {"content": "4"}}]}).to_string()),
    });
    let lab = Lab::at(&server.url());
    lab.bench(&["--warmup", "1"])
        .fails(3, &["not a stream of server-sent events", "`application/json`", &server.url()])
        .prints_nothing();
}
