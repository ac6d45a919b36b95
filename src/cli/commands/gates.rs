//! From gate flags and configuration to gates, and from what they say to the exit code.

use std::collections::BTreeSet;

use crate::bench::soundness::nothing_valid;
use crate::cli::args::GateArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;
use crate::cli::settings::{NoFlags, nearest};
use crate::cli::ui::Ui;
use crate::compare::gate::{named_categories, needing_baseline, resolved};
use crate::model::comparison::{Comparison, GateResult, GateVerdict};
use crate::model::config::{Defaults, LabConfig};
use crate::model::gate::{Gates, OnInconclusive, PassRateGate};
use crate::model::record::Row;
use crate::model::result::RunResult;
use crate::model::team::TeamKind;

/// The gates that are asked for; none where none is. `config` is read where it is needed and not given.
pub(super) fn asked(
    args: &GateArgs,
    team: Option<&str>,
    config: Option<&LabConfig>,
    context: &Context,
) -> Result<Option<Gates>, CliError> {
    let gates = if let Some(path) = &args.gates {
        context.loader.gates(path)?
    } else if let Some(short_form) = args.short_form() {
        short_form
    } else if args.gate {
        match config {
            Some(config) => configured(config, team)?,
            None => configured(&context.settings(&NoFlags)?.config, team)?,
        }
    } else if args.on_inconclusive.is_some() {
        return Err(CliError::usage("`--on-inconclusive` says what gates come to, and none is asked for")
            .with_hint("add `--gate`, `--gates FILE` or `--max-pass-rate-drop PP`"));
    } else {
        return Ok(None);
    };
    Ok(Some(with_policy(gates, args)))
}

/// The gates that are asked for, as they apply to two sides' rows; none where none is.
pub(super) fn of_rows(
    args: &GateArgs,
    rows: &[Row],
    team: Option<&str>,
    context: &Context,
) -> Result<Gates, CliError> {
    match asked(args, team, None, context)? {
        Some(gates) => applied(&gates, &rows.iter().map(|row| row.category.as_str()).collect(), true),
        None => Ok(Gates::default()),
    }
}

/// The gates with the policy of `--on-inconclusive`, where it is given.
pub(super) fn with_policy(gates: Gates, args: &GateArgs) -> Gates {
    match args.on_inconclusive {
        Some(policy) => gates.with_policy(policy.into()),
        None => gates,
    }
}

/// The gates of `--gate`: the team's, else the lab's, else those shipped for the team's kind, else the default one.
pub(super) fn configured(config: &LabConfig, team: Option<&str>) -> Result<Gates, CliError> {
    let of_team = team.and_then(|name| config.teams.get(name));
    let written = of_team.and_then(|team| team.gates.as_ref()).or(config.gates.as_ref());
    if let Some(gates) = written {
        return if gates.is_empty() {
            Err(CliError::usage("`--gate` is given, and the configured `gates` gate nothing").with_hint(
                "`labctl config schema gates` has their fields; without `gates` the shipped ones apply",
            ))
        } else {
            Ok(gates.clone())
        };
    }
    let kind = of_team.and_then(|team| team.kind).or_else(|| TeamKind::of_name(team?));
    Ok(kind.map_or_else(|| Gates::of_pass_rate(PassRateGate::default()), Gates::of_preset))
}

/// The gates as they apply to prompts of these categories: presets written out, and what can't be evaluated told
/// before anything is sent.
pub(super) fn applied(
    gates: &Gates,
    categories: &BTreeSet<&str>,
    has_baseline: bool,
) -> Result<Gates, CliError> {
    let gates = resolved(gates, |name| categories.contains(name));
    if let Some((name, field)) = named_categories(&gates).find(|(name, _)| !categories.contains(name)) {
        let advice = nearest(name, categories.iter().copied()).map_or_else(
            || format!("; there are `{}`", categories.iter().copied().collect::<Vec<_>>().join("`, `")),
            |near| format!("; did you mean `{near}`?"),
        );
        return Err(CliError::usage(format!(
            "the gates' `{field}` names the category `{name}`, which the prompts don't have{advice}"
        )));
    }
    let needing = needing_baseline(&gates);
    if !needing.is_empty() && !has_baseline {
        return Err(CliError::usage(format!(
            "gates on {} compare with a baseline, and there is none",
            needing.join(", ")
        ))
        .with_hint("add `--compare-baseline`, or compare two results with `labctl compare BASELINE CANDIDATE --gates FILE`"));
    }
    Ok(gates)
}

/// How a stored result ends: that it measured nothing that can be relied on comes first (exit code 3), as where it was
/// measured, then what its gates come to.
pub(super) fn status_of_result(
    result: &RunResult,
    allow_invalid_client: bool,
    ui: Ui,
) -> Result<ExitStatus, CliError> {
    // A comparison says itself whether the client's measurements are accepted.
    let allow_invalid_client = allow_invalid_client || result.comparison.is_some();
    let reasons = nothing_valid(result, max_error_rate(result), allow_invalid_client);
    if !reasons.is_empty() {
        return Err(CliError::not_measured(reasons.join("; ")));
    }
    status(result.comparison.as_ref(), result.gate_results(), ui)
}

/// The share of failed requests that the run was configured to accept.
fn max_error_rate(result: &RunResult) -> f64 {
    let stored = result.config.pointer("/defaults/max_error_rate").and_then(serde_json::Value::as_f64);
    stored.unwrap_or_else(|| Defaults::default().max_error_rate)
}

/// What gates come to. Sides that can't be compared come first (exit code 3), then what could not be evaluated (3),
/// then a FAIL (1), then what is inconclusive, each gate by its own policy (4, or 0 with or without a warning).
pub(super) fn status(
    comparison: Option<&Comparison>,
    results: &[GateResult],
    ui: Ui,
) -> Result<ExitStatus, CliError> {
    let reasons = comparison.map_or(&[][..], |comparison| &comparison.invalid_because);
    if !reasons.is_empty() {
        return Err(CliError::not_measured(format!(
            "the two sides can't be compared: {}",
            reasons.join("; ")
        )));
    }
    if let Some(invalid) = results.iter().find(|result| result.verdict == GateVerdict::Invalid) {
        return Err(CliError::not_measured(format!(
            "gate `{}` can't be evaluated: {}",
            invalid.name, invalid.reason
        )));
    }
    for result in results {
        // Whoever sees the exit code alone is told here what it comes of.
        let came_to = match (result.verdict, result.on_inconclusive) {
            (GateVerdict::Fail, _) => "failed (exit code 1)",
            (GateVerdict::Inconclusive, Some(OnInconclusive::Fail)) => {
                "is inconclusive, which fails here (exit code 4)"
            }
            (GateVerdict::Inconclusive, Some(OnInconclusive::Warn)) => "is inconclusive",
            _ => continue,
        };
        ui.warn(&format!("gate `{}` {came_to}: {}", result.name, result.reason));
    }
    Ok(ExitStatus::of_gates(results))
}
