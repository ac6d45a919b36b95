//! Gates as written: in `gates.yaml`, or under `gates:` in `labctl.yaml`. What they decide is in `compare::gate`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::comparison::GateMode;
use super::team::TeamKind;

/// What an inconclusive gate comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnInconclusive {
    /// Exit code 0.
    Pass,
    /// Exit code 0, with a warning.
    Warn,
    /// Exit code 4.
    Fail,
}

impl OnInconclusive {
    /// What holds unless said: `fail` for `prove`, which passes only on proof, else `warn`.
    #[must_use]
    pub const fn of(mode: GateMode) -> Self {
        match mode {
            GateMode::Prove => Self::Fail,
            GateMode::Detect | GateMode::Harm | GateMode::Point => Self::Warn,
        }
    }
}

/// A bound on how much of the pass rate may be lost against the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PassRateGate {
    /// How it decides.
    pub mode: GateMode,
    /// The margin in percentage points, above 0 and below 100.
    pub margin_pp: f64,
    /// One-sided chance of a false alarm at the bound, above 0 and below 0.5; the interval it decides by is two-sided
    /// at 1 − 2α.
    pub alpha: f64,
    /// What an inconclusive verdict comes to; `fail` for `prove` and `warn` for the others where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_inconclusive: Option<OnInconclusive>,
}

impl Default for PassRateGate {
    fn default() -> Self {
        Self { mode: GateMode::Detect, margin_pp: 5.0, alpha: 0.05, on_inconclusive: None }
    }
}

/// What of speed may be gated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GatedMetric {
    /// Time to first token.
    TtftMs,
    /// Time per output token.
    TpotMs,
    /// Sent to last token.
    E2eMs,
    /// Successes per second; from three rounds on.
    RequestThroughputPerS,
    /// Output tokens per second; from three rounds on.
    OutputTokensPerS,
    /// Right answers per second; from three rounds on.
    CorrectAnswersPerS,
}

impl GatedMetric {
    /// The name used in JSON and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TtftMs => "ttft_ms",
            Self::TpotMs => "tpot_ms",
            Self::E2eMs => "e2e_ms",
            Self::RequestThroughputPerS => "request_throughput_per_s",
            Self::OutputTokensPerS => "output_tokens_per_s",
            Self::CorrectAnswersPerS => "correct_answers_per_s",
        }
    }

    /// Whether it is a rate, of which more is better.
    #[must_use]
    pub const fn is_rate(self) -> bool {
        matches!(self, Self::RequestThroughputPerS | Self::OutputTokensPerS | Self::CorrectAnswersPerS)
    }
}

/// A statistic of a latency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GatedStatistic {
    /// The median.
    #[default]
    P50,
    /// The 95th percentile; from 130 requests on.
    P95,
}

/// A bound on a ratio of speed, candidate ÷ baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpeedGate {
    /// What is compared.
    pub metric: GatedMetric,
    /// Which statistic of a latency; rates have one only.
    #[serde(default)]
    pub statistic: GatedStatistic,
    /// How much worse it may be, as a share: 0.1 lets a latency's ratio rise to 1.1, a rate's fall to 0.9.
    #[serde(default = "ten_percent")]
    pub tolerance: f64,
    /// What an inconclusive verdict comes to; `warn` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_inconclusive: Option<OnInconclusive>,
}

const fn ten_percent() -> f64 {
    0.10
}

impl SpeedGate {
    /// The ratio that must not be exceeded, or of a rate not fallen short of.
    #[must_use]
    pub fn bound(&self) -> f64 {
        if self.metric.is_rate() { 1.0 - self.tolerance } else { 1.0 + self.tolerance }
    }

    /// The statistic as ratios of speed name it.
    #[must_use]
    pub const fn statistic_name(&self) -> &'static str {
        match self.statistic {
            _ if self.metric.is_rate() => "rate",
            GatedStatistic::P50 => "p50",
            GatedStatistic::P95 => "p95",
        }
    }

    /// The gate's name in results: `e2e_ms p95`, `output_tokens_per_s`.
    #[must_use]
    pub fn name(&self) -> String {
        if self.metric.is_rate() {
            self.metric.name().to_owned()
        } else {
            format!("{} {}", self.metric.name(), self.statistic_name())
        }
    }
}

/// The gates of a comparison, or of a run by itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Gates {
    /// The gates shipped for this kind of team, under what else is said here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<TeamKind>,
    /// On the pass rate over all categories: the primary hypothesis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pass_rate: Option<PassRateGate>,
    /// On categories that were declared primary beforehand: each has its own α.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub primary: BTreeMap<String, PassRateGate>,
    /// On every other category: fails where any of them fails, with p-values after Holm, and `prove` passes only
    /// where all of them do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categories: Option<PassRateGate>,
    /// The smallest pass rate of the candidate (0 to 1), by category or `overall`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub floors: BTreeMap<String, f64>,
    /// On latencies and rates against the baseline's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub speed: Vec<SpeedGate>,
    /// The largest share of the candidate's requests that may fail, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_error_rate: Option<f64>,
    /// Objectives that the candidate must meet, written as for `--slo`: `ttft_p95_ms<=500`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slos: Vec<String>,
    /// What an inconclusive verdict comes to where a gate doesn't say; `fail` for `prove` and `warn` for all others
    /// where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_inconclusive: Option<OnInconclusive>,
}

impl Gates {
    /// Whether nothing is gated.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        Self { on_inconclusive: None, ..self.clone() } == Self::default()
    }

    /// One gate on the pass rate over all categories, and nothing else.
    #[must_use]
    pub fn of_pass_rate(gate: PassRateGate) -> Self {
        Self { pass_rate: Some(gate), ..Self::default() }
    }

    /// The shipped gates of a kind of team.
    #[must_use]
    pub fn of_preset(kind: TeamKind) -> Self {
        Self { preset: Some(kind), ..Self::default() }
    }

    /// The same gates, whatever is inconclusive coming to `policy`.
    #[must_use]
    pub fn with_policy(mut self, policy: OnInconclusive) -> Self {
        let rates = self.pass_rate.iter_mut().chain(self.primary.values_mut()).chain(&mut self.categories);
        for gate in rates {
            gate.on_inconclusive = None;
        }
        for gate in &mut self.speed {
            gate.on_inconclusive = None;
        }
        self.on_inconclusive = Some(policy);
        self
    }
}
