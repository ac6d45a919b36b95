//! Fine-tuning: better in its domains, as fast, and nothing forgotten.

use super::quality::{better, how_many, look_at_loss, no_worse};
use super::quantization::{more_requests, more_rounds};
use super::speed::{cache, e2e_p95, sound, throughput, to_read};
use super::{Bound, Evidence, Expected, argument, beside_one, percent};
use crate::model::team::{Reading, ReadingVerdict};

/// Latency, throughput, cache where configured, then the domains and what must not be forgotten.
pub(super) fn read(evidence: &Evidence<'_>) -> Vec<Reading> {
    let speed = [latency(evidence), rate(evidence), cache(evidence)];
    speed.into_iter().flatten().chain(domains(evidence)).chain(forgotten(evidence)).collect()
}

fn latency(evidence: &Evidence<'_>) -> Option<Reading> {
    let at_most = evidence.expectations.e2e_p95_ratio_at_most?;
    let suspect = evidence.expectations.e2e_p95_ratio_suspect.unwrap_or(f64::INFINITY);
    let measured = e2e_p95(evidence, at_most).map(|mut measured| {
        let beyond = format!("{} % above the baseline's", percent(suspect - 1.0));
        if measured.interval.low > suspect {
            measured.evidence = format!("{}; suspect: more than {beyond}", measured.evidence);
        } else if measured.interval.high > suspect {
            measured.evidence = format!(
                "{}; more than {beyond}, which would be suspect, is not ruled out",
                measured.evidence
            );
        }
        measured
    });
    let expected = beside_one(Bound::AtMost(at_most));
    Some(Expected::new("e2e_p95_ratio_at_most", "P95 latency", expected, Some(at_most)).read(measured, |verdict| {
        match verdict {
            ReadingVerdict::Missed => Some(
                "see whether the adapter is applied to every request anew: serve it merged into the weights, and compare TTFT with TPOT to tell where the time goes".to_owned(),
            ),
            ReadingVerdict::NotApplicable => Some(to_read(evidence, &more_requests(evidence))),
            _ => Some(more_rounds(evidence)),
        }
    }))
}

fn rate(evidence: &Evidence<'_>) -> Option<Reading> {
    let at_least = evidence.expectations.throughput_ratio_at_least?;
    let expected = beside_one(Bound::AtLeast(at_least));
    let measured = throughput(evidence, at_least);
    Some(Expected::new("throughput_ratio_at_least", "Throughput", expected, Some(at_least)).read(
        measured,
        |verdict| match verdict {
            ReadingVerdict::Missed => Some("look at the adapter's rank: a lower one costs less".to_owned()),
            ReadingVerdict::NotApplicable => Some(to_read(evidence, &more_rounds(evidence))),
            _ => Some(more_rounds(evidence)),
        },
    ))
}

/// Each domain was named beforehand, so each is read by itself.
fn domains(evidence: &Evidence<'_>) -> Vec<Reading> {
    let Some(names) = &evidence.expectations.domain_categories else { return Vec::new() };
    if let Some(reading) =
        all_absent(evidence, names, "domain_categories", "Domains", "better than the baseline")
    {
        return vec![reading];
    }
    let read = |name: &String| {
        let id = format!("domain_categories:{name}");
        let expected = Expected::new(&id, format!("Domain {name}"), "better than the baseline", Some(0.0));
        expected.read(better(evidence, name), |verdict| match verdict {
            ReadingVerdict::Missed => look_at_loss(evidence, name)
                .or_else(|| Some("see that the adapter is the one that answers: `served_models` of the result".to_owned())),
            ReadingVerdict::Unsettled => Some(
                "a gain takes more prompts to show; see first that it is the adapter that answers: `served_models` of the result".to_owned(),
            ),
            _ => Some(format!("send prompts of `{name}`")),
        })
    };
    names.iter().map(read).collect()
}

fn forgotten(evidence: &Evidence<'_>) -> Vec<Reading> {
    let expectations = evidence.expectations;
    let (Some(names), Some(margin)) =
        (&expectations.regression_categories, expectations.category_loss_pp_at_most)
    else {
        return Vec::new();
    };
    let words = format!("no loss shown, and one beyond {margin} pp ruled out");
    if let Some(reading) = all_absent(evidence, names, "regression_categories", "Forgetting", &words) {
        return vec![reading];
    }
    let read = |name: &String| {
        let id = format!("regression_categories:{name}");
        let expected = Expected::new(&id, format!("Forgetting: {name}"), words.clone(), Some(-margin));
        expected.read(no_worse(evidence, name, margin), |verdict| match verdict {
            ReadingVerdict::Missed => look_at_loss(evidence, name),
            ReadingVerdict::Unsettled => Some(how_many(evidence, margin)),
            _ => Some(format!("send prompts of `{name}`")),
        })
    };
    names.iter().map(read).collect()
}

/// One reading in place of many where there is nothing to read any of them from.
fn all_absent(
    evidence: &Evidence<'_>,
    names: &[String],
    id: &str,
    topic: &str,
    expected: &str,
) -> Option<Reading> {
    let list = || names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let expected = Expected::new(id, topic, format!("{}: {expected}", list()), None);
    match sound(evidence) {
        Err(because) => {
            Some(expected.read(Err(because), |_| Some(to_read(evidence, "check what the Warnings say"))))
        }
        Ok(comparison) => {
            let is_sent =
                |name: &String| comparison.categories.iter().any(|rate| rate.category.as_ref() == Some(name));
            (!names.is_empty() && !names.iter().any(is_sent)).then(|| {
                expected.read(Err(format!("no prompt of {} was sent", list())), |_| {
                    Some(format!(
                        "`labctl bench --team {} --promptset benchmark-finetune --compare-baseline`",
                        argument(evidence.team)
                    ))
                })
            })
        }
    }
}
