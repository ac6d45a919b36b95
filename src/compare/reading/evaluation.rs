//! Evaluation: a judge that keeps up, and scores rightly. It needs no baseline.

use super::alone::{Tail, by_category, e2e_p95, output_tokens, pass_rates};
use super::speed::NO_TELEMETRY;
use super::{Evidence, Expected, argument, percent, ratio};
use crate::model::team::{Reading, ReadingVerdict};

/// Latency, its evenness, the queue, pass rates, and how much is said.
pub(super) fn read(evidence: &Evidence<'_>) -> Vec<Reading> {
    let all = [latency(evidence), evenness(evidence), waiting(evidence), rates(evidence), length(evidence)];
    all.into_iter().flatten().collect()
}

fn latency(evidence: &Evidence<'_>) -> Option<Reading> {
    let at_most = evidence.expectations.e2e_p95_ms_at_most?;
    let expected = format!("at most {} s", at_most / 1e3);
    let expected = Expected::new("e2e_p95_ms_at_most", "P95 latency", expected, Some(at_most));
    let next = |verdict| {
        Some(match verdict {
            ReadingVerdict::Missed => format!(
                "find the load that it holds: `labctl bench --team {} --find max-concurrency --slo \"e2e_p95_ms<={at_most}\"`",
                argument(evidence.team)
            ),
            ReadingVerdict::NotApplicable if evidence.speed_void_because.is_some() => {
                "mend what makes the measurement void (see Warnings) and run it again".to_owned()
            }
            _ => format!(
                "more requests: `labctl bench --team {} --promptset benchmark-eval`",
                argument(evidence.team)
            ),
        })
    };
    Some(match e2e_p95(evidence, at_most) {
        Ok(Tail::Known(measured)) => expected.read(Ok(measured), next),
        Ok(Tail::Failed(verdict, text)) => expected.told(verdict, text, next),
        Err(because) => expected.read(Err(because), next),
    })
}

fn evenness(evidence: &Evidence<'_>) -> Option<Reading> {
    let at_most = evidence.expectations.category_latency_ratio_at_most?;
    let expected = format!("no category takes more than {} times as long as the others", ratio(at_most));
    let expected =
        Expected::new("category_latency_ratio_at_most", "Latency by category", expected, Some(at_most));
    Some(match by_category(evidence, at_most) {
        Ok((verdict, evidence)) => expected.told(verdict, evidence, |verdict| {
            Some(match verdict {
                ReadingVerdict::Missed => {
                    "the judge struggles with these prompts: read some of its answers, and how long they are"
                        .to_owned()
                }
                _ => "more requests narrow it: `--repeats 3`".to_owned(),
            })
        }),
        Err(because) => expected.read(Err(because), |_| None),
    })
}

fn waiting(evidence: &Evidence<'_>) -> Option<Reading> {
    let at_most = evidence.expectations.waiting_at_most?;
    let expected = format!("at most {at_most} on average");
    Some(Expected::new("waiting_at_most", "Waiting requests", expected, Some(at_most)).read(
        Err(NO_TELEMETRY.to_owned()),
        |_| {
            Some(
                "watch `vllm:num_requests_waiting` in the server's /metrics during the run: where it rises, more replicas or less concurrency"
                    .to_owned(),
            )
        },
    ))
}

fn rates(evidence: &Evidence<'_>) -> Option<Reading> {
    let at_least = evidence.expectations.pass_rate_at_least?;
    let hard = evidence.expectations.hard_categories.as_deref().unwrap_or_default();
    let but = if hard.is_empty() {
        String::new()
    } else {
        format!(" but {}", hard.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
    };
    let expected = format!("at least {} % in each category{but}", percent(at_least));
    let expected = Expected::new("pass_rate_at_least", "Pass rates", expected, Some(at_least));
    Some(match pass_rates(evidence, at_least, hard) {
        Ok((verdict, text)) => expected.told(verdict, text, |verdict| {
            Some(match verdict {
                ReadingVerdict::Missed => {
                    format!(
                        "see what didn't pass: `labctl report {} --format text`",
                        argument(evidence.run_id)
                    )
                }
                _ => "more prompts of these categories, or `--repeats 3`, narrow it".to_owned(),
            })
        }),
        Err(because) => expected.read(Err(because), |_| None),
    })
}

fn length(evidence: &Evidence<'_>) -> Option<Reading> {
    let at_most = evidence.expectations.output_tokens_at_most?;
    let expected = format!("at most {at_most} output tokens on average");
    let measured = output_tokens(evidence, at_most).map(|mut measured| {
        if measured.verdict == ReadingVerdict::Missed {
            measured.evidence = format!("over-generating: {}", measured.evidence);
        }
        measured
    });
    Some(Expected::new("output_tokens_at_most", "Length of answers", expected, Some(at_most)).read(
        measured,
        |verdict| {
            Some(match verdict {
                ReadingVerdict::Missed => {
                    "ask for the score alone, or for a short reason, in the prompts' system text; `max_tokens` only cuts".to_owned()
                }
                _ => "more prompts narrow it".to_owned(),
            })
        },
    ))
}
