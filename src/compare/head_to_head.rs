//! Three and more runs head to head: who has the best value of a metric, and whether the evidence settles that.
//!
//! The best is tested against each rival on the prompts that both were sent: pass rates by the paired test's p-value,
//! speeds by the paired interval of their ratio. The rivals' tests are adjusted by Holm, so that the chance of
//! calling any difference that isn't there stays below 5 % a metric. Who isn't beaten shares the place.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::comparison::{PairedPassRate, SpeedRatio};
use crate::model::head_to_head::{Conclusion, Rival, Standing, Won};
use crate::model::history::Figures;
use crate::model::record::{PairKey, Row};
use crate::model::result::RunResult;
use crate::model::summary::{Percentile, SideSummary};
use crate::model::units::ratio;
use crate::stats::multiple::holm;

use super::align::pair_rows;
use super::comparable::loaded_differently;
use super::figures::figures;
use super::pass_rate::paired_pass_rates;
use super::speed::ratio_at;

/// The chance of calling a difference that isn't there, over all rivals of a metric.
const ALPHA: f64 = 0.05;

/// A speed: its name in results, its statistic, whether more is better, and a side's value where it may be trusted.
struct Speed {
    metric: &'static str,
    statistic: &'static str,
    higher_is_better: bool,
    of: fn(&SideSummary) -> Option<f64>,
}

const SPEEDS: [Speed; 8] = [
    latency("ttft_ms", "p50", |s| at(s.ttft_ms.as_ref(), Percentile::P50)),
    latency("ttft_ms", "p95", |s| at(s.ttft_ms.as_ref(), Percentile::P95)),
    latency("tpot_ms", "p50", |s| at(s.tpot_ms.as_ref(), Percentile::P50)),
    latency("tpot_ms", "p95", |s| at(s.tpot_ms.as_ref(), Percentile::P95)),
    latency("e2e_ms", "p50", |s| at(s.e2e_ms.as_ref(), Percentile::P50)),
    latency("e2e_ms", "p95", |s| at(s.e2e_ms.as_ref(), Percentile::P95)),
    rate("output_tokens_per_s", |s| s.throughput.as_ref().map(|t| t.output_tokens_per_s)),
    rate("correct_answers_per_s", |s| s.throughput.as_ref()?.correct_answers_per_s),
];

const fn latency(
    metric: &'static str,
    statistic: &'static str,
    of: fn(&SideSummary) -> Option<f64>,
) -> Speed {
    Speed { metric, statistic, higher_is_better: false, of }
}

const fn rate(metric: &'static str, of: fn(&SideSummary) -> Option<f64>) -> Speed {
    Speed { metric, statistic: "rate", higher_is_better: true, of }
}

fn at(distribution: Option<&crate::model::summary::Distribution>, percentile: Percentile) -> Option<f64> {
    distribution.filter(|d| d.is_trusted(percentile)).map(|d| d.value(percentile))
}

/// What runs come to beside each other.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadToHead {
    /// Each run's own numbers, in their order.
    pub lines: Vec<Figures>,
    /// Every metric.
    pub standings: Vec<Standing>,
    /// What they come to.
    pub conclusion: Conclusion,
    /// Prompts that every run was judged on.
    pub common_prompts: u64,
}

/// What these runs come to. The seed is that of the resampling.
#[must_use]
pub fn head_to_head(runs: &[&RunResult], seed: u64) -> HeadToHead {
    let shared = judged_everywhere(runs);
    let judged: Vec<RunResult> = runs.iter().map(|run| only(run, &shared)).collect();
    let lines = runs.iter().zip(&judged).map(|(run, judged)| figures(run, &judged.rows)).collect();
    let field = Field { runs, judged, seed };
    let mut standings = field.pass_rates();
    let mut pairs = BTreeMap::new();
    standings.extend(SPEEDS.iter().filter_map(|speed| field.speed(speed, &mut pairs)));
    let prompts: BTreeSet<&str> = shared.iter().map(|key| key.prompt_id.as_str()).collect();
    let conclusion = conclude(&standings, runs.len());
    HeadToHead { lines, standings, conclusion, common_prompts: prompts.len() as u64 }
}

