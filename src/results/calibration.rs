//! The calibrations of this user's machines: one file, an entry a machine and transport, the latest of each.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::store::write_atomically;
use crate::model::calibration::{CALIBRATION_VERSION, Calibration, Machine};

/// The file's name in the folder for state.
const FILE: &str = "calibration.json";

/// Why calibrations can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// The file can't be read.
    #[error("cannot read `{}`: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The file is not what labctl wrote.
    #[error("`{}` holds no calibrations ({reason}); `labctl calibrate` replaces it", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file can't be written.
    #[error("cannot write `{}`: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

#[derive(Default, Serialize, Deserialize)]
struct Stored {
    calibrations: Vec<serde_json::Value>,
}

/// The calibrations in a folder; none where there is no file. Those of another version's shape are left out.
pub fn load(dir: &Path) -> Result<Vec<Calibration>, CalibrationError> {
    let path = dir.join(FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(CalibrationError::Read { path, error }),
    };
    let stored: Stored = serde_json::from_slice(&bytes)
        .map_err(|error| CalibrationError::Invalid { path, reason: error.to_string() })?;
    let entries = stored.calibrations.into_iter();
    let known = entries.filter(|entry| entry["schema_version"] == CALIBRATION_VERSION);
    Ok(known.filter_map(|entry| serde_json::from_value(entry).ok()).collect())
}

/// Stores a calibration in a folder in place of an earlier one of the same machine and transport, and gives the
/// file. One that can't be read is replaced.
pub fn store(dir: &Path, calibration: &Calibration) -> Result<PathBuf, CalibrationError> {
    let path = dir.join(FILE);
    let failed = |error| CalibrationError::Write { path: path.clone(), error };
    let mut all = load(dir).unwrap_or_default();
    all.retain(|old| old.machine != calibration.machine || old.transport != calibration.transport);
    all.push(calibration.clone());
    let entries = all.iter().map(serde_json::to_value).collect::<Result<_, _>>();
    let stored = Stored { calibrations: entries.map_err(|error| failed(error.into()))? };
    let mut bytes = serde_json::to_vec_pretty(&stored).map_err(|error| failed(error.into()))?;
    bytes.push(b'\n');
    fs::create_dir_all(dir).map_err(failed)?;
    write_atomically(&path, |file| file.write_all(&bytes)).map_err(failed)?;
    Ok(path)
}

/// The calibration that holds for a run on this machine with this transport by this version of labctl.
#[must_use]
pub fn find<'a>(
    calibrations: &'a [Calibration],
    machine: &Machine,
    transport: &str,
    labctl_version: &str,
) -> Option<&'a Calibration> {
    calibrations.iter().rev().find(|calibration| {
        calibration.machine == *machine
            && calibration.transport == transport
            && calibration.labctl_version == labctl_version
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::calibration;

    #[test]
    fn the_latest_of_each_machine_and_transport_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("state/labctl");
        assert_eq!(load(&dir).unwrap(), []);
        let first = calibration();
        let other = Calibration { transport: "kernel".to_owned(), ..first.clone() };
        let again = Calibration { calibrated_at: "2026-02-02T00:00:00Z".to_owned(), ..first.clone() };
        for calibration in [&first, &other, &again] {
            assert!(store(&dir, calibration).unwrap().ends_with(FILE));
        }
        let all = load(&dir).unwrap();
        assert_eq!(all, [other.clone(), again.clone()]);
        let version = first.labctl_version.as_str();
        assert_eq!(find(&all, &first.machine, "reqwest", version), Some(&again));
        assert_eq!(find(&all, &first.machine, "kernel", version), Some(&other));
        assert_eq!(find(&all, &first.machine, "reqwest", "0.0.0"), None);
        let bigger = Machine { cores: 64, ..first.machine };
        assert_eq!(find(&all, &bigger, "reqwest", version), None);
    }

    #[test]
    fn what_is_no_calibration_is_said_and_replaced() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "{\"calibrations\": 3}").unwrap();
        let error = load(dir.path()).unwrap_err().to_string();
        assert!(error.contains("calibration.json") && error.contains("`labctl calibrate`"), "{error}");
        store(dir.path(), &calibration()).unwrap();
        assert_eq!(load(dir.path()).unwrap(), [calibration()]);
    }

    #[test]
    fn entries_of_another_shape_are_left_out() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "{\"calibrations\": [{\"schema_version\": 99}]}").unwrap();
        assert_eq!(load(dir.path()).unwrap(), []);
    }
}
