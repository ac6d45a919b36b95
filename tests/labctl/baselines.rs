//! Blessed baselines end to end: kept, shown, refused where changed, and compared with.

use std::fs;

use labctl::model::compared::ComparisonReport;
use labctl::model::health::HealthStatus;
use labctl::model::result::{RunResult, RunStatus};
use labctl::results::store::Store;
use serde_json::{Value, json};

use crate::servers::Server;
use crate::support::{Lab, PROMPTS};

/// A lab whose baseline server passes everything and whose candidate nothing, and the baseline's run, not yet blessed.
fn lab() -> (Lab, [Server; 2], String) {
    let good = Server::good();
    let bad = Server::with_options(|options| options.profile.default_pass_rate = 0.0);
    let lab = Lab::new().with_endpoints(&[("candidate", json!({"url": bad.url()}))]);
    let url = good.url();
    let bench = [
        "bench",
        "--url",
        &url,
        "--promptset",
        "tiny",
        "--no-report",
        "--allow-invalid-client",
        "--concurrency",
        "2",
    ];
    let ended = lab.labctl(&[&bench[..], &["--format", "json"]].concat());
    let mut run: RunResult = serde_json::from_str(&ended.stdout).unwrap();
    // However busy the machine of the tests was.
    run.client_health.status = HealthStatus::Valid;
    Store::new(lab.path("results")).write(&run).unwrap();
    (lab, [good, bad], run.run_id)
}

#[test]
fn a_baseline_is_blessed_listed_shown_and_removed() {
    let (lab, _servers, run_id) = lab();
    lab.labctl(&["baseline", "list"]).succeeds().prints_nothing();
    let blessed = lab.labctl(&["baseline", "bless", "latest", "--name", "fp16", "--note", "the one"]);
    blessed.succeeds();
    assert!(
        blessed.stdout.contains("blessed `fp16`") && blessed.stderr.contains("simulated"),
        "{blessed:#?}"
    );
    // The run may go, the baseline stays.
    fs::remove_file(lab.path(&format!("results/{run_id}.json"))).unwrap();
    let shown = lab.labctl(&["baseline", "show", "fp16"]);
    shown.succeeds();
    for part in [run_id.as_str(), "8/8", "the one", "the built-in simulator", "as it was blessed"] {
        assert!(shown.stdout.contains(part), "no `{part}` in {}", shown.stdout);
    }
    let listed: Value =
        serde_json::from_str(&lab.labctl(&["baseline", "list", "--format", "json"]).stdout).unwrap();
    assert_eq!((&listed[0]["name"], &listed[0]["is_old"]), (&json!("fp16"), &json!(false)));
    assert!(lab.labctl(&["baseline", "list"]).stdout.contains("(simulated)"));
    assert!(!lab.labctl(&["results", "list"]).stdout.contains("broken"));
    lab.labctl(&["baseline", "remove", "fp16"]).succeeds();
    lab.labctl(&["baseline", "show", "fp16"])
        .fails(2, &["no blessed baseline `fp16`", "`labctl baseline bless`"]);
}

#[test]
fn nothing_is_replaced_or_believed_by_itself() {
    let (lab, _servers, run_id) = lab();
    let bless = ["baseline", "bless", "latest", "--name", "fp16"];
    lab.labctl(&bless).succeeds();
    lab.labctl(&bless).fails(2, &["already", &run_id, "`--replace`"]).prints_nothing();
    lab.labctl(&[&bless[..], &["--replace"]].concat()).succeeds();
    lab.labctl(&["baseline", "bless", "latest", "--side", "baseline"])
        .fails(2, &["has no baseline of its own"]);
    lab.labctl(&["baseline", "bless", "latest", "--name", "a/b"]).fails(2, &["can't be a baseline's name"]);

    let folder = fs::read_dir(lab.path("results/baselines")).unwrap();
    let copy = folder
        .map(|file| file.unwrap().path())
        .find(|path| !path.to_string_lossy().contains(".baseline."))
        .unwrap();
    let text = fs::read_to_string(&copy).unwrap();
    fs::write(&copy, text.replacen("tiny-1", "tiny-9", 1)).unwrap();
    for command in [
        &["baseline", "show", "fp16"][..],
        &["compare", "fp16", "latest"],
        &["bench", "--team", "lab", "--against", "fp16"],
    ] {
        lab.labctl(command).fails(2, &["was changed after it was blessed", "SHA-256"]).prints_nothing();
    }
}

