//! Where a report goes, and in which form: standard output, or the file of `--output`.

use std::io::Write as _;
use std::path::Path;

use crate::cli::args::values::ReportFormat;
use crate::cli::commands::measure::write_file;
use crate::cli::error::CliError;
use crate::cli::ui::Ui;
use crate::report::ReportError;
use crate::report::terminal::TerminalOptions;

/// A file's columns: it has the width of a page, and no colours.
const PAGE: usize = 100;

/// Where to and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output<'a> {
    pub(super) format: ReportFormat,
    pub(super) file: Option<&'a Path>,
    pub(super) ui: Ui,
}

impl<'a> Output<'a> {
    /// What `--format` and `--output` ask for.
    pub(super) fn new(
        format: Option<ReportFormat>,
        file: Option<&'a Path>,
        ui: Ui,
    ) -> Result<Self, CliError> {
        let format = ReportFormat::asked(format, file).map_err(|unknown| {
            let file = file.map(|file| file.display().to_string()).unwrap_or_default();
            CliError::usage(format!("`--output {file}` has no `--format`, and {unknown}")).with_hint(
                "name one with `--format`, or end the file's name in `.html`, `.md`, `.json` or `.txt`",
            )
        })?;
        Ok(Self { format, file, ui })
    }

    /// How text is laid out there.
    pub(super) fn terminal(&self) -> TerminalOptions {
        let to_file = self.file.is_some();
        TerminalOptions {
            width: if to_file { PAGE } else { self.ui.width() },
            color: !to_file && self.ui.stdout_has_color(),
            ascii: !to_file && self.ui.is_ascii(),
            files: Vec::new(),
        }
    }

    /// Writes it.
    pub(super) fn write(&self, text: &str) -> Result<(), CliError> {
        match (self.file, self.format) {
            (Some(file), _) => write_file(file, text),
            (None, ReportFormat::Json) => {
                let mut out = self.ui.json_out();
                out.write_all(text.as_bytes())?;
                Ok(out.flush()?)
            }
            (None, ReportFormat::Html) => self.ui.print_data(text),
            (None, ReportFormat::Text | ReportFormat::Markdown) => self.ui.print(text),
        }
    }
}

/// A document of its own as JSON.
pub(super) fn json(document: &impl serde::Serialize) -> Result<String, CliError> {
    let text = serde_json::to_string_pretty(document)
        .map_err(|error| CliError::internal("could not write the report as JSON").caused_by(error))?;
    Ok(text + "\n")
}

/// A report that could not be made: the user's templates, where there are some, are the user's to mend.
pub(super) fn of_template(error: &ReportError, template_dir: Option<&Path>) -> CliError {
    match template_dir {
        None => CliError::internal(error.to_string()),
        Some(_) if matches!(error, ReportError::NoTemplateDir { .. }) => CliError::usage(error.to_string()),
        Some(dir) => CliError::usage(format!("{error} (templates of `{}`)", dir.display()))
            .with_hint("the shipped templates are in labctl's sources, in `templates/`"),
    }
}
