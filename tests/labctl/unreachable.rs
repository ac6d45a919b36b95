//! Servers that can't be reached: no host, no port, no answer, no TLS.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio::io::copy_bidirectional;
use tokio_rustls::TlsAcceptor;

use crate::servers::Server;
use crate::support::{Lab, PROMPTS, outcomes};
use labctl::model::outcome::Outcome;
use labctl::model::record::Side;

#[test]
fn a_host_that_cannot_be_reached() {
    // The broadcast address: the system refuses by itself, and nothing is sent.
    let lab = Lab::at("http://255.255.255.255:8000/v1");
    lab.bench(&[])
        .fails(3, &["endpoint `candidate`", "http://255.255.255.255:8000/v1", "connect", "labctl doctor"])
        .prints_nothing();
    lab.has_no_results();
}

#[test]
fn a_name_that_is_none() {
    // Longer than a label may be: the resolver refuses by itself, and nobody is asked.
    let host = format!("{}.invalid", "a".repeat(64));
    let lab = Lab::at(&format!("http://{host}:8000/v1"));
    lab.bench(&[]).fails(3, &["endpoint `candidate`", &host, "lookup", "labctl doctor"]).prints_nothing();
    lab.has_no_results();
}

#[test]
fn a_port_where_nobody_listens() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let lab = Lab::at(&format!("http://{free}/v1"));
    lab.bench(&[])
        .fails(3, &["endpoint `candidate`", &free.to_string(), "refused", "is the server running"])
        .prints_nothing();
    lab.has_no_results();
}

#[test]
fn a_baseline_that_is_not_there() {
    let server = Server::good();
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let lab = Lab::new().with_endpoints(&[
        ("candidate", json!({"url": server.url()})),
        ("baseline", json!({"url": format!("http://{free}/v1")})),
    ]);
    lab.bench(&["--compare-baseline"]).fails(3, &["endpoint `baseline`", &free.to_string(), "refused"]);
    assert_eq!(server.requests_served(), 0, "nothing is sent before both sides are there");
    lab.has_no_results();
}

#[test]
fn a_host_that_takes_no_connection() {
    let full = FullBacklog::new();
    let lab = Lab::at(&format!("http://{}/v1", full.address));
    lab.bench(&["--set", "endpoints.candidate.timeouts.connect_s=0.2"])
        .fails(3, &["endpoint `candidate`", &full.address.to_string(), "0.2 s", "timeouts.connect_s"]);
    lab.labctl(&["run", "--endpoint", "candidate", "--timeout-connect", "0.2"])
        .fails(3, &["endpoint `candidate`", &full.address.to_string(), "0.2 s", "timeouts.connect_s"])
        .prints_nothing();
    lab.has_no_results();
}

#[test]
fn a_server_that_accepts_and_says_nothing() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let lab = Lab::at(&format!("http://{address}/v1"));
    lab.bench(&["--set", "endpoints.candidate.timeouts.ready_s=0.3"])
        .fails(3, &["endpoint `candidate`", &address.to_string(), "no answer", "0.3 s", "timeouts"])
        .prints_nothing();
    lab.has_no_results();
}

#[test]
fn a_server_that_does_not_become_healthy() {
    let server = Server::with_options(|options| options.faults.unhealthy_polls = u64::MAX);
    let lab = Lab::at(&server.url());
    lab.bench(&["--set", "endpoints.candidate.timeouts.ready_s=1"])
        .fails(3, &["not healthy within 1 s", "timeouts.ready_s", "the model is loading"])
        .prints_nothing();
    lab.has_no_results();
}

#[test]
fn a_certificate_that_nobody_vouches_for() {
    let server = Server::good();
    let tls = TlsFront::before(&server);
    let lab = Lab::at(&tls.url());
    lab.bench(&[])
        .fails(3, &["endpoint `candidate`", &tls.url(), "certificate", "tls.ca_file"])
        .prints_nothing();
    lab.has_no_results();
}

#[test]
fn a_certificate_authority_of_ones_own() {
    let server = Server::good();
    let tls = TlsFront::before(&server);
    let lab = Lab::at(&tls.url());
    std::fs::write(lab.path("ca.pem"), &tls.certificate).unwrap();
    let ended = lab.bench(&["--set", "endpoints.candidate.tls.ca_file=ca.pem"]);
    ended.succeeds();
    assert_eq!(outcomes(&lab.result(), Side::Candidate), [(Outcome::Success, PROMPTS)]);
}

#[test]
fn a_certificate_file_that_is_none() {
    let server = Server::good();
    let tls = TlsFront::before(&server);
    let lab = Lab::at(&tls.url());
    lab.bench(&["--set", "endpoints.candidate.tls.ca_file=ca.pem"])
        .fails(2, &["ca.pem", "endpoint `candidate`"]);
    std::fs::write(lab.path("ca.pem"), "no certificate").unwrap();
    lab.bench(&["--set", "endpoints.candidate.tls.ca_file=ca.pem"])
        .fails(2, &["`tls.ca_file`", "endpoint `candidate`"]);
    lab.has_no_results();
}

#[test]
fn https_where_the_server_speaks_http() {
    let server = Server::good();
    let lab = Lab::at(&server.url().replace("http:", "https:"));
    lab.bench(&[]).fails(3, &["endpoint `candidate`", "https://", "`http://`"]).prints_nothing();
    lab.has_no_results();
}

#[test]
fn http_where_the_server_speaks_https() {
    let server = Server::good();
    let tls = TlsFront::before(&server);
    let lab = Lab::at(&tls.url().replace("https:", "http:"));
    lab.bench(&[]).fails(3, &["endpoint `candidate`", "http://", "`https://`"]).prints_nothing();
    lab.has_no_results();
}

/// A socket whose queue of connections is full, so that the system answers no further one.
struct FullBacklog {
    address: SocketAddr,
    _listener: tokio::net::TcpListener,
    _runtime: tokio::runtime::Runtime,
    _waiting: Vec<TcpStream>,
}

impl FullBacklog {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let guard = runtime.enter();
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let listener = socket.listen(1).unwrap();
        drop(guard);
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
            waiting.push(stream);
        }
        Self { address, _listener: listener, _runtime: runtime, _waiting: waiting }
    }
}

/// TLS with a certificate of its own in front of a server.
struct TlsFront {
    address: SocketAddr,
    certificate: String,
    _runtime: tokio::runtime::Runtime,
}

impl TlsFront {
    fn before(server: &Server) -> Self {
        let rcgen::CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let (acceptor, behind) = (TlsAcceptor::from(Arc::new(config)), server.address());
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(mut front) = acceptor.accept(stream).await else { return };
                    let Ok(mut back) = tokio::net::TcpStream::connect(behind).await else { return };
                    // How a connection ends is the ends' business.
                    let _ended = copy_bidirectional(&mut front, &mut back).await;
                });
            }
        });
        Self { address, certificate: cert.pem(), _runtime: runtime }
    }

    fn url(&self) -> String {
        format!("https://{}/v1", self.address)
    }
}
