//! Exit codes that don't depend on who reads the output or where a report has its place.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};

use serde_json::json;

use crate::servers::{HttpServer, Server};
use crate::support::Lab;

/// A lab whose candidate fails every prompt and whose baseline passes them all.
fn lost() -> (Lab, [Server; 2]) {
    let candidate = Server::with_options(|options| options.profile.default_pass_rate = 0.0);
    let baseline = Server::good();
    (Lab::with_sides(&candidate, &baseline), [candidate, baseline])
}

const GATE: [&str; 4] = ["--max-pass-rate-drop", "5", "--gate-mode", "point"];

/// Runs `labctl` with an output that nobody reads, and gives its exit code.
fn unread(lab: &Lab, arguments: &[&str]) -> Option<i32> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labctl"));
    command.args(arguments).current_dir(lab.path(".")).env_remove("CI");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    child.wait().unwrap().code()
}

#[test]
fn a_failed_gate_fails_although_nobody_reads_the_summary() {
    let (lab, _servers) = lost();
    let bench = [&Lab::bench_arguments(&["--compare-baseline", "--no-report"])[..], &GATE].concat();
    assert_eq!(unread(&lab, &bench), Some(1));
    let run_id = lab.result().run_id;

    // The baseline as a run of its own, to compare with.
    let alone =
        ["bench", "--endpoint", "baseline", "--promptset", "tiny", "--no-report", "--allow-invalid-client"];
    assert_eq!(unread(&lab, &alone), Some(0));
    let results = lab.all(".json");
    let other = results.iter().find(|path| !path.to_string_lossy().contains(&run_id)).unwrap();
    let compare = [&["compare", other.to_str().unwrap(), &run_id][..], &GATE].concat();
    lab.labctl(&compare);
    assert_eq!(unread(&lab, &compare), Some(1));
}

/// Answers every prompt with the same text, once the other end of `may_answer` is dropped.
fn answering(text: &'static str, may_answer: Receiver<()>) -> HttpServer {
    let may_answer = Mutex::new(may_answer);
    HttpServer::answering(move |request| {
        if !request.path.ends_with("chat/completions") {
            return (404, "text/plain", String::new());
        }
        let _dropped = may_answer.lock().unwrap().recv();
        let chunk = json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]});
        (200, "text/event-stream", format!("data: {chunk}\n\ndata: [DONE]\n\n"))
    })
}

#[test]
fn a_failed_gate_fails_and_is_told_although_the_reports_have_no_place() {
    let (answer, may_answer) = mpsc::channel();
    let candidate = answering("none", may_answer);
    let baseline = answering("101, 102, 103, 104, 105, 106, 107 or 108", mpsc::channel().1);
    let lab = Lab::new().with_endpoints(&[
        ("candidate", json!({"url": candidate.url(), "model": "any"})),
        ("baseline", json!({"url": baseline.url(), "model": "any"})),
    ]);
    let run = lab.start_bench(&[&["--compare-baseline"][..], &GATE].concat());
    // Where the report would go there is a folder, as soon as the run's id is known.
    let journal = lab.wait_for_records(0);
    fs::create_dir(journal.to_string_lossy().replace(".journal.jsonl", ".html")).unwrap();
    drop(answer);
    let ended = run.end();
    assert_eq!(ended.code, 1, "{ended:#?}");
    assert!(ended.stdout.contains("FAIL"), "{ended:#?}");
    assert!(ended.stderr.contains("could not write"), "{ended:#?}");
}
