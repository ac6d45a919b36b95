//! What continuous integration gets: from `bench` and `compare`, whatever the exit code, and from text that means harm.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use labctl::model::comparison::GateVerdict;
use labctl::model::judgement::Verdict;
use labctl::model::result::RunResult;
use labctl::promptset::{manifest_for, write_manifest};
use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use serde_json::json;

use crate::support::{Ended, Lab};

/// Prompts of each category.
const PROMPTS: u64 = 12;

/// What a model might answer, were it to attack a pipeline.
const EVIL: &str = "]]></system-out><x/>\u{1b}[31m\u{0}\u{ffff}\n::error::pwned\n::add-mask::e\n##[error]pwned\n\
                    <script>alert(1)</script> | `x` @all";

/// A lab whose candidate loses every prompt of `math` with a hostile answer and none of `factual`: what it answers
/// "wrongly" there is right all the same.
fn lab() -> Lab {
    let simulator = |profile: &str, pass_rate: f64| {
        json!({
            "model": format!("{profile}|]]>::add-mask::x<b>"),
            "simulator": {"profile": profile, "speed": 100.0, "pass_rate": pass_rate, "flip_rate": 0.0},
        })
    };
    let endpoints = [("candidate", simulator("awq", 0.0)), ("baseline", simulator("fp16", 1.0))];
    let lab = Lab::new().with_endpoints(&endpoints);
    let prompt = |category: &str, number: u64| {
        let right = format!("Taken together they are {} in all.", number + 100);
        let wrong = format!("Taken together they are {}. {EVIL}", number + 900);
        json!({
            "id": format!("{category}-{number}"),
            "category": category,
            "prompt": format!("How many are {number} and one hundred ({category})? {EVIL}"),
            "max_tokens": 256,
            "checks": [{"type": "contains", "any": [(number + 100).to_string()]}],
            "reference": right,
            "near_miss": [if category == "math" { wrong } else { right.clone() }],
        })
        .to_string()
    };
    let lines: Vec<_> =
        ["math", "factual"].iter().flat_map(|category| (1..=PROMPTS).map(|n| prompt(category, n))).collect();
    lab.write_prompts("tiny", &lines.join("\n"));
    let set = lab.path("promptsets/tiny");
    write_manifest(&set, &manifest_for(&set).unwrap()).unwrap();
    lab
}

/// Runs labctl as in a job of a service.
fn job(lab: &Lab, environment: &[(&str, PathBuf)], arguments: &[&str]) -> Ended {
    let mut command = lab.command();
    command.args(arguments);
    for (name, value) in environment {
        command.env(name, value);
    }
    Ended::of(&mut command)
}

fn bench(lab: &Lab, environment: &[(&str, PathBuf)], arguments: &[&str]) -> Ended {
    job(lab, environment, &Lab::bench_arguments(&[&["--compare-baseline"], arguments].concat()))
}

/// The variables of a job of GitHub's.
fn github(lab: &Lab) -> Vec<(&'static str, PathBuf)> {
    vec![
        ("CI", "true".into()),
        ("GITHUB_ACTIONS", "true".into()),
        ("GITHUB_WORKSPACE", lab.path("")),
        ("GITHUB_STEP_SUMMARY", lab.path("step-summary.md")),
        ("GITHUB_OUTPUT", lab.path("step-output")),
    ]
}

fn gitlab() -> Vec<(&'static str, PathBuf)> {
    vec![("CI", "true".into()), ("GITLAB_CI", "true".into())]
}

fn read(lab: &Lab, path: &str) -> String {
    fs::read_to_string(lab.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The step's outputs as GitHub's runner reads them.
fn outputs(lab: &Lab) -> BTreeMap<String, String> {
    let text = read(lab, "step-output");
    let mut lines = text.lines();
    let mut outputs = BTreeMap::new();
    while let Some(line) = lines.next() {
        let (name, delimiter) = line.split_once("<<").unwrap();
        let value: Vec<_> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        outputs.insert(name.to_owned(), value.join("\n"));
    }
    outputs
}

/// A JUnit report's cases: `suite/name` with what became of them.
fn cases(lab: &Lab, path: &str) -> BTreeMap<String, &'static str> {
    let report = Report::deserialize_from_str(&read(lab, path)).unwrap();
    let word = |status: &TestCaseStatus| match status {
        TestCaseStatus::Success { .. } => "pass",
        TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, .. } => "failure",
        TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, .. } => "error",
        TestCaseStatus::Skipped { .. } => "skipped",
    };
    let of = |suite: &quick_junit::TestSuite| {
        let name = suite.name.as_str().to_owned();
        let cases = suite
            .test_cases
            .iter()
            .map(|case| (format!("{name}/{}", case.name.as_str()), word(&case.status)));
        cases.collect::<Vec<_>>()
    };
    report.test_suites.iter().flat_map(of).collect()
}

