//! Runs' own numbers as tables: a line a run or model, and by category.

use super::number;
use super::quality::{passed_cell, wilson_bar};
use super::table::{Cell, Column, Row, Table, Tone};
use super::text::one_line;
use crate::model::comparison::PassRate;
use crate::model::history::{CategoryFigures, Figures, Percentiles};
use crate::model::summary::Percentile;

/// The heading of [`by_category`].
pub(crate) const BY_CATEGORY: &str = "Pass rate and latency by category";
/// What stands at a percentile of too few.
const MARK: &str = "*";

/// A line of each, with its intervals drawn.
pub(crate) fn table(title: &str, lines: &[(&str, &Figures)]) -> Table {
    let has_cost = lines.iter().any(|(_, figures)| figures.cost.is_some());
    let mut columns = vec![Column::words(title)];
    columns.extend(self::columns());
    columns.extend(has_cost.then(|| Column::numbers("cost of 1M tokens").sacrifice(2)));
    let row = |(name, figures): &(&str, &Figures)| {
        let mut cells = vec![Cell::from(*name)];
        cells.extend(self::cells(figures));
        cells.extend(has_cost.then(|| {
            let cost = figures.cost.as_ref();
            let price = cost.and_then(|cost| Some((cost.per_million_output_tokens?, &cost.currency)));
            price.map_or_else(
                || Cell::from(number::ABSENT),
                |(price, currency)| {
                    Cell::number(price, format!("{} {}", number::decimal(price), one_line(currency)))
                },
            )
        }));
        Row { bar: figures.pass_rate.as_ref().and_then(wilson_bar), ..Row::new(cells) }
    };
    let rows: Vec<Row> = lines.iter().map(row).collect();
    let has_bars = rows.iter().any(|row| row.bar.is_some());
    Table {
        columns,
        bar_scale: has_bars.then(|| "0 to 100 %".to_owned()),
        notes: notes(lines.iter().map(|(_, figures)| *figures)),
        rows,
    }
}

/// The columns of [`cells`].
pub(crate) fn columns() -> Vec<Column> {
    vec![
        Column::numbers("passed").term("pass-rate"),
        Column::numbers("95 % interval, %").sacrifice(4).term("wilson"),
        Column::numbers("TTFT p50, ms").sacrifice(6).term("ttft"),
        Column::numbers("TTFT p95, ms").sacrifice(1).term("ttft"),
        Column::numbers("TPOT p50, ms").term("tpot"),
        Column::numbers("TPOT p95, ms").sacrifice(7).term("tpot"),
        Column::numbers("E2E p50, ms").term("e2e"),
        Column::numbers("E2E p95, ms").sacrifice(3).term("e2e"),
        Column::numbers("requests/s").sacrifice(8).term("request-throughput"),
        Column::numbers("tokens/s").sacrifice(2).term("output-tokens-per-s"),
        Column::numbers("errors").sacrifice(5).term("error-rate"),
    ]
}

/// A run's numbers.
pub(crate) fn cells(figures: &Figures) -> Vec<Cell> {
    let rate = figures.pass_rate.as_ref();
    let value = |value: Option<f64>| Cell::optional(value, number::decimal);
    let errors = Cell::percent(figures.error_rate);
    vec![
        passed(rate),
        Cell::percent_interval(rate.and_then(|rate| rate.wilson_95)),
        at(figures.ttft_ms, Percentile::P50),
        at(figures.ttft_ms, Percentile::P95),
        at(figures.tpot_ms, Percentile::P50),
        at(figures.tpot_ms, Percentile::P95),
        at(figures.e2e_ms, Percentile::P50),
        at(figures.e2e_ms, Percentile::P95),
        value(figures.request_throughput_per_s),
        value(figures.output_tokens_per_s),
        if figures.error_rate.is_some_and(|rate| rate > 0.0) { errors.tone(Tone::Warn) } else { errors },
    ]
}

/// Passed of judged, or `n/a`.
fn passed(rate: Option<&PassRate>) -> Cell {
    rate.map_or_else(|| Cell::from(number::ABSENT), passed_cell)
}

