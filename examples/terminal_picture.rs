//! Draws what a terminal shows: text with colour codes on standard input, an SVG on standard output.
//!
//! `docs/make-picture.sh` makes the README's picture with it. The arguments, if any, are the command that is
//! shown as typed above the output.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};

use unicode_width::UnicodeWidthStr as _;

const FONT_SIZE: usize = 14;
const LINE_HEIGHT: usize = 19;
/// Width of a character: 0.6 of the font's size in nearly every monospaced font.
const CELL: f64 = 8.4;
const MARGIN: usize = 20;
const TITLE_BAR: usize = 34;
const BACKGROUND: &str = "#15191f";
const FOREGROUND: &str = "#d7dce2";
const FAINT: &str = "#8b949e";
/// The eight colours of a terminal, black to white.
const COLOURS: [&str; 8] =
    ["#484f58", "#ff7b72", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#76e3ea", "#d7dce2"];

/// What the colour codes so far have turned on.
#[derive(Debug, Clone, Copy, Default)]
struct Style {
    bold: bool,
    dim: bool,
    reverse: bool,
    colour: Option<usize>,
}

impl Style {
    /// Follows one `ESC [ … m`: bold, dim, reverse, the eight colours, and their resets.
    fn follow(&mut self, codes: &str) {
        let mut codes = codes.split(';').map(|code| code.parse::<usize>().unwrap_or(0));
        while let Some(code) = codes.next() {
            match code {
                0 => *self = Self::default(),
                1 => self.bold = true,
                2 => self.dim = true,
                7 => self.reverse = true,
                22 => (self.bold, self.dim) = (false, false),
                27 => self.reverse = false,
                30..=37 => self.colour = Some(code - 30),
                90..=97 => self.colour = Some(code - 90),
                // `38;5;N` is colour N of 256; only the first eight, in their two shades, are used.
                38 => self.colour = codes.nth(1).filter(|&colour| colour < 16).map(|colour| colour % 8),
                39 => self.colour = None,
                _ => {}
            }
        }
    }

    fn fill(self) -> &'static str {
        match self.colour {
            Some(colour) => COLOURS[colour],
            None if self.dim => FAINT,
            None => FOREGROUND,
        }
    }
}

fn main() -> io::Result<()> {
    let mut output = String::new();
    io::stdin().read_to_string(&mut output)?;
    let command: Vec<String> = std::env::args().skip(1).collect();
    let typed = if command.is_empty() {
        String::new()
    } else {
        format!("\u{1b}[32m$\u{1b}[0m \u{1b}[1m{}\u{1b}[0m\n\n", command.join(" "))
    };
    io::stdout().write_all(picture(&format!("{typed}{}", output.trim_end())).as_bytes())
}

/// The SVG of a text.
fn picture(text: &str) -> String {
    let mut style = Style::default();
    let mut columns = 0;
    let mut body = String::new();
    let mut lines = 0;
    for line in text.lines() {
        let baseline = TITLE_BAR + LINE_HEIGHT * (lines + 1);
        columns = columns.max(draw_line(line, &mut style, baseline, &mut body));
        lines += 1;
    }
    let width = pixels(columns) + 2.0 * pixels_exact(MARGIN);
    let height = TITLE_BAR + LINE_HEIGHT * lines + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height}\" width=\"{width:.0}\" \
         height=\"{height}\" role=\"img\" aria-label=\"labctl's output in a terminal\">\n\
         <style>text {{ font: {FONT_SIZE}px ui-monospace, 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', \
         monospace; white-space: pre; }} .b {{ font-weight: 700; }}</style>\n\
         <rect x=\"0.5\" y=\"0.5\" width=\"{:.0}\" height=\"{}\" rx=\"8\" fill=\"{BACKGROUND}\" stroke=\"#3d444d\"/>\n",
        width - 1.0,
        height - 1,
    );
    for (place, colour) in ["#ff5f57", "#febc2e", "#28c840"].iter().enumerate() {
        let _ = writeln!(svg, "<circle cx=\"{}\" cy=\"17\" r=\"5\" fill=\"{colour}\"/>", MARGIN + place * 17);
    }
    svg.push_str(&body);
    svg.push_str("</svg>\n");
    svg
}

/// Draws one line and tells how many columns it has.
fn draw_line(line: &str, style: &mut Style, baseline: usize, body: &mut String) -> usize {
    let mut column = 0;
    let mut pieces = line.split("\u{1b}[");
    draw_text(pieces.next().unwrap_or_default(), *style, &mut column, baseline, body);
    for piece in pieces {
        let Some((codes, text)) = piece.split_once('m') else { continue };
        style.follow(codes);
        draw_text(text, *style, &mut column, baseline, body);
    }
    column
}

/// Draws text of one style, word by word where columns are aligned, so that no font can push them apart.
fn draw_text(text: &str, style: Style, column: &mut usize, baseline: usize, body: &mut String) {
    let columns = text.width();
    if style.reverse && columns > 0 {
        let (x, y) = (x_of(*column), baseline - LINE_HEIGHT + 5);
        let fill = style.fill();
        let width = pixels(columns);
        let _ = writeln!(
            body,
            "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{LINE_HEIGHT}\" fill=\"{fill}\"/>"
        );
    }
    let mut rest = text;
    while !rest.is_empty() {
        let word_end = rest.find("  ").unwrap_or(rest.len());
        draw_word(&rest[..word_end], style, *column, baseline, body);
        let gap = rest[word_end..].len() - rest[word_end..].trim_start_matches(' ').len();
        *column += rest[..word_end].width() + gap;
        rest = &rest[word_end + gap..];
    }
}

/// Draws text without wide gaps, stretched to the columns that it takes in a terminal.
fn draw_word(text: &str, style: Style, column: usize, baseline: usize, body: &mut String) {
    let word = text.trim_start();
    let column = column + (text.len() - word.len());
    let word = word.trim_end();
    if word.is_empty() {
        return;
    }
    let (x, length) = (x_of(column), pixels(word.width()));
    if word.chars().all(|character| character == '─') {
        let y = baseline - FONT_SIZE / 3;
        let end = x + length;
        let _ = writeln!(body, "<path d=\"M{x:.1} {y}.5H{end:.1}\" stroke=\"{}\"/>", COLOURS[0]);
        return;
    }
    let fill = if style.reverse { BACKGROUND } else { style.fill() };
    let class = if style.bold { " class=\"b\"" } else { "" };
    let escaped = word.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        body,
        "<text x=\"{x:.1}\" y=\"{baseline}\" textLength=\"{length:.1}\" fill=\"{fill}\"{class}>{escaped}</text>"
    );
}

fn x_of(column: usize) -> f64 {
    pixels_exact(MARGIN) + pixels(column)
}

fn pixels(columns: usize) -> f64 {
    pixels_exact(columns) * CELL
}

#[expect(clippy::cast_precision_loss, reason = "a terminal has fewer than 2^53 columns")]
fn pixels_exact(count: usize) -> f64 {
    count as f64
}
