//! Ratios of the rates: one number a round, so an interval takes three rounds.

use std::collections::BTreeMap;

use crate::metrics::window::Ends;
use crate::model::comparison::SpeedRatio;
use crate::model::judgement::Verdict;
use crate::model::record::{Row, Side};
use crate::model::summary::{SideSummary, Throughput};
use crate::model::units::Nanos;
use crate::stats::real;

use super::speed::{COUNTED_DIFFERENTLY, ENOUGH_ROUNDS, blank, set_rounds, set_values};

/// What the steady windows of one round hold.
#[derive(Debug, Clone, Copy, Default)]
struct Round {
    seconds: f64,
    requests: u64,
    output_tokens: u64,
    correct: u64,
}

/// One rate: over the whole side, and over one round.
struct Rate {
    name: &'static str,
    of_side: fn(&Throughput) -> Option<f64>,
    count: fn(&Round) -> u64,
    /// Whether it counts output tokens.
    by_token: bool,
}

const RATES: [Rate; 3] = [
    Rate {
        name: "request_throughput_per_s",
        of_side: |t| Some(t.request_throughput_per_s),
        count: |round| round.requests,
        by_token: false,
    },
    Rate {
        name: "output_tokens_per_s",
        of_side: |t| Some(t.output_tokens_per_s),
        count: |round| round.output_tokens,
        by_token: true,
    },
    Rate {
        name: "correct_answers_per_s",
        of_side: |t| t.correct_answers_per_s,
        count: |round| round.correct,
        by_token: false,
    },
];

/// The ratios of requests, output tokens and correct answers a second, and of goodput where both sides have it.
pub(super) fn rate_ratios(
    rows: &[Row],
    candidate: &SideSummary,
    baseline: &SideSummary,
    confidence: f64,
) -> Vec<SpeedRatio> {
    let mut ratios = rates(rows, candidate, baseline, confidence);
    ratios.extend(goodput_ratio(candidate, baseline));
    ratios
}

/// The ratio of requests a second that met every objective, where both sides have objectives.
fn goodput_ratio(candidate: &SideSummary, baseline: &SideSummary) -> Option<SpeedRatio> {
    let (of_baseline, of_candidate) = (baseline.goodput.as_ref()?, candidate.goodput.as_ref()?);
    let mut ratio = blank("goodput_per_s", "rate", true);
    if let (Some(baseline), Some(candidate)) = (of_baseline.goodput_per_s, of_candidate.goodput_per_s) {
        set_values(&mut ratio, baseline, candidate);
        ratio
            .absent_because
            .get_or_insert_with(|| "goodput is one number a run, without an interval".to_owned());
    } else {
        ratio.absent_because = Some(absence(candidate, baseline));
    }
    Some(ratio)
}

fn rates(rows: &[Row], candidate: &SideSummary, baseline: &SideSummary, confidence: f64) -> Vec<SpeedRatio> {
    let (Some(of_baseline), Some(of_candidate)) = (&baseline.throughput, &candidate.throughput) else {
        let reason = absence(candidate, baseline);
        return RATES
            .iter()
            .map(|rate| SpeedRatio {
                baseline: baseline.throughput.as_ref().and_then(rate.of_side),
                candidate: candidate.throughput.as_ref().and_then(rate.of_side),
                absent_because: Some(reason.clone()),
                ..blank(rate.name, "rate", true)
            })
            .collect();
    };
    let rounds_of_baseline = rounds(rows, Side::Baseline, of_baseline);
    let rounds_of_candidate = rounds(rows, Side::Candidate, of_candidate);
    let measured: Vec<(&Round, &Round)> = rounds_of_baseline
        .iter()
        .filter_map(|(number, round)| Some((round, rounds_of_candidate.get(number)?)))
        .collect();
    let sources = |side: &SideSummary| side.output_tokens_sources.keys().copied().collect::<Vec<_>>();
    let counted_alike = sources(baseline) == sources(candidate);
    RATES
        .iter()
        .map(|rate| rate.ratio(of_baseline, of_candidate, &measured, (counted_alike, confidence)))
        .collect()
}

