//! How likely both sides find the prompts' reference answers, paired by prompt.
//!
//! ΔNLL is candidate − baseline, in nats per token: above 0 is worse. Each prompt counts once. A token is the same
//! thing on both sides only where both split the references alike; where more than max(2, 2 %) of the prompts are
//! split into different numbers of tokens, all means are per character instead (the log-probability of a text is
//! the sum over its tokens, however it is split, and both sides are given the same text). Of fewer prompts, those that
//! differ are left out.

use std::collections::BTreeMap;

use crate::model::comparison::Interval;
use crate::model::record::{Row, Side};
use crate::model::reference::{
    MissingReference, ReferenceAnswer, ReferenceComparison, ReferenceDelta, ReferenceLogProbs,
    ReferenceScore, ReferenceUnit,
};
use crate::stats::bootstrap::interval_of;
use crate::stats::critical::{t, t_p};
use crate::stats::paired::mcnemar_two_sided;
use crate::stats::repeats::{MeanDifference, cluster_standard_error};
use crate::stats::{length, mean, real};

/// So many prompts may be split differently before means are per character.
const FEW: u64 = 2;

/// This share of prompts may be.
const FEW_SHARE: f64 = 0.02;

/// Confidence of the intervals.
const CONFIDENCE: f64 = 0.95;

/// One prompt, scored on both sides.
struct Pair<'a> {
    row: &'a Row,
    characters: u32,
    baseline: &'a ReferenceLogProbs,
    candidate: &'a ReferenceLogProbs,
}

type OfSide = for<'p, 'r> fn(&'p Pair<'r>) -> &'r ReferenceLogProbs;

/// Compares what the rows hold of both sides' references; `None` where neither side was asked for any.
#[must_use]
pub fn reference_log_probs(rows: &[Row], seed: u64) -> Option<ReferenceComparison> {
    let mut asked: BTreeMap<&str, (&Row, &ReferenceAnswer)> = BTreeMap::new();
    for row in rows {
        if let Some(answer) = &row.reference {
            asked.entry(&row.key.prompt_id).or_insert((row, answer));
        }
    }
    if asked.is_empty() {
        return None;
    }
    let mut found = ReferenceComparison {
        unit: ReferenceUnit::NatsPerToken,
        overall: ReferenceDelta::default(),
        categories: Vec::new(),
        missing_baseline: BTreeMap::new(),
        missing_candidate: BTreeMap::new(),
        asked_on_one_side: 0,
        split_differently: 0,
        absent_because: None,
    };
    let mut pairs = Vec::new();
    for (row, answer) in asked.values() {
        let (Some(baseline), Some(candidate)) = (&answer.baseline, &answer.candidate) else {
            found.asked_on_one_side += 1;
            continue;
        };
        count_missing(&mut found.missing_baseline, baseline);
        count_missing(&mut found.missing_candidate, candidate);
        if let (Some(baseline), Some(candidate)) = (baseline.scored(), candidate.scored()) {
            pairs.push(Pair { row, characters: answer.characters, baseline, candidate });
        }
    }
    if pairs.iter().any(|pair| pair.baseline.asked_by != pair.candidate.asked_by) {
        found.absent_because = Some(
            "one side was asked through chat completions and the other through completions, so they were not given the same text"
                .to_owned(),
        );
        return Some(found);
    }
    if pairs.is_empty() {
        found.absent_because = Some(nothing(&asked));
        return Some(found);
    }
    let differs = |pair: &Pair<'_>| pair.baseline.tokens != pair.candidate.tokens;
    found.split_differently = pairs.iter().filter(|pair| differs(pair)).count() as u64;
    if real(found.split_differently) > real(FEW).max(FEW_SHARE * length(pairs.len())) {
        found.unit = ReferenceUnit::NatsPerCharacter;
        pairs.retain(|pair| pair.characters > 0);
    } else {
        pairs.retain(|pair| !differs(pair));
    }
    found.overall = delta(None, &pairs.iter().collect::<Vec<_>>(), found.unit, seed);
    let mut by_category: BTreeMap<&str, Vec<&Pair<'_>>> = BTreeMap::new();
    for pair in &pairs {
        by_category.entry(&pair.row.category).or_default().push(pair);
    }
    found.categories = by_category
        .into_iter()
        .map(|(category, pairs)| delta(Some(category), &pairs, found.unit, seed))
        .collect();
    Some(found)
}

