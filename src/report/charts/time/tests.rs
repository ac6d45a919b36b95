//! Each chart's data against values worked out by hand, sums against what went in, and the smallest and largest runs.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::super::chart::{Across, ChartSpec, Marks, Point};
use super::color::{color, key};
use super::fixture::{Request, all, chart, failure, labels, marks, run, success, values};
use crate::model::baseline::MeasuredIn;
use crate::model::event::Phase;
use crate::model::load::{Arrival, LevelLoad, LoadAxis, LoadProfile, Stage, Start};
use crate::model::outcome::Outcome;
use crate::model::record::Side;
use crate::model::result::{PhaseTime, RunResult};
use crate::model::slo::{Bound, Slo, SloMetric};
use crate::model::summary::{Throughput, Window};
use crate::model::units::Nanos;

/// Four requests from 1,000 ms of the clock on, two at a time: the second waits for its first token longer than the
/// first request takes in all, the third fails, the fourth is sent when the second has ended.
fn worked() -> RunResult {
    run(
        &[
            success(1_000, &[1_200, 1_300, 1_400]),
            success(1_000, &[1_600, 1_700]),
            failure(1_400, 1_500, Outcome::Http5xx),
            Request { tokens: 8, ..success(1_700, &[1_750, 1_800, 1_950, 2_000]) },
        ],
        &[],
    )
}

fn lines(marks: &Marks) -> Vec<(f64, f64)> {
    match marks {
        Marks::Steps(points) | Marks::Dots(points) => points.iter().map(|p: &Point| (p.x, p.y)).collect(),
        _ => Vec::new(),
    }
}

fn close(found: &[f64], expected: &[f64]) -> bool {
    found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9)
}

fn sum(values: &[f64]) -> f64 {
    values.iter().sum()
}

#[test]
fn requests_take_the_lowest_free_row_from_their_sending_to_their_end() {
    let timeline = chart(&worked(), "timeline").unwrap();
    let Marks::Spans(spans) = marks(&timeline, "candidate-success") else { panic!() };
    let of: Vec<_> = spans.iter().map(|s| (s.name.as_str(), s.y, s.start, s.first.unwrap(), s.end)).collect();
    assert_eq!(
        of,
        [
            ("prompt-0", 0.5, 0.0, 0.2, 0.4),
            // The second's row is free again when it ends, but the first's is the lower one.
            ("prompt-3", 0.5, 0.7, 0.75, 1.0),
            ("prompt-1", 1.5, 0.0, 0.6, 0.7),
        ]
    );
    let Marks::Spans(spans) = marks(&timeline, "candidate-http-5xx") else { panic!() };
    assert!(spans.len() == 1 && spans[0].first.is_none() && (spans[0].y - 0.5).abs() < 1e-9);
    assert_eq!((timeline.y.low, timeline.y.high), (0.0, 2.0));
    let legend: Vec<_> = timeline.series.iter().map(|s| (s.label.as_str(), s.color)).collect();
    assert_eq!(legend, [("success", "candidate"), ("http_5xx", "failed")]);
}

#[test]
fn bins_hold_what_came_in_them() {
    let result = worked();
    let throughput = chart(&result, "throughput-time").unwrap();
    // A second in bins of 50 ms; tokens as counted by chunk, but for the last request, which was told twice as many.
    let Marks::Bars { edges, values } = marks(&throughput, "candidate") else { panic!() };
    assert!(edges.len() == 21 && (edges[1] - 0.05).abs() < 1e-12, "{edges:?}");
    let mut expected = vec![0.0; 20];
    for (at_ms, tokens) in [
        (200, 1.0),
        (300, 1.0),
        (400, 1.0),
        (600, 1.0),
        (700, 1.0),
        (750, 2.0),
        (800, 2.0),
        (950, 2.0),
        (1_000, 2.0),
    ] {
        // What comes at the very end is in the last bin.
        expected[(at_ms / 50).min(19)] += tokens / 0.05;
    }
    assert!(close(values, &expected), "{values:?}");
    let requests = chart(&result, "requests-time").unwrap();
    let mut expected = [0.0; 20];
    for bin in [8, 14, 19] {
        expected[bin] = 20.0;
    }
    assert!(close(&super::fixture::values(marks(&requests, "candidate")), &expected));
    assert!(requests.notes[0].contains("bins of 50 ms"), "{:?}", requests.notes);
    let errors = chart(&result, "errors-time").unwrap();
    let mut expected = [0.0; 20];
    expected[10] = 1.0;
    assert!(close(&super::fixture::values(marks(&errors, "candidate-http-5xx")), &expected));
    assert_eq!(errors.y.label, "failed in 50 ms");
}

