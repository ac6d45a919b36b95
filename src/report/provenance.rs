//! Where a result comes from: what ran, with what, on what, and how to run it again.

use serde::Serialize;

use super::facts::{self, Section};
use super::table::Labels;
use crate::model::result::RunResult;

/// Everything that it takes to judge a result's origin, and to repeat it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Provenance {
    /// The command line that made it, quoted for a shell, secrets masked; none where it wasn't recorded (a result of an
    /// older version, or of another tool).
    pub command: Option<String>,
    /// A command that repeats it: the same with its seed; none without a command line.
    pub again: Option<String>,
    /// What has to be at hand for that to be the same run, a sentence each.
    pub again_needs: Vec<String>,
    /// The facts: what ran, with what, on what.
    pub groups: Vec<Group>,
}

/// Facts that answer one question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Its identifier: `ran`, `with`, `on`.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Its facts, thing by thing.
    pub sections: Vec<Section>,
}

impl Provenance {
    /// The provenance of a result.
    #[must_use]
    pub(crate) fn new(result: &RunResult, labels: &Labels) -> Self {
        Self { command: None, again: None, again_needs: Vec::new(), groups: groups(result, labels) }
    }
}

fn groups(result: &RunResult, labels: &Labels) -> Vec<Group> {
    let group = |id, title, sections| Group { id, title, sections };
    vec![
        group("ran", "What ran", vec![facts::run(result)]),
        group("with", "With what", vec![facts::prompts(result), facts::load(result)]),
        group("on", "On what", facts::machines(result, labels)),
    ]
}
