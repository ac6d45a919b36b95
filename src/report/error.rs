//! What can go wrong while a report is made: only a template can.

use std::path::PathBuf;

/// A report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The folder given for templates is not there.
    #[error("template folder `{}` is not a folder; give one that holds `report.html` or `report.md`", path.display())]
    NoTemplateDir {
        /// What was given.
        path: PathBuf,
    },
    /// A file of the template folder could not be read.
    #[error("cannot read `{}`: {error}", path.display())]
    Asset {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A template could not be read, parsed or filled in.
    #[error("template `{name}`: {message}")]
    Template {
        /// The template's name.
        name: &'static str,
        /// What is wrong and on which line, with the causes.
        message: String,
        /// The engine's error.
        source: Box<minijinja::Error>,
    },
}

impl ReportError {
    /// Wraps an engine error with its causes spelled out, for the engine keeps them apart.
    pub(crate) fn template(name: &'static str, error: minijinja::Error) -> Self {
        let mut message = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            message.push_str(": ");
            message.push_str(&inner.to_string());
            cause = inner.source();
        }
        Self::Template { name, message, source: Box::new(error) }
    }
}
