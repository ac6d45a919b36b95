//! Gates from the configuration to the exit code, on simulators whose pass rates are known.

use std::fs;

use labctl::model::comparison::GateVerdict;
use labctl::promptset::{manifest_for, write_manifest};
use labctl::results::store::load_file;
use labctl::simulator::{ErrorShape, FaultKind, When};
use serde_json::{Value, json};

use crate::servers::Server;
use crate::support::{Ended, Lab, prompt};

/// Prompts of the category `math`; `single` has one.
const MATH: u64 = 60;

/// A simulated endpoint whose answers are right up to a difficulty: of 60 prompts in a category 0.9 loses the 6 hardest.
fn simulator(pass_rate: f64, speed: f64) -> Value {
    json!({"simulator": {"profile": "fp16", "speed": speed, "pass_rate": pass_rate, "flip_rate": 0}})
}

/// A lab whose candidate passes that share of what the baseline passes whole.
fn lab(pass_rate: f64) -> Lab {
    lab_at(pass_rate, 50.0, 50.0)
}

/// A candidate and a baseline so many times faster than their profile.
fn lab_at(pass_rate: f64, candidate: f64, baseline: f64) -> Lab {
    let lab = Lab::new().with_endpoints(&[
        ("candidate", simulator(pass_rate, candidate)),
        ("baseline", simulator(1.0, baseline)),
    ]);
    let line = |number: u64| {
        let mut line: Value = serde_json::from_str(&prompt(number)).unwrap();
        line["category"] = json!(if number > MATH { "single" } else { "math" });
        line.to_string()
    };
    lab.write_prompts("tiny", &(1..=MATH + 1).map(line).collect::<Vec<_>>().join("\n"));
    let set = lab.path("promptsets/tiny");
    write_manifest(&set, &manifest_for(&set).unwrap()).unwrap();
    lab
}

fn bench(lab: &Lab, arguments: &[&str]) -> Ended {
    lab.bench(&[&["--compare-baseline", "--no-report", "--concurrency", "16"], arguments].concat())
}

/// `labctl gate` on the only result, with one gate on the pass rate.
fn gate(lab: &Lab, how: &str, margin: &str, more: &[&str]) -> Ended {
    let gate = ["gate", "latest", "--max-pass-rate-drop", margin, "--gate-mode", how];
    lab.labctl(&[&gate[..], more].concat())
}

fn verdict(ended: &Ended) -> &str {
    ["INCONCLUSIVE", "INVALID", "FAIL", "PASS"]
        .into_iter()
        .find(|verdict| ended.stdout.contains(&format!("  {verdict}  ")))
        .unwrap_or("none")
}

/// 6 of 61 prompts are lost and none gained: delta −9.8 pp.
#[test]
fn every_mode_passes_fails_and_is_inconclusive_where_it_should_be() {
    let worse = lab(0.9);
    bench(&worse, &[]).succeeds();
    let overall = worse.result().comparison.unwrap().overall;
    assert_eq!((overall.pairs, overall.losses, overall.gains), (61, 6, 0));
    for (mode, margin, expected, code) in [
        ("detect", "5", "FAIL", 1),
        ("detect", "15", "INCONCLUSIVE", 0),
        ("harm", "3", "FAIL", 1),
        ("harm", "8", "PASS", 0),
        ("prove", "3", "FAIL", 1),
        ("prove", "10", "INCONCLUSIVE", 4),
        ("prove", "25", "PASS", 0),
        ("point", "9", "FAIL", 1),
        ("point", "10", "PASS", 0),
    ] {
        let ended = gate(&worse, mode, margin, &[]);
        assert_eq!((verdict(&ended), ended.code), (expected, code), "{mode} {margin}: {ended:#?}");
    }
    let shown = gate(&worse, "detect", "15", &["--on-inconclusive", "fail"]);
    assert_eq!(shown.code, 4, "{shown:#?}");
    let warned = gate(&worse, "prove", "10", &["--on-inconclusive", "warn"]);
    assert_eq!(warned.code, 0, "{warned:#?}");
    assert!(warned.stderr.contains("`pass_rate overall` is inconclusive"), "{warned:#?}");
    let silent = gate(&worse, "prove", "10", &["--on-inconclusive", "pass"]);
    assert!(silent.code == 0 && !silent.stderr.contains("inconclusive"), "{silent:#?}");

    let equal = lab(1.0);
    bench(&equal, &[]).succeeds();
    for mode in ["detect", "harm", "prove", "point"] {
        let ended = gate(&equal, mode, "5", &[]);
        assert_eq!((verdict(&ended), ended.code), ("PASS", 0), "{mode}: {ended:#?}");
    }
    // 61 pairs can't prove 4 points: that takes 65.
    let few = gate(&equal, "prove", "4", &["--format", "json"]);
    assert_eq!(few.code, 4, "{few:#?}");
    let told: Value = serde_json::from_str(&few.stdout).unwrap();
    assert_eq!(told["gates"][0]["pairs_to_decide"], json!(65), "{told:#}");
}

