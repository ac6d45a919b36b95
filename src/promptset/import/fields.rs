//! Typed access to the fields of a JSON object; it remembers which names are known.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::row::Fault;

/// An object whose fields are read one by one.
pub(super) struct Fields<'a> {
    members: &'a Map<String, Value>,
    known: BTreeSet<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) const fn new(members: &'a Map<String, Value>) -> Self {
        Self { members, known: BTreeSet::new() }
    }

    /// The first of these fields that is there and not null, with its name.
    pub(super) fn value(&mut self, names: &[&'static str]) -> Option<(&'static str, &'a Value)> {
        let given = |name: &&'static str| {
            self.members.get(*name).filter(|value| !value.is_null()).map(|v| (*name, v))
        };
        let found = names.iter().find_map(given);
        // An alias that was passed over stays unknown, so that it is told of.
        self.known.extend(match found {
            Some((name, _)) => vec![name],
            None => names.to_vec(),
        });
        found
    }

    /// A text that isn't blank.
    pub(super) fn text(&mut self, names: &[&'static str]) -> Result<Option<String>, Fault> {
        match self.value(names) {
            None => Ok(None),
            Some((name, Value::String(text))) if text.trim().is_empty() => malformed(name, "is blank"),
            Some((_, Value::String(text))) => Ok(Some(text.clone())),
            Some((name, other)) => wrong_kind(name, other, "a text"),
        }
    }

    /// A name: a text, or a number as one.
    pub(super) fn name(&mut self, names: &[&'static str]) -> Result<Option<String>, Fault> {
        match self.value(names) {
            Some((_, Value::Number(number))) => Ok(Some(number.to_string())),
            _ => self.text(names),
        }
    }

    /// A scalar, or a list of scalars, as texts; the name of the field where it is there.
    pub(super) fn texts(
        &mut self,
        names: &[&'static str],
    ) -> Result<Option<(&'static str, Vec<String>)>, Fault> {
        let Some((name, value)) = self.value(names) else { return Ok(None) };
        let items = match value {
            Value::Array(items) => items.iter().collect(),
            scalar => vec![scalar],
        };
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match scalar(item) {
                Some(text) if text.trim().is_empty() => return malformed(name, "holds a blank text"),
                Some(text) => texts.push(text),
                None => return wrong_kind(name, item, "a text or a list of texts"),
            }
        }
        Ok(Some((name, texts)))
    }

    /// A whole number of at least 1.
    pub(super) fn count(&mut self, names: &[&'static str]) -> Result<Option<u32>, Fault> {
        let Some((name, value)) = self.value(names) else { return Ok(None) };
        match value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0) {
            Some(number) => Ok(Some(number)),
            None if value.is_number() => {
                malformed(name, &format!("is {value}; expected a whole number from 1"))
            }
            None => wrong_kind(name, value, "a whole number"),
        }
    }

    /// A number of at least 0.
    pub(super) fn number(&mut self, names: &[&'static str]) -> Result<Option<f64>, Fault> {
        let Some((name, value)) = self.value(names) else { return Ok(None) };
        match value.as_f64() {
            Some(number) if number >= 0.0 => Ok(Some(number)),
            Some(_) => malformed(name, &format!("is {value}; expected a number from 0")),
            None => wrong_kind(name, value, "a number"),
        }
    }

    /// Fields that nobody asked for.
    pub(super) fn strangers(&self) -> impl Iterator<Item = &'a str> {
        self.members.keys().map(String::as_str).filter(|name| !self.known.contains(name))
    }
}

/// A text, number or truth value as text.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// What a value is, in words.
pub(super) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A field that is malformed.
pub(super) fn malformed<T>(name: &str, problem: &str) -> Result<T, Fault> {
    Err(Fault::Malformed(format!("`{name}` {problem}")))
}

/// A field of another type than it must be.
pub(super) fn wrong_kind<T>(name: &str, value: &Value, expected: &str) -> Result<T, Fault> {
    malformed(name, &format!("is {}; expected {expected}", kind(value)))
}
