//! Loads that can't be put on.

use crate::servers::Server;
use crate::support::{Ended, Lab};

#[test]
fn no_concurrency_at_all() {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    lab.bench(&["--concurrency", "0"])
        .fails(2, &["--concurrency", "`load.concurrency` must be at least 1"])
        .prints_nothing();
    assert_eq!(server.requests_served(), 0);
    lab.has_no_results();
}

#[test]
fn more_connections_than_open_files() {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    let with_files = |concurrency: &str| {
        let labctl = lab.command().get_program().to_owned();
        let mut shell = assert_cmd::Command::new("sh");
        // The limit holds for the shell and what it becomes, not for the test.
        shell.args(["-c", "ulimit -n 100 && exec \"$0\" \"$@\""]).arg(labctl).current_dir(lab.path(""));
        shell.args(Lab::bench_arguments(&["--concurrency", concurrency]));
        Ended::of(&mut shell)
    };
    with_files("60")
        .fails(2, &["60 connections need 124 open files", "at most 100"])
        .fails(2, &["lower `--concurrency` to 36", "`ulimit -Hn`"])
        .prints_nothing();
    assert_eq!(server.requests_served(), 0);
    assert_eq!(lab.all(".json").len(), 0);
    with_files("36").succeeds();
}
