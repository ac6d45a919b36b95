//! The search for the highest load that passes: doubles until one fails, then narrows down between the two.
//!
//! It knows no server and no clock: [`Search::next`] says which load to try, [`Search::observe`] takes what came of
//! it, and all that follows depends on these alone. So a search that was broken off goes on where it was when it is
//! told again what it was told.

use crate::model::load::{Find, LoadAxis};

/// So often the first load is halved where it fails already.
const MOST_HALVINGS: u32 = 10;
/// So many probes a load has at the most: one, one to confirm it, one to decide between the two.
const MOST_A_LOAD: u32 = 3;
/// Where so many probes in a row fell on one side, the verdict on the other side is asked for again.
const SUSPICIOUS: usize = 2;

/// What came of a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// Whether it passed.
    pub passed: bool,
}

/// The search so far.
///
/// Loads are doubled from `from` until one fails or `to` passes, halved where `from` fails, and then bisected
/// (geometrically; whole numbers for concurrency) until the lowest failing one is within `1 + resolution` times the
/// highest passing one, or next to it. No load is tried twice, but for one reason: the end of the bracket that was not
/// touched by the last two probes. Were its verdict wrong by chance, all that followed would fall on the other side,
/// as it then did; so it is asked for again, and a third time where the two contradict each other. A load passes
/// where most of its probes do.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    find: Find,
    /// In the order in which they came.
    seen: Vec<(f64, bool)>,
}

impl Search {
    /// A search that has tried nothing yet.
    #[must_use]
    pub fn new(find: &Find) -> Self {
        Self { find: find.clone(), seen: Vec::new() }
    }

    /// The load to try next; `None` where the search has ended.
    #[must_use]
    pub fn next(&self) -> Option<f64> {
        if self.seen.len() >= self.most_probes() as usize {
            return None;
        }
        if let Some(undecided) = self.loads().find(|load| self.verdict(*load).is_none()) {
            return Some(undecided);
        }
        match (self.highest_passing(), self.lowest_failing()) {
            (None, None) => Some(self.whole(self.find.from.min(self.find.to))),
            (Some(low), None) => (low < self.highest()).then(|| self.whole(low * 2.0).min(self.highest())),
            (None, Some(high)) => self.below(high),
            (Some(low), Some(high)) if self.is_narrow(low, high) => self.suspicious(low, high),
            (Some(low), Some(high)) => Some(self.between(low, high)),
        }
    }

    /// Takes what came of a load.
    pub fn observe(&mut self, value: f64, probe: Probe) {
        self.seen.push((value, probe.passed));
    }

    /// The highest load that passes and has no failing one below it.
    #[must_use]
    pub fn highest_passing(&self) -> Option<f64> {
        let limit = self.lowest_failing().unwrap_or(f64::INFINITY);
        self.loads().filter(|load| *load < limit && self.verdict(*load) == Some(true)).reduce(f64::max)
    }

    /// The lowest load that fails.
    #[must_use]
    pub fn lowest_failing(&self) -> Option<f64> {
        self.loads().filter(|load| self.verdict(*load) == Some(false)).reduce(f64::min)
    }

    /// The most probes that it can take, whatever comes of them.
    #[must_use]
    pub fn most_probes(&self) -> u32 {
        let doublings = ceil((self.highest() / self.find.from).log2()).max(MOST_HALVINGS);
        let bisections = ceil((2.0_f64.ln() / self.find.resolution.ln_1p()).log2());
        MOST_A_LOAD * (1 + doublings + bisections)
    }

    /// Why it ended short of a bracket as narrow as asked for; `None` while it goes on, and where it has one.
    #[must_use]
    pub fn ended_because(&self) -> Option<String> {
        if self.next().is_some() {
            return None;
        }
        match (self.highest_passing(), self.lowest_failing()) {
            (Some(low), None) => Some(format!("{low} passes, and no higher load was to be tried")),
            (None, Some(high)) => Some(format!("even {high} fails, and no lower load was tried")),
            (Some(low), Some(high)) if !self.is_narrow(low, high) => {
                Some(format!("{} probes contradicted each other", self.seen.len()))
            }
            _ => None,
        }
    }

    /// Every load that was tried.
    fn loads(&self) -> impl Iterator<Item = f64> {
        self.seen.iter().map(|(load, _)| *load)
    }

    fn probes(&self, load: f64) -> impl Iterator<Item = bool> {
        self.seen.iter().filter(move |(seen, _)| seen.total_cmp(&load).is_eq()).map(|(_, passed)| *passed)
    }

    /// What most probes of this load say; `None` where as many say one as the other.
    fn verdict(&self, load: f64) -> Option<bool> {
        let (mut passed, mut failed) = (0, 0);
        self.probes(load).for_each(|pass| if pass { passed += 1 } else { failed += 1 });
        (passed != failed).then_some(passed > failed)
    }

