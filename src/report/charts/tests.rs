//! Each chart's data against the rows and summaries it is drawn from, and all of them on what is odd.

use super::super::chart::{Marks, Point, Rest, Scale};
use super::super::fixture;
use super::super::view::labels;
use super::*;
use crate::model::exchange::Usage;
use crate::model::judgement::{Graded, Mark, Verdict};
use crate::model::outcome::Outcome;
use crate::model::summary::RequestMetrics;

fn rests<'a>(spec: &'a ChartSpec, key: &str) -> &'a [Rest] {
    let found = spec.series.iter().find_map(|series| match &series.marks {
        Marks::Rests(rests) if series.key == key => Some(rests.as_slice()),
        _ => None,
    });
    found.unwrap_or_default()
}

fn targets(spec: &ChartSpec) -> Vec<Point> {
    let found = spec.series.iter().find_map(|series| match &series.marks {
        Marks::Targets(points) => Some(points.clone()),
        _ => None,
    });
    found.unwrap_or_default()
}

fn names(spec: &ChartSpec) -> &[String] {
    let Scale::Categories(names) = &spec.y.scale else { panic!("{:?}", spec.y) };
    names
}

/// Times of a row's candidate.
fn set(result: &mut RunResult, row: usize, ttft: f64, e2e: f64, prompt_tokens: u64) {
    let attempt = result.rows[row].candidate.as_mut().unwrap();
    attempt.metrics = RequestMetrics { ttft_ms: Some(ttft), e2e_ms: Some(e2e), ..RequestMetrics::default() };
    attempt.exchange.usage = Some(Usage { prompt_tokens, ..Usage::default() });
}

/// By hand: of 100, 200 and 600 ms until the last token 10, 40 and 100 passed before the first.
#[test]
fn shares_are_means_of_the_successes() {
    let mut result = fixture::result(4, false);
    for (row, (ttft, e2e)) in
        [(10.0, 100.0), (40.0, 200.0), (100.0, 600.0), (9_000.0, 9_999.0)].iter().enumerate()
    {
        set(&mut result, row, *ttft, *e2e, 10);
    }
    result.rows[3].candidate.as_mut().unwrap().exchange.outcome = Outcome::Reset;
    let spec = shares::chart(&result, &labels(&result)).unwrap();
    assert_eq!(names(&spec), ["overall", "arithmetic", "extraction", "reasoning"]);
    let Marks::Spans(spans) = &spec.series[0].marks else { panic!() };
    assert_eq!((spans[0].y, spans[0].start), (1.0, 0.0));
    assert!((spans[0].first.unwrap() - 50.0).abs() < 1e-9 && (spans[0].end - 300.0).abs() < 1e-9);
    assert_eq!((spans[3].first, spans[3].end), (Some(100.0), 600.0));
    assert!(spec.notes[1].ends_with("16.7 % of the time until the first token"), "{:?}", spec.notes);
    assert!(spec.x.low.abs() < 1e-12, "lengths begin at zero");
    for row in &mut result.rows {
        row.candidate.as_mut().unwrap().exchange.outcome = Outcome::Connect;
    }
    assert!(shares::chart(&result, &labels(&result)).is_none());
}

#[test]
fn ratios_are_the_comparisons_own() {
    let mut comparison = fixture::paired().comparison.unwrap();
    comparison.speed[1].ratio = None;
    comparison.speed[1].absent_because = Some("the caches differ".to_owned());
    comparison.speed[2].interval_95 = None;
    let spec = ratios::chart(&comparison).unwrap();
    assert_eq!(names(&spec).len(), comparison.speed.len() - 1);
    let (known, unknown) = (rests(&spec, "ratio"), rests(&spec, "no-interval"));
    assert_eq!(Some(known[0].at), comparison.speed[0].ratio);
    assert_eq!(known[0].interval, comparison.speed[0].interval_95);
    assert!(unknown.iter().any(|rest| Some(rest.at) == comparison.speed[2].ratio), "{unknown:?}");
    assert!(spec.notes.iter().any(|note| note == "Left out: the caches differ"), "{:?}", spec.notes);
    assert!(spec.x.is_logarithmic() && spec.x.low < 1.0 && spec.x.high > 1.0);
    assert_eq!(spec.references.iter().map(|line| line.value).collect::<Vec<_>>(), [1.0]);
    for speed in &mut comparison.speed {
        speed.ratio = None;
    }
    assert!(ratios::chart(&comparison).is_none());
}

