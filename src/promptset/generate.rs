//! Makes a prompt set's files out of its sources: rows that were written, in the YAML files of its folder `source/`, and
//! rows that are computed from a seed, whose generators are compiled in. The same sources give the same bytes.
//!
//! `source/set.yaml` says what the set is; every other YAML file there is a category's rows (`source`).

mod draft;
mod error;
mod item;
mod random;
mod source;

#[expect(
    clippy::unwrap_used,
    reason = "it takes no input: what it does is always the same, and a test has seen it"
)]
mod benchmark_quant;
#[expect(
    clippy::unwrap_used,
    reason = "it takes no input: what it does is always the same, and a test has seen it"
)]
mod benchmark_quant_code;
mod canary;
#[expect(
    clippy::unwrap_used,
    reason = "it takes no input: what it does is always the same, and a test has seen it"
)]
mod quant_quality;

use std::path::{Path, PathBuf};

use super::manifest::{manifest_of, sha256_of};
use super::parse;
use crate::model::prompt::{Manifest, Prompt};

use draft::Draft;
pub use error::GenerateError;

/// The folder of a set that holds its sources.
pub const SOURCE_FOLDER: &str = "source";
/// The file in it that says what the set is.
pub const SET_FILE: &str = "set.yaml";

/// The rows that a name in `computed:` stands for.
fn computed(name: &str) -> Option<Vec<Draft>> {
    COMPUTED.iter().find(|(known, _)| *known == name).map(|(_, rows)| rows())
}

/// A name and what makes its rows.
type Computed = (&'static str, fn() -> Vec<Draft>);

/// Every group of computed rows.
const COMPUTED: &[Computed] = &[
    ("benchmark-quant-math", benchmark_quant::math::rows),
    ("benchmark-quant-reasoning", benchmark_quant::reasoning::rows),
    ("benchmark-quant-code", benchmark_quant_code::rows),
    ("canary", canary::rows),
    ("quant-quality", quant_quality::rows),
];

/// A set's two files as they should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The text of `promptset.jsonl`.
    pub prompts: String,
    /// The manifest. Its version is one more than that of the file in place where the prompts differ.
    pub manifest: Manifest,
}

/// Makes the files of the set in `directory` from its sources; nothing is written.
pub fn generate(directory: &Path) -> Result<Generated, GenerateError> {
    let folder = directory.join(SOURCE_FOLDER);
    let name = super::load::folder_name(directory).map_err(GenerateError::PromptSet)?;
    let set = source::set(&folder.join(SET_FILE))?;
    let mut drafts = Vec::new();
    for file in source_files(&folder)? {
        drafts.extend(source::rows(&file)?);
    }
    for group in &set.computed {
        let rows = computed(group).ok_or_else(|| GenerateError::UnknownComputed {
            file: folder.join(SET_FILE),
            name: group.clone(),
            known: COMPUTED.iter().map(|(known, _)| *known).collect::<Vec<_>>().join("`, `"),
        })?;
        drafts.extend(rows);
    }
    let mut prompts = String::new();
    for prompt in draft::finish(&name, set.max_tokens, drafts) {
        let line = serde_json::to_string(&prompt).map_err(|error| GenerateError::Row {
            file: folder.clone(),
            row: prompt.id,
            problem: error.to_string(),
        })?;
        prompts.push_str(&line);
        prompts.push('\n');
    }
    let file = directory.join(super::PROMPTS_FILE).display().to_string();
    let parsed = parse::prompts(&file, prompts.as_bytes()).map_err(GenerateError::PromptSet)?;
    let manifest =
        manifest_of(directory, &parsed, sha256_of(prompts.as_bytes())).map_err(GenerateError::PromptSet)?;
    let manifest = Manifest { description: set.description, team: set.team, ..manifest };
    Ok(Generated { prompts, manifest })
}

/// Makes the rows of a category from the text of its YAML file. They have ids that nothing else shares, but their set's
/// settings are not applied.
pub fn rows_of(file: &Path, text: &str) -> Result<Vec<Prompt>, GenerateError> {
    Ok(draft::finish("category", 0, source::rows_of(file, text)?))
}

/// The category files, by name.
fn source_files(folder: &Path) -> Result<Vec<PathBuf>, GenerateError> {
    let read = |error| GenerateError::Unreadable { path: folder.to_owned(), source: error };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml");
        if is_yaml && path.file_name().is_some_and(|name| name != SET_FILE) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promptset::{MANIFEST_FILE, PROMPTS_FILE, built_in_names, write_manifest};

    fn folder(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("promptsets").join(name)
    }

    #[test]
    fn the_committed_files_are_what_the_generator_makes() {
        let regenerate = std::env::var_os("LABCTL_REGENERATE").is_some_and(|value| value == "1");
        for name in built_in_names() {
            let directory = folder(name);
            let made = generate(&directory).unwrap();
            if regenerate {
                std::fs::write(directory.join(PROMPTS_FILE), &made.prompts).unwrap();
                write_manifest(&directory, &made.manifest).unwrap();
            }
            let committed = std::fs::read_to_string(directory.join(PROMPTS_FILE)).unwrap_or_default();
            let differs = committed.lines().zip(made.prompts.lines()).position(|(old, new)| old != new);
            assert!(
                committed == made.prompts,
                "`{name}` differs from its sources (first at line {:?}); run `labctl promptset generate {name}`",
                differs.map(|index| index + 1)
            );
            let text = std::fs::read_to_string(directory.join(MANIFEST_FILE)).unwrap();
            let manifest: Manifest = serde_json::from_str(&text).unwrap();
            assert_eq!(manifest, made.manifest);
        }
    }
}
