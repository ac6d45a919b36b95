//! The prompt set of a run, as it was sent.

use std::path::Path;

use super::load;
use crate::model::prompt::PromptSet;
use crate::model::result::PromptSetInfo;

/// The very set that a result names, looked for where it came from and then by its name: that of `dir`, or a built-in
/// one. None where it isn't there any more, or is another one by now (its SHA-256 differs).
#[must_use]
pub fn as_sent(info: &PromptSetInfo, dir: &Path) -> Option<PromptSet> {
    let loaded = [&info.origin, &info.name].into_iter().filter_map(|name| load(name, dir).ok());
    let mut same = loaded.filter(|set| set.manifest.sha256 == info.sha256);
    same.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_found_by_its_name_and_taken_for_its_hash() {
        let set = load("canary", Path::new("nowhere")).unwrap();
        let mut info = PromptSetInfo {
            name: "canary".to_owned(),
            version: set.manifest.version,
            sha256: set.manifest.sha256.clone(),
            categories: set.manifest.categories.clone(),
            calibrated: false,
            origin: set.origin.clone(),
            selection: None,
        };
        assert_eq!(as_sent(&info, Path::new("nowhere")), Some(set));
        info.sha256 = "0".repeat(64);
        assert_eq!(as_sent(&info, Path::new("nowhere")), None);
    }
}
