//! Objectives by name: the latency limits of MLPerf Inference for language models.
//!
//! Source of the numbers: `loadgen/mlperf.conf` of github.com/mlcommons/inference at 001712e, keys
//! `<model>.Server.ttft_latency` and `<model>.Server.tpot_latency`, milliseconds, both at the 99th percentile
//! (`*.Server.target_latency_percentile = 99`). What MLPerf asks for besides (the model, the data, Poisson arrivals,
//! at least ten minutes, accuracy) is not part of a preset: meeting one is no MLPerf result.

use crate::model::slo::{Slo, SloMetric, SloStatistic};

/// Objectives with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// The name, as in `--slo`.
    pub name: &'static str,
    /// 99th percentile of TTFT, milliseconds.
    pub ttft_p99_ms: u32,
    /// 99th percentile of TPOT, milliseconds.
    pub tpot_p99_ms: u32,
}

impl Preset {
    /// Its objectives.
    #[must_use]
    pub fn slos(&self) -> Vec<Slo> {
        [(SloMetric::TtftMs, self.ttft_p99_ms), (SloMetric::TpotMs, self.tpot_p99_ms)]
            .map(|(metric, value)| Slo {
                metric,
                statistic: Some(SloStatistic::P99),
                bound: metric.bound(),
                value: value.into(),
            })
            .to_vec()
    }
}

/// Every preset.
pub const PRESETS: [Preset; 9] = [
    preset("mlperf-llama2-70b-server", 2_000, 200),
    preset("mlperf-llama2-70b-interactive", 450, 40),
    preset("mlperf-llama3.1-8b-server", 2_000, 100),
    preset("mlperf-llama3.1-8b-interactive", 500, 30),
    preset("mlperf-llama3.1-405b-server", 6_000, 175),
    preset("mlperf-llama3.1-405b-interactive", 4_500, 80),
    preset("mlperf-mixtral-8x7b-server", 2_000, 200),
    preset("mlperf-deepseek-r1-server", 2_000, 80),
    preset("mlperf-deepseek-r1-interactive", 1_500, 15),
];

const fn preset(name: &'static str, ttft_p99_ms: u32, tpot_p99_ms: u32) -> Preset {
    Preset { name, ttft_p99_ms, tpot_p99_ms }
}
