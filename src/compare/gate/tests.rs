use proptest::prelude::*;

use super::*;
use crate::compare::comparison::{Options, compare};
use crate::compare::pass_rate::paired_pass_rates;
use crate::compare::support::{judged, summary, table};
use crate::model::comparison::{GateMode, Interval, SpeedRatio};
use crate::model::gate::{GatedMetric, GatedStatistic, SpeedGate};
use crate::model::judgement::Verdict;
use crate::model::record::Side;
use crate::model::team::TeamKind;
use crate::stats::quantile::distribution;
use GateVerdict::{Fail, Inconclusive, Invalid, Pass};

const A: [usize; 4] = [24, 3, 1, 2];
const B: [usize; 4] = [198, 14, 5, 33];
const C: [usize; 4] = [200, 9, 9, 32];
const D: [usize; 4] = [45, 0, 0, 5];
const E: [usize; 4] = [40, 6, 0, 4];

fn asked(mode: GateMode) -> PassRateGate {
    PassRateGate { mode, ..PassRateGate::default() }
}

fn compared(rows: &[Row], gates: Gates) -> Comparison {
    let options = Options { seed: 1, gates, ..Options::default() };
    compare(rows, &summary(rows, Side::Candidate), &summary(rows, Side::Baseline), &options)
}

fn result(mode: GateMode, counts: [usize; 4]) -> GateResult {
    compared(&table("math", counts), Gates::of_pass_rate(asked(mode))).gates.remove(0)
}

/// The worked verdicts at m = 5 pp.
#[test]
fn the_worked_examples_are_judged_as_stated() {
    for (mode, expected) in [
        (GateMode::Prove, [Inconclusive, Inconclusive, Pass, Inconclusive, Fail]),
        (GateMode::Detect, [Inconclusive, Inconclusive, Pass, Pass, Fail]),
        // U < −5 pp only for E.
        (GateMode::Harm, [Pass, Pass, Pass, Pass, Fail]),
        // Deltas −6.7, −3.6, 0, 0, −12 pp.
        (GateMode::Point, [Fail, Pass, Pass, Pass, Fail]),
    ] {
        let verdicts = [A, B, C, D, E].map(|counts| result(mode, counts).verdict);
        assert_eq!(verdicts, expected, "{mode:?}");
    }
}

#[test]
fn reasons_hold_the_numbers() {
    assert_eq!(
        result(GateMode::Detect, E).reason,
        "harm shown: delta −12.0 pp, 90 % interval −21.6 to −6.3 pp, 50 pairs; the interval lies below 0 and \
         the loss reaches the margin of 5 pp"
    );
    let passed = result(GateMode::Detect, D).reason;
    assert!(passed.starts_with("no harm shown, could have missed up to "), "{passed}");
    assert!(passed.ends_with("pp: delta +0.0 pp, 90 % interval −5.1 to +5.1 pp, 50 pairs"), "{passed}");
    let small = result(GateMode::Detect, B).reason;
    assert!(small.contains("delta −3.6 pp, 90 % interval −6.8 to −0.8 pp, 250 pairs"), "{small}");
    let alarms = result(GateMode::Point, A).reason;
    assert!(alarms.contains("equal models would fail this gate in "), "{alarms}");
}

