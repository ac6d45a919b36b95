//! Every threshold from both sides, and every reason why something isn't read.

use serde_json::json;

use super::*;
use crate::compare::speed::ROUNDS;
use crate::compare::support::{judged, run, summary, table, timed};
use crate::compare::{Options, compare, pass_rates};
use crate::model::comparison::SpeedRatio;
use crate::model::judgement::Verdict::{Pass, TransportError, Unchecked, Wrong};
use crate::model::record::Side;
use crate::model::summary::TokenSource;
use crate::model::team::ReadingVerdict::{Met, Missed, NotApplicable, Unsettled};

/// A run of this team with its comparison, no speed measured.
fn result(team: &str, rows: Vec<Row>) -> RunResult {
    let mut result = run("run-1", rows);
    result.team = Some(team.to_owned());
    let (candidate, baseline) =
        (summary(&result.rows, Side::Candidate), summary(&result.rows, Side::Baseline));
    let mut comparison = compare(&result.rows, &candidate, &baseline, &Options::default());
    comparison.speed.clear();
    comparison.output_token_ratio = Some(1.0);
    result.candidate.pass_rates = pass_rates(&result.rows, Side::Candidate);
    result.comparison = Some(comparison);
    result
}

fn ratio_of(metric: &str, statistic: &str, [low, value, high]: [f64; 3]) -> SpeedRatio {
    SpeedRatio {
        metric: metric.to_owned(),
        statistic: statistic.to_owned(),
        higher_is_better: statistic == "rate",
        baseline: Some(1_000.0),
        candidate: Some(1_000.0 * value),
        ratio: Some(value),
        interval_95: Some(Interval { low, high }),
        method: Some(ROUNDS.to_owned()),
        absent_because: None,
    }
}

fn with_speed(team: &str, ratios: &[SpeedRatio]) -> RunResult {
    let rows =
        (0..140).map(|id| crate::compare::support::row(id, "math", timed(90.0, 10.0), timed(90.0, 10.0)));
    let mut result = result(team, rows.collect());
    result.comparison.as_mut().unwrap().speed = ratios.to_vec();
    result
}

fn find(result: &RunResult, id: &str) -> Reading {
    let readings = of_result(result, false);
    let found = readings.iter().find(|reading| reading.id == id);
    found.unwrap_or_else(|| panic!("{id} is not among {readings:#?}")).clone()
}

fn latency(team: &str, limits: [f64; 3]) -> Reading {
    find(&with_speed(team, &[ratio_of("e2e_ms", "p95", limits)]), "e2e_p95_ratio_at_most")
}

fn rate(team: &str, limits: [f64; 3]) -> Reading {
    find(&with_speed(team, &[ratio_of("output_tokens_per_s", "rate", limits)]), "throughput_ratio_at_least")
}

#[test]
fn a_quantized_variant_is_to_be_20_percent_faster_by_its_whole_interval() {
    let read = latency("quant", [0.60, 0.63, 0.67]);
    assert_eq!((read.verdict, read.next.as_deref()), (Met, None));
    assert_eq!(read.evidence, "ratio 0.63 (95 % 0.60 to 0.67; n 140; 630 against 1000 ms)");
    assert_eq!(read.expected, "at least 20 % below the baseline's");
    assert_eq!((read.value, read.bound, read.n), (Some(0.63), Some(0.8), Some(140)));
    // 40 % faster and more is no fault; at the bound is met; the point alone decides nothing.
    assert_eq!(latency("quant", [0.30, 0.35, 0.40]).verdict, Met);
    assert_eq!(latency("quant", [0.70, 0.75, 0.80]).verdict, Met);
    assert_eq!(latency("quant", [0.70, 0.75, 0.81]).verdict, Unsettled);
    assert_eq!(latency("quant", [0.79, 0.85, 0.90]).verdict, Unsettled);
    let slow = latency("quant", [0.81, 0.85, 0.90]);
    assert_eq!(slow.verdict, Missed);
    assert!(!slow.evidence.contains("no speed benefit") && slow.next.is_some());
    let overlapping = latency("quant", [0.95, 0.99, 1.03]);
    assert!(overlapping.evidence.ends_with("latencies overlap: no speed benefit on this hardware"));
}

