//! `--redact` and `--no-text` of the commands that show or hand on a saved result; its file keeps all.

use std::fs;

use crate::servers::Server;
use crate::support::{Ended, Lab};

/// What every answer of the simulator to the set `tiny` holds.
const ANSWER: &str = "Taken together";

fn passing(share: f64) -> Server {
    Server::with_options(|options| options.profile.default_pass_rate = share)
}

/// What is printed, and written to the files that are named, whatever the exit code.
fn shown(lab: &Lab, arguments: &[&str], files: &[&str]) -> String {
    let ended: Ended = lab.labctl(arguments);
    assert_ne!(ended.code, 2, "{ended:#?}");
    let written = files.iter().map(|file| fs::read_to_string(lab.path(file)).unwrap());
    written.fold(format!("{}{}", ended.stdout, ended.stderr), |all, file| all + &file)
}

#[test]
fn no_command_shows_what_was_to_be_taken_out() {
    let (candidate, baseline) = (passing(0.0), passing(1.0));
    let lab = Lab::with_sides(&candidate, &baseline);
    lab.bench(&["--compare-baseline", "--no-report"]).succeeds();
    let before = fs::read(lab.only(".json")).unwrap();
    let gate = ["gate", "latest", "--max-pass-rate-drop", "3", "--junit", "j.xml", "--summary", "s.md"];
    let commands: [(&[&str], &[&str]); 8] = [
        (&["results", "show", "--format", "json"], &[]),
        (&["results", "show", "--format", "markdown"], &[]),
        (&["results", "show"], &[]),
        (&["results", "export", "-o", "rows.csv"], &["rows.csv"]),
        (&["results", "export", "--format", "json"], &[]),
        (&["results", "export", "--format", "vllm-bench", "--detail"], &[]),
        (&gate, &["j.xml", "s.md"]),
        (&["report", "--format", "json"], &[]),
    ];
    let mut quoting = 0;
    for (arguments, files) in commands {
        let whole = shown(&lab, arguments, files);
        quoting += usize::from(whole.contains(ANSWER));
        for texts in [&["--redact", "answers"][..], &["--redact", "all"], &["--no-text"]] {
            let told = shown(&lab, &[arguments, texts].concat(), files);
            assert!(!told.is_empty() && !told.contains(ANSWER), "{arguments:?} {texts:?}: {told}");
        }
    }
    assert!(quoting >= 6, "{quoting} of the commands quote an answer at all");
    assert_eq!(fs::read(lab.only(".json")).unwrap(), before);
}

#[test]
fn rescoring_and_listing_quote_no_answer() {
    let server = passing(0.5);
    let lab = Lab::at(&server.url());
    lab.bench(&["--no-report"]).succeeds();
    for arguments in
        [&["rescore", "latest"][..], &["rescore", "latest", "--format", "json"], &["results", "list"]]
    {
        let told = shown(&lab, arguments, &[]);
        assert!(!told.contains(ANSWER), "{arguments:?}: {told}");
    }
}
