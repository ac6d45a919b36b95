//! Statistics of inputs that leave little to compute: nothing, one pair, all alike. What can't be told is absent, all
//! else is a number, and never NaN.

use labctl::model::comparison::{GateMode, Interval};
use labctl::stats::agreement::{Weights, gwet_ac1, kappa, kendall_tau_b};
use labctl::stats::confidence::{brier, expected_calibration_error, log_loss};
use labctl::stats::critical::{normal_p, t, t_p, z};
use labctl::stats::detectable::{Rule, cautious_flip_rate};
use labctl::stats::log_ratio;
use labctl::stats::multiple::holm;
use labctl::stats::paired::{
    PairedCounts, mcnemar_two_sided, mcnemar_worse, newcombe_interval, score_p, tango_interval,
    tango_statistic,
};
use labctl::stats::proportion::{pass_rate, wilson};
use labctl::stats::quantile::{distribution, quantile};
use labctl::stats::reliability::{Metric, icc_agreement, krippendorff_alpha, within_item_deviation};
use labctl::stats::repeats::{MeanDifference, cluster_standard_error};
use proptest::prelude::*;

const MODES: [GateMode; 4] = [GateMode::Detect, GateMode::Harm, GateMode::Prove, GateMode::Point];

const INTERVALS: [fn(PairedCounts, f64) -> Option<Interval>; 2] = [tango_interval, newcombe_interval];

/// Solved for, or rounded.
const ROUNDING: f64 = 1e-9;

const fn table([both_passed, losses, gains, both_failed]: [u64; 4]) -> PairedCounts {
    PairedCounts { both_passed, losses, gains, both_failed }
}