#[test]
fn a_quantized_variant_is_to_bring_half_as_many_tokens_again() {
    assert_eq!(rate("quant", [1.50, 1.7, 1.9]).verdict, Met);
    assert_eq!(rate("quant", [2.5, 2.7, 2.9]).verdict, Met, "more is better");
    assert_eq!(rate("quant", [1.49, 1.7, 1.9]).verdict, Unsettled);
    let read = rate("quant", [1.1, 1.2, 1.49]);
    assert_eq!(read.verdict, Missed);
    assert!(read.next.unwrap().contains("memory bandwidth"));
    assert_eq!(read.expected, "at least 1.50 times the baseline's");
}

#[test]
fn a_fine_tuned_variant_may_be_10_percent_slower_and_is_suspect_at_20() {
    assert_eq!(latency("finetune", [0.7, 0.8, 0.9]).verdict, Met, "faster is no fault");
    assert_eq!(latency("finetune", [1.02, 1.05, 1.10]).verdict, Met);
    let unsettled = latency("finetune", [1.05, 1.12, 1.21]);
    assert_eq!(unsettled.verdict, Unsettled);
    assert!(
        unsettled.evidence.contains("20 % above the baseline's, which would be suspect, is not ruled out")
    );
    let slow = latency("finetune", [1.11, 1.15, 1.19]);
    assert_eq!((slow.verdict, slow.evidence.contains("suspect")), (Missed, false));
    let suspect = latency("finetune", [1.21, 1.25, 1.3]);
    assert!(
        suspect.evidence.ends_with("suspect: more than 20 % above the baseline's"),
        "{}",
        suspect.evidence
    );
    assert_eq!(rate("finetune", [0.85, 0.9, 0.95]).verdict, Met);
    assert_eq!(rate("finetune", [0.84, 0.9, 0.95]).verdict, Unsettled);
    let drop = rate("finetune", [0.7, 0.8, 0.84]);
    assert_eq!((drop.verdict, drop.expected.as_str()), (Missed, "at most 15 % below the baseline's"));
    assert!(drop.next.unwrap().contains("rank"));
}

#[test]
fn answers_of_different_length_are_read_by_tpot_too() {
    let mut result = with_speed(
        "quant",
        &[ratio_of("e2e_ms", "p95", [0.5, 0.55, 0.6]), ratio_of("tpot_ms", "p50", [0.95, 0.97, 0.99])],
    );
    let id = "e2e_p95_ratio_at_most";
    result.comparison.as_mut().unwrap().output_token_ratio = Some(0.89);
    let read = find(&result, id);
    assert_eq!(read.verdict, Unsettled, "it is faster only for being shorter");
    assert!(read.evidence.contains("the answers are 0.89 times as long"), "{}", read.evidence);
    assert!(read.evidence.contains("TPOT p50, free of length, has ratio 0.97"), "{}", read.evidence);
    result.comparison.as_mut().unwrap().speed[1] = ratio_of("tpot_ms", "p50", [0.6, 0.65, 0.7]);
    assert_eq!(find(&result, id).verdict, Met, "both say so");
    result.comparison.as_mut().unwrap().speed.truncate(1);
    assert_eq!(find(&result, id).verdict, Unsettled);
    result.comparison.as_mut().unwrap().output_token_ratio = Some(0.9);
    assert!(!find(&result, id).evidence.contains("as long"));
}

