//! `json`: the response is one JSON value, bare or in one code fence, and holds what it must.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use serde_json::Value;

use super::judge::{Finding, Late, Rule};
use super::mapped::trim;
use super::must_fail::MustFail;
use super::quantity::parse;
use super::reading::Reading;
use super::tokens::{pattern, quote};
use super::transform::Transform;
use crate::model::check::Check;
use crate::model::judgement::{AnswerSource, FoundAnswer, Verdict};

/// A code fence: its info string and its content.
static FENCE: LazyLock<::regex::Regex> =
    LazyLock::new(|| pattern(r"(?ms)^[ \t]*```[ \t]*([\w+-]*)[ \t]*\n(.*?)^[ \t]*```[ \t]*$"));

/// A compiled `json` check.
#[derive(Debug)]
pub(super) struct Json {
    equals: BTreeMap<String, Value>,
    required: Vec<String>,
    closed: bool,
}

/// Why a text has no JSON value that could be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotOne {
    /// There is more than one fence.
    SeveralFences,
}

impl Json {
    pub(super) fn new(check: &Check) -> Result<Self, String> {
        let Check::Json { equals, required, closed } = check else {
            return Err(format!("`{}` is not a `json` check", check.name()));
        };
        for pointer in equals.keys().chain(required) {
            if !pointer.is_empty() && !pointer.starts_with('/') {
                return Err(format!(
                    "{} is not a JSON pointer: it must be empty or begin with `/`",
                    quote(pointer)
                ));
            }
        }
        Ok(Self { equals: equals.clone(), required: required.clone(), closed: *closed })
    }

    /// What is not as it must be.
    fn fault(&self, value: &Value) -> Option<String> {
        for (pointer, expected) in &self.equals {
            match value.pointer(pointer) {
                None => return Some(format!("expected {expected} at `{pointer}`, found nothing")),
                Some(found) if !equal(expected, found) => {
                    return Some(format!(
                        "expected {expected} at `{pointer}`, found {}",
                        quote(&found.to_string())
                    ));
                }
                Some(_) => {}
            }
        }
        if let Some(missing) = self.required.iter().find(|p| value.pointer(p).is_none()) {
            return Some(format!("expected a value at `{missing}`, found nothing"));
        }
        let Value::Object(members) = value else { return None };
        let named: Vec<String> = self.equals.keys().chain(&self.required).map(|p| first_segment(p)).collect();
        // Equality of the whole already leaves no room for other members.
        if !self.closed || self.equals.contains_key("") {
            return None;
        }
        let extra = members.keys().find(|key| !named.contains(key))?;
        Some(format!("expected no other members, found {}", quote(extra)))
    }
}