/// The truth being what was seen: a loss of 3.6 pp at 7.6 % flips is proved smaller than 5 pp by some thousand
/// pairs, one of 6.7 pp at 13.3 % shown by 338 (ψ(z₀.₈/(loss − m))², normal; fewer by
/// enumeration, for counts are whole).
#[test]
fn an_inconclusive_gate_says_how_many_pairs_would_decide_it() {
    let (prove, detect) = (result(GateMode::Prove, B), result(GateMode::Detect, A));
    let needed = prove.pairs_to_decide.unwrap();
    assert!((2_000..3_000).contains(&needed), "{needed}");
    assert!(
        prove.reason.ends_with(&format!(
            "were the true loss 3.6 pp, about 2,{:03} pairs would decide it in 80 % of such runs",
            needed - 2_000
        )),
        "{}",
        prove.reason
    );
    let needed = detect.pairs_to_decide.unwrap();
    assert!((280..360).contains(&needed), "{needed}");
    assert_eq!(prove.on_inconclusive, Some(OnInconclusive::Fail));
    assert_eq!(detect.on_inconclusive, Some(OnInconclusive::Warn));
    // A loss that is shown and small stays so.
    assert_eq!(result(GateMode::Detect, B).pairs_to_decide, None);
    assert_eq!(result(GateMode::Prove, D).pairs_to_decide, Some(52));
}

#[test]
fn proving_five_points_takes_fifty_two_pairs_at_least() {
    let reason = result(GateMode::Prove, [51, 0, 0, 0]).reason;
    assert!(
        reason.contains("51 pairs can't prove it without a net gain, for that takes at least 52"),
        "{reason}"
    );
    assert_eq!(result(GateMode::Prove, [51, 0, 0, 0]).verdict, Inconclusive);
    assert_eq!(result(GateMode::Prove, [52, 0, 0, 0]).verdict, Pass);
}

/// 5 of 100 lost is a delta of exactly −5 pp: at the margin for `detect`, not beyond it for `point`.
#[test]
fn a_delta_at_the_margin_reaches_it_and_does_not_exceed_it() {
    assert_eq!(result(GateMode::Detect, [95, 5, 0, 0]).verdict, Fail);
    assert_eq!(result(GateMode::Point, [95, 5, 0, 0]).verdict, Pass);
}

#[test]
fn alpha_is_the_gates_own() {
    let with = |alpha| {
        let gates = Gates::of_pass_rate(PassRateGate { alpha, ..PassRateGate::default() });
        compared(&table("math", A), gates).gates.remove(0)
    };
    // One-sided p of A is .159.
    assert_eq!((with(0.05).verdict, with(0.2).verdict), (Inconclusive, Fail));
    assert!(with(0.2).reason.contains("60 % interval"), "{}", with(0.2).reason);
}

#[test]
fn an_unsound_comparison_is_invalid_whatever_the_numbers() {
    let rows = table("math", E);
    let gates = Gates {
        floors: [("overall".to_owned(), 0.5)].into(),
        ..Gates::of_pass_rate(PassRateGate::default())
    };
    let options = Options {
        seed: 1,
        gates,
        invalid_because: vec!["sampling differs".to_owned()],
        ..Options::default()
    };
    let comparison =
        compare(&rows, &summary(&rows, Side::Candidate), &summary(&rows, Side::Baseline), &options);
    let verdicts: Vec<_> = comparison.gates.iter().map(|gate| gate.verdict).collect();
    // What the candidate does by itself needs no comparison.
    assert_eq!(verdicts, [Invalid, Pass]);
    assert_eq!(comparison.gates[0].reason, "the sides can't be compared: sampling differs");
    assert_eq!(comparison.overall.verdict, Some(Invalid));
}

#[test]
fn a_primary_category_has_its_own_gate_and_an_unknown_one_is_named() {
    let rows = [table("math", E), table("code", D)].concat();
    let primary = ["math", "code", "maths"].map(|name| (name.to_owned(), PassRateGate::default()));
    let comparison = compared(&rows, Gates { primary: primary.into(), ..Gates::default() });
    let [code, math, unknown] = comparison.gates.as_slice() else { panic!("{:?}", comparison.gates) };
    assert_eq!((code.name.as_str(), code.verdict), ("pass_rate code", Pass));
    assert_eq!((math.name.as_str(), math.verdict), ("pass_rate math", Fail));
    assert_eq!(unknown.verdict, Invalid);
    assert_eq!(unknown.reason, "there is no category `maths` to gate on; there are `code`, `math`");
}

