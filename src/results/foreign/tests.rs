//! Real files of each tool, read and written back. `tests/fixtures/foreign/README.md` says how they were recorded.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::vllm_bench::{VllmBench, vllm_bench};
use super::*;
use crate::metrics::definitions::sides;
use crate::model::definitions::{DefinedSummary, Definitions, Metric};
use crate::model::imported::ChunkTimes;
use crate::model::judgement::Verdict;
use crate::model::load::{Arrival, Start};
use crate::model::outcome::Outcome;
use crate::model::record::Side;
use crate::results::document;
use crate::results::fixtures::{header, result as own, result_of};

const CLOSED: &[u8] = include_bytes!("../../../tests/fixtures/foreign/vllm-bench/closed.json");
const OPEN: &[u8] = include_bytes!("../../../tests/fixtures/foreign/vllm-bench/open.json");
const AGGREGATE: &[u8] = include_bytes!("../../../tests/fixtures/foreign/vllm-bench/aggregate.json");
const GUIDELLM: &[u8] = include_bytes!("../../../tests/fixtures/foreign/guidellm/benchmarks.json");
const GUIDELLM_FAILING: &[u8] = include_bytes!("../../../tests/fixtures/foreign/guidellm/failing.json");
const AIPERF: &[u8] = include_bytes!("../../../tests/fixtures/foreign/aiperf/profile_export.jsonl");
const AIPERF_SUMMARY: &[u8] =
    include_bytes!("../../../tests/fixtures/foreign/aiperf/profile_export_aiperf.json");
const AIPERF_FAILING: &[u8] =
    include_bytes!("../../../tests/fixtures/foreign/aiperf/failing/profile_export.jsonl");
const AIPERF_FAILING_SUMMARY: &[u8] =
    include_bytes!("../../../tests/fixtures/foreign/aiperf/failing/profile_export_aiperf.json");

fn file(bytes: &[u8]) -> ForeignFile<'_> {
    ForeignFile { name: "a.json", bytes, summary: None }
}

fn import(bytes: &[u8]) -> Vec<RunResult> {
    let results = read(file(bytes), &ImportOptions::default()).unwrap();
    results.iter().for_each(loads_again);
    results
}

fn import_aiperf(bytes: &[u8], summary: &[u8]) -> RunResult {
    let file = ForeignFile { name: "profile_export.jsonl", bytes, summary: Some(summary) };
    let mut results = read(file, &ImportOptions::default()).unwrap();
    results.iter().for_each(loads_again);
    assert_eq!(results.len(), 1);
    results.remove(0)
}

/// What is made of a file is a result like any other.
fn loads_again(result: &RunResult) {
    let mut bytes = Vec::new();
    document::write(result, None, &mut bytes).unwrap();
    assert_eq!(&serde_json::from_slice::<RunResult>(&bytes).unwrap(), result);
}

fn refused(bytes: &[u8]) -> String {
    read(file(bytes), &ImportOptions::default()).unwrap_err().to_string()
}

fn json_of(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn under(result: &RunResult, definitions: Definitions) -> DefinedSummary {
    sides(result, &[definitions]).unwrap().remove(0).summaries.remove(0)
}

fn mean(summary: &DefinedSummary, metric: Metric) -> f64 {
    summary.statistics(metric).unwrap().mean
}

#[track_caller]
fn close(ours: f64, theirs: &Value, relative: f64) {
    let theirs = theirs.as_f64().unwrap();
    assert!((ours - theirs).abs() <= relative * theirs.abs(), "{ours} is not {theirs}");
}

fn per_s(count: u64, seconds: f64) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / seconds
}

fn outcomes(result: &RunResult) -> Vec<(Outcome, u64)> {
    result.candidate.summary.outcomes.iter().map(|(outcome, n)| (*outcome, *n)).collect()
}

/// vLLM's clock ticks in nanoseconds, which is what is kept: nothing but floating point comes between.
const VLLM: f64 = 1e-9;

