//! Tables for a terminal: as many columns as fit, no row ever wrapped, and where not even the needed columns fit, a
//! paragraph a row.

use comfy_table::{
    Attribute, Cell as DrawnCell, CellAlignment, Color as DrawnColor, ContentArrangement, LineStyle,
    TableStyle,
};
use unicode_width::UnicodeWidthStr;

use super::screen::{INDENT, Screen, style};
use crate::report::spark;
use crate::report::table::{Cell, Row, Table, Tone};
use crate::report::text::{fit, fit_middle};

/// Columns between two columns of a table.
pub(super) const GAP: u16 = 2;
/// A heading of a column has at most this part of the width, or [`SHORTEST`].
const HEADING: usize = 5;
/// What a heading may always have.
const SHORTEST: usize = 16;
/// A column of words is cut to no less than this.
const WORDS: usize = 12;
/// A heading above numbers is cut to no less than this.
const NUMBERS: usize = 8;
/// Columns of an interval that is drawn; uneven, so that "no difference" has a place of its own.
const BAR: usize = 15;
/// Drawn intervals go before columns of more than this degree of sacrifice, doubled to lie between two of them.
const BAR_SACRIFICE: u8 = 5;
/// What can be sacrificed beyond this stands in no paragraph.
const IN_PARAGRAPH: u8 = 2;

/// What is drawn of a table: its cells as the terminal shows them, and how wide each column may be.
struct Layout<'a> {
    titles: Vec<String>,
    rows: Vec<(&'a Row, Vec<String>)>,
    widths: Vec<usize>,
    kept: Vec<usize>,
    bars: bool,
}

impl Screen {
    /// A table under its heading; columns that don't fit go, least needed first. Nothing where it is empty.
    pub(crate) fn table(&mut self, heading: &str, table: &Table) {
        if table.is_empty() {
            return;
        }
        self.heading(heading);
        match self.layout(table) {
            Some(layout) => {
                let drawn = self.draw(table, &layout);
                for line in drawn.lines() {
                    self.line(&format!("{:INDENT$}{line}", ""));
                }
            }
            None => self.paragraphs(table),
        }
        for note in &table.notes {
            self.item("", note, Tone::Dim);
        }
    }