#[test]
fn a_rate_does_not_fall_because_the_run_ends_within_a_bin() {
    // Ten a second, to the end: bins of 500 ms, of which the last has 300 ms, then 200 ms more than the others.
    for end in [10_300, 10_200] {
        let requests: Vec<Request> = (0..end / 100).map(|n| success(n * 100, &[n * 100 + 100])).collect();
        let rates = chart(&run(&requests, &[]), "requests-time").unwrap();
        let Marks::Bars { edges, values } = marks(&rates, "candidate") else { panic!("{rates:?}") };
        let bins = if end == 10_300 { 21 } else { 20 };
        assert_eq!((edges.len(), values.len()), (bins + 1, bins));
        assert!((edges[bins] - Nanos::from_millis(end).as_secs_f64()).abs() < 1e-9);
        let width = edges[bins] - edges[bins - 1];
        assert!((values[bins - 1] * width - if bins == 21 { 4.0 } else { 8.0 }).abs() < 1e-9, "{values:?}");
    }
}

#[test]
fn requests_in_flight_change_where_one_begins_or_ends() {
    let flight = chart(&worked(), "in-flight").unwrap();
    let steps = lines(marks(&flight, "sent-candidate"));
    assert_eq!(steps, [(0.0, 2.0), (0.5, 1.0), (1.0, 0.0)]);
    let line = flight.references.iter().find(|line| line.on == Across::Y).unwrap();
    assert_eq!((line.value, line.label.as_str()), (10.0, "configured: 10"));
}

#[test]
fn latencies_stand_where_requests_were_sent() {
    let mut result = worked();
    let stall = Slo { metric: SloMetric::MaxStallMs, statistic: None, bound: Bound::AtMost, value: 200.0 };
    result.question = Some(crate::model::level::LevelQuestion { slos: vec![stall], find: None });
    let ttft = chart(&result, "ttft-time").unwrap();
    assert_eq!(lines(marks(&ttft, "candidate")), [(0.0, 200.0), (0.0, 600.0), (0.7, 50.0)]);
    let stalls = chart(&result, "stalls").unwrap();
    assert_eq!(lines(marks(&stalls, "candidate")), [(0.0, 100.0), (0.0, 100.0), (0.7, 150.0)]);
    assert!((stalls.references[0].value - 200.0).abs() < 1e-9);
    assert!(stalls.y.high >= 200.0 && stalls.y.low.abs() < 1e-9);
}

#[test]
fn tokens_without_times_are_spread_between_the_first_and_the_last_and_that_is_said() {
    let request = Request { tokens: 11, keeps_chunks: false, ..success(0, &[100, 600]) };
    let result = run(&[request, failure(0, 1_000, Outcome::TimeoutTotal)], &[]);
    let throughput = chart(&result, "throughput-time").unwrap();
    let values = values(marks(&throughput, "candidate"));
    // One at 100 ms, ten over half a second: 20 a second, one in each bin of 50 ms.
    let mut expected = [0.0; 20];
    expected[2..12].fill(20.0);
    expected[2] += 20.0;
    assert!(close(&values, &expected), "{values:?}");
    assert!(throughput.notes[1].contains("spread evenly"), "{:?}", throughput.notes);
    assert_eq!(
        chart(&worked(), "throughput-time").unwrap().notes.len(),
        1,
        "where all have times nothing is said"
    );
}

