//! One endpoint behind stamped sockets.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderValue, USER_AGENT as USER_AGENT_HEADER};
use http::uri::InvalidUri;
use http::{HeaderName, Method, Uri};
use http_body_util::Full;
use hyper::body::Incoming;
use url::{Position, Url};

use super::body::Body;
use super::connect::Connector;
use super::connection::{Connection, Outgoing};
use super::pool::Pool;
use super::tls;
use crate::client::clock::Clock;
use crate::client::failure::{Failure, classify_stream, closed_before_response};
use crate::client::request::{CHAT_COMPLETIONS, COMPLETIONS, Request};
use crate::client::secret::{Secret, basic_authorization};
use crate::client::setup::{SetupError, USER_AGENT, base_url, headers, under};
use crate::client::transport::{Head, LONGEST_CROSSING, Opened, SENT_TWICE, Transport};
use crate::model::config::Endpoint;
use crate::model::health::StampFaults;
use crate::model::outcome::Outcome;
use crate::model::trace::StampSource;
use crate::model::units::Nanos;

/// One endpoint, measured at the kernel's boundary: HTTP/1.1 without compression, certificates always verified.
/// Cheap to clone: clones share the connections.
#[derive(Clone)]
pub struct KernelTransport {
    shared: Arc<Shared>,
}

struct Shared {
    base: Url,
    /// Where requests go by their path, for the paths that there are.
    targets: [(&'static str, Uri); 2],
    headers: HeaderMap,
    connector: Connector,
    pool: Arc<Pool>,
    clock: Clock,
}

impl std::fmt::Debug for KernelTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KernelTransport").finish_non_exhaustive()
    }
}

impl KernelTransport {
    /// A transport to this endpoint. It knows no proxies: an endpoint with one is refused.
    pub fn new(endpoint: &Endpoint, key: Option<&Secret>, clock: Clock) -> Result<Self, SetupError> {
        if endpoint.proxy.is_some() {
            return Err(SetupError::Invalid {
                what: "`transport: kernel` with a `proxy`",
                why: "measured streams through a proxy need `transport: reqwest`".to_owned(),
            });
        }
        let mut base = base_url(endpoint)?;
        let tls = (base.scheme() == "https").then(|| tls::config(endpoint)).transpose()?;
        let connector = Connector::new(&base, tls, endpoint.timeouts.connect_s, clock)?;
        let mut headers = headers(endpoint, key)?;
        headers.insert(USER_AGENT_HEADER, HeaderValue::from_static(USER_AGENT));
        let host = &base[Position::BeforeHost..Position::AfterPort];
        let host = HeaderValue::from_str(host)
            .map_err(|error| SetupError::Invalid { what: "`url`", why: error.to_string() })?;
        headers.insert(HOST, host);
        if let Some(value) = basic_authorization(&base) {
            headers.entry(AUTHORIZATION).or_insert(value);
        }
        // Both fail only for URLs that can't have them, and there is nothing to remove then.
        let _had_none = (base.set_username(""), base.set_password(None));
        let targets = [
            (CHAT_COMPLETIONS, target(&base, CHAT_COMPLETIONS)?),
            (COMPLETIONS, target(&base, COMPLETIONS)?),
        ];
        let shared = Shared { base, targets, headers, connector, pool: Arc::default(), clock };
        Ok(Self { shared: Arc::new(shared) })
    }

    fn request(&self, request: &Request) -> Result<Outgoing, Failure> {
        let refused = |what: String| Failure::new(Outcome::BadResponse, what);
        let mut outgoing = http::Request::new(Full::new(request.body.clone()));
        *outgoing.method_mut() = Method::POST;
        let known = self.shared.targets.iter().find(|(path, _)| *path == request.path);
        *outgoing.uri_mut() = match known {
            Some((_, target)) => target.clone(),
            None => target(&self.shared.base, request.path).map_err(|error| refused(error.to_string()))?,
        };
        let headers = outgoing.headers_mut();
        headers.clone_from(&self.shared.headers);
        let id = HeaderValue::from_str(&request.id)
            .map_err(|_| refused("the request's id can't be a header".to_owned()))?;
        headers.insert(HeaderName::from_static("x-request-id"), id);
        Ok(outgoing)
    }