/// Each reason by itself, with what to do.
#[test]
fn a_speed_that_cannot_be_read_says_why() {
    let reason = |result: &RunResult, id: &str| {
        let read = find(result, id);
        assert_eq!((read.verdict, read.value), (NotApplicable, None), "{read:?}");
        assert!(read.next.is_some_and(|next| !next.is_empty()));
        read.evidence
    };
    let p95 = "e2e_p95_ratio_at_most";
    let tokens = "throughput_ratio_at_least";
    let whole = || {
        with_speed(
            "quant",
            &[
                ratio_of("e2e_ms", "p95", [0.5, 0.6, 0.7]),
                ratio_of("output_tokens_per_s", "rate", [1.5, 1.6, 1.7]),
            ],
        )
    };
    let mut few = whole();
    few.rows.truncate(129);
    few.comparison.as_mut().unwrap().speed[0] = ratio_of("e2e_ms", "p50", [0.5, 0.6, 0.7]);
    assert_eq!(
        reason(&few, p95),
        "a P95 takes 130 requests on both sides, here are 129; the median's ratio is 0.60 (95 % 0.50 to 0.70)"
    );
    for (id, row) in (0..).zip(&mut few.rows) {
        row.key.round = id % 3;
    }
    assert!(reason(&few, p95).starts_with("a P95 takes 130 requests on both sides a round, here are 43;"));

    let mut one_round = whole();
    let speed = &mut one_round.comparison.as_mut().unwrap().speed[1];
    speed.interval_95 = None;
    speed.absent_because = Some("an interval takes 3 rounds".to_owned());
    assert_eq!(reason(&one_round, tokens), "an interval takes 3 rounds (ratio 1.60)");

    let mut cached = whole();
    for speed in &mut cached.comparison.as_mut().unwrap().speed {
        (speed.ratio, speed.interval_95) = (None, None);
        speed.absent_because = Some("a cache answered 50 % of one side".to_owned());
    }
    for id in [p95, tokens] {
        assert_eq!(reason(&cached, id), "a cache answered 50 % of one side");
    }

    let mut invalid = whole();
    invalid.client_health.status = HealthStatus::Invalid;
    invalid.client_health.reasons = vec!["too slow".to_owned()];
    for id in [p95, tokens] {
        assert_eq!(reason(&invalid, id), "the client's times are not to be trusted (too slow)");
    }
    assert_eq!(of_result(&invalid, true)[0].verdict, Met, "accepted");

    let mut apart = whole();
    apart.comparison.as_mut().unwrap().invalid_because = vec!["sampling differs".to_owned()];
    for read in of_result(&apart, false) {
        assert_eq!(read.evidence, "the sides can't be compared: sampling differs", "{}", read.id);
    }
    let mut alone = whole();
    alone.comparison = None;
    for read in of_result(&alone, false) {
        assert_eq!((read.verdict, read.evidence.as_str()), (NotApplicable, "no baseline was measured"));
        assert!(read.next.unwrap().contains("--compare-baseline"));
    }
    let mut cache = whole();
    cache.config = json!({"teams": {"quant": {"expect": {"cache_ratio_at_most": 0.25}}}});
    assert_eq!(reason(&cache, "cache_ratio_at_most"), "results hold no telemetry of the server");
    assert!(of_result(&whole(), false).iter().all(|read| read.id != "cache_ratio_at_most"), "off by default");
}

#[test]
fn a_simulated_run_is_read_like_any_other() {
    let mut result = with_speed("quant", &[ratio_of("e2e_ms", "p95", [0.5, 0.6, 0.7])]);
    let real = of_result(&result, false);
    result.simulated = true;
    assert_eq!(of_result(&result, false), real);
}

