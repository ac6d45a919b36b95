//! A judge model's examination: from what it said of items whose mark is known to how good a judge it is.
//!
//! The item is the unit: intervals of shares count items, and a bootstrap draws items with all of their replies. What
//! could not be read is told first, and everything else is of the rest; `worst_case` counts it as wrong.

use std::collections::BTreeMap;

use crate::model::comparison::PassRate;
use crate::model::judgement::{Mark, Verdict};
use crate::model::judging::{
    Agreement, Estimate, Honesty, JudgeQuality, Position, Repeatability, ScoreCount,
};
use crate::model::prompt::SWAPPED;
use crate::model::record::{Row, Side};
use crate::model::rubric::Preferred;
use crate::stats::agreement::{Weights, gwet_ac1, kappa, kendall_tau_b};
use crate::stats::bootstrap::interval_of;
use crate::stats::confidence::{Forecast, brier, expected_calibration_error, log_loss};
use crate::stats::mean;
use crate::stats::paired::mcnemar_two_sided;
use crate::stats::proportion::pass_rate;
use crate::stats::reliability::{Metric, icc_agreement, krippendorff_alpha, within_item_deviation};

/// What is made of gold and given scores.
type Statistic<'a> = dyn Fn(&[(f64, f64)]) -> Option<f64> + 'a;

/// A reply about an item.
#[derive(Debug, Clone, Copy)]
struct Reply {
    mark: Mark,
    accepted: bool,
    confidence: Option<f64>,
    /// Which asking of the item it was: repeats of all rounds and levels, in order.
    asking: (u32, u32, u32),
}

impl Reply {
    fn score(&self) -> Option<f64> {
        match self.mark {
            Mark::Score { given, .. } => given,
            Mark::Preference { .. } => None,
        }
    }

    fn preferred(&self) -> Option<Preferred> {
        match self.mark {
            Mark::Preference { given, .. } => given,
            Mark::Score { .. } => None,
        }
    }

    const fn is_read(&self) -> bool {
        match self.mark {
            Mark::Score { given, .. } => given.is_some(),
            Mark::Preference { given, .. } => given.is_some(),
        }
    }
}

/// An item with every reply about it, in both orders where it is a pair.
#[derive(Debug, Default)]
struct Item {
    as_given: Vec<Reply>,
    swapped: Vec<Reply>,
}

impl Item {
    fn replies(&self) -> impl Iterator<Item = &Reply> {
        self.as_given.iter().chain(&self.swapped)
    }
}

/// The examination of one side: all categories together first, then each in alphabetical order. Empty where no prompt
/// was an item of one.
#[must_use]
pub fn judge_quality(rows: &[Row], side: Side, seed: u64) -> Vec<JudgeQuality> {
    let mut categories: BTreeMap<&str, BTreeMap<&str, Item>> = BTreeMap::new();
    for row in rows {
        let Some(judgement) = row.attempt(side).map(|attempt| &attempt.judgement) else { continue };
        let Some(graded) = &judgement.graded else { continue };
        let reply = Reply {
            mark: graded.mark,
            accepted: judgement.verdict == Verdict::Pass,
            confidence: graded.confidence,
            asking: (row.key.level, row.key.round, row.key.repeat),
        };
        let id = row.key.prompt_id.as_str();
        let items = categories.entry(&row.category).or_default();
        match id.strip_suffix(SWAPPED) {
            Some(base) => items.entry(base).or_default().swapped.push(reply),
            None => items.entry(id).or_default().as_given.push(reply),
        }
    }
    if categories.is_empty() {
        return Vec::new();
    }
    let all: Vec<&Item> = categories.values().flat_map(BTreeMap::values).collect();
    let each = categories
        .iter()
        .map(|(category, items)| examination(Some(*category), &items.values().collect::<Vec<_>>(), seed));
    std::iter::once(examination(None, &all, seed)).chain(each.filter(|_| categories.len() > 1)).collect()
}

