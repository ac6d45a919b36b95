//! Configurations in promptfoo's style: every prompt with the variables of every test.
//!
//! Prompts are texts with `{{name}}`, or conversations of one turn; tests have `vars` (a list stands for one row an
//! entry) and `assert`, after those of `defaultTest`. Nothing is run, and no other file is read.

use serde::de::IgnoredAny;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use super::assertion::Asserted;
use super::fields::{kind, scalar};
use super::remarks::{Effect, Remarks, clipped};
use super::row::{Fault, Row};
use super::template::{Vars, filled, is_file, understood};
use super::{Cases, ImportError, MOST_BYTES, MOST_ROWS, lab};
use crate::model::check::PassWhen;

/// Whether an object is a configuration of this kind.
pub(super) fn is_of(object: &Map<String, Value>) -> bool {
    object.contains_key("tests") && (object.contains_key("prompts") || object.contains_key("providers"))
        || object.contains_key("prompts") && object.contains_key("defaultTest")
}

/// Fields of the whole that say nothing of what is asked and expected.
const BESIDE: [&str; 14] = [
    "$schema",
    "description",
    "prompts",
    "tests",
    "defaultTest",
    "providers",
    "targets",
    "env",
    "outputPath",
    "sharing",
    "commandLineOptions",
    "evaluateOptions",
    "writeLatestResults",
    "tags",
];

/// Fields of a test that are read, or say nothing of what is asked and expected.
const OF_TEST: [&str; 7] =
    ["vars", "assert", "threshold", "metadata", "description", "provider", "providers"];

/// The most rows that the lists in one test's variables make.
const MOST_COMBINATIONS: usize = 1000;

/// Where prompts and tests begin.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Places {
    prompts: Vec<Spanned<IgnoredAny>>,
    tests: Vec<Spanned<IgnoredAny>>,
}

/// Reads the file.
pub(super) fn rows(file: &str, text: &str, remarks: &mut Remarks) -> Result<Cases, ImportError> {
    // YAML is nearly all of JSON, but not its pairs of surrogates.
    let config = match serde_json::from_str(text) {
        Ok(config) => config,
        Err(_) => parse(file, text)?,
    };
    let shape = |problem: &str| ImportError::Shape { file: file.to_owned(), problem: problem.to_owned() };
    let Value::Object(config) = config else {
        return Err(shape("not a map with `prompts` and `tests`; give the configuration itself"));
    };
    // Where either isn't a list, there is but one place to tell.
    let places: Places = parse(file, text).unwrap_or_default();
    let line = |places: &[Spanned<IgnoredAny>], index: usize| {
        places
            .get(index)
            .and_then(|place| usize::try_from(place.referenced.line()).ok())
            .map_or(1, |line| line.max(1))
    };
    for field in config.keys().filter(|field| !BESIDE.contains(&field.as_str())) {
        remarks.add(Effect::Field, format!("`{}` of the whole file", clipped(field, 40)), 1);
    }
    let prompts = list(config.get("prompts"))
        .ok_or_else(|| shape("no `prompts`; write the texts with `{{name}}` that are asked"))?;
    let tests = list(config.get("tests"))
        .ok_or_else(|| shape("no `tests`; write a list of cases with `vars` and `assert`"))?;
    let mut asked = Vec::new();
    for (index, prompt) in prompts.iter().enumerate() {
        match Asked::read(prompt) {
            Ok(prompt) => asked.push(prompt),
            Err(fault) => remarks.fault(fault, line(&places.prompts, index)),
        }
    }
    let empty = Map::new();
    let default = config.get("defaultTest").and_then(Value::as_object).unwrap_or(&empty);
    let mut made = Made::default();
    for (index, test) in tests.iter().enumerate() {
        let place = Place { line: line(&places.tests, index), number: index + 1 };
        match test {
            Value::Object(case) => {
                if let Err(fault) = of_test(&asked, case, default, place, &mut made, remarks) {
                    remarks.fault(fault, place.line);
                }
            }
            Value::String(text) if is_file(text) => {
                remarks.add(
                    Effect::Row,
                    "tests in another file; import it by itself, or write them here",
                    place.line,
                );
            }
            other => {
                let what = format!("`tests` holds {}; expected a map with `vars` and `assert`", kind(other));
                remarks.add(Effect::Malformed, what, place.line);
            }
        }
        if made.is_full {
            return Err(ImportError::TooMany {
                file: file.to_owned(),
                most: MOST_ROWS,
                most_mb: MOST_BYTES >> 20,
            });
        }
    }
    Ok(Cases { rows: made.rows, count: tests.len() })
}

fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, ImportError> {
    serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |place| place.line().max(1));
        let said = error.without_snippet().to_string();
        let end = said.find(" at line ").unwrap_or(said.len());
        let message = clipped(said[..end].trim_end_matches([',', ':']), 200);
        ImportError::Yaml { file: file.to_owned(), line, message }
    })
}

/// A list, or the one thing that stands in its place.
fn list(value: Option<&Value>) -> Option<&[Value]> {
    match value? {
        Value::Array(items) => Some(items),
        Value::Null => None,
        one => Some(std::slice::from_ref(one)),
    }
}

/// The rows so far. A small file can ask for very many: the same texts for every test.
#[derive(Default)]
struct Made {
    rows: Vec<Row>,
    bytes: u64,
    is_full: bool,
}

impl Made {
    /// Whether there was room for the row.
    fn push(&mut self, row: Row) -> bool {
        let bytes = serde_json::to_string(&row.prompt).map_or(0, |text| text.len() as u64);
        self.bytes = self.bytes.saturating_add(bytes);
        self.is_full = self.rows.len() >= MOST_ROWS || self.bytes > MOST_BYTES;
        if !self.is_full {
            self.rows.push(row);
        }
        !self.is_full
    }
}

/// Where a test stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    line: usize,
    /// Among the tests, from 1.
    number: usize,
}

/// What is asked, before variables are put in.
struct Asked {
    system: Option<String>,
    user: String,
}

impl Asked {
    fn read(prompt: &Value) -> Result<Self, Fault> {
        let text = match prompt {
            Value::String(text) => text,
            Value::Object(members) => match members.get("raw").and_then(Value::as_str) {
                Some(text) => text,
                None => {
                    return Err(Fault::Malformed("`prompts` holds a map without the text `raw`".to_owned()));
                }
            },
            other => {
                return Err(Fault::Malformed(format!("`prompts` holds {}; expected a text", kind(other))));
            }
        };
        if text.trim().is_empty() {
            return Err(Fault::Malformed("`prompts` holds a blank text".to_owned()));
        }
        if is_file(text) || is_path(text) {
            return Err(Fault::Unmapped("a prompt in another file; write its text here".to_owned()));
        }
        let (system, user) = match serde_json::from_str(text) {
            Ok(Value::Array(messages)) if messages.iter().any(|message| message.get("role").is_some()) => {
                lab::chat(&messages)?
            }
            _ => (None, text.to_owned()),
        };
        for text in system.iter().chain([&user]) {
            understood(text).map_err(|problem| Fault::Unmapped(format!("a prompt with {problem}")))?;
        }
        Ok(Self { system, user })
    }

    fn row(&self, vars: &Vars<'_>, line: usize) -> Result<Row, Fault> {
        let fill = |text: &str| {
            filled(text, vars).map_err(|problem| Fault::Unmapped(format!("a prompt with {problem}")))
        };
        let mut row = Row::new(line, fill(&self.user)?);
        row.prompt.system = self.system.as_deref().map(fill).transpose()?;
        Ok(row)
    }
}

/// Whether a prompt names a file rather than being asked.
fn is_path(text: &str) -> bool {
    const ENDINGS: [&str; 11] =
        [".txt", ".json", ".jsonl", ".yaml", ".yml", ".md", ".csv", ".j2", ".js", ".ts", ".py"];
    let text = text.trim();
    !text.contains(char::is_whitespace) && ENDINGS.iter().any(|ending| text.ends_with(ending))
}

