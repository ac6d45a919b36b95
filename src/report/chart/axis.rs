//! Axes: what they measure, how far they reach, how their values are written.

use super::super::number;

/// What the values of an axis are, for ticks and for what is read off it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A number of this unit; none where the label says it all.
    Of(&'static str),
    /// Seconds of the run: such charts share their axis.
    RunTime,
    /// A share of 0 to 1, written in percent.
    Share,
}

/// How values become places.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scale {
    /// Evenly.
    Linear,
    /// By their logarithm, with ticks at 1, 2 and 5 times powers of ten.
    Log10,
    /// By their logarithm, with ticks at powers of two: for loads, which are mostly doubled.
    Log2,
    /// Evenly, in groups of the same height that each count from 0, one above the other.
    Lanes {
        /// What a group holds.
        height: f64,
        /// Between two ticks; a whole part of `height`.
        step: f64,
    },
    /// Names, at 1, 2, 3 …; they may come from outside. From left to right what stands before ` · ` is written at the
    /// tick, and the whole is read off.
    Categories(Vec<String>),
}

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    /// What it measures, without the unit.
    pub(crate) label: String,
    /// In what.
    pub(crate) unit: Unit,
    /// How values become places.
    pub(crate) scale: Scale,
    /// Where it begins.
    pub(crate) low: f64,
    /// Where it ends.
    pub(crate) high: f64,
}

/// How far an axis of loads goes on beyond the first and the last, in doublings.
const EDGE: f64 = 0.2;
/// A logarithmic axis that spans less than this factor has even ticks.
const SHORT: f64 = 4.0;
/// About so many ticks an axis gets.
const TICKS: f64 = 6.0;

impl Axis {
    /// An even axis from 0 to a round number not below `highest`.
    pub(crate) fn from_zero(label: impl Into<String>, unit: Unit, highest: f64) -> Self {
        let step = nice(highest / TICKS);
        let high = if highest > 0.0 { (highest / step).ceil() * step } else { 1.0 };
        Self { label: label.into(), unit, scale: Scale::Linear, low: 0.0, high }
    }

    /// An even axis with these ends as they are.
    pub(crate) fn between(label: impl Into<String>, unit: Unit, low: f64, high: f64) -> Self {
        Self { label: label.into(), unit, scale: Scale::Linear, low, high }
    }

    /// A share of 0 to 1, with a little room above for a mark at the edge.
    pub(crate) fn share(label: impl Into<String>) -> Self {
        Self { label: label.into(), unit: Unit::Share, scale: Scale::Linear, low: 0.0, high: 1.03 }
    }

    /// The run's time from its first to its last moment, seconds.
    pub(crate) fn time(end_s: f64) -> Self {
        Self { label: "time".to_owned(), unit: Unit::RunTime, scale: Scale::Linear, low: 0.0, high: end_s }
    }

    /// A logarithmic axis around `low` to `high`, which are above 0.
    pub(crate) fn logarithmic(label: impl Into<String>, unit: Unit, low: f64, high: f64) -> Self {
        // A mark at the edge is to be seen whole, and one value alone needs an axis too.
        let (low, high) = (low / 1.1, high * 1.1);
        Self { label: label.into(), unit, scale: Scale::Log10, low, high }
    }

    /// Loads from the lowest to the highest, above 0: by doublings where they span much.
    pub(crate) fn loads(label: impl Into<String>, lowest: f64, highest: f64) -> Self {
        const WIDE: f64 = 6.0;
        if lowest > 0.0 && highest / lowest >= WIDE {
            let (low, high) = ((lowest.log2() - EDGE).exp2(), (highest.log2() + EDGE).exp2());
            return Self { label: label.into(), unit: Unit::Of(""), scale: Scale::Log2, low, high };
        }
        Self::from_zero(label, Unit::Of(""), highest * 1.04)
    }

    /// So many groups one above the other, each from 0 to a round number above `highest`.
    pub(crate) fn lanes(label: impl Into<String>, groups: u32, highest: f64) -> Self {
        /// What a group leaves free above its highest, where its name is to stand.
        const ROOM: f64 = 1.16;
        let alone = groups <= 1;
        let rows = highest * f64::from(groups);
        let step = nice(rows / (2.0 * TICKS)).max(if highest >= 1.0 { 1.0 } else { 0.0 });
        let height = if alone { highest } else { highest * ROOM };
        let height = if highest > 0.0 { (height / step).ceil() * step } else { 1.0 };
        let (scale, high) = (Scale::Lanes { height, step }, height * f64::from(groups.max(1)));
        Self { label: label.into(), unit: Unit::Of(""), scale, low: 0.0, high }
    }

    /// What lies under the group at `place`, from 0, on an axis of [`Self::lanes`].
    pub(crate) fn below(&self, place: usize) -> f64 {
        match self.scale {
            #[expect(clippy::cast_precision_loss, reason = "as many groups as sides")]
            Scale::Lanes { height, .. } => height * place as f64,
            _ => 0.0,
        }
    }

    /// Names in a column, the first on top.
    pub(crate) fn categories(names: Vec<String>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53 names")]
        let high = names.len() as f64 + 0.5;
        Self { label: String::new(), unit: Unit::Of(""), scale: Scale::Categories(names), low: 0.5, high }
    }

    /// Whether its x values are moments of the run.
    pub(crate) fn is_time(&self) -> bool {
        self.unit == Unit::RunTime
    }

