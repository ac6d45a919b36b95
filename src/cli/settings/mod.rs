//! The configuration in force: defaults < `labctl.yaml` < environment < `--set` < flags, merged in one place.
//!
//! `tree` holds layers whose values know their source, `schema` checks names and types, `validate` what the values
//! mean, `flags` turns a command's flags into the topmost layer, `targets` picks who is measured, `keys` reads API
//! keys (late), `show` prints it all masked. Where there is no file, the reference lab stands in (`reference`).
//! Every command that needs a configuration calls [`SettingsLoader::load`]; `experiment` reads experiments' files, `gates`
//! files of gates.

mod error;
pub mod experiment;
mod flags;
pub mod gates;
mod keys;
mod path;
mod reference;
mod schema;
mod show;
mod source;
mod targets;
mod tree;
mod validate;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use error::SettingsError;
pub(in crate::cli) use error::nearest;
pub use flags::{Flags, NoFlags, Override};
pub use keys::api_key;
pub use path::FieldPath;
pub use show::{masked, to_json, to_yaml};
pub use source::{Provenance, Source};
pub use targets::{SimulatorRule, Target, Targets};

use crate::cli::args::values::KeyValue;
use crate::model::config::{Defaults, LabConfig};
use schema::{Shape, TypeSchema};
use tree::{Node, in_file};

/// Names that a configuration file is found by, the first one first.
const FILE_NAMES: [&str; 2] = ["labctl.yaml", "labctl.yml"];

/// The effective configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// All layers merged, valid.
    pub config: LabConfig,
    /// Where each value comes from.
    pub provenance: Provenance,
    /// The configuration file, where there is one.
    pub file: Option<PathBuf>,
    /// True where no file was found, so that the built-in reference lab stands in.
    pub is_reference_lab: bool,
}

/// Finds, merges and checks the layers.
#[derive(Debug, Clone, Default)]
pub struct SettingsLoader {
    /// Where the search for a file starts.
    pub working_dir: PathBuf,
    /// The file to use in place of a search.
    pub config: Option<PathBuf>,
    /// `--set`, in order.
    pub set: Vec<KeyValue>,
    /// Flags whose values came from their environment variables, as clap names them (`results_dir`).
    pub from_environment: BTreeSet<String>,
    /// Flags whose values came from elsewhere, an experiment's file above all.
    pub instead_of_flags: BTreeMap<&'static str, Source>,
}

impl SettingsLoader {
    /// The configuration with these flags on top; [`NoFlags`] for a command that has none.
    pub fn load(&self, flags: &dyn Flags) -> Result<Settings, SettingsError> {
        let schema = config_schema();
        let file = self.find()?;
        let mut tree = Self::base_layer(self.config.is_none(), file.as_deref());
        if let Some(path) = &file {
            let mut layer = read_file(&self.working_dir, path)?;
            schema.check(&mut layer, path.parent())?;
            tree.overlay(layer);
        }
        let below: LabConfig = typed(&schema, &tree)?;
        let (environment, above): (Vec<_>, Vec<_>) =
            flags.overrides(&below)?.into_iter().partition(|over| self.is_from_environment(over.flag));
        for over in environment {
            let source = Source::Env(environment_variable(over.flag));
            apply(&schema, &mut tree, &over.path, over.value, &source)?;
        }
        for pair in &self.set {
            let path = FieldPath::parse(&pair.key).map_err(SettingsError::Path)?;
            let value = set_value(&schema, &path, &pair.value)?;
            apply(&schema, &mut tree, &path, value, &Source::Set)?;
        }
        // What a flag means may depend on what `--set` says, so flags are asked again.
        let above = if self.set.is_empty() { above } else { self.above(flags, &typed(&schema, &tree)?)? };
        for over in above {
            let source = self.instead_of_flags.get(over.flag).cloned();
            let source = source.unwrap_or(Source::Flag(over.flag));
            apply(&schema, &mut tree, &over.path, over.value, &source)?;
        }
        let config: LabConfig = typed(&schema, &tree)?;
        let provenance = tree.provenance();
        validate::validate(&config, &provenance)?;
        Ok(Settings { config, provenance, is_reference_lab: file.is_none(), file })
    }