fn share(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

/// What must hold of any table with pairs, however small or lopsided.
#[track_caller]
fn sound(counts: PairedCounts) {
    let delta = counts.delta().unwrap();
    for confidence in [0.80, 0.90, 0.95, 0.99] {
        for interval_of in INTERVALS {
            let Interval { low, high } = interval_of(counts, confidence).unwrap();
            assert!(low <= high, "{counts:?}: {low} to {high}");
            assert!(low >= -1.0 - ROUNDING && high <= 1.0 + ROUNDING, "{counts:?}: {low} to {high}");
            assert!(low <= delta + ROUNDING && delta <= high + ROUNDING, "{counts:?}: {low} to {high}");
            let turned = interval_of(counts.swapped(), confidence).unwrap();
            assert!(
                (low + turned.high).abs() < ROUNDING && (high + turned.low).abs() < ROUNDING,
                "{counts:?}: {low} to {high} and {turned:?}"
            );
        }
    }
    for delta in [-1.0, -0.999_999, -0.05, 0.0, 0.05, 0.999_999, 1.0] {
        assert!(!tango_statistic(counts, delta).is_nan(), "{counts:?} at {delta}");
    }
    let p = score_p(counts).unwrap();
    let (two_sided, worse) =
        (mcnemar_two_sided(counts.losses, counts.gains), mcnemar_worse(counts.losses, counts.gains));
    assert!(share(p) && share(two_sided) && share(worse), "{counts:?}: {p}, {two_sided}, {worse}");
}

/// Every table of up to nine pairs, so all of one, all pass, all fail, no flips, all flips one way.
#[test]
fn every_small_table_has_sound_statistics() {
    for n in 1..=9 {
        for both_passed in 0..=n {
            for losses in 0..=n - both_passed {
                for gains in 0..=n - both_passed - losses {
                    sound(table([both_passed, losses, gains, n - both_passed - losses - gains]));
                }
            }
        }
    }
}

#[test]
fn of_nothing_there_is_nothing() {
    let none = PairedCounts::default();
    assert_eq!((none.delta(), score_p(none), wilson(0.0, 0, 0.95)), (None, None, None));
    assert_eq!(INTERVALS.map(|interval_of| interval_of(none, 0.9)), [None, None]);
    assert_eq!((mcnemar_two_sided(0, 0), mcnemar_worse(0, 0)), (1.0, 1.0));
    assert_eq!(pass_rate(0, 0, 0).wilson_95, None);
    for mode in MODES {
        assert_eq!(
            (
                Rule::usual(mode, 0.05).failure_rate(0, 0.1, 0.0),
                Rule::usual(mode, 0.05).smallest_loss(0, 0.1)
            ),
            (None, None)
        );
    }
    assert_eq!(cautious_flip_rate(0, 0), None);
    assert_eq!((quantile(&[], 0.5), distribution(&mut [])), (None, None));
    assert_eq!(MeanDifference::of(&[]), None);
    assert_eq!(cluster_standard_error::<u8>(&[], &[]), None);
    assert_eq!((log_ratio::paired(&[], &[], 0.95), log_ratio::welch(&[], &[], 0.95)), (None, None));
    assert!(holm(&[]).is_empty());
    assert_eq!((t(0.95, 0.0), t_p(1.0, 0.0), t(0.95, f64::NAN)), (None, None, None));
    assert_eq!((brier(&[]), log_loss(&[]), expected_calibration_error(&[])), (None, None, None));
    assert_eq!((kappa(&[], Weights::Nominal), gwet_ac1(&[], 5), kendall_tau_b(&[])), (None, None, None));
    for items in [vec![], vec![vec![]], vec![vec![3.0]]] {
        assert_eq!(krippendorff_alpha(&items, Metric::Ordinal), None);
        assert_eq!((icc_agreement(&items), within_item_deviation(&items)), (None, None));
    }
}

#[test]
fn of_one_there_is_an_estimate_without_an_interval_of_means() {
    let one = MeanDifference::of(&[0.5]).unwrap();
    assert_eq!((one.standard_error, one.interval(0.9), one.p_value()), (None, None, None));
    assert_eq!(cluster_standard_error(&[0.5], &[1]), None);
    assert_eq!((log_ratio::paired(&[1.0], &[2.0], 0.9), log_ratio::welch(&[1.0], &[2.0], 0.9)), (None, None));
    assert_eq!(distribution(&mut [3.0]).map(|d| (d.p99, d.standard_deviation)), Some((3.0, 0.0)));
    assert_eq!(holm(&[0.3]), [0.3]);
    assert_eq!((kendall_tau_b(&[(1.0, 2.0)]), kappa(&[(1.0, 1.0)], Weights::Linear)), (None, None));
}

/// 50 of 50 on both sides, or none: the interval of a difference is that of no flip, ±z²/(n + z²), not of no width.
#[test]
fn all_pass_and_all_fail_say_as_much_as_so_many_pairs_can() {
    for counts in [table([50, 0, 0, 0]), table([0, 0, 0, 50]), table([20, 0, 0, 30])] {
        for (confidence, expected) in [(0.90, 0.051_333), (0.95, 0.071_348)] {
            let interval = tango_interval(counts, confidence).unwrap();
            assert!((interval.high - expected).abs() < 6e-7 && (interval.low + expected).abs() < 6e-7);
        }
        assert_eq!((score_p(counts), mcnemar_two_sided(0, 0)), (Some(1.0), 1.0));
    }
    // Wilson at its ends, z²/(n + z²) from them.
    let (all, none) = (wilson(1.0, 50, 0.95).unwrap(), wilson(0.0, 50, 0.95).unwrap());
    assert!((all.high - 1.0).abs() < 1e-12 && none.low.abs() < 1e-12);
    assert!((none.high - 0.071_348).abs() < 6e-7 && (all.low - (1.0 - 0.071_348)).abs() < 6e-7);
}

/// Every pair lost: the estimate is −1 and the lower limit with it; of the upper, T² = n(1 + δ)/(1 − δ) = z² makes
/// 2z²/(n + z²) − 1, which is Wilson's limit of none in n, from −1 to 1 in place of 0 to 1.
#[test]
fn all_flips_one_way_reach_the_end_and_no_further() {
    for n in [1, 2, 5, 50, 1000] {
        let lost = table([0, n, 0, 0]);
        let interval = tango_interval(lost, 0.95).unwrap();
        assert_eq!((lost.delta(), interval.low), (Some(-1.0), -1.0));
        #[expect(clippy::cast_precision_loss, reason = "at most 1000")]
        let expected = z(0.95).powi(2) / (n as f64 + z(0.95).powi(2));
        assert!((interval.high - (2.0 * expected - 1.0)).abs() < 1e-9, "{n}: {interval:?} and {expected}");
        let gained = tango_interval(lost.swapped(), 0.95).unwrap();
        assert!((gained.high - 1.0).abs() < 1e-12 && (gained.low + interval.high).abs() < 1e-12);
    }
    assert!((mcnemar_two_sided(6, 0) - 0.031_25).abs() < 1e-12 && (mcnemar_worse(0, 6) - 1.0).abs() < 1e-12);
}

#[test]
fn gates_rates_are_probabilities_at_every_end() {
    for mode in MODES {
        for margin in [0.001, 0.05, 0.5, 0.999] {
            for pairs in [1, 2, 3, 10, 60] {
                for (flip_rate, loss) in
                    [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0), (1.0, -1.0), (0.1, 0.3)]
                {
                    let rate = Rule::usual(mode, margin).failure_rate(pairs, flip_rate, loss).unwrap();
                    assert!(share(rate), "{mode:?} {margin} {pairs} {flip_rate} {loss}: {rate}");
                }
                for flip_rate in [0.0, 0.08, 1.0] {
                    assert!(Rule::usual(mode, margin).smallest_loss(pairs, flip_rate).is_none_or(share));
                }
            }
            assert!(
                share(Rule::usual(mode, margin).approximate_loss(0.0))
                    && share(Rule::usual(mode, margin).approximate_loss(1.0))
            );
        }
        // Sides that never differ never fail a gate.
        assert!(Rule::usual(mode, 0.05).failure_rate(50, 0.0, 0.0).unwrap() < 1e-12);
    }
}

