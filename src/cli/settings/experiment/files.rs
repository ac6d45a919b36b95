//! An experiment's file with all that it extends.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::layers;
use crate::cli::settings::error::SettingsError;
use crate::cli::settings::read_text;
use crate::cli::settings::schema::TypeSchema;
use crate::cli::settings::source::Source;
use crate::cli::settings::tree::{Kind, Node};

/// Reads `path` and the files below it, and merges them.
pub(super) fn read(schema: &TypeSchema, working_dir: &Path, path: &Path) -> Result<Node, SettingsError> {
    let mut layers = Vec::new();
    let mut chain: Vec<PathBuf> = Vec::new();
    let mut seen: Vec<PathBuf> = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let file = working_dir.join(&path);
        let text = fs::read_to_string(&file).map_err(|source| SettingsError::ReadExperiment {
            path: path.clone(),
            below: extended_by(&chain),
            source,
        })?;
        // One file may be reached by two paths.
        let identity = file.canonicalize().unwrap_or(file);
        chain.push(path.clone());
        if seen.contains(&identity) {
            return Err(SettingsError::ExtendsItself { chain: shown(&chain, "` extends `") });
        }
        seen.push(identity);
        let mut layer = read_text(&text, &path)?;
        schema.check(&mut layer, path.parent())?;
        next = base_of(&mut layer).map(|base| path.parent().unwrap_or(Path::new("")).join(base));
        layers.push(layer);
    }
    let mut tree = Node::empty_map(Source::Default);
    for layer in layers.into_iter().rev() {
        layers::put_on(&mut tree, layer);
    }
    Ok(tree)
}

/// Takes `extends` out of a layer: it has done its work.
fn base_of(layer: &mut Node) -> Option<String> {
    let Kind::Map(entries) = &mut layer.kind else { return None };
    let position = entries.iter().position(|entry| entry.key == "extends")?;
    match entries.remove(position).node.kind {
        Kind::Scalar(Value::String(path)) => Some(path),
        _ => None,
    }
}

fn extended_by(chain: &[PathBuf]) -> String {
    if chain.is_empty() {
        return String::new();
    }
    let upwards: Vec<PathBuf> = chain.iter().rev().cloned().collect();
    format!(", which is extended by `{}`", shown(&upwards, "`, which is extended by `"))
}

fn shown(chain: &[PathBuf], between: &str) -> String {
    chain.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(between)
}