fn examination(category: Option<&str>, items: &[&Item], seed: u64) -> JudgeQuality {
    let replies = || items.iter().flat_map(|item| item.replies());
    let units = items.len() as u64;
    let total = replies().count() as u64;
    let count = |keep: &dyn Fn(&Reply) -> bool| replies().filter(|reply| keep(reply)).count() as u64;
    let pairs = count(&|reply| reply.preferred().is_some());
    let chosen = items.iter().filter(|item| item.replies().any(|reply| reply.preferred().is_some())).count();
    JudgeQuality {
        category: category.map(str::to_owned),
        items: units,
        parsed: pass_rate(count(&Reply::is_read), total, units),
        worst_case: pass_rate(count(&|reply| reply.accepted), total, units),
        repeatability: repeatability(items, seed),
        agreement: agreement(items, seed),
        preference: (pairs > 0).then(|| {
            let right = count(&|reply| reply.preferred().is_some() && reply.accepted);
            pass_rate(right, pairs, chosen as u64)
        }),
        position: position(items),
        confidence: honesty(items, seed),
        distribution: distribution(items),
    }
}

/// A statistic of what the items hold, with the interval that resampling items gives.
fn estimate<T: Clone>(
    items: &[Vec<T>],
    seed: u64,
    statistic: impl Fn(&[T]) -> Option<f64>,
) -> Option<Estimate> {
    let of = |drawn: &mut dyn Iterator<Item = &Vec<T>>| {
        let values: Vec<T> = drawn.flatten().cloned().collect();
        statistic(&values)
    };
    let value = of(&mut items.iter())?;
    let interval_95 =
        interval_of(items.len(), 0.95, seed, |drawn| of(&mut drawn.iter().map(|index| &items[*index])));
    Some(Estimate { value, interval_95 })
}

fn repeatability(items: &[&Item], seed: u64) -> Option<Repeatability> {
    let mut asked: Vec<Vec<Reply>> = Vec::new();
    for item in items {
        for order in [&item.as_given, &item.swapped] {
            let mut replies: Vec<Reply> = order.iter().copied().filter(Reply::is_read).collect();
            replies.sort_by_key(|reply| reply.asking);
            asked.extend((replies.len() > 1).then_some(replies));
        }
    }
    if asked.is_empty() {
        return None;
    }
    let same = |replies: &&Vec<Reply>| {
        replies.windows(2).all(|two| {
            two[0].preferred() == two[1].preferred()
                && two[0].score().map(f64::to_bits) == two[1].score().map(f64::to_bits)
        })
    };
    let flips = |replies: &&Vec<Reply>| replies.windows(2).any(|two| two[0].accepted != two[1].accepted);
    let n = asked.len() as u64;
    let share = |count: usize| pass_rate(count as u64, n, n);
    // An item's scores are one unit here: wrapped, so that they are drawn together and stay apart.
    let scores: Vec<Vec<Vec<f64>>> = asked
        .iter()
        .map(|replies| replies.iter().filter_map(Reply::score).collect::<Vec<f64>>())
        .filter(|scores| scores.len() > 1)
        .map(|scores| vec![scores])
        .collect();
    let alpha = |metric| estimate(&scores, seed, |items| krippendorff_alpha(items, metric));
    let flat: Vec<Vec<f64>> = scores.iter().flatten().cloned().collect();
    Some(Repeatability {
        items: n,
        exact: share(asked.iter().filter(same).count()),
        flips: share(asked.iter().filter(flips).count()),
        alpha_nominal: alpha(Metric::Nominal),
        alpha_ordinal: alpha(Metric::Ordinal),
        alpha_interval: alpha(Metric::Interval),
        icc: estimate(&scores, seed, icc_agreement),
        deviation: within_item_deviation(&flat),
    })
}

