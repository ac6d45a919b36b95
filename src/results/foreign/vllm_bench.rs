//! A result as the JSON that `vllm bench serve --save-result` writes, so that what reads that reads ours.
//!
//! Keys, their order, types and formulas are those of vLLM 0.32 (`benchmarks/serve.py`: `main_async`, `benchmark`,
//! `calculate_metrics`). Throughput is over the whole duration there, ramp and tail included, which labctl's own
//! isn't; a distribution of nothing is 0 there; a standard deviation is the population's.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::error::VllmBenchError;
use super::vllm::DATE;
use crate::metrics::definitions::{DefinedMetrics, defined};
use crate::model::definitions::Definitions;
use crate::model::exchange::Exchange;
use crate::model::imported::{ChunkTimes, Tool};
use crate::model::load::{Arrival, LoadAxis, Start};
use crate::model::record::{Row, Side};
use crate::model::result::{RunResult, SideInfo};
use crate::model::summary::SideSummary;
use crate::stats::quantile::quantile;

/// What is written.
#[derive(Debug, Clone, PartialEq)]
pub struct VllmBench {
    /// The side.
    pub side: Side,
    /// The level of a sweep, from 0; needed where the result has several.
    pub level: Option<u32>,
    /// With the times, lengths, texts and errors of each request, as with `--save-detailed`.
    pub detail: bool,
    /// Percentiles of each latency, from 0 to 100, as with `--metric-percentiles`.
    pub percentiles: Vec<f64>,
}

impl Default for VllmBench {
    /// vLLM's own defaults: the 99th percentile, no detail.
    fn default() -> Self {
        Self { side: Side::Candidate, level: None, detail: false, percentiles: vec![99.0] }
    }
}

/// The JSON object, its keys in vLLM's order.
///
/// # Errors
///
/// Where the result lacks the side, the level or the times of its chunks.
pub fn vllm_bench(result: &RunResult, of: &VllmBench) -> Result<Map<String, Value>, VllmBenchError> {
    let run_id = || result.run_id.clone();
    let info =
        result.side(of.side).ok_or_else(|| VllmBenchError::NoSide { run_id: run_id(), side: of.side })?;
    let summary = summary(result, info, of)?;
    let exchanges = exchanges(result, of);
    let missing = |because| Err(VllmBenchError::NoChunkTimes { run_id: run_id(), because });
    if result.imported_from.as_ref().is_some_and(|from| from.chunks == ChunkTimes::FirstAndLast) {
        return missing("the tool it was imported from doesn't keep them");
    }
    if exchanges.iter().any(|(exchange, _)| exchange.outcome.is_success() && exchange.trace.chunks.is_empty())
    {
        return missing("it was measured with `--trace summary`");
    }
    let requests: Vec<Request<'_>> = exchanges.into_iter().map(Request::of).collect();

    let mut json = setup(result, info, requests.len(), of);
    totals(&mut json, &requests, summary, result);
    for (key, values) in lists(result, &requests) {
        if of.detail || !DETAIL.contains(&key) {
            json.insert(key.to_owned(), values);
        }
    }
    let (tokens, at_once) = busiest_second(&requests);
    json.insert("max_output_tokens_per_s".to_owned(), json!(tokens));
    json.insert("max_concurrent_requests".to_owned(), json!(at_once));
    json.insert("rtfx".to_owned(), json!(0.0));
    let of_successes = |value: fn(&DefinedMetrics) -> Option<f64>| -> Vec<f64> {
        requests.iter().filter(|r| r.success).filter_map(|r| value(&r.metrics)).collect()
    };
    let itls = requests.iter().filter(|r| r.success).flat_map(|r| r.metrics.itl_ms.iter().copied()).collect();
    for (name, values) in [
        ("ttft", of_successes(|m| m.ttft_ms)),
        ("tpot", of_successes(|m| m.tpot_ms)),
        ("itl", itls),
        ("e2el", of_successes(|m| m.e2e_ms)),
    ] {
        statistics(&mut json, name, values, &of.percentiles);
    }
    Ok(json)
}

