//! Plain lists for the terminal.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, TableStyle};

use super::ui::{Ui, printable};

/// Rows under their headings, wrapped to the terminal's width except the first column, which names
/// the row and is there to be copied. Control characters are made visible.
pub(super) fn list(ui: Ui, headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(ui.width()).unwrap_or(u16::MAX));
    table.set_header(headings);
    for row in rows {
        table.add_row(row.iter().map(|cell| printable(cell)));
    }
    if let Some(name) = table.column_mut(0) {
        name.set_constraint(ColumnConstraint::ContentWidth);
    }
    table.lines().flat_map(|line| [line.trim_end().to_owned(), "\n".to_owned()]).collect()
}