#[test]
fn a_file_of_gates_decides_a_run_and_is_kept_with_it() {
    let lab = lab(0.9);
    fs::write(
        lab.path("gates.yaml"),
        "pass_rate: {mode: prove, margin_pp: 10}\nprimary:\n  single: {}\ncategories: {mode: detect}\n\
         floors: {overall: 0.5, math: 0.99}\nmax_error_rate: 0.01\n",
    )
    .unwrap();
    let ended = bench(&lab, &["--gates", "gates.yaml"]);
    // One gate fails, another is inconclusive by a policy that fails: the failure counts.
    assert_eq!(ended.code, 1, "{ended:#?}");
    let result = lab.result();
    let told: Vec<_> = result.gate_results().iter().map(|gate| (gate.name.as_str(), gate.verdict)).collect();
    assert_eq!(
        told,
        [
            ("pass_rate overall", GateVerdict::Inconclusive),
            ("pass_rate single", GateVerdict::Pass),
            ("pass_rate math", GateVerdict::Fail),
            ("floor math", GateVerdict::Fail),
            ("floor overall", GateVerdict::Pass),
            ("error_rate", GateVerdict::Pass),
        ]
    );
    assert!((result.held_to.as_ref().unwrap().floors["math"] - 0.99).abs() < 1e-9);
    assert!(ended.stdout.contains("floor math (at least 99.0 %)"), "{}", ended.stdout);
    // The same again, without the file.
    fs::remove_file(lab.path("gates.yaml")).unwrap();
    assert_eq!(lab.labctl(&["gate", "latest"]).code, 1);
    let path = lab.only(".json");
    let rescored = lab.labctl(&["rescore", "latest"]);
    assert_eq!(rescored.code, 1, "{rescored:#?}");
    let other = lab.all(".json").into_iter().find(|other| *other != path).unwrap();
    let rescored = load_file(&other).unwrap();
    assert_eq!(rescored.held_to, result.held_to);
    assert_eq!(rescored.gate_results().len(), 6);
    let markdown = lab.labctl(&["gate", "latest", "--format", "markdown"]).stdout;
    assert!(markdown.contains("| floor math |") || markdown.contains("floor math"), "{markdown}");
}

