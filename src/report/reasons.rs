//! Every tool's formula in one line, and why a tool's value isn't labctl's, from what the traces hold.

use serde::Serialize;

use super::number::count;
use crate::model::definitions::{Causes, DefinedSummary, Definitions, Metric, SideDefinitions, Statistics};

/// A tool's metric against labctl's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Difference {
    /// The metric.
    pub(crate) metric: Metric,
    /// The tool.
    pub(crate) definitions: Definitions,
    /// Whether mean and percentiles are labctl's.
    pub(crate) same: bool,
    /// Why not, where they aren't.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// How far apart two values may lie and still be called equal, relative: what rounding can do, and no more.
const EQUAL: f64 = 1e-9;

/// A tool's formula for a metric, in one line; n stands for the output tokens.
pub(crate) const fn formula(definitions: Definitions, metric: Metric) -> &'static str {
    use Definitions::{Aiperf, Guidellm, Labctl, Vllm};
    match (metric, definitions) {
        (Metric::Ttft, Labctl) => "from the request sent to the first chunk with a token",
        (Metric::Ttft, Vllm) => "to the first chunk with choices, be it empty as the role chunk is",
        (Metric::Ttft, Guidellm | Aiperf) => "to the first chunk with text (content, reasoning or tool call)",
        (Metric::Tpot, Labctl) => "(E2E − TTFT) ÷ (n − tokens of the first chunk)",
        (Metric::Tpot, Vllm) => "(E2E − TTFT) ÷ (n − 1)",
        (Metric::Tpot, Guidellm) => "(last chunk with text − sent) ÷ n, so TTFT is in it; weighted by n",
        (Metric::Tpot, Aiperf) => "none by this name; its ITL is the nearest",
        (Metric::Itl, Labctl) => "every gap between chunks with tokens, both ends exactly stamped",
        (Metric::Itl, Vllm) => "every gap between chunks with choices",
        (Metric::Itl, Guidellm) => {
            "one value a request, (last − first chunk with text) ÷ (n − 1); weighted by n − 1"
        }
        (Metric::Itl, Aiperf) => "one value a request, (E2E − TTFT) ÷ (n − tokens of the first chunk)",
        (Metric::E2e, Labctl) => "to the last chunk with a token",
        (Metric::E2e, Vllm) => "to the last chunk with choices, be it empty as the finish chunk is",
        (Metric::E2e, Guidellm) => "to [DONE], else to where the stream closed",
        (Metric::E2e, Aiperf) => "to the last chunk with text",
    }
}

/// Every metric of every other tool against labctl's; nothing where labctl's are not there.
pub(crate) fn differences(side: &SideDefinitions) -> Vec<Difference> {
    let Some((ours, others)) = side.summaries.split_first() else { return Vec::new() };
    if ours.definitions != Definitions::Labctl {
        return Vec::new();
    }
    let against = |metric, theirs: &DefinedSummary| {
        let (a, b) = (ours.statistics(metric), theirs.statistics(metric));
        let same = is_same(a, b);
        let reason = (!same).then(|| reason(metric, theirs.definitions, &side.causes, a, b));
        Difference { metric, definitions: theirs.definitions, same, reason }
    };
    Metric::ALL.iter().flat_map(|metric| others.iter().map(|theirs| against(*metric, theirs))).collect()
}

/// A line for each difference, and one for each metric's tools that agree with labctl.
pub(crate) fn lines(differences: &[Difference]) -> Vec<String> {
    let mut lines = Vec::new();
    for metric in Metric::ALL {
        let of_metric = || differences.iter().filter(|d| d.metric == metric);
        for difference in of_metric() {
            if let Some(reason) = &difference.reason {
                lines.push(format!("{}, {}: {reason}", metric.title(), difference.definitions.title()));
            }
        }
        let same: Vec<_> = of_metric().filter(|d| d.same).map(|d| d.definitions.title()).collect();
        if !same.is_empty() {
            lines.push(format!("{}, {}: the same as labctl's", metric.title(), same.join(" and ")));
        }
    }
    lines
}

fn is_same(ours: Option<&Statistics>, theirs: Option<&Statistics>) -> bool {
    match (ours, theirs) {
        (None, None) => true,
        (Some(a), Some(b)) => equal(a.mean, b.mean) && equal(a.p50, b.p50) && equal(a.p99, b.p99),
        _ => false,
    }
}

fn equal(a: f64, b: f64) -> bool {
    (a - b).abs() <= EQUAL * a.abs().max(b.abs())
}

