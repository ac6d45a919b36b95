//! The workflows of `examples/ci/`: they parse, their commands are labctl's, and what they upload is what it writes.
//! Whether the services take them is for `.ci/run`, which holds them to the services' own schemas.

use std::fs;
use std::path::Path;

use clap::Parser;
use labctl::cli::args::Cli;
use labctl::cli::ci::{JUNIT_FILE, METRICS_FILE};
use labctl::model::gate::Gates;
use serde_json::Value;

fn example(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ci").join(name)).unwrap()
}

fn workflow(name: &str) -> Value {
    serde_saphyr::from_str(&example(name)).unwrap()
}

/// Every text in a document.
fn texts<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => into.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(members) => members.values().for_each(|member| texts(member, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Every command of labctl in a workflow, those that are commented out included.
fn commands(name: &str) -> Vec<String> {
    let document = workflow(name);
    let mut found = Vec::new();
    texts(&document, &mut found);
    let mut commands: Vec<String> = found
        .into_iter()
        .flat_map(str::lines)
        .filter(|line| line.starts_with("labctl "))
        .map(str::to_owned)
        .collect();
    let text = example(name);
    let commented = text.lines().filter_map(|line| line.trim().strip_prefix("# - "));
    let commented = commented.map(|line| line.strip_prefix("run: ").unwrap_or(line));
    commands.extend(commented.filter(|line| line.starts_with("labctl ")).map(str::to_owned));
    commands
}

#[test]
fn every_command_is_labctls_own() {
    for name in ["github.yml", "gitlab.yml"] {
        let commands = commands(name);
        assert_eq!(commands.len(), 4, "{name}: {commands:#?}");
        for command in commands {
            if let Err(error) = Cli::try_parse_from(command.split_whitespace()) {
                panic!("{name}: `{command}` does not parse: {error}");
            }
        }
    }
}

#[test]
fn no_strangers_code_is_run_and_no_others_checks_are_cancelled() {
    let document = workflow("github.yml");
    let condition = document["jobs"]["compare"]["if"].as_str().unwrap();
    assert!(condition.contains("github.event.pull_request.head.repo.full_name == github.repository"));
    assert!(document["concurrency"]["group"].as_str().unwrap().contains("github.ref"));
}

#[test]
fn the_gates_are_gates() {
    let gates: Gates = serde_saphyr::from_str(&example("gates.yaml")).unwrap();
    assert!(gates.pass_rate.is_some() && gates.categories.is_some() && !gates.floors.is_empty());
    for name in ["github.yml", "gitlab.yml"] {
        let asked: Vec<_> =
            commands(name).into_iter().filter(|command| command.contains("--gates")).collect();
        assert!(!asked.is_empty());
        for command in asked {
            assert!(command.contains("--gates examples/ci/gates.yaml"), "{command}");
        }
    }
}

#[test]
fn what_is_kept_is_what_is_written() {
    // The files that the end-to-end tests find: a result with its reports, and what `--ci` and `--junit` leave.
    let written = ["results/run.json", "results/run.html", "results/run.md", JUNIT_FILE, METRICS_FILE];
    let matches = |pattern: &str| {
        let (start, end) = pattern.split_once('*').unwrap_or((pattern, ""));
        written.iter().any(|file| file.starts_with(start) && file.ends_with(end))
    };
    let github = workflow("github.yml");
    let mut kept = Vec::new();
    for job in github["jobs"].as_object().unwrap().values() {
        let uploads =
            job["steps"].as_array().unwrap().iter().filter_map(|step| step["with"]["path"].as_str());
        kept.extend(uploads.flat_map(str::lines));
    }
    assert_eq!(kept.len(), 8);
    let gitlab = workflow("gitlab.yml");
    texts(&gitlab[".labctl"]["artifacts"]["paths"], &mut kept);
    texts(&gitlab[".labctl"]["artifacts"]["reports"], &mut kept);
    assert_eq!(kept.len(), 15);
    for pattern in kept {
        assert!(matches(pattern), "nothing that labctl writes is `{pattern}`");
    }
}
