use super::*;
use crate::model::units::Nanos;
use crate::report::fixture;
use crate::report::view::labels;

fn all(result: &RunResult) -> Vec<ChartSpec> {
    charts(result, &labels(result))
}

fn spec(result: &RunResult, name: &str) -> ChartSpec {
    all(result).into_iter().find(|chart| chart.name == name).unwrap()
}

fn bars(series: &Series) -> (&[f64], &[f64]) {
    let Marks::Bars { edges, values } = &series.marks else { panic!("{series:?}") };
    (edges, values)
}

fn ttft(result: &mut RunResult, values: &[f64]) {
    for (row, value) in result.rows.iter_mut().zip(values) {
        row.candidate.as_mut().unwrap().metrics.ttft_ms = Some(*value);
    }
    let mut values = values.to_vec();
    result.candidate.summary.ttft_ms = crate::stats::quantile::distribution(&mut values);
}

#[test]
fn a_curve_is_the_share_of_the_rows_up_to_each_value() {
    let result = fixture::paired();
    let chart = spec(&result, "ttft-cdf");
    let values: Vec<f64> =
        result.rows.iter().filter_map(|row| row.candidate.as_ref()?.metrics.ttft_ms).collect();
    let candidate = chart.series.iter().find(|series| series.key == "candidate").unwrap();
    let Marks::Steps(points) = &candidate.marks else { panic!("{candidate:?}") };
    for point in &points[1..] {
        let up_to = values.iter().filter(|value| **value <= point.x).count() as u64;
        assert!((super::super::sample::real(up_to) / 30.0 - point.y).abs() < 1e-12, "{point:?}");
    }
    // Thirty requests allow a median and no more.
    let marked: Vec<_> = chart
        .series
        .iter()
        .filter_map(|series| match &series.marks {
            Marks::Named(named) => Some(named.iter().map(|named| named.name.as_str()).collect::<Vec<_>>()),
            _ => None,
        })
        .collect();
    assert_eq!(marked, [["p50"], ["p50"]]);
    assert_eq!(chart.notes, ["n too small for p95 (130 or more) and p99 (662 or more): 30"]);
}

#[test]
fn both_sides_have_the_same_bins_and_each_its_own_whole() {
    let mut result = fixture::paired();
    // Sides of different sizes compare as shares.
    for row in result.rows.iter_mut().skip(10) {
        row.baseline = None;
    }
    let chart = spec(&result, "e2e-histogram");
    let (edges, candidate) = bars(&chart.series[1]);
    let (other, baseline) = bars(&chart.series[0]);
    assert_eq!(edges, other);
    for values in [candidate, baseline] {
        assert!((values.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{values:?}");
    }
    assert!((chart.y.low).abs() < 1e-12 && (edges[0]).abs() < 1e-12);
    let first: Vec<f64> = result.rows.iter().filter_map(|r| r.candidate.as_ref()?.metrics.e2e_ms).collect();
    let expected = first.iter().filter(|v| (edges[2]..edges[3]).contains(v)).count() as u64;
    assert!((candidate[2] - super::super::sample::real(expected) / 30.0).abs() < 1e-12);
}

#[test]
fn a_cut_tail_says_how_many_lie_beyond() {
    let mut result = fixture::result(300, false);
    let mut values: Vec<f64> = (0..300).map(|i| 50.0 + f64::from(i % 50)).collect();
    values[299] = 9_000.0;
    ttft(&mut result, &values);
    let chart = spec(&result, "ttft-cdf");
    assert!((chart.x.high - 100.0).abs() < 1e-9 && !chart.x.is_logarithmic(), "{:?}", chart.x);
    assert_eq!(chart.notes[0], "1 of 300 requests beyond the right edge, up to 9,000 ms");
    let histogram = spec(&result, "ttft-histogram");
    let (_, shares) = bars(&histogram.series[0]);
    assert!((shares.iter().sum::<f64>() - 299.0 / 300.0).abs() < 1e-12);
}

#[test]
fn what_spans_much_is_logarithmic_and_says_so() {
    let mut result = fixture::result(300, false);
    let values: Vec<f64> = (0..300).map(|i| 10.0_f64.powf(f64::from(i) / 75.0)).collect();
    ttft(&mut result, &values);
    for name in ["ttft-cdf", "ttft-histogram"] {
        let chart = spec(&result, name);
        assert!(chart.x.is_logarithmic(), "{:?}", chart.x);
        let drawn = chart.draw().unwrap();
        assert!(drawn.svg.contains(">TTFT, ms (logarithmic)<"), "{}", drawn.svg);
    }
    let histogram = spec(&result, "ttft-histogram");
    let (edges, shares) = bars(&histogram.series[0]);
    let ratio = edges[1] / edges[0];
    assert!(edges.windows(2).all(|two| (two[1] / two[0] / ratio - 1.0).abs() < 1e-9), "{edges:?}");
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn none_one_two_and_equal_values() {
    let mut result = fixture::result(3, false);
    for row in &mut result.rows {
        row.candidate.as_mut().unwrap().exchange.outcome = crate::model::outcome::Outcome::Http5xx;
    }
    assert!(all(&result).is_empty(), "nothing succeeded");
    for n in [1, 2] {
        let charts = all(&fixture::result(n, true));
        assert_eq!(charts.len(), 7, "TTFT, TPOT and E2E twice, stalls once");
        assert!(charts.into_iter().all(|chart| chart.draw().is_some()));
    }
    let mut result = fixture::result(30, false);
    ttft(&mut result, &[42.0; 30]);
    let chart = spec(&result, "ttft-histogram");
    let (_, shares) = bars(&chart.series[0]);
    assert_eq!(shares.iter().filter(|share| **share > 0.0).collect::<Vec<_>>(), [&1.0]);
    ttft(&mut result, &[0.0; 30]);
    assert!(spec(&result, "ttft-cdf").draw().is_some());
}

#[test]
fn gaps_come_from_the_stored_histogram() {
    let mut result = fixture::result(2, false);
    let mut spans = Spans::default();
    for ms in 1..=1000 {
        spans.record(Nanos::from_millis(20 + ms % 10));
    }
    result.candidate.summary.histograms.insert(ITL.to_owned(), spans.to_stored().unwrap());
    let mut gaps: Vec<f64> = (1..=1000).map(|ms| f64::from(20 + ms % 10)).collect();
    result.candidate.summary.itl_ms = crate::stats::quantile::distribution(&mut gaps);
    let chart = spec(&result, "itl-cdf");
    let Marks::Steps(points) = &chart.series[0].marks else { panic!() };
    assert_eq!(points.len(), 11);
    for (step, point) in (20_u32..).zip(&points[1..]) {
        assert!((point.x / f64::from(step) - 1.0).abs() < 1e-3, "{point:?}");
        assert!((point.y - f64::from(step - 19) / 10.0).abs() < 1e-9, "{point:?}");
    }
    let Marks::Named(named) = &chart.series[1].marks else { panic!() };
    assert_eq!(named.iter().map(|named| named.name.as_str()).collect::<Vec<_>>(), ["p50", "p95", "p99"]);
    assert!(chart.notes.is_empty(), "{:?}", chart.notes);
    // What can't be read is no chart.
    let stored = result.candidate.summary.histograms.get_mut(ITL).unwrap();
    stored.v2_deflate_base64 = "AAAA".to_owned();
    assert!(all(&result).iter().all(|chart| chart.name != "itl-cdf"));
}