/// The keys that vLLM writes with `--save-detailed` alone. (`latencies` and `queue_times` it writes always.)
const DETAIL: [&str; 7] =
    ["input_lens", "output_lens", "ttfts", "itls", "start_times", "generated_texts", "errors"];

/// One request with what vLLM makes of it.
struct Request<'a> {
    exchange: &'a Exchange,
    /// Tokens that the prompt was made to have.
    made_tokens: Option<u32>,
    metrics: DefinedMetrics,
    success: bool,
}

impl<'a> Request<'a> {
    fn of((exchange, made_tokens): (&'a Exchange, Option<u32>)) -> Self {
        Self {
            exchange,
            made_tokens,
            metrics: defined(Definitions::Vllm, exchange),
            success: exchange.outcome.is_success(),
        }
    }

    /// 0 for a failure.
    fn output_tokens(&self) -> u64 {
        if self.success { self.metrics.output_tokens } else { 0 }
    }

    fn sent_s(&self) -> f64 {
        self.exchange.trace.sent_ns.as_secs_f64()
    }

    /// Seconds; 0 without a chunk.
    fn ttft_s(&self) -> f64 {
        self.metrics.ttft_ms.unwrap_or(0.0) / 1e3
    }

    /// Seconds; 0 without a chunk.
    fn latency_s(&self) -> f64 {
        self.metrics.e2e_ms.unwrap_or(0.0) / 1e3
    }

    fn itls_s(&self) -> Vec<f64> {
        self.metrics.itl_ms.iter().map(|ms| ms / 1e3).collect()
    }
}

fn summary<'a>(
    result: &'a RunResult,
    info: &'a SideInfo,
    of: &VllmBench,
) -> Result<&'a SideSummary, VllmBenchError> {
    let run_id = || result.run_id.clone();
    match of.level {
        None if result.levels.len() > 1 => {
            Err(VllmBenchError::SeveralLevels { run_id: run_id(), levels: result.levels.len() })
        }
        None => Ok(&info.summary),
        Some(0) if result.levels.is_empty() => Ok(&info.summary),
        Some(level) => result
            .levels
            .iter()
            .find(|l| l.load.level == level)
            .and_then(|l| match of.side {
                Side::Candidate => Some(&l.candidate),
                Side::Baseline => l.baseline.as_ref(),
            })
            .map(|side| &side.summary)
            .ok_or_else(|| VllmBenchError::NoLevel { run_id: run_id(), level }),
    }
}

/// The requests in the order in which they were due; those of a file in its order.
fn exchanges<'a>(result: &'a RunResult, of: &VllmBench) -> Vec<(&'a Exchange, Option<u32>)> {
    let here = |row: &&Row| of.level.is_none_or(|level| row.key.level == level);
    let rows = result.rows.iter().filter(here);
    let mut exchanges: Vec<_> =
        rows.filter_map(|row| Some((&row.attempt(of.side)?.exchange, row.ask.input_tokens))).collect();
    if result.imported_from.is_none() {
        exchanges.sort_by_key(|(exchange, _)| (exchange.trace.scheduled_ns, exchange.trace.sent_ns));
    }
    exchanges
}

/// What vLLM wrote of its own settings, where the result was imported from it.
fn as_imported<'a>(result: &'a RunResult, key: &str) -> Option<&'a Value> {
    result.imported_from.as_ref().filter(|from| from.tool == Tool::Vllm)?;
    result.config.get("imported")?.get(key)
}