#[test]
fn a_run_is_compared_with_a_baseline_that_is_not_run_again() {
    let (lab, [good, bad], run_id) = lab();
    lab.labctl(&["baseline", "bless", "latest", "--name", "fp16"]).succeeds();
    let (asked, had) = (bad.requests_served(), good.requests_served());
    for flag in ["--baseline", "--against"] {
        let ended = lab.bench(&[flag, "fp16", "--max-pass-rate-drop", "5"]);
        assert_eq!(ended.code, 1, "{ended:#?}");
        for part in ["the baseline was not run again", "`fp16`", &run_id] {
            let flat = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains(part), "no `{part}` in {}", ended.stdout);
        }
    }
    assert_eq!((good.requests_served(), bad.requests_served()), (had, asked + 2 * PROMPTS));
    let result = Store::new(lab.path("results")).load("latest").unwrap();
    let measured = result.baseline.as_ref().unwrap().measured_in.as_ref().unwrap();
    assert_eq!((measured.run_id.as_str(), measured.blessed_as.as_deref()), (run_id.as_str(), Some("fp16")));
    let comparison = result.comparison.as_ref().unwrap();
    assert_eq!((comparison.losses.len(), comparison.overall.pairs), (8, 8));
    assert!(result.rows.iter().all(|row| row.baseline.is_some()), "it describes itself");
    assert_eq!(lab.all(".html").len(), 2);
    let html = fs::read_to_string(&lab.all(".html")[0]).unwrap();
    assert!(html.contains("the baseline was not run again"));

    // It can be read and compared like any other, and says where its baseline comes from.
    let again = lab.labctl(&["compare", "latest", "--force", "--format", "json"]);
    let report: ComparisonReport = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!((report.same_run, report.baseline.run_id.as_str()), (false, run_id.as_str()));
    assert_eq!(report.baseline.blessed_as.as_deref(), Some("fp16"));
    lab.labctl(&["baseline", "bless", "latest", "--side", "baseline", "--name", "x"]).fails(2, &["bless"]);
    // Its gate is evaluated anew too.
    assert_eq!(lab.labctl(&["rescore", "latest", "--allow-invalid-client"]).code, 1);
    let forced = lab.labctl(&["compare", "fp16", "latest", "--force"]);
    assert!(forced.stdout.contains("blessed as fp16"), "{}", forced.stdout);
}

#[test]
fn an_old_baseline_is_called_old() {
    let (lab, _servers, run_id) = lab();
    let store = Store::new(lab.path("results"));
    let mut run = store.load(&run_id).unwrap();
    run.started_at = "2020-01-01T00:00:00Z".to_owned();
    store.write(&run).unwrap();
    lab.labctl(&["baseline", "bless", &run_id, "--name", "fp16"]).succeeds();
    let shown = lab.labctl(&["compare", "fp16", &run_id]);
    let said = shown.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("days ago, more than 30"), "{shown:#?}");
    let shown = lab.labctl(&["compare", "fp16", &run_id, "--max-age", "100000"]);
    assert!(!shown.stdout.contains("days ago"), "{shown:#?}");
    let set = ["baseline", "show", "fp16", "--set", "defaults.baseline_max_age_days=100000"];
    assert_eq!(lab.labctl(&set).stderr, "");
    assert!(lab.labctl(&["baseline", "list"]).stdout.contains("(old)"));
}

