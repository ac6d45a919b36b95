//! Worked cases of every kind of run, of what went wrong, and that no answer says more than the findings.

use super::*;
use crate::model::baseline::MeasuredIn;
use crate::model::comparison::{GateKind, GateMode, GateResult, GateVerdict, Interval};
use crate::model::level::LevelFindings;
use crate::model::outcome::Outcome;
use crate::model::result::{RunResult, RunStatus};
use crate::model::team::{Reading, ReadingVerdict};
use crate::report::view::{ReportView, labels};
use crate::report::{fixture, input::ReportInput};

fn answer(result: &RunResult) -> Answer {
    Answer::of_run(result, &labels(result))
}

fn numbers(answer: &Answer) -> Vec<String> {
    let written = |n: &Headline| {
        let parts = [&n.label, &n.value, &n.unit, &n.hint, &n.interval];
        parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(" | ")
    };
    answer.numbers.iter().map(written).collect()
}

/// A run with a baseline whose pass rate and speed have these intervals; no expectations, 30 pairs.
fn compared(quality: Option<(f64, f64)>, speed: Option<(f64, f64)>) -> RunResult {
    let mut result = fixture::paired();
    result.readings.clear();
    let interval = |limits: Option<(f64, f64)>| limits.map(|(low, high)| Interval { low, high });
    let middle =
        |limits: Option<(f64, f64)>, none: f64| limits.map_or(none, |(low, high)| f64::midpoint(low, high));
    let comparison = result.comparison.as_mut().unwrap();
    comparison.overall.delta_pp = Some(middle(quality, -3.0));
    comparison.overall.interval_90_pp = interval(quality);
    comparison.overall.minimum_detectable_loss_pp = Some(4.0);
    for rate in &mut comparison.categories {
        (rate.verdict, rate.score_p_holm) = (None, None);
    }
    for ratio in comparison.speed.iter_mut().filter(|ratio| !ratio.higher_is_better) {
        (ratio.ratio, ratio.interval_95) = (Some(middle(speed, 0.9)), interval(speed));
    }
    result
}

fn gated(mut result: RunResult, gates: &[(GateKind, GateMode, GateVerdict)]) -> Answer {
    let gate = |(kind, mode, verdict): &(GateKind, GateMode, GateVerdict)| GateResult {
        kind: *kind,
        mode: Some(*mode),
        ..fixture::gate("pass_rate overall", *verdict, "because")
    };
    result.comparison.as_mut().unwrap().gates = gates.iter().map(gate).collect();
    answer(&result)
}

const SAME: Option<(f64, f64)> = Some((-9.0, 4.0));
const LOSS: Option<(f64, f64)> = Some((-19.0, -4.0));
const GAIN: Option<(f64, f64)> = Some((2.0, 9.0));
const FASTER: Option<(f64, f64)> = Some((0.6, 0.7));
const SLOWER: Option<(f64, f64)> = Some((1.2, 1.4));
const AS_FAST: Option<(f64, f64)> = Some((0.9, 1.1));

#[test]
fn quality_and_speed_in_one_sentence() {
    let cases = [
        (SAME, FASTER, "Faster in this run, and no loss of quality is shown", Tone::Good),
        (GAIN, FASTER, "Faster in this run, and a gain in quality is shown", Tone::Good),
        (LOSS, FASTER, "Faster in this run, but a loss of quality is shown", Tone::Bad),
        (None, FASTER, "Faster in this run, but its quality is not known", Tone::Warn),
        (SAME, AS_FAST, "No difference in quality or speed is shown", Tone::Plain),
        (GAIN, AS_FAST, "A gain in quality is shown, and no difference in speed is shown", Tone::Good),
        (LOSS, AS_FAST, "A loss of quality is shown, and no difference in speed is shown", Tone::Bad),
        (SAME, SLOWER, "Slower in this run, but no loss of quality is shown", Tone::Bad),
        (GAIN, SLOWER, "A gain in quality is shown, but slower in this run", Tone::Warn),
        (LOSS, SLOWER, "Slower in this run, and a loss of quality is shown", Tone::Bad),
        (SAME, None, "No loss of quality is shown, but its speed is not known", Tone::Warn),
        (None, None, "Not known yet: neither quality nor speed could be compared", Tone::Warn),
    ];
    for (quality, speed, verdict, tone) in cases {
        let answer = answer(&compared(quality, speed));
        assert_eq!((answer.verdict.as_str(), answer.tone), (verdict, tone));
        assert_eq!(answer.question, "Is mistral-7b-awq good enough and faster?");
    }
}

