//! The event trace of one request: raw monotonic times, from which every latency is derived.

use std::cell::Cell;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::Nanos;

/// What a chunk of the stream carried. One letter in stored traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ChunkKind {
    /// The first, empty chunk that only names the role. Never a token.
    #[serde(rename = "R")]
    Role,
    /// Answer text.
    #[serde(rename = "C")]
    Content,
    /// Reasoning text (`reasoning` or `reasoning_content`).
    #[serde(rename = "T")]
    Reasoning,
    /// Part of a tool call.
    #[serde(rename = "K")]
    ToolCall,
    /// `finish_reason` without text. Carries a token where the server tells the one that ended the answer.
    #[serde(rename = "F")]
    Finish,
    /// Usage alone (`choices: []`).
    #[serde(rename = "U")]
    Usage,
    /// `[DONE]`.
    #[serde(rename = "D")]
    Done,
    /// Anything else that is valid: without text, but with tokens where the server tells such as make none
    /// yet, within a character for one.
    #[serde(rename = "O")]
    Other,
}

/// One server-sent event with a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Chunk {
    /// When the bytes that completed this event were received.
    pub recv_ns: Nanos,
    /// Tokens it carried: as the server tells, else 1 for a non-empty delta, else 0.
    pub tokens: u32,
    /// What it carried.
    pub kind: ChunkKind,
    /// False where the read that completed this event carried later events too: the time is then
    /// that of the read, not of the event. False too where a stamp of the kernel was expected and
    /// labctl's own had to do.
    pub exact: bool,
    /// From the kernel's stamp to the moment labctl saw the bytes, nanoseconds: the client's own lag.
    /// 0 where the stamp is labctl's own.
    pub read_lag_ns: u32,
}

impl Chunk {
    /// Whether this chunk carries at least one token.
    #[must_use]
    pub const fn is_token_bearing(&self) -> bool {
        self.tokens > 0
    }
}

/// Whose clock stamped the chunks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StampSource {
    /// The kernel, when the bytes arrived.
    Kernel,
    /// labctl, when the read returned.
    #[default]
    Read,
}

/// What a result keeps of the traces. Its summary is the same either way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceMode {
    /// Every chunk of every request, with its times.
    #[default]
    Full,
    /// No chunks: metrics, counts and histograms only.
    Summary,
}

/// Everything that happened to one request, in nanoseconds since the run's start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trace {
    /// When the load profile wanted the request to start.
    pub scheduled_ns: Nanos,
    /// When the request was written (its last byte, where the transport can tell; else when it was
    /// handed to the transport).
    pub sent_ns: Nanos,
    /// When the cap on requests in flight let it go; absent without a cap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admitted_ns: Option<Nanos>,
    /// When the response's headers arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers_ns: Option<Nanos>,
    /// When the stream closed or was given up.
    pub end_ns: Nanos,
    /// Whose stamps the chunks carry.
    pub stamps: StampSource,
    /// The chunks in order of arrival; none where a result was asked to keep a summary only.
    #[serde(default, with = "columns")]
    #[schemars(with = "columns::Columns")]
    pub chunks: Vec<Chunk>,
}

impl Trace {
    /// The chunks that carry at least one token.
    #[must_use = "iterators do nothing unless consumed"]
    pub fn token_chunks(&self) -> impl DoubleEndedIterator<Item = &Chunk> {
        self.chunks.iter().filter(|c| c.is_token_bearing())
    }
}

thread_local! {
    /// Whether this thread is reading inside [`without_chunks`].
    static CHUNKS_ARE_SKIPPED: Cell<bool> = const { Cell::new(false) };
}

/// Lets `read` deserialize with the chunks of every trace skipped: they are nine tenths of a result, and most
/// readers want none of them. Serde has no way to tell a field's reader what its caller wants, so it is told by
/// the thread.
pub fn without_chunks<T>(read: impl FnOnce() -> T) -> T {
    /// Puts back what was, also where `read` panics.
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            CHUNKS_ARE_SKIPPED.set(self.0);
        }
    }
    let _before = Before(CHUNKS_ARE_SKIPPED.replace(true));
    read()
}

/// Chunks are stored by column: a tenth of the size of a list of objects.
mod columns {
    use super::{CHUNKS_ARE_SKIPPED, Chunk, ChunkKind, Deserialize, JsonSchema, Nanos, Serialize};
    use serde::{Deserializer, Serializer, de::Error as _, de::IgnoredAny};

