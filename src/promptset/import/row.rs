//! A case on its way to become a prompt.

use crate::model::prompt::Prompt;

/// A case that maps, before it has its place in the set.
#[derive(Debug)]
pub(super) struct Row {
    /// Where it begins in the file, from 1.
    pub(super) line: usize,
    /// The id that the file gives it.
    pub(super) id: Option<String>,
    /// The team that the file names.
    pub(super) team: Option<String>,
    /// All else. The id is blank; the category is blank, and `max_tokens` 0, where the file doesn't say.
    pub(super) prompt: Prompt,
    /// Whether checks of it had to be left out.
    pub(super) lost_checks: bool,
}

impl Row {
    /// A row that asks this and expects nothing yet.
    pub(super) fn new(line: usize, text: String) -> Self {
        let prompt = Prompt::unchecked(String::new(), String::new(), text, 0);
        Self { line, id: None, team: None, prompt, lost_checks: false }
    }
}

/// Why a case is no row.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A field is missing or is not what it must be.
    Malformed(String),
    /// There is no check for what it expects.
    Unmapped(String),
    /// It was there before.
    Repeated,
}
