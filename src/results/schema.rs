//! The committed JSON Schemas are those of the types. `LABCTL_REGENERATE=1 cargo test schema` rewrites
//! them after a type changed; a change that an older reader would misread raises `SCHEMA_VERSION`.

use std::path::{Path, PathBuf};

use regex::Regex;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::fixtures::{header, record, result, result_of};
use crate::model::compared::ComparisonReport;
use crate::model::config::{Endpoint, LabConfig, Team};
use crate::model::experiment::Experiment;
use crate::model::gate::Gates;
use crate::model::head_to_head::HeadToHeadReport;
use crate::model::history::RunsReport;
use crate::model::judgement::Verdict;
use crate::model::prompt::Prompt;
use crate::model::record::Side;
use crate::model::result::RunResult;

/// The schema with what says what it is first, and without the links of the code's documentation.
fn schema_of<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let generated = settings.into_generator().into_root_schema_for::<T>().to_value();
    let link = Regex::new(r"\[(`[^`]+`)\](\([^)]*\))?").unwrap();
    let mut schema = Map::new();
    let first = ["$schema", "title", "description"].map(|name| (name.to_owned(), generated[name].clone()));
    schema.extend(first.into_iter().chain(generated.as_object().unwrap().clone()));
    let mut schema = Value::Object(schema);
    for_each_text(&mut schema, &|text| *text = link.replace_all(text, "$1").into_owned());
    schema
}

