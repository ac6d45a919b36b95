//! Layers, sources, and errors of whole configurations.

mod mistakes;
mod shown;
mod targets;

use std::fs;
use std::path::Path;

use clap::Parser;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::schema::{Shape, TypeSchema, is_file_name};
use super::*;
use crate::cli::args::{BenchArgs, Cli, Command, RunArgs};
use crate::model::team::TeamKind;

/// A folder with this `labctl.yaml`, and a loader that starts there.
fn with_file(text: &str) -> (TempDir, SettingsLoader) {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("labctl.yaml"), text).unwrap();
    let loader = SettingsLoader { working_dir: dir.path().to_owned(), ..SettingsLoader::default() };
    (dir, loader)
}

/// No file, here or above.
fn without_file() -> (TempDir, SettingsLoader) {
    let dir = TempDir::new().unwrap();
    let loader = SettingsLoader { working_dir: dir.path().to_owned(), ..SettingsLoader::default() };
    assert_eq!(loader.find().unwrap(), None, "the machine's temporary folder lies below a labctl.yaml");
    (dir, loader)
}

fn set(loader: &SettingsLoader, pairs: &[&str]) -> SettingsLoader {
    SettingsLoader { set: pairs.iter().map(|pair| pair.parse().unwrap()).collect(), ..loader.clone() }
}

fn bench(line: &str) -> BenchArgs {
    match Cli::try_parse_from(line.split(' ')).unwrap().command {
        Command::Bench(args) => *args,
        other => panic!("not a bench: {other:?}"),
    }
}

fn run(line: &str) -> RunArgs {
    match Cli::try_parse_from(line.split(' ')).unwrap().command {
        Command::Run(args) => *args,
        other => panic!("not a run: {other:?}"),
    }
}

fn message(loader: &SettingsLoader) -> String {
    loader.load(&NoFlags).unwrap_err().to_string()
}

const LAB: &str = "\
endpoints:
  small:
    url: https://lab.example/v1
    model: small-1
    api_key_env: LAB_KEY
    headers:
      X-Team: quant
  big:
    url: http://big.example/v1
teams:
  quant:
    endpoint: small
    baseline: big
    prompt_sets: [canary]
defaults:
  concurrency: 4
  seed: 7
";

#[test]
fn without_a_file_the_reference_lab_stands_in() {
    let (_dir, loader) = without_file();
    let settings = loader.load(&NoFlags).unwrap();
    assert!(settings.is_reference_lab);
    let models: Vec<_> =
        settings.config.endpoints.values().map(|endpoint| endpoint.model.clone().unwrap()).collect();
    assert_eq!(models, ["mistral-7b-awq", "mistral-7b-fp16", "mistral-7b-judge", "mistral-7b-lora"]);
    assert!(settings.config.endpoints.values().all(|endpoint| endpoint.simulator.is_some()));
    let quant = &settings.config.teams["quant"];
    assert_eq!((quant.endpoint.as_str(), quant.baseline.as_deref()), ("awq", Some("fp16")));
    assert_eq!(quant.prompt_sets, ["quant-quality", "canary"]);
    assert_eq!(settings.config.teams["finetune"].endpoint, "lora");
    assert_eq!(settings.config.teams["eval"].endpoint, "judge");
    assert_eq!(settings.provenance.get("endpoints.awq.simulator.profile"), &Source::ReferenceLab);
    assert_eq!(settings.provenance.get("defaults.concurrency"), &Source::Default);
}

#[test]
fn a_file_replaces_the_reference_lab_whole() {
    let (_dir, loader) = with_file(LAB);
    let settings = loader.load(&NoFlags).unwrap();
    assert!(!settings.is_reference_lab);
    assert_eq!(settings.config.endpoints.keys().collect::<Vec<_>>(), ["big", "small"]);
    let (_dir, empty) = with_file("# nothing yet\n");
    assert!(empty.load(&NoFlags).unwrap().config.endpoints.is_empty());
}

