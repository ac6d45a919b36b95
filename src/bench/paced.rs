//! A paced load: labctl's own engine and client on the paced simulator, and how far off their times were.

use std::collections::{BTreeMap, HashMap};
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use serde_json::{Map, json};
use tokio_util::sync::CancellationToken;

use crate::check::Judge;
use crate::client::any_transport::AnyTransport;
use crate::client::clock::Clock;
use crate::client::exchange::Client;
use crate::client::http::HttpTransport;
use crate::client::request::{CHAT_COMPLETIONS, Form};
use crate::client::server::Dialect;
use crate::client::setup::SetupError;
use crate::client::transport::Transport;
use crate::load::crew::Crew;
use crate::load::engine::{Engine, EngineError, Judged, Lane, Load};
use crate::load::plan::{Shape, blocks};
use crate::model::calibration::StreamsBound;
use crate::model::config::{Api, Endpoint, ServerKind, TransportChoice};
use crate::model::load::LoadProfile;
use crate::model::prompt::Prompt;
use crate::model::record::{Record, Side};
use crate::model::result::Sampling;
use crate::model::trace::StampSource;
use crate::simulator::{GroundTruth, Pacing, Profile, SimulatorError};

use super::accuracy::{Differences, Mismatch, spread};
use super::limits::{TooManyFiles, allow_connections};
use super::process::{ProcessError, SeparateSimulator};

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum PacedError {
    /// There is no simulator.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// More connections than the system allows.
    #[error(transparent)]
    TooManyFiles(#[from] TooManyFiles),
    /// There is no way to it.
    #[error(transparent)]
    Transport(#[from] SetupError),
    /// labctl's own failure.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// What the simulator wrote down can't be read.
    #[error(transparent)]
    GroundTruth(#[from] SimulatorError),
    /// What labctl saw and what the simulator wrote down don't belong together.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// There is no place for what the simulator writes down.
    #[error("cannot make the folder `{}`: {source}", path.display())]
    Temporary {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// labctl's own prompt is not valid.
    #[error("the prompt of the paced load is not valid: {why}")]
    Prompt {
        /// What is wrong with it.
        why: String,
    },
    /// A thread of labctl's died.
    #[error("a thread that waits for the simulator stopped unexpectedly")]
    Thread,
    /// Interrupted before the end.
    #[error("interrupted before anything was measured")]
    Interrupted,
}

/// Names of temporary folders that may be taken before it is given up.
const MOST_TAKEN: u32 = 10_000;

/// So many streams at once, all starting together, each a closed loop of answers of the same length.
#[derive(Debug, Clone, PartialEq)]
pub struct PacedLoad {
    /// Streams at once.
    pub streams: u32,
    /// Answers of each, one after the other.
    pub answers: u32,
    /// When their tokens come; `tokens` says how long they are.
    pub pacing: Pacing,
}

/// What came of a paced load.
#[derive(Debug)]
pub struct Measured {
    /// The load.
    pub load: PacedLoad,
    /// How far off labctl's times were.
    pub differences: Differences,
    /// Requests sent.
    pub requests: u64,
    /// The name of labctl's transport.
    pub transport: &'static str,
    /// Whose stamps the chunks carry.
    pub stamps: StampSource,
}

impl PacedLoad {
    /// Starts the simulator in a process of its own, puts the load on it and compares. `program` is `labctl`.
    pub async fn measure(
        self,
        program: &Path,
        choice: TransportChoice,
        cancel: &CancellationToken,
    ) -> Result<Measured, PacedError> {
        // The simulator's own sockets are of another process, which inherits the limit.
        allow_connections(u64::from(self.streams), 1)?;
        let temporary = Temporary::new()?;
        let (program, pacing, path) = (program.to_owned(), self.pacing.clone(), temporary.truth());
        let simulator =
            tokio::task::spawn_blocking(move || SeparateSimulator::start(&program, &pacing, Some(&path)))
                .await
                .map_err(|_| PacedError::Thread)??;
        let clock = Clock::start();
        let transport = transport(simulator.base_url(), choice, clock)?;
        let (name, stamps) = (transport.name(), transport.stamps());
        let records = self.run(transport, clock, cancel).await?;
        tokio::task::spawn_blocking(move || simulator.stop()).await.map_err(|_| PacedError::Thread)??;
        if cancel.is_cancelled() {
            return Err(PacedError::Interrupted);
        }
        let told = GroundTruth::read(&temporary.truth())?;
        let exchanges = records.iter().map(|record| &record.attempt.exchange);
        let differences = Differences::of(exchanges, &told, clock.monotonic_origin_ns())?;
        Ok(Measured { load: self, differences, requests: records.len() as u64, transport: name, stamps })
    }

    /// Puts the load on what is behind a transport.
    pub async fn run<T: Transport>(
        &self,
        transport: T,
        clock: Clock,
        cancel: &CancellationToken,
    ) -> Result<Vec<Arc<Record>>, PacedError> {
        let prompt = self.prompt()?;
        let judge = Judge::new(&prompt).map_err(|error| PacedError::Prompt { why: error.to_string() })?;
        let body = self.body()?;
        let shape = Shape {
            requests: Some(u64::from(self.streams) * u64::from(self.answers)),
            block_size: Some(u32::MAX),
            ..Shape::once(1, self.streams, 42)
        };
        let plan = blocks(&shape, 0);
        let items = plan.iter().flat_map(|block| &block.items);
        let bodies: HashMap<_, _> = items.map(|item| (*item, body.clone())).collect();
        let client = Client::new(transport, clock, Endpoint::default().timeouts, Vec::new(), dialect());
        let lane = Lane { target: Arc::new(client), path: CHAT_COMPLETIONS, bodies: Arc::new(bodies) };
        let prompts = vec![Judged::single(prompt, judge, "paced".to_owned())];
        let crew = Crew::for_streams(self.streams).map_err(EngineError::from)?;
        let lanes = BTreeMap::from([(Side::Candidate, lane)]);
        let engine = Engine { crew, cancel: cancel.clone(), ..Engine::here(prompts, lanes, clock) };
        let profile = LoadProfile::closed(self.streams);
        let load = Load::new(&profile, &plan);
        Ok(engine.execute(load).await?.records)
    }

    /// The body of each of its requests.
    pub fn body(&self) -> Result<Bytes, PacedError> {
        let sampling = Sampling { temperature: 0.0, top_p: None, seed: 42, max_tokens: None };
        let model = Profile::paced(self.pacing.clone()).default_model;
        let form = Form { api: Api::Chat, dialect: dialect(), model: &model, extra: &Map::new() };
        Ok(form.body(&self.prompt()?, &sampling, 0))
    }

    fn prompt(&self) -> Result<Prompt, PacedError> {
        let prompt = json!({"id": "paced", "category": "paced", "prompt": "Go on.", "reference": "a", "near_miss": [],
            "max_tokens": self.pacing.tokens.unwrap_or(u32::MAX), "checks": [{"type": "regex", "pattern": "."}]});
        serde_json::from_value(prompt).map_err(|error| PacedError::Prompt { why: error.to_string() })
    }
}

impl Measured {
    /// The bound that follows. Sorts what it is made of.
    #[must_use]
    pub fn bound(&mut self) -> StreamsBound {
        let all = &mut self.differences;
        StreamsBound {
            streams: self.load.streams,
            inter_token_ms: self.load.pacing.inter_token_ms,
            requests: self.requests - all.failed,
            failed: all.failed,
            tokens_per_s: all.tokens_per_s().unwrap_or(0.0),
            exact_share: all.exact_share().unwrap_or(0.0),
            stamp_lag: spread(&mut all.stamp_lag),
            ttft_error: spread(&mut all.ttft),
            itl_error: spread(&mut all.itl),
            e2e_error: spread(&mut all.e2e),
            send_lag: spread(&mut all.send_lag),
            simulator_late: spread(&mut all.server_late),
        }
    }
}

/// What labctl speaks with the simulator.
fn dialect() -> Dialect {
    Dialect::of(ServerKind::Vllm)
}

/// labctl's way to the simulator: the one that runs take too.
pub fn transport(base_url: &str, choice: TransportChoice, clock: Clock) -> Result<AnyTransport, SetupError> {
    let endpoint = Endpoint { url: Some(base_url.to_owned()), ..Endpoint::default() };
    let portable = HttpTransport::new(&endpoint, None, clock)?;
    AnyTransport::new(choice, &endpoint, None, clock, &portable)
}

/// A folder that nobody else may look into, removed when it is dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Result<Self, PacedError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("labctl-calibrate-{}-{number}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self(path)),
                // Left behind by an earlier process of the same number, or put there by somebody else.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < MOST_TAKEN => {}
                Err(source) => return Err(PacedError::Temporary { path, source }),
            }
        }
    }

    fn truth(&self) -> PathBuf {
        self.0.join("truth.jsonl")
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What can't be removed is small, and in the system's own temporary folder.
        let _left = std::fs::remove_dir_all(&self.0);
    }
}
