//! labctl's own format: a JSON object a line, with `prompt`, or `messages`, or `turns` for a conversation. A line of a
//! prompt set is one of them too.

use std::collections::HashMap;

use serde_json::Value;

use super::error::{FileError, Place};
use super::fields::{Fields, object, typed};
use super::source::Source;
use super::trace::Clock;
use super::{Draft, OutputLengths, as_written, turn_id};
use crate::model::check::{Check, PassWhen};
use crate::promptset;
use crate::workload::WorkPrompt;

const FORMAT: &str = "jsonl";

/// The fields of a line.
pub(super) const LINE: &[&str] = &[
    "prompt",
    "messages",
    "turns",
    "id",
    "category",
    "tags",
    "scenario_id",
    "system",
    "swapped",
    "max_tokens",
    "sampling",
    "checks",
    "pass_when",
    "reference",
    "near_miss",
    "difficulty",
    "family",
    "provenance",
    "answer_in_prompt",
    "model",
    "start_s",
    "think_s",
];
/// The fields of a turn that is an object.
const TURN: &[&str] = &["prompt", "max_tokens", "checks", "pass_when", "reference", "near_miss", "think_s"];
/// The fields of a message.
const MESSAGE: &[&str] = &["role", "content", "name"];

pub(super) fn read(
    source: &mut Source,
    limit: usize,
    lengths: &mut OutputLengths<'_>,
) -> Result<Draft, FileError> {
    let mut draft = Draft::default();
    let mut clock = Clock::new(1.0);
    let mut first_use: HashMap<String, usize> = HashMap::new();
    let place = source.place(0);
    while draft.sequences.len() < limit
        && let Some((number, text)) = source.line()?
    {
        let place = Place { line: number, ..place.clone() };
        let object = object(&place, text, FORMAT)?;
        let fields = Fields::of_line(&place, &object);
        fields.only(LINE)?;
        let line = Line { place: &place, fields, number: draft.sequences.len() + 1 };
        let start_s = line.start(&mut clock, &draft)?;
        let turns = line.turns(lengths)?;
        for turn in &turns {
            if let Some(first) = first_use.insert(turn.prompt.id.clone(), number) {
                let id = turn.prompt.id.clone();
                return Err(FileError::DuplicateId { place: place.at("id"), id, first });
            }
        }
        draft.push(turns, start_s);
    }
    if draft.sequences.is_empty() {
        let what = "prompts; write one JSON object a line";
        return Err(FileError::Empty { path: source.path().to_owned(), what, skipped: None });
    }
    Ok(draft)
}

/// A line on its way to prompts.
struct Line<'a> {
    place: &'a Place,
    fields: Fields<'a>,
    /// Which of the file's lines it is, from 1, blank ones not counted.
    number: usize,
}

/// One user turn, and the fields that may stand at it.
struct Turn<'a> {
    text: &'a str,
    /// Absent where the turn is text alone.
    fields: Option<Fields<'a>>,
}

/// What makes an answer right.
#[derive(Default)]
struct Quality {
    checks: Vec<Check>,
    pass_when: PassWhen,
    reference: String,
    near_miss: Vec<String>,
}

impl<'a> Line<'a> {
    /// `start_s`, which stands on every line or on none.
    fn start(&self, clock: &mut Clock, draft: &Draft) -> Result<Option<f64>, FileError> {
        let start = self.fields.seconds("start_s")?;
        let others_have = !draft.starts_s.is_empty();
        if !draft.sequences.is_empty() && start.is_some() != others_have {
            let problem = if others_have {
                "missing here, and the lines above have it"
            } else {
                "is not on the lines above"
            };
            let problem = format!("{problem}; give it on every line (a trace) or on none");
            return Err(FileError::field(self.fields.place("start_s"), problem));
        }
        let place = self.fields.place("start_s");
        start.map(|start| clock.start(start, &start.to_string(), place)).transpose()
    }

