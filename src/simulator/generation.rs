//! Serves one request for an answer: from the engine's tokens to the bytes, faults included.

use std::io;

use super::clock;
use super::driver::Token;
use super::errors::Refusal;
use super::faults::{ErrorShape, FaultKind, Struck};
use super::ground_truth::{GroundTruth, Record};
use super::http::{self, Connection, Request};
use super::reply::Reply;
use super::request::{Completion, Interface};
use super::server::{After, Shared, respond};
use super::source::Source;
use super::stream::EventStream;
use super::wire::{Delta, Message};
use crate::model::trace::ChunkKind;
use crate::model::units::Nanos;

const HTML: &str = "<!DOCTYPE html>\n<html><head><title>Simulated gateway</title></head>\
    <body><h1>This is not an event stream</h1></body></html>\n";

/// Serves a request that was received on `connection`.
pub(super) async fn serve(
    shared: &Shared,
    connection: &mut Connection,
    request: &Request,
    interface: Interface,
) -> io::Result<After> {
    let completion = match Completion::parse(interface, &request.body).and_then(|c| accept(shared, c)) {
        Ok(completion) => completion,
        Err(refusal) => return refuse(connection, request, &refusal, ErrorShape::Vllm, &[]).await,
    };
    let ordinal = shared.next_ordinal();
    if shared.faults.die_after.is_some_and(|requests| ordinal > requests) {
        shared.dead.cancel();
        return Ok(After::Close);
    }
    let mut record = shared.recorder.open(GroundTruth {
        id: request.id.clone().unwrap_or_else(|| format!("sim-{ordinal}")),
        ordinal,
        received_ns: request.received,
        received_by: request.received_by,
        ..GroundTruth::default()
    });
    let struck = shared.faults.strike(shared.seed, ordinal);
    let after = answer(shared, connection, request, &completion, &struck, &mut record).await;
    shared.count_served();
    after
}

/// Fills in the token limit and refuses what doesn't fit or isn't served here.
fn accept(shared: &Shared, mut completion: Completion) -> Result<Completion, Refusal> {
    if let Some(model) = completion.model.as_ref().filter(|m| **m != shared.model) {
        return Err(Refusal {
            status: 404,
            kind: "NotFoundError",
            message: format!("The model `{model}` does not exist. Valid aliases: {}.", shared.model),
            param: Some("model".to_owned()),
        });
    }
    completion.prompt_tokens =
        completion.prompt_tokens.saturating_add_signed(shared.faults.prompt_token_offset).max(1);
    let (prompt, context) = (completion.prompt_tokens, shared.longest_tokens);
    let limit = completion.max_tokens.unwrap_or_else(|| context.saturating_sub(prompt).max(1));
    if limit > context {
        let message = format!(
            "max_tokens={limit} cannot be greater than max_model_len={context}. Please request fewer output tokens. \
             (parameter=max_tokens, value={limit})"
        );
        return Err(Refusal::bad("max_tokens", message));
    }
    if prompt.saturating_add(limit) > context {
        let message = format!(
            "This model's maximum context length is {context} tokens. However, you requested {limit} output tokens and \
             your prompt contains {prompt} input tokens. Please reduce the length of the input prompt or the number of \
             requested output tokens. (parameter=input_tokens, value={prompt})"
        );
        return Err(Refusal::bad("input_tokens", message));
    }
    completion.max_tokens = Some(limit);
    Ok(completion)
}

async fn refuse(
    connection: &mut Connection,
    request: &Request,
    refusal: &Refusal,
    shape: ErrorShape,
    extra: &[(&str, String)],
) -> io::Result<After> {
    let (content_type, body) = refusal.body(shape);
    respond(connection, request, refusal.status, content_type, body.as_bytes(), extra).await
}

