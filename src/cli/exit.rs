//! The exit codes, the same for every command. They are part of labctl's interface.

use std::process::ExitCode;

use crate::model::comparison::{GateResult, GateVerdict};
use crate::model::gate::OnInconclusive;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: done; gates passed, or none asked for.
    Success,
    /// 1: a gate failed.
    GateFailed,
    /// 2: usage, configuration, prompt set or input file invalid.
    Usage,
    /// 3: nothing valid was measured: target unreachable, error rate above the limit, client not
    /// trustworthy, results not comparable.
    NotMeasured,
    /// 4: inconclusive, where the policy says that this fails.
    Inconclusive,
    /// 5: the result could not be written; what was measured stays in the journal.
    NotWritten,
    /// 70: internal error, a bug.
    Internal,
    /// 130: interrupted; what was measured is kept.
    Interrupted,
}

impl ExitStatus {
    /// Every status with its meaning in a few words, for help and manual pages.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Success, "done; gates passed, or none asked for"),
        (Self::GateFailed, "a gate failed"),
        (Self::Usage, "usage, configuration, prompt set or input file invalid"),
        (Self::NotMeasured, "nothing valid was measured, or results not comparable"),
        (Self::Inconclusive, "inconclusive, where the policy says that this fails"),
        (Self::NotWritten, "the result could not be written (what was measured stays in the journal)"),
        (Self::Internal, "internal error (a bug)"),
        (Self::Interrupted, "interrupted (what was measured is kept)"),
    ];

    /// The number given to the operating system.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::GateFailed => 1,
            Self::Usage => 2,
            Self::NotMeasured => 3,
            Self::Inconclusive => 4,
            Self::NotWritten => 5,
            Self::Internal => 70,
            Self::Interrupted => 130,
        }
    }

    /// What a gate's verdict comes to; `inconclusive_fails` is the policy of `--on-inconclusive`.
    #[must_use]
    pub const fn of_gate(verdict: GateVerdict, inconclusive_fails: bool) -> Self {
        match verdict {
            GateVerdict::Fail => Self::GateFailed,
            GateVerdict::Invalid => Self::NotMeasured,
            GateVerdict::Inconclusive if inconclusive_fails => Self::Inconclusive,
            GateVerdict::Pass | GateVerdict::Inconclusive => Self::Success,
        }
    }

    /// What several gates come to, each by its own policy: 3 where any could not be evaluated, else 1 where any failed,
    /// else 4 where any is inconclusive whose policy says that this fails, else 0.
    #[must_use]
    pub fn of_gates(results: &[GateResult]) -> Self {
        let statuses = results.iter().map(|result| {
            Self::of_gate(result.verdict, result.on_inconclusive == Some(OnInconclusive::Fail))
        });
        statuses.max_by_key(|status| status.severity()).unwrap_or(Self::Success)
    }

    /// Which of several ends counts.
    const fn severity(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Inconclusive => 1,
            Self::GateFailed => 2,
            Self::NotMeasured => 3,
            Self::Usage | Self::NotWritten | Self::Internal | Self::Interrupted => 4,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_as_documented() {
        let codes: Vec<u8> = ExitStatus::ALL.iter().map(|(status, _)| status.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 70, 130]);
    }

    #[test]
    fn gates_map_to_codes_by_policy() {
        assert_eq!(ExitStatus::of_gate(GateVerdict::Inconclusive, true), ExitStatus::Inconclusive);
        assert_eq!(ExitStatus::of_gate(GateVerdict::Inconclusive, false), ExitStatus::Success);
        assert_eq!(ExitStatus::of_gate(GateVerdict::Fail, false), ExitStatus::GateFailed);
        assert_eq!(ExitStatus::of_gate(GateVerdict::Invalid, false), ExitStatus::NotMeasured);
        assert_eq!(ExitStatus::of_gate(GateVerdict::Pass, true), ExitStatus::Success);
    }
}
