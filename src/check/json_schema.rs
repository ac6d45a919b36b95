//! `json_schema`: the response is one JSON value, bare or in one code fence, that a JSON Schema (2020-12) accepts.
//!
//! The schema may refer to its own parts alone, and its patterns are matched by the engine whose time is linear in
//! the text. `format` is asserted: who writes `"format": "date"` wants a date.

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use super::json::json_value;
use super::judge::{Finding, Late, Rule};
use super::must_fail::MustFail;
use super::reading::Reading;
use super::tokens::quote;
use super::transform::Transform;
use crate::model::judgement::Verdict;

/// How many faults a detail lists.
const LISTED: usize = 3;

/// A compiled `json_schema` check.
#[derive(Debug)]
pub(super) struct JsonSchema {
    schema: Validator,
}

impl JsonSchema {
    pub(super) fn new(schema: &Value) -> Result<Self, String> {
        let options = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .with_pattern_options(PatternOptions::regex())
            .offline();
        match options.build(schema) {
            Ok(schema) => Ok(Self { schema }),
            Err(error) => {
                let place = error.instance_path().to_string();
                let place = if place.is_empty() { "its top".to_owned() } else { format!("`{place}`") };
                Err(format!(
                    "`schema` is no JSON Schema that can be used, at {place}: {}",
                    cleaned(&error.to_string())
                ))
            }
        }
    }
}

impl Rule for JsonSchema {
    fn check(&self, reading: &Reading, _late: &Late<'_>) -> Finding {
        let (value, answer) = match json_value(reading) {
            Ok(found) => found,
            Err(finding) => return *finding,
        };
        let mut faults = self.schema.iter_errors(&value);
        let listed: Vec<String> = faults
            .by_ref()
            .take(LISTED)
            .map(|fault| {
                let place = fault.instance_path().to_string();
                let place =
                    if place.is_empty() { "at the top".to_owned() } else { format!("at {}", quote(&place)) };
                format!("{place}: {}", cleaned(&fault.to_string()))
            })
            .collect();
        let (verdict, detail) = if listed.is_empty() {
            (Verdict::Pass, format!("found {}", quote(&answer.text)))
        } else {
            let more = if faults.next().is_some() { "; and more" } else { "" };
            (Verdict::Wrong, format!("expected what the schema accepts, found {}{more}", listed.join("; ")))
        };
        Finding { answer: Some(answer), ..Finding::new(verdict, detail) }
    }

    fn keeps(&self, transform: Transform) -> bool {
        transform.is_undone_first() || transform == Transform::Fence
    }

    fn refuses(&self, what: MustFail) -> bool {
        matches!(what, MustFail::Echo | MustFail::DontKnow | MustFail::Refusal | MustFail::OtherReference)
    }
}

/// Words of the validator, which repeat parts of the response: shortened and free of control characters.
fn cleaned(text: &str) -> String {
    const LONGEST: usize = 160;
    let mut out: String =
        text.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::judge::tests::{judged, verdicts};
    use crate::model::check::Check;
    use serde_json::json;

    fn person() -> Check {
        Check::JsonSchema {
            schema: json!({
                "type": "object",
                "properties": {
                    "name": {"type": "string", "pattern": "^[A-Z]"},
                    "age": {"type": "integer", "minimum": 0},
                    "born": {"type": "string", "format": "date"},
                    "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": true}
                },
                "required": ["name", "age"],
                "additionalProperties": false
            }),
        }
    }

    #[test]
    fn schemas_accept_and_refuse() {
        use Verdict::{NoAnswer, Pass, Wrong};
        verdicts(
            &person(),
            &[
                (r#"{"name":"Ada","age":36}"#, Pass),
                ("```json\n{\"name\":\"Ada\",\"age\":36.0,\"tags\":[\"a\"]}\n```", Pass),
                ("Here:\n```\n{\"name\":\"Ada\",\"age\":36}\n```", Pass),
                ("<think>{}</think>{\"name\":\"Ada\",\"age\":36}", Pass),
                (r#"{"name":"Ada","age":36,"born":"1815-12-10"}"#, Pass),
                (r#"{"name":"Ada","age":36,"born":"December 1815"}"#, Wrong),
                (r#"{"name":"ada","age":36}"#, Wrong),
                (r#"{"name":"Ada","age":"36"}"#, Wrong),
                (r#"{"name":"Ada","age":36.5}"#, Wrong),
                (r#"{"name":"Ada"}"#, Wrong),
                (r#"{"name":"Ada","age":36,"x":1}"#, Wrong),
                (r#"{"name":"Ada","age":36,"tags":["a","a"]}"#, Wrong),
                (r#"It is {"name":"Ada","age":36}"#, Wrong),
                ("```\n{}\n```\n```\n{}\n```", NoAnswer),
                (&"[".repeat(100_000), Wrong),
            ],
        );
    }

    #[test]
    fn the_place_is_named() {
        let judgement = judged(person(), r#"{"name":"Ada","age":36,"tags":["a","c"]}"#);
        let detail = &judgement.checks[0].detail;
        assert!(detail.starts_with("expected what the schema accepts, found at \"/tags/1\": "), "{detail}");
        let detail = judged(person(), "{\"name\":\"\\u001b[31m\",\"age\":-1,\"z\":0,\"y\":0}").checks[0]
            .detail
            .clone();
        assert!(!detail.contains('\u{1b}') && detail.contains("/age"), "{detail}");
    }

    #[test]
    fn schemas_that_cannot_be_used_are_refused() {
        for (schema, said) in [
            (json!({"type": "objekt"}), "/type"),
            (json!({"type": "string", "pattern": "("}), "/pattern"),
            (json!({"type": "string", "pattern": "(?=a)a"}), "pattern"),
            (json!({"$ref": "https://example.com/other.json"}), "other.json"),
            (json!({"$ref": "file:///etc/passwd"}), "passwd"),
            (json!({"type": "string", "format": "flavour"}), "flavour"),
        ] {
            let error = JsonSchema::new(&schema).unwrap_err();
            assert!(error.contains(said) && error.starts_with("`schema` is no"), "{error}");
        }
        let own =
            json!({"$defs": {"n": {"type": "integer"}}, "type": "array", "items": {"$ref": "#/$defs/n"}});
        assert!(JsonSchema::new(&own).is_ok());
    }
}
