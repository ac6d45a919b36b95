//! A run on a terminal of 60 to 200 columns: the answer first, then the numbers, then the files.

use std::path::PathBuf;

use anstyle::{AnsiColor, Color, Style};
use comfy_table::{
    Attribute, Cell as DrawnCell, CellAlignment, Color as DrawnColor, ContentArrangement, LineStyle,
    TableStyle,
};
use unicode_width::UnicodeWidthStr;

use super::beside;
use super::input::ReportInput;
use super::losses::Listing;
use super::table::{Cell, Column, Row, Table, Tone};
use super::text::{clean, fit, fit_middle, wrap};
use super::verdict::Finding;
use super::view::ReportView;
use crate::model::result::RunResult;

/// The losses listed; the rest is in the report.
const LISTED: usize = 10;
/// The kinds of failure listed.
const FAILURES: usize = 5;
/// Columns to the left of everything that belongs to a heading.
const INDENT: usize = 2;
/// Columns between two columns of a table.
const GAP: u16 = 2;
/// A heading of a column has at most this part of the width, or [`SHORTEST`].
const HEADING: usize = 5;
/// What a heading or a prompt's id may always have.
const SHORTEST: usize = 16;
/// The most of a prompt's id: it is there to be looked up, so only an absurd one is cut.
const PROMPT_ID: usize = 40;

/// How to write for the terminal at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalOptions {
    /// Its columns; taken as 60 where fewer and as 200 where more.
    pub width: usize,
    /// Whether to style. The caller still prints through `anstream`, which knows the terminal.
    pub color: bool,
    /// Files to name at the end: what each is, and where.
    pub files: Vec<(String, PathBuf)>,
}

/// The summary of a run.
#[must_use]
pub fn summary(result: &RunResult, options: &TerminalOptions) -> String {
    let view = ReportView::new(result, &ReportInput::default());
    let mut screen = Screen::new(options);
    screen.title(&view.title, &view.subtitle);
    screen.banner(view.simulated);
    screen.findings(&view.findings);
    screen.readings(&view.readings);
    screen.table("Loads", &view.levels);
    screen.table("Quality", &view.quality);
    screen.tally(&view.verdicts);
    screen.table(view.reference_title, &view.reference);
    for question in &view.judge {
        screen.table(&question.title, &question.table);
    }
    for further in &view.quality_further {
        screen.table(&further.title, &further.table);
    }
    screen.table("Objectives", &view.objectives);
    screen.table("Speed", &view.speed);
    screen.table(beside::BY_CATEGORY, &view.speed_by_category);
    screen.table(view.groups_title, &view.groups);
    if !view.outcomes.is_empty() {
        screen.heading("Outcomes");
        screen.tally(&view.outcomes);
        for failure in view.failures.iter().take(FAILURES) {
            let message = if failure.message.is_empty() { "no message" } else { &failure.message };
            let text = format!("{} {} of {}: {message}", failure.count, failure.outcome, failure.side);
            screen.item("", &fit(&text, 3 * screen.width), Tone::Dim);
        }
    }
    screen.client(&view);
    screen.warnings(&view.warnings);
    screen.listing(&view.listing);
    screen.gates(&view.gates);
    screen.files(&options.files);
    screen.finish()
}

/// Text being laid out.
pub(crate) struct Screen {
    out: String,
    width: usize,
    color: bool,
}

