//! Places that can't be written, and disks that fill up.

use std::fs;

use crate::servers::Server;
use crate::support::{Ended, Lab, PROMPTS};

#[test]
fn a_results_folder_below_a_file() {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    fs::write(lab.path("file"), "").unwrap();
    lab.bench(&["--results-dir", "file/results"])
        .fails(5, &["the results directory `file/results` can't be written", "`--results-dir`"])
        .prints_nothing();
    assert_eq!(server.requests_served(), 0, "found before any load is put on");
}

#[test]
fn a_results_folder_where_nothing_can_be_made() {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    // No permission of any user makes a file there.
    lab.bench(&["--results-dir", "/proc/labctl-results"])
        .fails(5, &["the results directory `/proc/labctl-results` can't be written", "`--results-dir`"])
        .prints_nothing();
    assert_eq!(server.requests_served(), 0);
}

/// A bench that can make no file longer than this many blocks of 512 bytes. To a program that
/// ignores the signal a longer write fails, as on a full disk.
fn bench_on_disk_of(lab: &Lab, blocks: u32, arguments: &[&str]) -> Ended {
    let labctl = lab.command().get_program().to_owned();
    let mut shell = assert_cmd::Command::new("sh");
    let script = format!("trap '' XFSZ && ulimit -f {blocks} && exec \"$0\" \"$@\"");
    shell.args(["-c", &script]).arg(labctl).current_dir(lab.path(""));
    shell.args(Lab::bench_arguments(arguments));
    Ended::of(&mut shell)
}

#[test]
fn a_disk_that_fills_up_while_it_is_measured() {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    // Enough for the journal's header and some of its records, too little for the result.
    let ended = bench_on_disk_of(&lab, 48, &["--repeats", "4", "--format", "json"]);
    ended.fails(5, &["the result `results/", "could not be written", "--results-dir"]);
    ended.fails(5, &["the journal stopped too, after", "labctl results recover"]);
    assert!(!ended.error().contains("everything measured is still in"), "{ended:#?}");
    assert!(ended.stderr.contains("warning: the journal `results/"), "{ended:#?}");
    // The run went on: what couldn't be written is on standard output, whole.
    assert_eq!(server.requests_served(), 4 * PROMPTS);
    let printed: labctl::model::result::RunResult = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(printed.rows.len() as u64, 4 * PROMPTS);
    // And what was written before is there, as far as it goes.
    assert_eq!(lab.all(".json"), Vec::<std::path::PathBuf>::new());
    assert_eq!(lab.all(".tmp"), Vec::<std::path::PathBuf>::new());
    lab.labctl(&["results", "recover", "latest"]).succeeds();
    let recovered = lab.result();
    assert!(!recovered.rows.is_empty() && recovered.rows.len() < printed.rows.len());
    assert_eq!(recovered.run_id, printed.run_id);
}

#[test]
fn a_disk_that_is_full_from_the_start() {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    bench_on_disk_of(&lab, 0, &[])
        .fails(5, &["the results directory `results` can't be written", "`--results-dir`"])
        .prints_nothing();
    // Room for the proof that a file can be written, but not for the journal's first line.
    bench_on_disk_of(&lab, 1, &[])
        .fails(
            5,
            &["the journal `results/", "could not be created", "nothing was measured", "`--results-dir`"],
        )
        .prints_nothing();
    assert_eq!(server.requests_served(), 0);
    lab.has_no_results();
}
