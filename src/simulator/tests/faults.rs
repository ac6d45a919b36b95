//! Each fault over a real socket.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use super::support::{
    Raw, chat, chat_body, exchange, get, joined, options, post, post_text, prompt_set, with_fault,
};
use crate::simulator::{
    ErrorShape, FINGERPRINT, FaultKind, Faults, GroundTruth, Options, ReasoningField, Running, When, start,
};

/// One streamed chat against a server with this fault.
async fn chat_with(kind: FaultKind) -> Raw {
    let running = with_fault(kind).await;
    let raw = chat(&running);
    running.stop().await.unwrap();
    raw
}

/// The answer without any fault.
async fn plain_text() -> String {
    let running = start(options()).await.unwrap();
    let text = chat(&running).text();
    running.stop().await.unwrap();
    text
}

fn contents(raw: &Raw) -> usize {
    raw.events()
        .iter()
        .filter(|e| e["choices"][0]["delta"]["content"].as_str().is_some_and(|c| !c.is_empty()))
        .count()
}

#[tokio::test]
async fn statuses_come_in_every_shape() {
    for status in [400, 401, 403, 404, 500, 503] {
        let raw = chat_with(FaultKind::Status { status, shape: ErrorShape::Vllm }).await;
        assert_eq!((raw.status(), raw.json()["error"]["code"].as_u64()), (status, Some(u64::from(status))));
    }
    let raw = chat_with(FaultKind::Status { status: 503, shape: ErrorShape::LlamaCpp }).await;
    assert_eq!(raw.json()["error"]["type"], "unavailable_error");
    let raw = chat_with(FaultKind::Status { status: 500, shape: ErrorShape::Fastapi }).await;
    assert!(raw.json()["detail"].is_string());
    let raw = chat_with(FaultKind::Status { status: 500, shape: ErrorShape::Text }).await;
    assert!(raw.head().contains("text/plain"));
    let raw = chat_with(FaultKind::RateLimit { retry_after_s: Some(7) }).await;
    assert!(raw.status() == 429 && raw.head().contains("retry-after: 7\r\n"));
}

#[tokio::test]
async fn streams_that_break_off() {
    let raw = chat_with(FaultKind::Truncate { after_tokens: 3 }).await;
    assert_eq!((contents(&raw), raw.chunks().1, raw.end.is_ok()), (3, true, true));
    assert!(!raw.data().contains(&"[DONE]".to_owned()));

    let raw = chat_with(FaultKind::NoDone).await;
    assert!(raw.chunks().1 && !raw.data().contains(&"[DONE]".to_owned()));
    assert_eq!(contents(&raw), 8);

    let raw = chat_with(FaultKind::StreamError { after_tokens: 2 }).await;
    assert_eq!(contents(&raw), 2);
    assert_eq!(raw.events().pop().unwrap()["error"]["code"], 500);

    let raw = chat_with(FaultKind::Reset { after_tokens: 0 }).await;
    assert_eq!((raw.bytes.len(), raw.end.unwrap_err().kind()), (0, ErrorKind::ConnectionReset));

    // What was received before the reset may be lost, so only the end is certain.
    let raw = chat_with(FaultKind::Reset { after_tokens: 2 }).await;
    assert_eq!(raw.end.unwrap_err().kind(), ErrorKind::ConnectionReset);

    let raw = chat_with(FaultKind::Disconnect { after_tokens: 3 }).await;
    assert_eq!((contents(&raw), raw.chunks().1, raw.end.is_ok()), (3, false, true));

    // A fault that lies beyond the answer strikes its last token.
    let raw = chat_with(FaultKind::Truncate { after_tokens: 1_000 }).await;
    assert_eq!(contents(&raw), 7);
}

#[tokio::test]
async fn streams_of_another_form() {
    let plain = plain_text().await;
    let raw = chat_with(FaultKind::CrLf).await;
    let bytes = raw.chunks().0.concat();
    let lines = memchr::memchr_iter(b'\n', &bytes).count();
    assert_eq!(lines, memchr::memmem::find_iter(&bytes, b"\r\n").count());
    assert_eq!(raw.text(), plain);

    let raw = chat_with(FaultKind::Comments).await;
    assert!(raw.chunks().0.iter().all(|c| c.starts_with(b": keep-alive\n\ndata: ")));
    assert_eq!(raw.text(), plain);

    let raw = chat_with(FaultKind::ByteOrderMark).await;
    let starts = |chunk: &&&[u8]| chunk.starts_with(b"\xef\xbb\xbf");
    assert_eq!(raw.chunks().0.iter().filter(starts).count(), 1);
    assert!(raw.chunks().0[0].starts_with(b"\xef\xbb\xbfdata: {"));

    let raw = chat_with(FaultKind::TokensPerChunk { tokens: 3 }).await;
    assert_eq!((contents(&raw), raw.text()), (3, plain.clone()));

    let raw = chat_with(FaultKind::NoUsage).await;
    assert!(raw.events().iter().all(|e| e["usage"].is_null()));
    assert_eq!(raw.text(), plain);
}

