//! The server's own metrics as Prometheus text, with the names, labels and buckets of vLLM 0.32.

use std::fmt::Write as _;

use super::clock;
use super::engine::{FinishReason, Finished, Load, Step};
use crate::model::units::Nanos;

const TTFT_S: &[f64] = &[
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0,
    80.0, 160.0, 640.0, 2560.0,
];
const GAP_S: &[f64] = &[
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0,
];
const REQUEST_S: &[f64] = &[
    0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 120.0, 240.0, 480.0,
    960.0, 1920.0, 7680.0,
];
const STEP_TOKENS: &[f64] =
    &[1.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0, 16384.0];
const REQUEST_TOKENS: &[f64] =
    &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0];
const PREEMPTIONS: &[f64] = &[1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0];

/// A Prometheus histogram.
#[derive(Debug, Clone)]
struct Histogram {
    bounds: &'static [f64],
    /// By bound, not cumulative; one more for what lies above the last.
    counts: Vec<u64>,
    sum: f64,
}

impl Histogram {
    fn new(bounds: &'static [f64]) -> Self {
        Self { bounds, counts: vec![0; bounds.len() + 1], sum: 0.0 }
    }

    fn observe(&mut self, value: f64) {
        let at = self.bounds.partition_point(|bound| *bound < value);
        self.counts[at] += 1;
        self.sum += value;
    }

    fn observe_span(&mut self, from: Nanos, to: Nanos) {
        self.observe(to.since(from).as_secs_f64());
    }
}

/// Everything that `/metrics` tells, kept by the engine's thread.
#[derive(Debug, Clone)]
pub(super) struct ServerMetrics {
    /// What the engine holds.
    pub(super) load: Load,
    model: String,
    created_s: u64,
    prompt_tokens: u64,
    generation_tokens: u64,
    stopped: u64,
    cut: u64,
    ttft: Histogram,
    inter_token: Histogram,
    per_output_token: Histogram,
    e2e: Histogram,
    queue: Histogram,
    inference: Histogram,
    prefill: Histogram,
    decode: Histogram,
    step_tokens: Histogram,
    request_prompt: Histogram,
    request_generation: Histogram,
    request_preemptions: Histogram,
}

impl ServerMetrics {
    /// All zero.
    pub(super) fn new(model: &str) -> Self {
        Self {
            load: Load::default(),
            model: escaped(model),
            created_s: clock::unix_seconds(),
            prompt_tokens: 0,
            generation_tokens: 0,
            stopped: 0,
            cut: 0,
            ttft: Histogram::new(TTFT_S),
            inter_token: Histogram::new(GAP_S),
            per_output_token: Histogram::new(GAP_S),
            e2e: Histogram::new(REQUEST_S),
            queue: Histogram::new(REQUEST_S),
            inference: Histogram::new(REQUEST_S),
            prefill: Histogram::new(REQUEST_S),
            decode: Histogram::new(REQUEST_S),
            step_tokens: Histogram::new(STEP_TOKENS),
            request_prompt: Histogram::new(REQUEST_TOKENS),
            request_generation: Histogram::new(REQUEST_TOKENS),
            request_preemptions: Histogram::new(PREEMPTIONS),
        }
    }

    /// Counts a step that has ended.
    pub(super) fn observe(&mut self, step: &Step) {
        self.prompt_tokens += step.prompt_tokens;
        self.generation_tokens += step.emissions.len() as u64;
        self.step_tokens.observe(f64::from(step.computed_tokens));
        for emission in &step.emissions {
            let histogram = if emission.token == 0 { &mut self.ttft } else { &mut self.inter_token };
            histogram.observe(emission.gap.as_secs_f64());
        }
        for done in &step.finished {
            self.finished(done);
        }
    }

    fn finished(&mut self, done: &Finished) {
        match done.request.finish {
            FinishReason::Stop => self.stopped += 1,
            FinishReason::Length => self.cut += 1,
        }
        self.e2e.observe_span(done.arrived, done.last_token);
        self.queue.observe_span(done.arrived, done.scheduled);
        self.inference.observe_span(done.scheduled, done.last_token);
        self.prefill.observe_span(done.scheduled, done.first_token);
        self.decode.observe_span(done.first_token, done.last_token);
        let decoded = done.last_token.since(done.first_token).as_secs_f64();
        // As vLLM has it: zero for an answer of one token.
        let gaps = f64::from(done.request.output_tokens.saturating_sub(1)).max(1.0);
        self.per_output_token.observe(decoded / gaps);
        self.request_prompt.observe(f64::from(done.request.prompt_tokens));
        self.request_generation.observe(f64::from(done.request.output_tokens));
        self.request_preemptions.observe(f64::from(done.preemptions));
    }

