//! What did not map, had to be changed, or is malformed: each once, with every line it happened on.

use std::collections::BTreeMap;

use super::row::Fault;

/// What something that is told of did to the set. In the order of their weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// The row is not in the set: a field is missing or not what it must be.
    Malformed,
    /// The row is not in the set: it asks for what labctl has no check for, or for nothing.
    Row,
    /// The row is in the set, without one of its checks.
    Check,
    /// The row is in the set, and a field of it is not.
    Field,
    /// Nothing is missing, but something reads differently from the file.
    Changed,
}

impl Effect {
    /// In a few words, for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Malformed => "malformed row, left out",
            Self::Row => "row left out",
            Self::Check => "check left out",
            Self::Field => "field ignored",
            Self::Changed => "changed",
        }
    }

    /// Whether something of the file is not in the set.
    #[must_use]
    pub const fn is_loss(self) -> bool {
        !matches!(self, Self::Changed)
    }
}

/// One thing to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What it did to the set.
    pub effect: Effect,
    /// What it is; names the field where there is one.
    pub what: String,
    /// The lines of the file, from 1, in ascending order.
    pub lines: Vec<usize>,
}

impl Remark {
    /// The remark with its first place, `file:line`.
    #[must_use]
    pub fn said(&self, file: &str) -> String {
        format!("{file}:{}: {}", self.lines.first().copied().unwrap_or(1), self.what)
    }
}

/// The longest that a remark is, in characters.
const LONGEST: usize = 240;

/// Collects remarks; equal ones become one.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    lines: BTreeMap<(Effect, String), Vec<usize>>,
}

impl Remarks {
    pub(super) fn add(&mut self, effect: Effect, what: impl AsRef<str>, line: usize) {
        self.lines.entry((effect, clipped(what.as_ref(), LONGEST))).or_default().push(line);
    }

    pub(super) fn fault(&mut self, fault: Fault, line: usize) {
        match fault {
            Fault::Malformed(what) => self.add(Effect::Malformed, what, line),
            Fault::Unmapped(what) => self.add(Effect::Row, what, line),
            Fault::Repeated => self.add(Effect::Changed, "the same case as an earlier row, taken once", line),
        }
    }

    pub(super) fn into_sorted(self) -> Vec<Remark> {
        let remark = |((effect, what), mut lines): ((Effect, String), Vec<usize>)| {
            lines.sort_unstable();
            lines.dedup();
            Remark { effect, what, lines }
        };
        let mut remarks: Vec<Remark> = self.lines.into_iter().map(remark).collect();
        remarks.sort_by_key(|remark| (remark.effect, remark.lines.first().copied()));
        remarks
    }
}

/// A stranger's text for a message: on one line, without control characters, and not longer than `most` characters.
pub(super) fn clipped(text: &str, most: usize) -> String {
    let mut shown: String =
        text.chars().take(most).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}