impl Rate {
    fn ratio(
        &self,
        baseline: &Throughput,
        candidate: &Throughput,
        rounds: &[(&Round, &Round)],
        (counted_alike, confidence): (bool, f64),
    ) -> SpeedRatio {
        let mut ratio = blank(self.name, "rate", true);
        let (Some(of_baseline), Some(of_candidate)) = ((self.of_side)(baseline), (self.of_side)(candidate))
        else {
            ratio.absent_because = Some("no checks were made".to_owned());
            return ratio;
        };
        if self.by_token && !counted_alike {
            ratio.baseline = Some(of_baseline);
            ratio.candidate = Some(of_candidate);
            ratio.absent_because = Some(COUNTED_DIFFERENTLY.to_owned());
            return ratio;
        }
        set_values(&mut ratio, of_baseline, of_candidate);
        if rounds.len() < ENOUGH_ROUNDS {
            ratio.absent_because.get_or_insert_with(|| {
                format!(
                    "an interval takes {ENOUGH_ROUNDS} rounds with a steady window on both sides; here are {}",
                    rounds.len()
                )
            });
        } else {
            let rate = |round: &Round| real((self.count)(round)) / round.seconds;
            let (of_baseline, of_candidate): (Vec<f64>, Vec<f64>) =
                rounds.iter().map(|(baseline, candidate)| (rate(baseline), rate(candidate))).unzip();
            set_rounds(&mut ratio, &of_baseline, &of_candidate, confidence);
        }
        ratio
    }
}

/// Why a side has no throughput, as it says itself; once where both say the same.
fn absence(candidate: &SideSummary, baseline: &SideSummary) -> String {
    let reason = |summary: &SideSummary| {
        let reason = summary.throughput_absent_because.clone().unwrap_or_else(|| "not measured".to_owned());
        summary.throughput.is_none().then_some(reason)
    };
    match (reason(baseline), reason(candidate)) {
        (Some(ours), Some(theirs)) if ours == theirs => format!("both sides: {ours}"),
        (ours, theirs) => {
            let told = |side: Side, reason: Option<String>| reason.map(|reason| format!("{side}: {reason}"));
            let told = told(Side::Baseline, ours).into_iter().chain(told(Side::Candidate, theirs));
            told.collect::<Vec<_>>().join("; ")
        }
    }
}

