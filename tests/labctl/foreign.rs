//! `labctl results import` and `labctl results export --format vllm-bench`: other tools' files, in and out.

use std::fs;
use std::path::{Path, PathBuf};

use labctl::model::outcome::Outcome;
use labctl::model::result::RunResult;
use labctl::results::store::load_file;
use serde_json::Value;

use crate::servers::Server;
use crate::support::{Ended, Lab};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/foreign").join(name)
}

/// Imports a file and loads what came of it.
fn import(lab: &Lab, name: &str, flags: &[&str]) -> Vec<RunResult> {
    let path = fixture(name);
    let ended = lab.labctl(&[&["results", "import", path.to_str().unwrap()][..], flags].concat());
    ended.succeeds();
    ended
        .stdout
        .lines()
        .map(|line| {
            let (run_id, path) = line.split_once("  ").expect("an id and a path");
            let path = lab.path(path);
            let result = load_file(&path).unwrap();
            assert_eq!(result.run_id, run_id);
            result
        })
        .collect()
}

fn json(ended: &Ended) -> Value {
    ended.succeeds();
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn every_tool_s_files_become_results_that_are_shown_like_any_other() {
    for (name, tool, title, count) in [
        ("vllm-bench/closed.json", "vllm", "vllm bench serve", 1),
        ("vllm-bench/open.json", "vllm", "vllm bench serve", 1),
        ("guidellm/benchmarks.json", "guidellm", "GuideLLM", 2),
        ("guidellm/failing.json", "guidellm", "GuideLLM", 1),
        ("aiperf/profile_export.jsonl", "aiperf", "AIPerf", 1),
        ("aiperf/failing/profile_export.jsonl", "aiperf", "AIPerf", 1),
    ] {
        let lab = Lab::new();
        let results = import(&lab, name, &["--label", "night=monday", "--simulated"]);
        assert_eq!(results.len(), count, "{name}");
        for result in &results {
            assert!(result.simulated, "{name}");
            assert_eq!(
                (result.labels["imported_from"].as_str(), result.labels["night"].as_str()),
                (tool, "monday")
            );
            assert_eq!(result.candidate.model, "sim");

            let shown = lab.labctl(&["results", "show", &result.run_id]);
            shown.succeeds();
            for said in ["imported from", title, "SIMULATED", "TTFT p50"] {
                assert!(shown.stdout.contains(said), "{name}: `{said}` is not in\n{}", shown.stdout);
            }
            let html = lab.path("report.html");
            lab.labctl(&["report", &result.run_id, "--output", html.to_str().unwrap()]).succeeds();
            let html = fs::read_to_string(html).unwrap();
            for said in ["measured by", title, "labctl results import", "not told", "simulator answered"] {
                assert!(html.contains(said), "{name}: `{said}` is not in the HTML");
            }
            let defined =
                json(&lab.labctl(&["report", &result.run_id, "--definitions", tool, "--format", "json"]));
            assert_eq!(defined["sides"][0]["summaries"][0]["definitions"], tool);
            lab.labctl(&["report", &result.run_id, "--why-different"]).succeeds();
            let rows = lab.labctl(&["results", "export", &result.run_id]);
            rows.succeeds();
            assert_eq!(csv::Reader::from_reader(rows.stdout.as_bytes()).records().count(), result.rows.len());
        }
        let listed = json(&lab.labctl(&["results", "list", "--format", "json"]));
        assert_eq!(listed.as_array().unwrap().len(), count);
    }
}

/// Two runs of one tool are compared like two of labctl's, as far as that goes: their prompts aren't known.
#[test]
fn imports_are_compared_and_no_gate_passes_on_prompts_that_nobody_knows() {
    let lab = Lab::new();
    let results = import(&lab, "guidellm/benchmarks.json", &[]);
    let ids: Vec<&str> = results.iter().map(|result| result.run_id.as_str()).collect();
    let compared = lab.labctl(&["compare", ids[0], ids[1]]);
    compared.fails(3, &["the prompt sets differ", "`--intersect`", "`--force`"]).prints_nothing();
    let forced = lab.labctl(&["compare", ids[0], ids[1], "--force"]);
    let said = forced.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.to_lowercase().contains("forced") && said.contains("the prompt sets differ"), "{forced:#?}");
    assert_eq!(forced.code, 0, "{}", forced.stderr);
}

