//! The prompts a reader wants to see: those that the baseline passed and the candidate didn't, or,
//! without a baseline, those that didn't pass.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::Serialize;

use super::number;
use super::redact::is_placeholder;
use super::response::in_place;
use super::table::{Cell, Column, Labels, Row as TableRow, Table, Tone};
use super::text::{clean, fit, one_line};
use crate::model::comparison::{Comparison, Flip, Unstable};
use crate::model::judgement::{AnswerSource, Verdict};
use crate::model::record::{Attempt, Row, Side};
use crate::model::redaction::Redaction;
use crate::model::result::RunResult;

/// The most prompts listed; the rest is in the JSON.
pub(crate) const LISTED: usize = 200;
/// The most characters of one answer shown.
const SHOWN: usize = 2_000;
/// The longest short form of an answer, in columns.
pub(super) const SHORT: usize = 160;
/// The same in a table.
const IN_TABLE: usize = 60;
/// What it means that a prompt is unstable.
const UNSTABLE: &str = "unstable: one model passed it sometimes, so that its flip may be noise (a/a: in a run against \
                        itself; baseline, candidate: in that side's repeats)";

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
    /// How often it came out so, where it was judged more than once: `3 of 4`.
    pub times: Option<String>,
    /// Where one model was seen to pass it sometimes, so that its flip may be noise: `a/a`, `baseline`, `candidate`.
    pub unstable: Option<String>,
    /// The answers of the first time.
    pub answers: Vec<Answer>,
}

/// The list with what it leaves out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// What the list is, in one sentence.
    pub title: String,
    /// The prompts, each once, in the rows' order.
    pub prompts: Vec<Listed>,
    /// How many more the result file holds; 0 where all are listed.
    pub more: usize,
    /// What unstable prompts are, where some are listed.
    pub note: Option<&'static str>,
}

/// Which of a comparison's flips are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flips {
    /// What the baseline alone passed.
    Losses,
    /// What the candidate alone passed.
    Gains,
}

/// The losses of a comparison, or what didn't pass where there is none.
pub(crate) fn listing(result: &RunResult, labels: &Labels) -> Listing {
    if let (Some(comparison), Some(_)) = (&result.comparison, &labels.baseline) {
        return flipped(comparison, &result.rows, labels, Flips::Losses, result.redacted);
    }
    let judged = counts(&result.rows, &[Side::Candidate]);
    let what = format!("{} did not pass", labels.candidate);
    let named = Named { what: &what, unit: "responses", labels, redacted: result.redacted };
    listed(&failures(&result.rows), &judged, &[], &named)
}

/// The losses or gains of a comparison with both sides' answers from the rows that were compared, each prompt once.
pub(crate) fn flipped(
    comparison: &Comparison,
    rows: &[Row],
    labels: &Labels,
    flips: Flips,
    redacted: Option<Redaction>,
) -> Listing {
    let baseline = labels.baseline.as_deref().unwrap_or("the baseline");
    let (list, passed, failed) = match flips {
        Flips::Losses => (&comparison.losses, baseline, labels.candidate.as_str()),
        Flips::Gains => (&comparison.gains, labels.candidate.as_str(), baseline),
    };
    let judged = counts(rows, &[Side::Baseline, Side::Candidate]);
    let what = format!("{passed} passed and {failed} did not");
    let named = Named { what: &what, unit: "pairs", labels, redacted };
    listed(&of_flips(list, rows), &judged, &comparison.unstable, &named)
}

/// What a list is called, and what its sides are.
struct Named<'a> {
    what: &'a str,
    unit: &'static str,
    labels: &'a Labels,
    redacted: Option<Redaction>,
}

fn listed(
    noted: &[Noted<'_>],
    judged: &HashMap<&str, u64>,
    unstable: &[Unstable],
    named: &Named<'_>,
) -> Listing {
    let Named { what, unit, .. } = named;
    let seen_in: HashMap<&str, String> =
        unstable.iter().map(|one| (one.prompt_id.as_str(), one_line(&one.seen_in.join(", ")))).collect();
    let total: u64 = noted.iter().map(|prompt| prompt.times).sum();
    let prompts = number::counted(noted.len() as u64, "prompt", "prompts");
    let all = if total > noted.len() as u64 {
        format!(" ({} of {} {unit})", number::count(total), number::count(judged.values().sum()))
    } else {
        String::new()
    };
    let prompts_listed: Vec<Listed> =
        noted.iter().take(LISTED).map(|prompt| prompt.listed(judged, &seen_in, named)).collect();
    Listing {
        title: format!("{prompts} that {what}{all}"),
        more: noted.len().saturating_sub(LISTED),
        note: prompts_listed.iter().any(|prompt| prompt.unstable.is_some()).then_some(UNSTABLE),
        prompts: prompts_listed,
    }
}

/// A prompt with how often it came out as listed.
pub(super) struct Noted<'a> {
    pub(super) prompt_id: &'a str,
    pub(super) category: &'a str,
    /// The first time; absent where the result has no rows.
    pub(super) row: Option<&'a Row>,
    pub(super) times: u64,
}

