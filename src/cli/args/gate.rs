//! Gates, as `bench`, `compare` and `gate` take them, and the planning of them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ci::CiArgs;
use super::results::StoreArgs;
use super::texts::TextArgs;
use super::values::{OutputFormat, alpha, percentage, percentage_points, points, power};
use crate::model::comparison::GateMode;
use crate::model::gate::{self, Gates, PassRateGate};

/// Which gates a result is held to.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Gates")]
pub struct GateArgs {
    /// Hold it to the configured gates: those of the team, else of the lab, else those shipped for this kind of team,
    /// else `detect` a loss of 5 percentage points
    #[arg(long, group = "gates_asked")]
    pub gate: bool,

    /// Hold it to the gates of this file (`labctl config schema gates` has its fields)
    #[arg(long, value_name = "FILE", group = "gates_asked")]
    pub gates: Option<PathBuf>,

    /// Short for one gate on the pass rate over all prompts, with this margin in percentage points; `--gate-mode` says what
    /// it takes to fail (exit code 1)
    #[arg(long, value_name = "PP", value_parser = percentage_points, group = "gates_asked")]
    pub max_pass_rate_drop: Option<f64>,

    /// How the gate of `--max-pass-rate-drop` decides [default: detect]
    #[arg(long, value_enum, value_name = "MODE", requires = "max_pass_rate_drop")]
    pub gate_mode: Option<GateModeArg>,

    /// What every inconclusive gate comes to: exit code 0, 0 with a warning, or 4 [default: as each gate says, else
    /// fail for `prove` and warn for the others]
    #[arg(long, value_enum, value_name = "POLICY")]
    pub on_inconclusive: Option<OnInconclusive>,
}

impl GateArgs {
    /// Whether any gate was asked for.
    #[must_use]
    pub const fn is_asked(&self) -> bool {
        self.gate || self.gates.is_some() || self.max_pass_rate_drop.is_some()
    }

    /// The one gate of `--max-pass-rate-drop`, where it is given.
    #[must_use]
    pub fn short_form(&self) -> Option<Gates> {
        let margin_pp = self.max_pass_rate_drop?;
        let mode = self.gate_mode.map_or(GateMode::Detect, GateMode::from);
        Some(Gates::of_pass_rate(PassRateGate { mode, margin_pp, ..PassRateGate::default() }))
    }
}

/// Flags of `labctl gate`.
#[derive(Debug, Clone, Args)]
pub struct GateCommandArgs {
    /// The result: its id or a unique beginning of it, a path, or `latest`
    #[arg(value_name = "RESULT", required_unless_present = "show")]
    pub result: Option<String>,

    /// Evaluate the gates although the client was too busy to measure latencies well
    #[arg(long)]
    pub allow_invalid_client: bool,

    /// Print the gates that would be asked for, presets written out, and evaluate nothing
    #[arg(long)]
    pub show: bool,

    /// Team whose gates they are [default: the result's]
    #[arg(long, value_name = "TEAM")]
    pub team: Option<String>,

    /// How it is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: OutputFormat,

    /// Where results are.
    #[command(flatten)]
    pub store: StoreArgs,

    /// Gates.
    #[command(flatten)]
    pub gate: GateArgs,

    /// What of the texts is shown.
    #[command(flatten)]
    pub texts: TextArgs,

    /// What is written for continuous integration.
    #[command(flatten)]
    pub ci: CiArgs,
}

/// Flags of `labctl plan`.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// The gate's margin in percentage points
    #[arg(long, value_name = "PP", value_parser = percentage_points, default_value = "5pp")]
    pub margin: f64,

    /// Share of prompts whose verdict is expected to differ between the sides; `labctl bench --aa` shows how many differ
    /// where nothing does
    #[arg(long, value_name = "SHARE", value_parser = percentage, default_value = "8%")]
    pub flips: f64,

    /// How the gate decides
    #[arg(long, value_enum, value_name = "MODE", default_value = "prove")]
    pub mode: GateModeArg,

    /// Chance wanted of the right answer: PASS for `prove`, FAIL for the others
    #[arg(long, value_name = "SHARE", value_parser = power, default_value = "80%")]
    pub power: f64,

    /// The gate's one-sided α
    #[arg(long, value_name = "SHARE", value_parser = alpha, default_value = "5%")]
    pub alpha: f64,

    /// The candidate's true loss in percentage points [default: 0 for `prove`, for the others twice the margin, but
    /// no more than flips]
    #[arg(long, value_name = "PP", value_parser = points)]
    pub loss: Option<f64>,

    /// How it is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: OutputFormat,
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

impl From<OnInconclusive> for gate::OnInconclusive {
    fn from(policy: OnInconclusive) -> Self {
        match policy {
            OnInconclusive::Pass => Self::Pass,
            OnInconclusive::Warn => Self::Warn,
            OnInconclusive::Fail => Self::Fail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_form_is_one_gate() {
        let args = GateArgs {
            max_pass_rate_drop: Some(3.0),
            gate_mode: Some(GateModeArg::Prove),
            ..GateArgs::default()
        };
        let gates = args.short_form().unwrap();
        let gate = gates.pass_rate.as_ref().unwrap();
        assert_eq!((gate.mode, gate.margin_pp, gate.alpha), (GateMode::Prove, 3.0, 0.05));
        assert!(args.is_asked() && !GateArgs::default().is_asked());
        assert_eq!(GateArgs::default().short_form(), None);
    }
}
