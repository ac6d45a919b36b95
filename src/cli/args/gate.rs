//! Gates on quality, as `bench` and `compare` take them.

use clap::{Args, ValueEnum};

use super::values::percentage_points;
use crate::model::comparison::GateMode;

/// A gate on the pass rate.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Gates")]
pub struct GateArgs {
    /// Fail (exit code 1) when the pass rate fell by this many percentage points or more
    #[arg(long, value_name = "PP", value_parser = percentage_points)]
    pub max_pass_rate_drop: Option<f64>,

    /// How the gate decides [default: detect]
    #[arg(long, value_enum, value_name = "MODE", requires = "max_pass_rate_drop")]
    pub gate_mode: Option<GateModeArg>,

    /// What an inconclusive gate comes to: exit code 0, 0 with a warning, or 4 [default: fail for `prove`, else warn]
    #[arg(long, value_enum, value_name = "POLICY", requires = "max_pass_rate_drop")]
    pub on_inconclusive: Option<OnInconclusive>,
}

impl GateArgs {
    /// Whether any gate was asked for.
    #[must_use]
    pub const fn is_asked(&self) -> bool {
        self.max_pass_rate_drop.is_some()
    }

    /// The mode, `detect` unless given.
    #[must_use]
    pub fn mode(&self) -> GateMode {
        self.gate_mode.map_or(GateMode::Detect, GateMode::from)
    }

    /// The policy; unless given, `fail` for `prove` and `warn` for the others.
    #[must_use]
    pub fn policy(&self) -> OnInconclusive {
        self.on_inconclusive.unwrap_or(match self.mode() {
            GateMode::Prove => OnInconclusive::Fail,
            GateMode::Detect | GateMode::Harm | GateMode::Point => OnInconclusive::Warn,
        })
    }
}

/// `--gate-mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GateModeArg {
    /// Fails only on a loss that is both shown and large
    Detect,
    /// Fails only when sure that the loss exceeds the margin
    Harm,
    /// Passes only when sure that the loss is within the margin
    Prove,
    /// Compares the point estimate alone
    Point,
}

impl From<GateModeArg> for GateMode {
    fn from(mode: GateModeArg) -> Self {
        match mode {
            GateModeArg::Detect => Self::Detect,
            GateModeArg::Harm => Self::Harm,
            GateModeArg::Prove => Self::Prove,
            GateModeArg::Point => Self::Point,
        }
    }
}

/// `--on-inconclusive`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnInconclusive {
    /// Exit code 0
    Pass,
    /// Exit code 0, with a warning
    Warn,
    /// Exit code 4
    Fail,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_follows_the_mode() {
        let with_mode =
            |gate_mode| GateArgs { max_pass_rate_drop: Some(5.0), gate_mode, on_inconclusive: None };
        assert_eq!(with_mode(None).policy(), OnInconclusive::Warn);
        assert_eq!(with_mode(None).mode(), GateMode::Detect);
        assert_eq!(with_mode(Some(GateModeArg::Prove)).policy(), OnInconclusive::Fail);
        assert!(!GateArgs::default().is_asked());
    }
}