/// How often each prompt was judged on all of these sides.
pub(super) fn counts<'a>(rows: &'a [Row], sides: &[Side]) -> HashMap<&'a str, u64> {
    let mut counts = HashMap::new();
    for row in rows {
        let judged = |side: &Side| row.attempt(*side).is_some_and(|a| a.judgement.verdict.passed().is_some());
        if sides.iter().all(judged) {
            *counts.entry(row.key.prompt_id.as_str()).or_default() += 1;
        }
    }
    counts
}

/// What comes of many times the same prompt: each prompt once, in the order in which they first come.
pub(super) fn by_prompt<'a>(times: impl Iterator<Item = Noted<'a>>) -> Vec<Noted<'a>> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut noted: Vec<Noted<'a>> = Vec::new();
    for time in times {
        match places.entry(time.prompt_id) {
            Entry::Occupied(place) => noted[*place.get()].times += time.times,
            Entry::Vacant(place) => {
                place.insert(noted.len());
                noted.push(time);
            }
        }
    }
    noted
}

fn failures(rows: &[Row]) -> Vec<Noted<'_>> {
    let failed =
        |row: &&Row| row.candidate.as_ref().is_some_and(|a| a.judgement.verdict.passed() == Some(false));
    by_prompt(rows.iter().filter(failed).map(Noted::once))
}

/// A flip names no round and no level: the first row whose verdicts are the flip's is the one to show.
pub(super) fn of_flips<'a>(flips: &'a [Flip], rows: &'a [Row]) -> Vec<Noted<'a>> {
    let verdict = |attempt: &Option<Attempt>| attempt.as_ref().map(|a| a.judgement.verdict);
    let mut first: HashMap<(&str, u32, Verdict, Verdict), &Row> = HashMap::new();
    for row in rows {
        if let (Some(baseline), Some(candidate)) = (verdict(&row.baseline), verdict(&row.candidate)) {
            first.entry((&row.key.prompt_id, row.key.repeat, baseline, candidate)).or_insert(row);
        }
    }
    by_prompt(flips.iter().map(|flip| Noted {
        prompt_id: &flip.prompt_id,
        category: &flip.category,
        row: first.get(&(flip.prompt_id.as_str(), flip.repeat, flip.baseline, flip.candidate)).copied(),
        times: 1,
    }))
}

/// A list as a table: each prompt with both answers in short, where each was found, and what the checks made of them.
/// At most `most` prompts.
pub(crate) fn table(listing: &Listing, most: usize) -> Table {
    let shown = &listing.prompts[..listing.prompts.len().min(most)];
    let sides = shown.iter().map(|prompt| prompt.answers.as_slice()).max_by_key(|answers| answers.len());
    let mut columns = vec![Column::words("prompt"), Column::words("category").sacrifice(3)];
    for answer in sides.unwrap_or_default() {
        columns.extend([Column::words(answer.side.as_str()), Column::words("verdict").sacrifice(2)]);
    }
    let row = |prompt: &Listed| {
        let remarks: Vec<String> = (prompt.times.iter().cloned())
            .chain(prompt.unstable.as_ref().map(|seen| format!("unstable: {seen}")))
            .collect();
        let id = if remarks.is_empty() {
            prompt.prompt_id.clone()
        } else {
            format!("{} ({})", prompt.prompt_id, remarks.join("; "))
        };
        let mut cells = vec![Cell::from(id), prompt.category.as_str().into()];
        for answer in &prompt.answers {
            let found = answer.source.map_or_else(String::new, |source| format!(", found {source}"));
            let verdict = Cell::toned(format!("{}{found}", answer.verdict), answer.tone);
            cells.extend([Cell::from(fit(&answer.short, IN_TABLE)), verdict]);
        }
        cells.resize(columns.len(), Cell::from(""));
        TableRow::new(cells)
    };
    let rows = shown.iter().map(row).collect();
    let more = listing.more + listing.prompts.len() - shown.len();
    let mut notes: Vec<String> = listing.note.iter().map(|note| (*note).to_owned()).collect();
    notes.extend((more > 0).then(|| format!("{} more in the JSON", number::count(more as u64))));
    Table { columns, rows, bar_scale: None, notes }
}

impl<'a> Noted<'a> {
    /// A row that came out so once.
    pub(super) fn once(row: &'a Row) -> Self {
        Self { prompt_id: &row.key.prompt_id, category: &row.category, row: Some(row), times: 1 }
    }

