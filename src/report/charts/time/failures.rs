//! Failures by when they happened and how they ended, with the failed tries of requests that were sent again.

use std::collections::BTreeMap;

use super::super::super::chart::{Axis, ChartSpec, Marks, Series, Stroke, Unit};
use super::super::super::text::{fit_middle, one_line};
use super::bins::Bins;
use super::clock::{Clock, Timed};
use super::color::{color, key};
use crate::model::outcome::Outcome;
use crate::model::record::Side;

/// Failures over time, a chart for each side that has any.
pub(super) fn charts(clock: &Clock<'_>) -> Vec<ChartSpec> {
    let by_side: Vec<_> = clock.sides.iter().map(|side| (side, Failed::of(clock, side))).collect();
    let top = by_side.iter().map(|(_, failed)| failed.most()).fold(0.0, f64::max);
    by_side.into_iter().filter_map(|(side, failed)| chart(clock, side, failed, top)).collect()
}

/// What failed on one side, by bin.
struct Failed<'a> {
    by_outcome: BTreeMap<Outcome, Bins<'a>>,
    sent_again: Bins<'a>,
}

impl<'a> Failed<'a> {
    fn of(clock: &'a Clock<'a>, side: &Timed<'_>) -> Self {
        let mut failed = Self { by_outcome: BTreeMap::new(), sent_again: Bins::new(clock) };
        for sent in &side.sent {
            let exchange = &sent.attempt.exchange;
            for retry in &exchange.retries {
                failed.sent_again.add(side.at(retry.end_ns), 1.0);
            }
            if !exchange.outcome.is_success() {
                let bins = failed.by_outcome.entry(exchange.outcome).or_insert_with(|| Bins::new(clock));
                bins.add(side.at(exchange.trace.end_ns), 1.0);
            }
        }
        failed
    }

    fn most(&self) -> f64 {
        let all = || self.by_outcome.values().chain([&self.sent_again]);
        (0..self.sent_again.amounts.len())
            .map(|bin| all().map(|bins| bins.amounts[bin]).sum::<f64>())
            .fold(0.0, f64::max)
    }
}

fn chart(clock: &Clock<'_>, side: &Timed<'_>, failed: Failed<'_>, top: f64) -> Option<ChartSpec> {
    if failed.most() <= 0.0 {
        return None;
    }
    let is_baseline = side.shown.side == Side::Baseline;
    let name = if is_baseline { "errors-time-baseline" } else { "errors-time" };
    let width = clock.width_name();
    let y = Axis::from_zero(format!("failed in {width}"), Unit::Of(""), top);
    let title = format!("Failures over time{}", fit_middle(&one_line(&side.suffix(clock)), 60));
    let mut chart = clock.chart(name, &title, y);
    "Failed requests by when they ended, by outcome".clone_into(&mut chart.about);
    chart.notes.insert(0, format!("By when they ended, in bins of {width}."));
    let again_key = if is_baseline { "again-baseline" } else { "again-candidate" };
    let outcomes = failed.by_outcome.into_iter().map(|(outcome, bins)| {
        (key(side.shown.side, outcome), outcome.to_string(), color(outcome, side.shown.key), bins.amounts)
    });
    let again = (again_key, "failed and sent again".to_owned(), "s8", failed.sent_again.amounts);
    let mut base = vec![0.0; clock.bins()];
    for (key, label, color, values) in outcomes.chain([again]) {
        let next = base.iter().zip(&values).map(|(base, value)| base + value).collect();
        let marks = Marks::Stack { edges: clock.edges(), base, values };
        chart.series.push(Series { key, label, color, stroke: Stroke::Strong, marks });
        base = next;
    }
    Some(chart)
}
