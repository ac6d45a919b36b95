//! What the gates make of an answer: their word goes before that of any interval.

use super::Said;
use crate::model::comparison::{GateKind, GateMode, GateResult, GateVerdict};
use crate::report::number::count;
use crate::report::table::Tone;
use crate::report::text::one_line;
use crate::report::verdict::gate_tone;

/// The verdict by the worst gate; `None` where none was asked. Where all pass, what is shown is told with them, and
/// the question is answered with yes where one of them is on quality and the candidate is shown to be faster.
pub(super) fn verdict(gates: &[GateResult], (shown, tone): (&str, Tone), faster: bool) -> Option<Said> {
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
            let on_quality =
                gates.iter().any(|gate| matches!(gate.kind, GateKind::PassRate | GateKind::Floor));
            let yes = if on_quality && faster && tone == Tone::Good { "yes: " } else { "" };
            // A gate passes what it was asked about; what else is shown against the candidate stays so.
            return Some((format!("{yes}{shown} ({by})"), passed(tone)));
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