/// Example E of the design's table (40, 6, 0, 4) loses; of 250 alike nothing is lost beyond 5 pp; 50 alike can't say.
#[test]
fn a_category_that_loses_is_named() {
    let id = "category_loss_pp_at_most";
    let mut rows = table("math", [40, 6, 0, 4]);
    rows.extend(table("code", [45, 1, 1, 3]));
    let read = find(&result("quant", rows), id);
    assert_eq!(read.verdict, Missed);
    assert!(
        read.evidence.starts_with(
            "precision loss in math \u{2212}12.0 pp (90 % \u{2212}21.6 to \u{2212}6.3 pp; n 50; p 0.0"
        ),
        "{}",
        read.evidence
    );
    assert!(read.next.unwrap().contains("labctl check explain run-1 math-0"));
    let alike = |counts| find(&result("quant", table("math", counts)), id);
    assert_eq!(alike([220, 2, 2, 26]).verdict, Met);
    let few = alike([45, 1, 1, 3]);
    assert_eq!(few.verdict, Unsettled);
    assert!(few.evidence.contains("beyond 5 pp is not ruled out in math"), "{}", few.evidence);
    assert!(few.next.unwrap().contains("labctl plan --margin 5pp --flips 4%"));
}

/// Four losses to none of 50 are a p of about 0.04: shown by itself, not among five categories.
#[test]
fn among_several_categories_a_loss_takes_more_to_show() {
    let verdict = |categories: &[&str]| {
        let mut rows = table("math", [42, 4, 0, 4]);
        rows.extend(categories.iter().flat_map(|name| table(name, [45, 1, 1, 3])));
        find(&result("quant", rows), "category_loss_pp_at_most").verdict
    };
    assert_eq!(verdict(&[]), Missed);
    assert_eq!(verdict(&["code", "factual", "long_form", "reasoning"]), Unsettled);
}

/// Where all of them together lose at least one does, though none can be named.
#[test]
fn a_loss_of_all_together_is_one_too() {
    let categories = ["math", "code", "factual", "long_form", "reasoning"];
    let rows = categories.iter().flat_map(|name| table(name, [43, 3, 0, 4])).collect();
    let read = find(&result("quant", rows), "category_loss_pp_at_most");
    assert_eq!(read.verdict, Missed);
    assert!(read.evidence.starts_with("precision loss in 5 categories together: \u{2212}6.0 pp"));
    assert!(read.evidence.contains("in which of them is not settled, the most in"), "{}", read.evidence);
}

#[test]
fn domains_are_to_be_better_and_nothing_forgotten() {
    let mut rows = table("medical", [40, 0, 6, 14]);
    rows.extend(table("legal", [40, 6, 0, 14]));
    rows.extend(table("technical", [40, 2, 3, 15]));
    rows.extend(table("regression", [30, 6, 0, 4]));
    let lost = result("finetune", rows.clone());
    let verdict = |name: &str| find(&lost, name).verdict;
    assert_eq!(verdict("domain_categories:medical"), Met);
    assert_eq!(verdict("domain_categories:legal"), Missed);
    assert_eq!(verdict("domain_categories:technical"), Unsettled);
    let forgotten = find(&lost, "regression_categories:regression");
    assert_eq!(forgotten.verdict, Missed);
    assert!(
        forgotten.evidence.starts_with("catastrophic forgetting: \u{2212}15.0 pp"),
        "{}",
        forgotten.evidence
    );
    rows.retain(|row| row.category != "regression");
    let kept = |counts| {
        let rows = rows.iter().cloned().chain(table("regression", counts)).collect();
        find(&result("finetune", rows), "regression_categories:regression")
    };
    assert_eq!(kept([220, 2, 2, 26]).verdict, Met);
    let few = kept([36, 1, 1, 2]);
    assert_eq!(few.verdict, Unsettled);
    assert!(few.evidence.ends_with("no loss shown, but one beyond 5 pp is not ruled out"));
}

#[test]
fn a_set_without_the_domains_says_so_once() {
    let readings = of_result(&result("finetune", table("math", [40, 1, 1, 8])), false);
    let evidence = |id: &str| readings.iter().find(|read| read.id == id).unwrap().evidence.clone();
    assert_eq!(evidence("domain_categories"), "no prompt of `medical`, `legal`, `technical` was sent");
    assert_eq!(evidence("regression_categories"), "no prompt of `regression` was sent");
}

