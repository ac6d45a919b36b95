//! Latency by category, in the same rows as the pass rates: where an answer costs time, and what it brings.

use std::collections::BTreeMap;

use super::super::chart::{Axis, ChartSpec, Frame, Marks, Point, Rest, Unit};
use super::super::number::{counted, decimal};
use super::super::table::Labels;
use super::{rows, sides};
use crate::model::record::Attempt;
use crate::model::result::RunResult;
use crate::model::summary::{Distribution, Percentile, RequestMetrics};
use crate::stats::quantile::distribution;

/// An axis whose values span this factor is logarithmic.
const FAR: f64 = 20.0;

/// A latency's chart, what it is called, and where a request has it.
type Latency = (&'static str, &'static str, fn(&RequestMetrics) -> Option<f64>);

const LATENCIES: [Latency; 2] =
    [("category-ttft", "TTFT", |m| m.ttft_ms), ("category-speed", "E2E", |m| m.e2e_ms)];

/// Medians by category, and the 95th percentiles that may be trusted; none where there is one category.
pub(super) fn charts(result: &RunResult, labels: &Labels) -> Vec<ChartSpec> {
    LATENCIES.into_iter().filter_map(|latency| chart(result, labels, latency)).collect()
}

fn chart(result: &RunResult, labels: &Labels, (name, label, metric): Latency) -> Option<ChartSpec> {
    let shown = sides(labels);
    let paired = shown.len() == 2 && result.comparison.is_some();
    let mut values: BTreeMap<Option<&str>, Vec<Vec<f64>>> = BTreeMap::new();
    for row in &result.rows {
        let of: Vec<Option<f64>> = shown.iter().map(|side| latency(row.attempt(side.side), metric)).collect();
        // As in the table beside: a pair counts where both have it.
        if paired && of.contains(&None) {
            continue;
        }
        for category in [None, Some(row.category.as_str())] {
            let sides = values.entry(category).or_insert_with(|| vec![Vec::new(); shown.len()]);
            for (values, value) in sides.iter_mut().zip(&of) {
                values.extend(*value);
            }
        }
    }
    // All together and one category are the same.
    if values.len() < 3 {
        return None;
    }
    let categories = values.len();
    let drawn: Vec<(String, Vec<Option<Distribution>>)> = values
        .into_iter()
        .take(rows::MOST)
        .map(|(category, mut sides)| {
            (rows::name(category), sides.iter_mut().map(|values| distribution(values)).collect())
        })
        .collect();
    let mut series = Vec::new();
    let (mut all, mut told) = (Vec::new(), Vec::new());
    // Of all together alone a tail would have nothing beside it.
    let is_tail = |of: &Distribution| of.is_trusted(Percentile::P95);
    let tails = drawn.iter().skip(1).any(|(_, sides)| sides.iter().flatten().any(is_tail));
    for (place, side) in shown.iter().enumerate() {
        let (mut medians, mut p95) = (Vec::new(), Vec::new());
        for (row, (_, sides)) in drawn.iter().enumerate() {
            let Some(of) = sides.get(place).copied().flatten() else { continue };
            let row = rows::place(row, place, shown.len());
            medians.push(Rest { row, at: of.p50, interval: None, color: side.key });
            all.push(of.p50);
            if tails && is_tail(&of) {
                p95.push(Point::new(of.p95, row));
                all.push(of.p95);
            }
        }
        if let Some(first) = medians.first() {
            told.push(format!("{} {} ms", side.label, decimal(first.at)));
        }
        series.push(side.series(Marks::Rests(medians)));
        series.push(side.series(Marks::Targets(p95)));
    }
    let low = all.iter().copied().reduce(f64::min)?;
    let high = all.iter().copied().reduce(f64::max)?;
    let title = format!("{label} by category");
    let mut notes = vec![if paired {
        "Medians of the pairs that succeeded on both sides, without intervals".to_owned()
    } else {
        "Medians of successful requests, without intervals".to_owned()
    }];
    let least = counted(Percentile::P95.smallest_sample(), "request", "requests");
    notes.push(if tails {
        format!("Upright strokes: p95, where there are {least} or more")
    } else {
        format!("No p95: it takes {least} of a category")
    });
    notes.extend(rows::left_out(categories));
    let unit = Unit::Of("ms");
    Some(ChartSpec {
        name: name.to_owned(),
        about: format!("{title}, medians; overall: {}", told.join(", ")),
        title,
        notes,
        frame: Frame::Rows(drawn.len()),
        x: if low > 0.0 && high / low >= FAR {
            Axis::logarithmic(label, unit, low, high)
        } else {
            Axis::from_zero(label, unit, high)
        },
        y: Axis::categories(drawn.into_iter().map(|(name, _)| name).collect()),
        series,
        references: Vec::new(),
    })
}

fn latency(attempt: Option<&Attempt>, metric: fn(&RequestMetrics) -> Option<f64>) -> Option<f64> {
    let attempt = attempt.filter(|attempt| attempt.exchange.outcome.is_success())?;
    metric(&attempt.metrics).filter(|value| value.is_finite())
}