/// One of five categories loses 3 of 40: p one-sided is about .04, which five looks don't bear out.
#[test]
fn what_is_found_in_one_of_many_categories_is_corrected_for() {
    let worse = table("math", [37, 3, 0, 0]);
    let alone = compared(&worse, Gates { categories: Some(asked(GateMode::Detect)), ..Gates::default() });
    assert_eq!(alone.gates[0].verdict, Fail);
    let others = ["a", "b", "c", "d"].map(|name| table(name, [39, 0, 0, 1])).concat();
    let rows = [worse, others].concat();
    let gates = Gates { categories: Some(asked(GateMode::Detect)), ..Gates::default() };
    let family = compared(&rows, gates);
    let math = family.gates.iter().find(|gate| gate.category.as_deref() == Some("math")).unwrap();
    assert_eq!((family.gates.len(), math.verdict), (5, Inconclusive));
    assert!(math.reason.contains("after Holm over 5 categories"), "{}", math.reason);
    // Declared beforehand it has its own α.
    let primary =
        Gates { primary: [("math".to_owned(), asked(GateMode::Detect))].into(), ..Gates::default() };
    assert_eq!(compared(&rows, primary).gates[0].verdict, Fail);
}

#[test]
fn proving_all_categories_needs_no_correction() {
    let rows = ["a", "b", "c"].map(|name| table(name, [60, 0, 0, 0])).concat();
    let gates = Gates { categories: Some(asked(GateMode::Prove)), ..Gates::default() };
    assert!(compared(&rows, gates.clone()).gates.iter().all(|gate| gate.verdict == Pass));
    let rows = [rows, table("d", [20, 0, 0, 0])].concat();
    let verdicts: Vec<_> = compared(&rows, gates).gates.iter().map(|gate| gate.verdict).collect();
    assert_eq!(verdicts, [Pass, Pass, Pass, Inconclusive]);
}

/// The p-value is the α at which the interval's upper limit is the bound: for Tango's interval that of the score
/// statistic. A: T(0) = −2/√4 = −1, p one-sided .158655.
#[test]
fn one_sided_p_values_are_the_intervals_own() {
    let p = |mode, counts| {
        let (rate, _) = paired_pass_rates(&table("math", counts));
        Gate::on(None, Some(&asked(mode))).p_value(&rate)
    };
    let near = |p: Option<f64>, expected: f64| assert!((p.unwrap() - expected).abs() < 1e-5, "{p:?}");
    near(p(GateMode::Detect, A), 0.158_655);
    near(p(GateMode::Detect, C), 0.5);
    // Mirrored.
    near(p(GateMode::Detect, [24, 1, 3, 2]), 1.0 - 0.158_655);
    assert_eq!(p(GateMode::Point, A), None);
    assert!(p(GateMode::Harm, E).unwrap() < 0.05 && p(GateMode::Harm, A).unwrap() > 0.05);
}

#[test]
fn every_pass_rate_has_a_verdict_without_a_gate() {
    let rows = [table("math", E), table("code", D)].concat();
    let comparison = compared(&rows, Gates::default());
    assert!(comparison.gates.is_empty());
    // 6 of 100 lost.
    assert_eq!(comparison.overall.verdict, Some(Fail));
    let verdicts: Vec<_> = comparison.categories.iter().map(|rate| rate.verdict.unwrap()).collect();
    assert_eq!(verdicts, [Pass, Fail]);
    assert!(comparison.categories[1].verdict_reason.as_ref().unwrap().contains("after Holm over 2"));
}

