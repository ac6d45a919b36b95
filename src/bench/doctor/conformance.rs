//! What is to be known of a server's stream and of its refusals, as findings.

use super::{Finding, Grade, finding};
use crate::client::conformance::{Conformance, Place, RoleShape};
use crate::client::refusal::{Shape, quote};
use crate::client::server::Dialect;
use crate::model::config::Api;
use crate::model::exchange::Exchange;
use crate::model::outcome::Outcome;
use crate::model::trace::Trace;
use crate::model::units::Nanos;

/// What came back for a request that should be refused.
pub(super) struct Refused {
    pub(super) exchange: Exchange,
    /// What was said, byte for byte.
    pub(super) body: Vec<u8>,
}

/// The findings about a stream that ended well.
pub(super) fn of_stream(
    exchange: &Exchange,
    shapes: &Conformance,
    dialect: Dialect,
    api: Api,
) -> Vec<Finding> {
    vec![
        timing(&exchange.trace),
        role(shapes, api),
        chunks(exchange, shapes),
        tokens_told(exchange, shapes, dialect),
        usage(exchange, shapes),
        finish(exchange, shapes),
        done(shapes),
        reasoning(shapes),
        cached(exchange),
        characters(shapes),
    ]
}

fn timing(trace: &Trace) -> Finding {
    let after = |at: Option<Nanos>| {
        at.map_or_else(
            || "never".to_owned(),
            |at| format!("after {:.1} ms", at.since(trace.sent_ns).as_millis_f64()),
        )
    };
    let first = trace.token_chunks().next().map(|chunk| chunk.recv_ns);
    finding("timing", Grade::Ok, format!("headers {}, first token {}", after(trace.headers_ns), after(first)))
}

fn role(shapes: &Conformance, api: Api) -> Finding {
    let detail = match (shapes.role, api) {
        (Some(RoleShape::Empty), _) => "a chunk of its own with `content: \"\"`",
        (Some(RoleShape::Null), _) => "a chunk of its own with `content: null`",
        (Some(RoleShape::Absent), _) => "a chunk of its own without `content`",
        (Some(RoleShape::Text), _) => "on the first chunk with text",
        (None, Api::Completions) => "none, as is usual for `completions`",
        (None, Api::Chat) => "none: the first chunk has text",
    };
    finding("role chunk", Grade::Ok, detail)
}

fn chunks(exchange: &Exchange, shapes: &Conformance) -> Finding {
    let bearing = exchange.trace.token_chunks().count() as u64;
    let textless = bearing.saturating_sub(shapes.text_chunks);
    let textless = if textless == 0 { String::new() } else { format!(", {textless} of them without text") };
    finding("chunks", Grade::Ok, format!("{bearing} with tokens{textless}"))
}

fn tokens_told(exchange: &Exchange, shapes: &Conformance, dialect: Dialect) -> Finding {
    let what = "chunk tokens";
    let Some(field) = dialect.telling.field() else {
        return finding(what, Grade::Ok, "not told by this kind of server: a chunk with text counts as one");
    };
    if shapes.told_chunks == 0 {
        let asked = dialect.extras().join("`, `");
        return finding(
            what,
            Grade::Warning,
            format!("asked for with `{asked}`, and not told: a chunk with text counts as one"),
        );
    }
    let tokens = || exchange.trace.token_chunks().map(|chunk| chunk.tokens);
    let (least, most) = (tokens().min().unwrap_or(0), tokens().max().unwrap_or(0));
    let each = if least == most { most.to_string() } else { format!("{least} to {most}") };
    finding(what, Grade::Ok, format!("told by `{field}`: {each} a chunk"))
}

fn usage(exchange: &Exchange, shapes: &Conformance) -> Finding {
    let Some(usage) = exchange.usage else {
        return finding(
            "usage",
            Grade::Warning,
            "no token counts are sent: output tokens are counted by chunk, which is too few where a chunk holds several",
        );
    };
    let (prompt, output) = (usage.prompt_tokens, usage.completion_tokens);
    let place = shapes
        .usage
        .map_or("", |place| if place.choice { "on a chunk with a choice" } else { "on a chunk of its own" });
    let told = shapes.told_chunks > 0;
    let seen: u64 = exchange.trace.token_chunks().map(|chunk| u64::from(chunk.tokens)).sum();
    let by = if told { "the chunks tell" } else { "there are chunks" };
    let (grade, verdict) = match output.checked_sub(seen) {
        Some(0) => (Grade::Ok, format!("as many as {by}")),
        Some(1) if exchange.finish_reason.as_deref() == Some("stop") => {
            (Grade::Ok, format!("one more than {by}: the token that ends an answer has none"))
        }
        _ if told => (Grade::Warning, format!("but the chunks tell {seen}; usage is what counts")),
        _ => (
            Grade::Warning,
            format!(
                "but there are {seen} chunks, and none tells how many tokens it has: inter-token latency is that of chunks"
            ),
        ),
    };
    finding("usage", grade, format!("{prompt} prompt tokens, {output} output tokens, {place}; {verdict}"))
}