/// The requests that were judged in every run.
fn judged_everywhere(runs: &[&RunResult]) -> BTreeSet<PairKey> {
    let of = |run: &RunResult| -> BTreeSet<PairKey> {
        let judged = run.rows.iter().filter(|row| {
            row.candidate.as_ref().is_some_and(|attempt| attempt.judgement.verdict.passed().is_some())
        });
        judged.map(|row| row.key.clone()).collect()
    };
    runs.iter()
        .map(|run| of(run))
        .reduce(|shared, of| shared.intersection(&of).cloned().collect())
        .unwrap_or_default()
}

fn only(run: &RunResult, keys: &BTreeSet<PairKey>) -> RunResult {
    let rows = run.rows.iter().filter(|row| keys.contains(&row.key)).cloned().collect();
    RunResult { rows, ..run.without_rows() }
}

/// What was found of a rival, the first, beside the best, made once however often it is asked for.
type Beside<T> = BTreeMap<(usize, usize), T>;

/// Both runs' pass rates on the prompts that they share: overall, and by category.
type Rates = (PairedPassRate, Vec<PairedPassRate>);

/// The runs that are held against each other.
struct Field<'a> {
    runs: &'a [&'a RunResult],
    /// The same with the requests alone that were judged in all of them.
    judged: Vec<RunResult>,
    seed: u64,
}

impl Field<'_> {
    /// The overall pass rate, then each category's in alphabetical order.
    fn pass_rates(&self) -> Vec<Standing> {
        let categories: BTreeSet<&str> =
            self.judged.iter().flat_map(|run| &run.rows).map(|row| row.category.as_str()).collect();
        let mut paired = BTreeMap::new();
        let all = std::iter::once(None).chain(categories.into_iter().map(Some));
        all.map(|of| self.pass_rate(of, &mut paired)).collect()
    }

    fn pass_rate(&self, category: Option<&str>, paired: &mut Beside<Rates>) -> Standing {
        let values: Vec<Option<f64>> = self.judged.iter().map(|run| passed(run, category)).collect();
        let best = best(&values, true);
        let rivals = best.map_or_else(Vec::new, |best| {
            let others: Vec<usize> = (0..values.len()).filter(|rival| *rival != best).collect();
            let rates: Vec<Option<PairedPassRate>> =
                others.iter().map(|rival| self.paired_pass_rate(*rival, best, category, paired)).collect();
            let tested = |rate: &Option<PairedPassRate>| rate.as_ref().and_then(|rate| rate.score_p);
            // What can't be tested is not settled, and counts among the tests.
            let adjusted = holm(&rates.iter().map(|rate| tested(rate).unwrap_or(1.0)).collect::<Vec<_>>());
            let rival = |((rival, rate), p_holm): ((usize, Option<PairedPassRate>), f64)| {
                let p = tested(&rate);
                let is_ahead = rate.and_then(|rate| rate.delta_pp).is_some_and(|delta| delta > 0.0);
                Rival {
                    rival,
                    p,
                    p_holm: p.map(|_| p_holm),
                    ratio: None,
                    settled: p.is_some() && is_ahead && p_holm < ALPHA,
                    absent_because: p.is_none().then(|| "no prompt was judged on both".to_owned()),
                }
            };
            others.into_iter().zip(rates).zip(adjusted).map(rival).collect()
        });
        standing(("pass_rate", "rate", category), true, values, best, rivals)
    }

    fn paired_pass_rate(
        &self,
        rival: usize,
        best: usize,
        category: Option<&str>,
        paired: &mut Beside<Rates>,
    ) -> Option<PairedPassRate> {
        let (overall, categories) = paired
            .entry((rival, best))
            .or_insert_with(|| paired_pass_rates(&pair_rows(&self.judged[rival], &self.judged[best])));
        match category {
            None => Some(overall.clone()),
            Some(_) => categories.iter().find(|rate| rate.category.as_deref() == category).cloned(),
        }
    }

    /// `None` where no run has a value of it.
    fn speed(&self, speed: &Speed, pairs: &mut Beside<Vec<Row>>) -> Option<Standing> {
        let values: Vec<Option<f64>> =
            self.runs.iter().map(|run| (speed.of)(&run.candidate.summary)).collect();
        if values.iter().all(Option::is_none) {
            return None;
        }
        let best = best(&values, speed.higher_is_better);
        let rivals = best.map_or_else(Vec::new, |best| {
            let others: Vec<usize> = (0..values.len()).filter(|rival| *rival != best).collect();
            let tests: Vec<Test> =
                others.iter().map(|rival| self.test(speed, (*rival, best), others.len(), pairs)).collect();
            let settled = step_down(&tests.iter().map(|test| test.strongest).collect::<Vec<_>>());
            others
                .into_iter()
                .zip(tests)
                .zip(settled)
                .map(|((rival, test), settled)| Rival {
                    rival,
                    p: None,
                    p_holm: None,
                    ratio: test.ratio,
                    settled,
                    absent_because: test.absent_because,
                })
                .collect()
        });
        Some(standing((speed.metric, speed.statistic, None), speed.higher_is_better, values, best, rivals))
    }

    /// The rival's speed against the best's, with the strongest of Holm's levels at which it is shown to be worse.
    fn test(&self, speed: &Speed, of: (usize, usize), rivals: usize, pairs: &mut Beside<Vec<Row>>) -> Test {
        let (rival, best) = (self.runs[of.0], self.runs[of.1]);
        let loads = loaded_differently(best, rival);
        if !loads.is_empty() {
            return Test { ratio: None, strongest: 0, absent_because: Some(loads.join("; ")) };
        }
        let rows = pairs.entry(of).or_insert_with(|| pair_rows(best, rival));
        let of = |level: usize| -> Option<SpeedRatio> {
            let confidence = 1.0 - ALPHA / crate::stats::length(level);
            let sides = (&rival.candidate.summary, &best.candidate.summary);
            ratio_at(rows, sides, (speed.metric, speed.statistic), self.seed, confidence)
        };
        let Some(first) = of(1) else {
            return Test {
                ratio: None,
                strongest: 0,
                absent_because: Some("too few requests that both answered".to_owned()),
            };
        };
        let is_worse = |ratio: &SpeedRatio| {
            ratio.interval_95.is_some_and(|i| if speed.higher_is_better { i.high < 1.0 } else { i.low > 1.0 })
        };
        let mut strongest = 0;
        if is_worse(&first) {
            strongest = 1;
            while strongest < rivals && of(strongest + 1).as_ref().is_some_and(is_worse) {
                strongest += 1;
            }
        }
        let absent_because = first.interval_95.is_none().then_some(first.absent_because).flatten();
        Test { ratio: first.ratio, strongest, absent_because }
    }
}

