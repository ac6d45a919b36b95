//! `--definitions` and `--why-different`: what other tools would have made of a run's traces.

use std::fs;

use labctl::model::exchange::Exchange;
use labctl::model::result::RunResult;
use labctl::model::trace::{Chunk, ChunkKind};
use serde_json::Value;

use crate::servers::Server;
use crate::support::{Ended, Lab};

const TOOLS: [&str; 3] = ["vllm", "guidellm", "aiperf"];

/// A lab in which a run on the simulator has ended.
fn measured() -> (Lab, RunResult) {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    lab.bench(&["--no-report"]).succeeds();
    let result = lab.result();
    (lab, result)
}

fn json(ended: &Ended) -> Value {
    ended.succeeds();
    serde_json::from_str(&ended.stdout).unwrap()
}

/// The mean of what `of` makes of each success.
fn mean(result: &RunResult, of: impl Fn(&Exchange) -> f64) -> f64 {
    let attempts = result.rows.iter().filter_map(|row| row.candidate.as_ref());
    let values: Vec<f64> = attempts.map(|attempt| of(&attempt.exchange)).collect();
    assert!(!values.is_empty());
    values.iter().sum::<f64>() / f64::from(u32::try_from(values.len()).unwrap())
}

/// Milliseconds from the sending to a chunk.
fn ms(exchange: &Exchange, chunk: &Chunk) -> f64 {
    chunk.recv_ns.since(exchange.trace.sent_ns).as_millis_f64()
}

#[test]
fn every_tool_s_values_follow_from_the_saved_traces() {
    let (lab, result) = measured();
    let first = |kinds: fn(ChunkKind) -> bool| {
        mean(&result, |e| ms(e, e.trace.chunks.iter().find(|c| kinds(c.kind)).unwrap()))
    };
    // What the simulator streams: the role, then content, then finish, usage and `[DONE]`.
    let role = first(|kind| kind == ChunkKind::Role);
    let content = first(|kind| kind == ChunkKind::Content);
    let done = first(|kind| kind == ChunkKind::Done);
    assert!(role <= content && content <= done);
    for (tool, ttft) in TOOLS.into_iter().zip([role, content, content]) {
        let report = json(&lab.labctl(&["report", "latest", "--definitions", tool, "--format", "json"]));
        assert_eq!((&report["simulated"], &report["run_id"]), (&true.into(), &result.run_id.clone().into()));
        let summary = &report["sides"][0]["summaries"][0];
        assert_eq!(summary["definitions"], tool);
        let close = |value: &Value, expected: f64| {
            let value = value.as_f64().unwrap();
            assert!((value - expected).abs() < 1e-6, "{tool}: {value} is not {expected}");
        };
        close(&summary["ttft_ms"]["mean"], ttft);
        if tool == "guidellm" {
            close(&summary["e2e_ms"]["mean"], done);
        }
        assert_eq!(summary.get("tpot_ms").is_none(), tool == "aiperf");
    }
}

#[test]
fn the_side_by_side_names_every_tool_and_reason() {
    let (lab, result) = measured();
    let report = json(&lab.labctl(&["report", "--why-different", "--format", "json"]));
    let side = &report["sides"][0];
    let ours = &side["summaries"][0];
    assert_eq!(ours["definitions"], "labctl");
    let summary = &result.candidate.summary;
    let stored = [("ttft_ms", summary.ttft_ms), ("itl_ms", summary.itl_ms), ("e2e_ms", summary.e2e_ms)];
    for (metric, distribution) in stored {
        // On a busy machine every gap may have an inexact end: there is none then, here as there.
        let told = ours[metric]["p50"].as_f64();
        assert_eq!(told, distribution.map(|d| d.p50), "{metric} is the summary's own");
    }
    let differences = side["differences"].as_array().unwrap();
    assert!(differences.iter().all(|d| d["same"] == Value::Bool(d["reason"].is_null())), "{differences:?}");

    let text = lab.labctl(&["report", "--why-different"]);
    text.succeeds();
    for part in ["labctl", "vLLM", "GuideLLM", "AIPerf", "SIMULATED", "an empty chunk before the first token"]
    {
        assert!(text.stdout.contains(part), "no `{part}` in {}", text.stdout);
    }
    // vLLM's is as well, where every role chunk came together with the first token.
    let same = ["TTFT, AIPerf: the same as labctl's", "TTFT, vLLM and AIPerf: the same as labctl's"];
    assert!(same.iter().any(|line| text.stdout.contains(line)), "{}", text.stdout);
    let markdown = lab.labctl(&["report", "--why-different", "--format", "markdown"]);
    markdown.succeeds();
    assert!(markdown.stdout.contains("| TTFT mean, ms |"), "{}", markdown.stdout);
    assert_eq!(lab.written().len(), 1, "nothing but the result: the report was not asked for");
}

#[test]
fn a_run_prints_it_below_its_summary() {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    for tool in TOOLS {
        let ended = lab.bench(&["--no-report", "--definitions", tool]);
        ended.succeeds();
        let (summary, below) = ended.stdout.split_once("Speed by ").unwrap();
        assert!(summary.contains("Files") && below.contains("formulas (SIMULATED)"), "{}", ended.stdout);
    }
}

#[test]
fn it_has_no_place_in_a_result_s_json_and_that_is_said_before_anything_is_sent() {
    let server = Server::good();
    let lab = Lab::at(&server.url());
    lab.bench(&["--definitions", "vllm", "--format", "json"])
        .fails(2, &["`--definitions`", "labctl report latest --definitions"])
        .prints_nothing();
    assert_eq!(server.requests_served(), 0);
    lab.has_no_results();
}

#[test]
fn a_result_without_traces_says_what_is_missing_and_what_to_do() {
    let (lab, result) = measured();
    let path = lab.only(".json");
    let mut stored: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    for row in stored["rows"].as_array_mut().unwrap() {
        row["candidate"]["exchange"]["trace"].as_object_mut().unwrap().remove("chunks");
    }
    fs::write(&path, stored.to_string()).unwrap();
    let count = result.rows.len();
    let missing = format!("the chunk times of 0 of the candidate's {count} successful requests");
    for flags in [&["--why-different"][..], &["--definitions", "aiperf"]] {
        lab.labctl(&[&["report", "latest"], flags].concat())
            .fails(2, &[&result.run_id, &missing, "measure again"])
            .prints_nothing();
    }
}

#[test]
fn the_flags_stand_for_reports_of_their_own() {
    let lab = Lab::new();
    for arguments in [
        &["report", "--definitions", "vllm", "--why-different"][..],
        &["report", "--definitions", "vllm", "--output", "a.md"],
        &["report", "--definitions", "vllm", "--format", "html"],
        &["report", "--why-different", "--output", "a.md"],
        &["report", "--why-different", "--baseline", "latest"],
        &["report", "--definitions", "labctl"],
    ] {
        assert_eq!(lab.labctl(arguments).code, 2, "{arguments:?}");
    }
}
