//! `labctl compare` end to end: a run's own sides, two runs, three and more, and everything that can't be compared.

use std::fs;
use std::path::PathBuf;

use labctl::model::compared::ComparisonReport;
use labctl::model::head_to_head::HeadToHeadReport;
use labctl::model::health::HealthStatus;
use labctl::model::judgement::JudgeInfo;
use labctl::model::result::{RunResult, RunStatus};
use labctl::promptset::{manifest_for, write_manifest};
use labctl::results::store::{Store, load_file};
use serde_json::{Value, json};

use crate::servers::Server;
use crate::support::{Ended, Lab, prompt};

/// A server that passes this share of the set `tiny`.
fn passing(share: f64) -> Server {
    Server::with_options(|options| options.profile.default_pass_rate = share)
}

/// Measures the set `tiny` on a server and keeps the result, its client taken for valid, as `NAME.json`.
fn measured(lab: &Lab, name: &str, server: &Server, arguments: &[&str]) -> RunResult {
    let url = server.url();
    let bench = ["bench", "--url", &url, "--promptset", "tiny", "--no-report", "--allow-invalid-client"];
    let ended = lab.labctl(&[&bench[..], &["--format", "json"], arguments].concat());
    assert!(matches!(ended.code, 0 | 3), "{ended:#?}");
    let mut result: RunResult = serde_json::from_str(&ended.stdout).unwrap();
    result.client_health.status = HealthStatus::Valid;
    result.client_health.reasons.clear();
    kept(lab, name, &result);
    result
}

/// Writes a result as `NAME.json`, and gives the path.
fn kept(lab: &Lab, name: &str, result: &RunResult) -> PathBuf {
    let path = lab.path(&format!("{name}.json"));
    fs::write(&path, serde_json::to_string(result).unwrap()).unwrap();
    path
}

fn parsed<T: serde::de::DeserializeOwned>(ended: &Ended) -> T {
    assert_eq!(ended.code, 0, "{ended:#?}");
    serde_json::from_str(&ended.stdout).unwrap()
}

