//! Blessed baselines: one side of a result kept under a name, in the folder `baselines` of the results.
//!
//! Each has two files: a copy of the result with that side alone, so that it stays when the run is deleted, and
//! `NAME.baseline.json`, which says where it comes from, names the copy and holds its SHA-256. The second is written
//! last and takes the first's place in one step, so that a baseline is either the old one or the new one. Nothing is
//! blessed, replaced or removed unless asked for.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub use super::baseline_error::BaselineError;
use super::document::{self, DocumentError};
use super::store::{checked_run_id, parse_result_without_chunks, write_atomically};
use crate::model::baseline::{BASELINE_SCHEMA_VERSION, BlessedBaseline};
use crate::model::health::HealthStatus;
use crate::model::record::Side;
use crate::model::result::{RunResult, RunStatus};

/// The folder's name in that of the results.
const FOLDER: &str = "baselines";
/// How the file of a baseline's provenance ends.
const ENDING: &str = ".baseline.json";

/// What is to be blessed.
#[derive(Debug)]
pub struct Blessing<'a> {
    /// The result.
    pub result: RunResult,
    /// Which of its sides.
    pub side: Side,
    /// What it is to go by; its model's name where absent.
    pub name: Option<&'a str>,
    /// What the user has to say about it.
    pub note: Option<&'a str>,
    /// Whether it may take the place of another of that name.
    pub replace: bool,
}

/// The blessed baselines of a folder of results.
#[derive(Debug, Clone)]
pub struct Baselines {
    dir: PathBuf,
}

impl Baselines {
    /// Those of these results.
    #[must_use]
    pub fn of(results_dir: &Path) -> Self {
        Self { dir: results_dir.join(FOLDER) }
    }

    /// Keeps one side of a result under a name.
    pub fn bless(&self, blessing: Blessing<'_>, now: Timestamp) -> Result<BlessedBaseline, BaselineError> {
        let Blessing { result, side, name, note, replace } = blessing;
        let run_id = result.run_id.clone();
        let copy = one_side(result, side)?;
        let info = &copy.candidate;
        let name = match name {
            Some(name) => name.to_owned(),
            None => name_of(&info.model),
        };
        check_name(&name)?;
        let former = match self.read(&name) {
            Ok(former) => former,
            // What can't be read is replaced where that is asked for.
            Err(_) if replace => None,
            Err(error) => return Err(error),
        };
        if let Some(former) = former.as_ref().filter(|_| !replace) {
            return Err(BaselineError::Exists { name, run_id: former.run_id.clone() });
        }
        let unwritable = |path: &Path| {
            let path = path.to_owned();
            move |error: DocumentError| BaselineError::Write { path, error }
        };
        fs::create_dir_all(&self.dir).map_err(|error| unwritable(&self.dir)(error.into()))?;
        // No other blessing, not even one at the same moment, writes to it.
        let file = format!("{name}.{}.json", Uuid::now_v7().simple());
        let path = self.dir.join(&file);
        write_atomically(&path, |file| document::write(&copy, None, &mut BufWriter::new(file)))
            .map_err(unwritable(&path))?;
        let blessed = BlessedBaseline {
            schema_version: BASELINE_SCHEMA_VERSION,
            run_id,
            side,
            endpoint: info.endpoint.clone(),
            url: info.url.clone(),
            model: info.model.clone(),
            server: info.server.clone(),
            simulated: copy.simulated,
            prompt_set: copy.prompt_set.clone(),
            measured_at: copy.started_at.clone(),
            blessed_at: now.to_string(),
            note: note.map(str::to_owned),
            file,
            sha256: sha256_of(&read_whole(&path)?),
            labctl_version: env!("CARGO_PKG_VERSION").to_owned(),
            name,
        };
        if let Err(error) = self.record(&blessed, &path, replace) {
            // Nothing names the copy.
            let _best_effort = fs::remove_file(&path);
            return Err(error);
        }
        if let Some(copy) = former.and_then(|former| self.own_copy_of(&former)).filter(|copy| *copy != path) {
            // Nothing names it any more; what stays behind does no harm.
            let _best_effort = fs::remove_file(copy);
        }
        Ok(blessed)
    }

