//! The effective configuration for people and programs, with sources, and with everything secret masked.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::path::FieldPath;
use super::{Settings, reads_as_text};
use crate::client::secret::{MASK, is_secret_name, mask_url};
use crate::model::config::LabConfig;

/// Column that the comments start at, where the value leaves room.
const COMMENT_COLUMN: usize = 48;

/// The configuration as a JSON value with keys masked: those in URLs, every header's value, and text in request
/// bodies whose name sounds like a secret. It is what results carry.
#[must_use]
pub fn masked(config: &LabConfig) -> Value {
    let mut value = json!(config);
    let endpoints = value.get_mut("endpoints").and_then(Value::as_object_mut);
    for endpoint in endpoints.into_iter().flat_map(Map::values_mut) {
        for field in ["url", "proxy"] {
            if let Some(Value::String(url)) = endpoint.get_mut(field) {
                *url = mask_url(url);
            }
        }
        for header in
            endpoint.get_mut("headers").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
        {
            *header = Value::from(MASK);
        }
        if let Some(body) = endpoint.get_mut("body") {
            mask_members(body);
        }
    }
    value
}

fn mask_members(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if value.is_string() && is_secret_name(name) {
                    *value = Value::from(MASK);
                } else {
                    mask_members(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask_members),
        _ => {}
    }
}

/// One line on where the configuration comes from.
fn headline(settings: &Settings) -> String {
    match &settings.file {
        Some(path) => format!("configuration: {}", path.display()),
        None => {
            "no configuration file: the reference lab, every endpoint SIMULATED unless given a URL".to_owned()
        }
    }
}

/// The effective configuration as YAML, each value's source in a comment behind it.
#[must_use]
pub fn to_yaml(settings: &Settings) -> String {
    let mut text = format!("# {}\n", headline(settings));
    if let Value::Object(members) = masked(&settings.config) {
        write_members(&mut text, &members, &FieldPath::default(), settings);
    }
    text
}

/// The effective configuration with every value's source by its dotted path.
#[must_use]
pub fn to_json(settings: &Settings) -> Value {
    let config = masked(&settings.config);
    let mut sources = Map::new();
    collect_sources(&config, &FieldPath::default(), settings, &mut sources);
    json!({
        "file": settings.file,
        "is_reference_lab": settings.is_reference_lab,
        "config": config,
        "provenance": sources,
    })
}

fn collect_sources(value: &Value, path: &FieldPath, settings: &Settings, into: &mut Map<String, Value>) {
    if let Value::Object(members) = value {
        for (name, value) in members {
            collect_sources(value, &path.join(name), settings, into);
        }
    } else {
        let path = path.to_string();
        let source = settings.provenance.get(&path).to_string();
        into.insert(path, Value::from(source));
    }
}

fn write_members(text: &mut String, members: &Map<String, Value>, path: &FieldPath, settings: &Settings) {
    let indent = "  ".repeat(path.names().len());
    for (name, value) in members {
        let path = path.join(name);
        let key = scalar(&Value::from(name.as_str()));
        match value {
            // Nothing is said there.
            Value::Object(inner) if inner.is_empty() => {}
            Value::Object(inner) => {
                let _ = writeln!(text, "{indent}{key}:");
                write_members(text, inner, &path, settings);
            }
            value => {
                let line = format!("{indent}{key}: {}", flow(value));
                let source = settings.provenance.get(&path.to_string());
                let _ = writeln!(text, "{line:<COMMENT_COLUMN$} # {source}");
            }
        }
    }
}

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        // JSON is YAML too.
        Value::Object(_) => value.to_string(),
        scalar_value => scalar(scalar_value),
    }
}

/// Text stays plain where it reads back as itself.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_plain(text: &str) -> bool {
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:@+".contains(&byte);
    text.bytes().all(harmless)
        && text.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '/' | '.'))
        && !text.ends_with(':')
        && reads_as_text(text)
}
