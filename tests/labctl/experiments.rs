//! Experiments' files and dry runs: those that are shipped, and what is said of wrong ones.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Ended, Lab};
use labctl::model::outcome::Outcome;
use labctl::model::result::RunStatus;
use labctl::results::store::load_file;

/// The folder of the shipped experiments.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments")
}

/// The shipped experiments' names, in alphabetical order.
fn shipped() -> Vec<String> {
    let files =
        fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file());
    let mut names: Vec<String> =
        files.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// The subcommand that an experiment is for.
fn command(path: &Path) -> &'static str {
    let text = fs::read_to_string(path).unwrap();
    if text.contains("\nteam:") { "bench" } else { "run" }
}

/// Runs `labctl` where there is no configuration, the shipped experiments at hand.
fn dry_run(file: &str, flags: &[&str]) -> Ended {
    let lab = Lab::new();
    let path = folder().join(file);
    let arguments = [command(&path), path.to_str().unwrap(), "--dry-run"];
    let ended = lab.labctl(&[&arguments[..], flags].concat());
    lab.has_no_results();
    ended
}

/// The document that a dry run prints.
fn plans(ended: &Ended) -> Vec<Value> {
    ended.succeeds();
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["dry_run"], true);
    document["runs"].as_array().unwrap().clone()
}

#[test]
fn every_shipped_experiment_has_a_plan_on_the_simulator() {
    let names = shipped();
    assert!(names.len() >= 10, "{names:?}");
    for name in names {
        let runs = plans(&dry_run(&name, &["--format", "json"]));
        let stem = name.trim_end_matches(".yaml");
        for run in &runs {
            assert_eq!(run["labels"]["experiment"], stem, "{name}");
            assert_eq!(run["candidate"]["simulated"], true, "{name}");
            // A search is mostly done long before the most that it may take.
            let seconds = run["expected"]["seconds"].as_f64().filter(|_| run.get("find").is_none());
            assert!(seconds.unwrap_or(0.0) <= 15.0, "{name}: {run:#}");
        }
        let text = dry_run(&name, &[]);
        text.succeeds();
        assert!(
            text.stdout.contains("SIMULATED") && text.stdout.contains("nothing was sent"),
            "{}",
            text.stdout
        );
    }
}

/// All at once: they mostly wait for a simulator that is as slow as a server is.
#[test]
fn every_shipped_experiment_runs_on_the_simulator_as_it_stands() {
    let started: Vec<_> = shipped()
        .into_iter()
        .map(|name| {
            let lab = Lab::new();
            let path = folder().join(&name);
            let arguments = [command(&path), path.to_str().unwrap(), "--allow-invalid-client"];
            let running = lab.start(&arguments);
            (name, lab, running)
        })
        .collect();
    for (name, lab, running) in started {
        let ended = running.end();
        assert_eq!(ended.code, 0, "{name}: {ended:#?}");
        assert!(ended.stdout.contains("SIMULATED"), "{name}: {}", ended.stdout);
        let results = lab.all(".json");
        assert!(!results.is_empty(), "{name}");
        for path in &results {
            let result = load_file(path).unwrap();
            assert_eq!(result.labels["experiment"], name.trim_end_matches(".yaml"));
            assert!(result.simulated && result.candidate.simulated, "{name}");
            assert_eq!(result.status, RunStatus::Complete, "{name}");
            assert!(result.candidate.summary.outcomes[&Outcome::Success] > 0, "{name}");
        }
        // What a level, and what a run of its own answers.
        let levels = || load_file(&results[0]).unwrap().levels.len();
        match name.as_str() {
            "prompt-length.yaml" => assert_eq!(results.len(), 3),
            "concurrency-sweep.yaml" | "find-max-rate.yaml" => assert!(levels() >= 3, "{name}"),
            "quality-under-load.yaml" => assert_eq!(levels(), 2),
            _ => assert_eq!((results.len(), levels()), (1, 0), "{name}"),
        }
    }
}

