//! What real servers sent, byte for byte, read by labctl's client over a socket. The recordings are
//! made by `tests/fixtures/record.sh`.

use std::path::Path;
use std::time::Duration;

use labctl::client::clock::Clock;
use labctl::client::exchange::Client;
use labctl::client::http::HttpTransport;
use labctl::client::probe::identify;
use labctl::client::request::{CHAT_COMPLETIONS, Request};
use labctl::client::server::Dialect;
use labctl::model::config::{Endpoint, ServerKind, Timeouts};
use labctl::model::exchange::Exchange;
use labctl::model::outcome::Outcome;
use labctl::model::trace::ChunkKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

fn bytes_of(recording: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(recording);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Serves a recording once, in writes of this many bytes, and gives what the client made of it.
async fn replay(recording: &str, piece: usize) -> Exchange {
    replay_to(dialect(recording), recording, piece).await
}

/// The same, to a client that takes the server for one of this dialect.
async fn replay_to(dialect: Dialect, recording: &str, piece: usize) -> Exchange {
    let bytes = bytes_of(recording);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.set_nodelay(true).unwrap();
        let mut request = vec![0; 64 << 10];
        let mut received = 0;
        while !request[..received].ends_with(b"{}") {
            received += socket.read(&mut request[received..]).await.unwrap();
        }
        for part in bytes.chunks(piece) {
            socket.write_all(part).await.unwrap();
            tokio::task::yield_now().await;
        }
        // Kept open until the client has read its fill, as a server would.
        let _closed = socket.read(&mut request).await;
    });
    let clock = Clock::start();
    let endpoint = Endpoint { url: Some(url), ..Endpoint::default() };
    let transport = HttpTransport::new(&endpoint, None, clock).unwrap();
    let client = Client::new(transport, clock, Timeouts::default(), Vec::new(), dialect);
    let request = Request { id: "replayed".into(), path: CHAT_COMPLETIONS, body: "{}".into() };
    let cancel = CancellationToken::new();
    let exchange = client.exchange(&request, clock.now(), &cancel);
    let exchange = tokio::time::timeout(Duration::from_mins(1), exchange).await.unwrap();
    drop(client);
    server.await.unwrap();
    exchange
}

/// The dialect of the server that was recorded.
fn dialect(recording: &str) -> Dialect {
    Dialect::of(match recording.split('/').next() {
        Some("vllm") => ServerKind::Vllm,
        Some("llama-cpp") => ServerKind::LlamaCpp,
        Some("transformers") => ServerKind::Transformers,
        _ => ServerKind::Openai,
    })
}

/// The recording read whole, in small pieces and byte by byte: only the times may differ.
async fn read(recording: &str) -> Exchange {
    let whole = replay(recording, usize::MAX).await;
    for piece in [1, 7, 100] {
        let pieces = replay(recording, piece).await;
        let seen = |e: &Exchange| {
            (
                e.outcome,
                e.error.clone(),
                e.content.clone(),
                e.finish_reason.clone(),
                e.usage,
                kinds(e),
                tokens(e),
            )
        };
        assert_eq!(seen(&pieces), seen(&whole), "{recording} in pieces of {piece} bytes");
    }
    whole
}

fn kinds(exchange: &Exchange) -> Vec<ChunkKind> {
    exchange.trace.chunks.iter().map(|chunk| chunk.kind).collect()
}

fn tokens(exchange: &Exchange) -> Vec<u32> {
    exchange.trace.chunks.iter().map(|chunk| chunk.tokens).collect()
}

/// Tokens as the chunks have them, and as usage has them.
fn counts(exchange: &Exchange) -> (u64, u64) {
    (tokens(exchange).into_iter().map(u64::from).sum(), exchange.usage.unwrap().completion_tokens)
}

/// Asserts that each refusal keeps its status and its words, and nothing of the JSON around them.
async fn refusals(expected: &[(&str, Outcome, u16, &str)]) {
    for (recording, outcome, status, words) in expected {
        let exchange = replay(recording, usize::MAX).await;
        assert_eq!((exchange.outcome, exchange.http_status), (*outcome, Some(*status)), "{recording}");
        let error = exchange.error.unwrap();
        assert!(error.starts_with(&format!("HTTP {status}: {words}")), "{recording}: {error}");
        assert!(!error.contains("\"error\"") && !error.contains("\"detail\""), "{recording}: {error}");
    }
}