/// One rival's speed against the best's.
struct Test {
    ratio: Option<f64>,
    /// The largest k so that the interval at 1 − α/k shows it to be worse; 0 where none does.
    strongest: usize,
    absent_because: Option<String>,
}

/// Holm's procedure on intervals: of m tests the strongest must hold at α/m, the next at α/(m − 1), …, and at the first
/// that doesn't all others fail too.
fn step_down(strongest: &[usize]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..strongest.len()).collect();
    order.sort_by_key(|&test| std::cmp::Reverse(strongest[test]));
    let mut settled = vec![false; strongest.len()];
    for (rank, &test) in order.iter().enumerate() {
        if strongest[test] < strongest.len() - rank {
            break;
        }
        settled[test] = true;
    }
    settled
}

/// The share of its responses that passed.
fn passed(run: &RunResult, category: Option<&str>) -> Option<f64> {
    let rows = run.rows.iter().filter(|row| category.is_none_or(|category| row.category == category));
    let verdicts = rows.filter_map(|row| row.candidate.as_ref()?.judgement.verdict.passed());
    let (passed, judged) =
        verdicts.fold((0, 0), |(passed, judged), pass| (passed + u64::from(pass), judged + 1));
    ratio(passed, judged)
}

/// The first run with the best value; `None` where fewer than two have one.
fn best(values: &[Option<f64>], higher_is_better: bool) -> Option<usize> {
    let known: Vec<(usize, f64)> =
        values.iter().enumerate().filter_map(|(run, value)| Some((run, (*value)?))).collect();
    let better = |a: f64, b: f64| if higher_is_better { a > b } else { a < b };
    let (first, others) = known.split_first()?;
    if others.is_empty() {
        return None;
    }
    Some(others.iter().fold(*first, |best, &other| if better(other.1, best.1) { other } else { best }).0)
}

