//! Asks a server who it is before any load is put on it: healthy, which models, which software.

use std::time::Duration;

use reqwest::header::SERVER;
use serde_json::Value;
use tokio::time::Instant;

use super::failure::Failure;
use super::http::HttpTransport;
use super::refusal;
use crate::model::config::ServerKind;
use crate::model::outcome::Outcome;

/// The `Server` header by which labctl's own simulator makes itself known.
pub const SIMULATOR_SERVER: &str = "labctl-simulator";

/// The longest that one question may take, where `timeouts.ready_s` leaves as much.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait between two questions to a server that is still loading.
const PAUSE: Duration = Duration::from_millis(250);

/// What a server said about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Its software, with the version where it tells: `vLLM 0.32.0`, `llama.cpp`.
    pub server: Option<String>,
    /// The models it lists; `None` where it has no list.
    pub models: Option<Vec<String>>,
    /// True where labctl's simulator answered.
    pub simulated: bool,
}

impl Identity {
    /// Whether it serves its one model under any name, as llama.cpp does; `kind` is what the
    /// configuration says it is.
    #[must_use]
    pub fn takes_any_model(&self, kind: ServerKind) -> bool {
        match kind {
            ServerKind::Auto => self.server.as_deref().is_some_and(|server| server.starts_with("llama.cpp")),
            ServerKind::LlamaCpp => true,
            ServerKind::Vllm | ServerKind::Transformers | ServerKind::Openai => false,
        }
    }
}

/// Waits until the server is healthy, for at most `ready`, and asks for its models and version.
/// A refused connection fails at once: only a server that answers "not yet" is waited for.
pub async fn identify(transport: &HttpTransport, ready: Duration) -> Result<Identity, Failure> {
    let patience = PATIENCE.min(ready);
    wait_until_healthy(transport, ready, patience).await?;
    let mut identity = Identity::default();
    let (status, headers, body) = transport.get("models", patience).await?;
    let software = headers.get(SERVER).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    match status {
        200 => identity.models = listed_models(&body),
        401 | 403 => {
            let said = refusal::message(&body);
            return Err(Failure::new(Outcome::Http4xx, format!("HTTP {status}: {said}")));
        }
        _ => {}
    }
    identity.simulated = software.starts_with(SIMULATOR_SERVER);
    identity.server = if identity.simulated || software.starts_with("llama.cpp") {
        Some(software)
    } else {
        version(transport, patience).await.or_else(|| (!software.is_empty()).then_some(software))
    };
    Ok(identity)
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

fn listed_models(body: &[u8]) -> Option<Vec<String>> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let list = value.get("data")?.as_array()?;
    Some(list.iter().filter_map(|model| model.get("id")?.as_str()).map(refusal::quote).collect())
}

/// vLLM and SGLang tell their version at `/version`.
async fn version(transport: &HttpTransport, patience: Duration) -> Option<String> {
    let (status, _, body) = transport.get("/version", patience).await.ok()?;
    let value: Value = serde_json::from_slice(&body).ok().filter(|_| status == 200)?;
    let version = value.get("version")?.as_str()?;
    Some(format!("vLLM {}", refusal::quote(version)))
}