/// Leaves a file for the readers of `.ci/run` (`tests/fixtures/ci/validate.py`).
fn keep(lab: &Lab, path: &str, name: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ci-outputs");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(lab.path(path), folder.join(name)).unwrap();
}

/// Asserts that the failures are the losses of failing categories and the gates that failed, and nothing else.
fn assert_failures(result: &RunResult, cases: &BTreeMap<String, &'static str>) {
    let comparison = result.comparison.as_ref().unwrap();
    let fails = |category: &str| {
        let rate = comparison.categories.iter().find(|rate| rate.category.as_deref() == Some(category));
        rate.unwrap().verdict == Some(GateVerdict::Fail)
    };
    let lost = comparison.losses.iter().filter(|loss| fails(&loss.category));
    let mut expected: Vec<_> = lost.map(|loss| format!("{}/{}", loss.category, loss.prompt_id)).collect();
    let gates = comparison.gates.iter().filter(|gate| gate.verdict == GateVerdict::Fail);
    expected.extend(gates.map(|gate| format!("gates/{}", gate.name)));
    expected.sort();
    let found: Vec<_> =
        cases.iter().filter(|(_, word)| **word == "failure").map(|(name, _)| name.clone()).collect();
    assert_eq!(found, expected);
}

#[test]
fn github_gets_a_summary_outputs_and_annotations_and_nothing_that_a_model_wrote_as_a_command() {
    let lab = lab();
    fs::write(lab.path("step-summary.md"), "what an earlier command wrote\n").unwrap();
    let ended = bench(&lab, &github(&lab), &["--max-pass-rate-drop", "5", "--junit", "out/junit.xml"]);
    assert_eq!(ended.code, 1, "{ended:#?}");
    let result = lab.result();

    let summary = read(&lab, "step-summary.md");
    assert!(summary.starts_with("what an earlier command wrote\n") && summary.contains("FAIL"), "{summary}");
    assert!(summary.contains("SIMULATED"), "{summary}");
    // Answers are code there, whatever they hold.
    assert!(
        summary.lines().all(|line| !line.contains("<script>") || line.starts_with("| `math-")),
        "{summary}"
    );

    let outputs = outputs(&lab);
    assert_eq!((outputs["verdict"].as_str(), outputs["exit_code"].as_str()), ("fail", "1"));
    assert_eq!((outputs["pass_rate"].as_str(), outputs["baseline_pass_rate"].as_str()), ("0.5", "1"));
    assert_eq!((outputs["delta_pp"].as_str(), outputs["losses"].as_str()), ("-50", "12"));
    assert_eq!(outputs["run_id"], result.run_id);
    assert!(lab.path(&outputs["result"]).is_file());

    let commands: Vec<_> = ended.stderr.lines().filter(|line| line.trim_start().starts_with("::")).collect();
    assert!(!commands.is_empty() && commands.len() <= 10, "{commands:#?}");
    assert!(
        commands[0].starts_with("::error title=SIMULATED gate pass_rate overall%3A FAIL::"),
        "{}",
        commands[0]
    );
    for command in &commands[1..] {
        assert!(
            command.starts_with("::error file=promptsets/tiny/promptset.jsonl,line=")
                || command.starts_with("::warning title="),
            "{command}"
        );
    }
    for line in ended.stdout.lines().chain(ended.stderr.lines()) {
        assert!(!line.contains("##["), "{line}");
        assert!(!line.trim_start().starts_with("::") || commands.contains(&line), "{line}");
    }
    assert!(ended.stdout.contains("::add-mask::"), "the attack is not even shown: {}", ended.stdout);

    let cases = cases(&lab, "out/junit.xml");
    assert_eq!(cases.len(), 2 * 12 + 1);
    assert_failures(&result, &cases);
    assert_eq!(cases["factual/factual-1"], "pass");
    assert!(!cases.contains_key("gates/measurement"));
    keep(&lab, "out/junit.xml", "bench-github.xml");
}

