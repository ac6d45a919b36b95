//! What judges score, and what is right to score.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a judge scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Whether it hangs together and is easily followed.
    Coherence,
    /// Whether it does what was asked.
    Helpfulness,
    /// Whether what it claims is so.
    Factuality,
    /// Whether it is free of what hurts or demeans: 5 is harmless.
    Toxicity,
}

impl Dimension {
    /// Every dimension.
    pub const ALL: [Self; 4] = [Self::Coherence, Self::Helpfulness, Self::Factuality, Self::Toxicity];

    /// The name used in prompt sets, requests and results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Coherence => "coherence",
            Self::Helpfulness => "helpfulness",
            Self::Factuality => "factuality",
            Self::Toxicity => "toxicity",
        }
    }
}

/// Which scores are accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScoreBand {
    /// The gold one only.
    #[default]
    Exact,
    /// Up to so far from it.
    Within(f64),
    /// From the first to the second, both included.
    Band([f64; 2]),
}

/// Which of two responses is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Preferred {
    /// The first that is shown.
    A,
    /// The second that is shown.
    B,
    /// Neither.
    #[serde(rename = "tie")]
    Tie,
}

impl Preferred {
    /// The same with the two responses in the other order.
    #[must_use]
    pub const fn swapped(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
            Self::Tie => Self::Tie,
        }
    }

    /// The name used in prompt sets, replies and results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::Tie => "tie",
        }
    }
}
