//! `GuideLLM`'s `benchmarks.json`: one report with a benchmark for each load.
//!
//! Source: `GuideLLM` 0.8.1, `benchmark/schemas/{report,benchmark}.py`, `schemas/base/{info,request_stats}.py`. Times are
//! seconds since 1970 in floating point, which leaves them a quarter of a microsecond. Of a stream's chunks it keeps
//! the first and the last with text, and how many there were.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::benchmark::{Benchmark, Failure, Request, nanos};
use super::{ForeignError, ForeignFile, short};
use crate::model::definitions::Metric;
use crate::model::exchange::Usage;
use crate::model::imported::{ChunkTimes, Tool};
use crate::model::load::{Arrival, Stage, Start};
use crate::model::outcome::Outcome;
use crate::model::units::Nanos;

#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    config: Option<ReportConfig>,
    benchmarks: Vec<One>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    guidellm_version: Option<String>,
    platform: Option<String>,
}

#[derive(Deserialize)]
struct ReportConfig {
    #[serde(default)]
    metadata: Labels,
}

#[derive(Default, Deserialize)]
struct Labels {
    #[serde(default)]
    labels: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct One {
    config: Config,
    metrics: Metrics,
    requests: Requests,
    start_time: f64,
    end_time: f64,
}

#[derive(Deserialize)]
struct Config {
    strategy: Strategy,
    #[serde(default)]
    backend: Backend,
}

#[derive(Deserialize)]
struct Strategy {
    type_: String,
    streams: Option<u32>,
    max_concurrency: Option<u32>,
    rate: Option<f64>,
}

#[derive(Default, Deserialize)]
struct Backend {
    target: Option<String>,
    model: Option<String>,
    request_format: Option<String>,
}

#[derive(Deserialize)]
struct Metrics {
    request_totals: Totals,
    time_to_first_token_ms: Option<Groups>,
    inter_token_latency_ms: Option<Groups>,
    time_per_output_token_ms: Option<Groups>,
    request_latency: Option<Groups>,
}

#[derive(Deserialize)]
struct Totals {
    successful: u64,
    errored: u64,
    incomplete: u64,
}

#[derive(Deserialize)]
struct Groups {
    successful: Option<Mean>,
}

#[derive(Deserialize)]
struct Mean {
    mean: f64,
    count: u64,
}

#[derive(Deserialize)]
struct Requests {
    successful: Option<Vec<Stats>>,
    errored: Option<Vec<Stats>>,
    incomplete: Option<Vec<Stats>>,
}

#[derive(Deserialize)]
struct Stats {
    request_id: Option<String>,
    output: Option<String>,
    reasoning_output: Option<String>,
    info: Info,
    prompt_tokens: Option<u64>,
    cached_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Info {
    timings: Timings,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Timings {
    targeted_start: Option<f64>,
    resolve_start: Option<f64>,
    request_start: Option<f64>,
    first_token_iteration: Option<f64>,
    first_output_token_iteration: Option<f64>,
    last_token_iteration: Option<f64>,
    #[serde(default)]
    token_iterations: u64,
    request_end: Option<f64>,
    resolve_end: Option<f64>,
}

impl Timings {
    fn start(&self) -> Option<f64> {
        self.request_start.or(self.resolve_start)
    }

    fn end(&self) -> Option<f64> {
        self.request_end.or(self.resolve_end)
    }
}

/// How a request ended, by the list it stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Successful,
    Errored,
    Incomplete,
}

/// Every benchmark of the file.
pub(super) fn read(file: ForeignFile<'_>) -> Result<Vec<Benchmark>, ForeignError> {
    let report: Report = serde_json::from_slice(file.bytes).map_err(|error| ForeignError::Invalid {
        file: file.name.to_owned(),
        tool: Tool::Guidellm,
        line: None,
        reason: error.to_string(),
    })?;
    let several = report.benchmarks.len() > 1;
    if report.benchmarks.is_empty() {
        return Err(ForeignError::NoRequests { file: file.name.to_owned(), tool: Tool::Guidellm });
    }
    let labels: BTreeMap<String, String> = report.config.map_or_else(BTreeMap::new, |config| {
        let labels = config.metadata.labels.into_iter();
        labels.filter_map(|(name, value)| Some((short(&name, 60), short(value.as_str()?, 200)))).collect()
    });
    let metadata = report.metadata;
    Ok((0..)
        .zip(report.benchmarks)
        .map(|(n, one)| Benchmark {
            version: metadata.guidellm_version.as_deref().map(|version| short(version, 60)),
            machine: metadata.platform.as_deref().and_then(machine),
            number: several.then_some(n),
            simulated: labels.get("simulated").is_some_and(|value| value == "true"),
            labels: labels.clone(),
            ..benchmark(one)
        })
        .collect())
}

fn benchmark(one: One) -> Benchmark {
    let One { config, metrics, requests, start_time, end_time } = one;
    let open = matches!(config.strategy.type_.as_str(), "constant" | "poisson" | "trace");
    let lists = [
        (requests.successful, Ended::Successful),
        (requests.errored, Ended::Errored),
        (requests.incomplete, Ended::Incomplete),
    ];
    let mut all: Vec<(Stats, Ended)> = lists
        .into_iter()
        .flat_map(|(list, ended)| list.unwrap_or_default().into_iter().map(move |stats| (stats, ended)))
        .collect();
    let kept = all.len();
    // Its own figures are of the requests that overlap the measured phase; the others are its warm-up and cool-down.
    all.retain(|(stats, _)| {
        let timings = &stats.info.timings;
        timings.end().is_none_or(|end| end >= start_time)
            && timings.start().or_else(|| timings.end()).is_none_or(|start| start <= end_time)
    });
    let not_counted = u32::try_from(kept - all.len()).unwrap_or(u32::MAX);
    let due = |timings: &Timings| {
        let start = timings.start().unwrap_or(start_time);
        // Other strategies aim at "as soon as possible", which is no moment.
        timings.targeted_start.filter(|due| open && *due <= start).unwrap_or(start)
    };
    let origin = all.iter().map(|(stats, _)| due(&stats.info.timings)).fold(f64::INFINITY, f64::min);
    let origin = if origin.is_finite() { origin } else { start_time };
    all.sort_by(|(a, _), (b, _)| {
        let start = |stats: &Stats| stats.info.timings.start().unwrap_or(origin);
        start(a).total_cmp(&start(b))
    });
    let token_chunks = all
        .iter()
        .filter(|(_, ended)| *ended == Ended::Successful)
        .fold(0_u64, |sum, (stats, _)| sum.saturating_add(stats.info.timings.token_iterations));
    let totals = &metrics.request_totals;
    let attempted = totals.successful.saturating_add(totals.errored).saturating_add(totals.incomplete);
    let mut warnings = vec![
        "GuideLLM keeps the first and the last chunk of a stream and how many there were: there is no ITL by chunk and no stall"
            .to_owned(),
    ];
    if (all.len() as u64) < attempted {
        warnings.push(format!(
            "the file holds {} of the {attempted} requests that GuideLLM counted: its own figures are of all of them",
            all.len()
        ));
    }
    let requests = all
        .into_iter()
        .map(|(stats, ended)| {
            let scheduled = nanos(due(&stats.info.timings) - origin);
            request(stats, ended, origin, scheduled)
        })
        .collect();
    Benchmark {
        tool: Tool::Guidellm,
        version: None,
        number: None,
        model: config.backend.model,
        url: config.backend.target,
        simulated: false,
        started_at: timestamp(start_time),
        finished_at: timestamp(end_time),
        start: start(&config.strategy),
        duration: Some(nanos(end_time - start_time)),
        not_counted,
        monotonic_origin_ns: None,
        machine: None,
        seed: None,
        chunks: ChunkTimes::FirstAndLast,
        token_chunks: Some(token_chunks),
        config: json!({"imported": {
            "strategy": short(&config.strategy.type_, 60),
            "rate": config.strategy.rate,
            "streams": config.strategy.streams,
            "request_format": config.backend.request_format.map(|format| short(&format, 100)),
        }}),
        labels: BTreeMap::new(),
        reported: reported(&metrics),
        means: means(&metrics),
        interrupted: false,
        warnings,
        requests,
    }
}

fn request(stats: Stats, ended: Ended, origin: f64, scheduled: Nanos) -> Request {
    let Stats { request_id, output, reasoning_output, info, prompt_tokens, cached_tokens, output_tokens } =
        stats;
    let timings = info.timings;
    let at = |moment: f64| nanos(moment - origin);
    let mut chunks: Vec<Nanos> =
        [timings.first_token_iteration, timings.first_output_token_iteration, timings.last_token_iteration]
            .into_iter()
            .flatten()
            .map(at)
            .collect();
    chunks.sort_unstable();
    if timings.token_iterations <= 1 {
        chunks.truncate(1);
    } else if timings.first_token_iteration == timings.first_output_token_iteration && chunks.len() > 2 {
        // Two names for one chunk.
        chunks.remove(0);
    }
    let failure = match ended {
        Ended::Successful => None,
        Ended::Errored => Some(Failure::of(info.error.as_deref().unwrap_or_default())),
        Ended::Incomplete => Some(Failure {
            outcome: Outcome::Cancelled,
            status: None,
            text: "not finished when GuideLLM stopped".to_owned(),
        }),
    };
    Request {
        id: request_id,
        scheduled,
        sent: at(timings.start().unwrap_or(origin)),
        admitted: None,
        first_content: timings.first_output_token_iteration.map(at),
        end: timings.end().map(at),
        chunks,
        usage: output_tokens.filter(|_| failure.is_none()).map(|completion_tokens| Usage {
            prompt_tokens: prompt_tokens.unwrap_or(0),
            completion_tokens,
            cached_tokens,
            reasoning_tokens: None,
        }),
        input_tokens: prompt_tokens.filter(|_| failure.is_some()),
        content: output.unwrap_or_default(),
        reasoning: reasoning_output.unwrap_or_default(),
        failure,
    }
}

fn start(strategy: &Strategy) -> Option<Start> {
    let rate = |arrival| {
        strategy.rate.filter(|rate| *rate > 0.0).map(|rate| Start::Rate {
            stages: vec![Stage { rate, from_rate: None, duration_s: None }],
            arrival,
            burstiness: 1.0,
            max_in_flight: None,
        })
    };
    match strategy.type_.as_str() {
        "synchronous" => Some(Start::concurrency(1)),
        "concurrent" => strategy.streams.map(Start::concurrency),
        "throughput" => strategy.max_concurrency.map(Start::concurrency),
        "constant" => rate(Arrival::Constant),
        "poisson" => rate(Arrival::Poisson),
        "trace" => Some(Start::Trace { speed: 1.0, max_in_flight: None }),
        _ => None,
    }
}

/// Its means over successes, in milliseconds.
fn means(metrics: &Metrics) -> Vec<(Metric, f64)> {
    [
        (Metric::Ttft, &metrics.time_to_first_token_ms, 1.0),
        (Metric::Tpot, &metrics.time_per_output_token_ms, 1.0),
        (Metric::Itl, &metrics.inter_token_latency_ms, 1.0),
        (Metric::E2e, &metrics.request_latency, 1e3),
    ]
    .into_iter()
    .filter_map(|(metric, groups, ms)| {
        let mean = groups.as_ref()?.successful.as_ref().filter(|mean| mean.count > 0)?;
        Some((metric, mean.mean * ms))
    })
    .collect()
}

fn reported(metrics: &Metrics) -> BTreeMap<String, f64> {
    let groups = [
        ("time_to_first_token_ms", &metrics.time_to_first_token_ms),
        ("time_per_output_token_ms", &metrics.time_per_output_token_ms),
        ("inter_token_latency_ms", &metrics.inter_token_latency_ms),
        ("request_latency", &metrics.request_latency),
    ];
    groups
        .into_iter()
        .filter_map(|(name, groups)| Some((name, groups.as_ref()?.successful.as_ref()?)))
        .filter(|(_, mean)| mean.count > 0)
        .map(|(name, mean)| (format!("{name}.successful.mean"), mean.mean))
        .collect()
}

fn timestamp(seconds: f64) -> Option<Timestamp> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "float casts saturate, and a moment out of range is none"
    )]
    Timestamp::from_microsecond((seconds * 1e6) as i64).ok()
}

/// `Linux-6.0-x86_64-with-glibc2.36` as `linux` and `x86_64`.
fn machine(platform: &str) -> Option<(String, String)> {
    let arch = ["x86_64", "aarch64", "arm64", "AMD64", "ppc64le", "s390x"]
        .into_iter()
        .find(|a| platform.contains(a))?;
    let os = platform.split('-').next().filter(|os| os.chars().all(char::is_alphanumeric))?;
    Some((short(&os.to_lowercase(), 40), arch.to_owned()))
}