fn standing(
    (metric, statistic, category): (&str, &str, Option<&str>),
    higher_is_better: bool,
    values: Vec<Option<f64>>,
    best: Option<usize>,
    rivals: Vec<Rival>,
) -> Standing {
    // Who has no value is no rival.
    let rivals: Vec<Rival> = rivals.into_iter().filter(|rival| values[rival.rival].is_some()).collect();
    let open: Vec<usize> = rivals.iter().filter(|rival| !rival.settled).map(|rival| rival.rival).collect();
    let winner = best.filter(|_| open.is_empty());
    let not_settled_between =
        if winner.is_some() { Vec::new() } else { best.into_iter().chain(open).collect() };
    Standing {
        metric: metric.to_owned(),
        statistic: statistic.to_owned(),
        category: category.map(str::to_owned),
        higher_is_better,
        values,
        best,
        rivals,
        winner,
        not_settled_between,
    }
}

/// The name of a metric in the conclusion: `pass_rate overall`, `e2e_ms p95`, `output_tokens_per_s`.
fn name(standing: &Standing) -> String {
    match (standing.metric.as_str(), standing.category.as_deref()) {
        ("pass_rate", category) => format!("pass_rate {}", category.unwrap_or("overall")),
        (metric, _) if standing.statistic == "rate" => metric.to_owned(),
        (metric, _) => format!("{metric} {}", standing.statistic),
    }
}