#[test]
fn degenerate_categories_have_right_answers() {
    let all_pass = result(GateMode::Detect, [30, 0, 0, 0]);
    let all_fail = result(GateMode::Detect, [0, 0, 0, 30]);
    assert_eq!((all_pass.verdict, all_fail.verdict), (Pass, Inconclusive));
    assert_eq!(result(GateMode::Detect, [0, 30, 0, 0]).verdict, Fail);
    // One prompt, lost: as large as can be, and still maybe chance.
    let one = result(GateMode::Detect, [0, 1, 0, 0]);
    assert_eq!(one.verdict, Inconclusive);
    assert_eq!(result(GateMode::Detect, [1, 0, 0, 0]).verdict, Pass);
    let reason = result(GateMode::Detect, [1, 0, 0, 0]).reason;
    assert!(reason.contains("too few pairs to show any loss"), "{reason}");
    // All missing: nothing to compare.
    let rows: Vec<Row> =
        (0..10).map(|id| judged(id, "math", Verdict::Pass, Verdict::TransportError)).collect();
    assert_eq!(compared(&rows, Gates::of_pass_rate(PassRateGate::default())).gates[0].verdict, Invalid);
}

fn floor(floor: f64, counts: [usize; 4]) -> GateResult {
    let gates = Gates { floors: [("math".to_owned(), floor)].into(), ..Gates::default() };
    let rows = table("math", counts);
    of_run(&gates, &rows, &summary(&rows, Side::Candidate)).remove(0)
}

/// Wilson 90 % of 27/30 is .781 to .958, of 24/30 .659 to .892.
#[test]
fn a_floor_fails_only_where_it_is_shown() {
    assert_eq!(floor(0.8, [27, 0, 0, 3]).verdict, Pass);
    assert_eq!(floor(0.8, [24, 0, 0, 6]).verdict, Pass, "at the floor");
    let maybe = floor(0.85, [24, 0, 0, 6]);
    assert_eq!(maybe.verdict, Inconclusive);
    // 80 % of 30 is below 85 % for sure from about z²·.8·.2/.05² = 173 prompts, a little fewer by Wilson's limit.
    let needed = maybe.pairs_to_decide.unwrap();
    assert!((130..180).contains(&needed), "{needed}");
    assert_eq!(floor(0.9, [24, 0, 0, 6]).verdict, Fail);
    assert_eq!(
        (maybe.name.as_str(), maybe.category.as_deref(), maybe.bound),
        ("floor math", Some("math"), Some(0.85))
    );
    let unknown = of_run(
        &Gates { floors: [("maths".to_owned(), 0.5)].into(), ..Gates::default() },
        &table("math", A),
        &summary(&table("math", A), Side::Candidate),
    );
    assert_eq!(unknown[0].verdict, Invalid);
}

#[test]
fn a_run_by_itself_has_no_gate_on_a_difference() {
    let rows = table("math", A);
    let gates = Gates {
        primary: [("math".to_owned(), PassRateGate::default())].into(),
        floors: [("overall".to_owned(), 0.5)].into(),
        ..resolved(&Gates::of_preset(TeamKind::Quantization), |_| true)
    };
    let results = of_run(&gates, &rows, &summary(&rows, Side::Candidate));
    let told: Vec<_> = results.iter().map(|result| (result.name.as_str(), result.verdict)).collect();
    assert_eq!(
        told,
        [
            ("pass_rate overall", Invalid),
            ("pass_rate math", Invalid),
            ("pass_rate of each category", Invalid),
            ("e2e_ms p50", Invalid),
            ("floor overall", Pass),
        ]
    );
    assert_eq!(results[0].reason, "it needs a baseline, and the run has none");
}