#[tokio::test]
async fn llama_cpp_streams_with_usage() {
    let exchange = read("llama-cpp/stream.http").await;
    assert_eq!(exchange.outcome, Outcome::Success, "{:?}", exchange.error);
    assert_eq!(exchange.finish_reason.as_deref(), Some("length"));
    let usage = exchange.usage.unwrap();
    assert_eq!(usage.completion_tokens, 12);
    assert!(usage.prompt_tokens > 0 && usage.cached_tokens.is_some());
    assert_eq!(exchange.trace.token_chunks().count(), 12);
    let kinds = kinds(&exchange);
    assert_eq!(kinds[0], ChunkKind::Role, "null content in the first chunk is no token");
    assert_eq!(kinds[13..], [ChunkKind::Finish, ChunkKind::Usage, ChunkKind::Done]);
    assert!(exchange.served_model.unwrap().starts_with("SmolLM2"));
    assert!(!exchange.content.is_empty());
}

#[tokio::test]
async fn llama_cpp_counts_the_end_token_which_has_no_chunk() {
    let exchange = read("llama-cpp/stream_stop.http").await;
    assert_eq!(exchange.finish_reason.as_deref(), Some("stop"));
    let chunks = exchange.trace.token_chunks().count() as u64;
    assert_eq!(exchange.usage.unwrap().completion_tokens, chunks + 1, "so tokens are usage, never chunks");
}

#[tokio::test]
async fn llama_cpp_without_usage_is_counted_by_chunk() {
    let exchange = read("llama-cpp/stream_without_usage.http").await;
    assert_eq!((exchange.outcome, exchange.usage), (Outcome::Success, None));
    assert!(exchange.trace.token_chunks().count() > 0);
}

#[tokio::test]
async fn llama_cpp_sends_whole_characters() {
    let exchange = read("llama-cpp/stream_unicode.http").await;
    assert_eq!(exchange.outcome, Outcome::Success);
    assert!(exchange.content.contains("naïve"), "{}", exchange.content);
}

#[tokio::test]
async fn llama_cpp_tells_the_tokens_so_far_on_every_chunk() {
    let exchange = read("llama-cpp/stream_told.http").await;
    assert_eq!(exchange.outcome, Outcome::Success);
    assert_eq!(counts(&exchange), (12, 12));
    assert_eq!(tokens(&exchange)[..3], [0, 1, 1], "the role chunk has none");
    let exchange = read("llama-cpp/stream_unicode_told.http").await;
    assert_eq!(counts(&exchange), (24, 24));
    let exchange = read("llama-cpp/stream_stop_told.http").await;
    assert_eq!(exchange.finish_reason.as_deref(), Some("stop"));
    assert_eq!(counts(&exchange), (7, 8), "the end token is told by the last count alone");
}

#[tokio::test]
async fn llama_cpp_completes_texts() {
    let exchange = read("llama-cpp/completions.http").await;
    assert_eq!((exchange.outcome, counts(&exchange)), (Outcome::Success, (8, 8)));
    let kinds = kinds(&exchange);
    assert_eq!(kinds[..8], [ChunkKind::Content; 8]);
    assert_eq!(kinds[8..], [ChunkKind::Finish, ChunkKind::Done], "usage is on the chunk that finishes");
}

#[tokio::test]
async fn llama_cpp_refusals_are_quoted() {
    let http = Outcome::Http4xx;
    refusals(&[
        ("llama-cpp/error_bad_json.http", http, 400, "[json.exception.parse_error.101]"),
        ("llama-cpp/error_missing_messages.http", http, 400, "'messages' is required"),
        ("llama-cpp/error_wrong_path.http", http, 404, "File Not Found"),
    ])
    .await;
    let exchange = replay("llama-cpp/error_unknown_model.http", usize::MAX).await;
    assert_eq!(exchange.outcome, Outcome::Success, "any name is taken");
}

#[tokio::test]
async fn vllm_finishes_on_its_last_content_chunk() {
    let exchange = read("vllm/stream.http").await;
    assert_eq!(exchange.outcome, Outcome::Success, "{:?}", exchange.error);
    assert_eq!(exchange.finish_reason.as_deref(), Some("length"));
    let usage = exchange.usage.unwrap();
    assert_eq!((usage.prompt_tokens, usage.completion_tokens), (18, 12));
    let kinds = kinds(&exchange);
    assert_eq!(kinds[0], ChunkKind::Role, "empty content in the first chunk is no token");
    assert_eq!(kinds[kinds.len() - 3..], [ChunkKind::Content, ChunkKind::Usage, ChunkKind::Done]);
    assert_eq!(exchange.trace.token_chunks().count(), 12);
    assert!(exchange.system_fingerprint.unwrap().starts_with("vllm-"), "told on the usage chunk alone");
}

