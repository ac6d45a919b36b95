//! What can go wrong with blessed baselines. Every message says what to do next.

use std::io;
use std::path::PathBuf;

use super::document::DocumentError;
use super::error::StoreError;
use crate::model::baseline::BASELINE_SCHEMA_VERSION;

/// A baseline can't be blessed, found, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// A name that can't be a file's, or means something else.
    #[error(
        "`{name}` can't be a baseline's name: only letters, digits, `-`, `_` and `.` (not first) may be in it, and `latest` is the latest run"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// There is one of this name.
    #[error(
        "there is a blessed baseline `{name}` already, of run `{run_id}`; `--replace` puts this one in its place, or name it otherwise with `--name`"
    )]
    Exists {
        /// The name.
        name: String,
        /// The run that it is of.
        run_id: String,
    },
    /// There is none of this name.
    #[error("no blessed baseline `{name}` in `{}`{}", dir.display(), known(names))]
    NotFound {
        /// The name.
        name: String,
        /// Where it was looked for.
        dir: PathBuf,
        /// Those that there are.
        names: Vec<String>,
    },
    /// The result has no such side.
    #[error("run `{run_id}` has no baseline of its own to bless; leave out `--side baseline`")]
    NoSide {
        /// The run.
        run_id: String,
    },
    /// The side was itself measured in another run.
    #[error("the baseline of run `{run_id}` was measured in run `{measured_in}`: bless that one")]
    Elsewhere {
        /// The run.
        run_id: String,
        /// Where it was measured.
        measured_in: String,
    },
    /// Several loads have no one speed.
    #[error("run `{run_id}` is of several loads: only runs of one load can be blessed")]
    SeveralLoads {
        /// The run.
        run_id: String,
    },
    /// Only part of its prompts was answered.
    #[error(
        "run `{run_id}` can't be blessed, for it did not get to its end: others would be compared with a part of the prompts; run it again, or go on with it by `--resume`"
    )]
    Incomplete {
        /// The run.
        run_id: String,
    },
    /// Nothing could be compared with it.
    #[error("run `{run_id}` can't be blessed, for its client was not valid ({why}): measure again")]
    InvalidClient {
        /// The run.
        run_id: String,
        /// Why it wasn't.
        why: String,
    },
    /// The copy is not what was blessed.
    #[error("the copy of the blessed baseline `{name}`, `{}`, was changed after it was blessed: its SHA-256 is {found}, not {expected}; bless the run again with `--replace`", path.display())]
    Changed {
        /// The baseline.
        name: String,
        /// The copy.
        path: PathBuf,
        /// The hash it had.
        expected: String,
        /// The hash it has.
        found: String,
    },
    /// The provenance is not what labctl wrote.
    #[error("`{}` is not a blessed baseline's file: {reason}; `labctl baseline remove {name}` removes it", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The baseline.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// It was written by a later labctl.
    #[error(
        "the blessed baseline `{name}` was written by a newer labctl: its schema version is {found}, this one reads up to {BASELINE_SCHEMA_VERSION}; update labctl"
    )]
    Newer {
        /// The baseline.
        name: String,
        /// Its version.
        found: u32,
    },
    /// A file can't be read.
    #[error("`{}` can't be read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file can't be written or removed.
    #[error("`{}` can't be written: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: DocumentError,
    },
    /// The copy is no result.
    #[error(transparent)]
    Copy(#[from] StoreError),
}

impl BaselineError {
    /// Whether a disk or a folder is to blame, and not what was asked for.
    #[must_use]
    pub const fn is_about_writing(&self) -> bool {
        matches!(self, Self::Write { .. })
    }
}

fn known(names: &[String]) -> String {
    match names {
        [] => "; `labctl baseline bless` makes one of a result".to_owned(),
        names => format!("; there are `{}`", names.join("`, `")),
    }
}
