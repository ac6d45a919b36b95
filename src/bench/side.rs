//! Reaching one endpoint: its transport, who it is, which model it serves. Where the endpoint is the
//! built-in simulator, this hosts it.

use std::sync::Arc;
use std::time::Duration;

use super::hosted::{HostError, Hosted};
use super::plan::SideSpec;
use crate::client::any_transport::AnyTransport;
use crate::client::clock::Clock;
use crate::client::exchange::Client;
use crate::client::failure::Failure;
use crate::client::http::HttpTransport;
use crate::client::probe::{Identity, identify};
use crate::client::request::Form;
use crate::client::secret::{Secret, mask_url, redact_all, secrets_of};
use crate::client::server::Dialect;
use crate::client::setup::SetupError;
use crate::client::transport::Transport;
use crate::model::config::Endpoint;
use crate::model::header::SideHeader;
use crate::model::prompt::PromptSet;

/// Why an endpoint can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SideError {
    /// Its configuration makes no transport.
    #[error("endpoint `{name}`: {error}")]
    Configuration {
        /// The endpoint.
        name: String,
        /// Why.
        error: SetupError,
    },
    /// The simulator didn't start.
    #[error("endpoint `{name}`: {error}")]
    Simulator {
        /// The endpoint.
        name: String,
        /// Why.
        error: HostError,
    },
    /// It can't be reached, or it refuses.
    #[error("endpoint `{name}` at `{url}`: {failure}")]
    Unreachable {
        /// The endpoint.
        name: String,
        /// Its URL, masked.
        url: String,
        /// Why.
        failure: Failure,
    },
    /// It doesn't serve the model.
    #[error("endpoint `{name}` at `{url}` does not serve model `{model}`")]
    NotServed {
        /// The endpoint.
        name: String,
        /// Its URL, masked.
        url: String,
        /// The model asked for.
        model: String,
        /// The models it lists.
        served: Vec<String>,
    },
    /// No model was named, and it lists none or several.
    #[error("endpoint `{name}` at `{url}`: no model was named and it does not serve exactly one")]
    WhichModel {
        /// The endpoint.
        name: String,
        /// Its URL, masked.
        url: String,
        /// The models it lists.
        served: Vec<String>,
    },
}

/// An endpoint that answers.
#[derive(Debug)]
pub struct Reached {
    /// The way of measured streams to it.
    pub transport: AnyTransport,
    /// Its configuration, with the URL in place of a simulator.
    pub endpoint: Endpoint,
    /// What is sent to it and no message may hold.
    pub secrets: Vec<Secret>,
    /// How the server speaks.
    pub dialect: Dialect,
    /// Who answers.
    pub header: SideHeader,
    /// The simulator behind it; it stops when this is dropped.
    pub hosted: Option<Hosted>,
}

impl Reached {
    /// A client of this endpoint, sharing its connections.
    #[must_use]
    pub fn client(&self, clock: Clock) -> Client<AnyTransport> {
        self.client_over(self.transport.clone(), clock)
    }

    /// A client of this endpoint over another transport.
    pub fn client_over<T: Transport>(&self, transport: T, clock: Clock) -> Client<T> {
        Client::new(transport, clock, self.endpoint.timeouts, self.secrets.clone(), self.dialect)
    }

    /// What its requests have in common.
    #[must_use]
    pub fn form(&self) -> Form<'_> {
        Form {
            api: self.endpoint.api,
            dialect: self.dialect,
            model: &self.header.model,
            extra: &self.endpoint.body,
        }
    }
}