    /// The highest load that may be tried.
    fn highest(&self) -> f64 {
        match self.find.axis {
            LoadAxis::Concurrency => self.find.to.floor().max(1.0),
            LoadAxis::Rate => self.find.to,
        }
    }

    /// Concurrency comes in whole numbers.
    fn whole(&self, load: f64) -> f64 {
        match self.find.axis {
            LoadAxis::Concurrency => load.round().max(1.0),
            LoadAxis::Rate => load,
        }
    }

    fn below(&self, high: f64) -> Option<f64> {
        let low = match self.find.axis {
            LoadAxis::Concurrency => (high / 2.0).floor(),
            LoadAxis::Rate => high / 2.0,
        };
        let bottom = self.find.from.min(self.find.to) / f64::from(1_u32 << MOST_HALVINGS);
        let last = match self.find.axis {
            LoadAxis::Concurrency => bottom.max(1.0),
            LoadAxis::Rate => bottom,
        };
        (low >= last).then_some(low)
    }

    fn between(&self, low: f64, high: f64) -> f64 {
        // The square root of each, so that no product overflows.
        let middle = low.sqrt() * high.sqrt();
        match self.find.axis {
            LoadAxis::Concurrency => middle.round().clamp(low + 1.0, high - 1.0),
            LoadAxis::Rate => middle,
        }
    }

    fn is_narrow(&self, low: f64, high: f64) -> bool {
        let next_to = self.find.axis == LoadAxis::Concurrency && high - low <= 1.0;
        next_to || high <= low * (1.0 + self.find.resolution)
    }

    /// The end of the bracket that only one probe stands for, none of the last ones.
    fn suspicious(&self, low: f64, high: f64) -> Option<f64> {
        let last = self.seen.len().checked_sub(SUSPICIOUS)?;
        let untouched = |load: f64| !self.seen[last..].iter().any(|(seen, _)| seen.total_cmp(&load).is_eq());
        [high, low].into_iter().find(|load| untouched(*load) && self.probes(*load).count() == 1)
    }
}

