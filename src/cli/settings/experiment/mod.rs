//! Experiments: what `run` and `bench` are to do, from a file, from flags, or from both.
//!
//! `files` reads a file and what it extends, `flags` makes a layer of the flags, `layers` puts one on another,
//! `variations` makes a run of each combination of swept values, `check` says what doesn't go together, `complete`
//! gives commands their flags back with the file's values in them, `loading` makes the load profile of it.

mod check;
mod complete;
mod files;
mod flags;
mod layers;
pub mod loading;
#[cfg(test)]
mod tests;
mod variations;

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::error::SettingsError;
use super::flags::Override;
use super::schema::TypeSchema;
use super::source::{Provenance, Source};
use super::tree::Node;
use super::{SettingsLoader, typed};
use crate::model::experiment::Experiment;
use crate::model::slo::Slo;

pub use flags::ExperimentFlags;

/// One run of an experiment: all layers merged, valid, with one value of each swept field.
#[derive(Debug, Clone, PartialEq)]
pub struct Variation {
    /// What is to be done.
    pub experiment: Experiment,
    /// Its objectives, read.
    pub slos: Vec<Slo>,
    /// Where each value comes from.
    pub provenance: Provenance,
    /// What tells it from the other runs of the experiment: swept fields with their values. Levels of a load are not
    /// among them, for they are within one run.
    pub values: Vec<(String, String)>,
    /// The experiment's file, where there is one.
    pub file: Option<PathBuf>,
}

impl SettingsLoader {
    /// The runs of an experiment with a command's flags on top, in their order; without a file the flags alone.
    pub fn variations(
        &self,
        file: Option<&Path>,
        flags: &dyn ExperimentFlags,
    ) -> Result<Vec<Variation>, SettingsError> {
        let schema = schema();
        let mut tree = match file {
            Some(path) => files::read(&schema, &self.working_dir, path)?,
            None => Node::empty_map(Source::Default),
        };
        let above = layer_of(&schema, flags.overrides(&tree.to_value())?)?;
        layers::put_on(&mut tree, above);
        let runs = variations::expand(&schema, &tree)?;
        runs.into_iter().map(|(tree, values)| variation(&schema, tree, values, file)).collect()
    }
}

fn layer_of(schema: &TypeSchema, overrides: Vec<Override>) -> Result<Node, SettingsError> {
    let mut all = Node::empty_map(Source::Default);
    for over in overrides {
        let mut layer = Node::from_value(over.value, &Source::Flag(over.flag)).under(&over.path);
        schema.check(&mut layer, None)?;
        all.merge(layer);
    }
    Ok(all)
}

fn variation(
    schema: &TypeSchema,
    mut tree: Node,
    values: Vec<(String, String)>,
    file: Option<&Path>,
) -> Result<Variation, SettingsError> {
    // Each layer was right in itself; together they may have a field of another variant.
    schema.check(&mut tree, None)?;
    let experiment: Experiment = typed(schema, &tree)?;
    let provenance = tree.provenance();
    let slos = check::check(&experiment, &provenance, file)?;
    Ok(Variation { experiment, slos, provenance, values, file: file.map(Path::to_owned) })
}

fn schema() -> TypeSchema {
    TypeSchema::of::<Experiment>("experiment")
}

/// The JSON Schema of an experiment's file.
#[must_use]
pub fn json_schema() -> Value {
    schema().into_value()
}
