//! `labctl doctor`: who a server is, and how its stream keeps to what is usual.

use serde_json::{Value, json};

use labctl::simulator::{FaultKind, When};

use crate::servers::{HttpServer, Server};
use crate::support::{Ended, Lab};

/// What doctor found at a URL, with more arguments: exit code, and the findings as (group, what, grade, detail).
fn doctor(url: &str, arguments: &[&str]) -> (i32, Vec<[String; 4]>) {
    let lab = Lab::new();
    let ended = lab.labctl(&[&["doctor", url, "--format", "json"], arguments].concat());
    (ended.code, findings(&ended))
}

fn findings(ended: &Ended) -> Vec<[String; 4]> {
    let groups: Value = serde_json::from_str(&ended.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let in_group = |group: &Value| {
        let name = text(&group["name"]);
        let found = group["findings"].as_array().unwrap().clone();
        found
            .into_iter()
            .map(move |f| [name.clone(), text(&f["what"]), text(&f["grade"]), text(&f["detail"])])
            .collect::<Vec<_>>()
    };
    groups.as_array().unwrap().iter().flat_map(in_group).collect()
}

/// Asserts that a finding about the endpoint or its stream has this grade and says this.
fn says(found: &[[String; 4]], what: &str, grade: &str, part: &str) {
    let holds =
        |f: &&[String; 4]| f[0] != "this machine" && f[1] == what && f[2] == grade && f[3].contains(part);
    assert!(found.iter().any(|f| holds(&f)), "no {what} {grade} `{part}` in {found:#?}");
}

#[test]
fn the_simulator_keeps_to_everything() {
    let server = Server::good();
    let (code, found) = doctor(&server.url(), &[]);
    assert_eq!(code, 0);
    for (what, part) in [
        ("dialect", "vLLM (recognised), verified with 0.32.0"),
        ("timing", "headers after "),
        ("role chunk", "`content: \"\"`"),
        ("chunk tokens", "told by `token_ids`: 1 a chunk"),
        ("usage", "on a chunk of its own; "),
        ("finish reason", "`length`, on the last chunk with text"),
        ("[DONE]", "ends the stream"),
        ("reasoning", "none seen"),
        ("cached tokens", "told: 0 of "),
        ("UTF-8", "whole characters"),
        ("refusal", "no `messages`: HTTP 400: 1 validation error"),
        ("refusal", "unknown model: HTTP 404: "),
    ] {
        says(&found, what, "ok", part);
    }
    assert!(found.iter().any(|f| f[0] == "stream conformance of url"));
    let text = Lab::new().labctl(&["doctor", &server.url()]);
    assert!(text.succeeds().stdout.contains("stream conformance of url\n"), "{}", text.stdout);
}

#[test]
fn completions_are_looked_at_as_well_as_chat() {
    let server = Server::good();
    let (code, found) = doctor(&server.url(), &["--api", "completions"]);
    assert_eq!(code, 0);
    says(&found, "role chunk", "ok", "none, as is usual for `completions`");
    says(&found, "usage", "ok", " output tokens");
    says(&found, "refusal", "ok", "no `prompt`: HTTP 400: ");
}

#[test]
fn what_a_stream_lacks_is_told() {
    let check = |fault, what: &str, grade: &str, part: &str| {
        let (_, found) = doctor(&Server::with_fault(fault, When::always()).url(), &[]);
        says(&found, what, grade, part);
    };
    check(FaultKind::NoDone, "[DONE]", "warning", "never sent");
    check(FaultKind::NoUsage, "usage", "warning", "no token counts are sent");
}

/// A server of another kind: what it answers at each path, and to a completion that has messages.
fn other(paths: &'static [(&'static str, &'static str)], stream: &'static str) -> HttpServer {
    HttpServer::answering(move |request| {
        if let Some((_, body)) = paths.iter().find(|(path, _)| *path == request.path) {
            return (200, "application/json", (*body).to_owned());
        }
        match request.path.as_str() {
            "/v1/chat/completions" if request.body.contains("return_token_ids") => {
                (400, "application/json", json!({"error": {"message": "Unknown field"}}).to_string())
            }
            "/v1/chat/completions" if request.body.contains("\"messages\"") => {
                (200, "text/event-stream", stream.to_owned())
            }
            "/v1/chat/completions" => (500, "text/plain", "Internal Server Error".to_owned()),
            _ => (404, "application/json", json!({"detail": "Not Found"}).to_string()),
        }
    })
}

const STREAM: &str = "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\n\
    data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n\
    data: {\"choices\":[{\"delta\":{\"content\":\"a\u{fffd}\"}}]}\n\n\
    data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":9}}\n\n";

