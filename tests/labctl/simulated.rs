//! No configuration: the simulator stands in, but never by accident, and never unsaid.

use crate::support::{Ended, Lab};

fn bench(lab: &Lab, environment: &[(&str, &str)], arguments: &[&str]) -> Ended {
    let fast =
        ["bench", "--team", "quant", "--promptset", "tiny", "--compare-baseline", "--simulator-speed", "50"];
    let mut command = lab.command();
    command.args(fast).arg("--allow-invalid-client").args(arguments);
    for (name, value) in environment {
        command.env(name, value);
    }
    Ended::of(&mut command)
}

#[test]
fn a_pipeline_without_a_configuration_measures_nothing() {
    let lab = Lab::new();
    let parts =
        ["no configuration found", "continuous integration", "`labctl.yaml`", "`--url`", "`--simulate`"];
    bench(&lab, &[("CI", "true")], &[]).fails(2, &parts).prints_nothing();
    bench(&lab, &[], &["--ci"]).fails(2, &parts).prints_nothing();
    bench(&lab, &[], &["--max-pass-rate-drop", "5"])
        .fails(2, &["no configuration found", "a gate is asked for", "`--simulate`"])
        .prints_nothing();
    lab.has_no_results();
}

#[test]
fn a_pipeline_that_asks_for_the_simulator_gets_it_and_is_told() {
    let lab = Lab::new();
    let ended = bench(&lab, &[("CI", "true")], &["--simulate"]);
    ended.succeeds();
    assert!(ended.stdout.to_lowercase().contains("simulated"), "{}", ended.stdout);
    let result = lab.result();
    assert!(result.simulated && result.candidate.simulated);
    for report in [".html", ".md"] {
        let text = std::fs::read_to_string(lab.only(report)).unwrap();
        assert!(text.to_lowercase().contains("simulated"), "{report}");
    }
}

#[test]
fn a_simulator_elsewhere_is_told_too() {
    let server = crate::servers::Server::good();
    let lab = Lab::at(&server.url());
    let ended = lab.bench(&[]);
    ended.succeeds();
    assert!(ended.stdout.to_lowercase().contains("simulated"), "{}", ended.stdout);
    assert!(lab.result().simulated);
}