#[test]
fn the_numbers_of_a_comparison_are_those_of_the_tables() {
    let answer = answer(&compared(SAME, FASTER));
    assert_eq!(
        numbers(&answer),
        [
            "Pass rate | \u{2212}2.5 | pp | 86.7 % → 83.3 % | [\u{2212}9.0, +4.0] (90 %)",
            "E2E p50 | 1.54x | faster | 1,242 → 786 ms | ratio 0.65 [0.60, 0.70] (95 %)",
            "Output tokens/s | 1.58x | more | 242 → 382 | ratio 1.58 [1.49, 1.67] (95 %)",
        ]
    );
    let bar = answer.numbers[0].bar.unwrap();
    assert_eq!((bar.low, bar.low + bar.width, bar.at, bar.zero), (5.0, 70.0, 37.5, Some(50.0)));
    assert_eq!(answer.numbers[0].scale, "\u{2212}10 to +10 pp");
    let confidence = "30 pairs of answers, enough to find a loss of 4.0 pp (80 % power)";
    assert!(answer.confidence.starts_with(confidence), "{}", answer.confidence);
    assert!(
        answer.confidence.ends_with("repeat with `--rounds 5` to tell the model from the moment's noise"),
        "{}",
        answer.confidence
    );
    // Half and twice the time lie alike on both sides of "no difference".
    let place = |ratio: f64| headline::ratio_bar(ratio, Interval { low: ratio, high: ratio }, Tone::Plain).at;
    assert!((place(0.5) - 25.0).abs() < 1e-9 && (place(2.0) - 75.0).abs() < 1e-9 && place(0.0) < 1e-9);
}

#[test]
fn a_gate_has_the_word() {
    use GateKind::{ErrorRate, PassRate, Speed};
    use GateMode::{Detect, Harm, Point};
    use GateVerdict::{Fail, Inconclusive, Invalid, Pass};
    let gated = |quality, speed, gates: &[_]| gated(compared(quality, speed), gates);
    let cases = [
        (
            SAME,
            FASTER,
            vec![(PassRate, Detect, Pass)],
            "Faster in this run, and no loss found, though one of 9.0 pp is not ruled out (PASS by gate pass_rate overall)",
            Tone::Plain,
        ),
        (
            Some((-4.5, 3.0)),
            FASTER,
            vec![(PassRate, Detect, Pass)],
            "Faster in this run, and no loss found (PASS by gate pass_rate overall)",
            Tone::Good,
        ),
        (
            SAME,
            AS_FAST,
            vec![(PassRate, Detect, Pass)],
            "No loss found, though one of 9.0 pp is not ruled out, and no difference in speed is shown (PASS by gate pass_rate overall)",
            Tone::Plain,
        ),
        (
            LOSS,
            FASTER,
            vec![(PassRate, Harm, Pass), (ErrorRate, Detect, Pass)],
            "Faster in this run, but a loss of quality is shown (PASS by all 2 gates)",
            Tone::Warn,
        ),
        (
            SAME,
            FASTER,
            vec![(Speed, Detect, Pass)],
            "Faster in this run, and no loss of quality is shown (PASS by gate pass_rate overall)",
            Tone::Good,
        ),
        (
            LOSS,
            FASTER,
            vec![(PassRate, Harm, Fail)],
            "No: more quality is lost than allowed (FAIL by gate pass_rate overall)",
            Tone::Bad,
        ),
        (
            SAME,
            FASTER,
            vec![(PassRate, Point, Fail), (PassRate, Harm, Pass)],
            "No: the measured loss of quality is larger than allowed (FAIL by gate pass_rate overall, the worst of 2 gates)",
            Tone::Bad,
        ),
        (
            SAME,
            SLOWER,
            vec![(Speed, Detect, Fail)],
            "No: it is slower than allowed (FAIL by gate pass_rate overall)",
            Tone::Bad,
        ),
        (
            SAME,
            FASTER,
            vec![(PassRate, Detect, Inconclusive)],
            "Not known yet: gate pass_rate overall is not settled (INCONCLUSIVE)",
            Tone::Warn,
        ),
        (
            SAME,
            FASTER,
            vec![(PassRate, Detect, Invalid)],
            "Not known: gate pass_rate overall can't be judged (INVALID)",
            Tone::Bad,
        ),
    ];
    for (quality, speed, gates, verdict, tone) in cases {
        let answer = gated(quality, speed, &gates);
        assert_eq!((answer.verdict.as_str(), answer.tone), (verdict, tone));
    }
}