    fn listed(
        &self,
        judged: &HashMap<&str, u64>,
        unstable: &HashMap<&str, String>,
        named: &Named<'_>,
    ) -> Listed {
        let of = judged.get(self.prompt_id).copied().unwrap_or(0).max(self.times);
        let answers = self.row.map_or_else(Vec::new, |row| {
            let of = |(side, name)| Some(answer(name, row.attempt(side)?, named.redacted));
            named.labels.sides().filter_map(of).collect()
        });
        Listed {
            prompt_id: one_line(self.prompt_id),
            category: one_line(self.category),
            times: (of > 1).then(|| format!("{} of {}", number::count(self.times), number::count(of))),
            unstable: unstable.get(self.prompt_id).cloned(),
            answers,
        }
    }
}

impl Labels {
    pub(super) fn sides(&self) -> impl Iterator<Item = (Side, &str)> {
        let baseline = self.baseline.iter().map(|name| (Side::Baseline, name.as_str()));
        baseline.chain([(Side::Candidate, self.candidate.as_str())])
    }
}

pub(super) fn answer(side: &str, attempt: &Attempt, redacted: Option<Redaction>) -> Answer {
    let exchange = &attempt.exchange;
    let verdict = attempt.judgement.verdict;
    let found = attempt.judgement.answer.as_ref();
    let start: String = exchange.content.chars().take(SHOWN).collect();
    let more = exchange.content.chars().count().saturating_sub(SHOWN);
    let short = match (found, exchange.error.as_deref()) {
        (Some(found), _) => one_line(&found.text),
        (None, _) if !exchange.content.trim().is_empty() => one_line(&start),
        (None, Some(error)) => one_line(error),
        (None, None) => in_place(redacted).to_owned(),
    };
    let mut remarks = Vec::new();
    if let Some(reason) = exchange.finish_reason.as_deref().filter(|r| *r != "stop") {
        remarks.push(format!("finish_reason {}", one_line(reason)));
    }
    if is_placeholder(&exchange.reasoning) {
        remarks.push(format!("reasoning {}", exchange.reasoning));
    } else if !exchange.reasoning.is_empty() {
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

pub(super) const fn tone(verdict: Verdict) -> Tone {
    match verdict.passed() {
        Some(true) => Tone::Good,
        Some(false) => Tone::Bad,
        None => Tone::Warn,
    }
}

pub(super) const fn source(source: AnswerSource) -> &'static str {
    match source {
        AnswerSource::Boxed => "in \\boxed{}",
        AnswerSource::Hashes => "after ####",
        AnswerSource::AnswerLine => "on its answer line",
        AnswerSource::JsonField => "in its JSON field",
        AnswerSource::CodeFence => "as its code",
        AnswerSource::Bold => "in bold on the last line",
        AnswerSource::ScoreLine => "on its score line",
        AnswerSource::LastNumber => "as the last number",
        AnswerSource::WholeText => "as the whole text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{fixture, view};

    fn again(result: &mut RunResult) {
        let mut rows = result.rows.clone();
        for row in &mut rows {
            row.key.level = 1;
        }
        result.rows.extend(rows);
    }

    #[test]
    fn a_prompt_that_failed_at_every_load_is_listed_once() {
        let mut result = fixture::alone();
        let once = listing(&result, &view::labels(&result));
        assert_eq!(once.title, "5 prompts that mistral-7b-awq did not pass");
        assert!(once.prompts.iter().all(|prompt| prompt.times.is_none()));
        again(&mut result);
        let passes =
            result.rows.iter().position(|r| r.key.prompt_id == once.prompts[0].prompt_id && r.key.level == 1);
        let attempt = result.rows[passes.unwrap()].candidate.as_mut().unwrap();
        attempt.judgement.verdict = Verdict::Pass;
        let twice = listing(&result, &view::labels(&result));
        assert_eq!(twice.title, "5 prompts that mistral-7b-awq did not pass (9 of 60 responses)");
        let times: Vec<_> = twice.prompts.iter().map(|p| p.times.as_deref().unwrap()).collect();
        assert_eq!(times, ["1 of 2", "2 of 2", "2 of 2", "2 of 2", "2 of 2"]);
    }

    #[test]
    fn a_loss_in_every_round_is_one_prompt_with_its_answers() {
        let mut result = fixture::paired();
        again(&mut result);
        let losses = &mut result.comparison.as_mut().unwrap().losses;
        losses.extend(losses.clone());
        let listing = listing(&result, &view::labels(&result));
        assert_eq!(
            listing.title,
            "3 prompts that mistral-7b-fp16 passed and mistral-7b-awq did not (6 of 60 pairs)"
        );
        assert!(listing.prompts.iter().all(|p| p.times.as_deref() == Some("2 of 2") && p.answers.len() == 2));
    }
}