#[test]
fn names_that_mean_two_things_or_nothing() {
    let (lab, _servers, run_id) = lab();
    lab.labctl(&["baseline", "bless", "latest", "--name", &run_id]).succeeds();
    lab.labctl(&["compare", &run_id, "latest"])
        .fails(2, &["may be the blessed baseline", "or a run", &format!("`baseline:{run_id}`")])
        .prints_nothing();
    lab.labctl(&["compare", &format!("baseline:{run_id}"), "latest"]).succeeds();
    lab.labctl(&["compare", "nobody", "latest"]).fails(2, &["no run `nobody`", "blessed baselines are"]);
    lab.bench(&["--baseline", "nobody"])
        .fails(2, &["`nobody` is neither an endpoint (there are `candidate`", "nor a blessed baseline"])
        .prints_nothing();
    lab.bench(&["--against", "nobody"]).fails(2, &["no blessed baseline `nobody`"]).prints_nothing();
    // An endpoint of the name wins.
    lab.labctl(&["baseline", "bless", "latest", "--name", "candidate"]).succeeds();
    let ended = lab.bench(&["--baseline", "candidate", "--dry-run"]);
    assert!(ended.stderr.contains("the endpoint is run"), "{ended:#?}");
}

#[test]
fn what_can_not_be_compared_is_found_before_anything_is_sent() {
    let (lab, [_, bad], _) = lab();
    lab.labctl(&["baseline", "bless", "latest", "--name", "fp16"]).succeeds();
    let served = bad.requests_served();
    lab.bench(&["--against", "fp16", "--promptset", "canary"])
        .fails(3, &["answered `tiny`", "`canary`"])
        .prints_nothing();
    lab.bench(&["--against", "fp16", "--sweep", "concurrency=1,2"])
        .fails(3, &["several loads"])
        .prints_nothing();
    lab.bench(&["--baseline", "fp16", "--aa"])
        .fails(2, &["`fp16` is a blessed baseline", "`--aa`"])
        .prints_nothing();
    assert_eq!(bad.requests_served(), served);
}

/// The latest run, its client taken for valid: however busy the machine of the tests was.
fn latest_valid(lab: &Lab) -> RunResult {
    let store = Store::new(lab.path("results"));
    let mut run = store.load("latest").unwrap();
    run.client_health.status = HealthStatus::Valid;
    run.client_health.reasons.clear();
    store.write(&run).unwrap();
    run
}

#[test]
fn what_makes_a_blessed_baseline_incomparable_outlives_rescoring() {
    let (lab, _servers, _) = lab();
    lab.labctl(&["baseline", "bless", "latest", "--name", "fp16"]).succeeds();
    let ended = lab.bench(&["--against", "fp16", "--max-tokens", "7", "--max-pass-rate-drop", "5"]);
    assert_eq!(ended.code, 3, "{ended:#?}");
    let reasons = |lab: &Lab| latest_valid(lab).comparison.unwrap().invalid_because;
    let of_run = reasons(&lab);
    assert!(of_run[0].contains("max_tokens not sent against 7"), "{of_run:?}");
    for _ in 0..2 {
        assert_eq!(lab.labctl(&["rescore", "latest", "--allow-invalid-client"]).code, 3);
        assert_eq!(reasons(&lab), of_run);
        lab.labctl(&["compare", "latest"]).fails(3, &["max_tokens not sent against 7"]);
    }

    // What judged otherwise is mended by judging both anew.
    let store = Store::new(lab.path("results"));
    let mut run = store.load("latest").unwrap();
    let comparison = run.comparison.as_mut().unwrap();
    comparison.invalid_because = vec![
        "the answers were judged by different checks: version 1 on the baseline, 2 on the candidate"
            .to_owned(),
    ];
    store.write(&run).unwrap();
    assert_eq!(lab.labctl(&["rescore", "latest", "--allow-invalid-client"]).code, 1);
    assert_eq!(reasons(&lab), [""; 0]);
}

