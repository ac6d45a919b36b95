//! Finds a prompt set and reads it whole.

use std::io::ErrorKind;
use std::path::{Component, Path};

use super::error::PromptSetError;
use super::{MANIFEST_FILE, PROMPTS_FILE, built_in, built_in_names, manifest, parse};
use crate::model::prompt::PromptSet;
use crate::model::result::PromptSetInfo;

/// Loads and verifies a prompt set.
///
/// `name_or_path` is a path to its folder, or a name: a folder of that name in
/// `promptset_dir` wins over a built-in set, so that a lab can replace one.
pub fn load(name_or_path: &str, promptset_dir: &Path) -> Result<PromptSet, PromptSetError> {
    let path = Path::new(name_or_path);
    let is_name = !name_or_path.contains(std::path::is_separator)
        && matches!(path.components().next(), Some(Component::Normal(_)));
    if name_or_path.is_empty() || is_name && !path.join(PROMPTS_FILE).is_file() {
        let named = promptset_dir.join(path);
        if is_name && named.is_dir() {
            return load_folder(&named);
        }
        // A folder here that merely shares a built-in set's name does not hide it.
        return match built_in(name_or_path) {
            Some(set) => set,
            None if is_name && path.is_dir() => load_folder(path),
            None => Err(not_found(name_or_path, promptset_dir)),
        };
    }
    load_folder(path)
}

/// The set that a run sent, by its origin or its name, where it can still be had as it was: what is another now, or not
/// there any more, can't be looked into.
#[must_use]
pub fn load_sent(sent: &PromptSetInfo, promptset_dir: &Path) -> Option<PromptSet> {
    let names = [sent.origin.as_str(), sent.name.as_str()];
    let loaded = names.iter().filter_map(|name| load(name, promptset_dir).ok());
    loaded.into_iter().find(|set| set.manifest.sha256 == sent.sha256)
}

fn load_folder(directory: &Path) -> Result<PromptSet, PromptSetError> {
    if !directory.is_dir() {
        return Err(PromptSetError::NotAFolder { path: directory.to_owned() });
    }
    let shown = directory.display().to_string();
    let shown = shown.trim_end_matches(std::path::is_separator);
    let prompts = read(&directory.join(PROMPTS_FILE), "write one JSON object a line into it")?;
    let manifest_remedy = format!("run `labctl promptset manifest {shown}`");
    let manifest = read(&directory.join(MANIFEST_FILE), &manifest_remedy)?;
    let set = assemble(shown, &prompts, &manifest)?;
    let folder = folder_name(directory)?;
    if set.manifest.name != folder {
        return Err(PromptSetError::NameMismatch {
            file: format!("{shown}/{MANIFEST_FILE}"),
            name: set.manifest.name,
            folder,
            directory: shown.to_owned(),
        });
    }
    Ok(set)
}

/// A set from the bytes of its two files, verified against each other. The prompts are parsed
/// before the hash is compared: a broken line is the better message of the two.
pub(super) fn assemble(origin: &str, prompts: &[u8], manifest: &[u8]) -> Result<PromptSet, PromptSetError> {
    let parsed = parse::prompts(&format!("{origin}/{PROMPTS_FILE}"), prompts)?;
    let manifest = parse::manifest(&format!("{origin}/{MANIFEST_FILE}"), manifest)?;
    manifest::verify(&manifest, prompts, &parsed, origin)?;
    Ok(PromptSet { manifest, prompts: parsed, origin: origin.to_owned(), selection: None })
}

/// Reads a file of the set; `remedy` says how to make it where it is missing.
pub(super) fn read(path: &Path, remedy: &str) -> Result<Vec<u8>, PromptSetError> {
    std::fs::read(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => {
            PromptSetError::FileMissing { path: path.to_owned(), remedy: remedy.to_owned() }
        }
        _ => PromptSetError::Unreadable { path: path.to_owned(), source },
    })
}

/// The folder's own name, also where the path is `.` or ends in `..`.
pub(super) fn folder_name(directory: &Path) -> Result<String, PromptSetError> {
    let whole = directory
        .canonicalize()
        .map_err(|source| PromptSetError::Unreadable { path: directory.to_owned(), source })?;
    Ok(whole.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default())
}

fn not_found(name: &str, promptset_dir: &Path) -> PromptSetError {
    let mut available: Vec<String> = std::fs::read_dir(promptset_dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().join(PROMPTS_FILE).is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .chain(built_in_names().map(str::to_owned))
        .collect();
    available.sort();
    available.dedup();
    PromptSetError::NotFound { name: name.to_owned(), directory: promptset_dir.to_owned(), available }
}
