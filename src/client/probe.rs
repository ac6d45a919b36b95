//! Asks a server who it is before any load is put on it: healthy, which models, which software, which
//! dialect. With GET alone, and content with no answer to all but the first questions.

use std::time::Duration;

use reqwest::header::SERVER;
use serde_json::Value;
use tokio::time::Instant;

use super::failure::Failure;
use super::http::HttpTransport;
use super::refusal;
use super::server::{ALL, About, Dialect};
use crate::model::config::ServerKind;
use crate::model::outcome::Outcome;

/// The `Server` header by which labctl's own simulator makes itself known.
pub const SIMULATOR_SERVER: &str = "labctl-simulator";

/// The longest that one question may take, where `timeouts.ready_s` leaves as much.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait between two questions to a server that is still loading.
const PAUSE: Duration = Duration::from_millis(250);

/// The longest that a question which only some servers understand may take.
const CURIOSITY: Duration = Duration::from_secs(2);

/// What a server said about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its software, with the version where it tells: `vLLM 0.32.0`, `llama.cpp b6000`.
    pub server: Option<String>,
    /// How it speaks: as configured, else as it was recognised, else as plain OpenAI.
    pub dialect: Dialect,
    /// The models it lists; `None` where it has no list.
    pub models: Option<Vec<String>>,
    /// True where labctl's simulator answered.
    pub simulated: bool,
}

/// Waits until the server is healthy, for at most `ready`, and asks for its models and version.
/// A refused connection fails at once: only a server that answers "not yet" is waited for. `kind` is what the
/// configuration says it is.
pub async fn identify(
    transport: &HttpTransport,
    kind: ServerKind,
    ready: Duration,
) -> Result<Identity, Failure> {
    let patience = PATIENCE.min(ready);
    wait_until_healthy(transport, ready, patience).await?;
    let (status, headers, body) = transport.get("models", patience).await?;
    let software = headers.get(SERVER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let list = match status {
        200 => ModelList::read(&body),
        401 | 403 => {
            let said = refusal::message(&body);
            return Err(Failure::new(Outcome::Http4xx, format!("HTTP {status}: {said}")));
        }
        _ => None,
    };
    let owner = list.as_ref().and_then(|list| list.owner.as_deref());
    let simulated = software.starts_with(SIMULATOR_SERVER);
    let (dialect, version) = match kind {
        // The simulator says itself what it is, and answers as vLLM does.
        ServerKind::Auto if simulated => (Dialect::of(ServerKind::Vllm), None),
        ServerKind::Auto => recognise(transport, software, owner, patience).await,
        known => {
            let dialect = Dialect::of(known);
            let version = if simulated { None } else { version(transport, dialect, patience).await };
            (dialect, version)
        }
    };
    let named = dialect.kind != ServerKind::Openai;
    let server = match version {
        Some(version) => Some(format!("{} {version}", dialect.name)),
        None if simulated || !named => Some(software.to_owned()).filter(|software| !software.is_empty()),
        None => Some(dialect.name.to_owned()),
    };
    Ok(Identity {
        server: server.map(|text| refusal::quote(&text)),
        dialect,
        models: list.map(|list| list.ids),
        simulated,
    })
}

/// Which dialect a server speaks, and its version where it tells. By what it said already, else by the one
/// question that only it answers so; plain OpenAI where it answers none.
async fn recognise(
    transport: &HttpTransport,
    software: &str,
    owner: Option<&str>,
    patience: Duration,
) -> (Dialect, Option<String>) {
    if let Some(dialect) = ALL.into_iter().find(|dialect| dialect.signs.fit(software, owner)) {
        return (dialect, version(transport, dialect, patience).await);
    }
    for dialect in ALL {
        if let Some(about) = dialect.signs.question(owner)
            && let Some(answer) = ask(transport, about, patience).await
            && about.is_proven_by(&answer)
        {
            return (dialect, about.version(&answer).map(str::to_owned));
        }
    }
    (Dialect::of(ServerKind::Openai), None)
}

async fn version(transport: &HttpTransport, dialect: Dialect, patience: Duration) -> Option<String> {
    let about = dialect.signs.about.filter(|about| about.version.is_some())?;
    let answer = ask(transport, about, patience).await?;
    about.version(&answer).map(str::to_owned)
}

async fn ask(transport: &HttpTransport, about: About, patience: Duration) -> Option<Value> {
    let (status, _, body) = transport.get(about.path, patience.min(CURIOSITY)).await.ok()?;
    serde_json::from_slice(&body).ok().filter(|_| status == 200)
}

async fn wait_until_healthy(
    transport: &HttpTransport,
    ready: Duration,
    patience: Duration,
) -> Result<(), Failure> {
    let deadline = Instant::now() + ready;
    loop {
        let (status, _, body) = transport.get("/health", patience).await?;
        // Only 503 means "not yet"; a server without this path says 404 and is asked no further.
        if status != 503 {
            return Ok(());
        }
        if Instant::now() + PAUSE > deadline {
            let said = refusal::message(&body);
            let waited = ready.as_secs_f64();
            return Err(Failure::new(
                Outcome::Http5xx,
                format!("not healthy within {waited} s (`timeouts.ready_s`): HTTP 503 {said}"),
            ));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The list of models, and who owns the first.
struct ModelList {
    ids: Vec<String>,
    owner: Option<String>,
}

impl ModelList {
    fn read(body: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(body).ok()?;
        let list = value.get("data")?.as_array()?;
        let ids = list.iter().filter_map(|model| model.get("id")?.as_str()).map(refusal::quote).collect();
        let owner = list.first().and_then(|model| model.get("owned_by")?.as_str()).map(str::to_owned);
        Some(Self { ids, owner })
    }
}
