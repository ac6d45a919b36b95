//! Two numbers of each request against each other: a dot a request, and of too many the counts in cells.

use super::super::chart::{Axis, Cell, ChartSpec, Frame, Marks, Point, Series, Unit};
use super::super::number::{count, counted, plain};
use super::super::table::Labels;
use super::sample::real;
use super::{Shown, sides, successes};
use crate::model::record::Attempt;
use crate::model::result::RunResult;

/// The most dots of a chart, both sides together.
const MOST: usize = 1_500;
/// An axis whose values span this factor is logarithmic.
const FAR: f64 = 20.0;
/// Cells of a heatmap from left to right, and from bottom to top.
const CELLS: (u32, u32) = (28, 16);

/// What is drawn against what.
struct Relation {
    name: &'static str,
    title: &'static str,
    x: (&'static str, Unit),
    y: (&'static str, Unit),
    of: fn(&Attempt) -> Option<(f64, f64)>,
}

const RELATIONS: [Relation; 2] = [
    Relation {
        name: "ttft-prompt",
        title: "TTFT against prompt length",
        x: ("prompt", Unit::Of("tokens")),
        y: ("TTFT", Unit::Of("ms")),
        of: |attempt| {
            let tokens = attempt.exchange.usage?.prompt_tokens;
            // A server that tells nothing tells 0.
            (tokens > 0).then_some(())?;
            Some((real(tokens), attempt.metrics.ttft_ms?))
        },
    },
    Relation {
        name: "ttft-e2e",
        title: "TTFT against total latency",
        x: ("E2E", Unit::Of("ms")),
        y: ("TTFT", Unit::Of("ms")),
        of: |attempt| Some((attempt.metrics.e2e_ms?, attempt.metrics.ttft_ms?)),
    },
];

/// What depends on what.
pub(super) fn charts(result: &RunResult, labels: &Labels) -> Vec<ChartSpec> {
    RELATIONS.iter().flat_map(|relation| of(result, labels, relation)).collect()
}

fn of(result: &RunResult, labels: &Labels, relation: &Relation) -> Vec<ChartSpec> {
    let points = |side: &Shown<'_>| -> Vec<Point> {
        let values = successes(result, side.side).filter_map(relation.of);
        values.filter(|(x, y)| x.is_finite() && y.is_finite()).map(|(x, y)| Point::new(x, y)).collect()
    };
    let drawn: Vec<(Shown<'_>, Vec<Point>)> = sides(labels)
        .into_iter()
        .map(|side| (side, points(&side)))
        .filter(|(_, points)| !points.is_empty())
        .collect();
    let all = || drawn.iter().flat_map(|(_, points)| points);
    let number = all().count();
    let (x, y) = (axis(relation.x, all().map(|p| p.x)), axis(relation.y, all().map(|p| p.y)));
    let spec = |name: String, title: String, notes: Vec<String>, series: Vec<Series>| ChartSpec {
        name,
        title,
        about: format!("{}, of {} successful requests", relation.title, count(number as u64)),
        notes,
        frame: Frame::Half,
        x: x.clone(),
        y: y.clone(),
        series,
        references: Vec::new(),
    };
    if drawn.is_empty() {
        return Vec::new();
    }
    if number <= MOST {
        let series = drawn.into_iter().map(|(side, points)| side.series(Marks::Dots(points))).collect();
        return vec![spec(relation.name.to_owned(), relation.title.to_owned(), Vec::new(), series)];
    }
    let several = drawn.len() > 1;
    let heatmap = |(side, points): (Shown<'_>, Vec<Point>)| {
        let cells = cells(&x, &y, &points);
        let most = cells.iter().map(|cell| cell.value).fold(0.0, f64::max);
        let note = format!(
            "{}: too many for a dot each, so the stronger a cell's colour the more are in it, up to {}",
            counted(points.len() as u64, "request", "requests"),
            plain(most),
        );
        let mut series = side.series(Marks::Cells(cells));
        series.label = format!("requests of {}", side.label);
        let name = if side.key == "baseline" { "-baseline" } else { "" };
        let of = if several { format!(": {}", side.label) } else { String::new() };
        spec(format!("{}{name}", relation.name), format!("{}{of}", relation.title), vec![note], vec![series])
    };
    drawn.into_iter().map(heatmap).collect()
}

fn axis((label, unit): (&str, Unit), values: impl Iterator<Item = f64> + Clone) -> Axis {
    let low = values.clone().fold(f64::INFINITY, f64::min);
    let high = values.fold(f64::NEG_INFINITY, f64::max);
    if low > 0.0 && high / low >= FAR {
        return Axis::logarithmic(label, unit, low, high);
    }
    Axis::from_zero(label, unit, high)
}

/// How many points lie in each cell of a grid over the axes; empty cells are left out.
fn cells(x: &Axis, y: &Axis, points: &[Point]) -> Vec<Cell> {
    let mut counts = vec![0_u64; (CELLS.0 * CELLS.1) as usize];
    for point in points {
        let at = index(x, point.x, CELLS.0) + CELLS.0 * index(y, point.y, CELLS.1);
        if let Some(count) = counts.get_mut(at as usize) {
            *count += 1;
        }
    }
    (0..)
        .zip(counts)
        .filter(|(_, count)| *count > 0)
        .map(|(at, count)| {
            let (column, row) = (at % CELLS.0, at / CELLS.0);
            Cell {
                x: (edge(x, column, CELLS.0), edge(x, column + 1, CELLS.0)),
                y: (edge(y, row, CELLS.1), edge(y, row + 1, CELLS.1)),
                value: real(count),
            }
        })
        .collect()
}

/// In which of so many cells of an axis a value lies.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates, and is cut to the last cell"
)]
fn index(axis: &Axis, value: f64, cells: u32) -> u32 {
    let part = if axis.is_logarithmic() {
        (value / axis.low).ln() / (axis.high / axis.low).ln()
    } else {
        (value - axis.low) / (axis.high - axis.low)
    };
    ((part * f64::from(cells)).floor() as u32).min(cells - 1)
}

/// Where a cell of an axis begins.
fn edge(axis: &Axis, cell: u32, cells: u32) -> f64 {
    let part = f64::from(cell) / f64::from(cells);
    if axis.is_logarithmic() {
        axis.low * (axis.high / axis.low).powf(part)
    } else {
        axis.low + (axis.high - axis.low) * part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_in_one_cell_that_holds_it() {
        for axis in
            [Axis::from_zero("", Unit::Of(""), 110.0), Axis::logarithmic("", Unit::Of(""), 1.0, 900.0)]
        {
            let points: Vec<Point> = (1..=900)
                .map(|i| Point::new(f64::from(i) / 9.0 * 0.98 + 0.89, f64::from(i % 90) + 1.0))
                .collect();
            let cells = cells(&axis, &axis, &points);
            assert!((cells.iter().map(|cell| cell.value).sum::<f64>() - 900.0).abs() < 1e-9);
            for cell in &cells {
                let within =
                    |p: &&Point| cell.x.0 <= p.x && p.x < cell.x.1 && cell.y.0 <= p.y && p.y < cell.y.1;
                let found = points.iter().filter(within).count() as u64;
                assert!((real(found) - cell.value).abs() < 1.5, "{found} in {cell:?}");
            }
        }
    }
}