#[test]
fn vllm_s_own_figures_follow_from_its_requests() {
    for (bytes, metrics) in [(CLOSED, &Metric::ALL[..]), (OPEN, &Metric::ALL[..3])] {
        let recorded = json_of(bytes);
        let result = import(bytes).remove(0);
        let ours = under(&result, Definitions::Vllm);
        for (metric, name) in metrics.iter().zip(["ttft", "tpot", "itl", "e2el"]) {
            let statistics = ours.statistics(*metric).unwrap();
            close(statistics.mean, &recorded[format!("mean_{name}_ms")], VLLM);
            close(statistics.p50, &recorded[format!("median_{name}_ms")], VLLM);
            close(statistics.p99, &recorded[format!("p99_{name}_ms")], VLLM);
        }
        assert_eq!(json!(ours.output_tokens), recorded["total_output_tokens"]);
        assert_eq!(json!(result.candidate.summary.prompt_tokens), recorded["total_input_tokens"]);
        close(result.candidate.summary.measured_s, &recorded["duration"], VLLM);
        assert_eq!(result.warnings.iter().filter(|w| w.contains("gives a mean")).count(), 0);
    }
}

#[test]
fn a_closed_loop_of_vllm_is_a_result_of_its_requests() {
    let result = import(CLOSED).remove(0);
    assert_eq!(outcomes(&result), [(Outcome::Success, 12)]);
    assert_eq!(result.candidate.summary.verdicts.keys().collect::<Vec<_>>(), [&Verdict::Unchecked]);
    assert_eq!((result.load.concurrency, result.load.requests), (3, 12));
    assert_eq!(result.load.profile.as_ref().unwrap().start, Start::concurrency(3));
    assert_eq!((result.simulated, result.candidate.model.as_str()), (true, "sim"));
    // Three at a time and twelve in all: a window with nine ends, which is just enough for a rate.
    let throughput = result.candidate.summary.throughput.as_ref().unwrap();
    assert!((100.0..2_000.0).contains(&throughput.output_tokens_per_s), "{throughput:?}");
    assert_eq!(result.candidate.summary.concurrency_max, 3);
    let from = result.imported_from.as_ref().unwrap();
    assert_eq!(
        (from.tool, from.version.as_deref(), from.benchmark, from.chunks),
        (Tool::Vllm, None, None, ChunkTimes::All)
    );
    assert_eq!(from.sha256, sha256_of(CLOSED));
    assert!(!from.tells("sampling.temperature") && !from.tells("client.cores") && from.tells("finished_at"));
    assert_eq!(result.labels["imported_from"], "vllm");
    assert!(result.warnings[0].starts_with("imported from `a.json`"), "{:?}", result.warnings);
}

#[test]
fn an_open_loop_of_vllm_keeps_what_was_due_when_and_what_failed() {
    let recorded = json_of(OPEN);
    let result = import(OPEN).remove(0);
    let failed = recorded["failed"].as_u64().unwrap();
    assert!(failed > 0);
    assert_eq!(outcomes(&result), [(Outcome::Success, 12 - failed), (Outcome::Http5xx, failed)]);
    let bad =
        result.rows.iter().filter_map(|row| row.candidate.as_ref()).find(|a| a.exchange.error.is_some());
    let bad = &bad.unwrap().exchange;
    assert_eq!(
        (bad.error.as_deref(), bad.http_status, bad.usage),
        (Some("Service Unavailable"), Some(503), None)
    );
    let Start::Rate { stages, arrival, burstiness, max_in_flight } =
        &result.load.profile.as_ref().unwrap().start
    else {
        panic!("an open loop")
    };
    assert_eq!((stages[0].rate, *arrival, *burstiness, *max_in_flight), (80.0, Arrival::Gamma, 0.5, Some(4)));
    for (row, queued) in result.rows.iter().zip(recorded["queue_times"].as_array().unwrap()) {
        let trace = &row.candidate.as_ref().unwrap().exchange.trace;
        let ours = trace.admitted_ns.unwrap().since(trace.scheduled_ns).as_secs_f64();
        assert!((ours - queued.as_f64().unwrap()).abs() < 2e-9);
    }
}

