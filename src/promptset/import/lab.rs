//! Plain JSON lines as labs keep them: `prompt_id`, `prompt`, `expected_contains`, `expected_format`, `max_tokens`,
//! `category` and the like.
//!
//! A list in `expected_contains` means that every text of it must occur (`ImportOptions::any_of_list` turns that
//! around, and `expected_contains_any` and `expected_contains_all` say it themselves). `expected` is the whole answer:
//! a number is compared by value, a text after evening out white space, quotation marks, a fence and a full stop.

use serde_json::{Map, Value};

use super::ImportOptions;
use super::answers::{self, Number};
use super::expected_format::ExpectedFormat;
use super::fields::{Fields, kind, malformed, wrong_kind};
use super::needles::{self, Wanted};
use super::remarks::{Effect, Remarks, clipped};
use super::row::{Fault, Row};
use crate::model::check::Check;
use crate::model::prompt::{Difficulty, Prompt};

/// Reads one row.
pub(super) fn row(
    object: &Map<String, Value>,
    line: usize,
    options: &ImportOptions,
    remarks: &mut Remarks,
) -> Result<Row, Fault> {
    let fields = &mut Fields::new(object);
    let mut row = Row::new(line, String::new());
    let messages = messages(fields)?;
    let system = fields.text(&["system_prompt", "system"])?;
    match (fields.text(&["prompt", "question", "input", "instruction"])?, messages) {
        (Some(text), _) => row.prompt.prompt = text,
        (None, Some((system, text))) => {
            row.prompt.prompt = text;
            row.prompt.system = system;
        }
        (None, None) => return malformed("prompt", "is missing"),
    }
    row.prompt.system = system.or(row.prompt.system);
    row.id = fields.name(&["prompt_id", "id"])?;
    row.team = fields.name(&["team"])?;
    about(fields, &mut row.prompt)?;
    let wish = fields.text(&["expected_format"])?;
    let format = wish.as_deref().and_then(ExpectedFormat::named).unwrap_or(ExpectedFormat::Free);
    expectations(fields, format, options, &mut row.prompt)?;
    if let Some(wish) = wish.filter(|wish| ExpectedFormat::named(wish).is_none()) {
        row.lost_checks = true;
        let what = format!("`expected_format` `{}`, which has no check", clipped(&wish, 40));
        remarks.add(Effect::Check, what, line);
    }
    if let Some(reference) = fields.text(&["reference", "reference_answer"])? {
        row.prompt.reference = reference;
    }
    if let Some((_, near_misses)) = fields.texts(&["near_miss"])? {
        row.prompt.near_miss = near_misses;
    }
    for stranger in fields.strangers() {
        remarks.add(Effect::Field, format!("`{}`, which labctl doesn't know", clipped(stranger, 40)), line);
    }
    Ok(row)
}

/// What the row says of itself.
fn about(fields: &mut Fields<'_>, prompt: &mut Prompt) -> Result<(), Fault> {
    prompt.category = fields.name(&["category"])?.unwrap_or_default();
    prompt.scenario_id = fields.name(&["scenario_id", "scenario"])?;
    prompt.tags = fields.texts(&["tags"])?.map(|(_, tags)| tags).unwrap_or_default();
    prompt.family = fields.name(&["family"])?;
    prompt.provenance = fields.text(&["provenance", "source"])?;
    prompt.max_tokens = fields.count(&["max_tokens", "max_new_tokens"])?.unwrap_or_default();
    prompt.sampling.temperature = fields.number(&["temperature"])?;
    prompt.sampling.top_p = fields.number(&["top_p"])?;
    prompt.sampling.stop = fields.texts(&["stop"])?.map(|(_, stop)| stop).unwrap_or_default();
    prompt.difficulty = match fields.text(&["difficulty"])?.map(|name| name.to_lowercase()).as_deref() {
        None => None,
        Some("easy") => Some(Difficulty::Easy),
        Some("medium") => Some(Difficulty::Medium),
        Some("hard") => Some(Difficulty::Hard),
        Some(_) => return malformed("difficulty", "is none of `easy`, `medium` and `hard`"),
    };
    Ok(())
}

/// System and user message of `messages`, where there is that field.
fn messages(fields: &mut Fields<'_>) -> Result<Option<(Option<String>, String)>, Fault> {
    let Some((name, value)) = fields.value(&["messages"]) else { return Ok(None) };
    let Value::Array(messages) = value else { return wrong_kind(name, value, "a list of messages") };
    chat(messages).map(Some)
}

/// System and user message of a conversation of one turn.
pub(super) fn chat(messages: &[Value]) -> Result<(Option<String>, String), Fault> {
    let (mut system, mut user) = (None, None);
    for message in messages {
        let text = |field: &str| message.get(field).and_then(Value::as_str);
        let (Some(role), Some(content)) = (text("role"), text("content")) else {
            return malformed("messages", "holds a message without the texts `role` and `content`");
        };
        let place = match role {
            "system" | "developer" => &mut system,
            "user" => &mut user,
            _ => return Err(Fault::Unmapped("a conversation of several turns; a prompt has one".to_owned())),
        };
        if place.replace(content.to_owned()).is_some() {
            return Err(Fault::Unmapped("a conversation of several turns; a prompt has one".to_owned()));
        }
    }
    match user.filter(|text| !text.trim().is_empty()) {
        Some(user) => Ok((system, user)),
        None => malformed("messages", "holds no message of the user"),
    }
}

