//! One stream as a whole: which of the shapes that servers give it, it has. Read from a recording of it, after
//! it has ended, so what an exchange needn't know is looked at here.

use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde_json::Value;

use super::server::Dialect;
use super::sse::Events;
use super::transport::Segment;
use super::wire::Chunk;

/// The shapes of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conformance {
    /// Whether `[DONE]` was sent.
    pub done: bool,
    /// How the first chunk names the role; `None` where none does.
    pub role: Option<RoleShape>,
    /// Where `finish_reason` was told.
    pub finish: Option<Place>,
    /// Where usage was told last.
    pub usage: Option<Place>,
    /// Chunks with text: content, reasoning or a tool call.
    pub text_chunks: u64,
    /// Chunks whose tokens the server told.
    pub told_chunks: u64,
    /// The field in which reasoning came.
    pub reasoning_field: Option<&'static str>,
    /// Replacement characters (U+FFFD) in texts: what a character becomes that is cut in two.
    pub replacement_characters: u64,
    /// Reads that ended within a character. No fault of the server's; readers must put up with it.
    pub split_reads: u64,
}

/// What a chunk that names the role has for a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleShape {
    /// `"content":""`
    Empty,
    /// `"content":null`
    Null,
    /// No content at all.
    Absent,
    /// Text: the first token comes with the role.
    Text,
}

/// The kind of chunk on which something is told.
#[expect(clippy::struct_excessive_bools, reason = "a chunk may have any of them")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// It has a choice.
    pub choice: bool,
    /// It has text.
    pub text: bool,
    /// It finishes the answer.
    pub finish: bool,
    /// It has usage.
    pub usage: bool,
}

/// The fields in which text comes, in a delta.
const TEXTS: [&str; 3] = ["content", "reasoning", "reasoning_content"];

impl Conformance {
    /// Looks at what came, as far as it can be read.
    #[must_use]
    pub fn of(segments: &[Segment], dialect: Dialect) -> Self {
        let mut found = Self { split_reads: split_reads(segments), ..Self::default() };
        let events = Events::new(stream::iter(segments.iter().cloned().map(Ok))).collect::<Vec<_>>();
        // A stream from memory is always ready.
        for event in events.now_or_never().into_iter().flatten().map_while(Result::ok) {
            if event.data.trim() == "[DONE]" {
                found.done = true;
            } else if let Ok(chunk) = serde_json::from_str(&event.data) {
                found.chunk(&chunk);
                found.told_chunks += u64::from(tells(&event.data, dialect));
            }
        }
        found
    }

    fn chunk(&mut self, chunk: &Value) {
        let choice = chunk.pointer("/choices/0");
        let delta = choice.and_then(|choice| choice.get("delta"));
        let mut text = String::new();
        for field in TEXTS {
            if let Some(part) =
                delta.and_then(|delta| delta.get(field)?.as_str()).filter(|part| !part.is_empty())
            {
                text.push_str(part);
                if field != "content" {
                    self.reasoning_field = Some(field);
                }
            }
        }
        text.push_str(choice.and_then(|choice| choice.get("text")?.as_str()).unwrap_or_default());
        self.replacement_characters += text.matches(char::REPLACEMENT_CHARACTER).count() as u64;
        let calls = delta
            .and_then(|delta| delta.get("tool_calls")?.as_array())
            .is_some_and(|calls| !calls.is_empty());
        let told = |field: &Value| !field.is_null();
        let place = Place {
            choice: choice.is_some(),
            text: calls || !text.is_empty(),
            finish: choice.and_then(|choice| choice.get("finish_reason")).is_some_and(told),
            usage: chunk.get("usage").is_some_and(told),
        };
        self.text_chunks += u64::from(place.text);
        if place.finish {
            self.finish = Some(place);
        }
        if place.usage {
            self.usage = Some(place);
        }
        if let Some(delta) =
            delta.filter(|delta| delta.get("role").is_some_and(told)).filter(|_| self.role.is_none())
        {
            self.role = Some(match delta.get("content") {
                _ if place.text => RoleShape::Text,
                None => RoleShape::Absent,
                Some(Value::Null) => RoleShape::Null,
                Some(_) => RoleShape::Empty,
            });
        }
    }
}

