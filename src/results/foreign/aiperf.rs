//! `AIPerf`'s `profile_export.jsonl`: a line a request. What it measured, with which model and under which load is in
//! `profile_export_aiperf.json` beside it.
//!
//! Source: `AIPerf` 0.13, `common/models/record_models.py` (`MetricRecordInfo`, `MetricRecordMetadata`) and
//! `metrics/types`. Moments are nanoseconds since 1970; durations are of a monotonic clock, with their unit.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::benchmark::{Benchmark, Failure, Request, nanos};
use super::{ForeignError, ForeignFile, failure, short};
use crate::model::definitions::Metric;
use crate::model::exchange::Usage;
use crate::model::imported::{ChunkTimes, Tool};
use crate::model::load::{Arrival, Stage, Start};
use crate::model::outcome::Outcome;
use crate::model::units::Nanos;

#[derive(Deserialize)]
struct Line {
    metadata: Metadata,
    #[serde(default)]
    metrics: Metrics,
    error: Option<ErrorDetails>,
}

#[derive(Deserialize)]
struct Metadata {
    x_request_id: Option<String>,
    credit_issued_ns: Option<u64>,
    request_start_ns: u64,
    request_end_ns: u64,
    benchmark_phase: Option<String>,
    #[serde(default)]
    was_cancelled: bool,
}

#[derive(Default, Deserialize)]
struct Metrics {
    time_to_first_token: Option<Measured<f64>>,
    time_to_first_output_token: Option<Measured<f64>>,
    request_latency: Option<Measured<f64>>,
    inter_chunk_latency: Option<Measured<Vec<f64>>>,
    output_sequence_length: Option<Measured<f64>>,
    input_sequence_length: Option<Measured<f64>>,
    usage_prompt_cache_read_tokens: Option<Measured<f64>>,
    usage_reasoning_tokens: Option<Measured<f64>>,
}

#[derive(Deserialize)]
struct Measured<T> {
    value: T,
    unit: String,
}

impl<T> Measured<T> {
    /// How many seconds one of its unit is.
    fn second(&self) -> Option<f64> {
        match self.unit.as_str() {
            "ns" => Some(1e-9),
            "us" => Some(1e-6),
            "ms" => Some(1e-3),
            "sec" | "s" => Some(1.0),
            _ => None,
        }
    }
}

impl Measured<f64> {
    fn seconds(&self) -> Option<f64> {
        Some(self.value * self.second()?).filter(|seconds| seconds.is_finite() && *seconds >= 0.0)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number, checked not to be negative"
    )]
    fn count(&self) -> Option<u64> {
        (self.value.is_finite() && self.value >= 0.0).then_some(self.value as u64)
    }
}

#[derive(Deserialize)]
struct ErrorDetails {
    code: Option<u16>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    message: String,
}

