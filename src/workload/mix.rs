//! Shares of several models on one endpoint.

use std::collections::BTreeSet;

use rand::seq::SliceRandom;

use super::{Sequence, WorkPrompt, WorkloadError, random};
use crate::model::workload::ModelWeight;

/// Gives every sequence a model, all prompts of a conversation the same one.
///
/// The models' numbers of sequences are their shares to within one (largest remainders), so that short runs aren't
/// lopsided; which sequence gets which is drawn from the seed.
pub(super) fn assign(
    models: &[ModelWeight],
    prompts: &mut [WorkPrompt],
    sequences: &[Sequence],
    seed: u64,
) -> Result<(), WorkloadError> {
    check(models)?;
    let numbers = numbers(models, sequences.len());
    let mut chosen: Vec<_> = models
        .iter()
        .zip(numbers)
        .flat_map(|(model, number)| std::iter::repeat_n(&model.model, number))
        .collect();
    chosen.shuffle(&mut random::source(seed, "models"));
    for (sequence, model) in sequences.iter().zip(chosen) {
        for prompt in prompts.iter_mut().skip(sequence.first).take(sequence.turns) {
            prompt.ask.model = Some(model.clone());
        }
    }
    Ok(())
}

fn check(models: &[ModelWeight]) -> Result<(), WorkloadError> {
    let mut names = BTreeSet::new();
    for (at, ModelWeight { model, weight }) in models.iter().enumerate() {
        let wrong = |problem: String| Err(WorkloadError::field(format!("models[{at}]"), problem));
        if model.trim().is_empty() {
            return wrong("`model` is empty; give the name that requests ask for".to_owned());
        }
        if !weight.is_finite() || *weight <= 0.0 {
            return wrong(format!(
                "`weight` of `{model}` is {weight}; give a finite number above 0, or leave the model out"
            ));
        }
        if !names.insert(model) {
            return wrong(format!("`{model}` is listed twice; add its weights up"));
        }
    }
    Ok(())
}

/// How many of `total` each model gets: the whole part of its share, and one more for those with the largest
/// remainders, of equal ones the first.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers of prompts are far below 2^52, and shares of them not negative"
)]
fn numbers(models: &[ModelWeight], total: usize) -> Vec<usize> {
    // Relative to the largest, so that huge weights don't add up to infinity.
    let largest = models.iter().map(|model| model.weight).fold(0.0, f64::max);
    let sum: f64 = models.iter().map(|model| model.weight / largest).sum();
    let shares: Vec<f64> = models.iter().map(|model| model.weight / largest / sum * total as f64).collect();
    let mut numbers: Vec<usize> = shares.iter().map(|share| share.floor() as usize).collect();
    let mut by_remainder: Vec<usize> = (0..models.len()).collect();
    by_remainder.sort_by(|left, right| shares[*right].fract().total_cmp(&shares[*left].fract()));
    let missing = total.saturating_sub(numbers.iter().sum());
    for model in by_remainder.into_iter().cycle().take(if models.is_empty() { 0 } else { missing }) {
        numbers[model] += 1;
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::workload::Ask;
    use crate::workload::synthetic;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn models(weights: &[f64]) -> Vec<ModelWeight> {
        let models = weights.iter().enumerate();
        models.map(|(at, weight)| ModelWeight { model: format!("m{at}"), weight: *weight }).collect()
    }

    fn prompts(number: usize) -> Vec<WorkPrompt> {
        let prompt = |at: usize| synthetic::prompt(format!("p{at}"), String::new(), 1);
        (0..number)
            .map(|at| WorkPrompt { prompt: prompt(at), ask: Ask::default(), salt_at: None, think_s: 0.0 })
            .collect()
    }

    #[test]
    fn shares_are_exact_and_conversations_keep_their_model() {
        let mut prompts = prompts(300);
        let sequences: Vec<_> = (0..100).map(|at| Sequence { first: 3 * at, turns: 3 }).collect();
        assign(&models(&[3.0, 1.0]), &mut prompts, &sequences, 5).unwrap();
        let mut by_model = BTreeMap::new();
        for turns in prompts.chunks(3) {
            assert!(turns.iter().all(|turn| turn.ask.model == turns[0].ask.model));
            *by_model.entry(turns[0].ask.model.clone().unwrap()).or_insert(0) += 1;
        }
        assert_eq!(by_model, BTreeMap::from([("m0".to_owned(), 75), ("m1".to_owned(), 25)]));
        let first: Vec<_> =
            prompts.iter().step_by(3).take(75).map(|p| p.ask.model.clone().unwrap()).collect();
        assert!(first.iter().any(|model| model == "m1"), "shuffled");
        let mut again = prompts.clone();
        assign(&models(&[3.0, 1.0]), &mut again, &sequences, 5).unwrap();
        assert_eq!(again, prompts);
        assign(&models(&[3.0, 1.0]), &mut again, &sequences, 6).unwrap();
        assert_ne!(again, prompts);
    }

    #[test]
    fn remainders_go_to_the_largest() {
        assert_eq!(numbers(&models(&[1.0, 1.0, 1.0]), 10), [4, 3, 3]);
        assert_eq!(numbers(&models(&[0.5, 0.3, 0.2]), 3), [1, 1, 1], "shares 1.5, 0.9, 0.6");
        assert_eq!(numbers(&models(&[f64::MAX, f64::MAX]), 3), [2, 1]);
        assert_eq!(numbers(&models(&[1.0]), 0), [0]);
    }

    #[test]
    fn weights_that_make_no_sense_are_refused() {
        let told = |models: &[ModelWeight]| assign(models, &mut [], &[], 0).unwrap_err().to_string();
        for weight in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let message = told(&models(&[1.0, weight]));
            assert_eq!(
                message,
                format!(
                    "`models[1]`: `weight` of `m1` is {weight}; give a finite number above 0, or leave the model out"
                )
            );
        }
        let nameless = ModelWeight { model: " ".into(), weight: 1.0 };
        assert_eq!(told(&[nameless]), "`models[0]`: `model` is empty; give the name that requests ask for");
        let twice = [models(&[1.0]), models(&[2.0])].concat();
        assert_eq!(told(&twice), "`models[1]`: `m0` is listed twice; add its weights up");
    }

    proptest! {
        #[test]
        fn every_sequence_gets_one_and_no_share_is_off_by_more_than_one(
            weights in proptest::collection::vec(0.001_f64..1e6, 1..6), total in 0_usize..500,
        ) {
            let numbers = numbers(&models(&weights), total);
            prop_assert_eq!(numbers.iter().sum::<usize>(), total);
            for (weight, number) in weights.iter().zip(numbers) {
                let share = weight / weights.iter().sum::<f64>() * f64::from(u32::try_from(total).unwrap());
                prop_assert!((f64::from(u32::try_from(number).unwrap()) - share).abs() < 1.0 + 1e-6);
            }
        }
    }
}
