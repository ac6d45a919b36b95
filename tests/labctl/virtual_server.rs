//! The simulator's engine as a server under virtual time: no socket, no waiting, and every moment exact.
//!
//! It stands under labctl's own client as a transport. Time is tokio's paused clock. It goes on to the next timer once
//! everybody has done what there was to do; timers are whole milliseconds, and the rest of the way to the end of a
//! step of its engine the server moves it itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, stream};
use labctl::client::clock::Clock;
use labctl::client::failure::Failure;
use labctl::client::request::Request;
use labctl::client::transport::{Head, Opened, Segment, Transport};
use labctl::model::trace::StampSource;
use labctl::model::units::Nanos;
use labctl::simulator::{self, EngineRequest, FinishReason, Finished, Profile};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// What a request asks of this server; its body.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Wanted {
    pub(crate) prompt_tokens: u32,
    pub(crate) output_tokens: u32,
}

/// What the engine says of one request.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    /// When its last token was out, with everything before.
    pub(crate) finished: Finished,
    /// When each token was out.
    pub(crate) tokens: Vec<Nanos>,
    /// The engine's own account of the time between them; the first since arrival.
    pub(crate) gaps: Vec<Nanos>,
}

struct InFlight {
    id: String,
    stream: UnboundedSender<Segment>,
    tokens: Vec<Nanos>,
    gaps: Vec<Nanos>,
}

struct State {
    engine: simulator::Engine,
    in_flight: HashMap<u64, InFlight>,
    submitted: u64,
    most_in_flight: usize,
    lives: HashMap<String, Life>,
}

/// A server; clones are the same one.
#[derive(Clone)]
pub(crate) struct VirtualServer {
    clock: Clock,
    state: Arc<Mutex<State>>,
    arrived: Arc<Notify>,
}

impl VirtualServer {
    /// Starts one on the current runtime, whose time must be paused.
    pub(crate) fn start(profile: Profile, seed: u64, clock: Clock) -> Self {
        let state = State {
            engine: simulator::Engine::new(profile, seed),
            in_flight: HashMap::new(),
            submitted: 0,
            most_in_flight: 0,
            lives: HashMap::new(),
        };
        let server = Self { clock, state: Arc::new(Mutex::new(state)), arrived: Arc::default() };
        tokio::spawn(server.clone().work());
        server
    }

    /// The lives of all requests so far, by their `X-Request-Id`.
    pub(crate) fn lives(&self) -> HashMap<String, Life> {
        self.lock().lives.clone()
    }

    /// Most requests that were ever in flight at once.
    pub(crate) fn most_in_flight(&self) -> usize {
        self.lock().most_in_flight
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn work(self) {
        loop {
            let step = self.lock().engine.next_step(self.clock.now());
            let Some(step) = step else {
                self.arrived.notified().await;
                settle().await;
                continue;
            };
            // The paused clock goes on by whole milliseconds, so that it keeps its fraction of one.
            let (now, ms) = (self.clock.now().0, 1_000_000);
            let whole = step.ends_at.since(Nanos(now)).0 / ms;
            if whole > 0 {
                tokio::time::sleep_until(self.clock.instant(Nanos((now / ms + whole) * ms))).await;
            }
            let rest = step.ends_at.since(self.clock.now());
            tokio::time::advance(std::time::Duration::from_nanos(rest.0)).await;
            assert_eq!(self.clock.now(), step.ends_at, "somebody else moved the clock");
            self.deliver(&step);
            settle().await;
        }
    }

    fn deliver(&self, step: &simulator::Step) {
        let mut state = self.lock();
        for emission in &step.emissions {
            let request = state.in_flight.get_mut(&emission.id).unwrap();
            request.tokens.push(step.ends_at);
            request.gaps.push(emission.gap);
            for event in events(emission.token, emission.finished) {
                let bytes = format!("data: {event}\n\n").into();
                // The client may have gone; the engine goes on as a real one would.
                let _ = request.stream.send(Segment::read(bytes, step.ends_at));
            }
        }
        for finished in &step.finished {
            let InFlight { id, tokens, gaps, .. } = state.in_flight.remove(&finished.request.id).unwrap();
            state.lives.insert(id, Life { finished: *finished, tokens, gaps });
        }
    }
}

/// Lets every other task go on until none can without the time going on. A task that yields is woken only
/// when no other is ready; a few times over for the main task, which is polled apart.
async fn settle() {
    for _ in 0..4 {
        tokio::task::yield_now().await;
    }
}

/// The events that go out with a token.
fn events(token: u32, finished: bool) -> Vec<String> {
    let mut events = Vec::new();
    if token == 0 {
        events.push(r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#.to_owned());
    }
    let reason = if finished { r#""stop""# } else { "null" };
    events.push(format!(
        r#"{{"choices":[{{"index":0,"delta":{{"content":"a "}},"finish_reason":{reason}}}]}}"#
    ));
    if finished {
        let tokens = token + 1;
        events
            .push(format!(r#"{{"choices":[],"usage":{{"prompt_tokens":1,"completion_tokens":{tokens}}}}}"#));
        events.push("[DONE]".to_owned());
    }
    events
}

impl Transport for VirtualServer {
    type Body = BoxStream<'static, Result<Segment, Failure>>;

    async fn send(&self, request: &Request, sent: &mut Nanos) -> Result<Opened<Self::Body>, Failure> {
        let Wanted { prompt_tokens, output_tokens } = serde_json::from_slice(&request.body).unwrap();
        let now = self.clock.now();
        *sent = now;
        let (stream, mut segments) = unbounded_channel();
        {
            let mut state = self.lock();
            state.submitted += 1;
            let id = state.submitted;
            let submitted = EngineRequest { id, prompt_tokens, output_tokens, finish: FinishReason::Stop };
            assert!(state.engine.submit(now, submitted));
            let request = InFlight { id: request.id.clone(), stream, tokens: Vec::new(), gaps: Vec::new() };
            state.in_flight.insert(id, request);
            state.most_in_flight = state.most_in_flight.max(state.in_flight.len());
        }
        self.arrived.notify_one();
        let head = Head {
            status: 200,
            content_type: Some("text/event-stream".to_owned()),
            retry_after_s: None,
            headers_ns: now,
            resent: false,
        };
        Ok(Opened { head, body: stream::poll_fn(move |cx| segments.poll_recv(cx)).map(Ok).boxed() })
    }

    async fn warm_connections(&self, _connections: u32) {}

    fn stamps(&self) -> StampSource {
        StampSource::Read
    }

    fn name(&self) -> &'static str {
        "virtual"
    }
}
