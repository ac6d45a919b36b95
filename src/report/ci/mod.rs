//! What continuous integration reads: JUnit, GitHub's step summary, annotations and outputs, GitLab's metrics report.
//!
//! Each output is a pure function of [`CiInput`], which a run and a comparison of saved results both fill. Numbers come
//! from there and are computed nowhere else; `cases` decides once which prompts count as failed, for JUnit and
//! annotations alike. Used by `cli::ci`, which knows the environment and writes.

pub mod annotations;
mod cases;
pub mod json;
pub mod junit;
pub mod metrics;
pub mod outputs;
pub mod summary;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::text::one_line;
use crate::model::comparison::{Comparison, GateResult, GateVerdict};
use crate::model::gate::OnInconclusive;
use crate::model::record::Row;
use crate::model::result::{RunResult, SideInfo};

/// What the outputs are made of. All but the title and how the command ended is absent where it failed before there
/// was a result.
#[derive(Debug, Clone, Default)]
pub struct CiInput<'a> {
    /// Who against whom, or the command that failed.
    pub title: String,
    /// The candidate's run.
    pub run_id: Option<&'a str>,
    /// The baseline's run, where it is another one.
    pub baseline_run_id: Option<&'a str>,
    /// The prompt set's name.
    pub prompt_set: Option<&'a str>,
    /// Whether a side was simulated.
    pub simulated: bool,
    /// The variant in question.
    pub candidate: Option<&'a SideInfo>,
    /// What it is measured against.
    pub baseline: Option<&'a SideInfo>,
    /// The requests, paired where there are two sides.
    pub rows: &'a [Row],
    /// The pairing of the two.
    pub comparison: Option<&'a Comparison>,
    /// Every gate's result.
    pub gates: &'a [GateResult],
    /// The report as Markdown.
    pub markdown: String,
    /// Where the result is.
    pub result_path: Option<PathBuf>,
    /// Where prompts stand in files of the repository.
    pub places: BTreeMap<String, FileLine>,
    /// Whether several loads are summed up, whose latencies together are nobody's: no report shows them.
    pub several_loads: bool,
    /// How the command ends.
    pub ended: Ending,
}

/// How a command ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ending {
    /// Its exit code.
    pub exit_code: u8,
    /// What it failed with, where it was an error and not a gate.
    pub error: Option<String>,
}

impl Ending {
    /// What kind of error its exit code tells: a word for programs, and one for people.
    const fn kind(&self) -> (&'static str, &'static str) {
        match self.exit_code {
            2 => ("usage", "usage, configuration or input invalid"),
            NOT_MEASURED => ("invalid", "no valid measurement"),
            5 => ("not_written", "not written"),
            70 => ("internal", "internal error"),
            130 => ("interrupted", "interrupted"),
            _ => ("error", "failed"),
        }
    }
}

/// The exit code of what is not valid.
const NOT_MEASURED: u8 = 3;

/// A line of a file of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLine {
    /// Its path from the repository's root, with `/` between names.
    pub file: String,
    /// From 1.
    pub line: usize,
}

impl<'a> CiInput<'a> {
    /// What a run fills: both sides where it had two. `markdown` and `ended` are still to be set.
    #[must_use]
    pub fn of_run(result: &'a RunResult) -> Self {
        Self {
            title: super::view::title(&super::view::labels(result)),
            run_id: Some(&result.run_id),
            // One that was measured before; another that ran along has no run of its own.
            baseline_run_id: result
                .baseline
                .as_ref()
                .and_then(|side| side.measured_in.as_ref())
                .map(|measured| measured.run_id.as_str()),
            prompt_set: Some(&result.prompt_set.name),
            simulated: result.simulated,
            candidate: Some(&result.candidate),
            baseline: result.baseline.as_ref(),
            rows: &result.rows,
            comparison: result.comparison.as_ref(),
            gates: result.gate_results(),
            several_loads: !result.levels.is_empty(),
            ..Self::default()
        }
    }

    /// What a command fills that failed before there was a result.
    #[must_use]
    pub fn of_failure(command: &str, ended: Ending) -> Self {
        let title = format!("labctl {command}");
        Self { markdown: format!("# {title}\n"), title, ended, ..Self::default() }
    }

    /// The verdict on all in a word. `invalid` where nothing valid was measured or the sides can't be compared, and
    /// `error` where the command failed otherwise (exit codes 2, 5, 70, 130), whatever the gates would say. Else the
    /// worst gate's, else where none was asked for what the comparison says by itself; `none` without either.
    #[must_use]
    pub fn verdict(&self) -> &'static str {
        match self.ended.exit_code {
            NOT_MEASURED => return word(GateVerdict::Invalid),
            0 | 1 | 4 => {}
            _ => return "error",
        }
        if self.comparison.is_some_and(|comparison| !comparison.invalid_because.is_empty()) {
            return word(GateVerdict::Invalid);
        }
        let gated = self.gates.iter().map(|gate| gate.verdict).max();
        gated.or_else(|| self.comparison?.overall.verdict).map_or("none", word)
    }

    /// What makes all of it worth nothing, or the command fail: an error that no gate tells.
    fn broken(&self) -> Option<Broken> {
        if let Some(error) = &self.ended.error {
            let (kind, title) = self.ended.kind();
            return Some(Broken { kind, title, reason: one_line(error) });
        }
        let reasons = &self.comparison?.invalid_because;
        let reason = one_line(&format!("the sides can't be compared: {}", reasons.join("; ")));
        (!reasons.is_empty()).then_some(Broken { kind: "invalid", title: "no valid measurement", reason })
    }
}

/// An error that no gate tells.
struct Broken {
    /// What kind of one, for programs.
    kind: &'static str,
    /// The same for people.
    title: &'static str,
    /// The message on one line.
    reason: String,
}

/// A verdict as outputs for programs spell it.
const fn word(verdict: GateVerdict) -> &'static str {
    match verdict {
        GateVerdict::Pass => "pass",
        GateVerdict::Inconclusive => "inconclusive",
        GateVerdict::Fail => "fail",
        GateVerdict::Invalid => "invalid",
    }
}

/// What an inconclusive gate comes to: as it says, else as its mode has it.
fn policy(gate: &GateResult) -> OnInconclusive {
    gate.on_inconclusive.unwrap_or_else(|| gate.mode.map_or(OnInconclusive::Warn, OnInconclusive::of))
}
