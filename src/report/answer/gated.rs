//! What the gates make of an answer: their word goes before that of any interval.

use super::Said;
use crate::model::comparison::{GateKind, GateMode, GateResult, GateVerdict, Interval};
use crate::report::number::count;
use crate::report::table::Tone;
use crate::report::text::one_line;
use crate::report::verdict::{Quality, gate_tone};

/// What there is to passing gates beyond them.
#[derive(Clone, Copy)]
pub(super) struct Passing {
    /// Whether the candidate is shown to be faster.
    pub(super) faster: bool,
    /// Whether a loss that matters would have been seen.
    pub(super) telling: bool,
}

/// What gates that all pass make of what is known of quality.
pub(super) fn quality(gates: &[GateResult], known: Quality, interval_90_pp: Option<Interval>) -> Quality {
    let passed = gates.iter().all(|gate| gate.verdict == GateVerdict::Pass);
    if !passed || !matches!(known, Quality::NoLoss | Quality::Undecided(_)) {
        return known;
    }
    let overall = || gates.iter().filter(|gate| gate.category.is_none());
    let of = |mode| overall().find(|gate| gate.kind == GateKind::PassRate && gate.mode == Some(mode));
    if let Some(margin) = of(GateMode::Prove).and_then(|gate| gate.margin_pp) {
        return Quality::Within(margin);
    }
    if overall().any(|gate| gate.kind == GateKind::Floor) {
        return Quality::Enough;
    }
    let Some(detect) = of(GateMode::Detect) else { return known };
    let open = interval_90_pp.map(|interval| -interval.low);
    let open_pp = open.filter(|open| detect.margin_pp.is_some_and(|margin| *open > margin));
    Quality::NotFound { telling: known.is_telling(), open_pp }
}

/// Whether a gate that passes is evidence that quality is good enough. Of detect it isn't: it fails on a loss that is
/// shown, and passes without one.
fn proves(gate: &GateResult) -> bool {
    match gate.kind {
        GateKind::PassRate => matches!(gate.mode, Some(GateMode::Prove | GateMode::Harm)),
        GateKind::Floor => true,
        GateKind::Speed | GateKind::ErrorRate | GateKind::Slo => false,
    }
}

/// The verdict by the worst gate; `None` where none was asked. Where all pass, what is shown is told with them, and
/// the question is answered with yes where one of them proves quality and the candidate is shown to be faster.
pub(super) fn verdict(gates: &[GateResult], (shown, tone): (&str, Tone), passing: Passing) -> Option<Said> {
    let worst = gates.iter().max_by_key(|gate| gate.verdict)?;
    let name = one_line(&worst.name);
    let several = gates.len() > 1;
    let more =
        if several { format!(", the worst of {} gates", count(gates.len() as u64)) } else { String::new() };
    let text = match worst.verdict {
        GateVerdict::Fail => format!("no: {} (FAIL by gate {name}{more})", broken(worst)),
        GateVerdict::Invalid => format!("not known: gate {name} can't be judged (INVALID{more})"),
        GateVerdict::Inconclusive => {
            format!("not known yet: gate {name} is not settled (INCONCLUSIVE{more})")
        }
        GateVerdict::Pass => {
            let by = if several {
                format!("PASS by all {} gates", count(gates.len() as u64))
            } else {
                format!("PASS by gate {name}")
            };
            let proven = gates.iter().any(proves) && passing.faster && passing.telling && tone == Tone::Good;
            // Some answers say it by themselves.
            let yes = if proven && !shown.starts_with("yes: ") { "yes: " } else { "" };
            // A gate passes what it was asked about; what else is shown against the candidate stays so.
            let tone = if passing.telling { passed(tone) } else { tone };
            return Some((format!("{yes}{shown} ({by})"), tone));
        }
    };
    Some((text, gate_tone(worst.verdict)))
}

/// What all gates passing leaves of a tone: what is plain is good, for it was asked for.
const fn passed(tone: Tone) -> Tone {
    match tone {
        Tone::Plain | Tone::Good => Tone::Good,
        Tone::Dim | Tone::Warn | Tone::Bad => Tone::Warn,
    }
}

/// What a gate that fails means.
fn broken(gate: &GateResult) -> &'static str {
    match (gate.kind, gate.mode) {
        (GateKind::PassRate, Some(GateMode::Harm | GateMode::Prove)) => "more quality is lost than allowed",
        (GateKind::PassRate, Some(GateMode::Point)) => "the measured loss of quality is larger than allowed",
        (GateKind::PassRate, Some(GateMode::Detect) | None) => "a loss of quality is shown",
        (GateKind::Floor, _) => "its pass rate is too low",
        (GateKind::Speed, _) => "it is slower than allowed",
        (GateKind::ErrorRate, _) => "too many of its requests failed",
        (GateKind::Slo, _) => "it misses an objective",
    }
}