#[test]
fn what_waits_for_a_cap_is_drawn_with_it_and_so_is_what_was_offered() {
    let request = |scheduled, sent| Request {
        scheduled,
        admitted: Some(sent),
        ..success(sent, &[sent + 100, sent + 400])
    };
    let mut result = run(&[request(0, 0), request(100, 400), request(200, 800)], &[]);
    result.load.profile = Some(LoadProfile {
        start: Start::Rate {
            stages: vec![Stage { rate: 10.0, from_rate: None, duration_s: None }],
            arrival: Arrival::Constant,
            burstiness: 1.0,
            max_in_flight: Some(1),
        },
        ..LoadProfile::closed(1)
    });
    let flight = chart(&result, "in-flight").unwrap();
    let waiting = lines(marks(&flight, "queued-candidate"));
    assert_eq!(waiting, [(0.0, 0.0), (0.1, 1.0), (0.2, 2.0), (0.4, 1.0), (0.8, 0.0), (1.2, 0.0)]);
    assert_eq!(flight.references[0].label, "cap: 1");
    let requests = chart(&result, "requests-time").unwrap();
    let offered = values(marks(&requests, "offered-candidate"));
    // Bins of 100 ms: the whole takes 1.2 s.
    let started: Vec<_> = offered.iter().enumerate().filter(|(_, rate)| **rate > 0.0).collect();
    assert_eq!(started, [(0, &10.0), (1, &10.0), (2, &10.0)]);
}

#[test]
fn a_side_of_another_run_counts_from_its_own_start() {
    let own = [success(500, &[600, 700])];
    let mut result = run(&own, &[success(90_000, &[90_100, 90_300])]);
    let apart = chart(&result, "timeline").unwrap();
    assert!((apart.x.high - 89.8).abs() < 1e-9, "one clock: {}", apart.x.high);
    result.baseline.as_mut().unwrap().measured_in = Some(MeasuredIn {
        run_id: "other".to_owned(),
        started_at: "2026-11-20T09:30:00Z".to_owned(),
        blessed_as: Some("fp16".to_owned()),
        sha256: None,
    });
    let joint = chart(&result, "timeline").unwrap();
    assert!((joint.x.high - 0.3).abs() < 1e-9, "{}", joint.x.high);
    for key in ["candidate-success", "baseline-success"] {
        let Marks::Spans(spans) = marks(&joint, key) else { panic!() };
        assert!(spans[0].start.abs() < 1e-12);
    }
    assert!(all(&result).iter().all(|chart| chart.notes.iter().any(|note| note.contains("two runs"))));
}