#[test]
fn every_kind_is_recognised_and_what_is_not_verified_says_so() {
    for (paths, grade, part, server) in [
        (
            [
                ("/v1/models", r#"{"data":[{"id":"m","owned_by":"sglang"}]}"#),
                ("/get_server_info", r#"{"version":"0.5","tp_size":1}"#),
            ],
            "warning",
            "SGLang (recognised), unverified",
            "SGLang 0.5",
        ),
        (
            [
                ("/v1/models", r#"{"data":[{"id":"m","owned_by":"m"}]}"#),
                ("/info", r#"{"version":"3.3","model_id":"m"}"#),
            ],
            "warning",
            "TGI (recognised), unverified",
            "TGI 3.3",
        ),
        (
            [
                ("/v1/models", r#"{"data":[{"id":"m","owned_by":"library"}]}"#),
                ("/api/version", r#"{"version":"0.13"}"#),
            ],
            "warning",
            "Ollama (recognised), unverified",
            "Ollama 0.13",
        ),
        (
            [
                ("/v1/models", r#"{"data":[{"id":"m","owned_by":"me"}]}"#),
                ("/openapi.json", r#"{"paths":{"/load_model":{}},"info":{"version":"0.1.0"}}"#),
            ],
            "ok",
            "transformers (recognised)",
            "transformers",
        ),
        (
            [("/v1/models", r#"{"data":[{"id":"m","owned_by":"me"}]}"#), ("/version", r#"{"version":"1"}"#)],
            "ok",
            "OpenAI-compatible (nothing more special was recognised)",
            "does not say",
        ),
    ] {
        let paths: &'static [(&'static str, &'static str)] = Box::leak(Box::new(paths));
        let (code, found) = doctor(&other(paths, STREAM).url(), &[]);
        assert_eq!(code, 0, "{found:#?}");
        says(&found, "dialect", grade, part);
        says(&found, "reachable", "ok", server);
    }
}

#[test]
fn odd_shapes_are_named() {
    let (code, found) = doctor(&other(&[], STREAM).url(), &["--model", "m"]);
    assert_eq!(code, 0);
    for (what, grade, part) in [
        ("role chunk", "ok", "without `content`"),
        ("chunk tokens", "ok", "not told by this kind"),
        ("usage", "warning", "9 output tokens, on a chunk with a choice; but there are 2 chunks"),
        ("finish reason", "ok", "`length`, on a chunk without text, with usage"),
        ("[DONE]", "warning", "never sent"),
        ("reasoning", "ok", "in `reasoning_content`"),
        ("cached tokens", "ok", "not told"),
        ("UTF-8", "warning", "U+FFFD stands in the text once"),
        ("refusal", "warning", "no `messages`: HTTP 500: Internal Server Error (plain text)"),
        ("refusal", "ok", "unknown model: answered"),
    ] {
        says(&found, what, grade, part);
    }
}

#[test]
fn a_server_that_refuses_what_its_kind_takes_gets_a_remedy() {
    let models = &[("/v1/models", r#"{"data":[{"id":"m","owned_by":"vllm"}]}"#)];
    let server = other(models, STREAM);
    let (code, found) = doctor(&server.url(), &[]);
    assert_eq!(code, 3);
    says(&found, "streaming", "failed", "HTTP 400: Unknown field");
    says(&found, "dialect", "failed", "refuses `return_token_ids`");
    says(&found, "dialect", "failed", "`kind: openai`");
    let lab = Lab::at(&server.url());
    lab.bench(&["--warmup", "1"]).fails(3, &["HTTP 400: Unknown field", "`kind: openai`"]);
    let found = findings(&lab.labctl(&[
        "doctor",
        "--endpoint",
        "candidate",
        "--set",
        "endpoints.candidate.kind=openai",
        "--format",
        "json",
    ]));
    says(&found, "dialect", "ok", "OpenAI-compatible (configured)");
    says(&found, "streaming", "ok", "chunks");
}

#[test]
fn completions_are_measured_by_a_run() {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    lab.bench(&["--api", "completions"]).succeeds();
    let result = lab.result();
    let answer = &result.rows[0].candidate.as_ref().unwrap().exchange;
    assert!(!answer.content.is_empty() && answer.usage.is_some());
    assert!(answer.trace.token_chunks().count() > 1);
    assert_eq!(result.config["endpoints"]["candidate"]["api"], "completions");
}