    /// The baseline of this name; `None` where there is none, or it can't be a name.
    pub fn find(&self, name: &str) -> Result<Option<BlessedBaseline>, BaselineError> {
        if check_name(name).is_err() { Ok(None) } else { self.read(name) }
    }

    /// The baseline of this name, which there must be.
    pub fn get(&self, name: &str) -> Result<BlessedBaseline, BaselineError> {
        let not_found = || BaselineError::NotFound {
            name: name.to_owned(),
            dir: self.dir.clone(),
            names: self.names().unwrap_or_default(),
        };
        self.find(name)?.ok_or_else(not_found)
    }

    /// Its result, whose candidate is the side that was blessed, without the chunks of its traces. One that was changed
    /// since is refused.
    pub fn load(&self, blessed: &BlessedBaseline) -> Result<RunResult, BaselineError> {
        let path = self.copy_of(blessed);
        // Read once, so that what is hashed is what is taken.
        let bytes = read_whole(&path)?;
        let found = sha256_of(&bytes);
        if found != blessed.sha256 {
            let (name, expected) = (blessed.name.clone(), blessed.sha256.clone());
            return Err(BaselineError::Changed { name, path, expected, found });
        }
        Ok(parse_result_without_chunks(&path, &bytes)?)
    }

    /// Where its copy is.
    #[must_use]
    pub fn copy_of(&self, blessed: &BlessedBaseline) -> PathBuf {
        // The name may have been changed by hand: no other folder is looked into.
        self.dir.join(Path::new(&blessed.file).file_name().unwrap_or_default())
    }

    /// All of them by name. One that can't be read stops no other.
    pub fn list(&self) -> Result<Vec<Result<BlessedBaseline, BaselineError>>, BaselineError> {
        let read = |name: String| match self.read(&name) {
            Ok(Some(blessed)) => Some(Ok(blessed)),
            // Removed meanwhile.
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        };
        Ok(self.names()?.into_iter().filter_map(read).collect())
    }

    /// Removes a baseline and its copy. One whose file can't be read is removed too.
    pub fn remove(&self, name: &str) -> Result<(), BaselineError> {
        let provenance = self.provenance(name);
        if check_name(name).is_err() || !provenance.is_file() {
            self.get(name)?;
        }
        let blessed = self.read(name);
        fs::remove_file(&provenance)
            .map_err(|error| BaselineError::Write { path: provenance, error: error.into() })?;
        if let Some(copy) = blessed.ok().flatten().and_then(|blessed| self.own_copy_of(&blessed)) {
            match fs::remove_file(&copy) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(BaselineError::Write { path: copy, error: error.into() });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The names, in alphabetical order.
    pub fn names(&self) -> Result<Vec<String>, BaselineError> {
        let unreadable = |error| BaselineError::Read { path: self.dir.clone(), error };
        let files = match fs::read_dir(&self.dir) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error)),
        };
        let mut names = Vec::new();
        for file in files {
            let Ok(file) = file.map_err(unreadable)?.file_name().into_string() else { continue };
            names
                .extend(file.strip_suffix(ENDING).filter(|name| check_name(name).is_ok()).map(str::to_owned));
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Its copy, where it is named as this baseline's copies are: what a changed record names otherwise is not this
    /// baseline's to delete.
    fn own_copy_of(&self, blessed: &BlessedBaseline) -> Option<PathBuf> {
        let path = self.copy_of(blessed);
        let file = path.file_name()?.to_str()?;
        let mark = file.strip_prefix(&blessed.name)?.strip_prefix('.')?.strip_suffix(".json")?;
        let is_mark =
            !mark.is_empty() && mark != "baseline" && mark.chars().all(|c| c.is_ascii_alphanumeric());
        is_mark.then_some(path)
    }

    /// Writes where a baseline comes from, in the place of what was there only where that is asked for.
    fn record(&self, blessed: &BlessedBaseline, copy: &Path, replace: bool) -> Result<(), BaselineError> {
        let provenance = self.provenance(&blessed.name);
        let unwritable = |error| BaselineError::Write { path: provenance.clone(), error };
        let fill = |file: &mut fs::File| -> Result<(), DocumentError> {
            serde_json::to_writer_pretty(&mut *file, blessed).map_err(io::Error::from)?;
            Ok(file.write_all(b"\n")?)
        };
        if replace {
            return write_atomically(&provenance, fill).map_err(unwritable);
        }
        // Written whole under a name of its own, and then named in a step that fails where another came first.
        let whole = copy.with_extension("record");
        let linked = write_atomically(&whole, fill)
            .and_then(|()| match fs::hard_link(&whole, &provenance) {
                // Not every file system has links.
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    fill(&mut fs::File::create_new(&provenance)?)
                }
                linked => Ok(linked?),
            })
            .map_err(|error| match error {
                DocumentError::Io(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let run_id = self.read(&blessed.name).ok().flatten().map(|former| former.run_id);
                    BaselineError::Exists {
                        name: blessed.name.clone(),
                        run_id: run_id.unwrap_or_else(|| "unknown".to_owned()),
                    }
                }
                error => unwritable(error),
            });
        let _best_effort = fs::remove_file(&whole);
        linked
    }

