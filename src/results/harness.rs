//! `HarnessResult`: one flat row per prompt, with the names that a lab's console and its
//! spreadsheets know. A view of the result file; nothing here is stored or computed anew.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::health::HealthStatus;
use crate::model::judgement::Verdict;
use crate::model::outcome::Outcome;
use crate::model::record::{Attempt, Row, Side};
use crate::model::result::RunResult;

/// A prompt's outcome on the candidate and its twin on the baseline. Every field is always there;
/// what was not measured is null.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
pub struct HarnessResult<'a> {
    /// The run.
    pub run_id: &'a str,
    /// The team, for a bench.
    pub team: Option<&'a str>,
    /// The prompt's scenario.
    pub scenario_id: &'a str,
    /// The prompt.
    pub prompt_id: &'a str,
    /// The prompt's category.
    pub category: &'a str,
    /// From 0, within its round.
    pub repeat: u32,
    /// From 0.
    pub round: u32,
    /// How the request ended.
    pub outcome: Option<Outcome>,
    /// What the checks made of the response.
    pub verdict: Option<Verdict>,
    /// Whether the verdict is `pass`; null where the verdict is missing: no response, or no way to judge it.
    pub passed: Option<bool>,
    /// Sent to last token, milliseconds: `e2e_ms`.
    pub latency_ms: Option<f64>,
    /// Sent to first token, milliseconds.
    pub ttft_ms: Option<f64>,
    /// Time per output token after the first chunk, milliseconds.
    pub tpot_ms: Option<f64>,
    /// Output tokens.
    pub output_tokens: Option<u64>,
    /// Output tokens ÷ `latency_ms`, per second.
    pub tokens_per_second: Option<f64>,
    /// The answer's text as received; null where a failed request brought none.
    pub response: Option<&'a str>,
    /// The answer that the checks found in it.
    pub answer: Option<&'a str>,
    /// What went wrong, where something did.
    pub error: Option<&'a str>,
    /// `outcome` on the baseline.
    pub baseline_outcome: Option<Outcome>,
    /// `verdict` on the baseline.
    pub baseline_verdict: Option<Verdict>,
    /// `passed` on the baseline.
    pub baseline_passed: Option<bool>,
    /// `latency_ms` on the baseline.
    pub baseline_latency_ms: Option<f64>,
    /// `ttft_ms` on the baseline.
    pub baseline_ttft_ms: Option<f64>,
    /// `tpot_ms` on the baseline.
    pub baseline_tpot_ms: Option<f64>,
    /// `output_tokens` on the baseline.
    pub baseline_output_tokens: Option<u64>,
    /// `tokens_per_second` on the baseline.
    pub baseline_tokens_per_second: Option<f64>,
    /// `response` on the baseline.
    pub baseline_response: Option<&'a str>,
    /// `answer` on the baseline.
    pub baseline_answer: Option<&'a str>,
    /// `error` on the baseline.
    pub baseline_error: Option<&'a str>,
    /// Whether the client's measurements can be trusted: that of the whole run, on every row.
    pub client_health: Option<HealthStatus>,
}

/// The rows of `result` as harness results, in the same order.
pub fn harness_results(result: &RunResult) -> impl Iterator<Item = HarnessResult<'_>> {
    result.rows.iter().map(|row| HarnessResult::new(result, row))
}

