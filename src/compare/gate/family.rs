//! The categories: those declared primary each by itself, the others as one family.
//!
//! Failing on any of a family asks for a correction, so what a FAIL rests on is the p-value after Holm. Requiring that
//! all of them are non-inferior asks for none, so `prove` passes each on its own interval.

use crate::model::comparison::{Comparison, GateResult, GateVerdict, PairedPassRate};
use crate::model::gate::{Gates, PassRateGate};
use crate::stats::multiple::holm;

use super::pass_rate::{Decision, Gate};
use super::words::p_value;
use super::{decision, no_such_category, policy};

/// What Holm makes of a category's p-value among those of its family.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Among {
    /// After Holm, one-sided.
    pub(super) p: f64,
    /// Categories that were tested.
    pub(super) categories: usize,
}

impl Among {
    /// `; one-sided p 0.012 after Holm over 4 categories`.
    pub(super) fn words(self) -> String {
        format!("; one-sided p {} after Holm over {} categories", p_value(self.p), self.categories)
    }
}

/// Decides every category, and gives the results of the gates that are asked for.
pub(super) fn decide(comparison: &mut Comparison, gates: &Gates) -> Vec<GateResult> {
    let Comparison { categories, invalid_because, .. } = comparison;
    let mut results = Vec::new();
    for (name, asked) in &gates.primary {
        let gate = Gate::on(Some(name), Some(asked));
        let found = categories.iter().position(|rate| rate.category.as_ref() == Some(name));
        let decision = match found {
            // It was asked for by name.
            Some(position) if categories[position].pairs == 0 && invalid_because.is_empty() => {
                Decision::of(GateVerdict::Invalid, "no prompt of it was judged on both sides")
            }
            Some(position) => decision(&gate, &mut categories[position], invalid_because, None),
            None => {
                let known = categories.iter().filter_map(|rate| rate.category.as_deref());
                Decision::of(GateVerdict::Invalid, no_such_category(name, known))
            }
        };
        results.push(gate.result(decision, policy(asked, gates)));
    }
    let mut others: Vec<&mut PairedPassRate> = categories
        .iter_mut()
        .filter(|rate| rate.category.as_ref().is_some_and(|name| !gates.primary.contains_key(name)))
        .collect();
    let asked = gates.categories.as_ref();
    let among = adjusted(&others, asked);
    for (rate, among) in others.iter_mut().zip(among) {
        let gate = Gate::on(rate.category.as_deref(), asked);
        let decision = decision(&gate, rate, invalid_because, among);
        if let Some(asked) = asked {
            results.push(gate.result(decision, policy(asked, gates)));
        }
    }
    results
}

/// What Holm makes of each category's p-value; none where there is nothing to adjust: no p-value, or a family of one.
fn adjusted(family: &[&mut PairedPassRate], asked: Option<&PassRateGate>) -> Vec<Option<Among>> {
    let of_each: Vec<Option<f64>> =
        family.iter().map(|rate| Gate::on(rate.category.as_deref(), asked).p_value(rate)).collect();
    let known: Vec<f64> = of_each.iter().flatten().copied().collect();
    let mut after_holm = holm(&known).into_iter();
    of_each
        .iter()
        .map(|p| {
            let p = p.and_then(|_| after_holm.next())?;
            (known.len() > 1).then_some(Among { p, categories: known.len() })
        })
        .collect()
}
