//! How good a judge a model is: the scores it gave against gold, and whether its confidence is honest.

use std::collections::{BTreeMap, BTreeSet};

use super::super::chart::{Axis, Cell, ChartSpec, Frame, Marks, Point, Series, Stroke, Unit};
use super::super::number::count;
use super::super::table::Labels;
use super::sample::real;
use super::{Shown, sides};
use crate::model::judgement::{Graded, Mark, Verdict};
use crate::model::record::Row;
use crate::model::result::RunResult;
use crate::stats::proportion::pass_rate;

/// Bins of stated confidence, of equal width over 0 to 1: those that the calibration error is made of.
const BINS: u16 = 10;

/// Agreement with gold, one chart a side, and calibration.
pub(super) fn charts(result: &RunResult, labels: &Labels) -> Vec<ChartSpec> {
    let shown = sides(labels);
    let mut charts: Vec<ChartSpec> =
        shown.iter().filter_map(|side| agreement(result, side, shown.len() > 1)).collect();
    charts.extend(calibration(result, &shown));
    charts
}

/// The readable replies of a side, each with its prompt and whether its mark was accepted.
fn replies<'a>(result: &'a RunResult, side: &Shown<'_>) -> impl Iterator<Item = (&'a Row, &'a Graded, bool)> {
    let side = side.side;
    result.rows.iter().filter_map(move |row| {
        let judgement = &row.attempt(side)?.judgement;
        let graded = judgement.graded.as_ref()?;
        let is_read = match graded.mark {
            Mark::Score { given, .. } => given.is_some(),
            Mark::Preference { given, .. } => given.is_some(),
        };
        is_read.then_some((row, graded, judgement.verdict == Verdict::Pass))
    })
}

fn agreement(result: &RunResult, side: &Shown<'_>, several: bool) -> Option<ChartSpec> {
    // Scores are not negative, so that their bits are in their order.
    let mut counts: BTreeMap<(u64, u64), u64> = BTreeMap::new();
    let mut ends = (f64::INFINITY, f64::NEG_INFINITY);
    let mut equal = 0;
    for (_, graded, _) in replies(result, side) {
        let Mark::Score { given: Some(given), gold, scale } = graded.mark else { continue };
        if !(given.is_finite() && gold.is_finite()) {
            continue;
        }
        *counts.entry((gold.to_bits(), given.to_bits())).or_default() += 1;
        equal += u64::from(gold.total_cmp(&given).is_eq());
        for end in [given, gold, scale[0], scale[1]] {
            ends = (ends.0.min(end), ends.1.max(end));
        }
    }
    let most = counts.values().copied().max()?;
    let all: u64 = counts.values().sum();
    let cells = counts.into_iter().map(|((gold, given), value)| {
        let around = |bits: u64| (f64::from_bits(bits) - 0.5, f64::from_bits(bits) + 0.5);
        Cell { x: around(gold), y: around(given), value: real(value) }
    });
    let cells: Vec<Cell> = cells.collect();
    let axis = |label: &str| Axis::between(label, Unit::Of("points"), ends.0 - 0.5, ends.1 + 0.5);
    let of = if several { format!(": {}", side.label) } else { String::new() };
    Some(ChartSpec {
        name: if side.key == "baseline" { "judge-agreement-baseline" } else { "judge-agreement" }.to_owned(),
        title: format!("Scores given against gold{of}"),
        about: format!("{} of {} scores equal gold", count(equal), count(all)),
        notes: vec![
            format!(
                "The stronger a cell's colour the more replies, up to {}; above the line the judge is lenient, below it strict",
                count(most)
            ),
            format!("{} of {} equal gold", count(equal), count(all)),
        ],
        frame: Frame::Half,
        x: axis("gold"),
        y: axis("given"),
        series: vec![
            Series { key: "replies", label: "replies".to_owned(), ..side.series(Marks::Cells(cells)) },
            equality(ends.0, ends.1, "as gold"),
        ],
        references: Vec::new(),
    })
}

/// Where what is said equals what is.
fn equality(low: f64, high: f64, label: &str) -> Series {
    Series {
        key: "equal",
        label: label.to_owned(),
        color: "soft",
        stroke: Stroke::Dashed,
        marks: Marks::Curve(vec![Point::new(low, low), Point::new(high, high)]),
    }
}

fn calibration(result: &RunResult, shown: &[Shown<'_>]) -> Option<ChartSpec> {
    let mut series = vec![equality(0.0, 1.0, "honest")];
    let mut stated = 0;
    for side in shown {
        #[derive(Default, Clone)]
        struct Bin<'a> {
            replies: u64,
            accepted: u64,
            confidence: f64,
            prompts: BTreeSet<&'a str>,
        }
        let mut bins = vec![Bin::default(); usize::from(BINS)];
        for (row, graded, accepted) in replies(result, side) {
            let Some(confidence) = graded.confidence.filter(|c| (0.0..=1.0).contains(c)) else { continue };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 10, and cut to the last bin"
            )]
            let at = ((confidence * f64::from(BINS)) as usize).min(usize::from(BINS) - 1);
            let Some(bin) = bins.get_mut(at) else { continue };
            bin.replies += 1;
            bin.accepted += u64::from(accepted);
            bin.confidence += confidence;
            bin.prompts.insert(&row.key.prompt_id);
        }
        stated += bins.iter().map(|bin| bin.replies).sum::<u64>();
        let points: Vec<Point> = bins
            .iter()
            .filter_map(|bin| {
                // Repeats of an item are no further trials.
                let rate = pass_rate(bin.accepted, bin.replies, bin.prompts.len() as u64);
                let mean = bin.confidence / real(bin.replies);
                Some(Point { interval: rate.wilson_95, ..Point::new(mean, rate.rate?) })
            })
            .collect();
        series.push(side.series(Marks::Line(points)));
    }
    if stated == 0 {
        return None;
    }
    Some(ChartSpec {
        name: "judge-calibration".to_owned(),
        title: "Stated confidence against what was accepted".to_owned(),
        about: format!(
            "Share of accepted marks by stated confidence in ten bins, of {} replies",
            count(stated)
        ),
        notes: vec![
            "Ten bins of equal width, each at its mean; below the line the judge is too sure. 95 % intervals (Wilson), counting prompts"
                .to_owned(),
        ],
        frame: Frame::Half,
        x: Axis::share("stated confidence"),
        y: Axis::share("accepted"),
        series,
        references: Vec::new(),
    })
}
