//! The portable transport: reqwest, stamped when a read returns.
//!
//! A read may carry several of the server's writes, and reqwest hands them out one by one. They are
//! gathered until nothing more is ready, before anything looks at them, and all but the last are marked
//! inexact. Each is stamped as it is handed out, not all as the first: where more bytes come in meanwhile,
//! another read goes unseen, and what it brought must not seem to have come before it was sent.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use reqwest::header::HeaderMap;
use url::Url;

use super::clock::Clock;
use super::failure::{Failure, chain, classify, closed_before_response};
use super::request::Request;
use super::secret::Secret;
use super::setup::{SetupError, USER_AGENT, base_url, headers, read_file, under};
use super::transport::{Head, LONGEST_CROSSING, LONGEST_IDLE, Opened, SENT_TWICE, Segment, Transport};
use crate::model::config::Endpoint;
use crate::model::outcome::Outcome;
use crate::model::trace::StampSource;
use crate::model::units::Nanos;

/// The most segments gathered under one stamp, so that a fast server can't hold the reader.
const MOST_GATHERED: usize = 64;

/// One endpoint behind reqwest. Cheap to clone: clones share the connections.
#[derive(Clone)]
pub struct HttpTransport {
    client: reqwest::Client,
    base: Url,
    clock: Clock,
    connect_s: f64,
}

impl std::fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpTransport").finish_non_exhaustive()
    }
}

impl HttpTransport {
    /// A transport to this endpoint. HTTP/1.1 without compression, no proxy unless configured, and
    /// certificates always verified.
    pub fn new(endpoint: &Endpoint, key: Option<&Secret>, clock: Clock) -> Result<Self, SetupError> {
        let base = base_url(endpoint)?;
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .http1_only()
            .tcp_nodelay(true)
            .pool_max_idle_per_host(usize::MAX)
            .pool_idle_timeout(LONGEST_IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs_f64(endpoint.timeouts.connect_s))
            .user_agent(USER_AGENT)
            .default_headers(headers(endpoint, key)?);
        if let Some(proxy) = &endpoint.proxy {
            let proxy = reqwest::Proxy::all(proxy.as_str())
                .map_err(|e| SetupError::Invalid { what: "`proxy`", why: chain(&e.without_url()) })?;
            builder = builder.proxy(proxy);
        }
        // Fails only where one is installed already, which is as good.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        builder = tls(builder, endpoint)?;
        if base.scheme() == "http" && endpoint.proxy.is_none() {
            // Nothing ever speaks TLS then, and to read the system's certificates takes longer than a short run.
            builder = builder.tls_certs_only([]);
        }
        let client = builder
            .build()
            .map_err(|e| SetupError::Invalid { what: "the TLS configuration", why: chain(&e) })?;
        Ok(Self { client, base, clock, connect_s: endpoint.timeouts.connect_s })
    }

    /// GET of a path under the base URL, or beside it where the path starts with `/`
    /// (`/health` lies at the server's root, not under `/v1`).
    pub async fn get(&self, path: &str, limit: Duration) -> Result<(u16, HeaderMap, Bytes), Failure> {
        let url = under(&self.base, path);
        let exchange = async {
            let response =
                self.client.get(url).send().await.map_err(|e| classify(e, false, self.connect_s))?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let body = response.bytes().await.map_err(|e| classify(e, true, self.connect_s))?;
            Ok((status, headers, body))
        };
        tokio::time::timeout(limit, exchange).await.unwrap_or_else(|_| {
            Err(Failure::new(Outcome::TimeoutTotal, format!("no answer within {} s", limit.as_secs_f64())))
        })
    }
}

fn tls(
    mut builder: reqwest::ClientBuilder,
    endpoint: &Endpoint,
) -> Result<reqwest::ClientBuilder, SetupError> {
    if let Some(path) = &endpoint.tls.ca_file {
        let certificates = reqwest::Certificate::from_pem_bundle(&read_file(path)?)
            .map_err(|e| SetupError::Invalid { what: "`tls.ca_file`", why: chain(&e) })?;
        if certificates.is_empty() {
            return Err(SetupError::no_certificate("`tls.ca_file`", path));
        }
        builder = builder.tls_certs_merge(certificates);
    }
    match (&endpoint.tls.client_certificate_file, &endpoint.tls.client_key_file) {
        (Some(certificate), Some(key)) => {
            let mut pem = read_file(certificate)?;
            pem.push(b'\n');
            pem.extend(read_file(key)?);
            let identity = reqwest::Identity::from_pem(&pem).map_err(|e| SetupError::Invalid {
                what: "`tls.client_certificate_file` with its key",
                why: chain(&e),
            })?;
            Ok(builder.identity(identity))
        }
        (None, None) => Ok(builder),
        _ => Err(SetupError::half_an_identity()),
    }
}

impl Transport for HttpTransport {
    type Body = Gathered;

