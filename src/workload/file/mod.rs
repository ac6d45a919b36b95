//! Workloads from files: prompts and conversations as written, and recorded traces.
//!
//! [`build`] reads a file in one of six formats, told by its content where it isn't given. Where a trace has lengths
//! and no text, text of these lengths is made up. Every defect is one [`FileError`] that names the line and the field.
//! Nothing here opens a connection; what is read is what will be sent.

mod columns;
mod detect;
mod error;
mod fields;
mod jsonl;
mod mooncake;
mod results;
mod sharegpt;
mod source;
#[cfg(test)]
mod tests;
mod trace;

use std::collections::HashMap;
use std::path::Path;

use rand_pcg::Pcg64;

pub use error::{FileError, Place};

use super::length::Lengths;
use super::{Context, Sequence, TextMaker, WorkPrompt, WorkloadError};
use crate::model::prompt::Prompt;
use crate::model::workload::{Ask, Length, WorkloadFormat};
use source::Source;

/// The most tokens of an answer where neither the file nor `output_tokens` says.
pub const DEFAULT_OUTPUT_TOKENS: u32 = 512;

/// What a file holds to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The prompts; those of one conversation follow one another.
    pub prompts: Vec<WorkPrompt>,
    /// What is started as one: single prompts, and conversations.
    pub sequences: Vec<Sequence>,
    /// When each sequence is to start, seconds after the first, never falling; absent where the file doesn't say.
    pub starts_s: Option<Vec<f64>>,
    /// Whether the order means something: it does where there are starts.
    pub ordered: bool,
    /// SHA-256 of the whole file, in lower-case hexadecimal.
    pub sha256: String,
    /// Whether the texts were made up, from recorded lengths.
    pub made_up: bool,
    /// What of the file was left out or filled in, a sentence each.
    pub warnings: Vec<String>,
}

/// Reads `file`: `limit` prompts, conversations or requests from its beginning, all of them where it is `None`.
///
/// `output_tokens` is how long answers may be where the file doesn't say, and in place of the recorded answers' lengths
/// of a `sharegpt` file. Texts are made up by `texts` from `random`, but for those that a trace says are shared: these
/// are a function of the run's salt and the recorded identity alone.
///
/// Fails where `limit` is 0, `output_tokens` is no distribution, or the file can't be read, is in no known format, breaks
/// its format anywhere in the part that is read, or holds nothing to send.
pub fn build(
    file: &Path,
    format: WorkloadFormat,
    limit: Option<u32>,
    output_tokens: Option<&Length>,
    texts: &TextMaker,
    random: &mut Pcg64,
    context: &Context<'_>,
) -> Result<Loaded, WorkloadError> {
    if limit == Some(0) {
        return Err(WorkloadError::field("limit", "0 leaves nothing to send; give at least 1"));
    }
    let wanted = output_tokens.map(|length| Lengths::new(length, "output_tokens")).transpose()?;
    let (mut source, format) = Source::open(file, |beginning| match format {
        WorkloadFormat::Auto => detect::format(file, beginning),
        given => Ok(given),
    })?;
    let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let mut lengths = OutputLengths { wanted, random, left_open: 0 };
    let mut draft = match format {
        WorkloadFormat::Auto | WorkloadFormat::Jsonl => jsonl::read(&mut source, limit, &mut lengths)?,
        WorkloadFormat::Sharegpt => sharegpt::read(&mut source, limit, texts, &mut lengths)?,
        WorkloadFormat::Mooncake => mooncake::read(&mut source, limit, texts, context.salt)?,
        WorkloadFormat::Azure => columns::azure(&mut source, limit, texts, lengths.random)?,
        WorkloadFormat::Burstgpt => columns::burstgpt(&mut source, limit, texts, lengths.random)?,
        WorkloadFormat::Labctl => results::read(&mut source, limit, texts, lengths.random, context)?,
    };
    if lengths.left_open > 0 {
        draft.warnings.push(format!(
            "{} of {} prompts of `{}` don't say how long their answers may be: {DEFAULT_OUTPUT_TOKENS} tokens were taken; \
             give the workload's `output_tokens`",
            lengths.left_open,
            draft.prompts.len(),
            file.display(),
        ));
    }
    let Draft { prompts, sequences, starts_s, made_up, warnings } = draft;
    let starts_s = (!starts_s.is_empty()).then_some(starts_s);
    let (ordered, sha256) = (starts_s.is_some(), source.sha256()?);
    Ok(Loaded { prompts, sequences, starts_s, ordered, sha256, made_up, warnings })
}

/// How long answers may be where the file doesn't say.
struct OutputLengths<'a> {
    wanted: Option<Lengths>,
    random: &'a mut Pcg64,
    /// For how many prompts nobody said.
    left_open: usize,
}

impl OutputLengths<'_> {
    /// What was asked for.
    fn asked(&mut self) -> Option<u32> {
        self.wanted.as_ref().map(|wanted| wanted.draw(self.random))
    }

    /// What was asked for, else the default.
    fn any(&mut self) -> u32 {
        self.asked().unwrap_or_else(|| {
            self.left_open += 1;
            DEFAULT_OUTPUT_TOKENS
        })
    }
}

/// A workload as it grows.
#[derive(Debug, Default)]
struct Draft {
    prompts: Vec<WorkPrompt>,
    sequences: Vec<Sequence>,
    /// Empty, or one a sequence.
    starts_s: Vec<f64>,
    made_up: bool,
    warnings: Vec<String>,
}

impl Draft {
    /// Adds what is started as one, at least one prompt.
    fn push(&mut self, turns: Vec<WorkPrompt>, start_s: Option<f64>) {
        self.sequences.push(Sequence { first: self.prompts.len(), turns: turns.len() });
        self.prompts.extend(turns);
        self.starts_s.extend(start_s);
    }
}

/// The id of one turn of a conversation, from 0.
fn turn_id(conversation: &str, turn: usize) -> String {
    format!("{conversation}/{turn}")
}

/// A prompt that is sent as written, without checks.
fn as_written(id: String, category: String, text: String, max_tokens: u32) -> WorkPrompt {
    WorkPrompt {
        prompt: Prompt::unchecked(id, category, text, max_tokens),
        ask: Ask::default(),
        salt_at: None,
        think_s: 0.0,
    }
}

/// `id`, or where another has it already, `id~2` and so on.
fn unused(ids: &mut HashMap<String, usize>, id: String) -> String {
    if !ids.contains_key(&id) {
        ids.insert(id.clone(), 1);
        return id;
    }
    let mut number = ids.get(&id).copied().unwrap_or(1);
    loop {
        number += 1;
        let own = format!("{id}~{number}");
        if !ids.contains_key(&own) {
            ids.insert(own.clone(), 1);
            ids.insert(id, number);
            return own;
        }
    }
}
