//! The server: its thread, its connections and its routes.
//!
//! It runs on a thread and a runtime of its own, so that a client in the same process doesn't wait
//! for it, nor it for the client.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::answers::Answers;
use super::draw::Draw;
use super::driver::Driver;
use super::engine::{Engine, FinishReason};
use super::errors::Refusal;
use super::faults::{ErrorShape, Faults};
use super::ground_truth::{Recorder, Writer};
use super::http::{self, Connection, NoRequest, Request};
use super::metrics::ServerMetrics;
use super::pacer::Pacer;
use super::pacing::Pacing;
use super::request::Interface;
use super::source::Source;
use super::{Options, SimulatorError, clock, generation};
use crate::model::units::Nanos;

/// What becomes of a connection after a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// It takes the next request, unless the client asked otherwise.
    KeepAlive,
    /// It is closed.
    Close,
    /// It is reset.
    Reset,
}

/// What all connections share.
pub(super) struct Shared {
    /// The served model's name.
    pub(super) model: String,
    /// The simulator's seed.
    pub(super) seed: u64,
    /// What goes wrong.
    pub(super) faults: Faults,
    /// What is answered.
    pub(super) answers: Answers,
    /// The engine.
    driver: Driver,
    /// The set pace and the speed, where the engine has nothing to say.
    pacing: Option<(Pacing, f64)>,
    /// Writes what is paced.
    pub(super) pacer: Pacer,
    /// Where ground truth goes.
    pub(super) recorder: Recorder,
    /// Longest prompt and answer together, tokens.
    pub(super) longest_tokens: u32,
    /// Ends the server.
    pub(super) dead: CancellationToken,
    api_key: Option<String>,
    metrics: Arc<Mutex<ServerMetrics>>,
    received: AtomicU64,
    served: Arc<AtomicU64>,
    health_polls: AtomicU64,
    created: u64,
}

impl Shared {
    /// The number of a new generation request, from 1.
    pub(super) fn next_ordinal(&self) -> u64 {
        self.received.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The tokens of a request that was received at `arrived`.
    pub(super) fn source(
        &self,
        arrived: Nanos,
        prompt_tokens: u32,
        output_tokens: u32,
        finish: FinishReason,
    ) -> Source {
        match &self.pacing {
            Some((pacing, speed)) => {
                let schedule = pacing.schedule(arrived, output_tokens, *speed);
                let life = schedule.life(prompt_tokens, finish);
                Source::paced(schedule, life, Arc::clone(&self.metrics))
            }
            None => Source::Engine(self.driver.submit(arrived, prompt_tokens, output_tokens, finish)),
        }
    }

    /// Counts a generation request as done, however it ended.
    pub(super) fn count_served(&self) {
        self.served.fetch_add(1, Ordering::Relaxed);
    }
}

/// A simulator that runs. Dropping it ends it too, without waiting.
pub struct Running {
    addr: SocketAddr,
    served: Arc<AtomicU64>,
    driver: Driver,
    pacer: Pacer,
    threads: Vec<JoinHandle<()>>,
    writer: Option<Writer>,
    dead: DropGuard,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("addr", &self.addr).finish_non_exhaustive()
    }
}

impl Running {
    /// `http://ADDRESS:PORT/v1`
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.addr)
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Generation requests that have ended, however they did. Those refused as invalid don't count.
    /// A request is counted after its last byte was written, so a client may have it a moment earlier.
    #[must_use]
    pub fn requests_served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }

    /// Ends it: breaks off what is in flight, frees the port, and waits until the ground truth is on
    /// disk. Returns an error where that could not be written.
    pub async fn stop(self) -> Result<(), SimulatorError> {
        let Self { driver, pacer, threads, writer, dead, .. } = self;
        drop(dead);
        driver.stop();
        pacer.stop();
        let join = move || {
            for thread in threads {
                // A panic in a thread of the simulator has been printed by then; the rest still ends.
                let _ = thread.join();
            }
            writer.map_or(Ok(()), Writer::join)
        };
        tokio::task::spawn_blocking(join)
            .await
            .unwrap_or_else(|e| Err(SimulatorError::Thread { source: io::Error::other(e) }))
    }
}

