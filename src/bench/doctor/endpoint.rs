//! One endpoint: reachable, model served, dialect known, streaming works; then its stream and its refusals.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::conformance::{self, Refused};
use super::{Finding, Grade, finding};
use crate::bench::plan::SideSpec;
use crate::bench::side::{Reached, SideError, reach};
use crate::client::clock::Clock;
use crate::client::conformance::Conformance;
use crate::client::recorder::Recorder;
use crate::client::request::{Form, Request};
use crate::client::server::Dialect;
use crate::client::transport::Segment;
use crate::model::config::ServerKind;
use crate::model::exchange::Exchange;
use crate::model::outcome::Outcome;
use crate::model::prompt::Prompt;
use crate::model::result::Sampling;

/// The longest that a refusal may take: some servers go looking for a model that they don't have.
const PATIENCE: Duration = Duration::from_secs(15);

/// A model that nobody serves.
const NO_MODEL: &str = "labctl-no-such-model";

/// What was found about an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// Whether it can be measured.
    pub endpoint: Vec<Finding>,
    /// How well its stream and its refusals keep to what is usual; empty where nothing could be streamed.
    pub conformance: Vec<Finding>,
}

/// Looks at an endpoint: who it is, then two short streams (the second is the one that is looked at, so that nothing
/// is cold) and two requests that it should refuse.
pub async fn endpoint(spec: &SideSpec, clock: Clock, seed: u64) -> Result<Examined, SideError> {
    let reached = reach(spec, clock, seed, std::sync::Arc::default()).await?;
    let who = reached.header.server.as_deref().unwrap_or("it does not say which software it is");
    let simulated = if reached.header.simulated { " (simulated)" } else { "" };
    let mut findings = vec![
        finding("reachable", Grade::Ok, format!("{}: {who}{simulated}", reached.header.url)),
        dialect(reached.dialect, spec.endpoint.kind),
        finding("model", Grade::Ok, format!("serves `{}`", reached.header.model)),
    ];
    let (mut exchange, mut segments) = stream(&reached, reached.form(), clock).await;
    if exchange.outcome == Outcome::Success {
        (exchange, segments) = stream(&reached, reached.form(), clock).await;
    }
    findings.push(streaming(&exchange));
    if exchange.outcome != Outcome::Success {
        findings.extend(refuses_extras(&reached, &exchange, clock).await);
        return Ok(Examined { endpoint: findings, conformance: Vec::new() });
    }
    let shapes = Conformance::of(&segments, reached.dialect);
    let mut conformance = conformance::of_stream(&exchange, &shapes, reached.dialect, reached.endpoint.api);
    conformance.push(conformance::of_malformed(&malformed(&reached, clock).await, reached.endpoint.api));
    conformance.push(conformance::of_unknown_model(&unknown_model(&reached, clock).await));
    Ok(Examined { endpoint: findings, conformance })
}

fn dialect(dialect: Dialect, configured: ServerKind) -> Finding {
    let how = match (configured, dialect.kind) {
        (ServerKind::Auto, ServerKind::Openai) => "nothing more special was recognised",
        (ServerKind::Auto, _) => "recognised",
        _ => "configured",
    };
    let name = dialect.name;
    match dialect.verified {
        Some(with) => finding("dialect", Grade::Ok, format!("{name} ({how}), verified with {with}")),
        None => finding(
            "dialect",
            Grade::Warning,
            format!("{name} ({how}), unverified: written from its documentation, not tried against a server"),
        ),
    }
}

fn prompt(max_tokens: u32) -> Prompt {
    // Characters of two, three and four bytes.
    let text = "Repeat this line three times: naïve Ελλάδα 日本語 😀🎉";
    Prompt::unchecked("doctor".into(), "doctor".into(), text.into(), max_tokens)
}

const fn sampling() -> Sampling {
    Sampling { temperature: 0.0, top_p: None, seed: 0, max_tokens: None }
}

