use std::io::Write as _;

use super::*;
use crate::model::judgement::Verdict;
use crate::model::record::Side;
use crate::model::summary::RequestMetrics;
use crate::results::fixtures::{header, record, result, result_of};
use crate::results::journal::JournalWriter;

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::new(dir.path().join("results"));
    store.check_writable().unwrap();
    (dir, store)
}

fn names(store: &Store) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(store.dir())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_result_comes_back_as_it_was_and_leaves_nothing_else() {
    let (_dir, store) = store();
    let result = result("run-1");
    let path = store.write(&result).unwrap();
    assert_eq!(path, store.dir().join("run-1.json"));
    assert_eq!(names(&store), ["run-1.json"]);
    for selector in ["run-1", "run", "latest", path.to_str().unwrap()] {
        assert_eq!(store.load(selector).unwrap(), result, "{selector}");
    }
}

#[test]
fn ten_thousand_rows_come_back_to_the_last_bit() {
    let (_dir, store) = store();
    let records = (0..5_000_u32).flat_map(|i| {
        [Side::Candidate, Side::Baseline].map(|side| {
            let mut record = record(&format!("frage-{i} ü"), i % 2, side, Verdict::ALL[i as usize % 9]);
            record.attempt.metrics =
                RequestMetrics { e2e_ms: Some(f64::from(i + 1) / 7.0), ..record.attempt.metrics };
            record
        })
    });
    let result = result_of(
        header("big"),
        records
            .chain((5_000..10_000).map(|i| record(&format!("frage-{i}"), 0, Side::Candidate, Verdict::Pass))),
    );
    assert_eq!(result.rows.len(), 10_000);
    store.write(&result).unwrap();
    assert_eq!(store.load("big").unwrap(), result);
}

#[test]
fn a_directory_that_cannot_be_written_is_found_out_before_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("taken");
    fs::write(&file, "").unwrap();
    for place in [file.clone(), file.join("below")] {
        let error = Store::new(&place).check_writable().unwrap_err();
        assert!(matches!(error, StoreError::Unwritable { .. }), "{error}");
        assert!(error.to_string().contains("--results-dir"), "{error}");
    }
}

#[test]
fn a_full_disk_leaves_the_old_file_and_no_temporary_one() {
    let (_dir, store) = store();
    let path = store.write(&result("run-1")).unwrap();
    let before = fs::read(&path).unwrap();
    let full: io::Result<()> = write_atomically(&path, |file| {
        file.write_all(b"{\"half\":")?;
        Err(io::ErrorKind::StorageFull.into())
    });
    assert_eq!(full.unwrap_err().kind(), io::ErrorKind::StorageFull);
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(names(&store), ["run-1.json"]);
}

#[test]
fn a_failed_write_says_that_the_journal_holds_everything() {
    let (_dir, store) = store();
    let journal = JournalWriter::create(store.dir(), &header("run-1")).unwrap();
    // A directory in its place is as good as any reason why the file can't be put there.
    fs::create_dir_all(store.dir().join("run-1.json/in-the-way")).unwrap();
    let error = store.write(&result("run-1")).unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, StoreError::Write { journal: Some(_), .. }), "{message}");
    assert!(message.contains("still in") && message.contains("results recover run-1"), "{message}");
    assert_eq!(names(&store), ["run-1.journal.jsonl", "run-1.json"]);
    drop(journal);
}

#[test]
fn a_result_that_would_not_load_again_is_not_written() {
    let (_dir, store) = store();
    let mut bad = result("run-1");
    bad.candidate.summary.measured_s = f64::NAN;
    let error = store.write(&bad).unwrap_err();
    assert!(matches!(error, StoreError::NotReadableBack { .. }), "{error}");
    assert!(names(&store).is_empty());
}

#[test]
fn a_run_id_cannot_lead_out_of_the_directory() {
    let (_dir, store) = store();
    for run_id in ["../x", "a/b", "", ".hidden", "a\0b", "ü", &"x".repeat(300)] {
        let mut bad = result("run-1");
        run_id.clone_into(&mut bad.run_id);
        assert!(matches!(store.write(&bad), Err(StoreError::BadRunId { .. })), "{run_id:?}");
    }
}