/// Python's `json.dump` writes an infinite burstiness, which means arrivals at even distances, as no JSON has it.
#[test]
fn even_arrivals_come_and_go_as_an_infinite_burstiness() {
    let text =
        String::from_utf8(OPEN.to_vec()).unwrap().replace(r#""burstiness":0.5"#, r#""burstiness":Infinity"#);
    let mut result = import(text.as_bytes()).remove(0);
    let arrival = |result: &RunResult| match &result.load.profile.as_ref().unwrap().start {
        Start::Rate { arrival, .. } => *arrival,
        other => panic!("{other:?}"),
    };
    assert_eq!(arrival(&result), Arrival::Constant);
    // As it would be of labctl's own.
    result.imported_from = None;
    let json =
        Value::Object(vllm_bench(&result, &VllmBench { detail: true, ..VllmBench::default() }).unwrap());
    assert_eq!(json["burstiness"], "inf");
    assert_eq!(arrival(&import(json.to_string().as_bytes())[0]), Arrival::Constant);
}

/// What the file holds in each of its keys, but for what can't be told from its requests.
fn round_trip(bytes: &[u8], percentiles: &[f64], not_kept: &[&str]) {
    let recorded = json_of(bytes);
    let of = VllmBench { detail: true, percentiles: percentiles.to_vec(), ..VllmBench::default() };
    let ours = vllm_bench(&import(bytes)[0], &of).unwrap();
    for (key, theirs) in recorded.as_object().unwrap() {
        let ours = ours.get(key).unwrap_or_else(|| panic!("`{key}` is missing"));
        assert!(same(ours, theirs, not_kept.contains(&key.as_str())), "`{key}` is {ours} and not {theirs}");
    }
}

/// Equal but for rounding; of one type at least.
fn same(ours: &Value, theirs: &Value, type_alone: bool) -> bool {
    match (ours, theirs) {
        (Value::Number(ours), Value::Number(theirs)) => {
            let (is_float, a, b) = (theirs.is_f64(), ours.as_f64().unwrap(), theirs.as_f64().unwrap());
            // A time of 7 µs is kept to the nanosecond, which is more than a millionth of it.
            ours.is_f64() == is_float
                && (type_alone || (a - b).abs() <= 1e-6 * b.abs() || (a - b).abs() <= 1e-9)
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| same(a, b, type_alone))
        }
        _ => ours == theirs,
    }
}

#[test]
fn a_file_of_vllm_comes_back_as_it_was() {
    // In a closed loop the time in front of the semaphore is no waiting for a planned moment, and is not kept.
    round_trip(CLOSED, &[50.0, 90.0, 99.0], &["queue_times"]);
    round_trip(OPEN, &[99.0], &[]);
}

#[test]
fn an_export_has_vllm_s_keys_in_its_order_and_no_other() {
    let keys = |json: &Map<String, Value>| json.keys().cloned().collect::<Vec<_>>();
    let export = |detail, percentiles: &[f64]| {
        let of = VllmBench { detail, percentiles: percentiles.to_vec(), ..VllmBench::default() };
        vllm_bench(&own_run(), &of).unwrap()
    };
    // Recorded with all four latencies and these percentiles.
    let detailed = export(true, &[50.0, 90.0, 99.0]);
    assert_eq!(keys(&detailed), keys(json_of(CLOSED).as_object().unwrap()));
    // Without `--percentile-metrics` vLLM leaves E2E out; its consumers look it up by name.
    let plain = export(false, &[99.0]);
    let without_e2el: Vec<String> =
        keys(&plain).into_iter().filter(|key| !key.ends_with("_e2el_ms")).collect();
    assert_eq!(without_e2el, keys(json_of(AGGREGATE).as_object().unwrap()));
    assert!(export(false, &[99.9]).contains_key("p99.9_ttft_ms"));

    let asked = "date endpoint_type backend label model_id tokenizer_id num_prompts request_rate burstiness max_concurrency \
        duration completed failed total_input_tokens total_output_tokens request_throughput request_goodput output_throughput \
        total_token_throughput input_lens output_lens ttfts itls start_times generated_texts errors";
    assert!(asked.split_whitespace().all(|key| detailed.contains_key(key)));
    for (key, theirs) in json_of(CLOSED).as_object().unwrap() {
        let kind = |value: &Value| match value {
            Value::Number(number) if number.is_f64() => "float",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "list",
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Object(_) => "object",
        };
        // It has no tokenizer's name where it was asked for none.
        if key != "tokenizer_id" {
            assert_eq!(kind(&detailed[key]), kind(theirs), "{key}");
        }
    }
}