#[tokio::test]
async fn writes_are_split_within_characters_and_events() {
    let raw = chat_with(FaultKind::SplitWrites).await;
    let (chunks, ended) = raw.chunks();
    assert!(ended && chunks.len() == 2 * raw.data().len());
    assert!(chunks.iter().any(|c| std::str::from_utf8(c).is_err()), "a character is cut");
    assert!(raw.text().bytes().any(|b| !b.is_ascii()));
    assert_eq!(raw.events().len(), 10);
}

#[tokio::test]
async fn bytes_that_are_not_what_they_should_be() {
    let raw = chat_with(FaultKind::InvalidJson { after_tokens: 2 }).await;
    let broken: Vec<_> =
        raw.data().into_iter().filter(|d| serde_json::from_str::<serde_json::Value>(d).is_err()).collect();
    assert_eq!(broken.len(), 2, "one broken event and [DONE]: {broken:?}");
    assert_eq!(contents(&raw), 7);

    let raw = chat_with(FaultKind::InvalidUtf8 { after_tokens: 2 }).await;
    let broken: Vec<_> = raw.chunks().0.into_iter().filter(|c| std::str::from_utf8(c).is_err()).collect();
    assert_eq!(broken.len(), 1);
    assert!(memchr::memmem::find(broken[0], b"\"content\":\"\xff").is_some());

    let raw = chat_with(FaultKind::Html).await;
    assert_eq!(raw.status(), 200);
    assert!(raw.head().contains("text/html") && raw.body().starts_with(b"<!DOCTYPE html>"));
}

#[tokio::test]
async fn answers_of_another_kind() {
    let plain = plain_text().await;
    for (field, name) in
        [(ReasoningField::Reasoning, "reasoning"), (ReasoningField::ReasoningContent, "reasoning_content")]
    {
        let raw = chat_with(FaultKind::Reasoning { field, tokens: 5 }).await;
        let events = raw.events();
        assert_eq!(raw.text(), plain);
        assert!(joined(&events, |c| &c["delta"][name]).ends_with('.'));
        assert_eq!(events.pop_usage(), 13);
    }
    let raw = chat_with(FaultKind::ToolCall).await;
    let events = raw.events();
    assert_eq!(joined(&events, |c| &c["delta"]["tool_calls"][0]["function"]["arguments"]), plain);
    assert_eq!(events[events.len() - 2]["choices"][0]["finish_reason"], "tool_calls");

    let raw = chat_with(FaultKind::EmptyAnswer).await;
    let events = raw.events();
    assert_eq!((raw.text().as_str(), events.pop_usage()), ("", 0));
    assert_eq!(events[1]["choices"][0]["finish_reason"], "stop");
    assert_eq!(raw.data().pop().unwrap(), "[DONE]");
}

/// The tokens that the last event tells.
trait PopUsage {
    fn pop_usage(&self) -> u64;
}

impl PopUsage for Vec<serde_json::Value> {
    fn pop_usage(&self) -> u64 {
        self.last().unwrap()["usage"]["completion_tokens"].as_u64().unwrap()
    }
}