fn agreement(items: &[&Item], seed: u64) -> Option<Agreement> {
    let mut categories = 0;
    let pairs: Vec<Vec<(f64, f64)>> = items
        .iter()
        .map(|item| {
            item.replies()
                .filter_map(|reply| match reply.mark {
                    Mark::Score { given: Some(given), gold, scale } => {
                        categories = categories.max(points(scale));
                        Some((gold, given))
                    }
                    _ => None,
                })
                .collect::<Vec<_>>()
        })
        .filter(|pairs| !pairs.is_empty())
        .collect();
    let scored = pairs.iter().flatten();
    let (n, units) = (scored.clone().count() as u64, pairs.len() as u64);
    let near = |reach: f64| -> PassRate {
        let count = scored.clone().filter(|(gold, given)| (gold - given).abs() <= reach).count();
        pass_rate(count as u64, n, units)
    };
    let of = |statistic: &Statistic<'_>| estimate(&pairs, seed, statistic);
    Some(Agreement {
        items: units,
        exact: near(0.0),
        within_one: near(1.0),
        kappa: of(&|pairs| kappa(pairs, Weights::Nominal)),
        quadratic_kappa: of(&|pairs| kappa(pairs, Weights::Quadratic)),
        gwet_ac1: of(&|pairs| gwet_ac1(pairs, categories)),
        kendall_tau_b: of(&kendall_tau_b),
        bias: of(&|pairs| mean(&pairs.iter().map(|(gold, given)| given - gold).collect::<Vec<_>>()))?,
    })
}

/// Whole points on a scale.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates; scales are small"
)]
fn points(scale: [f64; 2]) -> u64 {
    (scale[1] - scale[0]).max(0.0) as u64 + 1
}

fn position(items: &[&Item]) -> Option<Position> {
    let (mut units, mut pairs, mut consistent, mut named, mut first) = (0, 0, 0, 0, 0);
    let (mut both_first, mut both_second) = (0, 0);
    for item in items {
        // Repeats of one item are one trial, which leans one way or the other.
        let (before, mut lean) = (pairs, 0_i64);
        let mut swapped: BTreeMap<_, Preferred> = BTreeMap::new();
        swapped.extend(item.swapped.iter().filter_map(|reply| Some((reply.asking, reply.preferred()?))));
        for reply in &item.as_given {
            let (Some(one), Some(other)) = (reply.preferred(), swapped.get(&reply.asking).copied()) else {
                continue;
            };
            pairs += 1;
            consistent += u64::from(one == other.swapped());
            for named_one in [one, other] {
                named += u64::from(named_one != Preferred::Tie);
                first += u64::from(named_one == Preferred::A);
            }
            lean += i64::from((one, other) == (Preferred::A, Preferred::A));
            lean -= i64::from((one, other) == (Preferred::B, Preferred::B));
        }
        units += u64::from(pairs > before);
        both_first += u64::from(lean > 0);
        both_second += u64::from(lean < 0);
    }
    (pairs > 0).then(|| Position {
        pairs,
        consistent: pass_rate(consistent, pairs, units),
        first: pass_rate(first, named, named.min(2 * units)),
        first_p: mcnemar_two_sided(both_first, both_second),
    })
}

fn honesty(items: &[&Item], seed: u64) -> Option<Honesty> {
    let forecasts: Vec<Vec<Forecast>> = items
        .iter()
        .map(|item| {
            let read = item.replies().filter(|reply| reply.is_read());
            read.filter_map(|reply| Some((reply.confidence?, reply.accepted))).collect::<Vec<_>>()
        })
        .filter(|forecasts| !forecasts.is_empty())
        .collect();
    let flat: Vec<Forecast> = forecasts.iter().flatten().copied().collect();
    let right: Vec<f64> = flat.iter().map(|(_, right)| f64::from(u8::from(*right))).collect();
    Some(Honesty {
        replies: flat.len() as u64,
        mean: mean(&flat.iter().map(|(p, _)| *p).collect::<Vec<_>>())?,
        accepted: mean(&right)?,
        brier: estimate(&forecasts, seed, brier)?,
        log_loss: estimate(&forecasts, seed, log_loss)?,
        calibration_error: estimate(&forecasts, seed, expected_calibration_error)?,
    })
}