/// Everything from the faults before the head to the last byte.
async fn answer(
    shared: &Shared,
    connection: &mut Connection,
    request: &Request,
    completion: &Completion,
    struck: &Struck<'_>,
    record: &mut Record,
) -> io::Result<After> {
    let slow =
        struck.find(|f| if let FaultKind::SlowHeaders { seconds } = f { Some(*seconds) } else { None });
    let mut arrived = request.received;
    if let Some(seconds) = slow {
        if !connection.wait(seconds).await {
            return Ok(After::Close);
        }
        // The engine sees it only now; else it would have been computed while it was held back.
        arrived = clock::now();
    }
    let status = struck.find(|fault| match fault {
        FaultKind::Status { status, shape } => Some((*status, *shape, None)),
        FaultKind::RateLimit { retry_after_s } => Some((429, ErrorShape::Vllm, *retry_after_s)),
        _ => None,
    });
    if let Some((status, shape, retry_after)) = status {
        (record.truth.status, record.truth.finished) = (status, true);
        let extra: Vec<_> = retry_after.map(|s| ("retry-after", s.to_string())).into_iter().collect();
        return refuse(connection, request, &Refusal::of_status(status), shape, &extra).await;
    }
    if struck.has(&FaultKind::Reset { after_tokens: 0 }) {
        return Ok(After::Reset);
    }
    if struck.has(&FaultKind::Html) {
        (record.truth.status, record.truth.finished) = (200, true);
        return respond(connection, request, 200, "text/html; charset=utf-8", HTML.as_bytes(), &[]).await;
    }
    let reply = Reply::compose(shared, completion, struck, &record.truth.id);
    // A model without a word still takes a step to say so.
    let output_tokens = reply.tokens().max(1);
    let mut tokens = shared.source(arrived, completion.prompt_tokens, output_tokens, reply.answer.finish);
    if let Some(given) = &completion.given {
        if !connection_waits(connection, &mut tokens).await {
            return Ok(After::Close);
        }
        (record.truth.status, record.truth.finished) = (200, true);
        tokens.told(true);
        let nll = shared.answers.reference_nll();
        let body = given.response(&reply, shared.seed, nll).to_string();
        return respond(connection, request, 200, "application/json", body.as_bytes(), &[]).await;
    }
    if !completion.stream {
        return whole(connection, request, record, &reply, struck, &mut tokens).await;
    }
    let mut events = EventStream::open(connection, record, struck, tokens.is_paced()).await?;
    let after = stream(&mut events, &reply, struck, &mut tokens).await?;
    let played = events.play(&shared.pacer).await;
    tokens.told(record.truth.finished);
    Ok(if played { after } else { After::Close })
}

/// Waits for the last token; false where the client left or the engine stopped.
async fn connection_waits(connection: &mut Connection, tokens: &mut Source) -> bool {
    tokio::select! {
        biased;
        last = tokens.last() => last.is_some(),
        () = connection.closed() => false,
    }
}

/// The tokens that a fault lets through before it happens; at least the last one is struck.
fn tokens_before(fault: &FaultKind, all: u32) -> Option<u32> {
    match fault {
        FaultKind::Stall { after_tokens, .. }
        | FaultKind::Truncate { after_tokens }
        | FaultKind::StreamError { after_tokens }
        | FaultKind::Reset { after_tokens }
        | FaultKind::Disconnect { after_tokens }
        | FaultKind::InvalidJson { after_tokens }
        | FaultKind::InvalidUtf8 { after_tokens } => Some((*after_tokens).min(all.saturating_sub(1))),
        _ => None,
    }
}

/// Everything after the head: each event as soon as its last token is there.
async fn stream(
    events: &mut EventStream<'_>,
    reply: &Reply,
    struck: &Struck<'_>,
    tokens: &mut Source,
) -> io::Result<After> {
    let all = reply.tokens();
    let per_chunk =
        struck.find(|f| if let FaultKind::TokensPerChunk { tokens } = f { Some(*tokens) } else { None });
    let per_chunk = per_chunk.unwrap_or_else(|| tokens.per_chunk()).max(1);
    let mut sent = 0;
    loop {
        let token = tokio::select! {
            biased;
            token = tokens.next() => token,
            () = events.connection.closed() => return Ok(After::Close),
        };
        let Some(token) = token else { return Ok(After::Close) };
        if token.index == 0 {
            begin(events, reply, tokens.role_due()).await?;
        }
        let upto = (token.index + 1).min(all);
        let full = upto - sent >= per_chunk || upto == reply.reasoning_tokens();
        if !full && !token.finished {
            continue;
        }
        // From here on the chunk with tokens `sent` to `upto` is due.
        let mut spoil = None;
        let due_faults =
            |f| tokens_before(f, all).filter(|before| (sent..upto.max(sent + 1)).contains(before)).map(|_| f);
        if let Some(fault) = struck.find(due_faults) {
            match fault {
                FaultKind::Stall { seconds, .. } => {
                    if !events.stall(*seconds).await {
                        return Ok(After::Close);
                    }
                }
                FaultKind::Truncate { .. } => return events.close().await.map(|()| After::KeepAlive),
                FaultKind::StreamError { .. } => {
                    let (_, body) = Refusal::of_status(500).body(ErrorShape::Vllm);
                    events.payload.extend_from_slice(body.as_bytes());
                    events.send(ChunkKind::Other, 0, Nanos(0)).await?;
                    return end(events, reply).await;
                }
                FaultKind::Reset { .. } => return Ok(After::Reset),
                FaultKind::Disconnect { .. } => return Ok(After::Close),
                other => spoil = Some(other),
            }
        }
        let finish = token.finished.then(|| reply.finish());
        let (delta, kind) =
            if upto > sent { reply.delta(sent, upto) } else { (Delta::Empty, ChunkKind::Finish) };
        reply.envelope.chunk(delta, finish, upto, &mut events.payload);
        match spoil {
            Some(FaultKind::InvalidJson { .. }) => events.payload.truncate(events.payload.len() / 2),
            Some(FaultKind::InvalidUtf8 { .. }) => spoil_utf8(&mut events.payload),
            _ => {}
        }
        events.send(kind, upto - sent, token.due).await?;
        sent = upto;
        if token.finished {
            break;
        }
    }
    if reply.usage {
        reply.envelope.usage_chunk(all, &mut events.payload);
        events.send(ChunkKind::Usage, 0, Nanos(0)).await?;
    }
    events.record.truth.finished = true;
    end(events, reply).await
}