#[test]
fn each_layer_wins_over_the_one_below_and_says_so() {
    let (_dir, mut loader) = with_file(LAB);
    let place = |settings: &Settings, path: &str| settings.provenance.get(path).to_string();
    let settings = loader.load(&NoFlags).unwrap();
    assert_eq!((settings.config.defaults.concurrency, settings.config.defaults.seed), (4, 7));
    assert_eq!(place(&settings, "defaults.concurrency"), "labctl.yaml:16");
    loader = set(&loader, &["defaults.concurrency=8", "defaults.rounds=3"]);
    let settings = loader.load(&bench("labctl bench --team quant --rounds 5")).unwrap();
    let defaults = &settings.config.defaults;
    assert_eq!((defaults.concurrency, defaults.rounds, defaults.seed), (8, 5, 7));
    assert_eq!(place(&settings, "defaults.concurrency"), "--set");
    assert_eq!(place(&settings, "defaults.rounds"), "--rounds");
    assert_eq!(place(&settings, "defaults.seed"), "labctl.yaml:17");
    assert_eq!(place(&settings, "defaults.repeats"), "default");
}

#[test]
fn the_environment_lies_between_file_and_set() {
    let (_dir, mut loader) = with_file("defaults: {results_dir: from-file, promptset_dir: sets}\n");
    loader.from_environment.insert("results_dir".to_owned());
    let args = run("labctl run --url http://h/v1 --results-dir from-env");
    let settings = loader.load(&args).unwrap();
    assert_eq!(settings.config.defaults.results_dir, Path::new("from-env"));
    assert_eq!(
        settings.provenance.get("defaults.results_dir"),
        &Source::Env("LABCTL_RESULTS_DIR".to_owned())
    );
    let settings = set(&loader, &["defaults.results_dir=from-set"]).load(&args).unwrap();
    assert_eq!(settings.config.defaults.results_dir, Path::new("from-set"));
}

#[test]
fn files_are_found_upwards_and_paths_are_relative_to_them() {
    let (dir, mut loader) =
        with_file("endpoints:\n  a: {url: http://h/v1, api_key_file: keys/a, tls: {ca_file: /etc/ca.pem}}\n");
    loader.working_dir = dir.path().join("deep/er");
    fs::create_dir_all(&loader.working_dir).unwrap();
    let settings = loader.load(&NoFlags).unwrap();
    assert_eq!(settings.file.as_deref(), Some(Path::new("../../labctl.yaml")));
    let endpoint = &settings.config.endpoints["a"];
    assert_eq!(endpoint.api_key_file.as_deref(), Some(Path::new("../../keys/a")));
    assert_eq!(endpoint.tls.ca_file.as_deref(), Some(Path::new("/etc/ca.pem")));
    assert_eq!(settings.config.defaults.results_dir, Path::new("../../results"));
    assert_eq!(settings.provenance.get("defaults.results_dir"), &Source::Default);
    // A file that is named doesn't move the results.
    loader.config = Some(dir.path().join("labctl.yaml"));
    assert_eq!(loader.load(&NoFlags).unwrap().config.defaults.results_dir, Path::new("results"));
}

#[test]
fn every_file_name_in_the_types_is_known_as_one() {
    let (_dir, loader) = with_file(LAB);
    let config = serde_json::to_value(loader.load(&NoFlags).unwrap().config).unwrap();
    for field in config["defaults"].as_object().unwrap().keys().filter(|field| field.contains("dir")) {
        assert!(is_file_name(field), "{field}");
    }
    // The types hold paths in fields of these names alone.
    let source = include_str!("../../../model/config.rs");
    for line in
        source.lines().filter(|line| line.contains("PathBuf") && line.trim_start().starts_with("pub "))
    {
        let field = line.trim_start().trim_start_matches("pub ").split(':').next().unwrap();
        assert!(is_file_name(field), "{field}");
    }
}

#[test]
fn text_of_a_set_needs_no_quotes() {
    let (_dir, loader) = with_file(LAB);
    let pairs = [
        "endpoints.small.model=7",
        "endpoints.small.headers.X-Extra=a: b",
        "endpoints.small.api_key_env=null",
    ];
    let settings = set(&loader, &pairs).load(&NoFlags).unwrap();
    let endpoint = &settings.config.endpoints["small"];
    assert_eq!(endpoint.model.as_deref(), Some("7"));
    assert_eq!(endpoint.headers["X-Extra"], "a: b");
    assert_eq!(endpoint.headers["X-Team"], "quant");
    assert_eq!(endpoint.api_key_env, None);
    let pairs =
        ["endpoints.small.body.chat_template_kwargs.enable_thinking=false", "endpoints.small.body.stop=null"];
    let body = &set(&loader, &pairs).load(&NoFlags).unwrap().config.endpoints["small"].body;
    assert_eq!(json!(body), json!({"chat_template_kwargs": {"enable_thinking": false}, "stop": null}));
}