#[test]
fn what_the_team_expects_and_did_not_get_is_told() {
    let mut result = compared(SAME, FASTER);
    result.readings = fixture::paired().readings;
    let answer = answer(&result);
    assert_eq!(
        answer.verdict,
        "Faster in this run, and no loss of quality is shown; not what the team expects of categories"
    );
    assert_eq!(answer.tone, Tone::Warn);
}

#[test]
fn what_is_void_dominates_and_praises_nothing() {
    let mut result = compared(SAME, FASTER);
    result.comparison.as_mut().unwrap().gates =
        vec![fixture::gate("pass_rate overall", GateVerdict::Pass, "because")];
    result.client_health.status = HealthStatus::Invalid;
    result.client_health.reasons = vec!["read lag p99 of 40 ms".to_owned()];
    let client = answer(&result);
    assert_eq!(client.verdict, "Not known: labctl's own measurements are not valid");
    assert_eq!((client.tone, client.confidence.as_str()), (Tone::Bad, ""));
    assert!(
        client.numbers.iter().all(|n| n.tone != Tone::Good && n.bar.is_none_or(|b| b.tone != Tone::Good))
    );
    assert_eq!(client.validity[0].text, "measurements not valid: read lag p99 of 40 ms");
    result.comparison.as_mut().unwrap().invalid_because = vec!["prompt set differs".to_owned()];
    let unsound = answer(&result);
    assert_eq!(unsound.verdict, "Not known: the two sides can't be compared soundly");
    assert_eq!(unsound.validity[1].text, "not sound: prompt set differs");
    let mut forced = compared(SAME, FASTER);
    forced.comparison.as_mut().unwrap().forced_over = vec!["prompt set differs".to_owned()];
    assert_eq!(answer(&forced).verdict, "Not known: compared by `--force`, though not soundly");
    assert_eq!(ReportView::new(&forced, &ReportInput::default()).findings[0].topic, "FORCED");
}

#[test]
fn a_run_that_broke_off_says_so_far() {
    let mut result = compared(SAME, FASTER);
    result.status = RunStatus::Interrupted;
    let answer = answer(&result);
    assert_eq!(answer.verdict, "So far: faster in this run, and no loss of quality is shown");
    assert_eq!(answer.tone, Tone::Plain);
    let run = answer.validity.iter().find(|item| item.what == "Run").unwrap();
    assert_eq!(
        (run.tone, run.text.as_str()),
        (Tone::Warn, "the run was interrupted after 30 of 30 requests a side")
    );
}

#[test]
fn a_baseline_of_another_day_is_told() {
    let mut result = compared(SAME, FASTER);
    let measured_in = MeasuredIn {
        run_id: "01a2".to_owned(),
        started_at: "2026-11-20T09:30:00Z".to_owned(),
        blessed_as: Some("fp16".to_owned()),
        sha256: Some("00".to_owned()),
    };
    result.baseline.as_mut().unwrap().measured_in = Some(measured_in);
    let answer = answer(&result);
    assert!(
        answer.verdict.starts_with("Faster, measured one after the other, and no loss"),
        "{}",
        answer.verdict
    );
    assert_eq!(answer.validity[1].text, "sound, but measured one after the other");
}