/// Adds a test's rows.
fn of_test(
    prompts: &[Asked],
    test: &Map<String, Value>,
    default: &Map<String, Value>,
    place: Place,
    made: &mut Made,
    remarks: &mut Remarks,
) -> Result<(), Fault> {
    for field in test.keys().chain(default.keys()).filter(|field| !OF_TEST.contains(&field.as_str())) {
        remarks.add(Effect::Field, format!("`{}` of a test", clipped(field, 40)), place.line);
    }
    let mut vars = Vars::new();
    for given in [default, test] {
        match given.get("vars") {
            None | Some(Value::Null) => {}
            Some(Value::Object(given)) => {
                vars.extend(given.iter().map(|(name, value)| (name.as_str(), value)));
            }
            Some(Value::String(path)) if is_file(path) => {
                return Err(Fault::Unmapped("`vars` in another file".to_owned()));
            }
            Some(other) => {
                return Err(Fault::Malformed(format!("`vars` is {}; expected a map", kind(other))));
            }
        }
    }
    let field = |name: &str| test.get(name).or_else(|| default.get(name)).filter(|value| !value.is_null());
    let metadata = |name: &str| field("metadata").and_then(|metadata| metadata.get(name)).and_then(scalar);
    let assertions: Vec<&Value> =
        [default, test].into_iter().flat_map(|given| list(given.get("assert")).unwrap_or_default()).collect();
    let combinations = combinations(&vars)?;
    let is_many = prompts.len() * combinations.len() > 1;
    for vars in &combinations {
        for prompt in prompts {
            let mut row = match prompt.row(vars, place.line) {
                Ok(row) => row,
                Err(fault) => {
                    remarks.fault(fault, place.line);
                    continue;
                }
            };
            expect(&mut row, &assertions, vars, remarks);
            threshold(&mut row, field("threshold"), &assertions, remarks);
            row.id = metadata("id").filter(|_| !is_many);
            row.prompt.category = metadata("category").unwrap_or_default();
            row.prompt.family = is_many.then(|| format!("test-{:03}", place.number));
            if !made.push(row) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The variables of each row: every entry of a list by itself, together with every entry of the others.
fn combinations<'a>(vars: &Vars<'a>) -> Result<Vec<Vars<'a>>, Fault> {
    let mut all = vec![Vars::new()];
    for (name, value) in vars {
        let entries = match value {
            Value::Array(entries) if !entries.is_empty() => entries.as_slice(),
            one => std::slice::from_ref(*one),
        };
        if all.len() * entries.len() > MOST_COMBINATIONS {
            return Err(Fault::Unmapped(format!(
                "lists in `vars` that make more than {MOST_COMBINATIONS} rows"
            )));
        }
        let mut more = Vec::with_capacity(all.len() * entries.len());
        for vars in &all {
            more.extend(entries.iter().map(|entry| {
                let mut vars = vars.clone();
                vars.insert(*name, entry);
                vars
            }));
        }
        all = more;
    }
    Ok(all)
}

/// Adds the checks of the assertions, and replies.
fn expect(row: &mut Row, assertions: &[&Value], vars: &Vars<'_>, remarks: &mut Remarks) {
    let mut asserted = Asserted::default();
    for assertion in assertions {
        let added = match assertion {
            Value::Object(assertion) => asserted.add(assertion, vars),
            other => Err(format!("`assert` holds {}; expected a map with `type`", kind(other))),
        };
        if let Err(what) = added {
            row.lost_checks = true;
            remarks.add(Effect::Check, what, row.line);
        }
    }
    row.prompt.reference = asserted.reference();
    row.prompt.near_miss = asserted.near_miss().into_iter().collect();
    row.prompt.checks = asserted.checks;
}

/// A share of the assertions that is enough, as so many of the checks; where they don't weigh the same, or one is
/// missing, all must hold.
fn threshold(row: &mut Row, threshold: Option<&Value>, assertions: &[&Value], remarks: &mut Remarks) {
    let Some(share) = threshold.and_then(Value::as_f64) else { return };
    let checks = row.prompt.checks.len();
    let is_weighted = assertions.iter().any(|assertion| assertion.get("weight").is_some());
    if is_weighted || checks != assertions.len() || !(share > 0.0 && share <= 1.0) {
        remarks.add(Effect::Field, "`threshold` of a test: all checks must hold", row.line);
        return;
    }
    // A share that is meant as two of three may be written 0.66 or 0.67: what falls short of a whole by a fiftieth counts.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a few checks"
    )]
    let wanted = (share * checks as f64 - 0.02).ceil().max(1.0) as u32;
    if wanted as usize != checks {
        row.prompt.pass_when = PassWhen::AtLeast(wanted);
    }
}
