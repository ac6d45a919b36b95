//! Why results can't be joined into one.

use crate::metrics::histogram::HistogramError;

/// Why results can't be merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// One result, or none.
    #[error("there is nothing to merge: name two results or more")]
    TooFew,
    /// Requests would count twice.
    #[error(
        "run `{run_id}` is named twice, or is part of another of these results: its requests would count twice"
    )]
    Twice {
        /// The run.
        run_id: String,
    },
    /// They are not shards of one run.
    #[error(
        "runs `{first}` and `{other}` are not shards of one run: {field} differs, `{ours}` against `{theirs}`"
    )]
    Differs {
        /// The first run.
        first: String,
        /// The other.
        other: String,
        /// What differs.
        field: &'static str,
        /// The first run's.
        ours: String,
        /// The other's.
        theirs: String,
    },
    /// A result of a labctl that kept no histograms.
    #[error("run `{run_id}` has no histogram of `{name}`: an older labctl wrote it; measure again")]
    NoHistogram {
        /// The run.
        run_id: String,
        /// What it would hold.
        name: &'static str,
    },
    /// A histogram that can't be added.
    #[error("the histogram of `{name}` of run `{run_id}` can't be added: {error}")]
    Histogram {
        /// The run.
        run_id: String,
        /// What it holds.
        name: &'static str,
        /// Why.
        error: HistogramError,
    },
    /// A sweep or a search.
    #[error("run `{run_id}` is of several loads: only runs of one load can be added up")]
    SeveralLoads {
        /// The run.
        run_id: String,
    },
    /// A time that is none.
    #[error("run `{run_id}` does not say when it began: `{text}` is no time")]
    Time {
        /// The run.
        run_id: String,
        /// What it says.
        text: String,
    },
}
