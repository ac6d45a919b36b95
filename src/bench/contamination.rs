//! Signs that something else than the model answered: a cache, a proxy, a server that didn't work.

use std::collections::{HashMap, HashSet};

use crate::model::record::{Attempt, Side};
use crate::model::result::RunResult;
use crate::model::units::ratio;
use crate::model::workload::CacheMode;

/// Prompt tokens that no server works through in a second, and so must have had before.
const IMPOSSIBLE_PREFILL_PER_S: f64 = 1e6;

/// Shorter prompts say nothing about prefill: a network's own delay is of the same size.
const SHORTEST_PROMPT: u64 = 64;

/// The share of prompt tokens from a cache that is too much where prompts are salted.
const MOST_CACHED: f64 = 0.05;

/// Answers shorter than this are alike by chance, tokens.
const SHORTEST_ANSWER: u64 = 16;

/// So many different prompts it takes to call equal answers strange.
const FEWEST_PROMPTS: usize = 10;

/// What looks wrong with one side's answers.
pub(super) fn warnings(result: &RunResult, side: Side) -> Vec<String> {
    let attempts: Vec<(&str, &Attempt)> = result
        .rows
        .iter()
        .filter_map(|row| Some((row.key.prompt_id.as_str(), row.attempt(side)?)))
        .filter(|(_, attempt)| attempt.exchange.outcome.is_success())
        .collect();
    [impossible_times(&attempts, side), identical_answers(&attempts, side), cached(result, side)]
        .into_iter()
        .flatten()
        .collect()
}

fn impossible_times(attempts: &[(&str, &Attempt)], side: Side) -> Option<String> {
    let impossible = |attempt: &Attempt| {
        let usage = attempt.exchange.usage?;
        let fresh = usage.prompt_tokens.saturating_sub(usage.cached_tokens.unwrap_or(0));
        let ttft_s = attempt.metrics.ttft_ms? / 1e3;
        #[expect(clippy::cast_precision_loss, reason = "a number of tokens")]
        let is_impossible = fresh >= SHORTEST_PROMPT && fresh as f64 > IMPOSSIBLE_PREFILL_PER_S * ttft_s;
        is_impossible.then_some((fresh, ttft_s * 1e3))
    };
    let found: Vec<(u64, f64)> = attempts.iter().filter_map(|(_, attempt)| impossible(attempt)).collect();
    let (tokens, ttft_ms) = found.first()?;
    Some(format!(
        "{} of {} answers of the {side} began sooner than any server could have read the prompt (one of {tokens} tokens after {ttft_ms:.3} ms): something else than the model may have answered",
        found.len(),
        attempts.len()
    ))
}

fn identical_answers(attempts: &[(&str, &Attempt)], side: Side) -> Option<String> {
    let mut prompts: HashMap<&str, HashSet<&str>> = HashMap::new();
    let mut all: HashSet<&str> = HashSet::new();
    for (prompt, attempt) in attempts {
        // A judged prompt may well have the answer of another.
        let long_enough = attempt.metrics.output_tokens.is_some_and(|tokens| tokens >= SHORTEST_ANSWER);
        if attempt.judgement.checks.is_empty() && long_enough {
            prompts.entry(attempt.exchange.content.as_str()).or_default().insert(prompt);
            all.insert(prompt);
        }
    }
    let most = prompts.values().map(HashSet::len).max()?;
    (all.len() >= FEWEST_PROMPTS && most * 2 > all.len()).then(|| {
        format!(
            "{most} of {} different prompts got the same answer from the {side}: something else than the model may have answered",
            all.len()
        )
    })
}

/// Prompts that nobody saw before can't have been cached.
fn cached(result: &RunResult, side: Side) -> Option<String> {
    let workload = result.workload.as_ref()?;
    let shares_by_design = match &workload.spec {
        crate::model::workload::WorkloadSpec::Synthetic(made_up) => {
            made_up.shared_prefix.is_some() || made_up.conversation.is_some()
        }
        _ => true,
    };
    if workload.options.cache != Some(CacheMode::Cold) || shares_by_design {
        return None;
    }
    let summary = &result.side(side)?.summary;
    let share = ratio(summary.cached_tokens?, summary.prompt_tokens)?;
    (share > MOST_CACHED).then(|| {
        format!(
            "a prefix cache of the {side} answered {:.0} % of the prompt tokens although every prompt begins with a salt of its own",
            share * 100.0
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange::Usage;
    use crate::model::judgement::Verdict;
    use crate::results::fixtures::{record, result};
    use crate::results::rows::rows;

    /// Twenty requests for their speed alone, each changed.
    fn measured(change: impl Fn(usize, &mut Attempt)) -> Vec<String> {
        let mut result = result("run-1");
        let records = (0..20).map(|n| {
            let mut record = record(&format!("p-{n}"), 0, Side::Candidate, Verdict::Pass);
            record.attempt.judgement.checks.clear();
            let usage = Usage { prompt_tokens: 1_000, completion_tokens: 20, ..Usage::default() };
            record.attempt.exchange.usage = Some(usage);
            record.attempt.exchange.content = format!("answer {n}");
            record.attempt.metrics.ttft_ms = Some(50.0);
            record.attempt.metrics.output_tokens = Some(20);
            change(n, &mut record.attempt);
            record
        });
        result.rows = rows(records);
        warnings(&result, Side::Candidate)
    }

    #[test]
    fn what_a_model_does_is_not_suspicious() {
        assert_eq!(measured(|_, _| {}), [""; 0]);
        // Half of the prompts of 1,000 tokens from a cache.
        let cached = measured(|_, attempt| {
            attempt.exchange.usage.as_mut().unwrap().cached_tokens = Some(990);
            attempt.metrics.ttft_ms = Some(0.5);
        });
        assert_eq!(cached, [""; 0]);
    }

    #[test]
    fn a_prompt_read_in_no_time_is() {
        let warnings = measured(|n, attempt| {
            if n == 3 {
                attempt.metrics.ttft_ms = Some(0.2);
            }
        });
        assert!(warnings[0].starts_with("1 of 20 answers of the candidate began sooner"), "{warnings:?}");
    }

    #[test]
    fn one_answer_to_everything_is() {
        let same = |shared: usize| {
            measured(|n, attempt| {
                if n < shared {
                    "the same".clone_into(&mut attempt.exchange.content);
                }
            })
        };
        assert_eq!(same(10), [""; 0]);
        assert!(same(11)[0].starts_with("11 of 20 different prompts got the same answer"));
    }
}
