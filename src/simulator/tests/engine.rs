//! The engine under virtual time.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::model::units::Nanos;
use crate::simulator::{Engine, EngineRequest, FinishReason, Profile, Step};

fn request(id: u64, prompt_tokens: u32, output_tokens: u32) -> EngineRequest {
    EngineRequest { id, prompt_tokens, output_tokens, finish: FinishReason::Stop }
}

/// Runs until all is done. `look` sees the engine during each step.
fn run(
    engine: &mut Engine,
    arrivals: &[(Nanos, EngineRequest)],
    mut look: impl FnMut(&Engine, &Step),
) -> Vec<Step> {
    let (mut steps, mut now, mut next) = (Vec::new(), Nanos(0), 0);
    loop {
        while next < arrivals.len() && arrivals[next].0 <= now {
            assert!(engine.submit(arrivals[next].0, arrivals[next].1));
            next += 1;
        }
        if let Some(step) = engine.next_step(now) {
            look(engine, &step);
            now = step.ends_at;
            steps.push(step);
        } else if next < arrivals.len() {
            now = arrivals[next].0;
        } else {
            return steps;
        }
    }
}

fn all_at_once(n: u64, prompt: u32, output: u32) -> Vec<(Nanos, EngineRequest)> {
    (0..n).map(|id| (Nanos(0), request(id, prompt, output))).collect()
}

fn still() -> Profile {
    Profile { jitter: 0.0, ..Profile::fp16() }
}

#[test]
fn one_request_takes_what_the_profile_says() {
    let steps = run(&mut Engine::new(still(), 1), &all_at_once(1, 80, 3), |_, _| {});
    let ms: Vec<f64> = steps.iter().map(|s| s.ends_at.since(s.starts_at).as_millis_f64()).collect();
    // Prefill 11.8 + 80 / 8; then 11.8 + 0.2 + cache × 0.0002.
    for (got, expected) in ms.iter().zip([21.8, 12.016, 12.0162]) {
        assert!((got - expected).abs() < 1e-5, "{ms:?}");
    }
    assert_eq!(steps.len(), 3);
    assert!(steps.windows(2).all(|s| s[0].ends_at == s[1].starts_at));
}

#[test]
fn steps_of_32_take_about_20_ms_and_awq_is_faster() {
    let step_ms = |profile| {
        let steps = run(&mut Engine::new(profile, 1), &all_at_once(32, 100, 60), |_, _| {});
        let last = steps.iter().rfind(|s| s.emissions.len() == 32).unwrap();
        last.ends_at.since(last.starts_at).as_millis_f64()
    };
    let (fp16, awq, lora) = (
        step_ms(still()),
        step_ms(Profile { jitter: 0.0, ..Profile::awq() }),
        step_ms(Profile { jitter: 0.0, ..Profile::lora() }),
    );
    assert!((18.0..21.0).contains(&fp16), "{fp16}");
    assert!((fp16 / awq - 1.6).abs() < 0.02, "{}", fp16 / awq);
    assert!((lora / fp16 - 1.04).abs() < 0.001, "{}", lora / fp16);
}

#[test]
fn long_prompts_are_prefilled_in_chunks_while_others_decode() {
    let arrivals = [(Nanos(0), request(1, 16, 40)), (Nanos(1), request(2, 5_000, 2))];
    let steps = run(&mut Engine::new(still(), 1), &arrivals, |_, s| assert!(s.computed_tokens <= 2_048));
    let first_of_2 = steps.iter().position(|s| s.emissions.iter().any(|e| e.id == 2)).unwrap();
    // 5,000 tokens beside one decode: 2,047 + 2,047 + 906, after the step in which request 1 was alone.
    assert_eq!(first_of_2, 3);
    assert!(steps[..=first_of_2].iter().all(|s| s.emissions.iter().any(|e| e.id == 1)), "1 never waits");
}

#[test]
fn ttft_grows_when_the_batch_is_full() {
    let ttft = |n| {
        let mut engine = Engine::new(Profile { max_running: 8, ..still() }, 1);
        let steps = run(&mut engine, &all_at_once(n, 50, 20), |_, _| {});
        let firsts = steps.iter().flat_map(|s| &s.emissions).filter(|e| e.token == 0);
        firsts.map(|e| e.gap).max().unwrap().as_millis_f64()
    };
    assert!(ttft(16) > 3.0 * ttft(8), "{} {}", ttft(16), ttft(8));
    assert!(ttft(64) > 3.0 * ttft(16));
}

#[test]
fn a_full_cache_preempts_and_still_serves_all() {
    let small = Profile { memory_gb: 14.5 + 0.1, context_tokens: 512, ..still() };
    let mut engine = Engine::new(small, 1);
    let steps = run(&mut engine, &all_at_once(12, 60, 100), |_, _| {});
    assert!(engine.load().preemptions > 0);
    assert_eq!(steps.iter().map(|s| s.finished.len()).sum::<usize>(), 12);
    assert!(steps.iter().flat_map(|s| &s.finished).any(|f| f.preemptions > 0));
}

