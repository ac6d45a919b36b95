//! The JSON of `vllm bench serve --save-result --save-detailed`. One document a benchmark; `--append-result` puts
//! several into one file.
//!
//! Source: vLLM 0.32, `benchmarks/serve.py` (`main_async`, `benchmark`, `calculate_metrics`) and
//! `benchmarks/lib/endpoint_request_func.py`. Times are seconds of Python's `perf_counter`, which on Linux is the
//! system's monotonic clock.

use std::ops::Range;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::benchmark::{Benchmark, Failure, Request, nanos};
use super::{ForeignError, ForeignFile, scan, short};
use crate::model::definitions::Metric;
use crate::model::exchange::Usage;
use crate::model::imported::{ChunkTimes, Tool};
use crate::model::load::{Arrival, Stage, Start};
use crate::model::units::Nanos;

/// Its way of writing the moment of the end: local time without a zone.
pub(super) const DATE: &str = "%Y%m%d-%H%M%S";

#[derive(Deserialize)]
struct Document {
    date: Option<String>,
    endpoint_type: Option<String>,
    backend: Option<String>,
    label: Option<String>,
    model_id: Option<String>,
    tokenizer_id: Option<String>,
    num_prompts: Option<u64>,
    request_rate: Option<Rate>,
    burstiness: Option<Rate>,
    max_concurrency: Option<u32>,
    ramp_up_strategy: Option<String>,
    ramp_up_start_rps: Option<f64>,
    ramp_up_end_rps: Option<f64>,
    duration: f64,
    completed: Option<u64>,
    start_times: Option<Vec<f64>>,
    #[serde(default)]
    ttfts: Vec<f64>,
    #[serde(default)]
    itls: Vec<Vec<f64>>,
    #[serde(default)]
    input_lens: Vec<u64>,
    #[serde(default)]
    output_lens: Vec<u64>,
    latencies: Option<Vec<f64>>,
    queue_times: Option<Vec<f64>>,
    #[serde(default)]
    generated_texts: Vec<String>,
    #[serde(default)]
    errors: Vec<Option<String>>,
}

/// A number, or `inf` in words.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Rate {
    Number(f64),
    Word(String),
}

impl Rate {
    /// Above 0; `None` where it isn't.
    fn value(&self) -> Option<f64> {
        match self {
            Self::Number(rate) => Some(*rate),
            Self::Word(word) => word.parse().ok(),
        }
        .filter(|rate| *rate > 0.0)
    }

    fn finite(&self) -> Option<f64> {
        self.value().filter(|rate| rate.is_finite())
    }
}

/// Every benchmark of the file.
pub(super) fn read(file: ForeignFile<'_>) -> Result<Vec<Benchmark>, ForeignError> {
    let invalid = |error: serde_json::Error| ForeignError::Invalid {
        file: file.name.to_owned(),
        tool: Tool::Vllm,
        line: None,
        reason: error.to_string(),
    };
    let bytes = scan::of_python(file.bytes);
    let documents: Vec<_> = scan::documents(&bytes).collect::<Result<_, _>>().map_err(invalid)?;
    let several = documents.len() > 1;
    let mut benchmarks = Vec::with_capacity(documents.len());
    for (n, (scanned, place)) in (0..).zip(documents) {
        let document: Document = serde_json::from_slice(text(&bytes, place)).map_err(invalid)?;
        let mut of = benchmark(document, file.name)?;
        of.number = several.then_some(n);
        of.reported = scanned.numbers();
        of.means =
            [("ttft", Metric::Ttft), ("tpot", Metric::Tpot), ("itl", Metric::Itl), ("e2el", Metric::E2e)]
                .into_iter()
                .filter_map(|(name, metric)| Some((metric, *of.reported.get(&format!("mean_{name}_ms"))?)))
                .collect();
        benchmarks.push(of);
    }
    Ok(benchmarks)
}

