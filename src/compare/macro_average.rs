//! Pass rates as the mean of the categories: each counts the same, however many prompts it has.

use crate::model::comparison::{Interval, MacroAverage, PairedPassRate};
use crate::stats::detectable::GATE_CONFIDENCE;
use crate::stats::repeats::no_flip_bound;
use crate::stats::{length, mean};

use super::interval::interval_at;

/// The mean of the categories that have pairs; `None` of fewer than two.
#[must_use]
pub fn macro_average(categories: &[PairedPassRate]) -> Option<MacroAverage> {
    let paired: Vec<&PairedPassRate> = categories.iter().filter(|rate| rate.pairs > 0).collect();
    if paired.len() < 2 {
        return None;
    }
    let of = |value: fn(&PairedPassRate) -> Option<f64>| {
        mean(&paired.iter().map(|rate| value(rate)).collect::<Option<Vec<f64>>>()?)
    };
    let delta_pp = of(|rate| rate.delta_pp)?;
    Some(MacroAverage {
        categories: paired.len() as u64,
        baseline: of(|rate| rate.baseline.rate)?,
        candidate: of(|rate| rate.candidate.rate)?,
        delta_pp,
        interval_90_pp: interval(&paired, delta_pp, GATE_CONFIDENCE),
        interval_95_pp: interval(&paired, delta_pp, 0.95),
    })
}

/// `δ̄ − √(Σ(δ_k − l_k)²)/K` and `δ̄ + √(Σ(u_k − δ_k)²)/K` from the K categories' own intervals `[l_k, u_k]` at this
/// confidence, no narrower than ±z²/(n + z²) over all n pairs, within −100 and 100. `None` where a category has no
/// interval.
///
/// This is `SE = √(ΣVar_k)/K` with each variance recovered from that category's interval, `(δ_k − l_k)²/z²` towards the
/// lower limit and `(u_k − δ_k)²/z²` towards the upper: Zou and Donner, "Construction of confidence limits about effect
/// measures: a general approach", Statistics in Medicine 27 (2008). So a category without a flip counts with what its
/// pairs leave open, not with a variance of 0 (as (n10 + n01 − (n10 − n01)²/n)/n² would have it), and repeats and
/// families count as they do in their category.
fn interval(categories: &[&PairedPassRate], delta_pp: f64, confidence: f64) -> Option<Interval> {
    let (mut below, mut above, mut pairs) = (0.0, 0.0, 0);
    for rate in categories {
        let (delta, interval) = (rate.delta_pp?, interval_at(rate, confidence)?);
        below += (delta - interval.low).powi(2);
        above += (interval.high - delta).powi(2);
        pairs += rate.pairs;
    }
    let least = 100.0 * no_flip_bound(pairs, confidence);
    let half = |squares: f64| (squares.sqrt() / length(categories.len())).max(least);
    Some(Interval { low: (delta_pp - half(below)).max(-100.0), high: (delta_pp + half(above)).min(100.0) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::pass_rate::paired_pass_rates;
    use crate::compare::support::{judged, table};
    use crate::model::judgement::Verdict::{Pass, TransportError};
    use crate::model::record::Row;

    fn average(rows: &[Row]) -> Option<MacroAverage> {
        macro_average(&paired_pass_rates(rows).1)
    }

    #[track_caller]
    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() < 6e-5, "{value} is not {expected}");
    }

    /// Examples A and C of the worked table as two categories: deltas −6.6667 and 0; Tango 90 % −19.9854, 5.5048 and
    /// ±2.9618; 95 % −23.1394, 8.6973 and ±3.6085. Limits: −3.3333 − √(13.3187² + 2.9618²)/2, +√(12.1715² + 2.9618²)/2.
    #[test]
    fn two_categories_of_different_size_count_the_same() {
        let rows = [table("a", [24, 3, 1, 2]), table("c", [200, 9, 9, 32])].concat();
        let both = average(&rows).unwrap();
        assert_eq!(both.categories, 2);
        close(both.baseline, f64::midpoint(27.0 / 30.0, 209.0 / 250.0));
        close(both.candidate, f64::midpoint(25.0 / 30.0, 209.0 / 250.0));
        close(both.delta_pp, -3.333_333);
        let interval = both.interval_90_pp.unwrap();
        close(interval.low, -3.333_333 - (13.318_733_f64.powi(2) + 2.961_8_f64.powi(2)).sqrt() / 2.0);
        close(interval.high, -3.333_333 + (12.171_467_f64.powi(2) + 2.961_8_f64.powi(2)).sqrt() / 2.0);
        let interval = both.interval_95_pp.unwrap();
        close(interval.low, -3.333_333 - (16.472_733_f64.powi(2) + 3.608_5_f64.powi(2)).sqrt() / 2.0);
        // The micro average is that of all pairs: −2 of 280.
        close(paired_pass_rates(&rows).0.delta_pp.unwrap(), -200.0 / 280.0);
    }

    /// Without flips: ±√(K·(z²/(n + z²))²)/K is ±z²/(n + z²)/√K, wider than z²/(Kn + z²) here.
    #[test]
    fn categories_without_flips_leave_open_what_their_pairs_do() {
        let rows = [table("a", [45, 0, 0, 5]), table("b", [50, 0, 0, 0])].concat();
        let interval = average(&rows).unwrap().interval_95_pp.unwrap();
        close(interval.high, 7.1348 / 2.0_f64.sqrt());
        close(interval.low, -7.1348 / 2.0_f64.sqrt());
    }

    #[test]
    fn one_category_or_none_has_no_mean() {
        assert_eq!(average(&[]), None);
        assert_eq!(average(&table("a", [3, 1, 0, 0])), None);
        let missing = [table("a", [3, 1, 0, 0]), vec![judged(0, "b", Pass, TransportError)]].concat();
        assert_eq!(average(&missing), None);
    }

    #[test]
    fn a_category_of_one_prompt_leaves_almost_everything_open() {
        let rows = [table("a", [100, 0, 0, 0]), table("b", [1, 0, 0, 0])].concat();
        let interval = average(&rows).unwrap().interval_90_pp.unwrap();
        // z²/(1 + z²) is 73.0 % of one prompt; half of it is its share in the mean.
        assert!(interval.high > 36.0 && interval.high < 37.0, "{interval:?}");
        let lost = average(&[table("a", [0, 100, 0, 0]), table("b", [0, 1, 0, 0])].concat()).unwrap();
        close(lost.delta_pp, -100.0);
        assert!(lost.interval_90_pp.unwrap().low >= -100.0);
        // Sent twice a single prompt has no interval, so neither has the mean.
        let again: Vec<Row> = rows
            .iter()
            .cloned()
            .map(|mut row| {
                row.key.round = 1;
                row
            })
            .collect();
        let repeated = average(&[rows, again].concat()).unwrap();
        assert_eq!((repeated.delta_pp, repeated.interval_90_pp), (0.0, None));
    }
}
