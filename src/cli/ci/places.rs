//! Where prompts stand in files of the repository, for annotations at their lines.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::model::result::PromptSetInfo;
use crate::promptset::PROMPTS_FILE;
use crate::report::ci::FileLine;

/// The file and line of each prompt of a set; empty where its file is not in the repository (built-in sets are not, nor
/// are those of another machine).
#[must_use]
pub fn places(set: &PromptSetInfo) -> BTreeMap<String, FileLine> {
    let root = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"].into_iter().find_map(std::env::var_os);
    let root = root.map_or_else(|| PathBuf::from("."), PathBuf::from);
    within(Path::new(&set.origin), &root).unwrap_or_default()
}

fn within(set: &Path, root: &Path) -> Option<BTreeMap<String, FileLine>> {
    #[derive(Deserialize)]
    struct Named {
        id: String,
    }
    let root = root.canonicalize().ok()?;
    let path = set.join(PROMPTS_FILE).canonicalize().ok()?;
    let names: Vec<_> = path.strip_prefix(root).ok()?.iter().map(|name| name.to_string_lossy()).collect();
    let file = names.join("/");
    let mut places = BTreeMap::new();
    for (index, line) in BufReader::new(File::open(path).ok()?).lines().enumerate() {
        // The set was verified when it was run; a line that can't be read since has no place.
        let Ok(prompt) = serde_json::from_str::<Named>(&line.ok()?) else { continue };
        let place = FileLine { file: file.clone(), line: index + 1 };
        // The same prompt, its responses in the other order.
        places.insert(format!("{}~swapped", prompt.id), place.clone());
        places.insert(prompt.id, place);
    }
    Some(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_found_by_line_within_the_root_alone() {
        let dir = tempfile::TempDir::new().unwrap();
        let set = dir.path().join("sets/tiny");
        std::fs::create_dir_all(&set).unwrap();
        std::fs::write(set.join(PROMPTS_FILE), "{\"id\":\"a\",\"x\":1}\n\nnot json\n{\"id\":\"b\"}\n")
            .unwrap();
        let found = within(&set, dir.path()).unwrap();
        let line = |id: &str| (found[id].file.as_str(), found[id].line);
        assert_eq!(line("a"), ("sets/tiny/promptset.jsonl", 1));
        assert_eq!(line("b~swapped"), ("sets/tiny/promptset.jsonl", 4));
        assert_eq!(within(&set, &set.join("other")), None);
        assert_eq!(within(Path::new("built-in"), dir.path()), None);
    }
}