    /// The line's prompts, at least one.
    fn turns(&self, lengths: &mut OutputLengths<'_>) -> Result<Vec<WorkPrompt>, FileError> {
        let fields = &self.fields;
        let given = ["prompt", "messages", "turns"].map(|key| fields.get(key).is_some());
        let (mut system, turns) = match given {
            [true, false, false] => {
                (None, vec![Turn { text: required_text(fields, "prompt")?, fields: None }])
            }
            [false, true, false] => self.of_messages(fields.list("messages")?.unwrap_or_default())?,
            [false, false, true] => (None, self.of_turns(fields.list("turns")?.unwrap_or_default())?),
            [false, false, false] => {
                let problem = "missing; add `prompt`, `messages` or `turns`";
                return Err(FileError::field(fields.place("prompt"), problem));
            }
            [_, messages, _] => {
                let second = if given[0] && messages { "messages" } else { "turns" };
                let problem =
                    "only one of `prompt`, `messages` and `turns` may stand on a line; leave the others out";
                return Err(FileError::field(fields.place(second), problem));
            }
        };
        if let Some(own) = fields.text("system")? {
            if system.is_some() {
                let problem = "stands beside a system message in `messages`; leave one of them out";
                return Err(FileError::field(fields.place("system"), problem));
            }
            system = Some(own);
        }
        let mut prompts = Vec::with_capacity(turns.len());
        let id =
            fields.filled_text("id")?.map_or_else(|| format!("{FORMAT}-{:05}", self.number), str::to_owned);
        let is_conversation = fields.get("turns").is_some() || turns.len() > 1;
        let last = turns.len() - 1;
        for (number, turn) in turns.into_iter().enumerate() {
            let id = if is_conversation { turn_id(&id, number) } else { id.clone() };
            let mut prompt = self.prompt(id, &turn, number == last, lengths)?;
            prompt.prompt.system = system.map(str::to_owned);
            if is_conversation {
                prompt.ask.turn = Some(u32::try_from(number).unwrap_or(u32::MAX));
            }
            if number == 0 {
                prompt.think_s = 0.0;
            }
            prompts.push(prompt);
        }
        Ok(prompts)
    }

    /// The system message and the user's. What an assistant said is not sent: the server's own answers stand there.
    fn of_messages(&self, messages: &'a [Value]) -> Result<(Option<&'a str>, Vec<Turn<'a>>), FileError> {
        let (mut system, mut turns) = (None, Vec::new());
        for (position, message) in messages.iter().enumerate() {
            let message = Fields::within(self.place, &format!("messages[{position}]"), message)?;
            message.only(MESSAGE)?;
            let role = message.required("role", message.text("role")?)?;
            match role {
                "user" => turns.push(Turn { text: required_text(&message, "content")?, fields: None }),
                "system" if position == 0 => system = Some(required_text(&message, "content")?),
                "system" => {
                    let problem =
                        "is `system` after the first message; labctl sends one system message, first";
                    return Err(FileError::field(message.place("role"), problem));
                }
                "assistant" => {}
                _ => {
                    let problem = "must be `user`, `assistant`, or for the first message `system`";
                    return Err(FileError::field(message.place("role"), problem));
                }
            }
        }
        if turns.is_empty() {
            let problem = "has no message with the role `user`; add one";
            return Err(FileError::field(self.fields.place("messages"), problem));
        }
        Ok((system, turns))
    }