#[test]
fn what_bends_a_speed_is_told_with_it() {
    let mut result = compared(SAME, FASTER);
    let comparison = result.comparison.as_mut().unwrap();
    comparison.output_token_ratio = Some(0.5);
    let told = answer(&result).confidence;
    assert!(told.ends_with("; its answers are 0.50x as long"), "{told}");
    let comparison = result.comparison.as_mut().unwrap();
    for ratio in &mut comparison.speed {
        (ratio.ratio, ratio.interval_95) = (None, None);
        ratio.absent_because = Some("no pair succeeded on both sides".to_owned());
    }
    let told = answer(&result).confidence;
    assert!(told.contains("; speed n/a: no pair succeeded on both sides"), "{told}");
}

#[test]
fn speed_alone_is_a_question_of_its_own() {
    let mut result = compared(SAME, FASTER);
    for side in [Some(&mut result.candidate), result.baseline.as_mut()].into_iter().flatten() {
        side.summary.verdicts = [(crate::model::judgement::Verdict::Unchecked, 30)].into();
    }
    let answer = answer(&result);
    assert_eq!(answer.question, "Is mistral-7b-awq faster than mistral-7b-fp16?");
    assert_eq!(answer.verdict, "Faster in this run");
    assert_eq!(answer.numbers[0].label, "E2E p50");
}

#[test]
fn one_model_alone() {
    let answer = answer(&fixture::alone());
    assert_eq!(answer.question, "How fast is mistral-7b-awq, and how good?");
    assert_eq!(
        answer.verdict,
        "25 of 30 answers passed; first token after 49.1 ms, whole answer after 786 ms (medians)"
    );
    assert_eq!(
        numbers(&answer),
        [
            "Pass rate | 83.3 % | 25 of 30 | [66.3, 92.3] (95 %)",
            "TTFT p50 | 49.1 | ms",
            "Throughput | 382 | output tokens/s | 12.3 requests/s",
        ]
    );
    assert_eq!(
        answer.confidence,
        "The pass rate of such prompts lies within [66.3, 92.3] % (95 %); 30 requests tell the median; a p95 takes 130"
    );
    let said: Vec<&str> = answer.validity.iter().map(|item| item.text.as_str()).collect();
    assert_eq!(said, ["measurements valid", "complete, no request failed", "not simulated"]);
    let many = super::Answer::of_run(&fixture::result(1_000, false), &labels(&fixture::alone()));
    assert_eq!(many.numbers[1].label, "TTFT p95");
}

#[test]
fn objectives_come_first_where_there_are_any() {
    let mut result = fixture::unchecked();
    let met = answer(&result);
    assert_eq!(met.question, "How fast is mistral-7b-awq?");
    assert!(
        met.verdict.starts_with("Every objective met, one of them by too few requests; first"),
        "{}",
        met.verdict
    );
    assert_eq!(numbers(&met)[0], "Requests in time | 93.3 % | 28 of 30 | [78.7, 98.2] (95 %)");
    result.candidate.slos[0].met = false;
    let missed = answer(&result);
    assert!(missed.verdict.starts_with("Misses ttft_p95_ms<=600; "), "{}", missed.verdict);
    assert_eq!(missed.tone, Tone::Bad);
}

#[test]
fn nothing_that_succeeded_is_no_answer() {
    let mut none = fixture::result(0, false);
    assert_eq!(answer(&none).verdict, "Nothing measured: no request was sent");
    none.candidate.summary.attempted = 1;
    none.candidate.summary.outcomes = [(Outcome::Connect, 1)].into();
    assert_eq!(answer(&none).verdict, "Nothing measured: the only request failed");
    let mut all = fixture::paired();
    all.baseline.as_mut().unwrap().summary.outcomes = [(Outcome::Http5xx, 30)].into();
    let answer = answer(&all);
    assert_eq!(answer.verdict, "Nothing measured: all 30 requests of the baseline failed");
    assert_eq!(answer.tone, Tone::Bad);
    let run = answer.validity.iter().find(|item| item.what == "Run").unwrap();
    assert_eq!(run.text, "complete; 30 of 30 requests of the baseline failed");
}