#[test]
fn a_prefix_must_be_unique_and_a_whole_id_wins_over_longer_ones() {
    let (_dir, store) = store();
    for run_id in ["aa1", "aa12", "ab1"] {
        store.write(&result(run_id)).unwrap();
    }
    assert_eq!(store.load("aa1").unwrap().run_id, "aa1");
    assert_eq!(store.load("ab").unwrap().run_id, "ab1");
    let error = store.load("a").unwrap_err();
    assert_eq!(error.to_string(), "`a` may be any of 3 runs: `aa1`, `aa12`, `ab1`; give more of the id");
    for selector in ["zz", "", "/nowhere/x.json", "x.json"] {
        assert!(matches!(store.load(selector), Err(StoreError::NotFound { .. })), "{selector}");
    }
}

#[test]
fn latest_is_by_start_and_never_passes_over_a_broken_file() {
    let (_dir, store) = store();
    assert!(matches!(store.load("latest"), Err(StoreError::NoResults { .. })));
    for (run_id, started_at) in [("b-old", "2026-01-01T00:00:00Z"), ("a-new", "2026-01-03T00:00:00Z")] {
        let header = crate::model::header::RunHeader { started_at: started_at.into(), ..header(run_id) };
        store.write(&result_of(header, [])).unwrap();
    }
    assert_eq!(store.load("latest").unwrap().run_id, "a-new");

    let newer = uuid::Uuid::now_v7().to_string();
    fs::write(store.result_path(&newer).unwrap(), "{\"schema_version\":1,").unwrap();
    assert!(matches!(store.load("latest"), Err(StoreError::Truncated { .. })));
}

#[test]
fn a_file_cut_anywhere_is_told_as_such_with_the_way_back() {
    let (_dir, store) = store();
    let path = store.write(&result("run-1")).unwrap();
    let bytes = fs::read(&path).unwrap();
    let journal = JournalWriter::create(store.dir(), &header("run-1")).unwrap();
    for cut in (0..bytes.len() - 2).step_by(97) {
        fs::write(&path, &bytes[..cut]).unwrap();
        let error = store.load("run-1").unwrap_err();
        assert!(matches!(error, StoreError::Truncated { journal: Some(_), .. }), "cut at {cut}: {error}");
        assert!(error.to_string().contains("labctl results recover run-1"), "{error}");
    }
    drop(journal);
}

#[test]
fn an_invalid_file_is_told_with_line_and_column() {
    let (_dir, store) = store();
    let path = store.dir().join("run-1.json");
    for bad in [&b"[]"[..], b"{\"schema_version\":1,\n\"run_id\":7}", b"\xff\xfe", b"{\"schema_version\":-1}"]
    {
        fs::write(&path, bad).unwrap();
        let error = store.load("run-1").unwrap_err();
        assert!(matches!(error, StoreError::Invalid { journal: None, .. }), "{error}");
        assert!(error.to_string().contains("line "), "{error}");
    }
}

#[test]
fn a_newer_version_says_so_whatever_else_changed() {
    let (_dir, store) = store();
    fs::write(store.dir().join("n.json"), "{\"schema_version\":2,\"run\":{}}").unwrap();
    let message = store.load("n").unwrap_err().to_string();
    assert!(message.contains("newer labctl") && message.contains("update labctl"), "{message}");
}

#[test]
fn a_result_with_fields_nobody_knows_yet_still_loads() {
    let mut json = serde_json::to_value(result("run-1")).unwrap();
    add_unknown(&mut json);
    let (_dir, store) = store();
    fs::write(store.dir().join("run-1.json"), json.to_string()).unwrap();
    let loaded = store.load("run-1").unwrap();
    assert_eq!(loaded.rows, result("run-1").rows);
    assert!(matches!(store.list().unwrap()[..], [ListEntry::Run(_)]));
}