impl Rule for Json {
    fn check(&self, reading: &Reading, _late: &Late<'_>) -> Finding {
        let (value, answer) = match json_value(reading) {
            Ok(found) => found,
            Err(finding) => return *finding,
        };
        let (verdict, detail) = match self.fault(&value) {
            Some(detail) => (Verdict::Wrong, detail),
            None => (Verdict::Pass, format!("found {}", quote(&answer.text))),
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

/// The response's JSON value and where it stands, or what a check that needs one says where there is none.
pub(super) fn json_value(reading: &Reading) -> Result<(Value, FoundAnswer), Box<Finding>> {
    let text = reading.text().raw.as_str();
    let range = json_text(text).map_err(|NotOne::SeveralFences| {
        Box::new(Finding::no_answer("expected one JSON value, found more than one code fence".to_owned()))
    })?;
    let json = &text[range.clone()];
    let value = serde_json::from_str(json).map_err(|error| {
        Box::new(Finding::new(Verdict::Wrong, format!("expected JSON, found {}: {error}", quote(json))))
    })?;
    let (start, end) = reading.text().raw.source(range).unzip();
    Ok((value, FoundAnswer { text: json.to_owned(), source: AnswerSource::WholeText, start, end }))
}

/// The first segment of a pointer, unescaped (RFC 6901, section 4).
fn first_segment(pointer: &str) -> String {
    pointer
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default()
        .replace("~1", "/")
        .replace("~0", "~")
}

/// Where the JSON is: in the only code fence, else the whole text.
pub(super) fn json_text(text: &str) -> Result<Range<usize>, NotOne> {
    let whole = trim(text, 0..text.len());
    // A bare value may hold fences inside its strings.
    if text[whole.clone()].starts_with(['{', '[', '"']) {
        return Ok(whole);
    }
    let mut fences = FENCE.captures_iter(text).filter_map(|c| c.get(2));
    match (fences.next(), fences.next()) {
        (Some(only), None) => Ok(trim(text, only.range())),
        (Some(_), Some(_)) => Err(NotOne::SeveralFences),
        (None, _) => Ok(whole),
    }
}

/// Whether two values are the same; numbers by value (1 and 1.0), objects in any order.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => {
            let exact = |n: &serde_json::Number| parse(&n.to_string()).map(|q| q.number);
            matches!((exact(x), exact(y)), (Some(x), Some(y)) if x.same(&y))
        }
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| equal(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(key, x)| y.get(key).is_some_and(|y| equal(x, y)))
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::judge::tests::{judged, verdicts};
    use serde_json::json;

    fn check(equals: &Value, required: &[&str], closed: bool) -> Check {
        let Value::Object(members) = equals.clone() else { panic!("an object") };
        Check::Json {
            equals: members.into_iter().collect(),
            required: required.iter().map(|p| (*p).to_owned()).collect(),
            closed,
        }
    }

    #[test]
    fn bare_or_fenced() {
        use Verdict::{NoAnswer, Pass, Wrong};
        verdicts(
            &check(&json!({"/a": 1, "/b/0": "x"}), &["/c"], true),
            &[
                (r#"{"a":1,"b":["x"],"c":null}"#, Pass),
                (r#"{"c":{},"b":["x","y"],"a":1.0}"#, Pass),
                (r#"{"a":1e0,"b":["x"],"c":0}"#, Pass),
                ("```json\n{\"a\":1,\"b\":[\"x\"],\"c\":0}\n```", Pass),
                ("```\r\n{\"a\":1,\"b\":[\"x\"],\"c\":0}\r\n```\r\n", Pass),
                ("Here you are:\n```json\n{\"a\":1,\"b\":[\"x\"],\"c\":0}\n```\nAnything else?", Pass),
                ("<think>{}</think>{\"a\":1,\"b\":[\"x\"],\"c\":0}", Pass),
                ("{\"a\":1,\"b\":[\"x\"],\"c\":0}\nQuestion: next", Pass),
                ("{\"a\":1,\"b\":[\"x\"],\"c\":\"```\\n```\"}", Pass),
                (r#"{"a":2,"b":["x"],"c":0}"#, Wrong),
                (r#"{"a":"1","b":["x"],"c":0}"#, Wrong),
                (r#"{"a":1,"b":["x"]}"#, Wrong),
                (r#"{"a":1,"b":["x"],"c":0,"d":0}"#, Wrong),
                (r#"{"a":1,"b":["x"],"c":0,}"#, Wrong),
                (r#"Here: {"a":1,"b":["x"],"c":0}"#, Wrong),
                (r#"{"a":1,"b":["x"],"c":0} done"#, Wrong),
                ("```json\n{}\n```\n```json\n{}\n```", NoAnswer),
                ("I don't know", Wrong),
                ("[]", Wrong),
                (&"[".repeat(100_000), Wrong),
            ],
        );
    }

    #[test]
    fn numbers_compare_by_value() {
        for (a, b, expected) in [
            (json!(1), json!(1.0), true),
            (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992_u64), false),
            (json!({"a": [1, {"b": 2}]}), json!({"a": [1.0, {"b": 2.0}]}), true),
            (json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}), true),
            (json!([1, 2]), json!([2, 1]), false),
            (json!(-1.5e300), json!(-1.5e300), true),
            (json!(1), json!(true), false),
            (json!("a"), json!("A"), false),
        ] {
            assert_eq!(equal(&a, &b), expected, "{a} {b}");
        }
    }

    #[test]
    fn pointers_escape_and_the_text_is_the_answer() {
        use Verdict::{Pass, Wrong};
        verdicts(
            &check(&json!({"/a~1b": 1}), &[], true),
            &[(r#"{"a/b":1}"#, Pass), (r#"{"a/b":1,"a":2}"#, Wrong)],
        );
        verdicts(&check(&json!({"": [1, 2]}), &[], true), &[("[1, 2.0]", Pass), ("[1]", Wrong)]);
        verdicts(
            &check(&json!({"": {"a": 1}}), &[], true),
            &[(r#"{"a": 1}"#, Pass), (r#"{"a": 1, "b": 2}"#, Wrong)],
        );
        let answer = judged(check(&json!({}), &[], false), "x\n```\n {}\n```").answer.unwrap();
        assert_eq!((answer.text.as_str(), answer.start), ("{}", Some(7)));
        assert!(Json::new(&check(&json!({"a": 1}), &[], false)).unwrap_err().contains("not a JSON pointer"));
    }
}
