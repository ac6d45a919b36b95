//! Latency by when requests were sent, as the number of requests in each cell: where the bulk lies, how far the tail
//! reaches, and when that changed.

use super::super::super::chart::{Axis, Cell, ChartSpec, Frame, Marks, Scale, Series, Stroke};
use super::super::super::number::{count, counted};
use super::clock::{Clock, Timed};
use super::latency::{Latencies, Metric, axis, latencies};
use crate::model::record::Side;

/// The fewest requests of a side that are worth cells rather than dots.
const FEWEST: usize = 100;
/// Cells from left to right at the most, and from bottom to top.
const MOST_COLUMNS: usize = 48;
const ROWS: usize = 16;

/// TTFT and E2E of each side.
pub(super) fn charts(clock: &Clock<'_>) -> Vec<ChartSpec> {
    let metrics: [(&str, &str, &str, Metric); 2] = [
        ("ttft-heatmap", "TTFT over time", "TTFT", |m| m.ttft_ms),
        ("e2e-heatmap", "E2E over time", "E2E", |m| m.e2e_ms),
    ];
    metrics
        .into_iter()
        .flat_map(|(name, title, label, metric)| both(clock, name, title, label, metric))
        .collect()
}

/// One chart a side, on the same axes.
fn both(clock: &Clock<'_>, name: &str, title: &str, label: &str, metric: Metric) -> Vec<ChartSpec> {
    let by_side: Vec<(&Timed<'_>, Latencies)> = clock
        .sides
        .iter()
        .map(|side| (side, latencies(side, metric)))
        .filter(|(_, latencies)| latencies.len() >= FEWEST)
        .collect();
    let all = || by_side.iter().flat_map(|(_, latencies)| latencies).map(|(_, ms)| *ms);
    let Some((low, high)) = all().reduce(f64::min).zip(all().reduce(f64::max)) else { return Vec::new() };
    if high <= 0.0 {
        return Vec::new();
    }
    let y = axis(label, low, high);
    by_side
        .iter()
        .map(|(side, latencies)| heatmap(clock, side, latencies, (name, title), y.clone()))
        .collect()
}

fn heatmap(
    clock: &Clock<'_>,
    side: &Timed<'_>,
    latencies: &Latencies,
    (name, title): (&str, &str),
    y: Axis,
) -> ChartSpec {
    let together = clock.bins().div_ceil(MOST_COLUMNS);
    let columns = clock.bins().div_ceil(together);
    let edges: Vec<f64> = (0..=ROWS).map(|row| edge(&y, row)).collect();
    let mut counts = vec![0_u64; columns * ROWS];
    for (at, ms) in latencies {
        counts[clock.bin(*at) / together * ROWS + row(&edges, *ms)] += 1;
    }
    let filled = || counts.iter().copied().filter(|n| *n > 0);
    let (least, most) = (filled().min().unwrap_or(0), filled().max().unwrap_or(0));
    let cells = counts.iter().enumerate().filter(|(_, n)| **n > 0).map(|(place, n)| {
        let (column, row) = (place / ROWS, place % ROWS);
        let end = clock.edge(((column + 1) * together).min(clock.bins()));
        Cell {
            x: (clock.edge(column * together), end),
            y: (edges[row], edges[row + 1]),
            #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
            value: *n as f64,
        }
    });
    let range = if least == most {
        format!("{} a cell", counted(most, "request", "requests"))
    } else {
        format!("faintest {}, strongest {} a cell", count(least), counted(most, "request", "requests"))
    };
    let marks = Marks::Cells(cells.collect());
    let is_baseline = side.shown.side == Side::Baseline;
    let name = if is_baseline { format!("{name}-baseline") } else { name.to_owned() };
    let mut chart = clock.chart(&name, &format!("{title}{}", side.suffix(clock)), y);
    chart.frame = Frame::Half;
    // There is no room for names; the charts above have them.
    chart.references.iter_mut().for_each(|line| line.label.clear());
    chart.about = format!("Successful requests by when they were sent and their {}", chart.y.label);
    chart.notes.insert(
        0,
        format!("Columns of {}; the stronger the colour the more.", clock.duration_name(together as u64)),
    );
    chart.series = vec![Series {
        key: side.shown.key,
        label: range,
        color: side.shown.key,
        stroke: Stroke::Strong,
        marks,
    }];
    chart
}

/// Where a row of cells begins.
fn edge(y: &Axis, row: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let share = row as f64 / ROWS as f64;
    match y.scale {
        Scale::Log10 => y.low * (y.high / y.low).powf(share),
        _ => y.low + share * (y.high - y.low),
    }
}

/// The row between `edges` that a value lies in; one on an edge lies above it.
fn row(edges: &[f64], value: f64) -> usize {
    edges.partition_point(|edge| *edge <= value).saturating_sub(1).min(ROWS - 1)
}
