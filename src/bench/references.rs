//! Asking both sides, after the load, how likely they find the prompts' reference answers.

use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt as _};

use crate::client::any_transport::AnyTransport;
use crate::client::exchange::Client;
use crate::client::reference::ReferenceRequests;
use crate::client::request::{Form, Request, request_id};
use crate::load::retry::whole_with_retries;
use crate::model::event::LogLevel;
use crate::model::judgement::JudgeInfo;
use crate::model::load::RetryPolicy;
use crate::model::prompt::Prompt;
use crate::model::record::{Row, Side};
use crate::model::reference::{MissingReference, ReferenceAnswer, ReferenceScore};

use super::late::{Checked, Surroundings, ask_judge};
use super::plan::BenchPlan;
use super::side::Reached;

/// How every warning begins that is about the references.
const ABOUT_REFERENCES: &str = "reference log-probs: ";

/// Requests in flight, at most: a server holds a whole vocabulary's probabilities for each token of such a prompt.
const MOST_AT_ONCE: u32 = 4;

/// So many prompts, the shortest ones, are asked about one after the other; where none brings anything, the server is
/// taken not to tell, and isn't asked about the rest.
const TRIED: usize = 3;

/// Asks what can be asked only after the load: every side, where the plan says so, about the reference answers of the
/// prompts that were sent, then the judge. What can't be told is a warning, never an error.
pub(super) async fn ask_after_load(
    plan: &BenchPlan,
    sides: impl Iterator<Item = (Side, &Reached)>,
    rows: &mut [Row],
    checked: &Checked<'_>,
    around: &Surroundings<'_>,
) -> (Option<JudgeInfo>, Vec<String>) {
    let mut warnings = Vec::new();
    if plan.reference_log_probs {
        let references = References { checked, around, concurrency: plan.concurrency };
        warnings = references.ask(sides, rows).await;
    }
    let (judge, told) = ask_judge(plan.judge.as_ref(), rows, checked, around).await;
    warnings.extend(told);
    (judge, warnings)
}

/// What the asking needs.
struct References<'a> {
    checked: &'a Checked<'a>,
    around: &'a Surroundings<'a>,
    /// Requests in flight, where that is less than [`MOST_AT_ONCE`].
    concurrency: u32,
}

/// One prompt to ask about.
struct Asked<'a> {
    row: usize,
    prompt: &'a Prompt,
    model: Option<String>,
}

/// A side that is asked.
struct Target<'a> {
    side: Side,
    client: &'a Client<AnyTransport>,
    form: Form<'a>,
}