/// A run of labctl's own, simulated, with one success and one failure.
fn own_run() -> RunResult {
    let mut result = own("run-1");
    result.finished_at = "2026-01-02T03:04:05.5Z".to_owned();
    result.candidate.summary.measured_s = 2.0;
    result
}

#[test]
fn an_export_s_values_are_those_of_vllm_s_definitions() {
    let result = own_run();
    let json = vllm_bench(&result, &VllmBench { detail: true, ..VllmBench::default() }).unwrap();
    let ours = under(&result, Definitions::Vllm);
    for (metric, name) in Metric::ALL.into_iter().zip(["ttft", "tpot", "itl", "e2el"]) {
        close(mean(&ours, metric), &json[&format!("mean_{name}_ms")], 1e-12);
        close(ours.statistics(metric).unwrap().p50, &json[&format!("median_{name}_ms")], 1e-12);
        close(ours.statistics(metric).unwrap().p99, &json[&format!("p99_{name}_ms")], 1e-12);
    }
    assert_eq!((&json["date"], &json["label"]), (&json!("20260102-030405"), &json!("simulated")));
    let requests = result.rows.iter().filter(|row| row.candidate.is_some()).count();
    let completed = json["completed"].as_u64().unwrap();
    assert_eq!(json["num_prompts"], requests);
    assert_eq!(completed + json["failed"].as_u64().unwrap(), requests as u64);
    close(per_s(completed, 2.0), &json["request_throughput"], 1e-12);
    assert_eq!(json["total_output_tokens"], 3 * completed);
    assert_eq!((&json["request_goodput"], &json["request_rate"]), (&Value::Null, &json!("inf")));
    assert_eq!((&json["max_concurrency"], &json["burstiness"]), (&json!(4), &json!(1.0)));
    // Sent at 1 ns, the role at 19 ms, the last chunk with `choices` at 40 ms.
    assert_eq!(json["itls"][0], json!([0.001, 0.01, 0.01]));
}

#[test]
fn what_vllm_s_form_can_t_hold_is_refused() {
    let mut result = own_run();
    let side = VllmBench { side: Side::Baseline, ..VllmBench::default() };
    result.baseline = None;
    assert!(matches!(vllm_bench(&result, &side), Err(VllmBenchError::NoSide { .. })));
    let level = VllmBench { level: Some(3), ..VllmBench::default() };
    assert!(matches!(vllm_bench(&result, &level), Err(VllmBenchError::NoLevel { .. })));
    for row in &mut result.rows {
        row.candidate.as_mut().unwrap().exchange.trace.chunks.clear();
    }
    let error = vllm_bench(&result, &VllmBench::default()).unwrap_err().to_string();
    assert!(error.contains("`--trace summary`"), "{error}");
    let error = vllm_bench(&import(GUIDELLM)[0], &VllmBench::default()).unwrap_err().to_string();
    assert!(error.contains("doesn't keep them"), "{error}");
    // Nothing succeeded: vLLM's means of nothing are 0.
    let nothing = vllm_bench(&result_of(header("none"), []), &VllmBench::default()).unwrap();
    assert_eq!((&nothing["mean_ttft_ms"], &nothing["completed"]), (&json!(0.0), &json!(0)));
}

/// Its clock is that of the day in floating point, good to a quarter of a microsecond: of the shortest mean here, an
/// ITL of 1.6 ms made of 15 gaps, a hundred-thousandth.
const GUIDELLM_CLOCK: f64 = 1e-5;

