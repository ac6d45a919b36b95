//! How good a model is as a judge: does it repeat itself, does it agree with gold, is it swayed by position, is its
//! stated confidence honest.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::comparison::{Interval, PassRate};

/// A statistic and its 95 % interval (bootstrap over items, unless said otherwise).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// Its value.
    pub value: f64,
    /// Its interval; absent for too few items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_95: Option<Interval>,
}

/// A judge model's examination, of one category or of all. Everything but `parsed` is of replies that could be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JudgeQuality {
    /// The category; absent for all together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Items: prompts, both orders of a pair counted once.
    pub items: u64,
    /// Replies that could be read, of all that came.
    pub parsed: PassRate,
    /// Replies inside what is accepted, where every one that could not be read counts as outside.
    pub worst_case: PassRate,
    /// Whether it repeats itself; absent where no item was asked twice in the same order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeatability: Option<Repeatability>,
    /// Whether its scores agree with gold; absent without scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Agreement>,
    /// Whether it names the better of two; absent without pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preference: Option<PassRate>,
    /// Whether the order of two responses sways it; absent where none was asked in both orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// Whether its confidence is honest; absent where it states none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Honesty>,
    /// How often each score was given and how often it was right to give, by score.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distribution: Vec<ScoreCount>,
}

/// Items asked several times in the same order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Repeatability {
    /// Items with at least two replies that could be read.
    pub items: u64,
    /// Items whose replies all gave the same mark.
    pub exact: PassRate,
    /// Items of which some replies are accepted and some are not.
    pub flips: PassRate,
    /// Krippendorff's alpha of scores, any difference alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpha_nominal: Option<Estimate>,
    /// Krippendorff's alpha of scores, by rank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpha_ordinal: Option<Estimate>,
    /// Krippendorff's alpha of scores, by distance squared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpha_interval: Option<Estimate>,
    /// ICC(A,1) of scores; absent unless every item has as many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icc: Option<Estimate>,
    /// Standard deviation of an item's scores about their mean, in points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviation: Option<f64>,
}

/// Scores beside gold ones, every reply by itself; intervals resample items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Agreement {
    /// Items scored.
    pub items: u64,
    /// Scores equal to gold.
    pub exact: PassRate,
    /// Scores at most one point from gold.
    pub within_one: PassRate,
    /// Cohen's kappa.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kappa: Option<Estimate>,
    /// Cohen's kappa, weighted by distance squared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quadratic_kappa: Option<Estimate>,
    /// Gwet's AC1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gwet_ac1: Option<Estimate>,
    /// Kendall's tau-b.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kendall_tau_b: Option<Estimate>,
    /// Mean of score − gold, in points: above 0 is lenient.
    pub bias: Estimate,
}

/// Pairs asked in both orders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Position {
    /// Pairs of replies, one in each order, that could both be read.
    pub pairs: u64,
    /// Those that named the same response in both orders (or a tie in both).
    pub consistent: PassRate,
    /// Replies that named the first response, of all that named one.
    pub first: PassRate,
    /// Two-sided exact binomial p-value that both places are named alike often by the pairs that named one place in both
    /// orders (all others name both places once), the repeats of an item counting as one; 1 where there are none.
    pub first_p: f64,
}

/// Stated confidences beside whether the mark was accepted, every reply by itself; intervals resample items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Honesty {
    /// Replies that state a confidence.
    pub replies: u64,
    /// Mean confidence, 0 to 1.
    pub mean: f64,
    /// Share of them that are accepted, 0 to 1.
    pub accepted: f64,
    /// Brier score: 0 is perfect, 0.25 what always saying one half gives.
    pub brier: Estimate,
    /// Logarithmic loss: 0 is perfect, 0.693 what always saying one half gives.
    pub log_loss: Estimate,
    /// Expected calibration error over ten bins of equal width, 0 to 1.
    pub calibration_error: Estimate,
}

/// One score.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScoreCount {
    /// The score.
    pub score: f64,
    /// How often it was given.
    pub given: u64,
    /// How often it was gold.
    pub gold: u64,
}
