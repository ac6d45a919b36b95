//! What a team expects, held against runs on the simulator, and what they cost.

use std::fs;

use labctl::model::result::RunResult;
use labctl::model::team::{Reading, ReadingVerdict};
use labctl::results::store::load_file;
use serde_json::{Value, json};

use crate::support::{Ended, Lab};

/// Flags of a simulated bench that takes seconds, and whose client may be slow for it.
const FAST: [&str; 3] = ["--simulator-speed", "50", "--allow-invalid-client"];

/// A lab with the reference lab's teams on simulators, `changes` laid over its configuration.
fn lab(changes: &Value) -> Lab {
    let price = json!({"gpus": 2, "per_gpu_hour": 0.5, "currency": "EUR"});
    let mut config = json!({
        "endpoints": {
            "awq": {"simulator": {"profile": "awq", "pass_rate": 0.4, "flip_rate": 0.5}, "cost": price},
            "fp16": {"simulator": {"profile": "fp16", "pass_rate": 0.95}},
            "lora": {"simulator": {"profile": "lora"}},
            "judge": {"simulator": {"profile": "judge"}},
        },
        "teams": {
            "quant": {"endpoint": "awq", "baseline": "fp16", "battery": "benchmark-quant"},
            "finetune": {"endpoint": "lora", "baseline": "fp16", "battery": "benchmark-finetune"},
            "eval": {"endpoint": "judge", "battery": "benchmark-eval"},
        },
    });
    lay_over(&mut config, changes);
    let lab = Lab::new();
    fs::write(lab.path("labctl.yaml"), config.to_string()).unwrap();
    lab
}

fn lay_over(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (name, value) in over {
                lay_over(under.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over.clone(),
    }
}

fn bench(lab: &Lab, arguments: &[&str]) -> Ended {
    let ended = lab.labctl(&[&["bench"], arguments, &FAST[..]].concat());
    ended.succeeds();
    ended
}

fn reading<'a>(result: &'a RunResult, id: &str) -> &'a Reading {
    let found = result.readings.iter().find(|reading| reading.id == id);
    found.unwrap_or_else(|| panic!("{id} is not among {:#?}", result.readings))
}