impl<'a> HarnessResult<'a> {
    /// The view of one row of `result`.
    #[must_use]
    pub fn new(result: &'a RunResult, row: &'a Row) -> Self {
        let candidate = row.attempt(Side::Candidate);
        let baseline = row.attempt(Side::Baseline);
        Self {
            run_id: &result.run_id,
            team: result.team.as_deref(),
            scenario_id: &row.scenario_id,
            prompt_id: &row.key.prompt_id,
            category: &row.category,
            repeat: row.key.repeat,
            round: row.key.round,
            outcome: candidate.map(|a| a.exchange.outcome),
            verdict: candidate.map(|a| a.judgement.verdict),
            passed: candidate.and_then(|a| a.judgement.verdict.passed()),
            latency_ms: candidate.and_then(|a| a.metrics.e2e_ms),
            ttft_ms: candidate.and_then(|a| a.metrics.ttft_ms),
            tpot_ms: candidate.and_then(|a| a.metrics.tpot_ms),
            output_tokens: candidate.and_then(|a| a.metrics.output_tokens),
            tokens_per_second: candidate.and_then(|a| a.metrics.output_tokens_per_s),
            response: candidate.and_then(response),
            answer: candidate.and_then(answer),
            error: candidate.and_then(|a| a.exchange.error.as_deref()),
            baseline_outcome: baseline.map(|a| a.exchange.outcome),
            baseline_verdict: baseline.map(|a| a.judgement.verdict),
            baseline_passed: baseline.and_then(|a| a.judgement.verdict.passed()),
            baseline_latency_ms: baseline.and_then(|a| a.metrics.e2e_ms),
            baseline_ttft_ms: baseline.and_then(|a| a.metrics.ttft_ms),
            baseline_tpot_ms: baseline.and_then(|a| a.metrics.tpot_ms),
            baseline_output_tokens: baseline.and_then(|a| a.metrics.output_tokens),
            baseline_tokens_per_second: baseline.and_then(|a| a.metrics.output_tokens_per_s),
            baseline_response: baseline.and_then(response),
            baseline_answer: baseline.and_then(answer),
            baseline_error: baseline.and_then(|a| a.exchange.error.as_deref()),
            client_health: Some(result.client_health.status),
        }
    }
}

/// An empty answer of a request that succeeded is an answer; of one that failed it is none.
fn response(attempt: &Attempt) -> Option<&str> {
    let exchange = &attempt.exchange;
    let answered = matches!(exchange.outcome, Outcome::Success | Outcome::Empty);
    (answered || !exchange.content.is_empty()).then_some(exchange.content.as_str())
}

fn answer(attempt: &Attempt) -> Option<&str> {
    attempt.judgement.answer.as_ref().map(|found| found.text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::fixtures::{header, record, result, result_of};

    #[test]
    fn a_row_and_its_twin_become_one_flat_row() {
        let result = result("run-1");
        let rows: Vec<_> = harness_results(&result).collect();
        assert_eq!(rows.len(), 2);

        let both = rows[0];
        assert_eq!((both.run_id, both.team, both.prompt_id), ("run-1", Some("quant"), "capital-1"));
        assert_eq!((both.passed, both.baseline_passed), (Some(true), Some(true)));
        assert_eq!(both.latency_ms, Some(40.3));
        // 3 tokens in 40.3 ms.
        assert!((both.tokens_per_second.unwrap() - 74.441_687).abs() < 1e-6);
        assert_eq!(both.baseline_response, Some("Paris, naïvely 巴黎"));

        let lost = rows[1];
        assert_eq!((lost.verdict, lost.passed), (Some(Verdict::Wrong), Some(false)));
        assert_eq!(lost.baseline_outcome, Some(Outcome::Reset));
        assert_eq!(
            (lost.baseline_passed, lost.baseline_response, lost.baseline_latency_ms),
            (None, None, None)
        );
        assert_eq!(lost.baseline_error, Some("the connection was reset"));
    }

    #[test]
    fn a_side_that_was_never_reached_is_null_throughout() {
        let run = result_of(header("r"), [record("a", 0, Side::Baseline, Verdict::Pass)]);
        let row = harness_results(&run).next().unwrap();
        assert_eq!((row.outcome, row.verdict, row.passed, row.response), (None, None, None, None));
        assert_eq!(row.baseline_passed, Some(true));
    }

    #[test]
    fn every_missing_verdict_is_null_and_every_judged_one_is_not() {
        for verdict in Verdict::ALL {
            let run = result_of(header("r"), [record("a", 0, Side::Candidate, verdict)]);
            assert_eq!(harness_results(&run).next().unwrap().passed, verdict.passed());
        }
    }
}