fn for_each_text(value: &mut Value, change: &impl Fn(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| for_each_text(item, change)),
        Value::Object(members) => members.values_mut().for_each(|member| for_each_text(member, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What labctl writes: a field is required where it is always written.
fn result_schema() -> Value {
    schema_of::<RunResult>(SchemaSettings::draft2020_12().for_serialize())
}

/// What labctl accepts: a field with a default is not required.
fn config_schema() -> Value {
    schema_of::<LabConfig>(SchemaSettings::draft2020_12())
}

/// What labctl accepts as an experiment.
fn experiment_schema() -> Value {
    schema_of::<Experiment>(SchemaSettings::draft2020_12())
}

/// What labctl accepts as a file of gates.
fn gates_schema() -> Value {
    schema_of::<Gates>(SchemaSettings::draft2020_12())
}

/// What labctl accepts as one line of a prompt set.
fn prompt_schema() -> Value {
    schema_of::<Prompt>(SchemaSettings::draft2020_12())
}

/// What `labctl compare --format json` prints of two sides.
fn comparison_schema() -> Value {
    schema_of::<ComparisonReport>(SchemaSettings::draft2020_12().for_serialize())
}

/// What it prints of three and more runs.
fn head_to_head_schema() -> Value {
    schema_of::<HeadToHeadReport>(SchemaSettings::draft2020_12().for_serialize())
}

/// What `labctl report --format json` prints of several runs.
fn runs_schema() -> Value {
    schema_of::<RunsReport>(SchemaSettings::draft2020_12().for_serialize())
}

fn path_of(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name)
}

fn assert_committed(name: &str, schema: &Value) {
    let path = path_of(name);
    let generated = format!("{}\n", serde_json::to_string_pretty(schema).unwrap());
    if std::env::var_os("LABCTL_REGENERATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "`schemas/{name}` is not that of the types: run `LABCTL_REGENERATE=1 cargo test schema` and commit it"
    );
}

#[track_caller]
fn assert_valid(schema: &Value, instance: &Value) {
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(instance).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[track_caller]
fn assert_invalid(schema: &Value, instance: &Value) {
    assert!(!jsonschema::validator_for(schema).unwrap().is_valid(instance), "{instance:#} is valid");
}

#[test]
fn committed_schemas_are_those_of_the_types() {
    assert_committed("result.schema.json", &result_schema());
    assert_committed("labctl.schema.json", &config_schema());
    assert_committed("promptset.schema.json", &prompt_schema());
    assert_committed("experiment.schema.json", &experiment_schema());
    assert_committed("gates.schema.json", &gates_schema());
    assert_committed("comparison.schema.json", &comparison_schema());
    assert_committed("head-to-head.schema.json", &head_to_head_schema());
    assert_committed("runs.schema.json", &runs_schema());
}

#[test]
fn a_written_result_follows_the_schema() {
    let schema = result_schema();
    for result in [
        Box::new(result("run-1")),
        Box::new(result_of(header("empty"), [])),
        Box::new(result_of(header("all"), Verdict::ALL.map(|v| record(v.name(), 0, Side::Candidate, v)))),
    ] {
        assert_valid(&schema, &serde_json::to_value(result).unwrap());
    }
}

#[test]
fn the_schema_refuses_what_is_no_result_and_allows_later_fields() {
    let schema = result_schema();
    let mut json = serde_json::to_value(result("run-1")).unwrap();
    json["from_the_future"] = json!(1);
    json["rows"][0]["from_the_future"] = json!(1);
    assert_valid(&schema, &json);
    json["rows"][0]["candidate"]["exchange"]["outcome"] = json!("fine");
    assert_invalid(&schema, &json);
    assert_invalid(&schema, &json!({"schema_version": 1}));
}

#[test]
fn a_configuration_may_leave_everything_out_and_may_not_add_anything() {
    let schema = config_schema();
    assert_valid(&schema, &json!({}));
    assert_valid(&schema, &json!({"endpoints": {"awq": {"url": "http://localhost:8000/v1", "model": "m"}}}));
    assert_invalid(&schema, &json!({"endpoints": {"awq": {"ulr": "http://localhost:8000/v1"}}}));
    let mut config = LabConfig::default();
    config.endpoints.insert("awq".into(), Endpoint::default());
    config.teams.insert("quant".into(), Team { endpoint: "awq".into(), ..Team::default() });
    assert_valid(&schema, &serde_json::to_value(config).unwrap());
}

#[test]
fn an_experiment_may_leave_everything_out_and_may_not_add_anything() {
    let schema = experiment_schema();
    assert_valid(&schema, &json!({}));
    let length = json!({"distribution": "fixed", "value": 8});
    let made = json!({"type": "synthetic", "input_tokens": length, "output_tokens": length});
    let sweep = json!({"load.concurrency": [1, "2..8"], "sampling.temperature": [0, 0.7]});
    assert_valid(&schema, &json!({"workload": made, "load": {"type": "open", "rate": 2}, "sweep": sweep}));
    assert_invalid(&schema, &json!({"load": {"rat": 2}}));
    assert_invalid(&schema, &json!({"workload": {"type": "synthetic", "input_tokens": length}}));
    assert_invalid(&schema, &json!({"sweep": {"load.rate": 3}}));
}

#[test]
fn gates_may_leave_everything_out_and_may_not_add_anything() {
    let schema = gates_schema();
    assert_valid(&schema, &json!({}));
    let pass_rate = json!({"mode": "prove", "margin_pp": 3});
    let speed = json!([{"metric": "e2e_ms", "statistic": "p95"}]);
    assert_valid(&schema, &json!({"pass_rate": pass_rate, "floors": {"overall": 0.8}, "speed": speed}));
    assert_invalid(&schema, &json!({"pass_rate": {"margin": 3}}));
    assert_invalid(&schema, &json!({"speed": [{"metric": "e2e"}]}));
}

#[test]
fn a_prompt_follows_the_schema() {
    let schema = prompt_schema();
    let mut prompt = json!({
        "id": "a-1", "category": "math", "prompt": "6 × 7?", "max_tokens": 16,
        "checks": [{"type": "numeric", "value": "42"}], "reference": "42", "near_miss": ["43"],
    });
    assert_valid(&schema, &prompt);
    prompt["checks"][0]["typo"] = json!(1);
    assert_invalid(&schema, &prompt);
}