/// What comes before the first token.
async fn begin(events: &mut EventStream<'_>, reply: &Reply, due: Nanos) -> io::Result<()> {
    if reply.envelope.interface == Interface::Chat {
        reply.envelope.chunk(Delta::Role, None, 0, &mut events.payload);
        events.send(ChunkKind::Role, 0, due).await?;
    }
    if reply.tool_call {
        reply.envelope.chunk(Delta::ToolCall, None, 0, &mut events.payload);
        events.send(ChunkKind::Other, 0, due).await?;
    }
    Ok(())
}

/// `[DONE]` and the end of the body.
async fn end(events: &mut EventStream<'_>, reply: &Reply) -> io::Result<After> {
    if reply.done {
        events.payload.extend_from_slice(b"[DONE]");
        events.send(ChunkKind::Done, 0, Nanos(0)).await?;
    }
    events.close().await.map(|()| After::KeepAlive)
}

/// Puts a byte that no UTF-8 has at the start of the text.
fn spoil_utf8(payload: &mut Vec<u8>) {
    let fields = [
        &b"\"content\":\""[..],
        b"\"text\":\"",
        b"\"reasoning\":\"",
        b"\"arguments\":\"",
        b"\"reasoning_content\":\"",
    ];
    let found = fields.iter().find_map(|f| memchr::memmem::find(payload, f).map(|at| at + f.len()));
    payload.insert(found.unwrap_or(payload.len()), 0xff);
}

async fn whole(
    connection: &mut Connection,
    request: &Request,
    record: &mut Record,
    reply: &Reply,
    struck: &Struck<'_>,
    tokens: &mut Source,
) -> io::Result<After> {
    let due = tokio::select! {
        biased;
        last = tokens.last() => last,
        () = connection.closed() => None,
    };
    let Some(Token { due, .. }) = due else { return Ok(After::Close) };
    let mut body = Vec::new();
    let reasoning = reply.reasoning.as_ref().map(|(field, text)| (*field, text.text()));
    let message = Message {
        content: reply.answer.text(),
        tool_call: reply.tool_call,
        reasoning,
        finish: reply.finish(),
        completion_tokens: reply.tokens(),
        usage: reply.usage,
    };
    reply.envelope.whole(&message, &mut body);
    let length = body.len();
    let mut cut = None;
    match struck.find(|fault| tokens_before(fault, u32::MAX).map(|_| fault)) {
        Some(FaultKind::Stall { seconds, .. }) if !connection.wait(*seconds).await => {
            return Ok(After::Close);
        }
        Some(FaultKind::StreamError { .. }) => {
            return refuse(connection, request, &Refusal::of_status(500), ErrorShape::Vllm, &[]).await;
        }
        Some(FaultKind::Reset { .. }) => cut = Some(After::Reset),
        Some(FaultKind::Truncate { .. } | FaultKind::Disconnect { .. }) => cut = Some(After::Close),
        Some(FaultKind::InvalidJson { .. }) => {
            body.truncate(length / 2);
            body.resize(length, b' ');
        }
        Some(FaultKind::InvalidUtf8 { .. }) => {
            spoil_utf8(&mut body);
            body.pop();
        }
        _ => {}
    }
    let mut bytes = http::head(200, "application/json", Some(length), &record.truth.id, &[]);
    bytes.extend_from_slice(if cut.is_some() { &body[..length / 2] } else { &body });
    record.truth.status = 200;
    let (before, after) = connection.write(&bytes).await?;
    record.chunk(ChunkKind::Content, reply.tokens(), due, before, after);
    record.truth.finished = cut.is_none();
    tokens.told(record.truth.finished);
    Ok(cut.unwrap_or(After::KeepAlive))
}