    pub(super) fn is_drawable(&self) -> bool {
        self.low.is_finite()
            && self.high.is_finite()
            && self.low < self.high
            && !(self.is_logarithmic() && self.low <= 0.0)
    }

    /// Whether a value has a place on it.
    pub(super) fn holds(&self, value: f64) -> bool {
        value.is_finite() && !(self.is_logarithmic() && value <= 0.0)
    }

    /// Whether equal distances are equal factors.
    pub(crate) fn is_logarithmic(&self) -> bool {
        matches!(self.scale, Scale::Log10 | Scale::Log2)
    }

    /// The label with its unit.
    pub(super) fn title(&self) -> String {
        let title = match self.unit {
            Unit::Of("") | Unit::Share => self.label.clone(),
            Unit::RunTime => format!("{}, s", self.label),
            Unit::Of(unit) => format!("{}, {unit}", self.label),
        };
        if self.is_logarithmic() { format!("{title} (logarithmic)") } else { title }
    }

    /// What stands at a tick.
    pub(crate) fn tick(&self, value: f64) -> String {
        if let Scale::Categories(names) = &self.scale {
            let name = names.iter().zip(1_u32..).find(|(_, place)| (value - f64::from(*place)).abs() < 0.01);
            let name = name.map_or("", |(name, _)| name.as_str());
            return name.split(" · ").next().unwrap_or_default().to_owned();
        }
        if let Scale::Lanes { height, step } = self.scale {
            // Where one group ends the next begins; only the topmost shows its height.
            let is_top = self.high - value < step / 2.0;
            let within = value - (value / height + 1e-9).floor() * height;
            return number::plain(if is_top { height } else { within });
        }
        match self.unit {
            // Of small shares whole percents would all be one.
            Unit::Share if self.high - self.low < 0.03 => format!("{:.1} %", value * 100.0),
            Unit::Share => format!("{:.0} %", value * 100.0),
            Unit::Of(_) if self.scale == Scale::Log10 => factor(value),
            Unit::Of(_) | Unit::RunTime => number::plain(value),
        }
    }

    /// The distance of ticks in the scale's own coordinate, where the library's choice is not the one.
    pub(crate) fn tick_step(&self) -> Option<f64> {
        match (&self.scale, self.unit) {
            (Scale::Lanes { step, .. }, _) => Some(*step),
            (Scale::Log2, _) => Some(((self.high.log2() - self.low.log2()) / (TICKS + 3.0)).ceil()),
            // Names from left to right have room for about so many.
            (Scale::Categories(names), _) => Some((crate::stats::length(names.len()) / TICKS).ceil()),
            (Scale::Linear, Unit::Share) if self.high - self.low > 0.5 => Some(0.25),
            (Scale::Linear, _) => Some(nice((self.high - self.low) / TICKS)),
            // Of 1, 2 and 5 too few lie within a short span.
            (Scale::Log10, _) if self.high / self.low < SHORT => Some(even_on_logarithm(self.low, self.high)),
            _ => None,
        }
    }

    /// The scale's own coordinate: only doublings are not the library's business.
    pub(super) fn place(&self, value: f64) -> f64 {
        if self.scale == Scale::Log2 { value.log2() } else { value }
    }

    /// The value at a place.
    pub(super) fn value(&self, place: f64) -> f64 {
        if self.scale == Scale::Log2 { place.exp2() } else { place }
    }
}

/// The smallest nice step of which the last two ticks, which are the nearest to each other, still have room.
fn even_on_logarithm(low: f64, high: f64) -> f64 {
    /// Of the axis's length.
    const ROOM: f64 = 0.1;
    let mut step = nice((high - low) / 20.0);
    while step < high - low && (high / (high - step)).ln() < ROOM * (high / low).ln() {
        step = nice(step * 1.5);
    }
    step
}

/// A tick of a logarithmic axis, which may be far below what is told apart elsewhere: `1e-5`.
fn factor(value: f64) -> String {
    if value > 0.0 && value < 0.000_999 { format!("{value:.0e}") } else { number::plain(value) }
}

/// The 1, 2 or 5 times a power of ten next above; 1 for what is not above 0.
pub(crate) fn nice(step: f64) -> f64 {
    if step.is_nan() || step <= 0.0 || step.is_infinite() {
        return 1.0;
    }
    let power = 10.0_f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= step * 0.999_999);
    factor.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_a_logarithmic_axis_are_told_apart() {
        let axis = Axis::logarithmic("TPOT", Unit::Of("ms"), 0.000_02, 50.0);
        let ticks = [0.000_01, 0.0001, 0.000_5, 0.001, 0.1, 1.0, 20.0].map(|tick| axis.tick(tick));
        assert_eq!(ticks, ["1e-5", "1e-4", "5e-4", "0.001", "0.1", "1", "20"]);
    }

    #[test]
    fn a_short_logarithmic_axis_has_several_ticks_that_do_not_touch() {
        for (low, high) in [(0.51, 1.72), (0.9, 1.1), (10.0, 38.0), (2.0, 3.0), (0.3, 1.19)] {
            let step = even_on_logarithm(low, high);
            assert!((high - low) / step >= 3.0, "{step} in {low} to {high}");
            let nearest = (high / (high - step)).ln() / (high / low).ln();
            assert!(nearest >= 0.1, "{step} in {low} to {high}");
        }
    }
}
