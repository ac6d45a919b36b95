//! From `--noise RUN` to what that A/A run says of noise.

use crate::cli::commands::store;
use crate::cli::error::{CliError, ErrorKind};
use crate::compare::Noise;
use crate::compare::noise::Terms;
use crate::results::store::Store;

/// The A/A run of a flag, where it is given.
pub(super) fn load(
    selector: Option<&String>,
    store: &Store,
    terms: &Terms<'_>,
) -> Result<Option<Noise>, CliError> {
    let Some(selector) = selector else { return Ok(None) };
    let run = store::load_without_chunks(store, selector)?;
    let refused = |error| {
        CliError::from_error(ErrorKind::Usage, error).with_hint(
            "`--noise` takes a run of `labctl bench --aa` on the same prompt set, with the same sampling",
        )
    };
    Noise::of(&run, terms).map(Some).map_err(refused)
}
