//! What can be wrong with a configuration, with its place and what to do.

use std::io;
use std::path::PathBuf;

/// A configuration that can't be used. Values are never quoted: they may be keys.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The configuration file can't be read.
    #[error("could not read the configuration `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An experiment's file can't be read.
    #[error("could not read the experiment `{}`{below}", path.display())]
    ReadExperiment {
        /// The file.
        path: PathBuf,
        /// By what it is extended, and that by what.
        below: String,
        /// Why.
        source: io::Error,
    },
    /// A file of gates can't be read.
    #[error("could not read the gates `{}`", path.display())]
    ReadGates {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An experiment that extends itself.
    #[error("an experiment can't extend itself: `{chain}`")]
    ExtendsItself {
        /// The files from the first to the one that was met again.
        chain: String,
    },
    /// The file, or the value of a `--set`, isn't YAML.
    #[error("{place}: {message}")]
    Yaml {
        /// Where.
        place: String,
        /// What the parser says.
        message: String,
    },
    /// The path of a `--set` can't be read.
    #[error("--set: {0}")]
    Path(String),
    /// A field that doesn't exist.
    #[error("{place}: unknown field `{field}` {inside}{}", advice(nearest.as_deref(), known))]
    UnknownField {
        /// Where.
        place: String,
        /// The field's name.
        field: String,
        /// In what.
        inside: String,
        /// The known name that is nearest to it, where one is near.
        nearest: Option<String>,
        /// Every name known there.
        known: Vec<String>,
    },
    /// A value of the wrong type.
    #[error("{place}: `{path}` must be {expected}, not {found}")]
    WrongType {
        /// Where.
        place: String,
        /// Dotted path of the field.
        path: String,
        /// What is expected.
        expected: String,
        /// What kind of value is there.
        found: String,
    },
    /// A field that must be there.
    #[error("{place}: `{path}` has no `{field}`")]
    MissingField {
        /// Where.
        place: String,
        /// Dotted path of what lacks it.
        path: String,
        /// The field's name.
        field: String,
    },
    /// A value out of its range, or at odds with another.
    #[error("{place}: `{path}` {message}")]
    Invalid {
        /// Where.
        place: String,
        /// Dotted path of the field.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// A name that is asked for, and not in the configuration.
    #[error("{what} `{name}` is not in the configuration{}", advice(nearest.as_deref(), known))]
    Unknown {
        /// `team` or `endpoint`.
        what: &'static str,
        /// The name.
        name: String,
        /// The known name that is nearest to it, where one is near.
        nearest: Option<String>,
        /// Every known name.
        known: Vec<String>,
    },
    /// Flags that don't say enough, or contradict each other.
    #[error("{0}")]
    Target(String),
    /// No configuration where the simulator must not stand in by accident.
    #[error("no configuration found, and {because}: the built-in simulator must not pass for a model")]
    NotConfigured {
        /// Why it matters here.
        because: &'static str,
    },
    /// An API key that can't be had.
    #[error("{0}")]
    Key(String),
}

impl SettingsError {
    /// What to do about it, where the message alone doesn't say.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotConfigured { .. } => Some(
                "write a `labctl.yaml` (`labctl init`), give `--url`, or give `--simulate` to use the simulator knowingly",
            ),
            Self::Unknown { .. } => Some("`labctl config show` shows what is configured"),
            Self::UnknownField { .. } | Self::WrongType { .. } | Self::MissingField { .. } => Some(
                "`labctl config schema` prints every field (`labctl config schema experiment` an experiment's, `gates` those of gates), `labctl init` a commented example",
            ),
            _ => None,
        }
    }
}

/// "; did you mean …?" or the list of what is known, where that is short enough to be read.
fn advice(nearest: Option<&str>, known: &[String]) -> String {
    const READABLE: usize = 14;
    match nearest {
        Some(name) => format!("; did you mean `{name}`?"),
        None if known.is_empty() || known.len() > READABLE => String::new(),
        None => format!("; known: `{}`", known.join("`, `")),
    }
}

/// The name of `known` that `name` is most likely a slip of, if any is near enough.
pub(in crate::cli) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let limit = (name.chars().count() / 3).max(2);
    let lower = name.to_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|candidate| {
            (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase().replace('-', "_")), candidate)
        })
        // Two names of two letters have nothing in common at distance two.
        .filter(|&(distance, candidate)| distance <= limit && distance < candidate.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found() {
        let known = ["concurrency", "seed", "max_tokens", "top_p"];
        assert_eq!(nearest("concurency", known).as_deref(), Some("concurrency"));
        assert_eq!(nearest("max-tokens", known).as_deref(), Some("max_tokens"));
        assert_eq!(nearest("Seed", known).as_deref(), Some("seed"));
        assert_eq!(nearest("something", known), None);
        assert_eq!(nearest("x", known), None);
    }
}