fn follows(schema: &str, document: &str) {
    let schema = fs::read_to_string(format!("{}/schemas/{schema}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn two_runs_in_every_form() {
    let (good, bad) = (passing(1.0), passing(0.0));
    let lab = Lab::new();
    measured(&lab, "a", &good, &[]);
    measured(&lab, "b", &bad, &[]);
    let json = lab.labctl(&["compare", "a.json", "b.json", "--format", "json"]);
    let report: ComparisonReport = parsed(&json);
    follows("comparison.schema.json", &json.stdout);
    assert_eq!((report.comparison.losses.len(), report.same_run, report.simulated), (8, false, true));
    assert_eq!(report.flipped.len(), 8);
    assert!(report.flipped.iter().all(|row| row.baseline.is_some() && row.candidate.is_some()));

    let text = lab.labctl(&["compare", "a.json", "b.json"]);
    text.succeeds();
    for part in ["8 prompts that", "tiny-1", "SIMULATED", "one after the other", "telemetry"] {
        assert!(text.stdout.contains(part), "no `{part}` in {}", text.stdout);
    }
    let losses = text.stdout.find("8 prompts that").unwrap();
    assert!(losses < text.stdout.find("Speed\n").unwrap(), "losses come first");

    let output = ["compare", "a.json", "b.json", "--format", "markdown", "--output", "comparison.md"];
    lab.labctl(&output).succeeds().prints_nothing();
    let written = fs::read_to_string(lab.path("comparison.md")).unwrap();
    assert!(written.contains("## 8 prompts that") && written.contains("| found |"), "{written}");
}

#[test]
fn a_run_s_own_sides() {
    let (good, bad) = (passing(1.0), passing(0.0));
    let lab = Lab::with_sides(&bad, &good);
    lab.bench(&["--compare-baseline", "--no-report"]);
    let report: ComparisonReport = parsed(&lab.labctl(&["compare", "latest", "--format", "json", "--force"]));
    assert!(report.same_run);
    assert_eq!(report.comparison.losses.len(), 8);
    assert_eq!(report.baseline.run_id, report.candidate.run_id);
    let gate = ["compare", "latest", "--force", "--max-pass-rate-drop", "5"];
    assert_eq!(lab.labctl(&gate).code, 1);
}

#[test]
fn a_run_without_a_baseline_says_what_to_do() {
    let lab = Lab::new();
    let run = measured(&lab, "a", &Server::good(), &[]);
    lab.labctl(&["compare", "a.json"])
        .fails(2, &[&run.run_id, "has no baseline", "labctl compare BASELINE", "--compare-baseline"])
        .prints_nothing();
    lab.labctl(&["compare", "a.json", "--intersect"]).fails(2, &["two runs"]).prints_nothing();
    let same = lab.labctl(&["compare", "a.json", "a.json"]);
    assert!(same.stdout.contains("compared with itself"), "{same:#?}");
}

#[test]
fn three_runs_head_to_head() {
    let (good, bad) = (passing(1.0), passing(0.0));
    let lab = Lab::new();
    measured(&lab, "a", &good, &[]);
    measured(&lab, "b", &bad, &[]);
    let mut third = measured(&lab, "c", &bad, &[]);
    third.candidate.model = "third".to_owned();
    kept(&lab, "c", &third);
    let runs = ["compare", "a.json", "b.json", "c.json"];
    let json = lab.labctl(&[&runs[..], &["--format", "json"]].concat());
    let report: HeadToHeadReport = parsed(&json);
    follows("head-to-head.schema.json", &json.stdout);
    assert_eq!((report.sides.len(), report.comparisons.len(), report.common_prompts), (3, 2, 8));
    let quality = &report.standings[0];
    assert_eq!((quality.metric.as_str(), quality.winner), ("pass_rate", Some(0)));
    assert_eq!(report.conclusion.won[0].side, 0);
    let text = lab.labctl(&runs);
    for part in ["Head to head", "winner", "pass rate overall", "not settled"] {
        assert!(text.stdout.contains(part), "no `{part}` in {}", text.stdout);
    }
    let gated = lab.labctl(&[&runs[..], &["--max-pass-rate-drop", "5"]].concat());
    assert_eq!(gated.code, 1, "{gated:#?}");
    let markdown = lab.labctl(&[&runs[..], &["--format", "markdown"]].concat());
    assert!(markdown.stdout.contains("## Head to head"), "{}", markdown.stdout);
}

/// Everything that keeps two results from being compared, all of it said at once.
#[test]
fn what_can_not_be_compared_is_refused_with_every_reason() {
    let lab = Lab::new();
    let mut run = measured(&lab, "a", &Server::good(), &[]);
    run.run_id = "other".to_owned();
    run.sampling.temperature = 0.7;
    run.client.check_engine = run.client.check_engine.map(|version| version + 1);
    run.candidate.simulated = false;
    run.client_health.status = HealthStatus::Invalid;
    run.client_health.reasons = vec!["it lagged".to_owned()];
    run.judge = Some(JudgeInfo {
        endpoint: "judge".to_owned(),
        url: String::new(),
        model: "judge-7b".to_owned(),
        simulated: false,
        repeats: 3,
        asked: 8,
        unparsed: 0,
        failed: 0,
    });
    kept(&lab, "b", &run);
    let reasons = [
        "temperature 0 against 0.7",
        "judged by different checks",
        "the baseline is simulated and the other side is not",
        "the client was not valid (it lagged)",
        "none on the baseline, `judge-7b` (endpoint `judge`, asked 3 times) on the candidate",
    ];
    lab.labctl(&["compare", "a.json", "b.json"]).fails(3, &reasons).fails(3, &["`--force`"]).prints_nothing();

    for format in ["text", "markdown"] {
        let forced = lab.labctl(&["compare", "a.json", "b.json", "--force", "--format", format]);
        assert_eq!(forced.code, 0, "{forced:#?}");
        assert!(forced.stdout.to_lowercase().contains("forced"), "{}", forced.stdout);
    }
    let forced = lab.labctl(&["compare", "a.json", "b.json", "--force", "--format", "json"]);
    assert_eq!(parsed::<ComparisonReport>(&forced).comparison.forced_over.len(), 5);
    lab.labctl(&["compare", "a.json", "b.json", "--force", "--max-pass-rate-drop", "5"])
        .fails(3, &["one side is simulated", "no gate compares them"])
        .prints_nothing();
}

/// Two versions of a set: one prompt changed, one went, one came.
#[test]
fn sets_that_differ_are_compared_by_what_they_share() {
    let server = Server::good();
    let lab = Lab::new();
    measured(&lab, "old", &server, &[]);
    let old = lab.path("promptsets/tiny");
    fs::rename(&old, lab.path("tiny-before")).unwrap();
    let lines: Vec<String> =
        (2..=9).map(|n| if n == 3 { prompt(3).replace("How many", "How much") } else { prompt(n) }).collect();
    lab.write_prompts("tiny", &lines.join("\n"));
    write_manifest(&old, &manifest_for(&old).unwrap()).unwrap();
    measured(&lab, "new", &server, &[]);

    let compare = ["compare", "old.json", "new.json"];
    lab.labctl(&compare).fails(3, &["the prompt sets differ", "`--intersect`"]).prints_nothing();
    let unknown = lab.labctl(&[&compare[..], &["--intersect", "--format", "json"]].concat());
    let told = parsed::<ComparisonReport>(&unknown).intersected.unwrap();
    assert_eq!((told.prompts, told.left_out_of_baseline, told.left_out_of_candidate), (7, 1, 1));
    assert!(!told.verified, "the old set is gone");
    let text = lab.labctl(&[&compare[..], &["--intersect"]].concat());
    assert!(text.stdout.contains("contents not verified"), "{}", text.stdout);

    // Where the old set is to be had, what changed is seen.
    let mut first = load_file(&lab.path("old.json")).unwrap();
    fs::create_dir(lab.path("before")).unwrap();
    fs::rename(lab.path("tiny-before"), lab.path("before/tiny")).unwrap();
    first.prompt_set.origin = "before/tiny".to_owned();
    kept(&lab, "old", &first);
    let known = lab.labctl(&[&compare[..], &["--intersect", "--format", "json"]].concat());
    let report: ComparisonReport = parsed(&known);
    let told = report.intersected.unwrap();
    assert_eq!((told.prompts, told.differing, told.verified), (6, 1, true));
    assert_eq!(report.comparison.overall.pairs, 6);
    for format in ["text", "markdown"] {
        let shown = lab.labctl(&[&compare[..], &["--intersect", "--format", format]].concat());
        assert!(shown.stdout.contains("6 prompts that both sets have"), "{}", shown.stdout);
    }
}

/// Three prompts of eight that pass show nothing of the other five.
#[test]
fn a_run_that_was_cut_short_is_no_pass() {
    let lab = Lab::new();
    let mut run = measured(&lab, "a", &passing(1.0), &[]);
    run.run_id = "short".to_owned();
    run.status = RunStatus::Interrupted;
    run.rows.truncate(3);
    kept(&lab, "b", &run);
    let compare = ["compare", "a.json", "b.json", "--max-pass-rate-drop", "5"];
    lab.labctl(&compare)
        .fails(3, &["of 8, 5 on the baseline's and 0 on the candidate's", "`--intersect`"])
        .prints_nothing();
    let of_both = lab.labctl(&[&compare[..], &["--intersect", "--format", "json"]].concat());
    let report: ComparisonReport = serde_json::from_str(&of_both.stdout).unwrap();
    assert_eq!(report.comparison.overall.pairs, 3);
    assert_eq!(lab.labctl(&["compare", "a.json", "b.json", "--force"]).code, 0);
}

#[test]
fn results_of_other_versions() {
    let lab = Lab::new();
    measured(&lab, "a", &Server::good(), &[]);
    let mut older: Value = serde_json::from_str(&fs::read_to_string(lab.path("a.json")).unwrap()).unwrap();
    older["schema_version"] = json!(1);
    older["run_id"] = json!("older");
    older["client"].as_object_mut().unwrap().remove("check_engine");
    fs::write(lab.path("older.json"), older.to_string()).unwrap();
    let loaded = lab.labctl(&["compare", "older.json", "a.json"]);
    assert_eq!(loaded.code, 0, "{loaded:#?}");
    let said = loaded.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("doesn't say which version of the checks"), "{}", loaded.stdout);
    older["schema_version"] = json!(99);
    fs::write(lab.path("newer.json"), older.to_string()).unwrap();
    lab.labctl(&["compare", "newer.json", "a.json"])
        .fails(2, &["newer.json", "newer labctl", "schema version is 99", "update labctl"])
        .prints_nothing();
}

#[test]
fn files_that_are_no_results() {
    let lab = Lab::new();
    measured(&lab, "a", &Server::good(), &[]);
    let whole = fs::read_to_string(lab.path("a.json")).unwrap();
    fs::write(lab.path("cut.json"), &whole[..whole.len() / 2]).unwrap();
    lab.labctl(&["compare", "a.json", "cut.json"])
        .fails(2, &["cut.json", "cut short at line 1"])
        .prints_nothing();
    fs::write(lab.path("other.json"), "{\"a\": 1}").unwrap();
    lab.labctl(&["compare", "a.json", "other.json"])
        .fails(2, &["other.json", "not a valid result"])
        .prints_nothing();
    lab.labctl(&["compare", "a.json", "nowhere.json"]).fails(2, &["nowhere.json"]).prints_nothing();
    lab.labctl(&["compare", "a.json", "no-such-run"])
        .fails(2, &["no run `no-such-run`", "`labctl results list`"])
        .prints_nothing();
}

#[test]
fn a_journal_is_no_result_and_a_short_prefix_may_be_any_of_several() {
    let lab = Lab::new();
    let mut run = measured(&lab, "a", &Server::good(), &[]);
    let store = Store::new(lab.path("results"));
    for id in ["abc-1", "abc-2"] {
        run.run_id = id.to_owned();
        store.write(&run).unwrap();
    }
    lab.labctl(&["compare", "abc", "abc-1"])
        .fails(2, &["`abc` may be any of 2 runs", "`abc-1`, `abc-2`"])
        .prints_nothing();
    fs::write(lab.path("results/crashed.journal.jsonl"), "{}\n").unwrap();
    lab.labctl(&["compare", "abc-1", "crashed"])
        .fails(2, &["run `crashed` has no result yet", "labctl results recover crashed"])
        .prints_nothing();
}

#[test]
fn the_schemas_are_printed() {
    for (kind, title) in [("comparison", "ComparisonReport"), ("head-to-head", "HeadToHeadReport")] {
        let printed: Value = parsed(&Lab::new().labctl(&["config", "schema", kind]));
        assert_eq!(printed["title"], title);
    }
}