/// Reaches an endpoint and finds out who answers.
pub async fn reach(
    spec: &SideSpec,
    clock: Clock,
    seed: u64,
    prompt_sets: Arc<Vec<PromptSet>>,
) -> Result<Reached, SideError> {
    let name = spec.name.clone();
    let mut endpoint = spec.endpoint.clone();
    let mut hosted = None;
    if let Some(simulator) = &endpoint.simulator {
        let simulator = Hosted::start(simulator, endpoint.model.as_deref(), seed, prompt_sets)
            .map_err(|error| SideError::Simulator { name: name.clone(), error })?;
        endpoint.url = Some(simulator.base_url().to_owned());
        hosted = Some(simulator);
    }
    let misconfigured = |error| SideError::Configuration { name: name.clone(), error };
    let http = HttpTransport::new(&endpoint, spec.key.as_ref(), clock).map_err(misconfigured)?;
    let transport = AnyTransport::new(spec.transport, &endpoint, spec.key.as_ref(), clock, &http)
        .map_err(misconfigured)?;
    let url = mask_url(endpoint.url.as_deref().unwrap_or_default());
    let ready = Duration::from_secs_f64(endpoint.timeouts.ready_s);
    let secrets = secrets_of(&endpoint, spec.key.as_ref());
    let redacted = |text: &str| redact_all(&secrets, text).into_owned();
    let mut identity = identify(&http, endpoint.kind, ready).await.map_err(|mut failure| {
        failure.message = redacted(&failure.message);
        SideError::Unreachable { name: name.clone(), url: url.clone(), failure }
    })?;
    identity.server = identity.server.as_deref().map(redacted);
    let listed = identity.models.as_ref();
    identity.models = listed.map(|models| models.iter().map(|model| redacted(model)).collect());
    let dialect = identity.dialect;
    let model = model(&name, &url, endpoint.model.take(), &identity)?;
    let header = SideHeader {
        endpoint: name,
        url,
        model: model.clone(),
        simulated: hosted.is_some() || identity.simulated,
        server: identity.server,
        dialect: Some(dialect.kind),
    };
    endpoint.model = Some(model);
    Ok(Reached { transport, endpoint, secrets, dialect, header, hosted })
}

/// The model to ask for: the one named, or the only one served.
fn model(name: &str, url: &str, asked: Option<String>, identity: &Identity) -> Result<String, SideError> {
    let served = identity.models.clone();
    let (name, url) = (name.to_owned(), url.to_owned());
    match (asked, served) {
        (Some(model), Some(served)) if !served.contains(&model) && !identity.dialect.any_model => {
            Err(SideError::NotServed { name, url, model, served })
        }
        (Some(model), _) => Ok(model),
        (None, Some(served)) if served.len() == 1 => Ok(served.into_iter().next().unwrap_or_default()),
        (None, served) => Err(SideError::WhichModel { name, url, served: served.unwrap_or_default() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::ServerKind;

    fn identity(models: Option<&[&str]>, kind: ServerKind) -> Identity {
        Identity {
            server: None,
            dialect: Dialect::of(kind),
            models: models.map(|models| models.iter().map(|m| (*m).to_owned()).collect()),
            simulated: false,
        }
    }

    fn chosen(asked: Option<&str>, identity: &Identity) -> Result<String, SideError> {
        model("e", "http://h/v1", asked.map(str::to_owned), identity)
    }

    #[test]
    fn the_model_is_the_one_named_or_the_only_one_served() {
        assert_eq!(chosen(Some("a"), &identity(Some(&["a", "b"]), ServerKind::Vllm)).unwrap(), "a");
        assert_eq!(chosen(None, &identity(Some(&["a"]), ServerKind::Vllm)).unwrap(), "a");
        assert!(matches!(
            chosen(None, &identity(Some(&["a", "b"]), ServerKind::Vllm)),
            Err(SideError::WhichModel { .. })
        ));
        assert!(matches!(
            chosen(Some("c"), &identity(Some(&["a"]), ServerKind::Vllm)),
            Err(SideError::NotServed { .. })
        ));
        assert_eq!(chosen(Some("c"), &identity(Some(&["a"]), ServerKind::LlamaCpp)).unwrap(), "c");
        assert_eq!(chosen(Some("c"), &identity(None, ServerKind::Openai)).unwrap(), "c");
    }
}
