//! Saved results, as commands reach them.

use crate::cli::args::StoreArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::settings::NoFlags;
use crate::model::result::RunResult;
use crate::model::trace::TraceMode;
use crate::results::store::Store;

/// The store of `--results-dir`, else of the configuration.
pub(super) fn open(args: &StoreArgs, context: &Context) -> Result<Store, CliError> {
    let dir = match &args.results_dir {
        Some(dir) => dir.clone(),
        None => context.settings(&NoFlags)?.config.defaults.results_dir,
    };
    Ok(Store::new(dir))
}

/// The same without the chunks of its traces, which takes a tenth of the time and the memory.
pub(super) fn load_without_chunks(store: &Store, selector: &str) -> Result<RunResult, CliError> {
    store.load_without_chunks(selector).map_err(|error| CliError::usage(error.to_string()))
}

/// The most responses of which a report also tells when each chunk came.
const WITH_CHUNKS: usize = 20_000;

/// A result to make a report of, with the chunks of its traces where they were kept and there are few enough responses:
/// `load` reads it again, whole. Of many the report has what follows from the chunks, computed when they were measured.
pub(super) fn with_chunks_where_few(
    result: RunResult,
    load: impl FnOnce() -> Option<RunResult>,
) -> RunResult {
    let sides = 1 + usize::from(result.baseline.is_some());
    if result.trace == TraceMode::Summary || result.rows.len().saturating_mul(sides) > WITH_CHUNKS {
        return result;
    }
    load().unwrap_or(result)
}

/// A result by id, unique prefix, path or `latest`.
pub(super) fn load(store: &Store, selector: &str) -> Result<RunResult, CliError> {
    store.load(selector).map_err(|error| CliError::usage(error.to_string()))
}
