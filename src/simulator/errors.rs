//! Error bodies as vLLM, llama.cpp and `FastAPI` servers send them.

use serde_json::json;

use super::faults::ErrorShape;

/// A request that is refused, with what vLLM says then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Status of the response.
    pub(super) status: u16,
    /// vLLM's `type`.
    pub(super) kind: &'static str,
    /// What is wrong.
    pub(super) message: String,
    /// The field at fault.
    pub(super) param: Option<String>,
}

impl Refusal {
    /// 400 of vLLM's own checks.
    pub(super) fn bad(param: &str, message: String) -> Self {
        Self { status: 400, kind: "BadRequestError", message, param: Some(param.to_owned()) }
    }

    /// 400 of the validation before them.
    pub(super) fn invalid(kind: &str, loc: &str, message: &str) -> Self {
        let message =
            format!("1 validation error:\n  {{'type': '{kind}', 'loc': '{loc}', 'msg': '{message}'}}");
        Self { status: 400, kind: "Bad Request", message, param: Some(loc.to_owned()) }
    }

    /// The refusal that a fault asks for.
    pub(super) fn of_status(status: u16) -> Self {
        let (kind, message) = match status {
            400 => ("BadRequestError", "simulated: the request is not valid"),
            401 => ("AuthenticationError", "simulated: invalid API key"),
            403 => ("PermissionDeniedError", "simulated: this key may not use the model"),
            404 => ("NotFoundError", "simulated: the model does not exist"),
            429 => ("RateLimitError", "simulated: too many requests, try again later"),
            503 => ("ServiceUnavailableError", "simulated: the model is loading"),
            _ => ("InternalServerError", "simulated: the engine failed"),
        };
        Self { status, kind, message: message.to_owned(), param: None }
    }

    /// Content type and body.
    pub(super) fn body(&self, shape: ErrorShape) -> (&'static str, String) {
        let Self { status, kind, message, param } = self;
        let value = match shape {
            ErrorShape::Vllm => {
                json!({"error": {"message": message, "type": kind, "param": param, "code": status}})
            }
            ErrorShape::LlamaCpp => {
                let kind = match status {
                    401 => "authentication_error",
                    403 => "permission_error",
                    404 => "not_found_error",
                    400..500 => "invalid_request_error",
                    503 => "unavailable_error",
                    _ => "server_error",
                };
                json!({"error": {"code": status, "message": message, "type": kind}})
            }
            ErrorShape::Fastapi => json!({"detail": message}),
            ErrorShape::Text => return ("text/plain; charset=utf-8", message.clone()),
        };
        ("application/json", value.to_string())
    }
}

/// The words after a status.
pub(super) const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Simulated",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_the_servers_shapes() {
        let refusal = Refusal::of_status(503);
        let message = "simulated: the model is loading";
        let body = |shape| serde_json::from_str::<serde_json::Value>(&refusal.body(shape).1).unwrap();
        let vllm = json!({"error": {"message": message, "type": "ServiceUnavailableError", "param": null, "code": 503}});
        assert_eq!(body(ErrorShape::Vllm), vllm);
        let llama = json!({"error": {"code": 503, "message": message, "type": "unavailable_error"}});
        assert_eq!(body(ErrorShape::LlamaCpp), llama);
        assert_eq!(body(ErrorShape::Fastapi), json!({"detail": message}));
        assert_eq!(refusal.body(ErrorShape::Text), ("text/plain; charset=utf-8", message.to_owned()));
    }
}
