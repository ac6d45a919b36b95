//! The prompts a reader wants to see: those that the baseline passed and the candidate didn't, or,
//! without a baseline, those that didn't pass.

use std::collections::HashMap;

use serde::Serialize;

use super::number;
use super::table::{Labels, Tone};
use super::text::{clean, fit, one_line};
use crate::model::comparison::Flip;
use crate::model::judgement::{AnswerSource, Verdict};
use crate::model::record::{Attempt, Row, Side};
use crate::model::result::RunResult;

/// The most prompts listed; the rest is in the JSON.
pub(crate) const LISTED: usize = 200;
/// The most characters of one answer shown.
const SHOWN: usize = 2_000;
/// The longest short form of an answer, in columns.
const SHORT: usize = 160;

/// What one side answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The side's name.
    pub side: String,
    /// What the checks made of it.
    pub verdict: &'static str,
    /// What that means.
    pub tone: Tone,
    /// The answer that was found, else the start of the text, else what went wrong; one line.
    pub short: String,
    /// By which rule the answer was found.
    pub source: Option<&'static str>,
    /// What each check said.
    pub checks: Vec<String>,
    /// The text as received, cleaned.
    pub text: String,
    /// What is not shown, in words.
    pub cut: Option<String>,
    /// Why the model stopped, and other things of note.
    pub remarks: Vec<String>,
}

/// A prompt with what each side answered, baseline first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The prompt.
    pub prompt_id: String,
    /// Its category.
    pub category: String,
    /// Which repeat or round, where there are several.
    pub repeat: Option<String>,
    /// The answers.
    pub answers: Vec<Answer>,
}

/// The list with what it leaves out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// What the list is, in one sentence.
    pub title: String,
    /// The prompts.
    pub prompts: Vec<Listed>,
    /// How many more the result file holds; 0 where all are listed.
    pub more: usize,
}

/// The losses of a comparison, or what didn't pass where there is none.
pub(crate) fn listing(result: &RunResult, labels: &Labels) -> Listing {
    if let (Some(comparison), Some(baseline)) = (&result.comparison, &labels.baseline) {
        let rows = by_prompt(&result.rows);
        let prompts = comparison.losses.iter().take(LISTED).map(|flip| lost(flip, &rows, result, labels));
        let lost = number::counted(comparison.losses.len() as u64, "prompt", "prompts");
        return Listing {
            title: format!("{lost} that {baseline} passed and {} did not", labels.candidate),
            prompts: prompts.collect(),
            more: comparison.losses.len().saturating_sub(LISTED),
        };
    }
    let failed =
        |row: &&Row| row.candidate.as_ref().is_some_and(|a| a.judgement.verdict.passed() == Some(false));
    let total = result.rows.iter().filter(failed).count();
    let prompts = result.rows.iter().filter(failed).take(LISTED).map(|row| listed(row, result, labels));
    let failures = number::counted(total as u64, "response", "responses");
    Listing {
        title: format!("{failures} that {} did not pass", labels.candidate),
        prompts: prompts.collect(),
        more: total.saturating_sub(LISTED),
    }
}

impl Labels {
    fn sides(&self) -> impl Iterator<Item = (Side, &str)> {
        let baseline = self.baseline.iter().map(|name| (Side::Baseline, name.as_str()));
        baseline.chain([(Side::Candidate, self.candidate.as_str())])
    }
}

type ByPrompt<'a> = HashMap<(&'a str, u32), Vec<&'a Row>>;

fn by_prompt(rows: &[Row]) -> ByPrompt<'_> {
    let mut found = ByPrompt::new();
    for row in rows {
        found.entry((row.key.prompt_id.as_str(), row.key.repeat)).or_default().push(row);
    }
    found
}

