use super::*;
use crate::model::comparison::Interval;

fn curve(key: &'static str, stroke: Stroke, points: &[(f64, f64)]) -> Series {
    let points = points.iter().map(|(x, y)| Point::new(*x, *y)).collect();
    Series { key, label: key.to_owned(), color: "candidate", stroke, marks: Marks::Steps(points) }
}

fn spec(series: Vec<Series>) -> ChartSpec {
    ChartSpec {
        name: "ttft".to_owned(),
        title: "Time to first token".to_owned(),
        about: "Share of requests by time to first token".to_owned(),
        notes: Vec::new(),
        frame: Frame::Half,
        x: Axis::from_zero("TTFT", Unit::Of("ms"), 40.0),
        y: Axis::share("requests up to here"),
        series,
        references: Vec::new(),
    }
}

#[test]
fn each_series_is_a_group_in_the_page_s_colours() {
    let series = || vec![curve("candidate", Stroke::Strong, &[(10.0, 0.0), (10.0, 0.5), (40.0, 1.0)])];
    let chart = spec(series()).draw().unwrap();
    assert_eq!(chart, spec(series()).draw().unwrap(), "a chart is drawn the same every time");
    assert!(chart.svg.starts_with("<svg") && chart.svg.contains("viewBox=\"0 0 480 280\""), "{}", chart.svg);
    assert!(chart.svg.contains("<g data-series=\"candidate\">"), "{}", chart.svg);
    assert!(chart.svg.contains("var(--candidate)") && chart.svg.contains(">TTFT, ms<"), "{}", chart.svg);
    assert!(!chart.svg.contains("<script") && !chart.svg.contains("style="), "{}", chart.svg);
    assert!(chart.svg.len() < 6_000, "{}", chart.svg.len());
}

#[test]
fn a_mark_stands_where_the_data_says() {
    let chart = spec(vec![curve("candidate", Stroke::Strong, &[(0.0, 0.0), (40.0, 1.0)])]).draw().unwrap();
    let (left, top, right, bottom) = chart.data.plot;
    let x = &chart.data.x;
    assert_eq!((x.low, x.high, x.unit, x.scale), (0.0, 40.0, "ms", "linear"));
    let full = top + (bottom - top) * (1.03 - 1.0) / 1.03;
    let path = format!("M{left:.1} {bottom:.1}H{right:.1}V{full:.1}");
    assert!(chart.svg.contains(&path), "{path} in {}", chart.svg);
}

#[test]
fn what_has_no_place_is_left_out_and_nothing_is_no_chart() {
    let chart = spec(vec![curve("a", Stroke::Fine, &[(f64::NAN, 0.0), (2.0, 1.0)])]).draw().unwrap();
    assert_eq!(chart.data.series[0].x, [2.0]);
    assert!(spec(vec![curve("a", Stroke::Fine, &[(f64::INFINITY, 0.0)])]).draw().is_none());
    assert!(spec(Vec::new()).draw().is_none());
    let logarithmic = ChartSpec {
        x: Axis::logarithmic("TTFT", Unit::Of("ms"), 1.0, 100.0),
        ..spec(vec![curve("a", Stroke::Fine, &[(0.0, 0.0), (10.0, 1.0)])])
    };
    assert_eq!(logarithmic.draw().unwrap().data.series[0].x, [10.0]);
}

#[test]
fn loads_that_are_doubled_stand_at_even_distances() {
    let chart = ChartSpec {
        x: Axis::loads("requests in flight", 1.0, 64.0),
        ..spec(vec![curve("candidate", Stroke::Strong, &[(1.0, 0.2), (8.0, 0.4), (64.0, 0.9)])])
    }
    .draw()
    .unwrap();
    for load in ["1", "2", "4", "8", "16", "32", "64"] {
        assert!(chart.svg.contains(&format!(">{load}<")), "{load} in {}", chart.svg);
    }
}

#[test]
fn names_from_outside_stay_text() {
    let rest = Rest { row: 1.0, at: 2.0, interval: Some(Interval { low: -1.0, high: 4.0 }), color: "good" };
    let chart = ChartSpec {
        frame: Frame::Rows(1),
        x: Axis::between("delta", Unit::Of("pp"), -5.0, 5.0),
        y: Axis::categories(vec!["</text><script>alert(1)</script> $x$ & \u{202e}".to_owned()]),
        references: vec![Reference { on: Across::X, value: 0.0, label: "<b>none</b>".to_owned() }],
        ..spec(vec![Series {
            key: "delta",
            label: "delta".to_owned(),
            color: "good",
            stroke: Stroke::Strong,
            marks: Marks::Rests(vec![rest]),
        }])
    }
    .draw()
    .unwrap();
    assert!(!chart.svg.contains("<script") && !chart.svg.contains("<b>"), "{}", chart.svg);
    assert!(chart.svg.contains("&lt;script&gt;"), "{}", chart.svg);
}

#[test]
fn axes_end_at_round_numbers() {
    for (highest, high) in [(0.0, 1.0), (7.0, 8.0), (61.0, 80.0), (1234.0, 1500.0), (0.03, 0.03)] {
        let axis = Axis::from_zero("", Unit::Of(""), highest);
        assert!((axis.high - high).abs() < 1e-9, "{highest}: {}", axis.high);
    }
    for (step, round) in [(0.3, 0.5), (1.0, 1.0), (1.1, 2.0), (4.2, 5.0), (70.0, 100.0), (260.0, 500.0)] {
        assert!((axis::nice(step) / round - 1.0_f64).abs() < 1e-9, "{step}");
    }
}

/// A late request's first token, to the millisecond: 1234.567 s + 12.5 ms.
#[test]
fn moments_of_a_long_run_keep_their_distance() {
    let start = 1_234.567;
    let span = Span { y: 0.5, start, first: Some(start + 0.012_5), end: start + 0.2, name: String::new() };
    let marks = Marks::Spans(vec![span]);
    let series = Series { marks, ..curve("a", Stroke::Strong, &[]) };
    let chart = ChartSpec { x: Axis::time(2_000.0), ..spec(vec![series]) }.draw().unwrap();
    let data = &chart.data.series[0];
    assert_eq!((data.x[0], data.first[0], data.end[0]), (1_234.567, Some(1_234.579_5), 1_234.767));
}