fn conclude(standings: &[Standing], runs: usize) -> Conclusion {
    let of = |run| standings.iter().filter(move |standing| standing.winner == Some(run));
    let won: Vec<Won> = (0..runs)
        .map(|run| Won { side: run, metrics: of(run).map(name).collect() })
        .filter(|won| !won.metrics.is_empty())
        .collect();
    let not_settled =
        standings.iter().filter(|standing| !standing.not_settled_between.is_empty()).map(name).collect();
    let overall = standings.iter().find(|s| s.metric == "pass_rate" && s.category.is_none());
    let winner = overall
        .and_then(|overall| overall.winner)
        .filter(|winner| won.iter().all(|won| won.side == *winner))
        .filter(|winner| of(*winner).any(|standing| standing.metric != "pass_rate"));
    Conclusion { winner, won, not_settled }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::support::{row, run, summary, timed};
    use crate::model::judgement::Verdict;
    use crate::model::record::Side;
    use crate::stats::quantile::distribution;

    /// A run that passes the first `passes` of 200 prompts and takes `factor` times as long as the first one.
    fn contenders(of: [(&str, usize, f64); 3]) -> Vec<RunResult> {
        of.into_iter().map(|(id, passes, factor)| contender(id, passes, factor)).collect()
    }

    fn contender(id: &str, passes: usize, factor: f64) -> RunResult {
        let rows = (0..200)
            .map(|prompt| {
                let wobble = 1.0 + crate::stats::length((prompt * 7) % 11) / 100.0;
                let mut attempt = timed(factor * wobble * 50.0, factor * 10.0);
                attempt.judgement.verdict = if prompt < passes { Verdict::Pass } else { Verdict::Wrong };
                let mut row = row(prompt, "math", attempt.clone(), attempt);
                row.baseline = None;
                row
            })
            .collect();
        let mut run = run(id, rows);
        run.candidate.model = id.to_owned();
        let mut summary = summary(&run.rows, Side::Candidate);
        let attempts = run.rows.iter().filter_map(|row| row.candidate.as_ref());
        summary.e2e_ms = distribution(&mut attempts.filter_map(|a| a.metrics.e2e_ms).collect::<Vec<_>>());
        run.candidate.summary = summary;
        run
    }

    fn standing_of<'a>(standings: &'a [Standing], metric: &str) -> &'a Standing {
        standings.iter().find(|standing| standing.metric == metric).unwrap()
    }

    #[test]
    fn a_winner_beats_every_rival() {
        let runs = contenders([("a", 150, 1.0), ("b", 190, 0.5), ("c", 120, 0.9)]);
        let HeadToHead { standings, conclusion, common_prompts: prompts, .. } =
            head_to_head(&runs.iter().collect::<Vec<_>>(), 7);
        assert_eq!(prompts, 200);
        let quality = standing_of(&standings, "pass_rate");
        assert_eq!(
            (quality.winner, quality.values.clone()),
            (Some(1), vec![Some(0.75), Some(0.95), Some(0.6)])
        );
        assert!(quality.rivals.iter().all(|rival| rival.settled && rival.p_holm >= rival.p));
        let speed = standing_of(&standings, "e2e_ms");
        assert_eq!((speed.winner, speed.statistic.as_str()), (Some(1), "p50"));
        assert!((speed.rivals[0].ratio.unwrap() - 2.0).abs() < 1e-9);
        assert_eq!(conclusion.winner, Some(1));
        assert_eq!(
            conclusion.won[0].metrics,
            ["pass_rate overall", "pass_rate math", "e2e_ms p50", "e2e_ms p95"]
        );
        assert!(conclusion.not_settled.is_empty());
    }

    #[test]
    fn one_rival_that_is_not_beaten_leaves_it_open() {
        let runs = contenders([("a", 189, 1.0), ("b", 190, 1.0), ("c", 120, 2.0)]);
        let HeadToHead { standings, conclusion, .. } = head_to_head(&runs.iter().collect::<Vec<_>>(), 7);
        let quality = standing_of(&standings, "pass_rate");
        assert_eq!((quality.best, quality.winner), (Some(1), None));
        assert_eq!(quality.not_settled_between, [1, 0]);
        assert_eq!(standing_of(&standings, "e2e_ms").not_settled_between, [0, 1]);
        assert_eq!(conclusion.winner, None);
        assert!(conclusion.won.is_empty() && conclusion.not_settled.len() == 4);
    }

    /// One is better, another faster: nobody wins overall.
    #[test]
    fn who_wins_something_keeps_others_from_winning_all() {
        let runs = contenders([("a", 190, 1.0), ("b", 120, 0.5), ("c", 110, 2.0)]);
        let HeadToHead { conclusion, .. } = head_to_head(&runs.iter().collect::<Vec<_>>(), 7);
        assert_eq!(conclusion.winner, None);
        assert_eq!(conclusion.won.iter().map(|won| won.side).collect::<Vec<_>>(), [0, 1]);
    }

    /// In each category the best is another run, and each is tested as it is by itself.
    #[test]
    fn categories_are_tested_as_two_runs_are() {
        let of = |id, first: usize, second: usize| {
            let (mut run, code) = (contender(id, first, 1.0), contender(id, second, 1.0));
            run.rows.extend(code.rows.into_iter().map(|mut row| {
                row.category = "code".to_owned();
                row.key.prompt_id = row.key.prompt_id.replace("math", "code");
                row
            }));
            run
        };
        let runs: Vec<RunResult> = [("a", 190, 100), ("b", 150, 180), ("c", 120, 90)]
            .into_iter()
            .map(|(id, math, code)| of(id, math, code))
            .collect();
        let HeadToHead { standings, .. } = head_to_head(&runs.iter().collect::<Vec<_>>(), 7);
        let winners: Vec<_> = standings[..3].iter().map(|s| (s.category.as_deref(), s.winner)).collect();
        assert_eq!(winners, [(None, Some(1)), (Some("code"), Some(1)), (Some("math"), Some(0))]);
        let (_, alone) = paired_pass_rates(&pair_rows(&runs[2], &runs[0]));
        assert_eq!(standings[2].rivals[1].p, alone[1].score_p);
    }

    #[test]
    fn loads_that_differ_settle_no_speed() {
        let mut runs = contenders([("a", 190, 1.0), ("b", 190, 0.5), ("c", 190, 2.0)]);
        runs[0].load.concurrency = 64;
        let HeadToHead { standings, .. } = head_to_head(&runs.iter().collect::<Vec<_>>(), 7);
        let speed = standing_of(&standings, "e2e_ms");
        assert_eq!((speed.winner, speed.not_settled_between.clone()), (None, vec![1, 0]));
        let reason = speed.rivals[0].absent_because.as_deref().unwrap();
        assert!(reason.contains("concurrency differs, 8 against 64"), "{reason}");
    }

    /// α/3, α/2 and α in turn, after Holm (1979).
    #[test]
    fn intervals_step_down_as_p_values_do() {
        assert_eq!(step_down(&[3, 3, 3]), [true; 3]);
        assert_eq!(step_down(&[1, 3, 2]), [true; 3]);
        assert_eq!(step_down(&[1, 3, 1]), [false, true, false]);
        assert_eq!(step_down(&[2, 2, 2]), [false; 3]);
        assert_eq!(step_down(&[1]), [true]);
    }
}