/// The one benchmark of the file.
pub(super) fn read(file: ForeignFile<'_>) -> Result<Benchmark, ForeignError> {
    let mut lines = Vec::new();
    for (n, line) in (1..).zip(file.bytes.split(|byte| *byte == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let parsed: Line = serde_json::from_slice(line).map_err(|error| ForeignError::Invalid {
            file: file.name.to_owned(),
            tool: Tool::Aiperf,
            line: Some(n),
            reason: error.to_string(),
        })?;
        lines.push(parsed);
    }
    let all = lines.len();
    lines.retain(|line| line.metadata.benchmark_phase.as_deref() != Some("warmup"));
    let not_counted = u32::try_from(all - lines.len()).unwrap_or(u32::MAX);
    let due = |line: &Line| {
        let start = line.metadata.request_start_ns;
        line.metadata.credit_issued_ns.map_or(start, |due| due.min(start))
    };
    let origin = lines.iter().map(due).min().unwrap_or_default();
    let first_start = lines.iter().map(|line| line.metadata.request_start_ns).min();
    let last_end = lines.iter().map(|line| line.metadata.request_end_ns).max();
    let by_chunk = lines.iter().any(|line| line.metrics.inter_chunk_latency.is_some());
    let summary = Summary::of(file.summary);
    let mut warnings = Vec::new();
    if summary.json.is_null() {
        warnings.push(
            "AIPerf's `profile_export_aiperf.json` was not beside the file: model, server and load are not told".to_owned(),
        );
    }
    if !by_chunk {
        warnings
            .push("the file has no `inter_chunk_latency`: there is no ITL by chunk and no stall".to_owned());
    }
    let requests = lines
        .into_iter()
        .map(|line| {
            let scheduled = Nanos(due(&line) - origin);
            request(line, origin, scheduled)
        })
        .collect();
    Ok(Benchmark {
        tool: Tool::Aiperf,
        version: summary.text("/aiperf_version"),
        number: None,
        model: summary.text("/input_config/models/items/0/name"),
        url: summary.text("/input_config/endpoint/urls/0"),
        simulated: false,
        started_at: first_start.and_then(timestamp),
        finished_at: last_end.and_then(timestamp),
        start: summary.start(),
        duration: None,
        not_counted,
        monotonic_origin_ns: None,
        machine: None,
        seed: summary.json.pointer("/run_info/random_seed").and_then(Value::as_u64),
        chunks: if by_chunk { ChunkTimes::All } else { ChunkTimes::FirstAndLast },
        token_chunks: None,
        config: json!({"imported": {"load": summary.json.pointer("/input_config/phases")}}),
        labels: BTreeMap::new(),
        reported: summary.reported(),
        means: summary.means(),
        interrupted: summary.json["was_cancelled"] == Value::Bool(true),
        warnings,
        requests,
    })
}

fn request(line: Line, origin: u64, scheduled: Nanos) -> Request {
    let Line { metadata, metrics, error } = line;
    let sent = Nanos(metadata.request_start_ns - origin);
    let after = |seconds: f64| sent.plus(nanos(seconds));
    let ttft = metrics.time_to_first_token.as_ref().and_then(Measured::seconds);
    let latency = metrics.request_latency.as_ref().and_then(Measured::seconds);
    let mut chunks = Vec::new();
    if let Some(ttft) = ttft {
        chunks.push(after(ttft));
        match &metrics.inter_chunk_latency {
            Some(gaps) => {
                let second = gaps.second().unwrap_or(1e-3);
                let mut since_sent = ttft;
                chunks.extend(gaps.value.iter().map(|gap| {
                    since_sent += gap.max(0.0) * second;
                    after(since_sent)
                }));
            }
            None => chunks.extend(latency.filter(|latency| *latency > ttft).map(after)),
        }
    }
    let failure = if metadata.was_cancelled {
        Some(Failure { outcome: Outcome::Cancelled, status: None, text: "cancelled by AIPerf".to_owned() })
    } else {
        error.map(failed)
    };
    let count = |measured: &Option<Measured<f64>>| measured.as_ref().and_then(Measured::count);
    let input = count(&metrics.input_sequence_length);
    let usage = count(&metrics.output_sequence_length).filter(|_| failure.is_none());
    Request {
        id: metadata.x_request_id,
        scheduled,
        sent,
        admitted: None,
        first_content: metrics.time_to_first_output_token.as_ref().and_then(Measured::seconds).map(after),
        end: Some(Nanos(metadata.request_end_ns.saturating_sub(origin))).max(chunks.last().copied()),
        chunks,
        usage: usage.map(|completion_tokens| Usage {
            prompt_tokens: input.unwrap_or(0),
            completion_tokens,
            cached_tokens: count(&metrics.usage_prompt_cache_read_tokens),
            reasoning_tokens: count(&metrics.usage_reasoning_tokens),
        }),
        input_tokens: input.filter(|_| usage.is_none()),
        content: String::new(),
        reasoning: String::new(),
        failure,
    }
}

fn failed(error: ErrorDetails) -> Failure {
    let kind = error.kind.unwrap_or_default();
    let text = failure::said(if error.message.trim().is_empty() { &kind } else { &error.message });
    if let Some((outcome, code)) = error.code.and_then(|code| Some((failure::of_status(code)?, code))) {
        return Failure { outcome, status: Some(code), text };
    }
    let (outcome, status) = failure::outcome(&format!("{kind}: {}", error.message));
    Failure { outcome, status, text }
}

/// What the summary beside the records tells, as far as it is there and can be read.
struct Summary {
    json: Value,
}

impl Summary {
    fn of(bytes: Option<&[u8]>) -> Self {
        Self { json: bytes.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or(Value::Null) }
    }

    fn text(&self, pointer: &str) -> Option<String> {
        Some(short(self.json.pointer(pointer)?.as_str()?, 300))
    }

    fn start(&self) -> Option<Start> {
        let phases = self.json.pointer("/input_config/phases")?.as_array()?;
        let phase = phases.iter().find(|phase| phase["kind"] == "profiling")?;
        let slots =
            phase["concurrency"].as_u64().and_then(|slots| u32::try_from(slots).ok()).filter(|n| *n > 0);
        let rate = phase["rate"].as_f64().filter(|rate| *rate > 0.0);
        let open = |arrival, burstiness| {
            rate.map(|rate| Start::Rate {
                stages: vec![Stage { rate, from_rate: None, duration_s: None }],
                arrival,
                burstiness,
                max_in_flight: slots,
            })
        };
        match phase["type"].as_str()? {
            "concurrency" => slots.map(Start::concurrency),
            "constant" => open(Arrival::Constant, 1.0),
            "poisson" => open(Arrival::Poisson, 1.0),
            "gamma" => open(Arrival::Gamma, phase["smoothness"].as_f64().filter(|s| *s > 0.0)?),
            _ => None,
        }
    }

    fn average(&self, name: &str) -> Option<f64> {
        let metric = self.json.get(name)?;
        (metric["unit"] == "ms").then(|| metric["avg"].as_f64())?
    }

    fn means(&self) -> Vec<(Metric, f64)> {
        let names = [
            (Metric::Ttft, "time_to_first_token"),
            (Metric::Itl, "inter_token_latency"),
            (Metric::E2e, "request_latency"),
        ];
        names.into_iter().filter_map(|(metric, name)| Some((metric, self.average(name)?))).collect()
    }

    /// The averages of every metric.
    fn reported(&self) -> BTreeMap<String, f64> {
        let members = self.json.as_object().into_iter().flatten();
        members
            .filter_map(|(name, metric)| {
                Some((format!("{}.avg", short(name, 100)), metric.get("avg")?.as_f64()?))
            })
            .collect()
    }
}

fn timestamp(ns: u64) -> Option<Timestamp> {
    Timestamp::from_nanosecond(i128::from(ns)).ok()
}