/// A judge: each prompt of a category with this latency, tokens and verdict.
fn judge(categories: &[(&str, usize, f64, u64, usize)]) -> RunResult {
    let mut rows = Vec::new();
    for &(category, count, ms, tokens, wrong) in categories {
        for id in 0..count {
            let mut row = judged(id, category, Pass, if id < wrong { Wrong } else { Pass });
            let candidate = row.candidate.as_mut().unwrap();
            // 1 % up and down, so that nothing is exact.
            let wobble = 0.99 + 0.02 * crate::stats::length(id % 5) / 4.0;
            candidate.metrics.e2e_ms = Some(ms * wobble);
            candidate.metrics.latency_from_schedule_ms = Some(10.0 * ms);
            candidate.metrics.output_tokens = Some(tokens);
            row.baseline = None;
            rows.push(row);
        }
    }
    let mut result = result("eval", rows);
    result.comparison = None;
    result
}

#[test]
fn a_judge_is_to_answer_within_three_seconds() {
    let id = "e2e_p95_ms_at_most";
    let of = |ms| find(&judge(&[("coherence", 150, ms, 50, 0)]), id);
    assert_eq!(of(2_500.0).verdict, Met);
    assert_eq!(of(3_100.0).verdict, Missed);
    let read = of(2_970.0);
    // A fifth of the values is the largest, so that the P95 and both limits are it: 2,970 × 1.01.
    assert_eq!(read.evidence, "3000 ms (95 % 3000 to 3000; n 150)");
    assert_eq!(read.verdict, Met);
    let few = find(&judge(&[("coherence", 129, 2_000.0, 50, 0)]), id);
    assert_eq!(few.verdict, NotApplicable);
    assert_eq!(few.evidence, "a P95 takes 130 requests, here are 129; their median is 2000 ms");
    let mut mixed = judge(&[("coherence", 140, 2_000.0, 50, 0)]);
    for row in mixed.rows.iter_mut().take(8) {
        row.candidate.as_mut().unwrap().metrics.e2e_ms = Some(9_000.0);
    }
    assert_eq!(find(&mixed, id).verdict, Unsettled, "8 of 140 are about 5 %");
    let mut invalid = judge(&[("coherence", 150, 2_000.0, 50, 0)]);
    invalid.client_health.status = HealthStatus::Invalid;
    assert!(find(&invalid, id).evidence.contains("not to be trusted"));
    assert_eq!(find(&invalid, "waiting_at_most").evidence, "results hold no telemetry of the server");
    assert_eq!(find(&invalid, "pass_rate_at_least").verdict, Met, "quality is not its matter");
}

/// What failed came later than anything: 15 of 150 are more than the 5 % that a P95 leaves out, 5 are fewer.
#[test]
fn what_failed_is_no_fast_answer() {
    let id = "e2e_p95_ms_at_most";
    let of = |failed: usize| {
        let mut result = judge(&[("coherence", 150, 2_000.0, 50, 0)]);
        for row in result.rows.iter_mut().take(failed) {
            *row.candidate.as_mut().unwrap() = crate::compare::support::attempt(TransportError);
        }
        find(&result, id)
    };
    // Of 150 the P95's limits are the 137th and the 148th.
    assert_eq!(of(2).verdict, Met);
    assert!(of(2).evidence.ends_with("n 150; 2 of 150 failed)"), "{}", of(2).evidence);
    let open = of(8);
    assert_eq!((open.verdict, open.value), (Unsettled, None));
    assert_eq!(
        open.evidence,
        "8 of 150 requests failed, and the P95 may lie among them; of those that succeeded the P95 is 2020 ms"
    );
    let lost = of(30);
    assert_eq!(lost.verdict, Missed);
    assert!(lost.evidence.starts_with("30 of 150 requests failed, and the P95 lies among them"));
    assert_eq!(of(150).evidence, "150 of 150 requests failed, and the P95 lies among them");
}