fn distribution(items: &[&Item]) -> Vec<ScoreCount> {
    let mut counts: BTreeMap<u64, ScoreCount> = BTreeMap::new();
    let mut count = |score: f64, add: fn(&mut ScoreCount)| {
        // Scores are not negative, so that their bits are in their order.
        add(counts.entry(score.to_bits()).or_insert(ScoreCount { score, given: 0, gold: 0 }));
    };
    for reply in items.iter().flat_map(|item| item.replies()) {
        if let Mark::Score { given: Some(given), gold, .. } = reply.mark {
            count(given, |score| score.given += 1);
            count(gold, |score| score.gold += 1);
        }
    }
    counts.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture;
    use crate::model::judgement::{Graded, Judgement};

    /// A row whose candidate said this of an item.
    fn row(id: &str, repeat: u32, mark: Mark, accepted: bool, confidence: Option<f64>) -> Row {
        let mut record = fixture::record();
        id.clone_into(&mut record.key.prompt_id);
        record.key.repeat = repeat;
        let verdict = if accepted { Verdict::Pass } else { Verdict::Wrong };
        record.attempt.judgement =
            Judgement { graded: Some(Graded { mark, confidence }), ..Judgement::bare(verdict) };
        Row {
            reference: None,
            key: record.key,
            category: "coherence".to_owned(),
            family: record.family,
            scenario_id: record.scenario_id,
            ask: record.ask,
            block: 0,
            candidate: Some(record.attempt),
            baseline: None,
        }
    }

    fn score(given: Option<f64>, gold: f64) -> Mark {
        Mark::Score { given, gold, scale: [1.0, 5.0] }
    }

    fn near(estimate: Option<Estimate>, expected: f64) {
        let value = estimate.unwrap().value;
        assert!((value - expected).abs() < 5e-7, "{value} for {expected}");
    }

    /// The worked values of agreement: gold 5443251342, judge 4453252331.
    #[test]
    fn agreement_with_gold() {
        let digits =
            |text: &str| text.chars().map(|c| f64::from(c.to_digit(10).unwrap())).collect::<Vec<_>>();
        let marks = digits("5443251342").into_iter().zip(digits("4453252331"));
        let mut rows: Vec<Row> = (0..)
            .zip(marks)
            .map(|(n, (gold, given))| {
                let right = gold.total_cmp(&given).is_eq();
                row(&format!("p{n}"), 0, score(Some(given), gold), right, Some(0.8))
            })
            .collect();
        rows.push(row("unread", 0, score(None, 3.0), false, None));
        let all = judge_quality(&rows, Side::Candidate, 1);
        assert_eq!(all.len(), 1);
        let quality = &all[0];
        assert_eq!((quality.items, quality.parsed.passed, quality.parsed.judged), (11, 10, 11));
        assert_eq!((quality.worst_case.passed, quality.worst_case.judged), (5, 11));
        let agreement = quality.agreement.as_ref().unwrap();
        assert_eq!((agreement.exact.passed, agreement.within_one.passed, agreement.items), (5, 10, 10));
        near(agreement.kappa, 0.367_089);
        near(agreement.quadratic_kappa, 0.842_767);
        near(agreement.kendall_tau_b, 0.769_231);
        assert!((agreement.bias.value - (-0.1)).abs() < 1e-9, "{:?}", agreement.bias);
        let limits = agreement.quadratic_kappa.unwrap().interval_95.unwrap();
        assert!(limits.low < 0.842_767 && 0.842_767 < limits.high && limits.high <= 1.0);
        let honesty = quality.confidence.as_ref().unwrap();
        assert_eq!((honesty.replies, honesty.accepted), (10, 0.5));
        // Half right at 0.8: 0.5·0.04 + 0.5·0.64, and a gap of 0.3.
        near(Some(honesty.brier), 0.34);
        near(Some(honesty.calibration_error), 0.3);
        assert!(
            quality.repeatability.is_none() && quality.position.is_none() && quality.preference.is_none()
        );
        let fives = quality.distribution.iter().find(|count| count.score.total_cmp(&5.0).is_eq()).unwrap();
        assert_eq!((fives.given, fives.gold), (2, 2));
    }

    /// The worked values of repeats: ten items, three times each.
    #[test]
    fn repeats_of_an_item() {
        let items = "554 444 454 333 223 555 111 323 445 222";
        let mut rows = Vec::new();
        for (n, item) in items.split(' ').enumerate() {
            for (repeat, digit) in (0..).zip(item.chars()) {
                let given = f64::from(digit.to_digit(10).unwrap());
                rows.push(row(&format!("p{n}"), repeat, score(Some(given), 4.0), given >= 4.0, None));
            }
        }
        let all = judge_quality(&rows, Side::Candidate, 1);
        let repeats = all[0].repeatability.as_ref().unwrap();
        assert_eq!((repeats.items, repeats.exact.passed, repeats.flips.passed), (10, 5, 0));
        near(repeats.alpha_nominal, 0.589_235);
        near(repeats.alpha_ordinal, 0.891_275);
        near(repeats.alpha_interval, 0.904_605);
        near(repeats.icc, 0.910_359);
    }

    #[test]
    fn the_order_of_two_responses() {
        use Preferred::{A, B, Tie};
        let mut rows = Vec::new();
        // Told in both orders: consistent twice, first both times thrice, a tie in both.
        for (n, (one, other)) in [(A, B), (B, A), (A, A), (A, A), (A, A), (Tie, Tie)].into_iter().enumerate()
        {
            let mark = |given, gold| Mark::Preference { given: Some(given), gold };
            rows.push(row(&format!("p{n}"), 0, mark(one, A), one == A, None));
            rows.push(row(&format!("p{n}~swapped"), 0, mark(other, B), other == B, None));
        }
        rows.push(row("alone", 0, Mark::Preference { given: Some(B), gold: B }, true, None));
        let all = judge_quality(&rows, Side::Candidate, 1);
        let (quality, position) = (&all[0], all[0].position.as_ref().unwrap());
        assert_eq!((quality.items, position.pairs, position.consistent.passed), (7, 6, 3));
        assert_eq!((position.first.passed, position.first.judged), (8, 10));
        // Three pairs, all in the first place: 2 · ½³.
        assert!((position.first_p - 0.25).abs() < 1e-12);
        let preference = quality.preference.unwrap();
        assert_eq!((preference.passed, preference.judged), (6, 13));
    }

    #[test]
    fn repeats_of_a_pair_are_one_trial() {
        use Preferred::{A, B};
        let mut rows = Vec::new();
        let mark = |given, gold| Mark::Preference { given: Some(given), gold };
        for (n, repeat) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)] {
            rows.push(row(&format!("p{n}"), repeat, mark(A, A), true, None));
            rows.push(row(&format!("p{n}~swapped"), repeat, mark(A, B), false, None));
        }
        let all = judge_quality(&rows, Side::Candidate, 1);
        let position = all[0].position.as_ref().unwrap();
        assert_eq!((position.pairs, position.consistent.judged, position.first.judged), (6, 6, 12));
        // Two items, both in the first place: 2 · ½².
        assert!((position.first_p - 0.5).abs() < 1e-12);
        assert_eq!(position.consistent.wilson_95, pass_rate(0, 2, 2).wilson_95);
    }

    #[test]
    fn prompts_that_examine_no_judge_say_nothing() {
        let mut plain = row("p", 0, score(Some(1.0), 1.0), true, None);
        plain.candidate.as_mut().unwrap().judgement.graded = None;
        assert_eq!(judge_quality(&[plain], Side::Candidate, 1), []);
        let rows = [row("p", 0, score(Some(1.0), 1.0), true, None)];
        assert_eq!(judge_quality(&rows, Side::Baseline, 1), []);
    }
}