#[test]
fn what_never_fits_is_not_taken_and_what_is_cancelled_is_gone() {
    let mut engine = Engine::new(still(), 1);
    assert!(!engine.submit(Nanos(0), request(1, 8_000, 193)));
    assert!(!engine.submit(Nanos(0), request(1, 0, 1)));
    assert!(engine.submit(Nanos(0), request(1, 8_000, 192)));
    assert!(engine.submit(Nanos(0), request(2, 10, 5)));
    engine.next_step(Nanos(0)).unwrap();
    engine.cancel(1);
    engine.cancel(2);
    assert_eq!(engine.next_step(Nanos(9)), None);
    assert_eq!(engine.load().blocks_used, 0);
}

#[test]
fn jitter_is_a_few_percent_and_seeded() {
    let times = |seed| {
        let steps = run(&mut Engine::new(Profile::fp16(), seed), &all_at_once(1, 10, 2_000), |_, _| {});
        steps[1..].iter().map(|s| s.ends_at.since(s.starts_at).as_millis_f64()).collect::<Vec<_>>()
    };
    let (a, b) = (times(1), times(2));
    assert_ne!(a, b);
    assert_eq!(a, times(1));
    let mean = a.iter().sum::<f64>() / 1_999.0;
    let deviation = (a.iter().map(|t| (t - mean).powi(2)).sum::<f64>() / 1_998.0).sqrt();
    assert!((0.02..0.04).contains(&(deviation / mean)), "{}", deviation / mean);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn everything_submitted_is_served_within_the_limits(
        shapes in proptest::collection::vec((1_u32..300, 1_u32..80, 0_u64..200), 1..60),
        max_running in 1_u32..20,
        extra_gb in 0.05_f64..0.5,
        step_token_budget in 20_u32..600,
        seed in any::<u64>(),
    ) {
        let memory_gb = 14.5 + extra_gb;
        let profile = Profile { step_token_budget, max_running, memory_gb, ..Profile::fp16() };
        let longest = profile.longest_tokens();
        let mut at = 0;
        let arrivals: Vec<_> = shapes.iter().zip(0_u64..)
            .filter(|((prompt, output, _), _)| prompt + output <= longest)
            .map(|((prompt, output, gap), id)| {
                at += gap;
                (Nanos::from_millis(at), request(id, *prompt, *output))
            })
            .collect();
        let mut engine = Engine::new(profile, seed);
        let steps = run(&mut engine, &arrivals, |engine, step| {
            let load = engine.load();
            assert!(load.blocks_used <= load.blocks_total && load.running <= max_running);
            assert!(step.computed_tokens <= step_token_budget && step.computed_tokens > 0);
            assert!(step.ends_at > step.starts_at);
        });
        let mut tokens: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        let mut last: BTreeMap<u64, bool> = BTreeMap::new();
        for emission in steps.iter().flat_map(|s| &s.emissions) {
            tokens.entry(emission.id).or_default().push(emission.token);
            prop_assert!(!last.get(&emission.id).copied().unwrap_or(false), "a token after the last");
            last.insert(emission.id, emission.finished);
        }
        for (arrived, request) in &arrivals {
            prop_assert_eq!(&tokens[&request.id], &(0..request.output_tokens).collect::<Vec<_>>());
            prop_assert!(last[&request.id]);
            let finished = steps.iter().flat_map(|s| &s.finished).find(|f| f.request.id == request.id).unwrap();
            prop_assert!(*arrived <= finished.scheduled && finished.scheduled < finished.first_token);
        }
        prop_assert_eq!(engine.load().blocks_used, 0);
        prop_assert_eq!(engine.load().running + engine.load().waiting, 0);
        prop_assert!(steps.windows(2).all(|s| s[0].ends_at <= s[1].starts_at));
    }

    #[test]
    fn speed_divides_every_time(n in 1_u64..40, output in 1_u32..50, seed in any::<u64>(), speed in 0.5_f64..4.0) {
        let ends = |speed| {
            let mut engine = Engine::new(Profile { speed, ..Profile::fp16() }, seed);
            run(&mut engine, &all_at_once(n, 70, output), |_, _| {}).iter().map(|s| s.ends_at.as_millis_f64()).collect::<Vec<_>>()
        };
        let (slow, fast) = (ends(1.0), ends(speed));
        prop_assert_eq!(slow.len(), fast.len());
        for (i, (slow, fast)) in (1_u32..).zip(slow.iter().zip(&fast)) {
            // A step's time is cut to whole nanoseconds, at either speed.
            let rounding = 1e-6 * f64::from(i) * (1.0 + 1.0 / speed);
            prop_assert!((slow / speed - fast).abs() <= rounding, "{} {}", slow / speed, fast);
        }
    }
}
