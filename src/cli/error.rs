//! What a command fails with: a kind (it decides the exit code), a message, the chain of causes and hints.
//!
//! Library errors stay plain; commands turn them into a [`CliError`] and say what to do about them.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::io;

use super::exit::ExitStatus;
use super::settings::SettingsError;

/// Whose business an error is, and so which exit code it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Flags, configuration, prompt set or an input file: the user can correct it.
    Usage,
    /// Nothing valid was measured, or results can't be compared.
    NotMeasured,
    /// A result or output could not be written.
    NotWritten,
    /// The user stopped it.
    Interrupted,
    /// The reader of our output went away: no error to anyone.
    BrokenPipe,
    /// A bug.
    Internal,
}

impl ErrorKind {
    /// The exit status that this kind ends with.
    #[must_use]
    pub const fn exit_status(self) -> ExitStatus {
        match self {
            Self::Usage => ExitStatus::Usage,
            Self::NotMeasured => ExitStatus::NotMeasured,
            Self::NotWritten => ExitStatus::NotWritten,
            Self::Interrupted => ExitStatus::Interrupted,
            Self::BrokenPipe => ExitStatus::Success,
            Self::Internal => ExitStatus::Internal,
        }
    }
}

/// A command's failure.
#[derive(Debug)]
pub struct CliError {
    kind: ErrorKind,
    message: String,
    hints: Vec<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl CliError {
    /// An error of `kind`.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new(), source: None }
    }

    /// Flags, configuration, prompt set or an input file are wrong (exit code 2).
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Nothing valid was measured, or results can't be compared (exit code 3).
    #[must_use]
    pub fn not_measured(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotMeasured, message)
    }

    /// A result or output could not be written (exit code 5).
    #[must_use]
    pub fn not_written(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotWritten, message)
    }

    /// The user stopped it (exit code 130).
    #[must_use]
    pub fn interrupted(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Interrupted, message)
    }

    /// A bug (exit code 70).
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Takes an error's own message, and its sources as the chain of causes.
    #[must_use]
    pub fn from_error(kind: ErrorKind, error: impl Error + Send + Sync + 'static) -> Self {
        // A source can't be moved out of its error, so its messages are kept instead.
        let message = error.to_string();
        let causes = Causes::below(&error);
        Self { kind, message, hints: Vec::new(), source: causes.map(|causes| Box::new(causes) as _) }
    }

    /// Adds the error underneath.
    #[must_use]
    pub fn caused_by(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// Adds something to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What to do about it, in order.
    #[must_use]
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// The message with every cause after a colon, each said once.
    #[must_use]
    pub fn full_message(&self) -> String {
        let mut text = self.message.clone();
        let mut cause = self.source();
        while let Some(error) = cause {
            let said = error.to_string();
            // Many libraries repeat their source in their own message.
            if !text.contains(&said) {
                let _ = write!(text, ": {said}");
            }
            cause = error.source();
        }
        text
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for CliError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|error| error as _)
    }
}

/// Writing to standard output failed.
impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::new(ErrorKind::BrokenPipe, "the reader of the output went away")
        } else {
            Self::not_written("could not write the output").caused_by(error)
        }
    }
}

/// The configuration, or a key that it names, is wrong.
impl From<SettingsError> for CliError {
    fn from(error: SettingsError) -> Self {
        let hint = error.hint();
        let error = Self::from_error(ErrorKind::Usage, error);
        match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

/// The messages of an error's sources.
#[derive(Debug)]
struct Causes {
    message: String,
    next: Option<Box<Self>>,
}

impl Causes {
    fn below(error: &dyn Error) -> Option<Self> {
        let source = error.source()?;
        Some(Self { message: source.to_string(), next: Self::below(source).map(Box::new) })
    }
}

impl fmt::Display for Causes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Causes {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.next.as_deref().map(|next| next as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("could not read `a.json`")]
    struct Outer(#[source] io::Error);

    #[test]
    fn the_chain_is_told_once() {
        let inner = || io::Error::other("disk on fire");
        let error = CliError::from_error(ErrorKind::Usage, Outer(inner()));
        assert_eq!(error.full_message(), "could not read `a.json`: disk on fire");
        let error = CliError::usage("no result: disk on fire").caused_by(inner());
        assert_eq!(error.full_message(), "no result: disk on fire");
    }

    #[test]
    fn a_broken_pipe_is_success() {
        let error = CliError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(error.kind().exit_status(), ExitStatus::Success);
        assert_eq!(CliError::from(io::Error::other("x")).kind().exit_status(), ExitStatus::NotWritten);
    }

    #[test]
    fn each_kind_has_its_code() {
        for (error, code) in [
            (CliError::usage(""), 2),
            (CliError::not_measured(""), 3),
            (CliError::not_written(""), 5),
            (CliError::internal(""), 70),
            (CliError::interrupted(""), 130),
        ] {
            assert_eq!(error.kind().exit_status().code(), code);
        }
    }
}
