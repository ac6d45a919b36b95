//! Whole runs on the built-in simulator, whose verdicts are known before the run.

use std::collections::BTreeMap;
use std::path::Path;

use assert_cmd::Command;
use labctl::model::comparison::PairedPassRate;
use labctl::model::outcome::Outcome;
use labctl::model::prompt::PromptSet;
use labctl::model::record::Side;
use labctl::model::result::{CategoryPassRate, RunResult};
use labctl::promptset::built_in;
use labctl::simulator::{Profile, truth};
use tempfile::TempDir;

/// Runs team quant's bench with a baseline and gives its result, which is what standard output holds.
fn bench(dir: &Path, set: &str, seed: u64, more: &[&str]) -> RunResult {
    let mut command = Command::cargo_bin("labctl").unwrap();
    for variable in ["CI", "LABCTL_CONFIG", "LABCTL_RESULTS_DIR", "LABCTL_PROMPTSET_DIR"] {
        command.env_remove(variable);
    }
    command.current_dir(dir).args(["bench", "--team", "quant", "--promptset", set, "--compare-baseline"]);
    command.args(["--simulator-speed", "40", "--allow-invalid-client", "--format", "json", "--no-report"]);
    let output = command.args(["--seed", &seed.to_string()]).args(more).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn shipped(name: &str) -> PromptSet {
    built_in(name).unwrap().unwrap()
}

/// What one side must come to: responses that pass and responses, by category; `""` is overall.
type Passes = BTreeMap<String, (u64, u64)>;

/// What the pairs must come to: both passed, losses, gains, both failed, by category; `""` is overall.
type Pairs = BTreeMap<String, [u64; 4]>;

/// A side's passes of each prompt over its repeats, in the set's order.
fn passes_of(set: &PromptSet, profile: &str, seed: u64, repeats: u64) -> Vec<Vec<bool>> {
    let profile = Profile::named(profile).unwrap();
    // Repeat r is sent seed + r; the simulator keeps the run's.
    let runs: Vec<_> = (0..repeats).map(|r| truth(set, &profile, seed, seed + r)).collect();
    (0..set.prompts.len()).map(|prompt| runs.iter().map(|run| run[prompt].passes).collect()).collect()
}

fn count(passes: &[bool]) -> u64 {
    passes.iter().filter(|passes| **passes).count() as u64
}

fn expected_passes(set: &PromptSet, of_prompts: &[Vec<bool>]) -> Passes {
    let mut expected = Passes::new();
    for (prompt, repeats) in set.prompts.iter().zip(of_prompts) {
        for category in ["", prompt.category.as_str()] {
            let (passed, judged) = expected.entry(category.to_owned()).or_default();
            *passed += count(repeats);
            *judged += repeats.len() as u64;
        }
    }
    expected
}

fn expected_pairs(set: &PromptSet, baseline: &[Vec<bool>], candidate: &[Vec<bool>]) -> Pairs {
    let mut expected = Pairs::new();
    for ((prompt, baseline), candidate) in set.prompts.iter().zip(baseline).zip(candidate) {
        let (before, after) = (count(baseline), count(candidate));
        let cell = match after.cmp(&before) {
            std::cmp::Ordering::Less => 1,
            std::cmp::Ordering::Greater => 2,
            std::cmp::Ordering::Equal if 2 * before >= baseline.len() as u64 => 0,
            std::cmp::Ordering::Equal => 3,
        };
        for category in ["", prompt.category.as_str()] {
            expected.entry(category.to_owned()).or_default()[cell] += 1;
        }
    }
    expected
}

fn reported_passes(rates: &[CategoryPassRate]) -> Passes {
    rates
        .iter()
        .map(|row| (row.category.clone().unwrap_or_default(), (row.pass_rate.passed, row.pass_rate.judged)))
        .collect()
}

fn reported_pairs(result: &RunResult) -> Pairs {
    let comparison = result.comparison.as_ref().unwrap();
    let cells = |row: &PairedPassRate| [row.both_passed, row.losses, row.gains, row.both_failed];
    std::iter::once(&comparison.overall)
        .chain(&comparison.categories)
        .map(|row| {
            assert_eq!(cells(row).iter().sum::<u64>(), row.pairs);
            (row.category.clone().unwrap_or_default(), cells(row))
        })
        .collect()
}

/// Every count of the result against the simulator's truth, and every answer against the prompt set.
fn assert_is_truth(result: &RunResult, set: &PromptSet, seed: u64, repeats: u64) {
    let (awq, fp16) = (passes_of(set, "awq", seed, repeats), passes_of(set, "fp16", seed, repeats));
    for (side, passes) in [(Side::Candidate, &awq), (Side::Baseline, &fp16)] {
        let info = result.side(side).unwrap();
        assert_eq!(reported_passes(&info.pass_rates), expected_passes(set, passes), "{side}, seed {seed}");
        let requests = set.prompts.len() as u64 * repeats;
        assert_eq!(info.summary.outcomes, BTreeMap::from([(Outcome::Success, requests)]), "{side}");
        assert_eq!(info.summary.attempted, requests);
    }
    assert_eq!(reported_pairs(result), expected_pairs(set, &fp16, &awq), "seed {seed}");

    let comparison = result.comparison.as_ref().unwrap();
    let (mut losses, mut gains) = (0, 0);
    for row in &result.rows {
        let at = set.prompts.iter().position(|prompt| prompt.id == row.key.prompt_id).unwrap();
        let prompt = &set.prompts[at];
        assert_eq!(row.category, prompt.category);
        let passed = |passes: &[Vec<bool>]| passes[at][row.key.repeat as usize];
        losses += usize::from(passed(&fp16) && !passed(&awq));
        gains += usize::from(passed(&awq) && !passed(&fp16));
        for (side, expected) in [(Side::Candidate, passed(&awq)), (Side::Baseline, passed(&fp16))] {
            let attempt = row.attempt(side).unwrap();
            let id = &attempt.exchange.request_id;
            assert_eq!(attempt.judgement.verdict.passed(), Some(expected), "{id}");
            let answer = &attempt.exchange.content;
            if expected {
                assert_eq!(answer, &prompt.reference, "{id}");
            } else {
                assert!(prompt.near_miss.contains(answer), "{id}: {answer}");
            }
        }
    }
    assert_eq!(result.rows.len() as u64, set.prompts.len() as u64 * repeats);
    assert_eq!((comparison.losses.len(), comparison.gains.len()), (losses, gains));
}

#[test]
fn every_count_of_quant_quality_is_the_simulators_truth() {
    let (dir, set) = (TempDir::new().unwrap(), shipped("quant-quality"));
    let mut flips = [0, 0];
    for seed in [0, 1, 3, 42, 4_000_000_007] {
        let result = bench(dir.path(), "quant-quality", seed, &[]);
        assert_is_truth(&result, &set, seed, 1);
        let overall = &result.comparison.unwrap().overall;
        flips[0] += overall.losses;
        flips[1] += overall.gains;
    }
    // Else the test would compare nothing with nothing.
    assert!(flips[0] > 3 && flips[1] > 0, "{flips:?}");
}

#[test]
fn every_count_of_canary_is_the_simulators_truth() {
    let (dir, set) = (TempDir::new().unwrap(), shipped("canary"));
    for seed in [7, 42] {
        assert_is_truth(&bench(dir.path(), "canary", seed, &["--concurrency", "4"]), &set, seed, 1);
    }
}

#[test]
fn repeats_are_answered_by_their_own_seed() {
    let (dir, set) = (TempDir::new().unwrap(), shipped("quant-quality"));
    for (seed, repeats) in [(5, "2"), (11, "3")] {
        let result = bench(dir.path(), "quant-quality", seed, &["--repeats", repeats]);
        assert_is_truth(&result, &set, seed, repeats.parse().unwrap());
    }
    let differs = |profile| passes_of(&set, profile, 5, 2).iter().any(|passes| passes[0] != passes[1]);
    assert!(differs("awq") || differs("fp16"), "repeats of seed 5 are all alike: choose another");
}

/// Six prompts a category have the difficulties 1/12, 3/12, … 11/12. Without flips a pass rate of 0.5 passes
/// the three below it, one of 0.8 the five below that: two losses in each of the five categories.
#[test]
fn losses_known_by_arithmetic_are_found() {
    let dir = TempDir::new().unwrap();
    let settings = |endpoint: &str, pass_rate: &str| {
        let path = format!("endpoints.{endpoint}.simulator");
        [format!("{path}.pass_rate={pass_rate}"), format!("{path}.flip_rate=0")]
    };
    let settings = [settings("awq", "0.5"), settings("fp16", "0.8")].concat();
    let flags: Vec<&str> = settings.iter().flat_map(|setting| ["--set", setting]).collect();
    let result = bench(dir.path(), "quant-quality", 42, &flags);
    let pairs = reported_pairs(&result);
    assert_eq!(pairs.len(), 6);
    for (category, cells) in pairs {
        assert_eq!(cells, if category.is_empty() { [15, 10, 0, 5] } else { [3, 2, 0, 1] }, "{category}");
    }
    let overall = &result.comparison.unwrap().overall;
    assert!((overall.delta_pp.unwrap() + 100.0 / 3.0).abs() < 1e-9);
}

#[test]
fn a_seed_gives_the_same_verdicts_row_by_row() {
    let dir = TempDir::new().unwrap();
    let [first, again] = ["10", "3"].map(|n| bench(dir.path(), "quant-quality", 9, &["--concurrency", n]));
    assert_ne!(first.run_id, again.run_id);
    assert_eq!(first.rows.len(), again.rows.len());
    for (one, other) in first.rows.iter().zip(&again.rows) {
        assert_eq!(one.key, other.key);
        for side in [Side::Candidate, Side::Baseline] {
            let [one, other] = [one, other].map(|row| row.attempt(side).unwrap());
            assert_eq!(one.judgement, other.judgement);
            assert_eq!(one.exchange.content, other.exchange.content);
            assert_eq!(one.exchange.usage, other.exchange.usage);
            assert_eq!(one.exchange.request_id, other.exchange.request_id);
        }
    }
    assert_eq!(reported_pairs(&first), reported_pairs(&again));
}
