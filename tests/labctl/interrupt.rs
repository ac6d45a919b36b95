//! Runs that are cut short: Ctrl-C once and twice, a crash, a result that is cut off.

use std::fs;
use std::process::Command;
use std::sync::mpsc;

use crate::servers::{HttpServer, Server};
use crate::support::{Lab, outcomes};
use labctl::model::health::HealthStatus;
use labctl::model::outcome::Outcome;
use labctl::model::record::Side;
use labctl::model::result::RunStatus;
use labctl::simulator::{FaultKind, When};

/// Answers four requests; the others wait for ever.
fn stuck() -> Server {
    Server::with_fault(FaultKind::SlowHeaders { seconds: None }, When::after(4))
}

#[test]
fn once_keeps_what_was_measured() {
    for signal in ["INT", "TERM"] {
        let server = stuck();
        let lab = Lab::at(&server.url());
        let run = lab.start_bench(&[]);
        lab.wait_for_records(4);
        run.signal(signal);
        let ended = run.end();
        ended.fails(130, &["interrupted; what was measured is kept", "results/"]);
        assert!(ended.stderr.contains("once more to abort"), "{ended:#?}");
        assert!(ended.stdout.contains("interrupted before the end"), "{}", ended.stdout);
        assert!(ended.stdout.contains("after 4 of 8 requests"), "{}", ended.stdout);
        let result = lab.result();
        assert_eq!(result.status, RunStatus::Interrupted);
        // At most two were in flight.
        let counted = outcomes(&result, Side::Candidate);
        assert_eq!(counted[0], (Outcome::Success, 4));
        assert!(matches!(counted[1..], [] | [(Outcome::Cancelled, 1..=2)]), "{counted:?}");
        // Who was interrupted may want to go on.
        assert!(ended.stderr.contains("--resume"), "{ended:#?}");
        assert_eq!(lab.all(".journal.jsonl").len(), 1);
    }
}

#[test]
fn before_anything_was_measured() {
    let (asked, is_asked) = mpsc::channel();
    let asked = std::sync::Mutex::new(asked);
    let server = HttpServer::answering(move |_| {
        // The test may be over by then.
        let _heard = asked.lock().unwrap().send(());
        (503, "text/plain", "loading".to_owned())
    });
    let lab = Lab::at(&server.url());
    let run = lab.start_bench(&[]);
    is_asked.recv().unwrap();
    run.signal("INT");
    run.end().fails(130, &["interrupted before anything was measured"]).prints_nothing();
    lab.has_no_results();
}

#[test]
fn in_the_warm_up() {
    let server = stuck();
    let lab = Lab::at(&server.url());
    let run = lab.start_bench(&["--warmup", "6"]);
    crate::support::wait_until("the warm-up is stuck", || (server.requests_served() == 4).then_some(()));
    run.signal("INT");
    run.end().fails(130, &["interrupted before anything was measured"]).prints_nothing();
    lab.has_no_results();
}

#[test]
fn twice_aborts_and_leaves_the_journal() {
    let server = stuck();
    let lab = Lab::at(&server.url());
    let mut run = lab.start_bench(&[]);
    let journal = lab.wait_for_records(4);
    // A disk that hangs: whoever opens this pipe to write the result waits for a reader.
    let name = journal.file_name().unwrap().to_string_lossy().replace(".journal.jsonl", "");
    let pipe = lab.path("results").join(format!(".{name}.json.tmp"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    run.signal("INT");
    run.wait_for_words("once more to abort");
    run.signal("INT");
    run.end().fails(130, &["interrupted again", "labctl results recover latest"]).prints_nothing();
    fs::remove_file(&pipe).unwrap();
    assert_eq!(lab.all(".json").len(), 0);

    lab.labctl(&["results", "recover", "latest"]).succeeds();
    let result = lab.result();
    assert_eq!(result.status, RunStatus::Recovered);
    let succeeded = outcomes(&result, Side::Candidate).into_iter().find(|(o, _)| o.is_success());
    assert_eq!(succeeded, Some((Outcome::Success, 4)));
}

#[test]
fn a_crash_leaves_a_journal_that_is_recovered() {
    let server = stuck();
    let lab = Lab::at(&server.url());
    let run = lab.start_bench(&["--concurrency", "4", "--transport", "reqwest"]);
    let journal = lab.wait_for_records(4);
    run.signal("KILL");
    assert_eq!(run.end().code, 128 + 9);
    assert_eq!(lab.all(".json").len(), 0);
    lab.labctl(&["results", "show", "latest"]).fails(2, &["no result in `results`"]);

    // The crash may have come in the middle of a line.
    let torn = fs::read_to_string(&journal).unwrap() + "{\"record\":{\"key\":{\"prom";
    fs::write(&journal, torn).unwrap();
    lab.labctl(&["results", "recover", "latest"]).succeeds();
    let result = lab.result();
    assert_eq!(result.status, RunStatus::Recovered);
    assert_eq!(outcomes(&result, Side::Candidate), [(Outcome::Success, 4)]);
    assert!(result.warnings.iter().any(|warning| warning.contains("cut off")), "{:?}", result.warnings);
    // How late the client itself was went down with it, and by that its own stamps are judged.
    assert_eq!(result.client_health.status, HealthStatus::Degraded);
    assert!(result.client_health.reasons[0].contains("not known"), "{:?}", result.client_health);
    assert_eq!(lab.all(".journal.jsonl").len(), 0);
    lab.labctl(&["results", "show", "latest"]).succeeds();
}

#[test]
fn a_journal_left_beside_a_whole_result_replaces_nothing() {
    let server = stuck();
    let lab = Lab::at(&server.url());
    let run = lab.start_bench(&[]);
    let journal = lab.wait_for_records(4);
    let left_over = fs::read(&journal).unwrap();
    run.signal("INT");
    run.end();
    let whole = lab.result();
    fs::write(&journal, left_over).unwrap();
    for selector in ["latest", &whole.run_id] {
        lab.labctl(&["results", "recover", selector])
            .fails(2, &["has a whole result", "nothing to recover", ".journal.jsonl"])
            .prints_nothing();
    }
    assert_eq!(lab.result(), whole);
    assert!(journal.exists());
}

#[test]
fn a_result_that_is_cut_off_is_recovered_from_its_journal() {
    let server = stuck();
    let lab = Lab::at(&server.url());
    let run = lab.start_bench(&[]);
    let journal = lab.wait_for_records(4);
    run.signal("KILL");
    run.end();
    let path = journal
        .with_file_name(journal.file_name().unwrap().to_str().unwrap().replace(".journal.jsonl", ".json"));
    fs::write(&path, "{\"schema_version\": 1,\n \"run_id\": \"01").unwrap();
    let run_id = path.file_stem().unwrap().to_str().unwrap();
    lab.labctl(&["results", "show", run_id])
        .fails(2, &["is cut short at line 2", "labctl results recover", run_id])
        .prints_nothing();
    lab.labctl(&["results", "recover", run_id]).succeeds();
    assert_eq!(lab.result().status, RunStatus::Recovered);
    lab.labctl(&["results", "show", run_id]).succeeds();
}
