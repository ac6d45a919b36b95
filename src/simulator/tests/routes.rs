//! Each route over a real socket.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use serde_json::{Value, json};

use super::support::{chat, chat_body, exchange, get, joined, options, post, post_text, prompt_set};
use crate::model::trace::ChunkKind::{Content, Done, Role, Usage};
use crate::simulator::{FINGERPRINT, GroundTruth, Options, Profile, start, truth};

#[tokio::test]
async fn a_streamed_chat_has_vllms_chunks() {
    let running = start(options()).await.unwrap();
    assert!(running.addr().port() < 32_768, "{}", running.addr());
    assert_eq!(running.base_url(), format!("http://{}/v1", running.addr()));
    let raw = chat(&running);
    assert_eq!(raw.status(), 200);
    assert!(raw.head().contains("content-type: text/event-stream"));
    assert!(raw.head().contains("server: labctl-simulator/"), "{}", raw.head());
    let data = raw.data();
    // Role, eight tokens (the last with the finish reason), usage, done: one HTTP chunk each.
    assert_eq!((data.len(), raw.chunks().0.len(), raw.chunks().1), (11, 11, true));
    assert_eq!(data[10], "[DONE]");
    let events = raw.events();
    assert_eq!(events[0]["choices"][0]["delta"], json!({"role": "assistant", "content": ""}));
    assert_eq!(events[0]["system_fingerprint"], FINGERPRINT);
    assert!(events[1..9].iter().all(|e| e["choices"][0]["delta"]["content"].as_str().unwrap() != ""));
    assert_eq!(events[7]["choices"][0]["finish_reason"], Value::Null);
    assert_eq!(events[8]["choices"][0]["finish_reason"], "length");
    assert_eq!(events[9]["choices"], json!([]));
    assert_eq!(events[9]["usage"]["completion_tokens"], 8);
    // "Tell me someth ing ." in the template.
    assert_eq!(events[9]["usage"]["prompt_tokens"], 5 + 4 + 5);
    assert!(events.iter().all(|e| e["model"] == "mistral-7b-fp16" && e["id"] == "chatcmpl-sim-1"));
    running.stop().await.unwrap();
}

