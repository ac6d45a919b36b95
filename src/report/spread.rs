//! How a run's latencies are spread: for each a line a side of characters as high as their bin is full, all sides on
//! one scale.

use unicode_width::UnicodeWidthStr;

use super::number::decimal;
use super::spark;
use super::table::Labels;
use super::text::fit_middle;
use crate::model::record::Side;
use crate::model::result::RunResult;
use crate::model::summary::RequestMetrics;

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

/// One latency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spread {
    /// What it is and from where to where it goes, then a line a side.
    pub(crate) lines: Vec<String>,
}

/// TTFT and E2E of the requests that succeeded, in lines of at most `width` columns; what has too few values or no
/// spread is left out.
pub(crate) fn blocks(result: &RunResult, labels: &Labels, width: usize) -> Vec<Spread> {
    let metrics: [(&str, Metric); 2] = [("TTFT", |m| m.ttft_ms), ("E2E", |m| m.e2e_ms)];
    let sides =
        [(labels.baseline.as_deref(), Side::Baseline), (Some(labels.candidate.as_str()), Side::Candidate)];
    let sides: Vec<(String, Side)> =
        sides.into_iter().filter_map(|(name, side)| Some((fit_middle(name?, NAME), side))).collect();
    let longest = sides.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    let room = width.saturating_sub(longest + 2).min(BINS);
    let block = |(metric, of): (&str, Metric)| {
        let series: Vec<Vec<f64>> = sides.iter().map(|(_, side)| values(result, *side, of)).collect();
        let fewest = series.iter().map(Vec::len).min().unwrap_or(0);
        let bins = spark::binned(&series, room.min(bins(fewest))).filter(|_| fewest >= FEWEST)?;
        let beyond = if bins.is_cut { " and beyond" } else { "" };
        let scale =
            format!("{metric} of each request, {} to {} ms{beyond}", decimal(bins.low), decimal(bins.high));
        let line = |((name, _), counts): (&(String, Side), &Vec<u64>)| {
            let pad = " ".repeat(longest.saturating_sub(name.width()) + 2);
            format!("{name}{pad}{}", spark::sparkline(counts)).trim_end().to_owned()
        };
        let lines = std::iter::once(scale).chain(sides.iter().zip(&bins.counts).map(line));
        Some(Spread { lines: lines.collect() })
    };
    metrics.into_iter().filter_map(block).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{fixture, view};

    #[test]
    fn both_sides_share_one_scale_and_few_values_have_no_shape() {
        let result = fixture::paired();
        let blocks = blocks(&result, &view::labels(&result), 60);
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0].lines[0], "TTFT of each request, 25.3 to 118 ms");
        assert!(blocks[0].lines[1].starts_with("mistral-7b-fp16  "));
        assert!(blocks.iter().flat_map(|block| &block.lines).all(|line| line.width() <= 60));
        let few = fixture::result(9, false);
        assert_eq!(super::blocks(&few, &view::labels(&few), 60), []);
    }
}