    /// What fits; `None` where not even the columns that are needed do.
    fn layout<'a>(&self, table: &'a Table) -> Option<Layout<'a>> {
        let room = self.width() - INDENT;
        let heading = (self.width() / HEADING).max(SHORTEST);
        let titles: Vec<String> =
            table.columns.iter().map(|column| self.cut_middle(&self.shown(&column.title), heading)).collect();
        let rows: Vec<(&Row, Vec<String>)> = table
            .rows
            .iter()
            .filter(|row| !row.minor)
            .map(|row| (row, row.cells.iter().map(|cell| self.shown(&cell.text).into_owned()).collect()))
            .collect();
        let mut widths: Vec<usize> =
            titles.iter().enumerate().map(|(i, title)| title.width().max(widest(&rows, i))).collect();
        let needed: Vec<usize> =
            (0..table.columns.len()).filter(|i| table.columns[*i].sacrifice == 0).collect();
        shrink(table, &rows, &mut widths, &needed, room);
        let mut used = total(&widths, &needed);
        if used > room {
            return None;
        }
        let mut further: Vec<(u8, Option<usize>)> = (0..table.columns.len())
            .filter(|i| table.columns[*i].sacrifice > 0)
            .map(|i| (2 * table.columns[i].sacrifice, Some(i)))
            .collect();
        further.extend(rows.iter().any(|(row, _)| row.bar.is_some()).then_some((BAR_SACRIFICE, None)));
        further.sort_by_key(|(sacrifice, _)| *sacrifice);
        let (mut kept, mut bars) = (needed, false);
        for (_, column) in further {
            let more = column.map_or(self.bar_width(table), |i| widths[i]) + usize::from(GAP);
            if used + more > room && column.is_some() {
                // What is needed less isn't shown in place of what is needed more.
                break;
            }
            if used + more <= room {
                used += more;
                kept.extend(column);
                bars |= column.is_none();
            }
        }
        kept.sort_unstable();
        Some(Layout { titles, rows, widths, kept, bars })
    }

    /// The drawn intervals' column, which their scale heads.
    fn bar_width(&self, table: &Table) -> usize {
        let scale = table.bar_scale.as_deref().map_or(0, |scale| self.shown(scale).width());
        // Even widths have no middle.
        BAR.max(scale | 1)
    }

    fn draw(&self, table: &Table, layout: &Layout<'_>) -> comfy_table::Table {
        let mut drawn = comfy_table::Table::new();
        drawn.force_no_tty();
        if self.has_color() {
            drawn.enforce_styling();
        }
        drawn.set_content_arrangement(ContentArrangement::Disabled);
        let fill = if self.is_ascii() { '-' } else { '\u{2500}' };
        drawn.load_style(TableStyle::new().header_separator(LineStyle::none().fill(fill).junction(fill)));
        let head = |text: &str| DrawnCell::new(text).add_attribute(Attribute::Dim);
        let mut header: Vec<DrawnCell> = layout
            .kept
            .iter()
            .map(|i| head(&self.cut_middle(&layout.titles[*i], layout.widths[*i])))
            .collect();
        let bar_width = self.bar_width(table);
        header.extend(layout.bars.then(|| {
            let scale = self.shown(table.bar_scale.as_deref().unwrap_or_default()).into_owned();
            head(&format!("{scale:^bar_width$}"))
        }));
        drawn.set_header(header);
        for (row, texts) in &layout.rows {
            let cell = |i: &usize| {
                let text = texts.get(*i).map_or("", String::as_str);
                let first = Some(i) == layout.kept.first();
                let text = if first {
                    self.cut_middle(text, layout.widths[*i])
                } else {
                    self.cut(text, layout.widths[*i])
                };
                row.cells
                    .get(*i)
                    .map_or_else(|| DrawnCell::new(""), |cell| drawn_cell(cell, &text, row.strong))
            };
            let mut cells: Vec<DrawnCell> = layout.kept.iter().map(cell).collect();
            cells.extend(layout.bars.then(|| match &row.bar {
                None => DrawnCell::new(""),
                Some(bar) => {
                    let text = self.shown(&spark::interval(bar, bar_width)).into_owned();
                    drawn_cell(&Cell::toned("", bar.tone), &text, false)
                }
            }));
            drawn.add_row(cells);
        }
        for (place, column) in drawn.column_iter_mut().enumerate() {
            // The column separator, a space, is the rest of the gap.
            column.set_padding((0, GAP - 1));
            if layout.kept.get(place).is_some_and(|i| table.columns[*i].right) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        drawn
    }

    /// A row a paragraph: its name, and below it each value behind its heading.
    fn paragraphs(&mut self, table: &Table) {
        let columns: Vec<usize> =
            (1..table.columns.len()).filter(|i| table.columns[*i].sacrifice <= IN_PARAGRAPH).collect();
        let room = self.width() - 2 * INDENT - usize::from(GAP);
        let title =
            |screen: &Self, i: usize| screen.cut_middle(&screen.shown(&table.columns[i].title), room / 2);
        let widest = columns.iter().map(|i| title(self, *i).width()).max().unwrap_or(0);
        for row in table.rows.iter().filter(|row| !row.minor) {
            if let Some(name) = row.cells.first() {
                // A number says nothing without what it is.
                let what = if table.columns[0].right {
                    format!("{} ", table.columns[0].title)
                } else {
                    String::new()
                };
                let name =
                    self.cut_middle(&self.shown(&format!("{what}{}", name.text)), self.width() - INDENT);
                let name = if row.strong { self.paint(style(Tone::Plain).bold(), &name) } else { name };
                self.line(&format!("{:INDENT$}{name}", ""));
            }
            for i in &columns {
                let Some(cell) = row.cells.get(*i).filter(|cell| !cell.text.is_empty()) else { continue };
                let title = title(self, *i);
                let pad = " ".repeat(widest - title.width() + usize::from(GAP));
                let value = self.cut(&self.shown(&cell.text), room - widest);
                let value = self.paint(style(cell.tone), &value);
                self.line(&format!("{:1$}{title}{pad}{value}", "", 2 * INDENT));
            }
        }
    }

    /// The start of a text in so many columns.
    fn cut(&self, text: &str, width: usize) -> String {
        if text.width() <= width || !self.is_ascii() {
            return fit(text, width);
        }
        fit(text, width.saturating_sub(1)).replace('\u{2026}', "..")
    }

    /// Both ends of a text in so many columns.
    fn cut_middle(&self, text: &str, width: usize) -> String {
        if text.width() <= width || !self.is_ascii() {
            return fit_middle(text, width);
        }
        fit_middle(text, width.saturating_sub(1)).replace('\u{2026}', "..")
    }
}

/// Makes needed columns narrower until they fit or can't be: headings above numbers first, then words, the widest first.
fn shrink(table: &Table, rows: &[(&Row, Vec<String>)], widths: &mut [usize], needed: &[usize], room: usize) {
    let least = |i: usize| {
        if table.columns[i].right { widest(rows, i).max(NUMBERS) } else { WORDS }
    };
    for numbers in [true, false] {
        while total(widths, needed) > room {
            let excess = total(widths, needed) - room;
            let candidates = needed.iter().copied().filter(|i| table.columns[*i].right == numbers);
            let Some(i) = candidates.filter(|i| widths[*i] > least(*i)).max_by_key(|i| widths[*i]) else {
                break;
            };
            widths[i] = widths[i].saturating_sub(excess).max(least(i));
        }
    }
}

fn widest(rows: &[(&Row, Vec<String>)], column: usize) -> usize {
    rows.iter().filter_map(|(_, cells)| cells.get(column)).map(|cell| cell.width()).max().unwrap_or(0)
}

/// Columns and gaps, the one after the last included, which is padding.
fn total(widths: &[usize], kept: &[usize]) -> usize {
    let gaps = (kept.len() * usize::from(GAP)).saturating_sub(1);
    kept.iter().map(|i| widths[*i]).sum::<usize>() + gaps
}

fn drawn_cell(cell: &Cell, text: &str, strong: bool) -> DrawnCell {
    let drawn = DrawnCell::new(text);
    let drawn = if strong { drawn.add_attribute(Attribute::Bold) } else { drawn };
    match cell.tone {
        Tone::Plain => drawn,
        Tone::Dim => drawn.add_attribute(Attribute::Dim),
        Tone::Good => drawn.fg(DrawnColor::DarkGreen),
        Tone::Warn => drawn.fg(DrawnColor::DarkYellow),
        Tone::Bad => drawn.fg(DrawnColor::DarkRed),
    }
}