fn finish(exchange: &Exchange, shapes: &Conformance) -> Finding {
    let Some(Place { text, usage, .. }) = shapes.finish else {
        return finding(
            "finish reason",
            Grade::Warning,
            "none: an answer that was cut off looks like one that ended",
        );
    };
    let reason = quote(exchange.finish_reason.as_deref().unwrap_or_default());
    let place = match (text, usage) {
        (true, false) => "on the last chunk with text",
        (true, true) => "on the last chunk with text, with usage",
        (false, false) => "on a chunk without text",
        (false, true) => "on a chunk without text, with usage",
    };
    finding("finish reason", Grade::Ok, format!("`{reason}`, {place}"))
}

fn done(shapes: &Conformance) -> Finding {
    if shapes.done {
        finding("[DONE]", Grade::Ok, "ends the stream")
    } else {
        finding(
            "[DONE]",
            Grade::Warning,
            "never sent: the end is told by the finish reason alone, after which nothing more is sure to come",
        )
    }
}

fn reasoning(shapes: &Conformance) -> Finding {
    let detail =
        shapes.reasoning_field.map_or_else(|| "none seen".to_owned(), |field| format!("in `{field}`"));
    finding("reasoning", Grade::Ok, detail)
}

fn cached(exchange: &Exchange) -> Finding {
    let told = exchange.usage.and_then(|usage| Some((usage.cached_tokens?, usage.prompt_tokens)));
    let detail = told.map_or_else(
        || "not told".to_owned(),
        |(cached, prompt)| format!("told: {cached} of {prompt} prompt tokens, the prompt's second time"),
    );
    finding("cached tokens", Grade::Ok, detail)
}

fn characters(shapes: &Conformance) -> Finding {
    let reads = match shapes.split_reads {
        0 => String::new(),
        1 => "; 1 read ended within one, which labctl waits out".to_owned(),
        reads => format!("; {reads} reads ended within one, which labctl waits out"),
    };
    let times = match shapes.replacement_characters {
        0 => return finding("UTF-8", Grade::Ok, format!("whole characters in every chunk{reads}")),
        1 => "once".to_owned(),
        times => format!("{times} times"),
    };
    finding(
        "UTF-8",
        Grade::Warning,
        format!(
            "U+FFFD stands in the text {times}: either the server cuts characters in two, or the model wrote no valid ones{reads}"
        ),
    )
}

/// The finding about a request that lacks what it must have.
pub(super) fn of_malformed(refused: &Refused, api: Api) -> Finding {
    let what = match api {
        Api::Chat => "no `messages`",
        Api::Completions => "no `prompt`",
    };
    let status = refused.exchange.http_status;
    let (grade, detail) = match refused.exchange.outcome {
        Outcome::Http4xx | Outcome::RateLimited => (refused.grade(), refused.words()),
        Outcome::Http5xx => {
            (Grade::Warning, format!("{}: a client's mistake is answered as a server's", refused.words()))
        }
        _ if status.is_some_and(|status| status < 300) => {
            (Grade::Warning, "answered as if it were there".to_owned())
        }
        _ => (Grade::Warning, refused.ending()),
    };
    finding("refusal", grade, format!("{what}: {detail}"))
}

/// The finding about a model that nobody serves.
pub(super) fn of_unknown_model(refused: &Refused) -> Finding {
    let (grade, detail) = match refused.exchange.outcome {
        Outcome::Http4xx | Outcome::RateLimited => (refused.grade(), refused.words()),
        Outcome::Http5xx => {
            (Grade::Warning, format!("{}: a client's mistake is answered as a server's", refused.words()))
        }
        Outcome::Success | Outcome::Empty => {
            (Grade::Ok, "answered: any model's name is taken, so a wrong one goes unnoticed".to_owned())
        }
        _ => (Grade::Warning, refused.ending()),
    };
    finding("refusal", grade, format!("unknown model: {detail}"))
}

impl Refused {
    /// Whether its words can be found by a program.
    fn grade(&self) -> Grade {
        match Shape::of(&self.body) {
            Shape::Text | Shape::Empty | Shape::OtherJson => Grade::Warning,
            Shape::ErrorMessage | Shape::ErrorText | Shape::Detail | Shape::Message => Grade::Ok,
        }
    }

    /// The status and the words, which the exchange holds without keys, and their shape.
    fn words(&self) -> String {
        format!("{} ({})", self.said(), Shape::of(&self.body).words())
    }

    /// How an exchange ended that was neither answered nor refused.
    fn ending(&self) -> String {
        format!("{}: {}", self.exchange.outcome, self.said())
    }

    fn said(&self) -> &str {
        self.exchange.error.as_deref().unwrap_or("nothing came")
    }
}
