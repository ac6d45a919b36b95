//! Two sides of one prompt set, paired: what differs, how sure that is, and what the gates say.
//! Delta is always candidate − baseline. Computed in `compare`, read by all else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::gate::OnInconclusive;
use super::judgement::Verdict;
use super::reference::ReferenceComparison;

/// Lower and upper limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

impl Interval {
    /// Whether `value` lies within, limits included.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// Passed of judged, with its Wilson 95 % interval (both as shares, 0 to 1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PassRate {
    /// Responses that passed.
    pub passed: u64,
    /// Responses judged (missing ones left out).
    pub judged: u64,
    /// `passed / judged`; absent when nothing was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Wilson 95 % interval; absent when nothing was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wilson_95: Option<Interval>,
}

/// Pass rates of one category (or overall) on paired prompts. Shares are 0 to 1; `_pp` is percentage points.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairedPassRate {
    /// The category; absent for the overall row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Prompts judged on both sides. With repeats a prompt counts once.
    pub pairs: u64,
    /// The baseline on the paired responses.
    pub baseline: PassRate,
    /// The candidate on the paired responses.
    pub candidate: PassRate,
    /// Pairs where both pass. In these four counts a prompt that was sent several times is a loss where the
    /// candidate passed it less often than the baseline, a gain where more often, and where equally often a
    /// pass of both if at least half of its repeats passed.
    pub both_passed: u64,
    /// Pairs where the baseline passed and the candidate didn't.
    pub losses: u64,
    /// Pairs where the candidate passed and the baseline didn't.
    pub gains: u64,
    /// Pairs where both fail.
    pub both_failed: u64,
    /// (gains − losses) ÷ pairs, or with repeats the mean of the prompts' differences, in percentage points;
    /// absent without pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta_pp: Option<f64>,
    /// Two-sided 90 % interval of the delta (the gate's), percentage points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_90_pp: Option<Interval>,
    /// Two-sided 95 % interval of the delta, percentage points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_95_pp: Option<Interval>,
    /// Newcombe's method 10, 95 %, as a cross-check, percentage points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newcombe_95_pp: Option<Interval>,
    /// Two-sided p-value of delta = 0: the score (Tango), with repeats Student's t over prompts, with families the
    /// larger of that and Student's t over families.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_p: Option<f64>,
    /// `score_p` after Holm over the categories; absent for the overall row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_p_holm: Option<f64>,
    /// Exact two-sided `McNemar` p-value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcnemar_p: Option<f64>,
    /// (losses + gains) ÷ pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flip_rate: Option<f64>,
    /// The smallest true loss that 80 % of such runs would find, percentage points; where noise is known, with no
    /// fewer flips than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_detectable_loss_pp: Option<f64>,
    /// How the interval was made: `tango`, `repeats`, or `families` where prompts cloned from one template made it
    /// wider than either.
    pub method: String,
    /// Standard error of the delta over prompts (repeats) or families, percentage points; absent where the interval
    /// is Tango's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_error_pp: Option<f64>,
    /// Standard error of the delta over prompts, percentage points, where prompts were sent several times, whichever
    /// way the interval was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_error_over_prompts_pp: Option<f64>,
    /// Standard error of the delta over families, percentage points, where there are two and more of them, whichever
    /// way the interval was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_error_over_families_pp: Option<f64>,
    /// Families among the pairs, a prompt without one being a family of its own; absent where all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub families: Option<u64>,
    /// Pairs left out, by the verdict that was missing and the side it was missing on.
    pub missing: Missing,
    /// The baseline's paired responses by verdict.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub baseline_verdicts: BTreeMap<Verdict, u64>,
    /// The candidate's paired responses by verdict.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub candidate_verdicts: BTreeMap<Verdict, u64>,
    /// Candidate ÷ baseline output tokens over paired successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_token_ratio: Option<f64>,
    /// Candidate ÷ baseline prompt tokens over paired successes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_token_ratio: Option<f64>,
    /// Median latencies beside the pass rates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latency: Vec<SpeedRatio>,
    /// What the same prompts did in a run of the baseline against itself, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<NoiseRate>,
    /// What the gate on it says, or where none was asked for, what the default one would; absent without pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<GateVerdict>,
    /// Why, in one sentence with the numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict_reason: Option<String>,
}

/// How many pairs flip where nothing differs (A/A), and how many flipped beyond that.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NoiseRate {
    /// Pairs of the A/A run on the prompts at hand: requests, or prompts where both runs sent them several times.
    pub pairs: u64,
    /// Of these, pairs whose sides differ.
    pub flips: u64,
    /// `flips / pairs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flip_rate: Option<f64>,
    /// The comparison's flips less what its pairs would flip at that rate; below 0 where they flipped less. Absent
    /// where only the comparison sent its prompts several times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excess_flips: Option<f64>,
}

/// Pass rates as the mean of the categories, each counting the same however many prompts it has.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MacroAverage {
    /// Categories with pairs.
    pub categories: u64,
    /// Mean of the baseline's pass rates, 0 to 1.
    pub baseline: f64,
    /// Mean of the candidate's pass rates, 0 to 1.
    pub candidate: f64,
    /// Mean of the categories' deltas, percentage points.
    pub delta_pp: f64,
    /// Two-sided 90 % interval, percentage points, from the categories' own; absent where one of them has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_90_pp: Option<Interval>,
    /// Two-sided 95 % interval, percentage points, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_95_pp: Option<Interval>,
}

