//! `{{name}}` in a text replaced by its value. Nothing else of a template language is understood, and nothing is run.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::{kind, scalar};
use super::remarks::clipped;

/// The values of names.
pub(super) type Vars<'a> = BTreeMap<&'a str, &'a Value>;

/// The longest text that is made, in bytes: values may be put in again and again.
const LONGEST: usize = 1 << 20;

/// A part of a template.
enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// Whether `text` has nothing of a template but `{{name}}`.
///
/// # Errors
///
/// What else it has.
pub(super) fn understood(text: &str) -> Result<(), String> {
    pieces(text).map(|_| ())
}

/// `text` with every `{{name}}` replaced. Values are put in as they are: a `{{` in one stays.
///
/// # Errors
///
/// Where there is more of a template than that, a name without a value, or more text than a prompt can be.
pub(super) fn filled(text: &str, vars: &Vars<'_>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    for piece in pieces(text)? {
        let value = match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Name(name) => value_of(name, vars)?,
        };
        if out.len() + value.len() > LONGEST {
            return Err("more than 1 MB of text".to_owned());
        }
        out += &value;
    }
    Ok(out)
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    if let Some(at) = text.find("{%").or_else(|| text.find("{#")) {
        return Err(beyond(&text[at..]));
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { return Err(beyond(&rest[before.len()..])) };
        let name = name.trim_matches(|c: char| c.is_whitespace() || c == '-');
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
            return Err(beyond(&rest[before.len()..]));
        }
        pieces.extend([Piece::Text(before), Piece::Name(name)]);
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

fn value_of(name: &str, vars: &Vars<'_>) -> Result<String, String> {
    let shown = clipped(name, 40);
    let value = vars.get(name).ok_or_else(|| format!("`{{{{{shown}}}}}`, which `vars` gives no value"))?;
    let value = scalar(value).ok_or_else(|| {
        format!("`{{{{{shown}}}}}`, whose value is {}; only texts and numbers are put in", kind(value))
    })?;
    if is_file(&value) {
        return Err(format!("`{{{{{shown}}}}}`, whose value is in another file"));
    }
    Ok(value)
}

/// Whether a value says where to find it, in place of what it is.
pub(super) fn is_file(text: &str) -> bool {
    text.trim_start().starts_with("file://")
}

fn beyond(text: &str) -> String {
    format!("a template beyond `{{{{name}}}}`: `{}`", clipped(text, 40))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_replaced_once() {
        let values = [
            ("a", json!("x {{b}}")),
            ("b", json!(2)),
            ("l", json!([1])),
            ("f", json!("file://secret")),
            ("long", json!("x".repeat(LONGEST))),
        ];
        let vars = values.iter().map(|(name, value)| (*name, value)).collect();
        assert_eq!(filled("{{a}} and {{ b }}{{-b-}}.", &vars), Ok("x {{b}} and 22.".to_owned()));
        assert_eq!(filled("}} none {", &vars), Ok("}} none {".to_owned()));
        for text in [
            "{{a | upper}}",
            "{% if a %}",
            "{{a",
            "{{c}}",
            "{{}}",
            "{{a.b}}",
            "{{l}}",
            "{{f}}",
            "{# #}",
            "{{long}}{{b}}",
        ] {
            assert!(filled(text, &vars).is_err(), "{text}");
        }
    }
}