fn count_missing(missing: &mut BTreeMap<MissingReference, u64>, score: &ReferenceScore) {
    if let ReferenceScore::Missing { reason, .. } = score {
        *missing.entry(*reason).or_default() += 1;
    }
}

/// Why no prompt has a score on both sides: the first side that has none, and what it said first.
fn nothing(asked: &BTreeMap<&str, (&Row, &ReferenceAnswer)>) -> String {
    for side in [Side::Baseline, Side::Candidate] {
        let scores = || asked.values().filter_map(move |(_, answer)| score(answer, side));
        if scores().any(|score| score.scored().is_some()) {
            continue;
        }
        let said = scores().find_map(|score| match score {
            ReferenceScore::Missing { message, .. } => Some(message.as_str()),
            ReferenceScore::Scored(_) => None,
        });
        return format!("{side}: {}", said.unwrap_or("not asked (`--reference-logprobs`)"));
    }
    "no prompt was scored on both sides".to_owned()
}

const fn score(answer: &ReferenceAnswer, side: Side) -> Option<&ReferenceScore> {
    match side {
        Side::Candidate => answer.candidate.as_ref(),
        Side::Baseline => answer.baseline.as_ref(),
    }
}

/// NLL of one side's reference in the unit.
fn nll(log_probs: &ReferenceLogProbs, characters: u32, unit: ReferenceUnit) -> f64 {
    match unit {
        ReferenceUnit::NatsPerToken => -log_probs.mean_log_prob,
        ReferenceUnit::NatsPerCharacter => {
            -log_probs.mean_log_prob * f64::from(log_probs.tokens) / f64::from(characters)
        }
    }
}