#[test]
fn two_sides_stand_in_groups_of_rows() {
    let several = [success(0, &[100, 1_000]), success(0, &[100, 1_000]), success(0, &[100, 900])];
    let timeline = chart(&run(&several, &several), "timeline").unwrap();
    let rows = |key| match marks(&timeline, key) {
        Marks::Spans(spans) => spans.iter().map(|span| span.y).collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    assert_eq!(rows("baseline-success"), [0.5, 1.5, 2.5]);
    // Three rows of the baseline and one for its name.
    assert_eq!(rows("candidate-success"), [4.5, 5.5, 6.5]);
    let names: Vec<_> = timeline.references.iter().map(|line| (line.value, line.label.as_str())).collect();
    assert_eq!(names, [(3.0, "fp16: up to 3 in flight"), (7.0, "awq: up to 3 in flight")]);
    let ticks: Vec<_> = [0.0, 1.0, 3.0, 4.0, 5.0, 8.0].map(|at| timeline.y.tick(at)).into();
    assert_eq!(ticks, ["0", "1", "3", "0", "1", "4"]);
    let labels: Vec<_> = timeline.series.iter().map(|series| series.label.as_str()).collect();
    assert_eq!(labels, ["success, fp16", "success, awq"]);
}

#[test]
fn the_loads_of_a_sweep_and_their_windows_are_marked() {
    let mut result = super::super::super::fixture::levels();
    result.rows = run(&[success(2_000, &[2_100, 12_000])], &[]).rows;
    let phase = |at_ms: u64, value: f64, level| PhaseTime {
        phase: Phase::SweepIteration,
        at_ns: Nanos::from_millis(at_ms),
        side: None,
        level: Some(LevelLoad { level, axis: LoadAxis::Concurrency, value }),
    };
    result.phases =
        vec![phase(1_990, 1.0, 0), phase(4_000, 2.0, 1), phase(4_100, 4.0, 2), phase(9_000, 8.0, 3)];
    let window = Window {
        start_ns: Nanos(2_000_000_000),
        end_ns: Nanos(3_000_000_000),
        requests: 9,
        output_tokens: 9,
    };
    result.levels[0].candidate.summary.throughput = Some(Throughput {
        request_throughput_per_s: 9.0,
        output_tokens_per_s: 9.0,
        correct_answers_per_s: None,
        window_s: 1.0,
        windows: vec![window],
    });
    let throughput = chart(&result, "throughput-time").unwrap();
    let borders: Vec<_> =
        throughput.references.iter().map(|line| (line.value, line.label.as_str())).collect();
    // The third begins too close to the second to be named.
    assert_eq!(borders, [(0.0, "1 in flight"), (2.0, "2"), (2.1, ""), (7.0, "8")]);
    assert_eq!(marks(&throughput, "steady-candidate"), &Marks::Bands(vec![(0.0, 1.0)]));
    let flight = chart(&result, "in-flight").unwrap();
    assert_eq!(values(marks(&flight, "configured")), [1.0, 2.0, 4.0, 8.0]);
}

#[test]
fn the_smallest_runs_have_charts_or_none() {
    assert_eq!(all(&run(&[], &[])), []);
    assert_eq!(all(&run(&[failure(7, 7, Outcome::Connect)], &[])), [], "no time passed");
    let names = |result: &RunResult| all(result).into_iter().map(|chart| chart.name).collect::<Vec<_>>();
    let with_tokens = ["timeline", "throughput-time", "requests-time", "in-flight", "ttft-time", "stalls"];
    assert_eq!(names(&run(&[success(5, &[9, 12])], &[])), with_tokens);
    assert_eq!(names(&run(&[success(5, &[9, 12]), success(6, &[9, 13])], &[])), with_tokens);
    let failed = run(&[failure(5, 9, Outcome::Reset), failure(9, 12, Outcome::Reset)], &[]);
    assert_eq!(names(&failed), ["timeline", "in-flight", "errors-time"]);
    for result in [run(&[success(5, &[9, 12])], &[]), failed] {
        assert!(all(&result).into_iter().all(|chart| chart.draw().is_some()));
    }
}

#[test]
fn times_that_make_no_sense_are_drawn_somewhere() {
    let mut backwards = success(500, &[400, 300]);
    backwards.end = 100;
    let result = run(&[backwards, success(0, &[u64::MAX / 2_000_000, u64::MAX / 1_000_000])], &[]);
    for chart in all(&result) {
        assert!(chart.draw().is_some());
    }
}

/// A hundred thousand requests of two sides over half an hour; every hundredth fails.
fn large() -> RunResult {
    let of_side = |offset: u64| {
        let request = |i: u64| {
            let sent = offset + i * 18 * 2 + (i / 500) * 37;
            if i.is_multiple_of(100) {
                return failure(sent, sent + 900, Outcome::ALL[1 + usize::try_from(i / 100 % 14).unwrap()]);
            }
            let first = sent + 60 + (i * 7919) % 400 + if i.is_multiple_of(977) { 9_000 } else { 0 };
            Request { keeps_chunks: false, tokens: 40, ..success(sent, &[first, first + 300 + i % 900]) }
        };
        (0..50_000).map(request).collect::<Vec<_>>()
    };
    run(&of_side(0), &of_side(11))
}

#[test]
fn a_hundred_thousand_requests_stay_small() {
    let result = large();
    let charts = super::super::Charts::new(&result, &labels(&result));
    let mut names = Vec::new();
    for chart in charts.time.iter().chain(&charts.errors) {
        let size = chart.svg.len() + serde_json::to_string(&chart.data).unwrap().len();
        assert!(size <= 100_000, "{} takes {size} bytes", chart.name);
        assert!(chart.over_time);
        names.push(chart.name.as_str());
    }
    let expected = [
        "timeline",
        "throughput-time",
        "requests-time",
        "in-flight",
        "ttft-time",
        "stalls",
        "ttft-heatmap-baseline",
        "ttft-heatmap",
        "e2e-heatmap-baseline",
        "e2e-heatmap",
        "errors-time-baseline",
        "errors-time",
    ];
    assert_eq!(names, expected);
    let ends: BTreeSet<_> =
        charts.time.iter().map(|chart| (chart.data.x.low.to_bits(), chart.data.x.high.to_bits())).collect();
    assert_eq!(ends.len(), 1, "all share one axis");
    let title = &charts.time[0].title;
    assert!(title.contains("by outcome") && charts.time[0].notes[0].contains("too many"), "{title}");
}

#[test]
fn the_most_that_is_drawn_one_by_one_stays_small_too() {
    let request =
        |i: u64| success(i * 1_237 / 10, &[i * 1_237 / 10 + 100 + i % 37, i * 1_237 / 10 + 900 + i % 331]);
    let requests: Vec<_> = (0..800).map(request).collect();
    let mut result = run(&requests, &requests);
    for row in &mut result.rows {
        row.key.prompt_id = format!("a-set-with-a-long-name-{}", row.key.prompt_id);
    }
    let charts = super::super::Charts::new(&result, &labels(&result));
    let Some(timeline) = charts.time.first() else { panic!() };
    assert_eq!(timeline.data.series.iter().map(|series| series.y.len()).sum::<usize>(), 1_600);
    for chart in &charts.time {
        let size = chart.svg.len() + serde_json::to_string(&chart.data).unwrap().len();
        assert!(
            size <= if chart.name == "timeline" { 150_000 } else { 100_000 },
            "{} takes {size}",
            chart.name
        );
    }
}

#[test]
fn percentiles_stand_in_for_too_many_dots_where_there_are_enough_for_them() {
    let result = large();
    let ttft = chart(&result, "ttft-time").unwrap();
    let Marks::Held(p95) = marks(&ttft, "p95-candidate") else { panic!() };
    let Marks::Held(p50) = marks(&ttft, "p50-candidate") else { panic!() };
    assert!(p95.iter().all(|held| held.n.unwrap() >= 130), "{p95:?}");
    let of: u64 = p50.iter().map(|held| held.n.unwrap()).sum();
    assert_eq!(of, 49_500, "every success is in one bin");
    // The first bin, worked out from the requests themselves.
    let bin = p50[0];
    let mut there: Vec<f64> = result
        .rows
        .iter()
        .filter_map(|row| row.candidate.as_ref())
        .filter(|a| a.exchange.outcome.is_success() && a.exchange.trace.sent_ns.as_secs_f64() < bin.to)
        .filter_map(|a| a.metrics.ttft_ms)
        .collect();
    there.sort_by(f64::total_cmp);
    assert_eq!(there.len() as u64, bin.n.unwrap());
    let (low, high) = (there[(there.len() - 1) / 2], there[there.len() / 2]);
    assert!((bin.y - f64::midpoint(low, high)).abs() < 1e-9, "{} of {low}, {high}", bin.y);
}

#[test]
fn outcomes_have_keys_and_colours_of_their_own() {
    let keys: BTreeSet<_> = [Side::Candidate, Side::Baseline]
        .into_iter()
        .flat_map(|side| Outcome::ALL.map(|outcome| key(side, outcome)))
        .collect();
    assert_eq!(keys.len(), 30);
    for outcome in Outcome::ALL {
        assert_eq!(color(outcome, "candidate") == "candidate", outcome.is_success());
        let end = outcome.name().replace('_', "-");
        assert_eq!(key(Side::Baseline, outcome), format!("baseline-{end}"));
    }
}

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let outcome = prop_oneof![4 => Just(Outcome::Success), 1 => prop::sample::select(&Outcome::ALL[1..])];
    let chunks = prop::collection::vec((0_u64..700, 1_u32..4), 1..6);
    let request = (0_u64..20_000, outcome, chunks, any::<bool>(), 0_u64..50, prop::option::of(1_u64..300));
    let request = request.prop_map(|(sent, outcome, gaps, keeps_chunks, more, retry)| {
        let mut at = sent;
        let mut chunks = Vec::new();
        for (gap, tokens) in gaps {
            at += gap;
            chunks.push((at, tokens));
        }
        let told: u64 = chunks.iter().map(|(_, tokens)| u64::from(*tokens)).sum();
        let chunks = if outcome.is_success() { chunks } else { Vec::new() };
        Request {
            scheduled: sent.saturating_sub(more),
            sent,
            end: at + more,
            outcome,
            tokens: told + more,
            chunks,
            keeps_chunks,
            retries: retry.map(|long| (sent.saturating_sub(long), sent)).into_iter().collect(),
            admitted: None,
        }
    });
    prop::collection::vec(request, 1..150)
}