impl References<'_> {
    async fn ask(&self, sides: impl Iterator<Item = (Side, &Reached)>, rows: &mut [Row]) -> Vec<String> {
        let asked = self.prompts(rows);
        if asked.is_empty() {
            return vec![format!(
                "{ABOUT_REFERENCES}no prompt that was sent has a reference answer, so nothing was asked"
            )];
        }
        let mut warnings = Vec::new();
        for (side, reached) in sides {
            let note = format!("asking the {side} about {} reference answers", asked.len());
            self.around.bus.log(LogLevel::Info, note);
            let client = reached.client(self.around.clock);
            let target = Target { side, client: &client, form: reached.form() };
            let scores = self.scores(&target, &asked).await;
            warnings.extend(told(side, &scores, asked.len()));
            for (asked, score) in scores {
                let Some(row) = rows.get_mut(asked.row) else { continue };
                let answer = row.reference.get_or_insert_with(|| ReferenceAnswer {
                    characters: u32::try_from(asked.prompt.reference.trim().chars().count())
                        .unwrap_or(u32::MAX),
                    ..ReferenceAnswer::default()
                });
                match side {
                    Side::Candidate => answer.candidate = Some(score),
                    Side::Baseline => answer.baseline = Some(score),
                }
            }
        }
        warnings
    }

    /// The prompts to ask about, the shortest first. The turns of a conversation have no reference.
    fn prompts(&self, rows: &[Row]) -> Vec<Asked<'_>> {
        let mut seen = BTreeSet::new();
        let mut asked: Vec<Asked<'_>> = rows
            .iter()
            .enumerate()
            .filter_map(|(row, of)| {
                let prompt = self.checked.prompt(of)?;
                let has_reference = of.ask.turn.is_none() && !prompt.reference.trim().is_empty();
                (has_reference && seen.insert(prompt.id.as_str())).then(|| Asked {
                    row,
                    prompt,
                    model: of.ask.model.clone(),
                })
            })
            .collect();
        asked.sort_by_key(|asked| asked.prompt.prompt.len() + asked.prompt.reference.len());
        asked
    }

    /// What came of asking one side; what an interruption left out isn't there.
    async fn scores<'p>(
        &self,
        target: &Target<'_>,
        asked: &'p [Asked<'p>],
    ) -> Vec<(&'p Asked<'p>, ReferenceScore)> {
        let (first, rest) = asked.split_at(asked.len().min(TRIED));
        let mut scores = Vec::new();
        for asked in first {
            let Some(score) = self.score(target, asked).await else { return scores };
            let is_told = score.scored().is_some();
            scores.push((asked, score));
            if is_told {
                break;
            }
        }
        let begun = scores.len();
        let gives_up = scores.iter().all(|(_, score)| score.scored().is_none());
        let why = scores.first().map(|(_, score)| score.clone());
        if let (true, Some(why)) = (gives_up, why) {
            scores.extend(rest.iter().map(|asked| (asked, why.clone())));
            return scores;
        }
        let asking =
            asked[begun..].iter().map(|asked| async move { (asked, self.score(target, asked).await) });
        let at_once = self.concurrency.clamp(1, MOST_AT_ONCE) as usize;
        let more: Vec<_> = stream::iter(asking).buffer_unordered(at_once).collect().await;
        scores.extend(more.into_iter().filter_map(|(asked, score)| Some((asked, score?))));
        scores
    }

    /// What came of one prompt; `None` where labctl itself gave it up.
    async fn score(&self, target: &Target<'_>, asked: &Asked<'_>) -> Option<ReferenceScore> {
        let model = asked.model.as_deref().unwrap_or(target.form.model);
        let id = request_id(&["reference", target.side.name(), &asked.prompt.id]);
        let requests = match target.form.reference(asked.prompt, model, &id) {
            Ok(requests) => requests,
            Err(message) => {
                return Some(ReferenceScore::Missing { reason: MissingReference::NotTold, message });
            }
        };
        let around = self.around;
        // What is busy for a moment says nothing of the model, and a score that is missing costs a pair.
        let usual = RetryPolicy { statuses: vec![429, 500, 502, 503, 504], attempts: 3 };
        let retry = if around.retry.is_off() { &usual } else { around.retry };
        let send = async |request: &Request| {
            whole_with_retries(target.client, request, retry, around.clock, around.cancel).await
        };
        let scored = match send(&requests.scored).await {
            Ok(answer) => answer,
            Err(error) => return ReferenceRequests::refused(&error),
        };
        let alone = match &requests.alone {
            Some(request) => match send(request).await {
                Ok(answer) => Some(answer),
                Err(error) => return ReferenceRequests::refused(&error),
            },
            None => None,
        };
        Some(requests.read(&scored, alone.as_deref()))
    }
}

/// What a reader should know of how a side was asked.
fn told(side: Side, scores: &[(&Asked<'_>, ReferenceScore)], planned: usize) -> Vec<String> {
    let missing = || {
        scores.iter().filter_map(|(_, score)| match score {
            ReferenceScore::Missing { message, .. } => Some(message.as_str()),
            ReferenceScore::Scored(_) => None,
        })
    };
    let mut warnings = Vec::new();
    let count = missing().count();
    if let Some(first) = missing().next() {
        warnings.push(if count == scores.len() {
            format!("{ABOUT_REFERENCES}n/a on the {side}: {first}")
        } else {
            format!(
                "{ABOUT_REFERENCES}{count} of {} are missing on the {side} (the first: {first})",
                scores.len()
            )
        });
    }
    if scores.len() < planned {
        let left_out = planned - scores.len();
        warnings.push(format!(
            "{ABOUT_REFERENCES}interrupted: the {side} was not asked about {left_out} of {planned}"
        ));
    }
    warnings
}
