//! A client that is held up while tokens arrive: its times stay the server's, and it says that it was held up.
//!
//! The order of events decides, no clock: a token is written while the client's only thread stands still, and is read
//! after it was let go.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use labctl::check::Judge;
use labctl::client::any_transport::AnyTransport;
use labctl::client::clock::Clock;
use labctl::client::exchange::Client;
use labctl::client::http::HttpTransport;
use labctl::client::request::CHAT_COMPLETIONS;
use labctl::client::server::Dialect;
use labctl::load::engine::{Engine, Execution, Judged, Lane, Load};
use labctl::load::plan::{Item, Shape, blocks};
use labctl::metrics::health::client_health;
use labctl::model::config::{Endpoint, ServerKind, TransportChoice};
use labctl::model::health::{ClientHealth, HealthStatus};
use labctl::model::load::LoadProfile;
use labctl::model::prompt::Prompt;
use labctl::model::record::Side;
use labctl::model::trace::{StampSource, Trace};
use labctl::model::units::Nanos;
use labctl::results::rows::rows;
use serde_json::json;

const TOKENS: usize = 6;

/// How long the client stands still after each token. Long enough that a median of it is a saturated client's.
const STANDSTILL: Duration = Duration::from_millis(80);

/// What two clocks laid beside each other may be off.
#[cfg(feature = "kernel-stamps")]
const SLACK: u64 = 100_000;

/// When each token was written, and when the client was let go: just before the one and just before the other.
type Written = Vec<(Nanos, Nanos)>;

/// What the client and the server each know of one answer.
struct Both {
    trace: Trace,
    health: ClientHealth,
    written: Written,
}

fn chunk(event: &str) -> String {
    let event = format!("data: {event}\n\n");
    format!("{:x}\r\n{event}\r\n", event.len())
}

/// Takes a posted request off a socket; any other is turned away, as are those that only open a connection.
fn posted(mut socket: TcpStream) -> Option<TcpStream> {
    socket.set_nodelay(true).unwrap();
    let (mut request, mut buffer) = (Vec::new(), [0; 4_096]);
    while !request.ends_with(b"{}") {
        let bytes = socket.read(&mut buffer).unwrap();
        request.extend_from_slice(&buffer[..bytes]);
        if bytes == 0 || request.starts_with(b"GET") {
            let refusal = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            // Whoever has gone already needs no answer.
            let _gone = socket.write_all(refusal);
            return None;
        }
    }
    Some(socket)
}

