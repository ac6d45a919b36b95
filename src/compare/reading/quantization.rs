//! Quantization: faster, and no worse.

use super::quality::{categories, how_many, look_at_loss};
use super::speed::{cache, e2e_p95, throughput, to_read};
use super::{Bound, Evidence, Expected, argument, beside_one};
use crate::model::team::{Reading, ReadingVerdict};

/// Latency, throughput, cache where configured, then whether any category lost.
pub(super) fn read(evidence: &Evidence<'_>) -> Vec<Reading> {
    [latency(evidence), rate(evidence), cache(evidence), precision(evidence)].into_iter().flatten().collect()
}

fn latency(evidence: &Evidence<'_>) -> Option<Reading> {
    let at_most = evidence.expectations.e2e_p95_ratio_at_most?;
    let expected = beside_one(Bound::AtMost(at_most));
    let measured = e2e_p95(evidence, at_most).map(|mut measured| {
        if measured.interval.high >= 1.0 {
            measured.evidence.push_str("; latencies overlap: no speed benefit on this hardware");
        }
        measured
    });
    Some(Expected::new("e2e_p95_ratio_at_most", "P95 latency", expected, Some(at_most)).read(measured, |verdict| {
        match verdict {
            ReadingVerdict::NotApplicable => Some(to_read(evidence, &more_requests(evidence))),
            ReadingVerdict::Missed => Some(
                "check that the server uses kernels for these weights on this GPU (its log names them), and that it isn't busy with something else than decoding".to_owned(),
            ),
            _ => Some(more_rounds(evidence)),
        }
    }))
}

fn rate(evidence: &Evidence<'_>) -> Option<Reading> {
    let at_least = evidence.expectations.throughput_ratio_at_least?;
    let expected = beside_one(Bound::AtLeast(at_least));
    let measured = throughput(evidence, at_least);
    Some(Expected::new("throughput_ratio_at_least", "Throughput", expected, Some(at_least)).read(measured, |verdict| {
        match verdict {
            ReadingVerdict::Missed => Some(format!(
                "the bottleneck may be something else than compute, such as memory bandwidth, or the load may be too low to show it: `labctl bench --team {} --compare-baseline --sweep concurrency=1..64`",
                argument(evidence.team)
            )),
            ReadingVerdict::NotApplicable => Some(to_read(evidence, &more_rounds(evidence))),
            _ => Some(more_rounds(evidence)),
        }
    }))
}

fn precision(evidence: &Evidence<'_>) -> Option<Reading> {
    let margin = evidence.expectations.category_loss_pp_at_most?;
    let expected = format!("no loss shown, and one beyond {margin} pp ruled out");
    let expected = Expected::new("category_loss_pp_at_most", "Categories", expected, Some(margin));
    Some(match categories(evidence, margin) {
        Ok(found) => expected.told(found.verdict, found.evidence, |verdict| match found.lost.first() {
            Some(category) => look_at_loss(evidence, category),
            None if verdict != ReadingVerdict::NotApplicable => Some(how_many(evidence, margin)),
            None => None,
        }),
        Err(because) => {
            expected.read(Err(because), |_| Some(to_read(evidence, "check what the Warnings say")))
        }
    })
}

/// How to have requests enough for a percentile.
pub(super) fn more_requests(evidence: &Evidence<'_>) -> String {
    format!(
        "a set of 130 prompts and more, such as that of `labctl bench --all`, or `labctl bench --team {} --compare-baseline --repeats 5`",
        argument(evidence.team)
    )
}

/// How to have an interval, and a narrower one.
pub(super) fn more_rounds(evidence: &Evidence<'_>) -> String {
    format!(
        "more rounds narrow it: `labctl bench --team {} --compare-baseline --rounds 5`",
        argument(evidence.team)
    )
}
