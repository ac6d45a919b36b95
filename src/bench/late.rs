//! Checks that need what is there only after the load: the baseline's text, and what another model says of the answer.
//! The one place where a run's verdicts are computed anew.

use std::collections::{BTreeSet, HashMap};
use std::mem;

use tokio_util::sync::CancellationToken;

use crate::check::{Judge, Late, judge_exchange_late};
use crate::client::clock::Clock;
use crate::load::bus::Bus;
use crate::model::check::Check;
use crate::model::judgement::JudgeInfo;
use crate::model::load::RetryPolicy;
use crate::model::outcome::Outcome;
use crate::model::prompt::{Prompt, PromptSet};
use crate::model::record::Row;

use super::judging::Asking;
use super::plan::{BenchPlan, JudgeSpec};

/// How every warning begins that is about the judge.
pub(super) const ABOUT_JUDGE: &str = "judge: ";

/// Prompts with their checks compiled, by id.
#[derive(Debug, Default)]
pub(super) struct Checked<'a>(HashMap<&'a str, (&'a Prompt, &'a Judge)>);

impl<'a> Checked<'a> {
    pub(super) fn new(prompts: impl IntoIterator<Item = (&'a Prompt, &'a Judge)>) -> Self {
        Self(prompts.into_iter().map(|(prompt, judge)| (prompt.id.as_str(), (prompt, judge))).collect())
    }

    /// The prompt that a row was made of.
    pub(super) fn prompt(&self, row: &Row) -> Option<&'a Prompt> {
        self.0.get(row.key.prompt_id.as_str()).map(|(prompt, _)| *prompt)
    }

    /// Judges both attempts of a row anew, with all that is there now: each other's text, and the judge's replies that
    /// they hold. False where the prompt isn't known; the row then stays as it is.
    pub(super) fn judge(&self, row: &mut Row) -> bool {
        let Some((_, judge)) = self.0.get(row.key.prompt_id.as_str()) else { return false };
        let answered = row.baseline.as_ref().map(|attempt| &attempt.exchange);
        let baseline = answered
            .filter(|exchange| exchange.outcome == Outcome::Success)
            .map(|exchange| exchange.content.clone());
        for attempt in [&mut row.candidate, &mut row.baseline].into_iter().flatten() {
            let replies = mem::take(&mut attempt.judgement.judge_replies);
            let late = Late { baseline: baseline.as_deref(), replies: &replies };
            attempt.judgement = judge_exchange_late(judge, &attempt.exchange, &late);
        }
        true
    }

    /// The same for a row whose prompt has a check that needs what was not there while the load ran.
    pub(super) fn judge_late(&self, row: &mut Row) {
        let is_late = |check: &Check| matches!(check, Check::BaselineSimilarity { .. } | Check::Judge { .. });
        if self.prompt(row).is_some_and(|prompt| prompt.checks.iter().any(is_late)) {
            self.judge(row);
        }
    }
}

/// What of a run's surroundings the judge's requests need.
pub(super) struct Surroundings<'a> {
    pub(super) clock: Clock,
    pub(super) seed: u64,
    pub(super) retry: &'a RetryPolicy,
    /// The prompts whose answers a simulated judge knows.
    pub(super) prompt_set: &'a PromptSet,
    pub(super) bus: &'a Bus,
    pub(super) cancel: &'a CancellationToken,
}

impl<'a> Surroundings<'a> {
    /// Those of a run.
    pub(super) const fn of(
        plan: &'a BenchPlan,
        clock: Clock,
        bus: &'a Bus,
        cancel: &'a CancellationToken,
    ) -> Self {
        let (retry, prompt_set) = (&plan.retry, &plan.prompt_set);
        Self { clock, seed: plan.seed, retry, prompt_set, bus, cancel }
    }
}

/// Asks the judge, where there is one, about every answer with a `judge` check, and judges these rows anew. What it
/// can't say is a verdict of its own, and a warning; it never is an error.
pub(super) async fn ask_judge(
    spec: Option<&JudgeSpec>,
    rows: &mut [Row],
    checked: &Checked<'_>,
    around: &Surroundings<'_>,
) -> (Option<JudgeInfo>, Vec<String>) {
    let with_rubric: BTreeSet<&str> = rows
        .iter()
        .filter_map(|row| checked.prompt(row))
        .filter(|prompt| prompt.checks.iter().any(|check| matches!(check, Check::Judge { .. })))
        .map(|prompt| prompt.id.as_str())
        .collect();
    let prompts = match with_rubric.len() {
        1 => "1 prompt has".to_owned(),
        several => format!("{several} prompts have"),
    };
    let Some(spec) = spec else {
        let warning = format!(
            "{ABOUT_JUDGE}{prompts} a `judge` check and no judge was asked, so that check says nothing; `--judge-endpoint` names one, also for `labctl rescore`"
        );
        return (None, if with_rubric.is_empty() { Vec::new() } else { vec![warning] });
    };
    if with_rubric.is_empty() {
        let warning = format!("{ABOUT_JUDGE}no prompt has a `judge` check, so nothing was asked");
        return (None, vec![warning]);
    }
    if around.cancel.is_cancelled() {
        let warning = format!(
            "{ABOUT_JUDGE}interrupted before it was asked: `judge` checks say nothing; `labctl rescore` asks it later"
        );
        return (None, vec![warning]);
    }
    let asked = Asking { spec, checked, around }.ask(rows).await;
    for row in rows.iter_mut() {
        checked.judge_late(row);
    }
    let JudgeInfo { asked: requests, unparsed, failed, .. } = &asked.info;
    let mut warnings = Vec::new();
    if *failed > 0 {
        let why = asked.first_failure.as_deref().unwrap_or("no reason was told");
        warnings.push(format!(
            "{ABOUT_JUDGE}{failed} of {requests} requests brought no reply (the first: {why}); answers it scored nothing of are `check_error`; `labctl rescore` asks again"
        ));
    }
    if *unparsed > 0 {
        warnings
            .push(format!("{ABOUT_JUDGE}{unparsed} of {requests} replies held no score that could be read"));
    }
    if asked.left_out > 0 {
        warnings.push(format!(
            "{ABOUT_JUDGE}interrupted: {} answers have no scores; `labctl rescore` asks for them later",
            asked.left_out
        ));
    }
    (Some(asked.info), warnings)
}