/// Answers one request. Before each token it waits until the client stands still, and holds it for a while after.
fn serve(
    listener: &TcpListener,
    clock: Clock,
    received: &tokio::sync::mpsc::UnboundedSender<()>,
    stands_still: &mpsc::Receiver<()>,
    let_go: &mpsc::Sender<()>,
) -> Written {
    let mut socket = loop {
        let (socket, _) = listener.accept().unwrap();
        if let Some(socket) = posted(socket) {
            break socket;
        }
    };
    socket
        .write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
        )
        .unwrap();
    received.send(()).unwrap();
    let token = chunk(r#"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#);
    let mut written = Vec::new();
    for _ in 0..TOKENS {
        stands_still.recv().unwrap();
        let before = clock.now();
        socket.write_all(token.as_bytes()).unwrap();
        // Not to wait for anything: this is the standstill that the test is about.
        std::thread::sleep(STANDSTILL);
        written.push((before, clock.now()));
        let_go.send(()).unwrap();
    }
    let finish = chunk(r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#);
    let rest = format!("{finish}{}0\r\n\r\n", chunk("[DONE]"));
    socket.write_all(rest.as_bytes()).unwrap();
    written
}

fn starved(transport: TransportChoice) -> Both {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let endpoint = Endpoint { url: Some(url), ..Endpoint::default() };
    let clock = Clock::start();
    let (received, mut was_received) = tokio::sync::mpsc::unbounded_channel();
    let (stop_now, stands_still) = mpsc::channel();
    let (let_go, is_let_go) = mpsc::channel();
    let server = std::thread::spawn(move || serve(&listener, clock, &received, &stands_still, &let_go));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (execution, health) = runtime.block_on(async {
        let hold = tokio::spawn(async move {
            was_received.recv().await.unwrap();
            for _ in 0..TOKENS {
                stop_now.send(()).unwrap();
                // The runtime's only thread: nothing else runs meanwhile.
                is_let_go.recv().unwrap();
                // Now all that has arrived can be read.
                for _ in 0..200 {
                    tokio::task::yield_now().await;
                }
            }
        });
        let portable = HttpTransport::new(&endpoint, None, clock).unwrap();
        let transport = AnyTransport::new(transport, &endpoint, None, clock, &portable).unwrap();
        let execution = execute(transport, clock).await;
        hold.await.unwrap();
        let records = execution.records.iter().map(|record| (**record).clone());
        let health = client_health(&rows(records), &execution.traces, execution.samples.clone());
        (execution, health)
    });
    let trace = execution.records[0].attempt.exchange.trace.clone();
    Both { trace, health, written: server.join().unwrap() }
}

/// One request, as a run sends it.
async fn execute(transport: AnyTransport, clock: Clock) -> Execution {
    let dialect = Dialect::of(ServerKind::Openai);
    let client = Client::new(transport, clock, Endpoint::default().timeouts, Vec::new(), dialect);
    let prompt: Prompt =
        serde_json::from_value(json!({"id": "starved", "category": "any", "prompt": "Go on.",
        "max_tokens": 9, "reference": "a", "near_miss": [], "checks": [{"type": "regex", "pattern": "a"}]}))
        .unwrap();
    let item = Item { prompt: 0, repeat: 0 };
    let judge = Judge::new(&prompt).unwrap();
    let bodies = Arc::new(HashMap::from([(item, "{}".into())]));
    let lane = Lane { target: Arc::new(client), path: CHAT_COMPLETIONS, bodies };
    let prompts = vec![Judged::single(prompt, judge, "starved".to_owned())];
    let engine = Engine::here(prompts, BTreeMap::from([(Side::Candidate, lane)]), clock);
    let plan = blocks(&Shape::once(1, 1, 1), 0);
    engine.execute(Load::new(&LoadProfile::closed(1), &plan)).await.unwrap()
}

#[cfg(all(target_os = "linux", feature = "kernel-stamps"))]
#[test]
fn kernel_stamps_stay_at_the_truth_while_the_client_stands_still() {
    let Both { trace, health, written } = starved(TransportChoice::Kernel);
    let tokens: Vec<_> = trace.token_chunks().copied().collect();
    assert_eq!(tokens.len(), TOKENS);
    let (mut exact, times) = (0, &written);
    for (token, (written, let_go)) in tokens.iter().zip(times) {
        // A socket's first reads may come without the kernel's stamp, and are then not claimed to be exact.
        if token.exact {
            assert!(token.recv_ns.0 + SLACK >= written.0, "stamped before it was written");
            assert!(token.recv_ns < *let_go, "stamped after the client was let go: {tokens:?}, {times:?}");
            exact += 1;
        }
        let read_ns = token.recv_ns.0 + u64::from(token.read_lag_ns);
        assert!(read_ns + SLACK >= let_go.0, "read before the client was let go");
    }
    assert!(exact >= TOKENS - 2, "{tokens:?}");
    assert!(tokens.iter().filter(|token| u64::from(token.read_lag_ns) >= 50_000_000).count() >= TOKENS - 2);
    assert_eq!(health.status, HealthStatus::Degraded, "{:?}", health.reasons);
    assert!(health.reasons.iter().any(|reason| reason.starts_with("the client was saturated")), "{health:?}");
}

#[test]
fn stamps_of_labctls_own_are_late_and_it_says_so() {
    let Both { trace, health, written } = starved(TransportChoice::Reqwest);
    assert_eq!(trace.stamps, StampSource::Read);
    for (token, (_, let_go)) in trace.token_chunks().zip(&written) {
        assert!(token.recv_ns >= *let_go, "read before the client was let go");
    }
    assert_ne!(health.status, HealthStatus::Valid);
    assert!(health.reasons[0].contains("event loop"), "{health:?}");
}