#[tokio::test]
async fn the_other_ways_to_ask_give_the_same_text() {
    let running = start(options()).await.unwrap();
    let addr = running.addr();
    let streamed = chat(&running).text();
    let whole = post(addr, "/v1/chat/completions", &chat_body("Tell me something.", 8, false)).json();
    assert_eq!(whole["choices"][0]["message"]["content"], streamed.as_str());
    assert_eq!(
        (&whole["object"], &whole["usage"]["completion_tokens"]),
        (&json!("chat.completion"), &json!(8))
    );
    assert_eq!(whole["system_fingerprint"], FINGERPRINT);
    let ask = |stream| json!({"prompt": "Tell me something.", "max_tokens": 8, "stream": stream});
    let text = post(addr, "/v1/completions", &ask(false)).json();
    assert_eq!((&text["object"], &text["choices"][0]["text"]), (&json!("text_completion"), &json!(streamed)));
    let raw = post(addr, "/v1/completions", &ask(true));
    let events = raw.events();
    assert_eq!(joined(&events, |choice| &choice["text"]), streamed);
    assert_eq!(events.len(), 8, "no role chunk, and no usage unless asked");
    assert_eq!(running.requests_served(), 4);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn known_prompts_are_answered_as_the_truth_says() {
    let set = prompt_set(&[("math", 30)]);
    let running = start(Options { prompt_sets: Arc::new(vec![set.clone()]), ..options() }).await.unwrap();
    let truth = truth(&set, &Profile::fp16(), 42, 5);
    for (prompt, truth) in set.prompts.iter().zip(truth) {
        let body = json!({"seed": 5, "stream": true, "messages": [
            {"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.prompt}]});
        let raw = post(running.addr(), "/v1/chat/completions", &body);
        assert_eq!(raw.text() == prompt.reference, truth.passes, "{}", prompt.id);
        let last = raw.events().pop().unwrap();
        assert_eq!(last["choices"][0]["finish_reason"], "stop");
    }
    running.stop().await.unwrap();
}

#[tokio::test]
async fn usage_in_every_chunk_and_token_ids_on_request() {
    let running = start(options()).await.unwrap();
    let mut body = chat_body("Tell me something.", 4, true);
    body["stream_options"]["continuous_usage_stats"] = json!(true);
    body["return_token_ids"] = json!(true);
    body["ignore_eos"] = json!(true);
    let events = post(running.addr(), "/v1/chat/completions", &body).events();
    let counts: Vec<_> = events.iter().map(|e| e["usage"]["completion_tokens"].as_u64().unwrap()).collect();
    assert_eq!(counts, [0, 1, 2, 3, 4, 4]);
    assert!(events[1..5].iter().all(|e| e["choices"][0]["token_ids"].as_array().unwrap().len() == 1));
    running.stop().await.unwrap();
}

#[tokio::test]
async fn small_routes_answer() {
    let running = start(options()).await.unwrap();
    let addr = running.addr();
    let models = get(addr, "/v1/models").json();
    assert_eq!(
        (&models["data"][0]["id"], &models["data"][0]["max_model_len"]),
        (&json!("mistral-7b-fp16"), &json!(8192))
    );
    assert_eq!((get(addr, "/health").status(), get(addr, "/health").body()), (200, &b""[..]));
    assert_eq!(get(addr, "/version").json()["version"], env!("CARGO_PKG_VERSION"));
    chat(&running);
    let page = String::from_utf8(get(addr, "/metrics").body().to_vec()).unwrap();
    for line in [
        "vllm:generation_tokens_total{engine=\"0\",model_name=\"mistral-7b-fp16\"} 8.0",
        "vllm:prompt_tokens_total{engine=\"0\",model_name=\"mistral-7b-fp16\"} 14.0",
        "vllm:request_success_total{engine=\"0\",finished_reason=\"length\",model_name=\"mistral-7b-fp16\"} 1.0",
    ] {
        assert!(page.lines().any(|l| l == line), "{line} not in\n{page}");
    }
    running.stop().await.unwrap();
}

#[tokio::test]
async fn refusals_are_vllms() {
    let running = start(options()).await.unwrap();
    let addr = running.addr();
    let path = "/v1/chat/completions";
    let mut body = chat_body("x", 8, true);
    body["model"] = json!("gone");
    let raw = post(addr, path, &body);
    assert_eq!(raw.status(), 404);
    let message = "The model `gone` does not exist. Valid aliases: mistral-7b-fp16.";
    assert_eq!(
        raw.json(),
        json!({"error": {"message": message, "type": "NotFoundError", "param": "model", "code": 404}})
    );
    let raw = post(addr, path, &chat_body("x", 1_000_000, true));
    assert!(
        raw.status() == 400
            && raw.json()["error"]["message"].as_str().unwrap().starts_with("max_tokens=1000000")
    );
    let raw = post(addr, path, &chat_body(&"word ".repeat(9_000), 8, true));
    assert!(
        raw.json()["error"]["message"].as_str().unwrap().contains("maximum context length is 8192 tokens")
    );
    assert_eq!(exchange(addr, &post_text(path, "connection: close\r\n", "{")).status(), 400);
    assert_eq!(
        (get(addr, path).status(), get(addr, path).json()),
        (405, json!({"detail": "Method Not Allowed"}))
    );
    assert_eq!((get(addr, "/v2").status(), get(addr, "/v2").json()), (404, json!({"detail": "Not Found"})));
    assert_eq!(exchange(addr, "\x16\x03\x01\r\n\r\n").status(), 400);
    assert_eq!(running.requests_served(), 0);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn a_key_is_asked_for_and_never_shown() {
    let options = Options { api_key: Some("secret-1".to_owned()), ..options() };
    assert!(!format!("{options:?}").contains("secret"));
    let running = start(options).await.unwrap();
    let addr = running.addr();
    assert_eq!((get(addr, "/v1/models").status(), get(addr, "/health").status()), (401, 200));
    for (key, status) in [("secret-1", 200), ("secret-2", 401)] {
        let head =
            format!("GET /v1/models HTTP/1.1\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n");
        let raw = exchange(addr, &head);
        assert_eq!(raw.status(), status);
        assert!(!String::from_utf8_lossy(&raw.bytes).contains("secret"));
    }
    running.stop().await.unwrap();
}

#[tokio::test]
async fn connections_are_kept_and_requests_may_come_in_pieces_or_ahead() {
    let running = start(options()).await.unwrap();
    let body = chat_body("Tell me something.", 2, false).to_string();
    let one = post_text("/v1/chat/completions", "x-request-id: r-7\r\n", &body);
    let last = "GET /health HTTP/1.1\r\nconnection: close\r\n\r\n";
    let mut stream = TcpStream::connect(running.addr()).unwrap();
    let (first, second) = one.split_at(70);
    stream.write_all(first.as_bytes()).unwrap();
    stream.write_all(second.as_bytes()).unwrap();
    stream.write_all(format!("{one}{last}").as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 3, "{text}");
    assert_eq!(text.matches("x-request-id: r-7").count(), 2);
    assert_eq!(text.matches("\"id\":\"chatcmpl-r-7\"").count(), 2);
    running.stop().await.unwrap();
}

#[tokio::test]
async fn ground_truth_tells_every_chunk_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("truth.jsonl");
    let running = start(Options { ground_truth: Some(path.clone()), ..options() }).await.unwrap();
    let body = chat_body("Tell me something.", 3, true).to_string();
    exchange(
        running.addr(),
        &post_text("/v1/chat/completions", "x-request-id: r-1\r\nconnection: close\r\n", &body),
    );
    chat(&running);
    running.stop().await.unwrap();
    let records = GroundTruth::read(&path).unwrap();
    assert_eq!(records.len(), 2);
    let record = &records[0];
    assert_eq!((record.id.as_str(), record.ordinal, record.status, record.finished), ("r-1", 1, 200, true));
    assert_eq!(record.kinds, [Role, Content, Content, Content, Usage, Done]);
    assert_eq!(record.tokens, [0, 1, 1, 1, 0, 0]);
    assert!(record.received_ns < record.due_ns[1], "{record:?}");
    for i in 0..record.kinds.len() {
        assert!(record.before_ns[i] <= record.after_ns[i] && record.due_ns[i] <= record.before_ns[i]);
        assert!(i == 0 || record.after_ns[i - 1] <= record.before_ns[i]);
    }
    assert_eq!(records[1].id, "sim-2");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let running = start(options()).await.unwrap();
    let port = running.addr().port();
    let error = start(Options { port, ..options() }).await.unwrap_err();
    assert!(error.to_string().contains(&format!("127.0.0.1:{port}")), "{error}");
    running.stop().await.unwrap();
    let again = start(Options { port, ..options() }).await.unwrap();
    assert_eq!(again.addr().port(), port, "stopping frees the port");
    again.stop().await.unwrap();
}

#[tokio::test]
async fn many_streams_at_once_are_each_whole() {
    let running = start(options()).await.unwrap();
    let addr = running.addr();
    let clients: Vec<_> = (0..64)
        .map(|n| {
            std::thread::spawn(move || {
                let raw = post(addr, "/v1/chat/completions", &chat_body(&format!("Say {n}."), 30, true));
                (raw.data().len(), raw.data().pop())
            })
        })
        .collect();
    for client in clients {
        assert_eq!(client.join().unwrap(), (33, Some("[DONE]".to_owned())));
    }
    assert_eq!(running.requests_served(), 64);
    running.stop().await.unwrap();
}
