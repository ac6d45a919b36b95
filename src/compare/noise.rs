//! What differs where nothing does: the prompts of an A/A run, a model's endpoint measured against itself.
//!
//! Pairs flip there too, by chance and by how a server batches. A comparison's flips are held against that rate, its
//! detectable loss is computed with no lower one, and prompts that flipped are told apart.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::comparison::{NoiseRate, PairedPassRate, Unstable};
use crate::model::record::{Row, Side};
use crate::model::result::{RunResult, Sampling, SideInfo};
use crate::model::units::ratio;
use crate::stats::real;

use super::comparable::sampling_differences;
use super::pass_rate::{is_repeated, item_of};

/// What a comparison asks that an A/A run must have asked too.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// SHA-256 of the prompt set.
    pub prompt_set_sha256: &'a str,
    /// What was asked of the models besides.
    pub sampling: &'a Sampling,
    /// Whether the answers are a simulator's.
    pub simulated: bool,
}

/// Why a run says nothing of a comparison's noise.
#[derive(Debug, thiserror::Error)]
pub enum NoiseError {
    /// It has one side.
    #[error(
        "run `{run_id}` says nothing of noise: it has one side only; an A/A run is made with `labctl bench --aa`"
    )]
    OneSide {
        /// The run.
        run_id: String,
    },
    /// Its sides differ.
    #[error(
        "run `{run_id}` is no A/A run: {baseline} was compared with {candidate}; an A/A run is made with `labctl bench --aa`"
    )]
    TwoModels {
        /// The run.
        run_id: String,
        /// Its baseline.
        baseline: String,
        /// Its candidate.
        candidate: String,
    },
    /// It sent other prompts.
    #[error(
        "the A/A run `{run_id}` sent other prompts: its prompt set `{set}` has another hash than the one compared on"
    )]
    OtherPrompts {
        /// The run.
        run_id: String,
        /// Its prompt set.
        set: String,
    },
    /// It was sampled in another way.
    #[error("the A/A run `{run_id}` was sampled differently than what is compared: {differences}")]
    OtherSampling {
        /// The run.
        run_id: String,
        /// What differs, the A/A run's value first.
        differences: String,
    },
    /// A simulator's noise is not a server's.
    #[error("the A/A run `{run_id}` was {}simulated, and what is compared {}", if *simulated { "" } else { "not " }, if *simulated { "was not" } else { "was" })]
    Simulated {
        /// The run.
        run_id: String,
        /// Whether the A/A run was.
        simulated: bool,
    },
}

/// How one prompt came out in an A/A run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    pairs: u64,
    flips: u64,
    /// Passes of each side.
    baseline: u64,
    candidate: u64,
}

/// An A/A run, prompt by prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Noise {
    run_id: String,
    repeated: bool,
    prompts: BTreeMap<String, Tally>,
}

impl Noise {
    /// What this run says of noise, for a comparison on these terms.
    ///
    /// # Errors
    ///
    /// When its two sides are not one endpoint and model, or it doesn't keep to the terms.
    pub fn of(run: &RunResult, terms: &Terms<'_>) -> Result<Self, NoiseError> {
        let run_id = run.run_id.clone();
        let candidate = &run.candidate;
        let Some(baseline) = &run.baseline else { return Err(NoiseError::OneSide { run_id }) };
        // Each simulated side has a port of its own.
        let one_address = (candidate.simulated && baseline.simulated) || candidate.url == baseline.url;
        if !one_address || candidate.endpoint != baseline.endpoint || candidate.model != baseline.model {
            let named = |side: &SideInfo| format!("`{}` on `{}`", side.model, side.endpoint);
            let (baseline, candidate) = (named(baseline), named(candidate));
            return Err(NoiseError::TwoModels { run_id, baseline, candidate });
        }
        if run.prompt_set.sha256 != terms.prompt_set_sha256 {
            return Err(NoiseError::OtherPrompts { run_id, set: run.prompt_set.name.clone() });
        }
        let differences = sampling_differences(&run.sampling, terms.sampling);
        if !differences.is_empty() {
            return Err(NoiseError::OtherSampling { run_id, differences: differences.join(", ") });
        }
        if candidate.simulated != terms.simulated {
            return Err(NoiseError::Simulated { run_id, simulated: candidate.simulated });
        }
        let mut noise = Self { run_id, repeated: is_repeated(&run.rows), prompts: BTreeMap::new() };
        for row in &run.rows {
            let (Some(baseline), Some(candidate)) =
                (passed(row, Side::Baseline), passed(row, Side::Candidate))
            else {
                continue;
            };
            let tally = noise.prompts.entry(row.key.prompt_id.clone()).or_default();
            tally.pairs += 1;
            tally.flips += u64::from(baseline != candidate);
            tally.baseline += u64::from(baseline);
            tally.candidate += u64::from(candidate);
        }
        Ok(noise)
    }