/// A path to every field of the schema, with a value for it; names of the user's choice become `x`.
fn leaves(schema: &TypeSchema, path: &FieldPath, into: &mut Vec<(String, Value)>) {
    let inside: Vec<String> = match schema.at(path).unwrap() {
        Shape::Struct(properties, _) => properties.keys().cloned().collect(),
        Shape::Map(_) => vec!["x".to_owned()],
        Shape::Tagged(..) => unreachable!("no field of a configuration has alternatives"),
        Shape::List(_) => return into.push((path.to_string(), json!(["x"]))),
        Shape::Text if path.names().last().unwrap() == "profile" => {
            return into.push((path.to_string(), json!("lora")));
        }
        Shape::Text if path.names().last().unwrap() == "proxy" => {
            return into.push((path.to_string(), json!("http://p")));
        }
        Shape::Text if path.names().last().unwrap() == "url" => {
            return into.push((path.to_string(), json!("http://u")));
        }
        Shape::Text => return into.push((path.to_string(), json!("x"))),
        Shape::Whole(_) => return into.push((path.to_string(), json!(3))),
        Shape::Number => return into.push((path.to_string(), json!(0.5))),
        Shape::Flag => return into.push((path.to_string(), json!(true))),
        Shape::Choice(options) => return into.push((path.to_string(), json!(options.last().unwrap()))),
        Shape::Any => return into.push((path.to_string(), json!({"y": 1}))),
    };
    for name in inside {
        let below = path.join(&name);
        // Values that only some are right for.
        let special = match name.as_str() {
            "alpha" => Some(json!(0.25)),
            "slos" => Some(json!(["error_rate<=0.5"])),
            "speed" if matches!(schema.at(&below), Some(Shape::List(_))) => {
                Some(json!([{"metric": "e2e_ms", "statistic": "p95", "tolerance": 0.5}]))
            }
            _ => None,
        };
        if let Some(value) = special {
            into.push((below.to_string(), value));
            continue;
        }
        leaves(schema, &path.join(&name), into);
    }
}

#[test]
fn set_reaches_every_field() {
    let schema = config_schema();
    let mut all = Vec::new();
    leaves(&schema, &FieldPath::default(), &mut all);
    assert!(all.len() >= 34, "{all:?}");
    let (_dir, loader) = with_file("endpoints: {x: {url: 'http://h'}}\nteams: {x: {endpoint: x}}\n");
    for (path, value) in all {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let mut pairs = vec![format!("{path}={text}")];
        match path.as_str() {
            "endpoints.x.tls.client_key_file" => {
                pairs.push("endpoints.x.tls.client_certificate_file=x".to_owned());
            }
            "endpoints.x.tls.client_certificate_file" => {
                pairs.push("endpoints.x.tls.client_key_file=x".to_owned());
            }
            "endpoints.x.cost.gpus" | "endpoints.x.cost.currency" => {
                pairs.insert(0, "endpoints.x.cost.per_gpu_hour=1".to_owned());
            }
            "teams.x.expect.e2e_p95_ratio_suspect" => {
                pairs.push("teams.x.kind=fine_tuning".to_owned());
                pairs.push("teams.x.expect.e2e_p95_ratio_at_most=0.4".to_owned());
            }
            _ if path.starts_with("teams.x.expect.") => {
                let field = path.trim_start_matches("teams.x.expect.");
                let kinds = [TeamKind::Quantization, TeamKind::FineTuning, TeamKind::Evaluation];
                let kind = kinds.into_iter().find(|kind| kind.reads().contains(&field)).unwrap();
                pairs.push(format!("teams.x.kind={kind}"));
            }
            _ if path.starts_with("endpoints.x.simulator") => {
                pairs.insert(0, "endpoints.x.simulator.profile=awq".to_owned());
            }
            _ => {}
        }
        let pairs: Vec<&str> = pairs.iter().map(String::as_str).collect();
        let settings = set(&loader, &pairs).load(&NoFlags).unwrap_or_else(|error| panic!("{path}: {error}"));
        let pointer = format!("/{}", path.replace('.', "/"));
        let config = serde_json::to_value(&settings.config).unwrap();
        assert_eq!(config.pointer(&pointer), Some(&value), "{path}");
        assert_eq!(settings.provenance.get(&path), &Source::Set, "{path}");
    }
}