#[test]
fn a_single_request_is_not_called_a_median() {
    let one = answer(&fixture::result(1, false));
    assert!(!one.verdict.contains("median"), "{}", one.verdict);
    assert!(one.verdict.starts_with("1 of 1 answer passed; first token after"), "{}", one.verdict);
    assert!(one.confidence.contains("a single request shows that it works"), "{}", one.confidence);
    let failed = answer(&fixture::hostile());
    assert!(
        failed.verdict.contains("no loss") || failed.verdict.contains("INCONCLUSIVE"),
        "{}",
        failed.verdict
    );
}

#[test]
fn some_failures_are_told_with_what_was_measured() {
    let mut result = fixture::alone();
    result.candidate.summary.outcomes = [(Outcome::Success, 15), (Outcome::TimeoutTtft, 15)].into();
    let answer = answer(&result);
    assert!(answer.verdict.ends_with("; 15 of 30 requests failed"), "{}", answer.verdict);
    assert_eq!(answer.tone, Tone::Warn);
}

#[test]
fn no_steady_window_leaves_e2e_in_the_place_of_throughput() {
    let mut result = fixture::alone();
    result.candidate.summary.throughput = None;
    assert_eq!(answer(&result).numbers[2].label, "E2E p50");
}

#[test]
fn words_within_a_sentence() {
    let words = ["Pass rates", "P95 latency", "TTFT", "x", ""];
    assert_eq!(words.map(lowered), ["pass rates", "P95 latency", "TTFT", "x", ""]);
}

#[test]
fn several_loads() {
    let mut result = fixture::levels();
    let found = answer(&result);
    assert_eq!(found.question, "How much load does mistral-7b-awq carry?");
    assert_eq!(found.verdict, "Up to 32 requests/s within every objective, not at 38.1 requests/s");
    assert_eq!(
        numbers(&found),
        [
            "Highest load that passes | 32 | requests/s | 38.1 requests/s fails, also the knee",
            "TTFT p95 at that load | 515 | ms | from schedule, p50 95.7 ms",
            "Throughput at that load | 992 | output tokens/s | 32.0 requests/s",
        ]
    );
    assert_eq!(
        found.confidence,
        "9 loads tried, of 80 to 3,860 requests each; 1 of them too short to say whether they hold; 38.1 requests/s missed ttft_p95_ms<=600 (953 ms) and pass_rate>=0.8 (79.1 %)"
    );
    assert_eq!(found.tone, Tone::Good);
    let highest = result.findings.as_ref().unwrap().highest_passing;
    let passing = result.levels.iter_mut().find(|level| Some(level.load.level) == highest).unwrap();
    passing.candidate.slos[0].trusted = false;
    let few = answer(&result);
    assert_eq!(few.tone, Tone::Plain);
    assert!(few.confidence.contains("too few to rely on ttft_p95_ms<=600; 38.1"), "{}", few.confidence);
    let with = |result: &mut RunResult, highest_passing, lowest_failing, knee| {
        result.findings =
            Some(LevelFindings { knee, highest_passing, lowest_failing, stopped_because: None });
        answer(result).verdict
    };
    assert_eq!(
        with(&mut result, Some(6), None, None),
        "64 requests/s or more within every objective: no load tried was too high"
    );
    assert_eq!(
        with(&mut result, None, Some(0), None),
        "No load tried meets every objective, not even 1 request/s"
    );
    assert_eq!(
        with(&mut result, None, None, None),
        "Not known: no load tried can be told to pass or to fail"
    );
    result.question = None;
    assert_eq!(
        with(&mut result, None, None, Some(4)),
        "16 requests/s, the knee: beyond it latency grows more than throughput"
    );
    assert_eq!(answer(&result).numbers[0].label, "Knee");
    assert_eq!(with(&mut result, None, None, None), "No knee was found up to 64 requests/s");
    assert_eq!(answer(&result).numbers[0].label, "Highest load tried");
}

