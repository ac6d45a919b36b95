//! Mooncake's traces: a JSON object a line with `timestamp` (milliseconds), `input_length`, `output_length` (tokens)
//! and `hash_ids`, each of which stands for a block of 512 tokens of the prompt.

use std::collections::HashMap;

use rand::SeedableRng as _;
use rand_pcg::Pcg64;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Draft;
use super::error::{FileError, Place};
use super::fields::{Fields, object};
use super::source::Source;
use super::trace::{self, Clock, Request};
use crate::workload::TextMaker;

/// Tokens that a hash id stands for.
const BLOCK_TOKENS: u32 = 512;

/// One line of the trace.
struct Line {
    request: Request,
    blocks: Vec<u64>,
}

pub(super) fn read(
    source: &mut Source,
    limit: usize,
    texts: &TextMaker,
    salt: &str,
) -> Result<Draft, FileError> {
    let mut clock = Clock::new(1000.0);
    let mut lines = Vec::new();
    let place = source.place(0);
    while lines.len() < limit
        && let Some((number, text)) = source.line()?
    {
        lines.push(parse(&Place { line: number, ..place.clone() }, text, &mut clock)?);
    }
    if lines.is_empty() {
        let path = source.path().to_owned();
        return Err(FileError::Empty { path, what: "requests; a trace has one a line", skipped: None });
    }
    trace::check_size(source.path(), lines.iter().map(|line| &line.request))?;
    let mut blocks = Blocks::new(&lines, texts, salt);
    let mut draft = Draft { made_up: true, ..Draft::default() };
    for (line, number) in lines.iter().zip(1..) {
        let text = blocks.prompt(line, number);
        let prompt = trace::made_up(&draft, text, &line.request);
        draft.push(vec![prompt], Some(line.request.start_s));
    }
    Ok(draft)
}

fn parse(place: &Place, line: &str, clock: &mut Clock) -> Result<Line, FileError> {
    let object = object(place, line, "mooncake")?;
    let fields = Fields::of_line(place, &object);
    let timestamp = fields.required("timestamp", fields.number("timestamp")?)?;
    let start_s = clock.start(timestamp, &timestamp.to_string(), fields.place("timestamp"))?;
    let input = fields.required("input_length", fields.tokens("input_length")?)?;
    let output = fields.required("output_length", fields.tokens("output_length")?)?;
    let blocks = fields
        .list("hash_ids")?
        .unwrap_or_default()
        .iter()
        .map(Value::as_u64)
        .collect::<Option<Vec<u64>>>()
        .ok_or_else(|| FileError::field(fields.place("hash_ids"), "must be whole numbers, 0 or more"))?;
    let most = input.div_ceil(BLOCK_TOKENS);
    // With blocks of another size the recorded sharing would be another than is sent.
    if !blocks.is_empty() && u32::try_from(blocks.len()) != Ok(most) {
        let problem = format!(
            "has {} ids for {input} tokens; in blocks of {BLOCK_TOKENS} tokens it must have {most}; \
             convert a trace with blocks of another size, or remove the field to send prompts that share nothing",
            blocks.len()
        );
        return Err(FileError::field(fields.place("hash_ids"), problem));
    }
    Ok(Line { request: Request { start_s, input, output }, blocks })
}

/// The texts of blocks: each a function of the run's salt and the block's id, so that within a run the same id is the
/// same text, and no earlier run's cache has it.
struct Blocks<'a> {
    texts: &'a TextMaker,
    salt: &'a str,
    /// Blocks that occur more than once, whole; `None` until they are made. With whether they begin a prompt.
    shared: HashMap<(u64, bool), Option<String>>,
}

impl<'a> Blocks<'a> {
    fn new(lines: &[Line], texts: &'a TextMaker, salt: &'a str) -> Self {
        let mut uses: HashMap<(u64, bool), u32> = HashMap::new();
        for (position, id) in lines.iter().flat_map(|line| line.blocks.iter().enumerate()) {
            *uses.entry((*id, position == 0)).or_default() += 1;
        }
        // Most blocks occur once: to keep those too would double what the prompts take.
        let shared = uses.into_iter().filter(|(_, uses)| *uses > 1).map(|(block, _)| (block, None)).collect();
        Self { texts, salt, shared }
    }

    fn prompt(&mut self, line: &Line, number: u64) -> String {
        if line.blocks.is_empty() {
            return self.texts.text(line.request.input, &mut seeded(self.salt, "request", number));
        }
        let mut prompt = String::new();
        let mut left = line.request.input;
        for id in &line.blocks {
            let tokens = left.min(BLOCK_TOKENS);
            left -= tokens;
            self.add_block(&mut prompt, *id, tokens);
        }
        prompt
    }

    fn add_block(&mut self, prompt: &mut String, id: u64, tokens: u32) {
        // An id stands for all that is before its block too, so a block is always first or never.
        let is_first = prompt.is_empty();
        let make = || {
            let random = &mut seeded(self.salt, "block", id);
            if is_first { self.texts.alone(tokens, random) } else { self.texts.behind(tokens, random) }.text
        };
        if !is_first {
            prompt.push(' ');
        }
        match self.shared.get_mut(&(id, is_first)) {
            Some(kept) if tokens == BLOCK_TOKENS => prompt.push_str(kept.get_or_insert_with(make)),
            _ => prompt.push_str(&make()),
        }
    }
}

/// Random numbers that depend on the salt, the kind of text and its number alone.
fn seeded(salt: &str, kind: &str, number: u64) -> Pcg64 {
    let hash = Sha256::new()
        .chain_update(salt.as_bytes())
        .chain_update([0])
        .chain_update(kind.as_bytes())
        .chain_update(number.to_le_bytes())
        .finalize();
    Pcg64::from_seed(hash.into())
}
