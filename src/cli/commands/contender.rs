//! What a command compares: a run, or a blessed baseline, by the name that the user gave.

use crate::bench::compared::Contender;
use crate::cli::commands::{baseline, store};
use crate::cli::error::CliError;
use crate::model::baseline::BlessedBaseline;
use crate::model::result::RunResult;
use crate::results::baselines::Baselines;
use crate::results::error::StoreError;
use crate::results::store::Store;

/// What a name begins with that can only be a blessed baseline's.
pub(super) const PREFIX: &str = "baseline:";

/// A result with the blessed baseline that it is, where it is one.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) result: RunResult,
    pub(super) blessed: Option<BlessedBaseline>,
}

impl Named {
    /// As it is compared.
    pub(super) fn contender(&self) -> Contender<'_> {
        let blessed_as = self.blessed.as_ref().map(|blessed| blessed.name.as_str());
        Contender { result: &self.result, blessed_as }
    }
}

/// [`load`], for a page with the chunks of a run's traces, where they were kept and there are few: it is made from them.
pub(super) fn load_for(page: bool, store: &Store, name: &str) -> Result<Named, CliError> {
    let mut named = load(store, name)?;
    if page && named.blessed.is_none() {
        named.result = store::with_chunks_where_few(named.result, || store::load(store, name).ok());
    }
    Ok(named)
}

/// Loads what `name` names: a run by id, unique prefix, path or `latest`, or a blessed baseline. Where both could be meant
/// it is an error that tells both.
pub(super) fn load(store: &Store, name: &str) -> Result<Named, CliError> {
    let baselines = Baselines::of(store.dir());
    if let Some(name) = name.strip_prefix(PREFIX) {
        return blessed(&baselines, baselines.get(name).map_err(baseline::failed)?);
    }
    let found = baselines.find(name).map_err(baseline::failed)?;
    match (store.resolve(name), found) {
        (Err(StoreError::NotFound { .. } | StoreError::NoResults { .. }), Some(found)) => {
            blessed(&baselines, found)
        }
        (run, Some(_)) => {
            let run =
                run.map_or_else(|error| error.to_string(), |path| format!("the run in `{}`", path.display()));
            Err(CliError::usage(format!(
                "`{name}` may be the blessed baseline of that name, or a run ({run})"
            ))
            .with_hint(format!(
                "`{PREFIX}{name}` is the baseline; the run is named by more of its id, or its path"
            )))
        }
        (_, None) => {
            let result =
                store::load_without_chunks(store, name).map_err(|error| with_baselines(error, &baselines))?;
            Ok(Named { result, blessed: None })
        }
    }
}

fn blessed(baselines: &Baselines, blessed: BlessedBaseline) -> Result<Named, CliError> {
    let result = baselines.load(&blessed).map_err(baseline::failed)?;
    Ok(Named { result, blessed: Some(blessed) })
}

fn with_baselines(error: CliError, baselines: &Baselines) -> CliError {
    match baselines.names() {
        Ok(names) if !names.is_empty() => {
            error.with_hint(format!("blessed baselines are `{}`", names.join("`, `")))
        }
        _ => error,
    }
}
