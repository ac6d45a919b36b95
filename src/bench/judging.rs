//! Asking a judge endpoint about answers, after the load: some requests at a time, each about one dimension of one
//! answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _};

use crate::check::{JUDGE_REPLY_TOKENS, RUBRIC_SCALE, judge_request, judgeable, read_score};
use crate::client::request::{Request, request_id};
use crate::client::secret::mask_url;
use crate::load::retry::exchange_with_retries;
use crate::model::check::Check;
use crate::model::event::LogLevel;
use crate::model::exchange::Exchange;
use crate::model::judgement::{JudgeInfo, JudgeReply};
use crate::model::outcome::Outcome;
use crate::model::prompt::Prompt;
use crate::model::record::{Row, Side};
use crate::model::result::Sampling;
use crate::model::rubric::Dimension;

use super::late::{Checked, Surroundings};
use super::plan::JudgeSpec;
use super::side::{Reached, reach};

/// The most characters of a reply that are kept.
const MOST_KEPT: usize = 2_000;

/// A judge and what it is asked about.
pub(super) struct Asking<'a> {
    pub(super) spec: &'a JudgeSpec,
    pub(super) checked: &'a Checked<'a>,
    pub(super) around: &'a Surroundings<'a>,
}

/// How the asking went.
pub(super) struct Asked {
    pub(super) info: JudgeInfo,
    /// Why the first request without a reply has none.
    pub(super) first_failure: Option<String>,
    /// Answers that were not asked about to the end, because of an interruption.
    pub(super) left_out: usize,
}

/// One question.
struct Question {
    row: usize,
    side: Side,
    dimension: Dimension,
    repeat: u32,
    system: String,
    user: String,
}

/// What came of one question; `None` where it was given up.
type Answer = (usize, Side, Option<JudgeReply>);

impl Asking<'_> {
    /// Asks about every answer whose prompt has a `judge` check, and puts the replies in place of those that the rows
    /// hold.
    pub(super) async fn ask(&self, rows: &mut [Row]) -> Asked {
        let questions = self.questions(rows);
        let (endpoint, repeats) = (&self.spec.side.endpoint, self.spec.repeats);
        let mut info = JudgeInfo {
            endpoint: self.spec.side.name.clone(),
            url: mask_url(endpoint.url.as_deref().unwrap_or_default()),
            model: endpoint.model.clone().unwrap_or_default(),
            simulated: endpoint.simulator.is_some(),
            repeats,
            asked: questions.len() as u64,
            unparsed: 0,
            failed: 0,
        };
        let about: std::collections::BTreeSet<(usize, Side)> =
            questions.iter().map(|question| (question.row, question.side)).collect();
        let note = format!("asking the judge about {} answers: {} requests", about.len(), questions.len());
        self.around.bus.log(LogLevel::Info, note);
        let known = Arc::new(vec![self.around.prompt_set.clone()]);
        let reached = tokio::select! {
            reached = reach(&self.spec.side, self.around.clock, self.around.seed, known) => {
                Some(reached.map_err(|error| error.to_string()))
            }
            () = self.around.cancel.cancelled() => None,
        };
        let answers: Vec<Answer> = match &reached {
            Some(Ok(reached)) => {
                info.url.clone_from(&reached.header.url);
                info.model.clone_from(&reached.header.model);
                info.simulated = reached.header.simulated;
                self.answers(reached, questions).await
            }
            Some(Err(why)) => questions
                .into_iter()
                .map(|question| (question.row, question.side, Some(question.unanswered(why.clone()))))
                .collect(),
            None => questions.into_iter().map(|question| (question.row, question.side, None)).collect(),
        };
        // A simulator of this process's own has no address that outlives it.
        if endpoint.simulator.is_some() {
            info.url.clear();
        }
        let (first_failure, left_out) = store(rows, answers, &mut info);
        Asked { info, first_failure, left_out }
    }

    fn questions(&self, rows: &[Row]) -> Vec<Question> {
        let mut questions = Vec::new();
        for (row_index, row) in rows.iter().enumerate() {
            let Some(prompt) = self.checked.prompt(row) else { continue };
            let rubrics: Vec<(&Vec<Dimension>, Option<&str>)> = prompt
                .checks
                .iter()
                .filter_map(|check| match check {
                    Check::Judge { dimensions, guidance, .. } => Some((dimensions, guidance.as_deref())),
                    _ => None,
                })
                .collect();
            if rubrics.is_empty() {
                continue;
            }
            for side in [Side::Candidate, Side::Baseline] {
                let Some(response) = row.attempt(side).and_then(|attempt| judgeable(&attempt.exchange))
                else {
                    continue;
                };
                // Two checks may ask about one dimension; its scores serve both.
                let dimensions: BTreeMap<Dimension, Option<&str>> = rubrics
                    .iter()
                    .flat_map(|(dimensions, guidance)| dimensions.iter().map(|one| (*one, *guidance)))
                    .collect();
                for (dimension, guidance) in dimensions {
                    let request = judge_request(prompt, dimension, guidance, &response);
                    questions.extend((0..self.spec.repeats).map(|repeat| Question {
                        row: row_index,
                        side,
                        dimension,
                        repeat,
                        system: request.system.clone(),
                        user: request.user.clone(),
                    }));
                }
            }
        }
        questions
    }

    async fn answers(&self, reached: &Reached, questions: Vec<Question>) -> Vec<Answer> {
        let around = self.around;
        let client = reached.client(around.clock);
        let form = reached.form();
        let sampling = Sampling { temperature: 0.0, top_p: None, seed: around.seed, max_tokens: None };
        let (client, form, sampling) = (&client, &form, &sampling);
        let ask = |(number, question): (usize, Question)| async move {
            let text = question.user.clone();
            let prompt = Prompt {
                system: Some(question.system.clone()),
                ..Prompt::unchecked("judge".to_owned(), "judge".to_owned(), text, JUDGE_REPLY_TOKENS)
            };
            let request = Request {
                id: request_id(&["judge", &number.to_string()]),
                path: form.path(),
                body: form.body(&prompt, sampling, question.repeat),
            };
            let exchange = exchange_with_retries(
                client,
                &request,
                around.clock.now(),
                around.retry,
                around.clock,
                around.cancel,
            )
            .await;
            (question.row, question.side, question.answered(&exchange))
        };
        stream::iter(questions.into_iter().enumerate())
            .map(ask)
            .buffer_unordered(self.spec.concurrency.max(1) as usize)
            .collect()
            .await
    }
}