#[test]
fn guidellm_s_own_figures_follow_from_its_requests() {
    for (bytes, n) in [(GUIDELLM, 2), (GUIDELLM_FAILING, 1)] {
        let recorded = json_of(bytes);
        let results = import(bytes);
        assert_eq!(results.len(), n);
        for (result, theirs) in results.iter().zip(recorded["benchmarks"].as_array().unwrap()) {
            let ours = under(result, Definitions::Guidellm);
            let theirs = |name: &str| &theirs["metrics"][name]["successful"]["mean"];
            close(mean(&ours, Metric::Ttft), theirs("time_to_first_token_ms"), GUIDELLM_CLOCK);
            close(mean(&ours, Metric::Tpot), theirs("time_per_output_token_ms"), GUIDELLM_CLOCK);
            close(mean(&ours, Metric::Itl), theirs("inter_token_latency_ms"), GUIDELLM_CLOCK);
            close(mean(&ours, Metric::E2e) / 1e3, theirs("request_latency"), GUIDELLM_CLOCK);
            assert_eq!(result.warnings.iter().filter(|w| w.contains("gives a mean")).count(), 0);
        }
    }
}

#[test]
fn of_guidellm_there_are_no_gaps_between_chunks() {
    let results = import(GUIDELLM);
    let summary = &results[1].candidate.summary;
    assert!(summary.itl_ms.is_none() && summary.max_stall_ms.is_none() && summary.itl_inexact == 0);
    assert_eq!((summary.token_chunks, summary.tokens_per_chunk), (160, Some(1.0)));
    assert!(summary.ttft_ms.is_some() && summary.tpot_ms.is_some() && summary.e2e_ms.is_some());
    assert!(under(&results[1], Definitions::Vllm).itl_ms.is_none(), "none to pool");
    let from = results[1].imported_from.as_ref().unwrap();
    assert_eq!((from.version.as_deref(), from.benchmark), (Some("0.8.1"), Some(1)));
    assert_eq!(results.iter().map(|r| r.load.concurrency).collect::<Vec<_>>(), [1, 3]);
    assert_eq!((results[0].client.os.as_str(), results[0].client.arch.as_str()), ("linux", "x86_64"));
    assert_eq!(results[0].candidate.url, "http://127.0.0.1:18740");
    assert!(results.iter().all(|result| result.simulated), "its label says so");
    assert_ne!(results[0].run_id, results[1].run_id);
}

#[test]
fn what_failed_under_guidellm_is_classed() {
    let result = import(GUIDELLM_FAILING).remove(0);
    assert_eq!(outcomes(&result), [(Outcome::Success, 8), (Outcome::Http5xx, 2)]);
    assert!(result.load.profile.as_ref().unwrap().start.is_open());
    // Planned before they were sent, as an open loop has it.
    let late = result.rows.iter().map(|row| &row.candidate.as_ref().unwrap().exchange.trace);
    assert!(late.clone().all(|trace| trace.scheduled_ns < trace.sent_ns));
    assert!(
        result.candidate.summary.latency_from_schedule_ms.unwrap().mean
            > result.candidate.summary.e2e_ms.unwrap().mean
    );
}

/// Durations in nanoseconds in floating point, kept to the nanosecond.
const AIPERF_CLOCK: f64 = 1e-6;

