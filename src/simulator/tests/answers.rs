//! The truth that is told in advance.

use std::sync::Arc;

use super::support::prompt_set;
use crate::check::{RUBRIC_SCALE, judge_request, read_score};
use crate::model::check::Check;
use crate::model::prompt::Prompt;
use crate::model::rubric::{Dimension, Preferred};
use crate::simulator::answers::{Answers, Question};
use crate::simulator::engine::FinishReason;
use crate::simulator::{Profile, truth};

fn profile(rate: f64, flip_rate: f64) -> Profile {
    Profile { default_pass_rate: rate, pass_rates: [].into(), flip_rate, ..Profile::fp16() }
}

fn passes(profile: &Profile, n: usize, sampling_seed: u64) -> Vec<bool> {
    truth(&prompt_set(&[("x", n)]), profile, 7, sampling_seed).iter().map(|t| t.passes).collect()
}

fn count(outcomes: impl Iterator<Item = bool>) -> f64 {
    f64::from(outcomes.map(u32::from).sum::<u32>())
}

#[test]
fn without_flips_the_rate_is_met_to_within_one_prompt_in_every_category() {
    let set = prompt_set(&[("math", 50), ("legal", 30), ("odd", 7)]);
    let profile = Profile { flip_rate: 0.0, ..Profile::fp16() };
    let all = truth(&set, &profile, 3, 0);
    assert!(all.iter().zip(&set.prompts).all(|(t, p)| t.prompt_id == p.id && t.category == p.category));
    for (category, n, rate) in [("math", 50.0, 0.78), ("legal", 30.0, 0.72), ("odd", 7.0, 0.85)] {
        let passed = count(all.iter().map(|t| t.category == category && t.passes));
        assert!((passed - n * rate).abs() <= 0.5 + 1e-9, "{category}: {passed} of {n}");
    }
}

#[test]
fn flips_keep_the_rate_and_the_pairs_stay_correlated() {
    let (a, b) = (profile(0.8, 0.2), Profile { name: "awq".to_owned(), ..profile(0.8, 0.2) });
    let (a, b) = (passes(&a, 20_000, 1), passes(&b, 20_000, 1));
    for outcomes in [&a, &b] {
        assert!((count(outcomes.iter().copied()) / 20_000.0 - 0.8).abs() < 0.01);
    }
    // Both keep their common level with chance 0.64 and then agree; else they are independent and
    // differ with chance 2 × 0.8 × 0.2.
    let differ = count(a.iter().zip(&b).map(|(a, b)| a != b)) / 20_000.0;
    assert!((differ - 0.36 * 0.32).abs() < 0.01, "{differ}");
}

#[test]
fn repeats_differ_with_flips_and_only_with_flips() {
    assert_ne!(passes(&profile(0.7, 0.1), 500, 1), passes(&profile(0.7, 0.1), 500, 2));
    assert_eq!(passes(&profile(0.7, 0.0), 500, 1), passes(&profile(0.7, 0.0), 500, 2));
    let (set, profile) = (prompt_set(&[("x", 500)]), profile(0.7, 0.1));
    assert_ne!(truth(&set, &profile, 1, 0), truth(&set, &profile, 2, 0));
}

#[test]
fn a_prompt_without_near_miss_always_passes() {
    let mut set = prompt_set(&[("x", 4)]);
    set.prompts.iter_mut().for_each(|p| p.near_miss.clear());
    assert!(truth(&set, &profile(0.0, 0.0), 1, 0).iter().all(|t| t.passes));
}

#[test]
fn answers_are_the_truth_in_any_order() {
    let set = prompt_set(&[("math", 40), ("legal", 40)]);
    let profile = Profile::lora();
    let answers = Answers::new(Arc::new(vec![set.clone()]), profile.clone(), 9);
    for sampling_seed in [0, 1] {
        let truth = truth(&set, &profile, 9, sampling_seed);
        for (prompt, truth) in set.prompts.iter().zip(&truth).rev() {
            let system = prompt.system.as_deref().unwrap();
            // White space around a message doesn't make it another prompt.
            let user = format!("{}\n", prompt.prompt);
            let question =
                Question { system, user: &user, sampling_seed, max_tokens: 64, ..Question::default() };
            let answer = answers.answer(&question);
            assert_eq!(answer.text() == prompt.reference, truth.passes);
            assert!(truth.passes || prompt.near_miss.iter().any(|m| m == answer.text()));
            assert_eq!(answer.finish, FinishReason::Stop);
            assert_eq!(answer, answers.answer(&question));
        }
    }
}