/// 5 of 249 and 1 of 249 pass: nothing that the candidate could do would be a loss of 5 points.
#[test]
fn no_gate_passes_where_no_loss_could_have_failed_it() {
    let reason = "the baseline passes only 2.0 %, so no loss could reach the margin of 5 pp: use easier prompts or a \
                  smaller margin; delta −1.6 pp";
    for mode in [GateMode::Detect, GateMode::Harm, GateMode::Prove, GateMode::Point] {
        let told = result(mode, [1, 4, 0, 244]);
        assert_eq!((told.verdict, told.pairs_to_decide), (Inconclusive, None), "{mode:?}");
    }
    let told = result(GateMode::Harm, [1, 4, 0, 244]);
    assert!(told.reason.starts_with(reason), "{}", told.reason);
    // As large as the margin it can be reached.
    assert_eq!(result(GateMode::Point, [1, 4, 0, 95]).verdict, Pass);
    let rows = [table("hard", [1, 0, 0, 99]), table("math", [95, 0, 0, 5])].concat();
    let gates = Gates { categories: Some(asked(GateMode::Detect)), ..Gates::default() };
    let comparison = compared(&rows, gates.clone());
    assert_eq!(comparison.gates.iter().map(|gate| gate.verdict).collect::<Vec<_>>(), [Inconclusive, Pass]);
    assert_eq!(comparison.categories[0].verdict, Some(Inconclusive));
    assert_eq!(compared(&rows, Gates::default()).categories[0].verdict, Some(Inconclusive));
    let primary = Gates { primary: [("hard".to_owned(), asked(GateMode::Prove))].into(), ..gates };
    assert_eq!(compared(&rows, primary).gates[0].verdict, Inconclusive);
}

#[test]
fn nothing_judged_is_no_gate_passed() {
    let rows: Vec<Row> =
        (0..9).map(|id| judged(id, "chat", Verdict::Unchecked, Verdict::Unchecked)).collect();
    let unasked = compared(&rows, Gates::default());
    assert!(unasked.invalid_because.is_empty(), "{:?}", unasked.invalid_because);
    let of_category = Gates { categories: Some(asked(GateMode::Detect)), ..Gates::default() };
    for gates in [Gates::of_pass_rate(PassRateGate::default()), of_category] {
        let told = compared(&rows, gates);
        assert_eq!(told.invalid_because, ["no prompt was judged on both sides"]);
        assert_eq!(told.gates[0].verdict, Invalid);
    }
    let floor = Gates { floors: [("overall".to_owned(), 0.1)].into(), ..Gates::default() };
    assert_eq!(compared(&rows, floor).gates[0].verdict, Invalid);
    // Of one category alone.
    let rows = [rows, table("math", A)].concat();
    let primary =
        Gates { primary: [("chat".to_owned(), asked(GateMode::Detect))].into(), ..Gates::default() };
    let told = compared(&rows, primary);
    assert_eq!((told.gates[0].verdict, told.invalid_because.len()), (Invalid, 0));
}

/// Four of five right answers are no 80 % where five more were never judged.
#[test]
fn a_pass_rate_of_which_too_much_is_missing_is_invalid() {
    let of = |missing: usize| {
        let passed = (0..4).map(|id| judged(id, "math", Verdict::Pass, Verdict::Pass));
        let wrong = judged(4, "math", Verdict::Pass, Verdict::Wrong);
        let lost = (5..5 + missing).map(|id| judged(id, "math", Verdict::Pass, Verdict::JudgeUnparsed));
        let rows: Vec<Row> = passed.chain([wrong]).chain(lost).collect();
        let gates = Gates {
            floors: ["math", OVERALL].map(|name| (name.to_owned(), 0.75)).into(),
            slos: vec!["pass_rate>=0.75".to_owned()],
            ..Gates::default()
        };
        of_run(&gates, &rows, &summary(&rows, Side::Candidate))
    };
    assert!(of(2).iter().all(|result| result.verdict == Pass), "{:?}", of(2));
    let lost = of(5);
    assert!(lost.iter().all(|result| result.verdict == Invalid), "{lost:?}");
    let reason = "5 of 10 responses are missing (judge_unparsed 5), more than the 2 tolerated";
    assert!(lost.iter().all(|result| result.reason == reason), "{lost:?}");
}

