//! Gates on the candidate by itself: floors of its pass rate, its share of errors, objectives.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::missing::too_many_missing;
use crate::compare::pass_rate::pass_rates;
use crate::metrics::slo;
use crate::model::comparison::{GateKind, GateResult, GateVerdict, PassRate};
use crate::model::gate::Gates;
use crate::model::judgement::Verdict;
use crate::model::outcome::Outcome;
use crate::model::prompt::SWAPPED;
use crate::model::record::{Row, Side};
use crate::model::slo::{SloMetric, SloOutcome, SloStatistic};
use crate::model::summary::{Percentile, SideSummary};
use crate::stats::detectable::GATE_CONFIDENCE;
use crate::stats::proportion::wilson;

use super::pass_rate::Decision;
use super::words::{percent, plain};
use super::{OVERALL, bounded, no_such_category};

/// No floor asks for more prompts than this.
const MOST_PROMPTS: u64 = 1_000_000;

/// The results of every gate that needs no baseline.
pub(super) fn evaluate(gates: &Gates, rows: &[Row], candidate: &SideSummary) -> Vec<GateResult> {
    let mut results: Vec<GateResult> = floors(gates, rows);
    results.extend(gates.max_error_rate.map(|most| error_rate(most, candidate, gates)));
    let overall = pass_rates(rows, Side::Candidate).into_iter().find(|rate| rate.category.is_none());
    let pass_rate = overall.and_then(|rate| rate.pass_rate.rate);
    let unsound = unsound(rows, None);
    let held = Held { candidate, pass_rate, unsound: unsound.as_deref() };
    results.extend(gates.slos.iter().flat_map(|text| objectives(text, &held, gates)));
    results
}

/// Why the candidate's pass rate in a category (none for all) stands for nothing: too much is missing, or nothing was
/// judged. What labctl itself gave up when it was interrupted was never to be answered.
fn unsound(rows: &[Row], category: Option<&str>) -> Option<String> {
    let mut verdicts: BTreeMap<Verdict, u64> = BTreeMap::new();
    rows.iter()
        .filter(|row| category.is_none_or(|category| row.category == category))
        .filter_map(|row| row.attempt(Side::Candidate))
        .filter(|attempt| attempt.exchange.outcome != Outcome::Cancelled)
        .for_each(|attempt| *verdicts.entry(attempt.judgement.verdict).or_default() += 1);
    let is_judged = verdicts.keys().any(|verdict| verdict.passed().is_some());
    let too_many = too_many_missing(&verdicts, verdicts.values().sum());
    too_many.or_else(|| (!is_judged).then(|| "nothing was judged".to_owned()))
}

/// What objectives are held against.
struct Held<'a> {
    candidate: &'a SideSummary,
    pass_rate: Option<f64>,
    /// Why the pass rate stands for nothing.
    unsound: Option<&'a str>,
}

fn floors(gates: &Gates, rows: &[Row]) -> Vec<GateResult> {
    if gates.floors.is_empty() {
        return Vec::new();
    }
    let rates = pass_rates(rows, Side::Candidate);
    let floor = |(name, floor): (&String, &f64)| {
        let category = (name != OVERALL).then_some(name.as_str());
        let found = rates.iter().find(|rate| rate.category.as_deref() == category);
        let decision = match (found.map(|rate| rate.pass_rate), unsound(rows, category)) {
            (None, _) => {
                let known = rates.iter().filter_map(|rate| rate.category.as_deref());
                Decision::of(GateVerdict::Invalid, no_such_category(name, known))
            }
            (Some(PassRate { rate: Some(share), passed, judged, .. }), None) => {
                hold(share, prompts(rows, category), *floor, passed, judged)
            }
            (Some(_), unsound) => {
                let reason = unsound.unwrap_or_else(|| "nothing was judged".to_owned());
                Decision::of(GateVerdict::Invalid, reason)
            }
        };
        let result = bounded(format!("floor {name}"), GateKind::Floor, *floor, decision, gates);
        GateResult { category: category.map(str::to_owned), ..result }
    };
    gates.floors.iter().map(floor).collect()
}

/// Prompts of a category (none for all) that were judged: where each was sent several times they, not the responses,
/// are what is independent.
fn prompts(rows: &[Row], category: Option<&str>) -> u64 {
    let judged: BTreeSet<&str> = rows
        .iter()
        .filter(|row| category.is_none_or(|category| row.category == category))
        .filter(|row| row.attempt(Side::Candidate).is_some_and(|of| of.judgement.verdict.passed().is_some()))
        .map(|row| row.key.prompt_id.strip_suffix(SWAPPED).unwrap_or(&row.key.prompt_id))
        .collect();
    judged.len() as u64
}

