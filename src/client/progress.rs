//! What has come in of one exchange so far: events in, trace and text out.

use super::failure::Failure;
use super::refusal;
use super::request::Request;
use super::server::Dialect;
use super::sse::Event;
use super::transport::Head;
use super::wire::{self, text};
use crate::model::exchange::Exchange;
use crate::model::outcome::Outcome;
use crate::model::trace::{Chunk, ChunkKind, StampSource, Trace};
use crate::model::units::Nanos;

pub(super) struct Progress {
    exchange: Exchange,
    dialect: Dialect,
    /// Tokens of all chunks so far.
    tokens: u64,
    done: bool,
    /// Whether the last token's stamp is from where the trace's stamps are promised to be.
    last_token_is_stamped: bool,
}

impl Progress {
    pub(super) fn new(
        request: &Request,
        scheduled_ns: Nanos,
        now: Nanos,
        stamps: StampSource,
        dialect: Dialect,
    ) -> Self {
        let trace = Trace {
            scheduled_ns,
            sent_ns: now,
            headers_ns: None,
            end_ns: now,
            stamps,
            chunks: Vec::new(),
            admitted_ns: None,
        };
        let exchange = Exchange {
            request_id: request.id.clone(),
            resent: false,
            // Stands until `finish` knows better.
            outcome: Outcome::IncompleteStream,
            error: None,
            http_status: None,
            retry_after_s: None,
            content: String::new(),
            reasoning: String::new(),
            tool_calls: String::new(),
            finish_reason: None,
            usage: None,
            served_model: None,
            system_fingerprint: None,
            trace,
            retries: Vec::new(),
        };
        Self { exchange, dialect, tokens: 0, done: false, last_token_is_stamped: false }
    }

    pub(super) const fn sent_ns(&mut self) -> &mut Nanos {
        &mut self.exchange.trace.sent_ns
    }

    pub(super) const fn is_done(&self) -> bool {
        self.done
    }

    pub(super) const fn has_token(&self) -> bool {
        self.tokens > 0
    }

    pub(super) const fn head(&mut self, head: &Head) {
        self.exchange.http_status = Some(head.status);
        self.exchange.retry_after_s = head.retry_after_s;
        self.exchange.resent = head.resent;
        self.exchange.trace.headers_ns = Some(head.headers_ns);
    }

    /// Takes in one event.
    pub(super) fn event(&mut self, event: Event) -> Result<(), Failure> {
        let Event { data, recv_ns, read_ns, exact, stamps } = event;
        let (kind, tokens) = if data.trim() == "[DONE]" {
            self.done = true;
            (ChunkKind::Done, 0)
        } else {
            let chunk: wire::Chunk<'_> = serde_json::from_str(&data).map_err(|e| {
                let shown = refusal::quote(&data);
                Failure::new(
                    Outcome::BadResponse,
                    format!("a chunk of the stream is not the expected JSON ({e}): `{shown}`"),
                )
            })?;
            self.chunk(&chunk)?
        };
        self.tokens = self.tokens.saturating_add(u64::from(tokens));
        let is_stamped = stamps == self.exchange.trace.stamps;
        if tokens > 0 {
            self.last_token_is_stamped = is_stamped;
        }
        let read_lag_ns = u32::try_from(read_ns.since(recv_ns).0).unwrap_or(u32::MAX);
        let chunk = Chunk { recv_ns, tokens, kind, exact: exact && is_stamped, read_lag_ns };
        self.exchange.trace.chunks.push(chunk);
        Ok(())
    }

    /// What a chunk is, and how many tokens it carries: as the server tells, which may be some where it has no text
    /// yet; else one for text.
    fn chunk(&mut self, chunk: &wire::Chunk<'_>) -> Result<(ChunkKind, u32), Failure> {
        if let Some(error) = chunk.error.as_ref().filter(|error| !error.is_null()) {
            return Err(Failure::new(Outcome::StreamError, refusal::message_of(error)));
        }
        let exchange = &mut self.exchange;
        keep_latest(&mut exchange.served_model, text(&chunk.model));
        keep_latest(&mut exchange.system_fingerprint, text(&chunk.system_fingerprint));
        if let Some(usage) = chunk.usage {
            exchange.usage = Some(usage.into());
        }
        // labctl asks for one choice, whatever index a server gives it (one is known to count up).
        let Some(choice) = chunk.choices.iter().flatten().next() else {
            let kind = if chunk.usage.is_some() { ChunkKind::Usage } else { ChunkKind::Other };
            return Ok((kind, 0));
        };
        let told = self.dialect.telling.tokens(chunk, choice, self.tokens);
        keep_latest(&mut exchange.finish_reason, text(&choice.finish_reason));
        let mut kind = if choice.finish_reason.is_some() { ChunkKind::Finish } else { ChunkKind::Other };
        let mut content = text(&choice.text);
        if let Some(delta) = &choice.delta {
            if delta.role.is_some() && kind == ChunkKind::Other {
                kind = ChunkKind::Role;
            }
            for call in delta.tool_calls.iter().flatten() {
                if let Some(function) = &call.function {
                    for part in [text(&function.name), text(&function.arguments)] {
                        if !part.is_empty() {
                            exchange.tool_calls.push_str(part);
                            kind = ChunkKind::ToolCall;
                        }
                    }
                }
            }
            for part in [text(&delta.reasoning), text(&delta.reasoning_content)] {
                // A server that sends both fields sends the same text in both.
                if !part.is_empty() && kind != ChunkKind::Reasoning {
                    exchange.reasoning.push_str(part);
                    kind = ChunkKind::Reasoning;
                }
            }
            if content.is_empty() {
                content = text(&delta.content);
            }
        }
        if !content.is_empty() {
            exchange.content.push_str(content);
            kind = ChunkKind::Content;
        }
        let tokens = match kind {
            // Where it already counts one, that is the first token's, whose chunk comes next.
            ChunkKind::Role => 0,
            ChunkKind::Content | ChunkKind::Reasoning | ChunkKind::ToolCall => told.unwrap_or(1),
            _ => told.unwrap_or(0),
        };
        Ok((kind, tokens))
    }

    /// The exchange as it ended.
    pub(super) fn finish(self, ended: Result<(), Failure>, now: Nanos) -> Exchange {
        let Self { mut exchange, done, last_token_is_stamped, .. } = self;
        // A token that ends an answer, and is told, is none of the answer.
        let is_empty =
            [&exchange.content, &exchange.reasoning, &exchange.tool_calls].iter().all(|text| text.is_empty());
        exchange.trace.end_ns = now;
        if last_token_is_stamped {
            settle_last_token(&mut exchange.trace.chunks);
        }
        match ended {
            Err(failure) => {
                exchange.outcome = failure.outcome;
                exchange.error = Some(failure.message);
            }
            Ok(()) if !done && exchange.finish_reason.is_none() => {
                exchange.outcome = Outcome::IncompleteStream;
                exchange.error = Some("the stream closed with neither a `finish_reason` nor `[DONE]`".into());
            }
            Ok(()) => exchange.outcome = if is_empty { Outcome::Empty } else { Outcome::Success },
        }
        exchange
    }
}