/// With 60 % failed no p95 is met, of however few successes it is.
#[test]
fn an_objective_that_failures_break_fails() {
    let mut ms: Vec<f64> = (1..=20).map(f64::from).collect();
    let e2e_ms = distribution(&mut ms);
    let of = |error_rate, limit: u32| {
        let candidate = SideSummary {
            error_rate: Some(error_rate),
            e2e_ms,
            ..summary(&table("math", A), Side::Candidate)
        };
        let gates = Gates { slos: vec![format!("e2e_p95_ms<={limit}")], ..Gates::default() };
        of_run(&gates, &table("math", A), &candidate).remove(0)
    };
    assert_eq!(of(0.0, 3000).verdict, Inconclusive);
    for limit in [3000, 2] {
        let failed = of(0.6, limit);
        assert_eq!((failed.verdict, failed.pairs_to_decide), (Fail, None));
        assert!(failed.reason.contains("60.0 % of the requests failed"), "{}", failed.reason);
    }
}

/// What a FAIL takes among five is more than alone, and an interval beyond the margin doesn't contain it.
#[test]
fn a_family_asks_for_more_than_a_category_alone() {
    let gate = |mode| Gate::on(Some("math"), Some(&asked(mode)));
    let (rate, _) = paired_pass_rates(&table("math", [33, 7, 0, 0]));
    let among = Some(family::Among { p: 0.2, categories: 5 });
    let told = gate(GateMode::Prove).decide(&rate, among);
    assert_eq!(told.verdict, Inconclusive);
    assert!(
        told.reason.starts_with("the interval lies beyond the margin of 5 pp, but that may be"),
        "{}",
        told.reason
    );
    let (rate, _) = paired_pass_rates(&table("math", [37, 3, 0, 0]));
    let detect = gate(GateMode::Detect);
    let (alone, others) =
        (detect.decide(&rate, Some(family::Among { p: 0.2, categories: 1 })), detect.decide(&rate, among));
    assert!(alone.pairs_to_decide.unwrap() < others.pairs_to_decide.unwrap(), "{alone:?} {others:?}");
    let alone =
        compared(&table("a", [39, 0, 0, 1]), Gates::default()).categories[0].minimum_detectable_loss_pp;
    let rows = ["a", "b", "c", "d", "e"].map(|name| table(name, [39, 0, 0, 1])).concat();
    let of_five = compared(&rows, Gates::default()).categories[0].minimum_detectable_loss_pp;
    assert!(alone.unwrap() + 1.0 < of_five.unwrap(), "{alone:?} {of_five:?}");
}

/// What a stricter gate than the stored one can't find isn't left as the other could.
#[test]
fn a_detectable_loss_is_the_gates_own() {
    let mut comparison = compared(&table("math", [3, 0, 0, 0]), Gates::default());
    assert!(comparison.overall.minimum_detectable_loss_pp.is_some());
    let strict = Gates::of_pass_rate(PassRateGate { alpha: 0.001, ..PassRateGate::default() });
    let rows = table("math", [3, 0, 0, 0]);
    decide(&mut comparison, &strict, &rows, &summary(&rows, Side::Candidate));
    assert_eq!(comparison.overall.minimum_detectable_loss_pp, None);
}

#[test]
fn errors_and_objectives_are_the_candidates_own() {
    let mut ms: Vec<f64> = (1..=100).map(f64::from).collect();
    let candidate = SideSummary {
        error_rate: Some(0.03),
        e2e_ms: distribution(&mut ms),
        ..summary(&table("math", A), Side::Candidate)
    };
    let gates = Gates {
        max_error_rate: Some(0.02),
        slos: vec![
            "e2e_p50_ms<=60,e2e_p90_ms<=80".to_owned(),
            "e2e_p95_ms<=500".to_owned(),
            "output_tokens_per_s>=5".to_owned(),
        ],
        ..Gates::default()
    };
    let results = of_run(&gates, &table("math", A), &candidate);
    let told: Vec<_> = results.iter().map(|result| (result.name.as_str(), result.verdict)).collect();
    assert_eq!(
        told,
        [
            ("error_rate", Fail),
            ("e2e_p50_ms", Pass),
            ("e2e_p90_ms", Fail),
            ("e2e_p95_ms", Inconclusive),
            ("output_tokens_per_s", Inconclusive),
        ]
    );
    assert_eq!(results[3].pairs_to_decide, Some(130));
    assert!(results.iter().all(|result| result.on_inconclusive == Some(OnInconclusive::Warn)));
}

