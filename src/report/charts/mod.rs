//! What is drawn of a result: which charts there are, from which of its rows and summaries, in which section of
//! the page. How a chart is drawn is `chart`'s business; no number is made here that a summary already holds.

mod category_speed;
mod distribution;
mod forest;
pub(crate) mod history;
mod judge;
mod loads;
pub(crate) mod models;
mod objectives;
mod pass_rates;
mod ratios;
mod rows;
mod sample;
mod scatter;
mod shares;
mod time;

use serde::Serialize;

use super::chart::{Chart, ChartSpec, Marks, Series, Stroke};
use super::table::Labels;
use crate::model::record::{Attempt, Side};
use crate::model::result::RunResult;

/// The charts of a report by the section they stand in.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Charts {
    /// Pass rates.
    pub(crate) quality: Vec<Chart>,
    /// Latency and what it depends on.
    pub(crate) speed: Vec<Chart>,
    /// What happened when; they share their x axis.
    pub(crate) time: Vec<Chart>,
    /// Sweeps and searches.
    pub(crate) loads: Vec<Chart>,
    /// Failures.
    pub(crate) errors: Vec<Chart>,
}

impl Charts {
    /// Draws everything that `result` has something for.
    pub(crate) fn new(result: &RunResult, labels: &Labels) -> Self {
        let several = !result.levels.is_empty();
        let (over_time, errors) = time::charts(result, labels);
        Self {
            // Requests of several loads together have no distribution worth a look.
            speed: if several { Vec::new() } else { drawn(speed(result, labels)) },
            quality: drawn(quality(result, labels)),
            time: drawn(over_time),
            errors: drawn(errors),
            loads: drawn(loads::charts(result, labels)),
        }
    }
}

/// What was right: the difference first, then each side's rates, and how good a judge it is.
fn quality(result: &RunResult, labels: &Labels) -> Vec<ChartSpec> {
    let mut charts: Vec<ChartSpec> = result.comparison.as_ref().and_then(forest::chart).into_iter().collect();
    charts.extend(pass_rates::chart(result, labels));
    charts.extend(judge::charts(result, labels));
    charts
}

/// How fast it was: the ratios first, then how each latency is distributed and what it depends on.
fn speed(result: &RunResult, labels: &Labels) -> Vec<ChartSpec> {
    let mut charts: Vec<ChartSpec> = result.comparison.as_ref().and_then(ratios::chart).into_iter().collect();
    charts.extend(shares::chart(result, labels));
    charts.extend(objectives::chart(result, labels));
    charts.extend(distribution::charts(result, labels));
    charts.extend(category_speed::charts(result, labels));
    charts.extend(scatter::charts(result, labels));
    charts
}

fn drawn(specs: Vec<ChartSpec>) -> Vec<Chart> {
    specs.into_iter().filter_map(ChartSpec::draw).collect()
}

/// One side as every chart shows it.
#[derive(Debug, Clone, Copy)]
struct Shown<'a> {
    side: Side,
    /// The key of its series and the CSS variable of its colour.
    key: &'static str,
    label: &'a str,
    stroke: Stroke,
}

impl Shown<'_> {
    /// A series of this side.
    fn series(&self, marks: Marks) -> Series {
        Series { key: self.key, label: self.label.to_owned(), color: self.key, stroke: self.stroke, marks }
    }
}

/// The sides of a report, baseline first, so that the candidate is drawn on top.
fn sides(labels: &Labels) -> Vec<Shown<'_>> {
    let baseline = labels.baseline.as_deref().map(|label| Shown {
        side: Side::Baseline,
        key: "baseline",
        label,
        stroke: Stroke::Fine,
    });
    let candidate =
        Shown { side: Side::Candidate, key: "candidate", label: &labels.candidate, stroke: Stroke::Strong };
    baseline.into_iter().chain([candidate]).collect()
}

/// The successful requests of a side.
fn successes(result: &RunResult, side: Side) -> impl Iterator<Item = &Attempt> {
    result.rows.iter().filter_map(move |row| row.attempt(side)).filter(|a| a.exchange.outcome.is_success())
}

#[cfg(test)]
mod tests;
