//! Rows as authors write them: YAML, with short forms for the usual kinds of answers.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::draft::{Draft, number_check};
use super::error::GenerateError;
use super::item::{Item, Pair, Scored};
use super::random::Random;
use crate::model::check::{Check, Locale, PassWhen};
use crate::model::prompt::{Difficulty, PromptSampling};

/// `set.yaml`: what the set is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetSource {
    /// One sentence: what it measures.
    pub(super) description: String,
    /// The team it is meant for, or `any`.
    pub(super) team: String,
    /// The least `max_tokens` of a row.
    pub(super) max_tokens: u32,
    /// Groups of computed rows, which follow the written ones.
    #[serde(default)]
    pub(super) computed: Vec<String>,
}

/// A category's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CategorySource {
    /// The category of its rows.
    category: String,
    /// The system message of rows that have none of their own.
    #[serde(default)]
    system: Option<String>,
    /// Tags that every row has.
    #[serde(default)]
    tags: Vec<String>,
    /// The least `max_tokens` of a row; the set's when absent.
    #[serde(default)]
    max_tokens: Option<u32>,
    /// The rubric of judge items, which becomes their system message.
    #[serde(default)]
    rubric: Option<String>,
    /// The rows.
    rows: Vec<RowSource>,
}

/// A row. It has exactly one of `choice`, `number`, `words`, `exact`, `only`, `json`, `score`, `pair` and `checks`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RowSource {
    difficulty: Difficulty,
    /// The user message; not of judge items, whose message is made of what is to be judged.
    #[serde(default)]
    question: Option<String>,
    #[serde(default)]
    system: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    family: Option<String>,
    /// Where what it asserts can be looked up.
    #[serde(default)]
    provenance: Option<String>,
    #[serde(default)]
    sampling: PromptSampling,
    #[serde(default)]
    max_tokens: Option<u32>,
    /// What a good answer says before its last line.
    #[serde(default)]
    working: Option<String>,
    #[serde(default)]
    answer_in_prompt: bool,
    /// Checks besides the one that the short form makes.
    #[serde(default)]
    also_checks: Vec<Check>,
    #[serde(default)]
    choice: Option<ChoiceSource>,
    #[serde(default)]
    number: Option<NumberSource>,
    #[serde(default)]
    words: Option<WordsSource>,
    #[serde(default)]
    exact: Option<ExactSource>,
    #[serde(default)]
    only: Option<ExactSource>,
    #[serde(default)]
    json: Option<JsonSource>,
    #[serde(default)]
    score: Option<Scored>,
    #[serde(default)]
    pair: Option<Pair>,
    #[serde(default)]
    checks: Vec<Check>,
    #[serde(default)]
    pass_when: PassWhen,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    near_miss: Vec<String>,
}

