//! labctl's traces beside the simulator's ground truth of the same requests: everything is there, in order.
//! How far the times lie apart is measured by `cargo bench --bench ground_truth`, not asserted.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use labctl::check::Judge;
use labctl::client::clock::Clock;
use labctl::client::exchange::Client;
use labctl::client::http::HttpTransport;
use labctl::client::request::Form;
use labctl::client::server::Dialect;
use labctl::load::engine::{Engine, Judged, Lane, Load};
use labctl::load::plan::{Item, Shape, blocks};
use labctl::model::config::{Api, Endpoint, ServerKind};
use labctl::model::exchange::Exchange;
use labctl::model::load::LoadProfile;
use labctl::model::outcome::Outcome;
use labctl::model::record::Side;
use labctl::model::result::Sampling;
use labctl::model::units::Nanos;
use labctl::promptset::built_in;
use labctl::simulator::{self, FaultKind, Faults, GroundTruth, Options, Profile, When};
use tempfile::TempDir;

/// What the client saw of one load, and what the server did, by request.
struct Both {
    origin_ns: u64,
    exchanges: Vec<Exchange>,
    truth: HashMap<String, GroundTruth>,
}

/// Puts the canary set on a simulator over a real socket.
async fn load(concurrency: u32, repeats: u32, faults: Faults) -> Both {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("truth.jsonl");
    let set = built_in("canary").unwrap().unwrap();
    let mut options = Options::new(Profile { speed: 40.0, ..Profile::fp16() });
    options.ground_truth = Some(path.clone());
    options.prompt_sets = Arc::new(vec![set.clone()]);
    options.faults = faults;
    let model = options.model.clone();
    let server = simulator::start(options).await.unwrap();

    let clock = Clock::start();
    let endpoint = Endpoint { url: Some(server.base_url()), ..Endpoint::default() };
    let transport = HttpTransport::new(&endpoint, None, clock).unwrap();
    let sampling = Sampling { temperature: 0.0, top_p: None, seed: 42, max_tokens: None };
    let shape = Shape { repeats, ..Shape::once(set.prompts.len(), concurrency, 42) };
    let plan = blocks(&shape, 0);
    let (dialect, extra) = (Dialect::of(ServerKind::Vllm), serde_json::Map::new());
    let form = Form { api: Api::Chat, dialect, model: &model, extra: &extra };
    let body = |item: &Item| form.body(&set.prompts[item.prompt], &sampling, item.repeat);
    let bodies: HashMap<_, _> =
        plan.iter().flat_map(|block| &block.items).map(|item| (*item, body(item))).collect();
    let client = Client::new(transport, clock, endpoint.timeouts, Vec::new(), dialect);
    let judged = |prompt: &labctl::model::prompt::Prompt| {
        Judged::single(prompt.clone(), Judge::new(prompt).unwrap(), "canary".to_owned())
    };
    let lane = Lane { target: Arc::new(client), path: form.path(), bodies: Arc::new(bodies) };
    let prompts = set.prompts.iter().map(judged).collect();
    let engine = Engine::here(prompts, BTreeMap::from([(Side::Candidate, lane)]), clock);
    let profile = LoadProfile::closed(concurrency);
    let records = engine.execute(Load::new(&profile, &plan)).await.unwrap().records;
    assert_eq!(records.len() as u64, shape.requests());
    server.stop().await.unwrap();
    let truth = GroundTruth::read(&path).unwrap();
    assert_eq!(truth.len(), records.len());
    Both {
        origin_ns: clock.monotonic_origin_ns(),
        exchanges: records.iter().map(|record| record.attempt.exchange.clone()).collect(),
        truth: truth.into_iter().map(|truth| (truth.id.clone(), truth)).collect(),
    }
}

impl Both {
    /// A moment of the client's on the clock that the server writes.
    fn absolute(&self, at: Nanos) -> Nanos {
        at.plus(Nanos(self.origin_ns))
    }

    /// Every request and chunk in both, alike, and nothing received before it was sent.
    fn assert_agrees(&self) {
        assert_eq!(self.truth.len(), self.exchanges.len(), "ids are unique");
        for exchange in &self.exchanges {
            let (id, trace) = (&exchange.request_id, &exchange.trace);
            assert_eq!(exchange.outcome, Outcome::Success, "{id}: {:?}", exchange.error);
            let truth = &self.truth[id];
            assert!(truth.finished && truth.status == 200, "{id}");
            assert!(trace.scheduled_ns <= trace.sent_ns, "{id}");
            assert!(self.absolute(trace.sent_ns) <= truth.received_ns, "{id}: received before it was sent");
            assert!(truth.received_ns <= truth.before_ns[0], "{id}: answered before it was asked");
            assert!(trace.headers_ns.is_some_and(|at| trace.sent_ns <= at && at <= trace.chunks[0].recv_ns));

            let kinds: Vec<_> = trace.chunks.iter().map(|chunk| chunk.kind).collect();
            assert_eq!(kinds, truth.kinds, "{id}");
            for ((before, after), chunk) in truth.before_ns.iter().zip(&truth.after_ns).zip(&trace.chunks) {
                assert!(before <= after, "{id}");
                assert!(*before <= self.absolute(chunk.recv_ns), "{id}: a chunk was seen before it was sent");
            }
            assert!(trace.chunks.is_sorted_by_key(|chunk| chunk.recv_ns), "{id}");
            assert!(trace.chunks.iter().all(|chunk| chunk.recv_ns <= trace.end_ns), "{id}");
            let told = exchange.usage.unwrap().completion_tokens;
            assert_eq!(told, truth.tokens.iter().map(|tokens| u64::from(*tokens)).sum::<u64>(), "{id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_and_chunk_is_in_both_in_order() {
    for (concurrency, repeats) in [(1, 1), (64, 4), (256, 6)] {
        let both = load(concurrency, repeats, Faults::none()).await;
        both.assert_agrees();
        for exchange in &both.exchanges {
            let tokens: Vec<u32> = exchange.trace.chunks.iter().map(|chunk| chunk.tokens).collect();
            assert_eq!(tokens, both.truth[&exchange.request_id].tokens, "{}", exchange.request_id);
        }
    }
}

/// Chunks of several tokens, comments, other line ends, and chunks that are cut in two on the way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_form_of_the_stream_changes_nothing() {
    for kind in [
        FaultKind::TokensPerChunk { tokens: 3 },
        FaultKind::Comments,
        FaultKind::CrLf,
        FaultKind::ByteOrderMark,
        FaultKind::SplitWrites,
    ] {
        let faults = Faults::none().with(kind, When::always());
        load(16, 1, faults).await.assert_agrees();
    }
}
