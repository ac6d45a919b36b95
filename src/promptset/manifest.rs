//! The manifest: what it says against what the file holds, and how it is renewed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::error::PromptSetError;
use super::load::{folder_name, read};
use super::{MANIFEST_FILE, PROMPTS_FILE, parse};
use crate::model::prompt::{Manifest, Prompt};

/// The manifest that the prompts in `directory` need now. An existing one keeps its
/// description, team and calibration, and its version rises by one if the prompts changed; a
/// folder without one gets version 1, team `any` and an empty description.
///
/// Fails where the prompts, or an existing manifest, cannot be read.
pub fn manifest_for(directory: &Path) -> Result<Manifest, PromptSetError> {
    let prompts_path = directory.join(PROMPTS_FILE);
    let bytes = read(&prompts_path, "write one JSON object a line into it")?;
    let prompts = parse::prompts(&prompts_path.display().to_string(), &bytes)?;
    manifest_of(directory, &prompts, sha256_of(&bytes))
}

/// The manifest that these prompts, of this SHA-256, need in `directory`.
pub(super) fn manifest_of(
    directory: &Path,
    prompts: &[Prompt],
    sha256: String,
) -> Result<Manifest, PromptSetError> {
    let name = folder_name(directory)?;
    let categories = counts(prompts);
    let manifest_path = directory.join(MANIFEST_FILE);
    if !manifest_path.exists() {
        let (description, team) = (String::new(), "any".to_owned());
        return Ok(Manifest { name, version: 1, description, team, categories, calibrated: false, sha256 });
    }
    let old = parse::manifest(&manifest_path.display().to_string(), &read(&manifest_path, "")?)?;
    let version = if old.sha256 == sha256 { old.version } else { old.version.saturating_add(1) };
    Ok(Manifest { name, version, categories, sha256, ..old })
}

/// Writes `manifest` into `directory`, replacing the one that is there.
pub fn write_manifest(directory: &Path, manifest: &Manifest) -> Result<(), PromptSetError> {
    let path = directory.join(MANIFEST_FILE);
    serde_json::to_string_pretty(manifest)
        .map_err(std::io::Error::from)
        .and_then(|text| std::fs::write(&path, text + "\n"))
        .map_err(|source| PromptSetError::Unwritable { path, source })
}

/// Fails unless `manifest` was made for exactly these bytes and prompts. `directory` is the
/// set's folder as messages name it.
pub(super) fn verify(
    manifest: &Manifest,
    bytes: &[u8],
    prompts: &[Prompt],
    directory: &str,
) -> Result<(), PromptSetError> {
    let actual = sha256_of(bytes);
    if !manifest.sha256.eq_ignore_ascii_case(&actual) {
        return Err(PromptSetError::HashMismatch {
            file: format!("{directory}/{PROMPTS_FILE}"),
            expected: manifest.sha256.clone(),
            actual,
            directory: directory.to_owned(),
        });
    }
    let held = counts(prompts);
    if manifest.categories == held {
        return Ok(());
    }
    let names: BTreeSet<&String> = manifest.categories.keys().chain(held.keys()).collect();
    let count = |counts: &BTreeMap<String, usize>, name: &String| counts.get(name).copied().unwrap_or(0);
    let differences: Vec<String> = names
        .into_iter()
        .map(|name| (name, count(&manifest.categories, name), count(&held, name)))
        .filter(|(_, said, found)| said != found)
        .map(|(name, said, found)| format!("`{name}` {said} in the manifest, {found} in the file"))
        .collect();
    Err(PromptSetError::CategoryCounts {
        file: format!("{directory}/{MANIFEST_FILE}"),
        differences: differences.join("; "),
        directory: directory.to_owned(),
    })
}

/// SHA-256 in lower-case hexadecimal.
pub(super) fn sha256_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn counts(prompts: &[Prompt]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for prompt in prompts {
        *counts.entry(prompt.category.clone()).or_default() += 1;
    }
    counts
}
