//! Conversations as ShareGPT has them: a JSON list of objects with `id` and `conversations: [{from, value}, …]`. The
//! human turns are sent; the recorded answers say how long the answers may be.

use std::collections::HashMap;

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer as _};

use super::error::{FileError, Place, bare_message};
use super::source::Source;
use super::{Draft, OutputLengths, as_written, turn_id, unused};
use crate::model::workload::Ask;
use crate::workload::{TextMaker, WorkPrompt};

const FORMAT: &str = "sharegpt";

/// One entry of the list.
#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    id: Id,
    conversations: Vec<Message>,
}

/// Text in most files, a number in some.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(u64),
    Other(IgnoredAny),
    #[default]
    Absent,
}

#[derive(Deserialize)]
struct Message {
    from: String,
    #[serde(default)]
    value: Option<String>,
}

/// A human turn and what was answered to it.
struct Turn {
    text: String,
    answer: String,
}

/// Reads the list an entry at a time, and no further than to the last that is wanted: the files are large.
pub(super) fn read(
    source: &mut Source,
    limit: usize,
    texts: &TextMaker,
    lengths: &mut OutputLengths<'_>,
) -> Result<Draft, FileError> {
    let place = source.place(1);
    let mut draft = Draft::default();
    let (mut ids, mut seen) = (HashMap::new(), 0_usize);
    let mut take = |entry: Entry| {
        seen += 1;
        let own = match entry.id {
            Id::Text(id) if !id.trim().is_empty() => id,
            Id::Number(id) => id.to_string(),
            _ => format!("{FORMAT}-{seen:05}"),
        };
        if let Some((system, turns)) = human_turns(entry.conversations) {
            let id = unused(&mut ids, own);
            draft.push(prompts(&id, system.as_deref(), turns, texts, lengths), None);
        }
        draft.sequences.len() < limit
    };
    let mut json = serde_json::Deserializer::from_reader(source.reader()?);
    let mut stopped = false;
    let read = json.deserialize_seq(Entries {
        take: |entry| {
            stopped = !take(entry);
            !stopped
        },
    });
    // Where it stopped early, the rest of the list is not even looked at.
    let read = if stopped { Ok(()) } else { read.and_then(|()| json.end()) };
    if let Err(error) = read {
        if error.is_io() {
            return Err(FileError::unreadable(source.path(), error.into()));
        }
        let message = format!("{} (in entry {} of the list)", bare_message(&error), seen + 1);
        let remedy = "it must be a list of objects with `conversations: [{\"from\": …, \"value\": …}, …]`";
        let place = Place { line: error.line().max(1), ..place };
        return Err(FileError::NotJson { place, format: FORMAT, message, remedy });
    }
    let skipped = seen - draft.sequences.len();
    let skipped = (skipped > 0).then(|| {
        format!(
            "{skipped} of {seen} conversations were left out: they don't begin with a human turn, or have a blank one, \
             or somebody else speaks in them"
        )
    });
    if draft.sequences.is_empty() {
        return Err(FileError::Empty { path: source.path().to_owned(), what: "conversations", skipped });
    }
    draft.warnings.extend(skipped.map(|skipped| format!("`{}`: {skipped}", source.path().display())));
    Ok(draft)
}

/// Hands on the entries of a list until it is told to stop.
struct Entries<F> {
    take: F,
}

impl<'de, F: FnMut(Entry) -> bool> Visitor<'de> for Entries<F> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a list of conversations")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        while let Some(entry) = entries.next_element()? {
            if !(self.take)(entry) {
                break;
            }
        }
        Ok(())
    }
}

/// The system message and the human turns, at least one. `None` where the conversation can't be held again: it doesn't
/// begin with a human turn, a human turn is blank, or somebody else speaks.
fn human_turns(messages: Vec<Message>) -> Option<(Option<String>, Vec<Turn>)> {
    let mut system = None;
    let mut turns: Vec<Turn> = Vec::new();
    for (position, message) in messages.into_iter().enumerate() {
        let text = message.value.unwrap_or_default();
        match message.from.as_str() {
            "system" if position == 0 => system = Some(text).filter(|text| !text.trim().is_empty()),
            "human" | "user" if !text.trim().is_empty() => turns.push(Turn { text, answer: String::new() }),
            // Which model it was stands there too.
            "gpt" | "assistant" | "chatgpt" | "model" | "bard" | "bing" => {
                turns.last_mut()?.answer.push_str(&text);
            }
            _ => return None,
        }
    }
    (!turns.is_empty()).then_some((system, turns))
}

fn prompts(
    id: &str,
    system: Option<&str>,
    turns: Vec<Turn>,
    texts: &TextMaker,
    lengths: &mut OutputLengths<'_>,
) -> Vec<WorkPrompt> {
    (0..)
        .zip(turns)
        .map(|(number, turn)| {
            let recorded = || Some(texts.count(&turn.answer)).filter(|tokens| *tokens > 0);
            let max_tokens = lengths.asked().or_else(recorded).unwrap_or_else(|| lengths.any());
            let mut prompt = as_written(turn_id(id, number), FORMAT.to_owned(), turn.text, max_tokens);
            prompt.prompt.system = system.map(str::to_owned);
            prompt.ask = Ask { turn: Some(u32::try_from(number).unwrap_or(u32::MAX)), ..Ask::default() };
            prompt
        })
        .collect()
}
