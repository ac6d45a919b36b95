//! From gate flags to gates, and from a comparison to the exit code.

use crate::cli::args::{GateArgs, OnInconclusive};
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::cli::ui::Ui;
use crate::compare::Gate;
use crate::model::comparison::{Comparison, GateVerdict};

/// `--max-pass-rate-drop` is short for one gate on the overall pass rate.
pub(super) fn from_args(args: &GateArgs) -> Vec<Gate> {
    let gate = |margin_pp| Gate { category: None, mode: args.mode(), margin_pp };
    args.max_pass_rate_drop.map(gate).into_iter().collect()
}

/// What a comparison comes to: sides that can't be compared first, then the worst gate.
pub(super) fn status(
    comparison: Option<&Comparison>,
    args: &GateArgs,
    ui: Ui,
) -> Result<ExitStatus, CliError> {
    let Some(comparison) = comparison else { return Ok(ExitStatus::Success) };
    if !comparison.invalid_because.is_empty() {
        let reasons = comparison.invalid_because.join("; ");
        return Err(CliError::not_measured(format!("the two sides can't be compared: {reasons}")));
    }
    let Some(worst) = comparison.gates.iter().max_by_key(|gate| gate.verdict) else {
        return Ok(ExitStatus::Success);
    };
    let policy = args.policy();
    if worst.verdict == GateVerdict::Inconclusive && policy == OnInconclusive::Warn {
        ui.warn(&format!("gate `{}` is inconclusive: {}", worst.name, worst.reason));
    }
    Ok(ExitStatus::of_gate(worst.verdict, policy == OnInconclusive::Fail))
}
