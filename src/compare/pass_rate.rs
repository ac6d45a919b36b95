//! Pass rates: of one side alone, and of both on the prompts they share.
//!
//! What is not passed counts against the model (wrong, no answer, refused, truncated, empty). What could not be
//! judged is missing: its pair is left out and counted. Where a prompt was sent several times (repeats or
//! rounds, or a pair of responses in both orders) the prompt is the unit: its difference is the mean over its repeats.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::comparison::{Missing, PairedPassRate};
use crate::model::judgement::Verdict;
use crate::model::outcome::Outcome;
use crate::model::prompt::SWAPPED;
use crate::model::record::{Attempt, Row, Side};
use crate::model::result::CategoryPassRate;
use crate::stats::multiple::holm;
use crate::stats::paired::{PairedCounts, mcnemar_two_sided};
use crate::stats::proportion::pass_rate;
use crate::stats::{mean, real};

use super::beside;
use super::estimate::{self, Difference, Family};
use super::noise::Noise;

/// The method's name where every prompt was sent once.
pub const TANGO: &str = "tango";

/// The method's name where prompts were sent several times.
pub const REPEATS: &str = "repeats";

/// The method's name where prompts cloned from one template made the interval wider than either.
pub const FAMILIES: &str = "families";

/// The pass rates of one side alone over all its judged responses: overall first (no category), then by category
/// in alphabetical order. Where prompts were sent several times the interval counts prompts, not responses.
#[must_use]
pub fn pass_rates(rows: &[Row], side: Side) -> Vec<CategoryPassRate> {
    let repeated = is_repeated(rows);
    groups(rows)
        .into_iter()
        .map(|(category, rows)| {
            let verdicts: Vec<(&str, bool)> = rows
                .iter()
                .filter_map(|row| {
                    let passed = row.attempt(side)?.judgement.verdict.passed()?;
                    Some((item(row), passed))
                })
                .collect();
            let judged = verdicts.len() as u64;
            let passed = verdicts.iter().filter(|(_, passed)| *passed).count() as u64;
            let prompts: BTreeSet<&str> = verdicts.iter().map(|(prompt, _)| *prompt).collect();
            let units = if repeated { prompts.len() as u64 } else { judged };
            CategoryPassRate {
                category: category.map(str::to_owned),
                pass_rate: pass_rate(passed, judged, units),
            }
        })
        .collect()
}

/// The paired pass rates: overall, and by category in alphabetical order with p-values adjusted over the
/// categories. The detectable loss is that of the gate on the category, else of the overall gate, else of the
/// default one.
#[must_use]
pub fn paired_pass_rates(rows: &[Row]) -> (PairedPassRate, Vec<PairedPassRate>) {
    paired_beside_noise(rows, None)
}

/// The same beside what an A/A run says of the prompts, whose flip rate is the least that detectable losses are
/// computed with.
pub(super) fn paired_beside_noise(
    rows: &[Row],
    noise: Option<&Noise>,
) -> (PairedPassRate, Vec<PairedPassRate>) {
    let repeated = is_repeated(rows);
    let mut rates = groups(rows).into_iter().map(|(category, rows)| {
        let pairing = Pairing::of(&rows);
        let paired: BTreeSet<&str> = pairing.paired().map(|(prompt, _)| prompt).collect();
        let mut rate = pairing.rate(category, repeated);
        beside::fill(&mut rate, &rows);
        rate.noise = noise.map(|noise| noise.rate(&rate, &paired, repeated));
        rate
    });
    // `groups` puts the overall group first, even of no rows.
    let overall = rates.next().unwrap_or_default();
    let mut categories: Vec<PairedPassRate> = rates.collect();
    let adjusted = holm(&categories.iter().filter_map(|rate| rate.score_p).collect::<Vec<_>>());
    for (rate, p) in categories.iter_mut().filter(|rate| rate.score_p.is_some()).zip(adjusted) {
        rate.score_p_holm = Some(p);
    }
    (overall, categories)
}

/// Whether any prompt was sent more than once: in repeats, rounds, both orders, or at several loads.
pub(super) fn is_repeated(rows: &[Row]) -> bool {
    let level = rows.first().map(|row| row.key.level);
    let again = |row: &Row| {
        row.key.repeat > 0
            || row.key.round > 0
            || Some(row.key.level) != level
            || item(row) != row.key.prompt_id
    };
    rows.iter().any(again)
}

