//! Logged samples of evaluation harnesses (`doc`, `target`, `arguments`), and plain documents with question and answer.
//!
//! The question is the document's own where it has one: what was sent (`arguments`) is worded for completion, often with
//! worked examples before it. Options are listed in labctl's form. Requests that only compare the probabilities of given
//! continuations have no counterpart, unless the document names its options.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::answers::{self, Number};
use super::fields::{kind, malformed, scalar};
use super::row::{Fault, Row};

const QUESTIONS: [&str; 6] = ["question", "query", "problem", "input", "ctx", "prompt"];
const PASSAGES: [&str; 4] = ["passage", "context", "article", "support"];
const OPTIONS: [&str; 3] = ["choices", "options", "endings"];
const KEYS: [&str; 8] =
    ["answer", "answerKey", "answers", "gold", "label", "target", "solution", "final_answer"];
const CATEGORIES: [&str; 4] = ["category", "subject", "task", "task_name"];
const IDS: [&str; 4] = ["id", "prompt_id", "question_id", "task_id"];

/// The longest target that is compared as a whole, in characters.
const LONGEST_TARGET: usize = 200;

/// Whether a first row is of this format.
pub(super) fn is_of(object: &Map<String, Value>) -> bool {
    let has = |names: &[&str]| names.iter().any(|name| object.contains_key(*name));
    if has(&["doc", "arguments"]) {
        return true;
    }
    let is_lab =
        object.keys().any(|key| key.starts_with("expected")) || has(&["prompt", "prompt_id", "messages"]);
    !is_lab && has(&QUESTIONS) && (has(&KEYS) || has(&OPTIONS))
}

type Object = Map<String, Value>;

/// Reads one line. `seen` has what earlier lines asked: a sample is logged once for each filter.
pub(super) fn row(object: &Object, line: usize, seen: &mut HashSet<String>) -> Result<Row, Fault> {
    let doc = match object.get("doc") {
        None => object,
        Some(Value::Object(doc)) => doc,
        Some(other) => return malformed("doc", &format!("is {}; expected an object", kind(other))),
    };
    let request = Request::of(object);
    let mut row = Row::new(line, question(doc, &request)?);
    match options(doc)? {
        Some(Options { labels, texts }) => {
            let (name, key) = key(doc, object, &KEYS).ok_or_else(|| missing(&KEYS))?;
            let right =
                answers::option_index(key, &labels, &texts).or_else(|problem| malformed(name, &problem))?;
            answers::expect_choice(&mut row.prompt, texts, right).map_err(Fault::Unmapped)?;
        }
        None if request.is_likelihood => {
            return Err(Fault::Unmapped(
                "a loglikelihood request, which asks for probabilities of given texts, and its `doc` lists no `choices`"
                    .to_owned(),
            ));
        }
        None => target(doc, object, &mut row)?,
    }
    if !seen.insert(format!("{}\0{}", row.prompt.prompt, row.prompt.reference)) {
        return Err(Fault::Repeated);
    }
    let named = |names: &[&str]| {
        let given = |name: &&str| text(doc.get(*name)).or_else(|| text(object.get(*name)));
        names.iter().find_map(given).filter(|name| !name.trim().is_empty())
    };
    named(&CATEGORIES).unwrap_or_default().clone_into(&mut row.prompt.category);
    row.id = named(&IDS).map(str::to_owned);
    row.prompt.max_tokens = request.max_tokens.unwrap_or_default();
    Ok(row)
}

/// What was sent to the model.
#[derive(Default)]
struct Request<'a> {
    context: Option<&'a str>,
    is_likelihood: bool,
    max_tokens: Option<u32>,
}

impl<'a> Request<'a> {
    /// The first of the logged ones: `[[context, settings]]`, or the same as an object of `gen_args_0`, `arg_0`.
    fn of(object: &'a Object) -> Self {
        let first = match object.get("arguments") {
            Some(Value::Array(all)) => all.first(),
            Some(Value::Object(all)) => all.values().next(),
            _ => None,
        };
        let parts: Vec<&Value> = match first {
            Some(Value::Array(parts)) => parts.iter().collect(),
            Some(Value::Object(parts)) => {
                ["arg_0", "arg_1"].into_iter().filter_map(|name| parts.get(name)).collect()
            }
            _ => return Self::default(),
        };
        let settings = parts.get(1);
        let tokens = settings.and_then(|settings| settings.get("max_gen_toks")).and_then(Value::as_u64);
        Self {
            context: parts.first().and_then(|context| context.as_str()),
            is_likelihood: settings.is_some_and(|settings| settings.is_string()),
            max_tokens: tokens.and_then(|tokens| u32::try_from(tokens).ok()),
        }
    }
}

fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str)
}