    /// Counts a paced request as it begins.
    pub(super) fn paced_began(&mut self) {
        self.load.running += 1;
    }

    /// Counts a paced request that is over, with its life where all of it was sent.
    pub(super) fn paced_ended(&mut self, whole: Option<&Finished>) {
        self.load.running = self.load.running.saturating_sub(1);
        let Some(done) = whole else { return };
        self.prompt_tokens += u64::from(done.request.prompt_tokens);
        self.generation_tokens += u64::from(done.request.output_tokens);
        self.ttft.observe_span(done.arrived, done.first_token);
        let gaps = done.request.output_tokens.saturating_sub(1);
        let decoded = done.last_token.since(done.first_token).as_secs_f64();
        for _ in 0..gaps {
            self.inter_token.observe(decoded / f64::from(gaps));
        }
        self.finished(done);
    }

    /// The page in Prometheus' text format 0.0.4.
    pub(super) fn render(&self) -> String {
        let mut page = Page { text: String::with_capacity(24 * 1024), metrics: self };
        let load = self.load;
        let used = f64::from(load.blocks_used) / f64::from(load.blocks_total.max(1));
        page.gauge(
            "num_requests_running",
            "Number of requests in model execution batches.",
            f64::from(load.running),
        );
        page.gauge(
            "num_requests_waiting",
            "Number of requests waiting to be processed.",
            f64::from(load.waiting),
        );
        page.gauge("kv_cache_usage_perc", "KV-cache usage. 1 means 100 percent usage.", used);
        page.counter(
            "prefix_cache_queries",
            "Prefix cache queries, in terms of number of queried tokens.",
            &[("", 0)],
        );
        page.counter(
            "prefix_cache_hits",
            "Prefix cache hits, in terms of number of cached tokens.",
            &[("", 0)],
        );
        page.counter(
            "num_preemptions",
            "Cumulative number of preemption from the engine.",
            &[("", load.preemptions)],
        );
        page.counter("prompt_tokens", "Number of prefill tokens processed.", &[("", self.prompt_tokens)]);
        page.counter(
            "generation_tokens",
            "Number of generation tokens processed.",
            &[("", self.generation_tokens)],
        );
        page.counter(
            "request_success",
            "Count of successfully processed requests.",
            &[("stop", self.stopped), ("length", self.cut), ("abort", 0), ("error", 0), ("repetition", 0)],
        );
        for (name, help, histogram) in self.histograms() {
            page.histogram(name, help, histogram);
        }
        page.text
    }

    fn histograms(&self) -> [(&'static str, &'static str, &Histogram); 12] {
        [
            ("request_prompt_tokens", "Number of prefill tokens processed.", &self.request_prompt),
            ("request_generation_tokens", "Number of generation tokens processed.", &self.request_generation),
            ("iteration_tokens_total", "Histogram of number of tokens per engine_step.", &self.step_tokens),
            ("time_to_first_token_seconds", "Histogram of time to first token in seconds.", &self.ttft),
            (
                "inter_token_latency_seconds",
                "Histogram of inter-token latency in seconds.",
                &self.inter_token,
            ),
            (
                "request_time_per_output_token_seconds",
                "Histogram of time_per_output_token_seconds per request.",
                &self.per_output_token,
            ),
            ("e2e_request_latency_seconds", "Histogram of e2e request latency in seconds.", &self.e2e),
            (
                "request_queue_time_seconds",
                "Histogram of time spent in WAITING phase for request.",
                &self.queue,
            ),
            (
                "request_inference_time_seconds",
                "Histogram of time spent in RUNNING phase for request.",
                &self.inference,
            ),
            (
                "request_prefill_time_seconds",
                "Histogram of time spent in PREFILL phase for request.",
                &self.prefill,
            ),
            (
                "request_decode_time_seconds",
                "Histogram of time spent in DECODE phase for request.",
                &self.decode,
            ),
            (
                "request_num_preemptions",
                "Histogram of the number of times a request was preempted.",
                &self.request_preemptions,
            ),
        ]
    }
}