#[test]
fn a_quantized_variant_that_lost_its_precision_is_read_so_everywhere() {
    let lab = lab(&json!({}));
    let set = ["--promptset", "benchmark-quant", "--categories", "math,code", "--concurrency", "8"];
    let ended = bench(&lab, &[&["--team", "quant", "--compare-baseline"], &set[..]].concat());
    let result = lab.result();
    let precision = reading(&result, "category_loss_pp_at_most");
    assert_eq!(precision.verdict, ReadingVerdict::Missed);
    assert!(precision.evidence.contains("precision loss in"), "{}", precision.evidence);
    assert!(precision.next.as_ref().unwrap().contains("labctl check explain"));
    let latency = reading(&result, "e2e_p95_ratio_at_most");
    assert_eq!(latency.verdict, ReadingVerdict::NotApplicable, "of 100 prompts");
    assert!(latency.evidence.contains("a P95 takes 130 requests on both sides, here are 100"));
    assert_eq!(reading(&result, "throughput_ratio_at_least").verdict, ReadingVerdict::NotApplicable);

    let text = "Reading the results: quantization";
    for part in [text, "precision loss in", "SIMULATED", "labctl check explain"] {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
    let (html, markdown) = (lab.only(".html"), lab.labctl(&["report", "latest", "--format", "markdown"]));
    for shown in [&fs::read_to_string(html).unwrap(), &markdown.stdout] {
        assert!(shown.contains(text) && shown.contains("precision loss in"));
    }

    let priced = result.candidate.cost.as_ref().unwrap();
    assert!((priced.per_hour - 1.0).abs() < 1e-12);
    let rate = result.candidate.summary.throughput.as_ref().unwrap().output_tokens_per_s;
    let expected = 1e6 / (3_600.0 * rate);
    assert!((priced.per_million_output_tokens.unwrap() - expected).abs() < 1e-9);
    assert_eq!(
        (priced.per_million_output_tokens_at_slo, &result.baseline.as_ref().unwrap().cost),
        (None, &None)
    );
    for part in ["cost of 1M output tokens", " EUR", "correct answers/GPU-hour"] {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
}

#[test]
fn thresholds_are_kept_in_the_result_for_those_who_read_it_later() {
    let lab = lab(&json!({"teams": {"mine": {
        "endpoint": "judge", "kind": "evaluation",
        "expect": {"output_tokens_at_most": 1.5, "pass_rate_at_least": 0.0, "e2e_p95_ms_at_most": 1e9}
    }}}));
    bench(&lab, &["--team", "mine", "--promptset", "benchmark-eval", "--no-report"]);
    let result = lab.result();
    assert_eq!(reading(&result, "output_tokens_at_most").verdict, ReadingVerdict::Missed);
    assert_eq!(reading(&result, "pass_rate_at_least").verdict, ReadingVerdict::Met);
    let latency = reading(&result, "e2e_p95_ms_at_most");
    assert_eq!((latency.verdict, latency.n), (ReadingVerdict::Met, Some(200)));
    assert_eq!(reading(&result, "waiting_at_most").verdict, ReadingVerdict::NotApplicable);
    // The lab's configuration is another one by then.
    fs::write(lab.path("labctl.yaml"), "{}").unwrap();
    lab.labctl(&["rescore", "latest", "--allow-invalid-client"]).succeeds();
    let mut all = lab.all(".json").into_iter().map(|path| load_file(&path).unwrap());
    let rescored = all.find(|result| result.rescored_from.is_some()).unwrap();
    assert_eq!(rescored.readings, result.readings);
}

#[test]
fn every_team_has_its_line_in_the_summary_of_all() {
    let lab = lab(&json!({}));
    let ended = bench(&lab, &["--all", "--sample", "15", "--no-report"]);
    let summary = fs::read_to_string(lab.only("-all.md")).unwrap();
    for shown in [&ended.stdout, &summary] {
        let (_, after) = shown.split_once("Reading the results\n").unwrap();
        let table = after.split("Quality").next().unwrap();
        for team in ["quant", "finetune", "eval"] {
            assert!(table.contains(team), "{team}: {table}");
        }
    }
}

#[test]
fn two_results_are_read_when_they_are_compared() {
    let lab = lab(&json!({}));
    let set = ["--promptset", "quant-quality", "--no-report"];
    bench(&lab, &[&["--endpoint", "fp16"], &set[..]].concat());
    let baseline = lab.result().run_id;
    bench(&lab, &[&["--team", "quant"], &set[..]].concat());
    let ended = lab.labctl(&["compare", &baseline, "latest", "--format", "json"]);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["team_kind"], "quantization");
    let ids: Vec<&str> =
        document["readings"].as_array().unwrap().iter().map(|read| read["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["e2e_p95_ratio_at_most", "throughput_ratio_at_least", "category_loss_pp_at_most"]);
    let text = lab.labctl(&["compare", &baseline, "latest"]).stdout;
    assert!(text.contains("Reading the results: quantization"), "{text}");
}

#[test]
fn thresholds_and_prices_that_mean_nothing_are_refused() {
    let refused = |changes: Value, parts: &[&str]| {
        lab(&changes).labctl(&["config", "show"]).fails(2, parts);
    };
    let expect = |team: &str, expect: Value| json!({"teams": {team: {"expect": expect}}});
    refused(
        expect("quant", json!({"e2e_p95_ratio_at_most": 0})),
        &["teams.quant.expect.e2e_p95_ratio_at_most", "must be a number above 0"],
    );
    refused(expect("eval", json!({"pass_rate_at_least": 95})), &["must be a share from 0 to 1"]);
    refused(
        expect("quant", json!({"output_tokens_at_most": 10})),
        &["is not read for a team of the kind `quantization`", "`throughput_ratio_at_least`"],
    );
    refused(
        expect("finetune", json!({"e2e_p95_ratio_suspect": 1.05})),
        &["must not be below `e2e_p95_ratio_at_most`, which is 1.1"],
    );
    refused(expect("quant", json!({"category_loss_pp_at_most": 100})), &["below 100"]);
    refused(expect("eval", json!({"hard_categories": [""]})), &["holds an empty name"]);
    refused(
        json!({"teams": {"mine": {"endpoint": "awq", "expect": {"e2e_p95_ratio_at_most": 0.8}}}}),
        &["can only be held against a team whose `kind` is known"],
    );
    let cost = |cost: Value| json!({"endpoints": {"awq": {"cost": cost}}});
    refused(cost(json!({"per_gpu_hour": 0})), &["endpoints.awq.cost.per_gpu_hour", "above 0"]);
    refused(cost(json!({"per_gpu_hour": 1, "gpus": -1})), &["endpoints.awq.cost.gpus", "above 0"]);
    refused(cost(json!({"per_gpu_hour": 1, "currency": " "})), &["must not be empty"]);
}
