//! Amounts by bin: what lies so near to an edge that six digits don't tell its side may be on either.

use super::{DIGITS, real};

/// How near an edge is near.
fn near(edge: f64) -> f64 {
    2.0 * DIGITS * edge.abs() + 1e-9
}

/// What is wrong with the amounts of these bins. An event has its place and its amount.
pub(super) fn by_bin(edges: &[f64], amounts: &[f64], events: &[(f64, f64)]) -> Option<String> {
    if edges.len() != amounts.len() + 1 {
        return Some(format!("{} edges of {} bins", edges.len(), amounts.len()));
    }
    for (bin, amount) in edges.windows(2).zip(amounts) {
        let (from, to) = (bin[0], bin[1]);
        let sum = |fits: &dyn Fn(f64) -> bool| -> f64 {
            events.iter().filter(|(at, _)| fits(*at)).map(|(_, amount)| amount).sum()
        };
        let surely = sum(&|at| at >= from + near(from) && at < to - near(to));
        let maybe = sum(&|at| at >= from - near(from) && at <= to + near(to));
        let slack = 10.0 * DIGITS * maybe.abs() + 1e-9;
        if *amount < surely - slack || *amount > maybe + slack {
            return Some(format!("{from} to {to}: drawn {amount}, it is {surely} to {maybe}"));
        }
    }
    None
}

/// Amounts of what lasts from here to there: as much as lies in each bin.
pub(super) fn over_bins(edges: &[f64], amounts: &[f64], spans: &[(f64, f64, f64)]) -> Option<String> {
    for (bin, amount) in edges.windows(2).zip(amounts) {
        let within = |(from, to, amount): &(f64, f64, f64)| {
            let overlap = (to.min(bin[1]) - from.max(bin[0])).max(0.0);
            if to > from { amount * overlap / (to - from) } else { 0.0 }
        };
        let held: f64 = spans.iter().map(within).sum();
        if (held - amount).abs() > 1e-3 * held.abs() + 1e-6 {
            return Some(format!("{} to {}: drawn {amount}, it is {held}", bin[0], bin[1]));
        }
    }
    None
}

/// What is wrong with counts in cells. A cell: from, to, from, to, and how many are in it.
pub(super) fn by_cell(cells: &[[f64; 5]], points: &[(f64, f64)]) -> Option<String> {
    let all: f64 = cells.iter().map(|cell| cell[4]).sum();
    if (all - real(points.len())).abs() > 0.5 {
        return Some(format!("{all} in the cells, of {} requests", points.len()));
    }
    for [left, right, low, high, n] in cells {
        let count = |slack: f64| {
            let within =
                |at: f64, from: f64, to: f64| at >= from - slack * near(from) && at <= to + slack * near(to);
            real(points.iter().filter(|(x, y)| within(*x, *left, *right) && within(*y, *low, *high)).count())
        };
        if *n < count(-1.0) || *n > count(1.0) {
            return Some(format!(
                "{left} to {right}, {low} to {high}: {n}, it is {} to {}",
                count(-1.0),
                count(1.0)
            ));
        }
    }
    None
}