/// The checks, and replies that pass and fail.
fn expectations(
    fields: &mut Fields<'_>,
    format: ExpectedFormat,
    options: &ImportOptions,
    prompt: &mut Prompt,
) -> Result<(), Fault> {
    let choices = fields.texts(&["choices", "options"])?.map(|(_, choices)| choices);
    let expected = fields.value(&["expected", "expected_answer", "expected_output", "answer"]);
    let is_answered = expected.is_some();
    if let Some((name, value)) = expected {
        match choices {
            Some(choices) => {
                let right = answers::option_index(value, &[], &choices)
                    .or_else(|problem| malformed(name, &problem))?;
                answers::expect_choice(prompt, choices, right).map_err(Fault::Unmapped)?;
            }
            None => expect(prompt, name, value, format)?,
        }
    } else if choices.is_some() {
        return Err(Fault::Unmapped("`choices` without the right one in `expected`".to_owned()));
    }

    let mut said = Vec::new();
    let any = if options.any_of_list { Wanted::Any } else { Wanted::All };
    for (name, wanted) in [
        ("expected_contains", any),
        ("expected_contains_all", Wanted::All),
        ("expected_contains_any", Wanted::Any),
        ("expected_not_contains", Wanted::None),
    ] {
        let Some((_, texts)) = fields.texts(&[name])? else { continue };
        prompt.checks.extend(needles::checks(&texts, wanted));
        match wanted {
            Wanted::All => said.extend(texts),
            Wanted::Any => said.extend(texts.into_iter().take(1)),
            Wanted::None => {
                let wrong = |text: &String| format!("{} {text}", said.join(", ")).trim().to_owned();
                prompt.near_miss.extend(texts.first().map(wrong));
            }
        }
    }
    if !is_answered {
        prompt.checks.extend(format.checks());
        prompt.reference = format.reply(&said);
        if format == ExpectedFormat::Json {
            // Cut off before its end, as an answer that ran out of tokens is.
            prompt.near_miss.extend(prompt.reference.strip_suffix('}').map(str::to_owned));
        }
    }
    if let Some((name, value)) = fields.value(&["checks"]) {
        match serde_json::from_value::<Vec<Check>>(value.clone()) {
            Ok(checks) => prompt.checks.extend(checks),
            Err(error) => return malformed(name, &format!("can't be read: {error}")),
        }
    }
    if let Some((name, value)) = fields.value(&["pass_when"]) {
        prompt.pass_when =
            serde_json::from_value(value.clone()).or_else(|error| malformed(name, &error.to_string()))?;
    }
    Ok(())
}

/// Expects this very answer.
fn expect(prompt: &mut Prompt, name: &str, value: &Value, format: ExpectedFormat) -> Result<(), Fault> {
    if format == ExpectedFormat::Json || value.is_object() {
        let value = match value {
            Value::String(text) => serde_json::from_str(text)
                .or_else(|_| malformed(name, "is no JSON, which `expected_format` asks for"))?,
            other => other.clone(),
        };
        prompt.reference = value.to_string();
        prompt.checks.push(Check::Json {
            equals: [(String::new(), value)].into(),
            required: Vec::new(),
            closed: false,
        });
        return Ok(());
    }
    let mut texts = Vec::new();
    for item in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
        match super::fields::scalar(item).filter(|text| !text.trim().is_empty()) {
            Some(text) => texts.push(text),
            None => {
                return malformed(name, &format!("holds {}; expected a text that isn't blank", kind(item)));
            }
        }
    }
    let Some(first) = texts.first().cloned() else { return malformed(name, "is an empty list") };
    let number = Number::read(&first).filter(|_| texts.len() == 1);
    match (format, number) {
        (ExpectedFormat::YesNo, _) => {
            let is_yes = match first.trim().to_lowercase().as_str() {
                "yes" | "true" | "y" => true,
                "no" | "false" | "n" => false,
                _ => return malformed(name, "is neither yes nor no, which `expected_format` asks for"),
            };
            let options = vec!["Yes".to_owned(), "No".to_owned()];
            let (right, wrong) = if is_yes { (0, 1) } else { (1, 0) };
            prompt.reference.clone_from(&options[right]);
            prompt.near_miss.push(options[wrong].clone());
            prompt.checks.push(Check::Choice { options, answer: if is_yes { 'A' } else { 'B' } });
        }
        (_, Some(number)) => answers::expect_number(prompt, &number),
        (ExpectedFormat::Number, None) => {
            return malformed(name, "is no number, which `expected_format` asks for");
        }
        (ExpectedFormat::Letter, None) => {
            prompt.reference.clone_from(&first);
            prompt.checks.push(answers::exact(texts));
        }
        (_, None) => {
            prompt.reference.clone_from(&first);
            prompt.checks.push(answers::whole(texts));
        }
    }
    Ok(())
}