#[test]
fn one_model_against_itself() {
    let mut result = compared(SAME, AS_FAST);
    result.baseline = Some(result.candidate.clone());
    let answer = answer(&result);
    assert_eq!(answer.question, "How much of a difference is noise?");
    assert_eq!(answer.verdict, "With nothing changed, 5 of 30 pairs differ: so much is noise");
    assert_eq!(numbers(&answer)[0], "Pairs that differ | 16.7 % | 3 losses, 2 gains");
    assert!(answer.confidence.ends_with("pp (95 %) is noise"), "{}", answer.confidence);
}

fn tuned(domain: [ReadingVerdict; 2], regression: ReadingVerdict, speed: Option<(f64, f64)>) -> Answer {
    let mut result = compared(GAIN, speed);
    result.team = Some("finetune".to_owned());
    let reading = |id: &str, verdict, value: f64| Reading {
        id: id.to_owned(),
        verdict,
        value: Some(value),
        interval: Some(Interval { low: value - 3.0, high: value + 3.0 }),
        ..fixture::paired().readings.remove(0)
    };
    result.readings = vec![
        reading("domain_categories:medical", domain[0], 8.0),
        reading("domain_categories:legal", domain[1], 2.0),
        reading("regression_categories:regression", regression, -1.0),
    ];
    answer(&result)
}

#[test]
fn a_fine_tuned_variant_is_read_by_its_domains() {
    use ReadingVerdict::{Met, Missed, Unsettled};
    let yes = tuned([Met, Met], Met, AS_FAST);
    assert_eq!(
        yes.question,
        "Did mistral-7b-awq get better in its domain without forgetting or slowing down?"
    );
    assert_eq!(
        yes.verdict,
        "Yes: better in medical and legal; nothing forgotten in regression; no difference in speed is shown"
    );
    assert_eq!(
        numbers(&yes)[..2],
        [
            "legal | +2.0 | pp | [\u{2212}1.0, +5.0] (90 %)",
            "regression | \u{2212}1.0 | pp | [\u{2212}4.0, +2.0] (90 %)",
        ]
    );
    let unsettled = tuned([Met, Unsettled], Unsettled, FASTER).verdict;
    assert_eq!(
        unsettled,
        "Not known yet: better in medical; no gain shown in legal; forgetting not ruled out in regression; faster in this run"
    );
    let forgets = tuned([Met, Met], Missed, AS_FAST);
    assert!(
        forgets.verdict.starts_with("No: better in medical and legal; forgets regression"),
        "{}",
        forgets.verdict
    );
    assert_eq!(forgets.tone, Tone::Bad);
    let slower = tuned([Met, Met], Met, SLOWER);
    assert_eq!(slower.tone, Tone::Warn);
    assert!(slower.verdict.ends_with("; slower in this run"), "{}", slower.verdict);
}

#[test]
fn no_answer_says_more_than_the_findings() {
    let intervals = [SAME, LOSS, GAIN, None, Some((-9.0, 0.0)), Some((0.0, 4.0))];
    let speeds = [FASTER, SLOWER, AS_FAST, None, Some((0.8, 1.0)), Some((1.0, 1.3))];
    for quality in intervals {
        for speed in speeds {
            let result = compared(quality, speed);
            let view = ReportView::new(&result, &ReportInput::default());
            let found = view.findings.iter().map(|f| f.text.as_str()).collect::<Vec<_>>().join("\n");
            let verdict = view.answer.verdict.to_lowercase();
            for (said, by) in [("faster", "x faster"), ("slower", "x slower")] {
                assert_eq!(verdict.contains(said), found.contains(by), "{verdict}\n{found}");
            }
            assert_eq!(verdict.contains("a gain in"), found.contains("gain shown"), "{verdict}\n{found}");
            let loss = verdict.contains("loss of quality") && !verdict.contains("no loss of quality");
            assert_eq!(loss, found.contains("pp [") && found.contains(": loss shown"), "{verdict}\n{found}");
            let worst = view.findings.iter().any(|f| f.tone == Tone::Bad);
            assert!(!(view.answer.tone == Tone::Good && worst), "{verdict}\n{found}");
        }
    }
}

