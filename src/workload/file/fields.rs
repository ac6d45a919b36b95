//! The fields of a JSON object in a workload file, with every defect placed at its field. `null` counts as absent.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::{FileError, Place, bare_message, nearest, quoted};
use crate::workload::length::MOST_TOKENS;

/// An object and where it stands.
pub(super) struct Fields<'a> {
    place: &'a Place,
    /// What stands before its fields' names: `turns[0].`.
    path: String,
    object: &'a Map<String, Value>,
}

/// Reads one line as a JSON object.
pub(super) fn object(
    place: &Place,
    line: &str,
    format: &'static str,
) -> Result<Map<String, Value>, FileError> {
    serde_json::from_str(line).map_err(|error| FileError::NotJson {
        place: place.clone(),
        format,
        message: bare_message(&error),
        remedy: "each line must be one JSON object",
    })
}

impl<'a> Fields<'a> {
    /// The object of a whole line.
    pub(super) fn of_line(place: &'a Place, object: &'a Map<String, Value>) -> Self {
        Self { place, path: String::new(), object }
    }

    /// An object within another's field.
    pub(super) fn within(place: &'a Place, path: &str, value: &'a Value) -> Result<Self, FileError> {
        match value {
            Value::Object(object) => Ok(Self { place, path: format!("{path}."), object }),
            other => Err(FileError::field(place.at(path), format!("must be an object, not {}", kind(other)))),
        }
    }

    /// The place of one of its fields.
    pub(super) fn place(&self, key: &str) -> Place {
        self.place.at(&format!("{}{key}", self.path))
    }

    /// Fails on a field that is not in `known`.
    pub(super) fn only(&self, known: &'static [&'static str]) -> Result<(), FileError> {
        match self.object.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => {
                Err(FileError::UnknownField { place: self.place(key), nearest: nearest(key, known), known })
            }
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    fn wrong(&self, key: &str, expected: &str, found: &Value) -> FileError {
        FileError::field(self.place(key), format!("must be {expected}, not {}", kind(found)))
    }

    /// Fails where the field is absent.
    pub(super) fn required<T>(&self, key: &str, value: Option<T>) -> Result<T, FileError> {
        value.ok_or_else(|| FileError::field(self.place(key), "missing; add the field"))
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, FileError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(key, "text", other)),
        }
    }

    /// Text that is more than white space.
    pub(super) fn filled_text(&self, key: &str) -> Result<Option<&'a str>, FileError> {
        match self.text(key)? {
            Some(text) if text.trim().is_empty() => {
                Err(FileError::field(self.place(key), "is blank; fill it in or leave the field out"))
            }
            text => Ok(text),
        }
    }

    pub(super) fn number(&self, key: &str) -> Result<Option<f64>, FileError> {
        match self.get(key) {
            None => Ok(None),
            Some(value) => match value.as_f64().filter(|number| number.is_finite()) {
                Some(number) => Ok(Some(number)),
                None => Err(self.wrong(key, "a number", value)),
            },
        }
    }

    /// Seconds, 0 or more.
    pub(super) fn seconds(&self, key: &str) -> Result<Option<f64>, FileError> {
        match self.number(key)? {
            Some(seconds) if seconds < 0.0 => {
                Err(FileError::field(self.place(key), format!("must be 0 seconds or more, not {seconds}")))
            }
            seconds => Ok(seconds),
        }
    }

    /// A number of tokens, from 1 to [`MOST_TOKENS`].
    pub(super) fn tokens(&self, key: &str) -> Result<Option<u32>, FileError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let found = match value {
            // Some writers have only floating point numbers: 12.0 is 12.
            Value::Number(number) => number.as_f64().and_then(whole_tokens),
            _ => None,
        };
        found.filter(|tokens| *tokens > 0).map(Some).ok_or_else(|| {
            self.wrong(key, &format!("a whole number of tokens from 1 to {MOST_TOKENS}"), value)
        })
    }

    pub(super) fn list(&self, key: &str) -> Result<Option<&'a [Value]>, FileError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Array(list)) => Ok(Some(list)),
            Some(other) => Err(self.wrong(key, "a list", other)),
        }
    }

    /// A field by its type of the model.
    pub(super) fn typed<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, FileError> {
        self.get(key).map(|value| typed(self.place(key), value)).transpose()
    }
}

/// A value by its type of the model.
pub(super) fn typed<T: DeserializeOwned>(place: Place, value: &Value) -> Result<T, FileError> {
    T::deserialize(value).map_err(|error| FileError::field(place, bare_message(&error)))
}

/// A whole number from 0 to [`MOST_TOKENS`].
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and within the range")]
pub(super) fn whole_tokens(number: f64) -> Option<u32> {
    let is_whole = number.fract() == 0.0 && (0.0..=f64::from(MOST_TOKENS)).contains(&number);
    is_whole.then_some(number as u32)
}

/// A value as messages name it.
fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("the text {}", quoted(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
