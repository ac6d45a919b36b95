//! A server that keeps every body it was sent, and answers each with a text of its own: for what the simulator
//! doesn't tell.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::servers::HttpServer;

/// The models that it says to serve.
const MODELS: [&str; 3] = ["m", "a", "b"];

/// A server that keeps the bodies of generation requests.
pub(crate) struct Recording {
    server: HttpServer,
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl Recording {
    /// One that answers every request.
    pub(crate) fn new() -> Self {
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bodies);
        let server = HttpServer::answering(move |request| {
            let Ok(body) = serde_json::from_str::<Value>(&request.body) else {
                let models = json!({"object": "list", "data": MODELS.map(|id| json!({"id": id}))});
                if request.path.ends_with("/models") {
                    return (200, "application/json", models.to_string());
                }
                return (404, "application/json", "{}".to_owned());
            };
            let number = {
                let mut kept = kept.lock().unwrap();
                kept.push(body.clone());
                kept.len()
            };
            (200, "text/event-stream", answer(number, &body))
        });
        Self { server, bodies }
    }

    /// Its base URL.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// What it was sent, in the order of arrival.
    pub(crate) fn bodies(&self) -> Vec<Value> {
        self.bodies.lock().unwrap().clone()
    }
}

/// What the last message of a body says.
pub(crate) fn last_user(body: &Value) -> String {
    let last = body["messages"].as_array().unwrap().last().unwrap();
    assert_eq!(last["role"], "user");
    last["content"].as_str().unwrap().to_owned()
}

/// Three tokens that tell which request they answer: `Answer 7.`
fn answer(number: usize, body: &Value) -> String {
    let event = |value: &Value| format!("data: {value}\n\n");
    let chunk = |choices: &Value| json!({"id": "c", "model": body["model"], "choices": choices});
    let mut text = String::new();
    for token in ["Answer", &format!(" {number}"), "."] {
        text += &event(&chunk(&json!([{"index": 0, "delta": {"content": token}}])));
    }
    text += &event(&chunk(&json!([{"index": 0, "delta": {}, "finish_reason": "stop"}])));
    let mut usage = chunk(&json!([]));
    usage["usage"] = json!({"prompt_tokens": 20, "completion_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 16}});
    text += &event(&usage);
    text + "data: [DONE]\n\n"
}