#[tokio::test]
async fn vllm_sends_no_text_for_a_token_that_ends_within_a_character() {
    let exchange = read("vllm/stream_unicode.http").await;
    assert_eq!(exchange.outcome, Outcome::Success);
    let chunks = exchange.trace.token_chunks().count() as u64;
    assert_eq!(exchange.usage.unwrap().completion_tokens, chunks + 1, "so tokens are usage, never chunks");
}

#[tokio::test]
async fn vllm_brings_every_token_when_asked_for_its_id() {
    let untold = read("vllm/stream_long.http").await;
    assert_eq!((untold.outcome, counts(&untold)), (Outcome::Success, (197, 200)));
    let told = read("vllm/stream_long_told.http").await;
    assert_eq!((told.outcome, counts(&told)), (Outcome::Success, (200, 200)));
    assert_eq!(told.trace.token_chunks().count(), 200);
    let textless = told.trace.token_chunks().filter(|chunk| chunk.kind == ChunkKind::Other).count();
    assert_eq!(textless, 3, "tokens that end within a character");
    assert_eq!(told.content, untold.content);
    let kinds = kinds(&told);
    assert_eq!(kinds[0], ChunkKind::Role);
    assert_eq!(kinds[kinds.len() - 3..], [ChunkKind::Content, ChunkKind::Usage, ChunkKind::Done]);
}

#[tokio::test]
async fn vllm_tells_usage_on_every_chunk_when_asked() {
    let exchange = read("vllm/stream_continuous.http").await;
    assert_eq!((exchange.outcome, counts(&exchange)), (Outcome::Success, (12, 12)));
    assert_eq!(kinds(&exchange).iter().filter(|kind| **kind == ChunkKind::Usage).count(), 1);
    let sglang = Dialect::of(ServerKind::Sglang);
    let counted = replay_to(sglang, "vllm/stream_continuous.http", usize::MAX).await;
    assert_eq!(tokens(&counted), tokens(&exchange), "read as SGLang tells them, they are the same");
}

#[tokio::test]
async fn vllm_completes_texts() {
    let exchange = read("vllm/completions.http").await;
    assert_eq!((exchange.outcome, counts(&exchange)), (Outcome::Success, (8, 8)));
    assert_eq!(kinds(&exchange)[7..], [ChunkKind::Content, ChunkKind::Usage, ChunkKind::Done]);
}

#[tokio::test]
async fn vllm_refusals_are_quoted() {
    let http = Outcome::Http4xx;
    refusals(&[
        ("vllm/error_bad_json.http", http, 400, "1 validation error: {'type': 'json_invalid'"),
        ("vllm/error_missing_messages.http", http, 400, "1 validation error: {'type': 'missing'"),
        ("vllm/error_unknown_model.http", http, 404, "The model `no-such-model` does not exist."),
        ("vllm/error_wrong_path.http", http, 404, "Not Found"),
    ])
    .await;
}

#[tokio::test]
async fn transformers_never_sends_done() {
    for (recording, seen, usage) in
        [("transformers/stream.http", 12, 12), ("transformers/stream_long.http", 197, 200)]
    {
        let exchange = read(recording).await;
        assert_eq!(exchange.outcome, Outcome::Success, "{:?}", exchange.error);
        assert_eq!(exchange.finish_reason.as_deref(), Some("length"));
        assert_eq!(counts(&exchange), (seen, usage), "{recording}");
        let kinds = kinds(&exchange);
        assert_eq!(kinds[0], ChunkKind::Role);
        assert_eq!(
            kinds[kinds.len() - 2..],
            [ChunkKind::Content, ChunkKind::Finish],
            "usage comes with the finish"
        );
    }
    let exchange = read("transformers/completions.http").await;
    assert_eq!((exchange.outcome, counts(&exchange)), (Outcome::Success, (8, 8)));
    assert_eq!(kinds(&exchange).last(), Some(&ChunkKind::Finish));
}