/// A page being written. Writing to a `String` can't fail, so its results are let go.
struct Page<'a> {
    text: String,
    metrics: &'a ServerMetrics,
}

impl Page<'_> {
    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(self.text, "# HELP vllm:{name} {help}\n# TYPE vllm:{name} {kind}");
    }

    fn sample(&mut self, name: &str, extra: &str, value: f64) {
        let model = &self.metrics.model;
        let _ = writeln!(self.text, "vllm:{name}{{engine=\"0\"{extra},model_name=\"{model}\"}} {value:?}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.head(name, help, "gauge");
        self.sample(name, "", value);
    }

    /// Each value has the `finished_reason` that it belongs to, or none.
    #[expect(clippy::cast_precision_loss, reason = "Prometheus values are doubles")]
    fn counter(&mut self, name: &str, help: &str, values: &[(&str, u64)]) {
        for (suffix, kind) in [("total", "counter"), ("created", "gauge")] {
            let name = format!("{name}_{suffix}");
            self.head(&name, help, kind);
            for (reason, value) in values {
                let extra =
                    if reason.is_empty() { String::new() } else { format!(",finished_reason=\"{reason}\"") };
                let value = if suffix == "total" { *value } else { self.metrics.created_s };
                self.sample(&name, &extra, value as f64);
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "Prometheus values are doubles")]
    fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.head(name, help, "histogram");
        let mut cumulative = 0;
        let bounds = histogram.bounds.iter().map(|b| format!("{b:?}")).chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(&histogram.counts) {
            cumulative += count;
            self.sample(&format!("{name}_bucket"), &format!(",le=\"{bound}\""), cumulative as f64);
        }
        self.sample(&format!("{name}_count"), "", cumulative as f64);
        self.sample(&format!("{name}_sum"), "", histogram.sum);
        let created = format!("{name}_created");
        self.head(&created, help, "gauge");
        self.sample(&created, "", self.metrics.created_s as f64);
    }
}

/// A label value: backslash, quote and line end escaped.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::engine::{Engine, EngineRequest};
    use crate::simulator::profile::Profile;

    #[test]
    fn counts_what_the_engine_did() {
        let mut engine = Engine::new(Profile { jitter: 0.0, ..Profile::fp16() }, 1);
        let mut metrics = ServerMetrics::new("m\"x");
        for (id, finish) in [(1, FinishReason::Stop), (2, FinishReason::Length)] {
            assert!(
                engine.submit(Nanos(0), EngineRequest { id, prompt_tokens: 80, output_tokens: 3, finish })
            );
        }
        let mut now = Nanos(0);
        while let Some(step) = engine.next_step(now) {
            now = step.ends_at;
            metrics.observe(&step);
        }
        metrics.load = engine.load();
        let page = metrics.render();
        let labels = "{engine=\"0\",model_name=\"m\\\"x\"}";
        for line in [
            format!("vllm:prompt_tokens_total{labels} 160.0"),
            format!("vllm:generation_tokens_total{labels} 6.0"),
            format!("vllm:num_requests_running{labels} 0.0"),
            format!("vllm:kv_cache_usage_perc{labels} 0.0"),
            format!("vllm:time_to_first_token_seconds_count{labels} 2.0"),
            format!("vllm:inter_token_latency_seconds_count{labels} 4.0"),
            // Prefill of 160 tokens: 11.8 + 160 / 8 = 31.8 ms.
            "vllm:time_to_first_token_seconds_bucket{engine=\"0\",le=\"0.02\",model_name=\"m\\\"x\"} 0.0"
                .to_owned(),
            "vllm:time_to_first_token_seconds_bucket{engine=\"0\",le=\"0.04\",model_name=\"m\\\"x\"} 2.0"
                .to_owned(),
            "vllm:request_success_total{engine=\"0\",finished_reason=\"stop\",model_name=\"m\\\"x\"} 1.0"
                .to_owned(),
            "vllm:request_success_total{engine=\"0\",finished_reason=\"length\",model_name=\"m\\\"x\"} 1.0"
                .to_owned(),
            "# TYPE vllm:e2e_request_latency_seconds histogram".to_owned(),
        ] {
            assert!(page.lines().any(|l| l == line), "{line} not in\n{page}");
        }
        assert!((metrics.ttft.sum - 2.0 * 0.0318).abs() < 1e-6, "{}", metrics.ttft.sum);
    }
}
