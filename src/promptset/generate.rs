//! Where the shipped sets come from: rows are written here, and what can be computed is computed
//! from a seed, so that no answer was typed from memory. `LABCTL_REGENERATE=1 cargo test
//! promptset::generate` rewrites the files; without it the tests fail on any difference.

mod canary;
mod draft;
mod quant_quality;
mod random;

use std::path::{Path, PathBuf};

use super::manifest::{manifest_for, write_manifest};
use super::{MANIFEST_FILE, PROMPTS_FILE};
use crate::model::prompt::{Manifest, Prompt};

/// A shipped set before it is written to its folder.
struct Shipped {
    name: &'static str,
    description: &'static str,
    team: &'static str,
    prompts: Vec<Prompt>,
}

fn all() -> Vec<Shipped> {
    vec![canary::set(), quant_quality::set()]
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("promptsets").join(name)
}

fn lines(prompts: &[Prompt]) -> String {
    prompts.iter().map(|prompt| serde_json::to_string(prompt).unwrap() + "\n").collect()
}

fn rewrite(set: &Shipped) {
    let directory = folder(set.name);
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join(PROMPTS_FILE), lines(&set.prompts)).unwrap();
    let manifest = Manifest {
        description: set.description.to_owned(),
        team: set.team.to_owned(),
        ..manifest_for(&directory).unwrap()
    };
    write_manifest(&directory, &manifest).unwrap();
}

#[test]
fn the_committed_files_are_what_the_generator_makes() {
    let regenerate = std::env::var_os("LABCTL_REGENERATE").is_some_and(|value| value == "1");
    for set in all() {
        if regenerate {
            rewrite(&set);
        }
        let directory = folder(set.name);
        let committed = std::fs::read_to_string(directory.join(PROMPTS_FILE)).unwrap_or_default();
        let differs = committed
            .lines()
            .zip(lines(&set.prompts).lines())
            .position(|(old, new)| old != new)
            .map(|index| index + 1);
        assert!(
            committed == lines(&set.prompts),
            "`{}` differs from its generator (first at line {differs:?}); run with LABCTL_REGENERATE=1",
            set.name
        );
        let text = std::fs::read_to_string(directory.join(MANIFEST_FILE)).unwrap();
        let manifest: Manifest = serde_json::from_str(&text).unwrap();
        assert_eq!(manifest, manifest_for(&directory).unwrap());
        assert_eq!((manifest.description.as_str(), manifest.team.as_str()), (set.description, set.team));
    }
}
