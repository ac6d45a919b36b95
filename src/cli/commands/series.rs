//! The runs of one experiment, one after the other.

use crate::cli::commands::dry_run;
use crate::cli::commands::measure::Measure;
use crate::cli::context::Context;
use crate::cli::error::{CliError, ErrorKind};
use crate::cli::exit::ExitStatus;

/// Runs them all, or prints what they would do. All plans are made before the first run: a mistake in the last one
/// is known before anything is sent.
pub(super) fn run(
    measures: &[Measure<'_>],
    dry_run: bool,
    context: &Context,
) -> Result<ExitStatus, CliError> {
    let several = measures.len() > 1;
    if let Some(measure) = measures.iter().find(|measure| several && measure.resume.is_some()) {
        let file = measure
            .variation
            .file
            .as_ref()
            .map_or_else(String::new, |file| format!(" of `{}`", file.display()));
        return Err(CliError::usage(format!(
            "`--resume` goes on with one run, and the sweep{file} has {}",
            measures.len()
        )));
    }
    let plans = measures.iter().map(Measure::plan).collect::<Result<Vec<_>, _>>()?;
    if dry_run {
        let runs: Vec<_> = measures.iter().zip(&plans).collect();
        return dry_run::print(&runs, context).map(|()| ExitStatus::Success);
    }
    let mut worst = ExitStatus::Success;
    for (number, (measure, plan)) in measures.iter().zip(plans).enumerate() {
        if !several {
            return measure.run(plan);
        }
        context.ui.note(&format!("run {} of {}: {}", number + 1, measures.len(), told(measure)));
        let status = match measure.run(plan) {
            Ok(status) => status,
            Err(error) if goes_on(error.kind()) => {
                context.ui.error(&error);
                error.kind().exit_status()
            }
            Err(error) => return Err(error),
        };
        if rank(status) > rank(worst) {
            worst = status;
        }
    }
    Ok(worst)
}

/// What tells a run from the others.
pub(super) fn told(measure: &Measure<'_>) -> String {
    let values = &measure.variation.values;
    if let (true, Some(team)) = (values.is_empty(), &measure.targets.team) {
        let set = measure.targets.prompt_set.as_ref().map_or_else(String::new, |set| format!(", {set}"));
        return format!("team {team}{set}");
    }
    values.iter().map(|(path, value)| format!("{path}={value}")).collect::<Vec<_>>().join(", ")
}

/// Whether the runs after one that failed like this may still be of use.
const fn goes_on(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotMeasured | ErrorKind::NotWritten | ErrorKind::Usage)
}

/// How bad an ending is, among those that don't end the series.
const fn rank(status: ExitStatus) -> u8 {
    match status {
        ExitStatus::Success => 0,
        ExitStatus::Inconclusive => 1,
        ExitStatus::GateFailed => 2,
        ExitStatus::NotMeasured => 3,
        ExitStatus::NotWritten => 4,
        ExitStatus::Usage => 5,
        ExitStatus::Internal => 6,
        ExitStatus::Interrupted => 7,
    }
}
