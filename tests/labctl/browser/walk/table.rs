//! The tables of a page as a reader has them: heading, columns, rows, and the text of each cell.

use serde::Deserialize;

use crate::browser::page::Page;

/// One table.
#[derive(Debug, Deserialize)]
pub(super) struct Table {
    /// The heading that it stands under.
    pub(super) title: String,
    /// Its columns' headings.
    pub(super) columns: Vec<String>,
    /// The texts of its cells.
    pub(super) rows: Vec<Vec<String>>,
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
}

impl Table {
    /// Its cells, row by row.
    pub(super) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        self.rows.iter().flat_map(move |cells| {
            cells.iter().enumerate().map(move |(at, text)| Cell {
                title: &self.title,
                row: cells.first().map_or("", String::as_str),
                cells,
                column: self.columns.get(at).map_or("", String::as_str),
                at,
                text,
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
            const headings = [...document.querySelectorAll('h1, h2, h3, h4, summary, caption')].filter(heading =>
                table.contains(heading) ||
                heading.compareDocumentPosition(table) & Node.DOCUMENT_POSITION_FOLLOWING);
            const heading = headings.at(-1);
            return {title: heading ? said(heading) : '',
                columns: [...table.querySelectorAll('thead th')].map(said),
                rows: [...table.querySelectorAll('tbody tr')].map(row => [...row.cells].map(said))};
        })",
    )
}
