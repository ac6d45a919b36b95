//! Keys: sent where they belong, and seen nowhere else.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::servers::{HttpServer, Server};
use crate::support::{Ended, Lab, PROMPTS, is_nowhere, outcomes};
use labctl::model::outcome::Outcome;
use labctl::model::record::Side;
use labctl::results::store::load_file;
use labctl::simulator::{FaultKind, When};

const KEY: &str = "sk-live-0123456789abcdef";

/// Asserts that a text is in nothing that was printed or written.
fn assert_hidden(lab: &Lab, ended: &Ended, secret: &str) {
    is_nowhere(&lab.written(), secret);
    let printed = [("stdout", &ended.stdout), ("stderr", &ended.stderr)];
    is_nowhere(&printed.map(|(name, text)| (PathBuf::from(name), text.clone())), secret);
}

#[test]
fn a_url_with_keys_in_it() {
    let server = Server::good();
    let url = server.url().replace("http://", "http://us3r:pa55w0rd@") + "?api_key=qu3ryk3y";
    for format in ["text", "json", "markdown"] {
        let lab = Lab::at(&url);
        let ended = lab.bench(&["--format", format]);
        ended.succeeds();
        assert_eq!(outcomes(&lab.result(), Side::Candidate), [(Outcome::Success, PROMPTS)]);
        assert!(lab.result().candidate.url.contains("***"), "{}", lab.result().candidate.url);
        assert_eq!(lab.written().len(), 3, "the result and two reports");
        for secret in ["us3r", "pa55w0rd", "qu3ryk3y"] {
            assert_hidden(&lab, &ended, secret);
        }
    }
}

#[test]
fn a_url_with_keys_on_the_command_line() {
    let url = echo(true).url().replace("http://", "http://us3r:pa55w0rd@") + "?api_key=qu3ryk3y";
    let lab = Lab::new();
    let ended = lab.labctl(&["run", "--url", &url, "--promptset", "tiny"]);
    ended.fails(3, &["HTTP 401", "***"]).prints_nothing();
    for secret in ["us3r", "pa55w0rd", "qu3ryk3y", "dXMzcjpwYTU1dzByZA"] {
        assert_hidden(&lab, &ended, secret);
    }
}

#[test]
fn a_command_line_with_keys_is_kept_without_them() {
    let server = Server::good();
    let url = server.url().replace("http://", "http://us3r:pa55w0rd@") + "?api_key=qu3ryk3y";
    let lab = Lab::at(&server.url());
    let header = "endpoints.candidate.headers.X-Lab=h3aderk3y";
    let ended = lab.bench(&["--url", &url, "--set", header]);
    ended.succeeds();
    let masked = "endpoints.candidate.headers.X-Lab=***";
    let words = lab.result().command_line.unwrap();
    assert_eq!(words[..4], ["labctl", "bench", "--team", "lab"]);
    assert!(words.contains(&masked.to_owned()), "{words:?}");
    // Each word of a command has its own element.
    let page = fs::read_to_string(lab.only(".html")).unwrap();
    let page = page.replace("<span class=\"word\">", "").replace("</span>", "");
    assert!(page.contains("labctl bench --team lab --allow-invalid-client --url "), "{page}");
    assert!(page.contains(masked));

    let again = lab.labctl(&["rescore", "latest", "--allow-invalid-client", "--set", header]);
    again.succeeds();
    let words = lab.all(".json").into_iter().map(|path| load_file(&path).unwrap().command_line.unwrap());
    assert!(words.into_iter().any(|words| words[1] == "rescore" && words.contains(&masked.to_owned())));
    for secret in ["us3r", "pa55w0rd", "qu3ryk3y", "h3aderk3y"] {
        assert_hidden(&lab, &ended, secret);
        assert_hidden(&lab, &again, secret);
    }
}

#[test]
fn a_url_with_keys_where_nobody_listens() {
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let lab = Lab::at(&format!("http://us3r:pa55w0rd@{free}/v1?api_key=qu3ryk3y"));
    let ended = lab.bench(&[]);
    ended.fails(3, &["***", &free.to_string(), "refused"]);
    for secret in ["us3r", "pa55w0rd", "qu3ryk3y"] {
        assert_hidden(&lab, &ended, secret);
    }
}