/// What an endpoint is asked today is not what it was asked when it was blessed.
#[test]
fn how_a_baseline_was_asked_is_not_read_from_another_configuration() {
    let good = Server::good();
    let (url, body) = (good.url(), json!({"top_k": 5}));
    let lab = Lab::new().with_endpoints(&[("candidate", json!({"url": url})), ("fp16", json!({"url": url}))]);
    let bench = ["bench", "--endpoint", "fp16", "--promptset", "tiny", "--no-report"];
    lab.labctl(&[&bench[..], &["--allow-invalid-client"]].concat()).succeeds();
    latest_valid(&lab);
    lab.labctl(&["baseline", "bless", "latest", "--name", "then"]).succeeds();
    let lab = lab
        .with_endpoints(&[("candidate", json!({"url": url})), ("fp16", json!({"url": url, "body": body}))]);
    lab.bench(&["--against", "then"]).succeeds();
    assert_eq!(latest_valid(&lab).comparison.unwrap().invalid_because, [""; 0]);
    lab.labctl(&["compare", "latest"]).succeeds();
    lab.labctl(&["rescore", "latest", "--allow-invalid-client"]).succeeds();
    assert_eq!(latest_valid(&lab).comparison.unwrap().invalid_because, [""; 0]);
}

#[test]
fn noise_is_held_against_a_blessed_baseline_too() {
    let (lab, _servers, _) = lab();
    lab.labctl(&["baseline", "bless", "latest", "--name", "fp16"]).succeeds();
    lab.bench(&["--aa"]).succeeds();
    // Before anything is sent nobody knows that a URL is a simulator's.
    let mut noise = latest_valid(&lab);
    noise.candidate.simulated = false;
    noise.baseline.as_mut().unwrap().simulated = false;
    Store::new(lab.path("results")).write(&noise).unwrap();
    let noise = noise.run_id;
    lab.bench(&["--against", "fp16", "--noise", &noise]).succeeds();
    let comparison = latest_valid(&lab).comparison.unwrap();
    assert_eq!(comparison.noise_run.as_ref(), Some(&noise));
    assert_eq!(comparison.overall.noise.unwrap().pairs, PROMPTS);
    let rescored = lab.labctl(&["rescore", "latest", "--allow-invalid-client"]);
    assert!(rescored.stderr.contains(&format!("--noise {noise}` does that")), "{rescored:#?}");
    assert_eq!(latest_valid(&lab).comparison.unwrap().noise_run, None);
}

#[test]
fn speed_under_another_load_is_not_compared_and_quality_is() {
    let (lab, _servers, _) = lab();
    lab.labctl(&["baseline", "bless", "latest", "--name", "fp16"]).succeeds();
    let ended = lab.bench(&["--against", "fp16", "--concurrency", "1"]);
    assert!(ended.stdout.contains("n/a: concurrency differs, 2 against 1"), "{ended:#?}");
    let compared = |arguments: &[&str]| -> ComparisonReport {
        let ended = lab.labctl(&[&["compare"], arguments, &["--format", "json"]].concat());
        serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{ended:#?}"))
    };
    let run = latest_valid(&lab).run_id;
    for arguments in [&["latest"][..], &["fp16", run.as_str()]] {
        let comparison = compared(arguments).comparison;
        assert!(comparison.speed.iter().all(|speed| speed.ratio.is_none()), "{:#?}", comparison.speed);
        assert_eq!(comparison.overall.losses, PROMPTS);
    }
    lab.labctl(&["rescore", "latest", "--allow-invalid-client"]).succeeds();
    let comparison = latest_valid(&lab).comparison.unwrap();
    assert!(comparison.speed.iter().all(|speed| speed.ratio.is_none()));
}

#[test]
fn part_of_a_run_is_no_baseline() {
    let (lab, _servers, run_id) = lab();
    let store = Store::new(lab.path("results"));
    let mut run = store.load(&run_id).unwrap();
    run.status = RunStatus::Interrupted;
    store.write(&run).unwrap();
    lab.labctl(&["baseline", "bless", &run_id]).fails(2, &["did not get to its end"]).prints_nothing();
}
