//! How much faster or slower the candidate is: each latency's and rate's ratio with its interval.

use super::super::chart::{Across, Axis, ChartSpec, Frame, Marks, Reference, Rest, Series, Stroke, Unit};
use super::super::number;
use super::super::speed;
use super::super::table::Tone;
use super::super::text::{fit, one_line};
use crate::model::comparison::{Comparison, SpeedRatio};

/// The least that the axis reaches to both sides of 1, as a factor.
const LEAST: f64 = 1.25;
/// The longest name of a metric, in columns.
const NAME: usize = 24;

/// Ratios as the table has them: those that have a value, which are those that may be trusted.
pub(super) fn chart(comparison: &Comparison) -> Option<ChartSpec> {
    let ratios: Vec<(&SpeedRatio, f64)> = comparison
        .speed
        .iter()
        .filter_map(|speed| Some((speed, speed.ratio.filter(|ratio| ratio.is_finite() && *ratio > 0.0)?)))
        .collect();
    let names: Vec<String> = ratios.iter().map(|(speed, _)| fit(&speed::metric_name(speed), NAME)).collect();
    let rest = |row: u32, (ratio, at): &(&SpeedRatio, f64)| Rest {
        row: f64::from(row),
        at: *at,
        interval: ratio.interval_95,
        color: match speed::tone(ratio) {
            Tone::Good => "good",
            Tone::Bad => "bad",
            _ => "soft",
        },
    };
    let rests: Vec<Rest> = (1..).zip(&ratios).map(|(row, ratio)| rest(row, ratio)).collect();
    let (known, unknown): (Vec<Rest>, Vec<Rest>) = rests.iter().partition(|rest| rest.interval.is_some());
    let ends = || {
        let limits = rests.iter().filter_map(|rest| rest.interval).flat_map(|i| [i.low, i.high]);
        rests.iter().map(|rest| rest.at).chain(limits).filter(|end| end.is_finite() && *end > 0.0)
    };
    let (low, high) = (ends().fold(1.0 / LEAST, f64::min), ends().fold(LEAST, f64::max));
    let mut notes = vec![
        "95 % intervals; of latencies left of the dashed line is faster, of rates (per second) right of it"
            .to_owned(),
    ];
    if !unknown.is_empty() {
        notes.push("Hollow: without an interval, so nothing is shown by it".to_owned());
    }
    let mut absent: Vec<String> = Vec::new();
    for speed in comparison.speed.iter().filter(|speed| speed.ratio.is_none()) {
        if let Some(reason) = speed.absent_because.as_deref().map(one_line)
            && !absent.contains(&reason)
        {
            absent.push(reason);
        }
    }
    notes.extend(absent.into_iter().map(|reason| format!("Left out: {reason}")));
    let series = |key, label: &str, stroke, rests| Series {
        key,
        label: label.to_owned(),
        color: "soft",
        stroke,
        marks: Marks::Rests(rests),
    };
    Some(ChartSpec {
        name: "speed-ratios".to_owned(),
        title: "Speed, candidate ÷ baseline".to_owned(),
        about: format!(
            "Candidate divided by baseline: {}",
            ratios
                .iter()
                .zip(&names)
                .map(|((_, ratio), name)| format!("{name} {}", number::ratio(*ratio)))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        notes,
        frame: Frame::Rows(names.len()),
        x: Axis::logarithmic("candidate ÷ baseline", Unit::Of(""), low, high),
        y: Axis::categories(names),
        series: vec![
            series("ratio", "ratio with its 95 % interval", Stroke::Strong, known),
            series("no-interval", "ratio without an interval", Stroke::Fine, unknown),
        ],
        references: vec![Reference { on: Across::X, value: 1.0, label: String::new() }],
    })
    .filter(|_| !ratios.is_empty())
}