/// Rounded up; 0 of what is negative or no number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float casts saturate, and the logarithm of a ratio of loads is small"
)]
fn ceil(value: f64) -> u32 {
    value.ceil().clamp(0.0, 2_048.0) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64;

    use super::*;

    fn find(axis: LoadAxis, from: f64, to: f64, resolution: f64) -> Find {
        Find { axis, from, to, resolution }
    }

    /// Every load that was tried, and the search at its end.
    fn run(find: &Find, mut passes: impl FnMut(f64) -> bool) -> (Vec<f64>, Search) {
        let mut search = Search::new(find);
        let mut tried = Vec::new();
        while let Some(load) = search.next() {
            assert!(tried.len() < search.most_probes() as usize, "{tried:?}");
            tried.push(load);
            search.observe(load, Probe { passed: passes(load) });
        }
        (tried, search)
    }

    #[test]
    fn it_doubles_and_then_bisects() {
        let (tried, search) = run(&find(LoadAxis::Concurrency, 1.0, 512.0, 0.05), |load| load <= 42.0);
        assert_eq!(tried, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 45.0, 38.0, 41.0, 43.0]);
        assert_eq!((search.highest_passing(), search.lowest_failing()), (Some(41.0), Some(43.0)));
        assert_eq!(search.ended_because(), None);
    }

    #[test]
    fn thresholds_over_six_decades_are_found() {
        for step in 0..60 {
            let threshold = 10.0_f64.powf(-2.0 + f64::from(step) / 10.0);
            let (tried, search) = run(&find(LoadAxis::Rate, 0.1, 1e9, 0.03), |load| load <= threshold);
            let (low, high) = (search.highest_passing().unwrap(), search.lowest_failing().unwrap());
            assert!(low <= threshold && threshold < high && high <= low * 1.03, "{low} {threshold} {high}");
            let repeated = tried.len()
                - tried.iter().map(|t| t.to_bits()).collect::<std::collections::BTreeSet<_>>().len();
            assert!(repeated <= 1, "{tried:?}");
            assert!(tried.len() < 30, "{tried:?}");
        }
    }

    #[test]
    fn where_the_first_load_fails_it_goes_down_and_gives_up_in_time() {
        let (tried, search) = run(&find(LoadAxis::Rate, 8.0, 100.0, 0.5), |load| load <= 1.5);
        assert_eq!(tried[..4], [8.0, 4.0, 2.0, 1.0]);
        assert!(search.highest_passing().is_some_and(|low| (1.0..=1.5).contains(&low)));
        let (tried, search) = run(&find(LoadAxis::Rate, 8.0, 100.0, 0.5), |_| false);
        assert_eq!((tried.len(), search.highest_passing()), (11, None));
        assert!(search.ended_because().unwrap().starts_with("even 0.0078125 fails"));
        let (tried, _) = run(&find(LoadAxis::Concurrency, 5.0, 100.0, 0.5), |_| false);
        assert_eq!(tried, [5.0, 2.0, 1.0]);
    }

    #[test]
    fn the_highest_load_is_never_passed() {
        let (tried, search) = run(&find(LoadAxis::Concurrency, 3.0, 20.0, 0.1), |_| true);
        assert_eq!(tried, [3.0, 6.0, 12.0, 20.0]);
        assert_eq!((search.highest_passing(), search.lowest_failing()), (Some(20.0), None));
        assert!(search.ended_because().unwrap().starts_with("20 passes"));
        let (tried, _) = run(&find(LoadAxis::Rate, 50.0, 20.0, 0.1), |_| true);
        assert_eq!(tried, [20.0]);
    }

    #[test]
    fn a_verdict_that_was_chance_is_found_out() {
        let mut first = true;
        // 32 fails once although it is below the threshold.
        let (tried, search) = run(&find(LoadAxis::Rate, 1.0, 1e3, 0.02), |load| {
            let unlucky = load.total_cmp(&32.0).is_eq() && std::mem::take(&mut first);
            load <= 40.0 && !unlucky
        });
        assert_eq!(tried.iter().filter(|load| load.total_cmp(&32.0).is_eq()).count(), 3);
        let low = search.highest_passing().unwrap();
        assert!((39.2..=40.0).contains(&low), "{low}");
    }

    /// Verdicts that are right the more often the farther a load lies from the threshold: logistic.
    fn noisy(seed: u64, scale: f64) -> f64 {
        let mut chance = Pcg64::seed_from_u64(seed);
        let threshold = 10.0_f64.powf(chance.random_range(-2.0..4.0));
        let from = threshold * 2.0_f64.powf(chance.random_range(-6.0..2.0));
        let (_, search) = run(&find(LoadAxis::Rate, from, 1e9, 0.02), |load| {
            let fails = 1.0 / (1.0 + (-(load / threshold - 1.0) / scale).exp());
            chance.random::<f64>() > fails
        });
        search.highest_passing().unwrap() / threshold
    }

    #[test]
    fn noise_near_the_threshold_moves_the_answer_little() {
        // From one load in ten to nine in ten failing within 2 % of the load: width = 4.394 · scale.
        for seed in 0..500 {
            let found = noisy(seed, 0.02 / 4.394);
            assert!((found - 1.0).abs() <= 0.05, "seed {seed}: {found}");
        }
        // Four times as wide.
        let off = (0..500).filter(|seed| (noisy(*seed, 0.02) - 1.0).abs() > 0.05).count();
        assert!(off <= 25, "{off} of 500 off by more than 5 %");
        for seed in 0..10 {
            let found = noisy(seed, 0.02);
            assert!((found - 1.0).abs() <= 0.05, "seed {seed}: {found}");
        }
    }

    proptest! {
        #[test]
        fn it_ends_whatever_comes_of_its_probes(
            verdicts in prop::collection::vec(any::<bool>(), 400),
            concurrency in any::<bool>(),
            from in 1e-3..1e4_f64,
            factor in 0.1..1e6_f64,
            resolution in 1e-3..1.0_f64,
        ) {
            let axis = if concurrency { LoadAxis::Concurrency } else { LoadAxis::Rate };
            let find = find(axis, from, from * factor, resolution);
            let mut verdicts = verdicts.into_iter();
            let (tried, search) = run(&find, |_| verdicts.next().unwrap_or(true));
            prop_assert!(tried.len() <= search.most_probes() as usize);
            let highest = if concurrency { (from * factor).floor().max(1.0) } else { from * factor };
            prop_assert!(tried.iter().all(|load| *load > 0.0 && *load <= highest.max(search.whole(from.min(from * factor)))));
            prop_assert!(!concurrency || tried.iter().all(|load| load.fract() == 0.0));
        }

        #[test]
        fn told_again_it_goes_on_where_it_was(threshold in 0.01..1e4_f64, cut in 0..12_usize) {
            let find = find(LoadAxis::Rate, 1.0, 1e6, 0.05);
            let (tried, whole) = run(&find, |load| load <= threshold);
            let mut again = Search::new(&find);
            for load in tried.iter().take(cut) {
                again.observe(*load, Probe { passed: *load <= threshold });
            }
            prop_assert_eq!(again.next(), tried.get(cut).copied());
            prop_assert!(whole.next().is_none());
        }
    }
}