impl Screen {
    pub(crate) fn new(options: &TerminalOptions) -> Self {
        Self { out: String::new(), width: options.width.clamp(60, 200), color: options.color }
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    pub(crate) fn title(&mut self, title: &str, subtitle: &str) {
        for line in wrap(title, self.width) {
            let line = self.paint(Style::new().bold(), &line);
            self.line(&line);
        }
        for line in wrap(subtitle, self.width) {
            let line = self.paint(style(Tone::Dim), &line);
            self.line(&line);
        }
    }

    /// Bold, reversed where colours are on, and in capitals where they are not.
    pub(crate) fn banner(&mut self, simulated: Option<&str>) {
        let Some(text) = simulated else { return };
        let badge = self.paint(style(Tone::Warn).bold().invert(), " SIMULATED ");
        let (badge, columns) = if self.color { (badge, 12) } else { ("SIMULATED:".to_owned(), 11) };
        self.line("");
        for (i, line) in wrap(text, self.width - columns).iter().enumerate() {
            let line = self.paint(style(Tone::Warn).bold(), line);
            let line =
                if i == 0 { format!("{badge} {line}") } else { format!("{}{line}", " ".repeat(columns)) };
            self.line(&line);
        }
    }

    pub(crate) fn findings(&mut self, findings: &[Finding]) {
        self.line("");
        let topic = findings.iter().map(|f| f.topic.len()).max().unwrap_or(0) + 2;
        for finding in findings {
            for (i, text) in wrap(&finding.text, self.width - topic).iter().enumerate() {
                let name = if i == 0 { finding.topic } else { "" };
                let name = self.paint(Style::new().bold(), &format!("{name:topic$}"));
                let text = self.paint(style(finding.tone).bold(), text);
                self.line(&format!("{name}{text}"));
            }
        }
    }

    /// Lines as they are, indented and wrapped.
    pub(crate) fn text(&mut self, text: &str, tone: Tone) {
        for line in text.lines() {
            let wrapped = wrap(line, self.width - 2);
            if wrapped.is_empty() {
                self.line("");
            }
            for line in wrapped {
                let line = self.paint(style(tone), &line);
                self.line(&format!("  {line}"));
            }
        }
    }

    pub(crate) fn heading(&mut self, text: &str) {
        self.line("");
        for line in wrap(text, self.width) {
            let line = self.paint(Style::new().bold(), &line);
            self.line(&line);
        }
    }

    /// An indented paragraph behind a mark.
    pub(crate) fn item(&mut self, mark: &str, text: &str, tone: Tone) {
        let hang = INDENT + mark.width();
        for (i, text) in wrap(text, self.width - hang).iter().enumerate() {
            let start = if i == 0 { format!("{:INDENT$}{mark}", "") } else { " ".repeat(hang) };
            let text = self.paint(style(tone), text);
            self.line(&format!("{start}{text}"));
        }
    }

    pub(crate) fn warnings(&mut self, warnings: &[String]) {
        if !warnings.is_empty() {
            self.heading("Warnings");
            for warning in warnings {
                self.item("! ", warning, Tone::Warn);
            }
        }
    }

    fn client(&mut self, view: &ReportView) {
        self.heading("Client");
        let facts = view.health.facts.iter().filter(|f| f.value != super::number::ABSENT);
        let facts: Vec<_> = facts.map(|f| format!("{} {}", f.name, f.value)).collect();
        self.item("", &format!("measurements {}", view.health.status), view.health.tone);
        for reason in &view.health.reasons {
            self.item("! ", reason, view.health.tone);
        }
        if !facts.is_empty() {
            self.item("", &facts.join("; "), Tone::Dim);
        }
    }

    /// Counts by side, one line a side: `mistral-7b-awq: 25 pass, 4 wrong`.
    fn tally(&mut self, table: &Table) {
        for (i, column) in table.columns.iter().enumerate().skip(1) {
            let kinds: Vec<_> = table
                .rows
                .iter()
                .filter_map(|row| Some((&row.cells.first()?.text, &row.cells.get(i)?.text)))
                .filter(|(_, n)| *n != "0")
                .map(|(kind, n)| format!("{n} {kind}"))
                .collect();
            let kinds = if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") };
            self.item("", &format!("{}: {kinds}", column.title), Tone::Dim);
        }
    }

    pub(crate) fn files(&mut self, files: &[(String, PathBuf)]) {
        if files.is_empty() {
            return;
        }
        self.heading("Files");
        let columns = files.iter().map(|(label, _)| label.width()).max().unwrap_or(0) + 2;
        for (label, path) in files {
            // A path is never wrapped: it is there to be copied.
            self.line(&format!("  {label:columns$}{}", clean(&path.display().to_string())));
        }
    }

    /// Prompts with their answers in short, as far as the width allows.
    pub(crate) fn listing(&mut self, listing: &Listing) {
        if listing.prompts.is_empty() {
            return;
        }
        let sides = listing.prompts.iter().map(|p| p.answers.len()).max().unwrap_or(0);
        let shown = &listing.prompts[..listing.prompts.len().min(LISTED)];
        let with_category = self.width >= 100;
        let mut columns = vec![Column::words("prompt")];
        columns.extend(with_category.then(|| Column::words("category")));
        let with_times = shown.iter().any(|p| p.times.is_some());
        columns.extend(with_times.then(|| Column::words("times")));
        let with_unstable = shown.iter().any(|p| p.unstable.is_some());
        columns.extend(with_unstable.then(|| Column::words("unstable")));
        columns.push(Column::words("verdict"));
        let names = listing.prompts.iter().find(|p| p.answers.len() == sides);
        columns.extend(names.iter().flat_map(|p| &p.answers).map(|a| Column::words(a.side.as_str())));
        let taken = [
            shown.iter().map(|p| p.prompt_id.width().min(self.heading_width())).max().unwrap_or(0),
            if with_category { shown.iter().map(|p| p.category.width()).max().unwrap_or(0) } else { 0 },
            shown.iter().filter_map(|p| p.times.as_deref()).map(UnicodeWidthStr::width).max().unwrap_or(0),
            shown.iter().filter_map(|p| p.unstable.as_deref()).map(UnicodeWidthStr::width).max().unwrap_or(0),
            "transport_error".len(),
            INDENT + columns.len() * usize::from(GAP),
        ];
        let room = self.width.saturating_sub(taken.iter().sum()) / sides.max(1);
        let rows = shown
            .iter()
            .map(|prompt| {
                let mut cells = vec![Cell::from(fit_middle(&prompt.prompt_id, PROMPT_ID))];
                cells.extend(with_category.then(|| Cell::from(prompt.category.as_str())));
                cells.extend(with_times.then(|| Cell::from(prompt.times.as_deref().unwrap_or(""))));
                cells.extend(with_unstable.then(|| Cell::from(prompt.unstable.as_deref().unwrap_or(""))));
                cells.push(
                    prompt.answers.last().map_or_else(|| "".into(), |a| Cell::toned(a.verdict, a.tone)),
                );
                cells.extend(prompt.answers.iter().map(|a| Cell::from(fit(&a.short, room.max(8)))));
                cells.resize(columns.len(), Cell::from(""));
                Row::new(cells)
            })
            .collect();
        let more = listing.more + listing.prompts.len() - shown.len();
        let mut notes: Vec<String> = listing.note.iter().map(|note| (*note).to_owned()).collect();
        notes.extend((more > 0).then(|| format!("{more} more in the result's JSON")));
        self.table(&listing.title, &Table { columns, rows, bar_scale: None, notes });
    }

    /// A table under its heading; columns that don't fit go, least needed first. Nothing where it is empty.
    pub(crate) fn table(&mut self, heading: &str, table: &Table) {
        if table.is_empty() {
            return;
        }
        self.heading(heading);
        let room = self.width - INDENT;
        let mut hidden = 0;
        let mut drawn = self.draw(table, u8::MAX);
        let most = table.columns.iter().map(|c| c.sacrifice).max().unwrap_or(0);
        while natural_width(&drawn) > room && hidden < most {
            drawn = self.draw(table, most - hidden - 1);
            hidden += 1;
        }
        drawn.set_content_arrangement(ContentArrangement::Dynamic);
        drawn.set_width(u16::try_from(room).unwrap_or(u16::MAX));
        for line in drawn.lines() {
            self.line(&format!("{:INDENT$}{line}", ""));
        }
        for note in &table.notes {
            self.item("", note, Tone::Dim);
        }
    }

    fn heading_width(&self) -> usize {
        (self.width / HEADING).max(SHORTEST)
    }

    /// The table with only the columns up to a degree of sacrifice.
    fn draw(&self, table: &Table, keep: u8) -> comfy_table::Table {
        let kept: Vec<usize> =
            (0..table.columns.len()).filter(|i| table.columns[*i].sacrifice <= keep).collect();
        let mut drawn = comfy_table::Table::new();
        drawn.force_no_tty();
        if self.color {
            drawn.enforce_styling();
        }
        let rule = LineStyle::none().fill('─').junction('─');
        drawn.load_style(TableStyle::new().header_separator(rule));
        let head = |i: &usize| {
            DrawnCell::new(fit_middle(&table.columns[*i].title, self.heading_width()))
                .add_attribute(Attribute::Dim)
        };
        drawn.set_header(kept.iter().map(head).collect::<Vec<_>>());
        for row in table.rows.iter().filter(|row| !row.minor) {
            let cell = |i: &usize| {
                row.cells.get(*i).map_or_else(|| DrawnCell::new(""), |c| draw_cell(c, row.strong))
            };
            drawn.add_row(kept.iter().map(cell).collect::<Vec<_>>());
        }
        for (column, i) in drawn.column_iter_mut().zip(&kept) {
            // The column separator, a space, is the rest of the gap.
            column.set_padding((0, GAP - 1));
            if table.columns[*i].right {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        drawn
    }
}

fn natural_width(table: &comfy_table::Table) -> usize {
    let widths = table.column_max_content_widths();
    // The last column has its padding too, but no separator after it.
    let gaps = (widths.len() * usize::from(GAP)).saturating_sub(1);
    widths.into_iter().map(usize::from).sum::<usize>() + gaps
}

fn draw_cell(cell: &Cell, strong: bool) -> DrawnCell {
    let drawn = DrawnCell::new(&cell.text);
    let drawn = if strong { drawn.add_attribute(Attribute::Bold) } else { drawn };
    match cell.tone {
        Tone::Plain => drawn,
        Tone::Dim => drawn.add_attribute(Attribute::Dim),
        Tone::Good => drawn.fg(DrawnColor::DarkGreen),
        Tone::Warn => drawn.fg(DrawnColor::DarkYellow),
        Tone::Bad => drawn.fg(DrawnColor::DarkRed),
    }
}

const fn style(tone: Tone) -> Style {
    let color = match tone {
        Tone::Plain => return Style::new(),
        Tone::Dim => return Style::new().dimmed(),
        Tone::Good => AnsiColor::Green,
        Tone::Warn => AnsiColor::Yellow,
        Tone::Bad => AnsiColor::Red,
    };
    Style::new().fg_color(Some(Color::Ansi(color)))
}
