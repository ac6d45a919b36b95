//! Everything that two sides' pairing comes to, in one value.

use crate::model::comparison::{Comparison, Flip, PairedPassRate};
use crate::model::gate::Gates;
use crate::model::judgement::Verdict;
use crate::model::outcome::Outcome;
use crate::model::record::{Row, Side};
use crate::model::summary::SideSummary;

use super::beside::{output_token_ratio, prompt_token_ratio};
use super::gate::{self, NOTHING_JUDGED};
use super::macro_average::macro_average;
use super::missing::too_many_missing;
use super::noise::{Noise, unstable};
use super::pass_rate::paired_beside_noise;
use super::reference_log_prob::reference_log_probs;
use super::speed::{speed_ratios, withhold};

/// What a comparison needs to know besides the rows.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Seed of the resampling: the same seed gives the same intervals.
    pub seed: u64,
    /// Gates to evaluate; without any, pass rates get the verdict and the detectable loss of the default one.
    pub gates: Gates,
    /// Reasons already known why the sides can't be compared soundly (see
    /// [`unsound`](super::comparable::unsound)).
    pub invalid_because: Vec<String>,
    /// What a run of the baseline against itself says of the prompts, where there is one.
    pub noise: Option<Noise>,
    /// Whether reasons why they can't be compared soundly are put aside, to stand in
    /// [`Comparison::forced_over`].
    pub force: bool,
    /// Why no speed is compared, where none is: pass rates are all the same.
    pub speed_void_because: Option<String>,
}

/// Compares the two sides of these rows: pass rates, speed, token counts, flips, validity, gates.
#[must_use]
pub fn compare(
    rows: &[Row],
    candidate: &SideSummary,
    baseline: &SideSummary,
    options: &Options,
) -> Comparison {
    let noise = options.noise.as_ref();
    let (overall, categories) = paired_beside_noise(rows, noise);
    let mut invalid_because = options.invalid_because.clone();
    invalid_because.extend(too_much_missing(candidate, baseline, &overall));
    let forced_over = if options.force { std::mem::take(&mut invalid_because) } else { Vec::new() };
    let mut comparison = Comparison {
        macro_average: macro_average(&categories),
        noise_run: noise.map(|noise| noise.run_id().to_owned()),
        unstable: unstable(rows, noise),
        overall,
        categories,
        reference_log_prob: reference_log_probs(rows, options.seed),
        forced_over,
        speed: speed_ratios(rows, candidate, baseline, options.seed),
        output_token_ratio: output_token_ratio(rows),
        prompt_token_ratio: prompt_token_ratio(rows),
        losses: flips(rows, true),
        gains: flips(rows, false),
        invalid_because,
        gates: Vec::new(),
    };
    if let Some(reason) = &options.speed_void_because {
        let rates = std::iter::once(&mut comparison.overall).chain(&mut comparison.categories);
        let beside = rates.flat_map(|rate| &mut rate.latency);
        comparison.speed.iter_mut().chain(beside).for_each(|speed| withhold(speed, reason));
    }
    gate::decide(&mut comparison, &options.gates, rows, candidate);
    comparison
}

/// The pairs that only one side passed, in the rows' order: losses where `baseline_passed`, else gains.
fn flips(rows: &[Row], baseline_passed: bool) -> Vec<Flip> {
    rows.iter()
        .filter_map(|row| {
            let (baseline, candidate) =
                (row.baseline.as_ref()?.judgement.verdict, row.candidate.as_ref()?.judgement.verdict);
            let flipped = baseline.passed()? == baseline_passed && candidate.passed()? != baseline_passed;
            flipped.then(|| Flip {
                prompt_id: row.key.prompt_id.clone(),
                category: row.category.clone(),
                repeat: row.key.repeat,
                baseline,
                candidate,
            })
        })
        .collect()
}

/// What of [`Comparison::invalid_because`] follows from these rows and their verdicts alone.
#[must_use]
pub fn too_little_judged(rows: &[Row], candidate: &SideSummary, baseline: &SideSummary) -> Vec<String> {
    too_much_missing(candidate, baseline, &paired_beside_noise(rows, None).0)
}

