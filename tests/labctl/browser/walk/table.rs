//! The tables of a page as a reader has them: heading, columns, rows, and the text of each cell.

use serde::Deserialize;

use crate::browser::page::Page;

/// One table.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Table {
    /// The heading that it stands under.
    pub(super) title: String,
    /// Its columns' headings.
    pub(super) columns: Vec<String>,
    /// The texts of its cells.
    pub(super) rows: Vec<Vec<String>>,
    /// The numbers behind them, where a cell carries one.
    pub(super) values: Vec<Vec<Option<f64>>>,
    /// Where a row draws its interval: its ends in percent of the drawing's width.
    pub(super) bars: Vec<Option<(f64, f64)>>,
}

/// A cell with all that says what it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell<'a> {
    /// The heading of its table.
    pub(super) title: &'a str,
    /// The first cell of its row.
    pub(super) row: &'a str,
    /// All cells of its row.
    pub(super) cells: &'a [String],
    /// The heading of its column.
    pub(super) column: &'a str,
    /// Which column it is, from 0.
    pub(super) at: usize,
    /// What it says.
    pub(super) text: &'a str,
    /// The number behind it.
    pub(super) value: Option<f64>,
}

impl Table {
    /// Its cells, row by row.
    pub(super) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        self.rows.iter().zip(&self.values).flat_map(move |(cells, values)| {
            cells.iter().zip(values).enumerate().map(move |(at, (text, value))| Cell {
                title: &self.title,
                row: cells.first().map_or("", String::as_str),
                cells,
                column: self.columns.get(at).map_or("", String::as_str),
                at,
                text,
                value: *value,
            })
        })
    }
}

/// The page's tables, from the top to the bottom.
pub(super) fn tables(page: &Page) -> Vec<Table> {
    page.eval(
        "[...document.querySelectorAll('table')].map(table => {
            const said = element => {
                const copy = element.cloneNode(true);
                copy.querySelectorAll('script, style, svg, [hidden], [role=tooltip]').forEach(one => one.remove());
                return copy.textContent.replace(/\\s+/g, ' ').trim();
            };
            const rows = [...table.querySelectorAll('tbody tr')];
            const headings = [...document.querySelectorAll('h1, h2, h3, h4, summary, caption')].filter(heading =>
                table.contains(heading) ||
                heading.compareDocumentPosition(table) & Node.DOCUMENT_POSITION_FOLLOWING);
            const heading = headings.at(-1);
            return {title: heading ? said(heading) : '',
                columns: [...table.querySelectorAll('thead th')].map(said),
                rows: rows.map(row => [...row.cells].map(said)),
                values: rows.map(row => [...row.cells].map(cell => cell.dataset.value ? Number(cell.dataset.value) : null)),
                bars: rows.map(row => {
                    const range = row.querySelector('svg.bar .range');
                    const [x, width] = ['x', 'width'].map(name => Number(range?.getAttribute(name)));
                    return range ? [x, x + width] : null;
                })};
        })",
    )
}
