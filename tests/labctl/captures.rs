//! What real servers sent, byte for byte, read by labctl's client over a socket. The recordings are
//! made by `tests/fixtures/record.sh`.

use std::path::Path;
use std::time::Duration;

use labctl::client::clock::Clock;
use labctl::client::exchange::Client;
use labctl::client::http::HttpTransport;
use labctl::client::request::{CHAT_COMPLETIONS, Request};
use labctl::model::config::{Endpoint, Timeouts};
use labctl::model::exchange::Exchange;
use labctl::model::outcome::Outcome;
use labctl::model::trace::ChunkKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves a recording once, in writes of this many bytes, and gives what the client made of it.
async fn replay(recording: &str, piece: usize) -> Exchange {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(recording);
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
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
    let client = Client::new(transport, clock, Timeouts::default(), Vec::new());
    let request = Request { id: "replayed".into(), path: CHAT_COMPLETIONS, body: "{}".into() };
    let cancel = CancellationToken::new();
    let exchange = client.exchange(&request, clock.now(), &cancel);
    let exchange = tokio::time::timeout(Duration::from_mins(1), exchange).await.unwrap();
    drop(client);
    server.await.unwrap();
    exchange
}

/// The recording read whole, in small pieces and byte by byte: only the times may differ.
async fn read(recording: &str) -> Exchange {
    let whole = replay(recording, usize::MAX).await;
    for piece in [1, 7, 100] {
        let pieces = replay(recording, piece).await;
        let seen = |e: &Exchange| {
            (e.outcome, e.error.clone(), e.content.clone(), e.finish_reason.clone(), e.usage, kinds(e))
        };
        assert_eq!(seen(&pieces), seen(&whole), "{recording} in pieces of {piece} bytes");
    }
    whole
}

fn kinds(exchange: &Exchange) -> Vec<ChunkKind> {
    exchange.trace.chunks.iter().map(|chunk| chunk.kind).collect()
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
async fn llama_cpp_refusals_are_quoted() {
    for (recording, status) in [
        ("llama-cpp/error_bad_json.http", 400),
        ("llama-cpp/error_missing_messages.http", 400),
        ("llama-cpp/error_wrong_path.http", 404),
    ] {
        let exchange = replay(recording, usize::MAX).await;
        assert_eq!((exchange.outcome, exchange.http_status), (Outcome::Http4xx, Some(status)), "{recording}");
        let error = exchange.error.unwrap();
        assert!(error.starts_with(&format!("HTTP {status}: ")) && !error.contains("\"error\""), "{error}");
    }
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
async fn vllm_sends_no_chunk_for_a_token_that_ends_within_a_character() {
    let exchange = read("vllm/stream_unicode.http").await;
    assert_eq!(exchange.outcome, Outcome::Success);
    let chunks = exchange.trace.token_chunks().count() as u64;
    assert_eq!(exchange.usage.unwrap().completion_tokens, chunks + 1, "so tokens are usage, never chunks");
}

#[tokio::test]
async fn vllm_refusals_are_quoted() {
    for (recording, status) in [
        ("vllm/error_bad_json.http", 400),
        ("vllm/error_missing_messages.http", 400),
        ("vllm/error_wrong_path.http", 404),
    ] {
        let exchange = replay(recording, usize::MAX).await;
        assert_eq!((exchange.outcome, exchange.http_status), (Outcome::Http4xx, Some(status)), "{recording}");
        let error = exchange.error.unwrap();
        assert!(error.starts_with(&format!("HTTP {status}: ")), "{error}");
        assert!(!error.contains("\"error\"") && !error.contains("\"detail\""), "{error}");
    }
}
