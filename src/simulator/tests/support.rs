//! A raw client and small prompt sets. The simulator runs on threads of its own, so tests may block.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::model::prompt::{Manifest, Prompt, PromptSet};
use crate::simulator::{FaultKind, Faults, Options, Profile, Running, When, start};

/// A set with so many prompts in each of the categories.
pub(super) fn prompt_set(categories: &[(&str, usize)]) -> PromptSet {
    let prompts = categories.iter().flat_map(|(category, n)| {
        (0..*n).map(move |i| Prompt {
            system: Some("Answer with one number.".to_owned()),
            reference: format!("Answer: {}", 2 * i),
            near_miss: vec![format!("Answer: {}", 2 * i + 1), format!("Answer: {}", 2 * i + 2)],
            ..Prompt::unchecked(
                format!("{category}-{i}"),
                (*category).to_owned(),
                format!("What is {i} plus {i}, {category}?"),
                64,
            )
        })
    });
    PromptSet {
        prompts: prompts.collect(),
        manifest: Manifest {
            name: "t".to_owned(),
            version: 1,
            description: String::new(),
            team: "any".to_owned(),
            categories: categories.iter().map(|(c, n)| ((*c).to_owned(), *n)).collect::<BTreeMap<_, _>>(),
            calibrated: false,
            sha256: String::new(),
        },
        origin: "test".to_owned(),
        selection: None,
    }
}

/// Options for tests: a hundred times faster than life.
pub(super) fn options() -> Options {
    let profile = Profile { speed: 100.0, ..Profile::fp16() };
    Options { prompt_sets: Arc::new(vec![prompt_set(&[("math", 20)])]), ..Options::new(profile) }
}

/// A server with one fault for all requests.
pub(super) async fn with_fault(kind: FaultKind) -> Running {
    start(Options { faults: Faults::none().with(kind, When::always()), ..options() }).await.unwrap()
}

/// What a server sent on one connection.
pub(super) struct Raw {
    /// Everything, up to the end of the connection.
    pub(super) bytes: Vec<u8>,
    /// How the connection ended.
    pub(super) end: std::io::Result<()>,
}

impl Raw {
    pub(super) fn status(&self) -> u16 {
        std::str::from_utf8(&self.bytes[9..12]).unwrap().parse().unwrap()
    }

    pub(super) fn head(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.head_length()]).unwrap()
    }

    fn head_length(&self) -> usize {
        memchr::memmem::find(&self.bytes, b"\r\n\r\n").unwrap() + 4
    }

    /// The body as it lies on the wire.
    pub(super) fn body(&self) -> &[u8] {
        &self.bytes[self.head_length()..]
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(self.body()).unwrap()
    }

    /// The chunks of a chunked body, and whether its end was sent.
    pub(super) fn chunks(&self) -> (Vec<&[u8]>, bool) {
        let (mut chunks, mut rest) = (Vec::new(), self.body());
        while let Some(line) = memchr::memmem::find(rest, b"\r\n") {
            let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
            if size == 0 {
                return (chunks, true);
            }
            chunks.push(&rest[line + 2..line + 2 + size]);
            rest = &rest[line + 4 + size..];
        }
        (chunks, false)
    }

    /// The `data:` of every event, where line ends are LF.
    pub(super) fn data(&self) -> Vec<String> {
        let text = String::from_utf8(self.chunks().0.concat()).unwrap();
        text.lines().filter_map(|l| l.strip_prefix("data: ")).map(str::to_owned).collect()
    }

    /// The events that are JSON.
    pub(super) fn events(&self) -> Vec<Value> {
        self.data().iter().filter_map(|d| serde_json::from_str(d).ok()).collect()
    }

    /// The answer's text.
    pub(super) fn text(&self) -> String {
        joined(&self.events(), |choice| &choice["delta"]["content"])
    }
}

/// The texts that `pick` finds in the first choices, joined.
pub(super) fn joined(events: &[Value], pick: impl Fn(&Value) -> &Value) -> String {
    events.iter().filter_map(|e| pick(&e["choices"][0]).as_str().map(str::to_owned)).collect()
}

/// Sends bytes and reads until the connection ends.
pub(super) fn exchange(addr: SocketAddr, request: &str) -> Raw {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).map(drop);
    Raw { bytes, end }
}

pub(super) fn get(addr: SocketAddr, path: &str) -> Raw {
    exchange(addr, &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
}

/// The bytes of a POST; `headers` end with CR LF each.
pub(super) fn post_text(path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}

pub(super) fn post(addr: SocketAddr, path: &str, body: &Value) -> Raw {
    exchange(addr, &post_text(path, "connection: close\r\n", &body.to_string()))
}

/// A chat request for a prompt of no known set.
pub(super) fn chat_body(prompt: &str, max_tokens: u32, stream: bool) -> Value {
    json!({"model": "mistral-7b-fp16", "messages": [{"role": "user", "content": prompt}],
        "max_tokens": max_tokens, "stream": stream, "stream_options": {"include_usage": true}})
}

/// One streamed chat of 8 tokens.
pub(super) fn chat(running: &Running) -> Raw {
    post(running.addr(), "/v1/chat/completions", &chat_body("Tell me something.", 8, true))
}