/// What is in a chart's bars times the width of its bins.
fn in_all(chart: &ChartSpec, key: &str) -> f64 {
    match marks(chart, key) {
        Marks::Bars { edges, values } | Marks::Stack { edges, values, .. } => {
            values.iter().zip(edges.windows(2)).map(|(value, edge)| value * (edge[1] - edge[0])).sum()
        }
        _ => f64::NAN,
    }
}

proptest! {
    // Each case draws every chart.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn bins_sum_to_what_there_was(candidate in requests(), baseline in requests()) {
        let charts = all(&run(&candidate, &baseline));
        let chart = |name: &str| charts.iter().find(|chart| chart.name == name);
        for (side, sent) in [("candidate", &candidate), ("baseline", &baseline)] {
            let good: Vec<_> = sent.iter().filter(|request| request.outcome.is_success()).collect();
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let tokens = good.iter().map(|request| request.tokens).sum::<u64>() as f64;
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let (n, failed) = (good.len() as f64, (sent.len() - good.len()) as f64);
            if let Some(chart) = chart("throughput-time") {
                prop_assert!((in_all(chart, side) - tokens).abs() < 1e-6 * tokens.max(1.0));
            }
            if let Some(chart) = chart("requests-time") {
                prop_assert!((in_all(chart, side) - n).abs() < 1e-6);
            }
            let name = if side == "baseline" { "errors-time-baseline" } else { "errors-time" };
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let again = sent.iter().map(|request| request.retries.len()).sum::<usize>() as f64;
            let drawn: f64 = chart(name)
                .map_or(0.0, |chart| chart.series.iter().map(|series| sum(&values(&series.marks))).sum());
            prop_assert!((drawn - failed - again).abs() < 1e-6, "{drawn}, not {failed} and {again}");
            let name = if side == "baseline" { "e2e-heatmap-baseline" } else { "e2e-heatmap" };
            if let Some(chart) = chart(name) {
                prop_assert!((sum(&values(&chart.series[0].marks)) - n).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn no_two_requests_share_a_row_and_no_row_is_too_many(candidate in requests()) {
        let result = run(&candidate, &[]);
        let timeline = chart(&result, "timeline").unwrap();
        let mut spans: Vec<(f64, f64, f64)> = Vec::new();
        for series in &timeline.series {
            let Marks::Spans(of) = &series.marks else { continue };
            spans.extend(of.iter().map(|span| (span.y, span.start, span.end)));
        }
        spans.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2)));
        for pair in spans.windows(2) {
            prop_assert!(pair[0].0 < pair[1].0 || pair[0].2 <= pair[1].1 + 1e-9, "{pair:?}");
        }
        let rows = spans.iter().map(|span| span.0 + 0.5).fold(0.0, f64::max);
        let flight = chart(&result, "in-flight").unwrap();
        let peak = lines(marks(&flight, "sent-candidate")).into_iter().map(|(_, y)| y).fold(0.0, f64::max);
        // One that takes no time is in flight at no moment, and needs a row all the same.
        let instant = candidate.iter().any(|request| request.end == request.sent);
        prop_assert!((rows - peak).abs() < 0.5 || (instant && rows > peak), "{rows} rows for {peak}");
    }
}
