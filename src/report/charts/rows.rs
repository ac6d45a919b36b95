//! What charts with a row a category have in common: names, and where each side's marks stand in a row.

use super::super::text::{fit_middle, one_line};

/// The longest name of a row, in columns.
const NAME: usize = 26;
/// The most rows of a chart: the rest is in the table.
pub(super) const MOST: usize = 40;
/// How far from its middle a side stands in a row of two.
const ASIDE: f64 = 0.18;

/// A category as it is named beside its row; none is all of them together.
pub(super) fn name(category: Option<&str>) -> String {
    category.map_or_else(|| "overall".to_owned(), |name| fit_middle(&one_line(name), NAME))
}

/// Where a side stands in a row, of so many sides.
pub(super) fn place(row: usize, side: usize, sides: usize) -> f64 {
    let middle = super::sample::real(row as u64) + 1.0;
    match (sides, side) {
        (2, 0) => middle - ASIDE,
        (2, _) => middle + ASIDE,
        _ => middle,
    }
}

/// That some categories are not drawn.
pub(super) fn left_out(categories: usize) -> Option<String> {
    let more = categories.saturating_sub(MOST);
    (more > 0).then(|| format!("{more} more categories are in the table alone"))
}