#[test]
fn a_run_of_labctl_s_is_exported_as_vllm_s_and_read_again() {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    lab.bench(&["--no-report"]).succeeds();
    let ours = lab.result();
    let path = lab.path("vllm.json");
    let export = [
        "results",
        "export",
        "latest",
        "--format",
        "vllm-bench",
        "--detail",
        "--metric-percentiles",
        "50,99",
    ];
    lab.labctl(&[&export[..], &["--output", path.to_str().unwrap()]].concat()).succeeds();
    let written: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!((&written["label"], &written["backend"]), (&"simulated".into(), &"openai-chat".into()));
    assert_eq!(written["num_prompts"], ours.candidate.summary.attempted);
    assert_eq!(written["completed"], ours.candidate.summary.outcomes[&Outcome::Success]);

    let report = ["report", "latest", "--definitions", "vllm", "--format", "json"];
    let summary = json(&lab.labctl(&report))["sides"][0]["summaries"][0].clone();
    for (name, key) in [("ttft", "ttft_ms"), ("tpot", "tpot_ms"), ("itl", "itl_ms"), ("e2el", "e2e_ms")] {
        for (statistic, of) in [("mean", "mean"), ("median", "p50"), ("p50", "p50"), ("p99", "p99")] {
            let exported = written[format!("{statistic}_{name}_ms")].as_f64().unwrap();
            let defined = summary[key][of].as_f64().unwrap();
            assert!(
                (exported - defined).abs() <= 1e-9 * defined.abs(),
                "{statistic} {name}: {exported} {defined}"
            );
        }
    }

    // And back: the same requests under the same formulas.
    let back = lab.labctl(&["results", "import", path.to_str().unwrap()]);
    back.succeeds();
    let again = json(&lab.labctl(&[&["results", "export", "latest"][..], &export[3..]].concat()));
    for key in
        ["mean_ttft_ms", "mean_tpot_ms", "mean_itl_ms", "mean_e2el_ms", "duration", "request_throughput"]
    {
        let (a, b) = (again[key].as_f64().unwrap(), written[key].as_f64().unwrap());
        assert!((a - b).abs() <= 1e-6 * b.abs(), "{key}: {a} {b}");
    }
    for key in [
        "num_prompts",
        "completed",
        "failed",
        "total_input_tokens",
        "total_output_tokens",
        "output_lens",
        "label",
    ] {
        assert_eq!(again[key], written[key], "{key}");
    }
    assert!(lab.all(".json").len() >= 2);
}

#[test]
fn what_is_no_tool_s_file_is_refused_and_named() {
    let lab = Lab::new();
    let junk = lab.path("junk.json");
    fs::write(&junk, r#"{"hello": "\u001b[31mworld"}"#).unwrap();
    for (path, said) in [
        (junk, "is none of the files that are read: it is a JSON object with `hello`"),
        (fixture("vllm-bench/aggregate.json"), "run it with `--save-detailed`"),
        (fixture("aiperf/profile_export_aiperf.json"), "import the `profile_export.jsonl` beside it"),
        (fixture("no-such-file.json"), "can't be read"),
    ] {
        let ended = lab.labctl(&["results", "import", path.to_str().unwrap()]);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    let wrong = fixture("vllm-bench/closed.json");
    let ended = lab.labctl(&["results", "import", "--format", "aiperf", wrong.to_str().unwrap()]);
    assert!(ended.code == 2 && ended.stderr.contains("is not what AIPerf writes"), "{}", ended.stderr);
}

#[test]
fn an_export_s_flags_are_refused_where_they_mean_nothing() {
    let lab = Lab::new();
    import(&lab, "vllm-bench/closed.json", &[]);
    for flags in
        [&["--detail"][..], &["--level", "0"], &["--side", "baseline"], &["--metric-percentiles", "50"]]
    {
        let ended = lab.labctl(&[&["results", "export", "latest"][..], flags].concat());
        assert!(ended.code == 2 && ended.stderr.contains("`--format vllm-bench` alone"), "{}", ended.stderr);
    }
    for (flags, said) in [
        (&["--side", "baseline"][..], "has no baseline"),
        (&["--level", "3"], "has no level 3"),
        (&["--metric-percentiles", "101"], "percentiles from 0 to 100"),
    ] {
        let ended =
            lab.labctl(&[&["results", "export", "latest", "--format", "vllm-bench"][..], flags].concat());
        assert!(ended.code == 2 && ended.stderr.contains(said), "{}", ended.stderr);
    }
    let levels = ["results", "export", "latest", "--format", "vllm-bench", "--level", "0"];
    lab.labctl(&levels).succeeds();
}

/// Text in foreign files is hostile like any other.
#[test]
fn what_a_file_says_is_escaped_wherever_it_is_shown() {
    let lab = Lab::new();
    let mut file: Value =
        serde_json::from_slice(&fs::read(fixture("vllm-bench/open.json")).unwrap()).unwrap();
    let hostile = "<script>alert(1)</script>\u{1b}[31m\u{202e}";
    file["model_id"] = hostile.into();
    file["label"] = hostile.into();
    for error in file["errors"].as_array_mut().unwrap().iter_mut().filter(|error| *error != "") {
        *error = format!("{hostile} http://user:hunter2@host/v1").into();
    }
    for text in file["generated_texts"].as_array_mut().unwrap() {
        *text = hostile.into();
    }
    let path = lab.path("hostile.json");
    fs::write(&path, file.to_string()).unwrap();
    lab.labctl(&["results", "import", path.to_str().unwrap()]).succeeds();
    let html = lab.path("report.html");
    lab.labctl(&["report", "latest", "--output", html.to_str().unwrap()]).succeeds();
    let shown = [
        lab.labctl(&["results", "show", "latest"]).stdout,
        lab.labctl(&["results", "show", "latest", "--format", "markdown"]).stdout,
        lab.labctl(&["results", "list"]).stdout,
        fs::read_to_string(html).unwrap(),
    ];
    for text in &shown {
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
    assert!(!shown[3].contains("<script>alert(1)"), "escaped");
    let kept = fs::read_to_string(lab.only(".json")).unwrap();
    assert!(!kept.contains("hunter2"), "no key reaches a result");
}
