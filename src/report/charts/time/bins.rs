//! Amounts by bin of the run's time. What goes in is what is there in all: nothing is lost at an edge.

use super::clock::{Clock, seconds};

/// An amount a bin.
#[derive(Debug, Clone)]
pub(super) struct Bins<'a> {
    clock: &'a Clock<'a>,
    /// By bin.
    pub(super) amounts: Vec<f64>,
}

impl<'a> Bins<'a> {
    /// Nothing yet.
    pub(super) fn new(clock: &'a Clock<'a>) -> Self {
        Self { clock, amounts: vec![0.0; clock.bins()] }
    }

    /// Adds what came at one moment, nanoseconds of the run's time.
    pub(super) fn add(&mut self, at: u64, amount: f64) {
        self.amounts[self.clock.bin(at)] += amount;
    }

    /// Adds what came evenly from one moment to another.
    pub(super) fn spread(&mut self, from: u64, to: u64, amount: f64) {
        let (first, last) = (self.clock.bin(from), self.clock.bin(to));
        if first == last || to <= from {
            self.amounts[last] += amount;
            return;
        }
        let width = self.clock.width_ns();
        let mut left = from;
        for bin in first..=last {
            let end = if bin == last { to } else { width.saturating_mul(bin as u64 + 1).min(to) };
            self.amounts[bin] += amount * (seconds(end - left) / seconds(to - from));
            left = end;
        }
    }

    /// Amounts a second.
    pub(super) fn per_second(&self) -> Vec<f64> {
        self.amounts.iter().enumerate().map(|(bin, amount)| amount / self.clock.bin_s(bin)).collect()
    }
}