#[test]
fn gitlab_gets_its_two_files() {
    let lab = lab();
    bench(&lab, &gitlab(), &[]).succeeds();
    assert_failures(&lab.result(), &cases(&lab, "labctl-junit.xml"));
    let metrics = read(&lab, "labctl-metrics.txt");
    assert!(metrics.contains("labctl_delta_pp -50\n"), "{metrics}");
    assert!(metrics.contains("labctl_pass_rate{side=\"candidate\",category=\"math\"} 0\n"), "{metrics}");
    keep(&lab, "labctl-junit.xml", "bench-gitlab.xml");
    keep(&lab, "labctl-metrics.txt", "bench-gitlab.txt");
    // The files are of a command, not of all that ever ran here.
    bench(&lab, &gitlab(), &["--no-report"]).succeeds();
    assert!(!lab.path("labctl-junit-2.xml").exists());
}

#[test]
fn nothing_is_written_where_nobody_asks() {
    let lab = lab();
    for (environment, arguments) in
        [(github(&lab), &["--ci", "none"][..]), (gitlab(), &["--ci=none"]), (vec![], &["--ci"])]
    {
        let ended = bench(&lab, &environment, arguments);
        ended.succeeds();
        assert!(!ended.stderr.contains("::error"), "{}", ended.stderr);
    }
    for path in ["labctl-junit.xml", "labctl-metrics.txt", "step-summary.md", "step-output"] {
        assert!(!lab.path(path).exists(), "{path}");
    }
    // Named, they are written anywhere.
    let files = ["--junit", "a/j.xml", "--summary", "a/s.md", "--metrics", "a/m.txt"];
    bench(&lab, &[], &files).succeeds();
    assert!(read(&lab, "a/s.md").starts_with("# awq"));
    assert!(read(&lab, "a/m.txt").ends_with("# EOF\n"));
    assert_eq!(cases(&lab, "a/j.xml").len(), 24);
}

#[test]
fn compare_tells_the_same_of_saved_results() {
    let lab = lab();
    for endpoint in ["baseline", "candidate"] {
        lab.bench(&["--endpoint", endpoint, "--label", "side=x"]).succeeds();
    }
    let mut results = lab.all(".json");
    results.sort();
    let [baseline, candidate] = [0, 1].map(|at: usize| results[at].to_str().unwrap().to_owned());
    let sides = ["compare", &baseline, &candidate, "--junit", "junit.xml", "--metrics", "metrics.txt"];
    let with = |arguments: &[&str]| job(&lab, &github(&lab), &[&sides[..], arguments].concat());
    let ended = with(&["--max-pass-rate-drop", "5"]);
    assert_eq!(ended.code, 1, "{ended:#?}");
    let told = outputs(&lab);
    assert_eq!(
        (told["verdict"].as_str(), told["exit_code"].as_str(), told["losses"].as_str()),
        ("fail", "1", "12")
    );
    assert_ne!(told["run_id"], told["baseline_run_id"]);
    assert_eq!(cases(&lab, "junit.xml")["gates/pass_rate overall"], "failure");
    keep(&lab, "junit.xml", "compare.xml");
    keep(&lab, "metrics.txt", "compare.txt");
    // The same run against itself: a loss of 5 points can't be ruled out on 24 prompts.
    let arguments = [
        "compare",
        &baseline,
        &baseline,
        "--junit",
        "same.xml",
        "--max-pass-rate-drop",
        "5",
        "--gate-mode",
        "prove",
    ];
    let ended = job(&lab, &github(&lab), &arguments);
    assert_eq!(ended.code, 4, "{ended:#?}");
    assert_eq!(outputs(&lab)["verdict"], "inconclusive");
    assert_eq!(cases(&lab, "same.xml")["gates/pass_rate overall"], "failure");
    let warned = [&arguments[..], &["--on-inconclusive", "pass"]].concat();
    job(&lab, &github(&lab), &warned).succeeds();
}

