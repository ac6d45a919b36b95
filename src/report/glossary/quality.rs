//! Whether answers were right.

use super::Term;

pub(super) const TERMS: &[Term] = &[
    Term {
        id: "pass-rate",
        name: "Pass rate",
        unit: "%",
        short: "The share of judged answers that pass their prompt's checks.",
        long: "Passed ÷ judged. Wrong, without an answer, refused, truncated and empty count against the model. What could not be judged \
               (transport, check, a judge's reply) is missing and in neither number. Beside another side only prompts that were judged on both \
               count.",
        see: &["verdict", "missing", "wilson"],
    },
    Term {
        id: "verdict",
        name: "Verdict",
        unit: "responses",
        short: "What the checks made of a response.",
        long: "pass: all that the prompt asks for holds. wrong: an answer was found and isn't right. no_answer, refused, truncated, \
               empty: the response is broken, which counts as not passed. judge_unparsed, check_error, transport_error: missing, which counts for \
               neither. unchecked: the prompt has no checks.",
        see: &["no-answer", "refused", "truncated", "empty", "missing"],
    },
    Term {
        id: "no-answer",
        name: "No answer",
        unit: "",
        short: "No answer was found in the response, or two different ones where one was asked for.",
        long: "Counts as not passed. Its share, where it is shown, is of the responses judged on both sides. A rise often is a \
               changed format or chat template, not lost knowledge.",
        see: &[],
    },
    Term {
        id: "refused",
        name: "Refused",
        unit: "",
        short: "The model declined to answer.",
        long: "Counts as not passed. Its share is of the responses judged on both sides.",
        see: &[],
    },
    Term {
        id: "truncated",
        name: "Truncated",
        unit: "",
        short: "The answer was cut off by the token limit, or its thinking was never closed.",
        long: "As a verdict: finish reason length, or a thinking part without an end; it counts as not passed, and its share is of the \
               responses judged on both sides. Among a side's facts: all successes that were cut off by the token limit.",
        see: &[],
    },
    Term {
        id: "empty",
        name: "Empty",
        unit: "",
        short: "The response has no text at all.",
        long: "As a verdict it counts as not passed; its share is of the responses judged on both sides.",
        see: &[],
    },
    Term {
        id: "missing",
        name: "Missing, and its worst case",
        unit: "responses",
        short: "Responses that could not be judged: their pair is left out and counted.",
        long: "transport_error: the request didn't succeed. check_error: the check could not run. judge_unparsed: a judge's reply could not be \
               read. Worst case: the delta had every missing response of the candidate failed and every one of the baseline passed; best \
               case: the reverse. Where more than max(2, 2 %) of a side's responses are missing a comparison is invalid.",
        see: &["outcome"],
    },
    Term {
        id: "wilson",
        name: "Wilson interval",
        unit: "%",
        short: "Where the true share plausibly lies, given how few were seen: 95 % confidence.",
        long: "(p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) ÷ (1 + z²/n), z = 1.96: Wilson 1927. It stays within 0 and 100 % and isn't empty at the \
               ends. Where prompts were sent several times n is the prompts, for repeats of one are not independent.",
        see: &[],
    },
    Term {
        id: "gate",
        name: "Gate verdict",
        unit: "",
        short: "PASS: the bound holds. FAIL: it is broken. INCONCLUSIVE: the data can't tell. INVALID: the comparison isn't sound.",
        long: "Each gate stands for itself, and the worst one decides: speed never makes up for quality. On a pass rate by its mode, with a \
               one-sided α of 5 % unless it says another. A floor FAILs where the share and the upper limit of its 90 % Wilson interval lie below \
               it. A speed ratio FAILs where its whole 95 % interval lies beyond 1 + tolerance, passes where it lies within. Where the baseline \
               passes less than the margin, a PASS would say nothing and is INCONCLUSIVE.",
        see: &["gate-mode", "delta-interval", "speed-ratio-interval"],
    },
    Term {
        id: "gate-mode",
        name: "What a gate asks",
        unit: "",
        short: "detect, harm, prove or point: how a gate on a difference in pass rate decides, with margin m.",
        long: "[L, U] is the delta's 90 % interval. detect: FAIL where U < 0 and delta ≤ −m, INCONCLUSIVE where only one of the two, else PASS. \
               harm: FAIL where U < −m, else PASS. prove: PASS where L > −m, FAIL where U < −m, else INCONCLUSIVE. point: FAIL where delta < −m, \
               without regard to chance. In a family of categories a FAIL rests on the p-value after Holm.",
        see: &["delta", "holm", "mde"],
    },
    Term {
        id: "reading",
        name: "Expectation",
        unit: "",
        short: "What the team expects of its variant, held against the run: met, unsettled, missed, or n/a.",
        long: "met: the evidence shows it. missed: the evidence shows the opposite. unsettled: it shows neither. n/a: not measured, or of too few \
               requests. Bounds are those shipped for the team's kind unless the configuration has its own.",
        see: &[],
    },
];