#[tokio::test]
async fn transformers_refusals_are_quoted() {
    let http = Outcome::Http4xx;
    refusals(&[
        ("transformers/error_bad_json.http", http, 422, "body.9: JSON decode error"),
        ("transformers/error_missing_messages.http", Outcome::Http5xx, 500, "Internal Server Error"),
        ("transformers/error_unknown_member.http", http, 422, "Unexpected fields in the request: {"),
        ("transformers/error_unknown_model.http", http, 400, "Server is pinned to 'models/tiny'"),
        ("transformers/error_wrong_path.http", http, 404, "Not Found"),
    ])
    .await;
}

#[tokio::test]
async fn guidellm_mock_has_no_role_chunk_and_numbers_its_choices() {
    let exchange = read("guidellm-mock/stream.http").await;
    assert_eq!((exchange.outcome, counts(&exchange)), (Outcome::Success, (12, 12)));
    let kinds = kinds(&exchange);
    assert_eq!(kinds[..12], [ChunkKind::Content; 12], "words and blanks apart");
    assert_eq!(kinds[12..], [ChunkKind::Finish, ChunkKind::Usage, ChunkKind::Done]);
    assert_eq!(exchange.finish_reason.as_deref(), Some("stop"), "though `max_tokens` was reached");
    let exchange = read("guidellm-mock/completions.http").await;
    assert_eq!((exchange.outcome, counts(&exchange)), (Outcome::Success, (8, 8)));
}

#[tokio::test]
async fn guidellm_mock_refusals_are_quoted() {
    refusals(&[
        ("guidellm-mock/error_bad_json.http", Outcome::Http5xx, 500, "Internal server error"),
        (
            "guidellm-mock/error_missing_messages.http",
            Outcome::Http4xx,
            400,
            "Invalid request: 1 validation error",
        ),
        ("guidellm-mock/error_wrong_path.http", Outcome::Http4xx, 404, "Not Found"),
    ])
    .await;
    let exchange = replay("guidellm-mock/error_unknown_model.http", usize::MAX).await;
    assert_eq!(exchange.outcome, Outcome::Success, "any name is taken");
}

/// Answers GET at these paths with recordings, and all else with 404, until the process ends; gives its base URL.
async fn server_of(recordings: &'static [(&'static str, &'static str)]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 64 << 10];
            let mut received = 0;
            while !request[..received].ends_with(b"\r\n\r\n") {
                received += socket.read(&mut request[received..]).await.unwrap();
            }
            let path = String::from_utf8_lossy(&request).split(' ').nth(1).unwrap().to_owned();
            let found = recordings.iter().find(|(at, _)| *at == path);
            let answer = found.map_or_else(
                || b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec(),
                |(_, recording)| bytes_of(recording),
            );
            // One answer a connection, and the client is told.
            let line = answer.windows(2).position(|two| two == b"\r\n").unwrap() + 2;
            let answer = [&answer[..line], b"connection: close\r\n", &answer[line..]].concat();
            socket.write_all(&answer).await.unwrap();
        }
    });
    url
}

#[tokio::test]
async fn each_server_is_recognised_by_what_it_said() {
    for (recordings, kind, server, models) in [
        (
            &[("/v1/models", "vllm/models.http"), ("/version", "vllm/version.http")] as &'static [_],
            ServerKind::Vllm,
            Some("vLLM 0.32.0"),
            Some("tiny"),
        ),
        (
            &[("/v1/models", "llama-cpp/models.http")],
            ServerKind::LlamaCpp,
            Some("llama.cpp"),
            Some("SmolLM2-135M-Instruct.Q4_0"),
        ),
        (
            &[("/v1/models", "transformers/models.http"), ("/openapi.json", "transformers/openapi.http")],
            ServerKind::Transformers,
            Some("transformers"),
            None,
        ),
        (
            &[("/v1/models", "guidellm-mock/models.http")],
            ServerKind::Openai,
            Some("guidellm-mock-server"),
            Some("mock"),
        ),
    ] {
        let endpoint = Endpoint { url: Some(server_of(recordings).await), ..Endpoint::default() };
        let transport = HttpTransport::new(&endpoint, None, Clock::start()).unwrap();
        let identity = identify(&transport, ServerKind::Auto, Duration::from_mins(1)).await.unwrap();
        assert_eq!((identity.dialect.kind, identity.server.as_deref()), (kind, server));
        assert_eq!(identity.models, models.map(|model| vec![model.to_owned()]));
        assert!(!identity.simulated);
    }
}