/// One right option and some wrong ones; their order is drawn.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChoiceSource {
    right: String,
    others: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NumberSource {
    value: Value,
    #[serde(default)]
    abs: Option<f64>,
    #[serde(default)]
    rel: Option<f64>,
    #[serde(default)]
    decimals: Option<u32>,
    #[serde(default)]
    significant_figures: Option<u32>,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    locale: Locale,
    wrong: Vec<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WordsSource {
    /// The answer, aliases separated by `|`.
    right: String,
    /// Answers that are wrong: the near misses, none of which may stand in the answer.
    wrong: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExactSource {
    value: String,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    any_case: bool,
    wrong: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonSource {
    value: Value,
    wrong: Vec<Value>,
}

/// Reads `set.yaml`.
pub(super) fn set(file: &Path) -> Result<SetSource, GenerateError> {
    parse(file, &text_of(file)?)
}

/// Reads a category's file.
pub(super) fn rows(file: &Path) -> Result<Vec<Draft>, GenerateError> {
    rows_of(file, &text_of(file)?)
}

/// Reads a category's rows from the text of its file; `file` is how messages name it.
pub(super) fn rows_of(file: &Path, text: &str) -> Result<Vec<Draft>, GenerateError> {
    let category: CategorySource = parse(file, text)?;
    let draft = |(index, row): (usize, &RowSource)| {
        draft(&category, row).map_err(|problem| GenerateError::Row {
            file: file.to_owned(),
            row: format!("{} ({})", index + 1, opening(row)),
            problem,
        })
    };
    category.rows.iter().enumerate().map(draft).collect()
}

fn text_of(file: &Path) -> Result<String, GenerateError> {
    std::fs::read_to_string(file)
        .map_err(|source| GenerateError::Unreadable { path: file.to_owned(), source })
}

fn parse<T: DeserializeOwned>(file: &Path, text: &str) -> Result<T, GenerateError> {
    serde_saphyr::from_str(text)
        .map_err(|error| GenerateError::Yaml { file: file.to_owned(), message: error.to_string() })
}

/// The first words of a row, to find it by.
fn opening(row: &RowSource) -> String {
    let text = row
        .question
        .as_deref()
        .or(row.score.as_ref().map(|item| item.task.as_str()))
        .or(row.pair.as_ref().map(|item| item.task.as_str()))
        .unwrap_or_default();
    text.split_whitespace().take(8).collect::<Vec<_>>().join(" ")
}

fn draft(category: &CategorySource, row: &RowSource) -> Result<Draft, String> {
    let kinds = [
        row.choice.is_some(),
        row.number.is_some(),
        row.words.is_some(),
        row.exact.is_some(),
        row.only.is_some(),
        row.json.is_some(),
        row.score.is_some(),
        row.pair.is_some(),
        !row.checks.is_empty(),
    ];
    if kinds.iter().filter(|is_given| **is_given).count() != 1 {
        return Err("give exactly one of `choice`, `number`, `words`, `exact`, `only`, `json`, `score`, `pair` and `checks`".to_owned());
    }
    let draft = match (&row.score, &row.pair) {
        (Some(item), _) => judge_item(category, row, &Item::Scored(item))?,
        (_, Some(item)) => judge_item(category, row, &Item::Pair(item))?,
        _ => question(category, row)?,
    };
    let mut draft = draft;
    let prompt = &mut draft.prompt;
    if let Some(system) = row.system.as_ref().or(category.system.as_ref()) {
        prompt.system = Some(system.trim().to_owned());
    }
    prompt.tags = category.tags.iter().chain(&row.tags).cloned().collect();
    prompt.family.clone_from(&row.family);
    prompt.provenance = row.provenance.as_ref().map(|text| text.trim().to_owned());
    prompt.answer_in_prompt |= row.answer_in_prompt;
    prompt.checks.extend(row.also_checks.iter().cloned());
    prompt.max_tokens = row.max_tokens.or(category.max_tokens).unwrap_or_default();
    if !row.sampling.is_none() {
        prompt.sampling = row.sampling.clone();
    }
    Ok(draft)
}

fn question(category: &CategorySource, row: &RowSource) -> Result<Draft, String> {
    let text = row.question.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let text = text.ok_or("no `question`; write what is asked")?;
    let category = &category.category;
    let ask = |kind| Draft::ask(category, row.difficulty, text, kind).working(working(row));
    let plain = || Draft::new(category, row.difficulty, text).working(working(row));
    let mut draft = if let Some(choice) = &row.choice {
        let mut options: Vec<&str> = vec![&choice.right];
        options.extend(choice.others.iter().map(String::as_str));
        let shuffled = Random::of(text).shuffled(&options);
        let right = shuffled.iter().position(|option| *option == choice.right).unwrap_or_default();
        let wrong: Vec<usize> = (0..shuffled.len()).filter(|index| *index != right).take(2).collect();
        plain().choice(&shuffled, right, &wrong)
    } else if let Some(number) = &row.number {
        let check = number_check(&written(&number.value));
        let Check::Numeric { value, .. } = check else { return Err("not a number".to_owned()) };
        let check = Check::Numeric {
            value,
            abs: number.abs,
            rel: number.rel,
            decimals: number.decimals,
            significant_figures: number.significant_figures,
            unit: number.unit.clone(),
            locale: number.locale,
        };
        let kind =
            number.unit.as_ref().map_or_else(|| "number".to_owned(), |unit| format!("number in {unit}"));
        let right = written(&number.value);
        ask(&kind).solved(check, &right, number.wrong.iter().map(written))
    } else if let Some(words) = &row.words {
        let wrong: Vec<&str> = words.wrong.iter().map(String::as_str).collect();
        plain().word(&words.right, &wrong)
    } else if let Some(exact) = &row.exact {
        let draft = if exact.any_case {
            plain().exact_any_case(&exact.value, exact.wrong.iter())
        } else {
            plain().exact(&exact.value, exact.wrong.iter())
        };
        exact.also.iter().fold(draft, |draft, value| draft.also(value))
    } else if let Some(only) = &row.only {
        let draft = plain().only(&only.value, only.wrong.iter());
        only.also.iter().fold(draft, |draft, value| draft.also(value))
    } else if let Some(json) = &row.json {
        plain().json(&json.value, &json.wrong)
    } else {
        let reference =
            row.reference.as_deref().ok_or("no `reference`; `checks` need an answer that passes")?;
        let mut draft = plain();
        draft.prompt.checks.clone_from(&row.checks);
        draft.prompt.pass_when = row.pass_when;
        reference.trim_end().clone_into(&mut draft.prompt.reference);
        draft
    };
    draft.prompt.near_miss.extend(row.near_miss.iter().map(|text| text.trim_end().to_owned()));
    if draft.prompt.near_miss.is_empty() {
        return Err("no near miss; give at least one plausible answer that is wrong".to_owned());
    }
    Ok(draft)
}

fn judge_item(category: &CategorySource, row: &RowSource, item: &Item<'_>) -> Result<Draft, String> {
    let rubric = category.rubric.as_deref().ok_or("a judge item needs the file's `rubric`")?;
    let mut draft = Draft::new(&category.category, row.difficulty, "");
    item.fill(rubric, &mut draft.prompt)?;
    draft.prompt.near_miss.extend(row.near_miss.iter().cloned());
    Ok(draft)
}

fn working(row: &RowSource) -> String {
    row.working.as_deref().unwrap_or_default().trim().to_owned()
}

/// A scalar as it is written; a text without its quotes.
fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