    fn provenance(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}{ENDING}"))
    }

    fn read(&self, name: &str) -> Result<Option<BlessedBaseline>, BaselineError> {
        let path = self.provenance(name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(BaselineError::Read { path, error }),
        };
        let invalid = |error: serde_json::Error| {
            let name = name.to_owned();
            BaselineError::Invalid { path: path.clone(), name, reason: error.to_string() }
        };
        let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(invalid)?;
        let version = value["schema_version"].as_u64().and_then(|version| u32::try_from(version).ok());
        if let Some(found) = version.filter(|version| *version > BASELINE_SCHEMA_VERSION) {
            return Err(BaselineError::Newer { name: name.to_owned(), found });
        }
        let blessed: BlessedBaseline = serde_json::from_value(value).map_err(invalid)?;
        Ok(Some(BlessedBaseline { name: name.to_owned(), ..blessed }))
    }
}

/// Whole days since a baseline was measured; `None` where its time can't be read or lies ahead.
#[must_use]
pub fn age_in_days(blessed: &BlessedBaseline, now: Timestamp) -> Option<u64> {
    let measured: Timestamp = blessed.measured_at.parse().ok()?;
    u64::try_from(now.duration_since(measured).as_hours() / 24).ok()
}

fn check_name(name: &str) -> Result<(), BaselineError> {
    let wrong = name == "latest" || name.ends_with(".baseline") || checked_run_id(name).is_err();
    if wrong { Err(BaselineError::Name { name: name.chars().take(80).collect() }) } else { Ok(()) }
}

/// A name made of a model's: its last part, with `-` for what can't be in a name.
fn name_of(model: &str) -> String {
    let last = model.rsplit('/').find(|part| !part.is_empty()).unwrap_or(model);
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    last.chars().map(plain).collect::<String>().trim_start_matches('.').chars().take(80).collect()
}

/// A result with one of its sides alone, as the candidate.
fn one_side(run: RunResult, side: Side) -> Result<RunResult, BaselineError> {
    let run_id = run.run_id.clone();
    if !run.levels.is_empty() {
        return Err(BaselineError::SeveralLoads { run_id });
    }
    if run.client_health.status == HealthStatus::Invalid {
        return Err(BaselineError::InvalidClient { run_id, why: run.client_health.reasons.join("; ") });
    }
    if run.status != RunStatus::Complete {
        return Err(BaselineError::Incomplete { run_id });
    }
    let Some(info) = run.side(side).cloned() else { return Err(BaselineError::NoSide { run_id }) };
    if let Some(measured) = info.measured_in {
        return Err(BaselineError::Elsewhere { run_id, measured_in: measured.run_id });
    }
    let mut copy = run;
    copy.simulated = info.simulated || copy.judge.as_ref().is_some_and(|judge| judge.simulated);
    copy.candidate = info;
    copy.baseline = None;
    copy.comparison = None;
    copy.held_to = None;
    copy.gates = Vec::new();
    copy.readings = Vec::new();
    copy.blocks.retain(|block| block.side == side);
    copy.phases.retain(|phase| phase.side.is_none_or(|of| of == side));
    copy.blocks.iter_mut().for_each(|block| block.side = Side::Candidate);
    copy.phases.iter_mut().for_each(|phase| phase.side = phase.side.map(|_| Side::Candidate));
    for row in &mut copy.rows {
        let other = row.baseline.take();
        if side == Side::Baseline {
            row.candidate = other;
        }
    }
    copy.rows.retain(|row| row.candidate.is_some());
    Ok(copy)
}