fn delta(category: Option<&str>, pairs: &[&Pair<'_>], unit: ReferenceUnit, seed: u64) -> ReferenceDelta {
    let of = |side: OfSide| -> Vec<f64> {
        pairs.iter().map(|pair| nll(side(pair), pair.characters, unit)).collect()
    };
    let (baseline, candidate) = (of(|pair| pair.baseline), of(|pair| pair.candidate));
    let differences: Vec<f64> = candidate.iter().zip(&baseline).map(|(ours, theirs)| ours - theirs).collect();
    let families: Vec<(&str, bool)> = pairs
        .iter()
        .map(|pair| match &pair.row.family {
            Some(family) => (family.as_str(), true),
            None => (pair.row.key.prompt_id.as_str(), false),
        })
        .collect();
    let spread = Spread::of(&differences, &families);
    let top_1 = |side: OfSide| {
        let tokens: u64 = pairs.iter().map(|pair| u64::from(side(pair).tokens)).sum();
        let top: u64 = pairs.iter().map(|pair| u64::from(side(pair).top_1)).sum();
        (tokens > 0).then(|| real(top) / real(tokens))
    };
    ReferenceDelta {
        category: category.map(str::to_owned),
        prompts: pairs.len() as u64,
        baseline: mean(&baseline),
        candidate: mean(&candidate),
        delta: mean(&differences),
        standard_error: spread.as_ref().map(|spread| spread.standard_error),
        interval_95: spread.as_ref().and_then(Spread::interval),
        bootstrap_95: bootstrapped(&differences, &families, seed),
        p: spread.as_ref().and_then(|spread| spread.p),
        families: spread.as_ref().and_then(|spread| spread.families),
        baseline_top_1: top_1(|pair| pair.baseline),
        candidate_top_1: top_1(|pair| pair.candidate),
        agreement: agreement(pairs, unit),
    }
}

/// Share of places where both sides' most likely token is the same. Where a side prefers nothing the reference's own
/// token is the most likely one.
fn agreement(pairs: &[&Pair<'_>], unit: ReferenceUnit) -> Option<f64> {
    if unit != ReferenceUnit::NatsPerToken {
        return None;
    }
    let told = |side: &ReferenceLogProbs| {
        side.preferred.len() as u64 + u64::from(side.top_1) == u64::from(side.tokens)
    };
    let (mut places, mut alike) = (0, 0);
    for pair in pairs.iter().filter(|pair| told(pair.baseline) && told(pair.candidate)) {
        let preferred = |side: &'_ ReferenceLogProbs| -> BTreeMap<u32, String> {
            side.preferred.iter().map(|other| (other.position, other.token.clone())).collect()
        };
        let (ours, theirs) = (preferred(pair.candidate), preferred(pair.baseline));
        places += u64::from(pair.candidate.tokens);
        alike +=
            (0..pair.candidate.tokens).filter(|place| ours.get(place) == theirs.get(place)).count() as u64;
    }
    (places > 0).then(|| real(alike) / real(places))
}

/// How sure a mean is.
struct Spread {
    mean: f64,
    standard_error: f64,
    degrees: f64,
    p: Option<f64>,
    families: Option<u64>,
}

impl Spread {
    /// Over prompts, or over families where that is wider; `None` of fewer than two prompts.
    fn of(differences: &[f64], families: &[(&str, bool)]) -> Option<Self> {
        let difference = MeanDifference::of(differences)?;
        let mut distinct = families.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let has_families = distinct.len() < families.len();
        let (standard_error, degrees) = (difference.standard_error?, length(differences.len()) - 1.0);
        let of_sign = |sign: fn(&&f64) -> bool| differences.iter().filter(sign).count() as u64;
        let by_prompt = Self {
            mean: difference.mean,
            standard_error,
            degrees,
            // Log-probabilities have no bound that a p-value would have to respect, as shares have; where all differ by
            // the same, t would divide by zero and their signs tell.
            p: if standard_error > 0.0 {
                t_p(difference.mean / standard_error, degrees)
            } else {
                Some(mcnemar_two_sided(of_sign(|one| **one < 0.0), of_sign(|one| **one > 0.0)))
            },
            families: has_families.then_some(distinct.len() as u64),
        };
        let clustered = cluster_standard_error(differences, families).filter(|_| has_families);
        let by_family = clustered.map(|standard_error| {
            let degrees = length(distinct.len()) - 1.0;
            let p = t_p(difference.mean / standard_error, degrees);
            Self { standard_error, degrees, p, ..by_prompt }
        });
        let wider = by_family.filter(|one| one.half() > by_prompt.half());
        Some(wider.unwrap_or(by_prompt))
    }

    fn half(&self) -> Option<f64> {
        Some(t(CONFIDENCE, self.degrees)? * self.standard_error)
    }

    fn interval(&self) -> Option<Interval> {
        let half = self.half()?;
        Some(Interval { low: self.mean - half, high: self.mean + half })
    }
}

/// The bootstrap interval, over prompts or over families, whichever is wider.
fn bootstrapped(differences: &[f64], families: &[(&str, bool)], seed: u64) -> Option<Interval> {
    let over = |groups: &[Vec<f64>]| {
        let sums: Vec<(f64, f64)> =
            groups.iter().map(|group| (group.iter().sum(), length(group.len()))).collect();
        interval_of(sums.len(), CONFIDENCE, seed, |drawn| {
            let (sum, count) = drawn
                .iter()
                .fold((0.0, 0.0), |(sum, count), unit| (sum + sums[*unit].0, count + sums[*unit].1));
            Some(sum / count)
        })
    };
    let by_prompt = over(&differences.iter().map(|one| vec![*one]).collect::<Vec<_>>());
    let mut grouped: BTreeMap<(&str, bool), Vec<f64>> = BTreeMap::new();
    for (family, difference) in families.iter().zip(differences) {
        grouped.entry(*family).or_default().push(*difference);
    }
    if grouped.len() == differences.len() {
        return by_prompt;
    }
    let width = |interval: &Interval| interval.high - interval.low;
    // Too few families have no interval, and then the prompts' own would be too narrow.
    let by_family = over(&grouped.into_values().collect::<Vec<_>>())?;
    Some(by_prompt.filter(|one| width(one) > width(&by_family)).unwrap_or(by_family))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::support::judged;
    use crate::model::judgement::Verdict::Pass;
    use crate::model::reference::{PreferredToken, ReferenceInterface};

    fn scored(tokens: u32, mean_log_prob: f64, preferred: &[(u32, &str)]) -> ReferenceScore {
        ReferenceScore::Scored(ReferenceLogProbs {
            asked_by: ReferenceInterface::PromptLogprobs,
            tokens,
            mean_log_prob,
            top_1: tokens - u32::try_from(preferred.len()).unwrap(),
            preferred: preferred
                .iter()
                .map(|(position, token)| PreferredToken { position: *position, token: (*token).to_owned() })
                .collect(),
        })
    }

    fn missing(reason: MissingReference) -> ReferenceScore {
        ReferenceScore::Missing { reason, message: "no such thing".to_owned() }
    }

    fn row(id: usize, baseline: Option<ReferenceScore>, candidate: Option<ReferenceScore>) -> Row {
        let reference = Some(ReferenceAnswer { characters: 20, candidate, baseline });
        Row { reference, ..judged(id, "math", Pass, Pass) }
    }

    /// The candidate's NLL is higher by so much.
    fn apart(id: usize, by: f64) -> Row {
        row(id, Some(scored(10, -0.5, &[])), Some(scored(10, -0.5 - by, &[])))
    }

    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-6, "{value} is not {expected}");
    }

    fn overall(rows: &[Row]) -> ReferenceDelta {
        reference_log_probs(rows, 1).unwrap().overall
    }

    /// By hand: mean 0.15, SE √(0.05/3)/2, t of 3 degrees 3.182446; the p-value from the closed form of 3 degrees.
    #[test]
    fn a_small_table_gives_the_paired_t_test() {
        let rows: Vec<Row> =
            [0.1, 0.2, 0.3, 0.0].into_iter().enumerate().map(|(id, by)| apart(id, by)).collect();
        let found = overall(&rows);
        near(found.delta.unwrap(), 0.15);
        near(found.baseline.unwrap(), 0.5);
        near(found.candidate.unwrap(), 0.65);
        near(found.standard_error.unwrap(), 0.064_549_7);
        near(found.interval_95.unwrap().high, 0.15 + 0.205_426);
        near(found.p.unwrap(), 0.102_728_1);
        assert_eq!((found.prompts, found.families, found.bootstrap_95), (4, None, None));
    }

    /// By hand: two of the four in one family; SE √0.0675/4 over three families, t of 2 degrees 4.302653, and the
    /// closed form p = 1 − t/√(2 + t²).
    #[test]
    fn families_widen_it() {
        let mut rows: Vec<Row> =
            [0.1, 0.2, 0.3, 0.0].into_iter().enumerate().map(|(id, by)| apart(id, by)).collect();
        rows[0].family = Some("f".to_owned());
        rows[1].family = Some("f".to_owned());
        let found = overall(&rows);
        near(found.standard_error.unwrap(), 0.064_951_9);
        near(found.interval_95.unwrap().high, 0.15 + 0.279_465_5);
        near(found.p.unwrap(), 0.147_197_1);
        assert_eq!(found.families, Some(3));
    }

    #[test]
    fn a_bootstrap_over_few_families_is_not_narrower_than_over_prompts() {
        let rows = |family: fn(usize) -> Option<String>| -> Vec<Row> {
            (0..40).map(|id| Row { family: family(id), ..apart(id, [0.0, 0.3][id / 4 % 2]) }).collect()
        };
        let width = |rows: &[Row]| {
            let interval = overall(rows).bootstrap_95.unwrap();
            assert!(interval.contains(0.15));
            interval.high - interval.low
        };
        let (alone, together) = (width(&rows(|_| None)), width(&rows(|id| Some(format!("f{}", id / 4)))));
        assert!(together > 1.5 * alone, "{together} {alone}");
    }

    #[test]
    fn nothing_asked_is_nothing_and_repeats_count_once() {
        let plain = judged(1, "math", Pass, Pass);
        assert_eq!(reference_log_probs(std::slice::from_ref(&plain), 1), None);
        let again = Row { reference: None, ..apart(2, 0.1) };
        assert_eq!(overall(&[apart(2, 0.1), again, apart(2, 0.4)]).prompts, 1);
    }

    #[test]
    fn what_is_missing_is_counted_by_reason() {
        let rows = [
            apart(1, 0.1),
            row(2, Some(missing(MissingReference::TooLong)), Some(scored(10, -0.5, &[]))),
            row(3, Some(scored(10, -0.5, &[])), None),
        ];
        let found = reference_log_probs(&rows, 1).unwrap();
        assert_eq!((found.overall.prompts, found.asked_on_one_side), (1, 1));
        assert_eq!(found.missing_baseline, BTreeMap::from([(MissingReference::TooLong, 1)]));
        assert_eq!((found.overall.standard_error, found.overall.p), (None, None));
    }

    #[test]
    fn a_side_that_tells_nothing_is_absent_with_its_reason() {
        let rows = [row(1, Some(missing(MissingReference::NotTold)), Some(scored(10, -0.5, &[])))];
        let found = reference_log_probs(&rows, 1).unwrap();
        assert_eq!(found.absent_because.as_deref(), Some("baseline: no such thing"));
        assert_eq!(found.overall, ReferenceDelta::default());
        let found = reference_log_probs(&[row(1, Some(scored(10, -0.5, &[])), None)], 1).unwrap();
        assert_eq!(found.absent_because.as_deref(), Some("candidate: not asked (`--reference-logprobs`)"));
    }

    #[test]
    fn what_few_prompts_are_split_into_is_left_out_and_of_many_characters_count() {
        // 10 tokens of −0.5 against 5 of −1: the same text is as likely.
        let odd = |id| row(id, Some(scored(10, -0.5, &[])), Some(scored(5, -1.0, &[])));
        let mut rows = vec![apart(1, 0.1), apart(2, 0.1), odd(3), odd(4)];
        let found = reference_log_probs(&rows, 1).unwrap();
        assert_eq!(
            (found.unit, found.split_differently, found.overall.prompts),
            (ReferenceUnit::NatsPerToken, 2, 2)
        );
        rows.push(odd(5));
        let found = reference_log_probs(&rows, 1).unwrap();
        assert_eq!(
            (found.unit, found.split_differently, found.overall.prompts),
            (ReferenceUnit::NatsPerCharacter, 3, 5)
        );
        // 10 × 0.5 ÷ 20 characters on the baseline; two prompts of five differ by 10 × 0.1 ÷ 20.
        near(found.overall.baseline.unwrap(), 0.25);
        near(found.overall.delta.unwrap(), 2.0 * 0.05 / 5.0);
        assert_eq!(found.overall.agreement, None);
    }

    #[test]
    fn agreement_is_over_places() {
        let rows = [row(
            1,
            Some(scored(4, -0.5, &[(1, "a"), (2, "b")])),
            Some(scored(4, -0.5, &[(1, "a"), (3, "c")])),
        )];
        let found = overall(&rows);
        assert_eq!((found.baseline_top_1, found.candidate_top_1), (Some(0.5), Some(0.5)));
        assert_eq!(found.agreement, Some(0.5), "0 and 1 are the same, 2 and 3 are not");
    }

    #[test]
    fn two_interfaces_are_not_compared() {
        let mut other = apart(1, 0.1);
        if let Some(ReferenceScore::Scored(log_probs)) = &mut other.reference.as_mut().unwrap().baseline {
            log_probs.asked_by = ReferenceInterface::Echo;
        }
        assert!(
            reference_log_probs(&[other], 1).unwrap().absent_because.unwrap().contains("chat completions")
        );
    }
}
