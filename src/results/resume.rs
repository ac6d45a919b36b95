//! Goes on with the journal of a run that was interrupted: what is kept stays as it was written, and what comes is
//! added to it.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use super::error::JournalError;
use super::journal::{JournalWriter, LineIn};
use crate::model::record::{PairKey, Record, Side};
use crate::model::result::BlockTime;

/// Rewrites the journal at `path` with the records (shown with whether they count) and blocks that are to be kept, and
/// gives a writer that adds to it. The old file stays until the new one is whole. Torn lines and second records of a request are left out.
pub fn go_on(
    path: &Path,
    mut keeps_record: impl FnMut(&Record, bool) -> bool,
    keeps_block: impl Fn(&BlockTime) -> bool,
) -> Result<JournalWriter, JournalError> {
    let failed = |error| JournalError::Write { path: path.to_owned(), error };
    // Held until the new one has a lock of its own: of two who go on at once, one would replace what the other writes.
    let old = File::open(path).map_err(failed)?;
    if let Err(TryLockError::WouldBlock) = old.try_lock() {
        let message = "another process has just gone on with this run";
        return Err(failed(io::Error::new(io::ErrorKind::WouldBlock, message)));
    }
    let temporary = path.with_extension("jsonl.tmp");
    let replaced = rewrite(&old, &temporary, &mut keeps_record, &keeps_block).and_then(|file| {
        // As with a new journal: whoever finds it can tell that the run is going on.
        let _without_locks = file.try_lock();
        fs::rename(&temporary, path).map(|()| file)
    });
    match replaced {
        Ok(file) => Ok(JournalWriter::with_output(path.to_owned(), Box::new(file))),
        Err(error) => {
            let _left_behind = fs::remove_file(&temporary);
            Err(failed(error))
        }
    }
}

fn rewrite(
    from: &File,
    to: &Path,
    keeps_record: &mut impl FnMut(&Record, bool) -> bool,
    keeps_block: &impl Fn(&BlockTime) -> bool,
) -> io::Result<File> {
    let mut reader = BufReader::new(from);
    let mut writer = BufWriter::new(File::create(to)?);
    let mut seen: HashSet<(PairKey, Side)> = HashSet::new();
    let mut line = Vec::new();
    let mut is_first = true;
    while {
        line.clear();
        reader.read_until(b'\n', &mut line)? > 0
    } {
        let keeps = match serde_json::from_slice(&line) {
            Ok(LineIn::Header(_)) => is_first,
            Ok(LineIn::Record(record)) => {
                // Of two the first, as when it is read back; who keeps a record counts it.
                seen.insert((record.key.clone(), record.side)) && keeps_record(&record, true)
            }
            Ok(LineIn::NotCounted(record)) => keeps_record(&record, false),
            Ok(LineIn::Block(block)) => keeps_block(&block),
            Ok(LineIn::Phase(_)) => true,
            Err(_) => false,
        };
        is_first = false;
        if keeps {
            writer.write_all(line.trim_ascii_end())?;
            writer.write_all(b"\n")?;
        }
    }
    let file = writer.into_inner()?;
    file.sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::judgement::Verdict;
    use crate::results::fixtures::{header, record};
    use crate::results::recover::recover;

    #[test]
    fn what_is_kept_stays_and_what_comes_is_added() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = JournalWriter::create(dir.path(), &header("run-1")).unwrap();
        for (id, repeat) in [("a", 0), ("b", 0), ("a", 0), ("c", 0)] {
            writer.append(&record(id, repeat, Side::Candidate, Verdict::Pass)).unwrap();
        }
        let path = writer.path().to_owned();
        drop(writer);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, [whole.as_slice(), b"{\"record\":{\"key\""].concat()).unwrap();

        let mut writer = go_on(&path, |record, _| record.key.prompt_id != "b", |_| true).unwrap();
        assert!(crate::results::journal::is_being_written(&path));
        assert!(go_on(&path, |_, _| true, |_| true).is_err(), "one goes on with it already");
        writer.append(&record("d", 0, Side::Candidate, Verdict::Wrong)).unwrap();
        drop(writer);
        let recovered = recover(&path, |_, _| {}).unwrap();
        let ids: Vec<_> = recovered.records.iter().map(|record| record.key.prompt_id.as_str()).collect();
        assert_eq!(ids, ["a", "c", "d"]);
        assert_eq!((recovered.header, recovered.dropped_lines), (header("run-1"), Vec::new()));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