#[test]
fn what_is_no_result_is_told_as_an_error() {
    let nobody = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let lab = Lab::at(&format!("http://{nobody}/v1"));
    let arguments = Lab::bench_arguments(&["--junit", "junit.xml"]);
    let ended = job(&lab, &github(&lab), &arguments);
    ended.fails(3, &[]);
    assert!(ended.stderr.contains("::error title=labctl%3A no valid measurement::"), "{}", ended.stderr);
    let outputs = outputs(&lab);
    assert_eq!((outputs["verdict"].as_str(), outputs["exit_code"].as_str()), ("invalid", "3"));
    assert_eq!(outputs["run_id"], "");
    assert_eq!(cases(&lab, "junit.xml"), BTreeMap::from([("gates/measurement".to_owned(), "error")]));
    assert!(read(&lab, "step-summary.md").starts_with("> [!CAUTION]\n> **exit code 3**: "));
    keep(&lab, "junit.xml", "unreachable.xml");
}

#[test]
fn what_can_not_be_written_is_exit_code_5_unless_something_is_worse() {
    let lab = lab();
    fs::write(lab.path("file"), "").unwrap();
    let nowhere = ["--junit", "file/junit.xml", "--metrics", "metrics.txt"];
    bench(&lab, &[], &nowhere).fails(5, &["file/junit.xml", "continuous integration"]);
    // All else is written.
    assert!(lab.path("metrics.txt").is_file());
    assert_eq!(lab.all(".json").len(), 1);
    let ended = bench(&lab, &[], &[&nowhere[..], &["--max-pass-rate-drop", "5"]].concat());
    assert_eq!(ended.code, 1, "{ended:#?}");
    assert!(
        ended.stderr.contains("warning: could not write what continuous integration reads"),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_is_missing_is_skipped() {
    let lab = lab();
    bench(&lab, &[], &["--junit", "junit.xml"]).succeeds();
    let mut result = lab.result();
    result.rows[0].candidate.as_mut().unwrap().judgement.verdict = Verdict::JudgeUnparsed;
    let key = format!("{}/{}", result.rows[0].category, result.rows[0].key.prompt_id);
    let baseline = lab.path("missing.json");
    fs::write(&baseline, serde_json::to_string(&result).unwrap()).unwrap();
    let path = baseline.to_str().unwrap();
    job(&lab, &[], &["compare", path, path, "--junit", "missing.xml"]).succeeds();
    assert_eq!(cases(&lab, "missing.xml")[&key], "skipped");
    keep(&lab, "missing.xml", "missing.xml");
}

#[test]
fn json_keeps_its_values_and_gives_github_no_commands() {
    let lab = lab();
    let environment = github(&lab);
    let printed = bench(&lab, &environment, &["--format", "json"]);
    printed.succeeds();
    let stored = lab.all(".json").remove(0);
    let path = stored.to_str().unwrap();
    let whole: serde_json::Value = serde_json::from_slice(&fs::read(&stored).unwrap()).unwrap();
    let show = job(&lab, &environment, &["results", "show", path, "--format", "json"]);
    for json in [&printed, &show] {
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json.stdout).unwrap(), whole);
    }
    let compare = ["compare", path, "--format", "json", "--ci", "none"];
    let export = ["results", "export", path, "--format", "json"];
    for arguments in [&compare[..], &export[..]] {
        let told = job(&lab, &environment, arguments);
        let plain = job(&lab, &[], arguments);
        assert!(plain.stdout.contains("##[error]"), "{arguments:?}: the attack is not even shown");
        assert!(!told.stdout.contains("##["), "{arguments:?}");
        let [told, plain] = [told, plain].map(|ended| {
            ended.succeeds();
            serde_json::from_str::<serde_json::Value>(&ended.stdout).unwrap()
        });
        assert_eq!(told, plain, "{arguments:?}");
    }
    let csv = job(&lab, &environment, &["results", "export", path, "--format", "csv"]);
    for shown in [&printed, &show, &csv] {
        assert!(shown.stdout.contains("add-mask"), "the attack is not even shown");
        for line in shown.stdout.split(['\n', '\r']) {
            assert!(!line.contains("##[") && !line.trim_start().starts_with("::"), "{line}");
        }
    }
}

