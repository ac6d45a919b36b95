//! Seeded parameters for computed prompts.

use rand::Rng;
use rand_pcg::Pcg64;

/// Random numbers from a row's own label, so that adding a row leaves all others as they are.
/// Ranges are reduced by hand: what the `rand` crate draws for a range may change between versions.
pub(super) struct Random(Pcg64);

impl Random {
    /// Seeds from the label by FNV-1a (64 bits).
    pub(super) fn of(label: &str) -> Self {
        let seed = label.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(Pcg64::new(u128::from(seed), 1))
    }

    /// An integer from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.abs_diff(low) + 1;
        low.saturating_add_unsigned(self.0.next_u64() % width)
    }

    /// An integer from `low` to `high` for which `wanted` holds.
    #[expect(clippy::unwrap_used, reason = "generators take no input: a test has seen each find its number")]
    pub(super) fn such_that(&mut self, low: i64, high: i64, wanted: impl Fn(i64) -> bool) -> i64 {
        std::iter::repeat_with(|| self.between(low, high))
            .take(10_000)
            .find(|number| wanted(*number))
            .unwrap()
    }

    /// The items in a random order (Fisher-Yates).
    pub(super) fn shuffled<T: Clone>(&mut self, items: &[T]) -> Vec<T> {
        let mut items = items.to_vec();
        for index in (1..items.len()).rev() {
            let drawn = self.0.next_u64() % (index as u64 + 1);
            // No more than `index`.
            items.swap(index, usize::try_from(drawn).unwrap_or(index));
        }
        items
    }
}
