//! Small drawings of characters, for terminals and Markdown: how values are spread, where an interval lies. Each is as wide as asked for; `ascii` turns it into plain characters of the same width.

use super::table::Bar;

/// Eight heights.
const HEIGHTS: [char; 8] =
    ['\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}'];
/// What is filled in whole.
const FULL: char = '\u{2588}';
/// What is left of a share.
const EMPTY: char = '\u{2591}';
/// How far beyond the 99th percentile the largest may lie before the axis ends at that percentile.
const LONG_TAIL: f64 = 2.0;

/// Values of several series counted in bins of equal width, the same for all of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bins {
    /// Where the first bin begins.
    pub(crate) low: f64,
    /// Where the last bin ends.
    pub(crate) high: f64,
    /// Whether what lies beyond the last bin was counted in it.
    pub(crate) is_cut: bool,
    /// Each series' values by bin.
    pub(crate) counts: Vec<Vec<u64>>,
}

/// Counts every series in so many bins; `None` without two different values, of which there is nothing to draw.
pub(crate) fn binned(series: &[Vec<f64>], bins: usize) -> Option<Bins> {
    let mut all: Vec<f64> = series.iter().flatten().copied().filter(|value| value.is_finite()).collect();
    all.sort_by(f64::total_cmp);
    let (low, largest) = (*all.first()?, *all.last()?);
    let p99 = all[((all.len() - 1) * 99).div_ceil(100)];
    let is_cut = largest > LONG_TAIL * p99 && p99 > low;
    let high = if is_cut { p99 } else { largest };
    if high <= low || bins == 0 {
        return None;
    }
    let counts = series.iter().map(|values| {
        let mut counts = vec![0; bins];
        for value in values.iter().filter(|value| value.is_finite()) {
            counts[place((value - low) / (high - low), bins)] += 1;
        }
        counts
    });
    Some(Bins { low, high, is_cut, counts: counts.collect() })
}

/// One character a bin, as high as its count beside the largest one; a bin without any is empty, one with few is not.
pub(crate) fn sparkline(counts: &[u64]) -> String {
    let most = counts.iter().copied().max().unwrap_or(0);
    let height = |count: u64| match count {
        0 => ' ',
        count => HEIGHTS[usize::try_from((count * 8).div_ceil(most.max(1)) - 1).unwrap_or(0).min(7)],
    };
    counts.iter().copied().map(height).collect()
}

/// An interval on its scale: `──●──`, with `│` (within it `┼`) where there is no difference.
pub(crate) fn interval(bar: &Bar, width: usize) -> String {
    let place = |percent: f64| place(percent / 100.0, width);
    let (low, high, at) = (place(bar.low), place(bar.low + bar.width), place(bar.at));
    let zero = bar.zero.map(place);
    let character = |i: usize| match (i == at, low <= i && i <= high, zero == Some(i)) {
        (true, ..) => '\u{25cf}',
        (_, true, true) => '\u{253c}',
        (_, true, false) => '\u{2500}',
        (_, false, true) => '\u{2502}',
        (_, false, false) => ' ',
    };
    (0..width).map(character).collect()
}

/// The same in characters that every terminal has, each as wide as it was.
pub(crate) const fn ascii(c: char) -> Option<char> {
    Some(match c {
        '\u{2581}' => '_',
        '\u{2582}' => '.',
        '\u{2583}' => ':',
        '\u{2584}' => '-',
        '\u{2585}' => '=',
        '\u{2586}' => '+',
        '\u{2587}' => '*',
        FULL | '\u{258c}' | '\u{258b}' | '\u{258a}' | '\u{2589}' => '#',
        EMPTY | '\u{258f}' | '\u{258e}' | '\u{258d}' => '.',
        '\u{25cf}' => 'o',
        '\u{253c}' => '+',
        '\u{2500}' => '-',
        '\u{2502}' => '|',
        _ => return None,
    })
}

/// Where a share of 0 to 1 lies among so many places; what lies beyond is at the ends.
fn place(share: f64, places: usize) -> usize {
    let last = places.saturating_sub(1);
    if !share.is_finite() || share <= 0.0 {
        return if share > 0.0 { last } else { 0 };
    }
    // The last place ends at 1.
    floored(share * real(places)).min(last)
}

#[expect(clippy::cast_precision_loss, reason = "columns of a terminal")]
const fn real(n: usize) -> f64 {
    n as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and a cast saturates"
)]
fn floored(value: f64) -> usize {
    value.floor().max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::table::Tone;
    use proptest::prelude::*;

    fn bar(low: f64, at: f64, high: f64, zero: Option<f64>) -> Bar {
        Bar { low, width: high - low, at, zero, tone: Tone::Plain }
    }

    #[test]
    fn an_interval_is_drawn_where_it_lies() {
        assert_eq!(interval(&bar(10.0, 30.0, 60.0, Some(50.0)), 11), " ──●─┼─    ");
        assert_eq!(interval(&bar(60.0, 70.0, 100.0, Some(50.0)), 11), "     │─●───");
        assert_eq!(interval(&bar(0.0, 50.0, 100.0, None), 5), "──●──");
        assert_eq!(interval(&bar(40.0, 40.0, 40.0, None), 5), "  ●  ");
        assert_eq!(interval(&bar(0.0, 0.0, 0.0, None), 0), "");
    }

    #[test]
    fn bins_are_shared_and_a_long_tail_is_cut() {
        let bins = binned(&[vec![1.0, 2.0, 2.0], vec![4.0, f64::NAN, 5.0]], 4).unwrap();
        assert_eq!((bins.low, bins.high, bins.is_cut), (1.0, 5.0, false));
        assert_eq!(bins.counts, [[1, 2, 0, 0], [0, 0, 0, 2]]);
        assert_eq!(sparkline(&bins.counts[0]), "▄█  ");
        assert_eq!(sparkline(&[1, 1_000]), "▁█");
        assert_eq!(sparkline(&[]), "");
        let mut values: Vec<f64> = (1..=1_000).map(f64::from).collect();
        values.push(1e9);
        let bins = binned(&[values], 4).unwrap();
        assert!(bins.is_cut && bins.high < 1_000.0, "{bins:?}");
        assert_eq!(bins.counts[0].iter().sum::<u64>(), 1_001);
        assert_eq!(binned(&[vec![3.0, 3.0]], 4), None);
        assert_eq!(binned(&[vec![], vec![f64::NAN]], 4), None);
    }

    proptest! {
        #[test]
        fn drawings_are_as_wide_as_asked_for(
            low in -50.0..150.0_f64, width in 0.0..150.0_f64, at in any::<f64>(), columns in 0_usize..60,
            counts in proptest::collection::vec(0_u64..1_000_000, 0..40),
        ) {
            prop_assert_eq!(interval(&bar(low, at, low + width, Some(50.0)), columns).chars().count(), columns);
            prop_assert_eq!(sparkline(&counts).chars().count(), counts.len());
            let drawn = sparkline(&counts);
            prop_assert!(drawn.chars().all(|c| c.is_ascii() || ascii(c).is_some_and(|c| c.is_ascii())));
        }
    }
}