fn text(bytes: &[u8], place: Range<usize>) -> &[u8] {
    bytes.get(place).unwrap_or_default()
}

fn benchmark(mut document: Document, file: &str) -> Result<Benchmark, ForeignError> {
    let start_times = document
        .start_times
        .take()
        .ok_or_else(|| ForeignError::NoRequests { file: file.to_owned(), tool: Tool::Vllm })?;
    even(&document, start_times.len(), file)?;
    let open = document.request_rate.as_ref().and_then(Rate::finite);
    // Only in an open loop is there a moment at which a request should have started. In a closed one the time in
    // front of the semaphore is how long the request was in the list.
    let waits = document.queue_times.take().filter(|_| open.is_some());
    let queued = |n: usize| waits.as_ref().and_then(|waits| waits.get(n)).copied().unwrap_or(0.0).max(0.0);
    let due = (0..).zip(&start_times).map(|(n, start)| start - queued(n));
    let origin = due.fold(f64::INFINITY, f64::min);
    let origin = if origin.is_finite() { origin } else { 0.0 };
    let mut texts = std::mem::take(&mut document.generated_texts).into_iter();
    let mut all_itls = std::mem::take(&mut document.itls).into_iter();
    let requests = (0..).zip(&start_times).map(|(n, start): (usize, &f64)| {
        let sent = nanos(start - origin);
        let error = document.errors.get(n).cloned().flatten().unwrap_or_default();
        let (ttft, tokens) = (document.ttfts[n], document.output_lens[n]);
        let itls = all_itls.next().unwrap_or_default();
        // vLLM keeps no mark of success: a failure has words for it, or neither a first token nor any.
        let failed = !error.is_empty() || (ttft <= 0.0 && tokens == 0);
        let chunks = if ttft > 0.0 { moments(sent, ttft, &itls) } else { Vec::new() };
        let latency = document.latencies.as_ref().and_then(|l| l.get(n)).copied().filter(|l| *l > 0.0);
        let input = document.input_lens[n];
        Request {
            id: None,
            scheduled: sent.since(nanos(queued(n))),
            sent,
            admitted: (waits.is_some() && document.max_concurrency.is_some()).then_some(sent),
            end: latency.map(|latency| sent.plus(nanos(latency))),
            chunks,
            first_content: None,
            usage: (!failed).then_some(Usage {
                prompt_tokens: input,
                completion_tokens: tokens,
                ..Usage::default()
            }),
            input_tokens: failed.then_some(input),
            content: texts.next().unwrap_or_default(),
            reasoning: String::new(),
            failure: failed.then(|| Failure::of(&error)),
        }
    });
    let requests: Vec<Request> = requests.collect();
    Ok(described(&document, open, origin, requests))
}

/// Every list has an entry for each request.
fn even(document: &Document, expected: usize, file: &str) -> Result<(), ForeignError> {
    let lists = [
        ("ttfts", document.ttfts.len()),
        ("itls", document.itls.len()),
        ("input_lens", document.input_lens.len()),
        ("output_lens", document.output_lens.len()),
        ("generated_texts", document.generated_texts.len()),
        ("errors", document.errors.len()),
    ];
    match lists.into_iter().find(|(_, found)| *found != expected) {
        Some((field, found)) => Err(ForeignError::Uneven { file: file.to_owned(), field, found, expected }),
        None => Ok(()),
    }
}

/// When each chunk came. Each gap is added in floating point, as vLLM took it, so that no rounding adds up.
fn moments(sent: Nanos, ttft: f64, itls: &[f64]) -> Vec<Nanos> {
    let mut since_sent = ttft;
    let mut moments = Vec::with_capacity(itls.len() + 1);
    moments.push(sent.plus(nanos(since_sent)));
    moments.extend(itls.iter().map(|gap| {
        since_sent += gap.max(0.0);
        sent.plus(nanos(since_sent))
    }));
    moments
}

