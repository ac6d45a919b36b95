//! Items of a judge's examination: a request with one response to be scored, or with two of which the better is to be
//! named.

use serde::Deserialize;

use super::random::Random;
use crate::model::check::Check;
use crate::model::prompt::Prompt;
use crate::model::rubric::{Preferred, ScoreBand};

/// A response to be scored from 1 to 5.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scored {
    /// What the user asked.
    pub(super) task: String,
    /// What was answered; may be empty.
    response: String,
    /// The right score.
    gold: u32,
    /// What is accepted: `exact`, `within: 1`, `band: [1, 2]`.
    #[serde(default)]
    accept: ScoreBand,
    /// Why that is the right score, in a sentence.
    why: String,
}

/// Two responses, one of them better.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pair {
    /// What the user asked.
    pub(super) task: String,
    /// The better response, or one of two equals.
    better: String,
    /// The worse response, or the other of two equals.
    worse: String,
    /// Why, in a sentence; speak of the responses' content, not of A and B.
    why: String,
    /// Whether neither is better.
    #[serde(default)]
    tie: bool,
}

/// Either.
pub(super) enum Item<'a> {
    /// One response.
    Scored(&'a Scored),
    /// Two.
    Pair(&'a Pair),
}

const SCORE_FORM: &str = "End with two lines:\nScore: <1 to 5>\nConfidence: <0 to 100>%";
const PAIR_FORM: &str = "End with two lines:\nBetter: <A, B or tie>\nConfidence: <0 to 100>%";

impl Item<'_> {
    /// Writes message, check, reference and near misses.
    pub(super) fn fill(&self, rubric: &str, prompt: &mut Prompt) -> Result<(), String> {
        prompt.system = Some(rubric.trim().to_owned());
        match self {
            Self::Scored(item) => item.fill(prompt),
            Self::Pair(item) => {
                item.fill(prompt);
                Ok(())
            }
        }
    }
}

impl Scored {
    fn fill(&self, prompt: &mut Prompt) -> Result<(), String> {
        if !(1..=5).contains(&self.gold) {
            return Err(format!("`gold` is {}; scores are 1 to 5", self.gold));
        }
        let gold = f64::from(self.gold);
        let accepts = |score: u32| {
            let score = f64::from(score);
            match self.accept {
                ScoreBand::Exact => score.total_cmp(&gold).is_eq(),
                ScoreBand::Within(distance) => (score - gold).abs() <= distance,
                ScoreBand::Band([low, high]) => (low..=high).contains(&score),
            }
        };
        if !accepts(self.gold) {
            return Err("`accept` leaves out the gold score".to_owned());
        }
        let wrong: Vec<u32> = (1..=5).filter(|score| !accepts(*score)).collect();
        if wrong.is_empty() {
            return Err("`accept` takes every score from 1 to 5; narrow it".to_owned());
        }
        let (task, response) = (self.task.trim(), self.response.trim());
        prompt.prompt =
            format!("[Request]\n{task}\n[Response]\n{response}\n[End of response]\n\n{SCORE_FORM}");
        prompt.checks.push(Check::Score { gold, scale: [1.0, 5.0], accept: self.accept });
        let reply = |score: u32| format!("{}\nScore: {score}\nConfidence: 80%", self.why.trim());
        prompt.reference = reply(self.gold);
        // The nearest of the wrong ones on each side.
        let below = wrong.iter().rev().find(|score| **score < self.gold);
        let above = wrong.iter().find(|score| **score > self.gold);
        prompt.near_miss = below.into_iter().chain(above).map(|score| reply(*score)).collect();
        Ok(())
    }
}

impl Pair {
    fn fill(&self, prompt: &mut Prompt) {
        let task = self.task.trim();
        let shown = |a: &str, b: &str| {
            format!(
                "[Request]\n{task}\n[Response A]\n{}\n[Response B]\n{}\n[End of responses]\n\n{PAIR_FORM}",
                a.trim(),
                b.trim()
            )
        };
        let is_first = Random::of(&format!("{task}{}", self.better)).between(0, 1) == 0;
        let (a, b) = if is_first { (&self.better, &self.worse) } else { (&self.worse, &self.better) };
        prompt.prompt = shown(a, b);
        prompt.swapped = Some(shown(b, a));
        let gold = match (self.tie, is_first) {
            (true, _) => Preferred::Tie,
            (_, true) => Preferred::A,
            (_, false) => Preferred::B,
        };
        prompt.checks.push(Check::Preference { gold });
        let reply =
            |better: Preferred| format!("{}\nBetter: {}\nConfidence: 80%", self.why.trim(), better.name());
        let others = [Preferred::A, Preferred::B, Preferred::Tie].into_iter().filter(|other| *other != gold);
        prompt.near_miss = others.map(&reply).collect();
        prompt.reference = reply(gold);
    }
}