fn question(doc: &Object, request: &Request<'_>) -> Result<String, Fault> {
    let of = |names: &[&str]| {
        names.iter().find_map(|name| text(doc.get(*name))).filter(|text| !text.trim().is_empty())
    };
    match (of(&QUESTIONS), of(&PASSAGES), request.context) {
        (Some(question), Some(passage), _) if passage != question => Ok(format!("{passage}\n\n{question}")),
        (Some(question), _, _) => Ok(question.to_owned()),
        // The cue would stand before what is asked for in its place.
        (None, _, Some(context)) => {
            let text = context.trim_end();
            let text = ["Answer:", "A:"].into_iter().find_map(|cue| text.strip_suffix(cue)).unwrap_or(text);
            Ok(text.trim_end().to_owned())
        }
        (None, _, None) => Err(missing(&QUESTIONS)),
    }
}

fn missing(names: &[&str]) -> Fault {
    Fault::Malformed(format!("none of the texts `{}` is there", names.join("`, `")))
}

/// Options of a choice.
struct Options {
    /// What the document calls them; as many as there are texts, or none.
    labels: Vec<String>,
    texts: Vec<String>,
}

/// The options, where the document lists any.
fn options(doc: &Object) -> Result<Option<Options>, Fault> {
    let Some((name, value)) = OPTIONS.iter().find_map(|name| Some((*name, doc.get(*name)?))) else {
        return Ok(None);
    };
    let texts = |value: Option<&Value>| -> Option<Vec<String>> {
        value?.as_array()?.iter().map(scalar).collect::<Option<Vec<_>>>().filter(|texts| !texts.is_empty())
    };
    let (labels, options) = match value {
        Value::Object(members) => (texts(members.get("label")), texts(members.get("text"))),
        list => (None, texts(Some(list))),
    };
    match options {
        Some(texts) => Ok(Some(Options { labels: labels.unwrap_or_default(), texts })),
        None => malformed(name, "is no list of texts, nor an object with such a list in `text`"),
    }
}

/// The answer: the document's, else the logged target.
fn key<'a>(doc: &'a Object, object: &'a Object, names: &[&'static str]) -> Option<(&'static str, &'a Value)> {
    let given = |object: &'a Object, name: &'static str| {
        object.get(name).filter(|value| !value.is_null()).map(|value| (name, value))
    };
    names.iter().find_map(|name| given(doc, name)).or_else(|| given(object, "target"))
}

/// Expects what the target says.
fn target(doc: &Object, object: &Object, row: &mut Row) -> Result<(), Fault> {
    // Of a logged sample the target is what the harness compared with.
    let logged = object.get("target").filter(|value| !value.is_null()).map(|value| ("target", value));
    let (name, value) = logged.or_else(|| key(doc, object, &KEYS)).ok_or_else(|| missing(&KEYS))?;
    if matches!(name, "label" | "gold") && value.is_number() {
        return Err(Fault::Unmapped(format!("`{name}` is an index, and no `choices` say of what")));
    }
    let values: Vec<String> = match value {
        Value::Array(values) => values.iter().filter_map(scalar).collect(),
        Value::Object(members) => {
            let aliases = members.get("aliases").and_then(Value::as_array).into_iter().flatten();
            members.get("value").into_iter().chain(aliases).filter_map(scalar).collect()
        }
        other => scalar(other).into_iter().collect(),
    };
    let mut texts: Vec<String> = Vec::new();
    for text in values.iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) {
        if !texts.contains(&text) && texts.len() < MOST_ALIASES {
            texts.push(text);
        }
    }
    let Some(first) = texts.first() else {
        return malformed(name, &format!("is {} that holds no answer", kind(value)));
    };
    let last = last_answer(first);
    if let Some(number) = Number::read(last).filter(|_| texts.len() == 1) {
        answers::ask(&mut row.prompt, "number");
        answers::expect_number(&mut row.prompt, &number);
        return Ok(());
    }
    if texts.len() == 1 {
        texts = vec![last.to_owned()];
    }
    texts.retain(|text| !text.contains('\n') && text.chars().count() <= LONGEST_TARGET);
    if texts.is_empty() {
        return Err(Fault::Unmapped(format!("a long text in `{name}`, which no check compares")));
    }
    answers::ask(&mut row.prompt, "answer");
    row.prompt.reference = answers::answer(&texts[0]);
    row.prompt.checks.push(answers::exact(texts));
    Ok(())
}

/// The most wordings of an answer that are kept.
const MOST_ALIASES: usize = 100;

/// What a worked solution ends with: after the last `####`, or in the last `\boxed{}`; all of it where there is neither.
fn last_answer(solution: &str) -> &str {
    if let Some((_, answer)) = solution.rsplit_once("####") {
        return answer.trim();
    }
    let Some((_, rest)) = solution.rsplit_once("\\boxed{") else { return solution };
    let mut depth = 1_usize;
    for (at, character) in rest.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return rest[..at].trim();
        }
    }
    solution
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_ends_a_solution() {
        for (solution, answer) in [
            ("5 + 7 = <<5+7=12>>12\n#### 12", "12"),
            (r"Thus \boxed{1}, then $\boxed{\frac{1}{2}}$.", r"\frac{1}{2}"),
            (r"\boxed{open", r"\boxed{open"),
            ("Paris", "Paris"),
        ] {
            assert_eq!(last_answer(solution), answer);
        }
    }
}