#[test]
fn filler_obeys_the_limits() {
    let answers = Answers::new(Arc::default(), Profile::fp16(), 9);
    let ask = |question: &Question<'_>| answers.answer(question);
    let base = Question { user: "Hello?", max_tokens: 1_000, ..Question::default() };
    let free = ask(&base);
    assert!((40..=160).contains(&free.len()) && free.finish == FinishReason::Stop, "{}", free.len());
    assert_ne!(free, ask(&Question { sampling_seed: 1, ..base.clone() }));
    let cut = ask(&Question { max_tokens: 12, ..base.clone() });
    assert_eq!((cut.len(), cut.finish), (12, FinishReason::Length));
    assert!(free.text().starts_with(cut.text()));
    assert_eq!(ask(&Question { min_tokens: 300, ..base.clone() }).len(), 300);
    let stop = [" ".to_owned()];
    assert_eq!(ask(&Question { stop: &stop, ..base.clone() }).len(), 1);
    assert!(ask(&Question { multibyte: true, ..base }).text().bytes().filter(|b| !b.is_ascii()).count() > 40);
    let whole: String = (0..free.len()).map(|n| free.tokens(n, n + 1)).collect();
    assert_eq!(whole, free.text());
}

/// A pair of which the first is better.
fn pair() -> Prompt {
    let reply = |mark: &str| format!("It is shorter.\nBetter: {mark}\nConfidence: 80%");
    Prompt {
        swapped: Some("Second, then first".to_owned()),
        checks: vec![Check::Preference { gold: Preferred::A }],
        reference: reply("A"),
        near_miss: vec![reply("B"), reply("tie")],
        ..Prompt::unchecked("pair".to_owned(), "pairs".to_owned(), "First, then second".to_owned(), 64)
    }
}

#[test]
fn a_pair_is_known_in_both_orders() {
    let mut set = prompt_set(&[("math", 4)]);
    set.prompts.push(pair());
    let answers = Answers::new(Arc::new(vec![set.clone()]), profile(1.0, 0.0), 9);
    let ask = |user: &str| {
        let question = Question { user, max_tokens: 64, ..Question::default() };
        answers.answer(&question).text().to_owned()
    };
    assert!(ask("First, then second").contains("Better: A"));
    assert!(ask("Second, then first").contains("Better: B"));
    // Sent as a prompt of its own it is as hard as the usual one, and makes no other harder.
    let mut both = set.clone();
    both.prompts.push(pair().swapped_prompt().unwrap());
    let hard = profile(0.5, 0.0);
    let (usual, with_swapped) = (truth(&set, &hard, 3, 0), truth(&both, &hard, 3, 0));
    assert_eq!(usual, with_swapped[..5]);
    assert_eq!(with_swapped[4].passes, with_swapped[5].passes);
}

#[test]
fn a_judge_scores_what_is_right_above_what_is_wrong() {
    let set = prompt_set(&[("math", 4)]);
    let prompt = set.prompts[1].clone();
    let score = |profile: Profile, response: &str, sampling_seed| {
        let answers = Answers::new(Arc::new(vec![set.clone()]), profile, 9);
        let request = judge_request(&prompt, Dimension::Helpfulness, None, response);
        let (system, user) = (request.system.as_str(), request.user.as_str());
        let question = Question { system, user, sampling_seed, max_tokens: 64, ..Question::default() };
        read_score(answers.answer(&question).text(), RUBRIC_SCALE)
    };
    let steady = || Profile { unreadable_rate: 0.0, flip_rate: 0.0, ..Profile::judge() };
    assert_eq!(score(steady(), &prompt.reference, 1), Ok(5.0));
    assert_eq!(score(steady(), &prompt.near_miss[0], 1), Ok(2.0));
    assert_eq!(score(steady(), "Something else. Score: 5", 1), Ok(3.0));
    let readable =
        (0..1_000).filter(|seed| score(Profile::judge(), &prompt.reference, *seed).is_ok()).count();
    assert!((950..990).contains(&readable), "{readable}");
}