#[test]
fn aiperf_s_own_figures_follow_from_its_requests() {
    let theirs = json_of(AIPERF_SUMMARY);
    let result = import_aiperf(AIPERF, AIPERF_SUMMARY);
    let ours = under(&result, Definitions::Aiperf);
    close(mean(&ours, Metric::Ttft), &theirs["time_to_first_token"]["avg"], AIPERF_CLOCK);
    close(mean(&ours, Metric::Itl), &theirs["inter_token_latency"]["avg"], AIPERF_CLOCK);
    close(mean(&ours, Metric::E2e), &theirs["request_latency"]["avg"], AIPERF_CLOCK);
    for (metric, name) in [(Metric::Ttft, "time_to_first_token"), (Metric::E2e, "request_latency")] {
        close(ours.statistics(metric).unwrap().p50, &theirs[name]["p50"], AIPERF_CLOCK);
        close(ours.statistics(metric).unwrap().p99, &theirs[name]["p99"], AIPERF_CLOCK);
    }
    let itl = result.candidate.summary.itl_ms.unwrap();
    close(itl.mean, &theirs["inter_chunk_latency"]["avg"], AIPERF_CLOCK);
    close(per_s(result.candidate.summary.prompt_tokens, 1.0), &theirs["total_isl"]["avg"], 0.0);
    assert_eq!(result.warnings.iter().filter(|w| w.contains("gives a mean")).count(), 0);

    assert_eq!((result.candidate.summary.attempted, result.load.warmup), (12, 2), "warm-up doesn't count");
    assert_eq!((result.candidate.model.as_str(), result.load.concurrency), ("sim", 3));
    assert_eq!(result.imported_from.as_ref().unwrap().version.as_deref(), Some("0.13.0"));
    assert!(!result.simulated, "AIPerf has no place to say so");
    let simulated = ImportOptions { simulated: true, ..ImportOptions::default() };
    assert!(read(file(AIPERF), &simulated).unwrap()[0].simulated);
}

/// A stream that broke off counts as a success there, without a number of tokens: labctl counts its chunks, `AIPerf`
/// leaves it out of ITL, and the import says that the two differ.
#[test]
fn where_aiperf_s_figures_are_of_fewer_requests_that_is_said() {
    let theirs = json_of(AIPERF_FAILING_SUMMARY);
    let result = import_aiperf(AIPERF_FAILING, AIPERF_FAILING_SUMMARY);
    let ours = under(&result, Definitions::Aiperf);
    close(mean(&ours, Metric::Ttft), &theirs["time_to_first_token"]["avg"], AIPERF_CLOCK);
    close(mean(&ours, Metric::E2e), &theirs["request_latency"]["avg"], AIPERF_CLOCK);
    let uncounted = result.rows.iter().filter_map(|row| row.candidate.as_ref());
    let uncounted =
        uncounted.filter(|a| a.exchange.outcome.is_success() && a.exchange.usage.is_none()).count();
    assert_eq!(
        ours.itl_ms.unwrap().n - uncounted as u64,
        theirs["inter_token_latency"]["count"].as_u64().unwrap()
    );
    assert!(
        result.warnings.iter().any(|w| w.contains("no number of output tokens")),
        "{:?}",
        result.warnings
    );
    assert!(result.warnings.iter().any(|w| w.contains("AIPerf gives a mean ITL")), "{:?}", result.warnings);
    let bad =
        result.rows.iter().filter_map(|row| row.candidate.as_ref()).find(|a| a.exchange.error.is_some());
    assert_eq!(bad.unwrap().exchange.outcome, Outcome::Http5xx);
}

#[test]
fn without_its_summary_aiperf_s_model_is_not_told() {
    let result = import(AIPERF).remove(0);
    assert!(!result.imported_from.as_ref().unwrap().tells("candidate.model"));
    assert!(result.warnings.iter().any(|w| w.contains("was not beside the file")), "{:?}", result.warnings);
    assert_eq!((result.load.concurrency, &result.load.profile), (3, &None), "as many as there were at once");
}

#[test]
fn several_documents_in_a_file_of_vllm_are_several_results() {
    let both = [CLOSED, b"\n", OPEN].concat();
    let results = import(&both);
    let numbers: Vec<_> = results.iter().map(|r| r.imported_from.as_ref().unwrap().benchmark).collect();
    assert_eq!(numbers, [Some(0), Some(1)]);
}

