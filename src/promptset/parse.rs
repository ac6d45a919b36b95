//! Bytes to prompts and manifests, with every defect placed in its file.

use std::collections::HashMap;

use schemars::{JsonSchema, schema_for};
use serde_json::Value;

use super::error::{Place, PromptSetError};
use super::verify;
use crate::model::check::Check;
use crate::model::prompt::{Manifest, Prompt};

/// Reads `promptset.jsonl`. Blank lines are skipped, CRLF and a byte-order mark are tolerated;
/// `file` is how messages name it.
pub fn prompts(file: &str, bytes: &[u8]) -> Result<Vec<Prompt>, PromptSetError> {
    let mut prompts = Vec::new();
    let mut first_use = HashMap::new();
    for (index, line) in utf8(file, bytes)?.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let place = Place { file: file.to_owned(), line: index + 1, column: None };
        let prompt: Prompt = serde_json::from_str(line).map_err(|error| row_error(&place, line, &error))?;
        if let Some(problem) = verify::problem(&prompt) {
            return Err(PromptSetError::Prompt { place, id: prompt.id, problem });
        }
        if let Some(first) = first_use.insert(prompt.id.clone(), place.line) {
            return Err(PromptSetError::DuplicateId { place, id: prompt.id, first });
        }
        prompts.push(prompt);
    }
    if prompts.is_empty() { Err(PromptSetError::Empty { file: file.to_owned() }) } else { Ok(prompts) }
}

/// Reads `manifest.json`; `file` is how messages name it.
pub fn manifest(file: &str, bytes: &[u8]) -> Result<Manifest, PromptSetError> {
    let text = utf8(file, bytes)?;
    serde_json::from_str(text).map_err(|error| {
        let line_text = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
        let place = Place {
            file: file.to_owned(),
            line: error.line().max(1),
            column: Some(characters(line_text, error.column())),
        };
        if !error.is_data() {
            let remedy = "run `labctl promptset manifest` on the set's folder, or correct it by hand";
            return PromptSetError::NotJson { place, message: bare_message(&error), remedy };
        }
        let fields = properties(&schema_of::<Manifest>());
        unknown_field(&place, text, "the manifest", &fields)
            .unwrap_or_else(|| PromptSetError::Shape { place, message: bare_message(&error) })
    })
}

fn utf8<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, PromptSetError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let line = 1 + memchr::memchr_iter(b'\n', good).count();
        PromptSetError::NotUtf8 { place: Place { file: file.to_owned(), line, column: None } }
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Turns serde's error on one line into ours. The line is read a second time as a plain value,
/// because serde names an unknown field or type only inside its message.
fn row_error(place: &Place, line: &str, error: &serde_json::Error) -> PromptSetError {
    let place = Place { column: Some(characters(line, error.column())), ..place.clone() };
    if !error.is_data() {
        let remedy = "each line must be one JSON object";
        return PromptSetError::NotJson { place, message: bare_message(error), remedy };
    }
    unknown_field(&place, line, "the prompt", &properties(&schema_of::<Prompt>()))
        .or_else(|| unknown_in_checks(&place, line))
        .unwrap_or_else(|| PromptSetError::Shape { place, message: bare_message(error) })
}

fn unknown_field(place: &Place, json: &str, owner: &str, known: &[String]) -> Option<PromptSetError> {
    let value: Value = serde_json::from_str(json).ok()?;
    stranger(place, &value, owner, known)
}

fn unknown_in_checks(place: &Place, line: &str) -> Option<PromptSetError> {
    let value: Value = serde_json::from_str(line).ok()?;
    let variants: Vec<(String, Vec<String>)> = schema_of::<Check>()
        .get("oneOf")?
        .as_array()?
        .iter()
        .filter_map(|variant| {
            Some((variant.pointer("/properties/type/const")?.as_str()?.to_owned(), properties(variant)))
        })
        .collect();
    value.get("checks")?.as_array()?.iter().find_map(|check| {
        let written = check.get("type")?.as_str()?;
        if let Some((name, fields)) = variants.iter().find(|(name, _)| name == written) {
            return stranger(place, check, &format!("the `{name}` check"), fields);
        }
        let known = variants.iter().map(|(name, _)| name.clone()).collect();
        Some(PromptSetError::UnknownCheck { place: place.clone(), check: written.to_owned(), known })
    })
}

/// The first member of `object` that is not in `known`, as an error.
fn stranger(place: &Place, object: &Value, owner: &str, known: &[String]) -> Option<PromptSetError> {
    let field = object.as_object()?.keys().find(|key| !known.contains(key))?;
    Some(PromptSetError::UnknownField {
        place: place.clone(),
        field: field.clone(),
        owner: owner.to_owned(),
        known: known.to_vec(),
    })
}

/// The model's own schema is the list of known names, so the messages cannot fall behind it.
fn schema_of<T: JsonSchema>() -> Value {
    schema_for!(T).to_value()
}

fn properties(schema: &Value) -> Vec<String> {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default()
}

/// serde's message without the position it appends, which ours gives as `file:line:column`.
fn bare_message(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.rfind(" at line ").map_or(message.clone(), |end| message[..end].to_owned())
}

/// serde's column counts bytes; people and editors count characters.
fn characters(line: &str, bytes: usize) -> usize {
    line.char_indices().take_while(|(start, _)| *start < bytes).count().max(1)
}
