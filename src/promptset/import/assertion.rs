//! One assertion of a case in promptfoo's style as checks.

use serde_json::{Map, Value};

use super::answers;
use super::fields::scalar;
use super::needles::{self, Wanted};
use super::remarks::clipped;
use super::template::{Vars, filled, is_file};
use crate::model::check::{Check, Scope};
use crate::model::format::{FormatRules, Span};
use crate::model::rubric::Dimension;

/// Mean score of a rubric that passes, where the assertion sets no threshold.
const PASS_AT: f64 = 3.5;

/// Checks, and what a reply must say to pass them.
#[derive(Debug, Default)]
pub(super) struct Asserted {
    pub(super) checks: Vec<Check>,
    /// The whole of the reply.
    whole: Option<String>,
    /// What it begins with.
    start: Option<String>,
    /// What it holds.
    held: Vec<String>,
    /// What it must not hold.
    forbidden: Vec<String>,
    is_json: bool,
    /// Whether what else is asked can't be written without knowing the task.
    is_unknown: bool,
}

impl Asserted {
    /// A reply that passes; blank where none can be made.
    pub(super) fn reference(&self) -> String {
        if let Some(whole) = &self.whole {
            return whole.clone();
        }
        if self.is_unknown {
            return String::new();
        }
        let held = self.held.join(", ");
        if self.is_json {
            return serde_json::json!({"answer": held}).to_string();
        }
        match &self.start {
            Some(start) if held.is_empty() => start.clone(),
            Some(start) => format!("{start} {held}"),
            None => held,
        }
    }

    /// A reply that fails for one thing alone.
    pub(super) fn near_miss(&self) -> Option<String> {
        let reference = self.reference();
        let forbidden = self.forbidden.first();
        if let Some(number) = self.whole.as_deref().and_then(answers::Number::read) {
            return number.off_by_one().map(|other| other.said());
        }
        let forbidden = forbidden.filter(|_| !reference.is_empty() && !self.is_json);
        forbidden.map(|text| format!("{reference} {text}"))
    }

    /// Adds what an assertion asks for.
    ///
    /// # Errors
    ///
    /// What doesn't map, in a few words: its type above all, so that equal ones are counted together.
    pub(super) fn add(&mut self, assertion: &Map<String, Value>, vars: &Vars<'_>) -> Result<(), String> {
        let Some(name) = assertion.get("type").and_then(Value::as_str) else {
            return Err("an assertion without a `type`".to_owned());
        };
        let shown = clipped(name, 40);
        if assertion.get("weight").and_then(Value::as_f64) == Some(0.0) {
            return Err(format!("assertion `{shown}` of weight 0, which decides nothing"));
        }
        let transform =
            ["transform", "contextTransform"].into_iter().find(|field| assertion.contains_key(*field));
        if let Some(transform) = transform {
            return Err(format!("assertion `{shown}` with a `{transform}`, which is code"));
        }
        let value = Expected { name: &shown, value: assertion.get("value"), vars };
        match name {
            "equals" => self.equals(&value)?,
            "contains" | "icontains" => self.needles(&[value.text()?], Wanted::All),
            "contains-all" | "icontains-all" => self.needles(&value.texts()?, Wanted::All),
            "contains-any" | "icontains-any" => self.needles(&value.texts()?, Wanted::Any),
            "not-contains" | "not-icontains" => self.needles(&[value.text()?], Wanted::None),
            "not-contains-any" | "not-icontains-any" => self.needles(&value.texts()?, Wanted::None),
            "regex" => {
                self.is_unknown = true;
                self.checks.push(Check::Regex { pattern: value.text()?, scope: Scope::Text });
            }
            "starts-with" => {
                let start = value.text()?.trim().to_owned();
                self.checks.push(Check::Format(FormatRules {
                    starts_with: Some(start.clone()),
                    ..FormatRules::default()
                }));
                self.start = Some(start);
            }
            "is-json" | "contains-json" => self.json(&value)?,
            "is-refusal" => self.refusal(true),
            "not-is-refusal" => self.refusal(false),
            "word-count" => self.words(&value)?,
            "llm-rubric" => {
                let guidance = Some(value.text()?);
                let threshold =
                    assertion.get("threshold").and_then(Value::as_f64).filter(|share| *share > 0.0);
                let pass_at = threshold.map_or(PASS_AT, |share| 1.0 + 4.0 * share.min(1.0));
                self.is_unknown = true;
                self.checks.push(Check::Judge {
                    dimensions: vec![Dimension::Helpfulness],
                    pass_at,
                    guidance,
                });
            }
            _ => return Err(format!("assertion `{shown}`, which has no check")),
        }
        Ok(())
    }