impl Question {
    fn unanswered(&self, why: String) -> JudgeReply {
        JudgeReply {
            repeat: self.repeat,
            dimension: self.dimension,
            score: None,
            reply: None,
            failure: Some(why),
        }
    }

    /// `None` where labctl itself gave the request up.
    fn answered(&self, exchange: &Exchange) -> Option<JudgeReply> {
        let (score, failure) = match exchange.outcome {
            Outcome::Cancelled => return None,
            Outcome::Success => match read_score(&exchange.content, RUBRIC_SCALE) {
                Ok(score) => (Some(score), None),
                Err(why) => (None, Some(why)),
            },
            Outcome::Empty => (None, Some("no text".to_owned())),
            outcome => {
                let why = exchange.error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
                return Some(self.unanswered(format!("{outcome}{why}")));
            }
        };
        let reply = Some(exchange.content.chars().take(MOST_KEPT).collect());
        Some(JudgeReply { repeat: self.repeat, dimension: self.dimension, score, reply, failure })
    }
}

/// Puts the replies into the rows and counts them. What was not asked about to its end keeps no replies: a mean over
/// a part would be another one. Gives the first failure, and how many answers were left out so.
fn store(rows: &mut [Row], answers: Vec<Answer>, info: &mut JudgeInfo) -> (Option<String>, usize) {
    let mut by_answer: BTreeMap<(usize, Side), Vec<Option<JudgeReply>>> = BTreeMap::new();
    for (row, side, reply) in answers {
        by_answer.entry((row, side)).or_default().push(reply);
    }
    let (mut first_failure, mut left_out) = (None, 0);
    for ((row, side), replies) in by_answer {
        let Some(row) = rows.get_mut(row) else { continue };
        let attempt = match side {
            Side::Candidate => &mut row.candidate,
            Side::Baseline => &mut row.baseline,
        };
        let Some(attempt) = attempt else { continue };
        let planned = replies.len() as u64;
        let Some(mut replies) = replies.into_iter().collect::<Option<Vec<JudgeReply>>>() else {
            info.asked -= planned;
            left_out += 1;
            attempt.judgement.judge_replies.clear();
            continue;
        };
        replies.sort_by_key(|reply| (reply.dimension, reply.repeat));
        for reply in replies.iter().filter(|reply| reply.score.is_none()) {
            if reply.reply.is_some() {
                info.unparsed += 1;
            } else {
                info.failed += 1;
                if first_failure.is_none() {
                    first_failure.clone_from(&reply.failure);
                }
            }
        }
        attempt.judgement.judge_replies = replies;
    }
    (first_failure, left_out)
}