/// A server that tells everything it was sent, in refusals and in answers.
fn echo(refuses: bool) -> HttpServer {
    HttpServer::answering(move |request| {
        let sent = request.head.split_whitespace().collect::<Vec<_>>().join(" ");
        let refusal =
            || json!({"error": {"message": format!("wrong key in: {sent}"), "code": 401}}).to_string();
        match request.path.split('?').next().unwrap_or_default() {
            "/health" => (200, "text/plain", String::new()),
            _ if refuses => (401, "application/json", refusal()),
            "/v1/models" => (200, "application/json", r#"{"data":[{"id":"one"}]}"#.to_owned()),
            "/v1/chat/completions" => {
                let delta = json!({"content": sent});
                let choice = json!({"index": 0, "delta": delta, "finish_reason": "stop"});
                let chunk = json!({"model": sent, "system_fingerprint": sent, "choices": [choice]});
                (200, "text/event-stream", format!("data: {chunk}\n\ndata: [DONE]\n\n"))
            }
            _ => (404, "text/plain", sent),
        }
    })
}

/// A bench of this server with a key in each place that can hold one.
fn bench_with_keys(server: &HttpServer) -> (Lab, Ended) {
    let url = server.url() + "?token=qu3ryk3y";
    let headers = json!({"X-Lab-Key": "h3aderk3y", "X-Other": "Token t0kenk3y"});
    let lab = Lab::new().with_endpoints(&[(
        "candidate",
        json!({"url": url, "headers": headers, "api_key_env": "LAB_TEST_KEY"}),
    )]);
    let mut command = lab.command();
    command.args(Lab::bench_arguments(&[])).env("LAB_TEST_KEY", KEY);
    let ended = Ended::of(&mut command);
    for secret in [KEY, "qu3ryk3y", "h3aderk3y", "t0kenk3y"] {
        assert_hidden(&lab, &ended, secret);
    }
    (lab, ended)
}

#[test]
fn a_refusal_that_quotes_the_key() {
    let (lab, ended) = bench_with_keys(&echo(true));
    ended.fails(3, &["HTTP 401: wrong key in:", "***", "`--api-key-env`"]).prints_nothing();
    lab.has_no_results();
}

#[test]
fn an_answer_that_quotes_the_key() {
    let (lab, ended) = bench_with_keys(&echo(false));
    // Each response names a model of its own, for the request's id is in what it echoes.
    assert_eq!(ended.code, 3, "{ended:#?}");
    let result = lab.result();
    assert_eq!(outcomes(&result, Side::Candidate), [(Outcome::Success, PROMPTS)]);
    let first = &result.rows[0].candidate.as_ref().unwrap().exchange;
    assert!(first.content.contains("Bearer ***"), "{}", first.content);
}

#[test]
fn a_doctor_quotes_no_key() {
    let server = HttpServer::answering(|request| {
        let sent = request.head.split_whitespace().collect::<Vec<_>>().join(" ");
        if request.path == "/v1/models" {
            return (200, "application/json", r#"{"data":[{"id":"one"}]}"#.to_owned());
        }
        if !request.body.contains("\"model\":\"one\"") || !request.body.contains("messages") {
            return (400, "text/plain", sent);
        }
        let chunk = |delta, finish| json!({"choices": [{"delta": delta, "finish_reason": finish}]});
        let (first, last) = (chunk(json!({"content": sent}), None), chunk(json!({}), Some(&sent)));
        (200, "text/event-stream", format!("data: {first}\n\ndata: {last}\n\n"))
    });
    let lab = Lab::new();
    let mut command = lab.command();
    command.args(["doctor", &server.url(), "--api-key-env", "LAB_TEST_KEY"]).env("LAB_TEST_KEY", KEY);
    let ended = Ended::of(&mut command);
    assert_eq!(ended.stdout.matches("Bearer ***").count(), 3, "two refusals and a finish reason: {ended:#?}");
    assert_hidden(&lab, &ended, KEY);
}

#[test]
fn a_journal_holds_no_key_either() {
    let server = Server::with_options(|options| {
        options.api_key = Some(KEY.to_owned());
        let fault = FaultKind::SlowHeaders { seconds: None };
        options.faults = labctl::simulator::Faults::none().with(fault, When::after(4));
    });
    let lab = Lab::new().with_endpoints(&[(
        "candidate",
        json!({"url": server.url() + "?k=qu3ryk3y", "headers": {"X-Lab": "h3aderk3y"}, "api_key_file": "key.txt"}),
    )]);
    fs::write(lab.path("key.txt"), KEY).unwrap();
    let run = lab.start_bench(&[]);
    lab.wait_for_records(4);
    run.signal("KILL");
    let ended = run.end();
    assert_eq!(lab.all(".journal.jsonl").len(), 1);
    for secret in [KEY, "qu3ryk3y", "h3aderk3y"] {
        assert_hidden(&lab, &ended, secret);
    }
}
