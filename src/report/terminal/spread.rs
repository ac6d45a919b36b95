//! How a run's latencies are spread: a line a side of characters as high as their bin is full, both on one scale.

use super::screen::{INDENT, Screen};
use crate::model::record::Side;
use crate::model::result::RunResult;
use crate::model::summary::RequestMetrics;
use crate::report::number::decimal;
use crate::report::spark;
use crate::report::table::{Labels, Tone};
use crate::report::text::fit_middle;
use unicode_width::UnicodeWidthStr;

/// Fewer requests have no shape.
const FEWEST: usize = 10;
/// The most bins.
const BINS: usize = 48;
/// The fewest.
const LEAST_BINS: usize = 12;
/// The longest name of a side before its line.
const NAME: usize = 24;

/// A latency of a request.
type Metric = fn(&RequestMetrics) -> Option<f64>;

impl Screen {
    /// TTFT and E2E of the requests that succeeded.
    pub(super) fn spread(&mut self, result: &RunResult, labels: &Labels) {
        let metrics: [(&str, Metric); 2] = [("TTFT", |m| m.ttft_ms), ("E2E", |m| m.e2e_ms)];
        let sides = [
            (labels.baseline.as_deref(), Side::Baseline),
            (Some(labels.candidate.as_str()), Side::Candidate),
        ];
        let sides: Vec<(String, Side)> = sides
            .into_iter()
            .filter_map(|(name, side)| Some((self.shown(&fit_middle(name?, NAME)).into_owned(), side)))
            .collect();
        let longest = sides.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
        let room = self.width().saturating_sub(INDENT + longest + 2).min(BINS);
        for (metric, of) in metrics {
            let series: Vec<Vec<f64>> = sides.iter().map(|(_, side)| values(result, *side, of)).collect();
            if series.iter().any(|values| values.len() < FEWEST) {
                continue;
            }
            let fewest = series.iter().map(Vec::len).min().unwrap_or(0);
            let Some(bins) = spark::binned(&series, room.min(bins(fewest))) else { continue };
            let beyond = if bins.is_cut { " and beyond" } else { "" };
            let scale = format!(
                "{metric} of each request, {} to {} ms{beyond}",
                decimal(bins.low),
                decimal(bins.high)
            );
            self.item("", &scale, Tone::Dim);
            for ((name, _), counts) in sides.iter().zip(&bins.counts) {
                let drawn = spark::sparkline(counts);
                let name = format!("{name}{}  ", " ".repeat(longest.saturating_sub(name.width())));
                let line = format!("{:INDENT$}{name}{}", "", self.shown(&drawn));
                self.line(&line);
            }
        }
    }
}

/// Twice the root of the values: as many bins as still have some of them each.
const fn bins(values: usize) -> usize {
    let bins = 2 * values.isqrt();
    if bins < LEAST_BINS { LEAST_BINS } else { bins }
}

/// A latency of every request of a side that succeeded.
fn values(result: &RunResult, side: Side, metric: Metric) -> Vec<f64> {
    let attempts = result.rows.iter().filter_map(|row| row.attempt(side));
    let successes = attempts.filter(|attempt| attempt.exchange.outcome.is_success());
    successes.filter_map(|attempt| metric(&attempt.metrics)).collect()
}
