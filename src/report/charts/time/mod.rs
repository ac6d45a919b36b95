//! What happened when: requests, throughput, load, latency and failures over the run's time. All charts share one
//! axis from the first request's sending, and one width of bins, so that they can be laid over one another.

mod bins;
mod clock;
mod color;
mod failures;
mod flight;
mod heatmap;
mod latency;
mod throughput;
mod timeline;

use clock::Clock;

use super::super::chart::ChartSpec;
use super::super::table::Labels;
use crate::model::result::RunResult;

/// The charts over time, and those of failures among them.
pub(super) fn charts(result: &RunResult, labels: &Labels) -> (Vec<ChartSpec>, Vec<ChartSpec>) {
    // Where no times were kept there is nothing to tell.
    let Some(clock) = Clock::new(result, labels) else { return Default::default() };
    let over_time = [
        timeline::charts(&clock),
        throughput::charts(&clock),
        flight::charts(&clock),
        latency::charts(&clock),
        heatmap::charts(&clock),
    ];
    (over_time.into_iter().flatten().collect(), failures::charts(&clock))
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