    /// The run.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// The noise among these prompts beside the flips of their rate. Where both runs sent prompts several times a prompt is
    /// one pair, as it is in the rate; else each pair of responses is.
    pub(super) fn rate(&self, rate: &PairedPassRate, prompts: &BTreeSet<&str>, repeated: bool) -> NoiseRate {
        let mut by_prompt: BTreeMap<&str, Tally> = BTreeMap::new();
        for (prompt_id, tally) in &self.prompts {
            let item = item_of(prompt_id);
            if prompts.contains(item) {
                let sum = by_prompt.entry(item).or_default();
                sum.pairs += tally.pairs;
                sum.flips += tally.flips;
                sum.baseline += tally.baseline;
                sum.candidate += tally.candidate;
            }
        }
        let (pairs, flips) = if repeated && self.repeated {
            let flipped = by_prompt.values().filter(|tally| tally.baseline != tally.candidate);
            (by_prompt.len() as u64, flipped.count() as u64)
        } else {
            by_prompt.values().fold((0, 0), |sum, tally| (sum.0 + tally.pairs, sum.1 + tally.flips))
        };
        let flip_rate = ratio(flips, pairs);
        let expected =
            flip_rate.filter(|_| self.repeated || !repeated).map(|rate_of| rate_of * real(rate.pairs));
        let excess_flips = expected.map(|expected| real(rate.losses + rate.gains) - expected);
        NoiseRate { pairs, flips, flip_rate, excess_flips }
    }

    /// Whether one of its two sides, or both together, gave this prompt more than one verdict.
    fn is_unstable(&self, prompt_id: &str) -> bool {
        self.prompts.get(prompt_id).is_some_and(|tally| {
            let passes = tally.baseline + tally.candidate;
            passes > 0 && passes < 2 * tally.pairs
        })
    }
}

fn passed(row: &Row, side: Side) -> Option<bool> {
    row.attempt(side)?.judgement.verdict.passed()
}

