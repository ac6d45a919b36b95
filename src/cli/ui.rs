//! The terminal: results go to standard output, everything else to standard error.
//!
//! Commands print through [`Ui`] alone. Colour follows `--color`, `NO_COLOR` and whether a terminal is there;
//! everything is understandable without it.

use std::borrow::Cow;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use super::error::{CliError, ErrorKind};
use crate::report::ci::annotations::defused;
use crate::report::ci::json::DefusedJson;
use crate::report::terminal::TerminalOptions;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Bytes of JSON that are written at once.
const JSON_BUFFER: usize = 1 << 20;

/// Columns assumed where no terminal tells.
const DEFAULT_WIDTH: usize = 100;

/// Access to the terminal.
#[derive(Debug, Clone, Copy)]
pub struct Ui {
    color: ColorChoice,
    quiet: bool,
    verbosity: u8,
    /// Whether the terminal shows ASCII alone.
    ascii: bool,
    /// Whether what is printed goes to a log that GitHub reads commands from.
    in_github: bool,
}

impl Ui {
    /// A terminal with this choice of colour. Quiet leaves only results and errors.
    #[must_use]
    pub const fn new(color: ColorChoice, quiet: bool, verbosity: u8) -> Self {
        Self { color, quiet, verbosity, ascii: false, in_github: false }
    }

    /// The same, for a log that GitHub reads commands from: nothing printed is taken for one.
    #[must_use]
    pub const fn logged_by_github(self, in_github: bool) -> Self {
        Self { in_github, ..self }
    }

    /// The same, for a terminal that shows ASCII alone, or one that doesn't.
    #[must_use]
    pub const fn in_ascii(self, ascii: bool) -> Self {
        Self { ascii, ..self }
    }

    /// Whether the terminal shows ASCII alone.
    #[must_use]
    pub const fn is_ascii(&self) -> bool {
        self.ascii
    }

    /// How reports are written for this terminal, with the files that they name.
    #[must_use]
    pub fn terminal(&self, files: Vec<(String, PathBuf)>) -> TerminalOptions {
        TerminalOptions { width: self.width(), color: self.stdout_has_color(), ascii: self.ascii, files }
    }

    /// Standard output for results; styles are removed where colour is off.
    #[must_use]
    pub fn stdout(&self) -> impl Write + use<> {
        AutoStream::new(io::stdout(), self.color)
    }

    /// Standard error for progress and logs; styles are removed where colour is off.
    #[must_use]
    pub fn stderr(&self) -> impl Write + use<> {
        AutoStream::new(io::stderr(), self.color)
    }

    /// Whether standard output shows styles.
    #[must_use]
    pub fn stdout_has_color(&self) -> bool {
        has_color(self.color, &io::stdout())
    }

    /// Writes a result to standard output as it is and flushes it.
    pub fn print(&self, text: &str) -> Result<(), CliError> {
        let text = if self.in_github { defused(text) } else { Cow::Borrowed(text) };
        let mut out = self.stdout();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(())
    }

    /// Writes a result and a line end to standard output.
    pub fn print_line(&self, text: &str) -> Result<(), CliError> {
        self.print(&format!("{text}\n"))
    }