fn described(document: &Document, open: Option<f64>, origin: f64, requests: Vec<Request>) -> Benchmark {
    let successes = requests.iter().filter(|request| request.failure.is_none()).count() as u64;
    let mut warnings = vec![
        "vLLM's first chunk is the first with `choices`, which may be the empty one that names the role, and its last may be the empty one with the finish reason: TTFT may be too short by that, and E2E too long"
            .to_owned(),
        "token counts are vLLM's: the server's `usage` where it told, else its own tokenizer's".to_owned(),
    ];
    let finished_at = document.date.as_deref().and_then(moment);
    if finished_at.is_some() {
        warnings.push("vLLM writes its date without a time zone; it is taken for UTC".to_owned());
    }
    if let Some(completed) = document.completed.filter(|completed| *completed != successes) {
        warnings.push(format!("vLLM counted {completed} successes, and {successes} requests look like one"));
    }
    let start = match (open, document.ramp_up_strategy.as_deref()) {
        (Some(rate), None) => Some(arrivals(rate, document)),
        // How fast a ramp rose at each moment isn't in the file, unless it was a straight one.
        (_, Some("linear")) => {
            document.ramp_up_start_rps.zip(document.ramp_up_end_rps).and_then(|(from, to)| {
                let stage = Stage { rate: to, from_rate: Some(from), duration_s: None };
                (to > 0.0).then(|| rate(stage, document))
            })
        }
        (_, Some(_)) => None,
        (None, None) => document
            .max_concurrency
            .or_else(|| u32::try_from(requests.len()).ok())
            .map(|slots| Start::concurrency(slots.max(1))),
    };
    let label = document.label.as_deref().map(|label| short(label, 200));
    let duration = nanos(document.duration);
    Benchmark {
        tool: Tool::Vllm,
        version: None,
        number: None,
        model: document.model_id.clone(),
        url: None,
        simulated: label.as_deref().is_some_and(|label| label.starts_with("simulated")),
        started_at: finished_at.and_then(|end| {
            let span = SignedDuration::try_from(std::time::Duration::from_nanos(duration.0)).ok()?;
            end.checked_sub(span).ok()
        }),
        finished_at,
        start,
        duration: Some(duration),
        not_counted: 0,
        monotonic_origin_ns: Some(nanos(origin).0),
        machine: None,
        seed: None,
        chunks: ChunkTimes::All,
        token_chunks: None,
        config: json!({"imported": {
            "endpoint_type": document.endpoint_type,
            "backend": document.backend,
            "tokenizer_id": document.tokenizer_id,
            "num_prompts": document.num_prompts,
            "request_rate": open,
            "burstiness": document.burstiness,
            "max_concurrency": document.max_concurrency,
            "ramp_up_strategy": document.ramp_up_strategy,
        }}),
        labels: label.map(|label| ("label".to_owned(), label)).into_iter().collect(),
        reported: std::collections::BTreeMap::new(),
        means: Vec::new(),
        interrupted: false,
        warnings,
        requests,
    }
}

fn arrivals(per_s: f64, document: &Document) -> Start {
    rate(Stage { rate: per_s, from_rate: None, duration_s: None }, document)
}

fn rate(stage: Stage, document: &Document) -> Start {
    let burstiness = document.burstiness.as_ref().and_then(Rate::value).unwrap_or(1.0);
    let (arrival, burstiness) = match burstiness {
        even if even.is_infinite() => (Arrival::Constant, 1.0),
        // Gamma with shape 1 is the Poisson process.
        1.0 => (Arrival::Poisson, 1.0),
        gamma => (Arrival::Gamma, gamma),
    };
    Start::Rate { stages: vec![stage], arrival, burstiness, max_in_flight: document.max_concurrency }
}

fn moment(date: &str) -> Option<Timestamp> {
    let local = DateTime::strptime(DATE, date).ok()?;
    Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
