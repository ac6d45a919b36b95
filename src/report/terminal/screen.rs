//! Text being laid out: lines that are wrapped, indented, and styled where the terminal has colours.

use std::borrow::Cow;
use std::path::PathBuf;

use anstyle::{AnsiColor, Color, Style};
use unicode_width::UnicodeWidthStr;

use super::TerminalOptions;
use super::ascii;
use crate::report::table::Tone;
use crate::report::text::{clean, wrap};

/// Columns to the left of everything that belongs to a heading.
pub(super) const INDENT: usize = 2;
/// The least and the most columns that are laid out for.
const WIDTHS: (usize, usize) = (40, 200);

/// What is not parted from the number before it.
const UNITS: [&str; 3] = ["%", "pp", "ms"];
/// Stands for a space that no line may end at.
const HELD: char = '\u{a0}';

/// Text being laid out.
pub(crate) struct Screen {
    out: String,
    width: usize,
    color: bool,
    ascii: bool,
}

impl Screen {
    pub(crate) fn new(options: &TerminalOptions) -> Self {
        let width = options.width.clamp(WIDTHS.0, WIDTHS.1);
        Self { out: String::new(), width, color: options.color, ascii: options.ascii }
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }

    pub(super) const fn width(&self) -> usize {
        self.width
    }

    pub(super) const fn has_color(&self) -> bool {
        self.color
    }

    pub(super) const fn is_ascii(&self) -> bool {
        self.ascii
    }

    /// Text as this terminal can show it. Everything goes through here before it is measured.
    pub(super) fn shown<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.ascii { ascii::plain(text) } else { Cow::Borrowed(text) }
    }

    /// Text in lines of so many columns; a number keeps its unit beside it.
    pub(super) fn wrapped(&self, text: &str, width: usize) -> Vec<String> {
        let kept = UNITS.iter().fold(self.shown(text).into_owned(), |text, unit| {
            text.replace(&format!(" {unit}"), &format!("{HELD}{unit}"))
        });
        wrap(&kept, width).into_iter().map(|line| line.replace(HELD, " ")).collect()
    }

    pub(super) fn paint(&self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    pub(super) fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    pub(crate) fn title(&mut self, title: &str, subtitle: &str) {
        self.paragraph(title, Style::new().bold());
        if !subtitle.is_empty() {
            self.paragraph(subtitle, style(Tone::Dim));
        }
    }

    /// Wrapped, from the left margin on.
    pub(super) fn paragraph(&mut self, text: &str, style: Style) {
        for line in self.wrapped(text, self.width) {
            let line = self.paint(style, &line);
            self.line(&line);
        }
    }

    /// Bold, reversed where colours are on, and in capitals where they are not.
    pub(crate) fn banner(&mut self, simulated: Option<&str>) {
        let Some(text) = simulated else { return };
        let badge = self.paint(style(Tone::Warn).bold().invert(), " SIMULATED ");
        let (badge, columns) = if self.color { (badge, 12) } else { ("SIMULATED:".to_owned(), 11) };
        self.line("");
        for (i, line) in self.wrapped(text, self.width - columns).iter().enumerate() {
            let line = self.paint(style(Tone::Warn).bold(), line);
            let line =
                if i == 0 { format!("{badge} {line}") } else { format!("{}{line}", " ".repeat(columns)) };
            self.line(&line);
        }
    }

    /// Which texts were taken out.
    pub(crate) fn redacted(&mut self, told: Option<&str>) {
        if let Some(told) = told {
            self.text(&format!("Redacted: {told}"), Tone::Warn);
        }
    }

    /// Lines as they are, indented and wrapped.
    pub(crate) fn text(&mut self, text: &str, tone: Tone) {
        for line in text.lines() {
            for line in self.wrapped(line, self.width - INDENT) {
                let line = self.paint(style(tone), &line);
                self.line(&format!("{:INDENT$}{line}", ""));
            }
        }
    }

    pub(crate) fn heading(&mut self, text: &str) {
        self.line("");
        self.paragraph(text, Style::new().bold());
    }

    /// An indented paragraph behind a mark.
    pub(crate) fn item(&mut self, mark: &str, text: &str, tone: Tone) {
        let mark = self.shown(mark).into_owned();
        let hang = INDENT + mark.width();
        for (i, text) in self.wrapped(text, self.width.saturating_sub(hang)).iter().enumerate() {
            let start = if i == 0 { format!("{:INDENT$}{mark}", "") } else { " ".repeat(hang) };
            let text = self.paint(style(tone), text);
            self.line(&format!("{start}{text}"));
        }
    }

    pub(crate) fn files(&mut self, files: &[(String, PathBuf)]) {
        if files.is_empty() {
            return;
        }
        self.heading("Files");
        let columns = files.iter().map(|(label, _)| label.width()).max().unwrap_or(0) + 2;
        for (label, path) in files {
            // A path is never wrapped: it is there to be copied, and as it is.
            self.line(&format!("  {label:columns$}{}", clean(&path.display().to_string())));
        }
    }
}

/// The colour of a tone.
pub(super) const fn style(tone: Tone) -> Style {
    let color = match tone {
        Tone::Plain => return Style::new(),
        Tone::Dim => return Style::new().dimmed(),
        Tone::Good => AnsiColor::Green,
        Tone::Warn => AnsiColor::Yellow,
        Tone::Bad => AnsiColor::Red,
    };
    Style::new().fg_color(Some(Color::Ansi(color)))
}