/// A member more in every object whose members have fixed names.
fn add_unknown(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                let keyed = ["labels", "categories", "outcomes", "verdicts", "output_tokens_sources"];
                if !keyed.contains(&name.as_str()) {
                    add_unknown(value);
                }
            }
            object.insert("from_the_future".into(), serde_json::json!({"x": [1]}));
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(add_unknown),
        _ => {}
    }
}

/// This file is never regenerated: it is what the first labctl wrote, with no more than had to be there.
#[test]
fn the_oldest_version_loads() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/results/testdata/result-v1.json");
    let loaded = load_file(&path).unwrap();
    assert_eq!(loaded.schema_version, 1);
    assert_eq!(loaded.rows.len(), 2);
    assert_eq!(loaded.rows[0].candidate.as_ref().unwrap().exchange.trace.chunks.len(), 2);
}

#[test]
fn the_list_shows_runs_unfinished_and_broken_ones_and_reads_no_further() {
    let (_dir, store) = store();
    store.write(&result("run-1")).unwrap();
    fs::write(store.dir().join("broken.json"), "{").unwrap();
    fs::write(store.dir().join("run-1.html"), "").unwrap();
    fs::write(store.dir().join(".run-9.json.tmp"), "{").unwrap();
    let mut later = header("run-2");
    later.started_at = "2026-01-03T00:00:00Z".into();
    drop(JournalWriter::create(store.dir(), &later).unwrap());
    drop(JournalWriter::create(store.dir(), &header("run-1")).unwrap());

    let list = store.list().unwrap();
    let ids: Vec<_> = list.iter().map(ListEntry::run_id).collect();
    assert_eq!(ids, ["run-2", "run-1", "broken"]);
    assert!(matches!(&list[0], ListEntry::Unfinished { started_at: Some(_), .. }));
    let ListEntry::Run(head) = &list[1] else { panic!("{list:?}") };
    assert_eq!(head.candidate.model, "awq-model");
    assert_eq!(head.baseline.as_ref().unwrap().pass_rate.unwrap().passed, 1);
    assert!(matches!(&list[2], ListEntry::Broken { reason, .. } if reason.contains("cut short")));
    assert_eq!(serde_json::to_value(&list[1]).unwrap()["entry"], "run");

    assert!(matches!(store.load("run-2"), Err(StoreError::Unfinished { .. })));
    assert!(Store::new("/nonexistent/results").list().unwrap().is_empty());
}

#[test]
fn a_journal_is_found_as_a_run_is() {
    let (_dir, store) = store();
    assert!(matches!(store.resolve_journal("latest"), Err(StoreError::NoJournal { .. })));
    let journal = JournalWriter::create(store.dir(), &header("run-1")).unwrap().path().to_owned();
    let result = store.write(&result("run-1")).unwrap();
    store.write(&crate::results::fixtures::result("whole")).unwrap();
    for selector in ["run-1", "run", "latest", journal.to_str().unwrap(), result.to_str().unwrap()] {
        assert_eq!(store.resolve_journal(selector).unwrap(), journal, "{selector}");
    }
    assert!(matches!(store.resolve_journal("whole"), Err(StoreError::NoJournal { .. })));
    assert!(matches!(store.resolve_journal("nobody"), Err(StoreError::NotFound { .. })));
    assert!(matches!(store.resolve_journal("/no/x.json"), Err(StoreError::NoJournal { .. })));

    crate::results::journal::remove(&journal).unwrap();
    crate::results::journal::remove(&journal).unwrap();
    assert!(matches!(store.resolve_journal("run-1"), Err(StoreError::NoJournal { .. })));
}

#[test]
fn an_older_result_of_the_run_is_replaced_whole() {
    let (_dir, store) = store();
    store.write(&result("run-1")).unwrap();
    let mut second = result("run-1");
    second.warnings.push("recovered".into());
    store.write(&second).unwrap();
    assert_eq!(store.load("run-1").unwrap(), second);
    assert_eq!(names(&store), ["run-1.json"]);
}