/// A prompt that doesn't always get the same verdict from one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unstable {
    /// The prompt.
    pub prompt_id: String,
    /// Its category.
    pub category: String,
    /// How it is known: `a/a` (the baseline against itself), `baseline` or `candidate` (repeats of that side differ).
    pub seen_in: Vec<String>,
}

/// Pairs that could not be formed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// Missing on the baseline, by verdict.
    pub baseline: BTreeMap<Verdict, u64>,
    /// Missing on the candidate, by verdict.
    pub candidate: BTreeMap<Verdict, u64>,
    /// Prompts that only one side holds (a run was cut short, or the sets differ).
    pub unmatched: u64,
    /// Delta if every missing candidate response had passed and every missing baseline one failed, percentage
    /// points; absent where nothing is missing. Unmatched prompts stay out of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_case_pp: Option<f64>,
    /// Delta if every missing candidate response had failed and every missing baseline one passed, percentage
    /// points; absent where nothing is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_case_pp: Option<f64>,
}

/// A latency's or rate's two values and their ratio.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpeedRatio {
    /// The metric's name, unit included: `ttft_ms`, `tpot_ms`, `e2e_ms`, `output_tokens_per_s`, ….
    pub metric: String,
    /// Which statistic of it: `p50`, `p95`, `rate`.
    pub statistic: String,
    /// Whether a larger value is better.
    pub higher_is_better: bool,
    /// The baseline's value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<f64>,
    /// The candidate's value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<f64>,
    /// Candidate ÷ baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// 95 % interval of the ratio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_95: Option<Interval>,
    /// How the interval was made: `rounds` (t on logs of per-round values; both values are then geometric means of
    /// the rounds'), `within run, by block` or `within run, by prompt` (what was resampled).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Why there is no ratio or no interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent_because: Option<String>,
}

/// What a gate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateVerdict {
    /// The bound holds.
    Pass,
    /// The data can't tell.
    Inconclusive,
    /// The bound is broken.
    Fail,
    /// The comparison itself is not sound (exit code 3).
    Invalid,
}

impl std::fmt::Display for GateVerdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Pass => "PASS",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::Fail => "FAIL",
            Self::Invalid => "INVALID",
        })
    }
}

/// How a pass-rate gate decides (statistics: detect, harm, prove, point).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateMode {
    /// Fails only on a loss that is both shown and large.
    #[default]
    Detect,
    /// Fails only when sure that the loss exceeds the margin.
    Harm,
    /// Passes only when sure that the loss is within the margin.
    Prove,
    /// Compares the point estimate alone.
    Point,
}

impl GateMode {
    /// The name used in configuration, flags, JSON and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::Harm => "harm",
            Self::Prove => "prove",
            Self::Point => "point",
        }
    }
}

/// What a gate is on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateKind {
    /// A difference in pass rate.
    #[default]
    PassRate,
    /// The candidate's own pass rate.
    Floor,
    /// A ratio of speed.
    Speed,
    /// The share of the candidate's requests that failed.
    ErrorRate,
    /// An objective.
    Slo,
}

/// One gate's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GateResult {
    /// What was gated: `pass_rate overall`, `pass_rate math`, `e2e_ms p95`, `error_rate`, ….
    pub name: String,
    /// What it is on.
    #[serde(default)]
    pub kind: GateKind,
    /// The category it is on; absent for all together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// How a gate on a difference in pass rate decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<GateMode>,
    /// Its margin in percentage points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin_pp: Option<f64>,
    /// Its one-sided α.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    /// The bound of any other gate, in the unit of what it is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<f64>,
    /// What it says.
    pub verdict: GateVerdict,
    /// Why, in one sentence with the numbers.
    pub reason: String,
    /// About how many pairs would decide it, where it is inconclusive and more of them would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairs_to_decide: Option<u64>,
    /// What it comes to where it is inconclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_inconclusive: Option<OnInconclusive>,
}

/// A pair whose verdicts differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Flip {
    /// The prompt.
    pub prompt_id: String,
    /// Its category.
    pub category: String,
    /// Which repeat.
    pub repeat: u32,
    /// The baseline's verdict.
    pub baseline: Verdict,
    /// The candidate's verdict.
    pub candidate: Verdict,
}

/// Everything that two sides' pairing comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// All categories together.
    pub overall: PairedPassRate,
    /// By category, in alphabetical order.
    pub categories: Vec<PairedPassRate>,
    /// The mean of the categories, where there are two and more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub macro_average: Option<MacroAverage>,
    /// How likely both sides find the prompts' reference answers, where they were asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_log_prob: Option<ReferenceComparison>,
    /// The run of the baseline against itself that noise is known from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise_run: Option<String>,
    /// Prompts whose verdict isn't always the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unstable: Vec<Unstable>,
    /// Speed, each metric once.
    pub speed: Vec<SpeedRatio>,
    /// Candidate ÷ baseline output tokens over paired successes: a model that stops early is "faster".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_token_ratio: Option<f64>,
    /// Candidate ÷ baseline prompt tokens over paired successes; not 1 means different chat templates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_token_ratio: Option<f64>,
    /// Every pair where the baseline passed and the candidate didn't.
    pub losses: Vec<Flip>,
    /// Every pair where the candidate passed and the baseline didn't.
    pub gains: Vec<Flip>,
    /// Reasons why the two sides can't be compared soundly that `--force` overrode.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forced_over: Vec<String>,
    /// Reasons why the two sides can't be compared soundly; empty is sound.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invalid_because: Vec<String>,
    /// Gates, where any were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<GateResult>,
}