/// The causes that the traces hold, else the formula.
fn reason(
    metric: Metric,
    definitions: Definitions,
    causes: &Causes,
    ours: Option<&Statistics>,
    theirs: Option<&Statistics>,
) -> String {
    let found = |requests: u64, what: &str| (requests > 0).then(|| share(requests, causes, what));
    let before = found(causes.chunk_before_tokens, "an empty chunk before the first token counts");
    let after = found(causes.chunk_after_tokens, "an empty chunk after the last token counts");
    let between = found(causes.chunk_between_tokens, "empty chunks between tokens count");
    let unlike = found(causes.tokens_unlike_text, "chunks count by their text, not by the tokens told");
    let moment = found(causes.at_one_moment, "tokens that came at one moment make 0 ms");
    let several = found(causes.first_chunk_of_several, "the first chunk's tokens but one are divided by too");
    let usage = found(causes.without_usage, "without usage it counts tokens otherwise");
    let inexact = found(causes.inexact_gaps, "gaps between inexact stamps count");
    let parts = match (metric, definitions) {
        (Metric::Ttft, Definitions::Vllm) => vec![before],
        (Metric::E2e, Definitions::Vllm) => vec![after],
        (Metric::Tpot, Definitions::Vllm) => vec![before, after, several, moment, usage],
        (Metric::Itl, Definitions::Vllm) => vec![before, between, after, inexact],
        (Metric::Ttft, Definitions::Guidellm) => vec![unlike, ranked(ours, theirs)],
        (Metric::E2e, Definitions::Guidellm) => vec![ranked(ours, theirs)],
        (Metric::Ttft | Metric::E2e, Definitions::Aiperf) => vec![unlike],
        // These formulas are others altogether.
        _ => Vec::new(),
    };
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { formula(definitions, metric).to_owned() } else { parts.join("; ") }
}

/// `GuideLLM` doesn't interpolate: with equal means that is all there is to it.
fn ranked(ours: Option<&Statistics>, theirs: Option<&Statistics>) -> Option<String> {
    let alike = ours.zip(theirs).is_some_and(|(a, b)| equal(a.mean, b.mean));
    alike.then(|| "the means agree, but its percentiles are not interpolated".to_owned())
}

/// `what (3 of 30 requests)`.
fn share(requests: u64, causes: &Causes, what: &str) -> String {
    if requests == causes.requests {
        format!("{what} (every request)")
    } else {
        format!("{what} ({} of {} requests)", count(requests), count(causes.requests))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::definitions::{ItlOf, OneToken};
    use crate::model::record::Side;

    fn summary(definitions: Definitions, ms: f64) -> DefinedSummary {
        let statistics = Some(Statistics { n: 3, mean: ms, p50: ms, p99: ms });
        DefinedSummary {
            definitions,
            ttft_ms: statistics,
            tpot_ms: statistics,
            itl_ms: statistics,
            itl_of: ItlOf::Chunk,
            e2e_ms: statistics,
            one_token_goodput: OneToken::Met,
            single_token_responses: 0,
            output_tokens: 9,
        }
    }

    fn side(summaries: Vec<DefinedSummary>, causes: Causes) -> SideDefinitions {
        SideDefinitions { side: Side::Candidate, summaries, causes }
    }

    #[test]
    fn what_is_equal_is_said_to_be_and_rounding_is_no_difference() {
        let side = side(
            vec![
                summary(Definitions::Labctl, 20.0),
                summary(Definitions::Vllm, 20.0 + 1e-12),
                summary(Definitions::Aiperf, 20.0),
            ],
            Causes::default(),
        );
        let lines = lines(&differences(&side));
        assert_eq!(lines[0], "TTFT, vLLM and AIPerf: the same as labctl's");
        assert_eq!(lines.len(), Metric::ALL.len());
    }

    #[test]
    fn a_reason_names_what_the_traces_hold() {
        let causes = Causes { requests: 30, chunk_before_tokens: 30, inexact_gaps: 4, ..Causes::default() };
        let side = side(vec![summary(Definitions::Labctl, 20.0), summary(Definitions::Vllm, 10.0)], causes);
        let lines = lines(&differences(&side));
        assert_eq!(lines[0], "TTFT, vLLM: an empty chunk before the first token counts (every request)");
        assert!(lines[2].ends_with("gaps between inexact stamps count (4 of 30 requests)"), "{}", lines[2]);
    }

    #[test]
    fn without_labctl_s_own_there_is_nothing_to_differ_from() {
        let side = side(vec![summary(Definitions::Vllm, 1.0)], Causes::default());
        assert_eq!(differences(&side), []);
    }
}