fn request(path: &'static str, body: Bytes) -> Request {
    Request { id: "doctor".into(), path, body }
}

/// Sends one short request and keeps its bytes.
async fn stream(reached: &Reached, form: Form<'_>, clock: Clock) -> (Exchange, Vec<Segment>) {
    let request = request(form.path(), form.body(&prompt(48), &sampling(), 0));
    send(reached, &request, clock, &CancellationToken::new()).await
}

async fn send(
    reached: &Reached,
    request: &Request,
    clock: Clock,
    cancel: &CancellationToken,
) -> (Exchange, Vec<Segment>) {
    let recorder = Recorder::new(reached.transport.clone());
    let client = reached.client_over(recorder.clone(), clock);
    let exchange = client.exchange(request, clock.now(), cancel).await;
    (exchange, recorder.take())
}

/// Sends a request without its messages (or prompt).
async fn malformed(reached: &Reached, clock: Clock) -> Refused {
    let body = json!({"model": reached.header.model, "max_tokens": 4, "stream": true});
    refused(reached, &request(reached.form().path(), Bytes::from(body.to_string())), clock).await
}

/// Asks for a model that nobody serves.
async fn unknown_model(reached: &Reached, clock: Clock) -> Refused {
    let form = Form { model: NO_MODEL, ..reached.form() };
    let request = request(form.path(), form.body(&prompt(4), &sampling(), 0));
    let answer = refused(reached, &request, clock).await;
    if answer.exchange.outcome != Outcome::Reset {
        return answer;
    }
    // A server that failed over the request before may have closed the connection just as this one went out on it.
    refused(reached, &request, clock).await
}

async fn refused(reached: &Reached, request: &Request, clock: Clock) -> Refused {
    let cancel = CancellationToken::new();
    let late = cancel.clone();
    let timer = tokio::spawn(async move {
        tokio::time::sleep(PATIENCE).await;
        late.cancel();
    });
    let (exchange, segments) = send(reached, request, clock, &cancel).await;
    timer.abort();
    let body = segments.iter().flat_map(|segment| &segment.bytes).copied().collect();
    Refused { exchange, body }
}

fn streaming(exchange: &Exchange) -> Finding {
    let chunks = exchange.trace.token_chunks().count();
    match exchange.outcome {
        Outcome::Success if chunks < 2 => finding(
            "streaming",
            Grade::Warning,
            "the answer came in one piece: time to first token and inter-token latency mean nothing here; is a proxy buffering?",
        ),
        Outcome::Success => {
            let first =
                exchange.trace.token_chunks().next().map(|chunk| chunk.recv_ns.since(exchange.trace.sent_ns));
            let first = first
                .map_or_else(String::new, |ns| format!(", the first after {:.0} ms", ns.as_millis_f64()));
            finding("streaming", Grade::Ok, format!("{chunks} chunks{first}"))
        }
        outcome => {
            let said = exchange.error.clone().unwrap_or_else(|| "nothing came".to_owned());
            finding("streaming", Grade::Failed, format!("{outcome}: {said}"))
        }
    }
}

/// Where a refused request would be taken without what labctl adds for this kind of server, says so.
async fn refuses_extras(reached: &Reached, refused: &Exchange, clock: Clock) -> Option<Finding> {
    let extras = reached.dialect.extras();
    if refused.outcome != Outcome::Http4xx || extras.is_empty() {
        return None;
    }
    let plain = Form { dialect: Dialect::of(ServerKind::Openai), ..reached.form() };
    let (exchange, _) = stream(reached, plain, clock).await;
    (exchange.outcome == Outcome::Success).then(|| {
        finding(
            "dialect",
            Grade::Failed,
            format!(
                "it refuses `{}`, by which labctl asks for the tokens of each chunk; set `kind: openai` for this endpoint",
                extras.join("`, `")
            ),
        )
    })
}
