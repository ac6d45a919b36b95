//! `labctl compare`.

use crate::cli::args::CompareArgs;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::ExitStatus;

/// Runs `labctl compare`.
pub fn run(_args: &CompareArgs, _context: &Context) -> Result<ExitStatus, CliError> {
    Err(CliError::internal("not wired"))
}
