//! Amounts by bin: what lies so near to an edge that its digits don't tell its side may be on either.

use super::{Series, digits, real};

/// What sums of many shares may be off by.
const DUST: f64 = 1e-9;

/// What goes into bins: events, each with its place and its amount, and what lasts from here to there, with its amount.
#[derive(Debug, Default)]
pub(super) struct Amounts {
    pub(super) events: Vec<(f64, f64)>,
    pub(super) spans: Vec<(f64, f64, f64)>,
    /// How far an event at a place may be from it.
    pub(super) off: Option<fn(f64) -> f64>,
}

impl Amounts {
    /// Events alone.
    pub(super) fn of(events: Vec<(f64, f64)>) -> Self {
        Self { events, ..Self::default() }
    }

    /// What is wrong with the amounts of these bins of a series.
    pub(super) fn check(mut self, series: &Series, edges: &[f64], amounts: &[f64]) -> Option<String> {
        if edges.len() != amounts.len() + 1 {
            return Some(format!("{} edges of {} bins", edges.len(), amounts.len()));
        }
        self.events.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut sums = vec![0.0];
        for (_, amount) in &self.events {
            sums.push(sums[sums.len() - 1] + amount);
        }
        // The events before a place, and those up to it.
        let before = |at: f64| sums[self.events.partition_point(|event| event.0 < at)];
        let upto = |at: f64| sums[self.events.partition_point(|event| event.0 <= at)];
        for (bin, amount) in edges.windows(2).zip(amounts) {
            let (from, to) = (bin[0], bin[1]);
            let off = |edge: f64| series.off_edge(edge) + self.off.map_or(0.0, |off| off(edge));
            let (off_from, off_to) = (off(from), off(to));
            let lasting: f64 = self.spans.iter().map(|span| within(span, from, to)).sum();
            let surely = (before(to - off_to) - before(from + off_from)).max(0.0) + lasting;
            let maybe = upto(to + off_to) - before(from - off_from) + lasting;
            let slack = digits(maybe) + DUST * sums[sums.len() - 1].max(real(self.spans.len())).max(1.0);
            if *amount < surely - slack || *amount > maybe + slack {
                return Some(format!("{from} to {to}: drawn {amount}, it is {surely} to {maybe}"));
            }
        }
        // An axis of time holds all of the run; what lies outside of another a note tells.
        let (first, last) = (edges[0], edges[edges.len() - 1]);
        let all = sums[sums.len() - 1];
        let outside = before(first - series.off_edge(first)) + all - upto(last + series.off_edge(last));
        (series.is_time && outside > DUST).then(|| format!("{outside} lie outside of {first} to {last}"))
    }
}

/// As much of what lasts as lies within a bin.
fn within(&(begin, end, amount): &(f64, f64, f64), from: f64, to: f64) -> f64 {
    let overlap = (end.min(to) - begin.max(from)).max(0.0);
    if end > begin {
        amount * overlap / (end - begin)
    } else if begin >= from && begin < to {
        amount
    } else {
        0.0
    }
}

/// What is wrong with counts in cells. A cell: from, to, from, to, and how many are in it.
pub(super) fn by_cell(series: &Series, points: &[(f64, f64)]) -> Option<String> {
    let all: f64 = series.value.iter().sum();
    if (all - real(points.len())).abs() > 0.5 {
        return Some(format!("{all} in the cells, of {} requests", points.len()));
    }
    let mut points = points.to_vec();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    for i in 0..series.x.len() {
        let (left, right, low, high) = (series.x[i], series.end[i], series.y[i], series.top[i]);
        // `sign` draws the cell's borders in or out by as much as their digits leave open.
        let count = |sign: f64| {
            let (left, right) = (left - sign * series.off_edge(left), right + sign * series.off_edge(right));
            let (low, high) = (low - sign * digits(low), high + sign * digits(high));
            let column = points.partition_point(|point| point.0 < left)
                ..points.partition_point(|point| point.0 <= right);
            real(
                points
                    .get(column)
                    .unwrap_or_default()
                    .iter()
                    .filter(|(_, y)| (low..=high).contains(y))
                    .count(),
            )
        };
        let (n, surely, maybe) = (series.value[i], count(-1.0), count(1.0));
        if n < surely || n > maybe {
            return Some(format!("{left} to {right}, {low} to {high}: {n}, it is {surely} to {maybe}"));
        }
    }
    None
}