fn speed_verdict(gate: &SpeedGate, ratio: Option<[f64; 3]>) -> GateVerdict {
    let mut comparison = compared(&table("math", A), Gates::default());
    comparison.speed = vec![SpeedRatio {
        metric: gate.metric.name().to_owned(),
        statistic: gate.statistic_name().to_owned(),
        higher_is_better: gate.metric.is_rate(),
        baseline: None,
        candidate: None,
        ratio: ratio.map(|[ratio, ..]| ratio),
        interval_95: ratio.map(|[_, low, high]| Interval { low, high }),
        method: None,
        absent_because: Some("one round".to_owned()),
    }];
    let gates = Gates { speed: vec![gate.clone()], ..Gates::default() };
    let rows = table("math", A);
    decide(&mut comparison, &gates, &rows, &summary(&rows, Side::Candidate));
    comparison.gates[0].verdict
}

#[test]
fn ratios_of_speed_fail_and_pass_by_their_whole_interval() {
    let gate =
        |metric| SpeedGate { metric, statistic: GatedStatistic::P50, tolerance: 0.1, on_inconclusive: None };
    let (e2e, rate) = (gate(GatedMetric::E2eMs), gate(GatedMetric::OutputTokensPerS));
    assert_eq!(speed_verdict(&e2e, Some([1.2, 1.11, 1.3])), Fail);
    assert_eq!(speed_verdict(&e2e, Some([1.2, 1.09, 1.3])), Inconclusive);
    assert_eq!(speed_verdict(&e2e, Some([1.0, 0.9, 1.09])), Pass);
    assert_eq!(speed_verdict(&rate, Some([0.8, 0.7, 0.89])), Fail);
    assert_eq!(speed_verdict(&rate, Some([0.9, 0.8, 1.0])), Inconclusive);
    assert_eq!(speed_verdict(&rate, Some([1.5, 0.91, 2.0])), Pass);
    assert_eq!(speed_verdict(&e2e, None), Inconclusive);
}

#[test]
fn a_percentile_of_too_few_requests_is_inconclusive() {
    let gate = SpeedGate {
        metric: GatedMetric::E2eMs,
        statistic: GatedStatistic::P95,
        tolerance: 0.1,
        on_inconclusive: Some(OnInconclusive::Fail),
    };
    let result = compared(&table("math", A), Gates { speed: vec![gate], ..Gates::default() }).gates.remove(0);
    assert_eq!((result.verdict, result.pairs_to_decide), (Inconclusive, Some(130)));
    assert_eq!((result.name.as_str(), result.on_inconclusive), ("e2e_ms p95", Some(OnInconclusive::Fail)));
}

#[test]
fn speed_does_not_offset_quality() {
    let gates = Gates {
        speed: vec![SpeedGate {
            metric: GatedMetric::E2eMs,
            statistic: GatedStatistic::P50,
            tolerance: 0.1,
            on_inconclusive: None,
        }],
        ..Gates::of_pass_rate(PassRateGate::default())
    };
    let verdicts: Vec<_> = compared(&table("math", E), gates).gates.iter().map(|gate| gate.verdict).collect();
    assert!(verdicts.contains(&Fail), "{verdicts:?}");
}