/// Starts a simulator and waits until it listens.
pub async fn start(options: Options) -> Result<Running, SimulatorError> {
    options.profile.validate()?;
    let thread_failed = |source| SimulatorError::Thread { source };
    let (recorder, writer) = match &options.ground_truth {
        Some(path) => Recorder::to_file(path).map(|(recorder, writer)| (recorder, Some(writer)))?,
        None => (Recorder::off(), None),
    };
    let metrics = Arc::new(Mutex::new(ServerMetrics::new(&options.model)));
    let engine = Engine::new(options.profile.clone(), options.seed);
    let (driver, engine_thread) = Driver::start(engine, Arc::clone(&metrics)).map_err(thread_failed)?;
    let (pacer, pacer_thread) = Pacer::start().map_err(thread_failed)?;
    let (dead, served) = (CancellationToken::new(), Arc::new(AtomicU64::new(0)));
    let shared = Shared {
        longest_tokens: options.profile.longest_tokens(),
        pacing: options.profile.pacing.clone().map(|pacing| (pacing, options.profile.speed)),
        answers: Answers::new(options.prompt_sets, options.profile, options.seed),
        pacer: pacer.clone(),
        model: options.model,
        seed: options.seed,
        faults: options.faults,
        driver: driver.clone(),
        recorder,
        dead: dead.clone(),
        api_key: options.api_key,
        metrics,
        received: AtomicU64::new(0),
        served: Arc::clone(&served),
        health_polls: AtomicU64::new(0),
        created: clock::unix_seconds(),
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(thread_failed)?;
    let (host, port) = (options.host, options.port);
    let (report, bound) = oneshot::channel();
    let server_thread = std::thread::Builder::new()
        .name("labctl-simulator".to_owned())
        .spawn(move || {
            runtime.block_on(listen(host, port, Arc::new(shared), report));
            // Dropping the runtime drops every connection with it.
        })
        .map_err(thread_failed)?;
    let mut running = Running {
        addr: SocketAddr::new(host, port),
        served,
        driver,
        pacer,
        threads: vec![server_thread, engine_thread, pacer_thread],
        writer,
        dead: dead.drop_guard(),
    };
    running.addr = bound
        .await
        .unwrap_or_else(|_| Err(io::Error::other("the server's thread ended")))
        .map_err(|source| SimulatorError::Bind { address: SocketAddr::new(host, port), source })?;
    Ok(running)
}

async fn listen(
    host: IpAddr,
    port: u16,
    shared: Arc<Shared>,
    report: oneshot::Sender<io::Result<SocketAddr>>,
) {
    let listener = match bind(host, port).and_then(|l| l.local_addr().map(|addr| (l, addr))) {
        Ok((listener, addr)) => {
            let _ = report.send(Ok(addr));
            listener
        }
        Err(error) => {
            let _ = report.send(Err(error));
            return;
        }
    };
    loop {
        tokio::select! {
            () = shared.dead.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(serve_connection(Arc::clone(&shared), stream));
                }
                // Out of file descriptors, most likely: some will be free again.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
        }
    }
}

/// Binds. For port 0 a few ports below 32768 are tried first: those above are what the system gives
/// to clients' own ends, and under load the two collide.
fn bind(host: IpAddr, port: u16) -> io::Result<TcpListener> {
    let listen = |port| {
        let socket = if host.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        // Connections inherit it, so that even what came before they were accepted is stamped.
        #[cfg(target_os = "linux")]
        nix::sys::socket::setsockopt(&socket, nix::sys::socket::sockopt::ReceiveTimestampns, &true)?;
        socket.bind(SocketAddr::new(host, port))?;
        socket.listen(4096)
    };
    if port == 0 {
        let draw = Draw::new(clock::now().0).number(u64::from(std::process::id()));
        for attempt in 0..16 {
            let candidate = 20_000 + u16::try_from(draw.number(attempt).below(12_000)).unwrap_or(0);
            if let Ok(listener) = listen(candidate) {
                return Ok(listener);
            }
        }
    }
    listen(port)
}