    /// Sends a request over a connection and gives the head with the connection it came on.
    async fn over(
        &self,
        connection: &mut Connection,
        request: &Request,
        sent: &mut Nanos,
    ) -> Result<http::Response<Incoming>, SendError> {
        let outgoing = self.request(request).map_err(SendError::Other)?;
        let response = connection.send(outgoing).await;
        *sent = connection.newest.wrote_ns().max(*sent);
        response.map_err(SendError::Http)
    }

    fn opened(
        &self,
        response: http::Response<Incoming>,
        connection: Connection,
        resent: bool,
    ) -> Opened<Body> {
        let (parts, incoming) = response.into_parts();
        let headers_ns = connection.newest.read().recv_ns;
        let head = Head::new(parts.status, &parts.headers, headers_ns, resent);
        Opened { head, body: Body::new(incoming, connection, self.shared.pool.clone()) }
    }
}

/// A path under the base URL, as a request's first line has it.
fn target(base: &Url, path: &str) -> Result<Uri, SetupError> {
    under(base, path)[Position::BeforePath..Position::AfterQuery]
        .parse()
        .map_err(|error: InvalidUri| SetupError::Invalid { what: "`url`", why: error.to_string() })
}

enum SendError {
    Http(hyper::Error),
    Other(Failure),
}

impl SendError {
    fn into_failure(self) -> Failure {
        match self {
            Self::Http(error) => classify_stream(&error),
            Self::Other(failure) => failure,
        }
    }
}

impl Transport for KernelTransport {
    type Body = Body;

    async fn send(&self, request: &Request, sent: &mut Nanos) -> Result<Opened<Body>, Failure> {
        let shared = &self.shared;
        *sent = shared.clock.now();
        let (mut connection, reused) = match shared.pool.take() {
            Some(connection) => (connection, true),
            None => (shared.connector.connect().await?, false),
        };
        let error = match self.over(&mut connection, request, sent).await {
            Ok(response) => return Ok(self.opened(response, connection, false)),
            Err(error) => error,
        };
        // The server may have closed the connection while the request was on its way. It was not processed then, so
        // it is sent once more, counted from then, and the result says so.
        let waited = Duration::from_nanos(shared.clock.now().since(*sent).0);
        let crossed = match &error {
            SendError::Http(error) => error.is_canceled() || closed_before_response(error),
            SendError::Other(_) => false,
        };
        if !(reused && crossed && waited < LONGEST_CROSSING) {
            return Err(error.into_failure());
        }
        let twice = |mut failure: Failure| {
            failure.message.push_str(SENT_TWICE);
            failure
        };
        *sent = shared.clock.now();
        let mut connection = shared.connector.connect().await.map_err(twice)?;
        match self.over(&mut connection, request, sent).await {
            Ok(response) => Ok(self.opened(response, connection, true)),
            Err(error) => Err(twice(error.into_failure())),
        }
    }

    async fn warm_connections(&self, connections: u32) {
        let missing = (connections as usize).saturating_sub(self.shared.pool.count_fresh());
        let mut attempts = tokio::task::JoinSet::new();
        for _ in 0..missing {
            let shared = self.shared.clone();
            attempts.spawn(async move {
                // A request that finds none opens its own, and tells why it can't.
                if let Ok(connection) = shared.connector.connect().await {
                    shared.pool.put(connection);
                }
            });
        }
        while attempts.join_next().await.is_some() {}
    }

    fn stamps(&self) -> StampSource {
        StampSource::Kernel
    }

    fn stamp_faults(&self) -> StampFaults {
        let faults = &self.shared.connector.faults;
        StampFaults {
            unstamped_reads: faults.unstamped.load(Relaxed),
            clock_steps: faults.clock_steps.load(Relaxed),
        }
    }

    fn name(&self) -> &'static str {
        "kernel"
    }
}