    /// Writes a result as indented JSON and a line end to standard output.
    pub fn print_json(&self, value: &impl serde::Serialize) -> Result<(), CliError> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| CliError::internal("could not write the result as JSON").caused_by(error))?;
        let mut out = self.json_out();
        writeln!(out, "{text}")?;
        Ok(out.flush()?)
    }

    /// Standard output for JSON, whose values programs read: nothing is styled, and none is changed.
    #[must_use]
    pub fn json_out(&self) -> Box<dyn Write> {
        let out = BufWriter::with_capacity(JSON_BUFFER, io::stdout().lock());
        if self.in_github { Box::new(DefusedJson::new(out)) } else { Box::new(out) }
    }

    /// Writes text of others that programs read, CSV say, to standard output: as it is, but for a log that GitHub reads
    /// commands from.
    pub fn print_data(&self, text: &str) -> Result<(), CliError> {
        let text = if self.in_github { defused(text) } else { Cow::Borrowed(text) };
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        Ok(out.flush()?)
    }

    /// Gives GitHub a workflow command, on standard error.
    pub fn workflow_command(&self, command: &str) {
        // Nothing is left to tell it to when standard error is gone.
        let _ = writeln!(io::stderr(), "{command}");
    }

    /// Says something useful on standard error, unless quiet.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.say(&printable(text));
        }
    }

    /// Says something on standard error when `--verbose` was given at least `level` times.
    pub fn detail(&self, level: u8, text: &str) {
        if self.verbosity >= level && !self.quiet {
            self.say(&printable(text));
        }
    }

    /// Warns on standard error, quiet or not: a warning changes what a number means.
    pub fn warn(&self, text: &str) {
        self.say(&format!("{WARNING}warning{WARNING:#}: {}", printable(text)));
    }

    /// Tells an error with its causes and hints.
    pub fn error(&self, error: &CliError) {
        if error.kind() == ErrorKind::BrokenPipe {
            return;
        }
        self.say(&format!("{ERROR}error{ERROR:#}: {}", printable(&error.full_message())));
        for hint in error.hints() {
            self.say(&format!("{HINT}hint{HINT:#}: {}", printable(hint)));
        }
        if error.kind() == ErrorKind::Internal {
            self.say("this is a bug in labctl; please report it with the command and the message above");
        }
    }

    /// Whether a progress bar has a place: a terminal on standard error, and not quiet.
    #[must_use]
    pub fn wants_progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Whether only results and errors are to be shown.
    #[must_use]
    pub const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Columns of the terminal; `COLUMNS` wins; 100 where nothing tells.
    #[must_use]
    pub fn width(&self) -> usize {
        let told =
            std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|&width| width > 0);
        told.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
            .unwrap_or(DEFAULT_WIDTH)
    }

    fn say(self, text: &str) {
        let text = if self.in_github { defused(text) } else { Cow::Borrowed(text) };
        // Nothing is left to tell it to when standard error is gone.
        let _ = writeln!(self.stderr(), "{text}");
    }
}

/// Whether the environment says that a terminal shows ASCII alone: `TERM=dumb`, or a locale that is set and is not
/// UTF-8. Where no locale is set at all, as in containers, nothing speaks against UTF-8.
#[must_use]
pub fn wants_ascii(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &&str| variable(name).filter(|value| !value.is_empty());
    if set(&"TERM").is_some_and(|term| term == "dumb") {
        return true;
    }
    // The first that is set counts.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(set);
    locale.is_some_and(|locale| !locale.to_lowercase().replace('-', "").contains("utf8"))
}

fn has_color(choice: ColorChoice, stream: &impl anstream::stream::RawStream) -> bool {
    let choice = if choice == ColorChoice::Auto { AutoStream::choice(stream) } else { choice };
    !matches!(choice, ColorChoice::Never)
}

/// `text` with its control characters (line ends and tabs excepted) made visible, so that what a server or a file
/// says can't steer the terminal.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let steers = |char: char| {
        char.is_control() && char != '\n' && char != '\t'
            // Marks that reorder or hide text.
            || matches!(char, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().fold(String::with_capacity(text.len()), |mut shown, char| {
        if steers(char) {
            shown.extend(char.escape_unicode());
        } else {
            shown.push(char);
        }
        shown
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_is_for_dumb_terminals_and_locales_of_old() {
        let with = |pairs: &[(&str, &str)]| {
            wants_ascii(|name| {
                pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(with(&[("TERM", "dumb"), ("LANG", "C.UTF-8")]));
        assert!(with(&[("LANG", "C")]) && with(&[("LANG", "en_US.UTF-8"), ("LC_ALL", "POSIX")]));
        assert!(
            !with(&[]) && !with(&[("LANG", "de_DE.utf8")]) && !with(&[("LC_ALL", ""), ("LANG", "C.UTF-8")])
        );
    }

    #[test]
    fn control_characters_are_shown_not_sent() {
        assert_eq!(printable("a\u{1b}[31mb\nc\td"), "a\\u{1b}[31mb\nc\td");
        assert_eq!(printable("a\u{202e}b"), "a\\u{202e}b");
        assert!(matches!(printable("plain — text"), Cow::Borrowed(_)));
    }

    #[test]
    fn color_can_be_forced_both_ways() {
        assert!(Ui::new(ColorChoice::Always, false, 0).stdout_has_color());
        assert!(!Ui::new(ColorChoice::Never, false, 0).stdout_has_color());
    }
}