    /// The chunks of a trace, by column; all of one length but `inexact`.
    #[derive(Serialize, Deserialize, JsonSchema)]
    pub(super) struct Columns {
        /// Receive times, nanoseconds since the run's start.
        recv_ns: Vec<Nanos>,
        /// Tokens by chunk.
        tokens: Vec<u32>,
        /// One letter a chunk: R role, C content, T reasoning, K tool call, F finish, U usage, D done, O other.
        kinds: String,
        /// Positions (from 0) of the chunks whose time is that of a read that carried later events too.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        inexact: Vec<u32>,
        /// From the kernel's stamp to labctl's read by chunk, nanoseconds; empty where no chunk has one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        read_lag_ns: Vec<u32>,
    }

    const LETTERS: [(ChunkKind, char); 8] = [
        (ChunkKind::Role, 'R'),
        (ChunkKind::Content, 'C'),
        (ChunkKind::Reasoning, 'T'),
        (ChunkKind::ToolCall, 'K'),
        (ChunkKind::Finish, 'F'),
        (ChunkKind::Usage, 'U'),
        (ChunkKind::Done, 'D'),
        (ChunkKind::Other, 'O'),
    ];

    pub(super) fn serialize<S: Serializer>(chunks: &[Chunk], serializer: S) -> Result<S::Ok, S::Error> {
        let letter = |kind| LETTERS.iter().find(|(k, _)| *k == kind).map_or('O', |(_, l)| *l);
        Columns {
            recv_ns: chunks.iter().map(|c| c.recv_ns).collect(),
            tokens: chunks.iter().map(|c| c.tokens).collect(),
            kinds: chunks.iter().map(|c| letter(c.kind)).collect(),
            inexact: (0..).zip(chunks).filter(|(_, c)| !c.exact).map(|(i, _)| i).collect(),
            read_lag_ns: if chunks.iter().any(|c| c.read_lag_ns > 0) {
                chunks.iter().map(|c| c.read_lag_ns).collect()
            } else {
                Vec::new()
            },
        }
        .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Chunk>, D::Error> {
        if CHUNKS_ARE_SKIPPED.get() {
            IgnoredAny::deserialize(deserializer)?;
            return Ok(Vec::new());
        }
        let columns = Columns::deserialize(deserializer)?;
        let kinds = columns
            .kinds
            .chars()
            .map(|letter| {
                LETTERS
                    .iter()
                    .find(|(_, l)| *l == letter)
                    .map(|(k, _)| *k)
                    .ok_or_else(|| D::Error::custom(format!("unknown chunk kind `{letter}`")))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut lags = columns.read_lag_ns;
        if lags.is_empty() {
            lags.resize(kinds.len(), 0);
        }
        if [columns.recv_ns.len(), columns.tokens.len(), lags.len()] != [kinds.len(); 3] {
            return Err(D::Error::custom("the columns of a trace's chunks differ in length"));
        }
        let mut chunks: Vec<Chunk> = kinds
            .into_iter()
            .zip(columns.recv_ns)
            .zip(columns.tokens)
            .zip(lags)
            .map(|(((kind, recv_ns), tokens), read_lag_ns)| Chunk {
                recv_ns,
                tokens,
                kind,
                exact: true,
                read_lag_ns,
            })
            .collect();
        for position in columns.inexact {
            match chunks.get_mut(position as usize) {
                Some(chunk) => chunk.exact = false,
                None => return Err(D::Error::custom("`inexact` points past the last chunk")),
            }
        }
        Ok(chunks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_survive_storage_by_column() {
        let chunk = |ns, tokens, kind, exact| Chunk {
            recv_ns: Nanos(ns),
            tokens,
            kind,
            exact,
            read_lag_ns: u32::try_from(ns).unwrap() % 9,
        };
        let trace = Trace {
            chunks: vec![
                chunk(5, 0, ChunkKind::Role, true),
                chunk(9, 1, ChunkKind::Content, false),
                chunk(9, 3, ChunkKind::Reasoning, true),
                chunk(12, 0, ChunkKind::Done, true),
            ],
            ..Trace::default()
        };
        let json = serde_json::to_value(&trace).unwrap();
        assert_eq!(json["chunks"]["kinds"], "RCTD");
        assert_eq!(json["chunks"]["inexact"], serde_json::json!([1]));
        assert_eq!(serde_json::from_value::<Trace>(json.clone()).unwrap(), trace);

        let skipped = without_chunks(|| serde_json::from_value::<Trace>(json.clone()).unwrap());
        assert_eq!(skipped, Trace { chunks: Vec::new(), ..trace.clone() });
        assert_eq!(serde_json::from_value::<Trace>(json).unwrap(), trace, "only inside");
    }

    #[test]
    fn columns_of_different_length_are_refused() {
        let json = serde_json::json!({"scheduled_ns":0,"sent_ns":0,"end_ns":0,"stamps":"read",
            "chunks":{"recv_ns":[1],"tokens":[],"kinds":"C"}});
        assert!(serde_json::from_value::<Trace>(json).unwrap_err().to_string().contains("differ in length"));
    }
}
