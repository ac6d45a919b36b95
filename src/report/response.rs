//! What one side answered to one prompt: its text with the answer marked where it was found, and why that passed or not.

use std::ops::Range;

use serde::Serialize;

use super::excerpt::{Excerpt, Highlights};
use super::losses::{SHORT, source, tone};
use super::number::counted;
use super::redact::is_placeholder;
use super::table::Tone;
use super::text::{fit, one_line};
use crate::model::judgement::{AnswerSource, CheckResult, FoundAnswer, JudgeReply};
use crate::model::record::{Attempt, Side};
use crate::model::redaction::Redaction;

/// The longest words of a check, a judge or a server, in columns.
const LINE: usize = 2 * SHORT;

/// The answer as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Its text, on one line.
    pub text: String,
    /// By which rule it was found: `in \boxed{}`.
    pub source: &'static str,
}

/// What one check, or a judge, said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// The check, or `judge` with what it was asked about.
    pub by: String,
    /// Its verdict, or the judge's score.
    pub verdict: String,
    /// What that means.
    pub tone: Tone,
    /// Why, in its words.
    pub why: String,
}

/// What one side answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// Which side.
    pub role: Side,
    /// The side's name.
    pub side: String,
    /// What the checks made of it.
    pub verdict: &'static str,
    /// What that means.
    pub tone: Tone,
    /// The answer that was found.
    pub found: Option<Found>,
    /// Why it got that verdict.
    pub said: Vec<Said>,
    /// Why the model stopped, and other things of note.
    pub remarks: Vec<String>,
    /// The text as received; empty where there was none.
    pub text: Excerpt,
    /// The arguments of tool calls; empty where there were none.
    pub tool_calls: Excerpt,
    /// What to say in place of a text that is empty.
    pub instead: Option<&'static str>,
}

impl Reply {
    /// Writes out an attempt, at most `limit` characters of each of its texts.
    pub(super) fn new(
        role: Side,
        name: &str,
        attempt: &Attempt,
        highlights: &Highlights<'_>,
        limit: usize,
        redacted: Option<Redaction>,
    ) -> Self {
        let Attempt { exchange, judgement, .. } = attempt;
        let found = |answer: &FoundAnswer| Found {
            text: fit(&one_line(&answer.text), SHORT),
            source: source(answer.source),
        };
        let checks = judgement.checks.iter().map(of_check);
        Self {
            role,
            side: name.to_owned(),
            verdict: judgement.verdict.name(),
            tone: tone(judgement.verdict),
            found: judgement.answer.as_ref().map(found),
            said: checks.chain(judgement.judge_replies.iter().map(of_judge)).collect(),
            remarks: remarks(attempt),
            text: Excerpt::new(&exchange.content, highlights, limit),
            tool_calls: Excerpt::plain(&exchange.tool_calls, limit),
            instead: exchange.content.is_empty().then(|| in_place(redacted)),
        }
    }

    /// All that it says beside its texts.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        let said = self.said.iter().flat_map(|said| [said.by.as_str(), &said.verdict, &said.why]);
        let found = self.found.iter().map(|found| found.text.as_str());
        said.chain(found).chain(self.remarks.iter().map(String::as_str)).chain([self.side.as_str()])
    }
}

fn of_check(check: &CheckResult) -> Said {
    Said {
        by: one_line(&check.check),
        verdict: check.verdict.name().to_owned(),
        tone: tone(check.verdict),
        why: fit(&one_line(&check.detail), LINE),
    }
}

fn of_judge(reply: &JudgeReply) -> Said {
    let words = reply.failure.as_deref().or(reply.reply.as_deref()).unwrap_or_default();
    Said {
        by: format!("judge on {}", reply.dimension.name()),
        verdict: reply.score.map_or_else(|| "no score".to_owned(), |score| format!("{score} of 5")),
        tone: if reply.score.is_some() { Tone::Plain } else { Tone::Warn },
        why: fit(&one_line(words), LINE),
    }
}

fn remarks(attempt: &Attempt) -> Vec<String> {
    let exchange = &attempt.exchange;
    let mut remarks = Vec::new();
    if !exchange.outcome.is_success() {
        let status = exchange.http_status.map_or_else(String::new, |status| format!(", status {status}"));
        remarks.push(format!("outcome {}{status}", exchange.outcome));
    }
    remarks.extend(exchange.error.as_deref().map(|error| fit(&one_line(error), LINE)));
    if let Some(reason) = exchange.finish_reason.as_deref().filter(|reason| *reason != "stop") {
        remarks.push(format!("finish_reason {}", fit(&one_line(reason), SHORT)));
    }
    if is_placeholder(&exchange.reasoning) {
        remarks.push(format!("reasoning {}", exchange.reasoning));
    } else if !exchange.reasoning.is_empty() {
        let characters = exchange.reasoning.chars().count() as u64;
        remarks.push(format!(
            "{} of reasoning, in the result file",
            counted(characters, "character", "characters")
        ));
    }
    remarks
}

/// What is said where there is no text: with all texts left out, nobody knows whether there was one.
pub(super) fn in_place(redacted: Option<Redaction>) -> &'static str {
    if redacted.is_some_and(|redacted| redacted.answers && redacted.left_out) {
        "(text left out)"
    } else {
        "(no text)"
    }
}

/// Where in the response its answer stands: where that is known, else where its text last occurs by itself.
pub(super) fn place(attempt: &Attempt) -> Option<Range<usize>> {
    let answer =
        attempt.judgement.answer.as_ref().filter(|answer| answer.source != AnswerSource::WholeText)?;
    let content = attempt.exchange.content.as_str();
    if let (Some(start), Some(end)) = (answer.start, answer.end)
        && content.get(start..end).is_some_and(|found| !found.is_empty())
    {
        return Some(start..end);
    }
    let wanted = answer.text.trim();
    if wanted.is_empty() {
        return None;
    }
    let by_itself = |place: &usize| {
        let (before, after) =
            (content[..*place].chars().next_back(), content[place + wanted.len()..].chars().next());
        let (first, last) = (wanted.chars().next(), wanted.chars().next_back());
        !(joined(before, first) || joined(last, after))
    };
    let place = content.rmatch_indices(wanted).map(|(place, _)| place).find(by_itself)?;
    Some(place..place + wanted.len())
}

/// Whether two neighbours are of one word.
fn joined(one: Option<char>, other: Option<char>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one.is_alphanumeric() && other.is_alphanumeric())
}