#[tokio::test]
async fn the_served_model_changes_after_some_requests() {
    let faults = Faults::none()
        .with(FaultKind::ModelName { name: "other".to_owned() }, When::after(2))
        .with(FaultKind::Fingerprint { value: "fp-2".to_owned() }, When::after(2));
    let running = start(Options { faults, ..options() }).await.unwrap();
    let told = || {
        let first = chat(&running).events().remove(0);
        (
            first["model"].as_str().unwrap().to_owned(),
            first["system_fingerprint"].as_str().unwrap().to_owned(),
        )
    };
    let before = ("mistral-7b-fp16".to_owned(), FINGERPRINT.to_owned());
    assert_eq!([told(), told(), told()], [before.clone(), before, ("other".to_owned(), "fp-2".to_owned())]);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn another_chat_template_and_a_late_start() {
    let faults = Faults { prompt_token_offset: 11, unhealthy_polls: 2, ..Faults::none() };
    let running = start(Options { faults, ..options() }).await.unwrap();
    let polls = [(); 3].map(|()| get(running.addr(), "/health").status());
    assert_eq!(polls, [503, 503, 200]);
    assert_eq!(chat(&running).events().last().unwrap()["usage"]["prompt_tokens"], 14 + 11);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_dies_refuses_what_comes_after() {
    let faults = Faults { die_after: Some(2), ..Faults::none() };
    let running = start(Options { faults, ..options() }).await.unwrap();
    assert_eq!([chat(&running).data().len(), chat(&running).data().len()], [11, 11]);
    assert_eq!(chat(&running).bytes, b"");
    let addr = running.addr();
    running.stop().await.unwrap();
    assert_eq!(TcpStream::connect(addr).unwrap_err().kind(), ErrorKind::ConnectionRefused);
}

/// Sends a chat and reads until `enough` has come so many times, or the server closes.
fn read_until(running: &Running, enough: &str, times: usize) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(running.addr()).unwrap();
    let body = chat_body("Tell me something.", 8, true).to_string();
    stream.write_all(post_text("/v1/chat/completions", "", &body).as_bytes()).unwrap();
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    while text.matches(enough).count() < times {
        let n = stream.read(&mut buffer).unwrap();
        assert!(n > 0, "closed after {text}");
        text.push_str(std::str::from_utf8(&buffer[..n]).unwrap());
    }
    (stream, text)
}

/// Whether nothing more comes for a tenth of a second, in which eight tokens would have come a dozen times.
fn is_silent(mut stream: &TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    stream.read(&mut [0; 64]).is_err_and(|e| e.kind() == ErrorKind::WouldBlock)
}

#[tokio::test]
async fn servers_that_hang() {
    let running = with_fault(FaultKind::SlowHeaders { seconds: None }).await;
    assert!(is_silent(&read_until(&running, "", 0).0));
    running.stop().await.unwrap();

    let running = with_fault(FaultKind::Stall { after_tokens: 2, seconds: None }).await;
    let (stream, text) = read_until(&running, "\"token_ids\":null}]}\n\n", 2);
    assert!(is_silent(&stream));
    assert_eq!(text.matches("\"content\":").count(), 3, "role and two tokens: {text}");
    running.stop().await.unwrap();

    for slow in [
        FaultKind::SlowHeaders { seconds: Some(0.01) },
        FaultKind::Stall { after_tokens: 2, seconds: Some(0.01) },
    ] {
        let raw = chat_with(slow).await;
        assert_eq!((raw.status(), contents(&raw)), (200, 8));
    }
}

#[tokio::test]
async fn a_client_that_leaves_frees_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("truth.jsonl");
    let faults = Faults::none().with(FaultKind::Stall { after_tokens: 1, seconds: None }, When::only(1));
    let running = start(Options { faults, ground_truth: Some(path.clone()), ..options() }).await.unwrap();
    let (stream, _) = read_until(&running, "\"token_ids\"", 1);
    drop(stream);
    while running.requests_served() == 0 {
        std::thread::yield_now();
    }
    assert_eq!(chat(&running).data().len(), 11);
    let page = String::from_utf8(get(running.addr(), "/metrics").body().to_vec()).unwrap();
    assert!(page.contains("vllm:num_requests_running{engine=\"0\",model_name=\"mistral-7b-fp16\"} 0.0"));
    running.stop().await.unwrap();
    let records = GroundTruth::read(&path).unwrap();
    assert_eq!(records.iter().map(|r| r.finished).collect::<Vec<_>>(), [false, true]);
}

#[tokio::test]
async fn whole_responses_break_too() {
    let ask = |running: &Running| post(running.addr(), "/v1/chat/completions", &chat_body("Hi.", 8, false));
    for (kind, check) in [
        (
            FaultKind::Truncate { after_tokens: 1 },
            (|raw| raw.end.is_ok() && serde_json::from_slice::<serde_json::Value>(raw.body()).is_err())
                as fn(&Raw) -> bool,
        ),
        (FaultKind::Reset { after_tokens: 1 }, |raw| raw.end.is_err()),
        (FaultKind::StreamError { after_tokens: 1 }, |raw| raw.status() == 500),
        (FaultKind::InvalidJson { after_tokens: 1 }, |raw| {
            raw.end.is_ok()
                && raw.status() == 200
                && serde_json::from_slice::<serde_json::Value>(raw.body()).is_err()
        }),
        (FaultKind::InvalidUtf8 { after_tokens: 1 }, |raw| std::str::from_utf8(raw.body()).is_err()),
        (FaultKind::EmptyAnswer, |raw| raw.json()["choices"][0]["message"]["content"] == ""),
        (FaultKind::ToolCall, |raw| {
            raw.json()["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] != ""
        }),
    ] {
        let running = with_fault(kind.clone()).await;
        let raw = ask(&running);
        assert!(check(&raw), "{kind:?}: {}", String::from_utf8_lossy(&raw.bytes));
        running.stop().await.unwrap();
    }
}

#[tokio::test]
async fn known_answers_stay_whole_under_faults_of_form() {
    let set = prompt_set(&[("math", 20)]);
    let running = with_fault(FaultKind::SplitWrites).await;
    let prompt = &set.prompts[3];
    let body = json!({"stream": true, "messages": [{"role": "system", "content": prompt.system},
        {"role": "user", "content": prompt.prompt}]});
    let text = exchange(
        running.addr(),
        &post_text("/v1/chat/completions", "connection: close\r\n", &body.to_string()),
    )
    .text();
    assert!(text == prompt.reference || prompt.near_miss.contains(&text), "{text}");
    running.stop().await.unwrap();
}