#[test]
fn dots_are_the_requests_and_too_many_are_counted() {
    let mut result = fixture::result(3, false);
    set(&mut result, 0, 10.0, 100.0, 50);
    set(&mut result, 1, 20.0, 300.0, 0);
    set(&mut result, 2, 30.0, 200.0, 70);
    let charts = scatter::charts(&result, &labels(&result));
    let Marks::Dots(prompt) = &charts[0].series[0].marks else { panic!() };
    assert_eq!(prompt, &[Point::new(50.0, 10.0), Point::new(70.0, 30.0)], "no tokens told is no dot");
    let Marks::Dots(total) = &charts[1].series[0].marks else { panic!() };
    assert_eq!(total.len(), 3);
    let large = fixture::result(2_000, true);
    let charts = scatter::charts(&large, &labels(&large));
    let heatmap = charts.iter().find(|chart| chart.name == "ttft-e2e-baseline").unwrap();
    let Marks::Cells(cells) = &heatmap.series[0].marks else { panic!() };
    assert!((cells.iter().map(|cell| cell.value).sum::<f64>() - 2_000.0).abs() < 1e-9);
    assert!(heatmap.notes[0].starts_with("2,000 requests: too many"), "{:?}", heatmap.notes);
}

#[test]
fn attainment_counts_every_request_that_was_sent() {
    let mut result = fixture::unchecked();
    result.candidate.summary.ttft_from_schedule_ms = None;
    result.rows[0].candidate.as_mut().unwrap().exchange.outcome = Outcome::Http5xx;
    let limit = 50.0;
    result.candidate.slos[0].slo.value = limit;
    let spec = objectives::chart(&result, &labels(&result)).unwrap();
    assert_eq!(names(&spec)[..2], ["all latencies", "ttft_p95_ms<=50"]);
    let kept = result.rows[1..]
        .iter()
        .filter(|row| row.candidate.as_ref().unwrap().metrics.ttft_ms.unwrap() <= limit)
        .count() as u64;
    assert!(kept > 0 && kept < 29, "{kept}");
    let rests = rests(&spec, "candidate");
    let goodput = result.candidate.summary.goodput.as_ref().unwrap();
    assert_eq!((rests[0].at, rests[0].interval), (goodput.attainment, Some(goodput.attainment_interval_95)));
    assert!((rests[1].at - sample::real(kept) / 30.0).abs() < 1e-12);
    assert_eq!(rests[1].interval, crate::stats::proportion::wilson(rests[1].at, 30, 0.95));
    let asked: Vec<_> = targets(&spec).iter().map(|target| (target.y, target.x)).collect();
    assert_eq!(asked, [(2.0, 0.95), (3.0, 0.5), (4.0, 1.0)]);
    assert!(objectives::chart(&fixture::paired(), &labels(&fixture::paired())).is_none());
}

#[test]
fn pass_rates_are_the_tables() {
    let result = fixture::paired();
    let spec = pass_rates::chart(&result, &labels(&result)).unwrap();
    let comparison = result.comparison.as_ref().unwrap();
    for (rest, rate) in rests(&spec, "candidate")
        .iter()
        .zip(std::iter::once(&comparison.overall).chain(&comparison.categories))
    {
        assert_eq!((Some(rest.at), rest.interval), (rate.candidate.rate, rate.candidate.wilson_95));
    }
    assert!(rests(&spec, "baseline")[0].row < rests(&spec, "candidate")[0].row);
    let alone = fixture::alone();
    let spec = pass_rates::chart(&alone, &labels(&alone)).unwrap();
    assert_eq!(names(&spec), ["overall", "arithmetic", "extraction", "reasoning"]);
    assert!((rests(&spec, "candidate")[0].row - 1.0).abs() < 1e-12, "one side stands in the middle");
    let unchecked = fixture::unchecked();
    assert!(pass_rates::chart(&unchecked, &labels(&unchecked)).is_none());
}

#[test]
fn a_category_s_latency_is_its_pairs_median() {
    let mut result = fixture::paired();
    result.rows[0].baseline.as_mut().unwrap().exchange.outcome = Outcome::Reset;
    let charts = category_speed::charts(&result, &labels(&result));
    let spec = charts.iter().find(|chart| chart.name == "category-ttft").unwrap();
    let mut values: Vec<f64> = result.rows[1..]
        .iter()
        .filter(|row| row.category == "arithmetic")
        .map(|row| row.candidate.as_ref().unwrap().metrics.ttft_ms.unwrap())
        .collect();
    values.sort_by(f64::total_cmp);
    assert_eq!(values.len(), 9);
    assert_eq!(Some(rests(spec, "candidate")[1].at), values.get(4).copied());
    assert!(targets(spec).is_empty() && spec.notes[1].starts_with("No p95"), "{:?}", spec.notes);
    let large = fixture::result(600, false);
    let charts = category_speed::charts(&large, &labels(&large));
    assert_eq!(targets(&charts[1]).len(), 4, "of 200 requests each a p95 stands for something");
}

