//! How sure a delta is: standard errors, intervals and p-value, of what the prompts' differences are.

use std::collections::BTreeSet;

use crate::model::comparison::PairedPassRate;
use crate::stats::detectable::GATE_CONFIDENCE;
use crate::stats::paired::{newcombe_interval, score_p};
use crate::stats::repeats::{MeanDifference, cluster_standard_error};

use super::interval::{counts, interval_at, interval_over_families, interval_over_prompts, p_over_families};
use super::pass_rate::FAMILIES;

/// Limits closer than this are equal: one is solved for by bisection.
const EQUAL_PP: f64 = 1e-9;

/// What prompts have in common that are clones of one template; a prompt without a family is one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family<'a> {
    /// A family's name.
    Named(&'a str),
    /// The prompt's own id.
    Alone(&'a str),
}

/// One prompt's candidate − baseline, −1 to 1, with its family.
pub(super) type Difference<'a> = (f64, Family<'a>);

/// Fills in what follows from the prompts' differences: delta, standard errors, families, intervals, p-value, method.
/// The rate's counts must be in it, and the method as if no prompt were a clone of another.
pub(super) fn fill(rate: &mut PairedPassRate, differences: &[Difference<'_>], repeated: bool) {
    let (values, families): (Vec<f64>, Vec<Family<'_>>) = differences.iter().copied().unzip();
    let Some(difference) = MeanDifference::of(&values) else { return };
    let counts = counts(rate);
    rate.delta_pp = if repeated { Some(difference.mean) } else { counts.delta() }.map(in_points);
    if repeated {
        rate.standard_error_over_prompts_pp = difference.standard_error.map(in_points);
    }
    let distinct = families.iter().collect::<BTreeSet<_>>().len();
    if distinct < families.len() {
        rate.families = Some(distinct as u64);
        rate.standard_error_over_families_pp = cluster_standard_error(&values, &families).map(in_points);
    }
    let of_prompts = if repeated { difference.p_value() } else { score_p(counts) };
    rate.score_p = of_prompts.map(|p| p_over_families(rate).map_or(p, |of_families| p.max(of_families)));
    if families_decide(rate) {
        FAMILIES.clone_into(&mut rate.method);
        rate.standard_error_pp = rate.standard_error_over_families_pp;
    } else {
        rate.standard_error_pp = rate.standard_error_over_prompts_pp;
    }
    rate.interval_90_pp = interval_at(rate, GATE_CONFIDENCE);
    rate.interval_95_pp = interval_at(rate, 0.95);
    if !repeated {
        rate.newcombe_95_pp =
            newcombe_interval(counts, 0.95).map(|interval| crate::model::comparison::Interval {
                low: in_points(interval.low),
                high: in_points(interval.high),
            });
    }
}

/// Whether the families' interval reaches farther than the prompts', at the gates' confidence.
fn families_decide(rate: &PairedPassRate) -> bool {
    let intervals =
        interval_over_prompts(rate, GATE_CONFIDENCE).zip(interval_over_families(rate, GATE_CONFIDENCE));
    intervals.is_some_and(|(of_prompts, of_families)| {
        of_families.low < of_prompts.low - EQUAL_PP || of_families.high > of_prompts.high + EQUAL_PP
    })
}

fn in_points(share: f64) -> f64 {
    100.0 * share
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::gate::Gate;
    use crate::compare::pass_rate::paired_pass_rates;
    use crate::compare::support::{attempt, row, table};
    use crate::model::judgement::Verdict::{Pass, Wrong};
    use crate::model::record::Row;
    use crate::stats::real;
    use proptest::prelude::*;

    #[track_caller]
    fn close(value: Option<f64>, expected: f64) {
        assert!((value.unwrap() - expected).abs() < 6e-5, "{value:?} is not {expected}");
    }

    fn overall(rows: &[Row]) -> PairedPassRate {
        paired_pass_rates(rows).0
    }

    fn in_families(mut rows: Vec<Row>, size: usize) -> Vec<Row> {
        for (place, row) in rows.iter_mut().enumerate() {
            row.family = Some(format!("f{}", place / size));
        }
        rows
    }

    /// Rows whose differences are these.
    fn differing(values: &[i8]) -> Vec<Row> {
        let verdicts = |value: &i8| match value {
            0 => (Pass, Pass),
            1 => (Wrong, Pass),
            _ => (Pass, Wrong),
        };
        let of = |(id, value)| {
            let (baseline, candidate) = verdicts(value);
            row(id, "math", attempt(baseline), attempt(candidate))
        };
        values.iter().enumerate().map(of).collect()
    }

    /// The worked clusters (12 items in 4 clusters of 3: 111, 001, 110, 000): SE .215166 over them. t of 3 degrees of
    /// freedom is 2.353363 at 90 % and 3.182446 at 95 %; 0.5/.215166 = 2.323787 has p .102728 (by the
    /// closed form of 3 degrees of freedom).
    #[test]
    fn families_widen_the_interval_as_worked() {
        let rows = in_families(differing(&[1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0]), 3);
        let rate = overall(&rows);
        assert_eq!((rate.method.as_str(), rate.families, rate.pairs), ("families", Some(4), 12));
        close(rate.standard_error_pp, 21.5166);
        close(rate.standard_error_over_families_pp, 21.5166);
        assert_eq!(rate.standard_error_over_prompts_pp, None);
        close(rate.delta_pp, 50.0);
        close(rate.interval_90_pp.map(|i| i.low), 50.0 - 2.353_363 * 21.516_57);
        close(rate.interval_90_pp.map(|i| i.high), 100.0);
        close(rate.interval_95_pp.map(|i| i.low), 50.0 - 3.182_446 * 21.516_57);
        close(rate.score_p, 0.102_728);
        // Without families: Tango's, and its p of 6/√6.
        let alone = overall(&differing(&[1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 0]));
        assert_eq!((alone.method.as_str(), alone.families), ("tango", None));
        close(alone.score_p, 0.014_306);
        assert!(alone.interval_90_pp.unwrap().low > rate.interval_90_pp.unwrap().low);
        let missed = |rate: &PairedPassRate| Gate::default().detectable_loss(rate).unwrap();
        assert!(missed(&alone) < missed(&rate));
    }

    /// Flips spread evenly over the families: their standard error is smaller than chance, so Tango's stands.
    #[test]
    fn families_that_agree_change_nothing() {
        let rows = in_families(differing(&[1, -1, 0, 1, -1, 0, 1, -1, 0, 1, -1, 0]), 3);
        let (rate, alone) = (overall(&rows), overall(&differing(&[1, -1, 0, 1, -1, 0, 1, -1, 0, 1, -1, 0])));
        assert_eq!((rate.method.as_str(), rate.families), ("tango", Some(4)));
        assert_eq!(rate.standard_error_pp, None);
        assert_eq!((rate.interval_90_pp, rate.score_p), (alone.interval_90_pp, alone.score_p));
    }

    #[test]
    fn one_family_alone_or_none_leaves_tangos() {
        let one = overall(&in_families(table("math", [24, 3, 1, 2]), 30));
        assert_eq!((one.method.as_str(), one.families), ("tango", Some(1)));
        close(one.interval_90_pp.map(|i| i.low), -19.9854);
        let mut rows = table("math", [24, 3, 1, 2]);
        rows[0].family = Some("f".to_owned());
        assert_eq!(overall(&rows).families, None);
        // A family may be called like a prompt without one.
        rows[1].family = Some("math-002".to_owned());
        assert_eq!(overall(&rows).families, None);
        // Nothing differs anywhere: no narrower than without families.
        let same = overall(&in_families(table("math", [45, 0, 0, 5]), 5));
        close(same.interval_95_pp.map(|i| i.high), 7.1348);
        assert_eq!((same.method.as_str(), same.score_p), ("tango", Some(1.0)));
    }

    /// Two prompts a family, two repeats: differences −1, −½, 0, 0, ½, 0. By hand: mean −1/6; over prompts
    /// SE √(Σ(d−d̄)²/5/6) with Σ = 4/3, which is .210819; families' sums of d−d̄ are −7/6, 1/3, 5/6, so
    /// SE √((49 + 4 + 25)/36·3/2)/6 = .300463. t is 2.015048 (5) and 2.919986 (2) at 90 %.
    #[test]
    fn repeats_in_families_take_the_wider() {
        let passes: [[(bool, bool); 2]; 6] = [
            [(true, false), (true, false)],
            [(true, false), (true, true)],
            [(true, true), (true, true)],
            [(true, true), (false, false)],
            [(false, true), (true, true)],
            [(false, false), (false, false)],
        ];
        let verdict = |passed| attempt(if passed { Pass } else { Wrong });
        let mut rows = Vec::new();
        for (id, repeats) in passes.into_iter().enumerate() {
            for (repeat, (baseline, candidate)) in (0..).zip(repeats) {
                let mut row = row(id, "math", verdict(baseline), verdict(candidate));
                row.key.repeat = repeat;
                row.family = Some(format!("f{}", id / 2));
                rows.push(row);
            }
        }
        let rate = overall(&rows);
        assert_eq!((rate.method.as_str(), rate.families, rate.pairs), ("families", Some(3), 6));
        close(rate.delta_pp, -100.0 / 6.0);
        close(rate.standard_error_over_prompts_pp, 21.0819);
        close(rate.standard_error_pp, 30.0463);
        close(rate.interval_90_pp.map(|i| i.high), -16.666_667 + 2.919_986 * 30.046_26);
        for row in &mut rows {
            row.family = None;
        }
        let alone = overall(&rows);
        assert_eq!((alone.method.as_str(), alone.families), ("repeats", None));
        close(alone.standard_error_pp, 21.0819);
        close(alone.interval_90_pp.map(|i| i.high), -16.666_667 + 2.015_048 * 21.081_85);
    }

    /// One prompt, all pass, all fail, nothing judged: within bounds, or absent.
    #[test]
    fn degenerate_categories_have_correct_answers_or_none() {
        use crate::model::judgement::Verdict::TransportError;
        let missing = (0..3).map(|id| row(id, "missing", attempt(Pass), attempt(TransportError)));
        let rows: Vec<Row> =
            [table("one", [0, 1, 0, 0]), table("pass", [8, 0, 0, 0]), table("fail", [0, 0, 0, 8])]
                .into_iter()
                .flatten()
                .chain(missing)
                .collect();
        let categories = paired_pass_rates(&rows).1;
        let of = |name: &str| categories.iter().find(|rate| rate.category.as_deref() == Some(name)).unwrap();
        let one = of("one");
        assert_eq!((one.pairs, one.delta_pp, one.flip_rate), (1, Some(-100.0), Some(1.0)));
        let interval = one.interval_90_pp.unwrap();
        assert!((interval.low + 100.0).abs() < 1e-6 && interval.high > -100.0 && interval.high < 100.0);
        let missed = of("missing");
        assert_eq!((missed.pairs, missed.delta_pp, missed.interval_90_pp), (0, None, None));
        assert_eq!((missed.score_p, missed.minimum_detectable_loss_pp, missed.flip_rate), (None, None, None));
        for same in [of("pass"), of("fail")] {
            assert_eq!((same.delta_pp, same.score_p, same.mcnemar_p), (Some(0.0), Some(1.0), Some(1.0)));
            // z²/(8 + z²).
            close(same.interval_90_pp.map(|i| i.high), 100.0 * 2.705_543 / 10.705_543);
        }
        assert_eq!((of("fail").candidate.rate, of("pass").candidate.rate), (Some(0.0), Some(1.0)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn zero_lies_outside_exactly_where_p_is_small(
            values in prop::collection::vec(-1..=1_i8, 4..40), size in 1..5_usize, repeats in 1..3_u32,
        ) {
            let mut rows = in_families(differing(&values), size);
            if repeats == 2 {
                rows.extend(rows.clone().into_iter().map(|mut row| { row.key.round = 1; row }));
            }
            let rate = overall(&rows);
            let p = rate.score_p.unwrap();
            // The sign test stands in where every prompt differs by the same.
            prop_assume!(rate.standard_error_over_prompts_pp != Some(0.0));
            for confidence in [0.8, 0.9, 0.95, 0.99] {
                let interval = interval_at(&rate, confidence).unwrap();
                let width = interval.high - interval.low;
                prop_assert!(interval.contains(rate.delta_pp.unwrap()));
                if (p - (1.0 - confidence)).abs() > 1e-6 {
                    prop_assert_eq!(!interval.contains(0.0), p < 1.0 - confidence, "{} {:?}", p, interval);
                }
                let alone = PairedPassRate { families: None, ..rate.clone() };
                let without = interval_at(&alone, confidence).unwrap();
                prop_assert!(width >= without.high - without.low - 1e-9);
            }
            prop_assert!(rate.families.is_none_or(|families| real(families) < real(rate.pairs)));
        }
    }
}