#[test]
fn what_can_t_be_read_is_refused_with_a_remedy() {
    assert!(refused(AGGREGATE).ends_with("run it with `--save-detailed`"), "{}", refused(AGGREGATE));
    assert!(refused(AIPERF_SUMMARY).contains("import the `profile_export.jsonl` beside it"));
    let ours = serde_json::to_vec(&own("run-1")).unwrap();
    assert!(refused(&ours).contains("is a result of labctl already"));
    for (text, found) in [
        (&b"{\"rows\": [1], \"x\": 2}"[..], "a JSON object with `rows`, `x`"),
        (b"{}", "a JSON object with nothing in it"),
        (b"[1, 2]", "JSON that is no object"),
        (b"a,b\n1,2\n", "no JSON (expected value at line 1 column 1)"),
        (b" ", "an empty file"),
        (&CLOSED[..200], "no JSON (EOF while parsing"),
    ] {
        let message = refused(text);
        assert!(message.contains(&format!("it is {found}")), "{message}");
        assert!(message.contains("--save-detailed") && message.contains("benchmarks.json"), "{message}");
    }
    let cut: Vec<u8> = [&AIPERF[..AIPERF.len() - 300], b"\n"].concat();
    let line = AIPERF.split(|byte| *byte == b'\n').count() - 1;
    assert!(refused(&cut).contains(&format!("(line {line} of the file)")), "{}", refused(&cut));
    let mut uneven = json_of(CLOSED);
    uneven["ttfts"].as_array_mut().unwrap().pop();
    let message = refused(uneven.to_string().as_bytes());
    assert!(message.contains("`ttfts` has 11 requests where `start_times` has 12"), "{message}");
    let mut absurd = json_of(CLOSED);
    absurd["output_lens"][3] = json!(u64::MAX);
    assert!(refused(absurd.to_string().as_bytes()).ends_with("a request of 18446744073709551615 tokens"));
    let forced = ImportOptions { tool: Some(Tool::Guidellm), ..ImportOptions::default() };
    assert!(read(file(CLOSED), &forced).unwrap_err().to_string().contains("is not what GuideLLM writes"));
}

#[test]
fn answers_that_were_not_streamed_have_no_time_to_first_token() {
    let mut json = json_of(GUIDELLM_FAILING);
    for stats in json["benchmarks"][0]["requests"]["successful"].as_array_mut().unwrap() {
        for moment in ["first_token_iteration", "first_output_token_iteration", "last_token_iteration"] {
            stats["info"]["timings"][moment] = Value::Null;
        }
    }
    assert!(refused(json.to_string().as_bytes()).contains("were not streamed"));
}

/// Every number and every text of a value in turn, to be spoilt.
fn leaves(value: &mut Value, seen: &mut usize, place: usize, by: &Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| leaves(item, seen, place, by)),
        Value::Object(members) => members.values_mut().for_each(|member| leaves(member, seen, place, by)),
        leaf => {
            if *seen == place {
                *leaf = by.clone();
            }
            *seen += 1;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A file that breaks off anywhere is read or refused, never a panic.
    #[test]
    fn no_cut_panics(at in 0..8_000_usize, which in 0..3_usize) {
        let bytes = [CLOSED, OPEN, AIPERF_FAILING][which];
        let _either = read(file(&bytes[..at.min(bytes.len())]), &ImportOptions::default());
    }

    /// Nor does a value that no tool writes: negative, huge, hostile. `AIPerf`'s lines are a list here.
    #[test]
    fn no_value_panics(place in any::<usize>(), bad in prop::sample::select(vec![
        json!(-1e300), json!(1e300), json!(u64::MAX), json!(-1), json!(0), json!(null), json!("\u{1b}[31m<script>=1+1"), json!([]),
    ]), which in 0..4_usize) {
        let lines = String::from_utf8_lossy(AIPERF_FAILING).trim_end().replace('\n', ",");
        let aiperf = format!("[{lines}]").into_bytes();
        let mut json = json_of([CLOSED, OPEN, GUIDELLM_FAILING, &aiperf][which]);
        let mut count = 0;
        leaves(&mut json, &mut count, usize::MAX, &bad);
        leaves(&mut json, &mut 0, place % count, &bad);
        let text = match json.as_array() {
            Some(lines) => lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"),
            None => json.to_string(),
        };
        if let Ok(results) = read(file(text.as_bytes()), &ImportOptions::default()) {
            for result in results {
                loads_again(&result);
                let _either = vllm_bench(&result, &VllmBench { detail: true, ..VllmBench::default() });
            }
        }
    }
}