/// FAIL where the share lies below the floor and its two-sided 90 % Wilson upper limit too, INCONCLUSIVE where it
/// lies below but that isn't shown.
fn hold(share: f64, prompts: u64, floor: f64, passed: u64, judged: u64) -> Decision {
    let upper = |prompts| wilson(share, prompts, GATE_CONFIDENCE).map_or(1.0, |limits| limits.high);
    let limits = wilson(share, prompts, GATE_CONFIDENCE);
    let of = limits.map_or_else(String::new, |limits| {
        format!(", 90 % interval {} to {}", percent(limits.low), percent(limits.high))
    });
    let numbers = format!("{passed} of {judged} passed, {}{of}", percent(share));
    let floor_text = percent(floor);
    if share >= floor {
        return Decision::of(GateVerdict::Pass, format!("{numbers}; at least {floor_text} was asked for"));
    }
    if upper(prompts) < floor {
        return Decision::of(
            GateVerdict::Fail,
            format!("{numbers}, all of it below the floor of {floor_text}"),
        );
    }
    // The upper limit falls towards the share as prompts like these are added.
    let mut enough = prompts.max(1);
    while upper(enough) >= floor && enough < MOST_PROMPTS {
        enough *= 2;
    }
    let mut few = enough / 2;
    while enough - few > 1 {
        let middle = few.midpoint(enough);
        if upper(middle) < floor {
            enough = middle;
        } else {
            few = middle;
        }
    }
    let reason = format!(
        "{numbers}; below the floor of {floor_text}, but that may be chance; about {enough} prompts like these would show it"
    );
    Decision { verdict: GateVerdict::Inconclusive, reason, pairs_to_decide: Some(enough) }
}

fn error_rate(most: f64, candidate: &SideSummary, gates: &Gates) -> GateResult {
    let decision = match candidate.error_rate {
        None => Decision::of(GateVerdict::Inconclusive, "nothing was sent"),
        Some(rate) => {
            let verdict = if rate > most { GateVerdict::Fail } else { GateVerdict::Pass };
            let text = format!(
                "{} of {} requests failed; at most {} was allowed",
                percent(rate),
                candidate.attempted,
                percent(most)
            );
            Decision::of(verdict, text)
        }
    };
    bounded("error_rate".to_owned(), GateKind::ErrorRate, most, decision, gates)
}

fn objectives(text: &str, held: &Held<'_>, gates: &Gates) -> Vec<GateResult> {
    let slos = match slo::parse(text) {
        Ok(slos) => slos,
        // Configuration is checked when it is read; this is of a file that someone wrote by hand.
        Err(error) => {
            let decision = Decision::of(GateVerdict::Invalid, error.to_string());
            let result = bounded(text.to_owned(), GateKind::Slo, 0.0, decision, gates);
            return vec![GateResult { bound: None, ..result }];
        }
    };
    let outcomes = slo::outcomes(&slos, held.candidate, held.pass_rate);
    outcomes.iter().map(|outcome| objective(outcome, held, gates)).collect()
}

fn objective(outcome: &SloOutcome, held: &Held<'_>, gates: &Gates) -> GateResult {
    let slo = &outcome.slo;
    let value =
        outcome.value.map_or_else(String::new, |value| format!("{} is {}", slo.name(), plain_value(value)));
    let failed = slo::too_many_failed(slo, held.candidate);
    let because = outcome.reason.clone().or_else(|| failed.clone()).unwrap_or_default();
    let parts: Vec<&str> =
        [value.as_str(), because.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
    let told =
        if parts.is_empty() { format!("no response has `{}`", slo.metric.name()) } else { parts.join("; ") };
    // Rates and shares that are absent were not measured; a latency that is absent is of requests that all failed.
    let unmeasured =
        outcome.value.is_none() && !slo.metric.is_latency() && slo.metric != SloMetric::ErrorRate;
    let decision = if let (SloMetric::PassRate, Some(reason)) = (slo.metric, held.unsound) {
        Decision::of(GateVerdict::Invalid, reason)
    } else if unmeasured {
        Decision::of(GateVerdict::Inconclusive, told)
    } else if !outcome.trusted && failed.is_none() {
        let sample = smallest_sample(slo.statistic);
        let reason = format!("{told}, of too few requests for this percentile; it takes {sample}");
        Decision { verdict: GateVerdict::Inconclusive, reason, pairs_to_decide: Some(sample) }
    } else {
        let verdict = if outcome.met { GateVerdict::Pass } else { GateVerdict::Fail };
        Decision::of(verdict, format!("{told}; `{slo}` was asked for"))
    };
    bounded(slo.name(), GateKind::Slo, slo.value, decision, gates)
}

fn plain_value(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.0}") } else { plain((value * 1e3).round() / 1e3) }
}

const fn smallest_sample(statistic: Option<SloStatistic>) -> u64 {
    match statistic {
        Some(SloStatistic::P90) => Percentile::P90.smallest_sample(),
        Some(SloStatistic::P95) => Percentile::P95.smallest_sample(),
        Some(SloStatistic::P99) => Percentile::P99.smallest_sample(),
        Some(SloStatistic::Mean | SloStatistic::P50 | SloStatistic::Max) | None => 1,
    }
}