fn setup(result: &RunResult, info: &SideInfo, requests: usize, of: &VllmBench) -> Map<String, Value> {
    let imported = |key: &str, ours: Value| as_imported(result, key).cloned().unwrap_or(ours);
    let api = &result.config["endpoints"][&info.endpoint]["api"];
    let backend = json!(if *api == json!("completions") { "openai" } else { "openai-chat" });
    let finished: Option<jiff::Timestamp> = result.finished_at.parse().ok();
    let date = finished.map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).strftime(DATE).to_string());
    let (rate, burstiness, max_concurrency) = traffic(result, of);
    let mut json = Map::new();
    for (key, value) in [
        ("date", json!(date.unwrap_or_default())),
        ("endpoint_type", imported("endpoint_type", backend.clone())),
        ("backend", imported("backend", backend)),
        ("label", label(result, info)),
        ("model_id", json!(info.model)),
        // labctl counts by what the server tells, as vLLM does with `--skip-tokenizer-init`.
        ("tokenizer_id", imported("tokenizer_id", Value::Null)),
        ("num_prompts", imported("num_prompts", json!(requests))),
        ("request_rate", rate),
        ("burstiness", imported("burstiness", burstiness)),
        ("max_concurrency", imported("max_concurrency", max_concurrency)),
    ] {
        json.insert(key.to_owned(), value);
    }
    json
}

/// A label is all that vLLM's form has to say that no model answered.
fn label(result: &RunResult, info: &SideInfo) -> Value {
    match (info.simulated, result.labels.get("label")) {
        (true, Some(label)) if label.starts_with("simulated") => json!(label),
        (true, Some(label)) => json!(format!("simulated: {label}")),
        (true, None) => json!("simulated"),
        (false, label) => json!(label),
    }
}

/// Request rate, burstiness and the most in flight, as vLLM writes them. `inf` stands for "all at once", and as
/// burstiness for arrivals at even distances. Of several stages the last one's rate counts.
fn traffic(result: &RunResult, of: &VllmBench) -> (Value, Value, Value) {
    let level = of.level.and_then(|n| result.levels.iter().find(|l| l.load.level == n));
    let at_level = |axis| level.filter(|l| l.load.axis == axis).map(|l| l.load.value);
    let inf = || json!("inf");
    match result.load.profile.as_ref().map(|profile| &profile.start) {
        Some(Start::Rate { stages, arrival, burstiness, max_in_flight }) => {
            let rate = at_level(LoadAxis::Rate).or_else(|| stages.last().map(|stage| stage.rate));
            let burstiness = match arrival {
                Arrival::Constant => inf(),
                Arrival::Poisson => json!(1.0),
                Arrival::Gamma => json!(burstiness),
            };
            (json!(rate), burstiness, json!(max_in_flight))
        }
        Some(Start::Trace { max_in_flight, .. }) => (inf(), json!(1.0), json!(max_in_flight)),
        Some(Start::Concurrency { .. } | Start::Batch { .. }) | None => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a number of requests in flight"
            )]
            let slots = at_level(LoadAxis::Concurrency).map_or(result.load.concurrency, |n| n.round() as u32);
            (inf(), json!(1.0), json!(slots))
        }
    }
}