/// Whether a chunk's tokens are told.
fn tells(data: &str, dialect: Dialect) -> bool {
    serde_json::from_str::<Chunk<'_>>(data).is_ok_and(|chunk| {
        let choice = chunk.choices.iter().flatten().next();
        choice
            .is_some_and(|choice| dialect.telling.tokens(&chunk, choice, 0).is_some_and(|tokens| tokens > 0))
    })
}

/// How many of the reads end within a character.
fn split_reads(segments: &[Segment]) -> u64 {
    let mut bytes: Vec<u8> = Vec::new();
    let mut split = 0;
    for segment in segments {
        bytes.extend_from_slice(&segment.bytes);
        let unfinished = match std::str::from_utf8(&bytes) {
            Err(error) if error.error_len().is_none() => bytes.split_off(error.valid_up_to()),
            _ => Vec::new(),
        };
        split += u64::from(!unfinished.is_empty());
        bytes = unfinished;
    }
    split
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::model::config::ServerKind;
    use crate::model::units::Nanos;

    fn of(kind: ServerKind, events: &[&str]) -> Conformance {
        let text = format!("data: {}\n\n", events.join("\n\ndata: "));
        let segment = Segment::read(Bytes::from(text), Nanos(1));
        Conformance::of(&[segment], Dialect::of(kind))
    }

    #[test]
    fn a_stream_as_vllm_sends_it() {
        let found = of(
            ServerKind::Vllm,
            &[
                r#"{"choices":[{"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
                r#"{"choices":[{"delta":{"reasoning":"hm"},"finish_reason":null,"token_ids":[4]}]}"#,
                r#"{"choices":[{"delta":{"content":"a\ufffd"},"finish_reason":"stop","token_ids":[5,6]}]}"#,
                r#"{"choices":[],"usage":{"completion_tokens":3}}"#,
                "[DONE]",
            ],
        );
        let expected = Conformance {
            done: true,
            role: Some(RoleShape::Empty),
            finish: Some(Place { choice: true, text: true, finish: true, usage: false }),
            usage: Some(Place { usage: true, ..Place::default() }),
            text_chunks: 2,
            told_chunks: 2,
            reasoning_field: Some("reasoning"),
            replacement_characters: 1,
            split_reads: 0,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_stream_as_transformers_sends_it() {
        let found = of(
            ServerKind::Transformers,
            &[
                r#"{"choices":[{"delta":{"role":"assistant"},"index":0}]}"#,
                r#"{"choices":[{"delta":{"content":"a"},"index":0}]}"#,
                r#"{"choices":[{"delta":{},"index":0,"finish_reason":"length"}],"usage":{"completion_tokens":1}}"#,
            ],
        );
        assert!(!found.done && found.finish == found.usage);
        assert_eq!(found.finish, Some(Place { choice: true, text: false, finish: true, usage: true }));
        assert_eq!((found.role, found.text_chunks, found.told_chunks), (Some(RoleShape::Absent), 1, 0));
        let null = r#"{"choices":[{"delta":{"role":"assistant","content":null}}]}"#;
        assert_eq!(of(ServerKind::LlamaCpp, &[null]).role, Some(RoleShape::Null));
    }

    #[test]
    fn reads_that_end_within_a_character_are_counted() {
        let part = |bytes: &'static [u8]| Segment::read(Bytes::from_static(bytes), Nanos(1));
        let euro = "€".as_bytes();
        let parts = [part(&euro[..1]), part(&euro[1..2]), part(&euro[2..]), part(b"a"), part(b"\xff")];
        assert_eq!(split_reads(&parts), 2);
    }

    #[test]
    fn what_is_not_json_is_passed_over() {
        assert_eq!(
            of(ServerKind::Vllm, &["{", "7", "[DONE]"]),
            Conformance { done: true, ..Conformance::default() }
        );
    }
}