/// A flip names no round: the first row whose verdicts are the flip's is the one to show.
fn lost(flip: &Flip, rows: &ByPrompt<'_>, result: &RunResult, labels: &Labels) -> Listed {
    let candidates = rows.get(&(flip.prompt_id.as_str(), flip.repeat)).map_or(&[][..], Vec::as_slice);
    let says =
        |attempt: &Option<Attempt>, verdict| attempt.as_ref().is_some_and(|a| a.judgement.verdict == verdict);
    let row = candidates
        .iter()
        .find(|row| says(&row.baseline, flip.baseline) && says(&row.candidate, flip.candidate))
        .or(candidates.first());
    match row {
        Some(row) => listed(row, result, labels),
        None => Listed {
            prompt_id: one_line(&flip.prompt_id),
            category: one_line(&flip.category),
            repeat: None,
            answers: Vec::new(),
        },
    }
}

fn listed(row: &Row, result: &RunResult, labels: &Labels) -> Listed {
    let mut nth = Vec::new();
    if result.load.repeats > 1 {
        nth.push(format!("repeat {}", row.key.repeat));
    }
    if result.load.rounds > 1 {
        nth.push(format!("round {}", row.key.round));
    }
    let answers = labels.sides().filter_map(|(side, name)| Some(answer(name, row.attempt(side)?)));
    Listed {
        prompt_id: one_line(&row.key.prompt_id),
        category: one_line(&row.category),
        repeat: (!nth.is_empty()).then(|| nth.join(", ")),
        answers: answers.collect(),
    }
}

fn answer(side: &str, attempt: &Attempt) -> Answer {
    let exchange = &attempt.exchange;
    let verdict = attempt.judgement.verdict;
    let found = attempt.judgement.answer.as_ref();
    let start: String = exchange.content.chars().take(SHOWN).collect();
    let more = exchange.content.chars().count().saturating_sub(SHOWN);
    let short = match (found, exchange.error.as_deref()) {
        (Some(found), _) => one_line(&found.text),
        (None, _) if !exchange.content.trim().is_empty() => one_line(&start),
        (None, Some(error)) => one_line(error),
        (None, None) => "(no text)".to_owned(),
    };
    let mut remarks = Vec::new();
    if let Some(reason) = exchange.finish_reason.as_deref().filter(|r| *r != "stop") {
        remarks.push(format!("finish_reason {}", one_line(reason)));
    }
    if !exchange.reasoning.is_empty() {
        let characters = number::count(exchange.reasoning.chars().count() as u64);
        remarks.push(format!("{characters} characters of reasoning, in the JSON"));
    }
    if !exchange.outcome.is_success() {
        remarks.push(format!("outcome {}", exchange.outcome));
    }
    if let Some(error) = &exchange.error {
        remarks.push(fit(&one_line(error), SHORT));
    }
    let check = |c: &crate::model::judgement::CheckResult| {
        let detail = fit(&one_line(&c.detail), 2 * SHORT);
        format!("{}: {}, {detail}", one_line(&c.check), c.verdict)
    };
    Answer {
        side: side.to_owned(),
        verdict: verdict.name(),
        tone: tone(verdict),
        short: fit(&short, SHORT),
        source: found.map(|f| source(f.source)),
        checks: attempt.judgement.checks.iter().map(check).collect(),
        text: clean(&start),
        cut: (more > 0).then(|| format!("{} more characters in the JSON", number::count(more as u64))),
        remarks,
    }
}

const fn tone(verdict: Verdict) -> Tone {
    match verdict.passed() {
        Some(true) => Tone::Good,
        Some(false) => Tone::Bad,
        None => Tone::Warn,
    }
}

const fn source(source: AnswerSource) -> &'static str {
    match source {
        AnswerSource::Boxed => "in \\boxed{}",
        AnswerSource::Hashes => "after ####",
        AnswerSource::AnswerLine => "on its answer line",
        AnswerSource::JsonField => "in its JSON field",
        AnswerSource::Bold => "in bold on the last line",
        AnswerSource::LastNumber => "as the last number",
        AnswerSource::WholeText => "as the whole text",
    }
}