#[test]
fn categories_that_are_not_read_are_named() {
    let id = "category_latency_ratio_at_most";
    let mut result =
        judge(&[("coherence", 50, 500.0, 50, 0), ("edge_case", 50, 500.0, 50, 0), ("few", 5, 500.0, 50, 0)]);
    let few = find(&result, id);
    assert_eq!(few.verdict, Unsettled);
    assert!(few.evidence.starts_with("not read: few (5 prompts answered); the highest"), "{}", few.evidence);
    result.rows.truncate(100);
    assert_eq!(find(&result, id).verdict, Met);
    result.rows[99].candidate.as_mut().unwrap().metrics.e2e_ms = Some(0.0);
    let zero = find(&result, id);
    assert!(matches!(zero.verdict, NotApplicable | Unsettled), "{zero:?}");
    assert!(zero.evidence.contains("edge_case (a latency is zero)"), "{}", zero.evidence);
}

#[test]
fn a_category_that_was_not_judged_is_not_without_loss() {
    let id = "category_loss_pp_at_most";
    let mut rows = table("math", [400, 0, 0, 0]);
    let met = find(&result("quant", rows.clone()), id);
    assert_eq!(met.verdict, Met, "{met:?}");
    // Two requests may be missing.
    rows.extend((0..2).map(|id| judged(id, "code", Pass, TransportError)));
    let open = find(&result("quant", rows.clone()), id);
    assert_eq!(open.verdict, Unsettled, "{open:?}");
    assert!(open.evidence.ends_with("not judged on both sides: code"), "{}", open.evidence);
    // What has no checks was never to be judged.
    rows.truncate(400);
    rows.push(judged(0, "speed", Unchecked, Unchecked));
    assert_eq!(find(&result("quant", rows), id).verdict, Met);
}

#[test]
fn a_judge_is_to_take_as_long_for_every_category() {
    let id = "category_latency_ratio_at_most";
    let of =
        |ms, tokens| find(&judge(&[("coherence", 50, 500.0, 50, 0), ("edge_case", 50, ms, tokens, 0)]), id);
    let even = of(520.0, 50);
    assert_eq!(even.verdict, Met);
    assert!(
        even.evidence.starts_with("the highest ratio of 2 is that of edge_case 1.04 ("),
        "{}",
        even.evidence
    );
    let spiking = of(1_000.0, 100);
    assert_eq!(spiking.verdict, Missed);
    assert!(spiking.evidence.starts_with("edge_case 2.00 ("));
    assert!(spiking.evidence.contains("its answers being 2.00 times as long"), "{}", spiking.evidence);
    assert_eq!(of(750.0, 50).verdict, Unsettled);
    let one = find(&judge(&[("coherence", 50, 500.0, 50, 0)]), id);
    assert_eq!(one.verdict, NotApplicable);
    assert!(one.evidence.starts_with("it takes two categories"));
}

/// Wilson 95 %: 48 of 50 → .8654 to .9890, 30 of 50 → .4618 to .7239, 42 of 50 → .7149 to .9166.
#[test]
fn a_judge_is_to_pass_80_percent_but_for_what_is_hard() {
    let id = "pass_rate_at_least";
    let of = |wrong, hard| {
        find(&judge(&[("coherence", 50, 500.0, 50, wrong), ("edge_case", 50, 500.0, 50, hard)]), id)
    };
    let high = of(2, 40);
    assert_eq!(high.verdict, Met);
    assert_eq!(high.evidence, "the lowest of 1: coherence 96 % (86.5 to 98.9; 48 of 50)");
    assert_eq!(of(0, 40).verdict, Met, "above 95 % is no fault");
    assert_eq!(of(20, 0).verdict, Missed);
    assert_eq!(of(8, 0).verdict, Unsettled);
    assert_eq!(high.expected, "at least 80 % in each category but `edge_case`");
    let hard_alone = find(&judge(&[("edge_case", 50, 500.0, 50, 0)]), id);
    assert_eq!((hard_alone.verdict, hard_alone.evidence.as_str()), (NotApplicable, "no category was judged"));
}