#[test]
fn a_preset_lies_under_what_is_said() {
    let all = resolved(&Gates::of_preset(TeamKind::FineTuning), |_| true);
    assert_eq!(all.primary.keys().collect::<Vec<_>>(), ["regression"]);
    assert_eq!((all.primary["regression"].mode, all.preset), (GateMode::Detect, None));
    // What a set doesn't have is not asked of it; what was written by hand is.
    let none = resolved(&Gates::of_preset(TeamKind::FineTuning), |_| false);
    assert!(none.primary.is_empty() && none.pass_rate.is_some());
    let own = Gates {
        pass_rate: Some(asked(GateMode::Prove)),
        floors: [("overall".to_owned(), 0.9)].into(),
        ..Gates::of_preset(TeamKind::Evaluation)
    };
    let own = resolved(&own, |_| true);
    assert_eq!((own.pass_rate.unwrap().mode, own.floors["overall"]), (GateMode::Prove, 0.9));
    assert_eq!(own.max_error_rate, Some(0.02));
    assert!(preset(TeamKind::Quantization).categories.is_some());
}

#[test]
fn one_policy_for_all() {
    let own = PassRateGate { on_inconclusive: Some(OnInconclusive::Pass), ..PassRateGate::default() };
    let of = |gates| compared(&table("math", A), gates).gates[0].on_inconclusive;
    assert_eq!(of(Gates::of_pass_rate(own.clone())), Some(OnInconclusive::Pass));
    assert_eq!(of(Gates::of_pass_rate(own).with_policy(OnInconclusive::Fail)), Some(OnInconclusive::Fail));
}

proptest! {
    #[test]
    fn a_larger_loss_never_gets_a_better_verdict(
        a in 4..60_usize, losses in 0..12_usize, gains in 1..12_usize, b in 0..10_usize,
    ) {
        // A baseline that passes less than the margin has nothing to lose.
        for mode in [GateMode::Detect, GateMode::Harm, GateMode::Prove, GateMode::Point] {
            let verdict = |counts| {
                let (rate, _) = paired_pass_rates(&table("math", counts));
                Gate::on(None, Some(&asked(mode))).decide(&rate, None).verdict
            };
            // The verdicts are ordered from pass to fail.
            prop_assert!(verdict([a, losses + 1, gains - 1, b]) >= verdict([a, losses, gains, b]));
        }
    }

    /// The tables of `docs/gates.md` and all enumerations ask the rule, which knows counts and no interval.
    #[test]
    fn gates_decide_by_their_rule(
        a in 0..60_usize, losses in 0..14_usize, gains in 0..14_usize, b in 0..10_usize, margin_pp in 1..15_u32,
    ) {
        prop_assume!(a + losses + gains + b > 0);
        for mode in [GateMode::Detect, GateMode::Harm, GateMode::Prove, GateMode::Point] {
            let asked = PassRateGate { margin_pp: margin_pp.into(), ..asked(mode) };
            let gate = Gate::on(None, Some(&asked));
            let (rate, _) = paired_pass_rates(&table("math", [a, losses, gains, b]));
            prop_assume!(100.0 * rate.baseline.rate.unwrap() >= gate.margin_pp);
            let by_rule = gate.rule().verdict(crate::compare::interval::counts(&rate)).unwrap();
            prop_assert_eq!(gate.decide(&rate, None).verdict, by_rule, "{:?}", mode);
        }
    }

    /// What Holm leaves of a family of one is the interval's own verdict.
    #[test]
    fn p_values_and_intervals_agree(
        a in 0..60_usize, losses in 0..14_usize, gains in 0..14_usize, b in 1..10_usize,
    ) {
        let (rate, _) = paired_pass_rates(&table("math", [a, losses, gains, b]));
        for (mode, bound) in [(GateMode::Detect, 0.0), (GateMode::Harm, -5.0)] {
            let p = Gate::on(None, Some(&asked(mode))).p_value(&rate).unwrap();
            let high = rate.interval_90_pp.unwrap().high;
            prop_assume!((high - bound).abs() > 1e-6);
            prop_assert_eq!(p < 0.05, high < bound, "p {}, high {}", p, high);
        }
    }
}