    async fn send(&self, request: &Request, sent: &mut Nanos) -> Result<Opened<Gathered>, Failure> {
        let build = || {
            self.client
                .post(under(&self.base, request.path))
                .header("x-request-id", &request.id)
                .body(request.body.clone())
        };
        *sent = self.clock.now();
        let connect_s = self.connect_s;
        let mut response = build().send().await;
        // Servers close idle connections after some seconds, and a request may cross the closing. It
        // was not processed, so it is sent once more, counted from then, and the result says so.
        let waited = Duration::from_nanos(self.clock.now().since(*sent).0);
        let resent =
            waited < LONGEST_CROSSING && response.as_ref().is_err_and(|error| closed_before_response(error));
        if resent {
            *sent = self.clock.now();
            response = build().send().await;
        }
        let response = response.map_err(|e| {
            let mut failure = classify(e, false, connect_s);
            if resent {
                failure.message.push_str(SENT_TWICE);
            }
            failure
        })?;
        let headers_ns = self.clock.now();
        let head = Head::new(response.status(), response.headers(), headers_ns, resent);
        let body = response
            .bytes_stream()
            .map(move |item| item.map_err(move |e| classify(e, true, connect_s)))
            .boxed();
        Ok(Opened { head, body: Gathered { body, clock: self.clock, ready: VecDeque::new(), ended: false } })
    }

    async fn warm_connections(&self, connections: u32) {
        let mut attempts = tokio::task::JoinSet::new();
        for _ in 0..connections {
            let transport = self.clone();
            // Whether it answers well is the probe's business: a connection is all that is wanted.
            attempts.spawn(async move { transport.get("models", Duration::from_secs(10)).await.is_ok() });
        }
        while attempts.join_next().await.is_some() {}
    }

    fn stamps(&self) -> StampSource {
        StampSource::Read
    }

    fn name(&self) -> &'static str {
        "reqwest"
    }
}

/// A body whose simultaneous pieces are stamped together and known as such.
pub struct Gathered {
    body: BoxStream<'static, Result<Bytes, Failure>>,
    clock: Clock,
    ready: VecDeque<Result<Segment, Failure>>,
    ended: bool,
}

impl Stream for Gathered {
    type Item = Result<Segment, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some(segment) = this.ready.pop_front() {
            return Poll::Ready(Some(segment));
        }
        while !this.ended && this.ready.len() < MOST_GATHERED {
            match this.body.poll_next_unpin(cx) {
                Poll::Pending => break,
                Poll::Ready(None) => this.ended = true,
                Poll::Ready(Some(Err(failure))) => {
                    this.ended = true;
                    this.ready.push_back(Err(failure));
                }
                Poll::Ready(Some(Ok(bytes))) => {
                    let recv_ns = this.clock.now();
                    if let Some(Ok(before)) = this.ready.back_mut() {
                        before.exact = false;
                    }
                    this.ready.push_back(Ok(Segment::read(bytes, recv_ns)));
                }
            }
        }
        if this.ready.len() == MOST_GATHERED
            && let Some(Ok(last)) = this.ready.back_mut()
        {
            // Nobody has seen whether more is there.
            last.exact = false;
        }
        match this.ready.pop_front() {
            None if !this.ended => Poll::Pending,
            next => Poll::Ready(next),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures_util::{FutureExt as _, stream};

    use super::*;

    /// The segments of a body with so many pieces, all ready at once, and when each piece came into being.
    fn gathered(pieces: usize) -> (Vec<Segment>, Vec<Nanos>) {
        let clock = Clock::start();
        let made = Arc::new(Mutex::new(Vec::new()));
        let making = made.clone();
        let body = stream::iter(0..pieces).map(move |_| {
            making.lock().unwrap().push(clock.now());
            Ok(Bytes::from_static(b"x"))
        });
        let gathered = Gathered { body: body.boxed(), clock, ready: VecDeque::new(), ended: false };
        let segments = gathered.map(Result::unwrap).collect::<Vec<_>>().now_or_never();
        let made = made.lock().unwrap().clone();
        (segments.expect("a stream from memory is always ready"), made)
    }

    #[test]
    fn no_piece_is_stamped_before_it_was_there() {
        let (segments, made) = gathered(20);
        assert!(segments.iter().zip(&made).all(|(segment, made)| segment.recv_ns >= *made));
        assert!(segments.is_sorted_by_key(|segment| segment.recv_ns));
    }

    #[test]
    fn only_the_last_piece_of_those_that_came_together_is_exact() {
        let exact = |pieces| gathered(pieces).0.iter().map(|segment| segment.exact).collect::<Vec<_>>();
        assert_eq!(exact(1), [true]);
        assert_eq!(exact(3), [false, false, true]);
        let many = exact(MOST_GATHERED + 2);
        assert!(many[..=MOST_GATHERED].iter().all(|exact| !exact) && many[MOST_GATHERED + 1]);
    }
}
