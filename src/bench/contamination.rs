//! Answers that a model can hardly have given: the same to different prompts, or sooner than it can have read them.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::judgement::Verdict;
use crate::model::record::{Attempt, Row, Side};
use crate::model::units::ratio;

/// Answers of fewer tokens may well be alike by themselves.
const LONG_ANSWER: u64 = 32;

/// So many different prompts with one answer, and this share of all, are hardly chance.
const SEVERAL: usize = 3;
const MUCH: f64 = 0.1;

/// Prompts of fewer tokens are read in less time than the way there and back takes.
const LONG_PROMPT: u64 = 1_000;

/// Prompt tokens a second that nothing reads: a billion parameters take 2·10⁹ operations a token, and a machine of
/// eight of the fastest accelerators has some 10¹⁶ a second.
const FASTEST_READING_PER_S: f64 = 5e6;

/// What of a side's answers makes one doubt that the model gave them, a sentence each.
pub(super) fn warnings(rows: &[Row], side: Side) -> Vec<String> {
    let answered: Vec<(&str, &Attempt)> = rows
        .iter()
        .filter_map(|row| Some((row.key.prompt_id.as_str(), row.attempt(side)?)))
        .filter(|(_, attempt)| attempt.exchange.outcome.is_success())
        .collect();
    alike(&answered, side).into_iter().chain(too_soon(&answered, side)).collect()
}

/// Prompts with checks are left out: several of them may have one right answer.
fn alike(answered: &[(&str, &Attempt)], side: Side) -> Option<String> {
    let is_long = |attempt: &Attempt| attempt.metrics.output_tokens.is_some_and(|n| n >= LONG_ANSWER);
    let open = answered
        .iter()
        .filter(|(_, attempt)| attempt.judgement.verdict == Verdict::Unchecked && is_long(attempt));
    let mut prompts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut all = BTreeSet::new();
    for (prompt, attempt) in open {
        prompts.entry(&attempt.exchange.content).or_default().insert(prompt);
        all.insert(prompt);
    }
    let most = prompts.values().map(BTreeSet::len).max()?;
    let share = ratio(most as u64, all.len() as u64)?;
    (most >= SEVERAL && share >= MUCH).then(|| {
        format!(
            "{most} of {} different prompts got the same answer from the {side}, word for word: what answered may be a cache of answers, or no model",
            all.len()
        )
    })
}

fn too_soon(answered: &[(&str, &Attempt)], side: Side) -> Option<String> {
    let rates = answered.iter().filter_map(|(_, attempt)| reading_per_s(attempt));
    let impossible: Vec<f64> = rates.filter(|rate| *rate > FASTEST_READING_PER_S).collect();
    let fastest = impossible.iter().copied().reduce(f64::max)?;
    Some(format!(
        "{} of {} requests to the {side} got their first token sooner than the prompt can have been read (up to {:.0} million tokens a second): what answered may be a cache that tells of no cached tokens, or no model",
        impossible.len(),
        answered.len(),
        fastest / 1e6
    ))
}

/// Prompt tokens that no cache answered ÷ TTFT.
#[expect(clippy::cast_precision_loss, reason = "prompts have far fewer than 2^53 tokens")]
fn reading_per_s(attempt: &Attempt) -> Option<f64> {
    let usage = attempt.exchange.usage?;
    let read = usage.prompt_tokens.saturating_sub(usage.cached_tokens.unwrap_or(0));
    let ttft_s = attempt.metrics.ttft_ms.filter(|ms| *ms > 0.0)? / 1e3;
    (read >= LONG_PROMPT).then(|| read as f64 / ttft_s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange::Usage;
    use crate::model::fixture;

    fn row(prompt: &str, content: &str, tokens: u64, verdict: Verdict) -> Row {
        let mut record = fixture::record();
        record.key.prompt_id = prompt.to_owned();
        content.clone_into(&mut record.attempt.exchange.content);
        record.attempt.metrics.output_tokens = Some(tokens);
        record.attempt.metrics.ttft_ms = Some(1.0);
        record.attempt.exchange.usage = None;
        record.attempt.judgement.verdict = verdict;
        Row {
            key: record.key,
            category: record.category,
            scenario_id: record.scenario_id,
            ask: record.ask,
            block: 0,
            candidate: Some(record.attempt),
            baseline: None,
        }
    }

    fn told(rows: &[Row]) -> Vec<String> {
        warnings(rows, Side::Candidate)
    }

    #[test]
    fn the_same_long_answer_to_several_prompts_is_told() {
        let same = |n: u64, tokens, verdict| row(&format!("p{n}"), "It seems that", tokens, verdict);
        let rows: Vec<_> = (0..4).map(|n| same(n, 40, Verdict::Unchecked)).collect();
        assert!(
            told(&rows)[0].starts_with("4 of 4 different prompts got the same answer from the candidate")
        );
        assert!(told(&rows[..2]).is_empty());
        // One prompt that is sent again and again is answered alike.
        let again: Vec<_> = (0..4).map(|_| same(0, 40, Verdict::Unchecked)).collect();
        assert!(told(&again).is_empty());
        let short: Vec<_> = (0..4).map(|n| same(n, 8, Verdict::Unchecked)).collect();
        assert!(told(&short).is_empty());
        let checked: Vec<_> = (0..4).map(|n| same(n, 40, Verdict::Pass)).collect();
        assert!(told(&checked).is_empty());
        let few: Vec<_> = (0..40)
            .map(|n| row(&format!("p{n}"), &format!("{}", n.max(3)), 40, Verdict::Unchecked))
            .collect();
        assert!(told(&few[1..]).is_empty(), "3 of 39");
    }

    #[test]
    fn a_first_token_before_the_prompt_was_read_is_told() {
        let with = |prompt_tokens, cached_tokens| {
            let mut row = row("p", "x", 1, Verdict::Unchecked);
            let usage = Usage { prompt_tokens, cached_tokens, ..Usage::default() };
            row.candidate.as_mut().unwrap().exchange.usage = Some(usage);
            told(&[row])
        };
        assert!(with(50_000, None)[0].contains("1 of 1 requests to the candidate"));
        assert!(with(50_000, None)[0].contains("up to 50 million tokens a second"));
        assert!(with(50_000, Some(49_000)).is_empty(), "a cache that says so");
        assert!(with(4_000, None).is_empty() && with(900, None).is_empty());
    }
}