/// The prompt of a row: with its two responses in the other order it is the same.
fn item(row: &Row) -> &str {
    item_of(&row.key.prompt_id)
}

/// The prompt of which this is the id, in whichever order its responses are.
pub(super) fn item_of(prompt_id: &str) -> &str {
    prompt_id.strip_suffix(SWAPPED).unwrap_or(prompt_id)
}

/// All rows under no name, then each category's in alphabetical order.
fn groups(rows: &[Row]) -> Vec<(Option<&str>, Vec<&Row>)> {
    let mut categories: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        categories.entry(&row.category).or_default().push(row);
    }
    std::iter::once((None, rows.iter().collect()))
        .chain(categories.into_iter().map(|(category, rows)| (Some(category), rows)))
        .collect()
}

/// What one prompt's responses come to.
#[derive(Debug, Default)]
struct PromptTally<'a> {
    /// The family it is of, where it has one.
    family: Option<&'a str>,
    /// Repeats judged on both sides.
    pairs: u64,
    /// Of these, passed by the baseline.
    baseline: u64,
    /// Of these, passed by the candidate.
    candidate: u64,
    /// Repeats answered on both sides, judged or missing.
    answered: u64,
    /// Candidate's passes − baseline's, with what is missing at its best for the candidate.
    best: f64,
    /// The same at its worst.
    worst: f64,
}

/// The pairs of one category.
#[derive(Debug, Default)]
struct Pairing<'a> {
    prompts: BTreeMap<&'a str, PromptTally<'a>>,
    missing: Missing,
}

