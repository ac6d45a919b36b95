//! The latest runs of a folder, narrowed by team and labels: the list of a history.

use std::path::PathBuf;

use super::error::StoreError;
use super::head::{ListEntry, RunHead};
use super::store::Store;

/// How a selector of several begins.
const LATEST: &str = "latest";

/// Which runs count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrowed {
    /// Those of this team; all where absent.
    pub team: Option<String>,
    /// Those with all these labels.
    pub labels: Vec<(String, String)>,
}

impl Narrowed {
    /// Whether it leaves out nothing.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.team.is_none() && self.labels.is_empty()
    }

    fn takes(&self, run: &RunHead) -> bool {
        self.team.as_ref().is_none_or(|team| run.team.as_ref() == Some(team))
            && self.labels.iter().all(|(name, value)| run.labels.get(name) == Some(value))
    }
}

impl std::fmt::Display for Narrowed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let team = self.team.iter().map(|team| format!("of team `{team}`"));
        let labels = self.labels.iter().map(|(name, value)| format!("labelled `{name}={value}`"));
        f.write_str(&team.chain(labels).collect::<Vec<_>>().join(", "))
    }
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Latest {
    /// The results, the oldest first.
    pub paths: Vec<PathBuf>,
    /// Why files that are newer than the oldest of them were passed over: they are no results, or no longer.
    pub passed_over: Vec<String>,
}

/// How many runs `latest` (1) or `latest:N` asks for; `None` of any other selector.
///
/// # Errors
///
/// When what follows the colon is no number above 0.
pub fn how_many(selector: &str) -> Result<Option<usize>, StoreError> {
    if selector == LATEST {
        return Ok(Some(1));
    }
    let Some(many) = selector.strip_prefix(LATEST).and_then(|rest| rest.strip_prefix(':')) else {
        return Ok(None);
    };
    match many.parse() {
        Ok(many) if many > 0 => Ok(Some(many)),
        _ => Err(StoreError::HowMany { selector: selector.chars().take(80).collect() }),
    }
}

impl Store {
    /// The latest `many` results that count, fewer where there are no more.
    ///
    /// # Errors
    ///
    /// When the folder can't be read, or holds no run that counts.
    pub fn latest_of(&self, many: usize, which: &Narrowed) -> Result<Latest, StoreError> {
        let mut latest = Latest::default();
        for entry in self.list()? {
            match entry {
                ListEntry::Run(head) if which.takes(&head) => latest.paths.push(head.path.clone()),
                ListEntry::Broken { reason, .. } => latest.passed_over.push(reason),
                ListEntry::Run(_) | ListEntry::Unfinished { .. } => {}
            }
            if latest.paths.len() == many {
                break;
            }
        }
        latest.paths.reverse();
        match (latest.paths.is_empty(), which.is_all()) {
            (false, _) => Ok(latest),
            (true, true) => Err(StoreError::NoResults { dir: self.dir().to_owned() }),
            (true, false) => Err(StoreError::NoneOf { which: which.to_string(), dir: self.dir().to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::result::RunResult;
    use crate::results::fixtures::result;

    #[test]
    fn the_number_follows_a_colon() {
        let many = |selector| how_many(selector).map_err(|error| error.to_string());
        assert_eq!(many("latest"), Ok(Some(1)));
        assert_eq!(many("latest:5"), Ok(Some(5)));
        assert_eq!(many("0198f2a1"), Ok(None));
        assert_eq!(many("latest.json"), Ok(None));
        for wrong in ["latest:", "latest:0", "latest:-1", "latest:x"] {
            assert!(many(wrong).unwrap_err().contains("`latest:5`"), "{wrong}");
        }
    }

    #[test]
    fn the_latest_of_a_team_come_oldest_first_and_broken_files_are_told() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = Store::new(dir.path());
        for (place, team) in [(1, "quant"), (2, "eval"), (3, "quant"), (4, "quant")] {
            let mut run: RunResult = result(&format!("run-{place}"));
            run.started_at = format!("2026-03-0{place}T00:00:00Z");
            run.team = Some(team.to_owned());
            run.labels = [("night".to_owned(), place.to_string())].into();
            store.write(&run).unwrap();
        }
        let names = |latest: &Latest| -> Vec<String> {
            latest.paths.iter().map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
        };
        let of = |team: &str| Narrowed { team: Some(team.to_owned()), labels: Vec::new() };
        let found = store.latest_of(2, &of("quant")).unwrap();
        assert_eq!((names(&found), found.passed_over.len()), (vec!["run-3".into(), "run-4".into()], 0));
        assert_eq!(names(&store.latest_of(9, &of("quant")).unwrap()), ["run-1", "run-3", "run-4"]);
        let labelled = Narrowed { team: None, labels: vec![("night".to_owned(), "2".to_owned())] };
        assert_eq!(names(&store.latest_of(1, &labelled).unwrap()), ["run-2"]);
        let none = store.latest_of(1, &of("nobody")).unwrap_err().to_string();
        assert!(none.contains("no run of team `nobody`"), "{none}");

        std::fs::write(dir.path().join("run-5.json"), "{").unwrap();
        let found = store.latest_of(9, &Narrowed::default()).unwrap();
        assert_eq!((found.paths.len(), found.passed_over.len()), (4, 1));
    }
}