#[test]
fn values_that_do_not_vary_leave_no_width_and_no_nan() {
    let same = [3.0; 5];
    let d = distribution(&mut same.clone()).unwrap();
    assert_eq!((d.min, d.p50, d.p99_9, d.max, d.standard_deviation), (3.0, 3.0, 3.0, 3.0, 0.0));
    for ratio in [log_ratio::paired(&same, &same, 0.95), log_ratio::welch(&same, &same, 0.95)] {
        let ratio = ratio.unwrap();
        assert_eq!((ratio.ratio, ratio.interval.low, ratio.interval.high), (1.0, 1.0, 1.0));
    }
    // One side varies, the other doesn't.
    let welch = log_ratio::welch(&same, &[2.0, 3.0, 4.0], 0.95).unwrap();
    assert!(welch.interval.low < welch.ratio && welch.ratio < welch.interval.high);
    for all in [-1.0, 0.0, 1.0] {
        let mean = MeanDifference::of(&[all; 8]).unwrap();
        let interval = mean.interval(0.9).unwrap();
        assert!(interval.contains(all) && interval.low >= -1.0 && interval.high <= 1.0, "{interval:?}");
        assert!(mean.p_value().is_some_and(share));
        assert_eq!(cluster_standard_error(&[all; 8], &[0, 0, 1, 1, 2, 2, 3, 3]), Some(0.0));
    }
    assert_eq!(holm(&[1.0, 1.0, 0.0, 0.0]), [1.0, 1.0, 0.0, 0.0]);
    assert!((normal_p(f64::INFINITY)).abs() < 1e-300 && t_p(f64::INFINITY, 3.0).is_none_or(share));
}

fn any_table() -> impl Strategy<Value = PairedCounts> {
    // Up to 60 pairs, each cell as likely empty as not.
    prop::array::uniform4(prop_oneof![Just(0_u64), 1..16_u64])
        .prop_filter("pairs", |cells| cells.iter().sum::<u64>() > 0)
        .prop_map(table)
}

proptest! {
    #[test]
    fn tables_of_up_to_sixty_pairs_have_sound_statistics(counts in any_table()) {
        sound(counts);
    }

    /// The same shares seen twice, or nine times, as often.
    #[test]
    fn intervals_shrink_with_n(counts in any_table(), times in 2..10_u64) {
        let more = table(
            [counts.both_passed, counts.losses, counts.gains, counts.both_failed].map(|cell| cell * times),
        );
        for interval_of in INTERVALS {
            let (few, many) = (interval_of(counts, 0.9).unwrap(), interval_of(more, 0.9).unwrap());
            prop_assert!(
                few.low <= many.low + ROUNDING && many.high <= few.high + ROUNDING,
                "{:?} times {}: {:?} and {:?}", counts, times, few, many
            );
        }
    }
}