/// The prompts of these rows, by id, that one model passes sometimes: those of an A/A run, and those whose repeats on one
/// side of these rows differ.
pub(super) fn unstable(rows: &[Row], noise: Option<&Noise>) -> Vec<Unstable> {
    let mut prompts: BTreeMap<&str, (&str, [BTreeSet<bool>; 2])> = BTreeMap::new();
    for row in rows {
        let (_, verdicts) = prompts.entry(&row.key.prompt_id).or_insert((&row.category, <[_; 2]>::default()));
        for (side, verdicts) in [Side::Baseline, Side::Candidate].into_iter().zip(verdicts) {
            verdicts.extend(passed(row, side));
        }
    }
    prompts
        .into_iter()
        .filter_map(|(prompt_id, (category, [baseline, candidate]))| {
            let seen = [
                ("a/a", noise.is_some_and(|noise| noise.is_unstable(prompt_id))),
                (Side::Baseline.name(), baseline.len() > 1),
                (Side::Candidate.name(), candidate.len() > 1),
            ];
            let seen_in: Vec<String> =
                seen.into_iter().filter(|(_, is)| *is).map(|(name, _)| name.to_owned()).collect();
            let (prompt_id, category) = (prompt_id.to_owned(), category.to_owned());
            (!seen_in.is_empty()).then_some(Unstable { prompt_id, category, seen_in })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::comparison::{Options, compare};
    use crate::compare::support::{judged, run, summary, table};
    use crate::model::comparison::Comparison;
    use crate::model::judgement::Verdict::{Pass, TransportError, Wrong};

    /// An A/A run of these rows.
    fn against_itself(rows: Vec<Row>) -> RunResult {
        let mut run = run("aa-1", rows);
        run.baseline = Some(run.candidate.clone());
        run
    }

    fn terms(run: &RunResult) -> Terms<'_> {
        Terms {
            prompt_set_sha256: &run.prompt_set.sha256,
            sampling: &run.sampling,
            simulated: run.candidate.simulated,
        }
    }

    fn noise(rows: Vec<Row>) -> Noise {
        let run = against_itself(rows);
        Noise::of(&run, &terms(&run)).unwrap()
    }

    fn compared(rows: &[Row], noise: Option<Noise>) -> Comparison {
        let options = Options { noise, ..Options::default() };
        compare(rows, &summary(rows, Side::Candidate), &summary(rows, Side::Baseline), &options)
    }

    fn again(rows: &[Row]) -> Vec<Row> {
        let second = rows.iter().cloned().map(|mut row| {
            row.key.round = 1;
            row
        });
        rows.iter().cloned().chain(second).collect()
    }

    /// 6 of 50 flip in the A/A run; 12 of the 60 compared do, 10 of them among 50 of math. At a rate of 12 % math would
    /// flip 6, so 4 are in excess; overall 50 of the 60 prompts are known of, 12 − .12·60 = 4.8.
    #[test]
    fn flips_beyond_noise_are_counted() {
        let of_noise = noise(table("math", [40, 3, 3, 4]));
        let rows = [table("math", [35, 8, 2, 5]), table("code", [8, 1, 1, 0])].concat();
        let comparison = compared(&rows, Some(of_noise));
        assert_eq!(comparison.noise_run.as_deref(), Some("aa-1"));
        let of = |category: usize| comparison.categories[category].noise.unwrap();
        assert_eq!((of(1).pairs, of(1).flips, of(1).flip_rate), (50, 6, Some(0.12)));
        assert!((of(1).excess_flips.unwrap() - 4.0).abs() < 1e-9);
        assert!((comparison.overall.noise.unwrap().excess_flips.unwrap() - 4.8).abs() < 1e-9);
        assert_eq!((of(0).pairs, of(0).flip_rate, of(0).excess_flips), (0, None, None));
        let plain = compared(&rows, None);
        assert_eq!((plain.noise_run, plain.overall.noise), (None, None));
    }

    #[test]
    fn the_detectable_loss_counts_on_no_fewer_flips_than_noise() {
        let rows = table("math", [50, 0, 0, 0]);
        let missed = |noise| compared(&rows, noise).overall.minimum_detectable_loss_pp.unwrap();
        assert!(missed(Some(noise(table("math", [30, 10, 10, 0])))) > missed(None) + 1.0);
        // Less noise than what the comparison's own flips allow for changes nothing.
        assert!((missed(Some(noise(table("math", [50, 0, 0, 0])))) - missed(None)).abs() < 1e-9);
    }

    #[test]
    fn prompts_sent_several_times_are_one_pair_each_in_both_runs() {
        let rows = again(&table("math", [6, 2, 2, 0]));
        let once = compared(&rows, Some(noise(table("math", [8, 1, 1, 0])))).overall.noise.unwrap();
        assert_eq!((once.pairs, once.flips, once.excess_flips), (10, 2, None));
        let twice = compared(&rows, Some(noise(again(&table("math", [8, 1, 1, 0]))))).overall.noise.unwrap();
        assert_eq!((twice.pairs, twice.flips, twice.excess_flips), (10, 2, Some(2.0)));
        // Of requests where only the A/A run sent them several times.
        let of_requests =
            compared(&table("math", [6, 2, 2, 0]), Some(noise(again(&table("math", [8, 1, 1, 0])))));
        assert_eq!(of_requests.overall.noise.map(|noise| (noise.pairs, noise.flips)), Some((20, 4)));
    }

    #[test]
    fn unstable_prompts_are_told_with_where_it_was_seen() {
        let mut rows = vec![
            judged(0, "math", Pass, Wrong),
            judged(1, "math", Pass, Pass),
            judged(2, "code", Pass, Pass),
        ];
        let mut second = vec![judged(0, "math", Wrong, Wrong), judged(1, "math", Pass, TransportError)];
        for row in &mut second {
            row.key.repeat = 1;
        }
        rows.extend(second);
        let of_noise = noise(vec![
            judged(0, "math", Pass, Wrong),
            judged(2, "code", Pass, Wrong),
            judged(3, "math", Pass, Wrong),
        ]);
        let unstable = compared(&rows, Some(of_noise)).unstable;
        let told: Vec<(&str, String)> =
            unstable.iter().map(|prompt| (prompt.prompt_id.as_str(), prompt.seen_in.join(" "))).collect();
        assert_eq!(told, [("code-002", "a/a".to_owned()), ("math-000", "a/a baseline".to_owned())]);
    }

    #[test]
    fn what_is_no_noise_of_this_comparison_is_refused() {
        let here = run("b", table("math", [2, 0, 0, 0]));
        let refused = |run: &RunResult| Noise::of(run, &terms(&here)).unwrap_err().to_string();
        let alone = run("b", Vec::new());
        assert!(refused(&alone).starts_with("run `b` says nothing of noise: it has one side only"));
        let mut two = against_itself(Vec::new());
        two.baseline.as_mut().unwrap().endpoint = "fp16".to_owned();
        assert!(
            refused(&two)
                .starts_with("run `aa-1` is no A/A run: `m1` on `fp16` was compared with `m1` on `quant`")
        );
        two = against_itself(Vec::new());
        two.baseline.as_mut().unwrap().model = "m2".to_owned();
        assert!(refused(&two).contains("is no A/A run"));
        let mut other = against_itself(Vec::new());
        other.prompt_set.sha256 = "1".to_owned();
        assert!(refused(&other).contains("its prompt set `test` has another hash"));
        other = against_itself(Vec::new());
        other.sampling.temperature = 0.7;
        assert_eq!(
            refused(&other),
            "the A/A run `aa-1` was sampled differently than what is compared: temperature 0.7 against 0"
        );
        other = against_itself(Vec::new());
        other.candidate.simulated = true;
        other.baseline.as_mut().unwrap().simulated = true;
        assert_eq!(refused(&other), "the A/A run `aa-1` was simulated, and what is compared was not");
    }
}
