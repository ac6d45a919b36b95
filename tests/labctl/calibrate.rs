//! `labctl calibrate` from end to end: what is there, not how good it is.

use std::process::Command;

use labctl::model::calibration::Calibration;
use serde_json::Value;

use crate::servers::Server;
use crate::support::{Lab, wait_until};

#[test]
fn a_machine_is_calibrated_and_results_quote_it() {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    let before = lab.labctl(&["doctor"]);
    assert!(
        before.stdout.contains("calibration") && before.stdout.contains("labctl calibrate"),
        "{before:#?}"
    );
    lab.bench(&[]).succeeds();
    assert_eq!(lab.result().client.calibration, None);
    std::fs::remove_dir_all(lab.path("results")).unwrap();

    let ended = lab.labctl(&["calibrate", "--quick", "--format", "json"]);
    ended.succeeds();
    let told: Calibration = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(told.bounds.iter().map(|bound| bound.streams).collect::<Vec<_>>(), [1, 64, 256, 1_000]);
    for bound in &told.bounds {
        assert_eq!((bound.requests, bound.failed), (u64::from(bound.streams) * 2, 0), "{bound:?}");
        assert!(bound.tokens_per_s > 0.0 && (0.0..=1.0).contains(&bound.exact_share), "{bound:?}");
        assert_eq!(bound.ttft_error.unwrap().n, bound.requests);
        // A stamp is never taken before the bytes are written.
        assert!(bound.stamp_lag.is_none_or(|lag| lag.p50_ms > 0.0), "{bound:?}");
    }
    assert!(told.quick && told.machine.cores > 0);

    let stored: Value =
        serde_json::from_slice(&std::fs::read(lab.path("state/calibration.json")).unwrap()).unwrap();
    assert_eq!(serde_json::from_value::<Calibration>(stored["calibrations"][0].clone()).unwrap(), told);
    let ended = lab.bench(&[]);
    ended.succeeds();
    assert!(ended.stdout.contains("calibrated at 64 streams"), "{}", ended.stdout);
    assert_eq!(lab.result().client.calibration, Some(told));
    let after = lab.labctl(&["doctor"]);
    assert!(after.stdout.contains("at 64 streams stamps within"), "{after:#?}");
}

#[test]
fn an_interrupt_ends_the_simulator_too() {
    let lab = Lab::new();
    let run = lab.start(&["calibrate"]);
    let simulators = || {
        let children = Command::new("pgrep").args(["-P", &run.id().to_string()]).output().unwrap();
        String::from_utf8(children.stdout).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let simulator = wait_until("the simulator runs", || simulators().pop());
    run.signal("INT");
    run.end().fails(130, &["interrupted before anything was measured"]).prints_nothing();
    assert!(!std::path::Path::new(&format!("/proc/{simulator}")).exists());
    assert!(!lab.path("state").exists());
}

#[test]
fn a_calibration_that_cannot_be_stored_is_told() {
    let lab = Lab::new();
    std::fs::write(lab.path("state"), "not a folder").unwrap();
    let ended = lab.labctl(&["calibrate", "--quick"]);
    ended.fails(5, &["cannot write", "calibration.json"]);
    assert!(ended.stdout.contains("streams"), "what was measured is told: {ended:#?}");
}
