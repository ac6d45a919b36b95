//! Servers on loopback for the end-to-end tests: the simulator, and one that answers as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::Arc;

use labctl::promptset;
use labctl::simulator::{FaultKind, Faults, Options, Profile, Running, When, start};

use crate::support::Lab;

/// The model that simulators serve unless told otherwise.
pub(crate) const MODEL: &str = "mistral-7b-awq";

/// A simulator that may have faults. Dropping it ends it.
pub(crate) struct Server {
    running: Running,
}

impl Server {
    /// One that answers the set `tiny` right, very fast.
    pub(crate) fn good() -> Self {
        Self::with(Faults::none())
    }

    /// One with these faults.
    pub(crate) fn with(faults: Faults) -> Self {
        Self::with_options(|options| options.faults = faults)
    }

    /// One with this fault.
    pub(crate) fn with_fault(kind: FaultKind, when: When) -> Self {
        Self::with(Faults::none().with(kind, when))
    }

    /// One with options of its own.
    pub(crate) fn with_options(change: impl FnOnce(&mut Options)) -> Self {
        let lab = Lab::new();
        let mut profile = Profile::awq();
        profile.speed = 50.0;
        profile.pass_rates.clear();
        profile.default_pass_rate = 1.0;
        profile.flip_rate = 0.0;
        let mut options = Options::new(profile);
        options.prompt_sets = Arc::new(vec![promptset::load("tiny", &lab.path("promptsets")).unwrap()]);
        change(&mut options);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { running: runtime.block_on(start(options)).unwrap() }
    }

    /// Ends it; its ground truth is on disk then.
    pub(crate) fn stop(self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(self.running.stop()).unwrap();
    }

    /// Its base URL.
    pub(crate) fn url(&self) -> String {
        self.running.base_url()
    }

    /// Its address.
    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.running.addr()
    }

    /// Generation requests that ended.
    pub(crate) fn requests_served(&self) -> u64 {
        self.running.requests_served()
    }
}

/// A request as [`HttpServer`] received it.
pub(crate) struct HttpRequest {
    /// The path with its query.
    pub(crate) path: String,
    /// The whole head.
    pub(crate) head: String,
    /// The body, as text.
    pub(crate) body: String,
}

/// A server that answers each request with status, content type and body, and closes. For what the
/// simulator doesn't do.
pub(crate) struct HttpServer {
    address: std::net::SocketAddr,
}

impl HttpServer {
    /// One that answers as `answer` says. Its thread ends with the test's process.
    pub(crate) fn answering(
        answer: impl Fn(&HttpRequest) -> (u16, &'static str, String) + Send + Sync + 'static,
    ) -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let answer = Arc::clone(&answer);
                // A client that leaves in the middle is no matter.
                std::thread::spawn(move || answer_one(stream, &*answer));
            }
        });
        Self { address }
    }

    /// Its base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

fn answer_one(
    stream: std::net::TcpStream,
    answer: &dyn Fn(&HttpRequest) -> (u16, &'static str, String),
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let length = head
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let body = String::from_utf8_lossy(&body).into_owned();
    let (status, content_type, body) = answer(&HttpRequest { path, head, body });
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status} Status\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    reader.into_inner().write_all(text.as_bytes())
}