/// Gold 3 three times: given 3, 3, 5; gold 5 given 4. Of confidence 0.9, 0.95, 0.6 and 0.6 the first two are right.
#[test]
fn what_a_judge_gave_against_gold() {
    let mut result = fixture::result(4, false);
    let given = [(3.0, 3.0, 0.9), (3.0, 3.0, 0.95), (3.0, 5.0, 0.6), (5.0, 4.0, 0.6)];
    for (row, (gold, given, confidence)) in result.rows.iter_mut().zip(given) {
        let judgement = &mut row.candidate.as_mut().unwrap().judgement;
        let mark = Mark::Score { given: Some(given), gold, scale: [1.0, 5.0] };
        judgement.graded = Some(Graded { mark, confidence: Some(confidence) });
        judgement.verdict = if gold.total_cmp(&given).is_eq() { Verdict::Pass } else { Verdict::Wrong };
    }
    let charts = judge::charts(&result, &labels(&result));
    let Marks::Cells(cells) = &charts[0].series[0].marks else { panic!() };
    let found: Vec<_> = cells.iter().map(|cell| (cell.x.0 + 0.5, cell.y.0 + 0.5, cell.value)).collect();
    assert_eq!(found, [(3.0, 3.0, 2.0), (3.0, 5.0, 1.0), (5.0, 4.0, 1.0)]);
    assert_eq!((charts[0].x.low, charts[0].x.high), (0.5, 5.5));
    let Marks::Line(bins) = &charts[1].series[1].marks else { panic!() };
    let bins: Vec<_> = bins.iter().map(|point| ((point.x * 1e6).round() / 1e6, point.y)).collect();
    assert_eq!(bins, [(0.6, 0.0), (0.925, 1.0)]);
    assert!(judge::charts(&fixture::paired(), &labels(&fixture::paired())).is_empty());
}

#[test]
fn every_chart_is_small_and_holds_no_markup_from_outside() {
    let evil = "</script><script>alert(1)</script>\u{202e}$x$\"'<b>&".repeat(40);
    let mut large = fixture::result(10_000, true);
    let mut hostile = fixture::hostile();
    for row in &mut hostile.rows {
        row.category = format!("{evil} {}", row.category);
    }
    for rate in &mut hostile.comparison.as_mut().unwrap().categories {
        rate.category = Some(format!("{evil} {}", rate.category.as_deref().unwrap()));
    }
    for (i, row) in large.rows.iter_mut().enumerate() {
        row.category = format!("category {}", i % 60);
        for attempt in [&mut row.candidate, &mut row.baseline].into_iter().flatten() {
            let prompt_tokens = 100 + (i as u64 * 7_919) % 4_000;
            attempt.exchange.usage = Some(Usage { prompt_tokens, ..Usage::default() });
            let ms =
                attempt.metrics.ttft_ms.unwrap() * (1.0 + f64::from(u32::try_from(i % 977).unwrap()) / 10.0);
            attempt.metrics.ttft_ms = Some(ms);
        }
    }
    let mut dots = large.clone();
    dots.rows.truncate(750);
    let results = [
        ("large", large),
        ("dots", dots),
        ("hostile", hostile),
        ("levels", fixture::levels()),
        ("one", fixture::result(1, true)),
        ("two", fixture::result(2, false)),
        ("unchecked", fixture::unchecked()),
        ("interrupted", fixture::interrupted()),
    ];
    for (name, result) in results {
        let charts = Charts::new(&result, &labels(&result));
        let mine: Vec<&Chart> = charts.quality.iter().chain(&charts.speed).chain(&charts.loads).collect();
        assert!(!mine.is_empty(), "{name}");
        for (i, chart) in mine.iter().enumerate() {
            let data = serde_json::to_string(&chart.data).unwrap();
            let size = chart.svg.len() + data.len();
            assert!(size <= 42_000, "{name}: {} has {} + {} bytes", chart.name, chart.svg.len(), data.len());
            assert!(!chart.svg.contains("<script") && !chart.svg.contains("<b>"), "{}", chart.svg);
            assert!(!chart.svg.contains("NaN") && !chart.svg.contains("inf"), "{name}: {}", chart.name);
            assert!(!chart.svg.contains("style="), "{name}: {}", chart.name);
            assert!(!chart.about.is_empty() && chart.about.len() < 2_000, "{}", chart.about.len());
            assert!(mine[..i].iter().all(|other| other.name != chart.name), "{} twice", chart.name);
        }
    }
}

#[test]
fn where_all_failed_there_is_nothing_to_draw() {
    let mut result = fixture::result(3, false);
    for row in &mut result.rows {
        let attempt = row.candidate.as_mut().unwrap();
        attempt.exchange.outcome = Outcome::Http5xx;
        attempt.metrics = RequestMetrics::default();
    }
    result.candidate.pass_rates.clear();
    let charts = Charts::new(&result, &labels(&result));
    assert!(charts.speed.is_empty() && charts.quality.is_empty() && charts.loads.is_empty());
}
