//! What labctl itself does with each event of a stream, once its bytes have been read: events, JSON, trace and limits.
//!
//! The streams come from memory, so no socket and no server is in the figures. Events as vLLM words them come one a
//! read, where each read is waited for, and many a read.
//!
//! `cargo bench --bench hot_path [-- --quick]`

#![expect(clippy::print_stdout, reason = "a command that prints a table")]
#![expect(clippy::unwrap_used, reason = "a benchmark that fails has nothing to tell")]

mod support;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use futures_util::{FutureExt as _, Stream, StreamExt as _, stream};
use labctl::client::clock::Clock;
use labctl::client::exchange::Client;
use labctl::client::failure::Failure;
use labctl::client::request::{CHAT_COMPLETIONS, Request};
use labctl::client::server::Dialect;
use labctl::client::sse::Events;
use labctl::client::transport::{Head, Opened, Segment, Transport};
use labctl::model::config::{ServerKind, Timeouts};
use labctl::model::trace::StampSource;
use labctl::model::units::Nanos;
use tokio_util::sync::CancellationToken;

/// Tokens of a stream.
const TOKENS: usize = 400;

/// Repetitions of which the fastest counts: everything else on the machine can only add.
const REPETITIONS: usize = 200;

/// A response of `TOKENS` events, cut into reads of so many.
fn segments(events_a_read: usize) -> Vec<Segment> {
    let head = r#"{"id":"chatcmpl-b313a410ce125a02","object":"chat.completion.chunk","created":1795326396,"model":"tiny","choices":[{"index":0,"delta":{"#;
    let event = |n: usize| {
        format!(
            "data: {head}\"content\":\" word{n}\"}},\"logprobs\":null,\"finish_reason\":null,\"token_ids\":null}}]}}\n\n"
        )
    };
    let mut events: Vec<String> = (0..TOKENS).map(event).collect();
    events.push("data: [DONE]\n\n".to_owned());
    let read = |events: &[String]| Segment::read(Bytes::from(events.concat()), Nanos(1));
    events.chunks(events_a_read).map(read).collect()
}

/// A server in memory. Its body comes at once, or each part only after the task was woken once more.
struct Memory {
    segments: Vec<Segment>,
    is_waited_for: bool,
}

struct Body {
    segments: std::vec::IntoIter<Segment>,
    is_waited_for: bool,
    has_waited: bool,
}

impl Stream for Body {
    type Item = Result<Segment, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_waited_for && !self.has_waited {
            self.has_waited = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.has_waited = false;
        Poll::Ready(self.segments.next().map(Ok))
    }
}

impl Transport for Memory {
    type Body = Body;

    async fn send(&self, _: &Request, _: &mut Nanos) -> Result<Opened<Body>, Failure> {
        let head = Head {
            status: 200,
            content_type: Some("text/event-stream".to_owned()),
            retry_after_s: None,
            headers_ns: Nanos(1),
            resent: false,
        };
        let body = Body {
            segments: self.segments.clone().into_iter(),
            is_waited_for: self.is_waited_for,
            has_waited: false,
        };
        Ok(Opened { head, body })
    }

    async fn warm_connections(&self, _: u32) {}

    fn stamps(&self) -> StampSource {
        StampSource::Read
    }

    fn name(&self) -> &'static str {
        "memory"
    }
}

/// Nanoseconds an event of the fastest repetition.
fn fastest(repetitions: usize, mut read: impl FnMut() -> usize) -> f64 {
    let time = |_| {
        let began = Instant::now();
        assert!(read() >= TOKENS);
        began.elapsed().as_secs_f64()
    };
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let events = (TOKENS + 1) as f64;
    (0..repetitions).map(time).fold(f64::MAX, f64::min) * 1e9 / events
}

/// Events alone.
fn events(repetitions: usize, segments: &[Segment]) -> f64 {
    fastest(repetitions, || {
        let body = stream::iter(segments.iter().cloned().map(Ok));
        let events = Events::new(body).fold(0, |count, event| {
            std::hint::black_box(event.unwrap());
            std::future::ready(count + 1)
        });
        events.now_or_never().unwrap()
    })
}

/// The whole exchange.
fn exchange(repetitions: usize, segments: &[Segment], is_waited_for: bool) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let transport = Memory { segments: segments.to_vec(), is_waited_for };
    let dialect = Dialect::of(ServerKind::Vllm);
    let client = Arc::new(Client::new(transport, Clock::start(), Timeouts::default(), Vec::new(), dialect));
    let request = Request { id: "r".to_owned(), path: CHAT_COMPLETIONS, body: Bytes::new() };
    let cancel = CancellationToken::new();
    fastest(repetitions, || {
        let (client, request, cancel) = (client.clone(), request.clone(), cancel.clone());
        // A task of its own, as in a run: the runtime looks for input or output between the polls of the task that
        // it was entered with.
        let task = async move { client.exchange(&request, Nanos(0), &cancel).await };
        let exchange = runtime.block_on(async { tokio::spawn(task).await.unwrap() });
        assert!(exchange.outcome.is_success(), "{:?}", exchange.error);
        exchange.trace.chunks.len()
    })
}

fn main() {
    let is_quick = support::is_quick();
    let repetitions = if is_quick { 1 } else { REPETITIONS };
    println!("Nanoseconds an event of {} bytes, without any input or output\n", segments(1)[0].bytes.len());
    println!("| events a read | events alone | whole exchange | whole exchange, each read waited for |");
    println!("|---|---|---|---|");
    for events_a_read in [1, 16] {
        let segments = segments(events_a_read);
        println!(
            "| {events_a_read} | {:.0} | {:.0} | {:.0} |",
            events(repetitions, &segments),
            exchange(repetitions, &segments, false),
            exchange(repetitions, &segments, true),
        );
    }
    if is_quick {
        println!("\n{}", support::TOO_FEW);
    }
}