fn totals(
    json: &mut Map<String, Value>,
    requests: &[Request<'_>],
    summary: &SideSummary,
    result: &RunResult,
) {
    let duration = summary.measured_s;
    let completed = requests.iter().filter(|r| r.success).count() as u64;
    let input: u64 = requests.iter().filter(|r| r.success).map(input_tokens).sum();
    let output: u64 = requests.iter().map(Request::output_tokens).sum();
    let per_s = |count: u64| if duration > 0.0 { as_f64(count) / duration } else { 0.0 };
    let goodput = summary.goodput.as_ref().map(|goodput| per_s(goodput.met)).or_else(|| {
        let from = result.imported_from.as_ref().filter(|from| from.tool == Tool::Vllm)?;
        from.reported.get("request_goodput").copied()
    });
    for (key, value) in [
        ("duration", json!(duration)),
        ("completed", json!(completed)),
        ("failed", json!(requests.len() as u64 - completed)),
        ("total_input_tokens", json!(input)),
        ("total_output_tokens", json!(output)),
        ("request_throughput", json!(per_s(completed))),
        ("request_goodput", json!(goodput)),
        ("output_throughput", json!(per_s(output))),
        ("total_token_throughput", json!(per_s(input + output))),
    ] {
        json.insert(key.to_owned(), value);
    }
}

/// As the server told; of a failure as the prompt was made to have; 0 where neither is known.
fn input_tokens(attempt: &Request<'_>) -> u64 {
    let made = attempt.made_tokens.map_or(0, u64::from);
    attempt.exchange.usage.map_or(made, |usage| usage.prompt_tokens)
}

fn lists(result: &RunResult, requests: &[Request<'_>]) -> [(&'static str, Value); 9] {
    let origin_ns = result.client.monotonic_origin_ns;
    let each = |value: fn(&Request<'_>) -> Value| -> Value { requests.iter().map(value).collect() };
    // On Linux this is what Python's `perf_counter` would have said.
    let started = |r: &Request<'_>| as_f64(origin_ns.saturating_add(r.exchange.trace.sent_ns.0)) / 1e9;
    [
        ("input_lens", each(|r| json!(input_tokens(r)))),
        ("output_lens", each(|r| json!(r.output_tokens()))),
        ("ttfts", each(|r| json!(r.ttft_s()))),
        ("itls", each(|r| json!(r.itls_s()))),
        ("latencies", each(|r| json!(r.latency_s()))),
        ("start_times", requests.iter().map(|r| json!(started(r))).collect()),
        (
            "queue_times",
            each(|r| {
                let trace = &r.exchange.trace;
                let queued = trace.admitted_ns.map(|at| at.since(trace.scheduled_ns));
                json!(queued.unwrap_or_default().as_secs_f64())
            }),
        ),
        ("generated_texts", each(|r| json!(r.exchange.content))),
        (
            "errors",
            each(|r| match &r.exchange.error {
                _ if r.success => json!(""),
                Some(said) if !said.is_empty() => json!(said),
                _ => json!(r.exchange.outcome.name()),
            }),
        ),
    ]
}

/// The most chunks that came in one second, and the most requests that one second saw, counted from the first success.
fn busiest_second(requests: &[Request<'_>]) -> (f64, u64) {
    let successes = || requests.iter().filter(|r| r.success);
    let first = successes().map(Request::sent_s).fold(f64::INFINITY, f64::min);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole seconds of a run, from 0"
    )]
    let second = |at: f64| (at - first) as u64;
    let mut chunks = BTreeMap::new();
    let mut live = Vec::new();
    for request in successes() {
        let mut at = request.sent_s() + request.ttft_s();
        *chunks.entry(second(at)).or_insert(0_u64) += 1;
        for gap in &request.metrics.itl_ms {
            at += gap / 1e3;
            *chunks.entry(second(at)).or_insert(0) += 1;
        }
        let end = second(request.sent_s() + request.latency_s());
        live.extend([(second(request.sent_s()), 1_i64), (end.saturating_add(1), -1)]);
    }
    // An end comes before a start of the same second.
    live.sort_unstable();
    let (mut now, mut most) = (0, 0);
    for (_, change) in live {
        now += change;
        most = most.max(now);
    }
    (as_f64(chunks.into_values().max().unwrap_or(0)), most.unsigned_abs())
}

/// Mean, median, standard deviation and percentiles of one latency in milliseconds.
fn statistics(json: &mut Map<String, Value>, name: &str, mut values: Vec<f64>, percentiles: &[f64]) {
    values.sort_unstable_by(f64::total_cmp);
    let n = as_f64(values.len() as u64).max(1.0);
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n;
    let at = |p: f64| quantile(&values, p).unwrap_or(0.0);
    json.insert(format!("mean_{name}_ms"), json!(mean));
    json.insert(format!("median_{name}_ms"), json!(at(0.5)));
    json.insert(format!("std_{name}_ms"), json!(variance.sqrt()));
    for percentile in percentiles {
        // 99 and not 99.0, but 99.9.
        json.insert(format!("p{percentile}_{name}_ms"), json!(at(percentile / 100.0)));
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact to 2^53: in nanoseconds 104 days")]
const fn as_f64(count: u64) -> f64 {
    count as f64
}