/// What must be known to read such a table.
pub(crate) fn notes<'a>(lines: impl Iterator<Item = &'a Figures> + Clone) -> Vec<String> {
    let small = lines.clone().flat_map(|of| [of.ttft_ms, of.tpot_ms, of.e2e_ms]).flatten();
    let mut notes: Vec<String> = small
        .into_iter()
        .any(|of| of.n < Percentile::P95.smallest_sample())
        .then(|| {
            let least = Percentile::P95.smallest_sample();
            format!("{MARK} n too small: a p95 is trusted from {least} values on")
        })
        .into_iter()
        .collect();
    for reason in lines.filter_map(|of| of.speed_absent_because.as_deref()) {
        let note = format!("Latencies and rates n/a: {}", one_line(reason));
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}

/// A percentile; one of too few is marked and dim.
pub(crate) fn at(of: Option<Percentiles>, percentile: Percentile) -> Cell {
    let Some(of) = of else { return Cell::from(number::ABSENT) };
    match percentile {
        Percentile::P50 => Cell::number(of.p50, number::decimal(of.p50)),
        _ if of.n >= percentile.smallest_sample() => Cell::number(of.p95, number::decimal(of.p95)),
        _ => Cell::number(of.p95, format!("{}{MARK}", number::decimal(of.p95))).untrusted(),
    }
}

/// Every category's pass rate and median latency, the lines beside each other; empty where there are no several
/// categories.
pub(crate) fn by_category(lines: &[(&str, &Figures)]) -> Table {
    let mut categories: Vec<&str> = Vec::new();
    for category in lines.iter().flat_map(|(_, figures)| &figures.categories) {
        if !categories.contains(&category.category.as_str()) {
            categories.push(&category.category);
        }
    }
    categories.sort_unstable();
    if categories.len() < 2 {
        return Table::default();
    }
    let mut columns = vec![Column::words("category")];
    columns.extend(lines.iter().map(|(name, _)| Column::numbers(*name).hint("passed").term("pass-rate")));
    for (name, _) in lines {
        columns.push(Column::numbers(*name).hint("E2E p50, ms").sacrifice(1).term("e2e"));
    }
    let row = |category: &&str| {
        let of: Vec<Option<&CategoryFigures>> =
            lines.iter().map(|(_, figures)| find(figures, category)).collect();
        let mut cells = vec![Cell::from(one_line(category))];
        cells.extend(of.iter().map(|of| passed(of.and_then(|of| of.pass_rate).as_ref())));
        cells.extend(of.iter().map(|of| at(of.and_then(|of| of.e2e_ms), Percentile::P50)));
        Row::new(cells)
    };
    Table {
        columns,
        rows: categories.iter().map(row).collect(),
        bar_scale: None,
        notes: vec!["Passed, then E2E p50 in ms, in the order of the lines above".to_owned()],
    }
}

/// One category's numbers.
pub(crate) fn find<'a>(figures: &'a Figures, category: &str) -> Option<&'a CategoryFigures> {
    figures.categories.iter().find(|of| of.category == category)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::comparison::Interval;

    fn figures(n: u64) -> Figures {
        let percentiles = Some(Percentiles { n, p50: 12.5, p95: 40.0 });
        let pass_rate = PassRate {
            passed: 25,
            judged: 30,
            rate: Some(25.0 / 30.0),
            wilson_95: Some(Interval { low: 0.664, high: 0.927 }),
        };
        let category = |name: &str| CategoryFigures {
            category: name.to_owned(),
            pass_rate: Some(pass_rate),
            ttft_ms: percentiles,
            tpot_ms: None,
            e2e_ms: percentiles,
        };
        Figures {
            pass_rate: Some(pass_rate),
            requests: n,
            error_rate: Some(0.5),
            ttft_ms: percentiles,
            categories: vec![category("math"), category("code")],
            ..Figures::default()
        }
    }

    #[test]
    fn a_tail_of_too_few_is_marked_and_explained() {
        let (few, many) = (figures(129), figures(130));
        let table = table("model", &[("few", &few), ("many", &many)]);
        let text = |row: usize, column: usize| table.rows[row].cells[column].text.as_str();
        assert_eq!((text(0, 0), text(0, 3), text(0, 4)), ("few", "12.5", "40.0*"));
        assert_eq!((text(1, 4), text(1, 5), text(1, 11)), ("40.0", "n/a", "50.0 %"));
        assert!(table.notes[0].contains("from 130 values"), "{:?}", table.notes);
        assert!(super::notes(std::iter::once(&many)).is_empty());
        assert!(table.rows[0].bar.is_some() && table.bar_scale.is_some());
        assert_eq!(table.columns.len(), table.rows[0].cells.len());
    }

    #[test]
    fn categories_have_rate_and_latency_beside_each_other() {
        let (one, other) = (figures(30), Figures { categories: Vec::new(), ..figures(30) });
        let table = by_category(&[("a", &one), ("b", &other)]);
        let row: Vec<&str> = table.rows[0].cells.iter().map(|cell| cell.text.as_str()).collect();
        assert_eq!(row[0], "code");
        assert!(row[1].contains("25/30"), "{row:?}");
        assert_eq!(row[2..], ["n/a", "12.5", "n/a"]);
        assert!(by_category(&[("b", &other)]).is_empty());
    }
}
