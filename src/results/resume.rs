//! Goes on with the journal of a run that was interrupted: what is kept stays as it was written, and what comes is
//! added to it.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
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
    let temporary = path.with_extension("jsonl.tmp");
    let rewritten = rewrite(path, &temporary, &mut keeps_record, &keeps_block);
    if let Err(error) = rewritten.and_then(|()| fs::rename(&temporary, path)) {
        let _left_behind = fs::remove_file(&temporary);
        return Err(failed(error));
    }
    let file = OpenOptions::new().append(true).open(path).map_err(failed)?;
    // As with a new journal: whoever finds it can tell that the run is going on.
    let _without_locks = file.try_lock();
    Ok(JournalWriter::with_output(path.to_owned(), Box::new(file)))
}

fn rewrite(
    from: &Path,
    to: &Path,
    keeps_record: &mut impl FnMut(&Record, bool) -> bool,
    keeps_block: &impl Fn(&BlockTime) -> bool,
) -> io::Result<()> {
    let mut reader = BufReader::new(File::open(from)?);
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
    writer.into_inner()?.sync_all()
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
        writer.append(&record("d", 0, Side::Candidate, Verdict::Wrong)).unwrap();
        drop(writer);
        let recovered = recover(&path, |_, _| {}).unwrap();
        let ids: Vec<_> = recovered.records.iter().map(|record| record.key.prompt_id.as_str()).collect();
        assert_eq!(ids, ["a", "c", "d"]);
        assert_eq!((recovered.header, recovered.dropped_lines), (header("run-1"), Vec::new()));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