#[test]
fn hostile_names_are_cleaned_in_every_answer() {
    let answer = answer(&fixture::hostile());
    let json = serde_json::to_string(&answer).unwrap();
    assert!(!json.contains("\\u001b") && json.chars().all(|c| !c.is_control()), "{json}");
}

#[test]
fn yes_takes_a_gate_that_proves_something() {
    use GateVerdict::Pass;
    let of = |mode, missed| {
        let mut result = compared(SAME, FASTER);
        result.comparison.as_mut().unwrap().overall.minimum_detectable_loss_pp = Some(missed);
        let answer = gated(result, &[(GateKind::PassRate, mode, Pass)]);
        (answer.verdict, answer.tone)
    };
    let (verdict, tone) = of(GateMode::Prove, 15.6);
    assert!(verdict.starts_with("Yes: faster in this run, and a loss of more than "), "{verdict}");
    assert_eq!(tone, Tone::Good);
    assert!(
        of(GateMode::Harm, 4.0).0.starts_with("Yes: faster in this run, and no loss of quality is shown")
    );
    // Such a gate fails on a sure loss alone, and of so few prompts none could be.
    let (verdict, tone) = of(GateMode::Harm, 15.6);
    assert!(
        verdict.starts_with("Faster in this run; quality undecided: 30 prompts could have missed"),
        "{verdict}"
    );
    assert_eq!(tone, Tone::Plain);
    assert_eq!(of(GateMode::Detect, 15.6).1, Tone::Plain);
}

#[test]
fn no_answer_praises_what_could_not_be_lost() {
    let mut result = compared(SAME, FASTER);
    let overall = &mut result.comparison.as_mut().unwrap().overall;
    overall.minimum_detectable_loss_pp = Some(15.6);
    let undecided = answer(&result);
    assert_eq!(
        undecided.verdict,
        "Faster in this run; quality undecided: 30 prompts could have missed a loss of 15.6 pp"
    );
    assert_eq!(undecided.tone, Tone::Plain);
    result.comparison.as_mut().unwrap().overall.both_failed = 30;
    let nothing = answer(&result);
    assert_eq!(
        (nothing.verdict.as_str(), nothing.tone),
        ("Faster in this run; both fail nearly all of it: this set can't show a loss", Tone::Warn)
    );
    let lost = &mut result.comparison.as_mut().unwrap().categories[0];
    (lost.delta_pp, lost.score_p_holm) = (Some(-30.0), Some(0.01));
    let lost = answer(&result);
    assert_eq!(
        (lost.verdict.as_str(), lost.tone),
        ("Faster in this run, but a loss in arithmetic is shown", Tone::Warn)
    );
}

#[test]
fn a_busy_client_praises_no_speed() {
    let mut result = compared(SAME, FASTER);
    result.client_health.status = HealthStatus::Degraded;
    let busy = answer(&result);
    assert_eq!(
        busy.verdict,
        "Faster in this run, measured by a busy client, and no loss of quality is shown"
    );
    assert_eq!(busy.tone, Tone::Plain);
    assert!(busy.numbers.iter().all(|number| number.tone != Tone::Good));
}

#[test]
fn one_model_is_not_faster_than_itself() {
    let mut result = compared(SAME, FASTER);
    result.baseline = Some(result.candidate.clone());
    let faster = answer(&result);
    assert_eq!(faster.verdict, "One model against itself differs: order, cache or load plays a part");
    assert_eq!(faster.tone, Tone::Warn);
    assert!(!numbers(&faster).join("\n").contains("faster"), "{:?}", numbers(&faster));
    // 5 of 30 flip: 1.96·√(1/6 ÷ 30) = 14.6 pp to both sides.
    assert_eq!(
        faster.confidence,
        "A difference in pass rate within [\u{2212}14.6, +14.6] pp (95 %) is noise"
    );
}

#[test]
fn one_block_a_side_is_not_in_turn() {
    let mut result = compared(SAME, FASTER);
    assert_eq!(answer(&result).validity[1].tone, Tone::Plain);
    result.load.rounds = 2;
    assert_eq!(answer(&result).validity[1].text, "sound, both sides in turn");
}
