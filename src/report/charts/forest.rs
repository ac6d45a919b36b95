//! The differences of pass rates by category, with their intervals.

use super::super::chart::{Across, Axis, ChartSpec, Frame, Marks, Reference, Rest, Series, Stroke, Unit};
use super::super::quality;
use super::super::table::Tone;
use super::super::text::{fit_middle, one_line};
use crate::model::comparison::{Comparison, PairedPassRate};

/// The longest name of a category, in columns.
const NAME: usize = 26;

/// Delta by category, all together first; none where nothing was judged on both sides.
pub(super) fn chart(comparison: &Comparison) -> Option<ChartSpec> {
    let named = comparison
        .categories
        .iter()
        .map(|rate| (fit_middle(&one_line(&rate.category.clone().unwrap_or_default()), NAME), rate));
    let rates: Vec<(String, &PairedPassRate)> = std::iter::once(("overall".to_owned(), &comparison.overall))
        .chain(named)
        .filter(|(_, rate)| rate.delta_pp.is_some())
        .collect();
    let (mut names, mut rests) = (Vec::new(), Vec::new());
    for ((name, rate), row) in rates.into_iter().zip(1_u32..) {
        names.push(name);
        rests.push(Rest {
            row: f64::from(row),
            at: rate.delta_pp?,
            interval: rate.interval_90_pp,
            color: match quality::tone(rate.interval_90_pp) {
                Tone::Bad => "bad",
                Tone::Good => "good",
                _ => "soft",
            },
        });
    }
    let farthest = rests
        .iter()
        .flat_map(|rest| [Some(rest.at), rest.interval.map(|i| i.low), rest.interval.map(|i| i.high)])
        .flatten()
        .map(f64::abs)
        .fold(1.0, f64::max);
    let end = Axis::from_zero("", Unit::Of(""), farthest).high.min(100.0);
    Some(ChartSpec {
        name: "delta-forest".to_owned(),
        title: "Difference of pass rates by category".to_owned(),
        about: "Candidate minus baseline by category, percentage points, with 90 % intervals".to_owned(),
        notes: vec!["90 % intervals; left of the dashed line the candidate passed less".to_owned()],
        frame: Frame::Rows(names.len()),
        x: Axis::between("candidate minus baseline", Unit::Of("pp"), -end, end),
        y: Axis::categories(names),
        series: vec![Series {
            key: "delta",
            label: "delta with its 90 % interval".to_owned(),
            color: "soft",
            stroke: Stroke::Fine,
            marks: Marks::Rests(rests),
        }],
        references: vec![Reference { on: Across::X, value: 0.0, label: String::new() }],
    })
}