#[test]
fn a_judge_is_not_to_ramble() {
    let id = "output_tokens_at_most";
    let of = |tokens| judge(&[("coherence", 50, 500.0, tokens, 0)]);
    assert_eq!(find(&of(200), id).verdict, Met);
    let long = find(&of(201), id);
    assert_eq!(long.verdict, Missed);
    assert_eq!(long.evidence, "over-generating: 201 on average (95 % 201 to 201; 50 prompts)");
    let mut wide = of(100);
    wide.rows[0].candidate.as_mut().unwrap().metrics.output_tokens = Some(4_000);
    assert_eq!(find(&wide, id).verdict, Unsettled);
    let mut chunks = of(100);
    chunks.candidate.summary.output_tokens_sources.insert(TokenSource::Chunks, 50);
    let read = find(&chunks, id);
    assert_eq!(read.verdict, Unsettled, "it may be more");
    assert!(read.evidence.ends_with("a lower bound"));
    let one = find(&judge(&[("coherence", 1, 500.0, 50, 0)]), id);
    assert_eq!(one.verdict, NotApplicable);
}

#[test]
fn configuration_decides_the_kind_and_the_thresholds() {
    let mut result = with_speed("mine", &[ratio_of("e2e_ms", "p95", [0.82, 0.85, 0.88])]);
    assert_eq!(of_result(&result, false), [], "a team of no known kind");
    result.config = json!({"teams": {"mine": {"kind": "quantization"}}});
    assert_eq!(find(&result, "e2e_p95_ratio_at_most").verdict, Missed);
    result.config = json!({"teams": {"mine": {
        "kind": "quantization", "expect": {"e2e_p95_ratio_at_most": 0.9}
    }}});
    let read = find(&result, "e2e_p95_ratio_at_most");
    assert_eq!((read.verdict, read.expected.as_str()), (Met, "at least 10 % below the baseline's"));
    let (kind, expectations) = team_of(&result).unwrap();
    assert_eq!((kind, expectations.throughput_ratio_at_least), (TeamKind::Quantization, Some(1.5)));
    result.config = json!({"teams": {"mine": {"kind": "alchemy"}}});
    assert_eq!(team_of(&result), None, "of a newer labctl");
    result.team = None;
    assert_eq!(team_of(&result), None);
}

#[test]
fn nothing_is_expected_of_the_baseline_against_itself() {
    let mut result = with_speed("quant", &[ratio_of("e2e_ms", "p95", [0.9, 1.0, 1.1])]);
    result.baseline = Some(SideInfo { endpoint: "fp16".to_owned(), ..result.candidate.clone() });
    assert_eq!(of_result(&result, false)[0].verdict, Missed);
    result.baseline = Some(result.candidate.clone());
    assert_eq!(of_result(&result, false), []);
}

#[test]
fn two_runs_are_read_as_the_team_of_the_one_in_question() {
    let candidate = with_speed("quant", &[ratio_of("e2e_ms", "p95", [0.5, 0.6, 0.7])]);
    let mut baseline = run("run-0", Vec::new());
    let comparison = candidate.comparison.as_ref().unwrap();
    let read = |baseline: &RunResult| of_pair(baseline, &candidate, &candidate.rows, comparison);
    assert_eq!(read(&baseline), of_result(&candidate, false));
    baseline.client_health.status = HealthStatus::Invalid;
    assert_eq!(read(&baseline)[0].verdict, NotApplicable);
}

/// What is copied into a shell does there what it says.
#[test]
fn names_in_commands_are_quoted() {
    assert_eq!(argument("benchmark-quant-math_01.b"), "benchmark-quant-math_01.b");
    for (name, quoted) in
        [("a b", "'a b'"), ("$(rm x)", "'$(rm x)'"), ("it's", r"'it'\''s'"), ("-f", "'-f'"), ("", "''")]
    {
        assert_eq!(argument(name), quoted);
    }
}