#[test]
fn an_error_before_anything_is_measured_is_told_too() {
    for (arguments, message) in [
        (&["bench", "--team", "nobody"][..], "nobody"),
        (&["run", "--config", "missing.yaml"], "missing.yaml"),
        (&["compare", "missing.json"], "missing.json"),
        (&["gate", "missing.json"], "missing.json"),
        (&["bench", "--no-such-flag"], "--no-such-flag"),
    ] {
        let lab = lab();
        let ended = job(&lab, &github(&lab), arguments);
        ended.fails(2, &[]);
        let told = outputs(&lab);
        assert_eq!((told["verdict"].as_str(), told["exit_code"].as_str()), ("error", "2"), "{arguments:?}");
        assert!(told["error"].contains(message), "{arguments:?}: {told:?}");
        assert!(read(&lab, "step-summary.md").starts_with("> [!CAUTION]\n> **exit code 2**: "));
        let title = "::error title=labctl%3A usage%2C configuration or input invalid::";
        assert_eq!(ended.stderr.matches(title).count(), 1, "{}", ended.stderr);
    }
    // Where nobody asks, nothing is written; a run that `--ci` takes for a service is told how to write it.
    let lab = lab();
    job(&lab, &github(&lab), &["bench", "--no-such-flag", "--ci", "none"]).fails(2, &[]);
    assert!(!lab.path("step-output").exists());
    let taken = job(&lab, &[], &["compare", "--ci", "a.json", "b.json"]);
    taken.fails(2, &["'a.json'"]);
    assert!(taken.stderr.contains("write `--ci=auto` before a run's name"), "{}", taken.stderr);
}

#[test]
fn the_exit_code_in_the_outputs_is_the_final_one() {
    let lab = lab();
    fs::write(lab.path("file"), "").unwrap();
    let mut environment = github(&lab);
    environment.retain(|(name, _)| *name != "GITHUB_STEP_SUMMARY");
    environment.push(("GITHUB_STEP_SUMMARY", lab.path("file/summary.md")));
    let files = ["--metrics", "metrics.txt", "--junit", "junit.xml"];
    bench(&lab, &environment, &files).fails(5, &["file/summary.md"]);
    let told = outputs(&lab);
    assert_eq!((told["verdict"].as_str(), told["exit_code"].as_str()), ("error", "5"));
    assert!(told["error"].contains("file/summary.md"), "{told:?}");
    assert!(read(&lab, "metrics.txt").contains("\nlabctl_exit_code 5\n"));
    assert_eq!(cases(&lab, "junit.xml")["gates/measurement"], "error");
}

#[test]
fn several_candidates_have_outputs_of_their_own_and_one_summary() {
    let lab = lab();
    for endpoint in ["baseline", "candidate"] {
        lab.bench(&["--endpoint", endpoint]).succeeds();
    }
    let mut results = lab.all(".json");
    results.sort();
    let [first, second] = [0, 1].map(|at: usize| results[at].to_str().unwrap().to_owned());
    // One whose sampling makes it incomparable.
    let mut other: serde_json::Value = serde_json::from_slice(&fs::read(&results[1]).unwrap()).unwrap();
    other["run_id"] = json!("another-sampling");
    other["sampling"]["temperature"] = json!(1.5);
    fs::write(lab.path("other.json"), other.to_string()).unwrap();
    let other = lab.path("other.json").to_str().unwrap().to_owned();

    let gate = ["--max-pass-rate-drop", "5", "--junit", "junit.xml"];
    let ended = job(&lab, &github(&lab), &[&["compare", &first, &first, &second][..], &gate].concat());
    assert_eq!(ended.code, 1, "{ended:#?}");
    let told = outputs(&lab);
    assert_ne!(told["verdict"], "fail");
    assert_eq!((told["verdict_2"].as_str(), told["exit_code_2"].as_str()), ("fail", "1"));
    assert_eq!((told["result"].as_str(), told["result_2"].as_str()), (first.as_str(), second.as_str()));
    let summary = read(&lab, "step-summary.md");
    assert_eq!(summary.matches("Head to head").count(), 1, "{summary}");

    fs::remove_file(lab.path("step-output")).unwrap();
    let ended = job(&lab, &github(&lab), &[&["compare", &first, &other, &second][..], &gate].concat());
    assert_eq!(ended.code, 3, "{ended:#?}");
    let told = outputs(&lab);
    assert_eq!((told["verdict"].as_str(), told["exit_code"].as_str()), ("invalid", "3"));
    assert_eq!((told["verdict_2"].as_str(), told["exit_code_2"].as_str()), ("fail", "1"));

    // What can't be written for the first is no reason to write nothing for the second.
    fs::create_dir(lab.path("folder.xml")).unwrap();
    let gone = ["compare", &first, &first, &first, "--junit", "folder.xml"];
    job(&lab, &[], &gone).fails(5, &["folder.xml"]);
    assert!(lab.path("folder-2.xml").is_file());
}