    fn of_turns(&self, turns: &'a [Value]) -> Result<Vec<Turn<'a>>, FileError> {
        if turns.is_empty() {
            return Err(FileError::field(self.fields.place("turns"), "is empty; give at least one turn"));
        }
        let turn = |(position, turn): (usize, &'a Value)| {
            let path = format!("turns[{position}]");
            match turn {
                Value::String(text) if text.trim().is_empty() => {
                    Err(FileError::field(self.fields.place(&path), "is blank; fill it in"))
                }
                Value::String(text) => Ok(Turn { text, fields: None }),
                Value::Object(_) => {
                    let fields = Fields::within(self.place, &path, turn)?;
                    fields.only(TURN)?;
                    Ok(Turn { text: required_text(&fields, "prompt")?, fields: Some(fields) })
                }
                _ => {
                    let problem = "must be text, or an object with `prompt`";
                    Err(FileError::field(self.fields.place(&path), problem))
                }
            }
        };
        turns.iter().enumerate().map(turn).collect()
    }

    /// The prompt of one turn. What the turn doesn't say, the line says for all of them; its checks are of the last
    /// answer.
    fn prompt(
        &self,
        id: String,
        turn: &Turn<'_>,
        is_last: bool,
        lengths: &mut OutputLengths<'_>,
    ) -> Result<WorkPrompt, FileError> {
        let line = &self.fields;
        let own = turn.fields.as_ref();
        let category = line.filled_text("category")?.unwrap_or(FORMAT).to_owned();
        let mut max_tokens = own.map_or(Ok(None), |own| own.tokens("max_tokens"))?;
        if max_tokens.is_none() {
            max_tokens = line.tokens("max_tokens")?;
        }
        let max_tokens = max_tokens.unwrap_or_else(|| lengths.any());
        let mut quality = own.map_or(Ok(None), Quality::of)?;
        if is_last && let Some(lines) = Quality::of(line)? {
            if quality.is_some() {
                let problem =
                    "stands beside checks of the last turn; they would be of the same answer, leave one out";
                return Err(FileError::field(line.place("checks"), problem));
            }
            quality = Some(lines);
        }
        let is_judged = quality.is_some();
        let Quality { checks, pass_when, reference, near_miss } = quality.unwrap_or_default();
        let mut work = as_written(id, category, turn.text.to_owned(), max_tokens);
        let prompt = &mut work.prompt;
        prompt.scenario_id = line.filled_text("scenario_id")?.map(str::to_owned);
        prompt.difficulty = line.typed("difficulty")?;
        prompt.family = line.filled_text("family")?.map(str::to_owned);
        prompt.tags = line.typed("tags")?.unwrap_or_default();
        prompt.sampling = line.typed("sampling")?.unwrap_or_default();
        prompt.swapped = line.filled_text("swapped")?.map(str::to_owned);
        prompt.provenance = line.filled_text("provenance")?.map(str::to_owned);
        prompt.answer_in_prompt = line.typed("answer_in_prompt")?.unwrap_or_default();
        (prompt.checks, prompt.pass_when) = (checks, pass_when);
        (prompt.reference, prompt.near_miss) = (reference, near_miss);
        if is_judged && let Some(defect) = promptset::defect(prompt) {
            return Err(FileError::field(
                own.filter(|own| own.get("checks").is_some()).unwrap_or(line).place("checks"),
                defect,
            ));
        }
        work.ask.model = line.filled_text("model")?.map(str::to_owned);
        let think_s = own.map_or(Ok(None), |own| own.seconds("think_s"))?;
        work.think_s =
            think_s.map_or_else(|| line.seconds("think_s"), |own| Ok(Some(own)))?.unwrap_or_default();
        Ok(work)
    }
}

impl Quality {
    /// What stands at a line or turn; `None` without checks, and then the rest would be of no use.
    fn of(fields: &Fields<'_>) -> Result<Option<Self>, FileError> {
        let Some(list) = fields.list("checks")?.filter(|checks| !checks.is_empty()) else { return Ok(None) };
        let check = |(position, check)| typed(fields.place(&format!("checks[{position}]")), check);
        Ok(Some(Self {
            checks: list.iter().enumerate().map(check).collect::<Result<_, _>>()?,
            pass_when: fields.typed("pass_when")?.unwrap_or_default(),
            reference: fields.text("reference")?.unwrap_or_default().to_owned(),
            near_miss: fields.typed("near_miss")?.unwrap_or_default(),
        }))
    }
}

fn required_text<'a>(fields: &Fields<'a>, key: &str) -> Result<&'a str, FileError> {
    fields.required(key, fields.filled_text(key)?)
}