async fn serve_connection(shared: Arc<Shared>, stream: TcpStream) {
    let Ok(mut connection) = Connection::new(stream) else { return };
    loop {
        let request = match connection.request().await {
            Ok(request) => request,
            Err(NoRequest::Closed) => return,
            Err(NoRequest::Malformed(status, message)) => {
                let mut bytes = http::head(status, "text/plain; charset=utf-8", Some(message.len()), "", &[]);
                bytes.extend_from_slice(message.as_bytes());
                // The connection is given up either way.
                let _ = connection.write(&bytes).await;
                return;
            }
        };
        match route(&shared, &mut connection, &request).await {
            Ok(After::KeepAlive) if !request.close => {}
            Ok(After::Reset) => {
                connection.reset_on_close();
                return;
            }
            Ok(_) | Err(_) => return,
        }
    }
}

async fn route(shared: &Shared, connection: &mut Connection, request: &Request) -> io::Result<After> {
    let (json_type, path) = ("application/json", request.path.as_str());
    let wanted = match path {
        "/v1/chat/completions" | "/v1/completions" => "POST",
        "/v1/models" | "/health" | "/version" | "/metrics" => "GET",
        _ => {
            return respond(connection, request, 404, json_type, br#"{"detail":"Not Found"}"#, &[]).await;
        }
    };
    if request.method != wanted {
        let allow = [("allow", wanted.to_owned())];
        return respond(connection, request, 405, json_type, br#"{"detail":"Method Not Allowed"}"#, &allow)
            .await;
    }
    if path.starts_with("/v1") && !authorized(shared, request) {
        return respond(connection, request, 401, json_type, br#"{"error":"Unauthorized"}"#, &[]).await;
    }
    match path {
        "/v1/chat/completions" => generation::serve(shared, connection, request, Interface::Chat).await,
        "/v1/completions" => generation::serve(shared, connection, request, Interface::Text).await,
        "/v1/models" => {
            let model = json!({"id": shared.model, "object": "model", "created": shared.created,
                "owned_by": "labctl-simulator", "root": shared.model, "parent": null,
                "max_model_len": shared.longest_tokens});
            let body = json!({"object": "list", "data": [model]}).to_string();
            respond(connection, request, 200, json_type, body.as_bytes(), &[]).await
        }
        "/version" => {
            let body =
                json!({"version": env!("CARGO_PKG_VERSION"), "server": "labctl-simulator"}).to_string();
            respond(connection, request, 200, json_type, body.as_bytes(), &[]).await
        }
        "/health" => {
            let polls = shared.health_polls.fetch_add(1, Ordering::Relaxed);
            if polls < shared.faults.unhealthy_polls {
                let (content_type, body) = Refusal::of_status(503).body(ErrorShape::Vllm);
                return respond(connection, request, 503, content_type, body.as_bytes(), &[]).await;
            }
            respond(connection, request, 200, json_type, b"", &[]).await
        }
        _ => {
            let page = shared.metrics.lock().unwrap_or_else(PoisonError::into_inner).clone().render();
            let content_type = "text/plain; version=0.0.4; charset=utf-8";
            respond(connection, request, 200, content_type, page.as_bytes(), &[]).await
        }
    }
}

fn authorized(shared: &Shared, request: &Request) -> bool {
    let given = request.authorization.as_deref().and_then(|a| a.strip_prefix("Bearer "));
    shared.api_key.is_none() || given.is_some_and(|key| shared.api_key.as_deref() == Some(key.trim()))
}

/// Writes a whole response in one call.
pub(super) async fn respond(
    connection: &mut Connection,
    request: &Request,
    status: u16,
    content_type: &str,
    body: &[u8],
    extra: &[(&str, String)],
) -> io::Result<After> {
    let id = request.id.as_deref().unwrap_or_default();
    let mut bytes = http::head(status, content_type, Some(body.len()), id, extra);
    bytes.extend_from_slice(body);
    connection.write(&bytes).await?;
    Ok(After::KeepAlive)
}
