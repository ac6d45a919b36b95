//! What the benchmarks share: the simulator in a process of its own, and a load put on it with labctl's own
//! engine and client.
//!
//! `cargo bench` measures; `--quick`, or a run without cargo's `--bench` (`cargo test --benches`), only shows
//! that everything works.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use labctl::check::Judge;
use labctl::client::clock::Clock;
use labctl::client::exchange::Client;
use labctl::client::http::HttpTransport;
use labctl::client::request::{CHAT_COMPLETIONS, Form};
use labctl::client::server::Dialect;
use labctl::load::bus::Bus;
use labctl::load::crew::Crew;
use labctl::load::engine::{Engine, Judged, Lane};
use labctl::load::plan::{Item, Shape, blocks};
use labctl::model::config::{Api, Endpoint, ServerKind};
use labctl::model::exchange::Exchange;
use labctl::model::prompt::Prompt;
use labctl::model::record::Side;
use labctl::model::result::Sampling;
use labctl::simulator::{self, Options, Profile};
use serde_json::{Map, json};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// Tells the process that it is the server: its speed.
const SPEED: &str = "LABCTL_BENCH_SERVER_SPEED";
/// Where the server writes its ground truth.
const TRUTH: &str = "LABCTL_BENCH_SERVER_TRUTH";

/// Whether only to show that everything works.
pub(crate) fn is_quick() -> bool {
    let arguments: Vec<String> = std::env::args().collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    has("--quick") || !has("--bench")
}

/// The dialect that labctl speaks with its simulator.
fn dialect() -> Dialect {
    Dialect::of(ServerKind::Vllm)
}

/// The runtime that labctl itself uses.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

/// Where this process was started as the server, serves until its standard input closes; true then.
pub(crate) fn served() -> bool {
    let Ok(speed) = std::env::var(SPEED) else { return false };
    let mut options = Options::new(Profile { speed: speed.parse().unwrap(), ..Profile::fp16() });
    options.ground_truth = std::env::var_os(TRUTH).map(Into::into);
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let server = simulator::start(options).await.unwrap();
        println!("{}", server.base_url());
        let closed = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
        closed.await.unwrap().unwrap();
        server.stop().await.unwrap();
    });
    true
}

/// A simulator in a process of its own.
pub(crate) struct Server {
    process: Child,
    pub(crate) base_url: String,
}

impl Server {
    /// Starts this program again, as the server.
    pub(crate) fn start(speed: f64, truth: Option<&Path>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(SPEED, speed.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some(path) = truth {
            command.env(TRUTH, path);
        }
        let mut process = command.spawn().unwrap();
        let mut base_url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut base_url).unwrap();
        Self { process, base_url: base_url.trim().to_owned() }
    }

    /// Ends it; its ground truth is on disk then.
    pub(crate) fn stop(mut self) {
        drop(self.process.stdin.take());
        assert!(self.process.wait().unwrap().success());
    }
}

/// A closed loop of requests whose answers are 40 to 160 tokens long.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) concurrency: u32,
    pub(crate) requests: usize,
}

impl Load {
    fn prompts(self) -> impl Iterator<Item = Prompt> {
        (0..self.requests).map(|n| {
            serde_json::from_value(json!({"id": format!("bench-{n}"), "category": "any", "max_tokens": 256,
                "prompt": format!("Tell me about nothing, for the {n}th time."), "reference": "a",
                "near_miss": [], "checks": [{"type": "regex", "pattern": "."}]}))
            .unwrap()
        })
    }

    /// The bodies of the requests.
    pub(crate) fn bodies(self) -> Vec<Bytes> {
        let sampling = Sampling { temperature: 0.0, top_p: None, seed: 42, max_tokens: None };
        let model = Profile::fp16().default_model;
        let form = Form { api: Api::Chat, dialect: dialect(), model: &model, extra: &Map::new() };
        self.prompts().map(|prompt| form.body(&prompt, &sampling, 0)).collect()
    }

    /// Puts it on a server as labctl does. The clock is the one that the exchanges' traces count on.
    pub(crate) async fn run(self, base_url: &str) -> (Clock, Vec<Exchange>) {
        let clock = Clock::start();
        let endpoint = Endpoint { url: Some(base_url.to_owned()), ..Endpoint::default() };
        let transport = HttpTransport::new(&endpoint, None, clock).unwrap();
        let client = Client::new(transport, clock, endpoint.timeouts, Vec::new(), dialect());
        let item = |prompt| Item { prompt, repeat: 0 };
        let bodies = self.bodies().into_iter().enumerate().map(|(n, body)| (item(n), body)).collect();
        let judged = |prompt: Prompt| Judged {
            judge: Judge::new(&prompt).unwrap(),
            prompt,
            scenario_id: "bench".to_owned(),
        };
        let engine = Engine {
            prompts: Arc::new(self.prompts().map(judged).collect()),
            lanes: BTreeMap::from([(
                Side::Candidate,
                Lane { target: Arc::new(client), path: CHAT_COMPLETIONS, bodies },
            )]),
            concurrency: self.concurrency,
            crew: Crew::here(),
            clock,
            bus: Bus::new(clock),
            cancel: CancellationToken::new(),
        };
        let plan = blocks(&Shape {
            prompts: self.requests,
            requests: None,
            repeats: 1,
            rounds: 1,
            block_size: Some(u32::MAX),
            concurrency: self.concurrency,
            seed: 42,
            sides: vec![Side::Candidate],
        });
        let records = engine.execute(&plan).await.unwrap().records;
        let exchanges: Vec<Exchange> = records.iter().map(|record| record.attempt.exchange.clone()).collect();
        assert_eq!(exchanges.len(), self.requests);
        assert!(exchanges.iter().all(|exchange| exchange.outcome.is_success()));
        (clock, exchanges)
    }
}
