//! How many pairs would decide a gate on the pass rate that is inconclusive.

use crate::compare::interval::counts;
use crate::compare::pass_rate::TANGO;
use crate::model::comparison::GateVerdict;
use crate::stats::detectable::{POWER, Rule};
use crate::stats::power::{Question, whole};
use crate::stats::real;

use super::pass_rate::{Decision, Evidence};
use super::words::pairs;

/// INCONCLUSIVE, and how many pairs would decide it where the true loss is `loss` (in points) and as many flip as
/// did here.
pub(super) fn undecided(evidence: &Evidence, loss: f64, rule: Rule) -> Decision {
    let needed = pairs_to_decide(evidence, loss / 100.0, rule);
    // What was found by chance may ask for no more than there are.
    let needed = needed.map(|pairs| pairs.max(evidence.rate.pairs + 1));
    let reason = match needed {
        Some(needed) => {
            format!(
                "were the true {} {:.1} pp, about {} would decide it in {:.0} % of such runs",
                if loss < 0.0 { "gain" } else { "loss" },
                loss.abs(),
                pairs(needed),
                100.0 * POWER
            )
        }
        None => "the loss lies at the margin, where no number of such pairs would decide it".to_owned(),
    };
    Decision { verdict: GateVerdict::Inconclusive, reason, pairs_to_decide: needed }
}

/// How many pairs `rule` takes to say what it would of a true loss (a share): exact for single pairs, by the width of
/// the interval where prompts are repeated or come in families. `None` where no number is enough.
fn pairs_to_decide(evidence: &Evidence, loss: f64, rule: Rule) -> Option<u64> {
    let rate = evidence.rate;
    let table = counts(rate);
    if rate.method == TANGO {
        let flip_rate = real(table.flips()) / real(table.pairs());
        return Question { rule, flip_rate, loss, power: POWER }.roughly_needed();
    }
    let error = evidence.standard_error_pp() / 100.0;
    // The rate of flips whose independent pairs would leave this standard error.
    let flip_rate = (error * error * real(rate.pairs)).min(1.0);
    Question { rule, flip_rate, loss, power: POWER }.approximate().map(whole)
}