#[test]
fn a_team_has_gates_of_its_own_and_those_shipped_for_its_kind() {
    let lab = lab(0.9);
    let path = lab.path("labctl.yaml");
    let mut config: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    // Nothing configured: `detect` 5 pp.
    assert_eq!(bench(&lab, &["--gate"]).code, 1);
    // The lab's.
    config["gates"] = json!({"pass_rate": {"mode": "harm", "margin_pp": 20}});
    fs::write(&path, config.to_string()).unwrap();
    bench(&lab, &["--gate"]).succeeds();
    // The team's, before the lab's.
    config["teams"]["lab"]["gates"] =
        json!({"preset": "fine_tuning", "speed": [{"metric": "ttft_ms", "tolerance": 100}]});
    fs::write(&path, config.to_string()).unwrap();
    let shown = lab.labctl(&["gate", "--show", "--team", "lab", "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown.succeeds().stdout).unwrap();
    assert_eq!(shown["primary"]["regression"]["mode"], "detect", "{shown:#}");
    assert_eq!(shown["speed"].as_array().unwrap().len(), 2, "{shown:#}");
    // The set has no category `regression`, which a preset doesn't insist on.
    assert_eq!(bench(&lab, &["--gate"]).code, 1);
    let quant = Lab::new().labctl(&["gate", "--show", "--team", "quant"]);
    assert!(quant.succeeds().stdout.contains("categories:"), "{}", quant.stdout);
    let configured = lab.labctl(&["config", "show"]);
    assert!(configured.succeeds().stdout.contains("preset: fine_tuning"), "{}", configured.stdout);
}

#[test]
fn gates_on_the_candidate_alone_need_no_baseline() {
    let lab = lab(0.5);
    fs::write(lab.path("gates.yaml"), "floors: {overall: 0.8}\nslos: ['error_rate<=0.01']\n").unwrap();
    let ended = lab.bench(&["--no-report", "--gates", "gates.yaml"]);
    assert_eq!(ended.code, 1, "{ended:#?}");
    let result = lab.result();
    assert!(result.comparison.is_none());
    assert_eq!(
        result.gates.iter().map(|gate| gate.verdict).collect::<Vec<_>>(),
        [GateVerdict::Fail, GateVerdict::Pass]
    );
    assert_eq!(lab.labctl(&["gate", "latest", "--allow-invalid-client"]).code, 1);
    gate(&lab, "detect", "5", &[])
        .fails(2, &["`pass_rate`", "compare with a baseline", "`labctl compare BASELINE CANDIDATE"]);
    lab.bench(&["--max-pass-rate-drop", "5"]).fails(2, &["there is none", "`--compare-baseline`"]);
}

/// One of eight requests fails, more than the tenth that is allowed unless said.
#[test]
fn no_gate_makes_a_worthless_run_a_good_one() {
    let lab_at = || {
        let fault = FaultKind::Status { status: 500, shape: ErrorShape::Vllm };
        let server = Server::with_fault(fault, When::only(3));
        let lab = Lab::at(&server.url());
        fs::write(lab.path("gates.yaml"), "floors: {overall: 0}\n").unwrap();
        (lab, server)
    };
    let gate = ["gate", "latest", "--gates", "gates.yaml", "--allow-invalid-client"];
    let (lab, _server) = lab_at();
    lab.bench(&["--no-report"]).fails(3, &["12 % of the requests"]);
    let ended = lab.labctl(&gate);
    ended.fails(3, &["12 % of the requests", "`--max-error-rate`"]);
    assert!(ended.stdout.contains("floor overall"), "{ended:#?}");
    lab.labctl(&["rescore", "latest", "--allow-invalid-client"]).fails(3, &["12 % of the requests"]);
    // The run's own limit counts.
    let (lab, _server) = lab_at();
    lab.bench(&["--no-report", "--max-error-rate", "0.2"]).succeeds();
    lab.labctl(&gate).succeeds();
}

#[test]
fn what_is_merged_ends_by_its_gates() {
    let lab = lab(0.5);
    fs::write(lab.path("gates.yaml"), "floors: {overall: 0.8}\n").unwrap();
    for _ in 0..2 {
        assert_eq!(lab.bench(&["--no-report", "--gates", "gates.yaml"]).code, 1);
    }
    let paths = lab.all(".json");
    let runs: Vec<&str> = paths.iter().map(|path| path.to_str().unwrap()).collect();
    let ended = lab.labctl(&["results", "merge", runs[0], runs[1]]);
    // On a busy machine the client comes first.
    assert!([1, 3].contains(&ended.code), "{ended:#?}");
    assert!(ended.stdout.contains("floor overall"), "{ended:#?}");
}

/// Five times slower fails, however good the answers are; ten times faster passes.
#[test]
fn speed_is_gated_beside_quality() {
    let gates = "speed: [{metric: e2e_ms}]\npass_rate: {}\n";
    for (speed, expected, code) in [(1.0, GateVerdict::Fail, 1), (50.0, GateVerdict::Pass, 0)] {
        let lab = lab_at(1.0, speed, 5.0);
        fs::write(lab.path("gates.yaml"), gates).unwrap();
        let ended = bench(&lab, &["--gates", "gates.yaml"]);
        let result = lab.result();
        let told: Vec<_> = result.gate_results().iter().map(|gate| gate.verdict).collect();
        assert_eq!((told, ended.code), (vec![GateVerdict::Pass, expected], code), "{ended:#?}");
    }
}

#[test]
fn sides_that_can_not_be_compared_come_before_any_gate() {
    let lab = lab(0.1);
    lab.bench(&["--no-report"]).succeeds();
    let first = lab.only(".json");
    lab.bench(&["--no-report", "--temperature", "0.7"]).succeeds();
    let second = lab.all(".json").into_iter().find(|path| *path != first).unwrap();
    let paths = [first.to_str().unwrap(), second.to_str().unwrap()];
    let compared = lab.labctl(&["compare", paths[0], paths[1], "--max-pass-rate-drop", "5"]);
    compared.fails(3, &["can't be compared", "sampling differs", "`--force`"]);
    // Of one kind they can, and nothing differs.
    lab.labctl(&["compare", paths[0], paths[0], "--max-pass-rate-drop", "5"]).succeeds();
}

#[test]
fn gates_that_can_not_be_are_refused_before_anything_is_sent() {
    let lab = lab(0.9);
    for (gates, parts) in [
        (
            "pass_rate: {margin_pp: 0}",
            &["gates.yaml:1:24", "`pass_rate.margin_pp` must be above 0 and below 100"][..],
        ),
        ("pass_rate: {margin_pp: 100}", &["above 0 and below 100"]),
        ("speed: [{metric: e2e}]", &["gates.yaml:1:18", "did you mean `e2e_ms`?"]),
        ("flors: {overall: 0.8}", &["gates.yaml:1:1", "did you mean `floors`?"]),
        ("slos: ['ttft_p96_ms<=5']", &["gates.yaml:1:8", "`slos.0` can't be read"]),
        ("primary: {maths: {}}", &["`primary` names the category `maths`", "did you mean `math`?"]),
        ("{}", &["`gates` gate nothing"]),
    ] {
        fs::write(lab.path("gates.yaml"), gates).unwrap();
        bench(&lab, &["--gates", "gates.yaml"]).fails(2, parts);
    }
    bench(&lab, &["--gates", "none.yaml"]).fails(2, &["could not read the gates `none.yaml`"]);
    bench(&lab, &["--on-inconclusive", "fail"]).fails(2, &["none is asked for", "`--gate`"]);
    bench(&lab, &["--max-pass-rate-drop", "0"]).fails(2, &["above 0 and below 100"]);
    lab.has_no_results();
}

#[test]
fn a_plan_says_how_many_prompts_it_takes() {
    let lab = Lab::new();
    let plan = lab.labctl(&["plan", "--margin", "5pp", "--flips", "8%", "--mode", "prove"]);
    let text = &plan.succeeds().stdout;
    assert!(text.contains("221 prompts give PASS in 80 % of the runs (exact; 198 by the normal"), "{text}");
    let told = lab.labctl(&["plan", "--mode", "detect", "--flips", "14%", "--format", "json"]);
    let told: Value = serde_json::from_str(&told.succeeds().stdout).unwrap();
    assert_eq!((&told["mode"], &told["loss_pp"]), (&json!("detect"), &json!(10.0)));
    assert!(told["prompts"]["exact"].as_u64().is_some(), "{told:#}");
    let alarm = told["by_prompts"][0]["false_alarm"].as_f64().unwrap();
    // As stated for 30 pairs at 14 % flips.
    assert!((alarm - 0.051).abs() < 6e-4, "{alarm}");
    lab.labctl(&["plan", "--flips", "8"]).fails(2, &["`8%`"]);
}

#[test]
fn a_team_that_nobody_knows_has_no_gates() {
    let lab = Lab::new();
    lab.labctl(&["gate", "--show", "--team", "qant"]).fails(2, &["no team `qant`", "did you mean `quant`?"]);
    lab.labctl(&["gate", "--show", "--team", "quant"]).succeeds();
}