fn keep_latest(field: &mut Option<String>, value: &str) {
    if !value.is_empty() && field.as_deref() != Some(value) {
        *field = Some(value.to_owned());
    }
}

/// A client that reads within this time of the arrival doesn't let packets pile up, nanoseconds.
const PROMPT_NS: u32 = 1_000_000;

/// The last token is sent together with finish, usage and `[DONE]`, which one read then carries; as no token
/// came with it that was later, its stamp is its own all the same. Not so where the client was slow to read: what
/// the server sent apart may lie in one read then, and the stamp is that of the latest.
fn settle_last_token(chunks: &mut [Chunk]) {
    let mut latest = chunks.iter_mut().filter(|chunk| chunk.is_token_bearing()).rev();
    if let Some(last) = latest.next() {
        let was_prompt = |chunk: &Chunk| chunk.read_lag_ns < PROMPT_NS;
        last.exact |= was_prompt(last) && latest.next().is_none_or(|before| was_prompt(before));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::ServerKind;

    fn run(events: &[&str]) -> Exchange {
        run_as(ServerKind::Openai, events)
    }

    fn run_as(kind: ServerKind, events: &[&str]) -> Exchange {
        let request = Request { id: "r".into(), path: "", body: bytes::Bytes::new() };
        let mut progress = Progress::new(&request, Nanos(1), Nanos(2), StampSource::Read, Dialect::of(kind));
        let mut ended = Ok(());
        for (n, data) in (10..).zip(events) {
            let event = Event {
                data: (*data).into(),
                recv_ns: Nanos(n),
                read_ns: Nanos(n),
                exact: true,
                stamps: StampSource::Read,
            };
            ended = progress.event(event);
            if ended.is_err() {
                break;
            }
        }
        progress.finish(ended, Nanos(99))
    }

    fn tokens(exchange: &Exchange) -> Vec<u32> {
        exchange.trace.chunks.iter().map(|c| c.tokens).collect()
    }

    fn kinds(exchange: &Exchange) -> Vec<ChunkKind> {
        exchange.trace.chunks.iter().map(|c| c.kind).collect()
    }

    #[test]
    fn the_role_chunk_is_no_token_and_usage_comes_last() {
        use ChunkKind::{Content, Done, Role, Usage};
        let exchange = run(&[
            r#"{"model":"m","system_fingerprint":"f","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"4"},"finish_reason":null}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"2\n"},"finish_reason":"stop"}]}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":3}}}"#,
            "[DONE]",
        ]);
        assert_eq!(exchange.outcome, Outcome::Success);
        assert_eq!(exchange.content, "42\n");
        assert_eq!(kinds(&exchange), [Role, Content, Content, Usage, Done]);
        assert_eq!(exchange.trace.token_chunks().map(|c| c.recv_ns.0).collect::<Vec<_>>(), [11, 12]);
        assert_eq!(exchange.usage.unwrap().cached_tokens, Some(3));
        assert_eq!(exchange.served_model.as_deref(), Some("m"));
        assert_eq!(exchange.finish_reason.as_deref(), Some("stop"));
    }

    #[test]
    fn null_content_and_own_finish_chunk_and_missing_done_are_a_success() {
        let exchange = run(&[
            r#"{"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}]}"#,
            r#"{"choices":[{"finish_reason":null,"index":0,"delta":{"content":"x"}}]}"#,
            r#"{"choices":[{"finish_reason":"length","index":0,"delta":{}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#,
        ]);
        assert_eq!(exchange.outcome, Outcome::Success);
        assert_eq!(kinds(&exchange), [ChunkKind::Role, ChunkKind::Content, ChunkKind::Finish]);
        assert_eq!(exchange.usage.unwrap().completion_tokens, 1);
    }

    #[test]
    fn reasoning_is_kept_apart_in_either_field() {
        let exchange = run(&[
            r#"{"choices":[{"index":0,"delta":{"reasoning":"hm"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"reasoning_content":" so"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"reasoning":"!","reasoning_content":"!"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"4"},"finish_reason":"stop"}]}"#,
        ]);
        assert_eq!((exchange.reasoning.as_str(), exchange.content.as_str()), ("hm so!", "4"));
        assert_eq!(exchange.trace.token_chunks().count(), 4);
    }

    #[test]
    fn tool_calls_are_tokens() {
        let exchange = run(&[
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
        ]);
        assert_eq!(exchange.outcome, Outcome::Success);
        assert_eq!(exchange.tool_calls, "f{}");
        assert_eq!(exchange.trace.token_chunks().count(), 2);
    }

    #[test]
    fn endings_have_their_outcomes() {
        let token = r#"{"choices":[{"index":0,"delta":{"content":"x"}}]}"#;
        assert_eq!(run(&[token]).outcome, Outcome::IncompleteStream);
        assert_eq!(run(&[token, "[DONE]"]).outcome, Outcome::Success);
        assert_eq!(run(&["[DONE]"]).outcome, Outcome::Empty);
        assert_eq!(run(&[token, r#"{"choices":"#]).outcome, Outcome::BadResponse);
        let error = run(&[token, r#"{"error":{"message":"out of memory","code":500}}"#]);
        assert_eq!((error.outcome, error.error.as_deref()), (Outcome::StreamError, Some("out of memory")));
        assert_eq!(error.content, "x", "what was received is kept");
    }

    #[test]
    fn escapes_are_decoded() {
        let exchange = run(&[
            r#"{"choices":[{"index":0,"delta":{"content":"\u00e9\ud83d\ude00\\"},"finish_reason":"stop"}]}"#,
        ]);
        assert_eq!(exchange.content, "é😀\\");
    }

    #[test]
    fn ids_make_a_token_of_a_chunk_without_text() {
        use ChunkKind::{Content, Finish, Other, Role, Usage};
        let exchange = run_as(
            ServerKind::Vllm,
            &[
                r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}],"prompt_token_ids":[1,2,3]}"#,
                r#"{"choices":[{"index":0,"delta":{},"token_ids":[7]}]}"#,
                r#"{"choices":[{"index":0,"delta":{"content":""},"token_ids":[8,9]}]}"#,
                r#"{"choices":[{"index":0,"delta":{"content":"é"},"token_ids":[10,11,12]}]}"#,
                r#"{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop","token_ids":[2]}]}"#,
                r#"{"choices":[],"usage":{"completion_tokens":7}}"#,
            ],
        );
        assert_eq!(kinds(&exchange), [Role, Other, Other, Content, Finish, Usage]);
        assert_eq!(tokens(&exchange), [0, 1, 2, 3, 1, 0]);
        assert_eq!(exchange.outcome, Outcome::Success);
    }

    #[test]
    fn an_end_token_alone_is_an_empty_answer() {
        let end = r#"{"choices":[{"delta":{"content":""},"finish_reason":"stop","token_ids":[2]}]}"#;
        assert_eq!(run_as(ServerKind::Vllm, &[end, "[DONE]"]).outcome, Outcome::Empty);
    }

    #[test]
    fn a_running_count_gives_each_chunk_what_came_since_the_last() {
        let exchange = run_as(
            ServerKind::Sglang,
            &[
                r#"{"choices":[{"delta":{"role":"assistant","content":""}}],"usage":{"completion_tokens":1}}"#,
                r#"{"choices":[{"delta":{"content":"a"}}],"usage":{"completion_tokens":2}}"#,
                r#"{"choices":[{"delta":{"content":"bcd"}}],"usage":{"completion_tokens":5}}"#,
                r#"{"choices":[{"delta":{},"finish_reason":"length"}],"usage":{"completion_tokens":5}}"#,
                r#"{"choices":[],"usage":{"completion_tokens":5}}"#,
            ],
        );
        assert_eq!(tokens(&exchange), [0, 2, 3, 0, 0], "the role chunk's token is the next chunk's");
        let untold = r#"{"choices":[{"delta":{"content":"a"}}]}"#;
        let end = r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"timings":{"predicted_n":3}}"#;
        let exchange = run_as(ServerKind::LlamaCpp, &[untold, untold, end]);
        assert_eq!(tokens(&exchange), [1, 1, 1], "a count at the end alone is split as the chunks are");
    }
}