/// Why too little was judged to compare: nothing paired, or more than max(2, 2 %) of a side's responses missing.
/// (Where neither side misses more than that, they can't differ by more either.) What labctl itself gave up when it
/// was interrupted was never to be answered, so it is not missing.
fn too_much_missing(
    candidate: &SideSummary,
    baseline: &SideSummary,
    overall: &PairedPassRate,
) -> Vec<String> {
    let mut reasons: Vec<String> = [(Side::Baseline, baseline), (Side::Candidate, candidate)]
        .into_iter()
        .filter_map(|(side, summary)| {
            let given_up = summary.outcomes.get(&Outcome::Cancelled).copied().unwrap_or(0);
            let attempted = summary.attempted.saturating_sub(given_up);
            let mut verdicts = summary.verdicts.clone();
            verdicts
                .entry(Verdict::TransportError)
                .and_modify(|count| *count = count.saturating_sub(given_up));
            too_many_missing(&verdicts, attempted).map(|reason| format!("{side}: {reason}"))
        })
        .collect();
    // What has no checks says nothing about quality, and was not meant to; where gates are on it, they say so.
    let unchecked = |summary: &SideSummary| summary.verdicts.keys().eq([&Verdict::Unchecked]);
    if overall.pairs == 0 && !(unchecked(candidate) && unchecked(baseline)) {
        reasons.push(NOTHING_JUDGED.to_owned());
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::support::{judged, summary, swapped, table, timed};
    use crate::model::comparison::GateVerdict;
    use crate::model::gate::PassRateGate;
    use crate::model::judgement::Verdict::{JudgeUnparsed, Pass, TransportError, Wrong};

    fn compared(rows: &[Row]) -> Comparison {
        let options =
            Options { seed: 1, gates: Gates::of_pass_rate(PassRateGate::default()), ..Options::default() };
        compare(rows, &summary(rows, Side::Candidate), &summary(rows, Side::Baseline), &options)
    }

    #[test]
    fn a_comparison_holds_rates_flips_ratios_and_gates() {
        let mut rows = table("math", [40, 6, 0, 4]);
        for row in &mut rows {
            let usage = row.candidate.as_mut().unwrap().exchange.usage.as_mut().unwrap();
            usage.prompt_tokens = 30;
            row.candidate.as_mut().unwrap().metrics.output_tokens = Some(8);
        }
        let comparison = compared(&rows);
        assert_eq!((comparison.losses.len(), comparison.gains.len()), (6, 0));
        assert_eq!((comparison.losses[0].baseline, comparison.losses[0].candidate), (Pass, Wrong));
        assert_eq!((comparison.output_token_ratio, comparison.prompt_token_ratio), (Some(0.8), Some(1.5)));
        assert!(comparison.invalid_because.is_empty());
        assert_eq!(comparison.gates[0].verdict, GateVerdict::Fail);
        let mirrored = compared(&swapped(&rows));
        assert_eq!((mirrored.losses.len(), mirrored.gains.len()), (0, 6));
        assert_eq!(mirrored.overall.delta_pp, comparison.overall.delta_pp.map(|delta| -delta));
    }

    fn with_missing(total: usize, missing: usize, verdict: Verdict) -> Vec<Row> {
        (0..total).map(|id| judged(id, "math", Pass, if id < missing { verdict } else { Pass })).collect()
    }

    #[test]
    fn too_much_missing_is_invalid() {
        assert!(compared(&with_missing(30, 2, TransportError)).invalid_because.is_empty());
        let comparison = compared(&with_missing(30, 3, TransportError));
        assert_eq!(
            comparison.invalid_because,
            ["candidate: 3 of 30 responses are missing (transport_error 3), more than the 2 tolerated"]
        );
        assert_eq!(comparison.gates[0].verdict, GateVerdict::Invalid);
        assert!(compared(&with_missing(300, 6, JudgeUnparsed)).invalid_because.is_empty());
        assert_eq!(compared(&with_missing(300, 7, JudgeUnparsed)).invalid_because.len(), 1);
        // Broken answers are failures, never missing.
        assert!(compared(&with_missing(30, 30, Verdict::NoAnswer)).invalid_because.is_empty());
    }

    #[test]
    fn what_has_no_checks_is_not_missing() {
        let unchecked = |id| judged(id, "math", Verdict::Unchecked, Verdict::Unchecked);
        let rows: Vec<Row> = (0..30).map(unchecked).collect();
        // To gate on, they are nothing.
        assert_eq!(compared(&rows).invalid_because, [NOTHING_JUDGED]);
        let options = Options { seed: 1, ..Options::default() };
        let comparison =
            compare(&rows, &summary(&rows, Side::Candidate), &summary(&rows, Side::Baseline), &options);
        assert_eq!(comparison.invalid_because, [""; 0]);
        assert_eq!((comparison.overall.pairs, comparison.overall.delta_pp), (0, None));
        assert_eq!(comparison.overall.missing, crate::model::comparison::Missing::default());
        // Beside checked ones they change nothing.
        let mut rows = with_missing(30, 3, TransportError);
        rows.extend((30..60).map(unchecked));
        assert!(compared(&rows).invalid_because[0].contains("(transport_error 3)"));
    }

    #[test]
    fn what_was_given_up_on_an_interrupt_is_not_missing() {
        let mut rows = with_missing(30, 10, TransportError);
        for row in &mut rows[..10] {
            row.candidate.as_mut().unwrap().exchange.outcome = Outcome::Cancelled;
        }
        let comparison = compared(&rows);
        assert_eq!(comparison.invalid_because, [""; 0]);
        assert_eq!((comparison.overall.pairs, comparison.overall.missing.unmatched), (20, 10));
        assert!(comparison.overall.missing.candidate.is_empty());
        // Of the 20 that ended three more are missing.
        for row in &mut rows[10..13] {
            *row = judged(99, "math", Pass, TransportError);
        }
        let reasons = compared(&rows).invalid_because;
        assert_eq!(
            reasons,
            ["candidate: 3 of 20 responses are missing (transport_error 3), more than the 2 tolerated"]
        );
    }

    #[test]
    fn nothing_paired_is_invalid() {
        let rows: Vec<Row> =
            table("math", [3, 0, 0, 0]).into_iter().map(|row| Row { baseline: None, ..row }).collect();
        assert_eq!(compared(&rows).invalid_because, ["no prompt was judged on both sides"]);
    }

    #[test]
    fn reasons_known_before_come_first() {
        let rows = table("math", [3, 0, 0, 0]);
        let options = Options { invalid_because: vec!["sampling differs".to_owned()], ..Options::default() };
        let (candidate, baseline) = (summary(&rows, Side::Candidate), summary(&rows, Side::Baseline));
        assert_eq!(compare(&rows, &candidate, &baseline, &options).invalid_because, ["sampling differs"]);
    }

    #[test]
    fn speed_that_does_not_count_is_withheld_and_quality_is_not() {
        let rows: Vec<Row> = (0..50)
            .map(|id| crate::compare::support::row(id, "math", timed(50.0, 10.0), timed(80.0, 10.0)))
            .collect();
        let sides = (summary(&rows, Side::Candidate), summary(&rows, Side::Baseline));
        let with = |because: Option<&str>| {
            let speed_void_because = because.map(str::to_owned);
            compare(&rows, &sides.0, &sides.1, &Options { speed_void_because, ..Options::default() })
        };
        let (whole, withheld) = (with(None), with(Some("other loads")));
        assert!(whole.speed[0].ratio.is_some() && whole.overall.latency[0].ratio.is_some());
        let latencies = withheld.categories.iter().chain([&withheld.overall]).flat_map(|rate| &rate.latency);
        assert!(withheld.speed.iter().chain(latencies).all(|speed| {
            speed.ratio.is_none() && speed.absent_because.as_deref() == Some("other loads")
        }));
        assert_eq!(withheld.overall.delta_pp, whole.overall.delta_pp);
    }

    /// Ten thousand prompts go through; how fast is a benchmark's matter.
    #[test]
    fn ten_thousand_rows_compare() {
        let rows: Vec<Row> = (0..10_000)
            .map(|id| {
                let mut row = judged(id, "math", Pass, if id % 20 == 0 { Wrong } else { Pass });
                let ms = 50.0 + crate::stats::length((id * 37) % 101);
                let verdict = row.candidate.as_ref().map(|attempt| attempt.judgement.clone());
                row.baseline = Some(timed(ms, 10.0));
                row.candidate = Some(timed(ms * 1.5, 15.0));
                if let (Some(candidate), Some(verdict)) = (&mut row.candidate, verdict) {
                    candidate.judgement = verdict;
                }
                row
            })
            .collect();
        let comparison = compared(&rows);
        assert_eq!(comparison.overall.losses, 500);
        assert!(comparison.speed[0].interval_95.is_some());
    }
}