#[test]
fn every_shipped_experiment_follows_the_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/experiment.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for name in shipped() {
        let text = fs::read_to_string(folder().join(&name)).unwrap();
        assert!(
            text.lines().filter(|line| line.starts_with("# ")).count() >= 2,
            "{name} says what it answers"
        );
        let value: Value = serde_saphyr::from_str(&text).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

#[test]
fn a_dry_run_tells_requests_and_length() {
    let open = &plans(&dry_run("open-loop.yaml", &["--format", "json"]))[0];
    assert_eq!(open["expected"], json!({"loads": 1, "loads_at_most": false, "requests": 72, "seconds": 9.0}));
    assert_eq!(open["load"]["profile"]["start"]["stages"], json!([{"rate": 8.0}]));
    assert_eq!(open["slos"].as_array().unwrap().len(), 3);
    let bursty = &plans(&dry_run("open-loop-bursty.yaml", &["--format", "json"]))[0];
    assert_eq!(bursty["load"]["profile"]["start"]["burstiness"], 0.25);
    assert_eq!(bursty["expected"], open["expected"]);
    let sweep = &plans(&dry_run("concurrency-sweep.yaml", &["--format", "json"]))[0];
    assert_eq!(sweep["load"]["sweep"]["values"], json!([1.0, 2.0, 4.0, 8.0, 16.0]));
    assert_eq!(sweep["expected"], json!({"loads": 5, "loads_at_most": true, "seconds": 10.0}));
    let closed = &plans(&dry_run("single.yaml", &["--format", "json"]))[0];
    assert_eq!(closed["expected"], json!({"loads": 1, "loads_at_most": false, "requests": 8}));
    let quality = &plans(&dry_run("quality-under-load.yaml", &["--format", "json"]))[0];
    assert_eq!(quality["expected"]["requests"], 30 * 2 * 2, "prompts, sides, levels");
    let text = dry_run("single.yaml", &[]).stdout;
    assert!(text.contains("depends on how fast the server answers"), "{text}");
}

#[test]
fn other_fields_of_a_sweep_are_runs_of_their_own() {
    let runs = plans(&dry_run("prompt-length.yaml", &["--format", "json"]));
    let values: Vec<&Value> = runs.iter().map(|run| &run["values"]["workload.input_tokens.value"]).collect();
    assert_eq!(values, ["128", "512", "2048"]);
    let ended = dry_run("prompt-length.yaml", &["--resume", "latest"]);
    ended.fails(2, &["`--resume` goes on with one run", "has 3"]).prints_nothing();
}

#[test]
fn a_run_of_several_says_which_and_keeps_a_result_each() {
    let lab = Lab::new();
    let flags = ["--simulator-speed", "50", "--requests", "4", "--warmup", "0", "--allow-invalid-client"];
    let sweep = ["--sweep", "sampling.temperature=0,0.5"];
    let arguments = [&["run", "--endpoint", "awq", "--promptset", "tiny"][..], &flags, &sweep].concat();
    let ended = lab.labctl(&arguments);
    ended.succeeds();
    assert!(ended.stderr.contains("run 2 of 2: sampling.temperature=0.5"), "{ended:#?}");
    let mut temperatures: Vec<f64> =
        lab.all(".json").iter().map(|path| load_file(path).unwrap().sampling.temperature).collect();
    temperatures.sort_by(f64::total_cmp);
    assert_eq!(temperatures, [0.0, 0.5]);
}

#[test]
fn wrong_experiments_are_one_clear_message() {
    let lab = Lab::new();
    fs::write(lab.path("x.yaml"), "endpoint: awq\nload: {rat: 3}\n").unwrap();
    fs::write(lab.path("tiny.jsonl"), "{\"prompt\": \"a?\", \"max_tokens\": 8}\n").unwrap();
    fs::write(lab.path("cycle.yaml"), "extends: cycle.yaml\n").unwrap();
    for (arguments, parts) in [
        (&["x.yaml"][..], &["x.yaml:2:8: unknown field `rat` in `load`; did you mean `rate`?"][..]),
        (&["cycle.yaml"], &["an experiment can't extend itself: `cycle.yaml` extends `cycle.yaml`"]),
        (&["missing.yaml"], &["could not read the experiment `missing.yaml`"]),
        (&["--endpoint", "awq", "--rate", "0"], &["--rate: `load.rate` must be above 0"]),
        (
            &["--endpoint", "awq", "--rate", "2", "--slo", "tfft_ms<=3"],
            &["--slo: `slos` can't be read", "ttft_ms"],
        ),
        (
            &["--endpoint", "awq", "--duration", "5", "--warmup-time", "9"],
            &["--warmup-time: `load.warmup_s` leaves nothing to measure"],
        ),
        (&["--endpoint", "awq", "--timeout-ttft", "0"], &["--timeout-ttft", "must be a time above 0"]),
        (&["--endpoint", "awq", "--promptset", "none", "--dry-run"], &["none"]),
        (
            &["--endpoint", "awq", "--input-tokens", "9", "--output-tokens", "9", "--tokenizer", "none.json"],
            &["tokenizer file `none.json` is missing"],
        ),
        (
            &["--endpoint", "awq", "--workload", "tiny.jsonl", "--trace-speed", "2"],
            &["the workload has no recorded moments that could be replayed"],
        ),
    ] {
        lab.labctl(&[&["run"], arguments].concat()).fails(2, parts).prints_nothing();
    }
    lab.has_no_results();
}

#[test]
fn the_schema_is_printed() {
    let ended = Lab::new().labctl(&["config", "schema", "experiment"]);
    ended.succeeds();
    let schema: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(schema["title"], "Experiment");
}
