//! A run for each combination of swept values. Levels of a load stay together: they are one run.

use serde_json::Value;

use super::layers;
use crate::cli::settings::error::SettingsError;
use crate::cli::settings::path::FieldPath;
use crate::cli::settings::schema::TypeSchema;
use crate::cli::settings::source::Source;
use crate::cli::settings::tree::{Entry, Kind, Node};

/// The fields whose values are levels of one run.
pub(super) const AXES: [&str; 2] = ["load.concurrency", "load.rate"];

/// Most runs of one experiment: a slip must not plan a year.
const MOST_RUNS: usize = 1_000;

type Run = (Node, Vec<(String, String)>);

/// The trees of the runs, each with what was swept in it; the first field varies slowest.
pub(super) fn expand(schema: &TypeSchema, tree: &Node) -> Result<Vec<Run>, SettingsError> {
    let mut base = tree.clone();
    let swept = take_swept(&mut base);
    let mut runs = vec![(base, Vec::new())];
    for entry in swept {
        let Kind::List(values) = &entry.node.kind else { continue };
        let wrong = |message: String| SettingsError::Invalid {
            place: entry.source.place(),
            path: "sweep".to_owned(),
            message,
        };
        let path =
            FieldPath::parse(&entry.key).map_err(|message| wrong(format!("can't be read: {message}")))?;
        if matches!(path.names()[0].as_str(), "sweep" | "extends" | "name" | "description" | "labels") {
            return Err(wrong(format!("can't vary `{path}`")));
        }
        if values.is_empty() {
            return Err(wrong(format!("has no value for `{path}`")));
        }
        if runs.len() * values.len() > MOST_RUNS {
            return Err(wrong(format!("comes to more than {MOST_RUNS} runs")));
        }
        let layers: Vec<(Node, String)> =
            values.iter().map(|value| layer(schema, &entry, &path, value)).collect::<Result<_, _>>()?;
        runs = runs
            .iter()
            .flat_map(|(tree, before)| {
                layers.iter().map(|(layer, text)| {
                    let (mut tree, mut told) = (tree.clone(), before.clone());
                    layers::put_on(&mut tree, layer.clone());
                    told.push((path.to_string(), text.clone()));
                    (tree, told)
                })
            })
            .collect();
    }
    Ok(runs)
}

/// Takes the entries of `sweep` that are no levels out of the tree.
fn take_swept(tree: &mut Node) -> Vec<Entry> {
    let Kind::Map(entries) = &mut tree.kind else { return Vec::new() };
    let Some(sweep) = entries.iter_mut().find(|entry| entry.key == "sweep") else { return Vec::new() };
    let Kind::Map(fields) = &mut sweep.node.kind else { return Vec::new() };
    let (levels, swept) = fields.drain(..).partition(|field| AXES.contains(&field.key.as_str()));
    *fields = levels;
    swept
}

/// One value of a swept field as a layer, and as text.
fn layer(
    schema: &TypeSchema,
    entry: &Entry,
    path: &FieldPath,
    value: &Node,
) -> Result<(Node, String), SettingsError> {
    let text = match value.to_value() {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let mut layer = value.clone();
    for name in path.names().iter().rev() {
        // An unknown field is one where the path is written, not where its value is.
        let source = entry.source.clone();
        layer = Node {
            kind: Kind::Map(vec![Entry { key: name.clone(), source: source.clone(), node: layer }]),
            source,
        };
    }
    let base = match &value.source {
        Source::File { path, .. } => path.parent(),
        _ => None,
    };
    schema.check(&mut layer, base)?;
    Ok((layer, text))
}