/// The steady windows of one side added up by round. A window belongs to the round that was under way at its
/// middle, for rounds follow one another.
fn rounds(rows: &[Row], side: Side, throughput: &Throughput) -> BTreeMap<u32, Round> {
    let mut spans: BTreeMap<u32, (Nanos, Nanos)> = BTreeMap::new();
    for row in rows {
        let Some(attempt) = row.attempt(side) else { continue };
        let trace = &attempt.exchange.trace;
        let span = spans.entry(row.key.round).or_insert((trace.scheduled_ns, trace.end_ns));
        *span = (span.0.min(trace.scheduled_ns), span.1.max(trace.end_ns));
    }
    let attempts = rows.iter().filter_map(|row| row.attempt(side));
    let correct = Ends::of(attempts.filter(|attempt| attempt.judgement.verdict == Verdict::Pass));
    let mut rounds: BTreeMap<u32, Round> = BTreeMap::new();
    for window in &throughput.windows {
        let middle = Nanos(window.start_ns.0.midpoint(window.end_ns.0));
        let Some((&number, _)) = spans.iter().find(|(_, span)| span.0 <= middle && middle <= span.1) else {
            continue;
        };
        let round = rounds.entry(number).or_default();
        round.seconds += window.end_ns.since(window.start_ns).as_secs_f64();
        round.requests += window.requests;
        round.output_tokens += window.output_tokens;
        round.correct += correct.within(window.start_ns, window.end_ns);
    }
    rounds.retain(|_, round| round.seconds > 0.0);
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::support::{attempt, row, summary, throughput};
    use crate::model::record::Attempt;

    /// Rounds of two seconds: the baseline in the first second, the candidate in the second; each side with so
    /// many requests, all passed and ended in the middle of the window.
    fn measured(requests: &[(u64, u64)]) -> (Vec<Row>, SideSummary, SideSummary) {
        let mut rows = Vec::new();
        let (mut of_baseline, mut of_candidate) = (Vec::new(), Vec::new());
        for (round, &(baseline, candidate)) in (0..).zip(requests) {
            let start = 2 * u64::from(round);
            of_baseline.push((start, baseline));
            of_candidate.push((start + 1, candidate));
            for id in 0..baseline.max(candidate) {
                let at = |second: u64, wanted: u64| {
                    let mut attempt = attempt(if id < wanted { Verdict::Pass } else { Verdict::Wrong });
                    let trace = &mut attempt.exchange.trace;
                    trace.scheduled_ns = Nanos::from_millis(1_000 * second);
                    trace.sent_ns = trace.scheduled_ns;
                    trace.end_ns = Nanos::from_millis(1_000 * second + 600);
                    attempt.metrics.e2e_ms = Some(600.0);
                    attempt
                };
                let id = usize::try_from(id).unwrap();
                let mut row = row(id, "math", at(start, baseline), at(start + 1, candidate));
                row.key.round = round;
                rows.push(row);
            }
        }
        let with = |side, windows: &[(u64, u64)]| SideSummary {
            throughput: Some(throughput(windows)),
            throughput_absent_because: None,
            ..summary(&rows, side)
        };
        let (candidate, baseline) =
            (with(Side::Candidate, &of_candidate), with(Side::Baseline, &of_baseline));
        (rows, candidate, baseline)
    }

    #[test]
    fn three_rounds_have_an_interval() {
        let (rows, candidate, baseline) = measured(&[(10, 20), (30, 60), (5, 40)]);
        for ratio in rate_ratios(&rows, &candidate, &baseline, 0.95) {
            // Factors 2, 2, 8: the example by hand in `log_ratio`.
            assert!((ratio.ratio.unwrap() - 2.0_f64.powf(5.0 / 3.0)).abs() < 1e-9, "{ratio:?}");
            assert!(ratio.interval_95.unwrap().contains(2.0));
            assert_eq!((ratio.method.as_deref(), ratio.absent_because.as_deref()), (Some("rounds"), None));
            assert!(ratio.higher_is_better);
        }
    }

    /// As in the windows themselves: the last token decides, not when the server closed the stream.
    #[test]
    fn a_correct_answer_counts_in_the_window_of_its_last_token() {
        let (mut rows, candidate, baseline) = measured(&[(10, 20), (30, 60), (5, 40)]);
        for attempt in rows.iter_mut().flat_map(|row| row.candidate.iter_mut().chain(&mut row.baseline)) {
            attempt.exchange.trace.end_ns = attempt.exchange.trace.end_ns.plus(Nanos::from_millis(500));
        }
        let ratio = &rate_ratios(&rows, &candidate, &baseline, 0.95)[2];
        assert!(ratio.interval_95.is_some(), "{ratio:?}");
    }

    #[test]
    fn fewer_rounds_have_a_ratio_without_interval() {
        let (rows, candidate, baseline) = measured(&[(10, 15)]);
        let ratio = &rate_ratios(&rows, &candidate, &baseline, 0.95)[0];
        assert_eq!((ratio.baseline, ratio.candidate, ratio.ratio), (Some(10.0), Some(15.0), Some(1.5)));
        assert_eq!(ratio.interval_95, None);
        assert_eq!(
            ratio.absent_because.as_deref(),
            Some("an interval takes 3 rounds with a steady window on both sides; here are 1")
        );
    }

    #[test]
    fn a_side_without_throughput_gives_its_reason() {
        let (rows, candidate, _) = measured(&[(10, 15)]);
        let baseline = summary(&rows, Side::Baseline);
        let ratio = &rate_ratios(&rows, &candidate, &baseline, 0.95)[1];
        assert_eq!((ratio.candidate, ratio.ratio), (Some(150.0), None));
        assert_eq!(ratio.absent_because.as_deref(), Some("baseline: blocks too short"));
    }

    #[test]
    fn a_round_without_a_correct_answer_leaves_the_ratio_without_interval() {
        let (mut rows, candidate, baseline) = measured(&[(10, 20), (10, 20), (10, 20)]);
        for row in rows.iter_mut().filter(|row| row.key.round == 1) {
            row.candidate = row
                .candidate
                .take()
                .map(|old| Attempt { judgement: attempt(Verdict::Wrong).judgement, ..old });
        }
        let ratio = &rate_ratios(&rows, &candidate, &baseline, 0.95)[2];
        assert_eq!((ratio.ratio, ratio.interval_95), (Some(2.0), None));
        assert_eq!(ratio.absent_because.as_deref(), Some("a round's value is zero, so there is no interval"));
    }

    #[test]
    fn a_rate_of_zero_has_no_ratio() {
        let (rows, mut candidate, baseline) = measured(&[(10, 15)]);
        if let Some(throughput) = &mut candidate.throughput {
            throughput.correct_answers_per_s = Some(0.0);
        }
        let ratio = &rate_ratios(&rows, &candidate, &baseline, 0.95)[2];
        assert_eq!((ratio.ratio, ratio.absent_because.as_deref()), (None, Some("a side's value is zero")));
    }
}