    fn equals(&mut self, value: &Expected<'_>) -> Result<(), String> {
        if let Some(json @ (Value::Object(_) | Value::Array(_))) = value.value {
            self.whole = Some(json.to_string());
            self.checks.push(Check::Json {
                equals: [(String::new(), json.clone())].into(),
                required: Vec::new(),
                closed: false,
            });
            return Ok(());
        }
        let text = value.text()?;
        self.checks.push(answers::whole(vec![text.clone()]));
        self.whole = Some(text);
        Ok(())
    }

    fn needles(&mut self, texts: &[String], wanted: Wanted) {
        self.checks.extend(needles::checks(texts, wanted));
        match wanted {
            Wanted::All => self.held.extend_from_slice(texts),
            Wanted::Any => self.held.extend(texts.first().cloned()),
            Wanted::None => self.forbidden.extend_from_slice(texts),
        }
    }

    fn json(&mut self, value: &Expected<'_>) -> Result<(), String> {
        match value.schema()? {
            Some(schema) => {
                self.is_unknown = true;
                self.checks.push(Check::JsonSchema { schema });
            }
            None => {
                self.checks.push(Check::Json { equals: [].into(), required: Vec::new(), closed: false });
            }
        }
        self.is_json = true;
        Ok(())
    }

    fn refusal(&mut self, expected: bool) {
        if expected {
            self.held.push("I'm sorry, but I can't help with that.".to_owned());
        } else {
            self.is_unknown |= self.held.is_empty();
        }
        self.checks.push(Check::Refusal { expected });
    }

    fn words(&mut self, value: &Expected<'_>) -> Result<(), String> {
        let count = |value: &Value| value.as_u64().and_then(|count| u32::try_from(count).ok());
        let span = match value.value {
            Some(Value::Object(bounds)) => {
                Span { min: bounds.get("min").and_then(count), max: bounds.get("max").and_then(count) }
            }
            Some(number) => Span { min: count(number), max: count(number) },
            None => Span::default(),
        };
        if span == Span::default() {
            return Err(value.without("a whole number, or `min` and `max`"));
        }
        self.is_unknown = true;
        self.checks.push(Check::Format(FormatRules { words: Some(span), ..FormatRules::default() }));
        Ok(())
    }
}

/// An assertion's `value`.
struct Expected<'a> {
    /// The assertion's type, for messages.
    name: &'a str,
    value: Option<&'a Value>,
    vars: &'a Vars<'a>,
}

impl Expected<'_> {
    fn without(&self, what: &str) -> String {
        format!("assertion `{}` whose `value` is not {what}", self.name)
    }

    fn one(&self, value: Option<&Value>) -> Result<String, String> {
        let text = value.and_then(scalar).ok_or_else(|| self.without("a text"))?;
        if is_file(&text) {
            return Err(format!("assertion `{}` whose `value` is in another file", self.name));
        }
        let text = filled(&text, self.vars)
            .map_err(|problem| format!("assertion `{}` with {problem}", self.name))?;
        if text.trim().is_empty() { Err(self.without("a text that isn't blank")) } else { Ok(text) }
    }

    fn text(&self) -> Result<String, String> {
        self.one(self.value)
    }

    /// A list, or one text in which commas separate.
    fn texts(&self) -> Result<Vec<String>, String> {
        match self.value {
            Some(Value::Array(values)) if !values.is_empty() => {
                values.iter().map(|value| self.one(Some(value))).collect()
            }
            Some(Value::Array(_)) => Err(self.without("a list that isn't empty")),
            _ => {
                let whole = self.text()?;
                Ok(whole
                    .split(',')
                    .map(|text| text.trim().to_owned())
                    .filter(|text| !text.is_empty())
                    .collect())
            }
        }
    }

    /// A schema, given as an object or as a text of JSON or YAML.
    fn schema(&self) -> Result<Option<Value>, String> {
        match self.value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if is_file(text) => {
                Err(format!("assertion `{}` whose schema is in another file", self.name))
            }
            Some(Value::String(text)) => serde_saphyr::from_str::<Value>(text)
                .ok()
                .filter(Value::is_object)
                .map(Some)
                .ok_or_else(|| self.without("a JSON Schema")),
            Some(schema) => Ok(Some(schema.clone())),
        }
    }
}
