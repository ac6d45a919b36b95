//! A side's values of one latency in ascending order, each with how often it came: what distributions are drawn from.

use super::super::chart::Point;
use crate::metrics::histogram::Spans;

/// Values with how often each came.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sample {
    /// In ascending order, each value once.
    classes: Vec<(f64, u64)>,
    n: u64,
}

impl Sample {
    /// Of these values; what isn't finite is left out.
    pub(super) fn of(mut values: Vec<f64>) -> Self {
        values.retain(|value| value.is_finite());
        values.sort_unstable_by(f64::total_cmp);
        Self::in_order(values.into_iter().map(|value| (value, 1)))
    }

    /// Of what a histogram holds, good to three digits.
    pub(super) fn of_histogram(spans: &Spans) -> Self {
        Self::in_order(spans.classes_ms())
    }

    fn in_order(values: impl Iterator<Item = (f64, u64)>) -> Self {
        let mut sample = Self::default();
        for (value, count) in values {
            sample.n += count;
            match sample.classes.last_mut() {
                Some((last, many)) if last.total_cmp(&value).is_eq() => *many += count,
                _ => sample.classes.push((value, count)),
            }
        }
        sample
    }

    /// How many values.
    pub(super) const fn n(&self) -> u64 {
        self.n
    }

    /// The smallest value.
    pub(super) fn least(&self) -> Option<f64> {
        self.classes.first().map(|(value, _)| *value)
    }

    /// The largest value.
    pub(super) fn most(&self) -> Option<f64> {
        self.classes.last().map(|(value, _)| *value)
    }

    /// The smallest value that so large a share (0 to 1) of all doesn't exceed.
    pub(super) fn reached(&self, share: f64) -> Option<f64> {
        let mut up_to = 0;
        for (value, count) in &self.classes {
            up_to += count;
            if real(up_to) >= share * real(self.n) {
                return Some(*value);
            }
        }
        self.most()
    }

    /// How many values are larger.
    pub(super) fn beyond(&self, limit: f64) -> u64 {
        self.classes.iter().filter(|(value, _)| *value > limit).map(|(_, count)| count).sum()
    }

    /// How many values are smaller.
    pub(super) fn before(&self, limit: f64) -> u64 {
        self.classes.iter().filter(|(value, _)| *value < limit).map(|(_, count)| count).sum()
    }

    /// The share of the values up to each of at most so many of them, from share 0 at the smallest: steps of the
    /// empirical distribution, none made up.
    pub(super) fn steps(&self, at_most: u32) -> Vec<Point> {
        let mut points: Vec<Point> = self.least().map(|least| Point::new(least, 0.0)).into_iter().collect();
        let every = real(self.n) / f64::from(at_most.max(2) - 1);
        let (mut up_to, mut due) = (0, 0.0);
        for (value, count) in &self.classes {
            up_to += count;
            if real(up_to) >= due || up_to == self.n {
                points.push(Point::new(*value, real(up_to) / real(self.n)));
                // A frequent value may take several steps at once.
                due = ((real(up_to) / every).floor() + 1.0) * every;
            }
        }
        points
    }

    /// The share of the values in each bin, lower ends included, of the last bin the upper end too. What lies outside
    /// is in none.
    pub(super) fn shares(&self, edges: &[f64]) -> Vec<f64> {
        let mut counts = vec![0_u64; edges.len().saturating_sub(1)];
        let last = counts.len().saturating_sub(1);
        for (value, count) in &self.classes {
            let at = edges.partition_point(|edge| edge <= value);
            let is_end = at == edges.len() && edges.last().is_some_and(|end| end.total_cmp(value).is_eq());
            let bin = if is_end { Some(last) } else { at.checked_sub(1) };
            if let Some(bin) = bin.and_then(|bin| counts.get_mut(bin)) {
                *bin += count;
            }
        }
        counts.into_iter().map(|count| real(count) / real(self.n.max(1))).collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests and gaps stay far below 2^53")]
pub(super) const fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::units::Nanos;

    fn steps(values: &[f64], at_most: u32) -> Vec<(f64, f64)> {
        Sample::of(values.to_vec()).steps(at_most).iter().map(|point| (point.x, point.y)).collect()
    }

    #[test]
    fn a_distribution_steps_through_its_own_values() {
        assert_eq!(steps(&[3.0, 1.0, f64::NAN], 200), [(1.0, 0.0), (1.0, 0.5), (3.0, 1.0)]);
        assert_eq!(steps(&[], 200), []);
        assert_eq!(steps(&[7.0], 200), [(7.0, 0.0), (7.0, 1.0)]);
        assert_eq!(steps(&[7.0; 5], 200), [(7.0, 0.0), (7.0, 1.0)], "equal values are one step");
        let many = steps(&(1..=10_000).map(f64::from).collect::<Vec<_>>(), 200);
        assert!((195..=201).contains(&many.len()), "{}", many.len());
        assert_eq!(many.last(), Some(&(10_000.0, 1.0)));
        assert!(many.iter().all(|(x, share)| *share == 0.0 || (x / 10_000.0 - share).abs() < 1e-9));
        let few = steps(&[1.0, 2.0, 3.0], 200);
        assert_eq!(few.len(), 4, "{few:?}");
    }

    #[test]
    fn shares_of_bins_add_up_with_what_lies_outside() {
        let sample = Sample::of(vec![0.0, 1.0, 1.5, 2.0, 4.0, 9.0]);
        let shares = sample.shares(&[0.0, 1.0, 2.0, 4.0]);
        assert_eq!(shares, [1.0 / 6.0, 2.0 / 6.0, 2.0 / 6.0]);
        assert_eq!((sample.beyond(4.0), sample.before(1.0), sample.n()), (1, 1, 6));
        let outside = real(sample.beyond(4.0)) / 6.0;
        assert!((shares.iter().sum::<f64>() + outside - 1.0).abs() < 1e-12);
        assert_eq!(Sample::default().shares(&[0.0, 1.0]), [0.0]);
        assert_eq!(sample.reached(0.5), Some(1.5));
        assert_eq!((sample.least(), sample.most()), (Some(0.0), Some(9.0)));
    }

    #[test]
    fn a_histogram_gives_back_what_was_recorded() {
        let mut spans = Spans::default();
        for ms in [20_u64, 20, 20, 35, 400] {
            spans.record(Nanos::from_millis(ms));
        }
        let sample = Sample::of_histogram(&spans);
        assert_eq!((sample.n(), sample.beyond(100.0), sample.before(21.0)), (5, 1, 3));
        assert!((sample.reached(0.5).unwrap() / 20.0 - 1.0).abs() < 1e-3);
        assert!((sample.most().unwrap() / 400.0 - 1.0).abs() < 1e-3);
    }
}