fn read_whole(path: &Path) -> Result<Vec<u8>, BaselineError> {
    fs::read(path).map_err(|error| BaselineError::Read { path: path.to_owned(), error })
}

fn sha256_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string can't fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::fixtures::result;

    fn now() -> Timestamp {
        "2026-03-01T00:00:00Z".parse().unwrap()
    }

    fn blessing(run_id: &str) -> Blessing<'static> {
        Blessing {
            result: result(run_id),
            side: Side::Candidate,
            name: Some("fp16"),
            note: None,
            replace: false,
        }
    }

    #[test]
    fn a_baseline_outlives_its_run_and_is_replaced_only_when_asked() {
        let dir = tempfile::TempDir::new().unwrap();
        let baselines = Baselines::of(dir.path());
        assert!(baselines.list().unwrap().is_empty());
        let blessed = baselines.bless(blessing("run-1"), now()).unwrap();
        assert_eq!((blessed.run_id.as_str(), blessed.sha256.len()), ("run-1", 64));
        assert_eq!(baselines.get("fp16").unwrap(), blessed);
        let loaded = baselines.load(&blessed).unwrap();
        assert_eq!((loaded.run_id.as_str(), loaded.baseline.is_none()), ("run-1", true));
        assert!(loaded.rows.iter().all(|row| row.baseline.is_none() && row.candidate.is_some()));

        let again = baselines.bless(blessing("run-2"), now()).unwrap_err().to_string();
        assert!(again.contains("of run `run-1`") && again.contains("`--replace`"), "{again}");
        let later = "2026-03-02T00:00:00Z".parse().unwrap();
        let replaced = baselines.bless(Blessing { replace: true, ..blessing("run-2") }, later).unwrap();
        assert_eq!(baselines.load(&replaced).unwrap().run_id, "run-2");
        assert!(!baselines.copy_of(&blessed).exists(), "the former copy is gone");
        baselines.remove("fp16").unwrap();
        assert_eq!(fs::read_dir(dir.path().join(FOLDER)).unwrap().count(), 0);
        assert!(matches!(baselines.remove("fp16"), Err(BaselineError::NotFound { .. })));
    }

    #[test]
    fn the_baseline_side_becomes_a_run_of_its_own() {
        let whole = result("run-1");
        let expected = whole.baseline.as_ref().map(|side| side.model.clone());
        let copy = one_side(whole, Side::Baseline).unwrap();
        assert_eq!(Some(copy.candidate.model.clone()), expected);
        assert!(copy.blocks.iter().all(|block| block.side == Side::Candidate));
        assert!(matches!(one_side(copy, Side::Baseline), Err(BaselineError::NoSide { .. })));
    }

    #[test]
    fn a_copy_that_was_changed_is_refused() {
        let dir = tempfile::TempDir::new().unwrap();
        let baselines = Baselines::of(dir.path());
        let blessed = baselines.bless(blessing("run-1"), now()).unwrap();
        let path = baselines.copy_of(&blessed);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen("\"passed\":", "\"passed\": ", 1) + " ").unwrap();
        let refused = baselines.load(&blessed).unwrap_err().to_string();
        assert!(refused.contains("was changed after it was blessed"), "{refused}");
        fs::write(baselines.provenance("fp16"), "{").unwrap();
        assert!(baselines.list().unwrap()[0].is_err());
        fs::write(baselines.provenance("fp16"), r#"{"schema_version": 99}"#).unwrap();
        assert!(baselines.get("fp16").unwrap_err().to_string().contains("newer labctl"));
    }

    /// A record that was changed by hand makes labctl delete nothing but copies of that baseline.
    #[test]
    fn a_changed_record_deletes_no_other_file() {
        let dir = tempfile::TempDir::new().unwrap();
        let baselines = Baselines::of(dir.path());
        let other = baselines.bless(Blessing { name: Some("other"), ..blessing("run-0") }, now()).unwrap();
        let outside = dir.path().join("kept.json");
        fs::write(&outside, "{}").unwrap();
        let (record, copy) = ("fp16.baseline.json".to_owned(), other.file.clone());
        for file in ["../kept.json".to_owned(), outside.display().to_string(), copy, record, String::new()] {
            let blessed = baselines.bless(Blessing { replace: true, ..blessing("run-1") }, now()).unwrap();
            let tampered = BlessedBaseline { file, ..blessed };
            fs::write(baselines.provenance("fp16"), serde_json::to_string(&tampered).unwrap()).unwrap();
            baselines.bless(Blessing { replace: true, ..blessing("run-2") }, now()).unwrap();
            assert_eq!(baselines.get("fp16").unwrap().run_id, "run-2");
            fs::write(baselines.provenance("fp16"), serde_json::to_string(&tampered).unwrap()).unwrap();
            baselines.remove("fp16").unwrap();
            assert!(outside.exists() && baselines.load(&other).is_ok(), "{}", tampered.file);
        }
    }

    #[test]
    fn of_two_first_blessings_at_once_one_wins() {
        let dir = tempfile::TempDir::new().unwrap();
        let baselines = Baselines::of(dir.path());
        let blessed = std::thread::scope(|scope| {
            let bless = |run_id| {
                let baselines = &baselines;
                scope.spawn(move || baselines.bless(blessing(run_id), now()))
            };
            let both = ["run-1", "run-2", "run-3", "run-4"].map(bless);
            both.map(|one| one.join().unwrap())
        });
        let (won, lost): (Vec<_>, Vec<_>) = blessed.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 3));
        assert!(lost.into_iter().all(|error| matches!(error, Err(BaselineError::Exists { .. }))));
        let kept = baselines.get("fp16").unwrap();
        assert_eq!(&kept, won[0].as_ref().unwrap());
        assert_eq!(baselines.load(&kept).unwrap().run_id, kept.run_id);
        assert_eq!(fs::read_dir(dir.path().join(FOLDER)).unwrap().count(), 2, "losers leave nothing");
        // What another wrote after it was looked for is not overwritten either.
        let copy = baselines.copy_of(&kept).with_file_name("fp16.later.json");
        let refused = baselines.record(&kept, &copy, false).unwrap_err();
        assert!(matches!(refused, BaselineError::Exists { .. }), "{refused}");
    }

    #[test]
    fn a_run_that_did_not_get_to_its_end_is_not_blessed() {
        for status in [RunStatus::Interrupted, RunStatus::Recovered] {
            let run = RunResult { status, ..result("run-1") };
            let refused = one_side(run, Side::Candidate).unwrap_err().to_string();
            assert!(refused.contains("did not get to its end"), "{refused}");
        }
    }

    #[test]
    fn names_are_file_names() {
        for name in ["", "latest", "../x", ".x", "a/b", "x.baseline"] {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert_eq!(name_of("org/Some Model:7b"), "Some-Model-7b");
        assert_eq!(name_of("models/"), "models");
    }

    #[test]
    fn age_counts_from_the_measurement() {
        let dir = tempfile::TempDir::new().unwrap();
        let mut blessed = Baselines::of(dir.path()).bless(blessing("run-1"), now()).unwrap();
        blessed.measured_at = "2026-01-30T12:00:00Z".to_owned();
        assert_eq!(age_in_days(&blessed, now()), Some(29));
        blessed.measured_at = "2027-01-01T00:00:00Z".to_owned();
        assert_eq!(age_in_days(&blessed, now()), None);
    }
}
