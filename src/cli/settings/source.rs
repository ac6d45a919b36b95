//! Where a value of the configuration comes from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// The layer that gave a value. Layers further down win.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Built in.
    Default,
    /// The reference lab, which stands in where there is no configuration file.
    ReferenceLab,
    /// The configuration file.
    File {
        /// The file, as it was found.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Column, from 1.
        column: u64,
    },
    /// An environment variable, by its name.
    Env(String),
    /// `--set`.
    Set,
    /// A flag, with its dashes.
    Flag(&'static str),
}

impl Source {
    /// The source with the column, where it has one: for errors.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::File { path, line, column } => format!("{}:{line}:{column}", path.display()),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::ReferenceLab => f.write_str("reference lab"),
            Self::File { path, line, .. } => write!(f, "{}:{line}", path.display()),
            Self::Env(name) => f.write_str(name),
            Self::Set => f.write_str("--set"),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// The source of every value, by its dotted path. Values that it doesn't name are defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provenance(BTreeMap<String, Source>);

impl Provenance {
    /// Where the value at this dotted path comes from.
    #[must_use]
    pub fn get(&self, path: &str) -> &Source {
        self.0.get(path).unwrap_or(&Source::Default)
    }

    /// Every path that a layer above the defaults gave, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.0.iter().map(|(path, source)| (path.as_str(), source))
    }

    /// Where the value at this dotted path comes from, where a layer gave it.
    pub(super) fn known(&self, path: &str) -> Option<&Source> {
        self.0.get(path)
    }

    pub(super) fn insert(&mut self, path: String, source: Source) {
        self.0.insert(path, source);
    }
}