impl<'a> Pairing<'a> {
    fn of(rows: &[&'a Row]) -> Self {
        let mut pairing = Self::default();
        // What labctl gave up when it was interrupted is as good as not sent.
        let ended = |attempt: &&Attempt| attempt.exchange.outcome != Outcome::Cancelled;
        for row in rows {
            match (row.baseline.as_ref().filter(ended), row.candidate.as_ref().filter(ended)) {
                (Some(baseline), Some(candidate)) => pairing.add(row, baseline, candidate),
                (None, None) => {}
                _ => pairing.missing.unmatched += 1,
            }
        }
        pairing
    }

    fn add(&mut self, row: &'a Row, baseline: &Attempt, candidate: &Attempt) {
        if [baseline, candidate].iter().any(|attempt| attempt.judgement.verdict == Verdict::Unchecked) {
            return;
        }
        let passed = |attempt: &Attempt| attempt.judgement.verdict.passed();
        let share = |passed: bool| f64::from(u8::from(passed));
        let tally = self.prompts.entry(item(row)).or_default();
        tally.family = row.family.as_deref();
        let (of_baseline, of_candidate) = (passed(baseline), passed(candidate));
        tally.answered += 1;
        tally.best += share(of_candidate.unwrap_or(true)) - share(of_baseline.unwrap_or(false));
        tally.worst += share(of_candidate.unwrap_or(false)) - share(of_baseline.unwrap_or(true));
        if let (Some(of_baseline), Some(of_candidate)) = (of_baseline, of_candidate) {
            tally.pairs += 1;
            tally.baseline += u64::from(of_baseline);
            tally.candidate += u64::from(of_candidate);
        }
        if of_baseline.is_none() {
            *self.missing.baseline.entry(baseline.judgement.verdict).or_default() += 1;
        }
        if of_candidate.is_none() {
            *self.missing.candidate.entry(candidate.judgement.verdict).or_default() += 1;
        }
    }

    /// The prompts judged on both sides.
    fn paired(&self) -> impl Iterator<Item = (&'a str, &PromptTally<'a>)> {
        self.prompts.iter().filter(|(_, tally)| tally.pairs > 0).map(|(prompt, tally)| (*prompt, tally))
    }

    fn rate(self, category: Option<&str>, repeated: bool) -> PairedPassRate {
        let counts = table(self.paired().map(|(_, tally)| tally));
        let sum = |of: fn(&PromptTally<'_>) -> u64| self.paired().map(|(_, tally)| of(tally)).sum::<u64>();
        let judged = sum(|tally| tally.pairs);
        let pairs = counts.pairs();
        let flipped = |p: fn(PairedCounts) -> f64| (pairs > 0).then(|| p(counts));
        let mut rate = PairedPassRate {
            category: category.map(str::to_owned),
            pairs,
            baseline: pass_rate(sum(|tally| tally.baseline), judged, pairs),
            candidate: pass_rate(sum(|tally| tally.candidate), judged, pairs),
            both_passed: counts.both_passed,
            losses: counts.losses,
            gains: counts.gains,
            both_failed: counts.both_failed,
            mcnemar_p: flipped(|counts| mcnemar_two_sided(counts.losses, counts.gains)),
            flip_rate: flipped(|counts| real(counts.flips()) / real(counts.pairs())),
            method: if repeated { REPEATS } else { TANGO }.to_owned(),
            ..PairedPassRate::default()
        };
        let differences: Vec<Difference<'a>> =
            self.paired().map(|(prompt, tally)| tally.difference(prompt, repeated)).collect();
        estimate::fill(&mut rate, &differences, repeated);
        PairedPassRate { missing: self.missing_with_cases(), ..rate }
    }

    fn missing_with_cases(self) -> Missing {
        let mut missing = self.missing;
        if !missing.baseline.is_empty() || !missing.candidate.is_empty() {
            let case = |of: fn(&PromptTally<'_>) -> f64| {
                let deltas: Vec<f64> =
                    self.prompts.values().map(|tally| of(tally) / real(tally.answered)).collect();
                mean(&deltas).map(|delta| 100.0 * delta)
            };
            missing.best_case_pp = case(|tally| tally.best);
            missing.worst_case_pp = case(|tally| tally.worst);
        }
        missing
    }
}

impl<'a> PromptTally<'a> {
    /// The mean difference of its repeats; of a prompt sent once, −1, 0 or 1, as it is counted in the table.
    fn difference(&self, prompt: &'a str, repeated: bool) -> Difference<'a> {
        let family = self.family.map_or(Family::Alone(prompt), Family::Named);
        let difference = real(self.candidate) - real(self.baseline);
        let by = if repeated { real(self.pairs) } else { difference.abs().max(1.0) };
        (difference / by, family)
    }
}

/// The 2×2 table of prompts. A repeated prompt is a loss where the candidate passed it less often, a gain where
/// more often; where equally often, both passed if at least half of the repeats did.
fn table<'a>(prompts: impl Iterator<Item = &'a PromptTally<'a>>) -> PairedCounts {
    let mut counts = PairedCounts::default();
    for tally in prompts {
        let cell = match tally.candidate.cmp(&tally.baseline) {
            std::cmp::Ordering::Less => &mut counts.losses,
            std::cmp::Ordering::Greater => &mut counts.gains,
            std::cmp::Ordering::Equal if 2 * tally.candidate >= tally.pairs => &mut counts.both_passed,
            std::cmp::Ordering::Equal => &mut counts.both_failed,
        };
        *cell += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::gate::Gate;
    use crate::compare::support::{attempt, judged, row, swapped, table};
    use crate::model::judgement::Verdict;
    use proptest::prelude::*;

    #[track_caller]
    fn close(value: Option<f64>, expected: f64) {
        assert!((value.unwrap() - expected).abs() < 6e-5, "{value:?} is not {expected}");
    }

    fn overall(rows: &[Row]) -> PairedPassRate {
        paired_pass_rates(rows).0
    }

    /// 50 prompts at 3 loads are 50 prompts, of which 5 were lost each time.
    #[test]
    fn prompts_at_several_loads_count_once() {
        let mut rows = Vec::new();
        for level in 0..3 {
            let at = table("math", [45, 5, 0, 0]);
            rows.extend(at.into_iter().map(|mut row| {
                row.key.level = level;
                row
            }));
        }
        let rate = overall(&rows);
        assert_eq!((rate.pairs, rate.losses, rate.method.as_str()), (50, 5, REPEATS));
        let alone = pass_rates(&rows, Side::Candidate)[0].pass_rate;
        assert_eq!((alone.passed, alone.judged), (135, 150));
        let once = crate::stats::proportion::wilson(0.9, 50, 0.95);
        assert_eq!(alone.wilson_95, once);
        // One load alone sends each prompt once.
        assert_eq!(overall(&rows[100..]).method, TANGO);
    }

    /// Example A of the worked table, in percentage points.
    #[test]
    fn thirty_pairs_come_out_as_worked() {
        let rate = overall(&table("math", [24, 3, 1, 2]));
        assert_eq!(
            (rate.pairs, rate.both_passed, rate.losses, rate.gains, rate.both_failed),
            (30, 24, 3, 1, 2)
        );
        assert_eq!((rate.baseline.passed, rate.candidate.passed, rate.candidate.judged), (27, 25, 30));
        close(rate.delta_pp, -6.6667);
        close(rate.interval_90_pp.map(|i| i.low), -19.9854);
        close(rate.interval_90_pp.map(|i| i.high), 5.5048);
        close(rate.interval_95_pp.map(|i| i.low), -23.1394);
        close(rate.newcombe_95_pp.map(|i| i.high), 8.9590);
        close(rate.mcnemar_p, 0.625);
        close(rate.flip_rate, 4.0 / 30.0);
        close(rate.baseline.wilson_95.map(|i| i.low), 0.743_789);
        assert_eq!(rate.method, "tango");
        assert!(Gate::default().detectable_loss(&rate).unwrap() > 0.1);
        assert_eq!(rate.missing, Missing::default());
    }

    #[test]
    fn a_pair_in_both_orders_is_one_prompt() {
        let mut rows = table("pairs", [24, 3, 1, 2]);
        let mut others = rows.clone();
        for row in &mut others {
            row.key.prompt_id.push_str(SWAPPED);
        }
        rows.append(&mut others);
        let rate = overall(&rows);
        assert_eq!((rate.pairs, rate.losses, rate.gains, rate.candidate.judged), (30, 3, 1, 60));
        assert_eq!(rate.method, "repeats");
        close(rate.delta_pp, -6.6667);
        close(rate.mcnemar_p, 0.625);
        let alone = pass_rates(&rows, Side::Baseline)[0].pass_rate;
        assert_eq!((alone.passed, alone.judged), (54, 60));
        close(alone.wilson_95.map(|i| i.low), 0.743_789);
    }

    #[test]
    fn categories_are_alphabetical_and_adjusted_together() {
        let rows = [table("math", [40, 6, 0, 4]), table("code", [45, 0, 0, 5])].concat();
        let (overall, categories) = paired_pass_rates(&rows);
        assert_eq!((overall.category.as_deref(), overall.pairs, overall.score_p_holm), (None, 100, None));
        let names: Vec<_> = categories.iter().map(|rate| rate.category.as_deref().unwrap()).collect();
        assert_eq!(names, ["code", "math"]);
        assert_eq!(categories[0].score_p_holm, Some(1.0));
        // Two-sided p of 6/√6 is .0143, twice that after Holm over two.
        close(categories[1].score_p, 0.014_306);
        close(categories[1].score_p_holm, 0.028_612);
        let (of_baseline, of_candidate) =
            (pass_rates(&rows, Side::Baseline), pass_rates(&rows, Side::Candidate));
        assert_eq!(of_baseline.iter().map(|r| r.pass_rate.passed).collect::<Vec<_>>(), [91, 45, 46]);
        assert_eq!(of_candidate.iter().map(|r| r.pass_rate.passed).collect::<Vec<_>>(), [85, 45, 40]);
        assert_eq!(of_candidate[0].category, None);
    }

    #[test]
    fn broken_answers_count_against_and_missing_ones_are_left_out() {
        use Verdict::{
            CheckError, Empty, JudgeUnparsed, NoAnswer, Pass, Refused, TransportError, Truncated, Wrong,
        };
        let mut rows: Vec<Row> = [
            (Pass, Wrong),
            (Pass, NoAnswer),
            (Pass, Refused),
            (Pass, Truncated),
            (Pass, Empty),
            (Pass, Pass),
            (Pass, JudgeUnparsed),
            (CheckError, Pass),
            (TransportError, TransportError),
        ]
        .into_iter()
        .enumerate()
        .map(|(id, (baseline, candidate))| judged(id, "math", baseline, candidate))
        .collect();
        rows.push(Row { baseline: None, ..judged(9, "math", Pass, Pass) });
        rows.push(Row { baseline: None, candidate: None, ..judged(10, "math", Pass, Pass) });
        let rate = overall(&rows);
        assert_eq!((rate.pairs, rate.losses, rate.both_passed), (6, 5, 1));
        assert_eq!(rate.missing.baseline, BTreeMap::from([(CheckError, 1), (TransportError, 1)]));
        assert_eq!(rate.missing.candidate, BTreeMap::from([(JudgeUnparsed, 1), (TransportError, 1)]));
        assert_eq!(rate.missing.unmatched, 1);
        // 9 answered on both sides: −5 among the judged, then 0, +1, +1 at best and −1, 0, −1 at worst.
        close(rate.missing.best_case_pp, -300.0 / 9.0);
        close(rate.missing.worst_case_pp, -700.0 / 9.0);
        let alone = pass_rates(&rows, Side::Candidate);
        assert_eq!((alone[0].pass_rate.passed, alone[0].pass_rate.judged), (3, 8));
    }

    /// Four prompts of two repeats, differences −½, 0, 0, +1: mean ⅛, sd .6292, SE .3146.
    #[test]
    fn a_repeated_prompt_counts_once() {
        use Verdict::{Pass, Wrong};
        let verdicts = [
            [(Pass, Pass), (Pass, Wrong)],
            [(Pass, Pass), (Pass, Pass)],
            [(Wrong, Wrong), (Wrong, Wrong)],
            [(Wrong, Pass), (Wrong, Pass)],
        ];
        let mut rows = Vec::new();
        for (id, repeats) in verdicts.into_iter().enumerate() {
            for (repeat, (baseline, candidate)) in (0..).zip(repeats) {
                let mut row = row(id, "math", attempt(baseline), attempt(candidate));
                row.key.repeat = repeat;
                rows.push(row);
            }
        }
        let rate = overall(&rows);
        assert_eq!(
            (rate.pairs, rate.losses, rate.gains, rate.both_passed, rate.both_failed),
            (4, 1, 1, 1, 1)
        );
        assert_eq!((rate.candidate.passed, rate.candidate.judged), (5, 8));
        assert_eq!(rate.method, "repeats");
        close(rate.delta_pp, 12.5);
        // t of 3 degrees of freedom at 90 % is 2.3533634; ⅛ − 2.3533634 · .3145764 = −.6153127.
        close(rate.interval_90_pp.map(|i| i.low), -61.531_27);
        assert_eq!(rate.newcombe_95_pp, None);
        // Wilson of ⅝ over 4 prompts, not over 8 responses.
        let side = &pass_rates(&rows, Side::Candidate)[0].pass_rate;
        assert_eq!(side.wilson_95, crate::stats::proportion::wilson(0.625, 4, 0.95));
    }

    #[test]
    fn without_rows_there_is_an_overall_rate_of_nothing() {
        let (overall, categories) = paired_pass_rates(&[]);
        assert_eq!((overall.pairs, overall.delta_pp, overall.interval_90_pp), (0, None, None));
        assert!(categories.is_empty());
        assert_eq!(pass_rates(&[], Side::Baseline).len(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn exchanging_the_sides_negates(counts in prop::array::uniform4(0..12_usize), repeats in 1..3_u32) {
            prop_assume!(counts.iter().sum::<usize>() > 1);
            let mut rows = table("math", counts);
            if repeats == 2 {
                let again = rows.clone().into_iter().map(|mut row| { row.key.round = 1; row });
                rows.extend(again);
            }
            let (ours, theirs) = (overall(&rows), overall(&swapped(&rows)));
            prop_assert!((ours.delta_pp.unwrap() + theirs.delta_pp.unwrap()).abs() < 1e-9);
            let (mine, other) = (ours.interval_90_pp.unwrap(), theirs.interval_90_pp.unwrap());
            prop_assert!((mine.low + other.high).abs() < 1e-7 && (mine.high + other.low).abs() < 1e-7);
            prop_assert!(mine.low <= ours.delta_pp.unwrap() + 1e-9 && ours.delta_pp.unwrap() <= mine.high + 1e-9);
            prop_assert_eq!((ours.losses, ours.gains), (theirs.gains, theirs.losses));
        }
    }
}
