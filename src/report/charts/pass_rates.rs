//! The pass rates themselves by category, with their intervals, each side for itself.

use super::super::chart::{Axis, ChartSpec, Frame, Marks, Rest};
use super::super::number::percent;
use super::super::quality;
use super::super::table::Labels;
use super::{Shown, rows, sides};
use crate::model::comparison::PassRate;
use crate::model::record::Side;
use crate::model::result::RunResult;

/// A category's rates, a side each.
type Rates<'a> = (Option<&'a str>, Vec<Option<PassRate>>);

/// Pass rates with Wilson's intervals: of what is paired where there is a comparison, else of all that was judged.
pub(super) fn chart(result: &RunResult, labels: &Labels) -> Option<ChartSpec> {
    let shown = sides(labels);
    let mut rates = match result.comparison.as_ref().filter(|_| shown.len() == 2) {
        Some(comparison) => quality::every(comparison)
            .map(|rate| (rate.category.as_deref(), vec![Some(rate.baseline), Some(rate.candidate)]))
            .collect(),
        None => single(result, &shown),
    };
    rates.retain(|(_, rates)| rates.iter().flatten().any(|rate| rate.rate.is_some()));
    if rates.is_empty() {
        return None;
    }
    let categories = rates.len();
    rates.truncate(rows::MOST);
    let mut told = Vec::new();
    let mut series = Vec::new();
    for (place, side) in shown.iter().enumerate() {
        let rest = |(row, (_, rates)): (usize, &Rates<'_>)| {
            let rate = (*rates.get(place)?)?;
            let row = rows::place(row, place, shown.len());
            Some(Rest { row, at: rate.rate?, interval: rate.wilson_95, color: side.key })
        };
        let rests: Vec<Rest> = rates.iter().enumerate().filter_map(rest).collect();
        if let Some(first) = rests.first() {
            told.push(format!("{} {}", side.label, percent(first.at)));
        }
        series.push(side.series(Marks::Rests(rests)));
    }
    let mut notes = vec!["95 % intervals (Wilson) of each side by itself".to_owned()];
    if shown.len() == 2 {
        notes.push(
            "Where they overlap the sides may differ all the same: what decides is the difference, prompt by prompt"
                .to_owned(),
        );
    }
    notes.extend(rows::left_out(categories));
    let names: Vec<String> = rates.iter().map(|(category, _)| rows::name(*category)).collect();
    Some(ChartSpec {
        name: "pass-rates".to_owned(),
        title: "Pass rates by category".to_owned(),
        about: format!("Pass rates by category with 95 % intervals; {}: {}", names.first()?, told.join(", ")),
        notes,
        frame: Frame::Rows(names.len()),
        x: Axis::share("passed"),
        y: Axis::categories(names),
        series,
        references: Vec::new(),
    })
}

fn single<'a>(result: &'a RunResult, shown: &[Shown<'_>]) -> Vec<Rates<'a>> {
    let of = |side: Side| result.side(side).map_or(&[][..], |info| info.pass_rates.as_slice());
    let mut names: Vec<Option<&str>> = Vec::new();
    for rate in shown.iter().flat_map(|side| of(side.side)) {
        if !names.contains(&rate.category.as_deref()) {
            names.push(rate.category.as_deref());
        }
    }
    let rate = |side: &Shown<'_>, name: Option<&str>| {
        of(side.side).iter().find(|rate| rate.category.as_deref() == name).map(|rate| rate.pass_rate)
    };
    names.into_iter().map(|name| (name, shown.iter().map(|side| rate(side, name)).collect())).collect()
}