    /// The configuration file in use, if there is one; relative where the search found it.
    pub fn find(&self) -> Result<Option<PathBuf>, SettingsError> {
        if let Some(path) = &self.config {
            return Ok(Some(path.clone()));
        }
        // `..` a level keeps the path, and all that is relative to it, short.
        let mut relative = PathBuf::new();
        for dir in self.working_dir.ancestors() {
            for name in FILE_NAMES {
                // A link that leads nowhere is found too, and then can't be read: it must not be taken for no file.
                match fs::symlink_metadata(dir.join(name)) {
                    Ok(found) if !found.is_dir() => return Ok(Some(relative.join(name))),
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) if error.kind() == io::ErrorKind::NotADirectory => {}
                    // Nor must a file that can't be seen.
                    Err(source) => return Err(SettingsError::Read { path: dir.join(name), source }),
                }
            }
            relative.push("..");
        }
        Ok(None)
    }

    /// What lies below a file or in its place. A file replaces the reference lab whole: a name missing in it must
    /// not be found in the simulator.
    fn base_layer(searched: bool, file: Option<&Path>) -> Node {
        match file {
            None => Node::from_value(reference::reference_lab(), &Source::ReferenceLab),
            Some(path) => {
                // A file found further up marks a project: its results and prompt sets lie beside it.
                let project = path.parent().filter(|dir| searched && !dir.as_os_str().is_empty());
                let defaults = Defaults::default();
                let dirs = project.map(|dir| {
                    json!({"defaults": {
                        "results_dir": dir.join(defaults.results_dir),
                        "promptset_dir": dir.join(defaults.promptset_dir),
                    }})
                });
                dirs.map_or(Node::empty_map(Source::Default), |dirs| Node::from_value(dirs, &Source::Default))
            }
        }
    }

    fn is_from_environment(&self, flag: &str) -> bool {
        self.from_environment.contains(&argument_id(flag))
    }

    fn above(&self, flags: &dyn Flags, below: &LabConfig) -> Result<Vec<Override>, SettingsError> {
        let mut overrides = flags.overrides(below)?;
        overrides.retain(|over| !self.is_from_environment(over.flag));
        Ok(overrides)
    }
}

fn config_schema() -> TypeSchema {
    TypeSchema::of::<LabConfig>("configuration")
}

/// The JSON Schema of `labctl.yaml`.
#[must_use]
pub fn json_schema() -> Value {
    config_schema().into_value()
}

/// clap's name of a flag's argument.
fn argument_id(flag: &str) -> String {
    flag.trim_start_matches('-').replace('-', "_")
}

/// The environment variable of a flag that has one.
fn environment_variable(flag: &str) -> String {
    format!("LABCTL_{}", argument_id(flag).to_uppercase())
}

fn read_file(working_dir: &Path, path: &Path) -> Result<Node, SettingsError> {
    let text = fs::read_to_string(working_dir.join(path))
        .map_err(|source| SettingsError::Read { path: path.to_owned(), source })?;
    read_text(&text, path)
}

fn read_text(text: &str, path: &Path) -> Result<Node, SettingsError> {
    let mut tree = Node::from_yaml(text, &in_file(path), &path.display().to_string())?;
    // A document of `null` or `---` alone says nothing.
    if matches!(tree.kind, tree::Kind::Scalar(Value::Null)) {
        tree = Node::empty_map(tree.source);
    }
    Ok(tree)
}

/// The value of a `--set`: text where the field is text, else YAML.
fn set_value(schema: &TypeSchema, path: &FieldPath, text: &str) -> Result<Value, SettingsError> {
    let quoted = text.starts_with(['"', '\'']);
    let is_null = matches!(text, "null" | "~");
    if matches!(schema.at(path), Some(Shape::Text | Shape::Choice(_))) && !quoted && !is_null {
        return Ok(Value::String(text.to_owned()));
    }
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    let node = Node::from_yaml(text, &|_, _| Source::Set, "--set")?;
    Ok(node.to_value())
}

/// Whether YAML takes `text` for text, and for the same.
fn reads_as_text(text: &str) -> bool {
    Node::from_yaml(text, &|_, _| Source::Set, "").is_ok_and(|node| node.to_value() == text)
}

fn apply(
    schema: &TypeSchema,
    tree: &mut Node,
    path: &FieldPath,
    value: Value,
    source: &Source,
) -> Result<(), SettingsError> {
    let mut layer = Node::from_value(value, source).under(path);
    schema.check(&mut layer, None)?;
    tree.overlay(layer);
    Ok(())
}

fn typed<T: DeserializeOwned>(schema: &TypeSchema, tree: &Node) -> Result<T, SettingsError> {
    schema.check_complete(tree)?;
    // The schema is made from the type, so what passed it is read; a difference is told rather than trusted away.
    serde_json::from_value(tree.to_value()).map_err(|error| SettingsError::Invalid {
        place: tree.source.place(),
        path: schema.name().to_owned(),
        message: format!("can't be read: {error}"),
    })
}

#[cfg(test)]
mod tests;
